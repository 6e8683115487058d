
#include <string.h>

#include "screen_multipart_impl.h"


#define SCREEN_MULTIPART_MAX_PARTS        1000
#define SCREEN_MULTIPART_MAX_HEADERS      32
#define SCREEN_MULTIPART_MAX_HEADER_SIZE  16384
#define SCREEN_MULTIPART_MAX_DEPTH        2


static void screen_multipart_defaults(screen_multipart_conf_t *conf);
static size_t screen_multipart_process(screen_multipart_t *m,
    const u_char *data, size_t len);
static size_t screen_multipart_region(screen_multipart_t *m,
    const u_char *data, size_t len);
static size_t screen_multipart_line_end(const u_char *from, const u_char *p);
static screen_line_t screen_multipart_line(const screen_multipart_t *m,
    const u_char *from, const u_char *p, size_t eol);
static void screen_multipart_accept(screen_multipart_t *m,
    const screen_delimiter_match_t *match, screen_line_t line);
static void screen_multipart_flush(screen_multipart_t *m, const u_char *data,
    size_t len);


screen_multipart_t *
screen_multipart_create(const screen_alloc_t *alloc,
    const screen_content_type_t *ct, const screen_multipart_conf_t *conf,
    const screen_multipart_sink_t *sink)
{
    size_t               size;
    screen_multipart_t  *m;

    if (ct->boundary_len == 0 || ct->boundary_len > SCREEN_BOUNDARY_MAX) {
        return NULL;
    }

    m = screen_calloc(alloc, sizeof(screen_multipart_t));
    if (m == NULL) {
        return NULL;
    }

    m->conf = *conf;
    m->sink = *sink;
    m->kind = ct->kind;
    screen_multipart_defaults(&m->conf);

    size = (size_t) m->conf.max_header_size + SCREEN_MULTIPART_RESERVE;

    m->headers.size = size;
    m->headers.text = screen_alloc(alloc, size);
    m->headers.space = screen_alloc(alloc, 2 * size);
    m->origins = screen_alloc(alloc, m->conf.max_depth
                                     * sizeof(screen_multipart_origin_t));

    if (m->headers.text == NULL || m->headers.space == NULL
        || m->origins == NULL)
    {
        return NULL;
    }

    (void) screen_delimiters_push(&m->delimiters, ct->boundary,
                                  ct->boundary_len);

    if (ct->framing) {
        screen_multipart_note(m, ct->framing);
    }

    return m;
}


static void
screen_multipart_defaults(screen_multipart_conf_t *conf)
{
    if (conf->max_parts == 0) {
        conf->max_parts = SCREEN_MULTIPART_MAX_PARTS;
    }

    if (conf->max_headers == 0) {
        conf->max_headers = SCREEN_MULTIPART_MAX_HEADERS;
    }

    if (conf->max_header_size == 0) {
        conf->max_header_size = SCREEN_MULTIPART_MAX_HEADER_SIZE;
    }

    if (conf->max_depth == 0) {
        conf->max_depth = SCREEN_MULTIPART_MAX_DEPTH;
    }

    if (conf->max_depth > SCREEN_DELIMITER_LEVELS - 1) {
        conf->max_depth = SCREEN_DELIMITER_LEVELS - 1;
    }
}


/*
 * Bytes that cannot be told yet are at most SCREEN_DELIMITER_HOLD.  They wait
 * in hold, which has room for as many again: once it is full, or the input
 * ends, whatever is still open lies within the new bytes alone, and the work
 * goes on in the caller's buffer, without a copy.
 */

int
screen_multipart_feed(screen_multipart_t *m, const u_char *data, size_t len)
{
    size_t  n, old;

    while (len != 0 && m->code == SCREEN_OK) {

        if (m->held == 0) {
            n = screen_multipart_process(m, data, len);

            if (m->code != SCREEN_OK) {
                break;
            }

            m->held = len - n;
            memcpy(m->hold, data + n, m->held);
            break;
        }

        old = m->held;
        n = sizeof(m->hold) - old;

        if (n > len) {
            n = len;
        }

        memcpy(m->hold + old, data, n);
        m->held = old + n;

        n = screen_multipart_process(m, m->hold, m->held);

        if (n >= old) {
            data += n - old;
            len -= n - old;
            m->held = 0;
            continue;
        }

        data += m->held - old;
        len -= m->held - old;
        m->held -= n;
        memmove(m->hold, m->hold + n, m->held);
    }

    return m->code;
}


int
screen_multipart_end(screen_multipart_t *m)
{
    size_t  held;

    if (m->code != SCREEN_OK) {
        return m->code;
    }

    held = m->held;
    m->held = 0;

    screen_multipart_flush(m, m->hold, held);

    if (m->state == SCREEN_MULTIPART_HEADERS) {
        screen_multipart_headers_end(m);
    }

    if (m->code != SCREEN_OK) {
        return m->code;
    }

    switch (m->state) {

    case SCREEN_MULTIPART_EPILOGUE:

        if (m->delimiters.n > 1) {
            screen_multipart_note(m, SCREEN_FRAMING_NO_END);

        } else if (m->region == 1) {
            screen_multipart_note(m, SCREEN_FRAMING_EPILOGUE);
        }

        break;

    case SCREEN_MULTIPART_DATA:

        screen_multipart_note(m, SCREEN_FRAMING_NO_END);

        if (m->code == SCREEN_OK) {
            m->code = m->sink.end(m->sink.ctx, m->region);
        }

        break;

    case SCREEN_MULTIPART_SKIP:
        break;

    default:
        screen_multipart_note(m, SCREEN_FRAMING_NO_END);
    }

    m->state = SCREEN_MULTIPART_SKIP;

    return m->code;
}


unsigned
screen_multipart_framing(const screen_multipart_t *m)
{
    return m->framing;
}


int
screen_multipart_nested(const screen_multipart_t *m)
{
    return m->nested;
}


void
screen_multipart_note(screen_multipart_t *m, unsigned framing)
{
    m->framing |= framing;

    if (!m->conf.lenient && m->code == SCREEN_OK) {
        m->code = SCREEN_MALFORMED;
    }
}


static size_t
screen_multipart_process(screen_multipart_t *m, const u_char *data, size_t len)
{
    size_t  n, done;

    for (done = 0; done < len && m->code == SCREEN_OK; done += n) {

        switch (m->state) {

        case SCREEN_MULTIPART_HEADERS:
            n = screen_multipart_headers_feed(m, data + done, len - done);
            break;

        case SCREEN_MULTIPART_SKIP:
            n = len - done;
            m->pos += n;
            break;

        default:
            n = screen_multipart_region(m, data + done, len - done);
        }

        if (n == 0) {
            break;
        }
    }

    return done;
}


/*
 * The bytes between delimiters, up to and with the next delimiter.  A line
 * end before what may be a delimiter waits with it.
 */

static size_t
screen_multipart_region(screen_multipart_t *m, const u_char *data, size_t len)
{
    int                        rc;
    size_t                     eol;
    screen_line_t              line;
    const u_char              *p, *base, *from, *end;
    screen_delimiter_match_t   match;

    base = data;
    from = data;
    end = data + len;

    for ( ;; ) {
        p = screen_delimiters_find(&m->delimiters, from, end);

        if (p == NULL) {
            p = screen_delimiters_partial(&m->delimiters, from, end);
            eol = screen_multipart_line_end(from, p);
            screen_multipart_flush(m, base, p - eol - base);
            return p - eol - data;
        }

        eol = screen_multipart_line_end(base, p);
        line = screen_multipart_line(m, base, p, eol);

        screen_multipart_flush(m, base, p - eol - base);
        base = p - eol;

        if (m->code != SCREEN_OK) {
            return base - data;
        }

        rc = screen_delimiters_match(&m->delimiters, p, end, line, &match);

        if (rc == SCREEN_AGAIN) {
            return base - data;
        }

        if (rc == SCREEN_OK) {
            m->pos += eol + match.len;
            screen_multipart_accept(m, &match, line);
            return p + match.len - data;
        }

        if (match.seen) {
            screen_multipart_note(m, SCREEN_FRAMING_DELIMITER);

            if (m->code != SCREEN_OK) {
                return base - data;
            }
        }

        from = p + 1;
    }
}


/* the length of the line end right before p */

static size_t
screen_multipart_line_end(const u_char *from, const u_char *p)
{
    if (p == from) {
        return 0;
    }

    if (p[-1] == '\n') {
        return (p - from > 1 && p[-2] == '\r') ? 2 : 1;
    }

    return (p[-1] == '\r') ? 1 : 0;
}


static screen_line_t
screen_multipart_line(const screen_multipart_t *m, const u_char *from,
    const u_char *p, size_t eol)
{
    if (eol != 0) {
        return (eol == 2) ? SCREEN_LINE_CRLF : SCREEN_LINE_BARE;
    }

    if (p == from && m->region == 0 && m->state != SCREEN_MULTIPART_EPILOGUE) {
        return SCREEN_LINE_START;
    }

    return SCREEN_LINE_NONE;
}


static void
screen_multipart_accept(screen_multipart_t *m,
    const screen_delimiter_match_t *match, screen_line_t line)
{
    unsigned  inner, framing;

    framing = 0;
    inner = m->delimiters.n - 1;

    if (line == SCREEN_LINE_BARE || match->odd) {
        framing |= SCREEN_FRAMING_DELIMITER;
    }

    if (line == SCREEN_LINE_START && (m->state == SCREEN_MULTIPART_DATA
                                      || match->level != inner))
    {
        framing |= SCREEN_FRAMING_NO_DATA;
    }

    if (m->state == SCREEN_MULTIPART_EPILOGUE) {

        /* a part, or an end, after the end: PHP, for one, goes on here */

        if (match->level == inner || m->region == 1) {
            framing |= SCREEN_FRAMING_EPILOGUE;
        }

    } else if (match->level != inner) {
        framing |= SCREEN_FRAMING_NO_END;
    }

    if (framing) {
        screen_multipart_note(m, framing);
    }

    if (m->code == SCREEN_OK) {
        screen_multipart_delimiter(m, match->level, match->close);
    }
}


void
screen_multipart_delimiter(screen_multipart_t *m, unsigned level, int close)
{
    if (m->state == SCREEN_MULTIPART_DATA) {
        m->code = m->sink.end(m->sink.ctx, m->region);

        if (m->code != SCREEN_OK) {
            return;
        }
    }

    screen_delimiters_cut(&m->delimiters, level + 1);
    m->region = 0;

    if (close) {
        m->state = SCREEN_MULTIPART_EPILOGUE;
        return;
    }

    if (m->parts == m->conf.max_parts) {
        m->state = SCREEN_MULTIPART_SKIP;
        screen_multipart_note(m, SCREEN_FRAMING_PARTS_LIMIT);
        return;
    }

    m->parts++;
    m->state = SCREEN_MULTIPART_HEADERS;
    screen_multipart_headers_start(m);
}


/* bytes that are not of a delimiter */

static void
screen_multipart_flush(screen_multipart_t *m, const u_char *data, size_t len)
{
    size_t  i;

    if (len == 0 || m->code != SCREEN_OK) {
        return;
    }

    switch (m->state) {

    case SCREEN_MULTIPART_DATA:
        m->code = m->sink.data(m->sink.ctx, data, len);
        break;

    case SCREEN_MULTIPART_PREAMBLE:
        screen_multipart_note(m, SCREEN_FRAMING_PREAMBLE);
        break;

    case SCREEN_MULTIPART_EPILOGUE:

        /* one line end after the last delimiter is what clients send */

        for (i = 0; i < len && m->region + i < 3; i++) {

            if (m->region + i == 2
                || data[i] != (u_char) "\r\n"[m->region + i])
            {
                screen_multipart_note(m, SCREEN_FRAMING_EPILOGUE);
                break;
            }
        }

        break;

    default:
        break;
    }

    m->region += len;
    m->pos += len;
}
