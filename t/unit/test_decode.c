
/*
 * Decoding: the same picture looks the same in every format, videos give
 * their key frames and what lies between, and what is cut off, damaged or
 * too much ends within limits and says so.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "decode_fixture.h"
#include "screen_sandbox.h"


#define MEDIA          "t/data/media/"
#define BOX_MEMORY     (256 * 1024 * 1024)


static decoded_t   decoded;
static decoded_t   other;


static void
every_format_shows_the_same_picture(void **state)
{
    size_t                   i;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "base.jpg", MEDIA "progressive.jpg", MEDIA "cmyk.jpg",
        MEDIA "grey.jpg", MEDIA "base.bmp", MEDIA "base.tiff",
        MEDIA "base.gif", MEDIA "palette.png",
#if (SCREEN_MEDIA_WEBP)
        MEDIA "base.webp",
#endif
#if (SCREEN_MEDIA_HEIF)
        MEDIA "base.avif", MEDIA "base.heic",
#endif
    };

    limits = decode_limits(0);

    decode_file(&decoded, MEDIA "base.png", &limits);
    assert_int_equal(decoded.n, 1);
    assert_int_equal(decoded.info.width, 240);
    assert_int_equal(decoded.info.height, 160);

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        decode_file(&other, files[i], &limits);

        if (other.n != 1 || other.info.reason || other.info.video
            || decode_distance(decoded.values[0], other.values[0]) > 16)
        {
            fail_msg("%s: %u frames, %s, %u bits", files[i], other.n,
                     other.info.reason ? other.info.reason : "whole",
                     decode_distance(decoded.values[0], other.values[0]));
        }
    }
}


static void
a_video_gives_its_key_frames(void **state)
{
    size_t                   i;
    unsigned                 k;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "clip.mp4", MEDIA "clip.mkv", MEDIA "clip.ts",
        MEDIA "clip.avi", MEDIA "clip.webm", MEDIA "vp8.webm",
        MEDIA "hevc.mp4", MEDIA "av1.mp4",
    };

    limits = decode_limits(0);

    decode_file(&decoded, MEDIA "clip.mp4", &limits);

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        decode_file(&other, files[i], &limits);

        if (other.n != 3 || other.info.reason || !other.info.video
            || other.info.duration / 100 != 60)
        {
            fail_msg("%s: %u frames of %u ms, %s", files[i], other.n,
                     other.info.duration,
                     other.info.reason ? other.info.reason : "whole");
        }

        for (k = 0; k < other.n; k++) {
            assert_int_equal(other.times[k], 2000 * k);
            assert_true(decode_distance(decoded.values[k], other.values[k])
                        <= 31);
        }
    }
}


static void
a_banned_video_gives_every_frame(void **state)
{
    unsigned                 i;
    screen_decode_limits_t   limits;

    limits = decode_limits(1);

    decode_file(&decoded, MEDIA "clip.mp4", &limits);
    assert_int_equal(decoded.n, 60);

    for (i = 0; i < decoded.n; i++) {
        assert_int_equal(decoded.times[i], 100 * i);
    }
}


static void
frames_between_key_frames_fit_the_budget(void **state)
{
    screen_decode_limits_t  limits;

    limits = decode_limits(0);

    decode_file(&decoded, MEDIA "sparse.mp4", &limits);
    assert_int_equal(decoded.n, 6);
    assert_int_equal(decoded.info.spent, 0);

    limits.cpu = 0;

    decode_file(&decoded, MEDIA "sparse.mp4", &limits);
    assert_int_equal(decoded.n, 1);
    assert_int_equal(decoded.info.spent, 1);
}


static void
an_animation_is_a_short_video(void **state)
{
    size_t                   i;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "animated.gif", MEDIA "animated.png",
#if (SCREEN_MEDIA_WEBP)
        MEDIA "animated.webp",
#endif
    };

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        limits = decode_limits(1);
        decode_file(&decoded, files[i], &limits);

        assert_int_equal(decoded.n, 20);
        assert_int_equal(decoded.info.video, 1);

        limits = decode_limits(0);
        decode_file(&decoded, files[i], &limits);

        assert_in_range(decoded.n, 8, 19);
        assert_null(decoded.info.reason);
    }
}


/* frames that nothing announces are shown all the same */

static void
a_gif_without_extensions_gives_every_frame(void **state)
{
    size_t                   i;
    screen_decode_limits_t   limits;

    static const u_char  head[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377";
    static const u_char  frame[] = "\54\0\0\0\0\1\0\1\0\0\2\2\104\1";

    u_char  data[sizeof(head) + 5 * sizeof(frame)];

    memcpy(data, head, sizeof(head) - 1);

    for (i = 0; i < 5; i++) {
        memcpy(data + sizeof(head) - 1 + i * sizeof(frame), frame,
               sizeof(frame));
    }

    data[sizeof(data) - 1] = ';';

    limits = decode_limits(1);
    decode_bytes(&decoded, data, sizeof(data), &limits);

    assert_null(decoded.info.reason);
    assert_int_equal(decoded.n, 5);
    assert_int_equal(decoded.info.duration, 500);

    for (i = 0; i < 5; i++) {
        assert_int_equal(decoded.times[i], 100 * i);
    }
}


/* the last per cent may be what no decoder needs */

static void
what_is_cut_off_says_so(void **state)
{
    size_t                   i, size, cut;
    u_char                  *data;
    unsigned                 percent;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "base.jpg", MEDIA "progressive.jpg", MEDIA "base.png",
        MEDIA "base.gif", MEDIA "animated.gif", MEDIA "animated.png",
        MEDIA "base.webp", MEDIA "animated.webp", MEDIA "base.avif",
        MEDIA "base.heic", MEDIA "clip.mp4", MEDIA "clip.mkv",
        MEDIA "clip.webm", MEDIA "clip.avi", MEDIA "hevc.mp4",
        MEDIA "av1.mp4", MEDIA "base.bmp", MEDIA "base.tiff",
        MEDIA "clip.ts",
    };

    limits = decode_limits(0);

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size = 0;
        data = decode_read(files[i], &size);
        assert_non_null(data);

        for (percent = 0; percent < 100; percent++) {
            cut = size * percent / 100;

            decode_bytes(&decoded, data, cut, &limits);

            /* a transport stream has no end of its own */

            if (decoded.info.reason == NULL && percent < 99
                && strstr(files[i], ".ts") == NULL)
            {
                fail_msg("%s cut at %u %% is whole", files[i], percent);
            }
        }

        free(data);
    }
}


static void
what_is_there_of_a_picture_is_hashed(void **state)
{
    size_t                   i, size;
    u_char                  *data;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "base.jpg", MEDIA "base.png", MEDIA "base.webp",
        MEDIA "clip.mkv",
    };

    limits = decode_limits(0);

    for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        size = 0;
        data = decode_read(files[i], &size);
        assert_non_null(data);

        decode_bytes(&decoded, data, size * 9 / 10, &limits);

        if (decoded.n == 0 || strcmp(decoded.info.reason, "truncated") != 0) {
            fail_msg("%s: %u frames, %s", files[i], decoded.n,
                     decoded.info.reason);
        }

        free(data);
    }
}


static void
limits_are_reasons(void **state)
{
    screen_decode_limits_t  limits;

    limits = decode_limits(0);
    limits.pixels = 240 * 160 - 1;

    decode_file(&decoded, MEDIA "base.jpg", &limits);
    assert_int_equal(decoded.n, 0);
    assert_string_equal(decoded.info.reason, "pixels");

    decode_file(&decoded, MEDIA "base.png", &limits);
    assert_int_equal(decoded.n, 0);
    assert_string_equal(decoded.info.reason, "pixels");

    limits = decode_limits(1);
    limits.frames = 7;

    decode_file(&decoded, MEDIA "clip.mp4", &limits);
    assert_int_equal(decoded.n, 7);
    assert_string_equal(decoded.info.reason, "frames");
}


/* every file again, where nothing may be opened, started or made to run */

static void
a_sandbox_stops_no_decoder(void **state)
{
    int                      status;
    size_t                   i, size;
    pid_t                    pid;
    u_char                  *data[20];
    size_t                   sizes[20];
    screen_error_t           err;
    screen_decode_limits_t   limits;

    static const char  *files[] = {
        MEDIA "base.jpg", MEDIA "cmyk.jpg", MEDIA "base.png",
        MEDIA "palette.png", MEDIA "base.gif", MEDIA "base.bmp",
        MEDIA "base.tiff", MEDIA "base.webp", MEDIA "base.avif",
        MEDIA "base.heic", MEDIA "animated.gif", MEDIA "animated.webp",
        MEDIA "clip.mp4", MEDIA "clip.mkv", MEDIA "clip.ts",
        MEDIA "clip.avi", MEDIA "clip.webm", MEDIA "hevc.mp4",
        MEDIA "av1.mp4", MEDIA "sparse.mp4",
    };

    limits = decode_limits(0);

    for (i = 0; i < 20; i++) {
        sizes[i] = 0;
        data[i] = decode_read(files[i], &sizes[i]);
        assert_non_null(data[i]);
    }

    for (i = 0; i < 20; i++) {
        size = sizes[i];

        pid = fork();
        assert_int_not_equal(pid, -1);

        if (pid == 0) {
            if (screen_sandbox_limit(BOX_MEMORY, &err) != SCREEN_OK
                || screen_sandbox_enter(NULL, &err) != SCREEN_OK)
            {
                _exit(99);
            }

            (void) screen_decode(data[i], size, screen_sniff(data[i], size),
                                 &limits, screen_wire_now() + 10000,
                                 decode_frame, &decoded, &decoded.info);

            _exit(decoded.info.frames && !decoded.info.reason ? 0 : 1);
        }

        assert_int_equal(waitpid(pid, &status, 0), pid);

        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
            fail_msg("%s: signal %d, exit code %d", files[i],
                     WTERMSIG(status), WEXITSTATUS(status));
        }

        free(data[i]);
    }
}


static int
setup(void **state)
{
    screen_decode_warm();

    return screen_decode_lacks() == NULL ? 0 : -1;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        /* first: the process has decoded nothing yet */
        cmocka_unit_test(a_sandbox_stops_no_decoder),

        cmocka_unit_test(every_format_shows_the_same_picture),
        cmocka_unit_test(a_video_gives_its_key_frames),
        cmocka_unit_test(a_banned_video_gives_every_frame),
        cmocka_unit_test(frames_between_key_frames_fit_the_budget),
        cmocka_unit_test(an_animation_is_a_short_video),
        cmocka_unit_test(a_gif_without_extensions_gives_every_frame),
        cmocka_unit_test(what_is_cut_off_says_so),
        cmocka_unit_test(what_is_there_of_a_picture_is_hashed),
        cmocka_unit_test(limits_are_reasons),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
