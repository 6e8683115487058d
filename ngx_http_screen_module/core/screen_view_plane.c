
#include <string.h>

#include "screen_view_impl.h"

#if (SCREEN_PDQ_AVX2)
#include <immintrin.h>
#endif


/*
 * Rows are summed byte by byte, whatever channels they hold; only the sums,
 * 256 rows of them, are turned into luma and into cells.  The sums are whole
 * numbers, so that both builds give the same.
 */

#define SCREEN_VIEW_ROWS   4            /* at most, of a cell */
#define SCREEN_VIEW_BYTES  8
#define SCREEN_VIEW_WIDEST 64           /* pixels of a cell whose sums are
                                           below 2^16 */


typedef u_char screen_view_bytes_t
    __attribute__((vector_size(SCREEN_VIEW_BYTES)));
typedef uint16_t screen_view_sums_t
    __attribute__((vector_size(2 * SCREEN_VIEW_BYTES)));

/* one pixel's sums and some of the next ones' */

#define SCREEN_VIEW_NEXT   8

typedef screen_view_sums_t screen_view_pixel_t;
typedef uint16_t screen_view_few_t __attribute__((vector_size(8)));
typedef int32_t screen_view_whole_t __attribute__((vector_size(16)));


/*
 * Where the cells of a row begin, in sums.  All have least pixels, and some
 * one more, which for the others is one of zeros behind the row.
 */

typedef struct {
    uint32_t           from[SCREEN_VIEW_SIDE];
    uint32_t           more[SCREEN_VIEW_SIDE];
    float              pixels[SCREEN_VIEW_SIDE]
                           __attribute__((aligned(16)));
    uint32_t           least;
} screen_view_spans_t;


typedef void (*screen_view_row_pt)(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    const u_char *row, size_t stride, uint32_t rows);


static void screen_view_spans(screen_view_spans_t *spans,
    const screen_pdq_picture_t *picture);
static void screen_view_row_any(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    const u_char *row, size_t stride, uint32_t rows);
#if (SCREEN_PDQ_AVX2)
static void screen_view_row_avx2(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    const u_char *row, size_t stride, uint32_t rows);
#endif
static void screen_view_cells(float *cells, const uint16_t *sums,
    uint32_t width, uint32_t rows, unsigned channels);


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


/* the last pixel's sums are read with what would be those of the next ones */

size_t
screen_view_plane_memory(uint32_t width, unsigned channels)
{
    return ((size_t) width * channels + 2 * SCREEN_VIEW_NEXT)
           * sizeof(uint16_t);
}


void
screen_view_plane(screen_pdq_cpu_t cpu, screen_view_plane_t *plane,
    const screen_pdq_picture_t *picture, void *memory)
{
    uint32_t             y, from, to, step, rows, before;
    const u_char        *row;
    screen_view_row_pt   average;
    screen_view_spans_t  spans;

    plane->cpu = cpu;
    plane->aspect = (double) picture->width / picture->height;

    average = screen_view_row_any;

#if (SCREEN_PDQ_AVX2)
    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        average = screen_view_row_avx2;
    }
#endif

    screen_view_spans(&spans, picture);
    before = UINT32_MAX;

    for (y = 0; y < SCREEN_VIEW_SIDE; y++) {

        screen_view_span(y, picture->height, &from, &to);

        if (from == before) {
            memcpy(plane->cells[y], plane->cells[y - 1],
                   sizeof(plane->cells[y]));
            continue;
        }

        before = from;

        /* of a cell of many rows some tell its average as well */

        step = (to - from + SCREEN_VIEW_ROWS - 1) / SCREEN_VIEW_ROWS;
        rows = (to - from) / step;
        from += (to - from - (rows - 1) * step) / 2;
        row = picture->pixels + from * picture->stride;

        average(plane->cells[y], memory, &spans, picture, row,
                picture->stride * step, rows);
    }
}


static void
screen_view_spans(screen_view_spans_t *spans,
    const screen_pdq_picture_t *picture)
{
    uint32_t  x, from, to, behind;

    behind = picture->width * picture->channels + SCREEN_VIEW_NEXT;

    spans->least = picture->width < SCREEN_VIEW_SIDE
                   ? 1 : picture->width / SCREEN_VIEW_SIDE;

    for (x = 0; x < SCREEN_VIEW_SIDE; x++) {

        screen_view_span(x, picture->width, &from, &to);

        spans->pixels[x] = (float) (to - from);
        spans->from[x] = from * picture->channels;
        spans->more[x] = to - from > spans->least
                         ? (from + spans->least) * picture->channels : behind;
    }
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


#if (SCREEN_PDQ_AVX2)

/* the same, as many as a register holds; the rest is left to it */

__attribute__((target("avx2"), always_inline)) static inline void
screen_view_sum_avx2(uint16_t *sums, const u_char *row, size_t stride,
    uint32_t rows, size_t n)
{
    size_t         i;
    __m256i        sum;
    uint32_t       y;
    const u_char  *at;

    for (i = 0; n - i >= 16; i += 16) {

        at = row + i;
        sum = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *) at));

        for (y = 1; y < rows; y++) {
            at += stride;
            sum = _mm256_add_epi16(sum,
                      _mm256_cvtepu8_epi16(
                          _mm_loadu_si128((const __m128i *) at)));
        }

        _mm256_storeu_si256((__m256i *) (sums + i), sum);
    }

    screen_view_sum(sums + i, row + i, stride, rows, n - i);
}

#endif


static inline __attribute__((always_inline)) screen_view_pixel_t
screen_view_pixels(const uint16_t *sums, const screen_view_spans_t *spans,
    uint32_t x, uint32_t least, unsigned channels)
{
    uint32_t             i;
    const uint16_t      *at;
    screen_view_pixel_t  sum, pixel;

    memcpy(&sum, sums + spans->more[x], sizeof(sum));

    at = sums + spans->from[x];

#pragma GCC unroll 4
    for (i = 0; i < least; i++) {
        memcpy(&pixel, at, sizeof(pixel));
        sum += pixel;
        at += channels;
    }

    return sum;
}


/* four cells at a time; as screen_view_cells() rounds them */

static inline __attribute__((always_inline)) void
screen_view_colours(float *cells, const uint16_t *sums,
    const screen_view_spans_t *spans, uint32_t rows, uint32_t least,
    unsigned channels)
{
    uint32_t              x;
    screen_view_few_t     red, green, blue;
    screen_view_lanes_t   luma, pixels;
    screen_view_pixel_t   a, b, c, d;

#define screen_view_float(few)                                                \
    __builtin_convertvector(__builtin_convertvector(few,                      \
                                screen_view_whole_t), screen_view_lanes_t)

    for (x = 0; x < SCREEN_VIEW_SIDE; x += SCREEN_VIEW_LANES) {

        a = screen_view_pixels(sums, spans, x, least, channels);
        b = screen_view_pixels(sums, spans, x + 1, least, channels);
        c = screen_view_pixels(sums, spans, x + 2, least, channels);
        d = screen_view_pixels(sums, spans, x + 3, least, channels);

        a = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
        c = __builtin_shufflevector(c, d, 0, 8, 1, 9, 2, 10, 3, 11);

        red = __builtin_shufflevector(a, c, 0, 1, 8, 9);
        green = __builtin_shufflevector(a, c, 2, 3, 10, 11);
        blue = __builtin_shufflevector(a, c, 4, 5, 12, 13);

        luma = 0.299f * screen_view_float(red)
               + 0.587f * screen_view_float(green)
               + 0.114f * screen_view_float(blue);

        memcpy(&pixels, &spans->pixels[x], sizeof(pixels));
        luma /= pixels * (float) rows;

        memcpy(cells + x, &luma, sizeof(luma));
    }
}


static inline __attribute__((always_inline)) void
screen_view_row(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    uint32_t rows)
{
    size_t  n;

    n = (size_t) picture->width * picture->channels;

    if (picture->channels == 1 || spans->least >= SCREEN_VIEW_WIDEST) {
        screen_view_cells(cells, sums, picture->width, rows,
                          picture->channels);
        return;
    }

    memset(sums + n, 0, 2 * SCREEN_VIEW_NEXT * sizeof(uint16_t));

    switch (spans->least) {

    case 1:
        screen_view_colours(cells, sums, spans, rows, 1, picture->channels);
        break;

    case 2:
        screen_view_colours(cells, sums, spans, rows, 2, picture->channels);
        break;

    case 4:
        screen_view_colours(cells, sums, spans, rows, 4, picture->channels);
        break;

    default:
        screen_view_colours(cells, sums, spans, rows, spans->least,
                            picture->channels);
        break;
    }
}


static void
screen_view_row_any(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    const u_char *row, size_t stride, uint32_t rows)
{
    screen_view_sum(sums, row, stride, rows,
                    (size_t) picture->width * picture->channels);

    screen_view_row(cells, sums, spans, picture, rows);
}


#if (SCREEN_PDQ_AVX2)

__attribute__((target("avx2"))) static void
screen_view_row_avx2(float *cells, uint16_t *sums,
    const screen_view_spans_t *spans, const screen_pdq_picture_t *picture,
    const u_char *row, size_t stride, uint32_t rows)
{
    size_t  n;

    n = (size_t) picture->width * picture->channels;

    /* loops of a known length are the fast ones */

    switch (rows) {

    case 1:
        screen_view_sum_avx2(sums, row, stride, 1, n);
        break;

    case 2:
        screen_view_sum_avx2(sums, row, stride, 2, n);
        break;

    case 3:
        screen_view_sum_avx2(sums, row, stride, 3, n);
        break;

    default:
        screen_view_sum_avx2(sums, row, stride, 4, n);
        break;
    }

    screen_view_row(cells, sums, spans, picture, rows);
}

#endif


/* of one channel, or of a very wide picture */

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


void
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
