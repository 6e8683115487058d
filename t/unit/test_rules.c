
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_filetype.h"
#include "screen_rules.h"


typedef struct {
    char             folder[64];
    screen_arena_t   arena;
    screen_alloc_t   alloc;
    screen_rules_t   rules;
    screen_error_t   err;
} test_t;


static void
test_file(test_t *t, const char *name)
{
    char   path[256];
    FILE  *fp;

    snprintf(path, sizeof(path), "%s/%s", t->folder, name);

    fp = fopen(path, "w");
    assert_non_null(fp);
    fclose(fp);
}


static int
test_setup(void **state)
{
    char     path[128];
    test_t  *t;

    t = calloc(1, sizeof(test_t));

    strcpy(t->folder, "/tmp/test_rules.XXXXXX");

    if (mkdtemp(t->folder) == NULL) {
        return -1;
    }

    snprintf(path, sizeof(path), "%s/sub", t->folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/.git", t->folder);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/none", t->folder);
    mkdir(path, 0700);

    test_file(t, "b.yar");
    test_file(t, "a.yara");
    test_file(t, "note.txt");
    test_file(t, ".hidden.yar");
    test_file(t, "sub/c.yar");
    test_file(t, ".git/d.yar");

    t->alloc.alloc = screen_arena_alloc;
    t->alloc.owner = &t->arena;

    screen_rules_init(&t->rules, &t->alloc);

    *state = t;

    return 0;
}


static int
test_teardown(void **state)
{
    char     command[128];
    test_t  *t = *state;

    snprintf(command, sizeof(command), "rm -rf %s", t->folder);
    assert_int_equal(system(command), 0);

    screen_arena_destroy(&t->arena);
    free(t);

    return 0;
}


static int
test_add(test_t *t, const char *name)
{
    char                   path[256];
    screen_policy_rules_t  line;

    snprintf(path, sizeof(path), "%s%s", t->folder, name);

    line.path = screen_str_of(path);
    line.place.file = screen_str_of("p.policy");
    line.place.line = 9;

    return screen_rules_add(&t->rules, &line, &t->err);
}


static void
a_folder_gives_all_rules_below_it_in_order(void **state)
{
    test_t  *t = *state;

    assert_int_equal(test_add(t, ""), SCREEN_OK);

    assert_int_equal(t->rules.nfiles, 3);
    assert_string_equal(t->rules.files[0].space, "a.yara");
    assert_string_equal(t->rules.files[1].space, "b.yar");
    assert_string_equal(t->rules.files[2].space, "sub/c.yar");
    assert_string_equal(t->rules.files[2].folder, t->folder);
}


static void
a_glob_names_what_is_below_its_fixed_part(void **state)
{
    test_t  *t = *state;

    assert_int_equal(test_add(t, "/*/c.y*"), SCREEN_OK);

    assert_int_equal(t->rules.nfiles, 1);
    assert_string_equal(t->rules.files[0].space, "sub/c.yar");
    assert_string_equal(t->rules.files[0].folder, t->folder);
}


static void
a_file_goes_by_its_base_name(void **state)
{
    char     folder[128];
    test_t  *t = *state;

    assert_int_equal(test_add(t, "/sub/c.yar"), SCREEN_OK);

    snprintf(folder, sizeof(folder), "%s/sub", t->folder);

    assert_int_equal(t->rules.nfiles, 1);
    assert_string_equal(t->rules.files[0].space, "c.yar");
    assert_string_equal(t->rules.files[0].folder, folder);
}


static void
a_file_named_twice_is_there_once(void **state)
{
    test_t  *t = *state;

    assert_int_equal(test_add(t, "/sub/c.yar"), SCREEN_OK);
    assert_int_equal(test_add(t, ""), SCREEN_OK);
    assert_int_equal(test_add(t, "/*.yar"), SCREEN_OK);

    assert_int_equal(t->rules.nfiles, 3);
}


static void
what_is_not_there_is_an_error_of_the_line(void **state)
{
    size_t              i;
    test_t             *t = *state;
    static const char  *names[] = { "/x.yar", "/x*.yar", "/none" };

    for (i = 0; i < 3; i++) {
        assert_int_equal(test_add(t, names[i]), SCREEN_ERROR);
        assert_string_equal(t->err.file, "p.policy");
        assert_int_equal(t->err.line, 9);
        assert_non_null(strstr(t->err.text, names[i]));
    }
}


static void
a_link_that_leads_back_is_an_error(void **state)
{
    char     path[128];
    test_t  *t = *state;

    snprintf(path, sizeof(path), "%s/sub/loop", t->folder);
    assert_int_equal(symlink(t->folder, path), 0);

    assert_int_equal(test_add(t, ""), SCREEN_ERROR);
    assert_non_null(strstr(t->err.text, "leads back"));
}


static void
names_are_told_as_rule_sets_expect(void **state)
{
    char          ext[SCREEN_FILETYPE_EXTENSION];
    screen_str_t  exe = screen_str("application/x-dosexec");
    screen_str_t  jpeg = screen_str("image/jpeg");
    screen_str_t  none = screen_str("application/octet-stream");

    assert_string_equal(screen_filetype_name(&exe), "EXE");
    assert_string_equal(screen_filetype_name(&jpeg), "JPEG");
    assert_string_equal(screen_filetype_name(&none), "");

    assert_string_equal(screen_filetype_base("C:\\a\\b.exe"), "b.exe");
    assert_string_equal(screen_filetype_base("a/b/"), "");

    screen_filetype_extension("x/SHELL.PHP", ext);
    assert_string_equal(ext, ".php");
    screen_filetype_extension("a.tar/none", ext);
    assert_string_equal(ext, "");
    screen_filetype_extension("a.0123456789012345678901234567890", ext);
    assert_string_equal(ext, "");
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(a_folder_gives_all_rules_below_it_in_order),
        test(a_glob_names_what_is_below_its_fixed_part),
        test(a_file_goes_by_its_base_name),
        test(a_file_named_twice_is_there_once),
        test(what_is_not_there_is_an_error_of_the_line),
        test(a_link_that_leads_back_is_an_error),
        test(names_are_told_as_rule_sets_expect),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
