
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "screen_json.h"


typedef struct {
    screen_buf_t    b;
    screen_json_t   j;
} fixture_t;


static void
begin(fixture_t *f)
{
    screen_buf_init(&f->b, 65536);
    screen_json_init(&f->j, &f->b);
}


static void
assert_written(fixture_t *f, const char *expected)
{
    assert_int_equal(f->b.code, SCREEN_OK);

    screen_buf_put(&f->b, "", 1);
    assert_string_equal((char *) f->b.data, expected);

    screen_buf_free(&f->b);
}


static void
assert_string(const char *bytes, size_t len, const char *expected)
{
    fixture_t     f;
    screen_str_t  s;

    begin(&f);

    s.data = (const u_char *) bytes;
    s.len = len;

    screen_json_str(&f.j, NULL, &s);

    assert_false(f.j.cut);
    assert_written(&f, expected);
}

#define check(bytes, expected)                                                \
    assert_string(bytes, sizeof(bytes) - 1, expected)


static void
commas_stand_between_values_and_nowhere_else(void **state)
{
    fixture_t  f;

    begin(&f);

    screen_json_open(&f.j, NULL, '{');
    screen_json_open(&f.j, "none", '[');
    screen_json_close(&f.j, ']');
    screen_json_open(&f.j, "some", '[');
    screen_json_uint(&f.j, NULL, 0);
    screen_json_uint(&f.j, NULL, UINT64_MAX);
    screen_json_open(&f.j, NULL, '{');
    screen_json_true(&f.j, "yes");
    screen_json_close(&f.j, '}');
    screen_json_open(&f.j, NULL, '{');
    screen_json_close(&f.j, '}');
    screen_json_close(&f.j, ']');
    screen_json_text(&f.j, "last", "x");
    screen_json_close(&f.j, '}');

    assert_written(&f, "{\"none\":[],\"some\":[0,18446744073709551615,"
                       "{\"yes\":true},{}],\"last\":\"x\"}");
}


static void
what_json_needs_escaped_is_escaped(void **state)
{
    check("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
    check("a\nb\tc\0d\x1f", "\"a\\u000ab\\u0009c\\u0000d\\u001f\"");
    check("", "\"\"");
}


static void
what_a_terminal_obeys_is_escaped(void **state)
{
    check("\x1b[2J\x7f", "\"\\u001b[2J\\u007f\"");
    check("\xc2\x9b" "2J", "\"\\u009b2J\"");
}


static void
utf8_stays_as_it_is(void **state)
{
    check("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
          "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"");
}


static void
each_byte_that_is_not_utf8_becomes_fffd(void **state)
{
    check("a\xff" "b", "\"a\\ufffdb\"");
    check("\xc3", "\"\\ufffd\"");
    check("\xe2\x82", "\"\\ufffd\\ufffd\"");
    check("\xc0\xaf", "\"\\ufffd\\ufffd\"");
    check("\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\"");
    check("\xf4\x90\x80\x80", "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");
}


static void
a_long_string_is_cut_at_the_end_of_a_character(void **state)
{
    u_char        bytes[SCREEN_JSON_STRING_MAX + 1];
    fixture_t     f;
    screen_str_t  s;

    memset(bytes, 'x', sizeof(bytes));

    s.data = bytes;
    s.len = SCREEN_JSON_STRING_MAX;

    begin(&f);
    screen_json_str(&f.j, NULL, &s);
    assert_false(f.j.cut);
    assert_int_equal(f.b.len, SCREEN_JSON_STRING_MAX + 2);
    screen_buf_free(&f.b);

    bytes[SCREEN_JSON_STRING_MAX - 1] = 0xc3;
    bytes[SCREEN_JSON_STRING_MAX] = 0xa9;
    s.len = sizeof(bytes);

    begin(&f);
    screen_json_str(&f.j, NULL, &s);
    assert_true(f.j.cut);
    assert_int_equal(f.b.len, SCREEN_JSON_STRING_MAX - 1 + 2);
    assert_memory_equal(f.b.data + f.b.len - 3, "xx\"", 3);
    screen_buf_free(&f.b);
}


static void
times_are_seconds_with_microseconds(void **state)
{
    fixture_t  f;

    begin(&f);

    screen_json_open(&f.j, NULL, '[');
    screen_json_seconds(&f.j, NULL, 0);
    screen_json_seconds(&f.j, NULL, 1999);
    screen_json_seconds(&f.j, NULL, 12000345678ULL);
    screen_json_close(&f.j, ']');

    assert_written(&f, "[0.000000,0.000001,12.000345]");
}


static void
digests_are_lower_case_hex(void **state)
{
    fixture_t  f;

    begin(&f);

    screen_json_hex(&f.j, "k", (const u_char *) "\x00\xab\xff", 3);

    assert_written(&f, "\"k\":\"00abff\"");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(commas_stand_between_values_and_nowhere_else),
        cmocka_unit_test(what_json_needs_escaped_is_escaped),
        cmocka_unit_test(what_a_terminal_obeys_is_escaped),
        cmocka_unit_test(utf8_stays_as_it_is),
        cmocka_unit_test(each_byte_that_is_not_utf8_becomes_fffd),
        cmocka_unit_test(a_long_string_is_cut_at_the_end_of_a_character),
        cmocka_unit_test(times_are_seconds_with_microseconds),
        cmocka_unit_test(digests_are_lower_case_hex),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
