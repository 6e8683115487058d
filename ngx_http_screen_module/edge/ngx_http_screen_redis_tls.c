
/*
 * TLS to Redis, by nginx's own means: so the worker's event loop needs
 * nothing of hiredis_ssl.  A server's certificate is always verified.
 */


#include "ngx_http_screen_redis_impl.h"


#if (NGX_SSL)

#define NGX_HTTP_SCREEN_REDIS_TLS_DEPTH  5


static ngx_int_t ngx_http_screen_redis_tls_path(ngx_conf_t *cf,
    ngx_str_t *to, screen_str_t *from);
static ngx_int_t ngx_http_screen_redis_tls_name(ngx_connection_t *c,
    ngx_http_screen_redis_node_t *node);


ngx_int_t
ngx_http_screen_redis_tls_create(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source)
{
    ngx_str_t               ca, cert, key;
    ngx_ssl_t              *ssl;
    ngx_pool_cleanup_t     *cln;
    screen_redis_server_t  *server;

    server = source->server;

    ssl = ngx_pcalloc(cf->pool, sizeof(ngx_ssl_t));
    if (ssl == NULL) {
        return NGX_ERROR;
    }

    ssl->log = cf->log;

    if (ngx_ssl_create(ssl, NGX_SSL_TLSv1_2|NGX_SSL_TLSv1_3, NULL) != NGX_OK) {
        return NGX_ERROR;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        ngx_ssl_cleanup_ctx(ssl);
        return NGX_ERROR;
    }

    cln->handler = ngx_ssl_cleanup_ctx;
    cln->data = ssl;

    source->ssl = ssl;

    if (ngx_http_screen_redis_tls_path(cf, &ca, &server->ca) != NGX_OK
        || ngx_http_screen_redis_tls_path(cf, &cert, &server->cert) != NGX_OK
        || ngx_http_screen_redis_tls_path(cf, &key, &server->key) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (cert.len
        && ngx_ssl_certificate(cf, ssl, &cert, &key, NULL) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ca.len) {
        return ngx_ssl_trusted_certificate(cf, ssl, &ca,
                                           NGX_HTTP_SCREEN_REDIS_TLS_DEPTH);
    }

    if (SSL_CTX_set_default_verify_paths(ssl->ctx) == 0) {
        ngx_ssl_error(NGX_LOG_EMERG, cf->log, 0,
                      "SSL_CTX_set_default_verify_paths() failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_redis_tls_path(ngx_conf_t *cf, ngx_str_t *to,
    screen_str_t *from)
{
    to->len = from->len;
    to->data = ngx_pnalloc(cf->pool, from->len + 1);

    if (to->data == NULL) {
        return NGX_ERROR;
    }

    if (from->len) {
        ngx_memcpy(to->data, from->data, from->len);
    }

    to->data[from->len] = '\0';

    return NGX_OK;
}


ngx_int_t
ngx_http_screen_redis_tls_start(ngx_http_screen_redis_node_t *node,
    ngx_connection_handler_pt handler)
{
    ngx_int_t          rc;
    ngx_connection_t  *c;

    c = node->connection;

    if (c->ssl == NULL) {

        c->pool = ngx_create_pool(1024, c->log);

        if (c->pool == NULL
            || ngx_ssl_create_connection(node->source->ssl, c,
                                         NGX_SSL_BUFFER|NGX_SSL_CLIENT)
               != NGX_OK
            || ngx_http_screen_redis_tls_name(c, node) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    rc = ngx_ssl_handshake(c);

    if (rc == NGX_AGAIN) {
        c->ssl->handler = handler;
    }

    return rc;
}


/* OpenSSL compares the certificate with it, during the handshake */

static ngx_int_t
ngx_http_screen_redis_tls_name(ngx_connection_t *c,
    ngx_http_screen_redis_node_t *node)
{
    u_char             *last;
    screen_str_t       *name;
    X509_VERIFY_PARAM  *param;
    u_char              text[256];

    name = &node->source->server->server_name;

    last = name->len ? ngx_cpymem(text, name->data, ngx_min(name->len, 255))
                     : ngx_cpymem(text, node->host.data,
                                  ngx_min(node->host.len, 255));
    *last = '\0';

    param = SSL_get0_param(c->ssl->connection);

    if (X509_VERIFY_PARAM_set1_ip_asc(param, (char *) text)) {
        return NGX_OK;
    }

    /* not an address */

    ERR_clear_error();

    if (X509_VERIFY_PARAM_set1_host(param, (char *) text, 0) == 0
        || SSL_set_tlsext_host_name(c->ssl->connection, (char *) text) == 0)
    {
        ERR_clear_error();
        return NGX_ERROR;
    }

    return NGX_OK;
}


const char *
ngx_http_screen_redis_tls_check(ngx_http_screen_redis_node_t *node)
{
    long  rc;

    if (!node->connection->ssl->handshaked) {
        return "the TLS handshake failed";
    }

    rc = SSL_get_verify_result(node->connection->ssl->connection);

    if (rc != X509_V_OK) {
        return X509_verify_cert_error_string(rc);
    }

    return NULL;
}


void
ngx_http_screen_redis_tls_close(ngx_connection_t *c)
{
    if (c->ssl) {
        c->ssl->no_wait_shutdown = 1;
        c->ssl->no_send_shutdown = 1;
        (void) ngx_ssl_shutdown(c);
    }
}

#else

ngx_int_t
ngx_http_screen_redis_tls_create(ngx_conf_t *cf,
    ngx_http_screen_redis_source_t *source)
{
    ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                  "\"screen_redis\" with tls=on needs an nginx with TLS");

    return NGX_ERROR;
}


ngx_int_t
ngx_http_screen_redis_tls_start(ngx_http_screen_redis_node_t *node,
    ngx_connection_handler_pt handler)
{
    return NGX_ERROR;
}


const char *
ngx_http_screen_redis_tls_check(ngx_http_screen_redis_node_t *node)
{
    return "there is no TLS";
}


void
ngx_http_screen_redis_tls_close(ngx_connection_t *c)
{
}

#endif
