
/*
 * A server and the connection to it: how it is made and ends, and the growing
 * pauses between attempts once it has failed.
 */


#include "ngx_http_screen_redis_impl.h"


static void ngx_http_screen_redis_node_connected(ngx_event_t *ev);
static void ngx_http_screen_redis_node_secured(ngx_connection_t *c);
static void ngx_http_screen_redis_node_greet(
    ngx_http_screen_redis_node_t *node);
static void ngx_http_screen_redis_node_timer(ngx_event_t *ev);
static void ngx_http_screen_redis_node_failed(
    ngx_http_screen_redis_node_t *node, ngx_err_t err, const char *fmt,
    va_list args);
static void ngx_http_screen_redis_node_down(ngx_http_screen_redis_node_t *node,
    ngx_err_t err, const char *fmt, ...);


ngx_int_t
ngx_http_screen_redis_node_open(ngx_http_screen_redis_node_t *node)
{
    node->session++;
    node->timeouts = 0;

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->redis->closed) {
        return NGX_ERROR;
    }

    node->timer.handler = ngx_http_screen_redis_node_timer;
    node->timer.data = node;
    node->timer.log = node->redis->log;
    node->timer.cancelable = 1;

    ngx_add_timer(&node->timer,
                  (ngx_msec_t) node->source->server->connect_timeout);

    if (!node->master) {
        return ngx_http_screen_redis_node_connect(node);
    }

    node->state = NGX_HTTP_SCREEN_REDIS_ASKING;
    node->source->asked = 0;

    if (ngx_http_screen_redis_route_ask(node) != NGX_OK) {
        ngx_http_screen_redis_node_down(node, 0, "no sentinel can be asked");
        return NGX_ERROR;
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_screen_redis_node_connect(ngx_http_screen_redis_node_t *node)
{
    ngx_int_t               rc;
    ngx_connection_t       *c;
    ngx_peer_connection_t   pc;

    node->state = NGX_HTTP_SCREEN_REDIS_CONNECTING;
    node->redis->status.connects++;

    ngx_memzero(&pc, sizeof(ngx_peer_connection_t));

    pc.sockaddr = &node->sockaddr.sockaddr;
    pc.socklen = node->socklen;
    pc.name = &node->name;
    pc.get = ngx_event_get_peer;
    pc.log = &node->redis->quiet;
    pc.log_error = NGX_ERROR_INFO;
    pc.so_keepalive = node->sockaddr.sockaddr.sa_family != AF_UNIX;

    rc = ngx_event_connect_peer(&pc);

    if (rc == NGX_ERROR || rc == NGX_DECLINED || rc == NGX_BUSY) {
        ngx_http_screen_redis_node_down(node, ngx_socket_errno,
                                        "connect() failed");
        return NGX_ERROR;
    }

    c = pc.connection;

    c->data = node;
    c->log = &node->redis->quiet;
    c->read->log = c->log;
    c->write->log = c->log;
    c->read->handler = ngx_http_screen_redis_node_connected;
    c->write->handler = ngx_http_screen_redis_node_connected;

    /* an idle connection neither keeps an exiting worker nor alarms it */

    c->read->channel = 1;
    c->write->channel = 1;

    node->connection = c;
    node->reader = ngx_http_screen_redis_reader_create(c->log);

    if (node->reader == NULL) {
        ngx_http_screen_redis_node_down(node, 0, "there is no memory");
        return NGX_ERROR;
    }

    if (rc == NGX_OK) {
        ngx_post_event(c->write, &ngx_posted_events);
    }

    return NGX_OK;
}


static void
ngx_http_screen_redis_node_connected(ngx_event_t *ev)
{
    int                            err, value;
    ngx_int_t                      rc;
    socklen_t                      len;
    ngx_connection_t              *c;
    ngx_http_screen_redis_node_t  *node;

    c = ev->data;
    node = c->data;

    err = 0;
    len = sizeof(int);

    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, (void *) &err, &len) == -1) {
        err = ngx_socket_errno;
    }

    if (err) {
        ngx_http_screen_redis_node_fail(node, err, "connect() failed");
        return;
    }

    if (!ev->write) {

        /* a server that speaks first is read once we have spoken */

        return;
    }

    value = 1;

    if (node->sockaddr.sockaddr.sa_family != AF_UNIX) {
        (void) setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY,
                          (const void *) &value, sizeof(int));
        c->tcp_nodelay = NGX_TCP_NODELAY_SET;
    }

    if (!node->source->server->tls) {
        ngx_http_screen_redis_node_greet(node);
        return;
    }

    rc = ngx_http_screen_redis_tls_start(node,
                                         ngx_http_screen_redis_node_secured);
    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc == NGX_ERROR) {
        ngx_http_screen_redis_node_fail(node, 0, "the TLS handshake failed");
        return;
    }

    ngx_http_screen_redis_node_secured(c);
}


static void
ngx_http_screen_redis_node_secured(ngx_connection_t *c)
{
    const char                    *error;
    ngx_http_screen_redis_node_t  *node;

    node = c->data;
    error = ngx_http_screen_redis_tls_check(node);

    if (error) {
        ngx_http_screen_redis_node_fail(node, 0, "%s", error);
        return;
    }

    ngx_http_screen_redis_node_greet(node);
}


static void
ngx_http_screen_redis_node_greet(ngx_http_screen_redis_node_t *node)
{
    ngx_connection_t  *c;

    c = node->connection;

    c->read->handler = ngx_http_screen_redis_node_read;
    c->write->handler = ngx_http_screen_redis_node_flush;

    node->state = NGX_HTTP_SCREEN_REDIS_HELLO;
    node->step = NGX_HTTP_SCREEN_REDIS_AUTH;

    if (ngx_http_screen_redis_hello(node) != NGX_OK) {
        return;
    }

    if (c->read->ready) {
        ngx_post_event(c->read, &ngx_posted_events);
    }
}


void
ngx_http_screen_redis_node_ready(ngx_http_screen_redis_node_t *node)
{
    ngx_queue_t                   *q;
    ngx_http_screen_redis_call_t  *call;

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (ngx_process == NGX_PROCESS_SINGLE) {
        ngx_add_timer(&node->timer, 1000);
    }

    node->state = NGX_HTTP_SCREEN_REDIS_READY;

    while (!ngx_queue_empty(&node->waiting)) {
        q = ngx_queue_head(&node->waiting);
        ngx_queue_remove(q);

        call = ngx_queue_data(q, ngx_http_screen_redis_call_t, queue);

        if (ngx_http_screen_redis_give(node, call) != NGX_OK) {
            ngx_http_screen_redis_finish(call, NGX_ERROR, NULL);
        }
    }
}


void
ngx_http_screen_redis_node_proved(ngx_http_screen_redis_node_t *node)
{
    node->failures = 0;

    if (node->reported) {
        node->reported = 0;
        ngx_log_error(NGX_LOG_NOTICE, node->redis->log, 0,
                      "screen redis %V: usable again", &node->name);
    }
}


static void
ngx_http_screen_redis_node_timer(ngx_event_t *ev)
{
    ngx_http_screen_redis_node_t *node = ev->data;

    ngx_http_screen_redis_t  *redis;

    redis = node->redis;

    if (ngx_process == NGX_PROCESS_SINGLE && ngx_cycle != redis->cycle
        && redis->status.pending == 0)
    {
        /* after a reload: nothing may keep the old cycle */

        ngx_http_screen_redis_close(redis);
        return;
    }

    switch (node->state) {

    case NGX_HTTP_SCREEN_REDIS_DOWN:
        (void) ngx_http_screen_redis_node_open(node);
        break;

    case NGX_HTTP_SCREEN_REDIS_READY:
        ngx_add_timer(ev, 1000);
        break;

    default:
        ngx_http_screen_redis_node_fail(node, 0,
                                        "connecting took longer than %uL ms",
                                        node->source->server->connect_timeout);
    }
}


void
ngx_http_screen_redis_node_close(ngx_http_screen_redis_node_t *node)
{
    ngx_pool_t  *pool;

    node->session++;
    node->state = NGX_HTTP_SCREEN_REDIS_DOWN;
    node->timeouts = 0;

    if (node->timer.timer_set) {
        ngx_del_timer(&node->timer);
    }

    if (node->connection) {
        pool = node->connection->pool;

        ngx_http_screen_redis_tls_close(node->connection);
        ngx_close_connection(node->connection);
        node->connection = NULL;

        if (pool) {
            ngx_destroy_pool(pool);
        }
    }

    if (node->reader) {
        ngx_http_screen_redis_reader_free(node->reader);
        node->reader = NULL;
    }

    if (node->out) {
        explicit_bzero(node->out, node->out_size);
        ngx_free(node->out);
        node->out = NULL;
    }

    node->out_pos = 0;
    node->out_len = 0;
    node->out_size = 0;
}


void
ngx_http_screen_redis_node_fail(ngx_http_screen_redis_node_t *node,
    ngx_err_t err, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_screen_redis_node_failed(node, err, fmt, args);
    va_end(args);

    ngx_http_screen_redis_lost(node);
}


static void
ngx_http_screen_redis_node_down(ngx_http_screen_redis_node_t *node,
    ngx_err_t err, const char *fmt, ...)
{
    va_list  args;

    va_start(args, fmt);
    ngx_http_screen_redis_node_failed(node, err, fmt, args);
    va_end(args);
}


/*
 * The pause doubles with each failure in a row, and differs from worker to
 * worker: or all of them would come back at once.
 */

static void
ngx_http_screen_redis_node_failed(ngx_http_screen_redis_node_t *node,
    ngx_err_t err, const char *fmt, va_list args)
{
    u_char                   *last;
    ngx_uint_t                level;
    ngx_msec_t                pause;
    ngx_http_screen_redis_t  *redis;

    redis = node->redis;
    level = node->reported ? NGX_LOG_INFO : NGX_LOG_WARN;

    last = ngx_vslprintf(redis->reason, redis->reason + sizeof(redis->reason),
                         fmt, args);

    redis->status.reason.data = redis->reason;
    redis->status.reason.len = last - redis->reason;
    redis->status.failures++;

    ngx_log_error(level, redis->log, err, "screen redis %V: %V", &node->name,
                  &redis->status.reason);
    node->reported = 1;

    ngx_http_screen_redis_node_close(node);
    ngx_http_screen_redis_route_forget(node);

    pause = NGX_HTTP_SCREEN_REDIS_PAUSE_MIN << ngx_min(node->failures, 10);
    pause = ngx_min(pause, NGX_HTTP_SCREEN_REDIS_PAUSE_MAX);
    pause = pause / 2 + (ngx_msec_t) ngx_random() % (pause / 2 + 1);

    node->failures++;
    node->retry = ngx_current_msec + pause;

    if (node->configured && !node->sentinel && !redis->closed) {
        ngx_add_timer(&node->timer, pause);
    }
}


u_char *
ngx_http_screen_redis_printable(u_char *to, u_char *last,
    const ngx_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len && to < last; i++) {
        *to++ = text->data[i] >= 0x20 && text->data[i] < 0x7f ? text->data[i]
                                                               : '?';
    }

    return to;
}
