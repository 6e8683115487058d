
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "pdq_fixture.h"


/* every bit of every coefficient, by every build, in both modes */

static void
assert_plain(const screen_pdq_picture_t *p)
{
    unsigned      cpu, mode;
    screen_pdq_t  plain, fast;

    for (mode = SCREEN_PDQ_FULL; mode <= SCREEN_PDQ_512; mode++) {

        assert_true(pdq_plain(&plain, p, mode));

        for (cpu = SCREEN_PDQ_CPU_ANY; cpu <= (unsigned) screen_pdq_cpu();
             cpu++)
        {
            compute_by(cpu, &fast, p, mode);

            if (memcmp(&plain, &fast, sizeof(screen_pdq_t)) != 0) {
                fail_msg("%ux%u of %u channels, mode %u, CPU %u", p->width,
                         p->height, p->channels, mode, cpu);
            }
        }
    }
}


static void
fast_and_plain_code_agree_in_every_bit_at_small_sizes(void **state)
{
    uint32_t   side, other;
    picture_t  t;

    for (side = 1; side <= 140; side++) {

        other = 5 + side * 7 % 133;

        t = picture_of(side, other, 1 + side % 2 * 2, side % 5, side, 40);
        assert_plain(&t.p);
        free(t.pixels);

        t = picture_of(other, side, 4 - side % 2, side % 3, side, 255);
        assert_plain(&t.p);
        free(t.pixels);
    }
}


static void
fast_and_plain_code_agree_in_every_bit_at_random_sizes(void **state)
{
    unsigned   i;
    uint64_t   r;
    picture_t  t;

    static const unsigned  channels[] = { 3, 1, 3, 4 };

    for (i = 0; i < 60; i++) {
        r = pdq_plain_random(i);

        t = picture_of(1 + (uint32_t) (r % 700),
                       1 + (uint32_t) (r >> 32) % 700, channels[i % 4],
                       i % 7, r, i % 3 * 100);
        assert_plain(&t.p);
        free(t.pixels);
    }
}


static void
fast_and_plain_code_agree_where_the_window_grows(void **state)
{
    size_t     i;
    picture_t  t;

    static const uint32_t  sides[][2] = {
        { 64, 64 }, { 64, 65 }, { 63, 64 }, { 128, 128 }, { 129, 128 },
        { 128, 129 }, { 256, 257 }, { 257, 256 }, { 384, 385 }, { 512, 512 },
        { 513, 512 }, { 512, 513 }, { 511, 300 }, { 600, 6 }, { 3, 600 },
        { 5, 5 }, { 5, 2000 }, { 2000, 5 }, { 1920, 1080 }, { 1080, 1921 },
    };

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        t = picture_of(sides[i][0], sides[i][1], 3, 0, i, 10);
        assert_plain(&t.p);
        free(t.pixels);
    }
}


static void
quality_is_the_same_where_there_is_little_to_see(void **state)
{
    size_t        i, size;
    unsigned      shades, between;
    picture_t     t;
    screen_pdq_t  pdq;

    between = 0;

    for (shades = 2; shades < 128; shades += 9) {

        t = picture_of(150, 170, 3, 0, shades, 3);
        size = (size_t) 150 * 170 * 3;

        for (i = 0; i < size; i++) {
            t.pixels[i] = (u_char) (t.pixels[i] * shades / 255);
        }

        assert_plain(&t.p);

        compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_FULL);
        between += pdq.quality > 0 && pdq.quality < 100;

        free(t.pixels);
    }

    assert_in_range(between, 5, 14);
}


static void
a_tiny_picture_has_no_quality_and_a_hash_of_zeros(void **state)
{
    char          hex[65];
    size_t        i;
    picture_t     t;
    screen_pdq_t  pdq;

    static const uint32_t  sides[][2] = {
        { 1, 1 }, { 4, 4 }, { 4, 300 }, { 300, 4 },
    };

    for (i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
        t = picture_of(sides[i][0], sides[i][1], 3, 0, 1, 200);
        compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_FULL);

        assert_int_equal(pdq.quality, 0);
        assert_string_equal(hex_of(&pdq, SCREEN_PDQ_MIRROR, hex),
            "0000000000000000000000000000000000000000000000000000000000000000"
            );

        free(t.pixels);
    }

    /* but one that is sampled to 512 x 512 has sides enough */

    t = picture_of(600, 4, 3, 0, 1, 200);
    compute_by(screen_pdq_cpu(), &pdq, &t.p, SCREEN_PDQ_512);
    assert_int_not_equal(pdq.quality, 0);
    free(t.pixels);
}


static void
the_same_grey_in_one_and_in_three_channels_is_as_near_as_can_be(void **state)
{
    size_t                 i;
    u_char                *grey;
    picture_t              t;
    screen_pdq_t           one, three;
    screen_pdq_picture_t   p;

    t = picture_of(333, 250, 3, 0, 9, 30);

    grey = malloc(333 * 250);
    assert_non_null(grey);

    for (i = 0; i < 333 * 250; i++) {
        grey[i] = t.pixels[3 * i];
        t.pixels[3 * i + 1] = grey[i];
        t.pixels[3 * i + 2] = grey[i];
    }

    p = t.p;
    p.pixels = grey;
    p.channels = 1;
    p.stride = 333;

    compute_by(screen_pdq_cpu(), &one, &p, SCREEN_PDQ_FULL);
    compute_by(screen_pdq_cpu(), &three, &t.p, SCREEN_PDQ_FULL);

    assert_in_range(distance(&one, SCREEN_PDQ_ORIGINAL, &three,
                             SCREEN_PDQ_ORIGINAL), 0, 4);

    free(grey);
    free(t.pixels);
}


static void
a_picture_that_is_none_is_malformed(void **state)
{
    char                  memory[1];
    picture_t             t;
    screen_pdq_t          pdq;
    screen_pdq_picture_t  p;

    t = picture_of(8, 8, 3, 0, 1, 1);

#define expect(field, wrong, code)                                            \
    p = t.p;                                                                  \
    p.field = wrong;                                                          \
    assert_int_equal(screen_pdq_compute(&pdq, &p, SCREEN_PDQ_FULL, memory,    \
                                        SIZE_MAX), code)

    expect(pixels, NULL, SCREEN_MALFORMED);
    expect(width, 0, SCREEN_MALFORMED);
    expect(height, 0, SCREEN_MALFORMED);
    expect(channels, 0, SCREEN_MALFORMED);
    expect(channels, 2, SCREEN_MALFORMED);
    expect(channels, 5, SCREEN_MALFORMED);
    expect(stride, 23, SCREEN_MALFORMED);
    expect(height, SCREEN_PDQ_SIDE_MAX + 1, SCREEN_LIMIT);

    free(t.pixels);
}


static void
memory_that_is_too_small_is_refused(void **state)
{
    void          *memory;
    size_t         size;
    picture_t      t;
    screen_pdq_t   pdq;

    t = picture_of(700, 200, 3, 0, 1, 1);

    size = screen_pdq_memory(700, 200, SCREEN_PDQ_FULL);
    memory = malloc(size);
    assert_non_null(memory);

    assert_int_equal(screen_pdq_compute(&pdq, &t.p, SCREEN_PDQ_FULL, memory,
                                        size - 1), SCREEN_LIMIT);
    assert_int_equal(screen_pdq_compute(&pdq, &t.p, SCREEN_PDQ_FULL, memory,
                                        size), SCREEN_OK);
    free(memory);

    /* far from a copy of the picture */

    assert_in_range(screen_pdq_memory(4000, 3000, SCREEN_PDQ_FULL), 1,
                    1500000);
    assert_in_range(screen_pdq_memory(4000, 3000, SCREEN_PDQ_512), 1, 300000);

    free(t.pixels);
}


static void
memory_needs_no_alignment(void **state)
{
    size_t         i, size;
    u_char        *memory;
    picture_t      t;
    screen_pdq_t   pdq, plain;

    t = picture_of(200, 150, 3, 0, 3, 50);
    assert_true(pdq_plain(&plain, &t.p, SCREEN_PDQ_FULL));

    size = screen_pdq_memory(200, 150, SCREEN_PDQ_FULL);

    for (i = 0; i < 70; i += 3) {
        memory = malloc(size + i);
        assert_non_null(memory);

        assert_int_equal(screen_pdq_compute(&pdq, &t.p, SCREEN_PDQ_FULL,
                                            memory + i, size), SCREEN_OK);
        assert_memory_equal(&pdq, &plain, sizeof(screen_pdq_t));

        free(memory);
    }

    free(t.pixels);
}


static void
variants_have_names(void **state)
{
    assert_string_equal(screen_pdq_variant_name(SCREEN_PDQ_ORIGINAL),
                        "original");
    assert_string_equal(screen_pdq_variant_name(SCREEN_PDQ_ANTITRANSPOSE),
                        "antitranspose");
    assert_string_equal(screen_pdq_variant_name(SCREEN_PDQ_VARIANTS),
                        "unknown");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(fast_and_plain_code_agree_in_every_bit_at_small_sizes),
        cmocka_unit_test(
            fast_and_plain_code_agree_in_every_bit_at_random_sizes),
        cmocka_unit_test(fast_and_plain_code_agree_where_the_window_grows),
        cmocka_unit_test(quality_is_the_same_where_there_is_little_to_see),
        cmocka_unit_test(a_tiny_picture_has_no_quality_and_a_hash_of_zeros),
        cmocka_unit_test(
            the_same_grey_in_one_and_in_three_channels_is_as_near_as_can_be),
        cmocka_unit_test(a_picture_that_is_none_is_malformed),
        cmocka_unit_test(memory_that_is_too_small_is_refused),
        cmocka_unit_test(memory_needs_no_alignment),
        cmocka_unit_test(variants_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
