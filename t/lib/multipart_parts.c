
/*
 * What the strict parser makes of bodies, for a test that asks another parser
 * as well.  Read from standard input, again and again: the length (u32,
 * little-endian) and the bytes of a Content-Type, then those of a body.
 * Written for each: the length of the answer, and a byte, 1 if the body is
 * accepted; and then, part after part, name, filename and declared type, each
 * with its length, a byte that tells whether there is a filename, offset and
 * size (u64).
 */


#include <stdio.h>
#include <stdlib.h>

#include "screen_buf.h"
#include "screen_multipart.h"


#define PARTS_ANSWER  (16 * 1024 * 1024)


static int
begin(void *ctx, const screen_part_header_t *header)
{
    screen_buf_t  *b;

    b = ctx;

    screen_buf_put_str(b, &header->name);
    screen_buf_put_str(b, &header->filename);
    screen_buf_put_str(b, &header->declared);
    screen_buf_put_u8(b, header->has_filename);
    screen_buf_put_u64(b, header->offset);

    return SCREEN_OK;
}


static int
data(void *ctx, const u_char *bytes, size_t len)
{
    return SCREEN_OK;
}


static int
end(void *ctx, uint64_t size)
{
    screen_buf_put_u64(ctx, size);

    return SCREEN_OK;
}


/* 1 if the strict parser accepts the body */

static int
parse(screen_buf_t *b, const screen_str_t *type, const screen_str_t *body)
{
    int                       rc;
    screen_arena_t            arena = screen_arena_init;
    screen_alloc_t            alloc = { screen_arena_alloc, &arena };
    screen_multipart_t       *m;
    screen_content_type_t     ct;
    screen_multipart_conf_t   conf = { 0 };
    screen_multipart_sink_t   sink = { begin, data, end, b };

    screen_content_type_parse(&ct, type);

    if (ct.kind == SCREEN_BODY_RAW) {
        return 0;
    }

    m = screen_multipart_create(&alloc, &ct, &conf, &sink);
    if (m == NULL) {
        exit(2);
    }

    rc = screen_multipart_feed(m, body->data, body->len);

    if (rc == SCREEN_OK) {
        rc = screen_multipart_end(m);
    }

    screen_arena_destroy(&arena);

    return rc == SCREEN_OK;
}


/* 0 at the end of the input */

static int
receive(screen_str_t *s)
{
    u_char           n[4], *bytes;
    screen_reader_t  r;

    if (fread(n, 1, sizeof(n), stdin) != sizeof(n)) {
        return 0;
    }

    screen_reader_init(&r, n, sizeof(n));
    s->len = screen_reader_u32(&r);

    bytes = malloc(s->len + 1);

    if (bytes == NULL || fread(bytes, 1, s->len, stdin) != s->len) {
        exit(2);
    }

    s->data = bytes;

    return 1;
}


int
main(void)
{
    screen_buf_t  b;
    screen_str_t  type, body;

    while (receive(&type) && receive(&body)) {

        screen_buf_init(&b, PARTS_ANSWER);
        screen_buf_put_u32(&b, 0);
        screen_buf_put_u8(&b, 0);

        if (parse(&b, &type, &body) && b.code == SCREEN_OK) {
            b.data[4] = 1;

        } else {
            b.len = 5;
        }

        screen_buf_set_u32(&b, 0, (uint32_t) b.len - 4);

        if (fwrite(b.data, 1, b.len, stdout) != b.len || fflush(stdout)) {
            return 2;
        }

        screen_buf_free(&b);
        free((void *) type.data);
        free((void *) body.data);
    }

    return 0;
}
