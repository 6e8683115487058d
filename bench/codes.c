
/*
 * Hashes of real pictures in any number, for bench/near -f:
 *
 *     codes COUNT PHOTO... > FILE
 *
 * A hash is that of a window of a photograph, from a fifth of its sides up to
 * all of them, anywhere, cut as the views of a banned picture are and of a
 * quality of 70 or more as they must be; each window gives its eight turns
 * and flips.  One window of each photograph after the other, so that the
 * first 10^5 are of all of them.  Then follow 20,000 of the last fifth of the
 * photographs, of which none are among the others: queries of near that match
 * nothing.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mapped.h"
#include "screen_decode.h"
#include "screen_sniff.h"
#include "screen_view_impl.h"
#include "screen_wire.h"


#define OTHERS    20000
#define PATIENCE  60000                 /* ms */


static void
die(const char *what, const char *of)
{
    fprintf(stderr, "codes: %s %s\n", what, of);
    exit(1);
}


static int
average(void *ctx, const screen_pdq_picture_t *picture, uint32_t ms)
{
    void                  *room;
    size_t                 size;
    screen_pdq_t           pdq;
    screen_view_plane_t  **plane;

    plane = ctx;

    size = screen_pdq_memory(picture->width, picture->height,
                             SCREEN_PDQ_FULL);
    room = malloc(size);

    if (room == NULL
        || posix_memalign((void **) plane, 64, sizeof(screen_view_plane_t))
           != 0)
    {
        die("no memory for", "a picture");
    }

    if (screen_view_plane(screen_pdq_cpu(), *plane, picture, &pdq, room, size)
        != SCREEN_OK)
    {
        die("no hash of", "a picture");
    }

    free(room);

    return SCREEN_OK;
}


static screen_view_plane_t *
load(const char *path)
{
    size_t                   size;
    u_char                  *data;
    screen_view_plane_t     *plane;
    screen_decode_info_t     info;
    screen_decode_limits_t   limits;

    data = bench_map(path, &size);

    if (data == NULL) {
        die("cannot read", path);
    }

    memset(&limits, 0, sizeof(limits));
    limits.pixels = 100000000;
    limits.frames = 1;
    limits.scaled = 1;
    plane = NULL;

    if (screen_decode(data, size, screen_sniff(data, size), &limits,
                      screen_wire_now() + PATIENCE, average, &plane, &info)
        != SCREEN_OK || plane == NULL)
    {
        die("cannot decode", path);
    }

    (void) munmap(data, size);

    return plane;
}


static float
share(void)
{
    return (float) random() / (float) RAND_MAX;
}


/* the eight hashes of a window, if it is one that a bank would have */

static size_t
window(screen_view_plane_t *plane, size_t most)
{
    float               width, height;
    u_char              value[SCREEN_PDQ_LEN];
    unsigned            v;
    screen_pdq_t        pdq;
    screen_view_rect_t  rect;

    width = 0.2f + 0.8f * share();
    height = 0.2f + 0.8f * share();

    rect.left = (1 - width) * share();
    rect.top = (1 - height) * share();
    rect.right = rect.left + width;
    rect.bottom = rect.top + height;

    screen_view_hash(plane, &rect, &pdq);

    if (pdq.quality < SCREEN_VIEW_QUALITY) {
        return 0;
    }

    for (v = 0; v < SCREEN_PDQ_VARIANTS && v < most; v++) {

        screen_pdq_value(&pdq, v, value);

        if (fwrite(value, 1, SCREEN_PDQ_LEN, stdout) != SCREEN_PDQ_LEN) {
            die("cannot write", "codes");
        }
    }

    return v;
}


static void
write_codes(screen_view_plane_t **planes, size_t n, size_t count)
{
    size_t  i;

    for (i = 0; count; i = (i + 1) % n) {
        count -= window(planes[i], count);
    }
}


int
main(int argc, char **argv)
{
    size_t                 n, i, others;
    screen_view_plane_t  **planes;

    if (argc < 12 || isatty(STDOUT_FILENO)) {
        printf("codes COUNT PHOTO... > FILE: ten photographs or more\n");
        return 0;
    }

    screen_decode_warm();

    n = (size_t) argc - 2;
    others = n / 5;

    planes = malloc(n * sizeof(*planes));
    if (planes == NULL) {
        die("no memory for", "photographs");
    }

    for (i = 0; i < n; i++) {
        planes[i] = load(argv[i + 2]);
    }

    srandom(1);

    write_codes(planes, n - others, strtoul(argv[1], NULL, 10));
    write_codes(planes + n - others, others, OTHERS);

    return fflush(stdout) != 0;
}
