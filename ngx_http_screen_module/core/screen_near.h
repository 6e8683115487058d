
/*
 * Every 256-bit code within a Hamming radius of another: multi-index hashing
 * (Norouzi, Punjani, Fleet: "Fast Search in Hamming Space with Multi-Index
 * Hashing", CVPR 2012), exact at every radius.
 *
 * A code is cut into bands.  By section 3 of the paper, of two codes within
 * the radius one band at least is so near that few keys have to be looked up
 * in a table of that band.  The tables are flat, lie in a mapped file and
 * are never changed; any number of searches use them at once.
 */


#ifndef _SCREEN_NEAR_H_INCLUDED_
#define _SCREEN_NEAR_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_NEAR_LEN        32       /* bytes of a code */
#define SCREEN_NEAR_BITS       256
#define SCREEN_NEAR_BANDS_MAX  16
#define SCREEN_NEAR_BATCH      256
#define SCREEN_NEAR_MAX        0x7fffffff

/* fewer codes than these are faster compared one by one, without an index */
#define SCREEN_NEAR_MIN        3000


/* the tables of one band; see screen_near_impl.h */

typedef struct {
    const u_char         *occupied;
    const u_char         *ranks;
    const u_char         *slots;
    const u_char         *shared;
    uint32_t              nslots;
    uint32_t              nshared;
} screen_near_band_t;


typedef struct {
    const u_char         *values;
    uint64_t              n;
    unsigned              bands;        /* 0: there is no index */
    unsigned              even;         /* 1: codes have an even number of
                                           ones, as hashes of PDQ do */
    screen_near_band_t    band[SCREEN_NEAR_BANDS_MAX];
} screen_near_t;

/*
 * Codes, n of 32 bytes that need no alignment, and the index that was built
 * of them; data of size 0 is none: then every search compares all codes.
 * SCREEN_OK, or SCREEN_MALFORMED when the index is none or of other codes;
 * what it points to is checked by the search.  Both stay the caller's.
 */
int screen_near_attach(screen_near_t *near, const u_char *values, uint64_t n,
    const u_char *data, uint64_t size);


/* one search; the caller's memory, all fields private */

typedef struct {
    uint64_t              value[SCREEN_NEAR_LEN / sizeof(uint64_t)];
    uint32_t              radius;
    unsigned              odd;          /* the code has an odd number of
                                           ones */
    unsigned              scan;         /* all codes are compared */
    unsigned              ended;
    unsigned              exhausted;    /* no more keys */

    uint64_t              at;           /* of a scan */
    unsigned              level;        /* bits that differ in the band */
    unsigned              band;
    uint64_t              mask;         /* those bits, next */

    unsigned              pending;      /* buckets found and not seen yet */
    unsigned              next;
    unsigned              batch_level;
    uint32_t              list;         /* within a shared bucket, next */
    uint32_t              slot[SCREEN_NEAR_BATCH];
    u_char                slot_band[SCREEN_NEAR_BATCH];
} screen_near_search_t;

/*
 * Begins a search of the codes within a radius of 0 to 256 of value.  The
 * nearest tend to come first.
 */
void screen_near_begin(screen_near_search_t *search,
    const screen_near_t *near, const u_char value[SCREEN_NEAR_LEN],
    unsigned radius);

/*
 * Goes on for some budget units of work (a key looked up, or a code
 * compared), and at most 320 more.  A unit takes 1 to 50 ns when the index
 * is in memory, so that 10,000 of them stay below a millisecond.  SCREEN_OK
 * when all was searched, SCREEN_AGAIN when the budget is used up.
 *
 * Visits each code once, with its index.  A visitor's code other than
 * SCREEN_OK ends the search and is returned.
 */
typedef int (*screen_near_visit_pt)(void *ctx, uint32_t at,
    unsigned distance);

int screen_near_step(screen_near_search_t *search, const screen_near_t *near,
    uint32_t budget, screen_near_visit_pt visit, void *ctx);

/*
 * What is left of the search is within a smaller radius; for a visitor that
 * looks for the nearest.  A larger radius changes nothing.  A code that was
 * visited, and is within the smaller radius, may be visited again.
 */
void screen_near_narrow(screen_near_search_t *search,
    const screen_near_t *near, unsigned radius);

/* ends the search: the next step answers SCREEN_OK */
void screen_near_end(screen_near_search_t *search);

/* how many bits of two codes differ */
unsigned screen_near_distance(const u_char a[SCREEN_NEAR_LEN],
    const u_char b[SCREEN_NEAR_LEN]);


/*
 * Builds the index of n codes, stride bytes apart, which stay where they are
 * until the last call; some may be equal; n from SCREEN_NEAR_MIN to
 * SCREEN_NEAR_MAX.  bands 0 chooses by n.  Uses up to 12 bytes a code
 * of memory, besides some megabytes.
 */

typedef struct {
    const u_char         *values;
    size_t                stride;
    uint64_t              n;
    unsigned              bands;
    unsigned              even;
    uint32_t              nslots[SCREEN_NEAR_BANDS_MAX];
    uint32_t              nshared[SCREEN_NEAR_BANDS_MAX];

    uint32_t             *keys;         /* of the band in work */
    uint64_t             *seen;         /* a bit a bucket */
    uint64_t             *twice;
    uint32_t             *seen_ranks;   /* a number for each 64 of them */
    uint32_t             *twice_ranks;
} screen_near_build_t;

/* SCREEN_OK, SCREEN_NOMEM, or SCREEN_LIMIT for another n or bands */
int screen_near_build_init(screen_near_build_t *b, const u_char *values,
    size_t stride, uint64_t n, unsigned bands);

/* bytes the index will have */
uint64_t screen_near_build_size(const screen_near_build_t *b);

/* writes it from its first byte to its last; SCREEN_OK or SCREEN_NOMEM */
int screen_near_build_write(screen_near_build_t *b,
    void (*put)(void *ctx, const void *data, size_t len), void *ctx);

/* safe on a zeroed struct, and twice */
void screen_near_build_free(screen_near_build_t *b);


#endif /* _SCREEN_NEAR_H_INCLUDED_ */
