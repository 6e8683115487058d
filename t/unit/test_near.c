
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "near_fixture.h"


static void
assert_recall(unsigned cluster, const unsigned *bands, unsigned nbands)
{
    u_char    value[SCREEN_NEAR_LEN];
    size_t    found;
    codes_t   c;
    uint64_t  state;
    unsigned  i, radius;

    state = cluster;
    found = 0;

    for ( /* void */ ; nbands > 0; nbands--, bands++) {

        c = codes_of(6000, cluster, cluster * 100 + *bands, *bands);

        for (radius = 0; radius <= 40; radius++) {
            for (i = 0; i < 12; i++) {
                query_of(&c, value, radius + i, &state);
                found += assert_exact(&c, value, radius, ALL);
            }
        }

        release(&c);
    }

    assert_true(found > 100);
}


static void
every_random_code_within_the_radius_is_found(void **state)
{
    static const unsigned  bands[] = { 16, 15, 14, 13, 12, 11, 0 };

    assert_recall(1, bands, 7);
}


static void
every_clustered_code_within_the_radius_is_found(void **state)
{
    static const unsigned  bands[] = { 16, 14, 13, 12, 0 };

    assert_recall(40, bands, 5);
}


static void
every_code_of_one_long_run_is_found(void **state)
{
    static const unsigned  bands[] = { 16, 12 };

    assert_recall(3000, bands, 2);
}


/* the search by the index itself, where a scan would be as good */

static void
the_index_is_exact_where_it_is_not_worth_its_while(void **state)
{
    u_char                 value[SCREEN_NEAR_LEN];
    size_t                 visits;
    seen_t                 s;
    codes_t                c;
    uint64_t               seed;
    unsigned               i, radius, bands;
    screen_near_search_t   search;

    seed = 5;

    for (bands = 9; bands <= 16; bands++) {

        c = codes_of(4000, 30, bands, bands);

        s.codes = &c;
        s.value = value;
        s.seen = calloc(c.n, 1);
        assert_non_null(s.seen);

        for (radius = 0; radius <= 3 * bands; radius += 1 + radius / 8) {

            for (i = 0; i < 3; i++) {
                query_of(&c, value, i, &seed);

                s.radius = radius;
                s.visits = 0;

                screen_near_begin(&search, &c.near, value, radius);
                search.scan = 0;

                assert_int_equal(screen_near_step(&search, &c.near, ALL, see,
                                                  &s), SCREEN_OK);
                visits = s.visits;
                s.visits = 0;

                screen_near_begin(&search, &c.near, value, radius);
                search.scan = 1;

                assert_int_equal(screen_near_step(&search, &c.near, ALL, see,
                                                  &s), SCREEN_OK);

                assert_int_equal(visits, s.visits);
            }
        }

        free(s.seen);
        release(&c);
    }
}


static void
any_radius_is_answered(void **state)
{
    u_char    value[SCREEN_NEAR_LEN];
    codes_t   c;
    uint64_t  seed;

    seed = 1;
    c = codes_of(5000, 10, 3, 16);

    near_random_code(value, &seed);

    assert_exact(&c, value, 100, ALL);
    assert_int_equal(assert_exact(&c, value, 256, ALL), c.n);
    assert_int_equal(assert_exact(&c, value, 256, 7), c.n);
    assert_int_equal(assert_exact(&c, c.codes, 0, ALL), 1);

    release(&c);
}


static void
codes_of_odd_counts_of_ones_are_found_as_well(void **state)
{
    u_char    value[SCREEN_NEAR_LEN];
    size_t    i, n;
    codes_t   c;
    uint64_t  seed;
    unsigned  radius;

    seed = 8;
    c = codes_of(5000, 20, 4, 0);

    for (i = 0; i < c.n; i += 3) {
        near_flip(c.codes + i * SCREEN_NEAR_LEN, (unsigned) i % 256);
    }

    c.n = near_sort(c.codes, c.n);
    build(&c, 12);

    for (radius = 0, n = 0; radius < 40; radius++) {
        query_of(&c, value, radius, &seed);
        n += assert_exact(&c, value, radius, ALL);
    }

    assert_true(n > 10);
    release(&c);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_random_code_within_the_radius_is_found),
        cmocka_unit_test(every_clustered_code_within_the_radius_is_found),
        cmocka_unit_test(every_code_of_one_long_run_is_found),
        cmocka_unit_test(the_index_is_exact_where_it_is_not_worth_its_while),
        cmocka_unit_test(any_radius_is_answered),
        cmocka_unit_test(codes_of_odd_counts_of_ones_are_found_as_well),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
