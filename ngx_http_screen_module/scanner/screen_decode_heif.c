
#include <stdlib.h>
#include <string.h>

#include <libheif/heif.h>
#include <libheif/heif_plugin.h>

#include "screen_decode_impl.h"


/*
 * libheif reads the container, puts tiles together and converts colours; the
 * pictures themselves are decoded by FFmpeg: libheif's own decoders start
 * threads, which a sandbox does not let them do.
 */

#define SCREEN_HEIF_PRIORITY  1000     /* libheif's own have 100 */
#define SCREEN_HEIF_PIXELS    (1 << 28)


typedef struct {
    int                 av1;
    u_char             *data;
    size_t              size;
    struct heif_image  *image;
} screen_heif_item_t;


static const struct heif_error  screen_heif_ok = {
    heif_error_Ok, heif_suberror_Unspecified, "ok"
};

static const struct heif_error  screen_heif_failed = {
    heif_error_Decoder_plugin_error, heif_suberror_Unspecified, "failed"
};


static const char *
screen_decode_heif_name(void)
{
    return "screen";
}


static int
screen_decode_heif_hevc(enum heif_compression_format format)
{
    return format == heif_compression_HEVC ? SCREEN_HEIF_PRIORITY : 0;
}


static int
screen_decode_heif_av1(enum heif_compression_format format)
{
    return format == heif_compression_AV1 ? SCREEN_HEIF_PRIORITY : 0;
}


static struct heif_error
screen_decode_heif_new(void **decoder, int av1)
{
    screen_heif_item_t  *item;

    item = calloc(1, sizeof(screen_heif_item_t));
    if (item == NULL) {
        return screen_heif_failed;
    }

    item->av1 = av1;
    *decoder = item;

    return screen_heif_ok;
}


static struct heif_error
screen_decode_heif_new_hevc(void **decoder)
{
    return screen_decode_heif_new(decoder, 0);
}


static struct heif_error
screen_decode_heif_new_av1(void **decoder)
{
    return screen_decode_heif_new(decoder, 1);
}


static void
screen_decode_heif_free(void *decoder)
{
    screen_heif_item_t  *item;

    item = decoder;

    free(item->data);
    free(item);
}


/* of HEVC come units with a length of four bytes; FFmpeg wants start codes */

static void
screen_decode_heif_starts(u_char *data, size_t size)
{
    size_t  at, unit;

    static const u_char  start[] = { 0, 0, 0, 1 };

    for (at = 0; size - at >= 4; at += unit) {
        unit = (size_t) data[at] << 24 | data[at + 1] << 16
               | data[at + 2] << 8 | data[at + 3];

        memcpy(data + at, start, sizeof(start));
        at += sizeof(start);

        if (unit > size - at) {
            return;
        }
    }
}


static struct heif_error
screen_decode_heif_push(void *decoder, const void *data, size_t size)
{
    u_char              *grown;
    screen_heif_item_t  *item;

    item = decoder;

    grown = realloc(item->data, item->size + size + 1);
    if (grown == NULL) {
        return screen_heif_failed;
    }

    memcpy(grown + item->size, data, size);
    item->data = grown;

    if (!item->av1) {
        screen_decode_heif_starts(grown + item->size, size);
    }

    item->size += size;

    return screen_heif_ok;
}


static int
screen_decode_heif_plane(struct heif_image *image, enum heif_channel channel,
    const screen_decode_planes_t *planes, int n)
{
    int       y, width, height, stride;
    size_t    row;
    uint8_t  *to;

    width = planes->width;
    height = planes->height;

    if (n) {
        width = (width + (1 << planes->chroma_x) - 1) >> planes->chroma_x;
        height = (height + (1 << planes->chroma_y) - 1) >> planes->chroma_y;
    }

    if (heif_image_add_plane(image, channel, width, height, planes->bits).code
        != heif_error_Ok)
    {
        return SCREEN_ERROR;
    }

    to = heif_image_get_plane(image, channel, &stride);
    if (to == NULL) {
        return SCREEN_ERROR;
    }

    row = (size_t) width * (planes->bits > 8 ? 2 : 1);

    for (y = 0; y < height; y++) {
        memcpy(to + (size_t) y * stride,
               planes->data[n] + (ptrdiff_t) y * planes->stride[n], row);
    }

    return SCREEN_OK;
}


static void
screen_decode_heif_colours(struct heif_image *image,
    const screen_decode_planes_t *planes)
{
    struct heif_color_profile_nclx  *nclx;

    nclx = heif_nclx_color_profile_alloc();

    if (nclx) {
        nclx->full_range_flag = planes->full;
        nclx->matrix_coefficients = planes->matrix;

        (void) heif_image_set_nclx_color_profile(image, nclx);

        heif_nclx_color_profile_free(nclx);
    }
}


static int
screen_decode_heif_take(void *owner, const screen_decode_planes_t *planes)
{
    int                     rc;
    enum heif_chroma        chroma;
    screen_heif_item_t     *item;
    enum heif_colorspace    space;

    item = owner;

    if (item->image || planes->bits == 0) {
        return 0;
    }

    space = planes->grey ? heif_colorspace_monochrome : heif_colorspace_YCbCr;

    chroma = planes->grey ? heif_chroma_monochrome
             : planes->chroma_y ? heif_chroma_420
             : planes->chroma_x ? heif_chroma_422 : heif_chroma_444;

    if (heif_image_create(planes->width, planes->height, space, chroma,
                          &item->image).code != heif_error_Ok)
    {
        item->image = NULL;
        return 0;
    }

    rc = screen_decode_heif_plane(item->image, heif_channel_Y, planes, 0);

    if (rc == SCREEN_OK && !planes->grey) {
        rc = screen_decode_heif_plane(item->image, heif_channel_Cb, planes, 1);
    }

    if (rc == SCREEN_OK && !planes->grey) {
        rc = screen_decode_heif_plane(item->image, heif_channel_Cr, planes, 2);
    }

    if (rc != SCREEN_OK) {
        heif_image_release(item->image);
        item->image = NULL;
        return 0;
    }

    screen_decode_heif_colours(item->image, planes);

    return 0;
}


static struct heif_error
screen_decode_heif_item(void *decoder, struct heif_image **image)
{
    screen_decode_t          d;
    screen_heif_item_t      *item;
    screen_decode_info_t     info;
    screen_decode_codec_t    c;
    screen_decode_limits_t   limits;

    item = decoder;

    memset(&d, 0, sizeof(screen_decode_t));
    memset(&c, 0, sizeof(screen_decode_codec_t));
    memset(&info, 0, sizeof(screen_decode_info_t));
    memset(&limits, 0, sizeof(screen_decode_limits_t));

    limits.pixels = SCREEN_HEIF_PIXELS;

    d.limits = &limits;
    d.info = &info;

    c.d = &d;
    c.take = screen_decode_heif_take;
    c.owner = item;

    screen_decode_codec_item(&c, item->av1,
                             item->data ? item->data : (u_char *) "",
                             item->size);

    *image = item->image;

    return item->image ? screen_heif_ok : screen_heif_failed;
}


#if (LIBHEIF_NUMERIC_VERSION >= 0x01150000)

/* 1.21 takes no plugin of an older interface, and calls these alone */

#define SCREEN_HEIF_PLUGIN  5


static struct heif_error
screen_decode_heif_new_item(void **decoder,
    const struct heif_decoder_plugin_options *options)
{
    return screen_decode_heif_new(decoder,
                                  options->format == heif_compression_AV1);
}


static struct heif_error
screen_decode_heif_push_item(void *decoder, const void *data, size_t size,
    uintptr_t user)
{
    return screen_decode_heif_push(decoder, data, size);
}


static struct heif_error
screen_decode_heif_flush(void *decoder)
{
    return screen_heif_ok;
}


static struct heif_error
screen_decode_heif_next(void *decoder, struct heif_image **image,
    uintptr_t *user, const struct heif_security_limits *limits)
{
    if (user) {
        *user = 0;
    }

    return screen_decode_heif_item(decoder, image);
}

#else

#define SCREEN_HEIF_PLUGIN  1

#endif


static const struct heif_decoder_plugin  screen_heif_hevc = {
    .plugin_api_version = SCREEN_HEIF_PLUGIN,
    .get_plugin_name = screen_decode_heif_name,
    .does_support_format = screen_decode_heif_hevc,
    .new_decoder = screen_decode_heif_new_hevc,
    .free_decoder = screen_decode_heif_free,
    .push_data = screen_decode_heif_push,
    .decode_image = screen_decode_heif_item,
#if (SCREEN_HEIF_PLUGIN > 1)
    .id_name = "screen-hevc",
    .new_decoder2 = screen_decode_heif_new_item,
    .push_data2 = screen_decode_heif_push_item,
    .flush_data = screen_decode_heif_flush,
    .decode_next_image2 = screen_decode_heif_next,
#endif
};

static const struct heif_decoder_plugin  screen_heif_av1 = {
    .plugin_api_version = SCREEN_HEIF_PLUGIN,
    .get_plugin_name = screen_decode_heif_name,
    .does_support_format = screen_decode_heif_av1,
    .new_decoder = screen_decode_heif_new_av1,
    .free_decoder = screen_decode_heif_free,
    .push_data = screen_decode_heif_push,
    .decode_image = screen_decode_heif_item,
#if (SCREEN_HEIF_PLUGIN > 1)
    .id_name = "screen-av1",
    .new_decoder2 = screen_decode_heif_new_item,
    .push_data2 = screen_decode_heif_push_item,
    .flush_data = screen_decode_heif_flush,
    .decode_next_image2 = screen_decode_heif_next,
#endif
};


void
screen_decode_heif_warm(void)
{
    (void) heif_init(NULL);
    (void) heif_register_decoder_plugin(&screen_heif_hevc);
    (void) heif_register_decoder_plugin(&screen_heif_av1);
}


static void
screen_decode_heif_picture(screen_decode_t *d,
    struct heif_image_handle *handle)
{
    int                             stride;
    struct heif_error               err;
    struct heif_image              *image;
    screen_pdq_picture_t            picture;
    struct heif_decoding_options   *options;

    if (!screen_decode_fits(d, heif_image_handle_get_ispe_width(handle),
                            heif_image_handle_get_ispe_height(handle)))
    {
        return;
    }

    options = heif_decoding_options_alloc();
    if (options == NULL) {
        screen_decode_reason(d, "memory");
        return;
    }

    options->ignore_transformations = 1;
    options->convert_hdr_to_8bit = 1;

    image = NULL;

    err = heif_decode_image(handle, &image, heif_colorspace_RGB,
                            heif_chroma_interleaved_RGB, options);

    heif_decoding_options_free(options);

    if (err.code != heif_error_Ok || image == NULL) {
        screen_decode_reason(d, err.code == heif_error_Memory_allocation_error
                                ? "memory" : "damaged");
        return;
    }

    picture.pixels = heif_image_get_plane_readonly(image,
                                                   heif_channel_interleaved,
                                                   &stride);
    picture.stride = stride;
    picture.width = heif_image_get_width(image, heif_channel_interleaved);
    picture.height = heif_image_get_height(image, heif_channel_interleaved);
    picture.channels = 3;

    if (picture.pixels && picture.width && picture.height) {
        (void) screen_decode_hand(d, &picture, 0);

    } else {
        screen_decode_reason(d, "damaged");
    }

    heif_image_release(image);
}


void
screen_decode_heif(screen_decode_t *d)
{
    struct heif_error          err;
    struct heif_context       *heif;
    struct heif_image_handle  *handle;

    heif = heif_context_alloc();
    if (heif == NULL) {
        screen_decode_reason(d, "memory");
        return;
    }

    heif_context_set_max_decoding_threads(heif, 0);

    handle = NULL;

    err = heif_context_read_from_memory_without_copy(heif, d->data, d->size,
                                                     NULL);
    if (err.code == heif_error_Ok) {
        err = heif_context_get_primary_image_handle(heif, &handle);
    }

    if (err.code == heif_error_Ok && handle) {
        screen_decode_heif_picture(d, handle);
        heif_image_handle_release(handle);

    } else {
        screen_decode_reason(d, "damaged");
    }

    heif_context_free(heif);
}
