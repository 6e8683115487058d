
#include "screen_sniff_impl.h"


/*
 * APPNOTE.TXT 6.3: local headers (4.3.7), the central directory (4.3.12) and
 * its end record (4.3.16), which is looked for where it can be: within the
 * longest comment from the end.
 */

#define SCREEN_ZIP_LOCAL        30
#define SCREEN_ZIP_CENTRAL      46
#define SCREEN_ZIP_END          22
#define SCREEN_ZIP_END64        56
#define SCREEN_ZIP_LOCATOR      20
#define SCREEN_ZIP_COMMENT      65535
#define SCREEN_ZIP_ENTRIES      4096

#define SCREEN_ZIP_STREAMED     0x08       /* sizes come after the data */


/* what the names of the members say */

#define SCREEN_ZIP_CONTENT      0x0001     /* an OPC package */
#define SCREEN_ZIP_WORD         0x0002
#define SCREEN_ZIP_EXCEL        0x0004
#define SCREEN_ZIP_POINT        0x0008
#define SCREEN_ZIP_VISIO        0x0010
#define SCREEN_ZIP_MACROS       0x0020
#define SCREEN_ZIP_BINARY       0x0040     /* a workbook in binary */
#define SCREEN_ZIP_MANIFEST     0x0080
#define SCREEN_ZIP_ANDROID      0x0100


typedef struct {
    const char   *name;
    unsigned      prefix:1;
    unsigned      facts;
} screen_zip_name_t;


static const char *screen_zip_mimetype(const u_char *data, size_t len);
static int screen_zip_directory(const u_char *data, size_t len, size_t *at);
static int screen_zip_end(const u_char *data, size_t len, size_t end,
    size_t *at);
static unsigned screen_zip_central(const u_char *data, size_t len,
    size_t at);
static unsigned screen_zip_locals(const u_char *data, size_t len);
static unsigned screen_zip_facts(const u_char *name, size_t len);
static const char *screen_zip_type(unsigned facts);


static const screen_zip_name_t  screen_zip_names[] = {
    { "[Content_Types].xml",  0, SCREEN_ZIP_CONTENT },
    { "word/vbaProject.bin",  0, SCREEN_ZIP_MACROS },
    { "xl/vbaProject.bin",    0, SCREEN_ZIP_MACROS },
    { "ppt/vbaProject.bin",   0, SCREEN_ZIP_MACROS },
    { "xl/workbook.bin",      0, SCREEN_ZIP_BINARY },
    { "word/",                1, SCREEN_ZIP_WORD },
    { "xl/",                  1, SCREEN_ZIP_EXCEL },
    { "ppt/",                 1, SCREEN_ZIP_POINT },
    { "visio/",               1, SCREEN_ZIP_VISIO },
    { "META-INF/MANIFEST.MF", 0, SCREEN_ZIP_MANIFEST },
    { "AndroidManifest.xml",  0, SCREEN_ZIP_ANDROID }
};


/* formats whose first member, stored, is their own media type */

static const char  *screen_zip_mimetypes[] = {
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.text-template",
    "application/vnd.oasis.opendocument.text-master",
    "application/vnd.oasis.opendocument.text-web",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.spreadsheet-template",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.presentation-template",
    "application/vnd.oasis.opendocument.graphics",
    "application/vnd.oasis.opendocument.graphics-template",
    "application/vnd.oasis.opendocument.chart",
    "application/vnd.oasis.opendocument.formula",
    "application/vnd.oasis.opendocument.image",
    "application/vnd.oasis.opendocument.base",
    "application/vnd.sun.xml.writer",
    "application/vnd.sun.xml.calc",
    "application/vnd.sun.xml.impress",
    "application/vnd.sun.xml.draw",
    "image/openraster"
};


const char *
screen_sniff_zip(const u_char *data, size_t len)
{
    size_t       at;
    unsigned     facts;
    const char  *type;

    if (!screen_sniff_at(data, len, 0, "PK\003\004")
        && !screen_sniff_at(data, len, 0, "PK\005\006")
        && !screen_sniff_at(data, len, 0, "PK\007\010PK\003\004")
        && !screen_sniff_at(data, len, 0, "PK00PK\003\004"))
    {
        return NULL;
    }

    type = screen_zip_mimetype(data, len);

    if (type != NULL) {
        return type;
    }

    /*
     * The directory is what everyone unpacks by; a file that was cut short
     * has none, and its local headers still tell.
     */

    facts = 0;

    if (screen_zip_directory(data, len, &at)) {
        facts = screen_zip_central(data, len, at);
    }

    if (facts == 0) {
        facts = screen_zip_locals(data, len);
    }

    return screen_zip_type(facts);
}


static const char *
screen_zip_mimetype(const u_char *data, size_t len)
{
    size_t       i, at, size, left;
    const char  *type;

    if (len < SCREEN_ZIP_LOCAL
        || screen_sniff_le16(data + 8) != 0
        || screen_sniff_le16(data + 26) != 8
        || !screen_sniff_at(data, len, SCREEN_ZIP_LOCAL, "mimetype"))
    {
        return NULL;
    }

    at = SCREEN_ZIP_LOCAL + 8 + screen_sniff_le16(data + 28);

    if (at >= len) {
        return NULL;
    }

    left = len - at;

    for (i = 0;
         i < sizeof(screen_zip_mimetypes) / sizeof(screen_zip_mimetypes[0]);
         i++)
    {
        type = screen_zip_mimetypes[i];
        size = strlen(type);

        if (left < size || memcmp(data + at, type, size) != 0) {
            continue;
        }

        /* the next header, or white space that some writers append */

        if (left == size || data[at + size] == 'P' || data[at + size] <= ' ')
        {
            return type;
        }
    }

    return NULL;
}


static int
screen_zip_directory(const u_char *data, size_t len, size_t *at)
{
    size_t  end, last;

    if (len < SCREEN_ZIP_END) {
        return 0;
    }

    end = len - SCREEN_ZIP_END;
    last = end > SCREEN_ZIP_COMMENT ? end - SCREEN_ZIP_COMMENT : 0;

    for ( ;; ) {

        if (screen_sniff_at(data, len, end, "PK\005\006")
            && screen_zip_end(data, len, end, at))
        {
            return 1;
        }

        if (end == last) {
            return 0;
        }

        end--;
    }
}


/*
 * The directory ends where its end record starts.  Reckoned from there, the
 * offset is right even if something was put ahead of the archive.
 */

static int
screen_zip_end(const u_char *data, size_t len, size_t end, size_t *at)
{
    size_t    stop, locator;
    uint64_t  size;

    size = screen_sniff_le32(data + end + 12);
    stop = end;

    if (size == 0xffffffff && end >= SCREEN_ZIP_LOCATOR + SCREEN_ZIP_END64) {
        locator = end - SCREEN_ZIP_LOCATOR;
        stop = locator - SCREEN_ZIP_END64;

        if (!screen_sniff_at(data, len, locator, "PK\006\007")
            || !screen_sniff_at(data, len, stop, "PK\006\006"))
        {
            return 0;
        }

        size = screen_sniff_le64(data + stop + 40);
    }

    if (size > stop) {
        return 0;
    }

    *at = stop - size;

    return size == 0 || screen_sniff_at(data, len, *at, "PK\001\002");
}


static unsigned
screen_zip_central(const u_char *data, size_t len, size_t at)
{
    size_t         name, tail;
    unsigned       i, facts;
    const u_char  *p;

    facts = 0;

    for (i = 0; i < SCREEN_ZIP_ENTRIES; i++) {

        if (!screen_sniff_at(data, len, at, "PK\001\002")
            || len - at < SCREEN_ZIP_CENTRAL)
        {
            break;
        }

        p = data + at;
        name = screen_sniff_le16(p + 28);
        tail = (size_t) screen_sniff_le16(p + 30) + screen_sniff_le16(p + 32);

        at += SCREEN_ZIP_CENTRAL;

        if (name > len - at) {
            break;
        }

        facts |= screen_zip_facts(data + at, name);

        if (tail > len - at - name) {
            break;
        }

        at += name + tail;
    }

    return facts;
}


static unsigned
screen_zip_locals(const u_char *data, size_t len)
{
    size_t         at, name, tail;
    unsigned       i, facts;
    const u_char  *p;

    facts = 0;
    at = screen_sniff_at(data, len, 4, "PK\003\004") ? 4 : 0;

    for (i = 0; i < SCREEN_ZIP_ENTRIES; i++) {

        if (!screen_sniff_at(data, len, at, "PK\003\004")
            || len - at < SCREEN_ZIP_LOCAL)
        {
            break;
        }

        p = data + at;
        name = screen_sniff_le16(p + 26);
        tail = (size_t) screen_sniff_le16(p + 28) + screen_sniff_le32(p + 18);

        at += SCREEN_ZIP_LOCAL;

        if (name > len - at) {
            break;
        }

        facts |= screen_zip_facts(data + at, name);

        if ((screen_sniff_le16(p + 6) & SCREEN_ZIP_STREAMED)
            || tail > len - at - name)
        {
            break;
        }

        at += name + tail;
    }

    return facts;
}


static unsigned
screen_zip_facts(const u_char *name, size_t len)
{
    size_t                    i, n;
    unsigned                  facts;
    const screen_zip_name_t  *z;

    facts = 0;

    for (i = 0; i < sizeof(screen_zip_names) / sizeof(screen_zip_names[0]);
         i++)
    {
        z = &screen_zip_names[i];
        n = strlen(z->name);

        if ((z->prefix ? len >= n : len == n)
            && memcmp(name, z->name, n) == 0)
        {
            facts |= z->facts;
        }
    }

    return facts;
}


/*
 * An Android package is a jar as well, so it is asked for first.  A folder
 * named "word" alone makes no document of an archive.
 */

static const char *
screen_zip_type(unsigned facts)
{
    unsigned  macros;

    if (facts & SCREEN_ZIP_CONTENT) {
        macros = facts & SCREEN_ZIP_MACROS;

        if (facts & SCREEN_ZIP_WORD) {
            return macros ? "application/vnd.ms-word.document.macroenabled.12"
                   : "application/vnd.openxmlformats-officedocument"
                     ".wordprocessingml.document";
        }

        if (facts & SCREEN_ZIP_POINT) {
            return macros
                   ? "application/vnd.ms-powerpoint.presentation"
                     ".macroenabled.12"
                   : "application/vnd.openxmlformats-officedocument"
                     ".presentationml.presentation";
        }

        if (facts & SCREEN_ZIP_BINARY) {
            return "application/vnd.ms-excel.sheet.binary.macroenabled.12";
        }

        if (facts & SCREEN_ZIP_EXCEL) {
            return macros ? "application/vnd.ms-excel.sheet.macroenabled.12"
                   : "application/vnd.openxmlformats-officedocument"
                     ".spreadsheetml.sheet";
        }

        if (facts & SCREEN_ZIP_VISIO) {
            return "application/vnd.ms-visio.drawing";
        }
    }

    if (facts & SCREEN_ZIP_ANDROID) {
        return "application/vnd.android.package-archive";
    }

    if (facts & SCREEN_ZIP_MANIFEST) {
        return "application/java-archive";
    }

    return "application/zip";
}
