
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/core/screen_bank_impl.h"


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
    entry.content = screen_str_of(severity % 2 ? "a video" : "another");
    entry.time = severity * 1000;
    entry.view = (uint16_t) severity;

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


/* a small bank of all signals and fields, as bytes */

static u_char *
small_bank(size_t *size)
{
    int                     fd;
    size_t                  i;
    u_char                  value[32], *data;
    unsigned                signal;
    struct stat             st;
    screen_bank_builder_t  *b;

    b = screen_bank_builder_create();

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        for (i = 0; i < 6; i++) {
            value_of(i, value, 32);
            add(b, signal, value, i % 2 ? "a" : "label", "source", i,
                i % 3 ? 0 : NOW * 2);
        }
    }

    fd = write_memory(b);
    screen_bank_builder_destroy(b);

    assert_int_equal(fstat(fd, &st), 0);
    *size = (size_t) st.st_size;

    data = malloc(*size);
    assert_non_null(data);
    assert_int_equal(pread(fd, data, *size, 0), st.st_size);
    close(fd);

    return data;
}


static int
visit_text(void *ctx, const screen_entry_t *entry)
{
    size_t  i;

    for (i = 0; i < entry->label.len; i++) {
        *(unsigned *) ctx += entry->label.data[i];
    }

    for (i = 0; i < entry->source.len; i++) {
        *(unsigned *) ctx += entry->source.data[i];
    }

    for (i = 0; i < entry->content.len; i++) {
        *(unsigned *) ctx += entry->content.data[i];
    }

    return SCREEN_OK;
}


/* everything that can be asked of a bank, in a copy that ends where it ends */

static int
ask(const u_char *data, size_t size)
{
    int              rc;
    size_t           i;
    u_char           value[32], *copy;
    unsigned         signal, sum;
    screen_bank_t    bank;
    screen_entry_t   entry;
    screen_error_t   err;

    copy = malloc(size ? size : 1);
    assert_non_null(copy);
    memcpy(copy, data, size);

    rc = screen_bank_attach(&bank, copy, size, "bank", &err);
    sum = 0;

    if (rc == SCREEN_OK) {

        for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
            for (i = 0; i < 12; i++) {
                value_of(i, value, 32);

                if (screen_bank_lookup(&bank, signal, value, NOW, &entry)
                    == SCREEN_OK)
                {
                    visit_text(&sum, &entry);
                    sum += screen_bank_frames(&bank, &entry.content);
                    (void) screen_bank_lookup_same(&bank, &entry, NOW,
                                                   &entry);
                }
            }
        }

        screen_bank_walk(&bank, visit_text, &sum);

    } else {
        assert_int_equal(rc, SCREEN_ERROR);
        assert_null(bank.map);
    }

    free(copy);

    return rc;
}


static void
repair(u_char *data, size_t size)
{
    uint32_t  crc, len;

    len = screen_bank_get_u32(data + 12);

    if (len <= size) {
        crc = htole32(screen_bank_crc(data, len));
        memcpy(data + SCREEN_BANK_CRC_AT, &crc, sizeof(uint32_t));
    }
}


static void
a_damaged_header_is_an_error(void **state)
{
    size_t   i, size, header;
    u_char  *data;

    data = small_bank(&size);
    header = screen_bank_get_u32(data + 12);

    assert_int_equal(ask(data, size), SCREEN_OK);

    for (i = 0; i < header; i++) {
        data[i] ^= 0xff;
        assert_int_equal(ask(data, size), SCREEN_ERROR);
        data[i] ^= 0xff;
    }

    free(data);
}


static void
no_damaged_byte_crashes_a_reader(void **state)
{
    size_t    i, j, size, header;
    u_char   *data, saved, crc[4];

    static const u_char  flips[] = { 0x01, 0x10, 0x80, 0xff };

    data = small_bank(&size);
    header = screen_bank_get_u32(data + 12);

    for (i = 0; i < size; i++) {
        for (j = 0; j < sizeof(flips); j++) {
            saved = data[i];
            data[i] ^= flips[j];

            (void) ask(data, size);

            /* and with a checksum that agrees with the damage */

            if (i < header) {
                memcpy(crc, data + SCREEN_BANK_CRC_AT, 4);
                repair(data, size);
                (void) ask(data, size);
                memcpy(data + SCREEN_BANK_CRC_AT, crc, 4);
            }

            data[i] = saved;
        }
    }

    assert_int_equal(ask(data, size), SCREEN_OK);

    free(data);
}


static void
a_truncated_file_is_an_error(void **state)
{
    size_t   i, size;
    u_char  *data;

    data = small_bank(&size);

    for (i = 0; i < size; i++) {
        assert_int_equal(ask(data, i), SCREEN_ERROR);
    }

    free(data);
}


/* a section of a kind that is not known yet is passed over */

static void
an_unknown_section_is_ignored(void **state)
{
    size_t           i, size;
    u_char          *data, value[32];
    uint32_t         type, nrows;
    screen_bank_t    bank;
    screen_entry_t   entry;
    screen_error_t   err;

    data = small_bank(&size);
    nrows = screen_bank_get_u32(data + 20);

    /* the pdq sections become those of another index */

    for (i = 0; i < nrows; i++) {
        u_char  *row = data + SCREEN_BANK_HEADER + i * SCREEN_BANK_ROW;

        if (row[4] == SCREEN_SIGNAL_PDQ) {
            type = htole32(1000 + (uint32_t) i);
            memcpy(row, &type, sizeof(uint32_t));
        }
    }

    repair(data, size);

    assert_int_equal(screen_bank_attach(&bank, data, size, "x", &err),
                     SCREEN_OK);

    value_of(1, value, 32);

    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_PDQ, value, 0,
                                        &entry), SCREEN_NOT_FOUND);
    assert_int_equal(screen_bank_lookup(&bank, SCREEN_SIGNAL_MD5, value, 0,
                                        &entry), SCREEN_OK);

    free(data);
}


static void
another_version_is_told_to_be_built_again(void **state)
{
    size_t           size;
    u_char          *data;
    screen_bank_t    bank;
    screen_error_t   err;

    data = small_bank(&size);
    data[8] = 1;
    repair(data, size);

    assert_int_equal(screen_bank_attach(&bank, data, size, "x", &err),
                     SCREEN_ERROR);
    assert_string_equal(err.text, "has bank format 1, expected is 3: build "
                                  "it again");

    free(data);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_damaged_header_is_an_error),
        cmocka_unit_test(no_damaged_byte_crashes_a_reader),
        cmocka_unit_test(a_truncated_file_is_an_error),
        cmocka_unit_test(an_unknown_section_is_ignored),
        cmocka_unit_test(another_version_is_told_to_be_built_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
