
/*
 * Decoded and hashed, pictures and a video give what the reference gives for
 * them.  The vectors are not part of the project: they are looked for in
 * SCREEN_VECTORS, then beside the checkout, and the tests say when there are
 * none.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decode_fixture.h"
#include "media_helper.h"


static char        vectors[512];
static decoded_t   decoded;


static FILE *
vectors_open(const char *name)
{
    char         path[1024];
    FILE        *fp;
    const char  *folder;

    folder = getenv("SCREEN_VECTORS");

    snprintf(vectors, sizeof(vectors), "%s",
             folder ? folder : "../shared/vectors");
    snprintf(path, sizeof(path), "%s/%s", vectors, name);

    fp = fopen(path, "r");

    if (fp == NULL) {
        print_message("no %s: set SCREEN_VECTORS\n", path);
        skip();
    }

    return fp;
}


/* cuts a line up at its tabs */

static unsigned
vectors_split(char *line, char by, char **fields, unsigned max)
{
    unsigned  n;

    line[strcspn(line, "\r\n")] = '\0';

    for (n = 0; n < max && line; n++) {
        fields[n] = line;
        line = strchr(line, by);

        if (line) {
            *line++ = '\0';
        }
    }

    return n;
}


static unsigned
vectors_distance(const char *hex, const u_char *value)
{
    u_char         want[SCREEN_PDQ_LEN];
    screen_str_t   text;

    text = screen_str_of(hex);
    assert_int_equal(screen_hex_decode(want, SCREEN_PDQ_LEN, &text),
                     SCREEN_OK);

    return decode_distance(want, value);
}


static unsigned
vectors_file(const char *name, screen_pdq_mode_t mode, const char *hex,
    const char *quality, unsigned allowed)
{
    char                     path[1024];
    unsigned                 distance;
    screen_decode_limits_t   limits;

    limits = decode_limits(0);
    decoded.mode = mode;

    snprintf(path, sizeof(path), "%s/%s", vectors, name);
    decode_file(&decoded, path, &limits);

    if (decoded.n == 0) {
        print_error("%s: nothing decoded: %s\n", name, decoded.info.reason);
        return 1;
    }

    distance = vectors_distance(hex, decoded.values[0]);

    if (distance > allowed
        || (allowed == 0 && decoded.quality[0] != (unsigned) atoi(quality)))
    {
        print_error("%s, mode %d: %u bits off, quality %u instead of %s\n",
                    name, mode, distance, decoded.quality[0], quality);
        return 1;
    }

    return 0;
}


static void
pictures_have_the_hashes_of_the_reference(void **state)
{
    FILE      *fp;
    char       line[2048], *f[20];
    unsigned   n, wrong, allowed;

    fp = vectors_open("vectors.tsv");
    n = 0;
    wrong = 0;

    while (fgets(line, sizeof(line), fp)) {

        if (line[0] == '#' || vectors_split(line, '\t', f, 20) < 10) {
            continue;
        }

        /* of one picture more than what is exact, its JPEG decoder is too */

        allowed = strcmp(f[9], "pixel-exact") == 0
                  || strstr(f[0], ".jpg") ? 0 : 10;

        if (strstr(f[0], "cmyk")) {
            allowed = 10;
        }

        wrong += vectors_file(f[0], SCREEN_PDQ_512, f[3], f[4], allowed);
        wrong += vectors_file(f[0], SCREEN_PDQ_FULL, f[5], f[6], allowed);
        n++;
    }

    fclose(fp);

    assert_true(n > 50);
    assert_int_equal(wrong, 0);
}


static void
variants_have_the_hashes_of_the_reference(void **state)
{
    FILE      *fp;
    char       line[2048], *f[12];
    u_char     value[SCREEN_PDQ_LEN];
    unsigned   i, n, k, variant, seen;

    /* the table's order: it calls left-right flipx's other way round */

    fp = vectors_open("dihedral.tsv");
    n = 0;

    while (fgets(line, sizeof(line), fp)) {

        if (line[0] == '#' || vectors_split(line, '\t', f, 12) < 10) {
            continue;
        }

        assert_int_equal(vectors_file(f[0], SCREEN_PDQ_512, f[1], f[9], 0), 0);

        seen = 0;

        for (i = 0; i < 8; i++) {

            for (k = 0; k < SCREEN_PDQ_VARIANTS; k++) {
                variant = k;
                screen_pdq_value(&decoded.last, variant, value);

                if (vectors_distance(f[1 + i], value) == 0) {
                    assert_true(i > 3 || variant == i);
                    seen |= 1 << variant;
                }
            }
        }

        assert_int_equal(seen, 0xff);
        n++;
    }

    fclose(fp);

    assert_true(n > 0);
}


static void
frames_of_a_video_are_those_of_vpdq(void **state)
{
    FILE                    *fp;
    char                     line[256], path[1024], seconds[16], *f[4];
    unsigned                 i;
    screen_decode_limits_t   limits;

    fp = vectors_open("video/clip-r0.txt");
    limits = decode_limits(1);
    decoded.mode = SCREEN_PDQ_FULL;

    snprintf(path, sizeof(path), "%s/video/clip.mp4", vectors);
    decode_file(&decoded, path, &limits);

    for (i = 0; fgets(line, sizeof(line), fp); i++) {
        assert_int_equal(vectors_split(line, ',', f, 4), 4);
        assert_true(i < decoded.n);

        snprintf(seconds, sizeof(seconds), "%.3f", decoded.times[i] / 1000.);

        assert_int_equal(atoi(f[0]), i);
        assert_int_equal(atoi(f[1]), decoded.quality[i]);
        assert_string_equal(f[3], seconds);
        assert_int_equal(vectors_distance(f[2], decoded.values[i]), 0);
    }

    fclose(fp);

    assert_int_equal(i, decoded.n);
    assert_null(decoded.info.reason);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(pictures_have_the_hashes_of_the_reference),
        cmocka_unit_test(variants_have_the_hashes_of_the_reference),
        cmocka_unit_test(frames_of_a_video_are_those_of_vpdq),
    };

    if (media_missing("test_decode_vectors")) {
        return 0;
    }

    screen_decode_warm();

    return cmocka_run_group_tests(tests, NULL, NULL);
}
