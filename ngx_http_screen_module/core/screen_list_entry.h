
/*
 * The fields of a list's entry, from their text: what screen_list.c reads
 * records with.  Private to the list reader, and to whoever takes a single
 * value from a person.
 */


#ifndef _SCREEN_LIST_ENTRY_H_INCLUDED_
#define _SCREEN_LIST_ENTRY_H_INCLUDED_


#include "screen_bank.h"


typedef enum {
    SCREEN_LIST_SIGNAL = 0,
    SCREEN_LIST_VALUE,
    SCREEN_LIST_LABEL,
    SCREEN_LIST_SOURCE,
    SCREEN_LIST_SEVERITY,
    SCREEN_LIST_EXPIRES,
    SCREEN_LIST_CONTENT,
    SCREEN_LIST_VIEW,
    SCREEN_LIST_TIME,
    SCREEN_LIST_COLUMNS
} screen_list_column_t;


/* for errors; line 0 is of no line */

typedef struct {
    const char  *name;
    unsigned     line;
} screen_list_place_t;


/* SCREEN_OK, or SCREEN_NOT_FOUND for a name that is no column's */
int screen_list_column(const screen_str_t *name,
    screen_list_column_t *column);

/*
 * The signal of a hash that comes without one, told by its length: sha256,
 * sha1 or md5.  SCREEN_OK, or SCREEN_MALFORMED for what is no hash.
 */
int screen_list_guess(const screen_str_t *text, screen_signal_t *signal);

/*
 * Sets entry->value, of entry->signal, which is guessed and set too when it
 * is SCREEN_SIGNALS.  Refuses values that stand for nothing, all zeros and
 * all ones, and of pdq and vpdq those of flat pictures.  SCREEN_OK or
 * SCREEN_ERROR.
 */
int screen_list_value(const screen_list_place_t *at, screen_entry_t *entry,
    const screen_str_t *text, screen_error_t *err);

/*
 * Sets the field of any other column from a text that is not empty.  A label
 * or source is not copied; its line breaks and tabs are made spaces where
 * they are.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_list_field(const screen_list_place_t *at, screen_entry_t *entry,
    screen_list_column_t column, const screen_str_t *text,
    screen_error_t *err);

/* "seconds[.fraction]" of at most 2^32 ms; SCREEN_OK or SCREEN_MALFORMED */
int screen_list_time(const screen_str_t *text, uint32_t *ms);

/*
 * Text as an error can show it: its start, "..." when that is not all, and
 * "?" for what cannot be printed.  Answers to.
 */
#define SCREEN_LIST_CLIP   16
#define SCREEN_LIST_SHOWN  (SCREEN_LIST_CLIP + sizeof("..."))

const char *screen_list_show(char to[SCREEN_LIST_SHOWN],
    const screen_str_t *text);


#endif /* _SCREEN_LIST_ENTRY_H_INCLUDED_ */
