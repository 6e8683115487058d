
/*
 * The format of a near index, shared by its builder and its reader.
 *
 * All integers are little-endian, every part begins at a multiple of 64
 * bytes.
 *
 *     header     u32 bands, u32 even, u64 codes
 *     row        u32 slots, u32 shared, one for each band
 *     band       OCCUPIED, RANKS, SLOTS, SHARED, one after another
 *
 * Band i of m has the bits from 256 i / m to 256 (i + 1) / m of a code,
 * counted from the most significant; they are the key of its table.
 *
 *     OCCUPIED   a bit a key: whether a code has it; key k is bit k % 64 of
 *                the k / 64-th u64
 *     RANKS      u32 for each 512 keys: how many occupied ones are before
 *     SLOTS      u32 for each occupied key: the index of its code, or with
 *                the highest bit set that of the first one in SHARED
 *     SHARED     u32: indexes of codes; the last one of a key has the highest
 *                bit set
 *
 * Most keys are not occupied and end at a bit, 512 of which share a cache
 * line with all keys that differ in the last nine bits.
 */


#ifndef _SCREEN_NEAR_IMPL_H_INCLUDED_
#define _SCREEN_NEAR_IMPL_H_INCLUDED_


#include <endian.h>
#include <string.h>

#include "screen_near.h"


#define SCREEN_NEAR_HEADER     16
#define SCREEN_NEAR_ROW        8
#define SCREEN_NEAR_ALIGN      64
#define SCREEN_NEAR_LINE       512      /* keys */
#define SCREEN_NEAR_FLAG       0x80000000u
#define SCREEN_NEAR_BANDS_MIN  9


static inline uint32_t
screen_near_get_u32(const u_char *p)
{
    uint32_t  v;

    memcpy(&v, p, sizeof(uint32_t));

    return le32toh(v);
}


static inline uint64_t
screen_near_get_u64(const u_char *p)
{
    uint64_t  v;

    memcpy(&v, p, sizeof(uint64_t));

    return le64toh(v);
}


static inline unsigned
screen_near_first_bit(unsigned bands, unsigned band)
{
    return SCREEN_NEAR_BITS * band / bands;
}


static inline unsigned
screen_near_width(unsigned bands, unsigned band)
{
    screen_analyze_told(bands >= SCREEN_NEAR_BANDS_MIN
                        && bands <= SCREEN_NEAR_BANDS_MAX);

    return screen_near_first_bit(bands, band + 1)
           - screen_near_first_bit(bands, band);
}


/* a band of a code, as a number */

static inline uint32_t
screen_near_key(const u_char *value, unsigned bands, unsigned band)
{
    uint64_t  v;
    unsigned  bit, at, width;

    bit = screen_near_first_bit(bands, band);
    width = screen_near_width(bands, band);

    at = bit / 8;
    at = at > SCREEN_NEAR_LEN - 8 ? SCREEN_NEAR_LEN - 8 : at;

    memcpy(&v, value + at, sizeof(uint64_t));

    v = be64toh(v) >> (64 - (bit - at * 8) - width);

    return (uint32_t) (v & ((1ull << width) - 1));
}


static inline uint64_t
screen_near_align(uint64_t size)
{
    return (size + SCREEN_NEAR_ALIGN - 1) & ~(uint64_t) (SCREEN_NEAR_ALIGN
                                                         - 1);
}


/* bytes of the parts of a band */

static inline uint64_t
screen_near_occupied_size(unsigned width)
{
    return 1ull << width >> 3;
}


static inline uint64_t
screen_near_ranks_size(unsigned width)
{
    return (1ull << width) / SCREEN_NEAR_LINE * sizeof(uint32_t);
}


/*
 * How many bits of a band have to be tried, -1 for none at all.  With a
 * radius of m s + a, codes within it differ in s bits at most in one of the
 * bands 0 to a, or in s - 1 in one of the others (the paper, section 3.1).
 */

static inline int
screen_near_depth(uint32_t radius, unsigned bands, unsigned band)
{
    return (int) (radius / bands) - (band > radius % bands);
}


#endif /* _SCREEN_NEAR_IMPL_H_INCLUDED_ */
