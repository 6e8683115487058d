
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "screen_decode_impl.h"
#include "screen_wire.h"


/*
 * A progressive picture may come in any number of scans, each of which costs
 * as much as decoding all of it.  Real ones have ten.
 */

#define SCREEN_JPEG_SCANS   64

#define SCREEN_JPEG_DOUBLE  4          /* smaller by 4: two halvings */


typedef struct {
    struct jpeg_error_mgr            error;      /* first: libjpeg knows it */
    struct jpeg_progress_mgr         progress;
    struct jpeg_decompress_struct    info;
    jmp_buf                          failed;
    screen_decode_t                 *d;
    u_char                          *pixels;
} screen_jpeg_t;


static screen_jpeg_t *
screen_decode_jpeg_of(j_common_ptr cinfo)
{
    return cinfo->client_data;
}


static void
screen_decode_jpeg_error(j_common_ptr cinfo)
{
    int             code;
    const char     *reason;
    screen_jpeg_t  *jpeg;

    jpeg = screen_decode_jpeg_of(cinfo);
    code = cinfo->err->msg_code;

    switch (code) {

    case JERR_OUT_OF_MEMORY:
        reason = "memory";
        break;

    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_NOT_COMPILED:
        reason = "unsupported";
        break;

    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
        reason = "truncated";
        break;

    default:
        reason = "damaged";
    }

    screen_decode_reason(jpeg->d, reason);

    longjmp(jpeg->failed, 1);
}


/* warnings have the level -1; they mean that data was made up */

static void
screen_decode_jpeg_message(j_common_ptr cinfo, int level)
{
    screen_jpeg_t  *jpeg;

    if (level >= 0) {
        return;
    }

    jpeg = screen_decode_jpeg_of(cinfo);

    switch (cinfo->err->msg_code) {

    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
    case JWRN_BOGUS_PROGRESSION:
        break;

    case JWRN_JPEG_EOF:
        screen_decode_reason(jpeg->d, "truncated");
        break;

    default:
        screen_decode_reason(jpeg->d, "damaged");
    }
}


static void
screen_decode_jpeg_output(j_common_ptr cinfo)
{
}


static void
screen_decode_jpeg_progress(j_common_ptr cinfo)
{
    screen_jpeg_t  *jpeg;

    jpeg = screen_decode_jpeg_of(cinfo);

    if (screen_wire_now() >= jpeg->d->deadline) {
        screen_decode_reason(jpeg->d, "time");
        longjmp(jpeg->failed, 1);
    }

    if (jpeg->info.input_scan_number > SCREEN_JPEG_SCANS) {
        screen_decode_reason(jpeg->d, "cpu");
        longjmp(jpeg->failed, 1);
    }
}


static unsigned
screen_decode_jpeg_smaller(screen_decode_t *d, uint32_t width,
    uint32_t height)
{
    uint32_t  side;
    unsigned  by;

    side = width < height ? width : height;

    if (!d->limits->scaled) {
        return 1;
    }

    for (by = SCREEN_JPEG_DOUBLE; by > 1; by /= 2) {

        if (side / by >= SCREEN_DECODE_SIDE) {
            break;
        }
    }

    return by;
}


/*
 * Where Adobe's marker is, what is stored is the inverse of the ink, and
 * libjpeg leaves it so.  In place.
 */

static void
screen_decode_jpeg_cmyk(screen_jpeg_t *jpeg)
{
    size_t         i, n;
    u_char         flip;
    const u_char  *from;
    u_char        *to;
    unsigned       k;

    n = (size_t) jpeg->info.output_width * jpeg->info.output_height;

    from = jpeg->pixels;
    to = jpeg->pixels;

    flip = jpeg->info.saw_Adobe_marker ? 0 : 0xff;

    for (i = 0; i < n; i++) {
        k = from[3] ^ flip;

        to[0] = ((from[0] ^ flip) * k + 127) / 255;
        to[1] = ((from[1] ^ flip) * k + 127) / 255;
        to[2] = ((from[2] ^ flip) * k + 127) / 255;

        from += 4;
        to += 3;
    }
}


static void
screen_decode_jpeg_rows(screen_jpeg_t *jpeg, unsigned channels)
{
    size_t    stride;
    JSAMPROW  row;

    stride = (size_t) jpeg->info.output_width * channels;

    /* what a decoder leaves out is to be black, not what was there before */

    jpeg->pixels = calloc(jpeg->info.output_height, stride);
    if (jpeg->pixels == NULL) {
        screen_decode_reason(jpeg->d, "memory");
        longjmp(jpeg->failed, 1);
    }

    while (jpeg->info.output_scanline < jpeg->info.output_height) {
        row = jpeg->pixels + jpeg->info.output_scanline * stride;
        (void) jpeg_read_scanlines(&jpeg->info, &row, 1);

        screen_decode_jpeg_progress((j_common_ptr) &jpeg->info);
    }
}


static void
screen_decode_jpeg_picture(screen_jpeg_t *jpeg)
{
    unsigned                        channels;
    screen_decode_t                *d;
    screen_pdq_picture_t            picture;
    struct jpeg_decompress_struct  *info;

    d = jpeg->d;
    info = &jpeg->info;

    jpeg_mem_src(info, d->data, d->size);

    (void) jpeg_read_header(info, TRUE);

    if (!screen_decode_fits(d, info->image_width, info->image_height)) {
        return;
    }

    d->info->width = info->image_width;
    d->info->height = info->image_height;

    switch (info->jpeg_color_space) {

    case JCS_GRAYSCALE:
        info->out_color_space = JCS_GRAYSCALE;
        break;

    case JCS_CMYK:
    case JCS_YCCK:
        info->out_color_space = JCS_CMYK;
        break;

    default:
        info->out_color_space = JCS_RGB;
    }

    info->scale_num = 1;
    info->scale_denom = screen_decode_jpeg_smaller(d, info->image_width,
                                                   info->image_height);

    (void) jpeg_start_decompress(info);

    channels = info->output_components;

    screen_decode_jpeg_rows(jpeg, channels);

    if (channels == 4) {
        screen_decode_jpeg_cmyk(jpeg);
        channels = 3;
    }

    picture.pixels = jpeg->pixels;
    picture.width = info->output_width;
    picture.height = info->output_height;
    picture.channels = channels;
    picture.stride = (size_t) channels * picture.width;

    (void) screen_decode_hand(d, &picture, 0);
}


void
screen_decode_jpeg(screen_decode_t *d)
{
    screen_jpeg_t  *jpeg;

    jpeg = calloc(1, sizeof(screen_jpeg_t));
    if (jpeg == NULL) {
        screen_decode_reason(d, "memory");
        return;
    }

    jpeg->d = d;

    jpeg->info.err = jpeg_std_error(&jpeg->error);
    jpeg->info.client_data = jpeg;

    jpeg->error.error_exit = screen_decode_jpeg_error;
    jpeg->error.emit_message = screen_decode_jpeg_message;
    jpeg->error.output_message = screen_decode_jpeg_output;

    if (setjmp(jpeg->failed) == 0) {
        jpeg_create_decompress(&jpeg->info);

        jpeg->info.progress = &jpeg->progress;
        jpeg->progress.progress_monitor = screen_decode_jpeg_progress;

        screen_decode_jpeg_picture(jpeg);
    }

    jpeg_destroy_decompress(&jpeg->info);

    free(jpeg->pixels);
    free(jpeg);
}
