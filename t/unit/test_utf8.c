
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "screen_utf8.h"


static size_t
test_char(const char *text, size_t len, uint32_t *c)
{
    return screen_utf8_char((const u_char *) text, len, c);
}


static void
characters_of_every_length_are_read(void **state)
{
    uint32_t  c;

    assert_int_equal(test_char("A", 1, &c), 1);
    assert_int_equal(c, 'A');
    assert_int_equal(test_char("\xc3\xb6", 2, &c), 2);
    assert_int_equal(c, 0xf6);
    assert_int_equal(test_char("\xe2\x82\xac", 3, &c), 3);
    assert_int_equal(c, 0x20ac);
    assert_int_equal(test_char("\xf4\x8f\xbf\xbf", 4, &c), 4);
    assert_int_equal(c, 0x10ffff);
}


static void
what_is_cut_short_is_none(void **state)
{
    uint32_t  c;

    assert_int_equal(test_char("\xc3", 1, &c), 0);
    assert_int_equal(test_char("\xe2\x82", 2, &c), 0);
    assert_int_equal(test_char("\xf4\x8f\xbf", 3, &c), 0);
    assert_int_equal(test_char("\xc3" "A", 2, &c), 0);
}


static void
overlong_forms_surrogates_and_what_is_beyond_are_none(void **state)
{
    size_t             i;
    uint32_t           c;
    static const char  *bad[] = {
        "\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xe0\x9f\xbf",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x80\x80\xaf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff",
    };

    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(test_char(bad[i], strlen(bad[i]), &c), 0);
    }
}


static void
controls_are_those_of_c0_and_c1_and_delete(void **state)
{
    assert_true(screen_utf8_control(0));
    assert_true(screen_utf8_control(0x1f));
    assert_false(screen_utf8_control(0x20));
    assert_false(screen_utf8_control(0x7e));
    assert_true(screen_utf8_control(0x7f));
    assert_true(screen_utf8_control(0x9f));
    assert_false(screen_utf8_control(0xa0));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(characters_of_every_length_are_read),
        cmocka_unit_test(what_is_cut_short_is_none),
        cmocka_unit_test(overlong_forms_surrogates_and_what_is_beyond_are_none),
        cmocka_unit_test(controls_are_those_of_c0_and_c1_and_delete),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
