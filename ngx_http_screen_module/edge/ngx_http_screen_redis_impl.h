
/*
 * What the files of the worker's client of Redis share.  A node is a server
 * that the client knows, configured or learnt, with its connection; a call is
 * one command, waiting for its node's connection or sent and waiting for its
 * reply.
 */


#ifndef _NGX_HTTP_SCREEN_REDIS_IMPL_H_INCLUDED_
#define _NGX_HTTP_SCREEN_REDIS_IMPL_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_event_connect.h>

#include "ngx_http_screen_redis.h"
#include "screen_slot.h"


#define NGX_HTTP_SCREEN_REDIS_NODES       128
#define NGX_HTTP_SCREEN_REDIS_ADDRESSES   64     /* configured, the rest is
                                                    for a cluster's nodes */
#define NGX_HTTP_SCREEN_REDIS_LIMIT       1024
#define NGX_HTTP_SCREEN_REDIS_BYTES       (16 * 1024 * 1024)
#define NGX_HTTP_SCREEN_REDIS_REDIRECTS   5
#define NGX_HTTP_SCREEN_REDIS_TIMEOUTS    3      /* in a row end a connection */
#define NGX_HTTP_SCREEN_REDIS_PATIENCE    5000   /* ms, then one does, too */
#define NGX_HTTP_SCREEN_REDIS_PAUSE_MIN   50     /* ms */
#define NGX_HTTP_SCREEN_REDIS_PAUSE_MAX   3000
#define NGX_HTTP_SCREEN_REDIS_REASON      160


typedef struct ngx_http_screen_redis_node_s    ngx_http_screen_redis_node_t;
typedef struct ngx_http_screen_redis_reader_s  ngx_http_screen_redis_reader_t;
typedef struct ngx_http_screen_redis_source_s  ngx_http_screen_redis_source_t;


typedef enum {
    NGX_HTTP_SCREEN_REDIS_DOWN = 0,
    NGX_HTTP_SCREEN_REDIS_ASKING,        /* sentinels, for the master */
    NGX_HTTP_SCREEN_REDIS_CONNECTING,
    NGX_HTTP_SCREEN_REDIS_HELLO,
    NGX_HTTP_SCREEN_REDIS_READY
} ngx_http_screen_redis_state_t;


typedef enum {
    NGX_HTTP_SCREEN_REDIS_AUTH = 0,
    NGX_HTTP_SCREEN_REDIS_SELECT,
    NGX_HTTP_SCREEN_REDIS_PROOF,         /* PING or ROLE */
    NGX_HTTP_SCREEN_REDIS_GREETED
} ngx_http_screen_redis_step_t;


/* one "screen_redis": a server, a master or a cluster */

struct ngx_http_screen_redis_source_s {
    ngx_http_screen_redis_t           *redis;
    screen_redis_server_t             *server;
    ngx_str_t                          password_file; /* terminated */
    ngx_str_t                          password;      /* as it was at
                                                         configuration */
#if (NGX_SSL)
    ngx_ssl_t                         *ssl;
#endif

    ngx_http_screen_redis_node_t      *master;   /* that sentinels name */
    ngx_http_screen_redis_call_t      *question; /* to one of them */
    ngx_uint_t                         sentinel; /* to be asked next */
    ngx_uint_t                         asked;    /* in this round */

    u_char                            *slots;    /* of a cluster: a node's
                                                    index + 1 */
};


struct ngx_http_screen_redis_call_s {
    ngx_queue_t                        queue;
    ngx_event_t                        timer;
    ngx_http_screen_redis_node_t      *node;
    ngx_http_screen_redis_handler_pt   handler;  /* NULL: nobody waits for the
                                                    reply any more */
    void                              *data;
    u_char                            *request;
    size_t                             size;
    ngx_int_t                          slot;     /* of its key, or -1 */
    ngx_uint_t                         redirects;
    unsigned                           sent:1;
    unsigned                           late:1;   /* its time is over */
    unsigned                           asking:1; /* to be sent after ASKING */
    unsigned                           skip:1;   /* the next reply is the one
                                                    to ASKING */
};


struct ngx_http_screen_redis_node_s {
    ngx_http_screen_redis_t           *redis;
    ngx_http_screen_redis_source_t    *source;
    ngx_http_screen_redis_state_t      state;
    ngx_http_screen_redis_step_t       step;

    ngx_sockaddr_t                     sockaddr;
    socklen_t                          socklen;
    ngx_str_t                          name;     /* address and port */
    ngx_str_t                          host;     /* for its certificate */
    u_char                             text[NGX_SOCKADDR_STRLEN];
    u_char                             address[NGX_SOCKADDR_STRLEN];

    ngx_connection_t                  *connection;
    ngx_http_screen_redis_reader_t    *reader;
    ngx_uint_t                         session;  /* changes with each
                                                    connection */
    ngx_event_t                        timer;    /* of connecting, and of the
                                                    pause after a failure */
    ngx_queue_t                        waiting;
    ngx_queue_t                        sent;

    u_char                            *out;
    size_t                             out_pos;
    size_t                             out_len;
    size_t                             out_size;

    ngx_uint_t                         timeouts; /* in a row */
    ngx_uint_t                         failures; /* in a row */
    ngx_msec_t                         retry;    /* not before */

    unsigned                           configured:1;
    unsigned                           sentinel:1;
    unsigned                           master:1; /* which one, sentinels say */
    unsigned                           reported:1;
};


struct ngx_http_screen_redis_s {
    ngx_http_screen_redis_source_t    *sources;
    ngx_uint_t                         nsources;
    ngx_uint_t                         limit;

    ngx_http_screen_redis_node_t      *nodes;    /* _NODES of them */
    ngx_uint_t                         nnodes;   /* that were ever used */

    ngx_cycle_t                       *cycle;
    ngx_log_t                         *log;
    ngx_log_t                          quiet;    /* what nginx says about
                                                    sockets is said once, by
                                                    us */
    size_t                             bytes;    /* of calls under way */
    ngx_http_screen_redis_status_t     status;
    u_char                             reason[NGX_HTTP_SCREEN_REDIS_REASON];

    unsigned                           started:1;
    unsigned                           closed:1;
};


/* redis.c */

/* gives a call to a node that is usable: NGX_OK, or NGX_ERROR (no memory) */
ngx_int_t ngx_http_screen_redis_give(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_call_t *call);

/* sends a command of the client itself, not counted and not limited */
ngx_int_t ngx_http_screen_redis_ask(ngx_http_screen_redis_node_t *node,
    ngx_str_t *argv, ngx_uint_t argc, ngx_http_screen_redis_handler_pt handler,
    void *data, ngx_http_screen_redis_call_t **call);

/* takes a call that is in no queue to its end; frees it */
void ngx_http_screen_redis_finish(ngx_http_screen_redis_call_t *call,
    ngx_int_t rc, ngx_http_screen_redis_reply_t *reply);

/* a command in the protocol's form; to may be NULL: the size alone */
size_t ngx_http_screen_redis_encode(u_char *to, ngx_str_t *argv,
    ngx_uint_t argc);


/* redis_select.c */

/* a node that is fit to be given a call, or NULL */
ngx_http_screen_redis_node_t *ngx_http_screen_redis_select(
    ngx_http_screen_redis_t *redis, ngx_int_t slot);

/* 1 if a call may be given to the node; opens a connection where needed */
ngx_uint_t ngx_http_screen_redis_usable(ngx_http_screen_redis_node_t *node);


/* redis_end.c: how calls end when their node answers or is lost */

/* what a node has answered once it was ready */
void ngx_http_screen_redis_reply(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_reply_t *reply);

/* after the connection was lost: calls that were sent, or not yet */
void ngx_http_screen_redis_lost(ngx_http_screen_redis_node_t *node);


/* redis_node.c */

/* starts connecting; NGX_ERROR if that failed at once (nothing is called) */
ngx_int_t ngx_http_screen_redis_node_open(ngx_http_screen_redis_node_t *node);
ngx_int_t ngx_http_screen_redis_node_connect(
    ngx_http_screen_redis_node_t *node);

/* the greeting is over */
void ngx_http_screen_redis_node_ready(ngx_http_screen_redis_node_t *node);

/*
 * It has done what it was asked.  That it could be connected to is not enough
 * to begin anew with short pauses: one that is read-only would be asked, in
 * vain, twenty times a second.
 */
void ngx_http_screen_redis_node_proved(ngx_http_screen_redis_node_t *node);

/*
 * Closes the connection, ends or moves the node's calls and makes a pause
 * before the next attempt.  reason is formatted as nginx does.
 */
void ngx_http_screen_redis_node_fail(ngx_http_screen_redis_node_t *node,
    ngx_err_t err, const char *fmt, ...);
void ngx_http_screen_redis_node_close(ngx_http_screen_redis_node_t *node);

/* an error reply as a person may see it: printable and short */
u_char *ngx_http_screen_redis_printable(u_char *to, u_char *last,
    const ngx_str_t *text);


/* redis_io.c: handlers of a connection, and what they send */

void ngx_http_screen_redis_node_read(ngx_event_t *rev);
void ngx_http_screen_redis_node_flush(ngx_event_t *wev);

/* makes room for bytes that are then written, in the order of the calls */
ngx_int_t ngx_http_screen_redis_node_reserve(
    ngx_http_screen_redis_node_t *node, size_t len);
void ngx_http_screen_redis_node_write(ngx_http_screen_redis_node_t *node,
    const u_char *data, size_t len);


/* redis_hello.c: AUTH, SELECT and the proof of life, one after the other */

ngx_int_t ngx_http_screen_redis_hello(ngx_http_screen_redis_node_t *node);
void ngx_http_screen_redis_hello_reply(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_reply_t *reply);

/* the first line of a file; NGX_ERROR with errno in *err or 0 */
ngx_int_t ngx_http_screen_redis_password(u_char *name, u_char *to,
    size_t size, size_t *len, ngx_err_t *err);


/* redis_tls.c */

ngx_int_t ngx_http_screen_redis_tls_create(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source);

/* NGX_OK, NGX_AGAIN (it will go on with handler) or NGX_ERROR */
ngx_int_t ngx_http_screen_redis_tls_start(ngx_http_screen_redis_node_t *node,
    ngx_connection_handler_pt handler);

/* NULL, or what is wrong with the connection */
const char *ngx_http_screen_redis_tls_check(
    ngx_http_screen_redis_node_t *node);
void ngx_http_screen_redis_tls_close(ngx_connection_t *c);


/* redis_route.c: Sentinel and Cluster */

/* asks a sentinel for the master: NGX_OK, or NGX_ERROR (none is fit) */
ngx_int_t ngx_http_screen_redis_route_ask(ngx_http_screen_redis_node_t *node);


/* forgets what a node had */
void ngx_http_screen_redis_route_forget(ngx_http_screen_redis_node_t *node);

/*
 * If the reply is a redirection: NGX_OK (the call has been sent elsewhere),
 * or NGX_BUSY or NGX_ERROR (it cannot be); NGX_DECLINED for any other reply.
 */
ngx_int_t ngx_http_screen_redis_route_reply(
    ngx_http_screen_redis_call_t *call, ngx_http_screen_redis_reply_t *reply);


/* redis_reply.c: the adapter of hiredis' reader */

ngx_http_screen_redis_reader_t *ngx_http_screen_redis_reader_create(
    ngx_log_t *log);
void ngx_http_screen_redis_reader_free(ngx_http_screen_redis_reader_t *reader);
ngx_int_t ngx_http_screen_redis_reader_feed(
    ngx_http_screen_redis_reader_t *reader, u_char *data, size_t len);

/*
 * NGX_OK: *reply is the next one, and lives until the next call; NGX_AGAIN:
 * it is not complete; NGX_ERROR: what came is not the protocol or too large,
 * *error says what.
 */
ngx_int_t ngx_http_screen_redis_reader_next(
    ngx_http_screen_redis_reader_t *reader,
    ngx_http_screen_redis_reply_t **reply, const char **error);


#endif /* _NGX_HTTP_SCREEN_REDIS_IMPL_H_INCLUDED_ */
