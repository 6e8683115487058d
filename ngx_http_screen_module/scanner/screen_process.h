
/*
 * What becomes of a process that was started by nginx, as root, with its
 * descriptors and signals, before it may do its work.
 */


#ifndef _SCREEN_PROCESS_H_INCLUDED_
#define _SCREEN_PROCESS_H_INCLUDED_


#include "screen_core.h"


/*
 * Signals to their defaults and unblocked, SIGPIPE ignored, a session of its
 * own, / as the current folder, umask 077, standard input and output
 * /dev/null, standard error the socket log, and no descriptor but 0 to last.
 */
void screen_process_detach(int log, int last);

/*
 * Gives root up for uid and gid, if the process has it, and sets
 * no_new_privs.  SCREEN_OK, or SCREEN_ERROR: the process is root still, or
 * would be.
 */
int screen_process_drop(uint32_t uid, uint32_t gid, screen_error_t *err);


#endif /* _SCREEN_PROCESS_H_INCLUDED_ */
