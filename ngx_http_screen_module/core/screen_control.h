
/*
 * The page that nginx's workers and the supervisor of one configuration
 * share: a memfd, mapped by all of them.  The supervisor holds a POSIX write
 * lock on its first byte for as long as it lives; whoever wants to know
 * whether there is one asks with F_GETLK.
 */


#ifndef _SCREEN_CONTROL_H_INCLUDED_
#define _SCREEN_CONTROL_H_INCLUDED_


#include <stdatomic.h>

#include "screen_spec.h"


#define SCREEN_WORKERS_MAX   1024


typedef struct {
    _Atomic uint64_t   version;         /* of the bank file; grows by one with
                                           each file renamed into place */
    _Atomic uint64_t   synced;          /* of a bank in Redis: when that last
                                           confirmed it, s since 1970; 0:
                                           never */
} screen_control_bank_t;


typedef struct {
    _Atomic uint32_t   supervisor;      /* its pid, once it holds the lock */
    _Atomic uint32_t   starting;        /* the pid of the process that starts
                                           one, 0: none does */
    _Atomic uint64_t   starting_since;  /* CLOCK_MONOTONIC, ms */
    _Atomic uint32_t   settled;         /* 1: all scanners have come to wait
                                           for jobs, or it is known that none
                                           can */

    _Atomic uint32_t   scanners;        /* processes alive */
    _Atomic uint32_t   busy;            /* with a job */
    _Atomic uint64_t   started;         /* scanners, ever */
    _Atomic uint64_t   recycled;        /* that ended after their jobs */
    _Atomic uint64_t   killed;          /* that met a deadline or crashed */
    _Atomic uint64_t   jobs;

    _Atomic uint32_t   pending[SCREEN_WORKERS_MAX];
                                        /* by worker: jobs that it has given
                                           and waits for */

    screen_control_bank_t  banks[SCREEN_BANKS_MAX];
} screen_control_t;


/*
 * The descriptors that ngx-screen finds when nginx (or a command of its own)
 * starts it as `compile` or `supervisor`; standard output is a pipe for
 * compile's messages, standard error the log socket of the supervisor.
 */

#define SCREEN_FD_SPEC       3          /* memfd: the encoded spec */
#define SCREEN_FD_IMAGE      4          /* memfd: the compiled rules */
#define SCREEN_FD_LISTEN     5          /* scanners accept jobs here */
#define SCREEN_FD_LIFELINE   6          /* end of file: nobody is left */
#define SCREEN_FD_CONTROL    7          /* memfd: screen_control_t */
#define SCREEN_FD_LOG        8          /* datagrams: one digit of syslog's
                                           levels, then the text */


#endif /* _SCREEN_CONTROL_H_INCLUDED_ */
