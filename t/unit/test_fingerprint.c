
/*
 * A part's fingerprints: of a picture its views and variants, of a video
 * those of its frames in the order of time, of what cannot be decoded a
 * fault with its reason.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "decode_fixture.h"
#include "screen_decoder.h"
#include "screen_fingerprint.h"
#include "screen_view.h"


#define MEDIA  "t/data/media/"


static screen_arena_t   arena;


static void
fingerprint(screen_part_t *part, const char *path, int dense, size_t less)
{
    size_t                size = 0;
    u_char               *data;
    screen_alloc_t        alloc = { screen_arena_alloc, &arena };
    screen_media_conf_t   conf = { 0 };

    conf.on = 1;
    conf.dense = dense;
    conf.pixels = SCREEN_MEDIA_PIXELS;
    conf.frames = SCREEN_MEDIA_FRAMES;
    conf.interval = SCREEN_MEDIA_INTERVAL;
    conf.budget = SCREEN_MEDIA_BUDGET;

    data = decode_read(path, &size);
    assert_non_null(data);
    size -= less;

    memset(part, 0, sizeof(screen_part_t));
    part->type = screen_str_of(screen_sniff(data, size));

    assert_int_equal(screen_fingerprint(&conf, data, size,
                                        screen_wire_now() + 20000, part,
                                        &alloc),
                     SCREEN_OK);
    free(data);
}


static unsigned
closest(const screen_media_t *a, const screen_media_t *b)
{
    size_t    i, k;
    unsigned  n, best;

    best = 256;

    for (i = 0; i < a->nprints; i++) {
        for (k = 0; k < b->nprints; k++) {
            n = decode_distance(a->prints[i].value, b->prints[k].value);
            best = n < best ? n : best;
        }
    }

    return best;
}


static void
a_picture_has_a_frame_with_all_variants(void **state)
{
    size_t          i;
    unsigned        variants;
    screen_part_t   part, banned;

    fingerprint(&part, MEDIA "base.jpg", 0, 0);

    assert_int_equal(part.faults, 0);
    assert_non_null(part.media);
    assert_int_equal(part.media->kind, SCREEN_MEDIA_PICTURE);
    assert_int_equal(part.media->nframes, 1);
    assert_int_equal(part.media->width, 240);

    variants = 0;

    for (i = 0; i < part.media->nprints; i++) {

        if (part.media->prints[i].view == SCREEN_VIEW_WHOLE) {
            variants |= 1 << part.media->prints[i].variant;
        }
    }

    assert_int_equal(variants, (1 << SCREEN_PDQ_VARIANTS) - 1);

    fingerprint(&banned, MEDIA "base.png", 1, 0);

    assert_true(closest(part.media, banned.media) <= 10);
}


static void
frames_are_in_the_order_of_time(void **state)
{
    size_t          i;
    screen_part_t   part;

    fingerprint(&part, MEDIA "sparse.mp4", 0, 0);

    assert_int_equal(part.faults, 0);
    assert_int_equal(part.media->kind, SCREEN_MEDIA_VIDEO);
    assert_in_range(part.media->nframes, 2, 6);

    for (i = 1; i < part.media->nframes; i++) {
        assert_true(part.media->times[i - 1] < part.media->times[i]);
    }

    for (i = 1; i < part.media->nprints; i++) {
        assert_true(part.media->prints[i - 1].frame
                    <= part.media->prints[i].frame);
        assert_true(part.media->prints[i].frame < part.media->nframes);
    }
}


static void
an_upload_meets_the_banned_video(void **state)
{
    screen_part_t  part, banned;

    fingerprint(&part, MEDIA "clip.webm", 0, 0);
    fingerprint(&banned, MEDIA "clip.mp4", 1, 0);

    assert_true(banned.media->nframes > part.media->nframes);
    assert_true(closest(part.media, banned.media) <= 31);
}


static void
what_is_cut_off_is_hashed_and_incomplete(void **state)
{
    screen_part_t  part;

    fingerprint(&part, MEDIA "base.jpg", 0, 1000);

    assert_non_null(part.media);
    assert_int_equal(part.faults, 1 << SCREEN_FAULT_INCOMPLETE);
    assert_true(screen_str_is(&part.fault_reason, "media: truncated"));
}


static void
what_is_no_media_has_no_fault(void **state)
{
    screen_part_t  part;

    fingerprint(&part, "Makefile", 0, 0);

    assert_null(part.media);
    assert_int_equal(part.faults, 0);
}


static int
setup(void **state)
{
    screen_error_t  err;

    return screen_decoder_load(&err) == SCREEN_OK ? 0 : -1;
}


static int
teardown(void **state)
{
    screen_arena_destroy(&arena);

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_picture_has_a_frame_with_all_variants),
        cmocka_unit_test(frames_are_in_the_order_of_time),
        cmocka_unit_test(an_upload_meets_the_banned_video),
        cmocka_unit_test(what_is_cut_off_is_hashed_and_incomplete),
        cmocka_unit_test(what_is_no_media_has_no_fault),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
