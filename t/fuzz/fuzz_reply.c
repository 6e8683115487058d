
/*
 * What a server of Redis says to a worker: any bytes, through the worker's
 * own adapter of hiredis' reader, are replies within their bounds or an
 * error, and the same in any pieces.  Each piece of a pool's memory is a
 * block of its own, so that a step beyond it is seen.  The first byte is the
 * size of the pieces.
 */


#include "ngx_http_screen_redis_impl.h"

#include "fuzz_input.h"


#define FUZZ_DEPTH     5
#define FUZZ_ELEMENTS  4097


/* nginx's memory: a pool is a list of blocks */

ngx_pool_t *
ngx_create_pool(size_t size, ngx_log_t *log)
{
    return calloc(1, sizeof(ngx_pool_t));
}


void
ngx_reset_pool(ngx_pool_t *pool)
{
    ngx_pool_large_t  *block;

    while (pool->large) {
        block = pool->large;
        pool->large = block->next;
        free(block->alloc);
        free(block);
    }
}


void
ngx_destroy_pool(ngx_pool_t *pool)
{
    ngx_reset_pool(pool);
    free(pool);
}


void *
ngx_pnalloc(ngx_pool_t *pool, size_t size)
{
    ngx_pool_large_t  *block;

    block = calloc(1, sizeof(ngx_pool_large_t));
    fuzz_require(block != NULL);

    block->alloc = malloc(size);
    fuzz_require(block->alloc != NULL);

    block->next = pool->large;
    pool->large = block;

    return block->alloc;
}


void *
ngx_pcalloc(ngx_pool_t *pool, size_t size)
{
    void  *p;

    p = ngx_pnalloc(pool, size);
    memset(p, 0, size);

    return p;
}


void *
ngx_calloc(size_t size, ngx_log_t *log)
{
    return calloc(1, size);
}


typedef struct {
    ngx_uint_t   replies;
    ngx_uint_t   elements;
    uint64_t     sum;
    ngx_int_t    rc;
} fuzz_outcome_t;


static void
fuzz_reply(fuzz_outcome_t *o, const ngx_http_screen_redis_reply_t *reply,
    unsigned depth)
{
    size_t      i;
    ngx_uint_t  n;

    fuzz_require(depth <= FUZZ_DEPTH);
    fuzz_require(reply->type <= NGX_HTTP_SCREEN_REDIS_ARRAY);

    o->sum = o->sum * 31 + reply->type + (uint64_t) reply->integer;
    o->elements++;

    switch (reply->type) {

    case NGX_HTTP_SCREEN_REDIS_STRING:
    case NGX_HTTP_SCREEN_REDIS_STATUS:
    case NGX_HTTP_SCREEN_REDIS_ERROR:
        fuzz_require(reply->text.data[reply->text.len] == '\0');

        for (i = 0; i < reply->text.len; i++) {
            o->sum = o->sum * 31 + reply->text.data[i];
        }

        break;

    case NGX_HTTP_SCREEN_REDIS_ARRAY:

        for (n = 0; n < reply->nelements; n++) {
            fuzz_reply(o, &reply->elements[n], depth + 1);
        }

        break;

    default:
        break;
    }
}


static void
fuzz_read(fuzz_outcome_t *o, const uint8_t *data, size_t size, size_t piece)
{
    size_t                           n;
    u_char                          *copy;
    const char                      *error;
    ngx_http_screen_redis_reply_t   *reply;
    ngx_http_screen_redis_reader_t  *r;

    memset(o, 0, sizeof(fuzz_outcome_t));

    r = ngx_http_screen_redis_reader_create(NULL);
    fuzz_require(r != NULL);

    o->rc = NGX_AGAIN;

    while (size && o->rc != NGX_ERROR) {
        n = piece < size ? piece : size;

        copy = fuzz_copy(data, n);
        fuzz_require(ngx_http_screen_redis_reader_feed(r, copy, n)
                     == NGX_OK);
        free(copy);

        data += n;
        size -= n;

        for ( ;; ) {
            error = NULL;
            o->rc = ngx_http_screen_redis_reader_next(r, &reply, &error);

            if (o->rc != NGX_OK) {
                break;
            }

            o->replies++;
            o->elements = 0;
            fuzz_reply(o, reply, 1);
            fuzz_require(o->elements <= FUZZ_ELEMENTS);
        }

        fuzz_require(o->rc == NGX_AGAIN
                     || (o->rc == NGX_ERROR && error != NULL && *error));
    }

    ngx_http_screen_redis_reader_free(r);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_outcome_t  whole, pieces;

    if (size < 2) {
        return 0;
    }

    fuzz_read(&whole, data + 1, size - 1, size);
    fuzz_read(&pieces, data + 1, size - 1, (size_t) data[0] + 1);

    fuzz_require(whole.rc == pieces.rc && whole.replies == pieces.replies);
    fuzz_require(whole.sum == pieces.sum);

    return 0;
}
