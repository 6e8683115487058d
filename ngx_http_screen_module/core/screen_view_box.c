
#include <string.h>

#include "screen_view_impl.h"


/*
 * What is laid around a picture is found by its lines, from the outside to
 * the inside.
 *
 * A bar or a border begins with a line of one colour and ends with the last
 * such line before which nothing but lines of that colour, and of writing on
 * it, came.
 */

#define SCREEN_VIEW_ROUNDS   4          /* a caption outside a border outside
                                           a bar */
#define SCREEN_VIEW_NOISE    12.0f      /* levels off the colour of a bar */
#define SCREEN_VIEW_FLAT     0.96f      /* of a line, for it to be of one
                                           colour */
#define SCREEN_VIEW_WRITTEN  0.12f      /* the same for a line of writing */
#define SCREEN_VIEW_LETTERS  24         /* lines at a stretch */
#define SCREEN_VIEW_ABRUPT   0.5f       /* less than that is no bar any more */
#define SCREEN_VIEW_DEEPEST  0.45f      /* of a side, all bars at one end */
#define SCREEN_VIEW_CHANGE   24.0f      /* levels that tell two cells apart */


static unsigned screen_view_bars(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, int lax);
static int screen_view_peel(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge, int lax);
static int screen_view_bar(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, float *colour,
    int *abrupt);
static unsigned screen_view_line(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, int at,
    float *line);
static float screen_view_middle(const float *line, unsigned n);
static float screen_view_share(const float *line, unsigned n, float colour);
static float screen_view_covered(const float *line, const float *inner,
    unsigned n, float colour);


unsigned
screen_view_box(const screen_view_plane_t *plane, screen_view_rect_t *box,
    screen_view_rect_t *bare)
{
    unsigned             found;
    screen_view_cells_t  cells;

    screen_view_all(&cells);

    found = screen_view_bars(plane, &cells, 0);

    if (screen_view_copies(plane, &cells, SCREEN_VIEW_TOP)
        || screen_view_copies(plane, &cells, SCREEN_VIEW_LEFT))
    {
        found = 1;
    }

    *box = cells.rect;

    if (screen_view_bars(plane, &cells, 1)) {
        found |= 2;
    }

    *bare = cells.rect;

    return found;
}


void
screen_view_all(screen_view_cells_t *cells)
{
    cells->first[0] = cells->first[1] = 0;
    cells->last[0] = cells->last[1] = SCREEN_VIEW_SIDE;
    cells->rect.left = cells->rect.top = 0;
    cells->rect.right = cells->rect.bottom = 1;
}


static unsigned
screen_view_bars(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, int lax)
{
    unsigned  round, edge, found, peeled;

    found = 0;
    peeled = 1;

    for (round = 0; peeled && round < SCREEN_VIEW_ROUNDS; round++) {
        peeled = 0;

        for (edge = SCREEN_VIEW_TOP; edge <= SCREEN_VIEW_RIGHT; edge++) {
            peeled |= (unsigned) screen_view_peel(plane, cells, edge,
                                                  lax);
        }

        found |= peeled;
    }

    return found;
}


static inline float
screen_view_abs(float x)
{
    return x < 0 ? -x : x;
}


/* whether there was a bar at that edge, which is then left out */

static int
screen_view_peel(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge, int lax)
{
    int       lines, sharp, side;
    float     colour, part;
    float     line[SCREEN_VIEW_SIDE], inner[SCREEN_VIEW_SIDE];
    unsigned  n;

    side = edge >= SCREEN_VIEW_LEFT;

    lines = screen_view_bar(plane, cells, edge, &colour, &sharp);

    if (lines == 0 || !(sharp || lax)
        || cells->last[side] - cells->first[side] - lines < SCREEN_VIEW_LEAST)
    {
        return 0;
    }

    n = screen_view_line(plane, cells, edge, lines, line);
    (void) screen_view_line(plane, cells, edge, lines + 1, inner);

    part = screen_view_covered(line, inner, n, colour);

    screen_view_cut(cells, edge, lines, part);

    return 1;
}


/* how many lines the bar has; none if there is no bar */

static int
screen_view_bar(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, float *colour,
    int *abrupt)
{
    int       at, side, deepest, lines, written;
    float     share, line[SCREEN_VIEW_SIDE];
    unsigned  n;

    side = edge >= SCREEN_VIEW_LEFT;
    deepest = (int) ((float) (cells->last[side] - cells->first[side])
                     * SCREEN_VIEW_DEEPEST);

    n = screen_view_line(plane, cells, edge, 0, line);
    *colour = screen_view_middle(line, n);

    lines = 0;
    written = 0;
    *abrupt = 0;

    for (at = 0; at < deepest; at++) {

        n = screen_view_line(plane, cells, edge, at, line);
        share = screen_view_share(line, n, *colour);

        if (share >= SCREEN_VIEW_FLAT) {
            lines = at + 1;
            written = 0;
            continue;
        }

        if (at == 0 || share < SCREEN_VIEW_WRITTEN
            || ++written > SCREEN_VIEW_LETTERS)
        {
            break;
        }
    }

    if (lines) {
        n = screen_view_line(plane, cells, edge, lines + 1, line);
        *abrupt = lines < deepest
                  && screen_view_share(line, n, *colour) < SCREEN_VIEW_ABRUPT;
    }

    return lines;
}


/* cells along the edge, so many lines inside; how many they are */

static unsigned
screen_view_line(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, int at,
    float *line)
{
    int  i, from, to;

    if (edge <= SCREEN_VIEW_BOTTOM) {
        from = cells->first[1];
        to = cells->last[1];
        at = edge == SCREEN_VIEW_TOP ? cells->first[0] + at
                                     : cells->last[0] - 1 - at;

        memcpy(line, &plane->cells[at][from],
               (size_t) (to - from) * sizeof(float));

        return (unsigned) (to - from);
    }

    from = cells->first[0];
    to = cells->last[0];
    at = edge == SCREEN_VIEW_LEFT ? cells->first[1] + at
                                  : cells->last[1] - 1 - at;

    for (i = from; i < to; i++) {
        line[i - from] = plane->cells[i][at];
    }

    return (unsigned) (to - from);
}


/* the median, to a level */

static float
screen_view_middle(const float *line, unsigned n)
{
    unsigned  i, sum, counts[256];

    memset(counts, 0, sizeof(counts));

    for (i = 0; i < n; i++) {
        counts[(u_char) (line[i] + 0.5f)]++;
    }

    for (i = 0, sum = 0; i < 255; i++) {

        sum += counts[i];

        if (2 * sum >= n) {
            break;
        }
    }

    return (float) i;
}


static float
screen_view_share(const float *line, unsigned n, float colour)
{
    unsigned  i, same;

    for (i = 0, same = 0; i < n; i++) {
        same += screen_view_abs(line[i] - colour) <= SCREEN_VIEW_NOISE;
    }

    return (float) same / (float) n;
}


/*
 * How much of the line is picture, when the bar ends within it: as much as
 * its cells are on the way from the bar's colour to the next line.
 */

static float
screen_view_covered(const float *line, const float *inner, unsigned n,
    float colour)
{
    float     way, whole;
    unsigned  i, told;

    way = 0;
    whole = 0;
    told = 0;

    for (i = 0; i < n; i++) {
        if (screen_view_abs(inner[i] - colour) > SCREEN_VIEW_CHANGE) {
            way += inner[i] > colour ? line[i] - colour : colour - line[i];
            whole += screen_view_abs(inner[i] - colour);
            told++;
        }
    }

    if (8 * told < n || way > whole) {
        return 1;
    }

    return way < 0 ? 0 : way / whole;
}


void
screen_view_cut(screen_view_cells_t *cells, screen_view_edge_t edge,
    int lines, float part)
{
    float  at;

    switch (edge) {

    case SCREEN_VIEW_TOP:
    case SCREEN_VIEW_LEFT:
        cells->first[edge == SCREEN_VIEW_LEFT] += lines;
        at = ((float) cells->first[edge == SCREEN_VIEW_LEFT] + 1 - part)
             / SCREEN_VIEW_SIDE;

        if (edge == SCREEN_VIEW_TOP) {
            cells->rect.top = at;

        } else {
            cells->rect.left = at;
        }

        break;

    default:
        cells->last[edge == SCREEN_VIEW_RIGHT] -= lines;
        at = ((float) cells->last[edge == SCREEN_VIEW_RIGHT] - 1 + part)
             / SCREEN_VIEW_SIDE;

        if (edge == SCREEN_VIEW_BOTTOM) {
            cells->rect.bottom = at;

        } else {
            cells->rect.right = at;
        }

        break;
    }
}
