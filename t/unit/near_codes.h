
/*
 * Codes of 256 bits, half of them ones, as hashes of PDQ are: without any
 * relation, or in clusters of near ones, some in long runs that share much
 * of their bits, as a bank has them of pictures of one content.
 */


#ifndef _NEAR_CODES_H_INCLUDED_
#define _NEAR_CODES_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_near.h"


/* SplitMix64 */

static inline uint64_t
near_random(uint64_t *state)
{
    uint64_t  z;

    z = (*state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}


static inline void
near_flip(u_char *code, unsigned bit)
{
    code[bit / 8] ^= (u_char) (0x80 >> bit % 8);
}


/* one bit of each kind changes, so that the count of ones stays */

static inline void
near_change(u_char *code, unsigned distance, uint64_t *state)
{
    u_char    changed[32];
    unsigned  bit, want, done;

    memset(changed, 0, sizeof(changed));

    for (done = 0; done < distance / 2 * 2; done++) {
        want = done % 2;

        do {
            bit = (unsigned) (near_random(state) % 256);
        } while (((code[bit / 8] >> (7 - bit % 8)) & 1) != want
                 || (changed[bit / 8] >> (7 - bit % 8) & 1));

        near_flip(code, bit);
        near_flip(changed, bit);
    }
}


static inline void
near_random_code(u_char *code, uint64_t *state)
{
    size_t    i;
    uint64_t  v;
    unsigned  bit, ones;

    ones = 0;

    for (i = 0; i < SCREEN_NEAR_LEN; i += sizeof(uint64_t)) {
        v = near_random(state);
        memcpy(code + i, &v, sizeof(uint64_t));
        ones += (unsigned) __builtin_popcountll(v);
    }

    while (ones != 128) {
        bit = (unsigned) (near_random(state) % 256);

        if ((code[bit / 8] >> (7 - bit % 8) & 1) == (ones > 128)) {
            near_flip(code, bit);
            ones = ones > 128 ? ones - 1 : ones + 1;
        }
    }
}


static inline int
near_compare(const void *a, const void *b)
{
    return memcmp(a, b, SCREEN_NEAR_LEN);
}


/* sorted, none twice; answers how many are left */

static inline size_t
near_sort(u_char *codes, size_t n)
{
    size_t  i, kept;

    qsort(codes, n, SCREEN_NEAR_LEN, near_compare);

    for (i = 1, kept = n > 0; i < n; i++) {
        if (memcmp(codes + i * SCREEN_NEAR_LEN,
                   codes + (kept - 1) * SCREEN_NEAR_LEN, SCREEN_NEAR_LEN)
            != 0)
        {
            memmove(codes + kept++ * SCREEN_NEAR_LEN,
                    codes + i * SCREEN_NEAR_LEN, SCREEN_NEAR_LEN);
        }
    }

    return kept;
}


/* clusters of cluster codes on average, 1: no clusters */

static inline size_t
near_make(u_char *codes, size_t n, unsigned cluster, uint64_t *state)
{
    size_t    i;
    u_char   *code;

    for (i = 0; i < n; i++) {
        code = codes + i * SCREEN_NEAR_LEN;

        if (i == 0 || near_random(state) % cluster == 0) {
            near_random_code(code, state);

        } else {
            memcpy(code, code - SCREEN_NEAR_LEN, SCREEN_NEAR_LEN);
            near_change(code, 2 + (unsigned) (near_random(state) % 24),
                        state);
        }
    }

    return near_sort(codes, n);
}


#endif /* _NEAR_CODES_H_INCLUDED_ */
