
/*
 * How many altered videos are known again by their key frames, whether one
 * is taken for another, and what that costs.
 *
 *     video [SHARE] < LIST
 *
 * A line of LIST is "alteration source file" (bench/video-clips makes one);
 * those of the alteration "source" are banned: every frame, as the command
 * line does it.  All others are asked for, as a scanner does it.  A frame is
 * met when one of its prints of quality 50 is within 31 bits of such a print
 * of the banned video; a clip is known again when SHARE percent (80) of its
 * frames are met, of those that have such a print.
 *
 * The peer is vPDQ as it is: one hash of the whole frame on either side, of
 * every frame of what is banned.
 *
 * CPU is that of fingerprinting a clip, and of decoding the same frames and
 * doing nothing with them; of each the median of ROUNDS, in turns.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mapped.h"
#include "screen_decoder.h"
#include "screen_fingerprint.h"
#include "screen_sniff.h"
#include "screen_view.h"
#include "screen_wire.h"
#include "timing.h"


#define DISTANCE  31
#define QUALITY   50
#define FARTHEST  256
#define ROUNDS    3
#define SOURCES   64
#define PATIENCE  120000            /* ms */


typedef struct {
    char             *alteration;
    char             *source;
    char             *file;

    u_char           *data;
    size_t            size;
    const char       *type;

    screen_media_t   *media;
    screen_print_t   *plain;        /* of every frame, of what is banned */
    size_t            nplain;

    double            decoded;      /* s of CPU */
    double            hashed;
} clip_t;

/* a clip's frames against one banned video */

typedef struct {
    unsigned          frames;       /* usable */
    unsigned          met;
    unsigned          nearest;
} outcome_t;

typedef struct {
    const char       *alteration;
    unsigned          clips;
    unsigned          plain;
    unsigned          known;
    unsigned          half;
    unsigned          any;
    unsigned          frames;
    unsigned          met;
    double            decoded;
    double            hashed;
    double            seconds;
} row_t;


static screen_arena_t  arena = screen_arena_init;
static screen_alloc_t  memory = { screen_arena_alloc, &arena };

static const screen_media_conf_t  banned = {
    1, 1, SCREEN_MEDIA_PIXELS, SCREEN_MEDIA_DENSE_FRAMES,
    SCREEN_MEDIA_INTERVAL, SCREEN_MEDIA_BUDGET
};

static const screen_media_conf_t  asked = {
    1, 0, SCREEN_MEDIA_PIXELS, SCREEN_MEDIA_FRAMES,
    SCREEN_MEDIA_INTERVAL, SCREEN_MEDIA_BUDGET
};


static void
die(const char *what, const char *of)
{
    fprintf(stderr, "video: %s %s\n", what, of);
    exit(1);
}


static double
cpu(void)
{
    return bench_cpu_ms() / 1e3;
}


static void
map(clip_t *clip)
{
    clip->data = bench_map(clip->file, &clip->size);

    if (clip->data == NULL) {
        die("cannot read", clip->file);
    }

    clip->type = screen_sniff(clip->data, clip->size);
}


static size_t
load(clip_t **clips)
{
    char    line[4096], alteration[256], source[256], file[2048];
    size_t  n;
    clip_t  *clip;

    *clips = NULL;
    n = 0;

    while (fgets(line, sizeof(line), stdin)) {

        if (sscanf(line, "%255s %255s %2047s", alteration, source, file) != 3)
        {
            die("not \"alteration source file\":", line);
        }

        clip = screen_alloc_push(&memory, clips, &n, sizeof(clip_t));
        if (clip == NULL) {
            die("no memory for", file);
        }

        memset(clip, 0, sizeof(clip_t));

        clip->alteration = strdup(alteration);
        clip->source = strdup(source);
        clip->file = strdup(file);

        map(clip);
    }

    return n;
}


static screen_media_t *
fingerprint(const clip_t *clip, const screen_media_conf_t *conf,
    const screen_alloc_t *alloc)
{
    screen_part_t  part;

    memset(&part, 0, sizeof(part));

    part.size = clip->size;
    part.type = screen_str_of(clip->type);

    if (screen_fingerprint(conf, clip->data, clip->size,
                           screen_wire_now() + PATIENCE, &part, alloc)
        != SCREEN_OK || part.media == NULL || part.faults)
    {
        die("not fingerprinted whole:", clip->file);
    }

    return part.media;
}


static int
plain_frame(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    void            *room;
    size_t           size;
    clip_t          *clip;
    screen_pdq_t     pdq;
    screen_print_t  *print;

    clip = ctx;
    size = screen_pdq_memory(picture->width, picture->height,
                             SCREEN_PDQ_FULL);
    room = malloc(size);
    print = screen_alloc_push(&memory, &clip->plain, &clip->nplain,
                              sizeof(screen_print_t));

    if (room == NULL || print == NULL
        || screen_pdq_compute(&pdq, picture, SCREEN_PDQ_FULL, room, size)
           != SCREEN_OK)
    {
        die("not hashed:", clip->file);
    }

    memset(print, 0, sizeof(screen_print_t));
    print->quality = (uint8_t) pdq.quality;
    screen_pdq_value(&pdq, SCREEN_PDQ_ORIGINAL, print->value);

    free(room);

    return SCREEN_OK;
}


static int
no_frame(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    return SCREEN_OK;
}


static void
decode(clip_t *clip, const screen_media_conf_t *conf,
    screen_decode_frame_pt frame)
{
    screen_decode_info_t    info;
    screen_decode_limits_t  limits;

    memset(&limits, 0, sizeof(limits));

    limits.pixels = conf->pixels;
    limits.frames = conf->frames;
    limits.interval = conf->interval;
    limits.cpu = conf->budget;
    limits.dense = conf->dense;
    limits.scaled = !conf->dense;

    if (screen_decode(clip->data, clip->size, clip->type, &limits,
                      screen_wire_now() + PATIENCE, frame, clip, &info)
        != SCREEN_OK || info.reason)
    {
        die("not decoded whole:", clip->file);
    }
}


static void
ask(clip_t *clip)
{
    double          at, decoded[ROUNDS], hashed[ROUNDS];
    unsigned        i;
    screen_arena_t  scratch = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &scratch };

    for (i = 0; i < ROUNDS; i++) {
        at = cpu();
        decode(clip, &asked, no_frame);
        decoded[i] = cpu() - at;

        at = cpu();
        (void) fingerprint(clip, &asked, &alloc);
        hashed[i] = cpu() - at;

        screen_arena_destroy(&scratch);
        memset(&scratch, 0, sizeof(scratch));
    }

    clip->decoded = bench_median(decoded, ROUNDS);
    clip->hashed = bench_median(hashed, ROUNDS);
    clip->media = fingerprint(clip, &asked, &memory);
}


static size_t
ban(clip_t *clips, size_t n, const clip_t *sources[SOURCES])
{
    double    at, spent, seconds;
    size_t    i, count, frames, prints;
    clip_t   *clip;

    count = 0;
    frames = 0;
    prints = 0;
    seconds = 0;
    spent = 0;

    for (i = 0; i < n; i++) {
        clip = &clips[i];

        if (strcmp(clip->alteration, "source")) {
            continue;
        }

        if (count == SOURCES) {
            die("too many sources:", clip->source);
        }

        at = cpu();
        clip->media = fingerprint(clip, &banned, &memory);
        spent += cpu() - at;

        decode(clip, &banned, plain_frame);

        seconds += clip->media->duration / 1000.0;
        frames += clip->media->nframes;
        prints += clip->media->nprints;
        sources[count++] = clip;

        fprintf(stderr, "banned: %s %ux%u, frames %zu of %zu, prints %zu\n",
                clip->source, clip->media->width, clip->media->height,
                clip->media->nframes, clip->nplain, clip->media->nprints);
    }

    printf("banned: %zu videos of %.0f s, a second of each: frames %.1f, "
           "entries %.1f, CPU %.0f ms\n", count, seconds,
           (double) frames / seconds, (double) prints / seconds,
           1000 * spent / seconds);

    return count;
}


__attribute__((target("popcnt"))) static unsigned
nearest(const screen_print_t *query, const screen_print_t *prints, size_t n,
    const screen_print_t **best)
{
    size_t     i;
    unsigned   d, k, least;
    uint64_t   a[4], b[4];

    least = FARTHEST;
    memcpy(a, query->value, sizeof(a));

    for (i = 0; i < n; i++) {

        if (prints[i].quality < QUALITY) {
            continue;
        }

        memcpy(b, prints[i].value, sizeof(b));

        for (d = 0, k = 0; k < 4; k++) {
            d += (unsigned) __builtin_popcountll(a[k] ^ b[k]);
        }

        if (d < least) {
            least = d;
            *best = &prints[i];
        }
    }

    return least;
}


/* plain: the first print of a frame alone, which is that of the whole */

static void
compare(const clip_t *clip, const clip_t *source, int plain, int tell,
    outcome_t *to)
{
    char                   names[2][SCREEN_VIEW_NAME];
    size_t                 i;
    unsigned               d, least, usable;
    const screen_print_t  *prints, *print, *best, *pair[2];

    memset(to, 0, sizeof(outcome_t));
    to->nearest = FARTHEST;
    prints = clip->media->prints;

    for (i = 0; i < clip->media->nprints; /* void */ ) {
        print = &prints[i];
        least = FARTHEST;
        usable = 0;
        pair[0] = pair[1] = print;

        for ( /* void */ ; i < clip->media->nprints
                           && prints[i].frame == print->frame; i++)
        {
            if (prints[i].quality < QUALITY || (plain && &prints[i] != print))
            {
                continue;
            }

            usable = 1;
            d = plain ? nearest(print, source->plain, source->nplain, &best)
                      : nearest(&prints[i], source->media->prints,
                                source->media->nprints, &best);

            if (d < least) {
                least = d;
                pair[0] = &prints[i];
                pair[1] = best;
            }
        }

        to->frames += usable;
        to->met += least <= DISTANCE;
        to->nearest = least < to->nearest ? least : to->nearest;

        if (tell && usable) {
            fprintf(stderr, "  %6.2f s: %3u %s/%s %s q%u\n",
                    clip->media->times[print->frame] / 1000.0, least,
                    screen_view_name(pair[0]->view, names[0]),
                    screen_pdq_variant_name(pair[0]->variant),
                    screen_view_name(pair[1]->view, names[1]),
                    pair[0]->quality);
        }
    }
}


static int
recognised(const outcome_t *outcome, unsigned share)
{
    return outcome->met && 100 * outcome->met >= share * outcome->frames;
}


static void
recall(const clip_t *clip, const clip_t *source, unsigned share, row_t *row)
{
    outcome_t  ours, plain;

    compare(clip, source, 0, 0, &ours);
    compare(clip, source, 1, 0, &plain);

    row->clips++;
    row->plain += (unsigned) recognised(&plain, share);
    row->known += (unsigned) recognised(&ours, share);
    row->half += (unsigned) recognised(&ours, 50);
    row->any += ours.met > 0;
    row->frames += ours.frames;
    row->met += ours.met;
    row->decoded += clip->decoded;
    row->hashed += clip->hashed;
    row->seconds += clip->media->duration / 1000.0;

    if (!recognised(&ours, share)) {
        fprintf(stderr, "missed: %s %s, %u of %u frames\n", clip->alteration,
                clip->source, ours.met, ours.frames);
        compare(clip, source, 0, 1, &ours);
    }
}


static void
print_row(const row_t *row)
{
    printf("%-18s %5u %6u %6u %6u %6u %9.1f %9.2f %9.2f %6.2f\n",
           row->alteration, row->clips, row->plain, row->known, row->half,
           row->any, 100.0 * row->met / (row->frames + !row->frames),
           1000 * row->decoded / row->seconds,
           1000 * row->hashed / row->seconds, row->hashed / row->decoded);
}


static void
add(row_t *sum, const row_t *row)
{
    sum->clips += row->clips;
    sum->plain += row->plain;
    sum->known += row->known;
    sum->half += row->half;
    sum->any += row->any;
    sum->frames += row->frames;
    sum->met += row->met;
    sum->decoded += row->decoded;
    sum->hashed += row->hashed;
    sum->seconds += row->seconds;
}


static void
mistakes(const clip_t *clip, const clip_t **sources, size_t n, unsigned share,
    unsigned counts[5])
{
    size_t     i;
    outcome_t  outcome;

    for (i = 0; i < n; i++) {

        if (strcmp(clip->source, sources[i]->source) == 0) {
            continue;
        }

        compare(clip, sources[i], 0, 0, &outcome);

        counts[0]++;
        counts[1] += (unsigned) recognised(&outcome, share);
        counts[2] += (unsigned) recognised(&outcome, 50);
        counts[3] += outcome.met > 0;

        if (outcome.nearest < counts[4]) {
            counts[4] = outcome.nearest;
        }

        if (outcome.met) {
            fprintf(stderr, "mistaken: %s %s for %s, %u of %u frames\n",
                    clip->alteration, clip->source, sources[i]->source,
                    outcome.met, outcome.frames);
        }
    }
}


static void
table(clip_t *clips, size_t n, unsigned share)
{
    row_t          row, sum;
    size_t         i, k, count;
    unsigned       counts[5] = { 0, 0, 0, 0, FARTHEST };
    const clip_t  *sources[SOURCES];

    count = ban(clips, n, sources);

    memset(&row, 0, sizeof(row));
    memset(&sum, 0, sizeof(sum));
    sum.alteration = "all";

    printf("\n%-18s %5s %6s %6s %6s %6s %9s %9s %9s %6s\n", "", "clips",
           "plain", "known", "half", "any", "frames %", "decode/s",
           "hash/s", "ratio");

    for (i = 0; i < n; i++) {

        if (strcmp(clips[i].alteration, "source")) {

            ask(&clips[i]);

            for (k = 0; k < count; k++) {
                if (strcmp(clips[i].source, sources[k]->source) == 0) {
                    row.alteration = clips[i].alteration;
                    recall(&clips[i], sources[k], share, &row);
                }
            }

            mistakes(&clips[i], sources, count, share, counts);
        }

        if (row.clips && (i + 1 == n || strcmp(clips[i].alteration,
                                               clips[i + 1].alteration)))
        {
            print_row(&row);
            add(&sum, &row);
            memset(&row, 0, sizeof(row));
        }
    }

    print_row(&sum);

    printf("\nagainst the other sources, %u pairs: known %u, half %u, any "
           "frame %u; nearest frame %u bits\n", counts[0], counts[1],
           counts[2], counts[3], counts[4]);
}


int
main(int argc, char **argv)
{
    size_t           n;
    clip_t          *clips;
    unsigned         share;
    screen_error_t   err;

    if (isatty(STDIN_FILENO)) {
        printf("video < LIST: bench/video-clips makes the clips\n");
        return 0;
    }

    share = argc > 1 ? (unsigned) atoi(argv[1]) : 80;
    n = load(&clips);

    if (n == 0) {
        printf("video < LIST: bench/video-clips makes the clips\n");
        return 0;
    }

    setvbuf(stdout, NULL, _IOLBF, 0);

    if (screen_decoder_load(&err) != SCREEN_OK) {
        fprintf(stderr, "video: %s\n", err.text);
        return 1;
    }

    table(clips, n, share);

    return 0;
}
