
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


<<<<<<< HEAD
static unsigned screen_view_bars(const screen_view_plane_t *plane,
=======
typedef enum {
    SCREEN_VIEW_TOP = 0,
    SCREEN_VIEW_BOTTOM,
    SCREEN_VIEW_LEFT,
    SCREEN_VIEW_RIGHT
} screen_view_edge_t;


/* floats that are worked on at once */

#define SCREEN_VIEW_LANES    8

typedef float screen_view_lanes_t __attribute__((vector_size(32)));
typedef int32_t screen_view_signs_t __attribute__((vector_size(32)));

#define screen_view_lanes_abs(lanes)                                          \
    ((screen_view_lanes_t) ((screen_view_signs_t) (lanes) & INT32_MAX))


/* cells from first to last, the last one not; the edges between them */

typedef struct {
    int                  first[2];           /* row, column */
    int                  last[2];
    screen_view_rect_t   rect;
} screen_view_cells_t;


static void screen_view_all(screen_view_cells_t *cells);
static int screen_view_bars(const screen_view_plane_t *plane,
>>>>>>> video
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
<<<<<<< HEAD
=======
static void screen_view_cut(screen_view_cells_t *cells,
    screen_view_edge_t edge, int lines, float part);
static void screen_view_changes_rows(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, float *change, float *detail);
static void screen_view_changes_columns(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, float *change, float *detail);
static int screen_view_profile(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, float *change,
    float *detail);
static float screen_view_mean(const float *v, int from, int to);
static int screen_view_step(const float *change, const float *detail, int n,
    int copy, float *part, float *most);
static int screen_view_copies(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge);
>>>>>>> video


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
<<<<<<< HEAD
=======


/*
 * For each row, or column, how much changes towards the next one and how much
 * detail is within it; whichever it is, cells are added up as they lie in
 * memory.
 */

static void
screen_view_changes_rows(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, float *change, float *detail)
{
    int                  x, y, from, to;
    unsigned             i;
    const float         *row, *next;
    screen_view_lanes_t  a, b, c, d, sums[2];

    from = cells->first[1] + 1;
    to = cells->last[1] - 1;

    for (y = cells->first[0]; y < cells->last[0]; y++) {
        row = plane->cells[y];
        next = y + 1 < cells->last[0] ? plane->cells[y + 1] : row;

        memset(sums, 0, sizeof(sums));
        change[y] = 0;
        detail[y] = 0;

        for (x = from; x + SCREEN_VIEW_LANES <= to; x += SCREEN_VIEW_LANES) {
            memcpy(&a, row + x - 1, sizeof(a));
            memcpy(&b, row + x, sizeof(b));
            memcpy(&c, row + x + 1, sizeof(c));
            memcpy(&d, next + x, sizeof(d));

            sums[0] += screen_view_lanes_abs(d - b);
            sums[1] += screen_view_lanes_abs(a - 2 * b + c);
        }

        for ( /* void */ ; x < to; x++) {
            change[y] += screen_view_abs(next[x] - row[x]);
            detail[y] += screen_view_abs(row[x - 1] - 2 * row[x]
                                         + row[x + 1]);
        }

        for (i = 0; i < SCREEN_VIEW_LANES; i++) {
            change[y] += sums[0][i];
            detail[y] += sums[1][i];
        }
    }
}


static void
screen_view_changes_columns(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, float *change, float *detail)
{
    int                  x, y;
    float                row[SCREEN_VIEW_SIDE + SCREEN_VIEW_LANES];
    screen_view_lanes_t  a, b, c, d, sum;

    memset(change, 0, SCREEN_VIEW_SIDE * sizeof(float));
    memset(detail, 0, SCREEN_VIEW_SIDE * sizeof(float));
    memset(row, 0, sizeof(row));

    for (y = cells->first[0] + 1; y < cells->last[0] - 1; y++) {

        memcpy(row, plane->cells[y], sizeof(plane->cells[y]));

        for (x = 0; x < SCREEN_VIEW_SIDE; x += SCREEN_VIEW_LANES) {
            memcpy(&a, &plane->cells[y - 1][x], sizeof(a));
            memcpy(&b, row + x, sizeof(b));
            memcpy(&c, &plane->cells[y + 1][x], sizeof(c));
            memcpy(&d, row + x + 1, sizeof(d));

            memcpy(&sum, change + x, sizeof(sum));
            sum += screen_view_lanes_abs(d - b);
            memcpy(change + x, &sum, sizeof(sum));

            memcpy(&sum, detail + x, sizeof(sum));
            sum += screen_view_lanes_abs(a - 2 * b + c);
            memcpy(detail + x, &sum, sizeof(sum));
        }
    }
}


/*
 * The change from line to line and the detail within each of them.  n lines
 * are there, the change of the first is none.
 */

static int
screen_view_profile(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, screen_view_edge_t edge, float *change,
    float *detail)
{
    int    at, n, side, first, last;
    float  changes[SCREEN_VIEW_SIDE], details[SCREEN_VIEW_SIDE], count;

    side = edge >= SCREEN_VIEW_LEFT;
    first = cells->first[side];
    last = cells->last[side];
    n = last - first;
    count = (float) (cells->last[1 - side] - cells->first[1 - side]);

    if (side) {
        screen_view_changes_columns(plane, cells, changes, details);

    } else {
        screen_view_changes_rows(plane, cells, changes, details);
    }

    for (at = 0; at < n; at++) {

        if (edge == SCREEN_VIEW_TOP || edge == SCREEN_VIEW_LEFT) {
            change[at] = at ? changes[first + at - 1] / count : 0;
            detail[at] = details[first + at] / count;

        } else {
            change[at] = at ? changes[last - 1 - at] / count : 0;
            detail[at] = details[last - 1 - at] / count;
        }
    }

    return n;
}


static float
screen_view_mean(const float *v, int from, int to)
{
    int    i;
    float  sum;

    for (i = from, sum = 0; i < to; i++) {
        sum += v[i];
    }

    return to > from ? sum / (float) (to - from) : 0;
}


/*
 * The line at which a blurred copy ends, counted from the edge, or 0: the
 * change there is far above that of the lines before it, and there is more
 * detail behind it.  Without copy, the line that stands out most among those
 * around it.  part tells how much of the line is picture: the change is
 * shared with the line that follows.
 */

static int
screen_view_step(const float *change, const float *detail, int n, int copy,
    float *part, float *most)
{
    int    at, best;
    float  before, after, ratio;

    best = 0;
    *most = copy ? 2.0f : 1.4f;

    for (at = copy ? n / 16 + 4 : 5; at < n * 47 / 100; at++) {

        before = screen_view_mean(change, at - 4, at - 1) + 0.2f;
        after = screen_view_mean(change, at + 3, at + 6) + 0.2f;

        if (!copy && after > before) {
            before = after;
        }

        ratio = (change[at] + change[at + 1]) / (2 * before);

        if (ratio <= *most
            || (copy && screen_view_mean(detail, 1, at - 1)
                        > 0.6f * screen_view_mean(detail, at + 1,
                                                  n / 2 + 1)))
        {
            continue;
        }

        best = at;
        *most = ratio;
    }

    if (best) {
        before = change[best]
                 - screen_view_mean(change, best - 4, best - 1);
        after = change[best + 1]
                - screen_view_mean(change, best + 2, best + 5);

        before = before > 0 ? before : 0.01f;
        after = after > 0 ? after : 0;
        *part = before / (before + after);
    }

    return best;
}


/*
 * Blurred copies at both ends, seen from the first of them.  The picture is
 * in the middle, as a rule: where one of the steps is faint, the other tells.
 */

static int
screen_view_copies(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge)
{
    int    i, n, at[2];
    float  change[SCREEN_VIEW_SIDE + 8], detail[SCREEN_VIEW_SIDE + 8];
    float  parts[2], ratios[2];

    n = 0;

    for (i = 0; i < 2; i++) {
        memset(change, 0, sizeof(change));
        memset(detail, 0, sizeof(detail));

        n = screen_view_profile(plane, cells, edge + i, change, detail);
        at[i] = screen_view_step(change, detail, n, 1, &parts[i], &ratios[i]);
    }

    if (at[0] == 0 && at[1] == 0) {
        return 0;
    }

    i = at[0] == 0 || (at[1] && ratios[1] > ratios[0]);

    if (at[1 - i] == 0 && ratios[i] < SCREEN_VIEW_PLAIN) {
        return 0;
    }

    if (at[1 - i] == 0 || at[0] - at[1] > 2 || at[1] - at[0] > 2) {
        at[1 - i] = at[i];
        parts[1 - i] = parts[i];
    }

    if (n - at[0] - at[1] < SCREEN_VIEW_LEAST) {
        return 0;
    }

    screen_view_cut(cells, edge, at[0], parts[0]);
    screen_view_cut(cells, edge + 1, at[1], parts[1]);

    return 1;
}


/* columns are looked at again within the rows that were found, and so on */

int
screen_view_inset(const screen_view_plane_t *plane, screen_view_rect_t *rect)
{
    int                  n, at, found;
    float                change[SCREEN_VIEW_SIDE + 8];
    float                detail[SCREEN_VIEW_SIDE + 8];
    float                part, ratio;
    unsigned             i, edge, side;
    screen_view_cells_t  cells, next;

    screen_view_all(&cells);
    found = 0;

    for (i = 0; i < 8; i++) {
        edge = i % 4;
        side = edge >= SCREEN_VIEW_LEFT;

        if (edge % 2 == 0) {
            next = cells;
            next.first[side] = 0;
            next.last[side] = SCREEN_VIEW_SIDE;
            cells = next;
        }

        memset(change, 0, sizeof(change));
        memset(detail, 0, sizeof(detail));

        n = screen_view_profile(plane, &next, edge, change, detail);
        at = screen_view_step(change, detail, n, 0, &part, &ratio);

        if (at && n - at >= SCREEN_VIEW_LEAST) {
            screen_view_cut(&cells, edge, at, part);
            found |= 1 << edge;

        } else {
            found &= ~(1 << edge);
        }
    }

    *rect = cells.rect;

    return found == 0x0f;
}
>>>>>>> video
