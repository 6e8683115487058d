
/*
 * Which node a call is given to: the first source of the list that has one
 * that is fit, in a cluster the one that has the key's slot.
 */


#include "ngx_http_screen_redis_impl.h"


static ngx_http_screen_redis_node_t *ngx_http_screen_redis_select_of(
    ngx_http_screen_redis_source_t *source, ngx_int_t slot);


ngx_http_screen_redis_node_t *
ngx_http_screen_redis_select(ngx_http_screen_redis_t *redis, ngx_int_t slot)
{
    ngx_uint_t                     i;
    ngx_http_screen_redis_node_t  *node;

    for (i = 0; i < redis->nsources; i++) {
        node = ngx_http_screen_redis_select_of(&redis->sources[i], slot);

        if (node) {
            return node;
        }
    }

    return NULL;
}


static ngx_http_screen_redis_node_t *
ngx_http_screen_redis_select_of(ngx_http_screen_redis_source_t *source,
    ngx_int_t slot)
{
    ngx_uint_t                     i;
    ngx_http_screen_redis_t       *redis;
    ngx_http_screen_redis_node_t  *node;

    redis = source->redis;

    if (source->slots && slot >= 0 && source->slots[slot]) {
        node = &redis->nodes[source->slots[slot] - 1];

        if (ngx_http_screen_redis_usable(node)) {
            return node;
        }
    }

    for (i = 0; i < redis->nnodes; i++) {
        node = &redis->nodes[i];

        if (node->source == source && node->configured && !node->sentinel
            && ngx_http_screen_redis_usable(node))
        {
            return node;
        }
    }

    return NULL;
}


ngx_uint_t
ngx_http_screen_redis_usable(ngx_http_screen_redis_node_t *node)
{
    if (node->state == NGX_HTTP_SCREEN_REDIS_READY) {
        return 1;
    }

    if (node->state == NGX_HTTP_SCREEN_REDIS_DOWN) {

        if (node->failures
            && (ngx_msec_int_t) (ngx_current_msec - node->retry) < 0)
        {
            return 0;
        }

        if (ngx_http_screen_redis_node_open(node) != NGX_OK) {
            return 0;
        }
    }

    /*
     * nobody waits for a server that has failed and is tried again, but
     * those without whom it would not be tried
     */

    return node->failures == 0 || !node->configured || node->sentinel;
}
