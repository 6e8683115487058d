
/*
 * Content-Disposition and the parameters of header fields: RFC 6266,
 * RFC 7578 section 4.2, RFC 2231, RFC 5987 (now 8187), and what browsers
 * really send (the HTML Standard, "multipart/form-data encoding algorithm").
 */


#ifndef _SCREEN_DISPOSITION_H_INCLUDED_
#define _SCREEN_DISPOSITION_H_INCLUDED_


#include "screen_core.h"


typedef struct {
    screen_str_t   type;              /* "form-data", "attachment" */
    screen_str_t   name;
    screen_str_t   filename;          /* filename* where both are there */
    unsigned       has_name:1;
    unsigned       has_filename:1;
    unsigned       framing;           /* SCREEN_FRAMING_*, multipart.h */
} screen_disposition_t;

/*
 * Reads the value of a Content-Disposition header.  Decoded strings are
 * written to space, which must hold at least 2 * value->len bytes; the
 * others point into value.  Never fails: what it cannot make sense of is a
 * framing bit, and the fields are as far as they could be read.  The same
 * function serves a part of a form and the header of a raw PUT.
 */
void screen_disposition_parse(screen_disposition_t *d,
    const screen_str_t *value, u_char *space);


#endif /* _SCREEN_DISPOSITION_H_INCLUDED_ */
