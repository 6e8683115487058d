
/*
 * Between the decoders: what they share of one decoding.  One file for each
 * library; none of them knows another.
 */


#ifndef _SCREEN_DECODE_IMPL_H_INCLUDED_
#define _SCREEN_DECODE_IMPL_H_INCLUDED_


#include "screen_decode.h"


#define SCREEN_DECODE_SIDE    700     /* the shorter side of a scaled JPEG */
#define SCREEN_DECODE_APART   400     /* ms: key frames closer are skipped */
#define SCREEN_DECODE_STEP    1000    /* ms: frames in between are no further
                                         apart */
#define SCREEN_DECODE_SPARSE  5000    /* ms: frames that the limit on their
                                         number takes so far apart are not
                                         all of a video */


typedef struct {
    const u_char                  *data;
    size_t                         size;
    const char                    *type;
    const screen_decode_limits_t  *limits;
    uint64_t                       deadline;
    screen_decode_frame_pt         frame;
    void                          *ctx;
    screen_decode_info_t          *info;
    int                            code;      /* of frame, when not OK */
    uint64_t                       next;      /* ms: an animation's next */
} screen_decode_t;


/* keeps the first reason */
void screen_decode_reason(screen_decode_t *d, const char *reason);

/* 1 when no frame can be handed over any more; the reason is kept then */
int screen_decode_over(screen_decode_t *d);

/* 1 if so many pixels are allowed; else the reason is kept */
int screen_decode_fits(screen_decode_t *d, uint64_t width, uint64_t height);

/* hands a frame over; 1 to go on, 0 to end */
int screen_decode_hand(screen_decode_t *d,
    const screen_pdq_picture_t *picture, uint64_t ms);

/* the same for a frame of an animation, unless it is too early for one */
int screen_decode_thin(screen_decode_t *d,
    const screen_pdq_picture_t *picture, uint64_t ms);

/* microseconds of CPU that this process has used */
uint64_t screen_decode_cpu(void);


/*
 * PNG: whether it is an animation, and a copy that ends as a PNG should,
 * however the original ends, with padding zeros behind it; NULL without
 * memory.  *size is its size.
 */
int screen_decode_png_animated(const u_char *data, size_t size);
u_char *screen_decode_png_mend(screen_decode_t *d, size_t padding,
    size_t *size);


/* the libraries; each hands frames over and keeps reasons */

void screen_decode_jpeg(screen_decode_t *d);
void screen_decode_webp(screen_decode_t *d);
void screen_decode_heif(screen_decode_t *d);
void screen_decode_gif(screen_decode_t *d);

/* FFmpeg: one picture in one packet; a file by the demuxer of that name */
void screen_decode_codec_still(screen_decode_t *d, const char *codec);
void screen_decode_av(screen_decode_t *d, const char *format);

void screen_decode_codec_warm(void);
void screen_decode_heif_warm(void);


/*
 * 1 when the content ends before its outermost structure says that it does:
 * RIFF, EBML, boxes, blocks of a GIF.  Demuxers take that for the end.
 */
int screen_decode_cut(const u_char *data, size_t size, const char *type);


/*
 * GIF89a, appendix B: where the first block begins, and where the one behind
 * that at a place, which is itself when it is the trailer or no block.
 * Beyond size when it is cut off.
 */

#define SCREEN_GIF_EXTENSION  0x21
#define SCREEN_GIF_IMAGE      0x2c
#define SCREEN_GIF_TRAILER    0x3b

size_t screen_decode_gif_start(const u_char *data, size_t size);
size_t screen_decode_gif_next(const u_char *data, size_t size, size_t at);


/* FFmpeg's pixels to what PDQ takes; screen_decode_scale.c */

typedef struct {
    const uint8_t         *data[4];
    int                    stride[4];
    int                    format;            /* enum AVPixelFormat */
    int                    width;
    int                    height;

    /* of luma and chroma in planes of their own; bits is 0 of all else */

    int                    bits;
    int                    grey;
    int                    chroma_x;          /* log2 of what chroma has less */
    int                    chroma_y;
    int                    matrix;            /* ITU-T H.273 */
    int                    full;              /* not limited to 16..235 */
} screen_decode_planes_t;

typedef struct {
    void                  *sws;
    u_char                *pixels;
    size_t                 size;
} screen_decode_scale_t;

/*
 * Converts, or only points where nothing needs to be converted.  SCREEN_OK,
 * SCREEN_NOMEM or SCREEN_ERROR for a format that cannot be converted.
 */
int screen_decode_scale(screen_decode_scale_t *scale,
    const screen_decode_planes_t *planes, screen_pdq_picture_t *picture);
void screen_decode_scale_free(screen_decode_scale_t *scale);


/* a decoder of FFmpeg's; screen_decode_codec.c */

struct AVCodec;
struct AVCodecContext;
struct AVCodecParameters;
struct AVFrame;
struct AVPacket;

typedef struct {
    screen_decode_t         *d;
    struct AVCodecContext   *codec;
    struct AVFrame          *frame;
    screen_decode_scale_t    scale;
    unsigned                 animation:1;      /* frames are thinned out */

    /* 1 if the frame of that time stamp is wanted, and its time; or NULL */
    int                    (*want)(void *owner, int64_t ts, uint64_t *ms);
    void                    *owner;

    /* takes frames instead of d->frame; 1 to go on; or NULL */
    int                    (*take)(void *owner,
                                   const screen_decode_planes_t *planes);
} screen_decode_codec_t;

/* NULL unless it is one that may be decoded with */
const struct AVCodec *screen_decode_codec_find(int id);
const char *screen_decode_codec_list(void);

/* one picture of a HEIF file, HEVC with start codes or AV1, given to take */
void screen_decode_codec_item(screen_decode_codec_t *c, int av1,
    const u_char *data, size_t size);

/* a code of FFmpeg's becomes a reason */
void screen_decode_codec_failed(screen_decode_t *d, int code);

/* zero or a code of FFmpeg's; close in either case */
int screen_decode_codec_open(screen_decode_codec_t *c,
    const struct AVCodec *codec, const struct AVCodecParameters *parameters);
void screen_decode_codec_close(screen_decode_codec_t *c);

/*
 * Decodes a packet, NULL for the end, and hands the frames over that come
 * out of it; 1 to go on.  After the end, flush before another packet.
 */
int screen_decode_codec_send(screen_decode_codec_t *c,
    const struct AVPacket *packet);
void screen_decode_codec_flush(screen_decode_codec_t *c);

/* the same for a decoder by its name, and for a packet of these bytes */
int screen_decode_codec_begin(screen_decode_codec_t *c, const char *codec);
int screen_decode_codec_piece(screen_decode_codec_t *c, const u_char *data,
    size_t size);


#endif /* _SCREEN_DECODE_IMPL_H_INCLUDED_ */
