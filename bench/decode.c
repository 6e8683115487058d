
/*
 * What a scanner's work on pictures and videos costs: milliseconds of the CPU
 * for decoding what an upload is looked at by (a picture, the key frames of a
 * video), for fingerprinting it, and for fingerprinting it as banned, when it
 * is every frame; of each the median of ROUNDS.
 *
 *     decode FILE...
 *
 * bench/decode.pl makes the files, and has ffmpeg decode them beside it.  A
 * line is "file width height seconds frames decoding fingerprint banned", of
 * numbers that a program reads, and two of megabytes: the most memory that the
 * process has had when the file had been asked for, and when it was banned.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "mapped.h"
#include "screen_decoder.h"
#include "screen_fingerprint.h"
#include "screen_sniff.h"
#include "screen_wire.h"
#include "timing.h"


#define ROUNDS    5
#define PATIENCE  120000                /* ms */


static const screen_media_conf_t  asked = {
    1, 0, SCREEN_MEDIA_PIXELS, SCREEN_MEDIA_FRAMES, SCREEN_MEDIA_INTERVAL,
    SCREEN_MEDIA_BUDGET
};

static const screen_media_conf_t  banned = {
    1, 1, SCREEN_MEDIA_PIXELS, SCREEN_MEDIA_DENSE_FRAMES,
    SCREEN_MEDIA_INTERVAL, SCREEN_MEDIA_BUDGET
};


static void
die(const char *what, const char *of)
{
    fprintf(stderr, "decode: %s %s\n", what, of);
    exit(1);
}


static int
no_frame(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    return SCREEN_OK;
}


static double
decode(const char *file, const u_char *data, size_t size,
    screen_decode_info_t *info)
{
    double                  from;
    screen_decode_limits_t  limits;

    memset(&limits, 0, sizeof(limits));

    limits.pixels = asked.pixels;
    limits.frames = asked.frames;
    limits.interval = asked.interval;
    limits.cpu = asked.budget;
    limits.scaled = 1;

    from = bench_cpu_ms();

    if (screen_decode(data, size, screen_sniff(data, size), &limits,
                      screen_wire_now() + PATIENCE, no_frame, NULL, info)
        != SCREEN_OK || info->reason)
    {
        die("not decoded whole:", file);
    }

    return bench_cpu_ms() - from;
}


static double
fingerprint(const char *file, const u_char *data, size_t size,
    const screen_media_conf_t *conf)
{
    double          from;
    screen_part_t   part;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    memset(&part, 0, sizeof(part));

    part.size = size;
    part.type = screen_str_of(screen_sniff(data, size));

    from = bench_cpu_ms();

    if (screen_fingerprint(conf, data, size, screen_wire_now() + PATIENCE,
                           &part, &alloc)
        != SCREEN_OK || part.media == NULL || part.faults)
    {
        die("not fingerprinted whole:", file);
    }

    from = bench_cpu_ms() - from;

    screen_arena_destroy(&arena);

    return from;
}


/* the most memory that the process has had, libraries and file included */

static long
peak(void)
{
    struct rusage  usage;

    if (getrusage(RUSAGE_SELF, &usage) == -1) {
        die("no memory known of", "this process");
    }

    return usage.ru_maxrss / 1024;
}


static void
measure(const char *file)
{
    double                 decoded[ROUNDS], hashed[ROUNDS], dense;
    long                   resident;
    size_t                 size;
    u_char                *data;
    unsigned               i;
    screen_decode_info_t   info;

    data = bench_map(file, &size);

    if (data == NULL) {
        die("cannot read", file);
    }

    for (i = 0; i < ROUNDS; i++) {
        decoded[i] = decode(file, data, size, &info);
        hashed[i] = fingerprint(file, data, size, &asked);
    }

    resident = peak();
    dense = fingerprint(file, data, size, &banned);

    printf("%s %u %u %.3f %u %.2f %.2f %.2f %ld %ld\n", file, info.width,
           info.height, info.duration / 1000.0, info.frames,
           bench_median(decoded, ROUNDS), bench_median(hashed, ROUNDS),
           dense, resident, peak());

    (void) munmap(data, size);
}


int
main(int argc, char **argv)
{
    int              i;
    screen_error_t   err;

    if (argc == 1) {
        printf("decode FILE...: bench/decode.pl makes the files\n");
        return 0;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);

    if (screen_decoder_load(&err) != SCREEN_OK) {
        die("cannot load:", err.text);
    }

    for (i = 1; i < argc; i++) {
        measure(argv[i]);
    }

    return 0;
}
