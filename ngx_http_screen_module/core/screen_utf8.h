
/*
 * UTF-8, strictly as RFC 3629 section 4 has it: no overlong forms, no
 * surrogates, nothing beyond U+10FFFF.
 */


#ifndef _SCREEN_UTF8_H_INCLUDED_
#define _SCREEN_UTF8_H_INCLUDED_


#include "screen_core.h"


/*
 * The length of the character that begins at p, of which len > 0 bytes may be
 * read, and its code point; zero if there is none.
 */
size_t screen_utf8_char(const u_char *p, size_t len, uint32_t *c);

/* 1 for the controls of ASCII and of ISO 6429: C0, DEL, C1 */
int screen_utf8_control(uint32_t c);


#endif /* _SCREEN_UTF8_H_INCLUDED_ */
