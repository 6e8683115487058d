
/*
 * What the files of the sniff room share with each other, and with nobody
 * else.  Each function answers the media type as a static string, or NULL if
 * the content is not of its kind; each reads within data[0 .. len - 1] only,
 * whatever the content says of itself.
 */


#ifndef _SCREEN_SNIFF_IMPL_H_INCLUDED_
#define _SCREEN_SNIFF_IMPL_H_INCLUDED_


#include "screen_core.h"

#include <string.h>


/* the "resource header" of the standard, section 5.2 */

#define SCREEN_SNIFF_HEAD  1445


/*
 * Told from their first characters: PHP, SVG (in UTF-8 and UTF-16), the
 * scriptable types of the standard's section 7.1, scripts, PostScript, RTF,
 * and text that starts with a byte order mark.
 */
const char *screen_sniff_markup(const u_char *data, size_t len);

/* scripts by their first line: #! with a path, batch files */
const char *screen_sniff_script(const u_char *data, size_t len);

/* signatures at fixed places; binary: the head has a binary data byte */
const char *screen_sniff_magic(const u_char *data, size_t len, int binary);

/* executables whose header must be read: PE, ELF, Mach-O, Java classes */
const char *screen_sniff_program(const u_char *data, size_t len);

/* ISO base media (MP4 and its kin, AVIF, HEIF, QuickTime), Matroska */
const char *screen_sniff_media(const u_char *data, size_t len);

/* streams without a header, told from frames in a row: MP3, AAC, MPEG TS */
const char *screen_sniff_stream(const u_char *data, size_t len);

/* ZIP: office files, jar, apk; application/zip for any other */
const char *screen_sniff_zip(const u_char *data, size_t len);

/* OLE2 compound files: Word, Excel, PowerPoint, Outlook, installers */
const char *screen_sniff_ole(const u_char *data, size_t len);

/* archives told from the shape of their first header: tar, cpio */
const char *screen_sniff_tape(const u_char *data, size_t len);


static inline uint16_t
screen_sniff_le16(const u_char *p)
{
    return (uint16_t) (p[0] | p[1] << 8);
}


static inline uint32_t
screen_sniff_le32(const u_char *p)
{
    return (uint32_t) p[0] | (uint32_t) p[1] << 8 | (uint32_t) p[2] << 16
           | (uint32_t) p[3] << 24;
}


static inline uint32_t
screen_sniff_be32(const u_char *p)
{
    return (uint32_t) p[0] << 24 | (uint32_t) p[1] << 16
           | (uint32_t) p[2] << 8 | (uint32_t) p[3];
}


static inline uint64_t
screen_sniff_le64(const u_char *p)
{
    return (uint64_t) screen_sniff_le32(p)
           | (uint64_t) screen_sniff_le32(p + 4) << 32;
}


/* 1 if the bytes of a literal are found at an offset */

#define screen_sniff_at(data, len, offset, text)                              \
    screen_sniff_bytes_at(data, len, offset, text, sizeof(text) - 1)

static inline int
screen_sniff_bytes_at(const u_char *data, size_t len, size_t offset,
    const char *text, size_t size)
{
    return len >= size && offset <= len - size
           && memcmp(data + offset, text, size) == 0;
}


#endif /* _SCREEN_SNIFF_IMPL_H_INCLUDED_ */
