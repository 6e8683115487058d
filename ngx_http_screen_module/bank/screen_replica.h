
/*
 * The keeper of one bank that lives in Redis.  It reads the bank whole, once,
 * builds a bank file of it and swaps that in by rename; then it follows the
 * stream of changes and appends each to the bank's tail, where lookups see it
 * at once.  A tail that has grown is folded into a new bank file.  What takes
 * long, reading and folding, is done by a child, so that the stream is
 * followed meanwhile.
 *
 * Whatever makes the replica differ from what Redis has is noticed by one
 * test: the last change that was applied must still be in the stream, at its
 * place.  It is not after a FLUSHALL, when the stream was trimmed beyond it,
 * on another server, in another database and after a failover that lost
 * changes; the bank is then read whole again.
 */


#ifndef _SCREEN_REPLICA_H_INCLUDED_
#define _SCREEN_REPLICA_H_INCLUDED_


#include "screen_redis.h"


typedef struct {
    const char                  *name;         /* of the bank */
    const char                  *path;         /* of the bank file */
    const screen_redis_conf_t   *redis;
    uint32_t                     capacity;     /* of tails; 0: the default */

    /* in memory that others read; each may be NULL */
    volatile uint64_t           *version;      /* counted up with each swap */
    volatile uint64_t           *synced;       /* s since 1970 */

    int                          lifeline;     /* -1: none */

    void                       (*log)(void *ctx, int level,
                                      const char *text);
    void                        *ctx;          /* level as in <syslog.h> */
} screen_replica_t;


/*
 * Runs until the lifeline ends.  Of several keepers of the same file one
 * works and the others stand by.  SCREEN_OK, or SCREEN_ERROR when it could
 * not begin.
 */
int screen_replica_run(const screen_replica_t *conf);


#endif /* _SCREEN_REPLICA_H_INCLUDED_ */
