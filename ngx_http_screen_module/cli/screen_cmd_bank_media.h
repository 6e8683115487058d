
/*
 * Banned pictures and videos as entries of a bank.
 */


#ifndef _SCREEN_CMD_BANK_MEDIA_H_INCLUDED_
#define _SCREEN_CMD_BANK_MEDIA_H_INCLUDED_


#include "screen_cmd_bank.h"


/* hashes of less quality match what they should not */
#define SCREEN_CMD_BANK_QUALITY  50

/*
 * Adds the fingerprints of files, and of those in folders: sha256 of each,
 * pdq of all views of a picture, vpdq of all frames and views of a video.
 * paths ends with NULL.  All or nothing is meant: SCREEN_OK, or SCREEN_ERROR
 * and the first file that cannot be done.
 */
int screen_cmd_bank_media(screen_bank_builder_t *builder,
    const screen_cmd_bank_options_t *options, char **paths,
    screen_error_t *err);


#endif /* _SCREEN_CMD_BANK_MEDIA_H_INCLUDED_ */
