
/*
 * The lists that partners send, told apart by their first line.
 *
 * CSV with a header line: signal,value,label,source,severity,expires and of
 * pdq and vpdq content,view,time; RFC 4180, columns in any order, all but
 * value optional.
 *
 * One hash a line, bare or as sha256sum, sha1sum and md5sum print it ("<hex>
 * <name>": the name becomes the label).  The kind of a bare hash is told by
 * its length, or by a word before it ("pdq <hex>").
 *
 * "frame,quality,hex,seconds", the frames of one video, as vPDQ writes them:
 * entries of vpdq whose content is the list's name, without its folder and
 * what follows the last dot.  "hex,quality,name", pictures, as PDQ's programs
 * write them: entries of pdq of that content.
 *
 * "hash,descriptor,added,labels", as python-threatexchange keeps what it
 * fetched.
 *
 * JSON (see screen_list_record.c): the frames of one video as
 * python-threatexchange writes them, what the services of ThreatExchange,
 * StopNCII and Tech Against Terrorism answer, and what "ngx-screen
 * fingerprint" prints.  It is held in memory and read when it has ended.
 */


#ifndef _SCREEN_LIST_H_INCLUDED_
#define _SCREEN_LIST_H_INCLUDED_


#include "screen_bank.h"


#define SCREEN_LIST_LINE_MAX  8192

/* hashes of less quality, 0 to 100, match what they should not */
#define SCREEN_LIST_QUALITY   50

/* of a document of JSON */
#define SCREEN_LIST_DOCUMENT_MAX  (1024u * 1024 * 1024)

typedef struct screen_list_s  screen_list_t;


/* what a list has and a bank does not, and is no mistake */

typedef struct {
    uint64_t   poor;                    /* frames of too low a quality */
    uint64_t   cleared;                 /* no member calls them bad */
    uint64_t   withdrawn;
    uint64_t   foreign;                 /* of kinds that banks do not hold */
} screen_list_tally_t;

void screen_list_tally_sum(screen_list_tally_t *to,
    const screen_list_tally_t *from);

/*
 * "12 frames of too low a quality, 3 withdrawn" into to; empty if nothing was
 * left out.  Answers to.
 */
#define SCREEN_LIST_TALLY_LEN  256

char *screen_list_tally_text(const screen_list_tally_t *tally,
    char to[SCREEN_LIST_TALLY_LEN]);

/* name is for errors; emit is called for each entry, its strings live until
   it returns; a code of emit other than SCREEN_OK ends the reading.  NULL
   when there is no memory. */
screen_list_t *screen_list_create(const char *name,
    int (*emit)(void *ctx, const screen_entry_t *entry), void *ctx);
void screen_list_destroy(screen_list_t *l);

/* withdraw is called, as emit, for each entry that a member takes back */
void screen_list_withdrawn(screen_list_t *l,
    int (*withdraw)(void *ctx, const screen_entry_t *entry));

/* what was left out so far */
const screen_list_tally_t *screen_list_tally(const screen_list_t *l);

/*
 * Feeds bytes in pieces of any size, and ends the input.  SCREEN_OK, a code
 * of emit, SCREEN_NOMEM, or SCREEN_ERROR with the list's name, the line and
 * what is wrong; of JSON the entry is named, too.
 */
int screen_list_feed(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err);
int screen_list_end(screen_list_t *l, screen_error_t *err);


#endif /* _SCREEN_LIST_H_INCLUDED_ */
