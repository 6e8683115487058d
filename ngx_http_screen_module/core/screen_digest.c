
#include "screen_digest.h"

#include <openssl/evp.h>
#include <string.h>


static const EVP_MD *screen_digest_algorithm(screen_signal_t signal);
static size_t screen_digest_size(screen_signal_t signal);


int
screen_digest_start(screen_digest_t *d, unsigned signals)
{
    unsigned       i;
    const EVP_MD  *md;

    d->signals = 0;

    for (i = 0; i < SCREEN_SIGNALS; i++) {

        if (!(signals & (1u << i))) {
            continue;
        }

        md = screen_digest_algorithm(i);

        if (md == NULL) {
            continue;
        }

        if (d->ctx[i] == NULL) {
            d->ctx[i] = EVP_MD_CTX_new();

            if (d->ctx[i] == NULL) {
                d->signals = 0;
                return SCREEN_NOMEM;
            }
        }

        if (EVP_DigestInit_ex(d->ctx[i], md, NULL) != 1) {
            d->signals = 0;
            return SCREEN_ERROR;
        }

        d->signals |= 1u << i;
    }

    return SCREEN_OK;
}


void
screen_digest_update(screen_digest_t *d, const u_char *data, size_t len)
{
    unsigned  i;

    if (len == 0) {
        return;
    }

    for (i = 0; i < SCREEN_SIGNALS; i++) {

        if (!(d->signals & (1u << i))) {
            continue;
        }

        /*
         * A digest that missed bytes would be one of other content: better
         * none at all.
         */

        if (EVP_DigestUpdate(d->ctx[i], data, len) != 1) {
            d->signals &= ~(1u << i);
        }
    }
}


void
screen_digest_final(screen_digest_t *d, screen_signal_t signal, u_char *to)
{
    u_char    value[EVP_MAX_MD_SIZE];
    size_t    size;
    unsigned  n, bit;

    if (signal >= SCREEN_SIGNALS) {
        return;
    }

    size = screen_digest_size(signal);
    bit = 1u << signal;
    n = 0;

    if ((d->signals & bit)
        && EVP_DigestFinal_ex(d->ctx[signal], value, &n) == 1
        && n == size)
    {
        memcpy(to, value, size);

    } else {
        memset(to, 0, size);
    }

    /* a context that has been finished must not be fed again */

    d->signals &= ~bit;
}


void
screen_digest_part(screen_digest_t *d, screen_part_t *part)
{
    part->digests = d->signals;

    if (d->signals & (1u << SCREEN_SIGNAL_SHA256)) {
        screen_digest_final(d, SCREEN_SIGNAL_SHA256, part->sha256);
    }

    if (d->signals & (1u << SCREEN_SIGNAL_SHA1)) {
        screen_digest_final(d, SCREEN_SIGNAL_SHA1, part->sha1);
    }

    if (d->signals & (1u << SCREEN_SIGNAL_MD5)) {
        screen_digest_final(d, SCREEN_SIGNAL_MD5, part->md5);
    }
}


void
screen_digest_free(screen_digest_t *d)
{
    unsigned  i;

    for (i = 0; i < SCREEN_SIGNALS; i++) {
        EVP_MD_CTX_free(d->ctx[i]);
        d->ctx[i] = NULL;
    }

    d->signals = 0;
}


static const EVP_MD *
screen_digest_algorithm(screen_signal_t signal)
{
    switch (signal) {

    case SCREEN_SIGNAL_SHA256:
        return EVP_sha256();

    case SCREEN_SIGNAL_SHA1:
        return EVP_sha1();

    case SCREEN_SIGNAL_MD5:
        return EVP_md5();

    default:

        /* perceptual fingerprints are not digests of the bytes */

        return NULL;
    }
}


static size_t
screen_digest_size(screen_signal_t signal)
{
    const EVP_MD  *md;

    md = screen_digest_algorithm(signal);

    return md ? (size_t) EVP_MD_get_size(md) : 0;
}
