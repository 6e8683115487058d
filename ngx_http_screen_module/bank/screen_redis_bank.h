
/*
 * A bank in Redis, read whole: what its hashes hold.
 */


#ifndef _SCREEN_REDIS_BANK_H_INCLUDED_
#define _SCREEN_REDIS_BANK_H_INCLUDED_


#include "../core/screen_bank_json.h"
#include "screen_redis.h"


typedef struct {
    uint64_t   fields;         /* seen; some may have been seen twice */
    uint64_t   passed;         /* over: they are no entries */

    /* called now and then, if set; a code other than SCREEN_OK ends it */
    int      (*step)(void *ctx, uint64_t done, uint64_t size);
    void      *ctx;
} screen_redis_bank_scan_t;


/* entries of each signal; SCREEN_OK or SCREEN_ERROR */
int screen_redis_bank_count(screen_redis_t *redis, const char *bank,
    uint64_t counts[SCREEN_SIGNALS], screen_error_t *err);

/*
 * Visits every entry, in no order, some maybe twice; those that are added or
 * removed meanwhile, or not.  SCREEN_OK; SCREEN_ERROR; or the code with which
 * a visitor ended it.
 */
int screen_redis_bank_scan(screen_redis_t *redis, const char *bank,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx,
    screen_redis_bank_scan_t *scan, screen_error_t *err);

/* the same of the entries of one signal whose value's first byte is shard */
int screen_redis_bank_shard_scan(screen_redis_t *redis, const char *bank,
    screen_signal_t signal, unsigned shard,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx,
    screen_error_t *err);


#endif /* _SCREEN_REDIS_BANK_H_INCLUDED_ */
