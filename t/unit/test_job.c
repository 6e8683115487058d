
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_job.h"


#define TEST_PARTS  4


static void
test_upload(screen_upload_t *u, screen_part_t *parts)
{
    memset(u, 0, sizeof(screen_upload_t));
    memset(parts, 0, TEST_PARTS * sizeof(screen_part_t));

    u->parts = parts;
    u->nparts = TEST_PARTS;
    u->size = 1000;

    parts[0].name = screen_str_of("title");
    parts[0].offset = 10;
    parts[0].size = 5;
    parts[0].want_scan = 1;

    parts[1].name = screen_str_of("skipped");

    parts[2].name = screen_str_of("file");
    parts[2].filename = screen_str_of("shell.php");
    parts[2].has_filename = 1;
    parts[2].declared = screen_str_of("image/png");
    parts[2].offset = 200;
    parts[2].size = 700;
    parts[2].want_scan = 1;

    parts[3].whole = 1;
    parts[3].size = 1000;
    parts[3].want_scan = 1;
}


static void
test_encode(screen_buf_t *b)
{
    screen_part_t    parts[TEST_PARTS];
    screen_upload_t  u;

    test_upload(&u, parts);

    screen_buf_init(b, SCREEN_JOB_LIMIT);
    screen_job_encode(b, 42, 123456789, 3, &u);

    assert_int_equal(b->code, SCREEN_OK);
}


static int
test_decode(const u_char *data, size_t len, screen_job_t *job,
    screen_arena_t *arena)
{
    int             rc;
    u_char         *copy;
    screen_alloc_t  alloc = { screen_arena_alloc, arena };

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    rc = screen_job_decode(job, copy, len, &alloc);

    free(copy);

    return rc;
}


static void
the_parts_that_want_a_scan_arrive_with_their_index(void **state)
{
    screen_job_t     job;
    screen_buf_t     b;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_reader_t  r;

    test_encode(&b);

    screen_reader_init(&r, b.data, b.len);
    assert_int_equal(screen_reader_u32(&r), b.len - 4);

    assert_int_equal(screen_job_decode(&job, b.data + 4, b.len - 4, &alloc),
                     SCREEN_OK);

    assert_int_equal(job.id, 42);
    assert_int_equal(job.deadline, 123456789);
    assert_int_equal(job.engine, 3);
    assert_int_equal(job.nparts, 3);

    assert_int_equal(job.index[0], 0);
    assert_int_equal(job.index[1], 2);
    assert_int_equal(job.index[2], 3);

    assert_true(screen_str_is(&job.parts[0].name, "title"));
    assert_false(job.parts[0].has_filename);
    assert_false(job.parts[0].whole);

    assert_true(screen_str_is(&job.parts[1].filename, "shell.php"));
    assert_true(screen_str_is(&job.parts[1].declared, "image/png"));
    assert_true(job.parts[1].has_filename);
    assert_int_equal(job.parts[1].offset, 200);
    assert_int_equal(job.parts[1].size, 700);

    assert_true(job.parts[2].whole);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
every_truncation_is_refused(void **state)
{
    size_t          len;
    screen_job_t    job;
    screen_buf_t    b;
    screen_arena_t  arena = screen_arena_init;

    test_encode(&b);

    for (len = 0; len < b.len - 4; len++) {
        assert_int_equal(test_decode(b.data + 4, len, &job, &arena),
                         SCREEN_MALFORMED);
    }

    screen_buf_put_u8(&b, 0);

    assert_int_equal(test_decode(b.data + 4, b.len - 4, &job, &arena),
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
    uint32_t        k;
    screen_job_t    job;
    screen_buf_t    b;
    screen_arena_t  arena = screen_arena_init;

    test_encode(&b);

    for (i = 4; i < b.len; i++) {

        for (bit = 0; bit < 8; bit++) {
            b.data[i] ^= 1u << bit;
            rc = test_decode(b.data + 4, b.len - 4, &job, &arena);
            b.data[i] ^= 1u << bit;

            assert_true(rc == SCREEN_OK || rc == SCREEN_MALFORMED);

            for (k = 0; rc == SCREEN_OK && k < job.nparts; k++) {
                assert_true(job.parts[k].offset
                            <= UINT64_MAX - job.parts[k].size);
            }
        }

        screen_arena_destroy(&arena);
    }

    screen_buf_free(&b);
}


static void
a_region_that_wraps_around_is_refused(void **state)
{
    screen_job_t     job;
    screen_buf_t     b;
    screen_part_t    parts[TEST_PARTS];
    screen_arena_t   arena = screen_arena_init;
    screen_upload_t  u;

    test_upload(&u, parts);
    parts[0].offset = UINT64_MAX - 4;

    screen_buf_init(&b, SCREEN_JOB_LIMIT);
    screen_job_encode(&b, 1, 1, 0, &u);

    assert_int_equal(test_decode(b.data + 4, b.len - 4, &job, &arena),
                     SCREEN_MALFORMED);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


static void
a_name_of_unreasonable_length_is_not_sent(void **state)
{
    char             *name;
    screen_buf_t      b;
    screen_part_t     parts[TEST_PARTS];
    screen_upload_t   u;

    test_upload(&u, parts);

    name = calloc(1, 70000);
    parts[0].name.data = (u_char *) name;
    parts[0].name.len = 70000;

    screen_buf_init(&b, SCREEN_JOB_LIMIT);
    screen_job_encode(&b, 1, 1, 0, &u);

    assert_int_equal(b.code, SCREEN_LIMIT);

    screen_buf_free(&b);
    free(name);
}


static void
an_upload_that_wants_nothing_is_a_job_without_parts(void **state)
{
    screen_job_t     job;
    screen_buf_t     b;
    screen_arena_t   arena = screen_arena_init;
    screen_upload_t  u;

    memset(&u, 0, sizeof(u));

    screen_buf_init(&b, SCREEN_JOB_LIMIT);
    screen_job_encode(&b, 1, 1, 0, &u);

    assert_int_equal(test_decode(b.data + 4, b.len - 4, &job, &arena),
                     SCREEN_OK);
    assert_int_equal(job.nparts, 0);

    screen_arena_destroy(&arena);
    screen_buf_free(&b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_parts_that_want_a_scan_arrive_with_their_index),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(a_flipped_byte_never_leads_out_of_bounds),
        cmocka_unit_test(a_region_that_wraps_around_is_refused),
        cmocka_unit_test(a_name_of_unreasonable_length_is_not_sent),
        cmocka_unit_test(an_upload_that_wants_nothing_is_a_job_without_parts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
