
#include <string.h>

#include "screen_delimiter.h"
#include "screen_header_param.h"


static void screen_delimiters_prepare(screen_delimiters_t *d);
static int screen_delimiter_tail(const u_char *p, const u_char *end,
    screen_delimiter_match_t *match);


int
screen_delimiters_push(screen_delimiters_t *d, const u_char *boundary,
    size_t len)
{
    screen_delimiter_t  *level;

    if (d->n == SCREEN_DELIMITER_LEVELS || len > SCREEN_DELIMITER_MAX - 2) {
        return SCREEN_LIMIT;
    }

    level = &d->levels[d->n++];

    level->text[0] = '-';
    level->text[1] = '-';
    memcpy(level->text + 2, boundary, len);
    level->len = len + 2;

    screen_delimiters_prepare(d);

    return SCREEN_OK;
}


void
screen_delimiters_cut(screen_delimiters_t *d, unsigned n)
{
    if (n < d->n) {
        d->n = n;
        screen_delimiters_prepare(d);
    }
}


static void
screen_delimiters_prepare(screen_delimiters_t *d)
{
    size_t         k, shift;
    unsigned       i;
    const u_char  *text;

    d->least = d->levels[0].len;

    for (i = 1; i < d->n; i++) {
        if (d->levels[i].len < d->least) {
            d->least = d->levels[i].len;
        }
    }

    memset(d->again, (int) d->least, sizeof(d->again));

    for (i = 0; i < d->n; i++) {
        text = d->levels[i].text;

        for (k = 0; k + 1 < d->least; k++) {
            shift = d->least - 1 - k;

            if (shift < d->again[text[k]]) {
                d->again[text[k]] = (uint8_t) shift;
            }
        }
    }

    memcpy(d->skip, d->again, sizeof(d->skip));

    for (i = 0; i < d->n; i++) {
        d->skip[d->levels[i].text[d->least - 1]] = 0;
    }
}


const u_char *
screen_delimiters_find(const screen_delimiters_t *d, const u_char *from,
    const u_char *end)
{
    size_t         last, i, len;
    unsigned       n, skip;
    const u_char  *p;

    last = d->least - 1;
    len = end - from;

    for (i = last; i < len; /* void */) {

        skip = d->skip[from[i]];

        if (skip) {
            i += skip;
            continue;
        }

        p = from + i - last;

        for (n = 0; n < d->n; n++) {
            if (memcmp(p, d->levels[n].text, d->least) == 0) {
                return p;
            }
        }

        i += d->again[from[i]];
    }

    return NULL;
}


const u_char *
screen_delimiters_partial(const screen_delimiters_t *d, const u_char *from,
    const u_char *end)
{
    unsigned       n;
    const u_char  *p;

    p = from;

    if ((size_t) (end - p) >= d->least) {
        p = end - (d->least - 1);
    }

    for ( /* void */ ; p < end; p++) {

        if (*p != '-') {
            continue;
        }

        for (n = 0; n < d->n; n++) {
            if (memcmp(p, d->levels[n].text, end - p) == 0) {
                return p;
            }
        }
    }

    return end;
}


int
screen_delimiters_match(const screen_delimiters_t *d, const u_char *p,
    const u_char *end, screen_line_t line, screen_delimiter_match_t *match)
{
    int                        rc, best_rc;
    size_t                     len, avail, best;
    unsigned                   n, seen;
    screen_delimiter_match_t   m;

    avail = end - p;
    best = 0;
    best_rc = SCREEN_NOT_FOUND;
    seen = 0;
    memset(match, 0, sizeof(screen_delimiter_match_t));

    for (n = 0; n < d->n; n++) {
        len = d->levels[n].len;

        memset(&m, 0, sizeof(screen_delimiter_match_t));

        if (memcmp(p, d->levels[n].text, len < avail ? len : avail) != 0) {
            continue;
        }

        if (avail < len) {
            rc = SCREEN_AGAIN;

        } else {
            seen = 1;
            rc = (line == SCREEN_LINE_NONE)
                 ? SCREEN_NOT_FOUND : screen_delimiter_tail(p + len, end, &m);
        }

        if (rc != SCREEN_NOT_FOUND && len > best) {
            best = len;
            best_rc = rc;
            *match = m;
            match->level = n;
            match->len += len;
        }
    }

    match->seen = seen;

    /* what is in the middle of a line is known as soon as it is whole */

    return (line == SCREEN_LINE_NONE && seen) ? SCREEN_NOT_FOUND : best_rc;
}


static int
screen_delimiter_tail(const u_char *p, const u_char *end,
    screen_delimiter_match_t *match)
{
    const u_char  *s;

    s = p;

    if (s < end && *s == '-') {

        if (end - s < 2) {
            return SCREEN_AGAIN;
        }

        match->close = 1;
        match->len = 2;

        return (s[1] == '-') ? SCREEN_OK : SCREEN_NOT_FOUND;
    }

    while (s < end && screen_is_ows(*s)) {
        s++;
    }

    if (s - p > SCREEN_DELIMITER_PADDING) {
        return SCREEN_NOT_FOUND;
    }

    if (s == end || (*s == '\r' && s + 1 == end)) {
        return SCREEN_AGAIN;
    }

    if (*s == '\r' && s[1] == '\n') {
        match->odd = (s != p);
        match->len = s + 2 - p;
        return SCREEN_OK;
    }

    if (*s == '\n') {
        match->odd = 1;
        match->len = s + 1 - p;
        return SCREEN_OK;
    }

    return SCREEN_NOT_FOUND;
}
