
#include <string.h>

#include "screen_tail_impl.h"


typedef struct {
    screen_tail_near_t   *n;
    int                 (*visit)(void *ctx, const screen_entry_t *entry,
                                 unsigned distance);
    void                 *ctx;
} screen_tail_near_each_t;


static int screen_tail_near_added(void *ctx, uint32_t at, unsigned distance);
static int screen_tail_near_filed(void *ctx, const screen_entry_t *entry,
    unsigned distance);


void
screen_tail_near_begin(screen_tail_near_t *n, const screen_tail_t *t,
    const screen_bank_t *bank, screen_signal_t signal, const u_char value[32],
    unsigned radius, uint64_t now)
{
    n->tail = t;
    n->tail_done = 1;
    n->count = 0;

    screen_bank_near_begin(&n->file, bank, signal, value, radius, 0, now);

    if (t->header == NULL) {
        return;
    }

    n->count = atomic_load_explicit(&t->header->count, memory_order_acquire);
    n->count = n->count > t->capacity ? t->capacity : n->count;

    if (!screen_signal_perceptual(signal)
        || !(atomic_load(&t->header->signals) & 1u << signal))
    {
        return;
    }

    n->tail_done = 0;

    (void) screen_near_attach(&n->near, screen_tail_values(t), n->count, NULL,
                              0);
    screen_near_begin(&n->search, &n->near, value, radius);
}


int
screen_tail_near_each(screen_tail_near_t *n, uint32_t budget,
    int (*visit)(void *ctx, const screen_entry_t *entry, unsigned distance),
    void *ctx)
{
    int                      rc;
    screen_tail_near_each_t  each;

    each.n = n;
    each.visit = visit;
    each.ctx = ctx;

    if (!n->tail_done) {

        rc = screen_near_step(&n->search, &n->near, budget,
                              screen_tail_near_added, &each);

        if (rc == SCREEN_AGAIN) {
            return SCREEN_AGAIN;
        }

        n->tail_done = 1;

        if (rc != SCREEN_OK) {
            screen_near_end(&n->file.search);
            return rc;
        }

        /* a step is one or the other, and so within its budget */

        return SCREEN_AGAIN;
    }

    return screen_bank_near_each(&n->file, budget, screen_tail_near_filed,
                                 &each);
}


static int
screen_tail_near_added(void *ctx, uint32_t at, unsigned distance)
{
    uint32_t                  frames;
    screen_entry_t            entry;
    screen_tail_op_t          op;
    screen_tail_near_t       *n;
    screen_tail_near_each_t  *each;

    each = ctx;
    n = each->n;

    if (screen_tail_decode(screen_tail_entries_at(n->tail) + at, &op, &entry)
        != SCREEN_OK
        || op != SCREEN_TAIL_ADD || entry.signal != n->file.signal
        || (entry.expires != 0 && entry.expires <= n->file.now)
        || memcmp(entry.value, screen_tail_values(n->tail)
                               + (size_t) at * SCREEN_TAIL_VALUE,
                  SCREEN_TAIL_VALUE)
           != 0
        || screen_tail_last(n->tail, &entry, n->count) != at)
    {
        return SCREEN_OK;
    }

    frames = screen_tail_frames(n->tail, &entry.content);
    entry.frames = frames > entry.frames ? frames : entry.frames;

    return each->visit(each->ctx, &entry, distance);
}


static int
screen_tail_near_filed(void *ctx, const screen_entry_t *filed,
    unsigned distance)
{
    uint32_t                  frames;
    screen_entry_t            entry;
    screen_tail_near_t       *n;
    screen_tail_near_each_t  *each;

    each = ctx;
    n = each->n;

    if (n->count == 0) {
        return each->visit(each->ctx, filed, distance);
    }

    if (screen_tail_last(n->tail, filed, n->count) != UINT32_MAX) {
        return SCREEN_OK;
    }

    entry = *filed;
    frames = screen_tail_frames(n->tail, &entry.content);
    entry.frames = frames > entry.frames ? frames : entry.frames;

    return each->visit(each->ctx, &entry, distance);
}
