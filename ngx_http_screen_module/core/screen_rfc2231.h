
/*
 * The encodings that a header parameter's value may come in: RFC 8187
 * extended values (charset'language'percent-encoded; RFC 5987 and RFC 2231
 * before it), RFC 2047 encoded words, and the three percent escapes of the
 * HTML Standard's "multipart/form-data encoding algorithm".
 *
 * Each decoder writes no more bytes than it reads.
 */


#ifndef _SCREEN_RFC2231_H_INCLUDED_
#define _SCREEN_RFC2231_H_INCLUDED_


#include "screen_core.h"


/*
 * Undoes %0A, %0D and %22, and, if quoted, \" and \\.  Other escapes stay:
 * no browser makes them, and a file may really be named a%20b.  Answers the
 * text itself where nothing is to be undone, otherwise bytes at to.
 */
screen_str_t screen_html_decode(const screen_str_t *text, int quoted,
    u_char *to);

/*
 * Decodes every %XX; bytes are copied otherwise.  SCREEN_OK, or
 * SCREEN_MALFORMED if a percent sign is not followed by two hex digits (it is
 * then copied).
 */
int screen_percent_decode(const screen_str_t *text, u_char *to, size_t *len);

/* 1 if text is b, once every valid %XX in it is decoded */
int screen_percent_equal(const screen_str_t *text, const screen_str_t *b);

/*
 * Decodes an extended value.  UTF-8 and US-ASCII are taken as they are,
 * ISO-8859-1 becomes UTF-8.  SCREEN_OK, or SCREEN_MALFORMED, with the best
 * reading there is, for another charset, absent quotes, a bad escape or bytes
 * that are not of the charset.
 */
int screen_rfc8187_decode(const screen_str_t *text, u_char *to, size_t *len);

/*
 * Decodes the encoded words in a text, whatever their charset (bytes are not
 * converted); white space between two of them goes.  SCREEN_OK;
 * SCREEN_MALFORMED, decoded all the same, for another charset than UTF-8 and
 * bytes that are not of it; SCREEN_NOT_FOUND if there is none.
 */
int screen_rfc2047_decode(const screen_str_t *text, u_char *to, size_t *len);


#endif /* _SCREEN_RFC2231_H_INCLUDED_ */
