
/*
 * For the tests of the policy: a policy from text, one directive a line, in
 * words as nginx would hand them over.
 */


#ifndef _POLICY_HELPER_H_INCLUDED_
#define _POLICY_HELPER_H_INCLUDED_


#include <string.h>

#include "screen_policy.h"


#define HELPER_WORDS  32


typedef struct {
    screen_arena_t    arena;
    screen_alloc_t    alloc;
    screen_policy_t  *policy;
    screen_error_t    err;
} helper_t;


static inline size_t
helper_split(const char *line, size_t len, screen_str_t *words)
{
    char         quote;
    size_t       n;
    const char  *p, *end;

    n = 0;
    p = line;
    end = line + len;

    while (n < HELPER_WORDS) {

        while (p < end && *p == ' ') {
            p++;
        }

        if (p == end) {
            break;
        }

        quote = (*p == '"') ? '"' : ' ';
        p += (quote == '"');

        words[n].data = (const u_char *) p;

        while (p < end && *p != quote) {
            p++;
        }

        words[n].len = (const u_char *) p - words[n].data;
        n++;

        p += (p < end && quote == '"');
    }

    return n;
}


/* the code of the first directive that is refused, or of the end */

static inline int
helper_policy(helper_t *h, const char *text)
{
    int              rc;
    size_t           n, len;
    screen_str_t     name, words[HELPER_WORDS];
    screen_place_t   place;

    memset(h, 0, sizeof(helper_t));

    h->alloc.alloc = screen_arena_alloc;
    h->alloc.owner = &h->arena;

    name = screen_str_of("uploads");
    place.file = screen_str_of("test.policy");
    place.line = 0;

    h->policy = screen_policy_create(&h->alloc, &name, &place);

    while (*text) {
        len = strcspn(text, "\n");
        place.line++;

        n = helper_split(text, len, words);

        if (n) {
            rc = screen_policy_directive(h->policy, words, n, &place,
                                         &h->err);
            if (rc != SCREEN_OK) {
                return rc;
            }
        }

        text += len;
        text += (*text == '\n');
    }

    return screen_policy_finish(h->policy, &h->err);
}


static inline void
helper_free(helper_t *h)
{
    screen_policy_destroy(h->policy);
    screen_arena_destroy(&h->arena);
}


#endif /* _POLICY_HELPER_H_INCLUDED_ */
