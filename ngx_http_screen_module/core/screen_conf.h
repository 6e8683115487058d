
/*
 * A reader of nginx's configuration syntax, for ngx-screen: words, quotes,
 * escapes, comments, blocks, includes with globs.  What a directive means is
 * for the caller to say.
 */


#ifndef _SCREEN_CONF_H_INCLUDED_
#define _SCREEN_CONF_H_INCLUDED_


#include "screen_policy.h"


typedef struct {
    /*
     * A directive that ends with ";", or, with block set, one that opens a
     * block: SCREEN_OK to go on (into the block), SCREEN_NOT_FOUND to skip
     * the block, SCREEN_ERROR with err set to stop.
     */
    int      (*directive)(void *ctx, const screen_str_t *words, size_t n,
                 int block, const screen_place_t *place, screen_error_t *err);

    /* the end of a block that was entered */
    int      (*end)(void *ctx, screen_error_t *err);

    void      *ctx;
} screen_conf_sink_t;

/*
 * Reads the file and what it includes (paths relative to the file's folder,
 * at most 16 deep).  Words live as long as alloc.  SCREEN_OK, SCREEN_NOMEM or
 * SCREEN_ERROR.
 */
int screen_conf_read(const char *path, const screen_alloc_t *alloc,
    const screen_conf_sink_t *sink, screen_error_t *err);


#endif /* _SCREEN_CONF_H_INCLUDED_ */
