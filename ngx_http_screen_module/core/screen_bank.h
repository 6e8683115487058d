
/*
 * The bank file: fingerprints of known content with what is known of them,
 * in one immutable file that any number of processes map and look up without
 * a lock.
 *
 * The file is made by screen_bank_write() and renamed into place.  A reader
 * checks the header and the bounds of every section when it opens the file,
 * and every index that it follows afterwards: a damaged file gives an error
 * or a miss, never a fault.
 */


#ifndef _SCREEN_BANK_H_INCLUDED_
#define _SCREEN_BANK_H_INCLUDED_


#include "screen_near.h"
#include "screen_upload.h"


/* what a bank file begins with, and no list does */

#define SCREEN_BANK_MAGIC      "SCRNBANK"
#define SCREEN_BANK_MAGIC_LEN  8


typedef struct {
    screen_signal_t   signal;
    u_char            value[32];
    screen_str_t      label;
    screen_str_t      source;
    uint32_t          severity;         /* 0 to 10; 0: none given */
    uint64_t          expires;          /* seconds since 1970; 0: never */

    /* of pdq and vpdq */

    screen_str_t      content;          /* the picture or video that it is
                                           of; empty: not known */
    uint32_t          time;             /* ms from its start */
    uint16_t          view;             /* screen_view_t */
    uint32_t          frames;           /* found in a bank: the different
                                           times of this content that the
                                           bank has; 0: not known */
} screen_entry_t;


/* 1 if of both only one can be in a bank: signal and value are the same, and
   of vpdq the content, too, for two videos may share frames */
int screen_entry_same(const screen_entry_t *a, const screen_entry_t *b);

/* 1 for pdq and vpdq, which have a content, a time and a view */
int screen_signal_perceptual(screen_signal_t signal);


/* the identity of the list that a bank file was built from */

typedef struct {
    uint64_t          size;
    uint64_t          mtime_ns;
    uint64_t          inode;
} screen_bank_origin_t;


typedef struct screen_bank_builder_s  screen_bank_builder_t;

/* NULL when there is no memory */
screen_bank_builder_t *screen_bank_builder_create(void);
void screen_bank_builder_destroy(screen_bank_builder_t *b);

/*
 * Adds a copy of an entry.  Of two that are the same (screen_entry_same()) the
 * later one stays.  SCREEN_OK, SCREEN_NOMEM, SCREEN_MALFORMED for a value that
 * no list may hold (all zero, all one) and for a label, source or content of
 * more than SCREEN_BANK_TEXT_MAX bytes, or SCREEN_LIMIT beyond 2^32 - 2
 * entries.
 *
 * The builder holds 48 bytes an entry (40 of sha1, 32 of md5, 56 of pdq, 64 of
 * vpdq), and each different text once; up to 12 more an entry of pdq or vpdq
 * while it writes.
 */
#define SCREEN_BANK_TEXT_MAX  65535

int screen_bank_builder_add(screen_bank_builder_t *b,
    const screen_entry_t *entry);

/*
 * Sorts, writes the file at path (which must not exist) and flushes it.
 * SCREEN_OK or SCREEN_ERROR.  The caller renames.  The second writes to an
 * open, empty file, at its start; name is for errors.
 */
int screen_bank_write(screen_bank_builder_t *b, const char *path,
    const screen_bank_origin_t *origin, screen_error_t *err);
int screen_bank_write_fd(screen_bank_builder_t *b, int fd, const char *name,
    const screen_bank_origin_t *origin, screen_error_t *err);


/* where the map holds the entries of one signal, private to the reader */

typedef struct {
    const u_char          *buckets;
    const u_char          *values;
    const u_char          *metas;
    const u_char          *expires;     /* NULL: no entry expires */
    const u_char          *marks;       /* NULL: no entry has a time or a
                                           view */
    unsigned               bits;
} screen_bank_index_t;


typedef struct {
    const u_char          *map;         /* NULL: not open */
    size_t                 size;
    uint64_t               entries[SCREEN_SIGNALS];
    unsigned               signals;     /* mask of those with entries */
    uint64_t               built;       /* seconds since 1970 */
    screen_bank_origin_t   origin;

    screen_bank_index_t    index[SCREEN_SIGNALS];
    screen_near_t          near[SCREEN_SIGNALS];  /* of pdq and vpdq */
    screen_str_t           records;
    screen_str_t           contents;
    screen_str_t           strings;
} screen_bank_t;

/*
 * Maps the file; SCREEN_OK or SCREEN_ERROR.  The second maps an open file,
 * which may be closed afterwards; name is for errors.
 */
int screen_bank_open(screen_bank_t *bank, const char *path,
    screen_error_t *err);
int screen_bank_open_fd(screen_bank_t *bank, int fd, const char *name,
    screen_error_t *err);

/* safe on a zeroed struct, and twice */
void screen_bank_close(screen_bank_t *bank);

/*
 * SCREEN_OK and the entry, or SCREEN_NOT_FOUND (an entry whose time of
 * expiry is now, in seconds since 1970, or earlier is not found).  value
 * holds screen_signal_size(signal) bytes.  The entry's strings point into
 * the map.  Of several of vpdq it is any one; the second looks for the one
 * that is the same as key.
 */
int screen_bank_lookup(const screen_bank_t *bank, screen_signal_t signal,
    const u_char *value, uint64_t now, screen_entry_t *entry);
int screen_bank_lookup_same(const screen_bank_t *bank,
    const screen_entry_t *key, uint64_t now, screen_entry_t *entry);

/* the different times that the vpdq entries of a content have; 0: none */
uint32_t screen_bank_frames(const screen_bank_t *bank,
    const screen_str_t *content);

/*
 * A search of the entries of pdq or vpdq within a radius of a value, in pieces
 * that an event loop can bear; the caller's memory, all fields private.  The
 * bank stays open until the search is over.
 */

typedef struct {
    screen_near_search_t   search;
    const screen_bank_t   *bank;
    screen_signal_t        signal;
    uint64_t               now;
    unsigned               enough;
    unsigned               found;
    unsigned               distance;
    screen_entry_t         entry;
} screen_bank_near_t;

/*
 * signal is SCREEN_SIGNAL_PDQ or SCREEN_SIGNAL_VPDQ; nothing is near in any
 * other.  Entries that have expired by now, in seconds since 1970, are not
 * found.  An entry at a distance of enough or less ends the search of the
 * nearest; 0 asks for the nearest of all.
 */
void screen_bank_near_begin(screen_bank_near_t *n, const screen_bank_t *bank,
    screen_signal_t signal, const u_char value[32], unsigned radius,
    unsigned enough, uint64_t now);

/*
 * Searches the nearest entry for budget units of screen_near_step().
 * SCREEN_AGAIN when there is more to do, SCREEN_OK with the entry and its
 * distance, or SCREEN_NOT_FOUND.  The entry's strings point into the map.
 */
int screen_bank_near_next(screen_bank_near_t *n, uint32_t budget,
    screen_entry_t *entry, unsigned *distance);

/*
 * Visits each entry within the radius, once, in no order.  SCREEN_AGAIN when
 * there is more to do, SCREEN_OK at the end; a visitor's code other than
 * SCREEN_OK ends the search and is returned.
 */
int screen_bank_near_each(screen_bank_near_t *n, uint32_t budget,
    int (*visit)(void *ctx, const screen_entry_t *entry, unsigned distance),
    void *ctx);

/* screen_bank_near_begin() and _next() to the end, however long it takes */
int screen_bank_near(const screen_bank_t *bank, screen_signal_t signal,
    const u_char value[32], unsigned radius, uint64_t now,
    screen_entry_t *entry, unsigned *distance);

/*
 * Visits every entry, expired ones too, in the order of signal and value.
 * A visitor's code other than SCREEN_OK ends the walk and is returned.
 */
int screen_bank_walk(const screen_bank_t *bank,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx);


#endif /* _SCREEN_BANK_H_INCLUDED_ */
