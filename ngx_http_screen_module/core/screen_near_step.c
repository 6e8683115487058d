
#include "screen_near_impl.h"


/*
 * A search goes level by level: first the keys of all bands as they are, then
 * those that differ in one bit, and so on.  When all bands were searched to
 * level k, all codes within a distance of bands * (k + 1) - 1 were visited:
 * what is near is found first, and a search that is narrowed ends early.
 *
 * Each step of a lookup (bit, slot, code) is made for many keys before the
 * next, and the next one's memory is asked for ahead: most of the time of a
 * lookup is waiting for memory.
 */

#define SCREEN_NEAR_AHEAD   64          /* codes asked for at a time */

#define screen_near_inline  static inline __attribute__((always_inline))


typedef struct {
    screen_near_search_t   *search;
    const screen_near_t    *near;
    screen_near_visit_pt    visit;
    void                   *ctx;
    uint32_t                budget;     /* units left */
} screen_near_work_t;


static int screen_near_work_any(screen_near_work_t *work);
#if defined(__x86_64__)
static int screen_near_work_popcnt(screen_near_work_t *work);
#endif


int
screen_near_step(screen_near_search_t *search, const screen_near_t *near,
    uint32_t budget, screen_near_visit_pt visit, void *ctx)
{
    screen_near_work_t  work;

    work.search = search;
    work.near = near;
    work.visit = visit;
    work.ctx = ctx;
    work.budget = budget ? budget : 1;

#if defined(__x86_64__)

    if (__builtin_cpu_supports("popcnt")) {
        return screen_near_work_popcnt(&work);
    }

#endif

    return screen_near_work_any(&work);
}


screen_near_inline void
screen_near_spend(screen_near_work_t *work, uint32_t units)
{
    work->budget -= units < work->budget ? units : work->budget;
}


screen_near_inline unsigned
screen_near_half(const uint64_t *value, const u_char *code)
{
    uint64_t  v[2];

    memcpy(v, code, sizeof(v));

    return (unsigned) (__builtin_popcountll(v[0] ^ value[0])
                       + __builtin_popcountll(v[1] ^ value[1]));
}


screen_near_inline int
screen_near_scan(screen_near_work_t *work)
{
    int                    rc;
    uint64_t               end;
    unsigned               d;
    const u_char          *code;
    screen_near_search_t  *s;

    s = work->search;

    end = work->near->n - s->at;
    end = s->at + (end < work->budget ? end : work->budget);

    screen_near_spend(work, (uint32_t) (end - s->at));

    while (s->at < end) {
        code = work->near->values + s->at * SCREEN_NEAR_LEN;
        s->at++;

        d = screen_near_half(s->value, code);

        if (d > s->radius) {
            continue;
        }

        d += screen_near_half(s->value + 2, code + SCREEN_NEAR_LEN / 2);

        if (d > s->radius) {
            continue;
        }

        rc = work->visit(work->ctx, (uint32_t) (s->at - 1), d);

        if (rc != SCREEN_OK || s->ended) {
            s->ended = 1;
            return rc;
        }
    }

    if (s->at == work->near->n) {
        s->ended = 1;
        return SCREEN_OK;
    }

    return SCREEN_AGAIN;
}


/* the next number with as many bits set, in ascending order */

screen_near_inline uint64_t
screen_near_next_mask(uint64_t mask)
{
    uint64_t  low, sum;

    low = mask & -mask;
    sum = mask + low;

    return sum | ((mask ^ sum) >> 2 >> __builtin_ctzll(mask));
}


/* to the next band that is searched to this level, or 0: there is none */

screen_near_inline int
screen_near_next_band(screen_near_search_t *s, const screen_near_t *near)
{
    s->band++;

    while (s->band == near->bands
           || screen_near_depth(s->radius, near->bands, s->band)
              < (int) s->level)
    {
        if (s->band < near->bands) {
            s->band++;
            continue;
        }

        s->band = 0;
        s->level++;

        /* the depth of band 0 is that of any or more */

        if (screen_near_depth(s->radius, near->bands, 0) < (int) s->level) {
            return 0;
        }
    }

    s->mask = (1ull << s->level) - 1;

    return 1;
}


/*
 * Looks up keys, all of one level, until a batch of them is full; leaves the
 * slots of those that are occupied pending.  Tells whether there are more.
 */

screen_near_inline int
screen_near_keys(screen_near_work_t *work, uint32_t *keys, u_char *bands,
    unsigned *n)
{
    uint32_t               key;
    unsigned               width;
    screen_near_search_t  *s;

    s = work->search;
    s->batch_level = s->level;
    *n = 0;

    while (s->level == s->batch_level && *n < SCREEN_NEAR_BATCH) {

        key = screen_near_key((const u_char *) s->value, work->near->bands,
                              s->band);
        width = screen_near_width(work->near->bands, s->band);

        while (*n < SCREEN_NEAR_BATCH && s->mask >> width == 0) {

            keys[*n] = key ^ (uint32_t) s->mask;
            bands[*n] = (u_char) s->band;

            __builtin_prefetch(work->near->band[s->band].occupied
                               + keys[*n] / 8);
            (*n)++;

            if (s->mask == 0) {
                s->mask = 1ull << width;
                break;
            }

            s->mask = screen_near_next_mask(s->mask);
        }

        if (s->mask >> width != 0
            && !screen_near_next_band(s, work->near))
        {
            return 0;
        }
    }

    return 1;
}


screen_near_inline uint32_t
screen_near_rank_of(const screen_near_band_t *band, uint32_t key)
{
    size_t         i;
    uint32_t       rank;
    const u_char  *line;

    line = band->occupied + key / SCREEN_NEAR_LINE * (SCREEN_NEAR_LINE / 8);

    rank = screen_near_get_u32(band->ranks + key / SCREEN_NEAR_LINE
                                             * sizeof(uint32_t));

    for (i = 0; i < key % SCREEN_NEAR_LINE / 64; i++) {
        rank += (uint32_t) __builtin_popcountll(
                    screen_near_get_u64(line + i * sizeof(uint64_t)));
    }

    return rank + (uint32_t) __builtin_popcountll(
                      screen_near_get_u64(line + i * sizeof(uint64_t))
                      & ((1ull << key % 64) - 1));
}


screen_near_inline void
screen_near_batch(screen_near_work_t *work)
{
    u_char                     bands[SCREEN_NEAR_BATCH];
    uint32_t                   keys[SCREEN_NEAR_BATCH], rank;
    unsigned                   i, n, found;
    screen_near_search_t      *s;
    const screen_near_band_t  *band;

    s = work->search;

    s->exhausted = !screen_near_keys(work, keys, bands, &n);

    screen_near_spend(work, n);

    found = 0;

    for (i = 0; i < n; i++) {
        band = &work->near->band[bands[i]];

        /* without a branch that could not be predicted */

        keys[found] = keys[i];
        bands[found] = bands[i];
        found += band->occupied[keys[i] / 8] >> (keys[i] % 8) & 1;
    }

    screen_analyze_told(found <= n);

    s->pending = 0;
    s->next = 0;
    s->list = 0;

    for (i = 0; i < found; i++) {
        band = &work->near->band[bands[i]];
        rank = screen_near_rank_of(band, keys[i]);

        /* the file may be damaged */

        if (rank >= band->nslots) {
            continue;
        }

        __builtin_prefetch(band->slots + (size_t) rank * sizeof(uint32_t));

        s->slot[s->pending] = rank;
        s->slot_band[s->pending++] = bands[i];
    }

    for (i = 0; i < s->pending; i++) {
        band = &work->near->band[s->slot_band[i]];
        rank = s->slot[i];

        s->slot[i] = screen_near_get_u32(band->slots
                                         + (size_t) rank * sizeof(uint32_t));

        if (!(s->slot[i] & SCREEN_NEAR_FLAG)) {
            __builtin_prefetch(work->near->values
                               + (size_t) s->slot[i] * SCREEN_NEAR_LEN);

        } else {
            rank = s->slot[i] & ~SCREEN_NEAR_FLAG;
            rank = rank < band->nshared ? rank : 0;

            __builtin_prefetch(band->shared
                               + (size_t) rank * sizeof(uint32_t));
        }
    }
}


/* some indexes of codes out of the pending slots; how many */

screen_near_inline unsigned
screen_near_collect(screen_near_work_t *work, uint32_t *at, u_char *bands)
{
    uint32_t                   v;
    unsigned                   n;
    screen_near_search_t      *s;
    const screen_near_band_t  *band;

    s = work->search;
    n = 0;

    while (s->next < s->pending && n < SCREEN_NEAR_AHEAD) {

        band = &work->near->band[s->slot_band[s->next]];
        v = s->slot[s->next];
        bands[n] = s->slot_band[s->next];

        if (!(v & SCREEN_NEAR_FLAG)) {
            s->next++;

        } else {
            v = (v & ~SCREEN_NEAR_FLAG) + s->list;

            if (v >= band->nshared) {
                s->next++;
                s->list = 0;
                continue;
            }

            v = screen_near_get_u32(band->shared
                                    + (size_t) v * sizeof(uint32_t));

            if (v & SCREEN_NEAR_FLAG) {
                s->next++;
                s->list = 0;

            } else {
                s->list++;
            }

            v &= ~SCREEN_NEAR_FLAG;
            __builtin_prefetch(work->near->values
                               + (size_t) v * SCREEN_NEAR_LEN);
        }

        if (v < work->near->n) {
            at[n++] = v;
        }
    }

    return n;
}


/*
 * Whether a code that was found in a band at this level has been found
 * before: at a lower level, or in a band before this one.
 */

screen_near_inline int
screen_near_repeated(screen_near_work_t *work, const u_char *code,
    unsigned band)
{
    int                    d;
    unsigned               i, bands;
    screen_near_search_t  *s;

    s = work->search;
    bands = work->near->bands;

    for (i = 0; i < bands; i++) {
        d = __builtin_popcount(screen_near_key(code, bands, i)
                               ^ screen_near_key((u_char *) s->value, bands,
                                                 i));

        if (d <= screen_near_depth(s->radius, bands, i)
            && (d < (int) s->batch_level
                || (d == (int) s->batch_level && i < band)))
        {
            return 1;
        }
    }

    return 0;
}


screen_near_inline int
screen_near_compare(screen_near_work_t *work)
{
    int                    rc;
    u_char                 bands[SCREEN_NEAR_AHEAD];
    uint32_t               at[SCREEN_NEAR_AHEAD];
    unsigned               i, n, d;
    const u_char          *code;
    screen_near_search_t  *s;

    s = work->search;

    n = screen_near_collect(work, at, bands);

    screen_near_spend(work, n);

    for (i = 0; i < n; i++) {
        code = work->near->values + (size_t) at[i] * SCREEN_NEAR_LEN;

        d = screen_near_half(s->value, code)
            + screen_near_half(s->value + 2, code + SCREEN_NEAR_LEN / 2);

        if (d > s->radius || screen_near_repeated(work, code, bands[i])) {
            continue;
        }

        rc = work->visit(work->ctx, at[i], d);

        if (rc != SCREEN_OK || s->ended) {
            return rc;
        }
    }

    return SCREEN_OK;
}


screen_near_inline int
screen_near_work(screen_near_work_t *work)
{
    int                    rc;
    screen_near_search_t  *s;

    s = work->search;

    if (s->ended) {
        return SCREEN_OK;
    }

    if (s->scan) {
        return screen_near_scan(work);
    }

    for ( ;; ) {

        while (s->next < s->pending) {

            if (work->budget == 0) {
                return SCREEN_AGAIN;
            }

            rc = screen_near_compare(work);

            if (rc != SCREEN_OK || s->ended) {
                s->ended = 1;
                return rc;
            }
        }

        if (s->exhausted) {
            s->ended = 1;
            return SCREEN_OK;
        }

        if (work->budget == 0) {
            return SCREEN_AGAIN;
        }

        screen_near_batch(work);
    }
}


static int
screen_near_work_any(screen_near_work_t *work)
{
    return screen_near_work(work);
}


#if defined(__x86_64__)

__attribute__((target("popcnt"))) static int
screen_near_work_popcnt(screen_near_work_t *work)
{
    return screen_near_work(work);
}

#endif
