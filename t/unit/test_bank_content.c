
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "near_codes.h"

#include "../../ngx_http_screen_module/core/screen_bank_impl.h"
#include "../../ngx_http_screen_module/core/screen_tail.h"


#define NOW       1000000
#define CONTENTS  40
#define CAPACITY  4096


/* what a bank should hold: entries by number, gone ones with op 0 */

typedef struct {
    screen_entry_t   entries[9000];
    char             names[CONTENTS][16];
    unsigned         there[9000];
    size_t           n;
    u_char           codes[9000 * SCREEN_NEAR_LEN];
    size_t           ncodes;
} model_t;


typedef struct {
    const model_t   *model;
    const u_char    *value;
    unsigned         radius;
    screen_signal_t  signal;
    unsigned         seen[9000];
    size_t           visits;
} seen_t;


static screen_entry_t
frame(const u_char *value, const char *content, uint32_t time)
{
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_str_of(content);
    entry.time = time;
    entry.view = (uint16_t) (time / 1000);
    memcpy(entry.value, value, 32);

    return entry;
}


static void
open_builder(screen_bank_t *bank, screen_bank_builder_t *b)
{
    int                   fd;
    screen_error_t        err;
    screen_bank_origin_t  origin = { SCREEN_BANK_ORIGIN_REDIS, 0, 7 };

    fd = memfd_create("bank", MFD_CLOEXEC);
    assert_int_not_equal(fd, -1);
    assert_int_equal(screen_bank_write_fd(b, fd, "bank", &origin, &err),
                     SCREEN_OK);

    if (screen_bank_open_fd(bank, fd, "bank", &err) != SCREEN_OK) {
        fail_msg("%s", err.text);
    }

    close(fd);
    screen_bank_builder_destroy(b);
}


static void
add(screen_bank_builder_t *b, screen_entry_t entry)
{
    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);
}


static void
two_videos_share_a_frame(void **state)
{
    u_char                  value[32];
    uint64_t                seed;
    screen_bank_t           bank;
    screen_entry_t          key, entry;
    screen_bank_builder_t  *b;

    seed = 1;
    near_random_code(value, &seed);

    b = screen_bank_builder_create();
    add(b, frame(value, "second", 2000));
    add(b, frame(value, "first", 1000));
    add(b, frame(value, "second", 3000));
    open_builder(&bank, b);

    assert_int_equal(bank.entries[SCREEN_SIGNAL_VPDQ], 2);

    key = frame(value, "first", 0);
    assert_int_equal(screen_bank_lookup_same(&bank, &key, NOW, &entry),
                     SCREEN_OK);
    assert_int_equal(entry.time, 1000);
    assert_int_equal(entry.view, 1);
    assert_int_equal(entry.frames, 1);

    /* the later of the same */

    key = frame(value, "second", 0);
    assert_int_equal(screen_bank_lookup_same(&bank, &key, NOW, &entry),
                     SCREEN_OK);
    assert_int_equal(entry.time, 3000);
    assert_true(screen_str_is(&entry.content, "second"));

    key = frame(value, "third", 0);
    assert_int_equal(screen_bank_lookup_same(&bank, &key, NOW, &entry),
                     SCREEN_NOT_FOUND);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_VPDQ, value, NOW,
                                        &entry), SCREEN_OK);

    screen_bank_close(&bank);
}


static void
one_picture_has_one_entry(void **state)
{
    u_char                  value[32];
    uint64_t                seed;
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    seed = 2;
    near_random_code(value, &seed);

    b = screen_bank_builder_create();

    entry = frame(value, "a", 0);
    entry.signal = SCREEN_SIGNAL_PDQ;
    add(b, entry);
    entry.content = screen_str_of("b");
    entry.view = 9;
    add(b, entry);

    /* no content is known of what has no picture */

    entry.signal = SCREEN_SIGNAL_SHA256;
    add(b, entry);
    open_builder(&bank, b);

    assert_int_equal(bank.entries[SCREEN_SIGNAL_PDQ], 1);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_PDQ, value, NOW,
                                        &entry), SCREEN_OK);
    assert_true(screen_str_is(&entry.content, "b"));
    assert_int_equal(entry.view, 9);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256, value,
                                        NOW, &entry), SCREEN_OK);
    assert_int_equal(entry.content.len, 0);
    assert_int_equal(entry.view, 0);

    screen_bank_close(&bank);
}


static void
the_frames_of_each_content_are_its_different_times(void **state)
{
    char                    name[32];
    u_char                  value[32];
    uint64_t                seed;
    unsigned                i, j;
    screen_str_t            content;
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    seed = 3;
    b = screen_bank_builder_create();

    /* content i has i + 1 times, each in two views */

    for (i = 0; i < 60; i++) {
        for (j = 0; j < 2 * (i + 1); j++) {
            snprintf(name, sizeof(name), "%.*s%u", (int) (i % 7), "aaaaaaa",
                     i);
            near_random_code(value, &seed);
            entry = frame(value, name, j / 2 * 40);
            entry.label = screen_str_of(j % 2 ? "odd" : "even");
            add(b, entry);

            near_random_code(value, &seed);
            add(b, frame(value, "", j));
        }
    }

    open_builder(&bank, b);

    for (i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "%.*s%u", (int) (i % 7), "aaaaaaa", i);
        content = screen_str_of(name);
        assert_int_equal(screen_bank_frames(&bank, &content), i + 1);
    }

    content = screen_str_of("");
    assert_int_equal(screen_bank_frames(&bank, &content), 0);
    content = screen_str_of("zz");
    assert_int_equal(screen_bank_frames(&bank, &content), 0);

    screen_bank_close(&bank);
}


static int
see(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    size_t   i;
    seen_t  *s;

    s = ctx;
    s->visits++;

    assert_int_equal(distance, screen_near_distance(s->value, entry->value));
    assert_true(distance <= s->radius);
    assert_int_equal(entry->signal, s->signal);

    for (i = 0; i < s->model->n; i++) {
        if (s->model->there[i]
            && screen_entry_same(entry, &s->model->entries[i]))
        {
            assert_int_equal(entry->time, s->model->entries[i].time);
            s->seen[i]++;
            return SCREEN_OK;
        }
    }

    fail_msg("an entry was visited that is not there");

    return SCREEN_OK;
}


/* entries of both signals, values that several contents share */

static void
model_init(model_t *m, uint64_t *seed)
{
    size_t           i;
    screen_entry_t  *entry;

    memset(m, 0, sizeof(model_t));

    for (i = 0; i < CONTENTS; i++) {
        snprintf(m->names[i], sizeof(m->names[i]), "content-%zu", i);
    }

    m->ncodes = near_make(m->codes, 2000, 20, seed);
    m->n = 9000;

    for (i = 0; i < m->n; i++) {
        entry = &m->entries[i];

        /* each five follow on one value, of different contents */

        *entry = frame(m->codes + i / 5 % m->ncodes * SCREEN_NEAR_LEN,
                       m->names[i % CONTENTS], (uint32_t) i);

        if (i % 5 == 4) {
            entry->signal = SCREEN_SIGNAL_PDQ;
        }
    }
}


static void
assert_all_seen(const model_t *m, const screen_tail_t *tail,
    const screen_bank_t *bank, uint64_t *seed, uint32_t budget)
{
    int                  rc;
    size_t               i, expected;
    u_char               value[32];
    unsigned             d;
    seen_t              *s;
    screen_tail_near_t   n;

    s = calloc(1, sizeof(seen_t));
    assert_non_null(s);

    s->model = m;
    s->value = value;
    s->radius = 31;
    s->signal = near_random(seed) % 2 ? SCREEN_SIGNAL_PDQ
                                      : SCREEN_SIGNAL_VPDQ;

    memcpy(value, m->codes + near_random(seed) % m->ncodes * SCREEN_NEAR_LEN,
           SCREEN_NEAR_LEN);
    near_change(value, near_random(seed) % 20, seed);

    screen_tail_near_begin(&n, tail, bank, s->signal, value, s->radius, NOW);

    do {
        rc = screen_tail_near_each(&n, budget, see, s);
    } while (rc == SCREEN_AGAIN);

    assert_int_equal(rc, SCREEN_OK);
    expected = 0;

    for (i = 0; i < m->n; i++) {
        d = screen_near_distance(value, m->entries[i].value);

        assert_int_equal(s->seen[i], m->there[i] && d <= s->radius
                                     && m->entries[i].signal == s->signal);
        expected += s->seen[i];
    }

    assert_int_equal(s->visits, expected);
    free(s);
}


static void
equal_codes_of_the_index_are_each_visited_once(void **state)
{
    size_t                  i;
    model_t                *m;
    uint64_t                seed;
    screen_tail_t           none;
    screen_bank_t           bank;
    screen_bank_builder_t  *b;

    seed = 4;
    m = malloc(sizeof(model_t));
    assert_non_null(m);
    model_init(m, &seed);

    b = screen_bank_builder_create();

    for (i = 0; i < m->n; i++) {
        add(b, m->entries[i]);
        m->there[i] = 1;
    }

    open_builder(&bank, b);
    memset(&none, 0, sizeof(screen_tail_t));

    assert_int_equal(bank.entries[SCREEN_SIGNAL_VPDQ], 7200);
    assert_int_not_equal(bank.near[SCREEN_SIGNAL_VPDQ].bands, 0);

    for (i = 0; i < 60; i++) {
        assert_all_seen(m, &none, &bank, &seed, i % 2 ? 200 : UINT32_MAX);
    }

    screen_bank_close(&bank);
    free(m);
}


static void
what_is_near_in_file_and_tail_is_what_there_is_now(void **state)
{
    char                    path[64];
    size_t                  i, round;
    model_t                *m;
    uint64_t                seed;
    screen_bank_t           bank;
    screen_tail_t           tail;
    screen_error_t          err;
    screen_bank_builder_t  *b;

    seed = 5;
    m = malloc(sizeof(model_t));
    assert_non_null(m);
    model_init(m, &seed);

    b = screen_bank_builder_create();

    for (i = 0; i < 5000; i++) {
        add(b, m->entries[i]);
        m->there[i] = 1;
    }

    open_builder(&bank, b);

    snprintf(path, sizeof(path), "/tmp/test_content.%d", (int) getpid());
    assert_int_equal(screen_tail_create(&tail, path, 7, CAPACITY, &err),
                     SCREEN_OK);

    for (round = 0; round < 80; round++) {

        assert_all_seen(m, &tail, &bank, &seed,
                        round % 3 ? 300 : UINT32_MAX);

        for (i = 0; i < 50; i++) {
            size_t  at = near_random(&seed) % m->n;

            if (near_random(&seed) % 2) {
                m->entries[at].time++;
                m->there[at] = 1;
                assert_int_equal(screen_tail_append(&tail, SCREEN_TAIL_ADD,
                                                    &m->entries[at], &err),
                                 SCREEN_OK);

            } else {
                m->there[at] = 0;
                assert_int_equal(screen_tail_append(&tail,
                                                    SCREEN_TAIL_REMOVE,
                                                    &m->entries[at], &err),
                                 SCREEN_OK);
            }
        }
    }

    screen_tail_close(&tail);
    screen_bank_close(&bank);
    free(m);

    snprintf(path, sizeof(path), "/tmp/test_content.%d.tail-%016x",
             (int) getpid(), 7);
    assert_int_equal(unlink(path), 0);
}


static int
only(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    *(screen_entry_t *) ctx = *entry;

    return SCREEN_LIMIT;
}


static void
an_entry_of_the_tail_tells_the_frames_of_both(void **state)
{
    int                     rc;
    char                    path[64];
    u_char                  one[32], two[32];
    uint64_t                seed;
    screen_bank_t           bank;
    screen_tail_t           tail;
    screen_entry_t          entry;
    screen_error_t          err;
    screen_tail_near_t      n;
    screen_bank_builder_t  *b;

    seed = 6;
    near_random_code(one, &seed);
    near_random_code(two, &seed);

    b = screen_bank_builder_create();
    add(b, frame(one, "video", 1000));
    open_builder(&bank, b);

    snprintf(path, sizeof(path), "/tmp/test_content.%d", (int) getpid());
    assert_int_equal(screen_tail_create(&tail, path, 7, CAPACITY, &err),
                     SCREEN_OK);

    entry = frame(two, "video", 2000);
    entry.frames = 2;
    assert_int_equal(screen_tail_append(&tail, SCREEN_TAIL_ADD, &entry, &err),
                     SCREEN_OK);

    /* that of the file too, which was written before there were two */

    screen_tail_near_begin(&n, &tail, &bank, SCREEN_SIGNAL_VPDQ, one, 0, NOW);

    while ((rc = screen_tail_near_each(&n, 100, only, &entry))
           == SCREEN_AGAIN)
    {
        /* void */
    }

    assert_int_equal(rc, SCREEN_LIMIT);
    assert_int_equal(entry.time, 1000);
    assert_int_equal(entry.frames, 2);

    assert_int_equal(screen_tail_near_each(&n, 100, only, &entry), SCREEN_OK);

    assert_int_equal(screen_tail_timed(&tail, &entry.content, 2000), 1);
    assert_int_equal(screen_tail_timed(&tail, &entry.content, 1000), 0);

    screen_tail_close(&tail);
    screen_bank_close(&bank);

    snprintf(path, sizeof(path), "/tmp/test_content.%d.tail-%016x",
             (int) getpid(), 7);
    assert_int_equal(unlink(path), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(two_videos_share_a_frame),
        cmocka_unit_test(one_picture_has_one_entry),
        cmocka_unit_test(the_frames_of_each_content_are_its_different_times),
        cmocka_unit_test(equal_codes_of_the_index_are_each_visited_once),
        cmocka_unit_test(what_is_near_in_file_and_tail_is_what_there_is_now),
        cmocka_unit_test(an_entry_of_the_tail_tells_the_frames_of_both),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
