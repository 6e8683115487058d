
/*
 * What the fuzz targets share: a claim that must hold, and an input that is
 * read piece by piece, with zeros and empty strings once it is used up.
 */


#ifndef _FUZZ_INPUT_H_INCLUDED_
#define _FUZZ_INPUT_H_INCLUDED_


#include <stdlib.h>
#include <string.h>

#include "screen_core.h"
#include "screen_utf8.h"


#define fuzz_require(condition)                                               \
    if (!(condition)) {                                                       \
        abort();                                                              \
    }


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    const u_char  *pos;
    const u_char  *end;
} fuzz_input_t;


static inline fuzz_input_t
fuzz_input(const uint8_t *data, size_t size)
{
    fuzz_input_t  in;

    in.pos = data;
    in.end = data + size;

    return in;
}


static inline unsigned
fuzz_u8(fuzz_input_t *in)
{
    return in->pos < in->end ? *in->pos++ : 0;
}


static inline uint32_t
fuzz_u16(fuzz_input_t *in)
{
    uint32_t  n;

    n = fuzz_u8(in) << 8;

    return n | fuzz_u8(in);
}


static inline uint32_t
fuzz_u32(fuzz_input_t *in)
{
    uint32_t  n;

    n = fuzz_u16(in) << 16;

    return n | fuzz_u16(in);
}


/* of up to 239 bytes, or of a multiple of 128 of them */

static inline screen_str_t
fuzz_str(fuzz_input_t *in)
{
    size_t        n, left;
    screen_str_t  s;

    n = fuzz_u8(in);
    n = n < 240 ? n : (n - 238) * 128;
    left = (size_t) (in->end - in->pos);

    s.data = in->pos;
    s.len = n < left ? n : left;

    in->pos += s.len;

    return s;
}


/* a copy that ends where its memory does, so that a read past it is seen */

static inline u_char *
fuzz_copy(const void *data, size_t size)
{
    u_char  *copy;

    copy = malloc(size ? size : 1);
    fuzz_require(copy != NULL);

    if (size) {
        memcpy(copy, data, size);
    }

    return copy;
}


/* 1 if it is UTF-8 without controls */

static inline int
fuzz_clean(const screen_str_t *s)
{
    size_t    i, n;
    uint32_t  c;

    for (i = 0; i < s->len; i += n) {
        n = screen_utf8_char(s->data + i, s->len - i, &c);

        if (n == 0 || screen_utf8_control(c)) {
            return 0;
        }
    }

    return 1;
}


#endif /* _FUZZ_INPUT_H_INCLUDED_ */
