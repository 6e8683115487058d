
/*
 * The servers of Redis as a part of the spec.
 */


#include "screen_redis_conf.h"


#define SCREEN_REDIS_SPEC_STRING   4096

/* what an array's member takes on the wire at least, for the counts' check */
#define SCREEN_REDIS_SPEC_ADDRESS  (1 + 2 + 4)
#define SCREEN_REDIS_SPEC_SERVER                                              \
    (1 + 4 + 4 + 8 + 8 + 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4 + 4 + 4 + 4)


void
screen_redis_conf_encode(screen_buf_t *b, const screen_redis_conf_t *conf)
{
    uint32_t                      i, k;
    const screen_redis_server_t  *server;

    screen_buf_put_u32(b, conf->nservers);

    for (i = 0; i < conf->nservers; i++) {
        server = &conf->servers[i];

        screen_buf_put_u8(b, server->kind);
        screen_buf_put_u32(b, server->naddresses);

        for (k = 0; k < server->naddresses; k++) {
            screen_buf_put_u8(b, server->addresses[k].local);
            screen_buf_put_u16(b, server->addresses[k].port);
            screen_buf_put_str(b, &server->addresses[k].host);
        }

        screen_buf_put_str(b, &server->master);
        screen_buf_put_u64(b, server->timeout);
        screen_buf_put_u64(b, server->connect_timeout);
        screen_buf_put_str(b, &server->user);
        screen_buf_put_str(b, &server->password_file);
        screen_buf_put_u32(b, server->db);
        screen_buf_put_str(b, &server->prefix);
        screen_buf_put_u8(b, server->tls);
        screen_buf_put_str(b, &server->ca);
        screen_buf_put_str(b, &server->cert);
        screen_buf_put_str(b, &server->key);
        screen_buf_put_str(b, &server->server_name);
        screen_buf_put_str(b, &server->place.file);
        screen_buf_put_u32(b, server->place.line);
    }
}


static int
screen_redis_spec_addresses(screen_redis_server_t *server,
    screen_reader_t *r, const screen_alloc_t *alloc)
{
    uint32_t                 i;
    screen_redis_address_t  *address;

    server->naddresses = screen_reader_count(r, SCREEN_REDIS_ADDRESSES_MAX,
                                             SCREEN_REDIS_SPEC_ADDRESS);

    server->addresses = screen_calloc(alloc, server->naddresses
                                            * sizeof(screen_redis_address_t));
    if (server->addresses == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < server->naddresses; i++) {
        address = &server->addresses[i];

        address->local = screen_reader_u8(r);
        address->port = screen_reader_u16(r);
        address->host = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);

        if (address->local > 1) {
            screen_reader_fail(r);
        }
    }

    return SCREEN_OK;
}


static int
screen_redis_spec_server(screen_redis_server_t *server, screen_reader_t *r,
    const screen_alloc_t *alloc)
{
    uint8_t  kind;

    kind = screen_reader_u8(r);

    if (kind > SCREEN_REDIS_CLUSTER) {
        screen_reader_fail(r);
        kind = SCREEN_REDIS_SERVER;
    }

    server->kind = (screen_redis_kind_t) kind;

    if (screen_redis_spec_addresses(server, r, alloc) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    server->master = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->timeout = screen_reader_u64(r);
    server->connect_timeout = screen_reader_u64(r);
    server->user = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->password_file = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->db = screen_reader_u32(r);
    server->prefix = screen_reader_str(r, SCREEN_REDIS_PREFIX_MAX);
    server->tls = screen_reader_u8(r);
    server->ca = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->cert = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->key = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->server_name = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->place.file = screen_reader_str(r, SCREEN_REDIS_SPEC_STRING);
    server->place.line = screen_reader_u32(r);

    if (server->tls > 1 || server->naddresses == 0) {
        screen_reader_fail(r);
    }

    return SCREEN_OK;
}


int
screen_redis_conf_decode(screen_redis_conf_t *conf, screen_reader_t *r,
    const screen_alloc_t *alloc)
{
    uint32_t  i;

    conf->nservers = screen_reader_count(r, SCREEN_REDIS_SERVERS_MAX,
                                         SCREEN_REDIS_SPEC_SERVER);

    conf->servers = screen_calloc(alloc, conf->nservers
                                         * sizeof(screen_redis_server_t));
    if (conf->servers == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < conf->nservers && r->code == SCREEN_OK; i++) {

        if (screen_redis_spec_server(&conf->servers[i], r, alloc)
            != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }
    }

    return SCREEN_OK;
}
