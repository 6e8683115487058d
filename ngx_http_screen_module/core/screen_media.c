
#include "screen_media.h"


/* what each takes on the wire */

#define SCREEN_MEDIA_TIME_SIZE   4
#define SCREEN_MEDIA_PRINT_SIZE  (4 + 2 + 1 + 1 + SCREEN_PDQ_LEN)


static int screen_media_get_times(screen_reader_t *r, screen_media_t *m,
    uint32_t max, const screen_alloc_t *alloc);
static int screen_media_get_prints(screen_reader_t *r, screen_media_t *m,
    uint32_t max, const screen_alloc_t *alloc);


void
screen_media_encode(screen_buf_t *b, const screen_media_t *media)
{
    size_t                 i;
    const screen_print_t  *print;

    if (media == NULL) {
        screen_buf_put_u8(b, 0);
        return;
    }

    screen_buf_put_u8(b, (uint8_t) (1 + media->kind));
    screen_buf_put_u32(b, media->width);
    screen_buf_put_u32(b, media->height);
    screen_buf_put_u32(b, media->duration);

    screen_buf_put_u32(b, (uint32_t) media->nframes);

    for (i = 0; i < media->nframes && b->code == SCREEN_OK; i++) {
        screen_buf_put_u32(b, media->times[i]);
    }

    screen_buf_put_u32(b, (uint32_t) media->nprints);

    for (i = 0; i < media->nprints && b->code == SCREEN_OK; i++) {
        print = &media->prints[i];

        screen_buf_put_u32(b, print->frame);
        screen_buf_put_u16(b, print->view);
        screen_buf_put_u8(b, print->variant);
        screen_buf_put_u8(b, print->quality);
        screen_buf_put(b, print->value, SCREEN_PDQ_LEN);
    }
}


int
screen_media_decode(screen_reader_t *r, int dense,
    const screen_alloc_t *alloc, screen_media_t **media)
{
    int              rc;
    uint8_t          kind;
    screen_media_t  *m;

    *media = NULL;

    kind = screen_reader_u8(r);

    if (kind == 0) {
        return r->code;
    }

    if (kind > 1 + SCREEN_MEDIA_VIDEO) {
        screen_reader_fail(r);
        return SCREEN_MALFORMED;
    }

    m = screen_calloc(alloc, sizeof(screen_media_t));
    if (m == NULL) {
        return SCREEN_NOMEM;
    }

    m->kind = (screen_media_kind_t) (kind - 1);
    m->width = screen_reader_u32(r);
    m->height = screen_reader_u32(r);
    m->duration = screen_reader_u32(r);

    rc = screen_media_get_times(r, m, dense ? SCREEN_MEDIA_DENSE_FRAMES
                                            : SCREEN_MEDIA_FRAMES, alloc);

    if (rc == SCREEN_OK) {
        rc = screen_media_get_prints(r, m, dense ? SCREEN_MEDIA_DENSE_PRINTS
                                                 : SCREEN_MEDIA_PRINTS,
                                     alloc);
    }

    if (rc != SCREEN_OK) {
        return rc;
    }

    if (r->code == SCREEN_OK) {
        *media = m;
    }

    return r->code;
}


static int
screen_media_get_times(screen_reader_t *r, screen_media_t *m, uint32_t max,
    const screen_alloc_t *alloc)
{
    size_t  i;

    m->nframes = screen_reader_count(r, max, SCREEN_MEDIA_TIME_SIZE);

    if (m->kind == SCREEN_MEDIA_PICTURE && m->nframes > 1) {
        screen_reader_fail(r);
        m->nframes = 0;
    }

    m->times = screen_calloc(alloc, m->nframes * sizeof(uint32_t));
    if (m->times == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < m->nframes; i++) {
        m->times[i] = screen_reader_u32(r);

        if (i > 0 && m->times[i] < m->times[i - 1]) {
            screen_reader_fail(r);
        }
    }

    return SCREEN_OK;
}


static int
screen_media_get_prints(screen_reader_t *r, screen_media_t *m, uint32_t max,
    const screen_alloc_t *alloc)
{
    size_t           i;
    screen_print_t  *print;

    m->nprints = screen_reader_count(r, max, SCREEN_MEDIA_PRINT_SIZE);

    m->prints = screen_calloc(alloc, m->nprints * sizeof(screen_print_t));
    if (m->prints == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < m->nprints; i++) {
        print = &m->prints[i];

        print->frame = screen_reader_u32(r);
        print->view = screen_reader_u16(r);
        print->variant = screen_reader_u8(r);
        print->quality = screen_reader_u8(r);
        screen_reader_bytes(r, print->value, SCREEN_PDQ_LEN);

        if (print->frame >= m->nframes || print->quality > 100
            || print->variant >= SCREEN_PDQ_VARIANTS
            || (i > 0 && print->frame < m->prints[i - 1].frame))
        {
            screen_reader_fail(r);
        }
    }

    return SCREEN_OK;
}


void
screen_media_conf_encode(screen_buf_t *b, const screen_media_conf_t *conf)
{
    screen_buf_put_u8(b, conf->on);
    screen_buf_put_u8(b, conf->dense);
    screen_buf_put_u64(b, conf->pixels);
    screen_buf_put_u32(b, conf->frames);
    screen_buf_put_u32(b, conf->interval);
    screen_buf_put_u32(b, conf->budget);
}


void
screen_media_conf_decode(screen_media_conf_t *conf, screen_reader_t *r)
{
    conf->on = screen_reader_u8(r);
    conf->dense = screen_reader_u8(r);
    conf->pixels = screen_reader_u64(r);
    conf->frames = screen_reader_u32(r);
    conf->interval = screen_reader_u32(r);
    conf->budget = screen_reader_u32(r);

    if (conf->on > 1 || conf->dense > 1) {
        screen_reader_fail(r);
    }
}
