
/*
 * One connection to one server of Redis, synchronous, with a deadline on
 * everything: what the client (screen_redis.h) is made of.  What the server
 * says is not trusted: replies are copied into structs of our own, bounded in
 * size and number, and anything else is an error.
 */


#ifndef _SCREEN_REDIS_LINK_H_INCLUDED_
#define _SCREEN_REDIS_LINK_H_INCLUDED_


#include <stdarg.h>

#include "../core/screen_redis_conf.h"


/* of one reply: bytes of its strings, and elements of its arrays */

#define SCREEN_REDIS_REPLY_BYTES     (64 * 1024 * 1024)
#define SCREEN_REDIS_REPLY_ELEMENTS  (4 * 1024 * 1024)


typedef enum {
    SCREEN_REDIS_NIL = 0,
    SCREEN_REDIS_STRING,
    SCREEN_REDIS_STATUS,
    SCREEN_REDIS_FAILURE,              /* an error that the server reports */
    SCREEN_REDIS_INTEGER,
    SCREEN_REDIS_ARRAY
} screen_redis_type_t;


typedef struct screen_redis_reply_s  screen_redis_reply_t;

struct screen_redis_reply_s {
    screen_redis_type_t      type;
    int64_t                  integer;
    screen_str_t             str;      /* of string, status, failure; never
                                          NULL, a NUL behind it */
    size_t                   n;        /* elements of an array */
    screen_redis_reply_t   **elements; /* none is NULL */
};

/* NULL is fine */
void screen_redis_reply_free(screen_redis_reply_t *reply);

/* its text, as far as it can be shown to a person; answers to */
#define SCREEN_REDIS_REPLY_SHOWN  256

const char *screen_redis_reply_show(char to[SCREEN_REDIS_REPLY_SHOWN],
    const screen_redis_reply_t *reply);


typedef struct screen_redis_link_s  screen_redis_link_t;

/* 1 if the library has TLS */
int screen_redis_link_has_tls(void);

/*
 * Connects, and before anything else authenticates and selects the database,
 * as far as the server asks for it (not to a sentinel), each answered by OK
 * or this is an error.  NULL on failure; err names the address.
 */
screen_redis_link_t *screen_redis_link_open(
    const screen_redis_server_t *server,
    const screen_redis_address_t *address, int sentinel, screen_error_t *err);
void screen_redis_link_close(screen_redis_link_t *link);

/* that, on a connection; SCREEN_OK or SCREEN_ERROR */
int screen_redis_hello(screen_redis_link_t *link,
    const screen_redis_server_t *server, screen_error_t *err);

/*
 * A command in the server's protocol, from a format as printf's, with %b for
 * bytes (const void *, size_t): a word of the format is one of the command.
 * To be freed by the second; NULL when there is no memory.
 */
char *screen_redis_format(size_t *len, const char *fmt, va_list args);
void screen_redis_format_free(char *command);

/* puts a formatted command into the buffer; SCREEN_OK or SCREEN_ERROR */
int screen_redis_link_put(screen_redis_link_t *link, const char *command,
    size_t len, screen_error_t *err);

/* sends what is in the buffer; SCREEN_OK or SCREEN_ERROR */
int screen_redis_link_send(screen_redis_link_t *link, uint64_t timeout,
    screen_error_t *err);

/*
 * The next reply, which the caller frees, within timeout ms: SCREEN_OK; or
 * SCREEN_ERROR, after which the connection can only be closed.
 */
int screen_redis_link_get(screen_redis_link_t *link, uint64_t timeout,
    screen_redis_reply_t **reply, screen_error_t *err);

/*
 * The same without waiting: SCREEN_AGAIN if the reply is not complete.  To be
 * called until then, and again when the descriptor is readable.
 */
int screen_redis_link_try(screen_redis_link_t *link,
    screen_redis_reply_t **reply, screen_error_t *err);
int screen_redis_link_fd(const screen_redis_link_t *link);

/* the address, as text */
const char *screen_redis_link_name(const screen_redis_link_t *link);


#endif /* _SCREEN_REDIS_LINK_H_INCLUDED_ */
