
/*
 * The processes of a pool: started, told apart by how they ended, started
 * again.  A process that cannot even begin is started again ever more
 * slowly; one that met its end at work, at once.
 */


#ifndef _SCREEN_CHILDREN_H_INCLUDED_
#define _SCREEN_CHILDREN_H_INCLUDED_


#include "screen_control.h"
#include "screen_scanner.h"


#define SCREEN_CHILDREN_SCANNERS  256


typedef struct {
    pid_t                   pid;             /* 0: is not there */
    uint64_t                started;
    uint64_t                retry;           /* when to start it again */
    uint64_t                jobs;            /* of its slot, counted so far */
    unsigned                failures;        /* in a row, before any work */
    unsigned                stuck:1;         /* has been killed */
} screen_child_t;


typedef struct {
    const screen_spec_t    *spec;
    screen_control_t       *control;
    screen_engine_t        *engines;
    screen_alloc_t          alloc;

    screen_child_t         *list;            /* scanners, then keepers */
    u_char                 *slots;           /* pages, each shared with the
                                                child of its number */
    uint32_t                nscanners;
    uint32_t                nkeepers;
    uint32_t                keepers[SCREEN_BANKS_MAX + 1];
                                             /* the bank in Redis that it is
                                                for, or all lists */
    unsigned                leaving:1;       /* nothing is started again */
    unsigned                open:1;          /* has been told of */

    int                     pool[2];         /* the write end is ours */
    int                     ready;
    int                     signals;         /* not for the children */
} screen_children_t;


/*
 * Prepares the list, the slots and the pipe; spec, control, engines, alloc
 * and signals are set.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_children_init(screen_children_t *c, screen_error_t *err);

/* starts what is due; answers the ms until more will be, at most max */
int screen_children_start(screen_children_t *c, int max);

/* learns of those that ended, logs and counts them */
void screen_children_reap(screen_children_t *c);

/* brings the control page up to date, ends scanners that outlived a job */
void screen_children_count(screen_children_t *c);

/* says in the log, once, that scanners run without a seccomp filter */
void screen_children_warn(screen_children_t *c);

/* 1 if no scanner comes to wait for jobs, and has not for some attempts */
int screen_children_broken(const screen_children_t *c);

/* ends the jobs that are waiting, with last words */
void screen_children_refuse(screen_children_t *c);

/* tells all to end after the job at hand */
void screen_children_leave(screen_children_t *c);

/* how many are alive; sends them a signal unless it is zero */
uint32_t screen_children_alive(screen_children_t *c, int sig);


#endif /* _SCREEN_CHILDREN_H_INCLUDED_ */
