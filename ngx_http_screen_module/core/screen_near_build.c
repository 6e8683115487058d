
#include <stdlib.h>

#include "screen_near_impl.h"


typedef struct {
    void      (*put)(void *ctx, const void *data, size_t len);
    void       *ctx;
} screen_near_out_t;


static unsigned screen_near_bands(uint64_t n);
static void screen_near_mark(screen_near_build_t *b, unsigned band);
static void screen_near_rank(uint32_t *ranks, const uint64_t *bits,
    size_t words);
static int screen_near_write_band(screen_near_build_t *b, unsigned band,
    screen_near_out_t *out);


/* what was fastest at each size, see bench/near.c */

static unsigned
screen_near_bands(uint64_t n)
{
    return n < 20000 ? 16 : n < 200000 ? 14 : n < 3000000 ? 12 : 11;
}


int
screen_near_build_init(screen_near_build_t *b, const u_char *values,
    size_t stride, uint64_t n, unsigned bands)
{
    size_t    words;
    uint64_t  i, shared;
    unsigned  band;

    memset(b, 0, sizeof(screen_near_build_t));

    bands = bands ? bands : screen_near_bands(n);

    if (n < SCREEN_NEAR_MIN || n > SCREEN_NEAR_MAX
        || bands < SCREEN_NEAR_BANDS_MIN || bands > SCREEN_NEAR_BANDS_MAX)
    {
        return SCREEN_LIMIT;
    }

    b->values = values;
    b->stride = stride;
    b->n = n;
    b->bands = bands;
    b->even = 1;

    words = (1ull << (SCREEN_NEAR_BITS + bands - 1) / bands) / 64;

    b->keys = malloc(n * sizeof(uint32_t));
    b->seen = malloc(words * sizeof(uint64_t));
    b->twice = malloc(words * sizeof(uint64_t));
    b->seen_ranks = malloc((words + 1) * sizeof(uint32_t));
    b->twice_ranks = malloc((words + 1) * sizeof(uint32_t));

    if (b->keys == NULL || b->seen == NULL || b->twice == NULL
        || b->seen_ranks == NULL || b->twice_ranks == NULL)
    {
        screen_near_build_free(b);
        return SCREEN_NOMEM;
    }

    for (band = 0; band < bands; band++) {

        screen_near_mark(b, band);

        words = (1ull << screen_near_width(bands, band)) / 64;
        screen_near_rank(b->seen_ranks, b->seen, words);

        shared = 0;

        for (i = 0; i < n; i++) {
            shared += b->twice[b->keys[i] / 64] >> (b->keys[i] % 64) & 1;
        }

        b->nslots[band] = b->seen_ranks[words];
        b->nshared[band] = (uint32_t) shared;
    }

    return SCREEN_OK;
}


void
screen_near_build_free(screen_near_build_t *b)
{
    free(b->keys);
    free(b->seen);
    free(b->twice);
    free(b->seen_ranks);
    free(b->twice_ranks);

    memset(b, 0, sizeof(screen_near_build_t));
}


/* which keys there are, and which more than once */

static void
screen_near_mark(screen_near_build_t *b, unsigned band)
{
    size_t         words;
    uint32_t       key;
    uint64_t       i, bit, v;
    unsigned       w, parity;
    const u_char  *value;

    words = (1ull << screen_near_width(b->bands, band)) / 64;

    memset(b->seen, 0, words * sizeof(uint64_t));
    memset(b->twice, 0, words * sizeof(uint64_t));

    for (i = 0; i < b->n; i++) {
        value = b->values + i * b->stride;

        key = screen_near_key(value, b->bands, band);
        bit = 1ull << key % 64;

        b->twice[key / 64] |= b->seen[key / 64] & bit;
        b->seen[key / 64] |= bit;
        b->keys[i] = key;
    }

    if (band != 0 || !b->even) {
        return;
    }

    for (i = 0; i < b->n && b->even; i++) {
        parity = 0;

        for (w = 0; w < SCREEN_NEAR_LEN; w += sizeof(uint64_t)) {
            memcpy(&v, b->values + i * b->stride + w, sizeof(uint64_t));
            parity ^= (unsigned) __builtin_parityll(v);
        }

        b->even = !parity;
    }
}


static void
screen_near_rank(uint32_t *ranks, const uint64_t *bits, size_t words)
{
    size_t    i;
    uint32_t  n;

    n = 0;

    for (i = 0; i < words; i++) {
        ranks[i] = n;
        n += (uint32_t) __builtin_popcountll(bits[i]);
    }

    ranks[words] = n;
}


/* how many bits are set before that of the key */

static inline uint32_t
screen_near_before(const uint32_t *ranks, const uint64_t *bits, uint32_t key)
{
    return ranks[key / 64]
           + (uint32_t) __builtin_popcountll(bits[key / 64]
                                             & ((1ull << key % 64) - 1));
}


static uint64_t
screen_near_head_size(unsigned bands)
{
    return screen_near_align(SCREEN_NEAR_HEADER + bands * SCREEN_NEAR_ROW);
}


uint64_t
screen_near_build_size(const screen_near_build_t *b)
{
    uint64_t  size;
    unsigned  band, width;

    size = screen_near_head_size(b->bands);

    for (band = 0; band < b->bands; band++) {
        width = screen_near_width(b->bands, band);

        size += screen_near_align(screen_near_occupied_size(width))
                + screen_near_align(screen_near_ranks_size(width))
                + screen_near_align((uint64_t) b->nslots[band]
                                    * sizeof(uint32_t))
                + screen_near_align((uint64_t) b->nshared[band]
                                    * sizeof(uint32_t));
    }

    return size;
}


static void
screen_near_put(screen_near_out_t *out, const void *data, size_t size)
{
    static const u_char  zero[SCREEN_NEAR_ALIGN];

    out->put(out->ctx, data, size);
    out->put(out->ctx, zero, (size_t) (screen_near_align(size) - size));
}


int
screen_near_build_write(screen_near_build_t *b,
    void (*put)(void *ctx, const void *data, size_t len), void *ctx)
{
    int                 rc;
    u_char              head[SCREEN_NEAR_HEADER
                             + SCREEN_NEAR_BANDS_MAX * SCREEN_NEAR_ROW];
    uint32_t            v;
    uint64_t            n;
    unsigned            band;
    screen_near_out_t   out;

    out.put = put;
    out.ctx = ctx;

    v = htole32(b->bands);
    memcpy(head, &v, sizeof(uint32_t));

    v = htole32(b->even);
    memcpy(head + 4, &v, sizeof(uint32_t));

    n = htole64(b->n);
    memcpy(head + 8, &n, sizeof(uint64_t));

    for (band = 0; band < b->bands; band++) {
        v = htole32(b->nslots[band]);
        memcpy(head + SCREEN_NEAR_HEADER + band * SCREEN_NEAR_ROW, &v,
               sizeof(uint32_t));

        v = htole32(b->nshared[band]);
        memcpy(head + SCREEN_NEAR_HEADER + band * SCREEN_NEAR_ROW + 4, &v,
               sizeof(uint32_t));
    }

    screen_near_put(&out, head, SCREEN_NEAR_HEADER
                                + b->bands * SCREEN_NEAR_ROW);

    for (band = 0; band < b->bands; band++) {
        rc = screen_near_write_band(b, band, &out);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


/*
 * Where each shared bucket begins in the list, from the counts of the codes
 * in each; and how the slot of such a key refers to it.
 */

static void
screen_near_share(screen_near_build_t *b, uint32_t *starts, size_t words,
    uint32_t *slots)
{
    size_t    w;
    uint32_t  i, n, count, key, shared;
    uint64_t  bits;

    shared = b->twice_ranks[words];

    memset(starts, 0, shared * sizeof(uint32_t));

    for (i = 0; i < b->n; i++) {
        key = b->keys[i];

        if (b->twice[key / 64] >> (key % 64) & 1) {
            starts[screen_near_before(b->twice_ranks, b->twice, key)]++;
        }
    }

    n = 0;

    for (i = 0; i < shared; i++) {
        count = starts[i];
        starts[i] = n;
        n += count;
    }

    for (w = 0, i = 0; w < words; w++) {
        for (bits = b->twice[w]; bits != 0; bits &= bits - 1) {

            key = (uint32_t) (w * 64) + (uint32_t) __builtin_ctzll(bits);

            slots[screen_near_before(b->seen_ranks, b->seen, key)] =
                htole32(SCREEN_NEAR_FLAG | starts[i++]);
        }
    }
}


/* each code to its slot, or to the end of its bucket's list so far */

static void
screen_near_place(screen_near_build_t *b, uint32_t *starts, uint32_t *slots,
    uint32_t *list, size_t words)
{
    uint32_t  i, key, at;

    for (i = 0; i < b->n; i++) {
        key = b->keys[i];

        if (b->twice[key / 64] >> (key % 64) & 1) {
            at = screen_near_before(b->twice_ranks, b->twice, key);
            list[starts[at]++] = htole32(i);

        } else {
            at = screen_near_before(b->seen_ranks, b->seen, key);
            slots[at] = htole32(i);
        }
    }

    /* each start is the end of its list now */

    for (i = 0; i < b->twice_ranks[words]; i++) {
        list[starts[i] - 1] |= htole32(SCREEN_NEAR_FLAG);
    }
}


static void
screen_near_put_bits(screen_near_build_t *b, unsigned width,
    screen_near_out_t *out)
{
    size_t  i, words;

    words = (1ull << width) / 64;

    for (i = 0; i < words; i++) {
        b->seen[i] = htole64(b->seen[i]);
    }

    screen_near_put(out, b->seen, words * sizeof(uint64_t));

    /* of the ranks of words only every eighth, that of a line */

    for (i = 0; i < words / 8; i++) {
        b->seen_ranks[i] = htole32(b->seen_ranks[i * 8]);
    }

    screen_near_put(out, b->seen_ranks, words / 8 * sizeof(uint32_t));
}


static int
screen_near_write_band(screen_near_build_t *b, unsigned band,
    screen_near_out_t *out)
{
    int        rc;
    size_t     words;
    uint32_t  *slots, *starts, *list;
    unsigned   width;

    width = screen_near_width(b->bands, band);
    words = (1ull << width) / 64;

    screen_near_mark(b, band);
    screen_near_rank(b->seen_ranks, b->seen, words);
    screen_near_rank(b->twice_ranks, b->twice, words);

    /* one more, for malloc(0) may answer NULL */

    slots = malloc((b->nslots[band] + 1ull) * sizeof(uint32_t));
    list = malloc((b->nshared[band] + 1ull) * sizeof(uint32_t));
    starts = malloc((b->twice_ranks[words] + 1ull) * sizeof(uint32_t));

    rc = SCREEN_NOMEM;

    if (slots == NULL || list == NULL || starts == NULL) {
        goto done;
    }

    screen_near_share(b, starts, words, slots);
    screen_near_place(b, starts, slots, list, words);

    screen_near_put_bits(b, width, out);
    screen_near_put(out, slots, b->nslots[band] * sizeof(uint32_t));
    screen_near_put(out, list, b->nshared[band] * sizeof(uint32_t));

    rc = SCREEN_OK;

done:

    free(slots);
    free(list);
    free(starts);

    return rc;
}
