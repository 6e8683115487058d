
#include "screen_sniff_impl.h"


/*
 * A weak signature is so short, and so much like letters, that text could
 * start with it ("BMW", "ID3 tags", "MZ"): it counts only in content that
 * has a binary data byte, which every real file of these formats has.
 */

#define SCREEN_MAGIC_WEAK  0x01


typedef struct {
    screen_str_t   bytes;          /* at the start */
    size_t         offset;         /* of the second half, if there is one */
    screen_str_t   then;
    const char    *type;
    unsigned       flags;
} screen_magic_t;


static int screen_magic_match(const screen_magic_t *m, const u_char *data,
    size_t len);
static const char *screen_magic_font(const u_char *data, size_t len);
static const char *screen_magic_archive(const u_char *data, size_t len);


#define is(bytes, type)                                                       \
    { screen_str(bytes), 0, screen_null_str, type, 0 }

#define is_then(bytes, offset, then, type)                                    \
    { screen_str(bytes), offset, screen_str(then), type, 0 }

#define is_weak(bytes, type)                                                  \
    { screen_str(bytes), 0, screen_null_str, type, SCREEN_MAGIC_WEAK }


/*
 * Names are the standard's own where it has one (image/x-icon, audio/wave,
 * application/x-gzip), otherwise what file(1) prints, otherwise IANA's.
 */

static const screen_magic_t  screen_magics[] = {

    /* the standard, 6.1: images */

    is("\0\0\1\0", "image/x-icon"),
    is("\0\0\2\0", "image/x-icon"),
    is_weak("BM", "image/bmp"),
    is("GIF87a", "image/gif"),
    is("GIF89a", "image/gif"),
    is_then("RIFF", 8, "WEBPVP", "image/webp"),
    is("\211PNG\r\n\032\n", "image/png"),
    is("\377\330\377", "image/jpeg"),

    /* the standard, 6.2: audio and video */

    is_then("FORM", 8, "AIFF", "audio/aiff"),
    is_weak("ID3", "audio/mpeg"),
    is("OggS\0", "application/ogg"),
    is("MThd\0\0\0\6", "audio/midi"),
    is_then("RIFF", 8, "AVI ", "video/avi"),
    is_then("RIFF", 8, "WAVE", "audio/wave"),

    /* the standard, 6.3 and 6.4: fonts and archives */

    is_weak("OTTO", "font/otf"),
    is_weak("ttcf", "font/collection"),
    is_weak("wOFF", "font/woff"),
    is_weak("wOF2", "font/woff2"),
    is("\037\213\010", "application/x-gzip"),
    is("Rar!\032\007\0", "application/x-rar-compressed"),

    /* beyond it: images */

    is("II*\0", "image/tiff"),
    is("MM\0*", "image/tiff"),
    is("II+\0", "image/tiff"),
    is("MM\0+", "image/tiff"),
    is("\0\0\0\014JXL \r\n\207\n", "image/jxl"),
    is_weak("\377\012", "image/jxl"),
    is_then("\0\0\0\014jP  \r\n\207\n", 20, "jpx ", "image/jpx"),
    is_then("\0\0\0\014jP  \r\n\207\n", 20, "jpm ", "image/jpm"),
    is_then("\0\0\0\014jP  \r\n\207\n", 20, "mjp2", "video/mj2"),
    is("\0\0\0\014jP  \r\n\207\n", "image/jp2"),
    is("\377\117\377\121\0", "image/x-jp2-codestream"),
    is("8BPS\0\1", "image/vnd.adobe.photoshop"),
    is("8BPS\0\2", "image/vnd.adobe.photoshop"),
    is("gimp xcf ", "image/x-xcf"),
    is_then("AT&TFORM", 12, "DJV", "image/vnd.djvu"),
    is("\327\315\306\232\0\0", "image/wmf"),
    is_then("\1\0\0\0", 40, " EMF", "image/emf"),
    is("\305\320\323\306", "image/x-eps"),

    /* audio and video */

    is_then("FORM", 8, "AIFC", "audio/aiff"),
    is_then("RF64", 8, "WAVE", "audio/wave"),
    is("fLaC\0", "audio/flac"),
    is("fLaC\200", "audio/flac"),
    is("#!AMR", "audio/amr"),
    is(".snd\0\0\0", "audio/basic"),
    is("\0\0\1\272", "video/mpeg"),
    is("\0\0\1\263", "video/mpeg"),
    is("FLV\1", "video/x-flv"),
    is("\060\046\262\165\216\146\317\021\246\331\0\252\0\142\316\154",
       "video/x-ms-asf"),

    /* archives and compressed data */

    is("Rar!\032\007\1\0", "application/x-rar-compressed"),
    is("\3757zXZ\0", "application/x-xz"),
    is("(\265/\375", "application/zstd"),
    is("7z\274\257\047\034", "application/x-7z-compressed"),
    is("\004\042M\030", "application/x-lz4"),
    is("LZIP\1", "application/x-lzip"),
    is_then("]\0\0", 5, "\377\377\377\377\377\377\377\377",
            "application/x-lzma"),
    is("\037\235\220", "application/x-compress"),
    is("MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
    is_then("!<arch>\n", 8, "debian-binary",
            "application/vnd.debian.binary-package"),
    is("!<arch>\n", "application/x-archive"),
    is("\355\253\356\333", "application/x-rpm"),
    is("xar!\0\034", "application/x-xar"),

    /* what runs */

    is("\0asm", "application/wasm"),
    is("L\0\0\0\1\024\2\0\0\0\0\0\300\0\0\0\0\0\0F",
       "application/x-ms-shortcut"),
    is_weak("dex\n0", "application/x-dex"),
    is_weak("FWS", "application/x-shockwave-flash"),
    is_weak("CWS", "application/x-shockwave-flash"),
    is_weak("ZWS", "application/x-shockwave-flash"),
    is("ITSF\3\0\0\0", "application/vnd.ms-htmlhelp"),
    is_weak("MZ", "application/x-dosexec"),

    /* data that is neither */

    is("SQLite format 3\0", "application/vnd.sqlite3")
};


const char *
screen_sniff_magic(const u_char *data, size_t len, int binary)
{
    size_t                 i;
    const char            *type;
    const screen_magic_t  *m;

    for (i = 0; i < sizeof(screen_magics) / sizeof(screen_magics[0]); i++) {
        m = &screen_magics[i];

        if ((m->flags & SCREEN_MAGIC_WEAK) && !binary) {
            continue;
        }

        if (screen_magic_match(m, data, len)) {
            return m->type;
        }
    }

    type = screen_magic_font(data, len);

    return type ? type : screen_magic_archive(data, len);
}


static int
screen_magic_match(const screen_magic_t *m, const u_char *data, size_t len)
{
    if (len < m->bytes.len
        || memcmp(data, m->bytes.data, m->bytes.len) != 0)
    {
        return 0;
    }

    if (m->then.len == 0) {
        return 1;
    }

    return len >= m->offset + m->then.len
           && memcmp(data + m->offset, m->then.data, m->then.len) == 0;
}


/*
 * The standard's signatures of TrueType (a version number) and of Embedded
 * OpenType (two letters at 34) are those of much else as well, database
 * files for one, and its section 7.1 uses neither.  What follows them in a
 * real font is asked for too: a number of tables, a known version.
 */

static const char *
screen_magic_font(const u_char *data, size_t len)
{
    if (screen_sniff_at(data, len, 0, "\0\1\0\0")
        || screen_sniff_at(data, len, 0, "true\0"))
    {
        if (len < 6 || (data[4] == 0 && data[5] != 0)) {
            return "font/ttf";
        }
    }

    if (screen_sniff_at(data, len, 34, "LP")
        && (screen_sniff_at(data, len, 8, "\0\0\1\0")
            || screen_sniff_at(data, len, 8, "\1\0\2\0")
            || screen_sniff_at(data, len, 8, "\2\0\2\0")))
    {
        return "application/vnd.ms-fontobject";
    }

    return NULL;
}


static const char *
screen_magic_archive(const u_char *data, size_t len)
{
    /* a block of data, or the end mark of an empty file: pi or sqrt(pi) */

    if (screen_sniff_at(data, len, 0, "BZh") && len >= 10
        && data[3] >= '1' && data[3] <= '9'
        && (screen_sniff_at(data, len, 4, "\061\101\131\046\123\131")
            || screen_sniff_at(data, len, 4, "\027\162\105\070\120\220")))
    {
        return "application/x-bzip2";
    }

    if (len >= 21 && screen_sniff_at(data, len, 2, "-lh") && data[6] == '-'
        && data[20] <= 2)
    {
        return "application/x-lzh-compressed";
    }

    return NULL;
}
