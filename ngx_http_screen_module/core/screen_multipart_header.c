
#include <string.h>

#include "screen_header_param.h"
#include "screen_multipart_impl.h"


static void screen_multipart_header_line(screen_multipart_t *m, int whole);
static void screen_multipart_header_keep(screen_multipart_t *m);
static int screen_multipart_header_delimiter(screen_multipart_t *m,
    const u_char *line, size_t len);
static void screen_multipart_header_cut(screen_multipart_t *m, unsigned level,
    int close);
static void screen_multipart_header_field(screen_multipart_t *m);
static void screen_multipart_header_value(screen_multipart_t *m,
    const screen_str_t *name, const screen_str_t *value);
static void screen_multipart_header_disposition(screen_multipart_t *m,
    const screen_str_t *value);
static void screen_multipart_header_check(screen_multipart_t *m,
    const u_char *text, size_t len);


void
screen_multipart_headers_start(screen_multipart_t *m)
{
    u_char                      *text, *space;
    size_t                       size;
    screen_multipart_headers_t  *h;

    h = &m->headers;

    text = h->text;
    size = h->size;
    space = h->space;

    memset(h, 0, sizeof(screen_multipart_headers_t));

    h->text = text;
    h->size = size;
    h->space = space;
    h->line_pos = m->pos;
}


size_t
screen_multipart_headers_feed(screen_multipart_t *m, const u_char *data,
    size_t len)
{
    size_t                       n, room, bytes;
    const u_char                *lf;
    screen_multipart_headers_t  *h;

    h = &m->headers;

    lf = memchr(data, '\n', len);
    n = (lf != NULL) ? (size_t) (lf - data) : len;
    bytes = n + (lf != NULL);
    room = h->size - h->used;

    m->pos += bytes;
    h->bytes += bytes;

    if (h->bytes > m->conf.max_header_size) {
        screen_multipart_note(m, SCREEN_FRAMING_HEADERS_LIMIT);
    }

    if (n > room) {
        n = room;
        h->cut = 1;
    }

    memcpy(h->text + h->used, data, n);
    h->used += n;

    if (lf != NULL && m->code == SCREEN_OK) {
        screen_multipart_header_line(m, 1);
    }

    return bytes;
}


void
screen_multipart_headers_end(screen_multipart_t *m)
{
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (h->used > h->line) {
        screen_multipart_header_line(m, 0);
    }

    if (m->code != SCREEN_OK || m->state != SCREEN_MULTIPART_HEADERS) {
        return;
    }

    screen_multipart_header_field(m);
    screen_multipart_note(m, SCREEN_FRAMING_NO_DATA|SCREEN_FRAMING_NO_END);
    screen_multipart_part_begin(m, m->pos);
}


/* a line has arrived, without its LF; whole: there was one */

static void
screen_multipart_header_line(screen_multipart_t *m, int whole)
{
    size_t                       len;
    u_char                      *line;
    screen_multipart_headers_t  *h;

    h = &m->headers;
    line = h->text + h->line;
    len = h->used - h->line;

    if (len != 0 && line[len - 1] == '\r') {
        len--;

    } else if (whole && !h->cut) {
        screen_multipart_note(m, SCREEN_FRAMING_BARE_LF);
    }

    h->used = h->line + len;

    if (memchr(line, '\r', len) != NULL) {
        screen_multipart_note(m, SCREEN_FRAMING_BARE_LF);
    }

    if (m->code != SCREEN_OK) {
        return;
    }

    if (len == 0 && !h->cut) {

        if (whole) {
            screen_multipart_header_field(m);
            screen_multipart_part_open(m);
        }

        return;
    }

    if (screen_multipart_header_delimiter(m, line, len)
        || m->code != SCREEN_OK)
    {
        return;
    }

    screen_multipart_header_keep(m);
}


/* the line is a field's, and stays until its end is known */

static void
screen_multipart_header_keep(screen_multipart_t *m)
{
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (screen_is_ows(h->text[h->line]) && h->pending) {
        screen_multipart_note(m, SCREEN_FRAMING_FOLDED);

    } else {
        screen_multipart_header_field(m);

        h->field = h->line;
        h->pending = 1;
        h->fields++;
    }

    if (h->fields > m->conf.max_headers) {
        screen_multipart_note(m, SCREEN_FRAMING_HEADERS_LIMIT);
    }

    /* beyond the limit only delimiters and the end are looked for */

    if (h->bytes > m->conf.max_header_size) {
        h->used = h->line;
        h->pending = h->pending && h->field < h->line;
    }

    h->line = h->used;
    h->line_pos = m->pos;
    h->cut = 0;
}


/*
 * A delimiter where a header should be: the part ends before its data begins.
 * Some servers take it for a header, others for a delimiter.
 */

static int
screen_multipart_header_delimiter(screen_multipart_t *m, const u_char *line,
    size_t len)
{
    int                   close;
    size_t                i;
    unsigned              n, best;
    screen_str_t          rest;
    screen_delimiter_t   *level;

    best = m->delimiters.n;
    close = 0;

    for (n = 0; n < m->delimiters.n; n++) {
        level = &m->delimiters.levels[n];

        if (memmem(line, len, level->text, level->len) == NULL) {
            continue;
        }

        if (memcmp(line, level->text, level->len) != 0) {
            screen_multipart_note(m, SCREEN_FRAMING_DELIMITER);
            continue;
        }

        screen_multipart_note(m, SCREEN_FRAMING_NO_DATA);

        rest.data = line + level->len;
        rest.len = len - level->len;

        for (i = 0; i < rest.len && screen_is_ows(rest.data[i]); i++) {
            /* void */
        }

        if (i != rest.len && !screen_str_starts(&rest, "--")) {
            screen_multipart_note(m, SCREEN_FRAMING_DELIMITER);
            continue;
        }

        if (best == m->delimiters.n
            || level->len > m->delimiters.levels[best].len)
        {
            best = n;
            close = (i != rest.len);

            if (close && rest.len > 2) {
                screen_multipart_note(m, SCREEN_FRAMING_EPILOGUE);
            }
        }
    }

    if (best == m->delimiters.n || m->code != SCREEN_OK) {
        return 0;
    }

    screen_multipart_header_cut(m, best, close);

    return 1;
}


static void
screen_multipart_header_cut(screen_multipart_t *m, unsigned level, int close)
{
    m->headers.used = m->headers.line;
    screen_multipart_header_field(m);

    if (level + 1 != m->delimiters.n) {
        screen_multipart_note(m, SCREEN_FRAMING_NO_END);
    }

    screen_multipart_part_begin(m, m->headers.line_pos);

    if (m->code == SCREEN_OK) {
        screen_multipart_delimiter(m, level, close);
    }
}


/* the field that is complete now that the next line is no continuation */

static void
screen_multipart_header_field(screen_multipart_t *m)
{
    u_char                      *text, *colon;
    size_t                       len;
    screen_str_t                 name, value;
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (!h->pending || m->code != SCREEN_OK) {
        return;
    }

    h->pending = 0;
    text = h->text + h->field;
    len = h->line - h->field;

    screen_multipart_header_check(m, text, len);

    if (m->code != SCREEN_OK) {
        return;
    }

    colon = memchr(text, ':', len);

    if (colon == NULL) {
        screen_multipart_note(m, SCREEN_FRAMING_HEADER);
        return;
    }

    name.data = text;
    name.len = colon - text;

    value.data = colon + 1;
    value.len = text + len - value.data;
    value = screen_trim_ows(&value);

    if (!screen_is_token(&name)) {
        screen_multipart_note(m, SCREEN_FRAMING_HEADER);

        while (name.len && !screen_is_token_char(name.data[0])) {
            name.data++;
            name.len--;
        }

        while (name.len && !screen_is_token_char(name.data[name.len - 1])) {
            name.len--;
        }
    }

    screen_multipart_header_value(m, &name, &value);
}


static void
screen_multipart_header_check(screen_multipart_t *m, const u_char *text,
    size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if ((text[i] < 0x20 && text[i] != '\t' && text[i] != '\r')
            || text[i] == 0x7f)
        {
            screen_multipart_note(m, SCREEN_FRAMING_NUL);
            return;
        }
    }
}


static void
screen_multipart_header_value(screen_multipart_t *m, const screen_str_t *name,
    const screen_str_t *value)
{
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (screen_str_caseis(name, "content-disposition")) {
        screen_multipart_header_disposition(m, value);

    } else if (screen_str_caseis(name, "content-type")) {

        if (h->has_declared) {
            screen_multipart_note(m, SCREEN_FRAMING_CONTENT_TYPE);

            /* of two the one that opens a nested body yields more */

            if (!screen_str_starts(value, "multipart/")) {
                return;
            }
        }

        h->has_declared = 1;
        h->declared = *value;

    } else if (screen_str_caseis(name, "content-transfer-encoding")) {

        if (h->has_encoding
            || (!screen_str_caseis(value, "binary")
                && !screen_str_caseis(value, "8bit")
                && !screen_str_caseis(value, "7bit")))
        {
            screen_multipart_note(m, SCREEN_FRAMING_ENCODING);
        }

        h->has_encoding = 1;
    }
}


static void
screen_multipart_header_disposition(screen_multipart_t *m,
    const screen_str_t *value)
{
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (h->has_disposition) {
        screen_multipart_note(m, SCREEN_FRAMING_DISPOSITION);

        if (h->disposition.has_filename) {
            return;
        }
    }

    h->has_disposition = 1;

    screen_disposition_parse(&h->disposition, value, h->space);

    if (h->disposition.framing) {
        screen_multipart_note(m, h->disposition.framing);
    }
}
