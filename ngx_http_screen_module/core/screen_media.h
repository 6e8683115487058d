
/*
 * What a decoder told of a picture or a video: its frames, and the perceptual
 * fingerprints of each.  A frame is looked at in several views (as it is,
 * without its border, ...) and a view in several variants (as it is,
 * mirrored, ...): each such print is one hash to be looked up.
 */


#ifndef _SCREEN_MEDIA_H_INCLUDED_
#define _SCREEN_MEDIA_H_INCLUDED_


#include "screen_buf.h"
#include "screen_pdq.h"
#include "screen_upload.h"


/* of one part; what a report of SCREEN_REPORT_LIMIT bytes can hold */

#define SCREEN_MEDIA_FRAMES   20000
#define SCREEN_MEDIA_PRINTS   80000

/* of one part of a file that is banned, by the command line alone */

#define SCREEN_MEDIA_DENSE_FRAMES   400000
#define SCREEN_MEDIA_DENSE_PRINTS   4000000


typedef enum {
    SCREEN_MEDIA_PICTURE = 0,
    SCREEN_MEDIA_VIDEO             /* an animated picture, too */
} screen_media_kind_t;


typedef struct {
    uint32_t               frame;          /* its index */
    uint16_t               view;           /* screen_view_t */
    uint8_t                variant;        /* screen_pdq_variant_t */
    uint8_t                quality;        /* 0 to 100 */
    u_char                 value[SCREEN_PDQ_LEN];
} screen_print_t;


struct screen_media_s {
    screen_media_kind_t    kind;
    uint32_t               width;          /* of the first frame, pixels */
    uint32_t               height;
    uint32_t               duration;       /* ms; 0: not known */
    uint32_t              *times;          /* of each frame, ms from the start,
                                              ascending */
    size_t                 nframes;
    screen_print_t        *prints;         /* ascending by frame */
    size_t                 nprints;
};


/* what an engine is to do with pictures and videos; all zero: nothing */

typedef struct {
    uint8_t                on;
    uint8_t                dense;          /* as what is banned: every frame,
                                              all views of a bank */
    uint64_t               pixels;         /* of one frame, at most */
    uint32_t               frames;         /* of one part, at most */
    uint32_t               interval;       /* ms: key frames that are further
                                              apart are too sparse... */
    uint32_t               budget;         /* ...and so many ms of CPU may be
                                              spent on frames between them */
} screen_media_conf_t;

#define SCREEN_MEDIA_PIXELS    100000000
#define SCREEN_MEDIA_INTERVAL  2000
#define SCREEN_MEDIA_BUDGET    1000


/*
 * The wire form, within a report.  NULL is written as nothing decoded.
 * Decoding believes nothing: SCREEN_OK (media is NULL where nothing was
 * decoded), SCREEN_MALFORMED, or SCREEN_NOMEM; memory comes from alloc.
 */
void screen_media_encode(screen_buf_t *b, const screen_media_t *media);
int screen_media_decode(screen_reader_t *r, int dense,
    const screen_alloc_t *alloc, screen_media_t **media);

/* an engine's options, within a spec; the reader fails on what none can be */
void screen_media_conf_encode(screen_buf_t *b,
    const screen_media_conf_t *conf);
void screen_media_conf_decode(screen_media_conf_t *conf, screen_reader_t *r);


#endif /* _SCREEN_MEDIA_H_INCLUDED_ */
