
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "sniff_content.h"


/* a ZIP of stored members with that content; names end with NULL */

static void
zip(content_t *c, const char **names, const char *content)
{
    size_t  i, n, directory, offsets[16];

    c->len = 0;

    for (i = 0; names[i]; i++) {
        offsets[i] = c->len;

        put(c, "PK\003\004\024\0\0\0\0\0\0\0\0\0\0\0\0\0", 18);
        put_le(c, strlen(content), 4);
        put_le(c, strlen(content), 4);
        put_le(c, strlen(names[i]), 2);
        put_le(c, 0, 2);
        put(c, names[i], strlen(names[i]));
        put(c, content, strlen(content));
    }

    directory = c->len;
    n = i;

    for (i = 0; i < n; i++) {
        put(c, "PK\001\002\024\0\024\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
        put_le(c, strlen(content), 4);
        put_le(c, strlen(content), 4);
        put_le(c, strlen(names[i]), 2);
        put(c, "\0\0\0\0\0\0\0\0\0\0\0\0", 12);
        put_le(c, offsets[i], 4);
        put(c, names[i], strlen(names[i]));
    }

    n = c->len - directory;

    put(c, "PK\005\006\0\0\0\0", 8);
    put_le(c, i, 2);
    put_le(c, i, 2);
    put_le(c, n, 4);
    put_le(c, directory, 4);
    put_le(c, 0, 2);
}


static void
a_zip_is_told_by_its_members(void **state)
{
    size_t     i;
    content_t  c;

    static const struct {
        const char  *names[6];
        const char  *type;
    } table[] = {
        { { "a.txt", "b/c.txt" }, "application/zip" },
        { { "[Content_Types].xml", "_rels/.rels", "word/document.xml" },
          "application/vnd.openxmlformats-officedocument"
          ".wordprocessingml.document" },
        { { "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml" },
          "application/vnd.openxmlformats-officedocument"
          ".spreadsheetml.sheet" },
        { { "ppt/presentation.xml", "[Content_Types].xml" },
          "application/vnd.openxmlformats-officedocument"
          ".presentationml.presentation" },
        { { "[Content_Types].xml", "word/document.xml",
            "word/vbaProject.bin" },
          "application/vnd.ms-word.document.macroenabled.12" },
        { { "[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin" },
          "application/vnd.ms-excel.sheet.macroenabled.12" },
        { { "[Content_Types].xml", "xl/workbook.bin" },
          "application/vnd.ms-excel.sheet.binary.macroenabled.12" },
        { { "[Content_Types].xml", "ppt/a.xml", "ppt/vbaProject.bin" },
          "application/vnd.ms-powerpoint.presentation.macroenabled.12" },
        { { "[Content_Types].xml", "visio/document.xml" },
          "application/vnd.ms-visio.drawing" },
        { { "word/list.txt", "xl/list.txt" }, "application/zip" },
        { { "META-INF/MANIFEST.MF", "A.class" }, "application/java-archive" },
        { { "META-INF/MANIFEST.MF", "AndroidManifest.xml" },
          "application/vnd.android.package-archive" }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        zip(&c, (const char **) table[i].names, "content");
        assert_type(c.data, c.len, table[i].type);

        /* without the end of its directory, by the local headers */

        assert_type(c.data, c.len - 22, table[i].type);
    }
}


static void
a_zip_whose_first_member_is_its_type_is_of_that_type(void **state)
{
    size_t       i;
    content_t    c;
    const char  *names[] = { "mimetype", "META-INF/container.xml", NULL };

    static const char  *types[] = {
        "application/epub+zip",
        "application/vnd.oasis.opendocument.text",
        "application/vnd.oasis.opendocument.text-template",
        "application/vnd.oasis.opendocument.spreadsheet",
        "application/vnd.oasis.opendocument.presentation",
        "application/vnd.oasis.opendocument.graphics"
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        zip(&c, names, types[i]);
        assert_type(c.data, c.len, types[i]);
    }

    zip(&c, names, "application/epub+zipped");
    assert_type(c.data, c.len, "application/zip");

    /* compressed, its bytes are not what they seem */

    zip(&c, names, "application/epub+zip");
    set_le(&c, 8, 8, 2);
    assert_type(c.data, c.len, "application/zip");
}


static void
the_directory_of_a_zip_is_found_before_a_comment_and_after_a_shift(
    void **state)
{
    char         content[8001];
    content_t    c, moved;
    const char  *names[] = { "META-INF/MANIFEST.MF", NULL };

    memset(content, 'x', 8000);
    content[8000] = '\0';

    zip(&c, names, content);
    set_le(&c, c.len - 2, 60000, 2);
    memset(c.data + c.len, ' ', 60000);
    c.len += 60000;
    c.data[30] = 'm';               /* only the directory tells */
    assert_type(c.data, c.len, "application/java-archive");

    /* four bytes more ahead than the offsets in it say */

    zip(&c, names, "x");
    moved.len = 0;
    put(&moved, "PK\007\010", 4);
    put(&moved, c.data, c.len);
    moved.data[34] = 'm';
    assert_type(moved.data, moved.len, "application/java-archive");
}


static void
the_directory_of_a_zip64_is_found(void **state)
{
    size_t       size, directory, end;
    content_t    c;
    const char  *names[] = { "META-INF/MANIFEST.MF", NULL };

    zip(&c, names, "x");
    set_le(&c, 4 + 2, 8, 2);
    c.data[30] = 'm';               /* only the directory tells */

    c.len -= 22;
    directory = 30 + strlen(names[0]) + 1;
    size = c.len - directory;
    end = c.len;

    put(&c, "PK\006\006", 4);
    put_le(&c, 44, 8);
    put(&c, "\055\0\055\0\0\0\0\0\0\0\0\0", 12);
    put_le(&c, 1, 8);
    put_le(&c, 1, 8);
    put_le(&c, size, 8);
    put_le(&c, directory, 8);
    put(&c, "PK\006\007\0\0\0\0", 8);
    put_le(&c, end, 8);
    put_le(&c, 1, 4);
    put(&c, "PK\005\006\0\0\0\0\xff\xff\xff\xff", 12);
    put_le(&c, 0xffffffff, 4);
    put_le(&c, 0xffffffff, 4);
    put_le(&c, 0, 2);

    assert_type(c.data, c.len, "application/java-archive");
}


static void
a_zip_with_lying_sizes_is_still_a_zip(void **state)
{
    size_t       i;
    content_t    c;
    const char  *names[] = { "META-INF/MANIFEST.MF", NULL };

    zip(&c, names, "x");

    for (i = 4; i < c.len; i++) {
        zip(&c, names, "x");
        set_le(&c, i, 0xffffffff, c.len - i < 4 ? c.len - i : 4);
        assert_memory_equal(screen_sniff(c.data, c.len), "application/", 12);
    }

    for (i = 4; i < c.len; i++) {
        zip(&c, names, "x");
        assert_memory_equal(screen_sniff(c.data, i), "application/", 12);
    }
}


/* an OLE2 file: the header, a FAT sector, a directory of two sectors */

static void
ole(content_t *c, const char *name)
{
    size_t  i, entry;

    zeroes(c, 512 * 5);
    memcpy(c->data, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 8);
    set_le(c, 30, 9, 2);
    set_le(c, 48, 1, 4);
    memset(c->data + 76, 0xff, 436);
    set_le(c, 76, 0, 4);

    memset(c->data + 512, 0xff, 512);
    set_le(c, 512 + 4, 3, 4);

    entry = 512 * 4 + 128;

    for (i = 0; name[i]; i++) {
        c->data[entry + 2 * i] = name[i];
    }

    set_le(c, entry + 64, 2 * (i + 1), 2);
    c->data[512 * 2 + 66] = 5;
}


static void
old_office_files_are_told_by_their_streams(void **state)
{
    size_t     i;
    content_t  c;

    static const char  *table[][2] = {
        { "WordDocument", "application/msword" },
        { "Workbook", "application/vnd.ms-excel" },
        { "Book", "application/vnd.ms-excel" },
        { "PowerPoint Document", "application/vnd.ms-powerpoint" },
        { "VisioDocument", "application/vnd.visio" },
        { "__properties_version1.0", "application/vnd.ms-outlook" },
        { "Workbooks", "application/x-ole-storage" },
        { "EncryptedPackage", "application/x-ole-storage" }
    };

    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        ole(&c, table[i][0]);
        assert_type(c.data, c.len, table[i][1]);
    }

    ole(&c, "x");
    memcpy(c.data + 512 * 2 + 80,
           "\x84\x10\x0c\0\0\0\0\0\xc0\0\0\0\0\0\0\x46", 16);
    assert_type(c.data, c.len, "application/x-msi");
}


static void
a_broken_ole_file_ends_the_look(void **state)
{
    size_t     i;
    content_t  c;

    /* a directory that follows itself, a FAT that is not there */

    ole(&c, "x");
    set_le(&c, 512 + 4, 1, 4);
    assert_type(c.data, c.len, "application/x-ole-storage");

    ole(&c, "x");
    set_le(&c, 76, 0xfffffff0, 4);
    assert_type(c.data, c.len, "application/x-ole-storage");

    ole(&c, "x");
    set_le(&c, 30, 200, 2);
    assert_type(c.data, c.len, "application/x-ole-storage");

    ole(&c, "WordDocument");

    for (i = 8; i < 512 * 5; i += 100) {
        assert_type(c.data, i, "application/x-ole-storage");
    }
}


static void
the_first_bytes_win_over_an_archive_at_the_end(void **state)
{
    content_t    c, both;
    const char  *names[] = { "META-INF/MANIFEST.MF", NULL };

    zip(&c, names, "x");

    both.len = 0;
    put(&both, "\xff\xd8\xff\xe0\0\x10JFIF\0", 11);
    put(&both, c.data, c.len);
    assert_type(both.data, both.len, "image/jpeg");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_zip_is_told_by_its_members),
        cmocka_unit_test(a_zip_whose_first_member_is_its_type_is_of_that_type),
        cmocka_unit_test(
            the_directory_of_a_zip_is_found_before_a_comment_and_after_a_shift
        ),
        cmocka_unit_test(the_directory_of_a_zip64_is_found),
        cmocka_unit_test(a_zip_with_lying_sizes_is_still_a_zip),
        cmocka_unit_test(old_office_files_are_told_by_their_streams),
        cmocka_unit_test(a_broken_ole_file_ends_the_look),
        cmocka_unit_test(the_first_bytes_win_over_an_archive_at_the_end)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
