
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "screen_pattern.h"


static int
match_bytes(const char *pattern, int caseless, const void *data, size_t len,
    const screen_pattern_limits_t *limits)
{
    int                rc;
    screen_str_t       text;
    screen_error_t     err;
    screen_pattern_t  *p;

    text = screen_str_of(pattern);

    p = screen_pattern_compile(&text, caseless, &err);
    assert_non_null(p);

    rc = screen_pattern_match(p, data, len, limits);

    /* the match data are used again: the answer must not change */

    assert_int_equal(screen_pattern_match(p, data, len, limits), rc);

    screen_pattern_destroy(p);

    return rc;
}


static int
match(const char *pattern, const char *subject)
{
    return match_bytes(pattern, 0, subject, strlen(subject), NULL);
}


static void
a_pattern_matches_anywhere_and_minds_case(void **state)
{
    assert_int_equal(match("\\.php$", "a.php"), SCREEN_OK);
    assert_int_equal(match("\\.php$", "a.phps"), SCREEN_NOT_FOUND);
    assert_int_equal(match("\\.php$", "a.PHP"), SCREEN_NOT_FOUND);
    assert_int_equal(match_bytes("\\.php$", 1, "a.PHP", 5, NULL), SCREEN_OK);
    assert_int_equal(match("(a)(b)(c)(d)", "xabcd"), SCREEN_OK);
}


static void
an_empty_subject_is_a_subject(void **state)
{
    assert_int_equal(match_bytes("^$", 0, NULL, 0, NULL), SCREEN_OK);
    assert_int_equal(match_bytes("x", 0, NULL, 0, NULL), SCREEN_NOT_FOUND);
    assert_int_equal(match("", "x"), SCREEN_OK);
}


static void
nul_bytes_are_bytes_in_subject_and_pattern(void **state)
{
    screen_error_t       err;
    screen_pattern_t    *p;
    const screen_str_t   text = screen_str("a\0b");

    assert_int_equal(match_bytes("b\\x00c", 0, "ab\0cd", 5, NULL), SCREEN_OK);
    assert_int_equal(match_bytes("cd$", 0, "ab\0cd", 5, NULL), SCREEN_OK);

    p = screen_pattern_compile(&text, 0, &err);
    assert_non_null(p);
    assert_int_equal(screen_pattern_match(p, (const u_char *) "xa\0b", 4,
                                          NULL),
                     SCREEN_OK);
    screen_pattern_destroy(p);
}


static void
bytes_that_are_no_utf_are_matched_as_bytes(void **state)
{
    assert_int_equal(match("\\xff.\\xfe", "\xff\x80\xfe"), SCREEN_OK);
    assert_int_equal(match("^..$", "\xc3\xa9"), SCREEN_OK);
}


static void
in_utf_mode_a_character_is_one_and_invalid_bytes_match_nothing(void **state)
{
    assert_int_equal(match("(*UTF)^.$", "\xc3\xa9"), SCREEN_OK);
    assert_int_equal(match("(*UTF)\\x{e9}", "\xff\xfe\xc3\xa9\xff"),
                     SCREEN_OK);
    assert_int_equal(match("(*UTF)a.b", "a\xff" "b"), SCREEN_NOT_FOUND);
    assert_int_equal(match("(*UTF)b$", "\xff\xff" "b"), SCREEN_OK);
}


static void
utf_mode_is_the_first_thing_of_a_pattern_or_an_error(void **state)
{
    screen_error_t       err;
    const screen_str_t   text = screen_str("(*UCP)(*UTF)x");

    assert_null(screen_pattern_compile(&text, 0, &err));
    assert_non_null(strstr(err.text, "(*UCP)(*UTF)x"));
}


static void
a_catastrophic_pattern_meets_its_limit_quickly(void **state)
{
    char                     subject[65];
    clock_t                  start;
    screen_pattern_limits_t  limits;

    memset(subject, 'a', sizeof(subject));
    subject[64] = 'b';

    start = clock();

    assert_int_equal(match_bytes("^(a+)+$", 0, subject, 65, NULL),
                     SCREEN_LIMIT);

    assert_true(clock() - start < 2 * CLOCKS_PER_SEC);

    limits.match_limit = 1000;
    limits.heap_limit = 0;

    assert_int_equal(match_bytes("^(a+)+$", 0, subject, 65, &limits),
                     SCREEN_LIMIT);

    /* the same without the JIT */

    assert_int_equal(match_bytes("(*NO_JIT)^(a+)+$", 0, subject, 65, &limits),
                     SCREEN_LIMIT);
    assert_int_equal(match_bytes("(*NO_JIT)^a+b$", 0, subject, 65, &limits),
                     SCREEN_OK);
}


static void
a_pattern_that_needs_more_stack_than_there_is_meets_its_limit(void **state)
{
    size_t                   len;
    char                    *subject;
    screen_pattern_limits_t  limits;

    len = 4 * 1024 * 1024;

    subject = malloc(len);
    assert_non_null(subject);
    memset(subject, 'a', len);

    limits.match_limit = UINT32_MAX;
    limits.heap_limit = 64;

    assert_int_equal(match_bytes("^(?:(a)|b)*c", 0, subject, len, &limits),
                     SCREEN_LIMIT);
    assert_int_equal(match_bytes("(*NO_JIT)^(?:(a)|b)*c", 0, subject, len,
                                 &limits),
                     SCREEN_LIMIT);

    /* and the larger stack is enough for what exceeds the smaller one */

    assert_int_equal(match_bytes("^(?:(a)|b)*$", 0, subject, 4000, NULL),
                     SCREEN_OK);

    free(subject);
}


static void
a_long_subject_is_searched_to_its_end(void **state)
{
    char    *subject;
    size_t   len;

    len = 64 * 1024 * 1024;

    subject = calloc(1, len);
    assert_non_null(subject);
    memcpy(subject + len - 6, "needle", 6);

    assert_int_equal(match_bytes("needle", 0, subject, len, NULL), SCREEN_OK);
    assert_int_equal(match_bytes("needles", 0, subject, len, NULL),
                     SCREEN_NOT_FOUND);

    free(subject);
}


static void
a_pattern_with_a_mistake_says_what_and_where(void **state)
{
    screen_error_t       err;
    const screen_str_t   text = screen_str("ab(c");

    assert_null(screen_pattern_compile(&text, 0, &err));
    assert_non_null(strstr(err.text, "\"ab(c\""));
    assert_non_null(strstr(err.text, "missing closing parenthesis"));
    assert_non_null(strstr(err.text, "offset 4"));
}


static void
destroying_nothing_is_allowed(void **state)
{
    screen_pattern_destroy(NULL);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_pattern_matches_anywhere_and_minds_case),
        cmocka_unit_test(an_empty_subject_is_a_subject),
        cmocka_unit_test(nul_bytes_are_bytes_in_subject_and_pattern),
        cmocka_unit_test(bytes_that_are_no_utf_are_matched_as_bytes),
        cmocka_unit_test(
            in_utf_mode_a_character_is_one_and_invalid_bytes_match_nothing),
        cmocka_unit_test(utf_mode_is_the_first_thing_of_a_pattern_or_an_error),
        cmocka_unit_test(a_catastrophic_pattern_meets_its_limit_quickly),
        cmocka_unit_test(
            a_pattern_that_needs_more_stack_than_there_is_meets_its_limit),
        cmocka_unit_test(a_long_subject_is_searched_to_its_end),
        cmocka_unit_test(a_pattern_with_a_mistake_says_what_and_where),
        cmocka_unit_test(destroying_nothing_is_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
