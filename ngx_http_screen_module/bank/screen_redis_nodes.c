
/*
 * Who is to be asked: the master that sentinels name, the nodes of a cluster.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/screen_slot.h"
#include "screen_redis_impl.h"


int
screen_redis_node_find(screen_redis_t *r, const screen_str_t *host,
    uint16_t port, int local, uint32_t *n, screen_error_t *err)
{
    uint32_t              i;
    screen_redis_node_t  *node, *nodes;

    for (i = 0; i < r->nnodes; i++) {
        node = &r->nodes[i];

        if (screen_str_eq(&node->address.host, host)
            && node->address.port == port && node->address.local == local)
        {
            *n = i;
            return SCREEN_OK;
        }
    }

    if (r->nnodes == SCREEN_REDIS_NODES_MAX
        || host->len >= sizeof(nodes->host) || host->len == 0)
    {
        return screen_error_set(err, "a node of Redis cannot be: too many, "
                                "or its name is too long");
    }

    /* the new copy is written before the old one, which host may be in */

    nodes = calloc(r->nnodes + 1, sizeof(screen_redis_node_t));
    if (nodes == NULL) {
        return screen_error_set(err, "no memory for a node of Redis");
    }

    node = &nodes[r->nnodes];
    memcpy(node->host, host->data, host->len);
    node->address.host.len = host->len;
    node->address.port = port;
    node->address.local = (uint8_t) local;

    if (r->nnodes) {
        memcpy(nodes, r->nodes, r->nnodes * sizeof(screen_redis_node_t));
    }

    for (i = 0; i <= r->nnodes; i++) {
        nodes[i].address.host.data = (u_char *) nodes[i].host;
    }

    free(r->nodes);

    r->nodes = nodes;
    *n = r->nnodes++;

    return SCREEN_OK;
}


int
screen_redis_node_link(screen_redis_t *r, uint32_t n, screen_error_t *err)
{
    screen_redis_node_t  *node;

    if (n >= r->nnodes) {
        return screen_error_set(err, "there is no connection to Redis");
    }

    node = &r->nodes[n];

    if (node->link == NULL) {
        node->link = screen_redis_link_open(r->server, &node->address, 0,
                                            err);
    }

    return node->link ? SCREEN_OK : SCREEN_ERROR;
}


/* element i of an array, if there is one of the type */

static const screen_redis_reply_t *
screen_redis_element(const screen_redis_reply_t *reply, size_t i,
    screen_redis_type_t type)
{
    if (reply == NULL || reply->type != SCREEN_REDIS_ARRAY || i >= reply->n
        || reply->elements[i]->type != type)
    {
        return NULL;
    }

    return reply->elements[i];
}


/* the port of a string or an integer; 0: it is none */

static uint16_t
screen_redis_port(const screen_redis_reply_t *reply)
{
    uint64_t  n;

    n = 0;

    if (reply->type == SCREEN_REDIS_INTEGER && reply->integer > 0) {
        n = (uint64_t) reply->integer;

    } else if (reply->type == SCREEN_REDIS_STRING
               && screen_parse_uint(&reply->str, &n) != SCREEN_OK)
    {
        n = 0;
    }

    return n > 65535 ? 0 : (uint16_t) n;
}


static int
screen_redis_link_ask(screen_redis_link_t *link, const char *fmt,
    screen_redis_reply_t **reply, screen_error_t *err, ...)
{
    int      rc;
    char    *command;
    size_t   len;
    va_list  args;

    va_start(args, err);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "no memory for a command");
    }

    rc = screen_redis_link_put(link, command, len, err);

    screen_redis_format_free(command);

    if (rc != SCREEN_OK
        || screen_redis_link_send(link, SCREEN_REDIS_PATIENCE, err)
           != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    return screen_redis_link_get(link, SCREEN_REDIS_PATIENCE, reply, err);
}


/* the address that one sentinel names becomes a node */

static int
screen_redis_sentinel_ask(screen_redis_t *r,
    const screen_redis_address_t *sentinel, uint32_t *n, screen_error_t *err)
{
    int                          rc;
    uint16_t                     port;
    screen_redis_link_t         *link;
    screen_redis_reply_t        *reply;
    const screen_redis_reply_t  *host;

    link = screen_redis_link_open(r->server, sentinel, 1, err);
    if (link == NULL) {
        return SCREEN_ERROR;
    }

    rc = screen_redis_link_ask(link, "SENTINEL get-master-addr-by-name %b",
                               &reply, err, r->server->master.data,
                               r->server->master.len);

    if (rc == SCREEN_OK) {
        host = screen_redis_element(reply, 0, SCREEN_REDIS_STRING);
        port = reply->type == SCREEN_REDIS_ARRAY && reply->n == 2
               ? screen_redis_port(reply->elements[1]) : 0;

        if (host == NULL || port == 0) {
            rc = screen_error_set(err, "%s: this sentinel knows no master "
                                  "\"%.*s\"", screen_redis_link_name(link),
                                  (int) r->server->master.len,
                                  r->server->master.data);

        } else {
            rc = screen_redis_node_find(r, &host->str, port, 0, n, err);
        }

        screen_redis_reply_free(reply);
    }

    screen_redis_link_close(link);

    return rc;
}


/* a sentinel may not know yet that the master is one no longer */

static int
screen_redis_is_master(screen_redis_t *r, uint32_t n, screen_error_t *err)
{
    int                          master;
    screen_redis_reply_t        *reply;
    const screen_redis_reply_t  *role;

    if (screen_redis_ask(r, n, &reply, err, "ROLE") != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    role = screen_redis_element(reply, 0, SCREEN_REDIS_STRING);
    master = role != NULL && screen_str_is(&role->str, "master");

    screen_redis_reply_free(reply);

    if (!master) {
        return screen_error_set(err, "%s: a sentinel calls it the master, "
                                "and it says that it is not",
                                screen_redis_link_name(r->nodes[n].link));
    }

    return SCREEN_OK;
}


int
screen_redis_sentinel(screen_redis_t *r, screen_error_t *err)
{
    uint32_t  i, n;

    for (i = 0; i < r->server->naddresses; i++) {

        if (screen_redis_sentinel_ask(r, &r->server->addresses[i], &n, err)
            == SCREEN_OK
            && screen_redis_is_master(r, n, err) == SCREEN_OK)
        {
            return SCREEN_OK;
        }

        screen_redis_disconnect(r);
    }

    return SCREEN_ERROR;
}


/* one row of CLUSTER SLOTS: first slot, last slot, [host, port, ...] */

static void
screen_redis_cluster_row(screen_redis_t *r, const screen_redis_reply_t *row,
    uint32_t seed)
{
    int64_t                      slot;
    uint16_t                     port;
    uint32_t                     n;
    screen_str_t                 host;
    screen_error_t               ignored;
    const screen_redis_reply_t  *first, *last, *node, *name;

    first = screen_redis_element(row, 0, SCREEN_REDIS_INTEGER);
    last = screen_redis_element(row, 1, SCREEN_REDIS_INTEGER);
    node = screen_redis_element(row, 2, SCREEN_REDIS_ARRAY);

    if (first == NULL || last == NULL || node == NULL || node->n < 2
        || first->integer < 0 || last->integer >= SCREEN_SLOTS)
    {
        return;
    }

    name = screen_redis_element(node, 0, SCREEN_REDIS_STRING);
    port = screen_redis_port(node->elements[1]);

    /* a node that does not know its own name is the one that was asked */

    host = name && name->str.len ? name->str : r->nodes[seed].address.host;

    if (port == 0
        || screen_redis_node_find(r, &host, port, 0, &n, &ignored)
           != SCREEN_OK)
    {
        return;
    }

    for (slot = first->integer; slot <= last->integer; slot++) {
        r->slots[slot] = (uint16_t) n;
    }
}


static int
screen_redis_cluster_seed(screen_redis_t *r,
    const screen_redis_address_t *address, screen_error_t *err)
{
    char                   text[SCREEN_REDIS_REPLY_SHOWN];
    size_t                 i;
    uint32_t               n, node;
    screen_redis_reply_t  *reply;

    r->slots = malloc(SCREEN_SLOTS * sizeof(uint16_t));
    if (r->slots == NULL) {
        return screen_error_set(err, "no memory for a cluster's slots");
    }

    memset(r->slots, 0xff, SCREEN_SLOTS * sizeof(uint16_t));

    if (screen_redis_node_find(r, &address->host, address->port,
                               address->local, &n, err)
        != SCREEN_OK
        || screen_redis_ask(r, n, &reply, err, "CLUSTER SLOTS") != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    if (reply->type != SCREEN_REDIS_ARRAY) {
        screen_error_set(err, "%s: cluster=on, and it is not of a cluster: "
                         "%s", screen_redis_link_name(r->nodes[n].link),
                         screen_redis_reply_show(text, reply));
        screen_redis_reply_free(reply);
        return SCREEN_ERROR;
    }

    for (i = 0; i < reply->n; i++) {
        screen_redis_cluster_row(r, reply->elements[i], n);
    }

    screen_redis_reply_free(reply);

    for (node = 0, i = 0; i < SCREEN_SLOTS; i++) {
        node += r->slots[i] != SCREEN_REDIS_NO_NODE;
    }

    if (node == 0) {
        return screen_error_set(err, "%s: its cluster has no slots",
                                screen_redis_link_name(r->nodes[n].link));
    }

    return SCREEN_OK;
}


int
screen_redis_cluster(screen_redis_t *r, screen_error_t *err)
{
    uint32_t  i;

    for (i = 0; i < r->server->naddresses; i++) {

        if (screen_redis_cluster_seed(r, &r->server->addresses[i], err)
            == SCREEN_OK)
        {
            return SCREEN_OK;
        }

        screen_redis_disconnect(r);
    }

    return SCREEN_ERROR;
}
