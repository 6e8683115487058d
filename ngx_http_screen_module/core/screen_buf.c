
#include <stdlib.h>
#include <string.h>

#include "screen_buf.h"


void
screen_buf_init(screen_buf_t *b, size_t limit)
{
    memset(b, 0, sizeof(screen_buf_t));

    b->limit = limit;
    b->code = SCREEN_OK;
}


void
screen_buf_free(screen_buf_t *b)
{
    free(b->data);

    b->data = NULL;
    b->len = 0;
    b->size = 0;
}


static int
screen_buf_reserve(screen_buf_t *b, size_t len)
{
    size_t   size;
    u_char  *data;

    if (b->code != SCREEN_OK) {
        return b->code;
    }

    if (len > b->limit - b->len) {
        b->code = SCREEN_LIMIT;
        return b->code;
    }

    if (len <= b->size - b->len) {
        return SCREEN_OK;
    }

    size = b->size ? b->size : 256;

    while (size - b->len < len) {
        size *= 2;
    }

    data = realloc(b->data, size);
    if (data == NULL) {
        b->code = SCREEN_NOMEM;
        return b->code;
    }

    b->data = data;
    b->size = size;

    return SCREEN_OK;
}


void
screen_buf_put(screen_buf_t *b, const void *data, size_t len)
{
    if (len == 0 || screen_buf_reserve(b, len) != SCREEN_OK) {
        return;
    }

    memcpy(b->data + b->len, data, len);
    b->len += len;
}


static void
screen_buf_put_int(screen_buf_t *b, uint64_t v, size_t len)
{
    size_t  i;
    u_char  bytes[8];

    for (i = 0; i < len; i++) {
        bytes[i] = (u_char) (v >> (8 * i));
    }

    screen_buf_put(b, bytes, len);
}


void
screen_buf_put_u8(screen_buf_t *b, uint8_t v)
{
    screen_buf_put_int(b, v, 1);
}


void
screen_buf_put_u16(screen_buf_t *b, uint16_t v)
{
    screen_buf_put_int(b, v, 2);
}


void
screen_buf_put_u32(screen_buf_t *b, uint32_t v)
{
    screen_buf_put_int(b, v, 4);
}


void
screen_buf_put_u64(screen_buf_t *b, uint64_t v)
{
    screen_buf_put_int(b, v, 8);
}


void
screen_buf_put_str(screen_buf_t *b, const screen_str_t *s)
{
    if (s->len > UINT32_MAX) {
        b->code = SCREEN_LIMIT;
        return;
    }

    screen_buf_put_u32(b, (uint32_t) s->len);
    screen_buf_put(b, s->data, s->len);
}


void
screen_buf_put_text(screen_buf_t *b, const char *text)
{
    screen_str_t  s;

    s = screen_str_of(text);

    screen_buf_put_str(b, &s);
}


void
screen_buf_set_u32(screen_buf_t *b, size_t at, uint32_t v)
{
    size_t  i;

    if (b->code != SCREEN_OK || b->len < 4 || at > b->len - 4) {
        return;
    }

    for (i = 0; i < 4; i++) {
        b->data[at + i] = (u_char) (v >> (8 * i));
    }
}


void
screen_reader_init(screen_reader_t *r, const void *data, size_t len)
{
    r->pos = data;
    r->end = r->pos + len;
    r->code = SCREEN_OK;
}


void
screen_reader_fail(screen_reader_t *r)
{
    r->code = SCREEN_MALFORMED;
    r->pos = r->end;
}


static uint64_t
screen_reader_int(screen_reader_t *r, size_t len)
{
    size_t    i;
    uint64_t  v;

    if ((size_t) (r->end - r->pos) < len) {
        screen_reader_fail(r);
        return 0;
    }

    v = 0;

    for (i = 0; i < len; i++) {
        v |= (uint64_t) r->pos[i] << (8 * i);
    }

    r->pos += len;

    return v;
}


uint8_t
screen_reader_u8(screen_reader_t *r)
{
    return (uint8_t) screen_reader_int(r, 1);
}


uint16_t
screen_reader_u16(screen_reader_t *r)
{
    return (uint16_t) screen_reader_int(r, 2);
}


uint32_t
screen_reader_u32(screen_reader_t *r)
{
    return (uint32_t) screen_reader_int(r, 4);
}


uint64_t
screen_reader_u64(screen_reader_t *r)
{
    return screen_reader_int(r, 8);
}


void
screen_reader_bytes(screen_reader_t *r, void *to, size_t len)
{
    if ((size_t) (r->end - r->pos) < len) {
        screen_reader_fail(r);
        memset(to, 0, len);
        return;
    }

    if (len) {
        memcpy(to, r->pos, len);
    }

    r->pos += len;
}


screen_str_t
screen_reader_str(screen_reader_t *r, size_t max)
{
    size_t        len;
    screen_str_t  s = screen_null_str;

    len = screen_reader_u32(r);

    if (len > max || len > (size_t) (r->end - r->pos)) {
        screen_reader_fail(r);
        return s;
    }

    s.data = r->pos;
    s.len = len;
    r->pos += len;

    return s;
}


uint32_t
screen_reader_count(screen_reader_t *r, uint32_t max, size_t size)
{
    uint32_t  n;

    n = screen_reader_u32(r);

    if (n > max || (size && n > (size_t) (r->end - r->pos) / size)) {
        screen_reader_fail(r);
        return 0;
    }

    return n;
}


int
screen_reader_end(screen_reader_t *r)
{
    if (r->code == SCREEN_OK && r->pos != r->end) {
        screen_reader_fail(r);
    }

    return r->code;
}
