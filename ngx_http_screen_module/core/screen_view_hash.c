
#include <string.h>

#include "screen_view_impl.h"
#include "screen_pdq_turn.h"


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

typedef struct {
    screen_view_tent_t  down[SCREEN_PDQ_BLOCK];
    screen_view_tent_t  across[SCREEN_PDQ_BLOCK];
} screen_view_window_t;


static void screen_view_tents(screen_view_tent_t *tents, float from,
    float to);
static void screen_view_shrink_any(screen_view_plane_t *plane,
    const screen_view_window_t *window);
#if (SCREEN_PDQ_AVX2)
static void screen_view_shrink_avx2(screen_view_plane_t *plane,
    const screen_view_window_t *window);
#endif


static inline int
screen_view_floor(float x)
{
    int  n;

    n = (int) x;

    return (float) n > x ? n - 1 : n;
}


static inline float
screen_view_abs(float x)
{
    return x < 0 ? -x : x;
}


/* of the 64 numbers between two shares of a side */

static void
screen_view_tents(screen_view_tent_t *tents, float from, float to)
{
    int                  first, last;
    float                step, radius, at, weight, sum;
    unsigned             i, k;
    screen_view_tent_t  *tent;

    step = (to - from) * SCREEN_VIEW_SIDE / SCREEN_PDQ_BLOCK;
    radius = step / 2 > 1.0f ? step / 2 : 1.0f;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        tent = &tents[i];
        at = from * SCREEN_VIEW_SIDE + ((float) i + 0.5f) * step - 0.5f;

        first = screen_view_floor(at - radius) + 1;
        last = -screen_view_floor(-at - radius) - 1;

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

        for (k = 0; k < tent->n; k++) {
            weight = radius - screen_view_abs((float) (tent->from + k) - at);
            weight = weight > 0 ? weight : 0.001f;
            tent->weights[k] = weight;
            sum += weight;
        }

        for (k = 0; k < tent->n; k++) {
            tent->weights[k] /= sum;
        }
    }
}


/*
 * 64 sums of rows, of the columns from first to last in steps of a vector;
 * rows have stride numbers, as have those that they come from
 */

screen_pdq_inline void
screen_view_tented(float *to, const float *from, size_t stride,
    const screen_view_tent_t *tents, unsigned first, unsigned last)
{
    unsigned                   i, k, x;
    const float               *at;
    screen_pdq_lanes_t         sum;
    const screen_view_tent_t  *tent;

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        tent = &tents[i];

        for (x = first; x < last; x += SCREEN_PDQ_LANES) {

            at = from + tent->from * stride + x;
            sum = *(const screen_pdq_lanes_t *) at * tent->weights[0];

            for (k = 1; k < tent->n; k++) {
                at += stride;
                sum += *(const screen_pdq_lanes_t *) at * tent->weights[k];
            }

            *(screen_pdq_lanes_t *) (to + i * stride + x) = sum;
        }
    }
}


/* rows become columns, so that both passes have vectors of neighbours */

screen_pdq_inline void
screen_view_shrink(screen_view_plane_t *plane,
    const screen_view_window_t *window)
{
    unsigned                   i, x, first, last;
    const screen_view_tent_t  *end;

    end = &window->across[SCREEN_PDQ_BLOCK - 1];

    first = window->across[0].from;
    first -= first % SCREEN_PDQ_LANES;
    last = end->from + end->n;

    screen_view_tented(plane->rows[0], plane->cells[0], SCREEN_VIEW_SIDE,
                       window->down, first, last);

    for (x = first; x < last; x += SCREEN_PDQ_LANES) {
        for (i = 0; i < SCREEN_PDQ_BLOCK; i += SCREEN_PDQ_LANES) {
            screen_pdq_turn(&plane->columns[x][i], SCREEN_PDQ_BLOCK,
                            &plane->rows[i][x], SCREEN_VIEW_SIDE);
        }
    }

    screen_view_tented(plane->turned[0], plane->columns[0], SCREEN_PDQ_BLOCK,
                       window->across, 0, SCREEN_PDQ_BLOCK);

    for (x = 0; x < SCREEN_PDQ_BLOCK; x += SCREEN_PDQ_LANES) {
        for (i = 0; i < SCREEN_PDQ_BLOCK; i += SCREEN_PDQ_LANES) {
            screen_pdq_turn(&plane->block[i][x], SCREEN_PDQ_BLOCK,
                            &plane->turned[x][i], SCREEN_PDQ_BLOCK);
        }
    }
}


static void
screen_view_shrink_any(screen_view_plane_t *plane,
    const screen_view_window_t *window)
{
    screen_view_shrink(plane, window);
}


#if (SCREEN_PDQ_AVX2)

__attribute__((target("avx2"))) static void
screen_view_shrink_avx2(screen_view_plane_t *plane,
    const screen_view_window_t *window)
{
    screen_view_shrink(plane, window);
}

#endif


void
screen_view_hash(screen_view_plane_t *plane, const screen_view_rect_t *rect,
    screen_pdq_t *pdq)
{
    screen_view_window_t  window;

    screen_view_tents(window.down, rect->top, rect->bottom);
    screen_view_tents(window.across, rect->left, rect->right);

#if (SCREEN_PDQ_AVX2)

    if (plane->cpu == SCREEN_PDQ_CPU_AVX2) {
        screen_view_shrink_avx2(plane, &window);

    } else
#endif
    {
        screen_view_shrink_any(plane, &window);
    }

    pdq->quality = screen_pdq_quality(plane->cpu, plane->block);

    screen_pdq_transform(plane->cpu, pdq, plane->block);
}


/* a number between the four nearest of the halved plane */

static float
screen_view_between(const screen_view_plane_t *plane, float x, float y)
{
    int           column, row;
    float         right, down;
    const float  *a, *b;

    x = x * SCREEN_VIEW_HALF - 0.5f;
    y = y * SCREEN_VIEW_HALF - 0.5f;

    x = x < 0 ? 0 : x > SCREEN_VIEW_HALF - 1 ? SCREEN_VIEW_HALF - 1 : x;
    y = y < 0 ? 0 : y > SCREEN_VIEW_HALF - 1 ? SCREEN_VIEW_HALF - 1 : y;

    column = (int) x < SCREEN_VIEW_HALF - 2 ? (int) x : SCREEN_VIEW_HALF - 2;
    row = (int) y < SCREEN_VIEW_HALF - 2 ? (int) y : SCREEN_VIEW_HALF - 2;

    right = x - (float) column;
    down = y - (float) row;

    a = &plane->half[row][column];
    b = &plane->half[row + 1][column];

    return (a[0] * (1 - right) + a[1] * right) * (1 - down)
           + (b[0] * (1 - right) + b[1] * right) * down;
}


void
screen_view_hash_turned(screen_view_plane_t *plane,
    const screen_view_rect_t *rect, double degrees, int levelled,
    screen_pdq_t *pdq)
{
    float     u, v, x, y, w, h, scale;
    float     sine, cosine, width, height, aspect;
    unsigned  i, j;

    /* as series: a few degrees need no more of them, and no libm */

    u = (float) (degrees * 3.14159265358979 / 180);
    sine = u - u * u * u / 6;
    cosine = 1 - u * u / 2 + u * u * u * u / 24;

    /* sides of what is sampled, in the height of the rect */

    height = rect->bottom - rect->top;
    width = rect->right - rect->left;
    aspect = (float) plane->aspect * width / height;

    if (levelled) {

        /* aspect = w cos + h sin; 1 = w sin + h cos */

        scale = cosine * cosine - sine * sine;
        w = (aspect * cosine - screen_view_abs(sine)) / scale;
        h = (cosine - aspect * screen_view_abs(sine)) / scale;

    } else {
        scale = cosine + screen_view_abs(sine)
                         * (aspect > 1 ? aspect : 1 / aspect);
        w = aspect / scale;
        h = 1 / scale;
        sine = -sine;
    }

    for (i = 0; i < SCREEN_PDQ_BLOCK; i++) {
        v = (((float) i + 0.5f) / SCREEN_PDQ_BLOCK - 0.5f) * h;

        for (j = 0; j < SCREEN_PDQ_BLOCK; j++) {
            u = (((float) j + 0.5f) / SCREEN_PDQ_BLOCK - 0.5f) * w;

            x = (u * cosine - v * sine) / aspect + 0.5f;
            y = u * sine + v * cosine + 0.5f;

            plane->block[i][j] = screen_view_between(plane,
                                     rect->left + x * width,
                                     rect->top + y * height);
        }
    }

    pdq->quality = screen_pdq_quality(plane->cpu, plane->block);

    screen_pdq_transform(plane->cpu, pdq, plane->block);
}
