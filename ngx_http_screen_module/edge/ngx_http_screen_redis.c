
/*
 * The worker's client of Redis: calls, from the command to its end.
 *
 * A call belongs to a node.  It waits there while the node's connection is
 * being made for the first time, but not while a node that has failed is
 * tried again: then it goes to the next server or is refused, so that no
 * request pays for a server that is known to be unwell.
 */


#include "ngx_http_screen_redis_impl.h"


static void ngx_http_screen_redis_start(ngx_http_screen_redis_t *redis);
static ngx_http_screen_redis_call_t *ngx_http_screen_redis_new_call(
    ngx_http_screen_redis_t *redis, ngx_str_t *argv, ngx_uint_t argc,
    ngx_http_screen_redis_handler_pt handler, void *data);
static void ngx_http_screen_redis_timeout(ngx_event_t *ev);


/* in a worker, at the first command: the queues must not be shared copies */

static void
ngx_http_screen_redis_start(ngx_http_screen_redis_t *redis)
{
    ngx_uint_t                     i;
    ngx_http_screen_redis_node_t  *node;

    redis->log = redis->cycle->log;
    redis->quiet = *redis->log;
    redis->quiet.log_level = NGX_LOG_ALERT;

    for (i = 0; i < NGX_HTTP_SCREEN_REDIS_NODES; i++) {
        node = &redis->nodes[i];

        node->redis = redis;
        ngx_queue_init(&node->waiting);
        ngx_queue_init(&node->sent);
    }

    redis->started = 1;
}


ngx_int_t
ngx_http_screen_redis_command(ngx_http_screen_redis_t *redis, ngx_str_t *argv,
    ngx_uint_t argc, ngx_uint_t key, ngx_msec_t timeout,
    ngx_http_screen_redis_handler_pt handler, void *data,
    ngx_http_screen_redis_call_t **callp)
{
    screen_str_t                   s;
    ngx_http_screen_redis_call_t  *call;
    ngx_http_screen_redis_node_t  *node;

    if (!redis->started) {
        ngx_http_screen_redis_start(redis);
    }

    redis->status.commands++;

    if (redis->closed
        || redis->status.pending >= redis->limit
        || redis->bytes >= NGX_HTTP_SCREEN_REDIS_BYTES)
    {
        redis->status.busy++;
        return NGX_BUSY;
    }

    call = ngx_http_screen_redis_new_call(redis, argv, argc, handler, data);
    if (call == NULL) {
        redis->status.errors++;
        return NGX_ERROR;
    }

    if (key != NGX_HTTP_SCREEN_REDIS_NO_KEY && key < argc) {
        s.data = argv[key].data;
        s.len = argv[key].len;
        call->slot = screen_slot_of(&s);
    }

    node = ngx_http_screen_redis_select(redis, call->slot);

    if (node == NULL) {
        redis->status.busy++;
        ngx_free(call);
        return NGX_BUSY;
    }

    if (ngx_http_screen_redis_give(node, call) != NGX_OK) {
        redis->status.errors++;
        ngx_free(call);
        return NGX_ERROR;
    }

    ngx_add_timer(&call->timer,
                  timeout ? timeout
                          : (ngx_msec_t) node->source->server->timeout);

    if (callp) {
        *callp = call;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_screen_redis_ask(ngx_http_screen_redis_node_t *node, ngx_str_t *argv,
    ngx_uint_t argc, ngx_http_screen_redis_handler_pt handler, void *data,
    ngx_http_screen_redis_call_t **callp)
{
    ngx_http_screen_redis_call_t  *call;

    call = ngx_http_screen_redis_new_call(node->redis, argv, argc, handler,
                                          data);
    if (call == NULL) {
        return NGX_ERROR;
    }

    if (ngx_http_screen_redis_give(node, call) != NGX_OK) {
        ngx_free(call);
        return NGX_ERROR;
    }

    call->timer.cancelable = 1;
    ngx_add_timer(&call->timer, (ngx_msec_t) node->source->server->timeout);
    *callp = call;

    return NGX_OK;
}


size_t
ngx_http_screen_redis_encode(u_char *to, ngx_str_t *argv, ngx_uint_t argc)
{
    u_char      *p;
    size_t       size;
    ngx_uint_t   i;

    if (to == NULL) {
        size = sizeof("*" CRLF) + NGX_INT_T_LEN;

        for (i = 0; i < argc; i++) {
            if (argv[i].len > NGX_HTTP_SCREEN_REDIS_BYTES) {
                return NGX_HTTP_SCREEN_REDIS_BYTES + 1;
            }

            size += sizeof("$" CRLF CRLF) + NGX_INT_T_LEN + argv[i].len;
        }

        return size;
    }

    p = ngx_sprintf(to, "*%ui" CRLF, argc);

    for (i = 0; i < argc; i++) {
        p = ngx_sprintf(p, "$%uz" CRLF, argv[i].len);

        if (argv[i].len) {
            p = ngx_cpymem(p, argv[i].data, argv[i].len);
        }

        *p++ = CR;
        *p++ = LF;
    }

    return p - to;
}


static ngx_http_screen_redis_call_t *
ngx_http_screen_redis_new_call(ngx_http_screen_redis_t *redis,
    ngx_str_t *argv, ngx_uint_t argc, ngx_http_screen_redis_handler_pt handler,
    void *data)
{
    size_t                         size;
    ngx_http_screen_redis_call_t  *call;

    size = ngx_http_screen_redis_encode(NULL, argv, argc);

    if (argc == 0 || size > NGX_HTTP_SCREEN_REDIS_BYTES) {
        return NULL;
    }

    call = ngx_alloc(sizeof(ngx_http_screen_redis_call_t) + size, redis->log);
    if (call == NULL) {
        return NULL;
    }

    ngx_memzero(call, sizeof(ngx_http_screen_redis_call_t));

    call->request = (u_char *) (call + 1);
    call->size = ngx_http_screen_redis_encode(call->request, argv, argc);
    call->handler = handler;
    call->data = data;
    call->slot = -1;

    call->timer.handler = ngx_http_screen_redis_timeout;
    call->timer.data = call;
    call->timer.log = redis->log;

    return call;
}


/*
 * Counting begins with the first node, whose redis is the call's; a call that
 * is given again, to another node, is counted already.
 */

ngx_int_t
ngx_http_screen_redis_give(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_call_t *call)
{
    static u_char  asking[] = "*1" CRLF "$6" CRLF "ASKING" CRLF;

    if (node->state == NGX_HTTP_SCREEN_REDIS_READY) {

        /* both or none: each has a reply */

        if (ngx_http_screen_redis_node_reserve(node, sizeof(asking)
                                                     + call->size)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (call->asking) {
            ngx_http_screen_redis_node_write(node, asking, sizeof(asking) - 1);
        }

        ngx_http_screen_redis_node_write(node, call->request, call->size);

        call->skip = call->asking;
        call->sent = 1;
        ngx_queue_insert_tail(&node->sent, &call->queue);

    } else {
        call->sent = 0;
        ngx_queue_insert_tail(&node->waiting, &call->queue);
    }

    if (call->node == NULL) {
        node->redis->bytes += call->size;
        node->redis->status.pending++;
    }

    call->node = node;

    return NGX_OK;
}


void
ngx_http_screen_redis_finish(ngx_http_screen_redis_call_t *call, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    void                              *data;
    ngx_http_screen_redis_t           *redis;
    ngx_http_screen_redis_handler_pt   handler;

    redis = call->node->redis;
    handler = call->handler;
    data = call->data;

    redis->bytes -= call->size;
    redis->status.pending--;

    if (call->timer.timer_set) {
        ngx_del_timer(&call->timer);
    }

    ngx_free(call);

    if (handler) {

        if (rc == NGX_ERROR) {
            redis->status.errors++;

        } else if (rc == NGX_BUSY) {
            redis->status.busy++;
        }

        handler(data, rc, reply);
    }
}


void
ngx_http_screen_redis_cancel(ngx_http_screen_redis_call_t *call)
{
    call->handler = NULL;

    if (call->sent) {

        /*
         * it keeps its place in the order of replies, and its timer: that a
         * server does not answer is to be noticed even if nobody waits
         */

        call->timer.cancelable = 1;
        return;
    }

    ngx_queue_remove(&call->queue);
    ngx_http_screen_redis_finish(call, NGX_OK, NULL);
}


static void
ngx_http_screen_redis_timeout(ngx_event_t *ev)
{
    ngx_http_screen_redis_call_t *call = ev->data;

    void                              *data;
    ngx_uint_t                         late;
    ngx_http_screen_redis_t           *redis;
    ngx_http_screen_redis_node_t      *node;
    ngx_http_screen_redis_handler_pt   handler;

    node = call->node;
    redis = node->redis;
    handler = call->handler;
    data = call->data;
    late = 0;

    if (call->sent) {
        late = call->late;
        call->late = 1;
        node->timeouts++;

        /* a reply that never comes may not hold its place for ever */

        ngx_add_timer(ev, NGX_HTTP_SCREEN_REDIS_PATIENCE);
    }

    ngx_http_screen_redis_cancel(call);

    if (late || node->timeouts >= NGX_HTTP_SCREEN_REDIS_TIMEOUTS) {
        ngx_http_screen_redis_node_fail(node, 0, "it does not answer in time");
    }

    if (handler) {
        redis->status.timeouts++;
        handler(data, NGX_ETIMEDOUT, NULL);
    }
}


void
ngx_http_screen_redis_get_status(ngx_http_screen_redis_t *redis,
    ngx_http_screen_redis_status_t *status)
{
    ngx_uint_t                     i;
    ngx_http_screen_redis_node_t  *node;

    *status = redis->status;

    for (i = 0; i < redis->nnodes; i++) {
        node = &redis->nodes[i];

        if (node->state == NGX_HTTP_SCREEN_REDIS_READY && !node->sentinel) {

            if (status->up++ == 0) {
                status->server = node->name;
            }
        }
    }
}


void
ngx_http_screen_redis_close(ngx_http_screen_redis_t *redis)
{
    ngx_uint_t                     i, j;
    ngx_queue_t                   *q, *queues[2];
    ngx_http_screen_redis_call_t  *call;
    ngx_http_screen_redis_node_t  *node;

    redis->closed = 1;

    if (!redis->started) {
        return;
    }

    for (i = 0; i < redis->nnodes; i++) {
        node = &redis->nodes[i];

        ngx_http_screen_redis_node_close(node);

        queues[0] = &node->waiting;
        queues[1] = &node->sent;

        for (j = 0; j < 2; j++) {
            while (!ngx_queue_empty(queues[j])) {
                q = ngx_queue_head(queues[j]);

                /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): never twice */
                ngx_queue_remove(q);

                call = ngx_queue_data(q, ngx_http_screen_redis_call_t, queue);
                call->handler = NULL;
                ngx_http_screen_redis_finish(call, NGX_OK, NULL);
            }
        }
    }
}
