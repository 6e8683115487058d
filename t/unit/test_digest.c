
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_core.h"
#include "screen_digest.h"


#define SHA256  (1u << SCREEN_SIGNAL_SHA256)
#define SHA1    (1u << SCREEN_SIGNAL_SHA1)
#define MD5     (1u << SCREEN_SIGNAL_MD5)
#define PDQ     (1u << SCREEN_SIGNAL_PDQ)


typedef struct {
    const char   *text;
    const char   *sha256;
    const char   *sha1;
    const char   *md5;
} vector_t;


/* FIPS 180-4 examples (by NIST) and RFC 1321, appendix A.5 */

static const vector_t  vectors[] = {
    { "",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "da39a3ee5e6b4b0d3255bfef95601890afd80709",
      "d41d8cd98f00b204e9800998ecf8427e" },
    { "abc",
      "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
      "a9993e364706816aba3e25717850c26c9cd0d89d",
      "900150983cd24fb0d6963f7d28e17f72" },
    { "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
      "8215ef0796a20bcaaae116d3876c664a" },
};

/* a million times "a" */

static const char  million_sha256[] =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";
static const char  million_sha1[] =
    "34aa973cd4c4daa4f61eeb2bdbad27316534016f";
static const char  million_md5[] = "7707d6ae4e027c70eea2a935c2296f21";


static void
assert_hex(const u_char *value, size_t len, const char *hex)
{
    char  text[65];

    screen_hex_encode(text, value, len);
    text[2 * len] = '\0';

    assert_string_equal(text, hex);
}


static void
assert_final(screen_digest_t *d, screen_signal_t signal, size_t size,
    const char *hex)
{
    u_char  value[32];

    screen_digest_final(d, signal, value);
    assert_hex(value, size, hex);
}


static void
published_vectors_come_out(void **state)
{
    size_t           i;
    const u_char    *text;
    screen_digest_t  d = { { NULL }, 0 };

    for (i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        text = (const u_char *) vectors[i].text;

        assert_int_equal(screen_digest_start(&d, SHA256|SHA1|MD5), SCREEN_OK);
        screen_digest_update(&d, text, strlen(vectors[i].text));

        assert_final(&d, SCREEN_SIGNAL_SHA256, 32, vectors[i].sha256);
        assert_final(&d, SCREEN_SIGNAL_SHA1, 20, vectors[i].sha1);
        assert_final(&d, SCREEN_SIGNAL_MD5, 16, vectors[i].md5);
    }

    screen_digest_free(&d);
}


static void
pieces_of_any_size_give_the_digest_of_the_whole(void **state)
{
    size_t           at, n, step;
    u_char          *data;
    screen_digest_t  d = { { NULL }, 0 };

    static const size_t  steps[] = { 1, 3, 63, 64, 65, 4095, 65537, 1000000 };

    data = malloc(1000000);
    assert_non_null(data);
    memset(data, 'a', 1000000);

    for (step = 0; step < sizeof(steps) / sizeof(steps[0]); step++) {
        assert_int_equal(screen_digest_start(&d, SHA256|SHA1|MD5), SCREEN_OK);

        for (at = 0; at < 1000000; at += n) {
            n = steps[step] < 1000000 - at ? steps[step] : 1000000 - at;

            screen_digest_update(&d, data + at, n);
            screen_digest_update(&d, NULL, 0);
        }

        assert_final(&d, SCREEN_SIGNAL_SHA256, 32, million_sha256);
        assert_final(&d, SCREEN_SIGNAL_SHA1, 20, million_sha1);
        assert_final(&d, SCREEN_SIGNAL_MD5, 16, million_md5);
    }

    screen_digest_free(&d);
    free(data);
}


static void
only_what_was_asked_for_is_computed(void **state)
{
    u_char           value[32];
    screen_part_t    part;
    screen_digest_t  d = { { NULL }, 0 };

    memset(&part, 0, sizeof(part));

    assert_int_equal(screen_digest_start(&d, SHA1|PDQ), SCREEN_OK);
    assert_null(d.ctx[SCREEN_SIGNAL_SHA256]);
    assert_null(d.ctx[SCREEN_SIGNAL_PDQ]);

    screen_digest_update(&d, (const u_char *) "abc", 3);

    memset(value, 0xff, sizeof(value));
    screen_digest_final(&d, SCREEN_SIGNAL_SHA256, value);
    assert_hex(value, 32, "0000000000000000000000000000000000000000000000000"
                          "000000000000000");

    screen_digest_part(&d, &part);
    assert_int_equal(part.digests, SHA1);
    assert_hex(part.sha1, 20, vectors[1].sha1);

    screen_digest_free(&d);
}


static void
a_part_gets_all_digests_and_their_mask(void **state)
{
    screen_part_t    part;
    screen_digest_t  d = { { NULL }, 0 };

    memset(&part, 0, sizeof(part));

    assert_int_equal(screen_digest_start(&d, SHA256|SHA1|MD5), SCREEN_OK);
    screen_digest_update(&d, (const u_char *) "abc", 3);
    screen_digest_part(&d, &part);

    assert_int_equal(part.digests, SHA256|SHA1|MD5);
    assert_hex(part.sha256, 32, vectors[1].sha256);
    assert_hex(part.sha1, 20, vectors[1].sha1);
    assert_hex(part.md5, 16, vectors[1].md5);

    screen_digest_free(&d);
}


static void
contexts_serve_one_part_after_another(void **state)
{
    void            *ctx;
    screen_digest_t  d = { { NULL }, 0 };

    assert_int_equal(screen_digest_start(&d, SHA256), SCREEN_OK);
    ctx = d.ctx[SCREEN_SIGNAL_SHA256];
    screen_digest_update(&d, (const u_char *) "left unfinished", 15);

    assert_int_equal(screen_digest_start(&d, SHA256|MD5), SCREEN_OK);
    assert_ptr_equal(d.ctx[SCREEN_SIGNAL_SHA256], ctx);
    screen_digest_update(&d, (const u_char *) "abc", 3);
    assert_final(&d, SCREEN_SIGNAL_SHA256, 32, vectors[1].sha256);
    assert_final(&d, SCREEN_SIGNAL_MD5, 16, vectors[1].md5);

    /* what is final takes no more bytes, and is not given twice */

    screen_digest_update(&d, (const u_char *) "abc", 3);
    assert_int_equal(d.signals, 0);

    assert_int_equal(screen_digest_start(&d, SHA256), SCREEN_OK);
    assert_final(&d, SCREEN_SIGNAL_SHA256, 32, vectors[0].sha256);

    screen_digest_free(&d);
}


static void
free_is_safe_on_nothing_and_twice(void **state)
{
    screen_digest_t  d = { { NULL }, 0 };

    screen_digest_free(&d);

    assert_int_equal(screen_digest_start(&d, SHA256), SCREEN_OK);
    screen_digest_free(&d);
    assert_null(d.ctx[SCREEN_SIGNAL_SHA256]);
    screen_digest_free(&d);

    assert_int_equal(screen_digest_start(&d, SHA256), SCREEN_OK);
    assert_final(&d, SCREEN_SIGNAL_SHA256, 32, vectors[0].sha256);
    screen_digest_free(&d);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(published_vectors_come_out),
        cmocka_unit_test(pieces_of_any_size_give_the_digest_of_the_whole),
        cmocka_unit_test(only_what_was_asked_for_is_computed),
        cmocka_unit_test(a_part_gets_all_digests_and_their_mask),
        cmocka_unit_test(contexts_serve_one_part_after_another),
        cmocka_unit_test(free_is_safe_on_nothing_and_twice)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
