
#include <stdio.h>
#include <string.h>

#include "screen_bank_json.h"
#include "screen_date.h"
#include "screen_json.h"
#include "screen_utf8.h"


#define SCREEN_BANK_JSON_DEPTH  16
#define SCREEN_BANK_JSON_KEY    16


typedef struct {
    const u_char   *pos;
    const u_char   *end;
} screen_bank_json_t;


/* where a string goes; what does not fit is cut off */

typedef struct {
    u_char         *data;
    size_t          size;
    size_t          len;
    unsigned        full:1;
} screen_bank_json_out_t;


static int screen_bank_json_member(screen_bank_json_t *j,
    screen_entry_t *entry, uint64_t *added, screen_bank_json_text_t *text);
static int screen_bank_json_string(screen_bank_json_t *j,
    screen_bank_json_out_t *out);
static int screen_bank_json_escape(screen_bank_json_t *j,
    screen_bank_json_out_t *out);
static int screen_bank_json_skip(screen_bank_json_t *j);


static void
screen_bank_json_space(screen_bank_json_t *j)
{
    while (j->pos < j->end
           && (*j->pos == ' ' || *j->pos == '\t' || *j->pos == '\n'
               || *j->pos == '\r'))
    {
        j->pos++;
    }
}


/* 1 if the character is next, which is then behind */

static int
screen_bank_json_take(screen_bank_json_t *j, u_char c)
{
    screen_bank_json_space(j);

    if (j->pos == j->end || *j->pos != c) {
        return 0;
    }

    j->pos++;

    return 1;
}


int
screen_bank_json_decode(screen_entry_t *entry, uint64_t *added,
    screen_bank_json_text_t *text, const screen_str_t *json)
{
    uint64_t            ignored;
    screen_bank_json_t  j;

    memset(&entry->label, 0, sizeof(screen_str_t));
    memset(&entry->source, 0, sizeof(screen_str_t));

    entry->severity = 0;
    entry->expires = 0;
    entry->time = 0;
    entry->view = 0;
    entry->frames = 0;

    if (added == NULL) {
        added = &ignored;
    }

    *added = 0;

    if (json->len == 0) {
        return SCREEN_OK;
    }

    if (json->len > SCREEN_BANK_JSON_MAX) {
        return SCREEN_MALFORMED;
    }

    j.pos = json->data;
    j.end = json->data + json->len;

    if (!screen_bank_json_take(&j, '{')) {
        return SCREEN_MALFORMED;
    }

    if (!screen_bank_json_take(&j, '}')) {

        do {
            if (screen_bank_json_member(&j, entry, added, text) != SCREEN_OK)
            {
                return SCREEN_MALFORMED;
            }

        } while (screen_bank_json_take(&j, ','));

        if (!screen_bank_json_take(&j, '}')) {
            return SCREEN_MALFORMED;
        }
    }

    screen_bank_json_space(&j);

    return j.pos == j.end ? SCREEN_OK : SCREEN_MALFORMED;
}


static int
screen_bank_json_text(screen_bank_json_t *j, u_char *to, size_t size,
    screen_str_t *text)
{
    size_t                  i;
    screen_bank_json_out_t  out;

    memset(&out, 0, sizeof(screen_bank_json_out_t));

    out.data = to;
    out.size = size;

    if (screen_bank_json_string(j, &out) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    /* a list has one line an entry */

    for (i = 0; i < out.len; i++) {
        if (to[i] < 0x20) {
            to[i] = ' ';
        }
    }

    text->data = to;
    text->len = out.len;

    return SCREEN_OK;
}


/* a number of JSON that is a whole one and not negative */

static int
screen_bank_json_number(screen_bank_json_t *j, uint64_t *n)
{
    screen_str_t  text;

    screen_bank_json_space(j);

    text.data = j->pos;

    while (j->pos < j->end && *j->pos >= '0' && *j->pos <= '9') {
        j->pos++;
    }

    text.len = (size_t) (j->pos - text.data);

    return screen_parse_uint(&text, n);
}


static int
screen_bank_json_mark(screen_bank_json_t *j, screen_entry_t *entry,
    unsigned time)
{
    uint64_t  n;

    if (screen_bank_json_number(j, &n) != SCREEN_OK
        || n > (time ? UINT32_MAX : UINT16_MAX))
    {
        return SCREEN_MALFORMED;
    }

    if (time) {
        entry->time = (uint32_t) n;

    } else {
        entry->view = (uint16_t) n;
    }

    return SCREEN_OK;
}


static int
screen_bank_json_expires(screen_bank_json_t *j, uint64_t *seconds)
{
    u_char                  buf[64];
    screen_str_t            text;
    screen_bank_json_out_t  out;

    screen_bank_json_space(j);

    if (j->pos == j->end || *j->pos != '"') {
        return screen_bank_json_number(j, seconds);
    }

    memset(&out, 0, sizeof(screen_bank_json_out_t));

    out.data = buf;
    out.size = sizeof(buf);

    if (screen_bank_json_string(j, &out) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    text.data = buf;
    text.len = out.len;

    return text.len ? screen_date_parse(&text, seconds) : SCREEN_OK;
}


static int
screen_bank_json_null(screen_bank_json_t *j)
{
    screen_bank_json_space(j);

    if (j->end - j->pos < 4 || memcmp(j->pos, "null", 4) != 0) {
        return 0;
    }

    j->pos += 4;

    return 1;
}


static int
screen_bank_json_member(screen_bank_json_t *j, screen_entry_t *entry,
    uint64_t *added, screen_bank_json_text_t *text)
{
    int                     rc;
    u_char                  key[SCREEN_BANK_JSON_KEY];
    uint64_t                severity;
    screen_str_t            name;
    screen_bank_json_out_t  out;

    memset(&out, 0, sizeof(screen_bank_json_out_t));

    out.data = key;
    out.size = sizeof(key);

    screen_bank_json_space(j);

    if (screen_bank_json_string(j, &out) != SCREEN_OK
        || !screen_bank_json_take(j, ':'))
    {
        return SCREEN_MALFORMED;
    }

    if (screen_bank_json_null(j)) {
        return SCREEN_OK;
    }

    name.data = key;
    name.len = out.full ? 0 : out.len;

    screen_bank_json_space(j);

    if (screen_str_is(&name, "label")) {
        return screen_bank_json_text(j, text->label, sizeof(text->label),
                                     &entry->label);
    }

    if (screen_str_is(&name, "source")) {
        return screen_bank_json_text(j, text->source, sizeof(text->source),
                                     &entry->source);
    }

    if (screen_str_is(&name, "content") && entry->content.len == 0
        && screen_signal_perceptual(entry->signal))
    {
        return screen_bank_json_text(j, text->content, sizeof(text->content),
                                     &entry->content);
    }

    if (screen_signal_perceptual(entry->signal)
        && (screen_str_is(&name, "time") || screen_str_is(&name, "view")))
    {
        return screen_bank_json_mark(j, entry, name.data[0] == 't');
    }

    if (screen_str_is(&name, "severity")) {
        rc = screen_bank_json_number(j, &severity);

        if (rc != SCREEN_OK || severity > 10) {
            return SCREEN_MALFORMED;
        }

        entry->severity = (uint32_t) severity;

        return SCREEN_OK;
    }

    if (screen_str_is(&name, "expires")) {
        return screen_bank_json_expires(j, &entry->expires);
    }

    if (screen_str_is(&name, "added")) {
        return screen_bank_json_number(j, added);
    }

    return screen_bank_json_skip(j);
}


/* len bytes that belong together, or none of them and nothing after them */

static void
screen_bank_json_put(screen_bank_json_out_t *out, const u_char *data,
    size_t len)
{
    if (out->full || out->data == NULL || len > out->size - out->len) {
        out->full = 1;
        return;
    }

    memcpy(out->data + out->len, data, len);
    out->len += len;
}


/* the length of the character at p; a byte that begins none is one */

static size_t
screen_bank_json_sequence(const u_char *p, const u_char *end, uint32_t *c)
{
    size_t  n;

    n = screen_utf8_char(p, (size_t) (end - p), c);

    return n ? n : 1;
}


static int
screen_bank_json_string(screen_bank_json_t *j, screen_bank_json_out_t *out)
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

            if (screen_bank_json_escape(j, out) != SCREEN_OK) {
                return SCREEN_MALFORMED;
            }

            continue;
        }

        n = screen_bank_json_sequence(j->pos, j->end, &ignored);
        screen_bank_json_put(out, j->pos, n);
        j->pos += n;
    }

    return SCREEN_MALFORMED;
}


static int
screen_bank_json_hex(screen_bank_json_t *j, uint32_t *code)
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
screen_bank_json_utf8(screen_bank_json_out_t *out, uint32_t c)
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

    screen_bank_json_put(out, buf, n);
}


static int
screen_bank_json_escape(screen_bank_json_t *j, screen_bank_json_out_t *out)
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

        screen_bank_json_put(out, (const u_char *) &to[at - from], 1);

        return SCREEN_OK;
    }

    if (screen_bank_json_hex(j, &high) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    if (high >= 0xd800 && high < 0xdc00) {

        if (j->end - j->pos < 2 || j->pos[0] != '\\' || j->pos[1] != 'u') {
            return SCREEN_MALFORMED;
        }

        j->pos += 2;

        if (screen_bank_json_hex(j, &low) != SCREEN_OK
            || low < 0xdc00 || low > 0xdfff)
        {
            return SCREEN_MALFORMED;
        }

        high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);

    } else if (high >= 0xdc00 && high < 0xe000) {
        return SCREEN_MALFORMED;
    }

    screen_bank_json_utf8(out, high);

    return SCREEN_OK;
}


/*
 * A value of a member that means nothing to us: its strings are read, and
 * otherwise only its brackets are counted.
 */

static int
screen_bank_json_skip(screen_bank_json_t *j)
{
    u_char                  c, open[SCREEN_BANK_JSON_DEPTH];
    size_t                  depth, scalars;
    screen_bank_json_out_t  out;

    depth = 0;
    scalars = 0;
    memset(&out, 0, sizeof(screen_bank_json_out_t));

    while (j->pos < j->end) {
        c = *j->pos;

        if (c == '"') {

            if (screen_bank_json_string(j, &out) != SCREEN_OK) {
                return SCREEN_MALFORMED;
            }

            scalars++;
            continue;
        }

        if (depth == 0 && (c == ',' || c == '}')) {
            break;
        }

        if (c == '{' || c == '[') {

            if (depth == SCREEN_BANK_JSON_DEPTH) {
                return SCREEN_MALFORMED;
            }

            open[depth++] = c;

        } else if (c == '}' || c == ']') {

            if (depth == 0 || open[--depth] != (c == '}' ? '{' : '[')) {
                return SCREEN_MALFORMED;
            }
        }

        scalars += c > ' ';
        j->pos++;
    }

    return depth == 0 && scalars ? SCREEN_OK : SCREEN_MALFORMED;
}


void
screen_bank_json_encode(screen_buf_t *b, const screen_entry_t *entry,
    uint64_t added)
{
    screen_json_t  j;

    screen_json_init(&j, b);
    screen_json_open(&j, NULL, '{');

    if (entry->label.len) {
        screen_json_str(&j, "label", &entry->label);
    }

    if (entry->source.len) {
        screen_json_str(&j, "source", &entry->source);
    }

    if (entry->severity) {
        screen_json_uint(&j, "severity", entry->severity);
    }

    if (added) {
        screen_json_uint(&j, "added", added);
    }

    if (entry->expires) {
        screen_json_uint(&j, "expires", entry->expires);
    }

    if (screen_signal_perceptual(entry->signal)) {

        /* of vpdq it stands in the field */

        if (entry->content.len && entry->signal == SCREEN_SIGNAL_PDQ) {
            screen_json_str(&j, "content", &entry->content);
        }

        if (entry->view) {
            screen_json_uint(&j, "view", entry->view);
        }

        if (entry->time) {
            screen_json_uint(&j, "time", entry->time);
        }
    }

    screen_json_close(&j, '}');
}
