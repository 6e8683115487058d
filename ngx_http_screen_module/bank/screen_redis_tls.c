
#include "screen_redis_tls.h"


#if (SCREEN_REDIS_TLS)

#include <arpa/inet.h>
#include <stdio.h>

#include <openssl/err.h>
#include <openssl/ssl.h>


static int
screen_redis_tls_failed(const char *name, const char *what,
    screen_error_t *err)
{
    char  text[256];

    ERR_error_string_n(ERR_get_error(), text, sizeof(text));
    ERR_clear_error();

    return screen_error_set(err, "%s: TLS: %s: %s", name, what, text);
}


static char *
screen_redis_tls_text(char to[4096], const screen_str_t *text)
{
    snprintf(to, 4096, "%.*s", (int) text->len,
             text->data ? (char *) text->data : "");

    return to;
}


static int
screen_redis_tls_files(SSL_CTX *ctx, const screen_redis_server_t *server,
    const char *name, screen_error_t *err)
{
    char  path[4096];

    if (server->ca.len == 0) {

        if (SSL_CTX_set_default_verify_paths(ctx) != 1) {
            return screen_redis_tls_failed(name, "the system's authorities",
                                           err);
        }

    } else if (SSL_CTX_load_verify_locations(ctx,
                             screen_redis_tls_text(path, &server->ca), NULL)
               != 1)
    {
        return screen_redis_tls_failed(name, path, err);
    }

    if (server->cert.len == 0) {
        return SCREEN_OK;
    }

    if (SSL_CTX_use_certificate_chain_file(ctx,
                             screen_redis_tls_text(path, &server->cert))
        != 1
        || SSL_CTX_use_PrivateKey_file(ctx,
                             screen_redis_tls_text(path, &server->key),
                             SSL_FILETYPE_PEM)
           != 1)
    {
        return screen_redis_tls_failed(name, path, err);
    }

    return SCREEN_OK;
}


/* whom the certificate must be for: a name, or an address of its own kind */

static int
screen_redis_tls_name(SSL *ssl, const screen_redis_server_t *server,
    const screen_redis_address_t *address, const char *name,
    screen_error_t *err)
{
    char              host[4096];
    struct in6_addr   ignored;

    screen_redis_tls_text(host, server->server_name.len
                                ? &server->server_name : &address->host);

    if (inet_pton(AF_INET, host, &ignored) == 1
        || inet_pton(AF_INET6, host, &ignored) == 1)
    {
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1
               ? SCREEN_OK : screen_redis_tls_failed(name, host, err);
    }

    return SSL_set1_host(ssl, host) == 1
           && SSL_set_tlsext_host_name(ssl, host) == 1
           ? SCREEN_OK : screen_redis_tls_failed(name, host, err);
}


SSL *
screen_redis_tls_create(const screen_redis_server_t *server,
    const screen_redis_address_t *address, const char *name,
    screen_error_t *err)
{
    SSL      *ssl;
    SSL_CTX  *ctx;

    ctx = SSL_CTX_new(TLS_client_method());
    if (ctx == NULL) {
        screen_redis_tls_failed(name, "no memory", err);
        return NULL;
    }

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    (void) SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);

    ssl = NULL;

    if (screen_redis_tls_files(ctx, server, name, err) == SCREEN_OK) {
        ssl = SSL_new(ctx);

        if (ssl == NULL) {
            screen_redis_tls_failed(name, "no memory", err);

        } else if (screen_redis_tls_name(ssl, server, address, name, err)
                   != SCREEN_OK)
        {
            SSL_free(ssl);
            ssl = NULL;
        }
    }

    /* the connection's object holds what it needs of it */

    SSL_CTX_free(ctx);

    return ssl;
}


void
screen_redis_tls_destroy(SSL *ssl)
{
    SSL_free(ssl);
}


const char *
screen_redis_tls_mismatch(const SSL *ssl)
{
    long  rc;

    rc = SSL_get_verify_result(ssl);

    return rc == X509_V_OK ? "" : X509_verify_cert_error_string(rc);
}

#endif
