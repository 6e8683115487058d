
/*
 * Last words: what a scanner, or whoever speaks for it, sends in place of a
 * report that will never come.  On the wire: a u32, little-endian, with
 * SCREEN_WORDS set and the rest of it a length, then so many bytes of text.
 */


#ifndef _SCREEN_WORDS_H_INCLUDED_
#define _SCREEN_WORDS_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_WORDS      0x80000000u       /* no length of a report has it */
#define SCREEN_WORDS_MAX  128               /* bytes of text */


/*
 * Writes the words of a NUL-terminated text, cut at SCREEN_WORDS_MAX; answers
 * how many bytes that are, the length included.  Safe in a signal handler.
 */
size_t screen_words_encode(u_char data[4 + SCREEN_WORDS_MAX],
    const char *text);

/*
 * Copies what follows the length, len bytes of it, as a text of len bytes and
 * a NUL: what is not printable ASCII becomes a question mark.
 */
void screen_words_decode(char *text, const u_char *data, size_t len);


#endif /* _SCREEN_WORDS_H_INCLUDED_ */
