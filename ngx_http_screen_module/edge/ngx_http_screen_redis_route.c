
/*
 * Where a command goes when servers say so: the master that Sentinel names,
 * the node that Cluster redirects to.
 *
 * Redirections are followed in a cluster only: anywhere else, a server could
 * make every edge connect to wherever it likes.  Addresses are numbers; names
 * would have to be looked up, which an event loop must not wait for.
 */


#include "ngx_http_screen_redis_impl.h"


static void ngx_http_screen_redis_route_answer(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply);
static ngx_int_t ngx_http_screen_redis_route_address(ngx_sockaddr_t *sockaddr,
    socklen_t *socklen, ngx_str_t *host, ngx_str_t *port);
static void ngx_http_screen_redis_route_name(
    ngx_http_screen_redis_node_t *node);
static ngx_int_t ngx_http_screen_redis_route_target(
    ngx_http_screen_redis_node_t *from, ngx_str_t *text, ngx_uint_t *slot,
    ngx_sockaddr_t *sockaddr, socklen_t *socklen);
static ngx_http_screen_redis_node_t *ngx_http_screen_redis_route_node(
    ngx_http_screen_redis_source_t *source, ngx_sockaddr_t *sockaddr,
    socklen_t socklen);


/* each sentinel is asked once a round, the one that answered last first */

ngx_int_t
ngx_http_screen_redis_route_ask(ngx_http_screen_redis_node_t *master)
{
    ngx_uint_t                       i, n;
    ngx_str_t                        argv[3];
    ngx_http_screen_redis_t         *redis;
    ngx_http_screen_redis_node_t    *node;
    ngx_http_screen_redis_source_t  *source;

    redis = master->redis;
    source = master->source;

    ngx_str_set(&argv[0], "SENTINEL");
    ngx_str_set(&argv[1], "get-master-addr-by-name");
    argv[2].data = (u_char *) source->server->master.data;
    argv[2].len = source->server->master.len;

    /* the nodes of a source are neighbours, its master is the last */

    n = 0;

    while (&redis->nodes[n] < master && redis->nodes[n].source != source) {
        n++;
    }

    node = &redis->nodes[n];
    n = master - node;

    for (i = source->asked; i < n; i++) {
        source->asked++;
        source->sentinel %= n;

        if (ngx_http_screen_redis_usable(&node[source->sentinel])
            && ngx_http_screen_redis_ask(&node[source->sentinel], argv, 3,
                                         ngx_http_screen_redis_route_answer,
                                         master, &source->question)
               == NGX_OK)
        {
            return NGX_OK;
        }

        source->sentinel++;
    }

    return NGX_ERROR;
}


static void
ngx_http_screen_redis_route_answer(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_http_screen_redis_node_t *master = data;

    ngx_http_screen_redis_reply_t   *address;
    ngx_http_screen_redis_source_t  *source;

    source = master->source;
    source->question = NULL;

    if (rc == NGX_OK
        && reply->type == NGX_HTTP_SCREEN_REDIS_ARRAY
        && reply->nelements == 2)
    {
        address = reply->elements;

        if (address[0].type == NGX_HTTP_SCREEN_REDIS_STRING
            && address[1].type == NGX_HTTP_SCREEN_REDIS_STRING
            && ngx_http_screen_redis_route_address(&master->sockaddr,
                                                   &master->socklen,
                                                   &address[0].text,
                                                   &address[1].text)
               == NGX_OK)
        {
            ngx_http_screen_redis_route_name(master);

            if (ngx_http_screen_redis_node_connect(master) != NGX_OK) {
                ngx_http_screen_redis_lost(master);
            }

            return;
        }
    }

    source->sentinel++;

    if (ngx_http_screen_redis_route_ask(master) != NGX_OK) {
        ngx_http_screen_redis_node_fail(master, 0,
                                        "no sentinel names an address of "
                                        "master \"%*s\"",
                                        source->server->master.len,
                                        source->server->master.data);
    }
}


static ngx_int_t
ngx_http_screen_redis_route_address(ngx_sockaddr_t *sockaddr,
    socklen_t *socklen, ngx_str_t *host, ngx_str_t *port)
{
    ngx_int_t       n;
    in_addr_t       addr;
    ngx_sockaddr_t  sa;

    n = ngx_atoi(port->data, port->len);

    if (n < 1 || n > 65535 || host->len == 0) {
        return NGX_ERROR;
    }

    ngx_memzero(&sa, sizeof(ngx_sockaddr_t));

    addr = ngx_inet_addr(host->data, host->len);

    if (addr != INADDR_NONE) {
        sa.sockaddr_in.sin_family = AF_INET;
        sa.sockaddr_in.sin_port = htons((in_port_t) n);
        sa.sockaddr_in.sin_addr.s_addr = addr;
        *socklen = sizeof(struct sockaddr_in);
        *sockaddr = sa;
        return NGX_OK;
    }

#if (NGX_HAVE_INET6)

    if (ngx_inet6_addr(host->data, host->len,
                       sa.sockaddr_in6.sin6_addr.s6_addr)
        == NGX_OK)
    {
        sa.sockaddr_in6.sin6_family = AF_INET6;
        sa.sockaddr_in6.sin6_port = htons((in_port_t) n);
        *socklen = sizeof(struct sockaddr_in6);
        *sockaddr = sa;
        return NGX_OK;
    }

#endif

    return NGX_ERROR;
}


static void
ngx_http_screen_redis_route_name(ngx_http_screen_redis_node_t *node)
{
    node->name.data = node->text;
    node->name.len = ngx_sock_ntop(&node->sockaddr.sockaddr, node->socklen,
                                   node->text, sizeof(node->text), 1);

    node->host.data = node->address;
    node->host.len = ngx_sock_ntop(&node->sockaddr.sockaddr, node->socklen,
                                   node->address, sizeof(node->address), 0);

    /* for a certificate, an IPv6 address has no brackets */

    if (node->host.len > 2 && node->host.data[0] == '[') {
        node->host.data++;
        node->host.len -= 2;
    }
}


void
ngx_http_screen_redis_route_forget(ngx_http_screen_redis_node_t *node)
{
    u_char                          *slots, mine;
    ngx_uint_t                       i;
    ngx_http_screen_redis_source_t  *source;

    source = node->source;

    if (node->master && source->question) {
        ngx_http_screen_redis_cancel(source->question);
        source->question = NULL;
    }

    slots = source->slots;

    if (slots == NULL) {
        return;
    }

    mine = (u_char) (node - node->redis->nodes + 1);

    for (i = 0; i < SCREEN_SLOTS; i++) {
        if (slots[i] == mine) {
            slots[i] = 0;
        }
    }
}


ngx_int_t
ngx_http_screen_redis_route_reply(ngx_http_screen_redis_call_t *call,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_str_t                        text;
    socklen_t                        socklen;
    ngx_uint_t                       slot, ask;
    ngx_sockaddr_t                   sockaddr;
    ngx_http_screen_redis_node_t    *node;
    ngx_http_screen_redis_source_t  *source;

    source = call->node->source;
    text = reply->text;

    if (source->slots == NULL) {
        return NGX_DECLINED;
    }

    if (text.len > 6 && ngx_strncmp(text.data, "MOVED ", 6) == 0) {
        ask = 0;
        text.data += 6;
        text.len -= 6;

    } else if (text.len > 4 && ngx_strncmp(text.data, "ASK ", 4) == 0) {
        ask = 1;
        text.data += 4;
        text.len -= 4;

    } else {
        return NGX_DECLINED;
    }

    if (call->redirects++ == NGX_HTTP_SCREEN_REDIS_REDIRECTS
        || ngx_http_screen_redis_route_target(call->node, &text, &slot,
                                              &sockaddr, &socklen)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    node = ngx_http_screen_redis_route_node(source, &sockaddr, socklen);

    if (node == NULL) {
        return NGX_ERROR;
    }

    source->redis->status.redirects++;

    if (!ask) {
        source->slots[slot] = (u_char) (node - source->redis->nodes + 1);
    }

    if (!ngx_http_screen_redis_usable(node)) {
        return NGX_BUSY;
    }

    call->asking = ask;

    return ngx_http_screen_redis_give(node, call);
}


/* "3999 127.0.0.1:6381"; without an address it is that of who says so */

static ngx_int_t
ngx_http_screen_redis_route_target(ngx_http_screen_redis_node_t *from,
    ngx_str_t *text, ngx_uint_t *slot, ngx_sockaddr_t *sockaddr,
    socklen_t *socklen)
{
    u_char     *p, *last;
    ngx_int_t   n;
    ngx_str_t   host, port;

    last = text->data + text->len;
    p = ngx_strlchr(text->data, last, ' ');

    if (p == NULL) {
        return NGX_ERROR;
    }

    n = ngx_atoi(text->data, p - text->data);

    if (n < 0 || n >= SCREEN_SLOTS) {
        return NGX_ERROR;
    }

    *slot = n;

    host.data = p + 1;
    port.data = last;

    while (port.data > host.data && port.data[-1] != ':') {
        port.data--;
    }

    if (port.data == host.data) {
        return NGX_ERROR;
    }

    port.len = last - port.data;
    host.len = port.data - 1 - host.data;

    if (host.len) {
        return ngx_http_screen_redis_route_address(sockaddr, socklen, &host,
                                                   &port);
    }

    n = ngx_atoi(port.data, port.len);

    if (n < 1 || n > 65535
        || from->sockaddr.sockaddr.sa_family == AF_UNIX)
    {
        return NGX_ERROR;
    }

    *sockaddr = from->sockaddr;
    *socklen = from->socklen;
    ngx_inet_set_port(&sockaddr->sockaddr, (in_port_t) n);

    return NGX_OK;
}


/* the node of an address; a new one takes the place of one that is unused */

static ngx_http_screen_redis_node_t *
ngx_http_screen_redis_route_node(ngx_http_screen_redis_source_t *source,
    ngx_sockaddr_t *sockaddr, socklen_t socklen)
{
    ngx_uint_t                     i;
    ngx_http_screen_redis_t       *redis;
    ngx_http_screen_redis_node_t  *node, *unused;

    redis = source->redis;
    unused = NULL;

    for (i = 0; i < redis->nnodes; i++) {
        node = &redis->nodes[i];

        if (node->source == source
            && ngx_cmp_sockaddr(&node->sockaddr.sockaddr, node->socklen,
                                &sockaddr->sockaddr, socklen, 1)
               == NGX_OK)
        {
            return node;
        }

        if (!node->configured
            && node->state == NGX_HTTP_SCREEN_REDIS_DOWN)
        {
            unused = node;
        }
    }

    if (redis->nnodes < NGX_HTTP_SCREEN_REDIS_NODES) {
        node = &redis->nodes[redis->nnodes++];

    } else if (unused) {
        node = unused;
        ngx_http_screen_redis_route_forget(node);

    } else {
        return NULL;
    }

    node->source = source;
    node->sockaddr = *sockaddr;
    node->socklen = socklen;
    node->failures = 0;
    node->reported = 0;

    ngx_http_screen_redis_route_name(node);

    return node;
}
