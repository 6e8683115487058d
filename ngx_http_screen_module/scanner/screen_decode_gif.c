
#include <string.h>

#include "screen_decode_impl.h"


/*
 * A GIF is taken apart here, frame by frame: FFmpeg's own reader has, in some
 * versions, taken frames that no graphic control extension announces for a
 * part of the frame before them, which then was all that was seen.
 */

#define SCREEN_GIF_CONTROL  0xf9
#define SCREEN_GIF_DELAY    100        /* ms, of a frame that has none */


typedef struct {
    screen_decode_codec_t   codec;
    size_t                  at;        /* behind the latest frame */
    uint64_t                ms;        /* when the next one is shown */
    uint64_t                delay;     /* ms, of the latest frame */
} screen_gif_t;


/* GIF89a, section 23; browsers show nothing faster than a tenth of a second
   for a frame that asks for less than two hundredths */

static void
screen_decode_gif_control(screen_gif_t *gif, const u_char *block)
{
    unsigned  delay;

    delay = block[4] | block[5] << 8;

    gif->delay = delay < 2 ? SCREEN_GIF_DELAY : delay * 10;
}


/* up to the end of the next image; 0 when there is none */

static int
screen_decode_gif_frame(screen_gif_t *gif)
{
    size_t            at, next;
    screen_decode_t  *d;

    d = gif->codec.d;
    gif->delay = SCREEN_GIF_DELAY;

    for (at = gif->at; at < d->size; at = next) {

        next = screen_decode_gif_next(d->data, d->size, at);

        if (next == at) {

            if (d->data[at] != SCREEN_GIF_TRAILER) {
                screen_decode_reason(d, "damaged");
            }

            return 0;
        }

        if (d->data[at] == SCREEN_GIF_IMAGE) {
            gif->at = next < d->size ? next : d->size;
            return 1;
        }

        if (d->size - at >= 8 && d->data[at + 1] == SCREEN_GIF_CONTROL) {
            screen_decode_gif_control(gif, d->data + at);
        }
    }

    return 0;
}


static int
screen_decode_gif_time(void *owner, int64_t ts, uint64_t *ms)
{
    screen_gif_t  *gif;

    gif = owner;
    *ms = gif->ms;

    return 1;
}


static void
screen_decode_gif_frames(screen_gif_t *gif)
{
    size_t            start;
    uint64_t          cpu;
    screen_decode_t  *d;

    d = gif->codec.d;
    cpu = screen_decode_cpu() + d->limits->cpu * 1000ULL;

    /* the header is a part of the first */

    for (start = 0; screen_decode_gif_frame(gif); start = gif->at) {

        if (screen_decode_over(d)) {
            return;
        }

        if (!d->limits->dense && d->info->frames
            && screen_decode_cpu() >= cpu)
        {
            screen_decode_reason(d, "cpu");
            return;
        }

        if (!screen_decode_codec_piece(&gif->codec, d->data + start,
                                       gif->at - start))
        {
            return;
        }

        gif->ms += gif->delay;
    }
}


void
screen_decode_gif(screen_decode_t *d)
{
    size_t        first;
    screen_gif_t  gif;

    memset(&gif, 0, sizeof(screen_gif_t));

    gif.codec.d = d;
    gif.codec.animation = 1;
    gif.codec.want = screen_decode_gif_time;
    gif.codec.owner = &gif;

    first = screen_decode_gif_start(d->data, d->size);
    gif.at = first;

    while (screen_decode_gif_frame(&gif)) {
        gif.ms += gif.delay;
    }

    d->info->duration = gif.ms < UINT32_MAX ? gif.ms : UINT32_MAX;

    gif.at = first;
    gif.ms = 0;

    if (screen_decode_codec_begin(&gif.codec, "gif")) {
        screen_decode_gif_frames(&gif);
    }

    screen_decode_codec_close(&gif.codec);
}
