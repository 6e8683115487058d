
/*
 * Decoding: any bytes, taken for the type that they look like, give frames
 * within the limits or a reason, and no frame reaches beyond its memory.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_decode.h"
#include "screen_sniff.h"
#include "screen_wire.h"


#define FUZZ_PIXELS  (1 << 20)
#define FUZZ_FRAMES  40
#define FUZZ_TIME    2000              /* ms */


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    screen_decode_warm();

    return 0;
}


static int
fuzz_frame(void *ctx, const screen_pdq_picture_t *p, uint32_t ms)
{
    uint32_t       y;
    const u_char  *row;
    unsigned      *sum;

    sum = ctx;

    if (p->width == 0 || p->height == 0
        || (uint64_t) p->width * p->height > FUZZ_PIXELS
        || p->stride < (size_t) p->width * p->channels)
    {
        abort();
    }

    for (y = 0; y < p->height; y++) {
        row = p->pixels + y * p->stride;
        *sum += row[0] + row[(size_t) p->width * p->channels - 1];
    }

    return SCREEN_OK;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                  *copy;
    unsigned                 sum;
    const char              *type;
    screen_decode_info_t     info;
    screen_decode_limits_t   limits;

    memset(&limits, 0, sizeof(screen_decode_limits_t));

    limits.pixels = FUZZ_PIXELS;
    limits.frames = FUZZ_FRAMES;
    limits.interval = 2000;
    limits.cpu = 200;
    limits.dense = size & 1;
    limits.scaled = size >> 1 & 1;

    copy = malloc(size ? size : 1);
    if (copy == NULL) {
        return 0;
    }

    memcpy(copy, data, size);

    sum = 0;
    type = screen_sniff(copy, size);

    if (screen_decode(copy, size, type, &limits, screen_wire_now() + FUZZ_TIME,
                      fuzz_frame, &sum, &info)
        != SCREEN_OK || info.frames > FUZZ_FRAMES
        || (info.frames == 0 && size == 0 && info.reason == NULL))
    {
        abort();
    }

    free(copy);

    return 0;
}
