
#include <string.h>

#include "screen_pdq_impl.h"


/*
 * The two passes of the filter run as one pipeline over eight rows at a
 * time, so that no copy of the picture is made and its rows stay in the
 * cache: luma, box along the rows, box along the columns, box along the rows,
 * box along the 64 columns that the decimation keeps.
 *
 * Along a row each sum needs the one before.  Eight rows are therefore
 * transposed to a tile, in which a vector holds one pixel of each.
 *
 * A box at the edge has fewer numbers than the window: the numbers outside
 * are zeros, which change no sum.
 */

#define SCREEN_PDQ_LANES   8
#define SCREEN_PDQ_CHUNK   64           /* pixels, a multiple of the lanes */
#define SCREEN_PDQ_ALIGN   64
#define SCREEN_PDQ_FLOATS  (SCREEN_PDQ_ALIGN / sizeof(float))

#define screen_pdq_inline  static inline __attribute__((always_inline))


typedef float screen_pdq_lanes_t
    __attribute__((vector_size(SCREEN_PDQ_LANES * sizeof(float))));


/* a box along columns: rows go in one by one and come out h - 1 later */

typedef struct {
    float                       *ring;
    float                       *sums;
    size_t                       stride;       /* floats a row has */
    uint32_t                     rows;         /* that the ring has */
    uint32_t                     height;
    uint32_t                     window;
    uint32_t                     pushed;
} screen_pdq_columns_t;


typedef struct {
    const screen_pdq_picture_t  *picture;
    screen_pdq_luma_pt           luma;
    int                          sampled;

    uint32_t                     width;
    uint32_t                     height;
    uint32_t                     window;       /* along a row */

    screen_pdq_lanes_t          *tile;
    float                       *batch;        /* rows for the second pass */
    u_char                      *sample;
    screen_pdq_columns_t         first;
    screen_pdq_columns_t         second;

    uint32_t                     row;          /* of the block, next */
    float                      (*block)[SCREEN_PDQ_BLOCK];
} screen_pdq_blur_t;


static size_t screen_pdq_blur_layout(screen_pdq_blur_t *blur,
    uintptr_t base);
static void screen_pdq_blur_any(screen_pdq_blur_t *blur);
#if (SCREEN_PDQ_AVX2)
static void screen_pdq_blur_avx2(screen_pdq_blur_t *blur);
#endif


/* numbers that the box around i-th of n holds, and where it begins to */

screen_pdq_inline float
screen_pdq_count(uint32_t i, uint32_t n, uint32_t window)
{
    uint32_t  h, from, to;

    h = (window + 2) / 2;
    from = i > window - h ? i - (window - h) : 0;
    to = n - i > h ? i + h : n;

    return (float) (to - from);
}


/* a stride that is no power of two: rows must not share their cache sets */

static size_t
screen_pdq_stride(size_t n)
{
    n = (n + SCREEN_PDQ_FLOATS - 1) / SCREEN_PDQ_FLOATS;

    return (n | 1) * SCREEN_PDQ_FLOATS;
}


size_t
screen_pdq_blur_memory(uint32_t width, uint32_t height)
{
    screen_pdq_blur_t  blur;

    memset(&blur, 0, sizeof(screen_pdq_blur_t));

    blur.width = width;
    blur.height = height;

    return screen_pdq_blur_layout(&blur, 0) + SCREEN_PDQ_ALIGN;
}


static uintptr_t
screen_pdq_blur_part(uintptr_t *at, size_t size)
{
    uintptr_t  part;

    part = *at;
    *at += (size + SCREEN_PDQ_ALIGN - 1) / SCREEN_PDQ_ALIGN
           * SCREEN_PDQ_ALIGN;

    return part;
}


static void
screen_pdq_columns_layout(screen_pdq_columns_t *c, uintptr_t *at,
    uint32_t height, size_t stride)
{
    c->height = height;
    c->window = screen_pdq_window(height);
    c->stride = stride;

    /* a window, the row that leaves it and those that come next */

    c->rows = (c->window / SCREEN_PDQ_LANES + 2) * SCREEN_PDQ_LANES;

    c->ring = (float *) screen_pdq_blur_part(at, c->rows * stride
                                                 * sizeof(float));
    c->sums = (float *) screen_pdq_blur_part(at, stride * sizeof(float));
}


/* divides the memory at base, and tells how much of it there must be */

static size_t
screen_pdq_blur_layout(screen_pdq_blur_t *blur, uintptr_t base)
{
    size_t     stride;
    uintptr_t  at;

    at = base;
    stride = screen_pdq_stride(blur->width);

    blur->window = screen_pdq_window(blur->width);

    screen_pdq_columns_layout(&blur->first, &at, blur->height, stride);
    screen_pdq_columns_layout(&blur->second, &at, blur->height,
                              SCREEN_PDQ_BLOCK);

    blur->tile = (screen_pdq_lanes_t *)
                 screen_pdq_blur_part(&at, ((size_t) blur->width
                                            + blur->window
                                            + SCREEN_PDQ_LANES)
                                           * sizeof(screen_pdq_lanes_t));
    blur->batch = (float *)
                  screen_pdq_blur_part(&at, SCREEN_PDQ_LANES * stride
                                            * sizeof(float));
    blur->sample = (u_char *)
                   screen_pdq_blur_part(&at, SCREEN_PDQ_LANES * 4
                                             * SCREEN_PDQ_SAMPLED);

    return at - base;
}


void
screen_pdq_blur(screen_pdq_cpu_t cpu, screen_pdq_block_t block,
    const screen_pdq_picture_t *picture, int sampled, void *memory)
{
    size_t             size;
    uint32_t           i;
    uintptr_t          base;
    screen_pdq_blur_t  blur;

    memset(&blur, 0, sizeof(screen_pdq_blur_t));

    blur.picture = picture;
    blur.luma = screen_pdq_luma(cpu, picture->channels);
    blur.sampled = sampled;
    blur.width = sampled ? SCREEN_PDQ_SAMPLED : picture->width;
    blur.height = sampled ? SCREEN_PDQ_SAMPLED : picture->height;
    blur.block = block;

    if (blur.width == SCREEN_PDQ_BLOCK && blur.height == SCREEN_PDQ_BLOCK) {

        for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
            blur.luma(block[i], picture->pixels + i * picture->stride,
                      SCREEN_PDQ_BLOCK, SCREEN_PDQ_BLOCK);
        }

        return;
    }

    base = ((uintptr_t) memory + SCREEN_PDQ_ALIGN - 1)
           / SCREEN_PDQ_ALIGN * SCREEN_PDQ_ALIGN;

    size = screen_pdq_blur_layout(&blur, base);
    memset((void *) base, 0, size);

#if (SCREEN_PDQ_AVX2)

    if (cpu == SCREEN_PDQ_CPU_AVX2) {
        screen_pdq_blur_avx2(&blur);
        return;
    }

#endif

    screen_pdq_blur_any(&blur);
}


/* eight rows of eight, stride floats apart, become the columns of to */

screen_pdq_inline void
screen_pdq_turn(float *to, size_t to_stride, const float *from,
    size_t stride)
{
    unsigned             i;
    screen_pdq_lanes_t   a[8], b[8];

#define screen_pdq_shuffle  __builtin_shufflevector

    for (i = 0; i < 8; i++) {
        a[i] = *(const screen_pdq_lanes_t *) (from + i * stride);
    }

    for (i = 0; i < 8; i += 2) {
        b[i] = screen_pdq_shuffle(a[i], a[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        b[i + 1] = screen_pdq_shuffle(a[i], a[i + 1],
                                      2, 10, 3, 11, 6, 14, 7, 15);
    }

    for (i = 0; i < 8; i += 4) {
        a[i] = screen_pdq_shuffle(b[i], b[i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        a[i + 1] = screen_pdq_shuffle(b[i], b[i + 2],
                                      2, 3, 10, 11, 6, 7, 14, 15);
        a[i + 2] = screen_pdq_shuffle(b[i + 1], b[i + 3],
                                      0, 1, 8, 9, 4, 5, 12, 13);
        a[i + 3] = screen_pdq_shuffle(b[i + 1], b[i + 3],
                                      2, 3, 10, 11, 6, 7, 14, 15);
    }

    for (i = 0; i < 4; i++) {
        *(screen_pdq_lanes_t *) (to + i * to_stride) =
            screen_pdq_shuffle(a[i], a[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
        *(screen_pdq_lanes_t *) (to + (i + 4) * to_stride) =
            screen_pdq_shuffle(a[i], a[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    }
}


/*
 * The sums of the box along the rows of the tile.  Pixel x is in
 * tile[lead + x], so that the sum around pixel i takes the place of the pixel
 * that has just left it.
 */

screen_pdq_inline uint32_t
screen_pdq_lead(uint32_t window)
{
    return window - (window + 2) / 2 + 1;
}


/* zeros around the pixels, over what sums and partial blocks left there */

screen_pdq_inline void
screen_pdq_tile_edge(const screen_pdq_blur_t *blur)
{
    uint32_t             lead;
    screen_pdq_lanes_t  *end;

    lead = screen_pdq_lead(blur->window);
    end = blur->tile + lead + blur->width;

    memset(blur->tile, 0, lead * sizeof(screen_pdq_lanes_t));
    memset(end, 0, (blur->window - lead + SCREEN_PDQ_LANES)
                   * sizeof(screen_pdq_lanes_t));
}


screen_pdq_inline void
screen_pdq_tile_box(screen_pdq_lanes_t *tile, uint32_t n, uint32_t window,
    int divide)
{
    float               count;
    uint32_t            i, h, to;
    screen_pdq_lanes_t  sum;

    h = (window + 2) / 2;

    memset(&sum, 0, sizeof(sum));

    for (i = screen_pdq_lead(window); i < window; i++) {
        sum += tile[i];
    }

    for (i = 0; i < n; /* void */ ) {

        /* up to where the box holds another count of pixels */

        to = i < window - h || i > n - h ? i + 1 : n - h + 1;
        count = screen_pdq_count(i, n, window);

        for ( /* void */ ; i < to; i++) {
            sum += tile[i + window];
            sum -= tile[i];
            tile[i] = divide ? sum / count : sum;
        }
    }
}


/* the i-th of eight rows, y, sampled where it is to be */

screen_pdq_inline const u_char *
screen_pdq_pixels(screen_pdq_blur_t *blur, uint32_t y, uint32_t i)
{
    u_char                      *to;
    uint32_t                     x;
    const u_char                *from, *row;
    const screen_pdq_picture_t  *p;

    p = blur->picture;

    if (!blur->sampled) {
        return p->pixels + y * p->stride;
    }

    row = p->pixels + (uint64_t) y * p->height / SCREEN_PDQ_SAMPLED
                      * p->stride;

    to = blur->sample + (size_t) i * 4 * SCREEN_PDQ_SAMPLED;

    for (x = 0; x < SCREEN_PDQ_SAMPLED; x++) {
        from = row + (uint64_t) x * p->width / SCREEN_PDQ_SAMPLED
                     * p->channels;
        *to = *from;

        if (p->channels > 1) {
            to[1] = from[1];
            to[2] = from[2];
        }

        to += p->channels;
    }

    return blur->sample + (size_t) i * 4 * SCREEN_PDQ_SAMPLED;
}


screen_pdq_inline void
screen_pdq_tile_load(screen_pdq_blur_t *blur, uint32_t y)
{
    float                luma[SCREEN_PDQ_LANES][SCREEN_PDQ_CHUNK]
                         __attribute__((aligned(SCREEN_PDQ_ALIGN)));
    size_t               n;
    uint32_t             i, x, rows;
    screen_pdq_lanes_t  *tile;
    const u_char        *pixels[SCREEN_PDQ_LANES];

    rows = blur->height - y;
    rows = rows < SCREEN_PDQ_LANES ? rows : SCREEN_PDQ_LANES;

    for (i = 0; i < rows; i++) {
        pixels[i] = screen_pdq_pixels(blur, y + i, i);
    }

    memset(luma, 0, sizeof(luma));

    tile = blur->tile + screen_pdq_lead(blur->window);

    for (x = 0; x < blur->width; x += SCREEN_PDQ_CHUNK) {
        n = blur->width - x;
        n = n < SCREEN_PDQ_CHUNK ? n : SCREEN_PDQ_CHUNK;

        if (n < SCREEN_PDQ_CHUNK) {
            memset(luma, 0, sizeof(luma));
        }

        for (i = 0; i < rows; i++) {
            blur->luma(luma[i], pixels[i] + x * blur->picture->channels, n,
                       blur->width - x);
        }

        for (i = 0; i < n; i += SCREEN_PDQ_LANES) {
            screen_pdq_turn((float *) (tile + x + i), SCREEN_PDQ_LANES,
                            &luma[0][i], SCREEN_PDQ_CHUNK);
        }
    }
}


/* rows y to y + 7 of the picture, blurred along themselves, to the ring */

screen_pdq_inline void
screen_pdq_first_rows(screen_pdq_blur_t *blur, uint32_t y)
{
    float                 *ring;
    uint32_t               x;
    screen_pdq_columns_t  *c;

    c = &blur->first;
    ring = c->ring + y % c->rows * c->stride;

    if (y >= blur->height) {
        memset(ring, 0, SCREEN_PDQ_LANES * c->stride * sizeof(float));
        return;
    }

    screen_pdq_tile_load(blur, y);
    screen_pdq_tile_edge(blur);
    screen_pdq_tile_box(blur->tile, blur->width, blur->window, 1);

    for (x = 0; x < blur->width; x += SCREEN_PDQ_LANES) {
        screen_pdq_turn(ring + x, c->stride, (float *) (blur->tile + x),
                        SCREEN_PDQ_LANES);
    }
}


/*
 * The row that was put in the ring last enters the sums.  Tells whether a
 * row came out, to to, and which.
 */

screen_pdq_inline int
screen_pdq_columns_push(screen_pdq_columns_t *c, float *to, uint32_t *y)
{
    float                     count;
    size_t                    x, n;
    uint32_t                  h, row;
    screen_pdq_lanes_t        sum, *sums, *out;
    const screen_pdq_lanes_t  *enter, *leave;

    h = (c->window + 2) / 2;
    row = c->pushed++;
    n = c->stride / SCREEN_PDQ_LANES;

    enter = (screen_pdq_lanes_t *) (c->ring + row % c->rows * c->stride);
    leave = (screen_pdq_lanes_t *)
            (c->ring + (row + c->rows - c->window) % c->rows * c->stride);
    sums = (screen_pdq_lanes_t *) c->sums;
    out = (screen_pdq_lanes_t *) to;

    if (row + 1 < h || row - (h - 1) >= c->height) {

        for (x = 0; x < n; x++) {
            sums[x] += enter[x];
        }

        return 0;
    }

    *y = row - (h - 1);
    count = screen_pdq_count(*y, c->height, c->window);

    for (x = 0; x < n; x++) {
        sum = sums[x] + enter[x];
        sum = sum - leave[x];
        sums[x] = sum;
        out[x] = sum / count;
    }

    return 1;
}


/* the eight rows that wait in the batch go through the second pass */

screen_pdq_inline void
screen_pdq_second_rows(screen_pdq_blur_t *blur)
{
    float                 *ring, count, out[SCREEN_PDQ_BLOCK]
                           __attribute__((aligned(SCREEN_PDQ_ALIGN)));
    uint32_t               i, j, x, y;
    screen_pdq_lanes_t    *tile, mean;
    screen_pdq_columns_t  *c;

    c = &blur->second;
    ring = c->ring + c->pushed % c->rows * c->stride;
    tile = blur->tile + screen_pdq_lead(blur->window);

    for (x = 0; x < blur->width; x += SCREEN_PDQ_LANES) {
        screen_pdq_turn((float *) (tile + x), SCREEN_PDQ_LANES,
                        blur->batch + x, blur->first.stride);
    }

    screen_pdq_tile_edge(blur);
    screen_pdq_tile_box(blur->tile, blur->width, blur->window, 0);

    for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {
        x = screen_pdq_decimated(j, blur->width);
        count = screen_pdq_count(x, blur->width, blur->window);
        mean = blur->tile[x] / count;

        for (i = 0; i < SCREEN_PDQ_LANES; i++) {
            ring[i * c->stride + j] = mean[i];
        }
    }

    for (i = 0; i < SCREEN_PDQ_LANES; i++) {

        if (!screen_pdq_columns_push(c, out, &y)) {
            continue;
        }

        while (blur->row < SCREEN_PDQ_BLOCK
               && screen_pdq_decimated(blur->row, blur->height) == y)
        {
            memcpy(blur->block[blur->row++], out, sizeof(out));
        }
    }
}


screen_pdq_inline void
screen_pdq_blur_run(screen_pdq_blur_t *blur)
{
    size_t    stride;
    uint32_t  i, y, out, waiting;

    stride = blur->first.stride;
    waiting = 0;

    /* past the last row zeros push out what is still in the boxes */

    for (y = 0; blur->row < SCREEN_PDQ_BLOCK; y += SCREEN_PDQ_LANES) {

        screen_pdq_first_rows(blur, y);

        for (i = 0; i < SCREEN_PDQ_LANES; i++) {

            if (!screen_pdq_columns_push(&blur->first,
                                         blur->batch + waiting * stride,
                                         &out))
            {
                if (y + i < blur->height) {
                    continue;
                }

                memset(blur->batch + waiting * stride, 0,
                       stride * sizeof(float));
            }

            if (++waiting == SCREEN_PDQ_LANES) {
                screen_pdq_second_rows(blur);
                waiting = 0;
            }
        }
    }
}


static void
screen_pdq_blur_any(screen_pdq_blur_t *blur)
{
    screen_pdq_blur_run(blur);
}


#if (SCREEN_PDQ_AVX2)

__attribute__((target("avx2"))) static void
screen_pdq_blur_avx2(screen_pdq_blur_t *blur)
{
    screen_pdq_blur_run(blur);
}

#endif
