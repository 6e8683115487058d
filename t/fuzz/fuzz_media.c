
/*
 * The wire form of what a decoder told of a picture or a video: any bytes
 * are refused or decode within their bounds, and what decodes is encoded to
 * the same bytes again.  The first byte chooses between the bounds of an
 * upload and those of what is banned, and an engine's options.
 */


#include "fuzz_input.h"
#include "screen_media.h"


static void
fuzz_bounds(const screen_media_t *m, int dense)
{
    size_t                 i;
    const screen_print_t  *p;

    fuzz_require(m->kind == SCREEN_MEDIA_PICTURE
                 || m->kind == SCREEN_MEDIA_VIDEO);
    fuzz_require(m->kind == SCREEN_MEDIA_VIDEO || m->nframes <= 1);
    fuzz_require(m->nframes <= (dense ? SCREEN_MEDIA_DENSE_FRAMES
                                      : SCREEN_MEDIA_FRAMES));
    fuzz_require(m->nprints <= (dense ? SCREEN_MEDIA_DENSE_PRINTS
                                      : SCREEN_MEDIA_PRINTS));

    for (i = 1; i < m->nframes; i++) {
        fuzz_require(m->times[i] >= m->times[i - 1]);
    }

    for (i = 0; i < m->nprints; i++) {
        p = &m->prints[i];

        fuzz_require(p->frame < m->nframes && p->quality <= 100);
        fuzz_require(p->variant < SCREEN_PDQ_VARIANTS);
        fuzz_require(i == 0 || p->frame >= m->prints[i - 1].frame);
    }
}


static void
fuzz_same(screen_buf_t *b, const u_char *data, const u_char *end)
{
    fuzz_require(b->code == SCREEN_OK && b->len == (size_t) (end - data));
    fuzz_require(b->len == 0 || memcmp(b->data, data, b->len) == 0);

    screen_buf_free(b);
}


static void
fuzz_options(const u_char *data, size_t size)
{
    screen_buf_t         b;
    screen_reader_t      r;
    screen_media_conf_t  conf;

    screen_reader_init(&r, data, size);
    screen_media_conf_decode(&conf, &r);

    if (r.code == SCREEN_OK) {
        fuzz_require(conf.on <= 1 && conf.dense <= 1);

        screen_buf_init(&b, size + 1);
        screen_media_conf_encode(&b, &conf);
        fuzz_same(&b, data, r.pos);
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc, dense;
    u_char          *copy;
    screen_buf_t     b;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_media_t  *m;
    screen_reader_t  r;

    if (size == 0) {
        return 0;
    }

    dense = data[0] & 1;
    size--;
    copy = fuzz_copy(data + 1, size);

    if (data[0] & 2) {
        fuzz_options(copy, size);
        free(copy);
        return 0;
    }

    screen_reader_init(&r, copy, size);
    rc = screen_media_decode(&r, dense, &alloc, &m);

    if (rc == SCREEN_OK) {

        if (m != NULL) {
            fuzz_bounds(m, dense);
        }

        screen_buf_init(&b, size + 1);
        screen_media_encode(&b, m);
        fuzz_same(&b, copy, r.pos);

    } else {
        fuzz_require(rc == SCREEN_MALFORMED && m == NULL);
    }

    free(copy);
    screen_arena_destroy(&arena);

    return 0;
}
