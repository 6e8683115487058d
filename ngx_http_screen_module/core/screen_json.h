
/*
 * Writing JSON (RFC 8259), compact, into a screen_buf_t.  The caller opens
 * and closes what it nests; commas and escapes come by themselves.
 */


#ifndef _SCREEN_JSON_H_INCLUDED_
#define _SCREEN_JSON_H_INCLUDED_


#include "screen_buf.h"


#define SCREEN_JSON_STRING_MAX  1024


typedef struct {
    screen_buf_t   *buf;              /* its code tells of failure */
    unsigned        comma:1;          /* before the next value */
    unsigned        cut:1;            /* a string was too long */
} screen_json_t;

void screen_json_init(screen_json_t *j, screen_buf_t *buf);

/*
 * Each writes one value: with its key in an object, with NULL for a key in
 * an array and at the top.  Keys are of the program: nothing in them needs
 * an escape.  bracket is '{' or '[', and '}' or ']'.
 */
void screen_json_open(screen_json_t *j, const char *key, char bracket);
void screen_json_close(screen_json_t *j, char bracket);

/*
 * The bytes may be anything: what is not UTF-8 becomes U+FFFD, a byte at a
 * time, controls are escaped.  Of more than SCREEN_JSON_STRING_MAX bytes the
 * first ones are written, up to the end of a character, and cut is set.
 */
void screen_json_str(screen_json_t *j, const char *key,
    const screen_str_t *s);
void screen_json_text(screen_json_t *j, const char *key, const char *text);

void screen_json_hex(screen_json_t *j, const char *key, const u_char *data,
    size_t len);
void screen_json_uint(screen_json_t *j, const char *key, uint64_t n);
void screen_json_true(screen_json_t *j, const char *key);

/* seconds with six digits behind the point */
void screen_json_seconds(screen_json_t *j, const char *key, uint64_t ns);


#endif /* _SCREEN_JSON_H_INCLUDED_ */
