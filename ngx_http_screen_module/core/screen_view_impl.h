
/*
 * What the parts of views share: the plane of averages (screen_view_plane.c),
 * the hash of a part of it (screen_view_hash.c), what is laid around a
 * picture (screen_view_box.c, screen_view_step.c) and the table of views
 * (screen_view_table.c).
 */


#ifndef _SCREEN_VIEW_IMPL_H_INCLUDED_
#define _SCREEN_VIEW_IMPL_H_INCLUDED_


#include "screen_view.h"
#include "screen_pdq_impl.h"


/*
 * The plane is square whatever the picture is: PDQ makes a square of it
 * anyway, and windows are shares of a side.
 */

#define SCREEN_VIEW_SIDE  SCREEN_PDQ_CELLS

enum {
    SCREEN_VIEW_HALF = SCREEN_VIEW_SIDE / 2
};


typedef struct {
    float              cells[SCREEN_VIEW_SIDE][SCREEN_VIEW_SIDE]
                           __attribute__((aligned(64)));
    float              half[SCREEN_VIEW_HALF][SCREEN_VIEW_HALF];
    float              rows[SCREEN_PDQ_BLOCK][SCREEN_VIEW_SIDE]
                           __attribute__((aligned(64)));
    float              columns[SCREEN_VIEW_SIDE][SCREEN_PDQ_BLOCK]
                           __attribute__((aligned(64)));
    screen_pdq_block_t turned;
    screen_pdq_block_t block;
    screen_pdq_cpu_t   cpu;
    double             aspect;          /* width / height of the picture */
} screen_view_plane_t;


/* a part of the plane, in shares of its sides */

typedef struct {
    float              left;
    float              top;
    float              right;
    float              bottom;
} screen_view_rect_t;


/*
 * The averages of a picture, and on the way its hash in full mode; memory,
 * size and what it returns as of screen_pdq_compute().  Of a picture with a
 * side of less than SCREEN_PDQ_SIDE_MIN there are no averages.
 */
int screen_view_plane(screen_pdq_cpu_t cpu, screen_view_plane_t *plane,
    const screen_pdq_picture_t *picture, screen_pdq_t *pdq, void *memory,
    size_t size);

/* the averages of two by two of them, for screen_view_hash_turned() */
void screen_view_halve(screen_view_plane_t *plane);


/* the hash of a part, upright */
void screen_view_hash(screen_view_plane_t *plane,
    const screen_view_rect_t *rect, screen_pdq_t *pdq);

/*
 * The hash of a part of rect that was turned by so many degrees clockwise:
 * what is left upright within it, of the same form; or, levelled, what lies
 * turned in rect and touches all its sides.
 */
void screen_view_hash_turned(screen_view_plane_t *plane,
    const screen_view_rect_t *rect, double degrees, int levelled,
    screen_pdq_t *pdq);


/*
 * What is left when bars, borders, captions and blurred copies are taken
 * away, and when what is of one colour and ends little by little, as a sky
 * does, is taken away, too: a mask of 1, there is a box, and 2, less of it is
 * left bare.
 */
unsigned screen_view_box(const screen_view_plane_t *plane,
    screen_view_rect_t *box, screen_view_rect_t *bare);

/* a picture in another, whose four edges stand out: 1 if there is one */
int screen_view_inset(const screen_view_plane_t *plane,
    screen_view_rect_t *rect);


typedef enum {
    SCREEN_VIEW_TOP = 0,
    SCREEN_VIEW_BOTTOM,
    SCREEN_VIEW_LEFT,
    SCREEN_VIEW_RIGHT
} screen_view_edge_t;


/* cells from first to last, the last one not; the edges between them */

typedef struct {
    int                  first[2];           /* row, column */
    int                  last[2];
    screen_view_rect_t   rect;
} screen_view_cells_t;

#define SCREEN_VIEW_LEAST    32         /* cells, of what is left */

/* all of the plane */
void screen_view_all(screen_view_cells_t *cells);

/* without so many lines at an edge; part of the first left is in the rect */
void screen_view_cut(screen_view_cells_t *cells, screen_view_edge_t edge,
    int lines, float part);

/*
 * Without blurred copies at both ends, the first of which is that edge, top
 * or left: 1 if there were such.
 */
int screen_view_copies(const screen_view_plane_t *plane,
    screen_view_cells_t *cells, screen_view_edge_t edge);


/*
 * The views of the table.  A view is in a set when the bit 1 << set of sets
 * is set; of the box, when its bit of box is.
 */

typedef enum {
    SCREEN_VIEW_WINDOW = 0,
    SCREEN_VIEW_TURNED,
    SCREEN_VIEW_LEVELLED
} screen_view_kind_t;

typedef struct {
    screen_view_t       view;
    unsigned            sets;
    const char         *name;
    screen_view_kind_t  kind;
    double              degrees;
    screen_view_rect_t  rect;
} screen_view_entry_t;

extern const screen_view_entry_t  screen_view_table[];
extern const size_t               screen_view_table_len;


#endif /* _SCREEN_VIEW_IMPL_H_INCLUDED_ */
