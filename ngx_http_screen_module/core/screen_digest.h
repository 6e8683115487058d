
/*
 * Cryptographic digests of content while it arrives (FIPS 180-4 SHA-256 and
 * SHA-1, RFC 1321 MD5), by OpenSSL's EVP.
 */


#ifndef _SCREEN_DIGEST_H_INCLUDED_
#define _SCREEN_DIGEST_H_INCLUDED_


#include "screen_upload.h"


typedef struct {
    void       *ctx[SCREEN_SIGNALS];    /* NULL: never computed so far */
    unsigned    signals;                /* started and not yet final */
} screen_digest_t;

/*
 * Starts the digests of a mask of signals (1 << SCREEN_SIGNAL_SHA256 ...).
 * The contexts are kept from one start to the next; a zeroed struct is a
 * fresh one.  A signal that is no digest of bytes (PDQ) is passed over.
 * SCREEN_OK, SCREEN_NOMEM, or SCREEN_ERROR when OpenSSL refuses one of them
 * (a FIPS provider has no MD5); nothing is computed after a failure.
 */
int screen_digest_start(screen_digest_t *d, unsigned signals);
void screen_digest_update(screen_digest_t *d, const u_char *data, size_t len);

/*
 * to holds screen_signal_size(signal) bytes; once for each signal started,
 * zeroes for one that was not.
 */
void screen_digest_final(screen_digest_t *d, screen_signal_t signal,
    u_char *to);

/* final of all that was started, into a part's fields, digests among them */
void screen_digest_part(screen_digest_t *d, screen_part_t *part);

/* releases the contexts; safe on a zeroed struct, and twice */
void screen_digest_free(screen_digest_t *d);


#endif /* _SCREEN_DIGEST_H_INCLUDED_ */
