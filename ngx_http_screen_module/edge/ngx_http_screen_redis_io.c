
/*
 * Reading and writing on a node's connection.
 *
 * nginx's own input and output is used, on nginx's own (edge-triggered)
 * events; why hiredis does not touch the socket stands in
 * ngx_http_screen_redis_reply.c.
 */


#include "ngx_http_screen_redis_impl.h"


#define NGX_HTTP_SCREEN_REDIS_READ       16384
#define NGX_HTTP_SCREEN_REDIS_READS      32     /* then others have a turn */
#define NGX_HTTP_SCREEN_REDIS_OUT_KEEP   65536


static ngx_int_t ngx_http_screen_redis_node_replies(
    ngx_http_screen_redis_node_t *node);
static void ngx_http_screen_redis_node_end(ngx_http_screen_redis_node_t *node,
    ngx_err_t err);


void
ngx_http_screen_redis_node_read(ngx_event_t *rev)
{
    ssize_t                        n;
    ngx_uint_t                     i;
    ngx_connection_t              *c;
    ngx_http_screen_redis_node_t  *node;
    u_char                         buf[NGX_HTTP_SCREEN_REDIS_READ];

    c = rev->data;
    node = c->data;

    for (i = 0; i < NGX_HTTP_SCREEN_REDIS_READS; i++) {

        n = c->recv(c, buf, sizeof(buf));

        if (n == NGX_AGAIN) {
            if (ngx_handle_read_event(rev, 0) != NGX_OK) {
                ngx_http_screen_redis_node_end(node, 0);
            }

            return;
        }

        if (n == 0 || n == NGX_ERROR) {
            ngx_http_screen_redis_node_end(node, n == 0 ? 0
                                                        : ngx_socket_errno);
            return;
        }

        if (ngx_http_screen_redis_reader_feed(node->reader, buf, n) != NGX_OK)
        {
            ngx_http_screen_redis_node_fail(node, 0, "there is no memory");
            return;
        }

        if (ngx_http_screen_redis_node_replies(node) != NGX_OK) {
            return;
        }
    }

    ngx_post_event(rev, &ngx_posted_next_events);
}


/* NGX_DONE if the connection is no more */

static ngx_int_t
ngx_http_screen_redis_node_replies(ngx_http_screen_redis_node_t *node)
{
    ngx_int_t                       rc;
    ngx_uint_t                      session;
    const char                     *error;
    ngx_http_screen_redis_reply_t  *reply;

    for ( ;; ) {

        rc = ngx_http_screen_redis_reader_next(node->reader, &reply, &error);

        if (rc == NGX_AGAIN) {
            return NGX_OK;
        }

        if (rc == NGX_ERROR) {
            ngx_http_screen_redis_node_fail(node, 0, "%s", error);
            return NGX_DONE;
        }

        session = node->session;

        if (node->state == NGX_HTTP_SCREEN_REDIS_HELLO) {
            ngx_http_screen_redis_hello_reply(node, reply);

        } else {
            ngx_http_screen_redis_reply(node, reply);
        }

        if (node->session != session || node->connection == NULL) {
            return NGX_DONE;
        }
    }
}


/* a server may close an idle connection without being unwell */

static void
ngx_http_screen_redis_node_end(ngx_http_screen_redis_node_t *node,
    ngx_err_t err)
{
    if (node->state == NGX_HTTP_SCREEN_REDIS_READY
        && ngx_queue_empty(&node->sent))
    {
        ngx_http_screen_redis_node_close(node);
        return;
    }

    ngx_http_screen_redis_node_fail(node, err, "it closed the connection");
}


ngx_int_t
ngx_http_screen_redis_node_reserve(ngx_http_screen_redis_node_t *node,
    size_t len)
{
    u_char  *p;
    size_t   size;

    if (node->out_size - node->out_len >= len) {
        return NGX_OK;
    }

    if (node->out_pos) {
        ngx_memmove(node->out, node->out + node->out_pos,
                    node->out_len - node->out_pos);
        node->out_len -= node->out_pos;
        node->out_pos = 0;

        if (node->out_size - node->out_len >= len) {
            return NGX_OK;
        }
    }

    size = ngx_max(2 * node->out_size, node->out_len + len);
    size = ngx_max(size, 4096);

    p = ngx_alloc(size, node->redis->log);
    if (p == NULL) {
        return NGX_ERROR;
    }

    if (node->out) {
        ngx_memcpy(p, node->out, node->out_len);
        explicit_bzero(node->out, node->out_size);
        ngx_free(node->out);
    }

    node->out = p;
    node->out_size = size;

    return NGX_OK;
}


/* sent at the end of this turn of the event loop, with what else comes */

void
ngx_http_screen_redis_node_write(ngx_http_screen_redis_node_t *node,
    const u_char *data, size_t len)
{
    ngx_memcpy(node->out + node->out_len, data, len);
    node->out_len += len;

    ngx_post_event(node->connection->write, &ngx_posted_events);
}


void
ngx_http_screen_redis_node_flush(ngx_event_t *wev)
{
    ssize_t                        n;
    ngx_connection_t              *c;
    ngx_http_screen_redis_node_t  *node;

    c = wev->data;
    node = c->data;

    while (node->out_pos < node->out_len) {

        n = c->send(c, node->out + node->out_pos,
                    node->out_len - node->out_pos);

        if (n == NGX_AGAIN) {
            break;
        }

        if (n <= 0) {
            ngx_http_screen_redis_node_fail(node, ngx_socket_errno,
                                            "sending failed");
            return;
        }

        node->out_pos += n;
    }

    if (node->out_pos == node->out_len && node->out) {

        /* a password may have been in it */

        if (node->state == NGX_HTTP_SCREEN_REDIS_HELLO) {
            explicit_bzero(node->out, node->out_len);
        }

        node->out_pos = 0;
        node->out_len = 0;

        if (node->out_size > NGX_HTTP_SCREEN_REDIS_OUT_KEEP) {
            ngx_free(node->out);
            node->out = NULL;
            node->out_size = 0;
        }
    }

    if (ngx_handle_write_event(wev, 0) != NGX_OK) {
        ngx_http_screen_redis_node_fail(node, 0, "there is no memory");
    }
}
