
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "screen_filename.h"


#define name_of(text)  { (const u_char *) text, sizeof(text) - 1 }


typedef struct {
    screen_str_t   sent;
    const char    *clean;
} vector_t;


static void
assert_clean(const vector_t *v, size_t n)
{
    size_t        i;
    screen_str_t  clean;

    for (i = 0; i < n; i++) {
        clean = screen_filename_clean(&v[i].sent);

        if (!screen_str_is(&clean, v[i].clean)) {
            fail_msg("\"%.*s\" became \"%.*s\", not \"%s\"",
                     (int) v[i].sent.len, (const char *) v[i].sent.data,
                     (int) clean.len, (const char *) clean.data, v[i].clean);
        }
    }
}

#define check(vectors)                                                        \
    assert_clean(vectors, sizeof(vectors) / sizeof(vectors[0]))


static void
an_ordinary_name_stays_as_it_is(void **state)
{
    static const vector_t  v[] = {
        { name_of("photo.jpg"), "photo.jpg" },
        { name_of("a b (1).tar.gz"), "a b (1).tar.gz" },
        { name_of(".htaccess"), ".htaccess" },
        { name_of("12:30:59.png"), "12:30:59.png" },
        { name_of("\xc3\xa9t\xc3\xa9.png"), "\xc3\xa9t\xc3\xa9.png" },
        { name_of(""), "" },
    };

    check(v);
}


static void
folders_are_cut_off_by_either_slash(void **state)
{
    static const vector_t  v[] = {
        { name_of("/etc/passwd"), "passwd" },
        { name_of("..\\..\\x.php"), "x.php" },
        { name_of("C:\\fakepath\\x.php"), "x.php" },
        { name_of("C:x.php"), "x.php" },
        { name_of("x.php/"), "x.php" },
        { name_of("x.php/."), "x.php" },
        { name_of("x.php\\ . /"), "x.php" },
        { name_of("a/b\\c/d.e"), "d.e" },
        { name_of("/ x.php"), "x.php" },
    };

    check(v);
}


static void
what_file_systems_drop_at_the_end_is_dropped(void **state)
{
    static const vector_t  v[] = {
        { name_of("x.php."), "x.php" },
        { name_of("x.php . . "), "x.php" },
        { name_of("x.php\r\n"), "x.php" },
        { name_of("x.php\x7f"), "x.php" },
        { name_of(" \tx.php"), "x.php" },
        { name_of("x.php::$DATA"), "x.php" },
        { name_of("x.php::$data."), "x.php" },
        { name_of("x.php.::$INDEX_ALLOCATION"), "x.php" },
    };

    check(v);
}


static void
a_name_ends_at_its_first_nul(void **state)
{
    static const vector_t  v[] = {
        { name_of("x.php\0.jpg"), "x.php" },
        { name_of("a/x.php.\0/b.jpg"), "x.php" },
        { name_of("\0"), "" },
    };

    check(v);
}


static void
a_name_of_nothing_but_dots_and_slashes_is_empty(void **state)
{
    static const vector_t  v[] = {
        { name_of(".."), "" },
        { name_of("../.."), "" },
        { name_of("   "), "" },
        { name_of("::$DATA"), "" },
    };

    check(v);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_ordinary_name_stays_as_it_is),
        cmocka_unit_test(folders_are_cut_off_by_either_slash),
        cmocka_unit_test(what_file_systems_drop_at_the_end_is_dropped),
        cmocka_unit_test(a_name_ends_at_its_first_nul),
        cmocka_unit_test(a_name_of_nothing_but_dots_and_slashes_is_empty),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
