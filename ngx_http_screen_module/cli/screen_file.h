
/*
 * One file as an upload: its facts as the edge would find them, stage by
 * stage, and the decision.
 */


#ifndef _SCREEN_FILE_H_INCLUDED_
#define _SCREEN_FILE_H_INCLUDED_


#include "screen_setup.h"


typedef struct {
    screen_upload_t     upload;
    screen_part_t       part;
    screen_decision_t   decision;
    uint64_t            ms;
} screen_file_t;

/*
 * Looks the file up in the policy's banks, has it scanned if the policy needs
 * that, and decides.  Strings and arrays come from alloc.  SCREEN_OK, or
 * SCREEN_ERROR if the file cannot be read.
 */
int screen_file_screen(screen_file_t *file, const char *path,
    screen_setup_t *setup, const screen_policy_t *policy,
    screen_client_t *client, const screen_alloc_t *alloc,
    screen_error_t *err);


#endif /* _SCREEN_FILE_H_INCLUDED_ */
