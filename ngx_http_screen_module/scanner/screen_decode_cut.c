
#include <endian.h>
#include <string.h>

#include "screen_decode_impl.h"


#define SCREEN_GIF_HEADER     13       /* signature and screen descriptor */

static uint64_t
screen_decode_number(const u_char *p, unsigned bytes)
{
    uint64_t  n;

    n = 0;

    while (bytes--) {
        n = n << 8 | *p++;
    }

    return n;
}


/*
 * ISO 14496-12, section 4.2: boxes one after the other; a size of 1 is in the
 * next eight bytes, 0 reaches up to the end.
 */

static int
screen_decode_cut_boxes(const u_char *data, size_t size)
{
    size_t    at;
    uint64_t  box;

    at = 0;

    while (size - at >= 8) {
        box = screen_decode_number(data + at, 4);

        if (box == 1 && size - at >= 16) {
            box = screen_decode_number(data + at + 8, 8);
        }

        if (box == 0) {
            return 0;
        }

        if (box < 8) {

            /* what follows the film may be anything */

            return 0;
        }

        if (box > size - at) {
            return 1;
        }

        at += box;
    }

    return 0;
}


/*
 * RFC 8794, section 4: an identifier, a length of one to eight bytes, all
 * bits set for "not known"; the header, then the segment.
 */

static int
screen_decode_cut_ebml(const u_char *data, size_t size)
{
    size_t    at;
    uint64_t  len;
    unsigned  element, bytes;

    at = 0;

    for (element = 0; element < 2; element++) {
        at += 4;

        if (at + 8 > size || data[at] == 0) {
            return at + 8 > size;
        }

        bytes = __builtin_clz((unsigned) data[at]) - 23;

        len = screen_decode_number(data + at, bytes)
              & ((1ULL << 7 * bytes) - 1);

        if (len == (1ULL << 7 * bytes) - 1) {
            return 0;
        }

        at += bytes;

        if (len > size - at) {
            return 1;
        }

        at += len;
    }

    return 0;
}


/* the size and the place after the sub-blocks at that place */

static size_t
screen_decode_gif_blocks(const u_char *data, size_t size, size_t at)
{
    while (at < size && data[at] != 0) {
        at += data[at] + 1;
    }

    return at + 1;
}


size_t
screen_decode_gif_start(const u_char *data, size_t size)
{
    size_t  at;

    if (size < SCREEN_GIF_HEADER) {
        return size + 1;
    }

    at = SCREEN_GIF_HEADER;

    if (data[10] & 0x80) {
        at += 3 << ((data[10] & 7) + 1);
    }

    return at;
}


size_t
screen_decode_gif_next(const u_char *data, size_t size, size_t at)
{
    if (data[at] == SCREEN_GIF_EXTENSION) {
        return screen_decode_gif_blocks(data, size, at + 2);
    }

    if (data[at] == SCREEN_GIF_IMAGE) {

        if (size - at < 10) {
            return size + 1;
        }

        if (data[at + 9] & 0x80) {
            at += 3 << ((data[at + 9] & 7) + 1);
        }

        return screen_decode_gif_blocks(data, size, at + 11);
    }

    return at;
}


static int
screen_decode_cut_gif(const u_char *data, size_t size)
{
    size_t  at, next;

    for (at = screen_decode_gif_start(data, size); at < size; at = next) {

        next = screen_decode_gif_next(data, size, at);

        /* the trailer, or damage, which the decoder tells of */

        if (next == at) {
            return 0;
        }
    }

    return 1;
}


int
screen_decode_cut(const u_char *data, size_t size, const char *type)
{
    uint32_t  riff;

    if (memcmp(data, "RIFF", 4) == 0) {
        memcpy(&riff, data + 4, 4);

        return (uint64_t) le32toh(riff) + 8 > (uint64_t) size + 1;
    }

    if (strcmp(type, "image/gif") == 0) {
        return screen_decode_cut_gif(data, size);
    }

    if (memcmp(data, "\032\105\337\243", 4) == 0) {
        return screen_decode_cut_ebml(data, size);
    }

    if (memcmp(data + 4, "ftyp", 4) == 0 || memcmp(data + 4, "styp", 4) == 0
        || strcmp(type, "video/quicktime") == 0)
    {
        return screen_decode_cut_boxes(data, size);
    }

    return 0;
}
