
#include "screen_view_impl.h"


int
screen_view_plane(screen_pdq_cpu_t cpu, screen_view_plane_t *plane,
    const screen_pdq_picture_t *picture, screen_pdq_t *pdq, void *memory,
    size_t size)
{
    plane->cpu = cpu;
    plane->aspect = picture->height
                    ? (double) picture->width / picture->height : 1;

    return screen_pdq_compute_cells(cpu, pdq, picture, plane->cells, memory,
                                    size);
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
