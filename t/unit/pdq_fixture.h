
/*
 * Pictures for the tests of PDQ, which end where their memory does; after
 * cmocka.h.
 */


#ifndef _PDQ_FIXTURE_H_INCLUDED_
#define _PDQ_FIXTURE_H_INCLUDED_


#include "pdq_plain.h"


typedef struct {
    screen_pdq_picture_t  p;
    u_char               *pixels;
} picture_t;


/* rows end where the memory does, so that a read past them is seen */

static inline picture_t
picture_of(uint32_t width, uint32_t height, unsigned channels, size_t gap,
    uint64_t seed, unsigned grain)
{
    size_t     size;
    picture_t  t;

    t.p.stride = (size_t) width * channels + gap;
    t.p.width = width;
    t.p.height = height;
    t.p.channels = channels;

    size = t.p.stride * height - gap;

    t.pixels = malloc(size);
    assert_non_null(t.pixels);
    memset(t.pixels, 0xa5, size);

    t.p.pixels = t.pixels;

    pdq_plain_picture(t.pixels, t.p.stride, width, height, channels, seed,
                      grain);

    return t;
}


static inline void
compute_by(screen_pdq_cpu_t cpu, screen_pdq_t *pdq,
    const screen_pdq_picture_t *p, screen_pdq_mode_t mode)
{
    void    *memory;
    size_t   size;

    size = screen_pdq_memory(p->width, p->height, mode);

    memory = malloc(size);
    assert_non_null(memory);
    memset(memory, 0xff, size);

    assert_int_equal(screen_pdq_compute_by(cpu, pdq, p, mode, memory, size),
                     SCREEN_OK);

    free(memory);
}


/* the hexadecimal form of a variant */

static inline const char *
hex_of(const screen_pdq_t *pdq, screen_pdq_variant_t variant, char hex[65])
{
    u_char  value[SCREEN_PDQ_LEN];

    screen_pdq_value(pdq, variant, value);
    screen_hex_encode(hex, value, SCREEN_PDQ_LEN);
    hex[64] = '\0';

    return hex;
}


static inline unsigned
distance(const screen_pdq_t *a, screen_pdq_variant_t va,
    const screen_pdq_t *b, screen_pdq_variant_t vb)
{
    u_char    x[SCREEN_PDQ_LEN], y[SCREEN_PDQ_LEN];
    unsigned  i, n;

    screen_pdq_value(a, va, x);
    screen_pdq_value(b, vb, y);

    n = 0;

    for (i = 0; i < SCREEN_PDQ_LEN; i++) {
        n += (unsigned) __builtin_popcount(x[i] ^ y[i]);
    }

    return n;
}


#endif /* _PDQ_FIXTURE_H_INCLUDED_ */
