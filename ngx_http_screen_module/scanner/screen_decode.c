
#include <string.h>
#include <time.h>

#include "screen_decode_impl.h"
#include "screen_decoder.h"
#include "screen_wire.h"


typedef enum {
    SCREEN_DECODE_JPEG = 0,
    SCREEN_DECODE_WEBP,
    SCREEN_DECODE_HEIF,
    SCREEN_DECODE_PNG,
    SCREEN_DECODE_GIF,                 /* by the decoder, frame by frame */
    SCREEN_DECODE_STILL,               /* by a codec of FFmpeg */
    SCREEN_DECODE_FILE                 /* by a demuxer of FFmpeg */
} screen_decode_by_t;


typedef struct {
    const char           *type;
    screen_decode_by_t    by;
    const char           *name;
} screen_decode_type_t;


static const screen_decode_type_t *screen_decode_type(const char *type);
static int screen_decode_peek(screen_decode_t *d);


/*
 * Everything that is decoded.  Demuxers are named, never guessed by FFmpeg:
 * its guesses include playlists, which name other files.
 */

static const screen_decode_type_t  screen_decode_types[] = {
    { "image/jpeg", SCREEN_DECODE_JPEG, NULL },
    { "image/png", SCREEN_DECODE_PNG, "png" },
    { "image/gif", SCREEN_DECODE_GIF, "gif" },
    { "image/webp", SCREEN_DECODE_WEBP, "webp" },
    { "image/bmp", SCREEN_DECODE_STILL, "bmp" },
    { "image/tiff", SCREEN_DECODE_STILL, "tiff" },
    { "image/avif", SCREEN_DECODE_HEIF, "mov" },
    { "image/heic", SCREEN_DECODE_HEIF, "mov" },
    { "image/heif", SCREEN_DECODE_HEIF, "mov" },
    { "image/heic-sequence", SCREEN_DECODE_HEIF, "mov" },
    { "video/mp4", SCREEN_DECODE_FILE, "mov" },
    { "video/quicktime", SCREEN_DECODE_FILE, "mov" },
    { "video/3gpp", SCREEN_DECODE_FILE, "mov" },
    { "video/3gpp2", SCREEN_DECODE_FILE, "mov" },
    { "video/webm", SCREEN_DECODE_FILE, "matroska" },
    { "video/x-matroska", SCREEN_DECODE_FILE, "matroska" },
    { "video/avi", SCREEN_DECODE_FILE, "avi" },
    { "video/mp2t", SCREEN_DECODE_FILE, "mpegts" },
    { "video/mpeg", SCREEN_DECODE_FILE, "mpeg" },
    { "video/x-flv", SCREEN_DECODE_FILE, "flv" },
};


static const screen_decode_type_t *
screen_decode_type(const char *type)
{
    size_t  i;

    for (i = 0; i < sizeof(screen_decode_types)
                    / sizeof(screen_decode_types[0]); i++)
    {
        if (strcmp(type, screen_decode_types[i].type) == 0) {
            return &screen_decode_types[i];
        }
    }

    return NULL;
}


uint64_t
screen_decode_cpu(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);

    return (uint64_t) ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}


void
screen_decode_reason(screen_decode_t *d, const char *reason)
{
    if (d->info->reason == NULL) {
        d->info->reason = reason;
    }
}


int
screen_decode_over(screen_decode_t *d)
{
    if (d->code != SCREEN_OK) {
        return 1;
    }

    if (d->info->frames >= d->limits->frames) {
        screen_decode_reason(d, "frames");
        return 1;
    }

    if (screen_wire_now() >= d->deadline) {
        screen_decode_reason(d, "time");
        return 1;
    }

    return 0;
}


int
screen_decode_fits(screen_decode_t *d, uint64_t width, uint64_t height)
{
    if (width > SCREEN_PDQ_SIDE_MAX || height > SCREEN_PDQ_SIDE_MAX
        || width * height > d->limits->pixels)
    {
        screen_decode_reason(d, "pixels");
        return 0;
    }

    return 1;
}


int
screen_decode_hand(screen_decode_t *d, const screen_pdq_picture_t *picture,
    uint64_t ms)
{
    if (screen_decode_over(d)) {
        return 0;
    }

    if (d->info->width == 0) {
        d->info->width = picture->width;
        d->info->height = picture->height;
    }

    d->code = d->frame(d->ctx, picture, ms < UINT32_MAX ? ms : UINT32_MAX);

    d->info->frames++;

    return d->code == SCREEN_OK;
}


/*
 * An animation is mostly some seconds long and must be decoded frame by frame
 * anyway: a tenth of a second apart at first, then an eighth of the time so
 * far, then a second.
 */

int
screen_decode_thin(screen_decode_t *d, const screen_pdq_picture_t *picture,
    uint64_t ms)
{
    uint64_t  step;

    if (!d->limits->dense) {

        if (d->info->frames && ms < d->next) {
            return !screen_decode_over(d);
        }

        step = ms / 8;

        if (step < 100) {
            step = 100;
        }

        d->next = ms + (step < SCREEN_DECODE_STEP ? step : SCREEN_DECODE_STEP);
    }

    return screen_decode_hand(d, picture, ms);
}


static uint32_t
screen_decode_le(const u_char *p, unsigned bytes)
{
    uint32_t  n;

    n = 0;

    while (bytes--) {
        n = n << 8 | p[bytes];
    }

    return n;
}


/*
 * How large a picture says it is, where that stands at a fixed place: the
 * libraries refuse what is too large, without saying that this is why.
 */

static int
screen_decode_peek(screen_decode_t *d)
{
    int64_t        height;
    const u_char  *p;

    p = d->data;

    if (strcmp(d->type, "image/png") == 0 && d->size >= 24) {
        return screen_decode_fits(d,
                                  __builtin_bswap32(screen_decode_le(p + 16,
                                                                     4)),
                                  __builtin_bswap32(screen_decode_le(p + 20,
                                                                     4)));
    }

    if (strcmp(d->type, "image/gif") == 0 && d->size >= 10) {
        return screen_decode_fits(d, screen_decode_le(p + 6, 2),
                                  screen_decode_le(p + 8, 2));
    }

    if (strcmp(d->type, "image/bmp") == 0 && d->size >= 26
        && screen_decode_le(p + 14, 4) >= 40)
    {
        height = (int32_t) screen_decode_le(p + 22, 4);

        return screen_decode_fits(d, screen_decode_le(p + 18, 4),
                                  height < 0 ? -height : height);
    }

    return 1;
}


#if (SCREEN_MEDIA)


static void
screen_decode_by(screen_decode_t *d, const screen_decode_type_t *type)
{
    switch (type->by) {

    case SCREEN_DECODE_JPEG:
        screen_decode_jpeg(d);
        break;

    case SCREEN_DECODE_WEBP:
#if (SCREEN_MEDIA_WEBP)
        screen_decode_webp(d);
#else
        screen_decode_codec_still(d, type->name);
#endif
        break;

    case SCREEN_DECODE_HEIF:

        /* "avis", "hevc", "msf1": a track as in a film */

        if (memcmp(d->data + 8, "avis", 4) == 0
            || memcmp(d->data + 8, "msf1", 4) == 0
            || strcmp(d->type, "image/heic-sequence") == 0)
        {
            screen_decode_av(d, type->name);
            break;
        }

#if (SCREEN_MEDIA_HEIF)
        screen_decode_heif(d);
#else
        screen_decode_av(d, type->name);
#endif
        break;

    case SCREEN_DECODE_PNG:

        if (screen_decode_png_animated(d->data, d->size)) {
            screen_decode_av(d, "apng");

        } else {
            screen_decode_codec_still(d, type->name);
        }

        break;

    case SCREEN_DECODE_GIF:
        screen_decode_gif(d);
        break;

    case SCREEN_DECODE_STILL:
        screen_decode_codec_still(d, type->name);
        break;

    case SCREEN_DECODE_FILE:
        screen_decode_av(d, type->name);
        break;
    }
}


const char *
screen_decode_lacks(void)
{
    return NULL;
}


void
screen_decode_warm(void)
{
    screen_decode_codec_warm();

#if (SCREEN_MEDIA_HEIF)
    screen_decode_heif_warm();
#endif
}


#else


static void
screen_decode_by(screen_decode_t *d, const screen_decode_type_t *type)
{
    screen_decode_reason(d, "unsupported");
}


const char *
screen_decode_lacks(void)
{
    return "libjpeg, libavformat, libavcodec, libavutil and libswscale";
}


void
screen_decode_warm(void)
{
}


#endif


int
screen_decode(const u_char *data, size_t size, const char *type,
    const screen_decode_limits_t *limits, uint64_t deadline,
    screen_decode_frame_pt frame, void *ctx, screen_decode_info_t *info)
{
    screen_decode_t              d;
    const screen_decode_type_t  *by;

    memset(info, 0, sizeof(screen_decode_info_t));
    memset(&d, 0, sizeof(screen_decode_t));

    d.data = data;
    d.size = size;
    d.type = type;
    d.limits = limits;
    d.deadline = deadline;
    d.frame = frame;
    d.ctx = ctx;
    d.info = info;

    by = screen_decode_type(type);

    if (by == NULL || size < 12) {
        screen_decode_reason(&d, by ? "truncated" : "unsupported");
        return SCREEN_OK;
    }

    if (screen_decode_peek(&d)) {
        screen_decode_by(&d, by);

        if (screen_decode_cut(data, size, type)) {
            screen_decode_reason(&d, "truncated");
        }
    }

    if (d.code == SCREEN_OK && info->frames > 1) {
        info->video = 1;
    }

    return d.code;
}


const screen_decoder_t  screen_decoder_media = {
    SCREEN_VERSION,
    screen_decode,
    screen_decode_warm
};
