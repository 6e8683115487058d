
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_multipart.h"


/*
 * The bodies are files: t/data/multipart/CLIENT.body is what a real client
 * sends, with its Content-Type in .type and the parts that it means in .parts
 * (name, "-" or "=" and the file name, declared type, size);
 * hostile/CASE.body is ambiguous, and .expect has the reason that strict mode
 * gives, those that lenient mode notes, and the parts that it finds.
 */

#define TEST_DATA     "t/data/multipart/"
#define TEST_CASES    512
#define TEST_SPLITS   40
#define TEST_HALVES   2500          /* no longer body is cut everywhere */


typedef struct {
    u_char          *data;
    size_t           len;
} test_file_t;

typedef struct {
    char            *text;          /* the parts as in .parts */
    size_t           len;
    size_t           size;
    const u_char    *body;
    size_t           body_len;
    uint64_t         offset;        /* of the part that is open */
    uint64_t         got;
    int              open;
    int              fail;          /* begin answers this */
} test_sink_t;

typedef struct {
    int              rc;
    unsigned         framing;
    int              nested;
    test_sink_t      sink;
} test_run_t;


static int
test_read(test_file_t *file, const char *name, const char *ext)
{
    FILE  *f;
    char   path[512];

    snprintf(path, sizeof(path), "%s%s%s", TEST_DATA, name, ext);

    f = fopen(path, "rb");
    if (f == NULL) {
        return 0;
    }

    file->data = malloc(1 << 20);
    assert_non_null(file->data);

    file->len = fread(file->data, 1, (1 << 20) - 1, f);
    file->data[file->len] = '\0';
    fclose(f);

    return 1;
}


static void
test_append(test_sink_t *s, const char *text, size_t len)
{
    if (s->len + len + 1 > s->size) {
        s->size = 2 * (s->len + len + 1);
        s->text = realloc(s->text, s->size);
        assert_non_null(s->text);
    }

    memcpy(s->text + s->len, text, len);
    s->len += len;
    s->text[s->len] = '\0';
}


static void
test_append_str(test_sink_t *s, const screen_str_t *str)
{
    size_t       i;
    const char  *at;

    static const char  codes[] = "\\\t\r\n";
    static const char  letters[] = "\\trn0";

    for (i = 0; i < str->len; i++) {
        at = memchr(codes, str->data[i], sizeof(codes));

        if (at == NULL) {
            test_append(s, (const char *) str->data + i, 1);
            continue;
        }

        test_append(s, "\\", 1);
        test_append(s, &letters[at - codes], 1);
    }
}


static int
test_begin(void *ctx, const screen_part_header_t *header)
{
    test_sink_t  *s;

    s = ctx;

    assert_false(s->open);
    assert_true(header->offset <= s->body_len);

    if (s->fail) {
        return s->fail;
    }

    s->open = 1;
    s->got = 0;
    s->offset = header->offset;

    test_append_str(s, &header->name);
    test_append(s, header->has_filename ? "\t=" : "\t-", 2);
    test_append_str(s, &header->filename);
    test_append(s, "\t", 1);
    test_append_str(s, &header->declared);

    return SCREEN_OK;
}


static int
test_data(void *ctx, const u_char *data, size_t len)
{
    test_sink_t  *s;

    s = ctx;

    assert_true(s->open);
    assert_true(len > 0);
    assert_true(s->offset + s->got + len <= s->body_len);
    assert_memory_equal(data, s->body + s->offset + s->got, len);

    s->got += len;

    return SCREEN_OK;
}


static int
test_end(void *ctx, uint64_t size)
{
    char          number[32];
    test_sink_t  *s;

    s = ctx;

    assert_true(s->open);
    assert_int_equal(size, s->got);

    s->open = 0;
    snprintf(number, sizeof(number), "\t%llu\n", (unsigned long long) size);
    test_append(s, number, strlen(number));

    return SCREEN_OK;
}


/*
 * Feeds the body: piece 0 is all at once, above zero so many bytes at a time,
 * below zero random pieces with that seed; cut is where one cut is made.
 * Each piece is a block of its own, so that a sanitizer sees an overrun.
 */

static void
test_run(test_run_t *run, const test_file_t *body, const screen_str_t *type,
    const screen_multipart_conf_t *conf, int piece, size_t cut, int fail)
{
    size_t                    n, pos;
    u_char                   *copy;
    unsigned                  seed;
    screen_arena_t            arena = screen_arena_init;
    screen_alloc_t            alloc = { screen_arena_alloc, &arena };
    screen_multipart_t       *m;
    screen_content_type_t     ct;
    screen_multipart_sink_t   sink = { test_begin, test_data, test_end, NULL };

    memset(run, 0, sizeof(test_run_t));
    run->sink.body = body->data;
    run->sink.body_len = body->len;
    run->sink.fail = fail;
    sink.ctx = &run->sink;
    test_append(&run->sink, "", 0);

    screen_content_type_parse(&ct, type);
    m = screen_multipart_create(&alloc, &ct, conf, &sink);
    assert_non_null(m);

    seed = (unsigned) -piece;
    run->rc = SCREEN_OK;

    for (pos = 0; pos < body->len && run->rc == SCREEN_OK; pos += n) {
        n = body->len - pos;

        if (cut > pos) {
            n = cut - pos;

        } else if (piece > 0 && n > (size_t) piece) {
            n = piece;

        } else if (piece < 0) {
            seed = seed * 1103515245 + 12345;
            n = 1 + (seed >> 16) % ((seed >> 8 & 7) ? 60 : 1500);
            n = (n > body->len - pos) ? body->len - pos : n;
        }

        copy = malloc(n);
        assert_non_null(copy);
        memcpy(copy, body->data + pos, n);
        run->rc = screen_multipart_feed(m, copy, n);
        free(copy);
    }

    if (run->rc == SCREEN_OK) {
        run->rc = screen_multipart_end(m);

        if (run->rc == SCREEN_OK) {
            assert_false(run->sink.open);
        }

    } else {
        assert_int_equal(screen_multipart_feed(m, body->data, body->len),
                         run->rc);
        assert_int_equal(screen_multipart_end(m), run->rc);
    }

    run->framing = screen_multipart_framing(m);
    run->nested = screen_multipart_nested(m);
    screen_arena_destroy(&arena);
}


/* the mask of names with a space between them */

static unsigned
test_mask(const char *names)
{
    size_t       len;
    unsigned     i, mask;
    const char  *name;

    for (mask = 0; *names; names += len + (names[len] == ' ')) {
        len = strcspn(names, " ");

        for (i = 0; i < 32; i++) {
            name = screen_framing_name(1u << i);

            if (strlen(name) == len && strncmp(name, names, len) == 0) {
                mask |= 1u << i;
                break;
            }
        }

        assert_true(i < 32);
    }

    return mask;
}


/* one feeding, against what is expected of it */

static void
test_expect(const test_file_t *body, const screen_str_t *type, int lenient,
    const char *names, const char *parts, int piece, size_t cut)
{
    test_run_t                run;
    screen_multipart_conf_t   conf;

    memset(&conf, 0, sizeof(screen_multipart_conf_t));
    conf.lenient = lenient;

    test_run(&run, body, type, &conf, piece, cut, 0);

    if (parts == NULL) {
        assert_int_equal(run.rc, SCREEN_MALFORMED);
        assert_string_equal(screen_framing_name(run.framing), names);

    } else {
        assert_int_equal(run.rc, SCREEN_OK);
        assert_int_equal(run.framing, test_mask(names));
        assert_string_equal(run.sink.text, parts);
    }

    free(run.sink.text);
}


static void
test_expect_all(const test_file_t *body, const screen_str_t *type,
    int lenient, const char *names, const char *parts)
{
    int     i;
    size_t  cut;

    test_expect(body, type, lenient, names, parts, 0, 0);
    test_expect(body, type, lenient, names, parts, 1, 0);
    test_expect(body, type, lenient, names, parts, 2, 0);
    test_expect(body, type, lenient, names, parts, 7, 0);

    for (i = 1; i <= TEST_SPLITS; i++) {
        test_expect(body, type, lenient, names, parts, -i, 0);
    }

    for (cut = 1; cut < body->len && body->len < TEST_HALVES; cut++) {
        test_expect(body, type, lenient, names, parts, 0, cut);
    }
}


static void
real_client_is_never_ambiguous(void **state)
{
    const char    *name = *state;
    test_file_t    body, type, parts;
    screen_str_t   value;

    assert_true(test_read(&body, name, ".body"));
    assert_true(test_read(&type, name, ".type"));
    assert_true(test_read(&parts, name, ".parts"));

    value.data = type.data;
    value.len = type.len - 1;

    test_expect_all(&body, &value, 0, "", (char *) parts.data);
    test_expect_all(&body, &value, 1, "", (char *) parts.data);

    free(body.data);
    free(type.data);
    free(parts.data);
}


static void
hostile_body_is_named_and_read_leniently(void **state)
{
    char          *strict, *lenient, *parts;
    const char    *name = *state;
    test_file_t    body, type, expect;
    screen_str_t   value;

    assert_true(test_read(&body, name, ".body"));
    assert_true(test_read(&type, name, ".type"));
    assert_true(test_read(&expect, name, ".expect"));

    value.data = type.data;
    value.len = type.len - 1;

    strict = (char *) expect.data;
    lenient = strchr(strict, '\n');
    assert_non_null(lenient);
    *lenient++ = '\0';

    parts = strchr(lenient, '\n');
    assert_non_null(parts);
    *parts++ = '\0';

    test_expect_all(&body, &value, 0, strict, NULL);
    test_expect_all(&body, &value, 1, lenient, parts);

    free(body.data);
    free(type.data);
    free(expect.data);
}


/* a body in the source, for what is not a matter of framing */

static void
test_text(test_run_t *run, const char *text, const char *boundary,
    const screen_multipart_conf_t *conf, int fail)
{
    char          type[128];
    test_file_t   body;
    screen_str_t  value;

    snprintf(type, sizeof(type), "multipart/form-data; boundary=%s", boundary);

    value = screen_str_of(type);
    body.data = (u_char *) text;
    body.len = strlen(text);

    test_run(run, &body, &value, conf, 0, 0, fail);
}


#define TEST_PART(name, data)                                                 \
    "--b1\r\nContent-Disposition: form-data; name=\"" name "\"\r\n\r\n"       \
    data "\r\n"


static void
limits_are_those_of_the_configuration(void **state)
{
    test_run_t                run;
    screen_multipart_conf_t   conf = { 0 };

    static const char  text[] = TEST_PART("a", "1") TEST_PART("b", "2")
                                "--b1--\r\n";

    conf.max_parts = 2;
    test_text(&run, text, "b1", &conf, 0);
    assert_int_equal(run.rc, SCREEN_OK);
    free(run.sink.text);

    conf.max_parts = 1;
    test_text(&run, text, "b1", &conf, 0);
    assert_int_equal(run.rc, SCREEN_MALFORMED);
    assert_int_equal(run.framing, SCREEN_FRAMING_PARTS_LIMIT);
    free(run.sink.text);

    conf.max_parts = 0;
    conf.max_header_size = 20;
    test_text(&run, text, "b1", &conf, 0);
    assert_int_equal(run.framing, SCREEN_FRAMING_HEADERS_LIMIT);
    free(run.sink.text);
}


static void
what_a_callback_answers_is_what_feed_answers(void **state)
{
    test_run_t                run;
    screen_multipart_conf_t   conf = { 0 };

    test_text(&run, TEST_PART("a", "1") "--b1--\r\n", "b1", &conf,
              SCREEN_NOMEM);
    assert_int_equal(run.rc, SCREEN_NOMEM);
    assert_int_equal(run.framing, 0);
    free(run.sink.text);
}


static void
a_nested_body_is_told_of(void **state)
{
    test_run_t                run;
    screen_multipart_conf_t   conf = { 0 };

    test_text(&run, TEST_PART("a", "1") "--b1--\r\n", "b1", &conf, 0);
    assert_int_equal(run.nested, 0);
    free(run.sink.text);

    test_text(&run, "--b1\r\nContent-Disposition: form-data; name=n\r\n"
              "Content-Type: Multipart/Mixed; boundary=i\r\n\r\n"
              "--i\r\n\r\nx\r\n--i--\r\n--b1--", "b1", &conf, 0);
    assert_int_equal(run.rc, SCREEN_OK);
    assert_int_equal(run.nested, 1);
    assert_string_equal(run.sink.text, "n\t-\t\t1\n");
    free(run.sink.text);
}


typedef struct {
    screen_arena_t   arena;
    size_t           total;
} test_counter_t;


static void *
test_counting_alloc(void *owner, size_t size)
{
    test_counter_t  *counter = owner;

    counter->total += size;

    return screen_arena_alloc(&counter->arena, size);
}


static void
memory_is_bounded_and_taken_once(void **state)
{
    size_t                    taken;
    test_sink_t               got;
    screen_str_t              type = screen_str("multipart/mixed; boundary=b");
    test_counter_t            counter = { screen_arena_init, 0 };
    screen_alloc_t            alloc = { test_counting_alloc, &counter };
    screen_multipart_t       *m;
    screen_content_type_t     ct;
    screen_multipart_conf_t   conf;
    screen_multipart_sink_t   sink = { test_begin, test_data, test_end, &got };

    static const u_char  text[] = "--b\r\n\r\ndata\r\n--b--\r\n";

    memset(&got, 0, sizeof(test_sink_t));
    memset(&conf, 0, sizeof(screen_multipart_conf_t));

    got.body = text;
    got.body_len = sizeof(text) - 1;

    screen_content_type_parse(&ct, &type);
    m = screen_multipart_create(&alloc, &ct, &conf, &sink);
    assert_non_null(m);

    taken = counter.total;
    assert_true(taken < 64 * 1024);

    assert_int_equal(screen_multipart_feed(m, text, sizeof(text) - 1), 0);
    assert_int_equal(screen_multipart_end(m), SCREEN_OK);
    assert_string_equal(got.text, "\t-\t\t4\n");
    assert_int_equal(counter.total, taken);
    free(got.text);

    ct.boundary_len = 0;
    assert_null(screen_multipart_create(&alloc, &ct, &conf, &sink));

    screen_arena_destroy(&counter.arena);
}


static size_t
test_add_files(struct CMUnitTest *tests, size_t n, const char *folder,
    CMUnitTestFunction function)
{
    DIR            *dir;
    char            path[512], *name;
    size_t          first, len;
    struct dirent  *entry;

    first = n;
    snprintf(path, sizeof(path), "%s%s", TEST_DATA, folder);

    dir = opendir(path);
    if (dir == NULL) {
        perror(path);
        exit(1);
    }

    while ((entry = readdir(dir)) != NULL) {
        len = strlen(entry->d_name);

        if (len < 6 || strcmp(entry->d_name + len - 5, ".body") != 0) {
            continue;
        }

        if (n == TEST_CASES || asprintf(&name, "%s%.*s", folder,
                                        (int) len - 5, entry->d_name) < 0)
        {
            exit(1);
        }

        memset(&tests[n], 0, sizeof(tests[n]));
        tests[n].name = name;
        tests[n].test_func = function;
        tests[n++].initial_state = name;
    }

    closedir(dir);

    if (n == first) {
        fprintf(stderr, "no test data in %s\n", path);
        exit(1);
    }

    return n;
}


int
main(void)
{
    size_t                    n;
    static struct CMUnitTest  tests[TEST_CASES] = {
        cmocka_unit_test(limits_are_those_of_the_configuration),
        cmocka_unit_test(what_a_callback_answers_is_what_feed_answers),
        cmocka_unit_test(a_nested_body_is_told_of),
        cmocka_unit_test(memory_is_bounded_and_taken_once)
    };

    n = test_add_files(tests, 4, "", real_client_is_never_ambiguous);
    n = test_add_files(tests, n, "hostile/",
                       hostile_body_is_named_and_read_leniently);

    return _cmocka_run_group_tests("multipart", tests, n, NULL, NULL);
}
