
/*
 * Bank files made from list files: read, sorted, written aside and renamed
 * into place, so that whoever maps the bank sees the old one or the new one,
 * and never a part.
 */


#ifndef _SCREEN_BANK_FILE_H_INCLUDED_
#define _SCREEN_BANK_FILE_H_INCLUDED_


#include "../core/screen_bank.h"
#include "../core/screen_list.h"


#define SCREEN_BANK_FILE_ERROR_LEN  (256 + 16 + SCREEN_ERROR_LEN)


typedef struct {
    uint64_t               entries[SCREEN_SIGNALS];
    uint64_t               total;
    uint64_t               size;        /* of the bank file, in bytes */
    uint64_t               built;       /* seconds since 1970 */
    screen_bank_origin_t   origin;
    screen_list_tally_t    left_out;    /* of the list that it was built from,
                                           if that is known */
} screen_bank_counts_t;


/*
 * Called about once a megabyte while a list is read, with the bytes read and
 * the list's size.  A code other than SCREEN_OK ends the work, and is what
 * the function that was asked to do it returns.
 */

typedef struct {
    int        (*step)(void *ctx, uint64_t done, uint64_t size);
    void        *ctx;
} screen_bank_progress_t;


/*
 * Builds the bank file at path from a list, mode 0640, owned by uid and gid
 * (each -1: as the process has it).  counts may be NULL.  SCREEN_OK,
 * SCREEN_ERROR (with file and line when the list is wrong), or SCREEN_AGAIN,
 * with an error as well, when the list changed while it was read.  Whatever
 * it answers, path is what it was or what it should be; builds that were
 * killed are cleared away.
 */
int screen_bank_file_build(const char *list, const char *path, uid_t uid,
    gid_t gid, screen_bank_counts_t *counts, screen_error_t *err);

/* the same, with a progress that may be NULL */
int screen_bank_file_make(const char *list, const char *path, uid_t uid,
    gid_t gid, const screen_bank_progress_t *progress,
    screen_bank_counts_t *counts, screen_error_t *err);

/* the reading of a list; what is not set by the caller is zero */

typedef struct {
    const screen_bank_progress_t  *progress;   /* or NULL */
    screen_bank_builder_t         *withdrawn;  /* gets what members take back;
                                                  or NULL */
    screen_bank_origin_t           origin;     /* told: its identity */
    screen_list_tally_t            tally;      /* added to */
} screen_bank_reading_t;

/*
 * The two halves of it: adds a list to a builder, and writes the builder's
 * bank file.
 */
int screen_bank_file_load(screen_bank_builder_t *b, const char *list,
    screen_bank_reading_t *reading, screen_error_t *err);
int screen_bank_file_save(screen_bank_builder_t *b, const char *path,
    uid_t uid, gid_t gid, const screen_bank_origin_t *origin,
    screen_bank_counts_t *counts, screen_error_t *err);

/*
 * 1 if the file at path is a sound bank that was built from the list as it is
 * now, 0 otherwise.
 */
int screen_bank_file_fresh(const char *list, const char *path);

/* a list's identity; SCREEN_OK or SCREEN_ERROR */
int screen_bank_file_origin(const char *list, screen_bank_origin_t *origin,
    screen_error_t *err);
int screen_bank_file_same(const screen_bank_origin_t *a,
    const screen_bank_origin_t *b);

/* what an open bank says of itself */
void screen_bank_file_count(const screen_bank_t *bank,
    screen_bank_counts_t *counts);

/* "file:line: text", as far as the error has them; answers to */
const char *screen_bank_file_error(char to[SCREEN_BANK_FILE_ERROR_LEN],
    const screen_error_t *err);


#endif /* _SCREEN_BANK_FILE_H_INCLUDED_ */
