
#include <string.h>

#include "screen_bank_impl.h"


/* what a search of any length may spend in one step: no limit */

#define SCREEN_BANK_NEAR_ALL  UINT32_MAX


typedef struct {
    screen_bank_near_t   *n;
    int                 (*visit)(void *ctx, const screen_entry_t *entry,
                                 unsigned distance);
    void                 *ctx;
} screen_bank_near_each_t;


static int screen_bank_near_nearest(void *ctx, uint32_t at,
    unsigned distance);
static int screen_bank_near_pass(void *ctx, uint32_t at, unsigned distance);


void
screen_bank_near_begin(screen_bank_near_t *n, const screen_bank_t *bank,
    screen_signal_t signal, const u_char value[32], unsigned radius,
    unsigned enough, uint64_t now)
{
    /* of md5, say, there are no codes */

    n->signal = screen_signal_perceptual(signal) ? signal
                                                 : SCREEN_SIGNAL_SHA256;
    n->bank = bank;
    n->now = now;
    n->enough = enough;
    n->found = 0;

    screen_near_begin(&n->search, &bank->near[n->signal], value, radius);
}


int
screen_bank_near_next(screen_bank_near_t *n, uint32_t budget,
    screen_entry_t *entry, unsigned *distance)
{
    int  rc;

    rc = screen_near_step(&n->search, &n->bank->near[n->signal], budget,
                          screen_bank_near_nearest, n);
    if (rc != SCREEN_OK) {
        return rc;
    }

    if (!n->found) {
        return SCREEN_NOT_FOUND;
    }

    *entry = n->entry;
    *distance = n->distance;

    return SCREEN_OK;
}


/* SCREEN_OK, or SCREEN_NOT_FOUND for one that is not to be seen */

static int
screen_bank_near_entry(screen_bank_near_t *n, uint32_t at,
    screen_entry_t *entry)
{
    if (screen_bank_entry(n->bank, n->signal, at, entry) != SCREEN_OK
        || (entry->expires != 0 && entry->expires <= n->now))
    {
        return SCREEN_NOT_FOUND;
    }

    return SCREEN_OK;
}


static int
screen_bank_near_nearest(void *ctx, uint32_t at, unsigned distance)
{
    screen_entry_t       entry;
    screen_bank_near_t  *n;

    n = ctx;

    if (screen_bank_near_entry(n, at, &entry) != SCREEN_OK) {
        return SCREEN_OK;
    }

    n->entry = entry;
    n->distance = distance;
    n->found = 1;

    if (distance <= n->enough || distance == 0) {
        screen_near_end(&n->search);

    } else {
        screen_near_narrow(&n->search, &n->bank->near[n->signal],
                           distance - 1);
    }

    return SCREEN_OK;
}


int
screen_bank_near_each(screen_bank_near_t *n, uint32_t budget,
    int (*visit)(void *ctx, const screen_entry_t *entry, unsigned distance),
    void *ctx)
{
    screen_bank_near_each_t  each;

    each.n = n;
    each.visit = visit;
    each.ctx = ctx;

    return screen_near_step(&n->search, &n->bank->near[n->signal], budget,
                            screen_bank_near_pass, &each);
}


static int
screen_bank_near_pass(void *ctx, uint32_t at, unsigned distance)
{
    screen_entry_t            entry;
    screen_bank_near_each_t  *each;

    each = ctx;

    if (screen_bank_near_entry(each->n, at, &entry) != SCREEN_OK) {
        return SCREEN_OK;
    }

    return each->visit(each->ctx, &entry, distance);
}


int
screen_bank_near(const screen_bank_t *bank, screen_signal_t signal,
    const u_char value[32], unsigned radius, uint64_t now,
    screen_entry_t *entry, unsigned *distance)
{
    int                 rc;
    screen_bank_near_t  n;

    screen_bank_near_begin(&n, bank, signal, value, radius, 0, now);

    do {
        rc = screen_bank_near_next(&n, SCREEN_BANK_NEAR_ALL, entry, distance);
    } while (rc == SCREEN_AGAIN);

    return rc;
}
