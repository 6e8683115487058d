
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_tail_impl.h"


#define CAPACITY    512
#define GENERATION  0x1122334455667788ull
#define NOW         1000


typedef struct {
    char             folder[64];
    char             path[128];        /* of the bank */
    screen_bank_t    bank;
    screen_tail_t    tail;             /* that appends */
    screen_tail_t    reader;
    screen_error_t   err;
} fixture_t;


static screen_entry_t
an_entry(unsigned n, const char *label, uint64_t expires)
{
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(entry));

    entry.signal = SCREEN_SIGNAL_SHA256;
    entry.label = screen_str_of(label);
    entry.expires = expires;
    entry.severity = 3;

    memset(entry.value, 0x5a, 32);
    memcpy(entry.value + 4, &n, sizeof(n));

    return entry;
}


/* a bank file of the entries 1 to 3 */

static void
write_bank(fixture_t *f, uint64_t generation)
{
    unsigned                n;
    screen_entry_t          entry;
    screen_bank_origin_t    origin = { SCREEN_BANK_ORIGIN_REDIS, 0, 0 };
    screen_bank_builder_t  *b;

    origin.inode = generation;
    b = screen_bank_builder_create();
    assert_non_null(b);

    for (n = 1; n <= 3; n++) {
        entry = an_entry(n, "file", 0);
        assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);
    }

    (void) unlink(f->path);
    assert_int_equal(screen_bank_write(b, f->path, &origin, &f->err),
                     SCREEN_OK);
    screen_bank_builder_destroy(b);
}


static int
setup(void **state)
{
    fixture_t  *f;

    f = calloc(1, sizeof(fixture_t));
    if (f == NULL) {
        return -1;
    }

    strcpy(f->folder, "/tmp/test_tail.XXXXXX");

    if (mkdtemp(f->folder) == NULL) {
        return -1;
    }

    snprintf(f->path, sizeof(f->path), "%s/x.bank", f->folder);
    write_bank(f, GENERATION);

    if (screen_tail_create(&f->tail, f->path, GENERATION, CAPACITY, &f->err)
        != SCREEN_OK
        || screen_tail_open_pair(&f->bank, &f->reader, f->path, &f->err)
           != SCREEN_OK)
    {
        return -1;
    }

    *state = f;

    return 0;
}


static int
teardown(void **state)
{
    char        path[256];
    fixture_t  *f;

    f = *state;

    screen_tail_close(&f->tail);
    screen_tail_close(&f->reader);
    screen_bank_close(&f->bank);

    (void) screen_tail_path(path, sizeof(path), f->path, GENERATION);
    (void) unlink(path);
    (void) screen_tail_path(path, sizeof(path), f->path, 2);
    (void) unlink(path);
    (void) unlink(f->path);

    if (rmdir(f->folder) == -1) {
        return -1;
    }

    free(f);

    return 0;
}


static void
append(fixture_t *f, screen_tail_op_t op, unsigned n, const char *label,
    uint64_t expires)
{
    screen_entry_t  entry;

    entry = an_entry(n, label, expires);
    assert_int_equal(screen_tail_append(&f->tail, op, &entry, &f->err),
                     SCREEN_OK);
}


/* the label that a lookup gives, NULL when it finds nothing */

static const char *
looked_up(fixture_t *f, unsigned n)
{
    static char      label[SCREEN_TAIL_LABEL_MAX + 1];
    screen_entry_t   asked, found;

    asked = an_entry(n, "", 0);

    if (screen_tail_lookup(&f->reader, &f->bank, SCREEN_SIGNAL_SHA256,
                           asked.value, NOW, &found)
        != SCREEN_OK)
    {
        return NULL;
    }

    assert_memory_equal(found.value, asked.value, 32);
    snprintf(label, sizeof(label), "%.*s", (int) found.label.len,
             found.label.data ? (char *) found.label.data : "");

    return label;
}


static void
an_empty_tail_leaves_the_bank_as_it_is(void **state)
{
    assert_string_equal(looked_up(*state, 1), "file");
    assert_null(looked_up(*state, 4));
}


static void
what_is_appended_is_seen_at_once(void **state)
{
    append(*state, SCREEN_TAIL_ADD, 4, "new", 0);

    assert_string_equal(looked_up(*state, 4), "new");
    assert_string_equal(looked_up(*state, 1), "file");
    assert_null(looked_up(*state, 5));
}


static void
the_last_word_counts(void **state)
{
    append(*state, SCREEN_TAIL_ADD, 1, "first", 0);
    append(*state, SCREEN_TAIL_ADD, 1, "second", 0);
    assert_string_equal(looked_up(*state, 1), "second");

    append(*state, SCREEN_TAIL_REMOVE, 1, "", 0);
    assert_null(looked_up(*state, 1));

    append(*state, SCREEN_TAIL_ADD, 1, "third", 0);
    assert_string_equal(looked_up(*state, 1), "third");

    append(*state, SCREEN_TAIL_REMOVE, 2, "", 0);
    assert_null(looked_up(*state, 2));
}


static void
an_expired_change_hides_what_the_file_has(void **state)
{
    append(*state, SCREEN_TAIL_ADD, 1, "short", NOW);
    assert_null(looked_up(*state, 1));

    append(*state, SCREEN_TAIL_ADD, 1, "longer", NOW + 1);
    assert_string_equal(looked_up(*state, 1), "longer");
}


static void
a_value_of_another_signal_is_another_value(void **state)
{
    fixture_t       *f;
    screen_entry_t   entry, found;

    f = *state;
    entry = an_entry(9, "hash", 0);
    entry.signal = SCREEN_SIGNAL_PDQ;

    assert_int_equal(screen_tail_append(&f->tail, SCREEN_TAIL_ADD, &entry,
                                        &f->err),
                     SCREEN_OK);

    assert_null(looked_up(f, 9));
    assert_int_equal(screen_tail_lookup(&f->reader, &f->bank,
                                        SCREEN_SIGNAL_PDQ, entry.value, NOW,
                                        &found),
                     SCREEN_OK);
    assert_int_equal(found.severity, 3);
    assert_int_equal(screen_tail_signals(&f->reader, &f->bank),
                     1u << SCREEN_SIGNAL_SHA256 | 1u << SCREEN_SIGNAL_PDQ);
}


static void
a_short_value_is_found_whatever_lies_behind_it(void **state)
{
    fixture_t       *f;
    u_char           value[16];
    screen_entry_t   entry, found;

    f = *state;
    entry = an_entry(9, "md5", 0);
    entry.signal = SCREEN_SIGNAL_MD5;
    memcpy(value, entry.value, 16);

    assert_int_equal(screen_tail_append(&f->tail, SCREEN_TAIL_ADD, &entry,
                                        &f->err),
                     SCREEN_OK);
    assert_int_equal(screen_tail_lookup(&f->reader, &f->bank,
                                        SCREEN_SIGNAL_MD5, value, NOW,
                                        &found),
                     SCREEN_OK);
}


static void
long_texts_are_cut_at_a_character(void **state)
{
    char             label[600];
    fixture_t       *f;
    screen_entry_t   entry, found;

    f = *state;
    memset(label, 'x', sizeof(label));
    memcpy(label + SCREEN_TAIL_LABEL_MAX - 1, "\xc3\xa9", 2);

    entry = an_entry(9, "", 0);
    entry.label.data = (u_char *) label;
    entry.label.len = sizeof(label);
    entry.source = entry.label;

    assert_int_equal(screen_tail_append(&f->tail, SCREEN_TAIL_ADD, &entry,
                                        &f->err),
                     SCREEN_OK);
    assert_int_equal(screen_tail_lookup(&f->reader, &f->bank,
                                        SCREEN_SIGNAL_SHA256, entry.value,
                                        NOW, &found),
                     SCREEN_OK);
    assert_int_equal(found.label.len, SCREEN_TAIL_LABEL_MAX - 1);
    assert_int_equal(found.source.len, SCREEN_TAIL_SOURCE_MAX - 1);
}


static void
a_full_tail_takes_no_more_and_loses_nothing(void **state)
{
    unsigned         n;
    fixture_t       *f;
    screen_entry_t   entry;

    f = *state;

    for (n = 0; n < CAPACITY; n++) {
        append(f, SCREEN_TAIL_ADD, 100 + n, "filled", 0);
    }

    entry = an_entry(99, "too many", 0);
    assert_int_equal(screen_tail_append(&f->tail, SCREEN_TAIL_ADD, &entry,
                                        &f->err),
                     SCREEN_LIMIT);

    for (n = 0; n < CAPACITY; n++) {
        assert_string_equal(looked_up(f, 100 + n), "filled");
    }

    assert_null(looked_up(f, 99));
}


static void
entries_are_read_in_their_order(void **state)
{
    fixture_t         *f;
    screen_entry_t     entry;
    screen_tail_op_t   op;

    f = *state;
    append(f, SCREEN_TAIL_ADD, 7, "x", 5);
    append(f, SCREEN_TAIL_REMOVE, 8, "", 0);

    assert_int_equal(screen_tail_entry(&f->reader, 0, &op, &entry),
                     SCREEN_OK);
    assert_int_equal(op, SCREEN_TAIL_ADD);
    assert_int_equal(entry.expires, 5);

    assert_int_equal(screen_tail_entry(&f->reader, 1, &op, &entry),
                     SCREEN_OK);
    assert_int_equal(op, SCREEN_TAIL_REMOVE);

    assert_int_equal(screen_tail_entry(&f->reader, 2, &op, &entry),
                     SCREEN_MALFORMED);
    assert_int_equal(screen_tail_entry(&f->reader, CAPACITY, &op, &entry),
                     SCREEN_MALFORMED);
}


static void
a_damaged_entry_is_passed_over(void **state)
{
    int          fd;
    char         path[256];
    u_char       c;
    fixture_t   *f;

    f = *state;
    append(f, SCREEN_TAIL_ADD, 1, "good", 0);
    append(f, SCREEN_TAIL_ADD, 1, "damaged", 0);

    assert_int_equal(screen_tail_path(path, sizeof(path), f->path,
                                      GENERATION),
                     SCREEN_OK);

    fd = open(path, O_RDWR);
    assert_int_not_equal(fd, -1);
    c = 'X';
    assert_int_equal(pwrite(fd, &c, 1, (off_t) screen_tail_entry_at(CAPACITY, 1)
                            + offsetof(screen_tail_entry_t, label)), 1);
    close(fd);

    assert_string_equal(looked_up(f, 1), "good");
}


static void
links_that_lead_anywhere_end(void **state)
{
    int          fd;
    char         path[256];
    off_t        at;
    uint32_t     i, links[4] = { 2, 0xffffffff, CAPACITY + 1, 1 };
    unsigned     n;
    fixture_t   *f;

    f = *state;

    for (n = 0; n < 4; n++) {
        append(f, SCREEN_TAIL_ADD, 1, "good", 0);
    }

    (void) screen_tail_path(path, sizeof(path), f->path, GENERATION);
    fd = open(path, O_RDWR);
    assert_int_not_equal(fd, -1);

    for (n = 0; n < 4; n++) {

        for (i = 0; i < 4; i++) {
            at = (off_t) screen_tail_entry_at(CAPACITY, i);
            assert_int_equal(pwrite(fd, &links[n], 4, at), 4);
        }

        (void) looked_up(f, 1);
        (void) looked_up(f, 2);

        for (i = 0; i < SCREEN_TAIL_CHAINS; i++) {
            at = SCREEN_TAIL_PAGE + (off_t) i * 4;
            assert_int_equal(pwrite(fd, &links[n], 4, at), 4);
        }

        assert_string_equal(looked_up(f, 2), "file");
    }

    close(fd);
}


static void
what_is_no_tail_is_refused(void **state)
{
    int              fd;
    char             path[256];
    size_t           i;
    fixture_t       *f;
    screen_tail_t    tail;

    f = *state;
    screen_tail_close(&f->reader);
    screen_tail_close(&f->tail);

    assert_int_equal(screen_tail_open(&tail, f->path, 3, &f->err),
                     SCREEN_NOT_FOUND);

    (void) screen_tail_path(path, sizeof(path), f->path, GENERATION);

    /* magic, version, capacity, generation */

    for (i = 0; i < 24; i++) {
        u_char  c, was;

        fd = open(path, O_RDWR);
        assert_int_equal(pread(fd, &was, 1, (off_t) i), 1);
        c = was ^ 0x40;
        assert_int_equal(pwrite(fd, &c, 1, (off_t) i), 1);

        assert_int_equal(screen_tail_open(&tail, f->path, GENERATION,
                                          &f->err),
                         SCREEN_ERROR);

        assert_int_equal(pwrite(fd, &was, 1, (off_t) i), 1);
        close(fd);
    }

    assert_int_equal(truncate(path, 100000), 0);
    assert_int_equal(screen_tail_open(&tail, f->path, GENERATION, &f->err),
                     SCREEN_ERROR);
    assert_int_equal(truncate(path, 0), 0);
    assert_int_equal(screen_tail_open(&tail, f->path, GENERATION, &f->err),
                     SCREEN_ERROR);
}


static void
a_closed_tail_tells_of_another_pair(void **state)
{
    fixture_t      *f;
    screen_tail_t   next;

    f = *state;
    append(f, SCREEN_TAIL_ADD, 4, "kept", 0);
    assert_int_equal(screen_tail_closed(&f->reader), 0);

    assert_int_equal(screen_tail_create(&next, f->path, 2, CAPACITY, &f->err),
                     SCREEN_OK);
    write_bank(f, 2);
    atomic_store(&f->tail.header->closed, 1);

    assert_int_equal(screen_tail_closed(&f->reader), 1);
    assert_string_equal(looked_up(f, 4), "kept");

    screen_tail_close(&f->reader);
    screen_bank_close(&f->bank);

    assert_int_equal(screen_tail_open_pair(&f->bank, &f->reader, f->path,
                                           &f->err),
                     SCREEN_OK);
    assert_int_equal(f->reader.header->generation, 2);
    assert_int_equal(screen_tail_closed(&f->reader), 0);
    assert_null(looked_up(f, 4));

    screen_tail_close(&next);
}


static void
a_bank_whose_tail_is_gone_is_a_bank_still(void **state)
{
    char        path[256];
    fixture_t  *f;

    f = *state;

    screen_tail_close(&f->reader);
    screen_bank_close(&f->bank);

    (void) screen_tail_path(path, sizeof(path), f->path, GENERATION);
    assert_int_equal(unlink(path), 0);

    assert_int_equal(screen_tail_open_pair(&f->bank, &f->reader, f->path,
                                           &f->err),
                     SCREEN_OK);
    assert_string_equal(looked_up(f, 1), "file");
    assert_int_equal(screen_tail_closed(&f->reader), 0);
    assert_int_equal(screen_tail_synced(&f->reader), 0);
}


static void
the_count_follows_the_tail(void **state)
{
    fixture_t  *f;

    f = *state;
    assert_int_equal(screen_tail_entries(&f->reader, &f->bank), 3);

    atomic_fetch_add(&f->tail.header->delta, 2);
    assert_int_equal(screen_tail_entries(&f->reader, &f->bank), 5);

    atomic_fetch_sub(&f->tail.header->delta, 100);
    assert_int_equal(screen_tail_entries(&f->reader, &f->bank), 0);
}


static void
a_reader_in_another_process_never_sees_half_of_an_entry(void **state)
{
    int          status;
    pid_t        pid;
    unsigned     n, seen;
    fixture_t   *f;

    f = *state;
    pid = fork();

    if (pid == 0) {

        /* from the last to the first: what is there is whole */

        for (seen = 0; seen < CAPACITY; /* void */ ) {
            const char  *label;

            label = looked_up(f, 100 + seen);

            if (label != NULL) {

                if (strcmp(label, "a label of some length") != 0) {
                    _exit(1);
                }

                seen++;
            }
        }

        _exit(0);
    }

    for (n = 0; n < CAPACITY; n++) {
        append(f, SCREEN_TAIL_ADD, 100 + n, "a label of some length", 0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}


#define test(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(an_empty_tail_leaves_the_bank_as_it_is),
        test(what_is_appended_is_seen_at_once),
        test(the_last_word_counts),
        test(an_expired_change_hides_what_the_file_has),
        test(a_value_of_another_signal_is_another_value),
        test(a_short_value_is_found_whatever_lies_behind_it),
        test(long_texts_are_cut_at_a_character),
        test(a_full_tail_takes_no_more_and_loses_nothing),
        test(entries_are_read_in_their_order),
        test(a_damaged_entry_is_passed_over),
        test(links_that_lead_anywhere_end),
        test(what_is_no_tail_is_refused),
        test(a_closed_tail_tells_of_another_pair),
        test(a_bank_whose_tail_is_gone_is_a_bank_still),
        test(the_count_follows_the_tail),
        test(a_reader_in_another_process_never_sees_half_of_an_entry),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
