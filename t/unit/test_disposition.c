
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_disposition.h"
#include "screen_multipart.h"


#define OK          0
#define PARAMETER   SCREEN_FRAMING_PARAMETER
#define FILENAME    SCREEN_FRAMING_FILENAME
#define NUL         SCREEN_FRAMING_NUL


typedef struct {
    const char   *value;
    unsigned      framing;
    const char   *name;                 /* NULL: none */
    const char   *filename;
} test_case_t;


/* value and space are blocks of just the size that the contract names */

static void
test_parse(const test_case_t *c)
{
    size_t                 len;
    u_char                *value, *space;
    screen_str_t           s;
    screen_disposition_t   d;

    len = strlen(c->value);
    value = malloc(len ? len : 1);
    space = malloc(len ? 2 * len : 1);
    assert_non_null(value);
    assert_non_null(space);
    memcpy(value, c->value, len);

    s.data = value;
    s.len = len;
    screen_disposition_parse(&d, &s, space);

    if (d.framing != c->framing) {
        print_message("%s: %s\n", c->value, screen_framing_name(d.framing));
    }

    assert_int_equal(d.framing, c->framing);
    assert_int_equal(d.has_name, c->name != NULL);
    assert_int_equal(d.has_filename, c->filename != NULL);

    if (c->name != NULL) {
        assert_int_equal(d.name.len, strlen(c->name));
        assert_memory_equal(d.name.data, c->name, d.name.len);
    }

    if (c->filename != NULL) {
        assert_int_equal(d.filename.len, strlen(c->filename));
        assert_memory_equal(d.filename.data, c->filename, d.filename.len);
    }

    free(value);
    free(space);
}


static void
test_all(const test_case_t *cases)
{
    for ( /* void */ ; cases->value != NULL; cases++) {
        test_parse(cases);
    }
}


static void
what_clients_send_is_read_without_ambiguity(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=\"a\"", OK, "a", NULL },
        { "form-data; name=\"a\"; filename=\"b.txt\"", OK, "a", "b.txt" },
        { "form-data;name=\"a\";filename=\"b.txt\"", OK, "a", "b.txt" },
        { "FORM-DATA; NAME=\"a\"; FileName=\"b.txt\"", OK, "a", "b.txt" },
        { "form-data; name=a; filename=b.txt", OK, "a", "b.txt" },
        { "form-data; name=\"\"; filename=\"\"", OK, "", "" },
        { "form-data; name=\"a\"; ", OK, "a", NULL },
        { "form-data; name=\"a;b=c\"", OK, "a;b=c", NULL },
        { "form-data; name=\"it's\"; filename=\"it's.txt\"", OK, "it's",
          "it's.txt" },
        { "form-data; name=\"a[]\"; filename=\"\xc3\xa9 \xe5\x86\x99.txt\"",
          OK, "a[]", "\xc3\xa9 \xe5\x86\x99.txt" },
        { "attachment; filename=\"b.txt\"", OK, NULL, "b.txt" },
        { "inline", OK, NULL, NULL },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
both_kinds_of_curl_and_browsers_are_unescaped(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=\"a\\\"b\"; filename=\"c\\\\d\\\".txt\"", OK,
          "a\"b", "c\\d\".txt" },
        { "form-data; name=\"a%22b%0D%0A\"; filename=\"c\\d%22.txt\"", OK,
          "a\"b\r\n", "c\\d\".txt" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
other_percent_escapes_are_part_of_the_name(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; filename=\"a%20b%2Ephp%0a%\"", OK, "a",
          "a%20b%2Ephp%0a%" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
a_windows_path_keeps_its_backslashes(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=\"a\"; filename=\"C:\\dir\\file.txt\"", OK, "a",
          "C:\\dir\\file.txt" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
a_backslash_that_changes_the_extension_is_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; filename=\"x.p\\hp\"", PARAMETER, "a",
          "x.p\\hp" },
        { "form-data; name=a; filename=\"x\\.php\"", OK, "a", "x\\.php" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
filename_star_wins_and_must_agree(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; filename*=utf-8''%e2%82%ac%20x.txt", OK, "a",
          "\xe2\x82\xac x.txt" },
        { "form-data; name=a; filename*=UTF-8'en'x.txt", OK, "a", "x.txt" },
        { "form-data; name=a; filename*=iso-8859-1''%E9%E9.txt", OK, "a",
          "\xc3\xa9\xc3\xa9.txt" },
        { "form-data; name=a; filename=x.txt; filename*=utf-8''x.txt", OK,
          "a", "x.txt" },
        { "form-data; name=a; filename*=utf-8''x.txt; filename=\"x.txt\"", OK,
          "a", "x.txt" },
        { "form-data; name=a; filename=\"=?utf-8?B?w6kudHh0?=\";"
          " filename*=utf-8''%C3%A9.txt", OK, "a", "\xc3\xa9.txt" },
        { "form-data; name=a; filename=\"=?utf-8?Q?=C3=A9_.txt?=\";"
          " filename*=utf-8''%C3%A9%20.txt", OK, "a", "\xc3\xa9 .txt" },
        { "form-data; name=a; filename=\"%C3%A9.txt\";"
          " filename*=utf-8''%C3%A9.txt", OK, "a", "\xc3\xa9.txt" },
        { "form-data; name=a; filename=x.txt; filename*=utf-8''x.php",
          FILENAME, "a", "x.php" },
        { "form-data; name=a; filename=\"\"; filename*=utf-8''x.php",
          FILENAME, "a", "x.php" },
        { "form-data; name=a; filename*=utf-16''x.php", FILENAME, "a",
          "x.php" },
        { "form-data; name=a; filename*=utf-8''%c0%ae.php", FILENAME, "a",
          "\xc0\xae.php" },
        { "form-data; name=a; filename*=utf-8''%ed%a0%80", FILENAME, "a",
          "\xed\xa0\x80" },
        { "form-data; name=a; filename*=utf-8''%e2%82", FILENAME, "a",
          "\xe2\x82" },
        { "form-data; name=a; filename*=utf-8''x%0d%0a.php", NUL, "a",
          "x\r\n.php" },
        { "form-data; name=a; filename*=''", FILENAME, "a", "" },
        { "form-data; name=a; filename*='", FILENAME, "a", "'" },
        { "form-data; name=a; filename*=", PARAMETER|FILENAME, "a", "" },
        { "form-data; name=a; filename*=iso-8859-1''\xe9\xe9\xe9\xe9\xe9\xe9"
          "\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9", PARAMETER, "a",
          "\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9\xe9"
          "\xe9" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
encoded_words_are_decoded_and_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; filename=\"=?utf-8?B?eC5waHA=?=\"", FILENAME,
          "a", "x.php" },
        { "form-data; name=a; filename=\"=?x?q?x=2Ephp?=  =?x?Q?.gz?=\"",
          FILENAME, "a", "x.php.gz" },
        { "form-data; name=a; filename=\"x =?x?q?y?= z\"", FILENAME, "a",
          "x y z" },
        { "form-data; name=a; filename=\"=?utf-8?X?y?=\"", OK, "a",
          "=?utf-8?X?y?=" },
        { "form-data; name=a; filename=\"=?utf-8?B?\"", OK, "a",
          "=?utf-8?B?" },
        { "form-data; name=a; filename=\"=?=?= =??q?x?=\"", OK, "a",
          "=?=?= =??q?x?=" },
        { "form-data; name=a; filename=\"=?=\"", OK, "a", "=?=" },
        { "form-data; name=\"=?utf-8?B?w6k=?=\"", OK, "\xc3\xa9", NULL },
        { "form-data; name=\"=?utf-8?B?YQ==?=\"", PARAMETER, "a", NULL },
        { "form-data; name=\"=?f-8?B?w6k=?=\"", PARAMETER, "\xc3\xa9",
          NULL },
        { "form-data; name=\"=?utf-8?B?w6k=?= =?x?B?w6k=?=\"", PARAMETER,
          "\xc3\xa9\xc3\xa9", NULL },
        { "form-data; name=\"=?utf-8?B?6Q==?=\"", PARAMETER, "\xe9", NULL },
        { "form-data; name=a; filename=\"=?utf-8?Q?x=07.php?=\"",
          FILENAME|NUL, "a", "x\a.php" },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
pieces_are_joined_and_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; filename*0=\"x.\"; filename*1=php", FILENAME,
          "a", "x.php" },
        { "form-data; name=a; filename*0*=utf-8''x%2E; filename*1*=%70hp",
          FILENAME, "a", "x.php" },
        { "form-data; name=a; filename*0=x.; filename=y.txt; filename*1=php",
          FILENAME, "a", "x.php" },
        { "form-data; name=a; filename*0=x.php; filename*=utf-8''y.txt",
          FILENAME, "a", "y.txt" },
        { "form-data; name*0=a; name*1=b", PARAMETER, NULL, NULL },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


static void
what_servers_read_differently_is_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "form-data; name=a; name=b", PARAMETER, "a", NULL },
        { "form-data; name=a; filename=x; filename=x", PARAMETER, "a", "x" },
        { "form-data; name=a; filename=x y", PARAMETER, "a", "x y" },
        { "form-data; name=a; filename='x;y'", PARAMETER, "a", "'x" },
        { "form-data; name=a; filename=it's", PARAMETER, "a", "it's" },
        { "form-data; name=a; filename=\"x\"y", PARAMETER, "a", "x" },
        { "form-data; name=a; filename=\"x", PARAMETER, "a", "x" },
        { "form-data; name=a; filename=\"x\\\"", PARAMETER, "a", "x\"" },
        { "form-data; name=a; filename=\"x\\\" ;\"", PARAMETER, "a",
          "x\" ;" },
        { "form-data; name=a; filename = x", PARAMETER, "a", "x" },
        { "form-data; name=a; filename=", PARAMETER, "a", "" },
        { "form-data; name=a; filename", PARAMETER, "a", "" },
        { "form-data; name=a; =x", PARAMETER, "a", NULL },
        { "form-data; name=a; fi(le=x", PARAMETER, "a", NULL },
        { "form-data; name=a, filename=x", PARAMETER, "a, filename=x", NULL },
        { "form-data; name=\"a\x01\"", NUL, "a\x01", NULL },
        { "form data; name=a", SCREEN_FRAMING_DISPOSITION, "a", NULL },
        { "; name=a", SCREEN_FRAMING_DISPOSITION, "a", NULL },
        { "name=a; filename=x", SCREEN_FRAMING_DISPOSITION, "a", "x" },
        { "", SCREEN_FRAMING_DISPOSITION, NULL, NULL },
        { " \t ", SCREEN_FRAMING_DISPOSITION, NULL, NULL },
        { NULL, 0, NULL, NULL }
    };

    test_all(cases);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_clients_send_is_read_without_ambiguity),
        cmocka_unit_test(both_kinds_of_curl_and_browsers_are_unescaped),
        cmocka_unit_test(other_percent_escapes_are_part_of_the_name),
        cmocka_unit_test(a_windows_path_keeps_its_backslashes),
        cmocka_unit_test(a_backslash_that_changes_the_extension_is_ambiguous),
        cmocka_unit_test(filename_star_wins_and_must_agree),
        cmocka_unit_test(encoded_words_are_decoded_and_ambiguous),
        cmocka_unit_test(pieces_are_joined_and_ambiguous),
        cmocka_unit_test(what_servers_read_differently_is_ambiguous)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
