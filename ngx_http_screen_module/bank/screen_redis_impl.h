
/*
 * What the client's parts know together: screen_redis.c (servers, commands)
 * and screen_redis_nodes.c (sentinels, clusters).
 */


#ifndef _SCREEN_REDIS_IMPL_H_INCLUDED_
#define _SCREEN_REDIS_IMPL_H_INCLUDED_


#include "screen_redis.h"


#define SCREEN_REDIS_NODES_MAX  1000
#define SCREEN_REDIS_NO_NODE    UINT16_MAX


typedef struct {
    char                          host[256];
    screen_redis_address_t        address;   /* points to host */
    screen_redis_link_t          *link;      /* NULL: not connected yet */
} screen_redis_node_t;


struct screen_redis_s {
    const screen_redis_conf_t    *conf;
    const screen_redis_server_t  *server;
    unsigned                      connected:1;

    screen_redis_node_t          *nodes;     /* the first is the server, or
                                                the master */
    uint32_t                      nnodes;
    uint16_t                     *slots;     /* of a cluster: nodes */
};


/* SCREEN_OK, and the node with its link; or SCREEN_ERROR */
int screen_redis_node_link(screen_redis_t *r, uint32_t n,
    screen_error_t *err);

/* the node of an address, which is added if need be; SCREEN_OK or _ERROR */
int screen_redis_node_find(screen_redis_t *r, const screen_str_t *host,
    uint16_t port, int local, uint32_t *n, screen_error_t *err);

/* whom to connect to first; the two of them set up the nodes */
int screen_redis_sentinel(screen_redis_t *r, screen_error_t *err);
int screen_redis_cluster(screen_redis_t *r, screen_error_t *err);

/*
 * A command to a node; error replies are replies.  SCREEN_OK or SCREEN_ERROR,
 * and then the client is connected no longer.
 */
int screen_redis_exchange(screen_redis_t *r, uint32_t n, const char *command,
    size_t len, screen_redis_reply_t **reply, screen_error_t *err);
int screen_redis_ask(screen_redis_t *r, uint32_t n,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...);

uint64_t screen_redis_timeout(const screen_redis_t *r);


#endif /* _SCREEN_REDIS_IMPL_H_INCLUDED_ */
