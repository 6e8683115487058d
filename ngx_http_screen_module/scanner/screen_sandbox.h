
/*
 * What a scanner may still do: read and write what it has already opened,
 * take jobs, ask for memory up to a limit, end.  libseccomp.
 */


#ifndef _SCREEN_SANDBOX_H_INCLUDED_
#define _SCREEN_SANDBOX_H_INCLUDED_


#include "screen_core.h"


/* descriptors that a sandboxed process can have, those passed to it too */

#define SCREEN_SANDBOX_FILES  32

/* of a system call's name, its NUL included */

#define SCREEN_SANDBOX_NAME   32

/*
 * Sets resource limits: writable memory to what is in use now plus memory
 * bytes, no core, no processes, no files written, few descriptors; and makes
 * the process undumpable.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_sandbox_limit(uint64_t memory, screen_error_t *err);

/*
 * Who is told, in a signal handler, of the system call that ends the process:
 * its number, and its name or NULL.
 */

typedef struct {
    void  (*handler)(void *data, int number, const char *name);
    void   *data;
} screen_sandbox_trap_t;


/*
 * Closes the sandbox, for good: system calls that are not on the list end
 * the process with SIGSYS, those that would open a file fail with EACCES.
 * no_new_privs is set.  trap is copied, and may be NULL.  SCREEN_OK, or
 * SCREEN_ERROR: the kernel refused, and nothing is closed.
 */
int screen_sandbox_enter(const screen_sandbox_trap_t *trap,
    screen_error_t *err);

/* the name of a system call of this machine, or NULL; name has room for it */
const char *screen_sandbox_call(char name[SCREEN_SANDBOX_NAME], int number);


#endif /* _SCREEN_SANDBOX_H_INCLUDED_ */
