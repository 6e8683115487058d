
/*
 * A worker's client of Redis: commands that never block, replies that are
 * bounded, and servers that may be gone.  It knows nothing of uploads.
 *
 * At configuration time _create() makes a client from a list of servers; each
 * worker then connects by itself when the first command comes.  Commands are
 * pipelined on one connection per server.  While no server is fit, commands
 * are refused at once (NGX_BUSY), and the client goes on trying, with growing
 * pauses, in the background.
 */


#ifndef _NGX_HTTP_SCREEN_REDIS_H_INCLUDED_
#define _NGX_HTTP_SCREEN_REDIS_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>

#include "screen_redis_conf.h"


#define NGX_HTTP_SCREEN_REDIS_NO_KEY   0


typedef struct ngx_http_screen_redis_s       ngx_http_screen_redis_t;
typedef struct ngx_http_screen_redis_call_s  ngx_http_screen_redis_call_t;
typedef struct ngx_http_screen_redis_reply_s ngx_http_screen_redis_reply_t;


/* a reply; all of it lives until the handler returns, no longer */

typedef enum {
    NGX_HTTP_SCREEN_REDIS_NIL = 0,
    NGX_HTTP_SCREEN_REDIS_STRING,
    NGX_HTTP_SCREEN_REDIS_STATUS,
    NGX_HTTP_SCREEN_REDIS_ERROR,
    NGX_HTTP_SCREEN_REDIS_INTEGER,
    NGX_HTTP_SCREEN_REDIS_ARRAY
} ngx_http_screen_redis_type_t;


struct ngx_http_screen_redis_reply_s {
    ngx_http_screen_redis_type_t     type;
    int64_t                          integer;
    ngx_str_t                        text;     /* of any bytes, terminated;
                                                  string, status, error */
    ngx_http_screen_redis_reply_t   *elements; /* of an array */
    ngx_uint_t                       nelements;
};


/*
 * How a call ended; the reply is NULL but for the first two and for an error
 * that the server answered.
 *
 *     NGX_OK           a reply
 *     NGX_DECLINED     nil: it is not there
 *     NGX_ERROR        the server said so, or the connection was lost: then
 *                      the command may or may not have been executed
 *     NGX_BUSY         no server is fit to take the command
 *     NGX_ETIMEDOUT    no reply in time; it may still be executed
 */

typedef void (*ngx_http_screen_redis_handler_pt)(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply);


typedef struct {
    ngx_uint_t      commands;            /* that were asked for */
    ngx_uint_t      replies;             /* errors of the server included */
    ngx_uint_t      errors;              /* replies that were errors, and
                                            commands lost with a connection */
    ngx_uint_t      busy;                /* refused */
    ngx_uint_t      timeouts;
    ngx_uint_t      connects;            /* tried */
    ngx_uint_t      failures;            /* of connections */
    ngx_uint_t      redirects;           /* MOVED, ASK */
    ngx_uint_t      pending;             /* now under way */
    ngx_uint_t      up;                  /* servers, connected now */
    ngx_str_t       server;              /* the first of these, or empty */
    ngx_str_t       reason;              /* of the last failure, or empty */
} ngx_http_screen_redis_status_t;


/*
 * At configuration time.  Host names are resolved here, once: each of their
 * addresses counts as one, 64 are the limit.  Password files are read here
 * for the first time.  limit is how many commands may be under way in a
 * worker, 0 is 1024.  conf, with at least one server, must live as long as
 * the cycle.  NULL if that fails, with an error logged.
 */
ngx_http_screen_redis_t *ngx_http_screen_redis_create(ngx_conf_t *cf,
    screen_redis_conf_t *conf, ngx_uint_t limit);

/* 1 if "tls=on" can be kept by this nginx and by the hiredis of ngx-screen */
ngx_uint_t ngx_http_screen_redis_has_tls(void);

/*
 * Sends a command of argc words (copied) in a worker.  key is the index of
 * the word that is a key, for a cluster, or NO_KEY.  timeout is in ms, 0 is
 * the server's.
 *
 * NGX_OK: the handler will be called exactly once, later, never from within
 * this function, unless the call is cancelled or the client is closed before;
 * *call, if call is not NULL, names it until then.  NGX_BUSY (no server is
 * fit, or too many commands, or 16 MB of them, are under way) or NGX_ERROR (no
 * memory, no words, a command beyond 16 MB): the handler is not called.
 */
ngx_int_t ngx_http_screen_redis_command(ngx_http_screen_redis_t *redis,
    ngx_str_t *argv, ngx_uint_t argc, ngx_uint_t key, ngx_msec_t timeout,
    ngx_http_screen_redis_handler_pt handler, void *data,
    ngx_http_screen_redis_call_t **call);

/* the handler will not be called; a reply that is under way is ignored */
void ngx_http_screen_redis_cancel(ngx_http_screen_redis_call_t *call);

/* counts of this worker; the strings live until the next event */
void ngx_http_screen_redis_get_status(ngx_http_screen_redis_t *redis,
    ngx_http_screen_redis_status_t *status);

/*
 * Closes all connections, drops all calls without calling their handlers and
 * refuses any later command: for exit_process.  May be called again.
 */
void ngx_http_screen_redis_close(ngx_http_screen_redis_t *redis);


#endif /* _NGX_HTTP_SCREEN_REDIS_H_INCLUDED_ */
