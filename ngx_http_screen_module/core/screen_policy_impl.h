
/*
 * What the .c files of the policy share: a match line as conditions, and how
 * they are tested.  For screen_policy*.c and nobody else.
 */


#ifndef _SCREEN_POLICY_IMPL_H_INCLUDED_
#define _SCREEN_POLICY_IMPL_H_INCLUDED_


#include "screen_policy.h"


#define SCREEN_POLICY_LINES_MAX   1000

/* beyond it unrelated pictures begin to be near */
#define SCREEN_DISTANCE_MAX       64


typedef enum {
    SCREEN_OP_EQ = 0,
    SCREEN_OP_NE,
    SCREEN_OP_LT,
    SCREEN_OP_LE,
    SCREEN_OP_GT,
    SCREEN_OP_GE,
    SCREEN_OP_MATCH,
    SCREEN_OP_CASELESS,
    SCREEN_OP_NOT_MATCH,
    SCREEN_OP_NOT_CASELESS,
    SCREEN_OPS
} screen_op_t;

/* masks, 1 << op */

#define SCREEN_OPS_SAME      0x001
#define SCREEN_OPS_MOST      0x008
#define SCREEN_OPS_LEAST     0x020
#define SCREEN_OPS_EQUAL     0x001
#define SCREEN_OPS_NUMBER    0x03f
#define SCREEN_OPS_CONTENT   0x0c0
#define SCREEN_OPS_TEXT      0x3c3
#define SCREEN_OPS_ALL       0x3ff


/* an operator and what is at its right */

typedef struct {
    screen_op_t         op;
    screen_str_t        text;
    int64_t             number;
    screen_pattern_t   *pattern;
    unsigned            numeric:1;      /* text is a number, in number */
    unsigned            prefix:1;       /* "image/": = and != compare only
                                           the beginning */
} screen_test_t;


typedef enum {
    SCREEN_COND_BANK = 0,
    SCREEN_COND_YARA,
    SCREEN_COND_FILENAME,
    SCREEN_COND_FIELD,
    SCREEN_COND_CONTENT,
    SCREEN_COND_TYPE,
    SCREEN_COND_MISMATCH,
    SCREEN_COND_SIZE,
    SCREEN_COND_PARTS,

    /* these refine a bank or yara condition before them */

    SCREEN_COND_SIGNAL,
    SCREEN_COND_LABEL,
    SCREEN_COND_SOURCE,
    SCREEN_COND_SEVERITY,
    SCREEN_COND_TAG,
    SCREEN_COND_RULE,
    SCREEN_COND_NAMESPACE,
    SCREEN_COND_META,

    /* these a bank condition of signal pdq or vpdq */

    SCREEN_COND_DISTANCE,
    SCREEN_COND_QUALITY,
    SCREEN_COND_QUERY,
    SCREEN_COND_COMPARED,
    SCREEN_COND_FRAMES,
    SCREEN_COND_CROSS
} screen_cond_kind_t;


/* how near a bank condition of signal pdq or vpdq wants it */

typedef struct {
    unsigned             distance;
    unsigned             quality;
    unsigned             query;         /* percent, of vpdq */
    unsigned             compared;
    unsigned             frames;
    unsigned             cross:1;       /* of pdq: pictures and frames meet */
} screen_cond_near_t;


typedef struct screen_cond_s  screen_cond_t;

struct screen_cond_s {
    screen_cond_kind_t   kind;
    screen_test_t        test;          /* of BANK: = its name */
    screen_str_t         key;           /* META */
    screen_signal_t      signal;        /* SIGNAL; of BANK: pdq or vpdq, sha256
                                           for any digest */
    screen_cond_near_t   near;          /* BANK of pdq or vpdq */
    uint32_t             content;       /* CONTENT: index in the policy */
    unsigned             mismatch;      /* MISMATCH: a mask */
    screen_cond_t       *refine;        /* all of the same hit or match */
    size_t               nrefine;
};


struct screen_line_s {
    screen_cond_t       *conds;
    size_t               nconds;
    screen_action_t      action;
    screen_place_t       place;
    unsigned             upload:1;      /* no condition is about a part */
};


typedef struct screen_policy_pattern_s  screen_policy_pattern_t;

struct screen_policy_pattern_s {
    screen_policy_pattern_t  *next;
    screen_pattern_t         *pattern;
};


/* screen_policy_t's build */

typedef struct {
    screen_policy_pattern_t  *patterns;        /* to be destroyed */
    screen_place_t            max_size_place;
    screen_place_t            yara_place;      /* of the first match yara */
    unsigned                  seen;            /* directives, mask */
    unsigned                  seen_faults;     /* in on_error, mask */
    unsigned                  uses_yara:1;
} screen_policy_build_t;


/* at most what an error shows of a word: for "%.*s" */

#define screen_shown(s)                                                       \
    (int) ((s)->len < 200 ? (s)->len : 200), (const char *) (s)->data


/* a directive: words, where it stands, and where an error goes */

typedef struct {
    const screen_str_t    *words;
    size_t                 n;
    const screen_place_t  *place;
    screen_error_t        *err;
} screen_directive_t;

/* the error at the directive's place; SCREEN_ERROR */
int screen_directive_error(const screen_directive_t *d, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * "reject", "reject=451", "quarantine", "flag" ...: SCREEN_OK, SCREEN_ERROR,
 * or SCREEN_NOT_FOUND if the word is none.  status is that of a bare reject.
 */
int screen_action_parse(const screen_directive_t *d, const screen_str_t *word,
    unsigned status, screen_action_t *action);

/* directives of more than a few lines */
int screen_policy_multipart(screen_policy_t *p, const screen_directive_t *d);
int screen_policy_max_size(screen_policy_t *p, const screen_directive_t *d);
int screen_policy_limits(screen_policy_t *p, const screen_directive_t *d);
int screen_policy_on_error(screen_policy_t *p, const screen_directive_t *d);
int screen_policy_match(screen_policy_t *p, const screen_directive_t *d);
int screen_policy_media(screen_policy_t *p, const screen_directive_t *d);


/* a condition as it was written, in one word or up to three */

typedef struct {
    screen_str_t   word;                /* the first one, for messages */
    screen_str_t   name;
    screen_str_t   key;                 /* behind "meta." */
    screen_str_t   op;
    screen_str_t   value;
    unsigned       joined:1;            /* value is of the operator's word */
} screen_token_t;

/*
 * Completes a condition whose kind is set with the token's operator, one of
 * ops, and value: checks them and notes in the policy what they need.
 */
int screen_cond_init(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond, const screen_token_t *t, unsigned ops);


/* the length of the operator's characters at the start of text, perhaps 0 */
size_t screen_op_span(const screen_str_t *text);

/* SCREEN_OK or SCREEN_NOT_FOUND */
int screen_op_parse(const screen_str_t *text, screen_op_t *op);

const char *screen_op_name(screen_op_t op);

/* "= != ~": the operators of a mask, in to, for an error */
void screen_op_list(unsigned ops, char *to, size_t size);

/*
 * Completes a test whose op and text are set: copies the text, compiles the
 * pattern, reads the number if it is one.
 */
int screen_test_init(screen_policy_t *p, screen_test_t *test,
    const screen_directive_t *d);

/* 1, 0, or SCREEN_LIMIT; a number against a test of text is 0 */
int screen_test_text(const screen_test_t *test, const screen_str_t *s);
int screen_test_number(const screen_test_t *test, int64_t n);

/*
 * A bank condition with all that refines it: what is nearness of it, checked
 * and with defaults.
 */
int screen_cond_near(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond);

/* 1 if a bank condition is about likenesses and not about digests */
int screen_cond_is_near(const screen_cond_t *cond);

/* 1 if the hit is as near as the condition wants it; either may be exact */
int screen_cond_near_test(const screen_cond_t *cond, const screen_hit_t *hit);

/* the index of a bank condition's bank in the policy */
size_t screen_cond_bank(const screen_policy_t *p, const screen_cond_t *cond);

/*
 * Whether a match that allows excuses another one of the same part: if it is
 * of a digest it excuses all, if it is of a likeness only such as are not
 * nearer than itself.
 */
int screen_matched_excused(const screen_upload_t *u,
    const screen_matched_t *allow, const screen_matched_t *m);

/* 1 if a line asks for a likeness, and if a match is of one */
int screen_line_is_near(const screen_line_t *line);
int screen_matched_is_near(const screen_upload_t *u,
    const screen_matched_t *m);


/* 1 if the operator is one of != !~ !~* */
int screen_test_negative(const screen_test_t *test);


/* what a line is tested on: one part, or the upload as a whole */

typedef struct {
    const screen_policy_t  *policy;
    const screen_upload_t  *upload;
    const screen_part_t    *part;          /* NULL: the upload */
    screen_known_t          known;
    int64_t                 nparts;        /* -1: not known */
    unsigned                limited:1;     /* a pattern met its limit */
} screen_scope_t;

/* three-valued */

#define SCREEN_NO      0
#define SCREEN_YES     1
#define SCREEN_MAYBE   2

int screen_line_test(screen_scope_t *scope, const screen_line_t *line);

/* what a bank or yara condition finds in the part, after skip others */
const screen_hit_t *screen_cond_hit(screen_scope_t *scope,
    const screen_cond_t *cond, size_t skip);
const screen_yara_match_t *screen_cond_yara(screen_scope_t *scope,
    const screen_cond_t *cond, size_t skip);

/*
 * The text of a line that matched, "bank:local:x+filename", without control
 * characters.  SCREEN_OK or SCREEN_NOMEM.
 */
int screen_line_text(screen_scope_t *scope, const screen_line_t *line,
    const screen_alloc_t *alloc, screen_str_t *text);

/* labels and rule names go into headers and logs: no controls in them */
void screen_text_print(u_char *data, size_t len);


#endif /* _SCREEN_POLICY_IMPL_H_INCLUDED_ */
