
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "screen_decode_impl.h"


/* what has not been decoded of a picture that ends too early */

#define SCREEN_WEBP_GREY  128


static void
screen_decode_webp_still(screen_decode_t *d, uint32_t width, uint32_t height)
{
    size_t                 stride;
    u_char                *pixels;
    VP8StatusCode          status;
    WebPIDecoder          *decoder;
    WebPDecoderConfig      config;
    screen_pdq_picture_t   picture;

    stride = (size_t) width * 3;

    pixels = malloc(stride * height);

    if (pixels == NULL || !WebPInitDecoderConfig(&config)) {
        screen_decode_reason(d, "memory");
        free(pixels);
        return;
    }

    memset(pixels, SCREEN_WEBP_GREY, stride * height);

    config.output.colorspace = MODE_RGB;
    config.output.is_external_memory = 1;
    config.output.u.RGBA.rgba = pixels;
    config.output.u.RGBA.stride = stride;
    config.output.u.RGBA.size = stride * height;

    decoder = WebPIDecode(NULL, 0, &config);

    if (decoder == NULL) {
        screen_decode_reason(d, "memory");
        free(pixels);
        return;
    }

    status = WebPIUpdate(decoder, d->data, d->size);

    WebPIDelete(decoder);
    WebPFreeDecBuffer(&config.output);

    if (status == VP8_STATUS_SUSPENDED || status == VP8_STATUS_NOT_ENOUGH_DATA)
    {
        screen_decode_reason(d, "truncated");

    } else if (status == VP8_STATUS_OUT_OF_MEMORY) {
        screen_decode_reason(d, "memory");

    } else if (status != VP8_STATUS_OK) {
        screen_decode_reason(d, "damaged");
    }

    picture.pixels = pixels;
    picture.stride = stride;
    picture.width = width;
    picture.height = height;
    picture.channels = 3;

    (void) screen_decode_hand(d, &picture, 0);

    free(pixels);
}


static void
screen_decode_webp_frames(screen_decode_t *d, WebPAnimDecoder *decoder,
    const WebPAnimInfo *info)
{
    int                    end, start;
    uint8_t               *pixels;
    uint64_t               cpu;
    screen_pdq_picture_t   picture;

    start = 0;
    cpu = screen_decode_cpu();

    while (WebPAnimDecoderHasMoreFrames(decoder)) {

        if (screen_decode_over(d)) {
            return;
        }

        if (!d->limits->dense
            && screen_decode_cpu() - cpu > d->limits->cpu * 1000ULL)
        {
            screen_decode_reason(d, "cpu");
            return;
        }

        if (!WebPAnimDecoderGetNext(decoder, &pixels, &end)) {
            screen_decode_reason(d, "damaged");
            return;
        }

        picture.pixels = pixels;
        picture.stride = (size_t) info->canvas_width * 4;
        picture.width = info->canvas_width;
        picture.height = info->canvas_height;
        picture.channels = 4;

        if (!screen_decode_thin(d, &picture, start)) {
            return;
        }

        start = end;
        d->info->duration = end;
    }
}


/* RIFF: where the last chunk ends that is there to its end */

static size_t
screen_decode_webp_whole(const u_char *data, size_t size)
{
    size_t    at, next;
    uint32_t  len;

    at = 12;

    while (size - at >= 8) {
        memcpy(&len, data + at + 4, 4);
        next = at + 8 + (size_t) le32toh(len) + (le32toh(len) & 1);

        if (next > size) {
            break;
        }

        at = next;
    }

    return at;
}


/*
 * The library takes no animation that is cut off, but one that ends with its
 * last whole frame: a copy, whose header says so.  NULL without memory.
 */

static u_char *
screen_decode_webp_mend(screen_decode_t *d, WebPData *data)
{
    u_char    *copy;
    uint32_t   len;

    screen_decode_reason(d, "truncated");

    data->size = screen_decode_webp_whole(d->data, d->size);

    copy = malloc(data->size);

    if (copy == NULL) {
        screen_decode_reason(d, "memory");
        return NULL;
    }

    memcpy(copy, d->data, data->size);

    len = htole32((uint32_t) (data->size - 8));
    memcpy(copy + 4, &len, 4);

    data->bytes = copy;

    return copy;
}


static void
screen_decode_webp_animation(screen_decode_t *d)
{
    u_char                  *copy;
    WebPData                 data;
    WebPAnimInfo             info;
    WebPAnimDecoder         *decoder;
    WebPAnimDecoderOptions   options;

    data.bytes = d->data;
    data.size = d->size;
    copy = NULL;

    if (screen_decode_cut(d->data, d->size, d->type)) {
        copy = screen_decode_webp_mend(d, &data);

        if (copy == NULL) {
            return;
        }
    }

    if (!WebPAnimDecoderOptionsInit(&options)) {
        screen_decode_reason(d, "memory");
        free(copy);
        return;
    }

    options.color_mode = MODE_RGBA;
    options.use_threads = 0;

    decoder = WebPAnimDecoderNew(&data, &options);

    if (decoder == NULL || !WebPAnimDecoderGetInfo(decoder, &info)) {
        screen_decode_reason(d, "damaged");

    } else {
        screen_decode_webp_frames(d, decoder, &info);
    }

    WebPAnimDecoderDelete(decoder);
    free(copy);
}


void
screen_decode_webp(screen_decode_t *d)
{
    VP8StatusCode          status;
    WebPBitstreamFeatures  features;

    status = WebPGetFeatures(d->data, d->size, &features);

    if (status != VP8_STATUS_OK) {
        screen_decode_reason(d, status == VP8_STATUS_NOT_ENOUGH_DATA
                                ? "truncated" : "damaged");
        return;
    }

    if (!screen_decode_fits(d, features.width, features.height)) {
        return;
    }

    if (features.has_animation) {
        screen_decode_webp_animation(d);

    } else {
        screen_decode_webp_still(d, features.width, features.height);
    }
}
