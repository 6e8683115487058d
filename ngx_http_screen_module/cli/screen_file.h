
/*
 * One file as an upload: its facts as the edge would find them, stage by
 * stage, and the decision.
 */


#ifndef _SCREEN_FILE_H_INCLUDED_
#define _SCREEN_FILE_H_INCLUDED_


#include "screen_digest.h"
#include "screen_judge.h"


/*
 * Looks the file up in the policy's banks, has it scanned if the policy needs
 * that, and decides.  Strings and arrays come from alloc.  SCREEN_OK, or
 * SCREEN_ERROR if the file cannot be read.
 */
int screen_file_screen(screen_judged_t *judged, const char *path,
    const screen_judge_t *judge, const screen_alloc_t *alloc,
    screen_error_t *err);

/*
 * Opens a file as the body of a POST, whose sizes it sets: a descriptor, or
 * -1 with err set if it is no regular file that can be read.
 */
int screen_file_open(screen_upload_t *u, const char *path,
    screen_error_t *err);


/* gets what was read, in order; a code below zero ends the reading */

typedef int (*screen_file_read_t)(void *ctx, const u_char *data, size_t len);

/* reads the file from its start; SCREEN_OK, SCREEN_ERROR, or read's code */
int screen_file_read(int fd, uint64_t *size, screen_file_read_t read,
    void *ctx, screen_error_t *err);


#endif /* _SCREEN_FILE_H_INCLUDED_ */
