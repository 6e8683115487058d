
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_spec.h"


static screen_policy_rules_t  test_rules[] = {
    { screen_str("/etc/screen/yara/*.yar"),
      { screen_str("/etc/screen/a.policy"), 7 } },
    { screen_str("/etc/screen/one.yar"),
      { screen_str("/etc/screen/a.policy"), 8 } },
};

static screen_policy_content_t  test_contents[] = {
    { screen_str("eval\\("), 1, { screen_str("/etc/screen/a.policy"), 9 } },
};

static screen_spec_engine_t  test_engines[] = {
    { screen_str("uploads"), test_rules, 2, 1, test_contents, 1, { 5, 6 },
      { 1, 0, 9000000, 70, 1500, 250 }, { screen_str("a.policy"), 7 } },
    { screen_str("empty"), NULL, 0, 0, NULL, 0, { 0, 0 },
      { 0, 0, 0, 0, 0, 0 }, { screen_null_str, 0 } },
};

static screen_spec_bank_t  test_banks[] = {
    { screen_str("local"), screen_str("/etc/screen/bad.csv"),
      screen_str("/var/lib/screen/local.bank"), 0, 0,
      { screen_str("nginx.conf"), 3 } },
    { screen_str("coalition"), { NULL, 0 },
      screen_str("/var/lib/screen/coalition.bank"), 1, 60000,
      { screen_str("nginx.conf"), 4 } },
};

static screen_redis_address_t  test_addresses[] = {
    { 0, 6379, screen_str("redis.example") },
    { 1, 0, screen_str("/run/redis.sock") },
};

static screen_redis_server_t  test_servers[] = {
    { SCREEN_REDIS_CLUSTER, test_addresses, 2, screen_str("m"), 200, 1000,
      screen_str("user"), screen_str("/pw"), 3, screen_str("screen:"), 1,
      screen_str("/ca"), screen_str("/cert"), screen_str("/key"),
      screen_str("name"), { screen_str("nginx.conf"), 5 } },
};

static const screen_spec_t  test_spec = {
    test_engines, 2, test_banks, 2, { test_servers, 1, 0 },
    4, 1000, 512u * 1024 * 1024, 10000, 33, 34, 35,
    SCREEN_SANDBOX_BEST_EFFORT
};


static void
test_encode(screen_buf_t *b)
{
    screen_buf_init(b, SCREEN_SPEC_LIMIT);
    screen_spec_encode(b, &test_spec);

    assert_int_equal(b->code, SCREEN_OK);
}


/* from a block of exactly that size, so that a sanitizer sees an overrun */

static int
test_decode(const u_char *data, size_t len, screen_spec_t *spec,
    screen_arena_t *arena)
{
    int             rc;
    u_char         *copy;
    screen_error_t  err;
    screen_alloc_t  alloc = { screen_arena_alloc, arena };

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    memset(spec, 0, sizeof(screen_spec_t));
    rc = screen_spec_decode(spec, copy, len, &alloc, &err);

    free(copy);

    return rc;
}


static void
what_was_encoded_is_decoded(void **state)
{
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_error_t  err;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    test_encode(&b);

    assert_int_equal(screen_spec_decode(&spec, b.data, b.len, &alloc, &err),
                     SCREEN_OK);

    assert_int_equal(spec.scanners, 4);
    assert_int_equal(spec.jobs, 1000);
    assert_int_equal(spec.memory, 512 * 1024 * 1024);
    assert_int_equal(spec.timeout, 10000);
    assert_int_equal(spec.uid, 33);
    assert_int_equal(spec.gid, 34);
    assert_int_equal(spec.peer_uid, 35);
    assert_int_equal(spec.sandbox, SCREEN_SANDBOX_BEST_EFFORT);

    assert_int_equal(spec.nengines, 2);
    assert_true(screen_str_is(&spec.engines[0].policy, "uploads"));
    assert_int_equal(spec.engines[0].slow_rules, 1);
    assert_int_equal(spec.engines[0].media.on, 1);
    assert_int_equal(spec.engines[0].media.pixels, 9000000);
    assert_int_equal(spec.engines[0].media.frames, 70);
    assert_int_equal(spec.engines[0].media.interval, 1500);
    assert_int_equal(spec.engines[0].media.budget, 250);
    assert_int_equal(spec.engines[0].media_place.line, 7);
    assert_int_equal(spec.engines[0].nrules, 2);
    assert_true(screen_str_is(&spec.engines[0].rules[1].path,
                              "/etc/screen/one.yar"));
    assert_int_equal(spec.engines[0].rules[1].place.line, 8);
    assert_int_equal(spec.engines[0].ncontents, 1);
    assert_true(screen_str_is(&spec.engines[0].contents[0].text, "eval\\("));
    assert_int_equal(spec.engines[0].contents[0].caseless, 1);
    assert_int_equal(spec.engines[0].pattern_limits.match_limit, 5);
    assert_int_equal(spec.engines[0].pattern_limits.heap_limit, 6);
    assert_int_equal(spec.engines[1].nrules, 0);
    assert_int_equal(spec.engines[1].ncontents, 0);

    assert_int_equal(spec.nbanks, 2);
    assert_true(screen_str_is(&spec.banks[0].name, "local"));
    assert_true(screen_str_is(&spec.banks[0].list, "/etc/screen/bad.csv"));
    assert_true(screen_str_is(&spec.banks[0].place.file, "nginx.conf"));
    assert_int_equal(spec.banks[0].redis, 0);
    assert_int_equal(spec.banks[1].redis, 1);
    assert_int_equal(spec.banks[1].max_age, 60000);

    assert_int_equal(spec.redis.nservers, 1);
    assert_int_equal(spec.redis.servers[0].kind, SCREEN_REDIS_CLUSTER);
    assert_int_equal(spec.redis.servers[0].naddresses, 2);
    assert_true(screen_str_is(&spec.redis.servers[0].user, "user"));

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
every_truncation_is_refused(void **state)
{
    size_t          len;
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_arena_t  arena = screen_arena_init;

    test_encode(&b);

    for (len = 0; len < b.len; len++) {
        assert_int_equal(test_decode(b.data, len, &spec, &arena),
                         SCREEN_MALFORMED);
    }

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
bytes_left_over_are_refused(void **state)
{
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_arena_t  arena = screen_arena_init;

    test_encode(&b);
    screen_buf_put_u8(&b, 0);

    assert_int_equal(test_decode(b.data, b.len, &spec, &arena),
                     SCREEN_MALFORMED);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
a_flipped_byte_never_leads_out_of_bounds(void **state)
{
    int             rc;
    size_t          i;
    unsigned        bit;
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_arena_t  arena = screen_arena_init;

    test_encode(&b);

    for (i = 0; i < b.len; i++) {

        for (bit = 0; bit < 8; bit++) {
            b.data[i] ^= 1u << bit;
            rc = test_decode(b.data, b.len, &spec, &arena);
            b.data[i] ^= 1u << bit;

            assert_true(rc == SCREEN_OK || rc == SCREEN_MALFORMED
                        || rc == SCREEN_ERROR);

            if (rc == SCREEN_OK) {
                assert_true(spec.nengines <= SCREEN_ENGINES_MAX);
                assert_true(spec.nbanks <= SCREEN_BANKS_MAX);
            }
        }

        screen_arena_destroy(&arena);
    }

    screen_buf_free(&b);
}


static void
another_version_is_refused_by_both_names(void **state)
{
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_error_t  err;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    test_encode(&b);
    b.data[8] = '9';

    assert_int_equal(screen_spec_decode(&spec, b.data, b.len, &alloc, &err),
                     SCREEN_ERROR);
    assert_non_null(strstr(err.text, " 9"));
    assert_non_null(strstr(err.text, SCREEN_VERSION));

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
a_bank_of_redis_with_a_list_is_refused(void **state)
{
    screen_buf_t        b;
    screen_spec_t       spec, out;
    screen_arena_t      arena = screen_arena_init;
    screen_spec_bank_t  bank;

    bank = test_banks[0];
    bank.redis = 1;

    spec = test_spec;
    spec.banks = &bank;
    spec.nbanks = 1;

    screen_buf_init(&b, SCREEN_SPEC_LIMIT);
    screen_spec_encode(&b, &spec);

    assert_int_equal(test_decode(b.data, b.len, &out, &arena),
                     SCREEN_MALFORMED);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
more_banks_than_the_control_page_holds_are_refused(void **state)
{
    uint32_t            i;
    screen_buf_t        b;
    screen_spec_t       spec, out;
    screen_arena_t      arena = screen_arena_init;
    screen_spec_bank_t  banks[SCREEN_BANKS_MAX + 1];

    for (i = 0; i < SCREEN_BANKS_MAX + 1; i++) {
        banks[i] = test_banks[0];
    }

    spec = test_spec;
    spec.banks = banks;
    spec.nbanks = SCREEN_BANKS_MAX + 1;

    screen_buf_init(&b, SCREEN_SPEC_LIMIT);
    screen_spec_encode(&b, &spec);

    assert_int_equal(test_decode(b.data, b.len, &out, &arena),
                     SCREEN_MALFORMED);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
an_engine_is_a_view_of_its_policy(void **state)
{
    screen_policy_t       policy;
    screen_spec_engine_t  engine;

    memset(&policy, 0, sizeof(policy));

    policy.name = screen_str_of("uploads");
    policy.rules = test_rules;
    policy.nrules = 2;
    policy.slow_rules = 1;
    policy.contents = test_contents;
    policy.ncontents = 1;
    policy.pattern_limits.match_limit = 77;

    screen_spec_engine(&engine, &policy);

    assert_true(screen_str_is(&engine.policy, "uploads"));
    assert_ptr_equal(engine.rules, test_rules);
    assert_int_equal(engine.nrules, 2);
    assert_int_equal(engine.slow_rules, 1);
    assert_ptr_equal(engine.contents, test_contents);
    assert_int_equal(engine.ncontents, 1);
    assert_int_equal(engine.pattern_limits.match_limit, 77);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(bytes_left_over_are_refused),
        cmocka_unit_test(a_flipped_byte_never_leads_out_of_bounds),
        cmocka_unit_test(another_version_is_refused_by_both_names),
        cmocka_unit_test(a_bank_of_redis_with_a_list_is_refused),
        cmocka_unit_test(more_banks_than_the_control_page_holds_are_refused),
        cmocka_unit_test(an_engine_is_a_view_of_its_policy),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
