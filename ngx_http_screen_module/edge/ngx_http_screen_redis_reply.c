
/*
 * The adapter of hiredis: its protocol reader, without its connections.
 *
 * hiredis' asynchronous context is not fit for a server that is not trusted:
 * an unsolicited "+OK" or a subscription's reply without elements meets an
 * assert (0.14.1: async.c:478 and :378; 1.2.0 has both), and so ends the
 * process with all its requests; after a failed SELECT its queued commands
 * run on database 0; its TLS came with 1.0.  Its reader has no such place,
 * takes bytes from wherever they come and builds replies with functions of
 * its caller: so nginx does the input and output, edge-triggered as always,
 * and the functions here set the limits before memory is taken.
 */


#include "ngx_http_screen_redis_impl.h"
#include "screen_report.h"

#include <hiredis/read.h>


/* the greatest value that we store is a report */

#define NGX_HTTP_SCREEN_REDIS_REPLY_MAX     (SCREEN_REPORT_LIMIT + 65536)
#define NGX_HTTP_SCREEN_REDIS_ELEMENTS_MAX  4096
#define NGX_HTTP_SCREEN_REDIS_DEPTH_MAX     4
#define NGX_HTTP_SCREEN_REDIS_POOL_SIZE     1024
#define NGX_HTTP_SCREEN_REDIS_KEEP          65536

/* since 1.0, which knows RESP3 */

#ifdef REDIS_REPLY_DOUBLE
#define ngx_http_screen_redis_count_t  size_t
#else
#define ngx_http_screen_redis_count_t  int
#endif


struct ngx_http_screen_redis_reader_s {
    redisReader    *reader;
    ngx_pool_t     *pool;                /* of one reply */
    size_t          bytes;               /* in it */
    ngx_uint_t      elements;
    ngx_uint_t      done;                /* the pool's reply was given out */
    const char     *error;
};


static ngx_http_screen_redis_reply_t *ngx_http_screen_redis_reply_new(
    const redisReadTask *task);
static void *ngx_http_screen_redis_reply_string(const redisReadTask *task,
    char *text, size_t len);
static void *ngx_http_screen_redis_reply_array(const redisReadTask *task,
    ngx_http_screen_redis_count_t n);
static void *ngx_http_screen_redis_reply_integer(const redisReadTask *task,
    long long n);
static void *ngx_http_screen_redis_reply_nil(const redisReadTask *task);
static void ngx_http_screen_redis_reply_free(void *reply);

#ifdef REDIS_REPLY_DOUBLE

static void *ngx_http_screen_redis_reply_double(const redisReadTask *task,
    double n, char *text, size_t len);
static void *ngx_http_screen_redis_reply_bool(const redisReadTask *task,
    int n);

#endif


/* a type without a function would be a pointer that points nowhere */

static redisReplyObjectFunctions  ngx_http_screen_redis_reply_functions = {
    .createString = ngx_http_screen_redis_reply_string,
    .createArray = ngx_http_screen_redis_reply_array,
    .createInteger = ngx_http_screen_redis_reply_integer,
    .createNil = ngx_http_screen_redis_reply_nil,
#ifdef REDIS_REPLY_DOUBLE
    .createDouble = ngx_http_screen_redis_reply_double,
    .createBool = ngx_http_screen_redis_reply_bool,
#endif
    .freeObject = ngx_http_screen_redis_reply_free
};


ngx_http_screen_redis_reader_t *
ngx_http_screen_redis_reader_create(ngx_log_t *log)
{
    ngx_http_screen_redis_reader_t  *r;

    r = ngx_calloc(sizeof(ngx_http_screen_redis_reader_t), log);
    if (r == NULL) {
        return NULL;
    }

    r->pool = ngx_create_pool(NGX_HTTP_SCREEN_REDIS_POOL_SIZE, log);
    r->reader = redisReaderCreateWithFunctions(
                                       &ngx_http_screen_redis_reply_functions);

    if (r->pool == NULL || r->reader == NULL) {
        ngx_http_screen_redis_reader_free(r);
        return NULL;
    }

    /* what a large reply leaves is freed below, without hiredis' assert */

    r->reader->maxbuf = 0;
    r->reader->privdata = r;

    return r;
}


void
ngx_http_screen_redis_reader_free(ngx_http_screen_redis_reader_t *r)
{
    if (r->reader) {
        redisReaderFree(r->reader);
    }

    if (r->pool) {
        ngx_destroy_pool(r->pool);
    }

    ngx_free(r);
}


ngx_int_t
ngx_http_screen_redis_reader_feed(ngx_http_screen_redis_reader_t *r,
    u_char *data, size_t len)
{
    return redisReaderFeed(r->reader, (char *) data, len) == REDIS_OK
           ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_screen_redis_reader_next(ngx_http_screen_redis_reader_t *r,
    ngx_http_screen_redis_reply_t **reply, const char **error)
{
    void         *object;
    redisReader  *reader;

    if (r->done) {

        ngx_reset_pool(r->pool);

        /* hiredis' buffer has grown with the reply, and would stay */

        if (r->bytes > NGX_HTTP_SCREEN_REDIS_KEEP
            && r->reader->pos == r->reader->len)
        {
            reader = redisReaderCreateWithFunctions(
                                       &ngx_http_screen_redis_reply_functions);
            if (reader) {
                redisReaderFree(r->reader);
                reader->maxbuf = 0;
                reader->privdata = r;
                r->reader = reader;
            }
        }

        r->done = 0;
        r->bytes = 0;
        r->elements = 0;
    }

    r->error = NULL;

    if (redisReaderGetReply(r->reader, &object) != REDIS_OK) {
        *error = r->error ? r->error : r->reader->errstr;
        return NGX_ERROR;
    }

    if (object) {
        r->done = 1;
        *reply = object;
        return NGX_OK;
    }

    if (r->reader->len - r->reader->pos > NGX_HTTP_SCREEN_REDIS_REPLY_MAX) {
        *error = "the reply is too large";
        return NGX_ERROR;
    }

    return NGX_AGAIN;
}


/* elements stand in their array, only the outermost object by itself */

static ngx_http_screen_redis_reply_t *
ngx_http_screen_redis_reply_new(const redisReadTask *task)
{
    ngx_http_screen_redis_reply_t   *array;
    ngx_http_screen_redis_reader_t  *r;

    if (task->parent == NULL) {
        r = task->privdata;
        return ngx_pcalloc(r->pool, sizeof(ngx_http_screen_redis_reply_t));
    }

    array = task->parent->obj;

    if (task->idx < 0 || (ngx_uint_t) task->idx >= array->nelements) {
        return NULL;
    }

    return &array->elements[task->idx];
}


static void *
ngx_http_screen_redis_reply_string(const redisReadTask *task, char *text,
    size_t len)
{
    ngx_http_screen_redis_type_t     type;
    ngx_http_screen_redis_reply_t   *reply;
    ngx_http_screen_redis_reader_t  *r;

    r = task->privdata;

    switch (task->type) {

    case REDIS_REPLY_STRING:
        type = NGX_HTTP_SCREEN_REDIS_STRING;
        break;

    case REDIS_REPLY_STATUS:
        type = NGX_HTTP_SCREEN_REDIS_STATUS;
        break;

    case REDIS_REPLY_ERROR:
        type = NGX_HTTP_SCREEN_REDIS_ERROR;
        break;

    default:
        r->error = "the reply has a type that was not asked for";
        return NULL;
    }

    if (len > NGX_HTTP_SCREEN_REDIS_REPLY_MAX - r->bytes) {
        r->error = "the reply is too large";
        return NULL;
    }

    reply = ngx_http_screen_redis_reply_new(task);
    if (reply == NULL) {
        return NULL;
    }

    reply->text.data = ngx_pnalloc(r->pool, len + 1);
    if (reply->text.data == NULL) {
        return NULL;
    }

    ngx_memcpy(reply->text.data, text, len);
    reply->text.data[len] = '\0';
    reply->text.len = len;
    reply->type = type;
    r->bytes += len;

    return reply;
}


static void *
ngx_http_screen_redis_reply_array(const redisReadTask *task,
    ngx_http_screen_redis_count_t n)
{
    ngx_uint_t                       depth;
    const redisReadTask             *up;
    ngx_http_screen_redis_reply_t   *reply;
    ngx_http_screen_redis_reader_t  *r;

    r = task->privdata;

    if (task->type != REDIS_REPLY_ARRAY) {
        r->error = "the reply has a type that was not asked for";
        return NULL;
    }

    depth = 1;

    for (up = task->parent; up; up = up->parent) {
        depth++;
    }

    if (depth > NGX_HTTP_SCREEN_REDIS_DEPTH_MAX) {
        r->error = "the reply is nested too deeply";
        return NULL;
    }

    if ((uint64_t) n > NGX_HTTP_SCREEN_REDIS_ELEMENTS_MAX - r->elements) {
        r->error = "the reply has too many elements";
        return NULL;
    }

    reply = ngx_http_screen_redis_reply_new(task);
    if (reply == NULL) {
        return NULL;
    }

    if (n > 0) {
        reply->elements = ngx_pcalloc(r->pool,
                                    n * sizeof(ngx_http_screen_redis_reply_t));
        if (reply->elements == NULL) {
            return NULL;
        }
    }

    reply->type = NGX_HTTP_SCREEN_REDIS_ARRAY;
    reply->nelements = n;
    r->elements += n;

    return reply;
}


static void *
ngx_http_screen_redis_reply_integer(const redisReadTask *task, long long n)
{
    ngx_http_screen_redis_reply_t  *reply;

    reply = ngx_http_screen_redis_reply_new(task);

    if (reply) {
        reply->type = NGX_HTTP_SCREEN_REDIS_INTEGER;
        reply->integer = n;
    }

    return reply;
}


static void *
ngx_http_screen_redis_reply_nil(const redisReadTask *task)
{
    ngx_http_screen_redis_reply_t  *reply;

    reply = ngx_http_screen_redis_reply_new(task);

    if (reply) {
        reply->type = NGX_HTTP_SCREEN_REDIS_NIL;
    }

    return reply;
}


/* all of a reply is its pool's */

static void
ngx_http_screen_redis_reply_free(void *reply)
{
}


#ifdef REDIS_REPLY_DOUBLE

static void *
ngx_http_screen_redis_reply_double(const redisReadTask *task, double n,
    char *text, size_t len)
{
    ngx_http_screen_redis_reader_t  *r;

    r = task->privdata;
    r->error = "the reply has a type that was not asked for";

    return NULL;
}


static void *
ngx_http_screen_redis_reply_bool(const redisReadTask *task, int n)
{
    return ngx_http_screen_redis_reply_double(task, n, NULL, 0);
}

#endif


ngx_uint_t
ngx_http_screen_redis_has_tls(void)
{
#if (NGX_SSL) && defined REDIS_REPLY_DOUBLE
    return 1;
#else
    return 0;
#endif
}
