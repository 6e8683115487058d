
/*
 * The keeper: the process that keeps bank files as current as the lists that
 * they are made from.  It looks at each list, builds a changed one aside,
 * renames the bank into place and counts up a number in shared memory, by
 * which the workers know.  A list that is wrong, or gone, leaves the bank as
 * it is.
 */


#ifndef _SCREEN_KEEPER_H_INCLUDED_
#define _SCREEN_KEEPER_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>


#define SCREEN_KEEPER_INTERVAL  250

/* a build that failed for want of disk or memory is tried again after so
   many intervals */
#define SCREEN_KEEPER_RETRY     120


/*
 * The numbers may lie in memory that other processes read; each is written
 * atomically, version last.  All but version may be NULL.
 */

typedef struct {
    const char          *name;          /* as in screen_bank, for the log */
    const char          *list;
    const char          *path;          /* of the bank file */

    volatile uint64_t   *version;       /* counted up when the keeper starts
                                           on a bank, and after each swap */
    volatile uint64_t   *entries;       /* of the bank in force */
    volatile uint64_t   *built;         /* seconds since 1970 */
    volatile uint64_t   *failed;        /* seconds since 1970 when the list
                                           was refused; 0: it was not */
} screen_keeper_bank_t;


typedef struct {
    const screen_keeper_bank_t  *banks;
    size_t                       nbanks;
    unsigned                     interval;   /* ms between two looks; 0 is
                                                SCREEN_KEEPER_INTERVAL */
    int                          lifeline;   /* -1: none */

    void                       (*log)(void *ctx, int level,
                                      const char *text);
    void                        *ctx;        /* level as in <syslog.h> */
} screen_keeper_t;


/*
 * Runs until the lifeline ends (end of file, or hang-up).  SCREEN_OK, or
 * SCREEN_NOMEM when it could not begin.
 */
int screen_keeper_run(const screen_keeper_t *k);


#endif /* _SCREEN_KEEPER_H_INCLUDED_ */
