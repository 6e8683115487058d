
/*
 * What the parts of views share: the plane of averages (screen_view_plane.c),
 * the hash of a part of it (screen_view_hash.c), what is laid around a
 * picture (screen_view_box.c) and the table of views (screen_view_table.c).
 */


#ifndef _SCREEN_VIEW_IMPL_H_INCLUDED_
#define _SCREEN_VIEW_IMPL_H_INCLUDED_


#include "screen_view.h"
#include "screen_pdq_impl.h"


/*
 * The plane is square whatever the picture is: PDQ makes a square of it
 * anyway, and windows are shares of a side.
 */

#define SCREEN_VIEW_SIDE  256
#define SCREEN_VIEW_HALF  (SCREEN_VIEW_SIDE / 2)


typedef struct {
    float              cells[SCREEN_VIEW_SIDE][SCREEN_VIEW_SIDE];
    float              half[SCREEN_VIEW_HALF][SCREEN_VIEW_HALF];
    float              rows[SCREEN_PDQ_BLOCK][SCREEN_VIEW_SIDE];
    screen_pdq_block_t block;
    double             aspect;          /* width / height of the picture */
} screen_view_plane_t;


/* a part of the plane, in shares of its sides */

typedef struct {
    float              left;
    float              top;
    float              right;
    float              bottom;
} screen_view_rect_t;


/* bytes that the averaging of a picture needs besides the plane */
size_t screen_view_plane_memory(uint32_t width, unsigned channels);

/* the averages, and those of two by two of them, of a picture of any size */
void screen_view_plane(screen_pdq_cpu_t cpu, screen_view_plane_t *plane,
    const screen_pdq_picture_t *picture, void *memory);


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
 * away: 1 if there are such.  Lax also takes away what is of one colour and
 * ends little by little, as a sky does.
 */
int screen_view_box(const screen_view_plane_t *plane, int lax,
    screen_view_rect_t *rect);

/* a picture in another, whose four edges stand out: 1 if there is one */
int screen_view_inset(const screen_view_plane_t *plane,
    screen_view_rect_t *rect);


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
