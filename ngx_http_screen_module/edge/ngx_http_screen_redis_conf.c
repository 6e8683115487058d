
/*
 * The worker's client of Redis at configuration time: what "screen_redis"
 * says becomes sources and the nodes that they begin with.
 */


#include "ngx_http_screen_redis_impl.h"


static void ngx_http_screen_redis_cleanup(void *data);
static ngx_int_t ngx_http_screen_redis_source(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source);
static ngx_int_t ngx_http_screen_redis_source_password(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source);
static ngx_int_t ngx_http_screen_redis_address(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source, screen_redis_address_t *address);
static ngx_http_screen_redis_node_t *ngx_http_screen_redis_add_node(
    ngx_http_screen_redis_source_t *source);


ngx_http_screen_redis_t *
ngx_http_screen_redis_create(ngx_conf_t *cf, screen_redis_conf_t *conf,
    ngx_uint_t limit)
{
    ngx_uint_t                       i;
    ngx_pool_cleanup_t              *cln;
    ngx_http_screen_redis_t         *redis;
    ngx_http_screen_redis_source_t  *source;

    redis = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_redis_t));
    if (redis == NULL) {
        return NULL;
    }

    redis->nodes = ngx_pcalloc(cf->pool, NGX_HTTP_SCREEN_REDIS_NODES
                                      * sizeof(ngx_http_screen_redis_node_t));
    redis->sources = ngx_pcalloc(cf->pool, ngx_max(conf->nservers, 1)
                                    * sizeof(ngx_http_screen_redis_source_t));

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);

    if (redis->nodes == NULL || redis->sources == NULL || cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_screen_redis_cleanup;
    cln->data = redis;

    redis->cycle = cf->cycle;
    redis->nsources = conf->nservers;
    redis->limit = limit ? limit : NGX_HTTP_SCREEN_REDIS_LIMIT;

    for (i = 0; i < conf->nservers; i++) {
        source = &redis->sources[i];

        source->redis = redis;
        source->server = &conf->servers[i];

        if (ngx_http_screen_redis_source(cf, source) != NGX_OK) {
            return NULL;
        }
    }

    return redis;
}


static void
ngx_http_screen_redis_cleanup(void *data)
{
    ngx_http_screen_redis_close(data);
}


static ngx_int_t
ngx_http_screen_redis_source(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source)
{
    ngx_uint_t                     i;
    screen_redis_server_t         *server;
    ngx_http_screen_redis_node_t  *node;

    server = source->server;

    if (server->password_file.len
        && ngx_http_screen_redis_source_password(cf, source) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (server->tls && ngx_http_screen_redis_tls_create(cf, source) != NGX_OK)
    {
        return NGX_ERROR;
    }

    for (i = 0; i < server->naddresses; i++) {
        if (ngx_http_screen_redis_address(cf, source, &server->addresses[i])
            != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    if (server->kind == SCREEN_REDIS_CLUSTER) {
        source->slots = ngx_pcalloc(cf->pool, SCREEN_SLOTS);
        if (source->slots == NULL) {
            return NGX_ERROR;
        }
    }

    if (server->kind == SCREEN_REDIS_SENTINEL) {

        /* which address it has, the sentinels will say */

        node = ngx_http_screen_redis_add_node(source);

        node->master = 1;
        node->sentinel = 0;
        node->name.data = (u_char *) server->master.data;
        node->name.len = server->master.len;
        source->master = node;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_redis_source_password(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source)
{
    size_t                  len;
    ngx_err_t               err;
    screen_redis_server_t  *server;
    u_char                  password[1024];

    server = source->server;

    source->password_file.len = server->password_file.len;
    source->password_file.data = ngx_pnalloc(cf->pool,
                                             server->password_file.len + 1);
    if (source->password_file.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(source->password_file.data, server->password_file.data,
               server->password_file.len);
    source->password_file.data[server->password_file.len] = '\0';

    if (ngx_http_screen_redis_password(source->password_file.data, password,
                                       sizeof(password), &len, &err)
        != NGX_OK)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, err,
                      "no password could be read from \"%V\": a file with "
                      "one line of less than 1024 bytes is expected "
                      "in %*s:%ui", &source->password_file,
                      server->place.file.len, server->place.file.data,
                      (ngx_uint_t) server->place.line);
        return NGX_ERROR;
    }

    source->password.data = ngx_pnalloc(cf->pool, len);
    if (source->password.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(source->password.data, password, len);
    source->password.len = len;

    explicit_bzero(password, sizeof(password));

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_redis_address(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source, screen_redis_address_t *address)
{
    ngx_url_t                      u;
    ngx_uint_t                     i;
    screen_place_t                *place;
    ngx_http_screen_redis_node_t  *node;
    char                           shown[SCREEN_REDIS_SHOWN];

    place = &source->server->place;

    (void) screen_redis_conf_show(shown, address);

    ngx_memzero(&u, sizeof(ngx_url_t));

    u.url.len = ngx_strlen(shown);
    u.url.data = ngx_pnalloc(cf->pool, u.url.len + 1);
    if (u.url.data == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(u.url.data, shown, u.url.len + 1);

    if (ngx_parse_url(cf->pool, &u) != NGX_OK) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "%s in address \"%s\" of \"screen_redis\" in %*s:%ui",
                      u.err ? u.err : "error", shown, place->file.len,
                      place->file.data, (ngx_uint_t) place->line);
        return NGX_ERROR;
    }

    for (i = 0; i < u.naddrs; i++) {

        if (source->redis->nnodes == NGX_HTTP_SCREEN_REDIS_ADDRESSES) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "too many addresses of Redis with \"%s\", %d is the "
                          "limit in %*s:%ui", shown,
                          NGX_HTTP_SCREEN_REDIS_ADDRESSES, place->file.len,
                          place->file.data, (ngx_uint_t) place->line);
            return NGX_ERROR;
        }

        node = ngx_http_screen_redis_add_node(source);

        ngx_memcpy(&node->sockaddr, u.addrs[i].sockaddr, u.addrs[i].socklen);
        node->socklen = u.addrs[i].socklen;
        node->name = u.addrs[i].name;
        node->host.data = (u_char *) address->host.data;
        node->host.len = address->host.len;
    }

    return NGX_OK;
}


static ngx_http_screen_redis_node_t *
ngx_http_screen_redis_add_node(ngx_http_screen_redis_source_t *source)
{
    ngx_http_screen_redis_node_t  *node;

    node = &source->redis->nodes[source->redis->nnodes++];

    node->redis = source->redis;
    node->source = source;
    node->configured = 1;
    node->sentinel = source->server->kind == SCREEN_REDIS_SENTINEL;

    return node;
}
