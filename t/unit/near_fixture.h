
/*
 * Codes with their near index, and searches of it that are compared with
 * each code; for tests, after cmocka.h.
 */


#ifndef _NEAR_FIXTURE_H_INCLUDED_
#define _NEAR_FIXTURE_H_INCLUDED_


#include "near_codes.h"

#include "../../ngx_http_screen_module/core/screen_near_impl.h"


#define ALL  UINT32_MAX


typedef struct {
    u_char          *codes;
    size_t           n;
    u_char          *index;
    size_t           size;
    screen_near_t    near;
} codes_t;


typedef struct {
    u_char          *data;
    size_t           len;
    size_t           size;
} sink_t;


/* how often each code was visited, and that its distance is right */

typedef struct {
    const codes_t   *codes;
    const u_char    *value;
    unsigned         radius;
    u_char          *seen;
    size_t           visits;
} seen_t;


static inline void
put(void *ctx, const void *data, size_t len)
{
    sink_t  *s;

    s = ctx;

    assert_true(len <= s->size - s->len);

    memcpy(s->data + s->len, data, len);
    s->len += len;
}


static inline void
build(codes_t *c, unsigned bands)
{
    sink_t               sink;
    screen_near_build_t  b;

    assert_int_equal(screen_near_build_init(&b, c->codes, SCREEN_NEAR_LEN,
                                            c->n, bands), SCREEN_OK);

    c->size = screen_near_build_size(&b);
    c->index = malloc(c->size);
    assert_non_null(c->index);

    sink.data = c->index;
    sink.len = 0;
    sink.size = c->size;

    assert_int_equal(screen_near_build_write(&b, put, &sink), SCREEN_OK);
    assert_int_equal(sink.len, c->size);

    screen_near_build_free(&b);

    assert_int_equal(screen_near_attach(&c->near, c->codes, c->n, c->index,
                                        c->size), SCREEN_OK);
}


static inline codes_t
codes_of(size_t n, unsigned cluster, uint64_t seed, unsigned bands)
{
    codes_t  c;

    memset(&c, 0, sizeof(codes_t));

    c.codes = malloc(n * SCREEN_NEAR_LEN);
    assert_non_null(c.codes);

    c.n = near_make(c.codes, n, cluster, &seed);

    if (bands) {
        build(&c, bands);

    } else {
        assert_int_equal(screen_near_attach(&c.near, c.codes, c.n, NULL, 0),
                         SCREEN_OK);
    }

    return c;
}


static inline void
release(codes_t *c)
{
    free(c->codes);
    free(c->index);
}


static inline int
see(void *ctx, uint32_t at, unsigned distance)
{
    seen_t  *s;

    s = ctx;

    assert_true(at < s->codes->n);
    assert_true(distance <= s->radius);
    assert_int_equal(distance, screen_near_distance(s->value,
                                   s->codes->codes + at * SCREEN_NEAR_LEN));
    s->seen[at]++;
    s->visits++;

    return SCREEN_OK;
}


/* recall 1.0, and nothing twice; answers how many there are */

static inline size_t
assert_exact(const codes_t *c, const u_char *value, unsigned radius,
    uint32_t budget)
{
    int                    rc;
    size_t                 i, expected;
    seen_t                 s;
    screen_near_search_t   search;

    s.codes = c;
    s.value = value;
    s.radius = radius;
    s.visits = 0;
    s.seen = calloc(c->n, 1);
    assert_non_null(s.seen);

    screen_near_begin(&search, &c->near, value, radius);

    do {
        rc = screen_near_step(&search, &c->near, budget, see, &s);
    } while (rc == SCREEN_AGAIN);

    assert_int_equal(rc, SCREEN_OK);

    expected = 0;

    for (i = 0; i < c->n; i++) {
        expected += s.seen[i];

        if (s.seen[i] != (screen_near_distance(value, c->codes
                                               + i * SCREEN_NEAR_LEN)
                          <= radius))
        {
            fail_msg("radius %u: code %zu was visited %u times", radius, i,
                     s.seen[i]);
        }
    }

    assert_int_equal(s.visits, expected);

    free(s.seen);

    return expected;
}


/* a code near one that there is, or near none */

static inline void
query_of(const codes_t *c, u_char *value, unsigned i, uint64_t *state)
{
    if (i % 4 == 3) {
        near_random_code(value, state);
        return;
    }

    memcpy(value, c->codes + near_random(state) % c->n * SCREEN_NEAR_LEN,
           SCREEN_NEAR_LEN);

    near_change(value, i % 44, state);

    /* and some with an odd number of ones */

    if (i % 5 == 4) {
        near_flip(value, i % 256);
    }
}


#endif /* _NEAR_FIXTURE_H_INCLUDED_ */
