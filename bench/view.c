
/*
 * The cost of views: milliseconds of the CPU (the median of the runs) and
 * hashes of pictures of 512 x 512, 720 x 1280, 1920 x 1080 and 4000 x 3000
 * pixels, for each set, beside one PDQ of the whole in the same run.
 *
 *     view [RUNS]
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_view.h"
#include "timing.h"


#define RUNS_MAX  1000


static const struct {
    uint32_t     width;
    uint32_t     height;
} sizes[] = {
    { 512, 512 }, { 720, 1280 }, { 1920, 1080 }, { 4000, 3000 }
};

static const char  *sets[] = {
    "picture query", "picture bank", "frame query", "frame bank"
};


typedef struct {
    unsigned     views;
    unsigned     hashes;
} count_t;


/* what a caller does with a view: all hashes that it is to ask for */

static int
count(void *ctx, screen_view_t view, unsigned variants,
    const screen_pdq_t *pdq)
{
    u_char    value[SCREEN_PDQ_LEN];
    count_t  *counted = ctx;
    unsigned  i;

    counted->views++;

    for (i = 0; i < SCREEN_PDQ_VARIANTS; i++) {
        if (variants & 1u << i) {
            screen_pdq_value(pdq, i, value);
            counted->hashes++;
        }
    }

    return SCREEN_OK;
}


/* discs on shades: enough detail for every window to be hashed */

static u_char *
scene(uint32_t width, uint32_t height)
{
    u_char   *pixels;
    uint32_t  x, y, i, cx, cy, r;
    uint64_t  dx, dy;

    pixels = malloc((size_t) width * height * 3);
    if (pixels == NULL) {
        return NULL;
    }

    for (y = 0; y < height; y++) {
        for (x = 0; x < width; x++) {
            memset(pixels + ((size_t) y * width + x) * 3,
                   (int) (60 + 80 * x / width + (x ^ y) % 16), 3);
        }
    }

    srandom(1);

    for (i = 0; i < 200; i++) {
        cx = (uint32_t) random() % width;
        cy = (uint32_t) random() % height;
        r = width / 40 + (uint32_t) random() % (width / 16);

        for (y = cy > r ? cy - r : 0; y < cy + r && y < height; y++) {
            for (x = cx > r ? cx - r : 0; x < cx + r && x < width; x++) {

                dx = x > cx ? x - cx : cx - x;
                dy = y > cy ? y - cy : cy - y;

                if (dx * dx + dy * dy < (uint64_t) r * r) {
                    memset(pixels + ((size_t) y * width + x) * 3,
                           (int) (i * 37 % 256), 3);
                }
            }
        }
    }

    return pixels;
}


static double
measure(const screen_pdq_picture_t *picture, int set, unsigned runs,
    count_t *counted)
{
    void         *memory;
    double        times[RUNS_MAX];
    size_t        size;
    unsigned      i;
    screen_pdq_t  pdq;

    size = screen_view_memory(picture->width, picture->height,
                              set < 0 ? SCREEN_VIEWS_PICTURE_BANK : set);
    memory = malloc(size);

    if (memory == NULL) {
        fprintf(stderr, "view: no memory\n");
        exit(1);
    }

    for (i = 0; i < runs; i++) {
        memset(counted, 0, sizeof(count_t));
        times[i] = bench_cpu_ms();

        if (set < 0) {
            (void) screen_pdq_compute(&pdq, picture, SCREEN_PDQ_FULL, memory,
                                      size);
            (void) count(counted, 0, 1, &pdq);

        } else {
            (void) screen_view_each(picture, set, memory, size, count,
                                    counted);
        }

        times[i] = bench_cpu_ms() - times[i];
    }

    free(memory);

    return bench_median(times, runs);
}


int
main(int argc, char **argv)
{
    int                   set;
    double                plain, ms;
    u_char               *pixels;
    count_t               counted;
    unsigned              i, runs;
    screen_pdq_picture_t  picture;

    runs = argc > 1 ? (unsigned) atoi(argv[1]) : 21;

    if (runs == 0 || runs > RUNS_MAX) {
        fprintf(stderr, "usage: view [RUNS]\n");
        return 1;
    }

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {

        pixels = scene(sizes[i].width, sizes[i].height);
        if (pixels == NULL) {
            fprintf(stderr, "view: no memory\n");
            return 1;
        }

        picture.pixels = pixels;
        picture.width = sizes[i].width;
        picture.height = sizes[i].height;
        picture.channels = 3;
        picture.stride = (size_t) sizes[i].width * 3;

        plain = measure(&picture, -1, runs, &counted);

        printf("%u x %u: one PDQ %.2f ms\n", picture.width, picture.height,
               plain);

        for (set = 0; set < 4; set++) {
            ms = measure(&picture, set, runs, &counted);

            printf("  %-14s %7.2f ms, %5.2f x, +%.2f ms; %3u views, "
                   "%3u hashes\n", sets[set], ms, ms / plain, ms - plain,
                   counted.views, counted.hashes);
        }

        free(pixels);
    }

    return 0;
}
