
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_decoder.h"
#include "screen_fingerprint.h"
#include "screen_view.h"
#include "screen_wire.h"


/*
 * Bits within which a frame is the last one again.  Both values lose no match
 * worth naming at a distance of 31: a bank's frame has its neighbours within
 * 16, an asked one may be off by more.
 */

#define SCREEN_FINGERPRINT_SAME        8
#define SCREEN_FINGERPRINT_SAME_DENSE  16

#define SCREEN_FINGERPRINT_MARGIN      100     /* ms for what follows */


typedef struct {
    uint32_t                     time;
    uint32_t                     first;        /* of its prints */
    uint32_t                     n;
} screen_fingerprint_frame_t;


typedef struct {
    const screen_media_conf_t   *conf;
    const screen_alloc_t        *alloc;
    screen_decode_info_t         info;

    screen_fingerprint_frame_t  *frames;
    size_t                       nframes;
    screen_print_t              *prints;
    size_t                       nprints;

    u_char                       last[SCREEN_PDQ_LEN];
    unsigned                     full:1;       /* no room for more prints */

    void                        *memory;
    size_t                       size;
} screen_fingerprint_t;


static unsigned
screen_fingerprint_distance(const u_char *a, const u_char *b)
{
    size_t    i;
    unsigned  n;
    uint64_t  x, y;

    n = 0;

    for (i = 0; i < SCREEN_PDQ_LEN; i += sizeof(uint64_t)) {
        memcpy(&x, a + i, sizeof(uint64_t));
        memcpy(&y, b + i, sizeof(uint64_t));
        n += __builtin_popcountll(x ^ y);
    }

    return n;
}


/* SCREEN_AGAIN: the frame is the last one again */

static int
screen_fingerprint_new(screen_fingerprint_t *f, const screen_pdq_t *pdq)
{
    u_char    value[SCREEN_PDQ_LEN];
    unsigned  same;

    screen_pdq_value(pdq, SCREEN_PDQ_ORIGINAL, value);

    same = f->conf->dense ? SCREEN_FINGERPRINT_SAME_DENSE
                          : SCREEN_FINGERPRINT_SAME;

    if (f->nframes
        && screen_fingerprint_distance(value, f->last) <= same)
    {
        return SCREEN_AGAIN;
    }

    memcpy(f->last, value, SCREEN_PDQ_LEN);

    return SCREEN_OK;
}


static int
screen_fingerprint_view(void *ctx, screen_view_t view, unsigned variants,
    const screen_pdq_t *pdq)
{
    int                     rc;
    size_t                  limit;
    unsigned                i;
    screen_print_t         *print;
    screen_fingerprint_t   *f;

    f = ctx;

    if (view == SCREEN_VIEW_WHOLE) {
        rc = screen_fingerprint_new(f, pdq);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    limit = f->conf->dense ? SCREEN_MEDIA_DENSE_PRINTS : SCREEN_MEDIA_PRINTS;

    for (i = 0; i < SCREEN_PDQ_VARIANTS; i++) {

        if (!(variants & 1 << i)) {
            continue;
        }

        if (f->nprints == limit) {
            f->full = 1;
            return SCREEN_LIMIT;
        }

        print = screen_alloc_push(f->alloc, &f->prints, &f->nprints,
                                  sizeof(screen_print_t));
        if (print == NULL) {
            return SCREEN_NOMEM;
        }

        print->frame = f->nframes;
        print->view = view;
        print->variant = i;
        print->quality = pdq->quality;

        screen_pdq_value(pdq, i, print->value);
    }

    return SCREEN_OK;
}


static int
screen_fingerprint_room(screen_fingerprint_t *f, size_t size)
{
    if (size <= f->size) {
        return SCREEN_OK;
    }

    free(f->memory);

    f->size = 0;
    f->memory = malloc(size);

    if (f->memory == NULL) {
        return SCREEN_NOMEM;
    }

    f->size = size;

    return SCREEN_OK;
}


static int
screen_fingerprint_frame(void *ctx, const screen_pdq_picture_t *picture,
    uint32_t ms)
{
    int                          rc;
    uint32_t                     first;
    screen_view_set_t            set;
    screen_fingerprint_t        *f;
    screen_fingerprint_frame_t  *frame;

    f = ctx;

    if (f->info.video || f->nframes) {
        set = f->conf->dense ? SCREEN_VIEWS_FRAME_BANK
                             : SCREEN_VIEWS_FRAME_QUERY;
    } else {
        set = f->conf->dense ? SCREEN_VIEWS_PICTURE_BANK
                             : SCREEN_VIEWS_PICTURE_QUERY;
    }

    if (screen_fingerprint_room(f, screen_view_memory(picture->width,
                                                      picture->height, set))
        != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    first = f->nprints;

    rc = screen_view_each(picture, set, f->memory, f->size,
                          screen_fingerprint_view, f);

    if (rc == SCREEN_AGAIN) {
        return SCREEN_OK;
    }

    frame = screen_alloc_push(f->alloc, &f->frames, &f->nframes,
                              sizeof(screen_fingerprint_frame_t));
    if (frame == NULL) {
        return SCREEN_NOMEM;
    }

    frame->time = ms;
    frame->first = first;
    frame->n = f->nprints - first;

    return rc;
}


static int
screen_fingerprint_order(const void *a, const void *b)
{
    const screen_fingerprint_frame_t  *x, *y;

    x = a;
    y = b;

    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }

    return (x->first > y->first) - (x->first < y->first);
}


/* in the order of time, which is not that of decoding */

static int
screen_fingerprint_media(screen_fingerprint_t *f, screen_part_t *part)
{
    size_t                       i, k, n;
    screen_media_t              *media;
    screen_fingerprint_frame_t  *frame;

    media = screen_calloc(f->alloc, sizeof(screen_media_t));
    if (media == NULL) {
        return SCREEN_NOMEM;
    }

    media->times = screen_alloc(f->alloc, f->nframes * sizeof(uint32_t));
    media->prints = screen_alloc(f->alloc,
                                 f->nprints * sizeof(screen_print_t));

    if (media->times == NULL || media->prints == NULL) {
        return SCREEN_NOMEM;
    }

    media->kind = f->info.video ? SCREEN_MEDIA_VIDEO : SCREEN_MEDIA_PICTURE;
    media->width = f->info.width;
    media->height = f->info.height;
    media->duration = f->info.duration;
    media->nframes = f->nframes;
    media->nprints = f->nprints;

    qsort(f->frames, f->nframes, sizeof(screen_fingerprint_frame_t),
          screen_fingerprint_order);

    n = 0;

    for (i = 0; i < f->nframes; i++) {
        frame = &f->frames[i];
        media->times[i] = frame->time;

        for (k = 0; k < frame->n; k++) {
            media->prints[n] = f->prints[frame->first + k];
            media->prints[n++].frame = i;
        }
    }

    part->media = media;

    return SCREEN_OK;
}


static int
screen_fingerprint_fault(screen_part_t *part, const char *reason,
    const screen_alloc_t *alloc)
{
    char    *text;
    size_t   size;

    size = sizeof("media: ") + strlen(reason);

    text = screen_alloc(alloc, size);
    if (text == NULL) {
        return SCREEN_NOMEM;
    }

    snprintf(text, size, "media: %s", reason);

    screen_part_fault(part, SCREEN_FAULT_INCOMPLETE, text);

    return SCREEN_OK;
}


static void
screen_fingerprint_limits(screen_decode_limits_t *limits,
    const screen_media_conf_t *conf)
{
    uint32_t  most;

    memset(limits, 0, sizeof(screen_decode_limits_t));

    most = conf->dense ? SCREEN_MEDIA_DENSE_FRAMES : SCREEN_MEDIA_FRAMES;

    limits->pixels = conf->pixels;
    limits->frames = conf->frames < most ? conf->frames : most;
    limits->interval = conf->interval;
    limits->cpu = conf->budget;
    limits->dense = conf->dense;
    limits->scaled = !conf->dense;
}


int
screen_fingerprint(const screen_media_conf_t *conf, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc)
{
    int                      rc;
    char                     type[64];
    uint64_t                 now, margin;
    screen_fingerprint_t     f;
    screen_decode_limits_t   limits;
    const screen_decoder_t  *decoder;

    if (part->type.len >= sizeof(type)) {
        return SCREEN_OK;
    }

    memcpy(type, part->type.data, part->type.len);
    type[part->type.len] = '\0';

    if (!screen_decoder_wanted(type)) {
        return SCREEN_OK;
    }

    decoder = screen_decoder();

    if (decoder == NULL) {
        return screen_fingerprint_fault(part, "unsupported", alloc);
    }

    memset(&f, 0, sizeof(screen_fingerprint_t));

    f.conf = conf;
    f.alloc = alloc;

    screen_fingerprint_limits(&limits, conf);

    now = screen_wire_now();
    margin = deadline > now ? (deadline - now) / 10 : 0;

    if (margin < SCREEN_FINGERPRINT_MARGIN) {
        margin = SCREEN_FINGERPRINT_MARGIN;
    }

    rc = decoder->decode(data, size, type, &limits,
                         deadline > margin ? deadline - margin : 0,
                         screen_fingerprint_frame, &f, &f.info);

    free(f.memory);

    if (rc == SCREEN_NOMEM || (rc != SCREEN_OK && !f.full)) {

        /* what was hashed before counts */

        f.info.reason = rc == SCREEN_NOMEM ? "memory" : "damaged";

    } else if (f.full) {
        f.info.reason = "frames";
    }

    rc = SCREEN_OK;

    if (f.nframes) {
        rc = screen_fingerprint_media(&f, part);
    }

    if (rc == SCREEN_OK && f.info.reason) {
        rc = screen_fingerprint_fault(part, f.info.reason, alloc);
    }

    return rc;
}
