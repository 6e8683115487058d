
/*
 * The compiled rules of every engine in one memfd: written by `ngx-screen
 * compile`, sealed, and read by the supervisor of the same build.
 *
 * A header of SCREEN_IMAGE_HEADER bytes, then the blobs.  The header is
 * written last, so that an image that was not finished is none.
 */


#ifndef _SCREEN_IMAGE_H_INCLUDED_
#define _SCREEN_IMAGE_H_INCLUDED_


#include "screen_spec.h"


#define SCREEN_IMAGE_HEADER  8192


typedef struct {
    uint64_t               offset;
    uint64_t               len;              /* 0: no rules */
    uint32_t               nrules;
} screen_image_blob_t;


typedef struct {
    screen_image_blob_t    warm;
    screen_image_blob_t    engines[SCREEN_ENGINES_MAX];
    uint32_t               nengines;

    const u_char          *map;              /* of an open image */
    size_t                 size;
} screen_image_t;


/* writes the header and seals the file; SCREEN_OK or SCREEN_ERROR */
int screen_image_finish(const screen_image_t *image, int fd,
    screen_error_t *err);

/*
 * Maps an image and checks that every blob is within it and that it has as
 * many engines as the spec.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_image_open(screen_image_t *image, int fd, uint32_t nengines,
    screen_error_t *err);
void screen_image_close(screen_image_t *image);


#endif /* _SCREEN_IMAGE_H_INCLUDED_ */
