
/*
 * A folder of content that was quarantined: a file named by its SHA-256, and
 * beside it the records of the decisions that put it there, a line of JSON
 * each, in <sha256>.json.
 *
 * Any number of processes and threads may use a folder at the same time.
 * Its file .lock, locked with flock(), holds the sums that make the bounds
 * cheap to keep; they are counted anew now and then.  What is being copied
 * has a name that begins with a dot.
 */


#ifndef _SCREEN_QUARANTINE_H_INCLUDED_
#define _SCREEN_QUARANTINE_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_QUARANTINE_NAME  64          /* hex digits */


typedef struct {
    const char        *path;
    uint64_t           max_size;            /* bytes, 0: any number */
    uint64_t           max_files;           /* copies, 0: any number */
    uint64_t           max_age;             /* seconds since it was last sent,
                                               0: for ever */
} screen_quarantine_t;


typedef struct {
    char               name[SCREEN_QUARANTINE_NAME + 1];
    uint64_t           size;
    uint64_t           time;                /* last sent, s since 1970 */
} screen_quarantine_item_t;


/*
 * Puts a copy of size bytes at an offset of a readable file there, and adds
 * the record (a whole line) beside it; of content that is there already only
 * the record, up to a megabyte of them.  Blocks.
 *
 * SCREEN_OK; SCREEN_LIMIT if it would pass the bounds, with what is too old
 * deleted; SCREEN_ERROR for a file system that fails.  Both set the error.
 */
int screen_quarantine_add(const screen_quarantine_t *q, const char *name,
    int fd, uint64_t offset, uint64_t size, const screen_str_t *record,
    screen_error_t *err);

/* deletes what is too old, and what interrupted copies have left */
int screen_quarantine_expire(const screen_quarantine_t *q,
    screen_error_t *err);

/*
 * Visits every copy, in no order; a visitor's code other than SCREEN_OK ends
 * the walk and is returned.  SCREEN_ERROR if the folder cannot be read.
 */
int screen_quarantine_walk(const screen_quarantine_t *q,
    int (*visit)(void *ctx, const screen_quarantine_item_t *item), void *ctx,
    screen_error_t *err);

/* one copy: SCREEN_OK, SCREEN_NOT_FOUND or SCREEN_ERROR */
int screen_quarantine_find(const screen_quarantine_t *q, const char *name,
    screen_quarantine_item_t *item, screen_error_t *err);

/* deletes a copy and its records; the same codes */
int screen_quarantine_remove(const screen_quarantine_t *q, const char *name,
    screen_error_t *err);

/* 1 if it is 64 lower-case hex digits */
int screen_quarantine_name(const char *name);


#endif /* _SCREEN_QUARANTINE_H_INCLUDED_ */
