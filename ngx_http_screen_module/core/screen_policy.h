
/*
 * The policy: what the lines of a screen_policy block mean, and the verdict
 * that they give for the facts of an upload.
 *
 * A policy is fed with words, one directive at a time, by whoever reads the
 * configuration: nginx in the edge, screen_conf in ngx-screen.  It is built
 * once and only read afterwards.
 */


#ifndef _SCREEN_POLICY_H_INCLUDED_
#define _SCREEN_POLICY_H_INCLUDED_


#include "screen_likeness.h"
#include "screen_multipart.h"
#include "screen_pattern.h"
#include "screen_report.h"
#include "screen_upload.h"


typedef enum {
    SCREEN_VERDICT_PASS = 0,
    SCREEN_VERDICT_LOG,
    SCREEN_VERDICT_FLAG,
    SCREEN_VERDICT_QUARANTINE,
    SCREEN_VERDICT_REJECT,
    SCREEN_VERDICT_ALLOW,
    SCREEN_VERDICT_ERROR        /* a fault decided; the action tells how */
} screen_verdict_t;

/* "pass", "log", "flag", "quarantine", "reject", "allow", "error" */
const char *screen_verdict_name(screen_verdict_t verdict);


/* what a line, or a fault under on_error, asks for */

typedef struct {
    screen_verdict_t   verdict;    /* of a fault: anything but ALLOW */
    unsigned           status;     /* of a reject or quarantine */
} screen_action_t;


/* where in the configuration something was said */

typedef struct {
    screen_str_t   file;
    unsigned       line;
} screen_place_t;


typedef struct {
    screen_str_t     path;         /* a file, a glob or a directory */
    screen_place_t   place;
} screen_policy_rules_t;


typedef struct {
    screen_str_t     text;
    unsigned         caseless:1;
    screen_place_t   place;
} screen_policy_content_t;


typedef struct screen_line_s  screen_line_t;        /* a match directive */


typedef struct {
    screen_str_t               name;
    screen_place_t             place;

    screen_str_t              *methods;             /* upper case */
    size_t                     nmethods;

    uint64_t                   max_size;            /* 0: no limit */
    unsigned                   max_size_status;

    screen_multipart_conf_t    multipart;

    screen_policy_rules_t     *rules;
    size_t                     nrules;
    unsigned                   slow_rules:1;        /* yara_slow_rules allow */

    screen_policy_content_t   *contents;            /* content patterns; the
                                                       index is what a report
                                                       names */
    size_t                     ncontents;
    screen_pattern_limits_t    pattern_limits;

    screen_media_conf_t        media;               /* on: a line needs it */
    screen_place_t             media_place;         /* of the first such */

    screen_str_t              *banks;               /* names, each once */
    screen_place_t            *bank_places;
    size_t                     nbanks;

    screen_action_t            on_error[SCREEN_FAULTS];

    screen_line_t             *lines;
    size_t                     nlines;

    const screen_alloc_t      *alloc;
    void                      *build;               /* private, while fed */
} screen_policy_t;


/*
 * A policy with every default, to be fed.  alloc and everything that it
 * gives must live as long as the policy.  NULL when there is no memory.
 */
screen_policy_t *screen_policy_create(const screen_alloc_t *alloc,
    const screen_str_t *name, const screen_place_t *place);

/* releases what alloc does not hold: the compiled patterns */
void screen_policy_destroy(screen_policy_t *p);

/*
 * One directive: words[0] is its name.  SCREEN_OK, SCREEN_NOMEM, or
 * SCREEN_ERROR with the place, the wrong word and what would be right.
 */
int screen_policy_directive(screen_policy_t *p, const screen_str_t *words,
    size_t n, const screen_place_t *place, screen_error_t *err);

/* the block is complete; the same codes */
int screen_policy_finish(screen_policy_t *p, screen_error_t *err);

/*
 * 1, and where the first such line stands, if the policy ever quarantines;
 * the place of the policy if on_error does.
 */
int screen_policy_quarantines(const screen_policy_t *p,
    screen_place_t *place);

/* 1 if any line asks for what only a scan tells */
int screen_policy_scans(const screen_policy_t *p);

/* the index of a line, in the order of the match directives */
size_t screen_policy_line(const screen_policy_t *p, const screen_line_t *line);

/*
 * Which likenesses of a picture or a video the lines ask for in the bank with
 * an index in banks; signals is 0 if in none.
 */
void screen_policy_near(const screen_policy_t *p, size_t bank,
    screen_media_kind_t kind, screen_likeness_conf_t *conf);

/* what bounds the reports of the policy's engine */
screen_report_engine_t screen_policy_report(const screen_policy_t *p);

/* 1 if uploads with this method are screened */
int screen_policy_method(const screen_policy_t *p, const screen_str_t *method);


/* how much of the upload's facts is known; each includes those before it */

typedef enum {
    SCREEN_KNOWN_HEADERS = 0,    /* method, declared size; of a raw body its
                                    one part's filename and declared type */
    SCREEN_KNOWN_BODY,           /* all parts: names, sizes, digests, hits */
    SCREEN_KNOWN_SCAN,           /* what a scanner told, or its fault, and
                                    the likenesses that were found so far */
    SCREEN_KNOWN_NEAR            /* all likenesses: nothing follows */
} screen_known_t;


typedef struct {
    const screen_line_t   *line;       /* NULL: max_size or a fault */
    screen_place_t         place;      /* of the line; empty for a fault */
    screen_action_t        action;
    int                    part;       /* its index; -1: the upload */
    screen_str_t           text;       /* "bank:local:label",
                                          "yara:php.yar:webshell_eval",
                                          "filename", "content",
                                          "type:application/x-dosexec",
                                          "type:mismatch", "field", "size",
                                          "parts", "max_size",
                                          "framing:no-end", "timeout"; those
                                          of several conditions joined by + */
} screen_matched_t;


typedef struct {
    screen_verdict_t    verdict;
    screen_action_t     action;        /* what enforcing it means: verdict
                                          PASS (of allow too), LOG, FLAG,
                                          QUARANTINE or REJECT, and status */
    int                 fault;         /* the deciding screen_fault_t, or -1 */
    screen_str_t        reason;        /* text of the deciding match */
    screen_place_t      place;         /* and its line */

    screen_matched_t   *matched;       /* everything that matched, in the
                                          order of parts, then of lines */
    size_t              nmatched;
} screen_decision_t;


/*
 * Decides.  Of one part the strongest matching line counts, allow > reject >
 * quarantine > flag > log > pass, among equals the first; of an upload the
 * worst part, reject > quarantine > flag > log > allow > pass, so that known
 * good content excuses itself but not what was sent beside it.  A fault
 * counts as its on_error action, after a line of the same strength; a part
 * that is allowed is excused of its own faults, not of the upload's.  What is
 * allowed for a likeness is excused of other likenesses only, of those that
 * are not nearer.  With
 * "multipart lenient", framing counts as flag at most, and its verdict is
 * that action, not ERROR.
 *
 * A condition on something that is not there is false, whatever its operator:
 * a filename where the part has none, the field of a raw body; of the raw
 * body of a form ("whole") everything but bank, yara, content, type with =
 * and ~, and parts, which does not count it.  A filename is compared as sent
 * and cleaned (screen_filename.h): one of the two is enough, except for
 * allow, which needs both.  A pattern that meets its limit on a name does not
 * match and adds SCREEN_FAULT_INCOMPLETE to the part.
 *
 * SCREEN_OK: decided, nothing that is still unknown could change the action.
 * SCREEN_AGAIN: more must be known; the decision is what is certain so far.
 * With SCREEN_KNOWN_BODY each part whose scan could still change something
 * has want_scan set.  With SCREEN_KNOWN_SCAN what an unscanned part's scan
 * would have told counts as no match; AGAIN means that likenesses in a bank
 * that is not yet of a part's near_banks could still change something.  With
 * SCREEN_KNOWN_NEAR the answer is never AGAIN.
 * SCREEN_NOMEM.
 *
 * The decision's arrays and strings come from alloc, or point into the
 * upload and the policy.
 */
int screen_policy_decide(const screen_policy_t *p, screen_upload_t *u,
    screen_known_t known, const screen_alloc_t *alloc, screen_decision_t *d);


/* what a match is about, as the record of a decision tells it */

typedef struct {
    const char                 *engine;   /* "bank", "yara", "filename",
                                             "field", "content", "type",
                                             "size", "parts", "max_size",
                                             "fault" */
    const screen_hit_t         *hit;      /* NULL: there is none */
    const screen_yara_match_t  *yara;
} screen_cause_t;

/*
 * The n-th cause of one of the decision's matches.  A line with a bank or
 * yara condition has one for each entry or rule that the first of them finds,
 * and is called by that; any other match has one.  SCREEN_OK, or
 * SCREEN_NOT_FOUND beyond the last.
 */
int screen_policy_cause(const screen_upload_t *u, const screen_matched_t *m,
    size_t n, screen_cause_t *cause);


#endif /* _SCREEN_POLICY_H_INCLUDED_ */
