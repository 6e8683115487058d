
/*
 * Where a scanner has the body of the job at hand.  To map and to unmap pages
 * is most of what a small job would cost, so there is memory that stays from
 * job to job, in large pages where the system has them; bodies that do not
 * fit are mapped.
 */


#ifndef _SCREEN_ROOM_H_INCLUDED_
#define _SCREEN_ROOM_H_INCLUDED_


#include "screen_core.h"


/* a body that is read may be so large; another one is mapped */

#define SCREEN_ROOM_SIZE   (16 * 1024 * 1024)

/* and so large if only some of it will be looked at */

#define SCREEN_ROOM_SMALL  (1024 * 1024)


typedef struct {
    u_char        *start;
    size_t         used;           /* touched since it was given back */

    const u_char  *data;           /* the body; NULL: it is empty */
    size_t         size;
    unsigned       mapped:1;
} screen_room_t;

/*
 * Takes addresses only: memory is taken by what is read.  SCREEN_OK or
 * SCREEN_NOMEM.
 */
int screen_room_init(screen_room_t *room);

/*
 * The whole of a file, whatever its offset, into data and size; all tells
 * whether all of it will be looked at.  There are at least 64 zeroes behind a
 * body that was read.  SCREEN_OK, SCREEN_MALFORMED for what is no file or has
 * become shorter meanwhile, or SCREEN_NOMEM.
 */
int screen_room_open(screen_room_t *room, int fd, int all);
void screen_room_close(screen_room_t *room);

/* gives memory back to the system, all but what a small body needs */
void screen_room_idle(screen_room_t *room);

/* 1: there is something to be given back */
int screen_room_is_large(const screen_room_t *room);


#endif /* _SCREEN_ROOM_H_INCLUDED_ */
