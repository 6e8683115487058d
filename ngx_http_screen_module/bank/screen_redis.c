
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/screen_slot.h"
#include "screen_redis_impl.h"


#define SCREEN_REDIS_REDIRECTIONS  16


static int screen_redis_connect_to(screen_redis_t *r, screen_error_t *err);
static int screen_redis_node_of(screen_redis_t *r, const char *key,
    uint32_t *n, screen_error_t *err);
static int screen_redis_redirect(screen_redis_t *r,
    const screen_redis_reply_t *reply, uint32_t *n, int *asking,
    screen_error_t *err);


screen_redis_t *
screen_redis_create(const screen_redis_conf_t *conf)
{
    screen_redis_t  *r;

    r = calloc(1, sizeof(screen_redis_t));

    if (r != NULL) {
        r->conf = conf;
    }

    return r;
}


void
screen_redis_destroy(screen_redis_t *r)
{
    if (r != NULL) {
        screen_redis_disconnect(r);
        free(r);
    }
}


void
screen_redis_disconnect(screen_redis_t *r)
{
    uint32_t  i;

    for (i = 0; i < r->nnodes; i++) {
        screen_redis_link_close(r->nodes[i].link);
    }

    free(r->nodes);
    free(r->slots);

    r->nodes = NULL;
    r->slots = NULL;
    r->nnodes = 0;
    r->connected = 0;
}


int
screen_redis_connect(screen_redis_t *r, screen_error_t *err)
{
    uint32_t  i;

    screen_error_set(err, "there is no server");

    for (i = 0; i < r->conf->nservers; i++) {
        screen_redis_disconnect(r);

        r->server = &r->conf->servers[i];

        if (screen_redis_connect_to(r, err) == SCREEN_OK) {
            r->connected = 1;
            return SCREEN_OK;
        }
    }

    screen_redis_disconnect(r);

    return SCREEN_ERROR;
}


static int
screen_redis_connect_to(screen_redis_t *r, screen_error_t *err)
{
    uint32_t                       n;
    const screen_redis_address_t  *address;

    switch (r->server->kind) {

    case SCREEN_REDIS_SENTINEL:
        return screen_redis_sentinel(r, err);

    case SCREEN_REDIS_CLUSTER:
        return screen_redis_cluster(r, err);

    default:
        address = &r->server->addresses[0];

        if (screen_redis_node_find(r, &address->host, address->port,
                                   address->local, &n, err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        return screen_redis_node_link(r, n, err);
    }
}


int
screen_redis_connected(const screen_redis_t *r)
{
    return r->connected;
}


const screen_redis_server_t *
screen_redis_server(const screen_redis_t *r)
{
    return r->server;
}


const char *
screen_redis_name(const screen_redis_t *r)
{
    return r->nnodes && r->nodes[0].link
           ? screen_redis_link_name(r->nodes[0].link) : "";
}


uint64_t
screen_redis_timeout(const screen_redis_t *r)
{
    return r->server->timeout > SCREEN_REDIS_PATIENCE
           ? r->server->timeout : SCREEN_REDIS_PATIENCE;
}


int
screen_redis_exchange(screen_redis_t *r, uint32_t n, const char *command,
    size_t len, screen_redis_reply_t **reply, screen_error_t *err)
{
    screen_redis_link_t  *link;

    if (screen_redis_node_link(r, n, err) != SCREEN_OK) {
        r->connected = 0;
        return SCREEN_ERROR;
    }

    link = r->nodes[n].link;

    if (screen_redis_link_put(link, command, len, err) != SCREEN_OK
        || screen_redis_link_send(link, screen_redis_timeout(r), err)
           != SCREEN_OK
        || screen_redis_link_get(link, screen_redis_timeout(r), reply, err)
           != SCREEN_OK)
    {
        r->connected = 0;
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


/* SCREEN_ERROR, and what the server said */

static int
screen_redis_refused(screen_redis_t *r, const screen_redis_reply_t *reply,
    screen_error_t *err)
{
    char  text[SCREEN_REDIS_REPLY_SHOWN];

    return screen_error_set(err, "%s: %s", screen_redis_name(r),
                            screen_redis_reply_show(text, reply));
}


static int
screen_redis_check(screen_redis_t *r, screen_redis_reply_t **reply,
    screen_error_t *err)
{
    if ((*reply)->type != SCREEN_REDIS_FAILURE) {
        return SCREEN_OK;
    }

    (void) screen_redis_refused(r, *reply, err);

    screen_redis_reply_free(*reply);
    *reply = NULL;

    return SCREEN_ERROR;
}


static int
screen_redis_send_command(screen_redis_t *r, uint32_t n, const char *command,
    size_t len, screen_redis_reply_t **reply, screen_error_t *err)
{
    int                    rc, asking;
    unsigned               i;
    screen_redis_reply_t  *ignored;

    asking = 0;

    for (i = 0; i < SCREEN_REDIS_REDIRECTIONS; i++) {

        if (asking) {
            rc = screen_redis_ask(r, n, &ignored, err, "ASKING");

            if (rc != SCREEN_OK) {
                return rc;
            }

            screen_redis_reply_free(ignored);
        }

        rc = screen_redis_exchange(r, n, command, len, reply, err);

        if (rc != SCREEN_OK || (*reply)->type != SCREEN_REDIS_FAILURE) {
            return rc;
        }

        rc = screen_redis_redirect(r, *reply, &n, &asking, err);

        screen_redis_reply_free(*reply);
        *reply = NULL;

        if (rc != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    return screen_error_set(err, "%s: redirected too often",
                            screen_redis_name(r));
}


/* "MOVED slot host:port", "ASK slot host:port", or an error after all */

static int
screen_redis_redirect(screen_redis_t *r, const screen_redis_reply_t *reply,
    uint32_t *n, int *asking, screen_error_t *err)
{
    char                     text[300], kind[8], number[8], address[256];
    size_t                   len;
    uint64_t                 slot;
    screen_str_t             word;
    screen_redis_address_t   found;

    len = reply->str.len < sizeof(text) - 1 ? reply->str.len
                                            : sizeof(text) - 1;
    memcpy(text, reply->str.data, len);
    text[len] = '\0';

    if (r->slots == NULL
        || sscanf(text, "%7s %7s %255s", kind, number, address) != 3
        || (strcmp(kind, "MOVED") != 0 && strcmp(kind, "ASK") != 0))
    {
        return screen_redis_refused(r, reply, err);
    }

    word = screen_str_of(number);

    if (screen_parse_uint(&word, &slot) != SCREEN_OK || slot >= SCREEN_SLOTS) {
        return screen_redis_refused(r, reply, err);
    }

    word = screen_str_of(address);

    /* ":port" is the host that said so */

    if (address[0] == ':') {
        found = r->nodes[*n].address;
        found.port = (uint16_t) strtoul(address + 1, NULL, 10);

    } else if (screen_redis_conf_address(&found, &word, 0) != SCREEN_OK) {
        return screen_redis_refused(r, reply, err);
    }

    if (screen_redis_node_find(r, &found.host, found.port, 0, n, err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    *asking = kind[0] == 'A';

    if (!*asking) {
        r->slots[slot] = (uint16_t) *n;
    }

    return SCREEN_OK;
}


int
screen_redis_ask(screen_redis_t *r, uint32_t n, screen_redis_reply_t **reply,
    screen_error_t *err, const char *fmt, ...)
{
    int      rc;
    char    *command;
    size_t   len;
    va_list  args;

    va_start(args, fmt);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "no memory for a command");
    }

    rc = screen_redis_exchange(r, n, command, len, reply, err);

    screen_redis_format_free(command);

    return rc;
}


static int
screen_redis_node_of(screen_redis_t *r, const char *key, uint32_t *n,
    screen_error_t *err)
{
    uint16_t      node;
    screen_str_t  name;

    *n = 0;

    if (r->nnodes == 0) {
        return screen_error_set(err, "there is no connection to Redis");
    }

    if (r->slots == NULL || key == NULL) {
        return SCREEN_OK;
    }

    name = screen_str_of(key);
    node = r->slots[screen_slot_of(&name)];

    /* anybody of a cluster knows whose it is */

    if (node != SCREEN_REDIS_NO_NODE && node < r->nnodes) {
        *n = node;
    }

    return SCREEN_OK;
}


int
screen_redis_command(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...)
{
    int       rc;
    char     *command;
    size_t    len;
    va_list   args;
    uint32_t  n;

    va_start(args, fmt);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "no memory for a command");
    }

    rc = screen_redis_node_of(r, key, &n, err);

    if (rc == SCREEN_OK) {
        rc = screen_redis_send_command(r, n, command, len, reply, err);
    }

    screen_redis_format_free(command);

    return rc;
}


int
screen_redis_command_node(screen_redis_t *r, uint32_t n,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...)
{
    int      rc;
    char    *command;
    size_t   len;
    va_list  args;

    va_start(args, fmt);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "no memory for a command");
    }

    rc = screen_redis_exchange(r, n, command, len, reply, err);

    screen_redis_format_free(command);

    return rc == SCREEN_OK ? screen_redis_check(r, reply, err) : rc;
}


int
screen_redis_append(screen_redis_t *r, const char *key, screen_error_t *err,
    const char *fmt, ...)
{
    int       rc;
    char     *command;
    size_t    len;
    va_list   args;
    uint32_t  n;

    va_start(args, fmt);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "no memory for a command");
    }

    rc = screen_redis_node_of(r, key, &n, err);

    if (rc == SCREEN_OK) {
        rc = screen_redis_node_link(r, n, err);
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_link_put(r->nodes[n].link, command, len, err);
    }

    screen_redis_format_free(command);

    if (rc != SCREEN_OK) {
        r->connected = 0;
    }

    return rc;
}


int
screen_redis_flush(screen_redis_t *r, const char *key, screen_error_t *err)
{
    uint32_t  n;

    if (screen_redis_node_of(r, key, &n, err) != SCREEN_OK
        || screen_redis_node_link(r, n, err) != SCREEN_OK
        || screen_redis_link_send(r->nodes[n].link, screen_redis_timeout(r),
                                  err)
           != SCREEN_OK)
    {
        r->connected = 0;
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


int
screen_redis_next(screen_redis_t *r, const char *key, uint64_t timeout,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    uint32_t  n;

    if (timeout < screen_redis_timeout(r)) {
        timeout = screen_redis_timeout(r);
    }

    if (screen_redis_flush(r, key, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    (void) screen_redis_node_of(r, key, &n, err);

    if (screen_redis_link_get(r->nodes[n].link, timeout, reply, err)
        != SCREEN_OK)
    {
        r->connected = 0;
        return SCREEN_ERROR;
    }

    return screen_redis_check(r, reply, err);
}


int
screen_redis_try(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    int       rc;
    uint32_t  n;

    rc = screen_redis_node_of(r, key, &n, err);

    if (rc == SCREEN_OK) {
        rc = screen_redis_node_link(r, n, err);
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_link_try(r->nodes[n].link, reply, err);
    }

    if (rc == SCREEN_OK) {
        return screen_redis_check(r, reply, err);
    }

    if (rc != SCREEN_AGAIN) {
        r->connected = 0;
    }

    return rc;
}


int
screen_redis_fd(screen_redis_t *r, const char *key)
{
    uint32_t        n;
    screen_error_t  ignored;

    if (screen_redis_node_of(r, key, &n, &ignored) != SCREEN_OK
        || r->nodes[n].link == NULL)
    {
        return -1;
    }

    return screen_redis_link_fd(r->nodes[n].link);
}


uint32_t
screen_redis_nodes(const screen_redis_t *r)
{
    return r->nnodes;
}
