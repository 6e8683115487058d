
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pdq_fixture.h"


/*
 * Hashes and qualities that come from an implementation that was compared
 * with the reference's own vectors.
 */

typedef struct {
    uint32_t      width;
    uint32_t      height;
    unsigned      channels;
    uint64_t      seed;
    unsigned      grain;
    unsigned      quality[2];
    const char   *hex[2];
} known_t;


static const known_t  known[] = {
    { 300, 220, 3, 1, 0, { 100, 100 },
      { "76c63b99a087ce6192a8ebf58a74bd4636a2c622c5044cae2eb9fe29ef4f4231",
        "76c63b99a087ce6192a8ebf58a74bd4636a2c622c5044cae2eb9fe29ef4f4231" } },
    { 640, 480, 3, 2, 24, { 100, 100 },
      { "9702f175781f3c7de0b90f206c46da8cd62f358d51848a324b6906fb0bd0fc7f",
        "9702b175781f3c7de4b90f206c46da8c962f358d51848a324b6906fb0fd0fc7f" } },
    { 1200, 700, 1, 3, 5, { 100, 100 },
      { "68164863cf0573addfd9f4d9b50e541c294fcf4dec5c6ac231819293ecb0368b",
        "68164863cf0573addfd9f4d9b50e541c294fcf4dec5c6ac231819293ecb0368b" } },
    { 64, 64, 3, 4, 0, { 100, 100 },
      { "9474fa1502f797f5530e4e0f0e9b2cfbbe74075124dba92e96543a361085a796",
        "9474fa1502f797f5530e4e0f0e9b2cfbbe74075124dba92e96543a361085a796" } },
    { 513, 512, 3, 5, 60, { 100, 100 },
      { "61d23eb59878c20e8d12e78fb02393646b90fd11de235c8e72caa55eeb6d5456",
        "63d23eb59878c20ead12e78fb02393646b90fd11d6235c8e73caa15ecb6d5456" } },
    { 511, 90, 1, 6, 0, { 100, 100 },
      { "f91a95eb07f2b91aded23f0f722ff685e94c09a716a59402a00e79d83e92c84d",
        "f91a95eb07f2b91aded23f0f722ff685e94c09a716a59402a00e79d83e92c84d" } },
    { 6, 600, 3, 7, 100, { 100, 100 },
      { "07b0fc1f25d225c2749672e773e5ce6cce2c7897b91bfc4e749606b0219246b4",
        "37b0f83f2dc22d92709752b531b3c64cc6a4f83fb93bec6e64b607b0291246b4" } },
    { 720, 1280, 4, 8, 2, { 100, 100 },
      { "feedc15f4abdf6e60b83725330c87291ad5f4882605ce001f0e727426ea6dd78",
        "feedc15f5abdf6e60b83725330887291ad5f4882605ce001f0e727426ea6dd78" } },
    { 200, 200, 3, 9, 255, { 100, 100 },
      { "91a9df2094639ed070821924b5d09d3afb054d81f0657e3eaf1f1cf15bb0772b",
        "91a9df2094639ed070821924b5d09d3afb054d81f0657e3eaf1f1cf15bb0772b" } },
};


static void
known_pictures_have_their_hashes_and_qualities(void **state)
{
    char            hex[65];
    size_t          i;
    unsigned        mode;
    picture_t       t;
    screen_pdq_t    pdq;
    const known_t  *k;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        k = &known[i];

        t = picture_of(k->width, k->height, k->channels, 0, k->seed,
                       k->grain);

        for (mode = SCREEN_PDQ_FULL; mode <= SCREEN_PDQ_512; mode++) {
            compute_by(screen_pdq_cpu(), &pdq, &t.p, mode);

            assert_string_equal(hex_of(&pdq, SCREEN_PDQ_ORIGINAL, hex),
                                k->hex[mode]);
            assert_int_equal(pdq.quality, k->quality[mode]);
        }

        free(t.pixels);
    }
}


/* of the first known picture, out of its one DCT */

static const char  *known_variants[SCREEN_PDQ_VARIANTS] = {
    "76c63b99a087ce6192a8ebf58a74bd4636a2c622c5044cae2eb9fe29ef4f4231",
    "3e662b00858e367b571e6e01decfba9cec98487d1edd29f6481e588da1d283f0",
    "23839133f592644bc7fc415fdf2117ec63f76c8cb051e4043bec5403ba1ae99b",
    "6a33c1aab0fb9cd1024bc4ab8b9a1077b9cde2574b88935c1d4bf267f487295a",
    "76d6c466a0c7319e92a9140a8a7442b976a239dde504b3516eb901d6ef4fbdce",
    "23830eccd5929b24c7fcbea0df21681323b79273905119fb3becab7cba1a1664",
    "3f669477e58ec984571e91fedecf4522ec9897021edd4609481ea732a1d2740f",
    "6a333ed5b0fb632e024b3b548b8aef89a9c91da84b886ca31d4b0dd8f487d6a5",
};


static void
known_variants_come_out_of_one_transform(void **state)
{
    char             hex[65];
    unsigned         v;
    picture_t        t;
    screen_pdq_t     pdq;

    t = picture_of(known[0].width, known[0].height, known[0].channels, 0,
                   known[0].seed, known[0].grain);

    compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_FULL);

    for (v = 0; v < SCREEN_PDQ_VARIANTS; v++) {
        assert_string_equal(hex_of(&pdq, v, hex), known_variants[v]);
    }

    free(t.pixels);
}


/* where pixel x, y of the turned picture is in one of width by height */

static const u_char *
turned_pixel(const screen_pdq_picture_t *p, screen_pdq_variant_t variant,
    uint32_t x, uint32_t y)
{
    uint32_t  right, bottom, sx, sy;

    right = p->width - 1;
    bottom = p->height - 1;

    switch (variant) {

    case SCREEN_PDQ_ROT90:
        sx = right - y;
        sy = x;
        break;

    case SCREEN_PDQ_ROT180:
        sx = right - x;
        sy = bottom - y;
        break;

    case SCREEN_PDQ_ROT270:
        sx = y;
        sy = bottom - x;
        break;

    case SCREEN_PDQ_FLIP:
        sx = x;
        sy = bottom - y;
        break;

    case SCREEN_PDQ_MIRROR:
        sx = right - x;
        sy = y;
        break;

    case SCREEN_PDQ_TRANSPOSE:
        sx = y;
        sy = x;
        break;

    case SCREEN_PDQ_ANTITRANSPOSE:
        sx = right - y;
        sy = bottom - x;
        break;

    default:
        sx = x;
        sy = y;
        break;
    }

    return p->pixels + sy * p->stride + sx * p->channels;
}


static void
a_variant_is_near_the_hash_of_the_turned_picture(void **state)
{
    u_char                 pixels[300 * 220 * 3];
    uint32_t               x, y;
    unsigned               v, w, d;
    picture_t              t;
    screen_pdq_t           pdq, turned;
    screen_pdq_picture_t   p;

    t = picture_of(300, 220, 3, 0, 5, 8);
    compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_FULL);

    for (v = 0; v < SCREEN_PDQ_VARIANTS; v++) {

        p = t.p;
        p.pixels = pixels;

        if (v == SCREEN_PDQ_ROT90 || v == SCREEN_PDQ_ROT270
            || v == SCREEN_PDQ_TRANSPOSE || v == SCREEN_PDQ_ANTITRANSPOSE)
        {
            p.width = t.p.height;
            p.height = t.p.width;
        }

        p.stride = p.width * 3;

        for (y = 0; y < p.height; y++) {
            for (x = 0; x < p.width; x++) {
                memcpy(pixels + y * p.stride + x * 3,
                       turned_pixel(&t.p, v, x, y), 3);
            }
        }

        compute_by(screen_pdq_cpu(), &turned, &p, SCREEN_PDQ_FULL);

        for (w = 0; w < SCREEN_PDQ_VARIANTS; w++) {
            d = distance(&pdq, w, &turned, SCREEN_PDQ_ORIGINAL);

            if (v == w) {
                assert_in_range(d, 0, 31);

            } else {
                assert_in_range(d, 60, 256);
            }
        }
    }

    free(t.pixels);
}


static void
a_hash_has_as_many_ones_as_zeros(void **state)
{
    unsigned      v, i, ones;
    u_char        value[SCREEN_PDQ_LEN];
    picture_t     t;
    screen_pdq_t  pdq;

    t = picture_of(320, 200, 3, 0, 77, 20);
    compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_FULL);

    for (v = 0; v < SCREEN_PDQ_VARIANTS; v++) {
        screen_pdq_value(&pdq, v, value);
        ones = 0;

        for (i = 0; i < SCREEN_PDQ_LEN; i++) {
            ones += (unsigned) __builtin_popcount(value[i]);
        }

        assert_int_equal(ones, 128);
    }

    free(t.pixels);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(known_pictures_have_their_hashes_and_qualities),
        cmocka_unit_test(known_variants_come_out_of_one_transform),
        cmocka_unit_test(a_variant_is_near_the_hash_of_the_turned_picture),
        cmocka_unit_test(a_hash_has_as_many_ones_as_zeros),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
