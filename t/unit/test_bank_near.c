
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "near_codes.h"

#include "../../ngx_http_screen_module/core/screen_bank_impl.h"


#define NOW  1000000


typedef struct {
    u_char          *codes;
    size_t           n;
    u_char          *file;
    size_t           size;
    screen_bank_t    bank;
} fixture_t;


/* every fourth entry has expired, every fourth will expire */

static uint64_t
expiry(size_t i)
{
    return i % 4 == 0 ? NOW : i % 4 == 1 ? NOW + 1 : 0;
}


static fixture_t
bank_of(size_t n, uint64_t seed)
{
    int                     fd;
    size_t                  i;
    fixture_t               f;
    struct stat             st;
    screen_entry_t          entry;
    screen_error_t          err;
    screen_bank_origin_t    origin;
    screen_bank_builder_t  *b;

    memset(&f, 0, sizeof(fixture_t));
    memset(&entry, 0, sizeof(screen_entry_t));
    memset(&origin, 0, sizeof(screen_bank_origin_t));

    f.codes = malloc(n * SCREEN_NEAR_LEN);
    assert_non_null(f.codes);
    f.n = near_make(f.codes, n, 25, &seed);

    b = screen_bank_builder_create();
    assert_non_null(b);

    for (i = 0; i < f.n; i++) {
        entry.signal = SCREEN_SIGNAL_PDQ;
        memcpy(entry.value, f.codes + i * SCREEN_NEAR_LEN, SCREEN_NEAR_LEN);
        entry.label = screen_str_of(i % 2 ? "odd" : "even");
        entry.expires = expiry(i);

        assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);

        entry.signal = SCREEN_SIGNAL_SHA256;
        assert_int_equal(screen_bank_builder_add(b, &entry), SCREEN_OK);
    }

    fd = memfd_create("bank", MFD_CLOEXEC);
    assert_int_not_equal(fd, -1);
    assert_int_equal(screen_bank_write_fd(b, fd, "bank", &origin, &err),
                     SCREEN_OK);
    screen_bank_builder_destroy(b);

    assert_int_equal(fstat(fd, &st), 0);
    f.size = (size_t) st.st_size;
    f.file = malloc(f.size);
    assert_non_null(f.file);
    assert_int_equal(pread(fd, f.file, f.size, 0), st.st_size);

    assert_int_equal(screen_bank_open_fd(&f.bank, fd, "bank", &err),
                     SCREEN_OK);
    close(fd);

    return f;
}


static void
release(fixture_t *f)
{
    screen_bank_close(&f->bank);
    free(f->codes);
    free(f->file);
}


/* the distance of the nearest that has not expired, or 257 */

static unsigned
nearest_of(const fixture_t *f, const u_char *value)
{
    size_t    i;
    unsigned  d, nearest;

    nearest = 257;

    for (i = 0; i < f->n; i++) {
        if (i % 4 != 0) {
            d = screen_near_distance(value, f->codes + i * SCREEN_NEAR_LEN);
            nearest = d < nearest ? d : nearest;
        }
    }

    return nearest;
}


static void
query_of(const fixture_t *f, u_char *value, unsigned i, uint64_t *state)
{
    if (i % 5 == 4) {
        near_random_code(value, state);
        return;
    }

    memcpy(value, f->codes + near_random(state) % f->n * SCREEN_NEAR_LEN,
           SCREEN_NEAR_LEN);
    near_change(value, i % 36, state);
}


static void
assert_nearest(size_t n, unsigned indexed)
{
    int                 rc;
    u_char              value[32];
    uint64_t            seed;
    unsigned            i, d, distance;
    fixture_t           f;
    screen_entry_t      entry;
    screen_bank_near_t  near;

    seed = n;
    f = bank_of(n, n);

    assert_int_equal(f.bank.near[SCREEN_SIGNAL_PDQ].bands != 0, indexed);

    for (i = 0; i < 300; i++) {
        query_of(&f, value, i, &seed);
        d = nearest_of(&f, value);

        rc = screen_bank_near(&f.bank, SCREEN_SIGNAL_PDQ, value, 31, NOW,
                              &entry, &distance);

        if (d > 31) {
            assert_int_equal(rc, SCREEN_NOT_FOUND);
            continue;
        }

        assert_int_equal(rc, SCREEN_OK);
        assert_int_equal(distance, d);
        assert_int_equal(entry.signal, SCREEN_SIGNAL_PDQ);
        assert_int_equal(screen_near_distance(value, entry.value), d);
        assert_true(entry.expires == 0 || entry.expires > NOW);
        assert_true(screen_str_is(&entry.label, "odd")
                    || screen_str_is(&entry.label, "even"));

        /* and what is near enough ends it */

        screen_bank_near_begin(&near, &f.bank, SCREEN_SIGNAL_PDQ, value, 31,
                               20, NOW);

        do {
            rc = screen_bank_near_next(&near, 300, &entry, &distance);
        } while (rc == SCREEN_AGAIN);

        assert_int_equal(rc, SCREEN_OK);
        assert_true(distance == d || distance <= 20);
    }

    release(&f);
}


static void
the_nearest_entry_is_found_by_the_index(void **state)
{
    assert_nearest(8000, 1);
}


static void
the_nearest_entry_is_found_in_a_small_bank(void **state)
{
    assert_nearest(500, 0);
    assert_nearest(3, 0);
}


typedef struct {
    const fixture_t  *f;
    const u_char     *value;
    u_char           *seen;
    unsigned          visits;
} each_t;


static int
see(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    each_t        *e;
    const u_char  *found;

    e = ctx;

    found = bsearch(entry->value, e->f->codes, e->f->n, SCREEN_NEAR_LEN,
                    near_compare);
    assert_non_null(found);
    assert_int_equal(distance, screen_near_distance(e->value, found));

    e->seen[(size_t) (found - e->f->codes) / SCREEN_NEAR_LEN]++;
    e->visits++;

    return SCREEN_OK;
}


static void
each_entry_within_the_radius_that_has_not_expired_is_visited(void **state)
{
    int                 rc;
    u_char              value[32];
    size_t              j;
    each_t              e;
    uint64_t            seed;
    unsigned            i, steps, visits;
    fixture_t           f;
    screen_bank_near_t  near;

    seed = 1;
    visits = 0;
    f = bank_of(5000, 7);

    e.f = &f;
    e.value = value;
    e.seen = malloc(f.n);
    assert_non_null(e.seen);

    for (i = 0; i < 100; i++) {
        query_of(&f, value, i, &seed);
        memset(e.seen, 0, f.n);
        e.visits = 0;
        steps = 0;

        screen_bank_near_begin(&near, &f.bank, SCREEN_SIGNAL_PDQ, value, 36,
                               0, NOW);

        do {
            rc = screen_bank_near_each(&near, 500, see, &e);
            steps++;
        } while (rc == SCREEN_AGAIN);

        assert_int_equal(rc, SCREEN_OK);
        assert_true(steps > 1);

        for (j = 0; j < f.n; j++) {
            assert_int_equal(e.seen[j], j % 4 != 0
                             && screen_near_distance(value, f.codes
                                                     + j * SCREEN_NEAR_LEN)
                                <= 36);
        }

        visits += e.visits;
    }

    assert_true(visits > 100);

    free(e.seen);
    release(&f);
}


static void
a_bank_without_pdq_has_nothing_near(void **state)
{
    int                     fd;
    u_char                  value[32];
    uint64_t                seed;
    unsigned                distance;
    screen_bank_t           bank;
    screen_entry_t          entry;
    screen_error_t          err;
    screen_bank_origin_t    origin;
    screen_bank_builder_t  *b;

    seed = 1;
    memset(&origin, 0, sizeof(screen_bank_origin_t));
    near_random_code(value, &seed);

    b = screen_bank_builder_create();
    assert_non_null(b);

    fd = memfd_create("bank", MFD_CLOEXEC);
    assert_int_equal(screen_bank_write_fd(b, fd, "bank", &origin, &err),
                     SCREEN_OK);
    screen_bank_builder_destroy(b);

    assert_int_equal(screen_bank_open_fd(&bank, fd, "bank", &err),
                     SCREEN_OK);
    close(fd);

    assert_int_equal(screen_bank_near(&bank, SCREEN_SIGNAL_PDQ, value, 256, NOW,
                                      &entry, &distance), SCREEN_NOT_FOUND);
    screen_bank_close(&bank);
}


/* damage anywhere is an error or an answer, and what is answered is near */

static void
no_damage_crashes_a_search(void **state)
{
    u_char          value[32], *copy;
    size_t          at, opened;
    uint64_t        seed;
    uint32_t        crc;
    unsigned        i, j, distance;
    fixture_t       f;
    screen_bank_t   bank;
    screen_entry_t  entry;
    screen_error_t  err;

    seed = 3;
    opened = 0;
    f = bank_of(3500, 8);

    copy = malloc(f.size);
    assert_non_null(copy);

    for (i = 0; i < 400; i++) {
        memcpy(copy, f.file, f.size);

        for (j = 0; j < 1u << i % 15; j++) {
            at = near_random(&seed) % (i % 4 ? f.size : 1024);
            copy[at] ^= (u_char) (1u << near_random(&seed) % 8);
        }

        at = screen_bank_get_u32(copy + 12);

        if (at <= f.size) {
            crc = htole32(screen_bank_crc(copy, at));
            memcpy(copy + SCREEN_BANK_CRC_AT, &crc, sizeof(uint32_t));
        }

        if (screen_bank_attach(&bank, copy, f.size, "bank", &err)
            != SCREEN_OK)
        {
            continue;
        }

        opened++;
        query_of(&f, value, i, &seed);

        if (screen_bank_near(&bank, SCREEN_SIGNAL_PDQ, value, 31, NOW, &entry,
                             &distance)
            == SCREEN_OK)
        {
            assert_int_equal(screen_near_distance(value, entry.value),
                             distance);
            assert_in_range(distance, 0, 31);
        }
    }

    assert_true(opened > 100);

    free(copy);
    release(&f);
}


static void
an_index_of_another_size_is_an_error(void **state)
{
    u_char          *row;
    uint32_t         i, rows, crc;
    uint64_t         size;
    fixture_t        f;
    screen_bank_t    bank;
    screen_error_t   err;

    f = bank_of(3500, 9);
    rows = screen_bank_get_u32(f.file + 20);

    for (i = 0; i < rows; i++) {
        row = f.file + SCREEN_BANK_HEADER + i * SCREEN_BANK_ROW;

        if (screen_bank_get_u32(row) == SCREEN_BANK_NEAR) {
            size = htole64(screen_bank_get_u64(row + 16) - 128);
            memcpy(row + 16, &size, sizeof(uint64_t));
        }
    }

    crc = htole32(screen_bank_crc(f.file, screen_bank_get_u32(f.file + 12)));
    memcpy(f.file + SCREEN_BANK_CRC_AT, &crc, sizeof(uint32_t));

    assert_int_equal(screen_bank_attach(&bank, f.file, f.size, "x", &err),
                     SCREEN_ERROR);
    assert_string_equal(err.text, "is damaged: a section does not fit; "
                                  "build it again");
    release(&f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(the_nearest_entry_is_found_by_the_index),
        cmocka_unit_test(the_nearest_entry_is_found_in_a_small_bank),
        cmocka_unit_test(
            each_entry_within_the_radius_that_has_not_expired_is_visited),
        cmocka_unit_test(a_bank_without_pdq_has_nothing_near),
        cmocka_unit_test(no_damage_crashes_a_search),
        cmocka_unit_test(an_index_of_another_size_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
