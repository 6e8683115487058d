
/*
 * Decoding what is small as a file and large as pictures: it ends within its
 * time, in little memory, and says what was not looked at.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <sys/wait.h>
#include <unistd.h>

#include "decode_fixture.h"
#include "media_helper.h"


#define MEDIA      "t/data/media/"
#define KEY_FROM   48                   /* the first frame of clip.mp4 */
#define KEY_SIZE   2840
#define KEY_AT     40                   /* and where it is put */
#define HOURS_10   36000
#define PATIENCE   5000                 /* ms */
#define MANY       1080000              /* frames */


typedef struct {
    u_char    *data;
    size_t     size;
    size_t     room;
} bytes_t;

/* what a process of its own saw */

typedef struct {
    unsigned   frames;
    unsigned   duration;
    char       reason[32];
    unsigned   ms;
    unsigned   kilobytes;               /* at the peak, more than before */
} seen_t;


static unsigned
kilobytes(const char *field)
{
    FILE      *fp;
    char       line[256];
    unsigned   n;

    fp = fopen("/proc/self/status", "r");
    n = 0;

    while (fp && fgets(line, sizeof(line), fp)) {
        if (strncmp(line, field, strlen(field)) == 0) {
            n = (unsigned) strtoul(line + strlen(field), NULL, 10);
        }
    }

    if (fp) {
        fclose(fp);
    }

    return n;
}


static int
count_frame(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    return SCREEN_OK;
}


static void
look(seen_t *seen, const u_char *data, size_t size,
    const screen_decode_limits_t *limits)
{
    FILE                  *fp;
    unsigned               before;
    uint64_t               start;
    screen_decode_info_t   info;

    memset(seen, 0, sizeof(seen_t));

    /* VmHWM from now on, proc(5) */

    fp = fopen("/proc/self/clear_refs", "w");

    if (fp == NULL || fputs("5", fp) < 0 || fclose(fp) != 0) {
        return;
    }

    before = kilobytes("VmRSS:");
    start = screen_wire_now();

    if (screen_decode(data, size, screen_sniff(data, size), limits,
                      start + PATIENCE, count_frame, NULL, &info)
        != SCREEN_OK)
    {
        return;
    }

    seen->ms = (unsigned) (screen_wire_now() - start) + 1;
    seen->frames = info.frames;
    seen->duration = info.duration;
    seen->kilobytes = kilobytes("VmHWM:") - before;

    if (info.reason) {
        strncpy(seen->reason, info.reason, sizeof(seen->reason) - 1);
    }
}


/* in a process of its own: memory once used is not seen a second time */

static seen_t
seen_of(const u_char *data, size_t size, const screen_decode_limits_t *limits)
{
    int     fds[2], status;
    pid_t   pid;
    seen_t  seen;

    assert_int_equal(pipe(fds), 0);

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        look(&seen, data, size, limits);
        _exit(write(fds[1], &seen, sizeof(seen)) != sizeof(seen));
    }

    close(fds[1]);
    assert_int_equal(read(fds[0], &seen, sizeof(seen)), sizeof(seen));
    close(fds[0]);

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_not_equal(seen.ms, 0);

    return seen;
}


/* megabytes; sanitizers have their own idea of memory */

static void
assert_modest(const seen_t *seen, unsigned megabytes)
{
    print_message("%u frames, %u ms, %u kilobytes\n", seen->frames, seen->ms,
                  seen->kilobytes);

    if (seen->ms > PATIENCE * 3) {
        fail_msg("%u ms", seen->ms);
    }

#if !(SCREEN_SANITIZE)

    if (seen->kilobytes > megabytes * 1024) {
        fail_msg("%u kilobytes at the peak", seen->kilobytes);
    }

#endif
}


static screen_decode_limits_t
limits_of_an_upload(void)
{
    screen_decode_limits_t  limits;

    limits = decode_limits(0);
    limits.frames = 20000;
    limits.cpu = 500;

    return limits;
}


static void
put(bytes_t *to, const void *data, size_t len)
{
    while (to->size + len > to->room) {
        to->room = to->room ? to->room * 2 : 65536;
        to->data = realloc(to->data, to->room);
        assert_non_null(to->data);
    }

    memcpy(to->data + to->size, data, len);
    to->size += len;
}


static void
put_number(bytes_t *to, uint32_t n)
{
    n = __builtin_bswap32(n);
    put(to, &n, 4);
}


static size_t
box(bytes_t *to, const char *name)
{
    put_number(to, 0);
    put(to, name, 4);

    return to->size - 8;
}


static void
box_end(bytes_t *to, size_t from)
{
    uint32_t  n;

    n = __builtin_bswap32((uint32_t) (to->size - from));
    memcpy(to->data + from, &n, 4);
}


/* ISO 14496-12, section 8: a table of samples, no version and no flags */

static void
put_table(bytes_t *to, const char *name, const uint32_t *numbers, size_t n)
{
    size_t  i, at;

    at = box(to, name);
    put_number(to, 0);

    for (i = 0; i < n; i++) {
        put_number(to, numbers[i]);
    }

    box_end(to, at);
}


static u_char *
box_in(u_char *data, size_t size, const char *name)
{
    u_char  *p;

    p = memmem(data, size, name, 4);
    assert_non_null(p);

    return p - 4;
}


/* a box of another file, with the duration at that place of it changed */

static void
put_copy(bytes_t *to, u_char *data, size_t size, const char *name, size_t at,
    uint32_t duration)
{
    u_char    *from;
    size_t     start;
    uint32_t   n;

    from = box_in(data, size, name);
    memcpy(&n, from, 4);

    start = to->size;
    put(to, from, __builtin_bswap32(n));

    if (at) {
        n = __builtin_bswap32(duration);
        memcpy(to->data + start + at, &n, 4);
    }
}


/* so many frames of ten hours, each of which is the same bytes of the file */

static bytes_t
film_of(uint32_t frames)
{
    size_t     i, n = 0, moov, trak, mdia, minf, stbl, stco;
    u_char    *clip;
    bytes_t    film = { NULL, 0, 0 };
    uint32_t   at;

    clip = decode_read(MEDIA "clip.mp4", &n);
    assert_non_null(clip);

    put(&film, clip, 32);

    at = (uint32_t) box(&film, "mdat");
    put(&film, clip + KEY_FROM, KEY_SIZE);
    box_end(&film, at);

    moov = box(&film, "moov");
    put_copy(&film, clip, n, "mvhd", 24, HOURS_10 * 1000);

    trak = box(&film, "trak");
    put_copy(&film, clip, n, "tkhd", 28, HOURS_10 * 1000);

    mdia = box(&film, "mdia");
    put_copy(&film, clip, n, "mdhd", 24, HOURS_10 * 10240);
    put_copy(&film, clip, n, "hdlr", 0, 0);

    minf = box(&film, "minf");
    put_copy(&film, clip, n, "vmhd", 0, 0);
    put_copy(&film, clip, n, "dinf", 0, 0);

    stbl = box(&film, "stbl");
    put_copy(&film, clip, n, "stsd", 0, 0);
    put_table(&film, "stts",
              (uint32_t []) { 1, frames, HOURS_10 * 10240 / frames }, 3);
    put_table(&film, "stsc", (uint32_t []) { 1, 1, 1, 1 }, 4);
    put_table(&film, "stsz", (uint32_t []) { KEY_SIZE, frames }, 2);

    stco = box(&film, "stco");
    put_number(&film, 0);
    put_number(&film, frames);

    for (i = 0; i < frames; i++) {
        put_number(&film, KEY_AT);
    }

    box_end(&film, stco);
    box_end(&film, stbl);
    box_end(&film, minf);
    box_end(&film, mdia);
    box_end(&film, trak);
    box_end(&film, moov);

    free(clip);

    return film;
}


static void
ten_hours_of_one_frame_are_one_frame(void **state)
{
    seen_t                   seen;
    bytes_t                  film;
    screen_decode_limits_t   limits;

    limits = limits_of_an_upload();
    film = film_of(1);

    seen = seen_of(film.data, film.size, &limits);

    assert_string_equal(seen.reason, "");
    assert_int_equal(seen.frames, 1);
    assert_int_equal(seen.duration, HOURS_10 * 1000);
    assert_modest(&seen, 24);

    free(film.data);
}


static void
a_key_frame_an_hour_is_looked_at(void **state)
{
    seen_t                   seen;
    bytes_t                  film;
    screen_decode_limits_t   limits;

    limits = limits_of_an_upload();
    film = film_of(10);

    seen = seen_of(film.data, film.size, &limits);

    assert_string_equal(seen.reason, "");
    assert_int_equal(seen.frames, 10);
    assert_modest(&seen, 24);

    free(film.data);
}


/*
 * 4 megabytes of addresses of one frame, a thousand times what was sent: no
 * machine is fast enough for a million, some are for 20,000 in that time.
 */

static void
a_million_key_frames_end_in_time(void **state)
{
    seen_t                   seen;
    bytes_t                  film;
    screen_decode_limits_t   limits;

    limits = limits_of_an_upload();
    limits.frames = MANY;
    film = film_of(MANY);

    seen = seen_of(film.data, film.size, &limits);

    assert_string_equal(seen.reason, "time");
    assert_in_range(seen.frames, 0, limits.frames - 1);
    assert_modest(&seen, 96);

    free(film.data);
}


static void
a_header_that_claims_ten_hours_costs_nothing(void **state)
{
    size_t                   size = 0;
    u_char                  *data, *p;
    seen_t                   seen;
    uint32_t                 n;
    screen_decode_limits_t   limits;

    limits = limits_of_an_upload();

    data = decode_read(MEDIA "clip.mp4", &size);
    assert_non_null(data);

    n = __builtin_bswap32(HOURS_10 * 1000);
    p = box_in(data, size, "mvhd");
    memcpy(p + 24, &n, 4);
    p = box_in(data, size, "tkhd");
    memcpy(p + 28, &n, 4);

    n = __builtin_bswap32(HOURS_10 * 10240);
    p = box_in(data, size, "mdhd");
    memcpy(p + 24, &n, 4);

    seen = seen_of(data, size, &limits);

    assert_in_range(seen.frames, 3, 60);
    assert_modest(&seen, 24);

    free(data);
}


static void
a_png_of_50000_by_50000_is_refused(void **state)
{
    seen_t                   seen;
    size_t                   size = 0;
    u_char                  *data;
    screen_decode_limits_t   limits;

    limits = limits_of_an_upload();

    data = decode_read(MEDIA "base.png", &size);
    assert_non_null(data);

    memcpy(data + 16, "\0\0\303\120\0\0\303\120", 8);

    seen = seen_of(data, size, &limits);

    assert_int_equal(seen.frames, 0);
    assert_string_equal(seen.reason, "pixels");
    assert_modest(&seen, 1);

    free(data);
}


/* frames of one pixel, a comment in none of them */

static void
a_gif_of_a_million_frames_ends_in_time(void **state)
{
    size_t                   i;
    seen_t                   seen;
    bytes_t                  gif = { NULL, 0, 0 };
    screen_decode_limits_t   limits;

    static const u_char  head[] = "GIF89a\1\0\1\0\200\0\0\0\0\0\377\377\377";
    static const u_char  frame[] = "\54\0\0\0\0\1\0\1\0\0\2\2\104\1";

    put(&gif, head, sizeof(head) - 1);

    for (i = 0; i < 1000000; i++) {
        put(&gif, frame, sizeof(frame));
    }

    put(&gif, ";", 1);

    limits = limits_of_an_upload();
    limits.cpu = 200;

    seen = seen_of(gif.data, gif.size, &limits);

    assert_string_not_equal(seen.reason, "");
    assert_modest(&seen, 24);

    free(gif.data);
}


static int
setup(void **state)
{
    screen_decode_warm();

    return 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(ten_hours_of_one_frame_are_one_frame),
        cmocka_unit_test(a_key_frame_an_hour_is_looked_at),
        cmocka_unit_test(a_million_key_frames_end_in_time),
        cmocka_unit_test(a_header_that_claims_ten_hours_costs_nothing),
        cmocka_unit_test(a_png_of_50000_by_50000_is_refused),
        cmocka_unit_test(a_gif_of_a_million_frames_ends_in_time),
    };

    if (media_missing("test_decode_bombs")) {
        return 0;
    }

    return cmocka_run_group_tests(tests, setup, NULL);
}
