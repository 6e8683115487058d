
#include <stdlib.h>
#include <string.h>

#include "screen_likeness.h"


#define SCREEN_LIKENESS_QUALITIES  101


static int screen_likeness_next(screen_likeness_t *l);
static int screen_likeness_visit(void *ctx, const screen_entry_t *entry,
    unsigned distance);
static screen_hit_t *screen_likeness_hit(screen_likeness_t *l,
    const screen_entry_t *entry, int *rc);
static screen_hit_t *screen_likeness_push(screen_likeness_t *l,
    const screen_entry_t *entry);
static int screen_likeness_frame(screen_likeness_t *l,
    screen_near_hit_t *near, const screen_print_t *print, unsigned distance);
static int screen_likeness_known(screen_likeness_t *l,
    screen_near_hit_t *near, uint32_t time, const screen_print_t *print,
    unsigned distance);
static int screen_likeness_order(const void *a, const void *b);


/* usable[q]: the frames of which a print has quality q or better */

static int
screen_likeness_usable(screen_likeness_t *l)
{
    size_t                 i, frame;
    unsigned               q, best;
    const screen_media_t  *media;

    l->usable = screen_calloc(l->alloc, SCREEN_LIKENESS_QUALITIES
                                        * sizeof(uint32_t));
    if (l->usable == NULL) {
        return SCREEN_NOMEM;
    }

    media = l->part->media;

    for (i = 0; i < media->nprints; /* void */ ) {
        frame = media->prints[i].frame;
        best = 0;

        for ( /* void */ ; i < media->nprints
                           && media->prints[i].frame == frame; i++)
        {
            if (media->prints[i].quality > best) {
                best = media->prints[i].quality;
            }
        }

        l->usable[best]++;
    }

    for (q = SCREEN_LIKENESS_QUALITIES - 1; q > 0; q--) {
        l->usable[q - 1] += l->usable[q];
    }

    return SCREEN_OK;
}


int
screen_likeness_begin(screen_likeness_t *l, screen_part_t *part,
    const screen_likeness_conf_t *conf, const screen_str_t *bank,
    const screen_tail_t *tail, const screen_bank_t *file, uint64_t now,
    const screen_alloc_t *alloc)
{
    memset(l, 0, sizeof(screen_likeness_t));

    l->part = part;
    l->conf = *conf;
    l->bank = *bank;
    l->tail = tail;
    l->file = file;
    l->now = now;
    l->alloc = alloc;
    l->first = part->nhits;
    l->signal = SCREEN_SIGNAL_PDQ;

    /* a bank without such entries is not worth the prints' walk */

    l->conf.signals &= screen_tail_signals(tail, file);

    return screen_likeness_usable(l);
}


int
screen_likeness_step(screen_likeness_t *l, uint32_t budget)
{
    int  rc;

    if (!l->busy && screen_likeness_next(l) != SCREEN_OK) {
        screen_likeness_end(l);
        return SCREEN_OK;
    }

    rc = screen_tail_near_each(&l->near, budget, screen_likeness_visit, l);

    if (rc != SCREEN_OK) {
        return rc;
    }

    l->busy = 0;

    return SCREEN_AGAIN;
}


/* the next print and signal to be asked for, or SCREEN_NOT_FOUND */

static int
screen_likeness_next(screen_likeness_t *l)
{
    const screen_print_t  *print;

    for ( /* void */ ; l->print < l->part->media->nprints; l->print++) {
        print = &l->part->media->prints[l->print];

        while (l->signal <= SCREEN_SIGNAL_VPDQ
               && print->quality >= l->conf.quality)
        {
            if (!(l->conf.signals & 1u << l->signal)) {
                l->signal++;
                continue;
            }

            screen_tail_near_begin(&l->near, l->tail, l->file, l->signal,
                                   print->value, l->conf.distance, l->now);
            l->signal++;
            l->busy = 1;

            return SCREEN_OK;
        }

        l->signal = SCREEN_SIGNAL_PDQ;
    }

    return SCREEN_NOT_FOUND;
}


static int
screen_likeness_visit(void *ctx, const screen_entry_t *entry,
    unsigned distance)
{
    int                    rc;
    screen_hit_t          *hit;
    screen_likeness_t     *l;
    screen_near_hit_t     *near;
    const screen_print_t  *print;

    l = ctx;
    print = &l->part->media->prints[l->print];

    hit = screen_likeness_hit(l, entry, &rc);
    if (hit == NULL) {
        return rc;
    }

    near = hit->near;

    if (distance < near->distance) {
        near->distance = distance;
        near->quality = print->quality;
        near->variant = print->variant;
        near->view = print->view;
        near->known_view = entry->view;
        near->time = l->part->media->times[print->frame];
        near->known_time = entry->time;

        l->found = 1;
    }

    rc = screen_likeness_frame(l, near, print, distance);

    if (rc == SCREEN_OK && near->video) {
        rc = screen_likeness_known(l, near, entry->time, print, distance);
    }

    return rc;
}


/*
 * The hit of an entry's content; those that tell none are one content for
 * each label and source.  NULL with SCREEN_OK if there are too many, or with
 * SCREEN_NOMEM.
 */

static screen_hit_t *
screen_likeness_hit(screen_likeness_t *l, const screen_entry_t *entry,
    int *rc)
{
    size_t         i;
    screen_hit_t  *hit;

    *rc = SCREEN_OK;

    for (i = l->first; i < l->part->nhits; i++) {
        hit = &l->part->hits[i];

        if (hit->signal == entry->signal
            && screen_str_eq(&hit->near->content, &entry->content)
            && screen_str_eq(&hit->label, &entry->label)
            && screen_str_eq(&hit->source, &entry->source)
            && hit->severity == entry->severity)
        {
            return hit;
        }
    }

    if (l->part->nhits - l->first == SCREEN_LIKENESS_CONTENTS) {
        l->excess = 1;
        return NULL;
    }

    hit = screen_likeness_push(l, entry);

    if (hit == NULL) {
        *rc = SCREEN_NOMEM;
    }

    return hit;
}


static screen_hit_t *
screen_likeness_push(screen_likeness_t *l, const screen_entry_t *entry)
{
    screen_hit_t       *hit;
    screen_near_hit_t  *near;

    near = screen_calloc(l->alloc, sizeof(screen_near_hit_t));
    if (near == NULL) {
        return NULL;
    }

    hit = screen_alloc_push(l->alloc, &l->part->hits, &l->part->nhits,
                            sizeof(screen_hit_t));
    if (hit == NULL) {
        return NULL;
    }

    hit->bank = l->bank;
    hit->signal = entry->signal;
    hit->severity = entry->severity;
    hit->near = near;

    near->distance = SCREEN_NEAR_BITS + 1;
    near->kind = l->part->media->kind;
    near->video = entry->signal == SCREEN_SIGNAL_VPDQ;
    near->known_total = entry->frames;
    near->usable = l->usable;

    /* the map may be gone before the request */

    if (screen_alloc_str(l->alloc, &hit->label, &entry->label) != SCREEN_OK
        || screen_alloc_str(l->alloc, &hit->source, &entry->source)
           != SCREEN_OK
        || screen_alloc_str(l->alloc, &near->content, &entry->content)
           != SCREEN_OK)
    {
        return NULL;
    }

    return hit;
}


/* prints come in the order of frames: only the last one can be met again */

static int
screen_likeness_frame(screen_likeness_t *l, screen_near_hit_t *near,
    const screen_print_t *print, unsigned distance)
{
    screen_near_frame_t  *frame;

    frame = near->nframes ? &near->frames[near->nframes - 1] : NULL;

    if (frame == NULL || frame->frame != print->frame) {

        frame = screen_alloc_push(l->alloc, &near->frames, &near->nframes,
                                  sizeof(screen_near_frame_t));
        if (frame == NULL) {
            return SCREEN_NOMEM;
        }

        frame->frame = print->frame;
        frame->distance = UINT16_MAX;
        l->found = 1;
    }

    if (distance < frame->distance) {
        frame->distance = (uint16_t) distance;
        frame->quality = print->quality;
    }

    return SCREEN_OK;
}


/* known times are kept sorted: they are many, and come in no order */

static int
screen_likeness_known(screen_likeness_t *l, screen_near_hit_t *near,
    uint32_t time, const screen_print_t *print, unsigned distance)
{
    size_t                low, high, middle;
    screen_near_frame_t  *known;

    low = 0;
    high = near->nknown;

    while (low < high) {
        middle = low + (high - low) / 2;

        if (near->known[middle].frame < time) {
            low = middle + 1;

        } else {
            high = middle;
        }
    }

    if (low < near->nknown && near->known[low].frame == time) {
        known = &near->known[low];

        if (distance < known->distance) {
            known->distance = (uint16_t) distance;
            known->quality = print->quality;
        }

        return SCREEN_OK;
    }

    if (near->nknown == SCREEN_LIKENESS_KNOWN) {
        return SCREEN_OK;
    }

    known = screen_alloc_push(l->alloc, &near->known, &near->nknown,
                              sizeof(screen_near_frame_t));
    if (known == NULL) {
        return SCREEN_NOMEM;
    }

    memmove(&near->known[low + 1], &near->known[low],
            (near->nknown - 1 - low) * sizeof(screen_near_frame_t));

    known = &near->known[low];

    known->frame = time;
    known->distance = (uint16_t) distance;
    known->quality = print->quality;

    l->found = 1;

    return SCREEN_OK;
}


int
screen_likeness_found(screen_likeness_t *l)
{
    int  found;

    found = l->found;
    l->found = 0;

    return found;
}


void
screen_likeness_end(screen_likeness_t *l)
{
    l->busy = 0;
    l->print = l->part->media->nprints;

    if (l->part->nhits > l->first) {
        qsort(l->part->hits + l->first, l->part->nhits - l->first,
              sizeof(screen_hit_t), screen_likeness_order);
    }

    if (l->excess) {
        screen_part_fault(l->part, SCREEN_FAULT_INCOMPLETE,
                          "likenesses: too many contents");
        l->excess = 0;
    }
}


/* videos by how much of the part they are, then whatever is nearer */

static int
screen_likeness_order(const void *a, const void *b)
{
    const screen_near_hit_t  *x, *y;

    x = ((const screen_hit_t *) a)->near;
    y = ((const screen_hit_t *) b)->near;

    if (x->video && y->video && x->nframes != y->nframes) {
        return x->nframes > y->nframes ? -1 : 1;
    }

    return x->distance < y->distance ? -1 : x->distance > y->distance;
}
