
/*
 * TLS of the synchronous client.  hiredis_ssl does not look whether the
 * certificate is for the server that was asked for; here it is looked at.
 */


#ifndef _SCREEN_REDIS_TLS_H_INCLUDED_
#define _SCREEN_REDIS_TLS_H_INCLUDED_


#include "../core/screen_redis_conf.h"


#if __has_include(<hiredis/hiredis_ssl.h>)
#define SCREEN_REDIS_TLS  1
#endif


#if (SCREEN_REDIS_TLS)

struct ssl_st;

/*
 * A new SSL object of OpenSSL, for one connection, that verifies the server's
 * certificate and its name; name is for errors.  NULL on failure.
 */
struct ssl_st *screen_redis_tls_create(const screen_redis_server_t *server,
    const screen_redis_address_t *address, const char *name,
    screen_error_t *err);
void screen_redis_tls_destroy(struct ssl_st *ssl);

/* what is wrong with the server's certificate, in OpenSSL's words; "" if
   nothing is, or it was not seen */
const char *screen_redis_tls_mismatch(const struct ssl_st *ssl);

#endif


#endif /* _SCREEN_REDIS_TLS_H_INCLUDED_ */
