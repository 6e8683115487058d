
#include "screen_near_impl.h"


#define SCREEN_NEAR_LEVEL_MAX  4

/* what comparing a code by the index costs, in codes compared in a row */
#define SCREEN_NEAR_COST       16


static int screen_near_attach_bands(screen_near_t *near, const u_char *data,
    uint64_t size);
static void screen_near_plan(screen_near_search_t *search,
    const screen_near_t *near);


int
screen_near_attach(screen_near_t *near, const u_char *values, uint64_t n,
    const u_char *data, uint64_t size)
{
    memset(near, 0, sizeof(screen_near_t));

    near->values = values;
    near->n = n;

    if (size == 0) {
        return SCREEN_OK;
    }

    if (size < SCREEN_NEAR_HEADER || n > SCREEN_NEAR_MAX
        || screen_near_get_u64(data + 8) != n)
    {
        return SCREEN_MALFORMED;
    }

    near->bands = screen_near_get_u32(data);
    near->even = screen_near_get_u32(data + 4);

    if (near->bands < SCREEN_NEAR_BANDS_MIN
        || near->bands > SCREEN_NEAR_BANDS_MAX || near->even > 1)
    {
        near->bands = 0;
        return SCREEN_MALFORMED;
    }

    if (screen_near_attach_bands(near, data, size) != SCREEN_OK) {
        near->bands = 0;
        return SCREEN_MALFORMED;
    }

    return SCREEN_OK;
}


/* the next part of the index; NULL when it does not fit */

static const u_char *
screen_near_part(const u_char *data, uint64_t size, uint64_t *at,
    uint64_t len)
{
    const u_char  *part;

    if (*at > size || len > size - *at) {
        return NULL;
    }

    part = data + *at;
    *at = screen_near_align(*at + len);

    return part;
}


static int
screen_near_attach_bands(screen_near_t *near, const u_char *data,
    uint64_t size)
{
    uint64_t             at;
    unsigned             i, width;
    const u_char        *row;
    screen_near_band_t  *band;

    at = 0;

    row = screen_near_part(data, size, &at, SCREEN_NEAR_HEADER
                                            + near->bands * SCREEN_NEAR_ROW);
    if (row == NULL) {
        return SCREEN_MALFORMED;
    }

    row += SCREEN_NEAR_HEADER;

    for (i = 0; i < near->bands; i++) {
        band = &near->band[i];
        width = screen_near_width(near->bands, i);

        band->nslots = screen_near_get_u32(row);
        band->nshared = screen_near_get_u32(row + 4);
        row += SCREEN_NEAR_ROW;

        band->occupied = screen_near_part(data, size, &at,
                                          screen_near_occupied_size(width));
        band->ranks = screen_near_part(data, size, &at,
                                       screen_near_ranks_size(width));
        band->slots = screen_near_part(data, size, &at,
                                       (uint64_t) band->nslots
                                       * sizeof(uint32_t));
        band->shared = screen_near_part(data, size, &at,
                                        (uint64_t) band->nshared
                                        * sizeof(uint32_t));

        if (band->occupied == NULL || band->ranks == NULL
            || band->slots == NULL || band->shared == NULL
            || band->nslots > near->n || band->nshared > near->n)
        {
            return SCREEN_MALFORMED;
        }
    }

    return SCREEN_OK;
}


unsigned
screen_near_distance(const u_char a[SCREEN_NEAR_LEN],
    const u_char b[SCREEN_NEAR_LEN])
{
    size_t    i;
    uint64_t  x, y;
    unsigned  n;

    n = 0;

    for (i = 0; i < SCREEN_NEAR_LEN; i += sizeof(uint64_t)) {
        memcpy(&x, a + i, sizeof(uint64_t));
        memcpy(&y, b + i, sizeof(uint64_t));
        n += (unsigned) __builtin_popcountll(x ^ y);
    }

    return n;
}


void
screen_near_begin(screen_near_search_t *search, const screen_near_t *near,
    const u_char value[SCREEN_NEAR_LEN], unsigned radius)
{
    size_t  i;

    memset(search, 0, offsetof(screen_near_search_t, slot));
    memcpy(search->value, value, SCREEN_NEAR_LEN);

    for (i = 0; i < SCREEN_NEAR_LEN / sizeof(uint64_t); i++) {
        search->odd ^= (unsigned) __builtin_parityll(search->value[i]);
    }

    search->radius = SCREEN_NEAR_BITS + 1;

    screen_near_narrow(search, near, radius > SCREEN_NEAR_BITS
                                     ? SCREEN_NEAR_BITS : radius);
    screen_near_plan(search, near);
}


void
screen_near_narrow(screen_near_search_t *search, const screen_near_t *near,
    unsigned radius)
{
    if (radius >= search->radius) {
        return;
    }

    /* between codes of even numbers of ones there are only even distances */

    if (near->even && near->bands != 0 && (radius ^ search->odd) & 1) {

        if (radius == 0) {
            search->ended = 1;
            return;
        }

        radius--;
    }

    search->radius = radius;
}


void
screen_near_end(screen_near_search_t *search)
{
    search->ended = 1;
}


/* whether the index is worth its while at this radius */

static void
screen_near_plan(screen_near_search_t *search, const screen_near_t *near)
{
    int       depth, level;
    double    cost, keys, all;
    unsigned  i, width;

    if (near->bands == 0) {
        search->scan = 1;
        return;
    }

    cost = 0;

    for (i = 0; i < near->bands; i++) {
        width = screen_near_width(near->bands, i);
        depth = screen_near_depth(search->radius, near->bands, i);

        keys = 1;
        all = 0;

        for (level = 0; level <= depth; level++) {
            all += keys;
            keys = keys * (width - level) / (level + 1);
        }

        cost += all * (1 + SCREEN_NEAR_COST * (double) near->n
                           / (double) (1ull << width));

        if (depth > SCREEN_NEAR_LEVEL_MAX) {
            search->scan = 1;
        }
    }

    if (cost > (double) near->n) {
        search->scan = 1;
    }
}
