
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "screen_sniff.h"
#include "screen_upload.h"


#define H  SCREEN_MISMATCH_HEADER
#define E  SCREEN_MISMATCH_EXTENSION

#define DOCX                                                                  \
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#define DOCM  "application/vnd.ms-word.document.macroenabled.12"


typedef struct {
    const char   *type;
    const char   *declared;
    const char   *filename;
    unsigned      mask;
} claim_t;


static unsigned
mismatch(const char *type, const char *declared, const char *filename)
{
    screen_str_t  d, f;

    d.data = (const u_char *) declared;
    d.len = strlen(declared);
    f.data = (const u_char *) filename;
    f.len = strlen(filename);

    return screen_sniff_mismatch(type, &d, &f);
}


static void
assert_claims(const claim_t *claim, size_t n)
{
    size_t    i;
    unsigned  mask;

    for (i = 0; i < n; i++) {
        mask = mismatch(claim[i].type, claim[i].declared, claim[i].filename);

        if (mask != claim[i].mask) {
            print_message("%s as \"%s\", \"%s\"\n", claim[i].type,
                          claim[i].declared, claim[i].filename);
        }

        assert_int_equal(mask, claim[i].mask);
    }
}

#define assert_all(table)                                                     \
    assert_claims(table, sizeof(table) / sizeof(table[0]))


static void
what_honest_clients_send_agrees(void **state)
{
    static const claim_t  table[] = {
        { "image/jpeg", "image/jpeg", "a.jpg", 0 },
        { "image/jpeg", "image/jpg", "a.JPEG", 0 },
        { "image/jpeg", "image/pjpeg", "a.jfif", 0 },
        { "image/webp", "image/jpeg", "saved from the web.jpg", 0 },
        { "image/heic", "image/jpeg", "IMG_0001.jpg", 0 },
        { "image/png", "image/x-png", "favicon.ico", 0 },
        { "audio/mpeg", "audio/mp3", "a.mp3", 0 },
        { "application/octet-stream", "audio/mpeg", "no frame yet.mp3", 0 },
        { "video/quicktime", "video/mp4", "a.mp4", 0 },
        { "video/mp4", "video/quicktime", "a.MOV", 0 },
        { "video/mp4", "video/3gpp", "a.3gp", 0 },
        { "video/x-matroska", "video/webm", "a.webm", 0 },
        { "application/ogg", "audio/ogg; codecs=opus", "a.opus", 0 },
        { "application/zip", "application/x-zip-compressed", "a.zip", 0 },
        { "application/x-rar-compressed", "application/zip", "a.zip", 0 },
        { "application/java-archive", "application/zip", "a.zip", 0 },
        { "application/zip", DOCX, "a.docx", 0 },
        { "application/x-ole-storage", DOCX, "with a password.docx", 0 },
        { DOCM, DOCM, "a.docm", 0 },
        { DOCM, "application/vnd.ms-word.document.macroEnabled.12",
          "a.docm", 0 },
        { "text/rtf", "application/msword", "a.doc", 0 },
        { "text/html", "application/vnd.ms-excel", "report.xls", 0 },
        { "text/plain", "application/vnd.ms-excel", "table.csv", 0 },
        { "text/plain", "application/json", "a.json", 0 },
        { "text/xml", "application/xml", "a.xml", 0 },
        { "text/plain", "text/xml", "with a mark.xml", 0 },
        { "application/x-gzip", "image/svg+xml", "a.svgz", 0 },
        { "image/svg+xml", "image/svg+xml", "a.svg", 0 },
        { "text/html", "text/markdown", "README.md", 0 },
        { "text/html", "text/plain; charset=UTF-8", "", 0 },
        { "text/plain", "video/mp2t", "types.ts", 0 },
        { "text/xml", "video/mp2t", "translation.ts", 0 },
        { "text/plain", "text/javascript", "a.js", 0 },
        { "application/javascript", "text/javascript", "cli.mjs", 0 },
        { "text/x-php", "application/x-php", "a.php", 0 },
        { "text/x-shellscript", "application/x-sh", "a.sh", 0 },
        { "application/x-executable", "", "a.cgi", 0 },
        { "application/x-gzip", "application/pdf", "manual.pdf.gz", 0 },
        { "application/x-dosexec", "application/x-msdownload", "a.exe", 0 },
        { "application/x-msi", "application/x-msi", "a.msi", 0 },
        { "application/x-dosexec", "application/x-iso9660-image", "a.iso",
          0 },
        { "application/octet-stream", "text/plain", "in a rare code.txt", 0 },
        { "text/plain", "image/x-xpixmap", "a.xpm", 0 },
        { "text/plain", "audio/x-mpegurl", "a.m3u", 0 }
    };

    assert_all(table);
}


static void
disguised_programs_scripts_and_markup_are_seen(void **state)
{
    static const claim_t  table[] = {
        { "application/x-dosexec", "image/png", "a.png", H|E },
        { "application/x-pie-executable", "application/pdf", "a.pdf", H|E },
        { "application/x-dosexec", "application/zip", "a.zip", H|E },
        { "application/x-ms-shortcut", DOCX, "a.docx", H|E },
        { "application/x-msi", "", "a.doc", E },
        { "application/x-dosexec", "text/plain", "a.txt", H|E },
        { "text/x-php", "image/jpeg", "a.jpg", H|E },
        { "text/x-php", "text/plain", "a.txt", E },
        { "text/html", "image/gif", "a.gif", H|E },
        { "text/html", "text/plain", "a.txt", E },
        { "text/html", "application/json", "a.json", H|E },
        { "image/svg+xml", "image/png", "a.png", H|E },
        { "image/svg+xml", "text/csv", "a.csv", H|E },
        { "text/x-shellscript", "video/mp4", "a.mp4", H|E },
        { "text/x-shellscript", "audio/x-whatever", "", H },
        { "application/java-archive", "image/x-unheard-of", "", H },
        { "application/java-archive", DOCX, "a.docx", H|E },
        { DOCM, DOCX, "a.docx", H|E }
    };

    assert_all(table);
}


static void
one_kind_of_media_under_the_label_of_another_is_seen(void **state)
{
    static const claim_t  table[] = {
        { "video/mp4", "image/gif", "a.gif", H|E },
        { "image/jpeg", "video/mp4", "a.mp4", H|E },
        { "application/pdf", "image/jpeg", "a.jpg", H|E },
        { "image/jpeg", "application/pdf", "a.pdf", H|E },
        { "application/zip", "image/png", "a.png", H|E },
        { "image/png", "application/zip", "a.zip", H|E },
        { "application/zip", "font/woff2", "a.woff2", H|E },
        { "image/jpeg", "image/jpeg", "a.php", E },
        { "image/jpeg", "image/jpeg", "a.PHTML", E },
        { "image/jpeg", "text/html", "a.jpg", H },
        { "application/zip", "text/plain", "a.csv", H|E },
        { "application/vnd.sqlite3", "image/png", "", H }
    };

    assert_all(table);
}


static void
a_format_that_has_a_signature_must_show_it(void **state)
{
    size_t    i;
    unsigned  j;

    static const char  *types[] = {
        "application/octet-stream", "text/plain"
    };

    static const char  *names[] = {
        "a.jpg", "a.png", "a.gif", "a.webp", "a.heic", "a.pdf", "a.zip",
        "a.docx", "a.odt", "a.7z", "a.gz", "a.woff2", "a.mp4", "a.wasm"
    };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        for (j = 0; j < 2; j++) {
            assert_int_equal(mismatch(types[j], "", names[i]), E);
        }
    }

    assert_int_equal(mismatch("text/plain", "image/jpeg", ""), H);
    assert_int_equal(mismatch("text/plain", "application/zip", ""), H);

    /* those that have none in every file need not */

    assert_int_equal(mismatch("application/octet-stream", "", "a.tar"), 0);
    assert_int_equal(mismatch("application/octet-stream", "", "a.mp3"), 0);
    assert_int_equal(mismatch("application/octet-stream", "", "a.doc"), 0);
}


static void
a_label_that_promises_nothing_is_never_contradicted(void **state)
{
    size_t  i;

    static const char  *labels[] = {
        "", "application/octet-stream", "binary/octet-stream",
        "application/x-www-form-urlencoded", "application/unheard-of",
        "nonsense", ";", " ", "*/*"
    };

    static const char  *names[] = {
        "", "noextension", "a.", "a.unheardof", ".", "..", "a.png/b",
        "a.png\\b", "a.dat", "a.bin", "a.jpg.part"
    };

    for (i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        assert_int_equal(mismatch("application/x-dosexec", labels[i], ""), 0);
    }

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(mismatch("application/x-dosexec", "", names[i]), 0);
    }
}


static void
nothing_and_the_unheard_of_contradict_no_label(void **state)
{
    assert_int_equal(mismatch("inode/x-empty", "image/png", "a.png"), 0);
    assert_int_equal(mismatch("x-new/type", "image/png", "a.png"), 0);
    assert_int_equal(mismatch("", "image/png", "a.png"), 0);
}


static void
labels_are_read_without_case_space_and_parameters(void **state)
{
    static const claim_t  table[] = {
        { "text/html", " Image/JPEG ; q=1", "", H },
        { "text/html", "image/jpeg;", "", H },
        { "text/html", "IMAGE/X-ANYTHING", "", H },
        { "text/html", "image/jpegs", "", H },
        { "text/html", "application/pdfs", "", 0 },
        { "text/html", "application/pd", "", 0 },
        { "text/html", "", "dir.png/photo.JpG", E },
        { "text/html", "", "photo.jpg. .", E },
        { "text/html", "", ".png", E },
        { "text/html", "", "a.pn", 0 },
        { "text/html", "", "a.png gif", 0 }
    };

    assert_all(table);
}


/*
 * A type that screen_sniff learns has to be learned here too.  No kind is
 * accepted by both of these labels.
 */

static void
every_type_that_is_told_is_known_to_be_of_some_kind(void **state)
{
    size_t  i;

    static const char  *types[] = {
        "application/epub+zip", "application/java-archive",
        "application/java-vm", "application/javascript",
        "application/msword", "application/octet-stream",
        "application/ogg", "application/pdf", "application/postscript",
        "application/vnd.android.package-archive",
        "application/vnd.debian.binary-package",
        "application/vnd.ms-cab-compressed", "application/vnd.ms-excel",
        "application/vnd.ms-excel.sheet.binary.macroenabled.12",
        "application/vnd.ms-excel.sheet.macroenabled.12",
        "application/vnd.ms-fontobject", "application/vnd.ms-htmlhelp",
        "application/vnd.ms-outlook", "application/vnd.ms-powerpoint",
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
        "application/vnd.ms-visio.drawing", DOCM, DOCX,
        "application/vnd.oasis.opendocument.text",
        "application/vnd.sqlite3", "application/vnd.sun.xml.writer",
        "application/vnd.visio", "application/wasm",
        "application/x-7z-compressed", "application/x-archive",
        "application/x-bzip2", "application/x-compress",
        "application/x-coredump", "application/x-cpio",
        "application/x-dex", "application/x-dosexec",
        "application/x-executable", "application/x-gzip",
        "application/x-iso9660-image", "application/x-lz4",
        "application/x-lzh-compressed", "application/x-lzip",
        "application/x-lzma", "application/x-mach-binary",
        "application/x-ms-shortcut", "application/x-msi",
        "application/x-object", "application/x-ole-storage",
        "application/x-pie-executable", "application/x-rar-compressed",
        "application/x-rpm", "application/x-sharedlib",
        "application/x-shockwave-flash", "application/x-tar",
        "application/x-xar", "application/x-xz", "application/zip",
        "application/zstd", "audio/mpeg", "font/ttf", "image/jpeg",
        "image/openraster", "image/svg+xml", "image/x-eps", "text/html",
        "text/plain", "text/rtf", "text/x-msdos-batch", "text/x-php",
        "text/x-script.python", "text/x-shellscript", "text/xml", "video/mp4"
    };

    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {

        if (mismatch(types[i], "application/wasm", "a.pdf") == 0) {
            fail_msg("%s is of no kind", types[i]);
        }
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_honest_clients_send_agrees),
        cmocka_unit_test(disguised_programs_scripts_and_markup_are_seen),
        cmocka_unit_test(one_kind_of_media_under_the_label_of_another_is_seen),
        cmocka_unit_test(a_format_that_has_a_signature_must_show_it),
        cmocka_unit_test(a_label_that_promises_nothing_is_never_contradicted),
        cmocka_unit_test(nothing_and_the_unheard_of_contradict_no_label),
        cmocka_unit_test(labels_are_read_without_case_space_and_parameters),
        cmocka_unit_test(every_type_that_is_told_is_known_to_be_of_some_kind)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
