
#include <string.h>

#include "screen_view_impl.h"


/*
 * Rows are summed byte by byte, whatever channels they hold; only the sums,
 * 256 rows of them, are turned into luma and into cells.  The sums are whole
 * numbers, so that both builds give the same.
 */

#define SCREEN_VIEW_ROWS   4            /* at most, of a cell */
#define SCREEN_VIEW_BYTES  16


typedef u_char screen_view_bytes_t
    __attribute__((vector_size(SCREEN_VIEW_BYTES)));
typedef uint16_t screen_view_sums_t
    __attribute__((vector_size(2 * SCREEN_VIEW_BYTES)));


static void screen_view_sums_any(uint16_t *sums, const u_char *row,
    size_t stride, uint32_t rows, size_t n);
#if (SCREEN_PDQ_AVX2)
static void screen_view_sums_avx2(uint16_t *sums, const u_char *row,
    size_t stride, uint32_t rows, size_t n);
#endif
static void screen_view_cells(float *cells, const uint16_t *sums,
    uint32_t width, uint32_t rows, unsigned channels);
static void screen_view_halve(screen_view_plane_t *plane);


/* the first pixel of the i-th cell of a side */

static inline uint32_t
screen_view_edge(uint32_t i, uint32_t side)
{
    return (uint32_t) (((uint64_t) i * side + SCREEN_VIEW_SIDE / 2)
                       / SCREEN_VIEW_SIDE);
}


/* a cell of a side shorter than the plane's is a pixel that others share */

static inline void
screen_view_span(uint32_t i, uint32_t side, uint32_t *from, uint32_t *to)
{
    if (side < SCREEN_VIEW_SIDE) {
        *from = (uint32_t) ((2 * i + 1) * (uint64_t) side
                            / (2 * SCREEN_VIEW_SIDE));
        *to = *from + 1;
        return;
    }

    *from = screen_view_edge(i, side);
    *to = screen_view_edge(i + 1, side);
}


size_t
screen_view_plane_memory(uint32_t width, unsigned channels)
{
    return (size_t) width * channels * sizeof(uint16_t);
}


void
screen_view_plane(screen_pdq_cpu_t cpu, screen_view_plane_t *plane,
    const screen_pdq_picture_t *picture, void *memory)
{
    size_t     n, stride;
    uint32_t   y, from, to, step, rows;
    uint16_t  *sums;

    sums = memory;
    n = (size_t) picture->width * picture->channels;
    plane->cpu = cpu;
    plane->aspect = (double) picture->width / picture->height;

    for (y = 0; y < SCREEN_VIEW_SIDE; y++) {

        screen_view_span(y, picture->height, &from, &to);

        /* of a cell of many rows some tell its average as well */

        step = (to - from + SCREEN_VIEW_ROWS - 1) / SCREEN_VIEW_ROWS;
        rows = (to - from) / step;
        from += (to - from - (rows - 1) * step) / 2;
        stride = picture->stride * step;

#if (SCREEN_PDQ_AVX2)
        if (cpu == SCREEN_PDQ_CPU_AVX2) {
            screen_view_sums_avx2(sums, picture->pixels
                                  + from * picture->stride, stride, rows, n);

        } else
#endif
        {
            screen_view_sums_any(sums, picture->pixels
                                 + from * picture->stride, stride, rows, n);
        }

        screen_view_cells(plane->cells[y], sums, picture->width, rows,
                          picture->channels);
    }

    screen_view_halve(plane);
}


static inline __attribute__((always_inline)) void
screen_view_sum(uint16_t *sums, const u_char *row, size_t stride,
    uint32_t rows, size_t n)
{
    size_t               i;
    uint32_t             y;
    screen_view_sums_t   sum;
    screen_view_bytes_t  bytes;

    for (i = 0; n - i >= SCREEN_VIEW_BYTES; i += SCREEN_VIEW_BYTES) {

        memset(&sum, 0, sizeof(sum));

        for (y = 0; y < rows; y++) {
            memcpy(&bytes, row + y * stride + i, sizeof(bytes));
            sum += __builtin_convertvector(bytes, screen_view_sums_t);
        }

        memcpy(sums + i, &sum, sizeof(sum));
    }

    for ( /* void */ ; i < n; i++) {

        sums[i] = 0;

        for (y = 0; y < rows; y++) {
            sums[i] += row[y * stride + i];
        }
    }
}


static void
screen_view_sums_any(uint16_t *sums, const u_char *row, size_t stride,
    uint32_t rows, size_t n)
{
    screen_view_sum(sums, row, stride, rows, n);
}


#if (SCREEN_PDQ_AVX2)

__attribute__((target("avx2"))) static void
screen_view_sums_avx2(uint16_t *sums, const u_char *row, size_t stride,
    uint32_t rows, size_t n)
{
    screen_view_sum(sums, row, stride, rows, n);
}

#endif


static void
screen_view_cells(float *cells, const uint16_t *sums, uint32_t width,
    uint32_t rows, unsigned channels)
{
    uint32_t         x, from, to, red, green, blue;
    const uint16_t  *at, *end;

    for (x = 0; x < SCREEN_VIEW_SIDE; x++) {

        screen_view_span(x, width, &from, &to);

        at = sums + (size_t) from * channels;
        end = sums + (size_t) to * channels;
        red = 0;
        green = 0;
        blue = 0;

        if (channels == 1) {

            while (at < end) {
                green += *at++;
            }

            cells[x] = (float) green / (float) ((to - from) * rows);
            continue;
        }

        for ( /* void */ ; at < end; at += channels) {
            red += at[0];
            green += at[1];
            blue += at[2];
        }

        cells[x] = (0.299f * (float) red + 0.587f * (float) green
                    + 0.114f * (float) blue) / (float) ((to - from) * rows);
    }
}


static void
screen_view_halve(screen_view_plane_t *plane)
{
    unsigned      x, y;
    const float  *a, *b;

    for (y = 0; y < SCREEN_VIEW_HALF; y++) {
        a = plane->cells[2 * y];
        b = plane->cells[2 * y + 1];

        for (x = 0; x < SCREEN_VIEW_HALF; x++) {
            plane->half[y][x] = (a[2 * x] + a[2 * x + 1]
                                 + b[2 * x] + b[2 * x + 1]) / 4;
        }
    }
}
