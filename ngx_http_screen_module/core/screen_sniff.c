
#include "screen_sniff.h"
#include "screen_sniff_impl.h"


/* a system area and a volume descriptor: ECMA-119, 6.2.1 and 8.1.2 */

#define SCREEN_SNIFF_ISO_AT      0x8001

/* Acrobat finds the header of a PDF within the first kilobyte */

#define SCREEN_SNIFF_PDF_WINDOW  1024


static int screen_sniff_binary(const u_char *data, size_t len);
static const char *screen_sniff_late_pdf(const u_char *data, size_t len,
    int binary);
static int screen_sniff_find(const u_char *data, size_t len,
    const char *text);


/*
 * What a browser would run comes first, as in the standard: content that is
 * both HTML and something else is HTML to whoever is attacked with it.  A tar
 * starts with a file's name, which may well be "BM" or "MZ" or "ID3", so its
 * checksum is asked before the tables of signatures are.
 */

const char *
screen_sniff(const u_char *data, size_t len)
{
    int          binary;
    const char  *type;

    if (len == 0) {
        return "inode/x-empty";
    }

    type = screen_sniff_markup(data, len);

    if (type == NULL) {
        type = screen_sniff_program(data, len);
    }

    if (type == NULL) {
        type = screen_sniff_zip(data, len);
    }

    if (type == NULL) {
        type = screen_sniff_ole(data, len);
    }

    if (type == NULL) {
        type = screen_sniff_media(data, len);
    }

    if (type == NULL) {
        type = screen_sniff_tape(data, len);
    }

    if (type != NULL) {
        return type;
    }

    binary = screen_sniff_binary(data, len);

    type = screen_sniff_magic(data, len, binary);

    if (type == NULL && binary) {
        type = screen_sniff_stream(data, len);
    }

    if (type == NULL
        && screen_sniff_at(data, len, SCREEN_SNIFF_ISO_AT, "CD001"))
    {
        type = "application/x-iso9660-image";
    }

    if (type == NULL) {
        type = screen_sniff_late_pdf(data, len, binary);
    }

    if (type != NULL) {
        return type;
    }

    return binary ? "application/octet-stream" : "text/plain";
}


/* a "binary data byte" is one that no text has: the standard, section 3 */

static int
screen_sniff_binary(const u_char *data, size_t len)
{
    u_char  ch;
    size_t  i;

    if (len > SCREEN_SNIFF_HEAD) {
        len = SCREEN_SNIFF_HEAD;
    }

    for (i = 0; i < len; i++) {
        ch = data[i];

        if (ch <= 0x08 || ch == 0x0b || (ch >= 0x0e && ch <= 0x1a)
            || (ch >= 0x1c && ch <= 0x1f))
        {
            return 1;
        }
    }

    return 0;
}


/*
 * Readers open a PDF that has junk before its header, so a screener has to
 * see one there.  A text that only quotes a PDF header has neither binary
 * bytes nor an end-of-file marker in its last lines.
 */

static const char *
screen_sniff_late_pdf(const u_char *data, size_t len, int binary)
{
    size_t  i, window;

    window = len < SCREEN_SNIFF_PDF_WINDOW ? len : SCREEN_SNIFF_PDF_WINDOW;

    for (i = 0; i < window; i++) {

        if (!screen_sniff_at(data, len, i, "%PDF-")) {
            continue;
        }

        if (len - i < 8 || data[i + 5] < '1' || data[i + 5] > '9'
            || data[i + 6] != '.')
        {
            return NULL;
        }

        if (binary || screen_sniff_find(data + len - window, window, "%%EOF"))
        {
            return "application/pdf";
        }

        return NULL;
    }

    return NULL;
}


static int
screen_sniff_find(const u_char *data, size_t len, const char *text)
{
    return memmem(data, len, text, strlen(text)) != NULL;
}
