
#include <math.h>
#include <string.h>

#include "screen_view_impl.h"


/*
 * PDQ's two passes of a box and its decimation are a tent, as wide as the
 * step from a number of the block to the next, around each of them.  So are
 * these, unless the step is finer than the plane.
 */

#define SCREEN_VIEW_TAPS  6


typedef struct {
    unsigned           from;
    unsigned           n;
    float              weights[SCREEN_VIEW_TAPS];
} screen_view_tent_t;

typedef float screen_view_lanes_t __attribute__((vector_size(32)));


static void screen_view_tents(screen_view_tent_t *tents, float from,
    float to);
static void screen_view_rows(screen_view_plane_t *plane,
    const screen_view_tent_t *tents, unsigned from, unsigned to);


/* of the 64 numbers between two shares of a side */

static void
screen_view_tents(screen_view_tent_t *tents, float from, float to)
{
    int                  first, last, cell;
    float                step, radius, at, weight, sum;
    unsigned             i, k;
    screen_view_tent_t  *tent;

    step = (to - from) * SCREEN_VIEW_SIDE / SCREEN_PDQ_BLOCK;
    radius = step / 2 > 1.0f ? step / 2 : 1.0f;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        tent = &tents[i];
        at = from * SCREEN_VIEW_SIDE + ((float) i + 0.5f) * step - 0.5f;

        first = (int) floorf(at - radius) + 1;
        last = (int) ceilf(at + radius) - 1;

        first = first < 0 ? 0 : first;
        last = last >= SCREEN_VIEW_SIDE ? SCREEN_VIEW_SIDE - 1 : last;

        if (last < first || first >= SCREEN_VIEW_SIDE) {
            first = first < SCREEN_VIEW_SIDE ? first : SCREEN_VIEW_SIDE - 1;
            last = first;
        }

        if (last - first >= SCREEN_VIEW_TAPS) {
            last = first + SCREEN_VIEW_TAPS - 1;
        }

        tent->from = (unsigned) first;
        tent->n = (unsigned) (last - first + 1);
        sum = 0;

        for (cell = first; cell <= last; cell++) {
            weight = radius - fabsf((float) cell - at);
            weight = weight > 0 ? weight : 0.001f;
            tent->weights[cell - first] = weight;
            sum += weight;
        }

        for (k = 0; k < tent->n; k++) {
            tent->weights[k] /= sum;
        }
    }
}


/* only the columns that the second pass reads, in steps of a vector */

static void
screen_view_rows(screen_view_plane_t *plane, const screen_view_tent_t *tents,
    unsigned from, unsigned to)
{
    unsigned                   i, k, x;
    const screen_view_tent_t  *tent;
    screen_view_lanes_t        sum, cells;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        tent = &tents[i];

        for (x = from / 8 * 8; x < to; x += 8) {

            memset(&sum, 0, sizeof(sum));

            for (k = 0; k < tent->n; k++) {
                memcpy(&cells, &plane->cells[tent->from + k][x],
                       sizeof(cells));
                sum += cells * tent->weights[k];
            }

            memcpy(&plane->rows[i][x], &sum, sizeof(sum));
        }
    }
}


void
screen_view_hash(screen_view_plane_t *plane, const screen_view_rect_t *rect,
    screen_pdq_t *pdq)
{
    float               sum;
    unsigned            i, j, k;
    const float        *row;
    screen_view_tent_t  down[SCREEN_PDQ_BLOCK], across[SCREEN_PDQ_BLOCK];

    screen_view_tents(down, rect->top, rect->bottom);
    screen_view_tents(across, rect->left, rect->right);

    screen_view_rows(plane, down, across[0].from,
                     across[SCREEN_PDQ_BLOCK - 1].from
                     + across[SCREEN_PDQ_BLOCK - 1].n);

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {

            row = &plane->rows[i][across[j].from];
            sum = 0;

            for (k = 0; k < across[j].n; k++) {
                sum += row[k] * across[j].weights[k];
            }

            plane->block[i][j] = sum;
        }
    }

    pdq->quality = screen_pdq_quality(plane->block);

    screen_pdq_transform(pdq, plane->block);
}
