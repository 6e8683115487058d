
/*
 * PDQ of pictures of 512 x 512, 1920 x 1080 and 4000 x 3000 pixels:
 * milliseconds of the CPU a picture (the best and the median of the runs) and
 * the memory beside the picture, of the vectorised code for AVX2, of the same
 * code for any CPU, and of the recipe written down as it is (its formulas,
 * whole pictures of floats, columns one by one).  All three give the same
 * bits, which is checked.
 *
 *     pdq [RUNS]
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../t/unit/pdq_plain.h"
#include "timing.h"


#define RUNS_MAX  1000


static const struct {
    const char  *name;
    uint32_t     width;
    uint32_t     height;
} sizes[] = {
    { "512 x 512", 512, 512 },
    { "1920 x 1080", 1920, 1080 },
    { "4000 x 3000", 4000, 3000 },
};


static void
die(const char *text)
{
    fprintf(stderr, "pdq: %s\n", text);
    exit(1);
}


static void
report(const char *name, double *ms, unsigned runs, size_t memory)
{
    qsort(ms, runs, sizeof(double), bench_compare);

    printf("  %-28s best %8.3f ms   median %8.3f ms   %9.2f MB\n", name,
           ms[0], ms[runs / 2], (double) memory / 1e6);
}


static void
measure(const screen_pdq_picture_t *p, screen_pdq_mode_t mode, unsigned runs,
    const char *suffix)
{
    char          name[64];
    void         *memory;
    double        from, ms[RUNS_MAX];
    size_t        size;
    unsigned      i, cpu;
    screen_pdq_t  plain, fast;

    static const char  *cpus[] = { "any CPU", "AVX2" };

    for (i = 0; i < runs; i++) {
        from = bench_cpu_ms();

        if (!pdq_plain(&plain, p, mode)) {
            die("no memory");
        }

        ms[i] = bench_cpu_ms() - from;
    }

    snprintf(name, sizeof(name), "the recipe as it is%s", suffix);
    report(name, ms, runs, mode == SCREEN_PDQ_512 ? 512 * 512 * 8
           : (size_t) p->width * p->height * 2 * sizeof(float));

    size = screen_pdq_memory(p->width, p->height, mode);

    memory = malloc(size);
    if (memory == NULL) {
        die("no memory");
    }

    for (cpu = 0; cpu <= (unsigned) screen_pdq_cpu(); cpu++) {

        for (i = 0; i < runs; i++) {
            from = bench_cpu_ms();

            if (screen_pdq_compute_by(cpu, &fast, p, mode, memory, size)
                != SCREEN_OK)
            {
                die("a picture could not be hashed");
            }

            ms[i] = bench_cpu_ms() - from;

            if (memcmp(&fast, &plain, sizeof(screen_pdq_t)) != 0) {
                die("the results differ");
            }
        }

        snprintf(name, sizeof(name), "%s%s", cpus[cpu], suffix);
        report(name, ms, runs, size);
    }

    free(memory);
}


int
main(int argc, char **argv)
{
    u_char                *pixels;
    size_t                 i;
    unsigned               runs;
    screen_pdq_picture_t   p;

    runs = argc > 1 ? (unsigned) strtoul(argv[1], NULL, 10) : 11;

    if (runs == 0 || runs > RUNS_MAX) {
        die("a number of runs expected, 1 to 1000");
    }

    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        p.width = sizes[i].width;
        p.height = sizes[i].height;
        p.channels = 3;
        p.stride = (size_t) p.width * 3;

        pixels = malloc(p.stride * p.height);
        if (pixels == NULL) {
            die("no memory");
        }

        pdq_plain_picture(pixels, p.stride, p.width, p.height, 3, 1, 16);
        p.pixels = pixels;

        printf("%s RGB\n", sizes[i].name);

        measure(&p, SCREEN_PDQ_FULL, runs, "");

        if (p.width > 512) {
            measure(&p, SCREEN_PDQ_512, runs, ", 512 mode");
        }

        free(pixels);
    }

    return 0;
}
