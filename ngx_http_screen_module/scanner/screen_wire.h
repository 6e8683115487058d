
/*
 * Messages between a pool's scanners and those who send jobs, over a stream
 * socket: a length (u32, little-endian), then so many bytes; with the first
 * byte of a job comes the descriptor of the body.
 *
 * Sockets are non-blocking.  Deadlines are CLOCK_MONOTONIC in milliseconds.
 */


#ifndef _SCREEN_WIRE_H_INCLUDED_
#define _SCREEN_WIRE_H_INCLUDED_


#include "screen_core.h"


/* milliseconds of CLOCK_MONOTONIC */
uint64_t screen_wire_now(void);

/*
 * Sends all of a message, its length included, and the descriptor unless it
 * is -1.  SCREEN_OK; SCREEN_LIMIT at the deadline; SCREEN_ERROR if the peer
 * is gone.
 */
int screen_wire_send(int s, const u_char *data, size_t len, int fd,
    uint64_t deadline);

/*
 * Receives one message of at most limit bytes; *data is malloc'ed and holds
 * what follows the length.  A connection has one message each way: what comes
 * with it and after it makes it malformed.  With fd not NULL exactly one
 * descriptor must come with the first byte.  SCREEN_OK; SCREEN_LIMIT at the
 * deadline; SCREEN_ERROR if the peer closed before, or left last words;
 * SCREEN_MALFORMED; SCREEN_NOMEM.
 * Unless SCREEN_OK nothing is left to be freed or closed.
 */
int screen_wire_recv(int s, size_t limit, u_char **data, size_t *len, int *fd,
    uint64_t deadline);

/*
 * Sends last words, see screen_words.h, as far as they can be sent at once.
 * Safe in a signal handler.
 */
void screen_wire_words(int s, const char *text);

/* 1 if the peer has closed its end */
int screen_wire_gone(int s);


#endif /* _SCREEN_WIRE_H_INCLUDED_ */
