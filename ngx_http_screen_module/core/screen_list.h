
/*
 * The lists that partners send, line by line: CSV with a header line
 * (signal,value,label,source,severity,expires and of pdq and vpdq content,view,
 * time; RFC 4180, columns in any order, all but value optional), and one hash
 * a line, bare or as sha256sum, sha1sum and md5sum print it
 * ("<hex>  <name>": the name becomes the label).
 * The kind of a bare hash is told by its length, or by a word before it ("pdq
 * <hex>").
 *
 * And the frames of one video, as vPDQ writes them: "frame,quality,hex,
 * seconds" a line.  They become entries of vpdq whose content is the list's
 * name, without its folder and what follows the last dot.
 */


#ifndef _SCREEN_LIST_H_INCLUDED_
#define _SCREEN_LIST_H_INCLUDED_


#include "screen_bank.h"


#define SCREEN_LIST_LINE_MAX  8192

/* hashes of less quality, 0 to 100, match what they should not */
#define SCREEN_LIST_QUALITY   50

typedef struct screen_list_s  screen_list_t;

/* name is for errors; emit is called for each entry, its strings live until
   it returns; a code of emit other than SCREEN_OK ends the reading.  NULL
   when there is no memory. */
screen_list_t *screen_list_create(const char *name,
    int (*emit)(void *ctx, const screen_entry_t *entry), void *ctx);
void screen_list_destroy(screen_list_t *l);

/*
 * Feeds bytes in pieces of any size, and ends the input.  SCREEN_OK, a code
 * of emit, or SCREEN_ERROR with the list's name, the line and what is wrong.
 */
int screen_list_feed(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err);
int screen_list_end(screen_list_t *l, screen_error_t *err);


#endif /* _SCREEN_LIST_H_INCLUDED_ */
