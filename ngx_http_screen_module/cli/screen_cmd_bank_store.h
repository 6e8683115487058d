
/*
 * A bank in Redis as the commands see it: entries are put into it and taken
 * out in batches, each with its change in the stream, so that a command that
 * is interrupted has done all of a batch or nothing, and may be given again.
 *
 * In a cluster the hashes and the stream are on different nodes, unless the
 * prefix has a hash tag, and there is no transaction over them: each entry is
 * written first to its hash and then to the stream.  An interrupted command
 * leaves at most one entry that edges do not know of before they read the
 * bank whole, or the command is given again.
 */


#ifndef _SCREEN_CMD_BANK_STORE_H_INCLUDED_
#define _SCREEN_CMD_BANK_STORE_H_INCLUDED_


#include "../bank/screen_redis_bank.h"
#include "screen_cmd_bank.h"


#define SCREEN_CMD_BANK_BATCH   1000

/* changes that the stream keeps, about; edges that are further behind read
   the bank whole */
#define SCREEN_CMD_BANK_MAXLEN  100000


typedef struct {
    screen_entry_t             entry;
    screen_bank_json_text_t    text;
    unsigned                   remove:1;
    unsigned                   skip:1;
} screen_cmd_bank_write_t;


typedef struct {
    screen_redis_conf_t        conf;
    screen_redis_t            *redis;
    screen_arena_t             arena;
    screen_alloc_t             alloc;

    const char                *bank;
    char                       changes[SCREEN_BANK_KEY_LEN];
    unsigned                   cluster:1;    /* of many slots */
    unsigned                   dry_run:1;
    uint64_t                   now;

    screen_cmd_bank_write_t   *batch;
    size_t                     n;

    uint64_t                   added;
    uint64_t                   changed;
    uint64_t                   unchanged;
    uint64_t                   removed;
    uint64_t                   missing;      /* to be removed, not there */

    screen_redis_bank_scan_t   scan;         /* what was passed over */
} screen_cmd_bank_store_t;


/* address as behind --redis; bank NULL: none.  SCREEN_OK or SCREEN_ERROR */
int screen_cmd_bank_store_open(screen_cmd_bank_store_t *store,
    const char *address, const char *bank, screen_error_t *err);

/* safe on a zeroed struct; what was not flushed is not written */
void screen_cmd_bank_store_close(screen_cmd_bank_store_t *store);

/*
 * Adds or replaces an entry; removes a value.  Copies; written by the batch
 * or by flush.  An entry that is there as it should be is not written again.
 * SCREEN_OK or SCREEN_ERROR.
 */
int screen_cmd_bank_store_put(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, screen_error_t *err);
int screen_cmd_bank_store_remove(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, screen_error_t *err);
int screen_cmd_bank_store_flush(screen_cmd_bank_store_t *store,
    screen_error_t *err);

/*
 * The entry that is the same as asked: SCREEN_OK and the entry, whose strings
 * are in text, its content as in asked if that has one; _NOT_FOUND; or
 * SCREEN_ERROR.
 */
int screen_cmd_bank_store_find(screen_cmd_bank_store_t *store,
    const screen_entry_t *asked, screen_entry_t *entry,
    screen_bank_json_text_t *text, screen_error_t *err);

/*
 * Reads the bank whole, sorted, into memory; to be closed as a bank.
 * SCREEN_OK or SCREEN_ERROR.
 */
int screen_cmd_bank_store_load(screen_cmd_bank_store_t *store,
    screen_bank_t *bank, screen_error_t *err);


#endif /* _SCREEN_CMD_BANK_STORE_H_INCLUDED_ */
