
/*
 * The views of a picture that are fingerprinted.
 *
 * A hash of a whole picture survives what changes its pixels alike; it does
 * not survive a crop, a border, a caption or a small rotation.  Therefore a
 * banned picture is hashed as parts of it as well, so that whoever shows
 * less meets one of them, and a picture that is asked for is hashed without
 * what was laid around it, so that whoever shows more is met.
 *
 * The whole picture's hashes are PDQ's own, over all its pixels, and may be
 * exchanged.  All others come from one plane of 256 x 256 averages, cost some
 * 30 microseconds each, and mean something only among themselves.
 */


#ifndef _SCREEN_VIEW_H_INCLUDED_
#define _SCREEN_VIEW_H_INCLUDED_


#include "screen_core.h"
#include "screen_pdq.h"


/*
 * Which view: the number is kept in banks, so that a view never gets another
 * one.  Those of the box have SCREEN_VIEW_OF_BOX set.
 */

typedef uint16_t  screen_view_t;

#define SCREEN_VIEW_WHOLE   0           /* PDQ in full mode */
#define SCREEN_VIEW_512     1           /* PDQ in 512 mode, where it differs */
#define SCREEN_VIEW_BOX     2           /* without borders, bars, captions and
                                           blurred copies around it */
#define SCREEN_VIEW_BARE    3           /* without parts of one colour, too */
#define SCREEN_VIEW_INSET   4           /* a picture in another */
#define SCREEN_VIEW_OF_BOX  0x4000      /* a window of that */

#define SCREEN_VIEW_NAME    32          /* bytes, of a name with its NUL */

/*
 * The least quality of any view but the whole ones and the box: there are many
 * of them, and thirds of pictures with little in them resemble one another
 */

#define SCREEN_VIEW_QUALITY 70


/*
 * What a picture or a frame is hashed for.  A picture has some 45 views when
 * it is asked for and some 160 when it is banned; a frame fewer.
 */

typedef enum {
    SCREEN_VIEWS_PICTURE_QUERY = 0,
    SCREEN_VIEWS_PICTURE_BANK,
    SCREEN_VIEWS_FRAME_QUERY,
    SCREEN_VIEWS_FRAME_BANK
} screen_view_set_t;


/*
 * "whole", "512", "box", "crop10", "crop10-nw", "rotate+2", "box-crop10";
 * "view-7" for a number that this version does not know.  Returns to.
 */
const char *screen_view_name(screen_view_t view, char to[SCREEN_VIEW_NAME]);

/* the number of such a name, "view-7" too; SCREEN_NOT_FOUND for other text */
int screen_view_parse(const screen_str_t *name, screen_view_t *view);

/* bytes of memory that screen_view_each() needs for a picture of this size */
size_t screen_view_memory(uint32_t width, uint32_t height,
    screen_view_set_t set);

/*
 * Hashes the views of the set and hands each to visit, those that are most
 * likely to be met first: whole, 512 and box, if the picture has them.
 *
 * variants is a mask of 1 << screen_pdq_variant_t: the hashes that are worth
 * asking for.  Of a bank's views that is the original alone.  pdq lives until
 * visit returns.  The whole ones and the box come at any quality, which the
 * caller must look at; others below SCREEN_VIEW_QUALITY are left out.  Views
 * of a bank that are within 8 bits of one that came before are, too.
 *
 * SCREEN_OK; what visit returned if that was not SCREEN_OK, after which no
 * view follows; SCREEN_MALFORMED and SCREEN_LIMIT as screen_pdq_compute().
 */
int screen_view_each(const screen_pdq_picture_t *picture,
    screen_view_set_t set, void *memory, size_t size,
    int (*visit)(void *ctx, screen_view_t view, unsigned variants,
                 const screen_pdq_t *pdq), void *ctx);


#endif /* _SCREEN_VIEW_H_INCLUDED_ */
