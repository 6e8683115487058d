
/*
 * How calls end: with the reply of their node, or because it is lost.
 */


#include "ngx_http_screen_redis_impl.h"


static void ngx_http_screen_redis_error(ngx_http_screen_redis_node_t *node,
    ngx_str_t *text);


void
ngx_http_screen_redis_reply(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_int_t                      rc;
    ngx_uint_t                     session;
    ngx_queue_t                   *q;
    ngx_http_screen_redis_call_t  *call;

    if (ngx_queue_empty(&node->sent)) {
        ngx_http_screen_redis_node_fail(node, 0,
                                        "it sent a reply to no command");
        return;
    }

    q = ngx_queue_head(&node->sent);
    call = ngx_queue_data(q, ngx_http_screen_redis_call_t, queue);

    /* a server that is always late is as bad as one that is silent */

    if (!call->late) {
        node->timeouts = 0;
    }

    if (call->skip) {
        call->skip = 0;
        return;
    }

    ngx_queue_remove(q);
    node->redis->status.replies++;

    if (reply->type != NGX_HTTP_SCREEN_REDIS_ERROR && !call->late) {
        ngx_http_screen_redis_node_proved(node);
    }

    if (call->handler == NULL) {
        ngx_http_screen_redis_finish(call, NGX_OK, NULL);
        return;
    }

    if (reply->type == NGX_HTTP_SCREEN_REDIS_NIL) {
        ngx_http_screen_redis_finish(call, NGX_DECLINED, reply);
        return;
    }

    if (reply->type != NGX_HTTP_SCREEN_REDIS_ERROR) {
        ngx_http_screen_redis_finish(call, NGX_OK, reply);
        return;
    }

    rc = ngx_http_screen_redis_route_reply(call, reply);

    if (rc == NGX_OK) {
        return;
    }

    session = node->session;

    if (rc == NGX_BUSY) {
        ngx_http_screen_redis_finish(call, NGX_BUSY, NULL);
        return;
    }

    ngx_http_screen_redis_finish(call, NGX_ERROR, reply);

    if (node->session == session
        && node->state == NGX_HTTP_SCREEN_REDIS_READY)
    {
        ngx_http_screen_redis_error(node, &reply->text);
    }
}


/* some errors say that this server is not the one to ask */

static void
ngx_http_screen_redis_error(ngx_http_screen_redis_node_t *node,
    ngx_str_t *text)
{
    u_char      *last;
    ngx_uint_t   i;
    u_char       buf[NGX_HTTP_SCREEN_REDIS_REASON];

    static const ngx_str_t  unfit[] = {
        ngx_string("READONLY "),
        ngx_string("LOADING "),
        ngx_string("MASTERDOWN "),
        ngx_string("NOAUTH ")
    };

    for (i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {

        if (text->len >= unfit[i].len
            && ngx_strncmp(text->data, unfit[i].data, unfit[i].len) == 0)
        {
            last = ngx_http_screen_redis_printable(buf, buf + sizeof(buf),
                                                   text);
            ngx_http_screen_redis_node_fail(node, 0, "it answers \"%*s\"",
                                            (size_t) (last - buf), buf);
            return;
        }
    }

    ngx_http_screen_redis_node_proved(node);
}


/*
 * What was sent may have been executed, and must not be sent twice; what was
 * not goes to the next server.  Handlers may cancel calls of these queues, or
 * make new ones: one is taken at a time, and only those that were there.
 */

void
ngx_http_screen_redis_lost(ngx_http_screen_redis_node_t *node)
{
    ngx_queue_t                    sent, waiting, *q;
    ngx_http_screen_redis_call_t  *call;
    ngx_http_screen_redis_node_t  *next;

    ngx_queue_init(&sent);
    ngx_queue_init(&waiting);

    if (!ngx_queue_empty(&node->sent)) {
        ngx_queue_add(&sent, &node->sent);
        ngx_queue_init(&node->sent);
    }

    if (!ngx_queue_empty(&node->waiting)) {
        ngx_queue_add(&waiting, &node->waiting);
        ngx_queue_init(&node->waiting);
    }

    while (!ngx_queue_empty(&waiting)) {
        q = ngx_queue_head(&waiting);
        ngx_queue_remove(q);

        call = ngx_queue_data(q, ngx_http_screen_redis_call_t, queue);

        next = node->sentinel ? NULL
               : ngx_http_screen_redis_select(node->redis, call->slot);

        if (next == NULL || ngx_http_screen_redis_give(next, call) != NGX_OK) {
            ngx_http_screen_redis_finish(call, NGX_BUSY, NULL);
        }
    }

    while (!ngx_queue_empty(&sent)) {
        q = ngx_queue_head(&sent);
        ngx_queue_remove(q);

        call = ngx_queue_data(q, ngx_http_screen_redis_call_t, queue);

        /* a handler that cancels it now must find it without its node */

        call->sent = 0;
        ngx_http_screen_redis_finish(call, NGX_ERROR, NULL);
    }
}
