
/*
 * Comma-separated values as RFC 4180 has them, fed line by line: quoted
 * fields may hold commas, doubled quotes and line breaks; spaces belong to
 * the field; a quote in a field that does not begin with one is an error.
 */


#ifndef _SCREEN_CSV_H_INCLUDED_
#define _SCREEN_CSV_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_CSV_RECORD_MAX  8192
#define SCREEN_CSV_FIELDS_MAX  32


typedef enum {
    SCREEN_CSV_START = 0,          /* of a field */
    SCREEN_CSV_BARE,
    SCREEN_CSV_QUOTED,
    SCREEN_CSV_QUOTE               /* in a quoted field: its end, or half of
                                      a doubled one */
} screen_csv_state_t;


typedef struct {
    screen_csv_state_t  state;
    size_t              ends[SCREEN_CSV_FIELDS_MAX];
    size_t              nfields;
    size_t              len;
    const char         *error;     /* after SCREEN_MALFORMED: what is wrong */
    u_char              text[SCREEN_CSV_RECORD_MAX];
} screen_csv_t;

/* forgets the record; to be called before the first line of each */
void screen_csv_start(screen_csv_t *csv);

/*
 * Adds a line, given without its line break.  SCREEN_OK when the record is
 * complete, SCREEN_AGAIN when a quoted field goes on in the next line,
 * SCREEN_MALFORMED.
 */
int screen_csv_line(screen_csv_t *csv, const u_char *line, size_t len);

/* field i of a complete record, below nfields; points into text */
screen_str_t screen_csv_field(const screen_csv_t *csv, size_t i);


#endif /* _SCREEN_CSV_H_INCLUDED_ */
