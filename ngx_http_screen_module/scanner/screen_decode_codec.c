
#include <stdlib.h>
#include <string.h>

#include <libavcodec/avcodec.h>
#include <libavutil/cpu.h>
#include <libavutil/pixdesc.h>

#include "screen_decode_impl.h"


/*
 * What may be decoded with: no decoder that starts threads, draws text or
 * runs a device, and none of a format that nobody's phone or browser writes.
 */

#define SCREEN_CODECS                                                         \
    "h264,hevc,vp8,vp9,libdav1d,mpeg4,mpeg2video,mpeg1video,mjpeg,h263,"      \
    "flv,msmpeg4,png,apng,gif,bmp,tiff,webp"

#define SCREEN_CODEC_ALLOC  0x7fffffff  /* bytes in one piece of memory */


static void
screen_decode_codec_log(void *ctx, int level, const char *fmt, va_list args)
{
}


void
screen_decode_codec_warm(void)
{
    av_log_set_callback(screen_decode_codec_log);
    av_max_alloc(SCREEN_CODEC_ALLOC);
    (void) av_get_cpu_flags();
}


const char *
screen_decode_codec_list(void)
{
    return SCREEN_CODECS;
}


const AVCodec *
screen_decode_codec_find(int id)
{
    size_t          len;
    const char     *p, *end;
    const AVCodec  *codec;

    codec = avcodec_find_decoder(id);

    if (codec == NULL) {
        return NULL;
    }

    len = strlen(codec->name);

    for (p = SCREEN_CODECS; *p; p = *end ? end + 1 : end) {
        end = strchrnul(p, ',');

        if ((size_t) (end - p) == len && memcmp(p, codec->name, len) == 0) {
            return codec;
        }
    }

    return NULL;
}


void
screen_decode_codec_failed(screen_decode_t *d, int code)
{
    const char  *reason;

    switch (code) {

    case AVERROR(ENOMEM):
        reason = "memory";
        break;

    case AVERROR_EXIT:
        reason = "time";
        break;

    case AVERROR_DECODER_NOT_FOUND:
    case AVERROR_PATCHWELCOME:
        reason = "unsupported";
        break;

    default:
        reason = "damaged";
    }

    screen_decode_reason(d, reason);
}


int
screen_decode_codec_open(screen_decode_codec_t *c, const AVCodec *codec,
    const AVCodecParameters *parameters)
{
    int  rc;

    if (codec == NULL) {
        return AVERROR_DECODER_NOT_FOUND;
    }

    c->codec = avcodec_alloc_context3(codec);
    c->frame = av_frame_alloc();

    if (c->codec == NULL || c->frame == NULL) {
        return AVERROR(ENOMEM);
    }

    if (parameters) {
        rc = avcodec_parameters_to_context(c->codec, parameters);
        if (rc < 0) {
            return rc;
        }
    }

    c->codec->thread_count = 1;
    c->codec->max_pixels = c->d->limits->pixels < INT_MAX
                           ? (int64_t) c->d->limits->pixels : INT_MAX;

    return avcodec_open2(c->codec, codec, NULL);
}


void
screen_decode_codec_close(screen_decode_codec_t *c)
{
    avcodec_free_context(&c->codec);
    av_frame_free(&c->frame);
    screen_decode_scale_free(&c->scale);
}


static void
screen_decode_codec_planes(screen_decode_planes_t *planes,
    const AVFrame *frame)
{
    int                        i;
    const AVPixFmtDescriptor  *desc;

    memset(planes, 0, sizeof(screen_decode_planes_t));

    for (i = 0; i < 4; i++) {
        planes->data[i] = frame->data[i];
        planes->stride[i] = frame->linesize[i];
    }

    planes->format = frame->format;
    planes->width = frame->width;
    planes->height = frame->height;

    desc = av_pix_fmt_desc_get(frame->format);

    /* RGB in planes comes of the identity matrix: G, B, R for Y, Cb, Cr */

    if (desc == NULL
        || (desc->flags & (AV_PIX_FMT_FLAG_PAL|AV_PIX_FMT_FLAG_BE))
        || (desc->nb_components > 1 && !(desc->flags & AV_PIX_FMT_FLAG_PLANAR))
        || desc->comp[0].shift != 0)
    {
        return;
    }

    planes->bits = desc->comp[0].depth;
    planes->grey = desc->nb_components == 1;
    planes->chroma_x = desc->log2_chroma_w;
    planes->chroma_y = desc->log2_chroma_h;
    planes->matrix = frame->colorspace;
    planes->full = frame->color_range == AVCOL_RANGE_JPEG;
}


/* 1 to go on */

static int
screen_decode_codec_hand(screen_decode_codec_t *c, uint64_t ms)
{
    int                      rc;
    AVFrame                 *frame;
    screen_decode_t         *d;
    screen_pdq_picture_t     picture;
    screen_decode_planes_t   planes;

    d = c->d;
    frame = c->frame;

    if (!screen_decode_fits(d, frame->width, frame->height)) {
        return 0;
    }

    if (frame->decode_error_flags || (frame->flags & AV_FRAME_FLAG_CORRUPT)) {
        screen_decode_reason(d, "damaged");
    }

    screen_decode_codec_planes(&planes, frame);

    if (c->take) {
        return c->take(c->owner, &planes);
    }

    rc = screen_decode_scale(&c->scale, &planes, &picture);

    if (rc != SCREEN_OK) {
        screen_decode_reason(d, rc == SCREEN_NOMEM ? "memory"
                                                   : "unsupported");
        return rc != SCREEN_NOMEM;
    }

    return c->animation ? screen_decode_thin(d, &picture, ms)
                        : screen_decode_hand(d, &picture, ms);
}


/* what the decoder has ready; 1 to go on */

static int
screen_decode_codec_receive(screen_decode_codec_t *c)
{
    int       on, rc;
    uint64_t  ms;

    for (on = 1; on; av_frame_unref(c->frame)) {

        rc = avcodec_receive_frame(c->codec, c->frame);

        if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF) {
            return 1;
        }

        if (rc < 0) {
            screen_decode_codec_failed(c->d, rc);
            return rc != AVERROR(ENOMEM);
        }

        ms = 0;

        if (c->want == NULL
            || c->want(c->owner, c->frame->best_effort_timestamp, &ms))
        {
            on = screen_decode_codec_hand(c, ms);
        }
    }

    return 0;
}


int
screen_decode_codec_send(screen_decode_codec_t *c, const AVPacket *packet)
{
    int  rc;

    rc = avcodec_send_packet(c->codec, packet);

    if (rc < 0 && rc != AVERROR_EOF) {
        screen_decode_codec_failed(c->d, rc);

        if (rc == AVERROR(ENOMEM)) {
            return 0;
        }
    }

    return screen_decode_codec_receive(c);
}


void
screen_decode_codec_flush(screen_decode_codec_t *c)
{
    avcodec_flush_buffers(c->codec);
}


int
screen_decode_codec_begin(screen_decode_codec_t *c, const char *codec)
{
    int  rc;

    rc = screen_decode_codec_open(c, avcodec_find_decoder_by_name(codec),
                                  NULL);
    if (rc < 0) {
        screen_decode_codec_failed(c->d, rc);
    }

    return rc >= 0;
}


int
screen_decode_codec_piece(screen_decode_codec_t *c, const u_char *data,
    size_t size)
{
    int        on, rc;
    AVPacket  *packet;

    on = 0;
    packet = av_packet_alloc();

    rc = packet && size <= INT_MAX / 2 ? av_new_packet(packet, size)
                                       : AVERROR(ENOMEM);
    if (rc < 0) {
        screen_decode_codec_failed(c->d, rc);

    } else {
        memcpy(packet->data, data, size);
        on = screen_decode_codec_send(c, packet);
    }

    av_packet_free(&packet);

    return on;
}


/* a copy with the zeros behind it that FFmpeg reads beyond the end */

static u_char *
screen_decode_codec_copy(screen_decode_t *d, const char *codec, size_t *size)
{
    u_char  *copy;

    if (d->size > INT_MAX / 2) {
        return NULL;
    }

    if (strcmp(codec, "png") == 0) {
        return screen_decode_png_mend(d, AV_INPUT_BUFFER_PADDING_SIZE, size);
    }

    *size = d->size;

    copy = malloc(d->size + AV_INPUT_BUFFER_PADDING_SIZE);

    if (copy) {
        memcpy(copy, d->data, d->size);
        memset(copy + d->size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    }

    return copy;
}


/* what data holds is decoded as one packet; padding zeros follow it */

static void
screen_decode_codec_packet(screen_decode_codec_t *c, const AVCodec *codec,
    u_char *data, size_t size)
{
    int        rc;
    AVPacket  *packet;

    packet = av_packet_alloc();

    rc = AVERROR(ENOMEM);

    if (data && packet) {
        rc = screen_decode_codec_open(c, codec, NULL);
    }

    if (rc < 0) {
        screen_decode_codec_failed(c->d, rc);

    } else {
        packet->data = data;
        packet->size = size;

        if (screen_decode_codec_send(c, packet)) {
            (void) screen_decode_codec_send(c, NULL);
        }
    }

    av_packet_free(&packet);
    screen_decode_codec_close(c);
    free(data);
}


void
screen_decode_codec_still(screen_decode_t *d, const char *codec)
{
    size_t                  size;
    u_char                 *copy;
    screen_decode_codec_t   c;

    memset(&c, 0, sizeof(screen_decode_codec_t));
    c.d = d;

    size = 0;
    copy = screen_decode_codec_copy(d, codec, &size);

    screen_decode_codec_packet(&c, avcodec_find_decoder_by_name(codec), copy,
                               size);
}


void
screen_decode_codec_item(screen_decode_codec_t *c, int av1,
    const u_char *data, size_t size)
{
    u_char  *copy;

    copy = NULL;

    if (size <= INT_MAX / 2) {
        copy = malloc(size + AV_INPUT_BUFFER_PADDING_SIZE);
    }

    if (copy) {
        memcpy(copy, data, size);
        memset(copy + size, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    }

    screen_decode_codec_packet(c, screen_decode_codec_find(av1
                                                       ? AV_CODEC_ID_AV1
                                                       : AV_CODEC_ID_HEVC),
                               copy, size);
}
