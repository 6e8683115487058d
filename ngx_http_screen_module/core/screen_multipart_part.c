
#include <string.h>

#include "screen_header_param.h"
#include "screen_multipart_impl.h"


static void screen_multipart_part_check(screen_multipart_t *m,
    unsigned level);
static int screen_multipart_part_nested(screen_multipart_t *m);
static void screen_multipart_part_origin(screen_multipart_t *m);
static unsigned screen_multipart_part_shadowed(screen_multipart_t *m,
    const screen_content_type_t *ct, int *equal);
static screen_str_t screen_multipart_clip(screen_multipart_t *m,
    const screen_str_t *s, int tail);


void
screen_multipart_part_open(screen_multipart_t *m)
{
    if (m->code != SCREEN_OK) {
        return;
    }

    m->region = 0;

    if (screen_multipart_part_nested(m)) {
        screen_multipart_part_check(m, m->delimiters.n - 2);
        m->state = SCREEN_MULTIPART_PREAMBLE;
        return;
    }

    screen_multipart_part_begin(m, m->pos);
}


/* RFC 7578 section 4.2 */

static void
screen_multipart_part_check(screen_multipart_t *m, unsigned level)
{
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (m->kind != SCREEN_BODY_FORM || level > 0) {
        return;
    }

    if (!h->has_disposition) {
        screen_multipart_note(m, SCREEN_FRAMING_DISPOSITION);
        return;
    }

    if (!screen_str_caseis(&h->disposition.type, "form-data")) {
        screen_multipart_note(m, SCREEN_FRAMING_DISPOSITION);
    }

    if (!h->disposition.has_name) {
        screen_multipart_note(m, SCREEN_FRAMING_NO_NAME);
    }
}


void
screen_multipart_part_begin(screen_multipart_t *m, uint64_t offset)
{
    screen_part_header_t         header;
    screen_multipart_origin_t   *origin;
    screen_multipart_headers_t  *h;

    if (m->code != SCREEN_OK) {
        return;
    }

    h = &m->headers;

    screen_multipart_part_check(m, m->delimiters.n - 1);

    memset(&header, 0, sizeof(screen_part_header_t));

    header.name = screen_multipart_clip(m, &h->disposition.name, 0);
    header.filename = screen_multipart_clip(m, &h->disposition.filename, 1);
    header.has_filename = h->disposition.has_filename;
    header.declared = screen_multipart_clip(m, &h->declared, 0);
    header.offset = offset;

    if (m->delimiters.n > 1) {
        origin = &m->origins[m->delimiters.n - 2];

        if (!h->disposition.has_name) {
            header.name.data = origin->name;
            header.name.len = origin->name_len;
        }

        if (!header.has_filename && origin->has_filename) {
            header.filename.data = origin->filename;
            header.filename.len = origin->filename_len;
            header.has_filename = 1;
        }
    }

    if (m->code != SCREEN_OK) {
        return;
    }

    m->region = 0;
    m->state = SCREEN_MULTIPART_DATA;
    m->code = m->sink.begin(m->sink.ctx, &header);
}


/*
 * 1 if the part is a multipart body itself, which then is opened.  Without a
 * boundary nobody can split it: browsers declare a saved web page so.
 */

static int
screen_multipart_part_nested(screen_multipart_t *m)
{
    int                          equal;
    unsigned                     framing;
    screen_content_type_t        ct;
    screen_multipart_headers_t  *h;

    h = &m->headers;

    if (!screen_str_starts(&h->declared, "multipart/")) {
        return 0;
    }

    screen_content_type_parse(&ct, &h->declared);

    if (ct.boundary_len == 0) {

        if (screen_str_find(&h->declared, 0, "boundary") != NULL) {
            screen_multipart_note(m, ct.framing);
        }

        return 0;
    }

    framing = ct.framing;

    /* a server that does not open it sees a file with another content */

    if (ct.kind == SCREEN_BODY_FORM || h->disposition.has_filename) {
        framing |= SCREEN_FRAMING_NESTED;
    }

    if (m->delimiters.n > m->conf.max_depth) {
        screen_multipart_note(m, framing | SCREEN_FRAMING_NESTED);
        return 0;
    }

    framing |= screen_multipart_part_shadowed(m, &ct, &equal);

    if (framing) {
        screen_multipart_note(m, framing);
    }

    if (equal || m->code != SCREEN_OK) {
        return 0;
    }

    screen_multipart_part_origin(m);

    m->nested = 1;

    (void) screen_delimiters_push(&m->delimiters, ct.boundary,
                                  ct.boundary_len);

    return m->code == SCREEN_OK;
}


/* what the part does not say itself it has from the one around it */

static void
screen_multipart_part_origin(screen_multipart_t *m)
{
    screen_str_t                 name, filename;
    screen_disposition_t        *d;
    screen_multipart_origin_t   *origin;

    d = &m->headers.disposition;
    origin = &m->origins[m->delimiters.n - 1];

    memset(origin, 0, sizeof(screen_multipart_origin_t));

    if (m->delimiters.n > 1) {
        *origin = origin[-1];
    }

    if (d->has_name) {
        name = screen_multipart_clip(m, &d->name, 0);
        origin->name_len = name.len;

        if (name.len) {
            memcpy(origin->name, name.data, name.len);
        }
    }

    if (d->has_filename) {
        filename = screen_multipart_clip(m, &d->filename, 1);
        origin->filename_len = filename.len;
        origin->has_filename = 1;

        if (filename.len) {
            memcpy(origin->filename, filename.data, filename.len);
        }
    }
}


/* a boundary that begins another: RFC 2046 section 5.1.2 forbids both */

static unsigned
screen_multipart_part_shadowed(screen_multipart_t *m,
    const screen_content_type_t *ct, int *equal)
{
    size_t               len;
    unsigned             n, framing;
    screen_delimiter_t  *level;

    *equal = 0;
    framing = 0;

    for (n = 0; n < m->delimiters.n; n++) {
        level = &m->delimiters.levels[n];
        len = level->len - 2;

        if (ct->boundary_len < len) {
            len = ct->boundary_len;
        }

        if (memcmp(level->text + 2, ct->boundary, len) != 0) {
            continue;
        }

        framing = SCREEN_FRAMING_NESTED;

        if (ct->boundary_len == level->len - 2) {
            *equal = 1;
        }
    }

    return framing;
}


/* of a file name the end matters more than the beginning */

static screen_str_t
screen_multipart_clip(screen_multipart_t *m, const screen_str_t *s, int tail)
{
    screen_str_t  clipped;

    clipped = *s;

    if (s->len > SCREEN_NAME_MAX) {
        screen_multipart_note(m, SCREEN_FRAMING_HEADERS_LIMIT);

        clipped.len = SCREEN_NAME_MAX;

        if (tail) {
            clipped.data += s->len - SCREEN_NAME_MAX;
        }
    }

    return clipped;
}
