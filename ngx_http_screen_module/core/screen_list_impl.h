
/*
 * What a list's reader holds, shared by the parts that read lines of CSV
 * (screen_list.c), lines of hashes (screen_list_line.c) and documents of JSON
 * (screen_list_json.c, screen_list_record.c).
 */


#ifndef _SCREEN_LIST_IMPL_H_INCLUDED_
#define _SCREEN_LIST_IMPL_H_INCLUDED_


#include "screen_buf.h"
#include "screen_csv.h"
#include "screen_json_read.h"
#include "screen_list.h"
#include "screen_list_entry.h"


typedef enum {
    SCREEN_LIST_UNKNOWN = 0,
    SCREEN_LIST_CSV,
    SCREEN_LIST_HASHES,
    SCREEN_LIST_FRAMES,                 /* of vPDQ */
    SCREEN_LIST_PICTURES,               /* of PDQ */
    SCREEN_LIST_OPINIONS,               /* of python-threatexchange */
    SCREEN_LIST_DOCUMENT
} screen_list_form_t;


struct screen_list_s {
    int                  (*emit)(void *ctx, const screen_entry_t *entry);
    int                  (*withdraw)(void *ctx, const screen_entry_t *entry);
    void                  *ctx;
    screen_list_tally_t    tally;

    int                    code;        /* of the failure that ended it */
    char                  *name;
    unsigned               line;
    screen_list_place_t    place;       /* where the record began */
    screen_list_form_t     form;
    unsigned               in_record:1;

    screen_list_column_t   columns[SCREEN_LIST_COLUMNS];
    size_t                 ncolumns;

    screen_buf_t           document;
    const u_char          *counted;     /* in it: line is of this place */
    uint64_t               entry;       /* of it, from 1 */

    size_t                 len;
    u_char                 buf[SCREEN_LIST_LINE_MAX];
    screen_csv_t           csv;
};


/* without the spaces and tabs around it */
void screen_list_trim(screen_str_t *s);

/*
 * Makes control characters "?", where they are: a file or a service may name
 * anything, and its list is a good one.
 */
void screen_list_clean(const screen_str_t *text);

/* SCREEN_LIST_UNKNOWN for a line that is none of hashes */
screen_list_form_t screen_list_form(const screen_str_t *line);

/* one line each, at l->place; SCREEN_OK, emit's code or SCREEN_ERROR */
int screen_list_hash(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
int screen_list_frame(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
int screen_list_picture(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
int screen_list_opinion(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);

/* the content of frames: the list's name, without its folder and what follows
   the last dot */
screen_str_t screen_list_stem(const screen_list_t *l);

/*
 * A frame or picture whose signal, content, view and time are set; one of too
 * low a quality is counted instead.
 */
int screen_list_print(screen_list_t *l, screen_entry_t *entry,
    const screen_str_t *hex, uint64_t quality, screen_error_t *err);

/* hands an entry to who takes back what members withdraw */
int screen_list_take_back(screen_list_t *l, const screen_entry_t *entry);

/* all of l->document */
int screen_list_document(screen_list_t *l, screen_error_t *err);

/*
 * One record of a document, an object, which is next: what services of members
 * send, and what "ngx-screen fingerprint" writes.  SCREEN_MALFORMED where it
 * is no JSON; otherwise as above.
 */
int screen_list_record_json(screen_list_t *l, screen_json_reader_t *j,
    screen_error_t *err);


#endif /* _SCREEN_LIST_IMPL_H_INCLUDED_ */
