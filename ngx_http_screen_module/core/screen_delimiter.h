
/*
 * Finds the delimiters of a multipart body (RFC 2046 section 5.1.1) in a
 * stretch of bytes: where one stands, whether it stands at the start of a
 * line, and what follows it.  Several boundaries may be looked for at once,
 * those of a nested multipart and of all that enclose it.
 */


#ifndef _SCREEN_DELIMITER_H_INCLUDED_
#define _SCREEN_DELIMITER_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_DELIMITER_MAX      72       /* two hyphens, a boundary */
#define SCREEN_DELIMITER_LEVELS   8
#define SCREEN_DELIMITER_PADDING  16       /* longer: not a delimiter */

/* more than a delimiter with all that belongs to it can ever have */
#define SCREEN_DELIMITER_HOLD     128


typedef struct {
    u_char     text[SCREEN_DELIMITER_MAX];
    size_t     len;
} screen_delimiter_t;

typedef struct {
    screen_delimiter_t  levels[SCREEN_DELIMITER_LEVELS];
    unsigned            n;

    size_t              least;             /* the shortest of them */
    uint8_t             skip[256];         /* 0: may be the end of one */
    uint8_t             again[256];
} screen_delimiters_t;


typedef enum {
    SCREEN_LINE_NONE = 0,                  /* not at the start of a line */
    SCREEN_LINE_START,                     /* nothing stands before it */
    SCREEN_LINE_CRLF,
    SCREEN_LINE_BARE                       /* CR or LF alone */
} screen_line_t;

/* what a place in the bytes turned out to be */

typedef struct {
    unsigned        level;
    size_t          len;                   /* all of it, with its line end */
    unsigned        close:1;
    unsigned        odd:1;                 /* padding, or a bare line end */
    unsigned        seen:1;                /* the text of one was there, also
                                              when it is no delimiter */
} screen_delimiter_match_t;


/*
 * Adds a boundary of at most SCREEN_BOUNDARY_MAX bytes as the innermost
 * level; SCREEN_LIMIT if there are too many.
 */
int screen_delimiters_push(screen_delimiters_t *d, const u_char *boundary,
    size_t len);

/* keeps the first n levels, at least one */
void screen_delimiters_cut(screen_delimiters_t *d, unsigned n);

/*
 * The first place where the beginning of any delimiter stands as far as the
 * shortest is long, or NULL: a set Horspool search.
 */
const u_char *screen_delimiters_find(const screen_delimiters_t *d,
    const u_char *from, const u_char *end);

/* where in [from, end) a delimiter might begin that goes on after end */
const u_char *screen_delimiters_partial(const screen_delimiters_t *d,
    const u_char *from, const u_char *end);

/*
 * Decides what stands at p; the longest delimiter that fits counts.
 * SCREEN_OK and the match, SCREEN_AGAIN if that depends on bytes after end,
 * SCREEN_NOT_FOUND (match->seen is set then, too).  Nothing in the middle of
 * a line is a match.
 */
int screen_delimiters_match(const screen_delimiters_t *d, const u_char *p,
    const u_char *end, screen_line_t line, screen_delimiter_match_t *match);


#endif /* _SCREEN_DELIMITER_H_INCLUDED_ */
