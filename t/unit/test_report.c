
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_report.h"


#define TEST_PARTS     3
#define TEST_CONTENTS  8
#define TEST_ID        0x1122334455667788ull


static const screen_report_engine_t  test_engine = { TEST_CONTENTS, 0 };


typedef struct {
    screen_job_t          job;
    screen_part_t         parts[TEST_PARTS];
    uint32_t              index[TEST_PARTS];
    screen_yara_match_t   yara[2];
    screen_str_t          tags[2];
    screen_meta_t         metas[3];
    uint32_t              patterns[2];

    screen_upload_t       upload;
    screen_part_t         asked[5];

    screen_buf_t          b;
    screen_arena_t        arena;
    screen_alloc_t        alloc;
} test_t;


/* an upload of five parts, of which 0, 2 and 4 were sent and told of */

static void
test_fill(test_t *t)
{
    t->tags[0] = screen_str_of("webshell");
    t->tags[1] = screen_str_of("php");

    t->metas[0].key = screen_str_of("severity");
    t->metas[0].integer = -7;
    t->metas[1].key = screen_str_of("author");
    t->metas[1].type = SCREEN_META_STRING;
    t->metas[1].string = screen_str_of("J\xc3\xb6rg \xf0\x9f\x90\x99");
    t->metas[2].key = screen_str_of("tested");
    t->metas[2].type = SCREEN_META_BOOLEAN;
    t->metas[2].integer = 1;

    t->yara[0].space = screen_str_of("php/shells.yar");
    t->yara[0].rule = screen_str_of("webshell_eval");
    t->yara[0].tags = t->tags;
    t->yara[0].ntags = 2;
    t->yara[0].metas = t->metas;
    t->yara[0].nmetas = 3;
    t->yara[1].space = screen_str_of("b.yar");
    t->yara[1].rule = screen_str_of("plain");

    t->patterns[0] = 1;
    t->patterns[1] = TEST_CONTENTS - 1;

    t->index[0] = 0;
    t->index[1] = 2;
    t->index[2] = 4;

    t->parts[0].type = screen_str_of("text/x-php");
    t->parts[0].yara = t->yara;
    t->parts[0].nyara = 2;
    t->parts[0].patterns = t->patterns;
    t->parts[0].npatterns = 2;

    t->parts[1].type = screen_str_of("image/jpeg");

    t->parts[2].type = screen_str_of("application/zip");
    screen_part_fault(&t->parts[2], SCREEN_FAULT_TIMEOUT, "deadline");

    t->job.id = TEST_ID;
    t->job.parts = t->parts;
    t->job.index = t->index;
    t->job.nparts = TEST_PARTS;
}


static int
test_setup(void **state)
{
    size_t   i;
    test_t  *t;

    t = calloc(1, sizeof(test_t));

    t->alloc.alloc = screen_arena_alloc;
    t->alloc.owner = &t->arena;

    test_fill(t);

    t->upload.parts = t->asked;
    t->upload.nparts = 5;

    for (i = 0; i < 5; i += 2) {
        t->asked[i].want_scan = 1;
    }

    t->asked[0].filename = screen_str_of("photo.jpg");
    t->asked[0].has_filename = 1;

    screen_buf_init(&t->b, SCREEN_REPORT_LIMIT);

    *state = t;

    return 0;
}


static int
test_teardown(void **state)
{
    test_t  *t = *state;

    screen_buf_free(&t->b);
    screen_arena_destroy(&t->arena);
    free(t);

    return 0;
}


static int
test_decode_bytes(test_t *t, const u_char *data, size_t len)
{
    int      rc;
    u_char  *copy;

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, data, len);
    }

    rc = screen_report_decode(&t->upload, TEST_ID, &test_engine, copy, len,
                              &t->alloc);

    /* what was decoded must not point into the message */

    memset(copy, 0xee, len);
    free(copy);

    return rc;
}


static int
test_decode(test_t *t)
{
    return test_decode_bytes(t, t->b.data + 4, t->b.len - 4);
}


static void
test_encode(test_t *t)
{
    t->b.len = 0;
    screen_report_encode(&t->b, &t->job);
    assert_int_equal(t->b.code, SCREEN_OK);
}


static void
test_refused(test_t *t)
{
    size_t         i;
    screen_part_t  untouched[5];

    memcpy(untouched, t->asked, sizeof(untouched));

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_MALFORMED);

    for (i = 0; i < 5; i++) {
        assert_memory_equal(&untouched[i], &t->asked[i],
                            sizeof(screen_part_t));
    }
}


static void
facts_arrive_in_the_parts_that_asked(void **state)
{
    test_t               *t = *state;
    screen_part_t        *part;
    screen_yara_match_t  *match;

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    part = &t->asked[0];
    assert_true(part->scanned);
    assert_true(screen_str_is(&part->type, "text/x-php"));
    assert_int_equal(part->mismatch, SCREEN_MISMATCH_EXTENSION);
    assert_int_equal(part->nyara, 2);

    match = &part->yara[0];
    assert_true(screen_str_is(&match->space, "php/shells.yar"));
    assert_true(screen_str_is(&match->rule, "webshell_eval"));
    assert_int_equal(match->ntags, 2);
    assert_true(screen_str_is(&match->tags[1], "php"));
    assert_int_equal(match->nmetas, 3);
    assert_int_equal(match->metas[0].type, SCREEN_META_INTEGER);
    assert_int_equal(match->metas[0].integer, -7);
    assert_int_equal(match->metas[1].type, SCREEN_META_STRING);
    assert_true(screen_str_is(&match->metas[1].string,
                              "J\xc3\xb6rg \xf0\x9f\x90\x99"));
    assert_int_equal(match->metas[2].type, SCREEN_META_BOOLEAN);
    assert_int_equal(match->metas[2].integer, 1);

    assert_int_equal(part->npatterns, 2);
    assert_int_equal(part->patterns[1], TEST_CONTENTS - 1);
    assert_int_equal(part->faults, 0);

    assert_false(t->asked[1].scanned);
    assert_true(t->asked[2].scanned);
    assert_int_equal(t->asked[2].nyara, 0);
    assert_int_equal(t->asked[4].faults, 1 << SCREEN_FAULT_TIMEOUT);
    assert_true(screen_str_is(&t->asked[4].fault_reason, "deadline"));
}


static void
an_earlier_fault_keeps_its_reason(void **state)
{
    test_t  *t = *state;

    screen_part_fault(&t->asked[4], SCREEN_FAULT_FRAMING, "preamble");

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    assert_int_equal(t->asked[4].faults, 1 << SCREEN_FAULT_TIMEOUT
                                         | 1 << SCREEN_FAULT_FRAMING);
    assert_true(screen_str_is(&t->asked[4].fault_reason, "preamble"));
}


static void
every_truncation_is_refused(void **state)
{
    size_t   len;
    test_t  *t = *state;

    test_encode(t);

    for (len = 0; len < t->b.len - 4; len++) {
        assert_int_equal(test_decode_bytes(t, t->b.data + 4, len),
                         SCREEN_MALFORMED);
        assert_false(t->asked[0].scanned);
    }

    screen_buf_put_u8(&t->b, 0);
    assert_int_equal(test_decode(t), SCREEN_MALFORMED);
}


static void
a_flipped_byte_never_leads_out_of_bounds(void **state)
{
    int        rc;
    size_t     i, k;
    test_t    *t = *state;
    unsigned   bit;

    test_encode(t);

    for (i = 4; i < t->b.len; i++) {

        for (bit = 0; bit < 8; bit++) {
            t->b.data[i] ^= 1u << bit;
            rc = test_decode(t);
            t->b.data[i] ^= 1u << bit;

            assert_true(rc == SCREEN_OK || rc == SCREEN_MALFORMED);

            for (k = 0; rc == SCREEN_OK && k < t->asked[0].npatterns; k++) {
                assert_true(t->asked[0].patterns[k] < TEST_CONTENTS);
            }
        }
    }
}


static void
another_jobs_report_is_refused(void **state)
{
    test_t  *t = *state;

    t->job.id++;
    test_refused(t);
}


static void
a_part_told_of_twice_is_refused(void **state)
{
    test_t  *t = *state;

    t->index[1] = 0;
    test_refused(t);
}


static void
a_part_that_was_not_asked_for_is_refused(void **state)
{
    test_t  *t = *state;

    t->index[1] = 1;
    test_refused(t);

    t->index[1] = 2;
    t->index[2] = 5;
    test_refused(t);
}


static void
a_missing_part_is_refused(void **state)
{
    test_t  *t = *state;

    t->job.nparts = 2;
    test_refused(t);
}


static void
a_fault_that_a_scanner_cannot_know_is_refused(void **state)
{
    size_t   i;
    test_t  *t = *state;

    test_encode(t);

    /* the faults of the last part are the byte before its reason */

    for (i = t->b.len - 1; memcmp(t->b.data + i, "deadline", 8) != 0; i--) {
        assert_true(i > 5);
    }

    t->b.data[i - 5] = 1 << SCREEN_FAULT_CRASH;
    assert_int_equal(test_decode(t), SCREEN_MALFORMED);

    t->b.data[i - 5] = 1 << SCREEN_FAULT_INCOMPLETE;
    assert_int_equal(test_decode(t), SCREEN_OK);
}


static void
a_pattern_that_the_engine_does_not_have_is_refused(void **state)
{
    test_t  *t = *state;

    t->patterns[1] = TEST_CONTENTS;
    test_refused(t);

    t->patterns[1] = 1;
    test_refused(t);

    t->patterns[1] = 0;
    test_refused(t);
}


static void
controls_and_broken_text_are_refused(void **state)
{
    char               *at;
    size_t              i;
    test_t             *t = *state;
    static const char  *bad[] = {
        "web\nhell", "web\0hell", "web\x7fhell", "web\xffhell",
        "web\xc0\x80" "ll", "web\xc2\x85" "ll", "we\xed\xa0\x80" "ll",
        "we\xf4\x90\x80\x80l", "w\xf8\x88\x80\x80\x80l", "webshel\xc3",
        "webs\xe0\x80\xafl", "web\xf0\x80\x80\xaf" "l",
    };

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    at = memmem(t->b.data, t->b.len, "webshell", 8);
    assert_non_null(at);

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memcpy(at, bad[i], 8);
        assert_int_equal(test_decode(t), SCREEN_MALFORMED);
    }
}


static void
what_an_honest_rule_holds_is_never_refused(void **state)
{
    char    *text;
    test_t  *t = *state;

    text = malloc(10001);
    memset(text, 'x', 10000);
    text[10000] = '\0';
    memcpy(text + SCREEN_REPORT_STRING - 2, "\xe2\x82\xac", 3);

    t->metas[0].type = SCREEN_META_STRING;
    t->metas[0].string = screen_str_of("two\r\nlines \xff\xfe \xc2\x9b");
    t->metas[1].string = screen_str_of(text);

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    assert_true(screen_str_is(&t->asked[0].yara[0].metas[0].string,
                              "two??lines ?? ??"));

    /* cut before the character that does not fit whole */

    assert_int_equal(t->asked[0].yara[0].metas[1].string.len,
                     SCREEN_REPORT_STRING - 2);

    free(text);
}


static void
more_matches_than_allowed_are_incomplete(void **state)
{
    size_t                i;
    test_t               *t = *state;
    screen_yara_match_t  *many;

    many = calloc(SCREEN_REPORT_MATCHES + 1, sizeof(screen_yara_match_t));

    for (i = 0; i < SCREEN_REPORT_MATCHES + 1; i++) {
        many[i].space = screen_str_of("many.yar");
        many[i].rule = screen_str_of("rule");
    }

    t->parts[0].yara = many;
    t->parts[0].nyara = SCREEN_REPORT_MATCHES + 1;

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    assert_int_equal(t->asked[0].nyara, SCREEN_REPORT_MATCHES);
    assert_int_equal(t->asked[0].faults, 1 << SCREEN_FAULT_INCOMPLETE);
    assert_true(t->asked[0].fault_reason.len > 0);

    free(many);
}


static void
a_count_beyond_the_limit_is_refused(void **state)
{
    size_t    i;
    test_t   *t = *state;
    u_char   *many;
    size_t    len;

    /* one more match than allowed, as only a liar would write it */

    test_encode(t);

    len = (SCREEN_REPORT_MATCHES + 1) * 16;
    many = calloc(1, t->b.len + len);

    for (i = 0; memcmp(t->b.data + i, "text/x-php", 10) != 0; i++) {
        assert_true(i < t->b.len - 10);
    }

    i += 10 + 1 + 1 + 4;
    memcpy(many, t->b.data, i);
    many[i] = (SCREEN_REPORT_MATCHES + 1) & 0xff;
    many[i + 1] = (SCREEN_REPORT_MATCHES + 1) >> 8;

    assert_int_equal(test_decode_bytes(t, many + 4, i + len),
                     SCREEN_MALFORMED);

    free(many);
}


static void
matches_that_do_not_fit_leave_the_other_facts(void **state)
{
    test_t  *t = *state;

    screen_buf_free(&t->b);
    screen_buf_init(&t->b, 1200);

    t->parts[1].yara = t->yara;
    t->parts[1].nyara = 2;

    test_encode(t);
    assert_true(t->b.len <= 1200);
    assert_int_equal(test_decode(t), SCREEN_OK);

    assert_int_equal(t->asked[0].nyara, 2);
    assert_int_equal(t->asked[0].faults, 0);
    assert_true(t->asked[4].scanned);

    screen_buf_free(&t->b);
    screen_buf_init(&t->b, 780);

    test_encode(t);
    assert_int_equal(test_decode(t), SCREEN_OK);

    assert_int_equal(t->asked[0].nyara, 0);
    assert_int_equal(t->asked[0].faults, 1 << SCREEN_FAULT_INCOMPLETE);
    assert_true(screen_str_is(&t->asked[0].type, "text/x-php"));
    assert_true(t->asked[4].scanned);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(facts_arrive_in_the_parts_that_asked),
        test(an_earlier_fault_keeps_its_reason),
        test(every_truncation_is_refused),
        test(a_flipped_byte_never_leads_out_of_bounds),
        test(another_jobs_report_is_refused),
        test(a_part_told_of_twice_is_refused),
        test(a_part_that_was_not_asked_for_is_refused),
        test(a_missing_part_is_refused),
        test(a_fault_that_a_scanner_cannot_know_is_refused),
        test(a_pattern_that_the_engine_does_not_have_is_refused),
        test(controls_and_broken_text_are_refused),
        test(what_an_honest_rule_holds_is_never_refused),
        test(more_matches_than_allowed_are_incomplete),
        test(a_count_beyond_the_limit_is_refused),
        test(matches_that_do_not_fit_leave_the_other_facts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
