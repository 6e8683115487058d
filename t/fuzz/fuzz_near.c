
/*
 * A sound near index with some bytes of it overwritten: searching it must
 * end without a fault, and what is found must be within the radius.  The
 * input is a radius, a code and pairs of an offset (24 bits) and a byte.
 */


#include "../unit/near_codes.h"


#define CODES  3000


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    u_char    *index;
    size_t     len;
    size_t     size;
} sink_t;


typedef struct {
    const u_char  *codes;
    const u_char  *value;
    unsigned       radius;
} query_t;


static void
put(void *ctx, const void *data, size_t len)
{
    sink_t  *s;

    s = ctx;

    memcpy(s->index + s->len, data, len);
    s->len += len;
}


static int
visit(void *ctx, uint32_t at, unsigned distance)
{
    query_t  *q;

    q = ctx;

    if (at >= CODES || distance > q->radius
        || screen_near_distance(q->codes + at * SCREEN_NEAR_LEN, q->value)
           != distance)
    {
        abort();
    }

    return SCREEN_OK;
}


/* made once: a fuzzer calls millions of times */

static sink_t
sound_index(u_char *codes)
{
    uint64_t              seed;
    sink_t                sink;
    screen_near_build_t   b;

    seed = 1;
    memset(&sink, 0, sizeof(sink_t));

    if (near_make(codes, CODES, 20, &seed) != CODES
        || screen_near_build_init(&b, codes, SCREEN_NEAR_LEN, CODES, 16)
           != SCREEN_OK)
    {
        abort();
    }

    sink.size = screen_near_build_size(&b);
    sink.index = malloc(sink.size);

    if (sink.index == NULL
        || screen_near_build_write(&b, put, &sink) != SCREEN_OK)
    {
        abort();
    }

    screen_near_build_free(&b);

    return sink;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                 saved[256];
    size_t                 i, n, at[256];
    query_t                q;
    screen_near_t          near;
    screen_near_search_t   search;

    static u_char          codes[CODES * SCREEN_NEAR_LEN];
    static sink_t          sound;

    if (sound.index == NULL) {
        sound = sound_index(codes);
    }

    if (size < 1 + SCREEN_NEAR_LEN) {
        return 0;
    }

    q.codes = codes;
    q.radius = data[0] % 48;
    q.value = data + 1;

    data += 1 + SCREEN_NEAR_LEN;
    size -= 1 + SCREEN_NEAR_LEN;

    for (n = 0; n < 256 && size >= 4; n++) {
        at[n] = ((size_t) data[0] | (size_t) data[1] << 8
                 | (size_t) data[2] << 16)
                % sound.size;

        saved[n] = sound.index[at[n]];
        sound.index[at[n]] = data[3];

        data += 4;
        size -= 4;
    }

    if (screen_near_attach(&near, codes, CODES, sound.index, sound.size)
        == SCREEN_OK)
    {
        screen_near_begin(&search, &near, q.value, q.radius);
        search.scan = 0;

        for (i = 0; i < 64; i++) {
            if (screen_near_step(&search, &near, 1000, visit, &q)
                != SCREEN_AGAIN)
            {
                break;
            }
        }
    }

    while (n-- > 0) {
        sound.index[at[n]] = saved[n];
    }

    return 0;
}
