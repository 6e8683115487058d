
#include <string.h>

#include "screen_view_impl.h"
#include "screen_pdq_turn.h"


/*
 * A picture on another, be it a blurred copy of itself, begins at a line along
 * which everything changes; behind the end of a blurred copy there is more
 * detail, too.
 */

#define SCREEN_VIEW_PLAIN    4.0f       /* times the change around it, of the
                                           end of a copy beyond doubt */


typedef int32_t screen_view_mask_t __attribute__((vector_size(32)));
typedef screen_pdq_lanes_t screen_view_loose_t
    __attribute__((aligned(4), may_alias));

/* of lines, and room for a vector of them that begins with the last */

typedef struct {
    float                change[SCREEN_VIEW_SIDE + 8];
    float                detail[SCREEN_VIEW_SIDE + 8];
} screen_view_profile_t;


static int screen_view_profile(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, unsigned side, int copy,
    screen_view_profile_t *profile);
static void screen_view_turn(screen_view_profile_t *profile, int n);
static float screen_view_mean(const float *v, int from, int to);
static int screen_view_step(const screen_view_profile_t *profile, int n,
    int copy, float *part, float *most);


/* macros: what returns such vectors is not the same function for all CPUs */

#define screen_view_apart(a, b)                                               \
    ((screen_pdq_lanes_t) ((screen_view_mask_t) ((a) - (b)) & INT32_MAX))

#define screen_view_load(at)  (*(const screen_view_loose_t *) (at))


/* a row, all lanes of which are one line's sum */

screen_pdq_inline void
screen_view_row(const float *at, int n, int first, int copy, float *change,
    float *detail)
{
    int                  i;
    screen_pdq_lanes_t   here, changes, details;

    memset(&changes, 0, sizeof(changes));
    memset(&details, 0, sizeof(details));

    for (i = 0; i + SCREEN_PDQ_LANES < n; i += SCREEN_PDQ_LANES) {
        here = screen_view_load(at + i);

        if (!first) {
            changes += screen_view_apart(here,
                           screen_view_load(at + i - SCREEN_VIEW_SIDE));
        }

        if (copy) {
            details += screen_view_apart(screen_view_load(at + i - 1)
                                         + screen_view_load(at + i + 1),
                                         here + here);
        }
    }

    for (i = 0; i < SCREEN_PDQ_LANES; i++) {
        *change += changes[i];
        *detail += details[i];
    }
}


screen_pdq_inline void
screen_view_rows(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, int copy,
    screen_view_profile_t *profile)
{
    int           n, y;
    float        *change, *detail;
    const float  *at;

    n = cells->last[1] - cells->first[1] - 1;
    change = profile->change;
    detail = profile->detail;

    at = &plane->cells[cells->first[0]][cells->first[1] + 1];
    screen_view_row(at, n, 1, copy, change, detail);

    for (y = cells->first[0] + 1; y < cells->last[0]; y++) {
        at += SCREEN_VIEW_SIDE;
        screen_view_row(at, n, 0, copy, ++change, ++detail);
    }
}


/*
 * Neighbours are in neighbouring lines: each lane is a line's sum.  The lines
 * grow side by side, row by row, as the plane lies in memory; those behind the
 * last are nobody's.
 */

screen_pdq_inline void
screen_view_columns(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, int copy,
    screen_view_profile_t *profile)
{
    int                  x, y;
    float               *to;
    const float         *at;
    screen_pdq_lanes_t   here, sum;

    for (y = cells->first[0] + 1; y + 1 < cells->last[0]; y++) {
        for (x = cells->first[1] + 1;
             x < cells->last[1];
             x += SCREEN_PDQ_LANES)
        {
            at = &plane->cells[y][x];
            here = screen_view_load(at);

            to = &profile->change[x - cells->first[1]];
            sum = screen_view_load(to)
                  + screen_view_apart(here, screen_view_load(at - 1));
            memcpy(to, &sum, sizeof(sum));

            if (copy) {
                to = &profile->detail[x - cells->first[1]];
                sum = screen_view_load(to)
                      + screen_view_apart(
                            screen_view_load(at - SCREEN_VIEW_SIDE)
                            + screen_view_load(at + SCREEN_VIEW_SIDE),
                            here + here);
                memcpy(to, &sum, sizeof(sum));
            }
        }
    }
}


screen_pdq_inline void
screen_view_lines(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, unsigned side, int copy,
    screen_view_profile_t *profile)
{
    if (copy && side) {
        screen_view_columns(plane, cells, 1, profile);

    } else if (copy) {
        screen_view_rows(plane, cells, 1, profile);

    } else if (side) {
        screen_view_columns(plane, cells, 0, profile);

    } else {
        screen_view_rows(plane, cells, 0, profile);
    }
}


static void
screen_view_lines_any(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, unsigned side, int copy,
    screen_view_profile_t *profile)
{
    screen_view_lines(plane, cells, side, copy, profile);
}


#if (SCREEN_PDQ_AVX2)

__attribute__((target("avx2"))) static void
screen_view_lines_avx2(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, unsigned side, int copy,
    screen_view_profile_t *profile)
{
    screen_view_lines(plane, cells, side, copy, profile);
}

#endif


/*
 * The change from line to line and, where copies are looked for, the detail
 * within each of them, lines being rows or columns; the number of lines.  The
 * change of the first is none.
 */

static int
screen_view_profile(const screen_view_plane_t *plane,
    const screen_view_cells_t *cells, unsigned side, int copy,
    screen_view_profile_t *profile)
{
    int  i, n, count;

    n = cells->last[side] - cells->first[side];
    count = cells->last[1 - side] - cells->first[1 - side];

    memset(profile, 0, sizeof(screen_view_profile_t));

#if (SCREEN_PDQ_AVX2)

    if (plane->cpu == SCREEN_PDQ_CPU_AVX2) {
        screen_view_lines_avx2(plane, cells, side, copy, profile);

    } else
#endif
    {
        screen_view_lines_any(plane, cells, side, copy, profile);
    }

    for (i = 0; i < n; i++) {
        profile->change[i] /= (float) count;
        profile->detail[i] /= (float) count;
    }

    return n;
}


/* the same seen from the other end */

static void
screen_view_turn(screen_view_profile_t *profile, int n)
{
    int    i;
    float  swap;

    for (i = 0; i < n / 2; i++) {
        swap = profile->detail[i];
        profile->detail[i] = profile->detail[n - 1 - i];
        profile->detail[n - 1 - i] = swap;
    }

    /* the change of a line is that from the one before, of n - 1 to n - 2 */

    for (i = 1; i < n - i; i++) {
        swap = profile->change[i];
        profile->change[i] = profile->change[n - i];
        profile->change[n - i] = swap;
    }
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
screen_view_step(const screen_view_profile_t *profile, int n, int copy,
    float *part, float *most)
{
    int           at, best;
    float         before, after, ratio;
    const float  *change, *detail;

    change = profile->change;
    detail = profile->detail;

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

int
screen_view_copies(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge)
{
    int                    i, n, at[2];
    float                  parts[2], ratios[2];
    screen_view_profile_t  profile;

    n = screen_view_profile(plane, cells, edge >= SCREEN_VIEW_LEFT, 1,
                            &profile);
    at[0] = screen_view_step(&profile, n, 1, &parts[0], &ratios[0]);

    screen_view_turn(&profile, n);
    at[1] = screen_view_step(&profile, n, 1, &parts[1], &ratios[1]);

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
    int                    n, at, found;
    float                  part, ratio;
    unsigned               i, edge, side;
    screen_view_cells_t    cells;
    screen_view_profile_t  profile;

    screen_view_all(&cells);
    found = 0;
    n = 0;

    for (i = 0; i < 8; i++) {
        edge = i % 4;
        side = edge >= SCREEN_VIEW_LEFT;

        if (edge % 2 == 0) {
            cells.first[side] = 0;
            cells.last[side] = SCREEN_VIEW_SIDE;
            n = screen_view_profile(plane, &cells, side, 0, &profile);

        } else {
            screen_view_turn(&profile, n);
        }

        at = screen_view_step(&profile, n, 0, &part, &ratio);

        found &= ~(1 << edge);

        if (at) {
            screen_view_cut(&cells, edge, at, part);
            found |= 1 << edge;
        }

        /* looked at again, all would be the same; or rows stay without */

        if ((i == 3 && found == 0) || (i == 5 && (found & 0x03) != 0x03)) {
            return 0;
        }
    }

    *rect = cells.rect;

    return found == 0x0f;
}
