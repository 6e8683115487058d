
#include <stdlib.h>

#include <libswscale/swscale.h>

#include "screen_decode_impl.h"


#define SCREEN_SCALE_ALIGN  64         /* of rows, for vector instructions */


/* formats that need no conversion; alpha is what PDQ ignores in four */

static unsigned
screen_decode_scale_channels(int format)
{
    switch (format) {

    case AV_PIX_FMT_GRAY8:
        return 1;

    case AV_PIX_FMT_RGB24:
        return 3;

    case AV_PIX_FMT_RGBA:
    case AV_PIX_FMT_RGB0:
        return 4;

    default:
        return 0;
    }
}


static int
screen_decode_scale_room(screen_decode_scale_t *scale, size_t size)
{
    if (scale->size >= size) {
        return SCREEN_OK;
    }

    free(scale->pixels);

    scale->size = 0;
    scale->pixels = NULL;

    if (posix_memalign((void **) &scale->pixels, SCREEN_SCALE_ALIGN, size)
        != 0)
    {
        scale->pixels = NULL;
        return SCREEN_NOMEM;
    }

    scale->size = size;

    return SCREEN_OK;
}


/*
 * SWS_AREA without a change of size, and with FFmpeg's own notion of the
 * colours, whatever the file says of them: as vPDQ's reference, whose hashes
 * others hold.  No filter that generates code is asked for.
 */

int
screen_decode_scale(screen_decode_scale_t *scale,
    const screen_decode_planes_t *planes, screen_pdq_picture_t *picture)
{
    int      stride, strides[4] = { 0 };
    uint8_t  *to[4] = { NULL };

    picture->width = planes->width;
    picture->height = planes->height;
    picture->channels = screen_decode_scale_channels(planes->format);

    if (picture->channels && planes->stride[0] > 0) {
        picture->pixels = planes->data[0];
        picture->stride = planes->stride[0];

        return SCREEN_OK;
    }

    if (!sws_isSupportedInput(planes->format)) {
        return SCREEN_ERROR;
    }

    scale->sws = sws_getCachedContext(scale->sws, planes->width,
                                      planes->height, planes->format,
                                      planes->width, planes->height,
                                      AV_PIX_FMT_RGB24, SWS_AREA, NULL, NULL,
                                      NULL);
    if (scale->sws == NULL) {
        return SCREEN_NOMEM;
    }

    stride = (planes->width * 3 + SCREEN_SCALE_ALIGN - 1)
             & ~(SCREEN_SCALE_ALIGN - 1);

    /* converters write whole vectors beyond the last row's end */

    if (screen_decode_scale_room(scale, (size_t) stride * planes->height
                                        + SCREEN_SCALE_ALIGN)
        != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    to[0] = scale->pixels;
    strides[0] = stride;

    if (sws_scale(scale->sws, planes->data, planes->stride, 0,
                  planes->height, to, strides)
        != planes->height)
    {
        return SCREEN_ERROR;
    }

    picture->pixels = scale->pixels;
    picture->stride = stride;
    picture->channels = 3;

    return SCREEN_OK;
}


void
screen_decode_scale_free(screen_decode_scale_t *scale)
{
    sws_freeContext(scale->sws);
    free(scale->pixels);

    scale->sws = NULL;
    scale->pixels = NULL;
    scale->size = 0;
}
