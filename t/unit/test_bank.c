
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/core/screen_bank.h"


#define NOW  1000000


static const screen_bank_origin_t  origin = { 123, 456, 789 };


/* the same values in every run: SplitMix64 */

static void
value_of(uint64_t seed, u_char *value, size_t size)
{
    size_t    i;
    uint64_t  z;

    for (i = 0; i < size; i++) {
        z = (seed += 0x9e3779b97f4a7c15ull);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
        value[i] = (u_char) (z >> 40);
    }
}


static void
add(screen_bank_builder_t *b, screen_signal_t signal, const u_char *value,
    const char *label, const char *source, uint32_t severity,
    uint64_t expires)
{
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = signal;
    memcpy(entry.value, value, screen_signal_size(signal));
    entry.label = screen_str_of(label);
    entry.source = screen_str_of(source);
    entry.severity = severity;
    entry.expires = expires;

    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);
}


/* writes the builder's bank to memory that has no name, and opens it */

static int
write_memory(screen_bank_builder_t *b)
{
    int             fd;
    screen_error_t  err;

    fd = memfd_create("bank", MFD_CLOEXEC);
    assert_int_not_equal(fd, -1);

    assert_int_equal(screen_bank_write_fd(b, fd, "bank", &origin, &err),
                     SCREEN_OK);

    return fd;
}


static void
open_builder(screen_bank_t *bank, screen_bank_builder_t *b)
{
    int             fd;
    screen_error_t  err;

    fd = write_memory(b);

    if (screen_bank_open_fd(bank, fd, "bank", &err) != SCREEN_OK) {
        fail_msg("%s", err.text);
    }

    close(fd);
    screen_bank_builder_destroy(b);
}


static void
an_entry_is_found_with_all_that_is_known_of_it(void **state)
{
    u_char                  value[32];
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    value_of(1, value, 32);
    add(b, SCREEN_SIGNAL_SHA256, value, "terror", "gifct", 9, NOW + 5);
    add(b, SCREEN_SIGNAL_MD5, value, "", "", 0, 0);

    open_builder(&bank, b);

    assert_int_equal(bank.entries[SCREEN_SIGNAL_SHA256], 1);
    assert_int_equal(bank.entries[SCREEN_SIGNAL_SHA1], 0);
    assert_int_equal(bank.entries[SCREEN_SIGNAL_MD5], 1);
    assert_int_equal(bank.signals, 1 << SCREEN_SIGNAL_SHA256
                                   | 1 << SCREEN_SIGNAL_MD5);
    assert_memory_equal(&bank.origin, &origin, sizeof(origin));
    assert_true(bank.built > 1700000000);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256, value,
                                        NOW, &entry), SCREEN_OK);
    assert_int_equal(entry.signal, SCREEN_SIGNAL_SHA256);
    assert_memory_equal(entry.value, value, 32);
    assert_true(screen_str_is(&entry.label, "terror"));
    assert_true(screen_str_is(&entry.source, "gifct"));
    assert_int_equal(entry.severity, 9);
    assert_int_equal(entry.expires, NOW + 5);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_MD5, value, NOW,
                                        &entry), SCREEN_OK);
    assert_int_equal(entry.label.len, 0);
    assert_int_equal(entry.expires, 0);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA1, value, NOW,
                                        &entry), SCREEN_NOT_FOUND);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNALS, value, NOW,
                                        &entry), SCREEN_NOT_FOUND);

    value[31] ^= 1;
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256, value,
                                        NOW, &entry), SCREEN_NOT_FOUND);

    screen_bank_close(&bank);
    screen_bank_close(&bank);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256, value,
                                        NOW, &entry), SCREEN_NOT_FOUND);
}


static void
an_expired_entry_is_not_found(void **state)
{
    u_char                  value[32];
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    value_of(1, value, 32);
    add(b, SCREEN_SIGNAL_PDQ, value, "x", "", 0, NOW);

    open_builder(&bank, b);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_PDQ, value,
                                        NOW - 1, &entry), SCREEN_OK);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_PDQ, value, NOW,
                                        &entry), SCREEN_NOT_FOUND);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_PDQ, value,
                                        NOW + 1, &entry), SCREEN_NOT_FOUND);

    screen_bank_close(&bank);
}


static void
the_later_of_two_entries_with_one_value_stays(void **state)
{
    char                    label[16];
    size_t                  i;
    u_char                  value[32];
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    /* more than the sort takes for few */

    for (i = 0; i < 5000; i++) {
        snprintf(label, sizeof(label), "label%zu", i);
        value_of(i % 10, value, 32);
        add(b, SCREEN_SIGNAL_SHA256, value, label, "", 0, 5000 - i);
    }

    open_builder(&bank, b);

    assert_int_equal(bank.entries[SCREEN_SIGNAL_SHA256], 10);

    for (i = 0; i < 10; i++) {
        snprintf(label, sizeof(label), "label%zu", 4990 + i);
        value_of(i, value, 32);

        assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256,
                                            value, 0, &entry), SCREEN_OK);
        assert_true(screen_str_is(&entry.label, label));
    }

    screen_bank_close(&bank);
}


static void
values_that_stand_for_nothing_are_refused(void **state)
{
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = SCREEN_SIGNAL_SHA1;
    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_MALFORMED);

    memset(entry.value, 0xff, 32);
    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_MALFORMED);

    memset(entry.value, 0x77, 32);
    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);

    entry.label.data = (const u_char *) "x";
    entry.label.len = SCREEN_BANK_TEXT_MAX + 1;
    assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_MALFORMED);

    screen_bank_builder_destroy(b);
}


typedef struct {
    u_char            last[32];
    screen_signal_t   signal;
    unsigned          n;
    unsigned          stop;
} walk_t;


static int
visit(void *ctx, const screen_entry_t *entry)
{
    walk_t  *w;

    w = ctx;

    if (w->n && w->signal == entry->signal) {
        assert_true(memcmp(w->last, entry->value, 32) < 0);

    } else if (w->n) {
        assert_true(w->signal < entry->signal);
    }

    memcpy(w->last, entry->value, 32);
    w->signal = entry->signal;

    return ++w->n == w->stop ? 77 : SCREEN_OK;
}


/* n entries of each signal, values by seed, and every one is looked up */

static void
check_many(size_t n, void (*make)(uint64_t seed, u_char *value, size_t size))
{
    char                    label[32];
    walk_t                  w;
    size_t                  i;
    u_char                  value[32];
    unsigned                signal;
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    for (i = 0; i < n; i++) {
        for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
            make(i * SCREEN_SIGNALS + signal, value,
                 screen_signal_size(signal));
            snprintf(label, sizeof(label), "label %zu", i % 100);
            add(b, signal, value, label, "source", i % 11, 0);
        }
    }

    open_builder(&bank, b);

    for (i = 0; i < n; i++) {
        for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
            make(i * SCREEN_SIGNALS + signal, value,
                 screen_signal_size(signal));
            snprintf(label, sizeof(label), "label %zu", i % 100);

            assert_int_equal(screen_bank_lookup(&bank, signal, value, NOW,
                                                &entry), SCREEN_OK);
            assert_int_equal(entry.severity, i % 11);
            assert_true(screen_str_is(&entry.label, label));

            value[screen_signal_size(signal) - 1] ^= 0x80;
            assert_int_equal(screen_bank_lookup(&bank, signal, value, NOW,
                                                &entry), SCREEN_NOT_FOUND);
        }
    }

    memset(&w, 0, sizeof(walk_t));
    assert_int_equal(screen_bank_walk(&bank, visit, &w), SCREEN_OK);
    assert_int_equal(w.n, n * SCREEN_SIGNALS);

    if (n >= 2) {
        memset(&w, 0, sizeof(walk_t));
        w.stop = 2;
        assert_int_equal(screen_bank_walk(&bank, visit, &w), 77);
        assert_int_equal(w.n, 2);
    }

    screen_bank_close(&bank);
}


/* values that only their last bytes tell apart */

static void
value_near(uint64_t seed, u_char *value, size_t size)
{
    memset(value, 0x42, size);

    value[size - 4] = (u_char) (seed >> 16);
    value[size - 3] = (u_char) (seed >> 8);
    value[size - 2] = (u_char) seed;
}


static void
every_entry_of_a_bank_of_any_size_is_found(void **state)
{
    size_t  n;

    for (n = 0; n < 70; n++) {
        check_many(n, value_of);
    }

    check_many(1000, value_of);
    check_many(20000, value_of);
}


static void
values_with_a_common_beginning_are_found(void **state)
{
    check_many(1, value_near);
    check_many(300, value_near);
    check_many(10000, value_near);
}


static void
an_empty_bank_opens_and_finds_nothing(void **state)
{
    u_char          value[32];
    screen_bank_t   bank;
    screen_entry_t  entry;

    open_builder(&bank, screen_bank_builder_create());

    value_of(1, value, 32);

    assert_int_equal(bank.signals, 0);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_SHA256, value, 0,
                                        &entry), SCREEN_NOT_FOUND);

    screen_bank_close(&bank);
}


static void
labels_are_stored_once(void **state)
{
    size_t                  i;
    u_char                  value[32];
    screen_bank_t           bank;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    for (i = 0; i < 1000; i++) {
        value_of(i, value, 32);
        add(b, SCREEN_SIGNAL_SHA256, value, i % 2 ? "one" : "two", "two", 3,
            0);
    }

    open_builder(&bank, b);

    assert_int_equal(bank.strings.len, 6);
    assert_int_equal(bank.records.len, 2);
    assert_true(bank.size < 1000 * 40);

    screen_bank_close(&bank);
}


static void
writing_never_replaces_a_file(void **state)
{
    char                    path[] = "/tmp/test_bank.XXXXXX";
    int                     fd;
    screen_bank_t           bank;
    screen_error_t          err;
    screen_bank_builder_t  *b;

    fd = mkstemp(path);
    assert_int_not_equal(fd, -1);
    close(fd);

    b = screen_bank_builder_create();

    assert_int_equal(screen_bank_write(b, path, &origin, &err),
                     SCREEN_ERROR);
    assert_string_equal(err.file, path);

    assert_int_equal(screen_bank_open(&bank, path, &err), SCREEN_ERROR);
    assert_string_equal(err.text, "is not a bank file");

    unlink(path);

    assert_int_equal(screen_bank_write(b, path, &origin, &err), SCREEN_OK);
    assert_int_equal(screen_bank_open(&bank, path, &err), SCREEN_OK);
    screen_bank_close(&bank);

    unlink(path);

    assert_int_equal(screen_bank_open(&bank, path, &err), SCREEN_ERROR);
    assert_non_null(strstr(err.text, "No such file"));

    screen_bank_builder_destroy(b);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(an_entry_is_found_with_all_that_is_known_of_it),
        cmocka_unit_test(an_expired_entry_is_not_found),
        cmocka_unit_test(the_later_of_two_entries_with_one_value_stays),
        cmocka_unit_test(values_that_stand_for_nothing_are_refused),
        cmocka_unit_test(every_entry_of_a_bank_of_any_size_is_found),
        cmocka_unit_test(values_with_a_common_beginning_are_found),
        cmocka_unit_test(an_empty_bank_opens_and_finds_nothing),
        cmocka_unit_test(labels_are_stored_once),
        cmocka_unit_test(writing_never_replaces_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
