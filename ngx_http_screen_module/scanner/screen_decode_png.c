
#include <stdlib.h>
#include <string.h>

#include "screen_decode_impl.h"


/* PNG specification, sections 5.2 (signature) and 5.3 (chunk layout) */

#define SCREEN_PNG_SIGNATURE  8
#define SCREEN_PNG_CHUNK      12       /* length, type, CRC */


static const u_char  screen_png_end[SCREEN_PNG_CHUNK] = {
    0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82
};


static uint32_t
screen_decode_be32(const u_char *p)
{
    return (uint32_t) p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}


/* of the chunk at that place; larger than what is left when it is cut off */

static uint64_t
screen_decode_png_chunk(const u_char *p)
{
    return (uint64_t) screen_decode_be32(p) + SCREEN_PNG_CHUNK;
}


/* an acTL chunk ahead of the first IDAT makes an animation of it */

int
screen_decode_png_animated(const u_char *data, size_t size)
{
    size_t    at;
    uint64_t  chunk;

    at = SCREEN_PNG_SIGNATURE;

    while (at + SCREEN_PNG_CHUNK <= size) {

        if (memcmp(data + at + 4, "acTL", 4) == 0) {
            return 1;
        }

        chunk = screen_decode_png_chunk(data + at);

        if (memcmp(data + at + 4, "IDAT", 4) == 0 || chunk > size - at) {
            return 0;
        }

        at += chunk;
    }

    return 0;
}


/*
 * FFmpeg decodes the rows that are there, but only of a file whose last chunk
 * is whole and whose end is marked.  It does not look at a CRC.
 */

u_char *
screen_decode_png_mend(screen_decode_t *d, size_t padding, size_t *size)
{
    size_t    at, left;
    u_char   *copy;
    uint64_t  chunk;

    copy = malloc(d->size + SCREEN_PNG_CHUNK + sizeof(screen_png_end)
                  + padding);
    if (copy == NULL) {
        return NULL;
    }

    memcpy(copy, d->data, d->size);
    memset(copy + d->size, 0, SCREEN_PNG_CHUNK);

    at = SCREEN_PNG_SIGNATURE;

    while (at + SCREEN_PNG_CHUNK <= d->size) {
        chunk = screen_decode_png_chunk(copy + at);
        left = d->size - at;

        if (chunk > left) {

            /* what is there of it becomes all of it, with a CRC of zeros */

            left -= 8;
            copy[at] = left >> 24;
            copy[at + 1] = left >> 16;
            copy[at + 2] = left >> 8;
            copy[at + 3] = left;

            at += left + SCREEN_PNG_CHUNK;
            break;
        }

        at += chunk;

        if (memcmp(copy + at - chunk + 4, "IEND", 4) == 0) {
            *size = at;
            memset(copy + at, 0, padding);
            return copy;
        }
    }

    screen_decode_reason(d, "truncated");

    memcpy(copy + at, screen_png_end, sizeof(screen_png_end));
    at += sizeof(screen_png_end);
    memset(copy + at, 0, padding);

    *size = at;

    return copy;
}
