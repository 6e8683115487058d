
/*
 * The tail of a bank: the changes since its file was built, in a file beside
 * it that its keeper appends to and everybody else maps.  An append is seen
 * by the next lookup of every process, without a lock and without a message:
 * an entry is written first, and then, by one atomic store, put at the head
 * of its chain.
 *
 * A tail belongs to the bank file whose origin has the tail's generation, and
 * has it in its name.  When the keeper puts a new pair into place it marks
 * the old tail as closed, which is how others learn of it.
 */


#ifndef _SCREEN_TAIL_H_INCLUDED_
#define _SCREEN_TAIL_H_INCLUDED_


#include <stdatomic.h>

#include "screen_bank.h"


#define SCREEN_TAIL_CAPACITY    65536

#define SCREEN_TAIL_LABEL_MAX   255
#define SCREEN_TAIL_SOURCE_MAX  255
#define SCREEN_TAIL_CONTENT_MAX 255

/* what the size of a bank's origin says when it was built from Redis; the
   origin's inode is the generation then, mtime_ns when Redis was read */
#define SCREEN_BANK_ORIGIN_REDIS  UINT64_MAX

/* PATH.tail-0123456789abcdef */
#define SCREEN_TAIL_SUFFIX      ".tail-"
#define SCREEN_TAIL_SUFFIX_LEN  (sizeof(SCREEN_TAIL_SUFFIX) - 1 + 16)


typedef enum {
    SCREEN_TAIL_ADD = 1,
    SCREEN_TAIL_REMOVE
} screen_tail_op_t;


/* a position in a stream of Redis */

typedef struct {
    uint64_t                 ms;
    uint64_t                 seq;
} screen_tail_id_t;


#define SCREEN_TAIL_REPLID_LEN  40
#define SCREEN_TAIL_BOOT_LEN    36


typedef struct {
    u_char                   magic[8];
    uint32_t                 version;
    uint32_t                 capacity;     /* entries there is room for */
    uint64_t                 generation;
    uint64_t                 seed;

    _Atomic uint32_t         count;        /* entries */
    _Atomic uint32_t         closed;       /* another pair is in place */
    _Atomic uint32_t         signals;      /* mask of those added */
    _Atomic int64_t          delta;        /* entries more than the file */
    _Atomic uint64_t         synced;       /* when Redis last confirmed that
                                              this is all, s since 1970 */
    _Atomic uint64_t         held;         /* the bank that Redis has now was
                                              refused: its entries + 1 */

    /* the keeper's own, for the keeper after it */

    _Atomic uint32_t         place;        /* which one of positions, 2: none */
    uint32_t                 anchored[2];  /* 1: the stream has an entry
                                              there */
    screen_tail_id_t         positions[2];
    char                     replid[SCREEN_TAIL_REPLID_LEN + 1];
    char                     boot[SCREEN_TAIL_BOOT_LEN + 1];
} screen_tail_header_t;


typedef struct {
    screen_tail_header_t    *header;       /* NULL: not open */
    size_t                   size;
    uint32_t                 capacity;
    int                      fd;           /* -1, but of who appends */
} screen_tail_t;


/*
 * Makes the empty tail of a generation, for its bank at path.  SCREEN_OK, or
 * SCREEN_ERROR.
 */
int screen_tail_create(screen_tail_t *t, const char *path,
    uint64_t generation, uint32_t capacity, screen_error_t *err);

/*
 * Maps the tail of a generation.  The second can append.  SCREEN_OK,
 * SCREEN_NOT_FOUND if there is no such file, or SCREEN_ERROR.
 */
int screen_tail_open(screen_tail_t *t, const char *path, uint64_t generation,
    screen_error_t *err);
int screen_tail_reopen(screen_tail_t *t, const char *path,
    uint64_t generation, screen_error_t *err);

/* safe on a zeroed struct, and twice */
void screen_tail_close(screen_tail_t *t);

/* writes the name of a tail's file; to holds size bytes.  SCREEN_OK or
   SCREEN_LIMIT */
int screen_tail_path(char *to, size_t size, const char *path,
    uint64_t generation);

/*
 * Appends a change; of a removal only signal, value and content count.  Longer
 * texts than the tail holds are cut.  frames of a vpdq entry is how many times
 * of its content the bank has with this one.  SCREEN_OK, SCREEN_LIMIT if the
 * tail is full, or SCREEN_ERROR if it cannot be written.
 */
int screen_tail_append(screen_tail_t *t, screen_tail_op_t op,
    const screen_entry_t *entry, screen_error_t *err);

/*
 * Entry n, below the count.  SCREEN_OK, or SCREEN_MALFORMED.  The strings
 * point into the map.
 */
int screen_tail_entry(const screen_tail_t *t, uint32_t n,
    screen_tail_op_t *op, screen_entry_t *entry);

/*
 * What the tail says last of the same entry as key (screen_entry_same()):
 * SCREEN_OK and the operation, with the entry if it is an addition, or
 * SCREEN_NOT_FOUND if it says nothing.
 */
int screen_tail_find(const screen_tail_t *t, const screen_entry_t *key,
    screen_tail_op_t *op, screen_entry_t *entry);

/*
 * How many times of a content the bank has after the last addition of one to
 * the tail; 0: none was added.  What was removed since is still counted.
 */
uint32_t screen_tail_frames(const screen_tail_t *t,
    const screen_str_t *content);

/*
 * Whether the tail has an addition of a content at a time, among the last
 * ones of that content: 1 or 0.
 */
int screen_tail_timed(const screen_tail_t *t, const screen_str_t *content,
    uint32_t time);

/*
 * screen_bank_lookup() of a bank with its tail, which may be closed: what the
 * tail says overrides the file.
 */
int screen_tail_lookup(const screen_tail_t *t, const screen_bank_t *bank,
    screen_signal_t signal, const u_char *value, uint64_t now,
    screen_entry_t *entry);

/*
 * A search of the pdq or vpdq entries of a bank with its tail, which may be
 * closed, within a radius of a value; as screen_bank_near_begin() and
 * screen_bank_near_each(), and exact as they are: what the tail overrides is
 * not visited.  What is appended after the beginning is not seen.  An entry's
 * strings point into the maps; both stay open until the search is over.
 */

typedef struct {
    screen_bank_near_t       file;
    screen_near_t            near;         /* of the tail's values */
    screen_near_search_t     search;
    const screen_tail_t     *tail;
    uint32_t                 count;
    unsigned                 tail_done:1;
} screen_tail_near_t;

void screen_tail_near_begin(screen_tail_near_t *n, const screen_tail_t *t,
    const screen_bank_t *bank, screen_signal_t signal, const u_char value[32],
    unsigned radius, uint64_t now);

int screen_tail_near_each(screen_tail_near_t *n, uint32_t budget,
    int (*visit)(void *ctx, const screen_entry_t *entry, unsigned distance),
    void *ctx);


/* what both hold together: the mask of signals, the number of entries */
unsigned screen_tail_signals(const screen_tail_t *t,
    const screen_bank_t *bank);
uint64_t screen_tail_entries(const screen_tail_t *t,
    const screen_bank_t *bank);

/* 1 if another pair is in place; 0 for a tail that is not open */
int screen_tail_closed(const screen_tail_t *t);

/* seconds since 1970 of Redis' last confirmation; 0: never, or no tail */
uint64_t screen_tail_synced(const screen_tail_t *t);


/*
 * Opens a bank file with its tail, which is left zeroed if the bank was not
 * built from Redis.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_tail_open_pair(screen_bank_t *bank, screen_tail_t *t,
    const char *path, screen_error_t *err);


#endif /* _SCREEN_TAIL_H_INCLUDED_ */
