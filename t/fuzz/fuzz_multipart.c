
/*
 * The multipart parser: the first byte selects lenient mode and the size of
 * the pieces, the first line is the Content-Type, the rest is the body.
 *
 * Whatever comes in: parts lie within the body, do not overlap, and have its
 * bytes; pieces make no difference to what is found.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_multipart.h"


#define FUZZ_LOG  65536

#define fuzz_require(condition)                                               \
    if (!(condition)) {                                                       \
        abort();                                                              \
    }


typedef struct {
    const u_char   *body;
    size_t          len;

    uint64_t        last;           /* where the part before ended */
    uint64_t        offset;
    uint64_t        got;
    int             open;

    u_char          log[FUZZ_LOG];  /* of complete parts */
    size_t          used;
    size_t          mark;           /* where the last of them ends */
} fuzz_sink_t;


static void
fuzz_log(fuzz_sink_t *s, const void *data, size_t len)
{
    if (len > sizeof(s->log) - s->used) {
        len = sizeof(s->log) - s->used;
    }

    if (len) {
        memcpy(s->log + s->used, data, len);
        s->used += len;
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
    s->mark = s->used;

    return SCREEN_OK;
}


static int
fuzz_run(fuzz_sink_t *s, const screen_content_type_t *ct, int lenient,
    size_t piece, unsigned *framing)
{
    int                       rc;
    size_t                    pos, n;
    u_char                   *copy;
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

    for (pos = 0; pos < s->len && rc == SCREEN_OK; pos += n) {
        n = (piece && s->len - pos > piece) ? piece : s->len - pos;

        copy = malloc(n);
        fuzz_require(copy != NULL);
        memcpy(copy, s->body + pos, n);

        rc = screen_multipart_feed(m, copy, n);
        free(copy);
    }

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
    fuzz_sink_t            *s;
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

    s = calloc(2, sizeof(fuzz_sink_t));
    fuzz_require(s != NULL);

    s[0].body = s[1].body = line + 1;
    s[0].len = s[1].len = data + size - (line + 1);

    rc = fuzz_run(&s[0], &ct, lenient, 0, &framing);

    fuzz_require(fuzz_run(&s[1], &ct, lenient, piece, &again) == rc);
    fuzz_require(framing == again);
    fuzz_require(s[0].mark == s[1].mark);
    fuzz_require(memcmp(s[0].log, s[1].log, s[0].mark) == 0);

    free(s);

    return 0;
}
