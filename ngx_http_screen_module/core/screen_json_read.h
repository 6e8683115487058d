
/*
 * Reading JSON (RFC 8259) that lies in memory whole: the caller asks for what
 * it expects next, and passes over what means nothing to it.  Believes
 * nothing, and calls itself for no depth.
 */


#ifndef _SCREEN_JSON_READ_H_INCLUDED_
#define _SCREEN_JSON_READ_H_INCLUDED_


#include "screen_core.h"


/* brackets within one another that are passed over */
#define SCREEN_JSON_DEPTH  16


typedef struct {
    const u_char   *pos;
    const u_char   *end;
} screen_json_reader_t;


/* where a string goes; what does not fit is cut off, between characters */

typedef struct {
    u_char         *data;
    size_t          size;
    size_t          len;
    unsigned        full:1;
} screen_json_out_t;


void screen_json_read_space(screen_json_reader_t *j);

/* 1 if the character, or null, is next after space, which is then behind */
int screen_json_read_take(screen_json_reader_t *j, u_char c);
int screen_json_read_null(screen_json_reader_t *j);

/* the character that is next after space; 0 at the end */
u_char screen_json_read_peek(screen_json_reader_t *j);

/*
 * The rest answer SCREEN_OK or SCREEN_MALFORMED.
 *
 * A string, whose escapes are undone.  to may be the very bytes that are
 * read, for what is written is never longer: _here() does that and needs a
 * text that may be written to.
 */
int screen_json_read_string(screen_json_reader_t *j, screen_json_out_t *to);
int screen_json_read_here(screen_json_reader_t *j, screen_str_t *text);

/* a number that is a whole one and not negative; the text of any number */
int screen_json_read_uint(screen_json_reader_t *j, uint64_t *n);
int screen_json_read_number(screen_json_reader_t *j, screen_str_t *text);

/* true, false */
int screen_json_read_bool(screen_json_reader_t *j, unsigned *value);

/*
 * Passes over a value: its strings are read, and otherwise only its brackets
 * are counted.
 */
int screen_json_read_skip(screen_json_reader_t *j);

/*
 * An object's members and an array's elements, one by one: each is read, or
 * passed over, by the function, whose code other than SCREEN_OK ends it and is
 * returned.  A name that is longer than SCREEN_JSON_NAME is empty.
 */
#define SCREEN_JSON_NAME  32

int screen_json_read_object(screen_json_reader_t *j,
    int (*member)(void *ctx, const screen_str_t *name,
                  screen_json_reader_t *j), void *ctx);
int screen_json_read_array(screen_json_reader_t *j,
    int (*element)(void *ctx, screen_json_reader_t *j), void *ctx);


#endif /* _SCREEN_JSON_READ_H_INCLUDED_ */
