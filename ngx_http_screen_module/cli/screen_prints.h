
/*
 * The perceptual fingerprints of files, from sandboxed scanners as the edge
 * has them.
 */


#ifndef _SCREEN_PRINTS_H_INCLUDED_
#define _SCREEN_PRINTS_H_INCLUDED_


#include "screen_setup.h"


typedef struct {
    screen_setup_t    setup;
    screen_client_t   client;
} screen_prints_t;


/*
 * Starts the scanners; dense as for what is banned: every frame, all views.
 * SCREEN_OK or SCREEN_ERROR; to be followed by stop in either case.
 */
int screen_prints_start(screen_prints_t *p, int dense, screen_error_t *err);
void screen_prints_stop(screen_prints_t *p);

/*
 * Fills in the part of a file: size, sha256, type, media, which is NULL for
 * what is no picture or video, and faults.  Memory comes from alloc.
 * SCREEN_OK or SCREEN_ERROR.
 */
int screen_prints_file(screen_prints_t *p, const char *path,
    screen_part_t *part, const screen_alloc_t *alloc, screen_error_t *err);


#endif /* _SCREEN_PRINTS_H_INCLUDED_ */
