
/*
 * What a scanner may still do: read and write what it has already opened,
 * take jobs, ask for memory up to a limit, end.  libseccomp.
 */


#ifndef _SCREEN_SANDBOX_H_INCLUDED_
#define _SCREEN_SANDBOX_H_INCLUDED_


#include "screen_core.h"


/* descriptors that a sandboxed process can have, those passed to it too */

#define SCREEN_SANDBOX_FILES  32

/*
 * Sets resource limits: writable memory to what is in use now plus memory
 * bytes, no core, no processes, no files written, few descriptors; and makes
 * the process undumpable.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_sandbox_limit(uint64_t memory, screen_error_t *err);

/*
 * Closes the sandbox, for good: system calls that are not on the list end
 * the process with SIGSYS, those that would open a file fail with EACCES.
 * no_new_privs is set.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_sandbox_enter(screen_error_t *err);


#endif /* _SCREEN_SANDBOX_H_INCLUDED_ */
