
/*
 * Regular expressions, by PCRE2 with its JIT, over bytes: no UTF mode unless
 * the pattern begins with (*UTF), and then invalid sequences match nothing
 * and are no error.  Every match runs under limits.
 */


#ifndef _SCREEN_PATTERN_H_INCLUDED_
#define _SCREEN_PATTERN_H_INCLUDED_


#include "screen_core.h"


typedef struct screen_pattern_s  screen_pattern_t;

/* NULL, with the error and its offset in the pattern, if it does not compile */
screen_pattern_t *screen_pattern_compile(const screen_str_t *text,
    int caseless, screen_error_t *err);
void screen_pattern_destroy(screen_pattern_t *p);

typedef struct {
    uint32_t   match_limit;           /* 0: the default, 1,000,000 */
    uint32_t   heap_limit;            /* in kilobytes; 0: 20,480 */
} screen_pattern_limits_t;

/*
 * SCREEN_OK if it matches, SCREEN_NOT_FOUND if not, SCREEN_LIMIT if a limit
 * ended the match before that was known.
 */
int screen_pattern_match(const screen_pattern_t *p, const u_char *data,
    size_t len, const screen_pattern_limits_t *limits);


#endif /* _SCREEN_PATTERN_H_INCLUDED_ */
