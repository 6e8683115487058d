
/*
 * On the way of a hash: the averages of a picture's cells, as many whatever
 * its size is.  The rows that are blurred lie in tiles, in which a vector
 * holds one pixel of eight rows, so that what is added along a row is added
 * for eight of them at a time.
 *
 * For code that is built for any CPU and for AVX2.
 */


#ifndef _SCREEN_PDQ_CELLS_H_INCLUDED_
#define _SCREEN_PDQ_CELLS_H_INCLUDED_


#include "screen_pdq_impl.h"
#include "screen_pdq_turn.h"


#define SCREEN_PDQ_ROWS  16             /* of two tiles */


/* a pixel, or its sum, of sixteen rows */

typedef struct {
    screen_pdq_lanes_t           upper;
    screen_pdq_lanes_t           lower;
} screen_pdq_pair_t;


typedef struct {
    float                      (*to)[SCREEN_PDQ_CELLS];  /* or NULL */
    screen_pdq_pair_t           *across;       /* cells of sixteen rows */
    float                       *rows;         /* the same, row by row */
    uint32_t                     width;
    uint32_t                     height;
    uint32_t                     column;       /* of cells, next */
    uint32_t                     row;
} screen_pdq_cells_t;


/* a cell of a side shorter than they are is a pixel that others share */

screen_pdq_inline void
screen_pdq_span(uint32_t i, uint32_t side, uint32_t *from, uint32_t *to)
{
    uint64_t  at;

    if (side < SCREEN_PDQ_CELLS) {
        *from = (2 * i + 1) * side / (2 * SCREEN_PDQ_CELLS);
        *to = *from + 1;
        return;
    }

    at = (uint64_t) i * side + SCREEN_PDQ_CELLS / 2;

    *from = (uint32_t) (at / SCREEN_PDQ_CELLS);
    *to = (uint32_t) ((at + side) / SCREEN_PDQ_CELLS);
}


/* the cells that end within the first so many pixels */

screen_pdq_inline void
screen_pdq_cells_across(screen_pdq_cells_t *cells,
    const screen_pdq_pair_t *pixels, uint32_t loaded)
{
    float                n;
    uint32_t             x, from, to;
    screen_pdq_lanes_t   upper, lower;

    if (cells->to == NULL) {
        return;
    }

    for ( /* void */ ; cells->column < SCREEN_PDQ_CELLS; cells->column++) {

        screen_pdq_span(cells->column, cells->width, &from, &to);

        if (to > loaded) {
            return;
        }

        upper = pixels[from].upper;
        lower = pixels[from].lower;

        for (x = from + 1; x < to; x++) {
            upper += pixels[x].upper;
            lower += pixels[x].lower;
        }

        n = 1 / (float) (to - from);

        cells->across[cells->column].upper = upper * n;
        cells->across[cells->column].lower = lower * n;
    }
}


/* row y enters the cells that it is part of */

screen_pdq_inline void
screen_pdq_cells_row(screen_pdq_cells_t *cells,
    const screen_pdq_lanes_t *row, uint32_t y)
{
    float                n;
    uint32_t             x, from, to;
    screen_pdq_lanes_t  *sums;

    for ( /* void */ ; cells->row < SCREEN_PDQ_CELLS; cells->row++) {

        screen_pdq_span(cells->row, cells->height, &from, &to);

        if (y < from) {
            return;
        }

        sums = (screen_pdq_lanes_t *) cells->to[cells->row];
        n = 1 / (float) (to - from);

        if (y == from) {
            memset(sums, 0, sizeof(cells->to[0]));
        }

        for (x = 0; x < SCREEN_PDQ_CELLS / SCREEN_PDQ_LANES; x++) {
            sums[x] += row[x] * n;
        }

        if (y + 1 < to) {
            return;
        }
    }
}


/* rows y and the next ones, all of which are in the tile */

screen_pdq_inline void
screen_pdq_cells_rows(screen_pdq_cells_t *cells, uint32_t y, uint32_t n)
{
    float     *rows;
    uint32_t   i, x;

    if (cells->to == NULL) {
        return;
    }

    cells->column = 0;
    rows = cells->rows;

    for (x = 0; x < SCREEN_PDQ_CELLS; x += SCREEN_PDQ_LANES) {
        screen_pdq_turn(rows + x, SCREEN_PDQ_CELLS,
                        (float *) &cells->across[x].upper, SCREEN_PDQ_ROWS);
        screen_pdq_turn(rows + SCREEN_PDQ_LANES * SCREEN_PDQ_CELLS + x,
                        SCREEN_PDQ_CELLS,
                        (float *) &cells->across[x].lower, SCREEN_PDQ_ROWS);
    }

    for (i = 0; i < n; i++) {
        screen_pdq_cells_row(cells, (screen_pdq_lanes_t *)
                                    (rows + i * SCREEN_PDQ_CELLS), y + i);
    }
}


#endif /* _SCREEN_PDQ_CELLS_H_INCLUDED_ */
