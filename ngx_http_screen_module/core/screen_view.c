
#include <stdio.h>
#include <string.h>

#include "screen_view_impl.h"


#define SCREEN_VIEW_ALIGN   64
#define SCREEN_VIEW_NEAR    8           /* bits, between views of a bank */
#define SCREEN_VIEW_MAX     512         /* views of a picture */

#define screen_view_bank(set)                                                 \
    ((set) == SCREEN_VIEWS_PICTURE_BANK || (set) == SCREEN_VIEWS_FRAME_BANK)
#define screen_view_frame(set)                                                \
    ((set) == SCREEN_VIEWS_FRAME_QUERY || (set) == SCREEN_VIEWS_FRAME_BANK)


typedef int (*screen_view_visit_pt)(void *ctx, screen_view_t view,
    unsigned variants, const screen_pdq_t *pdq);


typedef struct {
    const screen_pdq_picture_t  *picture;
    screen_view_set_t            set;
    screen_pdq_cpu_t             cpu;

    screen_view_plane_t         *plane;
    void                        *scratch;
    size_t                       size;        /* of it */

    screen_view_visit_pt         visit;
    void                        *ctx;

    int                          boxed;
    screen_view_rect_t           box;

    size_t                       n;           /* values visited, of a bank */
    uint64_t                     values[SCREEN_VIEW_MAX][4];
} screen_view_run_t;


static const char  *screen_view_names[] = {
    "whole",
    "512",
    "box",
    "bare",
    "inset",
};


static size_t screen_view_scratch(uint32_t width, uint32_t height);
static int screen_view_run(screen_view_run_t *run);
static int screen_view_whole(screen_view_run_t *run);
static int screen_view_512(screen_view_run_t *run);
static int screen_view_boxed(screen_view_run_t *run);
static int screen_view_part(screen_view_run_t *run, screen_view_t view,
    const screen_view_rect_t *rect);
static int screen_view_windows(screen_view_run_t *run, screen_view_t box);
static int screen_view_worth(screen_view_run_t *run,
    const screen_view_entry_t *entry, screen_view_t box);
static void screen_view_window(screen_view_run_t *run,
    const screen_view_entry_t *entry, screen_view_t box, screen_pdq_t *pdq);
static int screen_view_found(screen_view_run_t *run, screen_view_t view,
    screen_pdq_t *pdq);
static int screen_view_known(screen_view_run_t *run, const screen_pdq_t *pdq);
static unsigned screen_view_variants(screen_view_run_t *run,
    screen_view_t view);


const char *
screen_view_name(screen_view_t view, char to[SCREEN_VIEW_NAME])
{
    size_t       i;
    const char  *box, *name;

    box = view & SCREEN_VIEW_OF_BOX ? "box-" : "";
    name = NULL;

    if (view <= SCREEN_VIEW_INSET) {
        name = screen_view_names[view];
    }

    for (i = 0; i < screen_view_table_len; i++) {
        if (screen_view_table[i].view == (view & ~SCREEN_VIEW_OF_BOX)) {
            name = screen_view_table[i].name;
        }
    }

    if (name == NULL) {
        (void) snprintf(to, SCREEN_VIEW_NAME, "view-%u", (unsigned) view);

    } else {
        (void) snprintf(to, SCREEN_VIEW_NAME, "%s%s", box, name);
    }

    return to;
}


int
screen_view_parse(const screen_str_t *name, screen_view_t *view)
{
    size_t         i;
    uint64_t       number;
    screen_str_t   rest;
    screen_view_t  box;

    for (i = 0; i <= SCREEN_VIEW_INSET; i++) {
        if (screen_str_is(name, screen_view_names[i])) {
            *view = (screen_view_t) i;
            return SCREEN_OK;
        }
    }

    rest = *name;
    box = 0;

    if (rest.len > 4 && memcmp(rest.data, "box-", 4) == 0) {
        rest.data += 4;
        rest.len -= 4;
        box = SCREEN_VIEW_OF_BOX;
    }

    for (i = 0; i < screen_view_table_len; i++) {
        if (screen_str_is(&rest, screen_view_table[i].name)) {
            *view = screen_view_table[i].view | box;
            return SCREEN_OK;
        }
    }

    /* as screen_view_name() has it of one that is no longer made */

    if (box == 0 && rest.len > 5 && memcmp(rest.data, "view-", 5) == 0) {
        rest.data += 5;
        rest.len -= 5;

        if (screen_parse_uint(&rest, &number) == SCREEN_OK
            && number <= UINT16_MAX)
        {
            *view = (screen_view_t) number;
            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


/* the exact hashes follow one another in the same memory */

static size_t
screen_view_scratch(uint32_t width, uint32_t height)
{
    size_t  full, sampled;

    full = screen_pdq_memory(width, height, SCREEN_PDQ_FULL);
    sampled = screen_pdq_memory(width, height, SCREEN_PDQ_512);

    return full > sampled ? full : sampled;
}


size_t
screen_view_memory(uint32_t width, uint32_t height, screen_view_set_t set)
{
    return sizeof(screen_view_plane_t) + sizeof(screen_view_run_t)
           + screen_view_scratch(width, height) + 2 * SCREEN_VIEW_ALIGN;
}


int
screen_view_each(const screen_pdq_picture_t *picture, screen_view_set_t set,
    void *memory, size_t size, screen_view_visit_pt visit, void *ctx)
{
    uintptr_t           at;
    screen_view_run_t  *run;

    if (size < screen_view_memory(picture->width, picture->height, set)) {
        return SCREEN_LIMIT;
    }

    at = (uintptr_t) memory;
    at += -at % SCREEN_VIEW_ALIGN;
    run = (screen_view_run_t *) at;

    at += sizeof(screen_view_run_t);
    at += -at % SCREEN_VIEW_ALIGN;

    run->picture = picture;
    run->set = set;
    run->cpu = screen_pdq_cpu();
    run->plane = (screen_view_plane_t *) at;
    run->scratch = (void *) (at + sizeof(screen_view_plane_t));
    run->size = screen_view_scratch(picture->width, picture->height);
    run->visit = visit;
    run->ctx = ctx;
    run->n = 0;

    return screen_view_run(run);
}


static int
screen_view_run(screen_view_run_t *run)
{
    int  rc;

    rc = screen_view_whole(run);
    if (rc != SCREEN_OK) {
        return rc;
    }

    if (run->picture->width < SCREEN_PDQ_SIDE_MIN
        || run->picture->height < SCREEN_PDQ_SIDE_MIN)
    {
        return SCREEN_OK;
    }

    if (!screen_view_frame(run->set)
        && (run->picture->width > SCREEN_PDQ_SAMPLED
            || run->picture->height > SCREEN_PDQ_SAMPLED))
    {
        rc = screen_view_512(run);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    if (!screen_view_frame(run->set)) {
        screen_view_halve(run->plane);
    }

    rc = screen_view_boxed(run);
    if (rc != SCREEN_OK) {
        return rc;
    }

    /* who laid a border around a picture may have cropped it before */

    if (run->boxed) {
        rc = screen_view_windows(run, SCREEN_VIEW_OF_BOX);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return screen_view_windows(run, 0);
}


/* the plane of all that follows comes with it */

static int
screen_view_whole(screen_view_run_t *run)
{
    int           rc;
    screen_pdq_t  pdq;

    rc = screen_view_plane(run->cpu, run->plane, run->picture, &pdq,
                           run->scratch, run->size);
    if (rc != SCREEN_OK) {
        return rc;
    }

    return screen_view_found(run, SCREEN_VIEW_WHOLE, &pdq);
}


static int
screen_view_512(screen_view_run_t *run)
{
    int           rc;
    screen_pdq_t  pdq;

    rc = screen_pdq_compute_by(run->cpu, &pdq, run->picture, SCREEN_PDQ_512,
                               run->scratch, run->size);
    if (rc != SCREEN_OK) {
        return rc;
    }

    return screen_view_found(run, SCREEN_VIEW_512, &pdq);
}


static int
screen_view_boxed(screen_view_run_t *run)
{
    int                 rc;
    unsigned            found;
    screen_view_rect_t  rect;

    found = screen_view_box(run->plane, &run->box, &rect);
    run->boxed = (found & 1) != 0;

    if (run->boxed) {
        rc = screen_view_part(run, SCREEN_VIEW_BOX, &run->box);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    if (found & 2) {
        rc = screen_view_part(run, SCREEN_VIEW_BARE, &rect);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    if (!screen_view_bank(run->set) && screen_view_inset(run->plane, &rect)) {
        return screen_view_part(run, SCREEN_VIEW_INSET, &rect);
    }

    return SCREEN_OK;
}


static int
screen_view_part(screen_view_run_t *run, screen_view_t view,
    const screen_view_rect_t *rect)
{
    screen_pdq_t  pdq;

    screen_view_hash(run->plane, rect, &pdq);

    if (view != SCREEN_VIEW_BOX && pdq.quality < SCREEN_VIEW_QUALITY) {
        return SCREEN_OK;
    }

    return screen_view_found(run, view, &pdq);
}


/* of the picture, or of its box */

static int
screen_view_windows(screen_view_run_t *run, screen_view_t box)
{
    int                         rc;
    size_t                      i;
    screen_pdq_t                pdq;
    const screen_view_entry_t  *entry;

    for (i = 0; i < screen_view_table_len; i++) {
        entry = &screen_view_table[i];

        if (!(entry->sets & 1u << run->set)
            || !screen_view_worth(run, entry, box))
        {
            continue;
        }

        screen_view_window(run, entry, box, &pdq);

        if (pdq.quality < SCREEN_VIEW_QUALITY) {
            continue;
        }

        rc = screen_view_found(run, entry->view | box, &pdq);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


/* of the box of a banned picture only what a frame has: the whole has all */

static int
screen_view_worth(screen_view_run_t *run, const screen_view_entry_t *entry,
    screen_view_t box)
{
    return !box || !screen_view_bank(run->set)
           || entry->sets & 1u << SCREEN_VIEWS_FRAME_BANK;
}


static void
screen_view_window(screen_view_run_t *run, const screen_view_entry_t *entry,
    screen_view_t box, screen_pdq_t *pdq)
{
    float               width, height;
    screen_view_rect_t  rect;

    rect = entry->rect;

    if (box) {
        width = run->box.right - run->box.left;
        height = run->box.bottom - run->box.top;

        rect.left = run->box.left + rect.left * width;
        rect.right = run->box.left + rect.right * width;
        rect.top = run->box.top + rect.top * height;
        rect.bottom = run->box.top + rect.bottom * height;
    }

    if (entry->kind == SCREEN_VIEW_WINDOW) {
        screen_view_hash(run->plane, &rect, pdq);
        return;
    }

    screen_view_hash_turned(run->plane, &rect, entry->degrees,
                            entry->kind == SCREEN_VIEW_LEVELLED, pdq);
}


static int
screen_view_found(screen_view_run_t *run, screen_view_t view,
    screen_pdq_t *pdq)
{
    if (screen_view_bank(run->set) && screen_view_known(run, pdq)
        && view != SCREEN_VIEW_WHOLE)
    {
        return SCREEN_OK;
    }

    return run->visit(run->ctx, view, screen_view_variants(run, view), pdq);
}


/* whether one that came before is as near; if not, this is one from now on */

static int
screen_view_known(screen_view_run_t *run, const screen_pdq_t *pdq)
{
    int        distance;
    size_t     i;
    unsigned   k;
    uint64_t   value[4];

    screen_pdq_value(pdq, SCREEN_PDQ_ORIGINAL, (u_char *) value);

    for (i = 0; i < run->n; i++) {

        distance = 0;

        for (k = 0; k < 4; k++) {
            distance += __builtin_popcountll(value[k] ^ run->values[i][k]);
        }

        if (distance <= SCREEN_VIEW_NEAR) {
            return 1;
        }
    }

    if (run->n < SCREEN_VIEW_MAX) {
        memcpy(run->values[run->n++], value, sizeof(value));
    }

    return 0;
}


/* people turn and flip whole pictures; of a video they do no more than flip */

static unsigned
screen_view_variants(screen_view_run_t *run, screen_view_t view)
{
    if (screen_view_bank(run->set)) {
        return 1u << SCREEN_PDQ_ORIGINAL;
    }

    if (view <= SCREEN_VIEW_BOX && !screen_view_frame(run->set)) {
        return (1u << SCREEN_PDQ_VARIANTS) - 1;
    }

    return 1u << SCREEN_PDQ_ORIGINAL | 1u << SCREEN_PDQ_MIRROR;
}
