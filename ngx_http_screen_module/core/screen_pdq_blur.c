
#include <string.h>

#include "screen_pdq_cells.h"


/*
 * The two passes of the filter run as one pipeline over sixteen rows at a
 * time, so that no copy of the picture is made and its rows stay in the
 * cache: luma, box along the rows, box along the columns, box along the rows,
 * box along the 64 columns that the decimation keeps.
 *
 * Along a row each sum needs the one before.  Eight rows are therefore
 * transposed to a tile, in which a vector holds one pixel of each, and two
 * tiles are summed at a time: while one waits for its sum, the other adds.
 *
 * A box at the edge has fewer numbers than the window: the numbers outside
 * are zeros, which change no sum.
 */

#define SCREEN_PDQ_CHUNK   64           /* pixels, a multiple of the lanes */
#define SCREEN_PDQ_ALIGN   64
#define SCREEN_PDQ_FLOATS  (SCREEN_PDQ_ALIGN / sizeof(float))


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

    screen_pdq_pair_t           *tile;
    float                       *batch;        /* rows for the second pass */
    u_char                      *sample;
    screen_pdq_columns_t         first;
    screen_pdq_columns_t         second;
    screen_pdq_cells_t           cells;

    uint32_t                     row;          /* of the block, next */
    float                      (*block)[SCREEN_PDQ_BLOCK];
} screen_pdq_blur_t;


/* along the rows, as far as it has come */

typedef struct {
    uint32_t                     at;
    screen_pdq_pair_t            sum;
} screen_pdq_box_t;


static size_t screen_pdq_blur_layout(screen_pdq_blur_t *blur,
    uintptr_t base);
static void screen_pdq_blur_none(screen_pdq_block_t block,
    float cells[][SCREEN_PDQ_CELLS]);
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

    c->rows = (c->window / SCREEN_PDQ_ROWS + 2) * SCREEN_PDQ_ROWS;

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

    blur->tile = (screen_pdq_pair_t *)
                 screen_pdq_blur_part(&at, ((size_t) blur->width
                                            + blur->window
                                            + SCREEN_PDQ_LANES)
                                           * sizeof(screen_pdq_pair_t));
    blur->batch = (float *)
                  screen_pdq_blur_part(&at, SCREEN_PDQ_ROWS * stride
                                            * sizeof(float));
    blur->sample = (u_char *)
                   screen_pdq_blur_part(&at, SCREEN_PDQ_ROWS * 4
                                             * SCREEN_PDQ_SAMPLED);
    blur->cells.across = (screen_pdq_pair_t *)
                         screen_pdq_blur_part(&at, SCREEN_PDQ_CELLS
                                               * sizeof(screen_pdq_pair_t));
    blur->cells.rows = (float *)
                       screen_pdq_blur_part(&at, SCREEN_PDQ_ROWS
                                                 * SCREEN_PDQ_CELLS
                                                 * sizeof(float));

    return at - base;
}


void
screen_pdq_blur(screen_pdq_cpu_t cpu, screen_pdq_block_t block,
    const screen_pdq_picture_t *picture, int sampled,
    float cells[][SCREEN_PDQ_CELLS], void *memory)
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
    blur.cells.to = cells;
    blur.cells.width = blur.width;
    blur.cells.height = blur.height;

    if (blur.width == SCREEN_PDQ_BLOCK && blur.height == SCREEN_PDQ_BLOCK) {

        for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
            blur.luma(block[i], picture->pixels + i * picture->stride,
                      SCREEN_PDQ_BLOCK, SCREEN_PDQ_BLOCK);
        }

        screen_pdq_blur_none(block, cells);
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


/* the cells of a picture that is the block as it is */

static void
screen_pdq_blur_none(screen_pdq_block_t block,
    float cells[][SCREEN_PDQ_CELLS])
{
    uint32_t  x, y, share;

    share = SCREEN_PDQ_CELLS / SCREEN_PDQ_BLOCK;

    for (y = 0; cells && y < SCREEN_PDQ_CELLS; y++) {
        for (x = 0; x < SCREEN_PDQ_CELLS; x++) {
            cells[y][x] = block[y / share][x / share];
        }
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


/* what is summed up of the pixels before the first, and of nothing */

screen_pdq_inline void
screen_pdq_box_begin(screen_pdq_box_t *box, const screen_pdq_blur_t *blur)
{
    memset(box, 0, sizeof(screen_pdq_box_t));
    memset(blur->tile, 0, screen_pdq_lead(blur->window)
                          * sizeof(screen_pdq_pair_t));
}


/* zeros after the pixels, over what sums and partial blocks left there */

screen_pdq_inline void
screen_pdq_box_end(const screen_pdq_blur_t *blur)
{
    uint32_t            lead;
    screen_pdq_pair_t  *end;

    lead = screen_pdq_lead(blur->window);
    end = blur->tile + lead + blur->width;

    memset(end, 0, (blur->window - lead + SCREEN_PDQ_LANES)
                   * sizeof(screen_pdq_pair_t));
}


/* how far sums can be made when so many pixels are there */

screen_pdq_inline uint32_t
screen_pdq_box_ready(const screen_pdq_blur_t *blur, uint32_t loaded)
{
    uint32_t  ahead;

    ahead = (blur->window + 2) / 2 - 1;

    return loaded > ahead ? (loaded - ahead) / SCREEN_PDQ_LANES
                            * SCREEN_PDQ_LANES : 0;
}


/* the sums, or the means, from where the box is up to the pixel to */

screen_pdq_inline void
screen_pdq_box(screen_pdq_box_t *box, const screen_pdq_blur_t *blur,
    uint32_t to, int divide)
{
    float                count;
    uint32_t             i, h, n, until, window;
    screen_pdq_pair_t   *tile, *enter;
    screen_pdq_lanes_t   upper, lower;

    tile = blur->tile;
    n = blur->width;
    window = blur->window;
    h = (window + 2) / 2;

    if (box->at == to) {
        return;
    }

    if (box->at == 0) {
        for (i = screen_pdq_lead(window); i < window; i++) {
            box->sum.upper += tile[i].upper;
            box->sum.lower += tile[i].lower;
        }
    }

    upper = box->sum.upper;
    lower = box->sum.lower;

    for (i = box->at; i < to; /* void */ ) {

        /* up to where the box holds another count of pixels */

        until = i < window - h || i > n - h ? i + 1 : n - h + 1;
        until = until < to ? until : to;
        count = screen_pdq_count(i, n, window);

        for ( /* void */ ; i < until; i++) {
            enter = &tile[i + window];

            upper += enter->upper;
            lower += enter->lower;
            upper -= tile[i].upper;
            lower -= tile[i].lower;

            tile[i].upper = divide ? upper / count : upper;
            tile[i].lower = divide ? lower / count : lower;
        }
    }

    box->at = to;
    box->sum.upper = upper;
    box->sum.lower = lower;
}


/* the i-th of sixteen rows, y, sampled where it is to be */

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


/* pixels x to x + n - 1 of some rows, to the tile */

screen_pdq_inline void
screen_pdq_tile_load(const screen_pdq_blur_t *blur, const u_char **pixels,
    uint32_t rows, uint32_t x, uint32_t n)
{
    float               luma[SCREEN_PDQ_ROWS][SCREEN_PDQ_CHUNK]
                        __attribute__((aligned(SCREEN_PDQ_ALIGN)));
    uint32_t            i;
    screen_pdq_pair_t  *tile;

    tile = blur->tile + screen_pdq_lead(blur->window) + x;

    if (rows < SCREEN_PDQ_ROWS || n < SCREEN_PDQ_CHUNK) {
        memset(luma, 0, sizeof(luma));
    }

    for (i = 0; i < rows; i++) {
        blur->luma(luma[i], pixels[i] + (size_t) x * blur->picture->channels,
                   n, blur->width - x);
    }

    for (i = 0; i < n; i += SCREEN_PDQ_LANES) {
        screen_pdq_turn((float *) &tile[i].upper, SCREEN_PDQ_ROWS,
                        &luma[0][i], SCREEN_PDQ_CHUNK);
        screen_pdq_turn((float *) &tile[i].lower, SCREEN_PDQ_ROWS,
                        &luma[SCREEN_PDQ_LANES][i], SCREEN_PDQ_CHUNK);
    }
}


/* from pixel x of the tile on, up to the pixel to, to the rows of the ring */

screen_pdq_inline void
screen_pdq_tile_store(const screen_pdq_blur_t *blur, float *ring,
    uint32_t x, uint32_t to)
{
    size_t              stride;
    screen_pdq_pair_t  *tile;

    tile = blur->tile;
    stride = blur->first.stride;

    for ( /* void */ ; x < to; x += SCREEN_PDQ_LANES) {
        screen_pdq_turn(ring + x, stride, (float *) &tile[x].upper,
                        SCREEN_PDQ_ROWS);
        screen_pdq_turn(ring + SCREEN_PDQ_LANES * stride + x, stride,
                        (float *) &tile[x].lower, SCREEN_PDQ_ROWS);
    }
}


/* rows y to y + 15 of the picture, blurred along themselves, to the ring */

screen_pdq_inline void
screen_pdq_first_rows(screen_pdq_blur_t *blur, uint32_t y)
{
    float                 *ring;
    uint32_t               i, n, x, at, rows;
    const u_char          *pixels[SCREEN_PDQ_ROWS];
    screen_pdq_box_t       box;
    screen_pdq_columns_t  *c;

    c = &blur->first;
    ring = c->ring + y % c->rows * c->stride;

    if (y >= blur->height) {
        memset(ring, 0, SCREEN_PDQ_ROWS * c->stride * sizeof(float));
        return;
    }

    rows = blur->height - y;
    rows = rows < SCREEN_PDQ_ROWS ? rows : SCREEN_PDQ_ROWS;

    for (i = 0; i < rows; i++) {
        pixels[i] = screen_pdq_pixels(blur, y + i, i);
    }

    screen_pdq_box_begin(&box, blur);

    for (x = 0; x < blur->width; x += SCREEN_PDQ_CHUNK) {
        n = blur->width - x;
        n = n < SCREEN_PDQ_CHUNK ? n : SCREEN_PDQ_CHUNK;

        screen_pdq_tile_load(blur, pixels, rows, x, n);

        /* before the sums take the place of the pixels */

        screen_pdq_cells_across(&blur->cells, blur->tile
                                              + screen_pdq_lead(blur->window),
                                x + n);

        at = box.at;
        screen_pdq_box(&box, blur, screen_pdq_box_ready(blur, x + n), 1);
        screen_pdq_tile_store(blur, ring, at, box.at);
    }

    screen_pdq_cells_rows(&blur->cells, y, rows);
    screen_pdq_box_end(blur);

    at = box.at;
    screen_pdq_box(&box, blur, blur->width, 1);
    screen_pdq_tile_store(blur, ring, at, box.at);
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


/* a row of the second pass, if one comes out, as often as it is kept */

screen_pdq_inline void
screen_pdq_second_row(screen_pdq_blur_t *blur)
{
    float     out[SCREEN_PDQ_BLOCK]
              __attribute__((aligned(SCREEN_PDQ_ALIGN)));
    uint32_t  y;

    if (!screen_pdq_columns_push(&blur->second, out, &y)) {
        return;
    }

    while (blur->row < SCREEN_PDQ_BLOCK
           && screen_pdq_decimated(blur->row, blur->height) == y)
    {
        memcpy(blur->block[blur->row++], out, sizeof(out));
    }
}


/* the sixteen rows that wait in the batch go through the second pass */

screen_pdq_inline void
screen_pdq_second_rows(screen_pdq_blur_t *blur)
{
    float                 *ring, *batch, count;
    size_t                 stride;
    uint32_t               i, j, x;
    screen_pdq_box_t       box;
    screen_pdq_pair_t     *tile;
    screen_pdq_lanes_t     upper, lower;
    screen_pdq_columns_t  *c;

    c = &blur->second;
    ring = c->ring + c->pushed % c->rows * c->stride;
    tile = blur->tile + screen_pdq_lead(blur->window);
    stride = blur->first.stride;

    screen_pdq_box_begin(&box, blur);

    for (x = 0; x < blur->width; x += SCREEN_PDQ_LANES) {
        batch = blur->batch + x;

        screen_pdq_turn((float *) &tile[x].upper, SCREEN_PDQ_ROWS, batch,
                        stride);
        screen_pdq_turn((float *) &tile[x].lower, SCREEN_PDQ_ROWS,
                        batch + SCREEN_PDQ_LANES * stride, stride);

        screen_pdq_box(&box, blur,
                       screen_pdq_box_ready(blur, x + SCREEN_PDQ_LANES
                                                  < blur->width
                                                  ? x + SCREEN_PDQ_LANES
                                                  : blur->width), 0);
    }

    screen_pdq_box_end(blur);
    screen_pdq_box(&box, blur, blur->width, 0);

    for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {
        x = screen_pdq_decimated(j, blur->width);
        count = screen_pdq_count(x, blur->width, blur->window);
        upper = blur->tile[x].upper / count;
        lower = blur->tile[x].lower / count;

        for (i = 0; i < SCREEN_PDQ_LANES; i++) {
            ring[i * c->stride + j] = upper[i];
            ring[(i + SCREEN_PDQ_LANES) * c->stride + j] = lower[i];
        }
    }

    for (i = 0; i < SCREEN_PDQ_ROWS; i++) {
        screen_pdq_second_row(blur);
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

    for (y = 0; blur->row < SCREEN_PDQ_BLOCK; y += SCREEN_PDQ_ROWS) {

        screen_pdq_first_rows(blur, y);

        for (i = 0; i < SCREEN_PDQ_ROWS; i++) {

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

            if (++waiting == SCREEN_PDQ_ROWS) {
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
