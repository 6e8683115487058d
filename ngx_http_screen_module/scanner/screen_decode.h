
/*
 * Decoding: a picture or a video in memory, of whatever type, becomes frames
 * of pixels, one call a frame.  Only in a scanner, inside its sandbox, which
 * reaches it by screen_decoder.h.
 *
 * Which libraries do it is found out when the project is built (Makefile):
 * libjpeg-turbo and FFmpeg's make SCREEN_MEDIA; libwebp (SCREEN_MEDIA_WEBP)
 * and libheif (SCREEN_MEDIA_HEIF) add to them.  Every function is there
 * without them too, and says so.
 */


#ifndef _SCREEN_DECODE_H_INCLUDED_
#define _SCREEN_DECODE_H_INCLUDED_


#include "screen_pdq.h"


typedef struct {
    uint64_t       pixels;         /* of one frame */
    uint32_t       frames;         /* handed over, at most */
    uint32_t       interval;       /* ms: key frames further apart get frames
                                      in between, ... */
    uint32_t       cpu;            /* ... for so many ms of CPU, which is also
                                      what an animation may take */
    unsigned       dense:1;        /* every frame; cpu is not looked at */
    unsigned       scaled:1;       /* large JPEG at 1/2 or 1/4, where that
                                      moves a hash by 6 bits at most */
} screen_decode_limits_t;


typedef struct {
    unsigned       video:1;        /* of more than one frame; also animations */
    unsigned       spent:1;        /* more frames between key frames would
                                      have taken more than limits->cpu */
    uint32_t       width;          /* of the first frame, as stored */
    uint32_t       height;
    uint32_t       duration;       /* ms; 0: not known, or a picture */
    uint32_t       frames;         /* handed over */
    const char    *reason;         /* static; NULL: all was looked at */
} screen_decode_info_t;


/*
 * A frame: pixels as stored (no orientation applied, alpha dropped), good
 * until the function returns.  ms is its time in a video.  SCREEN_OK goes on,
 * anything else ends the decoding and is its result.
 */
typedef int (*screen_decode_frame_pt)(void *ctx,
    const screen_pdq_picture_t *picture, uint32_t ms);

/*
 * Decodes data of the type that screen_sniff() told.  Of a picture its one
 * frame, of an animation frames some tenths of a second apart, at most a
 * second; of a video the key frames first and, where those are sparser than
 * limits->interval, frames in between, so that times may go back once.
 * deadline is one of screen_wire_now().
 *
 * SCREEN_OK with info filled in, whatever the bytes were: info->reason tells
 * why not all could be looked at, "truncated", "damaged", "unsupported",
 * "pixels", "frames", "cpu", "memory", "time".  Else what frame returned, or
 * SCREEN_NOMEM.
 */
int screen_decode(const u_char *data, size_t size, const char *type,
    const screen_decode_limits_t *limits, uint64_t deadline,
    screen_decode_frame_pt frame, void *ctx, screen_decode_info_t *info);

/*
 * What this build lacks to decode media at all, for a message ("libjpeg and
 * libavformat"); NULL when nothing.
 */
const char *screen_decode_lacks(void);

/*
 * Has the libraries do what they do once in a process and what a sandbox
 * would not let them do later.  To be called before it closes.
 */
void screen_decode_warm(void);


#endif /* _SCREEN_DECODE_H_INCLUDED_ */
