
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <hiredis/hiredis.h>

#include "screen_redis_link.h"
#include "screen_redis_tls.h"

#if (SCREEN_REDIS_TLS)
#include <hiredis/hiredis_ssl.h>
#endif


#define SCREEN_REDIS_DEPTH  8               /* of arrays in arrays */
#define SCREEN_REDIS_WAIT   5000            /* ms, of what no poll() guards */


struct screen_redis_link_s {
    redisContext            *context;
    size_t                   bytes;          /* that may still come */
    size_t                   elements;
    char                     name[SCREEN_REDIS_SHOWN];
    unsigned                 tls:1;
};


static uint64_t
screen_redis_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


void
screen_redis_reply_free(screen_redis_reply_t *reply)
{
    size_t  i;

    if (reply == NULL) {
        return;
    }

    for (i = 0; i < reply->n; i++) {
        screen_redis_reply_free(reply->elements[i]);
    }

    free(reply->elements);
    free(reply);
}


const char *
screen_redis_reply_show(char to[SCREEN_REDIS_REPLY_SHOWN],
    const screen_redis_reply_t *reply)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < reply->str.len && i < SCREEN_REDIS_REPLY_SHOWN - 1; i++) {
        c = reply->str.data[i];
        to[i] = (char) (c < 0x20 || c >= 0x7f ? '?' : c);
    }

    to[i] = '\0';

    return to;
}


/*
 * hiredis' own replies have no bounds: an array of a billion elements is
 * allocated before the first of them has come.
 */

static screen_redis_reply_t *
screen_redis_reply_create(const redisReadTask *task, screen_redis_type_t type,
    size_t bytes, size_t elements)
{
    unsigned               depth;
    const redisReadTask   *up;
    screen_redis_link_t   *link;
    screen_redis_reply_t  *reply, *parent;

    link = task->privdata;
    depth = 0;

    for (up = task->parent; up != NULL && depth <= SCREEN_REDIS_DEPTH;
         up = up->parent)
    {
        depth++;
    }

    if (depth > SCREEN_REDIS_DEPTH || bytes > link->bytes
        || elements > link->elements)
    {
        return NULL;
    }

    reply = calloc(1, sizeof(screen_redis_reply_t) + bytes + 1);
    if (reply == NULL) {
        return NULL;
    }

    reply->type = type;
    reply->str.data = (u_char *) (reply + 1);

    if (elements) {
        reply->elements = calloc(elements, sizeof(screen_redis_reply_t *));

        if (reply->elements == NULL) {
            free(reply);
            return NULL;
        }
    }

    link->bytes -= bytes;
    link->elements -= elements;

    parent = task->parent ? task->parent->obj : NULL;

    if (parent != NULL) {
        parent->elements[task->idx] = reply;

        /* elements come in their order: those behind n are not there yet */

        parent->n = (size_t) task->idx + 1;
    }

    return reply;
}


static void *
screen_redis_create_string(const redisReadTask *task, char *str, size_t len)
{
    screen_redis_type_t    type;
    screen_redis_reply_t  *reply;

    type = task->type == REDIS_REPLY_STATUS ? SCREEN_REDIS_STATUS
           : task->type == REDIS_REPLY_ERROR ? SCREEN_REDIS_FAILURE
           : SCREEN_REDIS_STRING;

    reply = screen_redis_reply_create(task, type, len, 0);

    if (reply != NULL) {
        memcpy(reply + 1, str, len);
        reply->str.len = len;
    }

    return reply;
}


#if HIREDIS_MAJOR >= 1

static void *
screen_redis_create_array(const redisReadTask *task, size_t elements)
{
    return screen_redis_reply_create(task, SCREEN_REDIS_ARRAY, 0, elements);
}

#else

static void *
screen_redis_create_array(const redisReadTask *task, int elements)
{
    if (elements < 0) {
        return NULL;
    }

    return screen_redis_reply_create(task, SCREEN_REDIS_ARRAY, 0,
                                     (size_t) elements);
}

#endif


static void *
screen_redis_create_integer(const redisReadTask *task, long long value)
{
    screen_redis_reply_t  *reply;

    reply = screen_redis_reply_create(task, SCREEN_REDIS_INTEGER, 0, 0);

    if (reply != NULL) {
        reply->integer = value;
    }

    return reply;
}


static void *
screen_redis_create_nil(const redisReadTask *task)
{
    return screen_redis_reply_create(task, SCREEN_REDIS_NIL, 0, 0);
}


#if HIREDIS_MAJOR >= 1

/* of a protocol that we never ask for */

static void *
screen_redis_create_double(const redisReadTask *task, double value, char *str,
    size_t len)
{
    return screen_redis_create_string(task, str, len);
}


static void *
screen_redis_create_bool(const redisReadTask *task, int value)
{
    return screen_redis_create_integer(task, value);
}

#endif


static void
screen_redis_free_object(void *reply)
{
    screen_redis_reply_free(reply);
}


static redisReplyObjectFunctions  screen_redis_functions = {
    .createString = screen_redis_create_string,
    .createArray = screen_redis_create_array,
    .createInteger = screen_redis_create_integer,
    .createNil = screen_redis_create_nil,
#if HIREDIS_MAJOR >= 1
    .createDouble = screen_redis_create_double,
    .createBool = screen_redis_create_bool,
#endif
    .freeObject = screen_redis_free_object
};


int
screen_redis_link_has_tls(void)
{
#if (SCREEN_REDIS_TLS)
    return 1;
#else
    return 0;
#endif
}


#if (SCREEN_REDIS_TLS)

static int
screen_redis_link_secure(screen_redis_link_t *link,
    const screen_redis_server_t *server,
    const screen_redis_address_t *address, screen_error_t *err)
{
    const char     *reason;
    struct ssl_st  *ssl;

    ssl = screen_redis_tls_create(server, address, link->name, err);
    if (ssl == NULL) {
        return SCREEN_ERROR;
    }

    /* it belongs to the connection, but not if this fails */

    if (redisInitiateSSL(link->context, ssl) != REDIS_OK) {
        reason = screen_redis_tls_mismatch(ssl);
        screen_redis_tls_destroy(ssl);
        return screen_error_set(err, "%s: TLS: %s%s%s", link->name,
                                link->context->errstr, *reason ? ": " : "",
                                reason);
    }

    link->tls = 1;

    return SCREEN_OK;
}

#endif


static int
screen_redis_link_connect(screen_redis_link_t *link,
    const screen_redis_server_t *server,
    const screen_redis_address_t *address, screen_error_t *err)
{
    char            host[256];
    struct timeval  tv;

    tv.tv_sec = (time_t) (server->connect_timeout / 1000);
    tv.tv_usec = (suseconds_t) (server->connect_timeout % 1000 * 1000);

    snprintf(host, sizeof(host), "%.*s", (int) address->host.len,
             address->host.data);

    link->context = address->local
                    ? redisConnectUnixWithTimeout(host, tv)
                    : redisConnectWithTimeout(host, address->port, tv);

    if (link->context == NULL) {
        return screen_error_set(err, "%s: no memory", link->name);
    }

    if (link->context->err) {
        return screen_error_set(err, "%s: cannot be reached: %s", link->name,
                                link->context->errstr);
    }

    /* another process of ours must not keep it open */

    (void) fcntl(link->context->fd, F_SETFD, FD_CLOEXEC);

    link->context->reader->fn = &screen_redis_functions;
    link->context->reader->privdata = link;

    /* for what poll() does not guard: large writes, and TLS */

    tv.tv_sec = SCREEN_REDIS_WAIT / 1000;
    tv.tv_usec = 0;

    (void) redisSetTimeout(link->context, tv);

    if (!address->local) {
        (void) redisEnableKeepAlive(link->context);
    }

    if (server->tls) {
#if (SCREEN_REDIS_TLS)
        return screen_redis_link_secure(link, server, address, err);
#else
        return screen_error_set(err, "%s: tls=on, and this build's hiredis "
                                "has no TLS", link->name);
#endif
    }

    return SCREEN_OK;
}


screen_redis_link_t *
screen_redis_link_open(const screen_redis_server_t *server,
    const screen_redis_address_t *address, int sentinel, screen_error_t *err)
{
    screen_redis_link_t  *link;

    link = calloc(1, sizeof(screen_redis_link_t));
    if (link == NULL) {
        screen_error_set(err, "no memory for a connection");
        return NULL;
    }

    link->bytes = SCREEN_REDIS_REPLY_BYTES;
    link->elements = SCREEN_REDIS_REPLY_ELEMENTS;

    screen_redis_conf_show(link->name, address);

    if (screen_redis_link_connect(link, server, address, err) != SCREEN_OK
        || (!sentinel
            && screen_redis_hello(link, server, err) != SCREEN_OK))
    {
        screen_redis_link_close(link);
        return NULL;
    }

    return link;
}


void
screen_redis_link_close(screen_redis_link_t *link)
{
    if (link == NULL) {
        return;
    }

    if (link->context != NULL) {
        redisFree(link->context);
    }

    free(link);
}


char *
screen_redis_format(size_t *len, const char *fmt, va_list args)
{
    int    n;
    char  *command;

    n = redisvFormatCommand(&command, fmt, args);

    if (n < 0) {
        return NULL;
    }

    *len = (size_t) n;

    return command;
}


void
screen_redis_format_free(char *command)
{
    redisFreeCommand(command);
}


int
screen_redis_link_put(screen_redis_link_t *link, const char *command,
    size_t len, screen_error_t *err)
{
    if (redisAppendFormattedCommand(link->context, command, len) != REDIS_OK)
    {
        return screen_error_set(err, "%s: %s", link->name,
                                link->context->errstr);
    }

    return SCREEN_OK;
}


static int
screen_redis_link_failed(screen_redis_link_t *link, screen_error_t *err)
{
    const char  *text;

    text = link->context->err == REDIS_ERR_IO
           && (errno == EAGAIN || errno == ETIMEDOUT)
           ? "it does not answer in time"
           : link->context->err == REDIS_ERR_OOM
           ? "its reply is larger than any that was asked for"
           : link->context->errstr;

    return screen_error_set(err, "%s: %s", link->name, text);
}


int
screen_redis_link_send(screen_redis_link_t *link, uint64_t timeout,
    screen_error_t *err)
{
    int       done;
    uint64_t  end;

    end = screen_redis_clock() + timeout;

    do {
        if (redisBufferWrite(link->context, &done) != REDIS_OK) {
            return screen_redis_link_failed(link, err);
        }

        if (!done && screen_redis_clock() > end) {
            return screen_error_set(err, "%s: it does not read in time",
                                    link->name);
        }

    } while (!done);

    return SCREEN_OK;
}


static int
screen_redis_link_wait(screen_redis_link_t *link, uint64_t end)
{
    int            rc;
    uint64_t       now;
    struct pollfd  pfd;

    pfd.fd = link->context->fd;
    pfd.events = POLLIN;

    for ( ;; ) {
        now = screen_redis_clock();

        if (now >= end) {
            return SCREEN_AGAIN;
        }

        /* what TLS has decrypted already, no poll() would tell of */

        if (link->tls) {
            return SCREEN_OK;
        }

        rc = poll(&pfd, 1, end - now > 60000 ? 60000 : (int) (end - now));

        if (rc > 0) {
            return SCREEN_OK;
        }
    }
}


/* a reply of what has been read; SCREEN_AGAIN if it is not complete */

static int
screen_redis_link_parse(screen_redis_link_t *link,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    void          *got;
    redisContext  *c;

    c = link->context;
    got = NULL;

    if (redisGetReplyFromReader(c, &got) != REDIS_OK) {
        return screen_redis_link_failed(link, err);
    }

    if (got != NULL) {
        link->bytes = SCREEN_REDIS_REPLY_BYTES;
        link->elements = SCREEN_REDIS_REPLY_ELEMENTS;

        *reply = got;
        return SCREEN_OK;
    }

    /* a string is not created before all of it is here */

    if (c->reader->len > SCREEN_REDIS_REPLY_BYTES) {
        return screen_error_set(err, "%s: its reply is larger than any that "
                                "was asked for", link->name);
    }

    return SCREEN_AGAIN;
}


int
screen_redis_link_get(screen_redis_link_t *link, uint64_t timeout,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    int       rc;
    uint64_t  end;

    end = screen_redis_clock() + timeout;

    for ( ;; ) {
        rc = screen_redis_link_parse(link, reply, err);

        if (rc != SCREEN_AGAIN) {
            return rc;
        }

        if (screen_redis_link_wait(link, end) != SCREEN_OK) {
            return screen_error_set(err, "%s: it does not answer in time",
                                    link->name);
        }

        if (redisBufferRead(link->context) != REDIS_OK) {
            return screen_redis_link_failed(link, err);
        }
    }
}


int
screen_redis_link_try(screen_redis_link_t *link,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    int            rc;
    struct pollfd  pfd;

    pfd.fd = link->context->fd;
    pfd.events = POLLIN;

    for ( ;; ) {
        rc = screen_redis_link_parse(link, reply, err);

        if (rc != SCREEN_AGAIN || poll(&pfd, 1, 0) <= 0) {
            return rc;
        }

        if (redisBufferRead(link->context) != REDIS_OK) {
            return screen_redis_link_failed(link, err);
        }
    }
}


int
screen_redis_link_fd(const screen_redis_link_t *link)
{
    return link->context->fd;
}


const char *
screen_redis_link_name(const screen_redis_link_t *link)
{
    return link->name;
}
