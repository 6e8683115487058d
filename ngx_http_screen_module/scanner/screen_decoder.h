
/*
 * The decoder of pictures and videos is a file of its own, ngx-screen-media.so
 * beside ngx-screen or in SCREEN_DECODER_DIR: the libraries that it needs are
 * so many that loading them takes longer than most commands do, and only what
 * looks at media should have them in its memory.
 */


#ifndef _SCREEN_DECODER_H_INCLUDED_
#define _SCREEN_DECODER_H_INCLUDED_


#include "screen_core.h"
#include "screen_decode.h"


#ifndef SCREEN_DECODER_DIR
#define SCREEN_DECODER_DIR   "/usr/lib/ngx-screen"
#endif

#define SCREEN_DECODER_FILE  "ngx-screen-media.so"


/* what the file exports as screen_decoder_media */

typedef struct {
    const char   *version;             /* as that of who loads it */
    int         (*decode)(const u_char *data, size_t size, const char *type,
                          const screen_decode_limits_t *limits,
                          uint64_t deadline, screen_decode_frame_pt frame,
                          void *ctx, screen_decode_info_t *info);
    void        (*warm)(void);
} screen_decoder_t;


/* linked into tests and benchmarks instead of being loaded */
extern const screen_decoder_t  screen_decoder_media;


/*
 * Loads the decoder, once in a process, and has it do what a sandbox would
 * not let it do later; to be called before one closes, and before processes
 * are forked that are to share its memory.  SCREEN_ERROR when there is none
 * or not of this version: err says what would be right.
 */
int screen_decoder_load(screen_error_t *err);

/* what was loaded; NULL before */
const screen_decoder_t *screen_decoder(void);

/* 1 if content of this type is a picture or a video, decodable or not */
int screen_decoder_wanted(const char *type);

/* the libraries that this build decodes with, for --version */
const char *screen_decoder_libraries(void);


#endif /* _SCREEN_DECODER_H_INCLUDED_ */
