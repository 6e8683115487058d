
/*
 * A scanner: a sandboxed process that takes one job after another from the
 * pool's socket and answers each with a report.
 */


#ifndef _SCREEN_SCANNER_H_INCLUDED_
#define _SCREEN_SCANNER_H_INCLUDED_


#include <stdatomic.h>

#include "screen_engine.h"


/*
 * What a scanner tells its supervisor, in memory that they share.  A scanner
 * may be owned by what it read: nothing depends on these being true.
 */

typedef struct {
    _Atomic uint32_t        busy;
    _Atomic uint64_t        jobs;            /* of the process in this slot */
    _Atomic uint64_t        deadline;        /* of the job at hand */
    _Atomic uint32_t        open;            /* 1: without a seccomp filter */
    _Atomic uint32_t        trapped;         /* the system call that ended it,
                                                plus one */
} screen_scanner_slot_t;


typedef struct {
    const screen_spec_t    *spec;
    screen_engine_t        *engines;
    screen_scanner_slot_t  *slot;
    int                     listen;          /* non-blocking */
    int                     pool;            /* end of file: no supervisor */
    int                     ready;           /* eventfd */
} screen_scanner_t;


/* what the process ends with */

#define SCREEN_SCANNER_DONE      0           /* nothing more to do */
#define SCREEN_SCANNER_RECYCLED  1           /* its number of jobs is done */
#define SCREEN_SCANNER_FAILED    2

/* a job's deadline, and then so many milliseconds, end the process */

#define SCREEN_SCANNER_GRACE     50

/* closes the sandbox and serves until it is done; answers the exit code */
int screen_scanner_run(const screen_scanner_t *scanner);


#endif /* _SCREEN_SCANNER_H_INCLUDED_ */
