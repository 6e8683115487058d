
#include <string.h>

#include "screen_json_read.h"
#include "screen_utf8.h"


static int screen_json_read_escape(screen_json_reader_t *j,
    screen_json_out_t *out);


void
screen_json_read_space(screen_json_reader_t *j)
{
    while (j->pos < j->end
           && (*j->pos == ' ' || *j->pos == '\t' || *j->pos == '\n'
               || *j->pos == '\r'))
    {
        j->pos++;
    }
}


int
screen_json_read_take(screen_json_reader_t *j, u_char c)
{
    screen_json_read_space(j);

    if (j->pos == j->end || *j->pos != c) {
        return 0;
    }

    j->pos++;

    return 1;
}


int
screen_json_read_null(screen_json_reader_t *j)
{
    screen_json_read_space(j);

    if (j->end - j->pos < 4 || memcmp(j->pos, "null", 4) != 0) {
        return 0;
    }

    j->pos += 4;

    return 1;
}


int
screen_json_read_uint(screen_json_reader_t *j, uint64_t *n)
{
    screen_str_t  text;

    screen_json_read_space(j);

    text.data = j->pos;

    while (j->pos < j->end && *j->pos >= '0' && *j->pos <= '9') {
        j->pos++;
    }

    text.len = (size_t) (j->pos - text.data);

    return screen_parse_uint(&text, n);
}


u_char
screen_json_read_peek(screen_json_reader_t *j)
{
    screen_json_read_space(j);

    return j->pos < j->end ? *j->pos : 0;
}


int
screen_json_read_number(screen_json_reader_t *j, screen_str_t *text)
{
    screen_json_read_space(j);

    text->data = j->pos;

    while (j->pos < j->end
           && ((*j->pos >= '0' && *j->pos <= '9') || *j->pos == '.'
               || *j->pos == '-' || *j->pos == '+' || *j->pos == 'e'
               || *j->pos == 'E'))
    {
        j->pos++;
    }

    text->len = (size_t) (j->pos - text->data);

    return text->len ? SCREEN_OK : SCREEN_MALFORMED;
}


int
screen_json_read_bool(screen_json_reader_t *j, unsigned *value)
{
    size_t  len;

    screen_json_read_space(j);

    len = (size_t) (j->end - j->pos);
    *value = len >= 4 && memcmp(j->pos, "true", 4) == 0;

    if (*value) {
        j->pos += 4;
        return SCREEN_OK;
    }

    if (len < 5 || memcmp(j->pos, "false", 5) != 0) {
        return SCREEN_MALFORMED;
    }

    j->pos += 5;

    return SCREEN_OK;
}


/* len bytes that belong together, or none of them and nothing after them */

static void
screen_json_read_put(screen_json_out_t *out, const u_char *data,
    size_t len)
{
    if (out->full || out->data == NULL || len > out->size - out->len) {
        out->full = 1;
        return;
    }

    /* it may be a few bytes before, of the same text */

    memmove(out->data + out->len, data, len);
    out->len += len;
}


/* the length of the character at p; a byte that begins none is one */

static size_t
screen_json_read_sequence(const u_char *p, const u_char *end, uint32_t *c)
{
    size_t  n;

    n = screen_utf8_char(p, (size_t) (end - p), c);

    return n ? n : 1;
}


int
screen_json_read_string(screen_json_reader_t *j, screen_json_out_t *out)
{
    size_t    n;
    uint32_t  ignored;

    if (j->pos == j->end || *j->pos != '"') {
        return SCREEN_MALFORMED;
    }

    j->pos++;

    while (j->pos < j->end) {

        if (*j->pos == '"') {
            j->pos++;
            return SCREEN_OK;
        }

        if (*j->pos < 0x20) {
            return SCREEN_MALFORMED;
        }

        if (*j->pos == '\\') {
            j->pos++;

            if (screen_json_read_escape(j, out) != SCREEN_OK) {
                return SCREEN_MALFORMED;
            }

            continue;
        }

        n = screen_json_read_sequence(j->pos, j->end, &ignored);
        screen_json_read_put(out, j->pos, n);
        j->pos += n;
    }

    return SCREEN_MALFORMED;
}


int
screen_json_read_here(screen_json_reader_t *j, screen_str_t *text)
{
    screen_json_out_t  out;

    screen_json_read_space(j);

    memset(&out, 0, sizeof(screen_json_out_t));

    if (j->pos < j->end) {
        out.data = (u_char *) j->pos;
        out.size = (size_t) (j->end - j->pos);
    }

    if (screen_json_read_string(j, &out) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    text->data = out.data;
    text->len = out.len;

    return SCREEN_OK;
}


static int
screen_json_read_hex(screen_json_reader_t *j, uint32_t *code)
{
    u_char        bytes[2];
    screen_str_t  text;

    if (j->end - j->pos < 4) {
        return SCREEN_MALFORMED;
    }

    text.data = j->pos;
    text.len = 4;

    if (screen_hex_decode(bytes, 2, &text) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    *code = (uint32_t) bytes[0] << 8 | bytes[1];
    j->pos += 4;

    return SCREEN_OK;
}


static void
screen_json_read_utf8(screen_json_out_t *out, uint32_t c)
{
    size_t  n;
    u_char  buf[4];

    if (c < 0x80) {
        buf[0] = (u_char) c;
        n = 1;

    } else if (c < 0x800) {
        buf[0] = (u_char) (0xc0 | c >> 6);
        buf[1] = (u_char) (0x80 | (c & 0x3f));
        n = 2;

    } else if (c < 0x10000) {
        buf[0] = (u_char) (0xe0 | c >> 12);
        buf[1] = (u_char) (0x80 | (c >> 6 & 0x3f));
        buf[2] = (u_char) (0x80 | (c & 0x3f));
        n = 3;

    } else {
        buf[0] = (u_char) (0xf0 | c >> 18);
        buf[1] = (u_char) (0x80 | (c >> 12 & 0x3f));
        buf[2] = (u_char) (0x80 | (c >> 6 & 0x3f));
        buf[3] = (u_char) (0x80 | (c & 0x3f));
        n = 4;
    }

    screen_json_read_put(out, buf, n);
}


static int
screen_json_read_escape(screen_json_reader_t *j, screen_json_out_t *out)
{
    u_char              c;
    uint32_t            high, low;
    const char         *at;
    static const char   from[] = "\"\\/bfnrt";
    static const char   to[] = "\"\\/\b\f\n\r\t";

    if (j->pos == j->end) {
        return SCREEN_MALFORMED;
    }

    c = *j->pos++;

    if (c != 'u') {
        at = c ? strchr(from, c) : NULL;

        if (at == NULL) {
            return SCREEN_MALFORMED;
        }

        screen_json_read_put(out, (const u_char *) &to[at - from], 1);

        return SCREEN_OK;
    }

    if (screen_json_read_hex(j, &high) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    if (high >= 0xd800 && high < 0xdc00) {

        if (j->end - j->pos < 2 || j->pos[0] != '\\' || j->pos[1] != 'u') {
            return SCREEN_MALFORMED;
        }

        j->pos += 2;

        if (screen_json_read_hex(j, &low) != SCREEN_OK
            || low < 0xdc00 || low > 0xdfff)
        {
            return SCREEN_MALFORMED;
        }

        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);

    } else if (high >= 0xdc00 && high < 0xe000) {
        return SCREEN_MALFORMED;
    }

    screen_json_read_utf8(out, high);

    return SCREEN_OK;
}


int
screen_json_read_skip(screen_json_reader_t *j)
{
    u_char              c, open[SCREEN_JSON_DEPTH];
    size_t              depth, scalars;
    screen_json_out_t   out;

    depth = 0;
    scalars = 0;
    memset(&out, 0, sizeof(screen_json_out_t));

    while (j->pos < j->end) {
        c = *j->pos;

        if (c == '"') {

            if (screen_json_read_string(j, &out) != SCREEN_OK) {
                return SCREEN_MALFORMED;
            }

            if (depth == 0) {
                return scalars ? SCREEN_MALFORMED : SCREEN_OK;
            }

            scalars++;
            continue;
        }

        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            break;
        }

        if (c == '{' || c == '[') {

            if (depth == SCREEN_JSON_DEPTH) {
                return SCREEN_MALFORMED;
            }

            open[depth++] = c;

        } else if (c == '}' || c == ']') {

            if (depth == 0 || open[--depth] != (c == '}' ? '{' : '[')) {
                return SCREEN_MALFORMED;
            }

            if (depth == 0) {
                j->pos++;
                return SCREEN_OK;
            }
        }

        scalars += c > ' ';
        j->pos++;
    }

    return depth == 0 && scalars ? SCREEN_OK : SCREEN_MALFORMED;
}


int
screen_json_read_object(screen_json_reader_t *j,
    int (*member)(void *ctx, const screen_str_t *name,
                  screen_json_reader_t *j), void *ctx)
{
    int                rc;
    u_char             room[SCREEN_JSON_NAME];
    screen_str_t       name;
    screen_json_out_t  out;

    if (!screen_json_read_take(j, '{')) {
        return SCREEN_MALFORMED;
    }

    if (screen_json_read_take(j, '}')) {
        return SCREEN_OK;
    }

    do {
        memset(&out, 0, sizeof(screen_json_out_t));

        out.data = room;
        out.size = sizeof(room);

        screen_json_read_space(j);

        if (screen_json_read_string(j, &out) != SCREEN_OK
            || !screen_json_read_take(j, ':'))
        {
            return SCREEN_MALFORMED;
        }

        name.data = room;
        name.len = out.full ? 0 : out.len;

        screen_json_read_space(j);

        rc = member(ctx, &name, j);
        if (rc != SCREEN_OK) {
            return rc;
        }

    } while (screen_json_read_take(j, ','));

    return screen_json_read_take(j, '}') ? SCREEN_OK : SCREEN_MALFORMED;
}


int
screen_json_read_array(screen_json_reader_t *j,
    int (*element)(void *ctx, screen_json_reader_t *j), void *ctx)
{
    int  rc;

    if (!screen_json_read_take(j, '[')) {
        return SCREEN_MALFORMED;
    }

    if (screen_json_read_take(j, ']')) {
        return SCREEN_OK;
    }

    do {
        screen_json_read_space(j);

        rc = element(ctx, j);
        if (rc != SCREEN_OK) {
            return rc;
        }

    } while (screen_json_read_take(j, ','));

    return screen_json_read_take(j, ']') ? SCREEN_OK : SCREEN_MALFORMED;
}
