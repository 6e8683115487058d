
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "near_fixture.h"


static void
a_search_in_small_steps_finds_the_same(void **state)
{
    u_char    value[SCREEN_NEAR_LEN];
    size_t    found;
    codes_t   c;
    uint64_t  seed;
    unsigned  i;

    seed = 2;
    c = codes_of(20000, 200, 5, 14);
    found = 0;

    for (i = 0; i < 30; i++) {
        query_of(&c, value, i, &seed);

        found += assert_exact(&c, value, 30, 0);
        assert_exact(&c, value, 31, 1);
        assert_exact(&c, value, 31, 100);
        assert_exact(&c, value, 12, 333);
    }

    assert_true(found > 30);
    release(&c);
}


typedef struct {
    const codes_t         *codes;
    screen_near_search_t  *search;
    unsigned               best;
    unsigned               visits;
} best_t;


static int
keep_best(void *ctx, uint32_t at, unsigned distance)
{
    best_t  *b;

    b = ctx;

    assert_true(distance < b->best);

    b->best = distance;
    b->visits++;

    if (distance == 0) {
        screen_near_end(b->search);

    } else {
        screen_near_narrow(b->search, &b->codes->near, distance - 1);
    }

    return SCREEN_OK;
}


static void
a_narrowed_search_ends_with_the_nearest(void **state)
{
    u_char                 value[SCREEN_NEAR_LEN];
    best_t                 b;
    size_t                 j;
    codes_t                c;
    uint64_t               seed;
    unsigned               i, d, nearest, bands;
    screen_near_search_t   search;

    static const unsigned  all[] = { 0, 16, 14, 12, 11 };

    seed = 3;

    for (bands = 0; bands < 5; bands++) {

        c = codes_of(8000, 50, 6, all[bands]);

        for (i = 0; i < 200; i++) {
            query_of(&c, value, i, &seed);

            nearest = 257;

            for (j = 0; j < c.n; j++) {
                d = screen_near_distance(value, c.codes
                                                + j * SCREEN_NEAR_LEN);
                nearest = d < nearest ? d : nearest;
            }

            b.codes = &c;
            b.search = &search;
            b.best = 32;

            screen_near_begin(&search, &c.near, value, 31);

            while (screen_near_step(&search, &c.near, 50, keep_best, &b)
                   == SCREEN_AGAIN)
            {
                /* void */
            }

            assert_int_equal(b.best, nearest > 31 ? 32 : nearest);
        }

        release(&c);
    }
}


static int
first(void *ctx, uint32_t at, unsigned distance)
{
    ++*(unsigned *) ctx;

    return SCREEN_LIMIT;
}


static void
a_visitor_ends_the_search(void **state)
{
    codes_t                c;
    unsigned               bands, visits;
    screen_near_search_t   search;

    for (bands = 0; bands <= 16; bands += 16) {
        c = codes_of(5000, 5000, 7, bands);
        visits = 0;

        screen_near_begin(&search, &c.near, c.codes, 40);

        assert_int_equal(screen_near_step(&search, &c.near, ALL, first,
                                          &visits), SCREEN_LIMIT);
        assert_int_equal(screen_near_step(&search, &c.near, ALL, first,
                                          &visits), SCREEN_OK);
        assert_int_equal(visits, 1);

        release(&c);
    }
}


static void
a_step_does_not_exceed_its_budget_by_more_than_a_batch(void **state)
{
    u_char                 value[SCREEN_NEAR_LEN];
    seen_t                 s;
    codes_t                c;
    uint64_t               seed;
    unsigned               steps;
    screen_near_search_t   search;

    /* all codes share the bits of all bands but the first few */

    seed = 4;
    c = codes_of(4000, 1, 8, 0);

    for (steps = 0; steps < c.n; steps++) {
        memcpy(c.codes + steps * SCREEN_NEAR_LEN + 8, c.codes + 8,
               SCREEN_NEAR_LEN - 8);
    }

    c.n = near_sort(c.codes, c.n);
    build(&c, 16);

    near_random_code(value, &seed);
    memcpy(value + 8, c.codes + 8, SCREEN_NEAR_LEN - 8);

    s.codes = &c;
    s.value = value;
    s.radius = 31;
    s.visits = 0;
    s.seen = calloc(c.n, 1);
    assert_non_null(s.seen);

    screen_near_begin(&search, &c.near, value, 31);
    search.scan = 0;
    steps = 0;

    while (screen_near_step(&search, &c.near, 1000, see, &s) == SCREEN_AGAIN)
    {
        steps++;
    }

    /* 12 bands have every code: some 48,000 units, 1000 to 1320 a step */

    assert_in_range(steps, 36, 60);

    free(s.seen);
    release(&c);
}


static void
an_index_of_other_codes_is_malformed(void **state)
{
    size_t         i;
    codes_t        c;
    screen_near_t  near;

    c = codes_of(4000, 10, 9, 16);

    assert_int_equal(screen_near_attach(&near, c.codes, c.n - 1, c.index,
                                        c.size), SCREEN_MALFORMED);

    /* as long as the last band's lists do not fit */

    for (i = 1; i < c.size - SCREEN_NEAR_ALIGN; i += 61) {
        assert_int_equal(screen_near_attach(&near, c.codes, c.n, c.index, i),
                         SCREEN_MALFORMED);
    }

    c.index[0] = 17;
    assert_int_equal(screen_near_attach(&near, c.codes, c.n, c.index,
                                        c.size), SCREEN_MALFORMED);
    c.index[0] = 8;
    assert_int_equal(screen_near_attach(&near, c.codes, c.n, c.index,
                                        c.size), SCREEN_MALFORMED);

    release(&c);
}


/* what a search visits is right even so: the codes themselves are compared */

static void
a_damaged_index_is_survived(void **state)
{
    u_char                 value[SCREEN_NEAR_LEN], *sound, *exact;
    size_t                 n;
    seen_t                 s;
    codes_t                c;
    uint64_t               seed;
    unsigned               i, j;
    screen_near_search_t   search;

    seed = 6;
    c = codes_of(3500, 100, 10, 16);

    sound = malloc(c.size);
    s.seen = calloc(c.n, 1);
    exact = malloc(c.size);

    assert_non_null(sound);
    assert_non_null(exact);
    assert_non_null(s.seen);

    memcpy(sound, c.index, c.size);

    s.codes = &c;
    s.value = value;
    s.radius = 24;
    s.visits = 0;

    for (i = 0; i < 300; i++) {
        memcpy(exact, sound, c.size);

        for (j = 0; j < 1u << i % 14; j++) {
            n = near_random(&seed) % (i % 3 ? c.size : 192);
            exact[n] ^= (u_char) (1u << near_random(&seed) % 8);
        }

        if (screen_near_attach(&c.near, c.codes, c.n, exact, c.size)
            != SCREEN_OK)
        {
            continue;
        }

        query_of(&c, value, i, &seed);

        screen_near_begin(&search, &c.near, value, 24);
        search.scan = 0;

        assert_int_equal(screen_near_step(&search, &c.near, ALL, see, &s),
                         SCREEN_OK);
    }

    assert_true(s.visits > 100);

    free(s.seen);
    free(sound);
    free(exact);
    release(&c);
}


static void
an_index_is_refused_where_there_can_be_none(void **state)
{
    u_char               code[SCREEN_NEAR_LEN] = { 1 };
    screen_near_build_t  b;

    assert_int_equal(screen_near_build_init(&b, code, 32,
                                            SCREEN_NEAR_MIN - 1, 0),
                     SCREEN_LIMIT);
    assert_int_equal(screen_near_build_init(&b, code, 32,
                                            SCREEN_NEAR_MAX + 1ull, 0),
                     SCREEN_LIMIT);
    assert_int_equal(screen_near_build_init(&b, code, 32, SCREEN_NEAR_MIN,
                                            17), SCREEN_LIMIT);
    assert_int_equal(screen_near_build_init(&b, code, 32, SCREEN_NEAR_MIN,
                                            8), SCREEN_LIMIT);

    screen_near_build_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_search_in_small_steps_finds_the_same),
        cmocka_unit_test(a_narrowed_search_ends_with_the_nearest),
        cmocka_unit_test(a_visitor_ends_the_search),
        cmocka_unit_test(
            a_step_does_not_exceed_its_budget_by_more_than_a_batch),
        cmocka_unit_test(an_index_of_other_codes_is_malformed),
        cmocka_unit_test(a_damaged_index_is_survived),
        cmocka_unit_test(an_index_is_refused_where_there_can_be_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
