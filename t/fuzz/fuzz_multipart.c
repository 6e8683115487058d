
/*
 * The multipart parser: the first byte selects lenient mode and the size of
 * the pieces, the first line is the Content-Type, the rest is the body.
 *
 * Whatever comes in: parts lie within the body, do not overlap, and have its
 * bytes; pieces make no difference to what is found.
 */

#include "fuzz_input.h"
#include "screen_multipart.h"


#define FUZZ_PIECE  128


typedef struct {
    const u_char   *body;
    size_t          len;

    uint64_t        last;           /* where the part before ended */
    uint64_t        offset;
    uint64_t        got;
    int             open;

    uint64_t        sum;            /* of all that was told */
    uint64_t        mark;           /* of complete parts */
    uint64_t        nparts;
} fuzz_sink_t;


/* FNV-1a */

static void
fuzz_log(fuzz_sink_t *s, const void *data, size_t len)
{
    size_t         i;
    const u_char  *p;

    p = data;

    for (i = 0; i < len; i++) {
        s->sum = (s->sum ^ p[i]) * 1099511628211ull;
    }
}


static void
fuzz_log_str(fuzz_sink_t *s, const screen_str_t *str)
{
    fuzz_require(str->len <= SCREEN_NAME_MAX);

    fuzz_log(s, &str->len, sizeof(str->len));
    fuzz_log(s, str->data, str->len);
}


static int
fuzz_begin(void *ctx, const screen_part_header_t *header)
{
    u_char        has;
    fuzz_sink_t  *s = ctx;

    fuzz_require(!s->open);
    fuzz_require(header->offset >= s->last && header->offset <= s->len);
    fuzz_require(header->has_filename || header->filename.len == 0);

    s->open = 1;
    s->got = 0;
    s->offset = header->offset;

    has = header->has_filename;

    fuzz_log_str(s, &header->name);
    fuzz_log_str(s, &header->filename);
    fuzz_log_str(s, &header->declared);
    fuzz_log(s, &has, 1);
    fuzz_log(s, &header->offset, sizeof(header->offset));

    return SCREEN_OK;
}


static int
fuzz_data(void *ctx, const u_char *data, size_t len)
{
    fuzz_sink_t  *s = ctx;

    fuzz_require(s->open && len > 0);
    fuzz_require(len <= s->len - s->offset - s->got);
    fuzz_require(memcmp(data, s->body + s->offset + s->got, len) == 0);

    s->got += len;

    return SCREEN_OK;
}


static int
fuzz_end(void *ctx, uint64_t size)
{
    fuzz_sink_t  *s = ctx;

    fuzz_require(s->open && size == s->got);

    s->open = 0;
    s->last = s->offset + size;

    fuzz_log(s, &size, sizeof(size));
    s->mark = s->sum;
    s->nparts++;

    return SCREEN_OK;
}


static int
fuzz_run(fuzz_sink_t *s, const screen_content_type_t *ct, int lenient,
    size_t piece, unsigned *framing)
{
    int                       rc;
    size_t                    pos, n;
    u_char                   *copy, *end;
    screen_arena_t            arena = screen_arena_init;
    screen_alloc_t            alloc = { screen_arena_alloc, &arena };
    screen_multipart_t       *m;
    screen_multipart_conf_t   conf = { 0 };
    screen_multipart_sink_t   sink = { fuzz_begin, fuzz_data, fuzz_end, s };

    conf.lenient = lenient;
    conf.max_parts = 50;
    conf.max_headers = 8;
    conf.max_header_size = 512;

    m = screen_multipart_create(&alloc, ct, &conf, &sink);
    fuzz_require(m != NULL);

    rc = SCREEN_OK;

    /* a piece ends where its memory does, and then makes room for the next */

    copy = malloc(piece ? FUZZ_PIECE : s->len + 1);
    fuzz_require(copy != NULL);
    end = copy + (piece ? FUZZ_PIECE : s->len + 1);

    for (pos = 0; pos < s->len && rc == SCREEN_OK; pos += n) {
        n = (piece && s->len - pos > piece) ? piece : s->len - pos;

        memcpy(end - n, s->body + pos, n);
        rc = screen_multipart_feed(m, end - n, n);
    }

    free(copy);

    if (rc == SCREEN_OK) {
        rc = screen_multipart_end(m);
    }

    *framing = screen_multipart_framing(m);

    if (rc == SCREEN_OK) {
        fuzz_require(!s->open);
        fuzz_require(lenient || *framing == 0);

    } else {
        fuzz_require(rc == SCREEN_MALFORMED && !lenient && *framing != 0);
    }

    screen_arena_destroy(&arena);

    return rc;
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int                     rc, lenient;
    size_t                  piece;
    unsigned                framing, again;
    fuzz_sink_t             s[2];
    const u_char           *line;
    screen_str_t            type;
    screen_content_type_t   ct;

    if (size < 2) {
        return 0;
    }

    lenient = data[0] & 1;
    piece = 1 + (data[0] >> 1);

    type.data = data + 1;
    line = memchr(type.data, '\n', size - 1);
    if (line == NULL) {
        return 0;
    }

    type.len = line - type.data;

    screen_content_type_parse(&ct, &type);
    fuzz_require((ct.kind == SCREEN_BODY_RAW) == (ct.boundary_len == 0));

    if (ct.kind == SCREEN_BODY_RAW) {
        return 0;
    }

    memset(s, 0, sizeof(s));

    s[0].body = s[1].body = line + 1;
    s[0].len = s[1].len = data + size - (line + 1);

    rc = fuzz_run(&s[0], &ct, lenient, 0, &framing);

    fuzz_require(fuzz_run(&s[1], &ct, lenient, piece, &again) == rc);
    fuzz_require(framing == again);
    fuzz_require(s[0].nparts == s[1].nparts && s[0].mark == s[1].mark);

    return 0;
}
