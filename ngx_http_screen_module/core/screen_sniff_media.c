
#include "screen_sniff_impl.h"


#define SCREEN_MEDIA_BRANDS    64      /* compatible brands looked at */
#define SCREEN_EBML_HEADER     128     /* bytes that hold a DocType */


typedef struct {
    const char   *brand;
    unsigned      len;
    const char   *type;
} screen_brand_t;


static const char *screen_media_ftyp(const u_char *data, size_t len);
static const char *screen_media_brand(const u_char *brand);
static int screen_media_quicktime(const u_char *data, size_t len);
static const char *screen_media_ebml(const u_char *data, size_t len);
static int screen_ebml_is(const u_char *data, size_t len, size_t at,
    const char *name);


/*
 * The standard knows video/mp4 only, and by any brand in the list.  A major
 * brand that says more is believed first: to someone who screens uploads a
 * HEIF photo, a voice memo and a film are three things.
 */

static const screen_brand_t  screen_brands[] = {
    { "avif", 4, "image/avif" },
    { "avis", 4, "image/avif" },
    { "heic", 4, "image/heic" },
    { "heix", 4, "image/heic" },
    { "heim", 4, "image/heic" },
    { "heis", 4, "image/heic" },
    { "hevc", 4, "image/heic-sequence" },
    { "hevx", 4, "image/heic-sequence" },
    { "hevm", 4, "image/heic-sequence" },
    { "hevs", 4, "image/heic-sequence" },
    { "crx ", 4, "image/x-canon-cr3" },
    { "M4A",  3, "audio/mp4" },
    { "M4B",  3, "audio/mp4" },
    { "M4P",  3, "audio/mp4" },
    { "F4A",  3, "audio/mp4" },
    { "F4B",  3, "audio/mp4" },
    { "M4V",  3, "video/mp4" },
    { "F4V",  3, "video/mp4" },
    { "mp4",  3, "video/mp4" },
    { "qt  ", 4, "video/quicktime" },
    { "3g2",  3, "video/3gpp2" },
    { "3ge",  3, "video/3gpp" },
    { "3gg",  3, "video/3gpp" },
    { "3gp",  3, "video/3gpp" },
    { "3gr",  3, "video/3gpp" },
    { "3gs",  3, "video/3gpp" },
    { "jpx ", 4, "image/jpx" },
    { "mjp2", 4, "video/mj2" }
};


const char *
screen_sniff_media(const u_char *data, size_t len)
{
    if (screen_sniff_at(data, len, 4, "ftyp")) {
        return screen_media_ftyp(data, len);
    }

    /* a segment of a stream: DASH and HLS send them one by one */

    if (screen_sniff_at(data, len, 4, "styp") && data[0] == 0) {
        return "video/mp4";
    }

    if (screen_media_quicktime(data, len)) {
        return "video/quicktime";
    }

    return screen_media_ebml(data, len);
}


/*
 * Unlike the standard's, this look does not ask that the whole box has
 * arrived: a broken MP4 is nothing else.
 */

static const char *
screen_media_ftyp(const u_char *data, size_t len)
{
    size_t       size, at;
    unsigned     i;
    const char  *type;

    if (data[0] != 0 || len < 12) {
        return NULL;
    }

    type = screen_media_brand(data + 8);

    if (type != NULL) {
        return type;
    }

    size = screen_sniff_be32(data);

    if (size > len) {
        size = len;
    }

    /* "mif1" and "msf1" leave it to the other brands what is inside */

    if (memcmp(data + 8, "mif1", 4) == 0 || memcmp(data + 8, "msf1", 4) == 0)
    {
        at = 16;

        for (i = 0; i < SCREEN_MEDIA_BRANDS && at + 4 <= size; i++) {
            type = screen_media_brand(data + at);

            if (type != NULL && strncmp(type, "image/", 6) == 0) {
                return type;
            }

            at += 4;
        }

        return "image/heif";
    }

    return "video/mp4";
}


static const char *
screen_media_brand(const u_char *brand)
{
    size_t  i;

    for (i = 0; i < sizeof(screen_brands) / sizeof(screen_brands[0]); i++) {

        if (memcmp(brand, screen_brands[i].brand, screen_brands[i].len) == 0)
        {
            return screen_brands[i].type;
        }
    }

    return NULL;
}


/* QuickTime is older than ftyp: a film may start with any of these atoms */

static int
screen_media_quicktime(const u_char *data, size_t len)
{
    uint32_t  size;

    if (len < 8) {
        return 0;
    }

    size = screen_sniff_be32(data);

    if (screen_sniff_at(data, len, 4, "mdat")) {

        /* 1: a size of 64 bits follows; 0: up to the end */

        return size <= 1 || data[0] < ' ';
    }

    if (size < 8 || data[0] != 0) {
        return 0;
    }

    return screen_sniff_at(data, len, 4, "moov")
           || screen_sniff_at(data, len, 4, "wide")
           || screen_sniff_at(data, len, 4, "pnot")
           || (screen_sniff_at(data, len, 4, "free")
               && (screen_sniff_at(data, len, size + 4, "mdat")
                   || screen_sniff_at(data, len, size + 4, "moov")))
           || (screen_sniff_at(data, len, 4, "skip")
               && (screen_sniff_at(data, len, size + 4, "mdat")
                   || screen_sniff_at(data, len, size + 4, "moov")));
}


/*
 * The DocType element is 42 82, a length of one to eight bytes, the name.
 * The standard looks for it in 38 bytes; real headers may have a CRC and
 * void elements ahead of it.
 */

static const char *
screen_media_ebml(const u_char *data, size_t len)
{
    size_t  i;
    u_char  first;

    if (!screen_sniff_at(data, len, 0, "\032\105\337\243")) {
        return NULL;
    }

    if (len > SCREEN_EBML_HEADER) {
        len = SCREEN_EBML_HEADER;
    }

    for (i = 4; i + 3 <= len; i++) {

        if (data[i] != 0x42 || data[i + 1] != 0x82) {
            continue;
        }

        first = data[i + 2];

        if (first == 0) {
            continue;
        }

        i += 2 + __builtin_clz((unsigned) first) - 23;

        if (screen_ebml_is(data, len, i, "webm")) {
            return "video/webm";
        }

        break;
    }

    return "video/x-matroska";
}


/* the standard's "matching a padded sequence": NULs may come first */

static int
screen_ebml_is(const u_char *data, size_t len, size_t at, const char *name)
{
    size_t  n;

    n = strlen(name);

    while (at < len && data[at] == '\0') {
        at++;
    }

    return at < len && len - at >= n && memcmp(data + at, name, n) == 0;
}
