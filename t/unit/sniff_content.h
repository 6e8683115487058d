
/*
 * Content that a test makes byte by byte, and what it must be told as.
 */


#ifndef _SNIFF_CONTENT_H_INCLUDED_
#define _SNIFF_CONTENT_H_INCLUDED_


#include <stdlib.h>
#include <string.h>

#include "screen_sniff.h"


#define CONTENT_MAX  131072


typedef struct {
    u_char        data[CONTENT_MAX];
    size_t        len;
} content_t;


static inline void
assert_type(const u_char *data, size_t len, const char *type)
{
    u_char      *copy;
    const char  *answer;

    /* compilers do not know that an assertion does not return */

    if (len > CONTENT_MAX) {
        fail_msg("%zu bytes of content", len);
        return;
    }

    /* of the exact size, so that a read beyond the end is seen */

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    answer = screen_sniff(copy, len);
    free(copy);

    assert_string_equal(answer, type);
}


static inline void
put(content_t *c, const void *bytes, size_t len)
{
    assert_true(len <= CONTENT_MAX - c->len);
    memcpy(c->data + c->len, bytes, len);
    c->len += len;
}


static inline void
put_le(content_t *c, uint64_t v, unsigned size)
{
    u_char  byte;

    while (size--) {
        byte = v & 0xff;
        put(c, &byte, 1);
        v >>= 8;
    }
}


static inline void
set_le(content_t *c, size_t at, uint64_t v, unsigned size)
{
    size_t  len;

    len = c->len;
    c->len = at;
    put_le(c, v, size);
    c->len = len;
}


static inline void
zeroes(content_t *c, size_t len)
{
    memset(c->data, 0, len);
    c->len = len;
}


#endif /* _SNIFF_CONTENT_H_INCLUDED_ */
