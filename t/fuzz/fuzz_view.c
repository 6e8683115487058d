
/*
 * PDQ and the views of a picture, of sizes as a hostile file declares them:
 * with exactly the memory that was asked for nothing is read or written
 * beyond it, with less nothing is touched, the hashes are those of the
 * recipe done plainly, and they are the same when asked for again.  The
 * first bytes are channels, set, gap between rows and the sides; the rest is
 * repeated for pixels.
 */


#include "../unit/pdq_plain.h"
#include "fuzz_input.h"
#include "screen_view.h"


#define FUZZ_PIXELS  20000
#define FUZZ_VIEWS   500


typedef struct {
    unsigned       n;
    unsigned       stop;
    uint64_t       sums[FUZZ_VIEWS];    /* after each of them */
} fuzz_views_t;


static int
fuzz_visit(void *ctx, screen_view_t view, unsigned variants,
    const screen_pdq_t *pdq)
{
    char            name[SCREEN_VIEW_NAME];
    u_char          value[SCREEN_PDQ_LEN];
    size_t          i;
    uint64_t        sum;
    fuzz_views_t   *v;
    screen_str_t    s;
    screen_view_t   same;

    v = ctx;

    fuzz_require(v->n < FUZZ_VIEWS && pdq->quality <= 100);
    fuzz_require(v->n > 0 || view == SCREEN_VIEW_WHOLE);
    fuzz_require(variants != 0 && variants < 1u << SCREEN_PDQ_VARIANTS);

    s = screen_str_of(screen_view_name(view, name));
    fuzz_require(screen_view_parse(&s, &same) == SCREEN_OK && same == view);

    screen_pdq_value(pdq, SCREEN_PDQ_ORIGINAL, value);
    sum = v->n ? v->sums[v->n - 1] : 0;

    for (i = 0; i < sizeof(value); i++) {
        sum = sum * 31 + value[i] + view;
    }

    v->sums[v->n++] = sum;

    return v->n == v->stop ? SCREEN_NOT_FOUND : SCREEN_OK;
}


/* sides and strides that no pixels could fill must not be believed */

static void
fuzz_huge(const screen_pdq_picture_t *declared, screen_view_set_t set)
{
    size_t        need;
    u_char        small[64];
    unsigned      mode;
    fuzz_views_t  v;
    screen_pdq_t  pdq;

    memset(&v, 0, sizeof(fuzz_views_t));

    for (mode = SCREEN_PDQ_FULL; mode <= SCREEN_PDQ_512; mode++) {
        need = screen_pdq_memory(declared->width, declared->height, mode);

        if (declared->width <= SCREEN_PDQ_SIDE_MAX
            && declared->height <= SCREEN_PDQ_SIDE_MAX)
        {
            /* a window of a 128th of the rows, of floats: 2^43 and a little */

            fuzz_require(need < 1ull << 44);
        }

        if (need > sizeof(small)) {
            fuzz_require(screen_pdq_compute(&pdq, declared, mode, small,
                                            sizeof(small)) != SCREEN_OK);
        }
    }

    if (screen_view_memory(declared->width, declared->height, set)
        > sizeof(small))
    {
        fuzz_require(screen_view_each(declared, set, small, sizeof(small),
                                      fuzz_visit, &v) != SCREEN_OK);
        fuzz_require(v.n == 0);
    }
}


static void
fuzz_hash(const screen_pdq_picture_t *p, screen_pdq_mode_t mode)
{
    size_t        need;
    u_char       *memory, a[SCREEN_PDQ_LEN], b[SCREEN_PDQ_LEN];
    unsigned      variant;
    screen_pdq_t  fast, plain;

    need = screen_pdq_memory(p->width, p->height, mode);
    memory = malloc(need ? need : 1);
    fuzz_require(memory != NULL);

    fuzz_require(screen_pdq_compute(&fast, p, mode, memory, need)
                 == SCREEN_OK);
    fuzz_require(pdq_plain(&plain, p, mode));
    fuzz_require(fast.quality == plain.quality);

    for (variant = 0; variant < SCREEN_PDQ_VARIANTS; variant++) {
        screen_pdq_value(&fast, variant, a);
        screen_pdq_value(&plain, variant, b);
        fuzz_require(memcmp(a, b, SCREEN_PDQ_LEN) == 0);
    }

    free(memory);
}


static void
fuzz_views(const screen_pdq_picture_t *p, screen_view_set_t set,
    unsigned stop)
{
    int            rc;
    size_t         need;
    u_char        *memory;
    fuzz_views_t   v, again;

    memset(&v, 0, sizeof(fuzz_views_t));
    memset(&again, 0, sizeof(fuzz_views_t));

    need = screen_view_memory(p->width, p->height, set);
    memory = malloc(need ? need : 1);
    fuzz_require(memory != NULL);

    rc = screen_view_each(p, set, memory, need, fuzz_visit, &v);
    fuzz_require(rc == SCREEN_OK && v.n > 0);

    /* again, until a visitor ends it */

    again.stop = 1 + stop % v.n;

    fuzz_require(screen_view_each(p, set, memory, need, fuzz_visit, &again)
                 == SCREEN_NOT_FOUND);
    fuzz_require(again.n == again.stop);
    fuzz_require(again.sums[again.n - 1] == v.sums[again.n - 1]);

    free(memory);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                *pixels;
    size_t                 i, len, left;
    unsigned               mode, set, gap;
    fuzz_input_t           in;
    screen_pdq_picture_t   p;

    in = fuzz_input(data, size);

    mode = fuzz_u8(&in);
    set = fuzz_u8(&in) % 4;
    gap = fuzz_u8(&in) % 8;

    memset(&p, 0, sizeof(screen_pdq_picture_t));

    p.channels = mode % 3 == 0 ? 1 : mode % 3 == 1 ? 3 : 4;
    p.width = fuzz_u32(&in);
    p.height = fuzz_u32(&in);

    if (p.width == 0 || p.height == 0
        || (uint64_t) p.width * p.height > FUZZ_PIXELS)
    {
        p.pixels = data;
        p.stride = (size_t) p.width * p.channels;
        fuzz_huge(&p, set);

        p.width = p.width % 160 + 1;
        p.height = p.height % 120 + 1;
    }

    p.stride = (size_t) p.width * p.channels + gap;
    len = p.stride * p.height - gap;
    left = (size_t) (in.end - in.pos);

    pixels = malloc(len);
    fuzz_require(pixels != NULL);

    for (i = 0; i < len; i++) {
        pixels[i] = left ? in.pos[i % left] : (u_char) (i * i >> 3);
    }

    p.pixels = pixels;

    if (mode & 8) {
        fuzz_views(&p, set, mode >> 4);

    } else {
        fuzz_hash(&p, mode & 4 ? SCREEN_PDQ_512 : SCREEN_PDQ_FULL);
    }

    free(pixels);

    return 0;
}
