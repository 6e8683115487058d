
/*
 * The perceptual fingerprints of a part: it is decoded, and of each frame
 * the views are hashed.
 */


#ifndef _SCREEN_FINGERPRINT_H_INCLUDED_
#define _SCREEN_FINGERPRINT_H_INCLUDED_


#include "screen_media.h"


/*
 * Fills in part->media, from alloc, when part->type is a picture or a video;
 * what could not be decoded is told by SCREEN_FAULT_INCOMPLETE, "media: ..."
 * and the reason.  Ends some time before the deadline (of screen_wire_now()),
 * so that what was found is still reported.  Frames that look like the one
 * before them are left out: a repeated picture is one.
 *
 * SCREEN_OK or SCREEN_NOMEM.
 */
int screen_fingerprint(const screen_media_conf_t *conf, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc);


#endif /* _SCREEN_FINGERPRINT_H_INCLUDED_ */
