
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

#include "screen_conf.h"


/*
 * What was read, as text: [word][word]; for a directive, [word]{ and } for a
 * block.  A block "skip" is not entered, a directive "stop" is refused.
 */

typedef struct {
    char             folder[64];
    char             path[128];
    char             seen[8192];       /* a word may have 4096 */
    unsigned         line;               /* of the last directive */
    screen_arena_t   arena;
    screen_error_t   err;
} conf_t;


static int
sink_directive(void *ctx, const screen_str_t *words, size_t n, int block,
    const screen_place_t *place, screen_error_t *err)
{
    size_t   i, len;
    conf_t  *c;

    c = ctx;
    c->line = place->line;

    if (screen_str_is(&words[0], "stop")) {
        return screen_error_at(err, "f", place->line, "stopped");
    }

    len = strlen(c->seen);

    for (i = 0; i < n; i++) {
        len += snprintf(c->seen + len, sizeof(c->seen) - len, "[%.*s]",
                        (int) words[i].len, (const char *) words[i].data);
    }

    snprintf(c->seen + len, sizeof(c->seen) - len, block ? "{" : ";");

    return screen_str_is(&words[0], "skip") ? SCREEN_NOT_FOUND : SCREEN_OK;
}


static int
sink_end(void *ctx, screen_error_t *err)
{
    conf_t  *c;

    c = ctx;
    strcat(c->seen, "}");

    return SCREEN_OK;
}


static int
setup(void **state)
{
    conf_t  *c;

    c = calloc(1, sizeof(conf_t));
    assert_non_null(c);

    strcpy(c->folder, "/tmp/screen_conf.XXXXXX");
    assert_non_null(mkdtemp(c->folder));

    snprintf(c->path, sizeof(c->path), "%s/main.conf", c->folder);
    *state = c;

    return 0;
}


static int
teardown(void **state)
{
    char     command[128];
    conf_t  *c;

    c = *state;

    snprintf(command, sizeof(command), "rm -rf '%s'", c->folder);
    assert_int_equal(system(command), 0);

    screen_arena_destroy(&c->arena);
    free(c);

    return 0;
}


static void
put(conf_t *c, const char *name, const char *text, size_t len)
{
    char   path[256];
    FILE  *f;

    snprintf(path, sizeof(path), "%s/%s", c->folder, name);

    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}


static int
conf_read(conf_t *c)
{
    screen_alloc_t      alloc = { screen_arena_alloc, &c->arena };
    screen_conf_sink_t  sink = { sink_directive, sink_end, c };

    c->seen[0] = '\0';

    return screen_conf_read(c->path, &alloc, &sink, &c->err);
}


static void
assert_read(conf_t *c, const char *text, const char *seen)
{
    put(c, "main.conf", text, strlen(text));

    if (conf_read(c) != SCREEN_OK) {
        fail_msg("%s: %s", text, c->err.text);
    }

    assert_string_equal(c->seen, seen);
}


static void
assert_refused(conf_t *c, const char *text, unsigned line, const char *error)
{
    put(c, "main.conf", text, strlen(text));

    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_string_equal(c->err.text, error);
    assert_string_equal(c->err.file, c->path);
    assert_int_equal(c->err.line, line);
}


static void
words_are_separated_by_space_and_ended_by_a_semicolon(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "", "");
    assert_read(c, " \t\r\n", "");
    assert_read(c, "a;", "[a];");
    assert_read(c, "a b\tc\r\n  d;e;", "[a][b][c][d];[e];");
    assert_read(c, "a b ;", "[a][b];");
    assert_read(c, "a=1}b;", "[a=1}b];");
    assert_read(c, "match size<10k reject;", "[match][size<10k][reject];");
}


static void
quotes_keep_a_word_together_only_at_its_beginning(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "a \"b c;{}#\" 'd \"e';", "[a][b c;{}#][d \"e];");
    assert_read(c, "a \"\" '';", "[a][][];");
    assert_read(c, "a b\"c d\";", "[a][b\"c][d\"];");
    assert_read(c, "\"a\";\"b\"{}", "[a];[b]{}");
    assert_read(c, "a \"b\nc\";", "[a][b\nc];");
    assert_read(c, "a \"b\"){}", "[a][b][)]{}");
}


static void
escapes_are_those_of_nginx_and_others_stay(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "a \"\\.(php\\d?)$\";", "[a][\\.(php\\d?)$];");
    assert_read(c, "a \"b\\\"c\" 'd\\'e' f\\\\g;", "[a][b\"c][d'e][f\\g];");
    assert_read(c, "a \\t\\r\\n|\\x;", "[a][\t\r\n|\\x];");
    assert_read(c, "a b\\ c \\;d \\#e;", "[a][b\\ c][\\;d][\\#e];");
    assert_read(c, "a \\\"b;", "[a][\"b];");
    assert_read(c, "a \\\\;", "[a][\\];");
}


static void
a_comment_begins_where_a_word_could(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "# a; { \"\na b#c; # d\n# e", "[a][b#c];");
    assert_read(c, "a # b\n c;", "[a][c];");
}


static void
a_brace_after_a_dollar_is_of_the_word(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "a ${b}c;", "[a][${b}c];");
    assert_read(c, "a $b{ c; }", "[a][$b]{[c];}");
    assert_read(c, "a x${{y;", "[a][x${{y];");
    assert_read(c, "a \"$\" {}", "[a][$]{}");
}


static void
blocks_are_entered_or_skipped_whole(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "a { b { c; } } d{}", "[a]{[b]{[c];}}[d]{}");
    assert_read(c, "skip x { b { c; } stop; include /nowhere; } d;",
                "[skip][x]{[d];");
    assert_read(c, "a { skip { b { } } c; }", "[a]{[skip]{[c];}");
}


static void
an_error_has_the_wording_and_the_line_of_nginx(void **state)
{
    conf_t  *c = *state;

    assert_refused(c, "\n;", 2, "unexpected \";\"");
    assert_refused(c, "a;\n{", 2, "unexpected \"{\"");
    assert_refused(c, "a;\n\n}", 3, "unexpected \"}\"");
    assert_refused(c, "a\n}", 2, "unexpected \"}\"");
    assert_refused(c, "a \"b\"c;", 1, "unexpected \"c\"");
    assert_refused(c, "a b", 1,
                   "unexpected end of file, expecting \";\" or \"}\"");
    assert_refused(c, "a \"b", 1,
                   "unexpected end of file, expecting \";\" or \"}\"");
    assert_refused(c, "a {\n b;\n", 3,
                   "unexpected end of file, expecting \"}\"");
    assert_refused(c, "skip {\n b {}\n", 3,
                   "unexpected end of file, expecting \"}\"");
    assert_refused(c, "include;", 1,
                   "invalid number of arguments in \"include\" directive");
    assert_refused(c, "include x {}", 1,
                   "directive \"include\" is not terminated by \";\"");
}


static void
a_refused_directive_ends_the_reading(void **state)
{
    conf_t  *c = *state;

    put(c, "main.conf", "a;\nstop;\nb;", 11);

    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_string_equal(c->err.text, "stopped");
    assert_int_equal(c->err.line, 2);
    assert_string_equal(c->seen, "[a];");
}


static void
a_word_is_at_most_as_long_as_in_nginx(void **state)
{
    char    *text;
    conf_t  *c = *state;

    text = malloc(8192);
    assert_non_null(text);

    /* a word and its end must fit in 4096 bytes, if more follows */

    memset(text, 'x', 8192);
    memcpy(text + 4095, ";\n", 3);

    put(c, "main.conf", text, 4097);
    assert_int_equal(conf_read(c), SCREEN_OK);

    memcpy(text + 4095, "x;\n", 4);
    put(c, "main.conf", text, 4098);
    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_string_equal(c->err.text,
                        "too long parameter \"xxxxxxxxxx...\" started");

    memcpy(text, "\na '", 4);
    memset(text + 4, 'y', 5000);
    put(c, "main.conf", text, 5000);
    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_string_equal(c->err.text, "too long parameter, probably missing "
                        "terminating \"'\" character");
    assert_int_equal(c->err.line, 2);

    free(text);
}


static void
includes_are_read_in_place_relative_to_the_first_file(void **state)
{
    char     folder[128];
    conf_t  *c = *state;

    snprintf(folder, sizeof(folder), "%s/d", c->folder);
    assert_int_equal(mkdir(folder, 0700), 0);

    put(c, "d/1.policy", "one;", 4);
    put(c, "d/2.policy", "two { include three; }", 22);
    put(c, "three", "three;", 6);

    assert_read(c, "a { include d/*.policy; } b;",
                "[a]{[one];[two]{[three];}}[b];");
    assert_read(c, "include none/*; include d/[1].policy;", "[one];");
}


static void
a_file_that_cannot_be_read_is_named_where_it_is_included(void **state)
{
    char     error[256];
    conf_t  *c = *state;

    put(c, "main.conf", "\ninclude nowhere;", 17);
    assert_int_equal(conf_read(c), SCREEN_ERROR);
    snprintf(error, sizeof(error), "open() \"%s/nowhere\" failed (2: No such "
             "file or directory)", c->folder);
    assert_string_equal(c->err.text, error);
    assert_string_equal(c->err.file, c->path);
    assert_int_equal(c->err.line, 2);

    put(c, "main.conf", "include \"\";", 11);
    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_non_null(strstr(c->err.text, "Is a directory"));

    strcat(c->path, ".not");
    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_string_equal(c->err.file, "");
}


static void
a_file_that_includes_itself_comes_to_an_end(void **state)
{
    conf_t  *c = *state;

    put(c, "main.conf", "a;\ninclude main.conf;", 21);

    assert_int_equal(conf_read(c), SCREEN_ERROR);
    assert_non_null(strstr(c->err.text, "included too deep"));
    assert_int_equal(c->err.line, 2);
}


static void
each_directive_has_the_line_where_it_ends(void **state)
{
    conf_t  *c = *state;

    assert_read(c, "a;\nb\n c\n;", "[a];[b][c];");
    assert_int_equal(c->line, 4);
}


#define conf_test(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        conf_test(words_are_separated_by_space_and_ended_by_a_semicolon),
        conf_test(quotes_keep_a_word_together_only_at_its_beginning),
        conf_test(escapes_are_those_of_nginx_and_others_stay),
        conf_test(a_comment_begins_where_a_word_could),
        conf_test(a_brace_after_a_dollar_is_of_the_word),
        conf_test(blocks_are_entered_or_skipped_whole),
        conf_test(an_error_has_the_wording_and_the_line_of_nginx),
        conf_test(a_refused_directive_ends_the_reading),
        conf_test(a_word_is_at_most_as_long_as_in_nginx),
        conf_test(includes_are_read_in_place_relative_to_the_first_file),
        conf_test(a_file_that_cannot_be_read_is_named_where_it_is_included),
        conf_test(a_file_that_includes_itself_comes_to_an_end),
        conf_test(each_directive_has_the_line_where_it_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
