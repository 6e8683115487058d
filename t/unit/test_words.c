
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "screen_words.h"


static void
words_arrive_as_they_were_said(void **state)
{
    char    text[SCREEN_WORDS_MAX + 1];
    u_char  data[4 + SCREEN_WORDS_MAX];

    assert_int_equal(screen_words_encode(data, "sandbox: connect"), 4 + 16);

    assert_int_equal(data[0], 16);
    assert_int_equal(data[3], 0x80);

    screen_words_decode(text, data + 4, 16);
    assert_string_equal(text, "sandbox: connect");
}


static void
words_that_are_too_long_are_cut(void **state)
{
    char    text[2 * SCREEN_WORDS_MAX];
    u_char  data[4 + SCREEN_WORDS_MAX];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';

    assert_int_equal(screen_words_encode(data, text), 4 + SCREEN_WORDS_MAX);
}


/* whoever says them may be owned by what it read */

static void
words_are_printable_whatever_was_said(void **state)
{
    int     i;
    char    text[257];
    u_char  data[256];

    for (i = 0; i < 256; i++) {
        data[i] = (u_char) i;
    }

    screen_words_decode(text, data, 256);

    assert_int_equal(strlen(text), 256);
    assert_int_equal(text['\n'], '?');
    assert_int_equal(text[0], '?');
    assert_int_equal(text[127], '?');
    assert_int_equal(text[200], '?');
    assert_int_equal(text['a'], 'a');
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(words_arrive_as_they_were_said),
        cmocka_unit_test(words_that_are_too_long_are_cut),
        cmocka_unit_test(words_are_printable_whatever_was_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
