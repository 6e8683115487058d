
#include <string.h>

#include "screen_header_param.h"
#include "screen_multipart.h"
#include "screen_rfc2231.h"


/*
 * HttpClient of Apache draws 30 to 40 characters from a set that has a hyphen
 * in it: of its boundaries one in 4,096 ends like a terminator.
 */
#define SCREEN_BOUNDARY_RANDOM  30

/* how often the word is looked at in a value that has it in odd places */
#define SCREEN_BOUNDARY_TRIES   8


static void screen_content_type_params(screen_content_type_t *ct,
    screen_header_params_t *ps, const screen_str_t *value);
static void screen_content_type_mentions(screen_content_type_t *ct,
    const screen_str_t *value, const u_char *param);
static int screen_content_type_search(const screen_str_t *value,
    screen_header_param_t *p);
static void screen_content_type_boundary(screen_content_type_t *ct,
    const screen_header_param_t *p);
static void screen_content_type_check(screen_content_type_t *ct, int quoted);
static unsigned screen_content_type_kind(screen_content_type_t *ct,
    const screen_str_t *media, const screen_str_t *value);


/*
 * Whatever has "multipart" in it is held to the grammar: some server finds
 * the word, and a boundary, anywhere.  Other values cut nothing, and are
 * let be.
 */

void
screen_content_type_parse(screen_content_type_t *ct, const screen_str_t *value)
{
    size_t                  i;
    screen_str_t            media, trimmed;
    screen_header_params_t  ps;

    memset(ct, 0, sizeof(screen_content_type_t));

    if (screen_str_find(value, 0, "multipart") == NULL) {
        return;
    }

    trimmed = screen_trim_ows(value);

    if (trimmed.len != value->len) {
        ct->framing |= SCREEN_FRAMING_CONTENT_TYPE;
    }

    for (i = 0; i < trimmed.len; i++) {
        if ((trimmed.data[i] < 0x20 && trimmed.data[i] != '\t')
            || trimmed.data[i] >= 0x7f)
        {
            ct->framing |= SCREEN_FRAMING_CONTENT_TYPE;
        }
    }

    media = screen_header_params_init(&ps, &trimmed);

    ct->framing |= screen_content_type_kind(ct, &media, &trimmed);

    screen_content_type_params(ct, &ps, &trimmed);

    if (ct->boundary_len == 0) {
        ct->kind = SCREEN_BODY_RAW;
    }
}


/* what the media type makes of the body, if there is a boundary */

static unsigned
screen_content_type_kind(screen_content_type_t *ct, const screen_str_t *media,
    const screen_str_t *value)
{
    size_t        i;
    screen_str_t  subtype;

    static const char  *known[] = {
        "mixed", "related", "alternative", "digest", "parallel", "report",
        "signed", "encrypted", "byteranges", NULL
    };

    ct->kind = (screen_str_find(value, 0, "multipart/form-data") != NULL)
               ? SCREEN_BODY_FORM : SCREEN_BODY_MULTIPART;

    if (screen_str_caseis(media, "multipart")
        || screen_str_caseis(media, "multipart/"))
    {
        return SCREEN_FRAMING_SUBTYPE;
    }

    if (!screen_str_starts(media, "multipart/")) {
        return SCREEN_FRAMING_CONTENT_TYPE;
    }

    subtype.data = media->data + sizeof("multipart/") - 1;
    subtype.len = media->len - (sizeof("multipart/") - 1);

    if (!screen_is_token(&subtype)) {
        return SCREEN_FRAMING_CONTENT_TYPE;
    }

    if (screen_str_caseis(&subtype, "form-data")) {
        return 0;
    }

    ct->kind = SCREEN_BODY_MULTIPART;

    for (i = 0; known[i] != NULL; i++) {
        if (screen_str_caseis(&subtype, known[i])) {
            return 0;
        }
    }

    return SCREEN_FRAMING_SUBTYPE;
}


static void
screen_content_type_params(screen_content_type_t *ct,
    screen_header_params_t *ps, const screen_str_t *value)
{
    unsigned               found;
    screen_header_param_t  p, boundary;

    found = 0;
    memset(&boundary, 0, sizeof(screen_header_param_t));

    while (screen_header_param_next(ps, &p) == SCREEN_OK) {

        if (screen_str_caseis(&p.name, "boundary")) {

            if (found++ == 0) {
                boundary = p;

            } else {
                ct->framing |= SCREEN_FRAMING_BOUNDARY;
            }

            continue;
        }

        if (screen_str_find(&p.name, 0, "boundary") != NULL) {
            ct->framing |= SCREEN_FRAMING_BOUNDARY;

        } else if (p.odd) {
            ct->framing |= SCREEN_FRAMING_CONTENT_TYPE;
        }
    }

    if (found == 0) {
        ct->framing |= SCREEN_FRAMING_BOUNDARY;

        if (screen_content_type_search(value, &boundary) != SCREEN_OK) {
            return;
        }

    } else {
        screen_content_type_mentions(ct, value, boundary.name.data);
    }

    screen_content_type_boundary(ct, &boundary);
}


/*
 * Servers that search for the word find the first one, and those with a
 * greedy expression the last one that an equals sign follows: both must be
 * the parameter.
 */

static void
screen_content_type_mentions(screen_content_type_t *ct,
    const screen_str_t *value, const u_char *param)
{
    const u_char  *p, *q, *end;

    end = value->data + value->len;

    for (p = screen_str_find(value, 0, "boundary"); p != NULL;
         p = screen_str_find(value, p - value->data + 1, "boundary"))
    {
        if (p == param) {
            continue;
        }

        q = p + sizeof("boundary") - 1;

        while (q < end && screen_is_ows(*q)) {
            q++;
        }

        if (p < param || (q < end && *q == '=')) {
            ct->framing |= SCREEN_FRAMING_BOUNDARY;
            return;
        }
    }
}


/*
 * "boundary", then an equals sign, wherever it stands; boundary* is the form
 * of RFC 2231.
 */

static int
screen_content_type_search(const screen_str_t *value, screen_header_param_t *p)
{
    unsigned                 tries;
    screen_str_t             rest;
    const u_char            *at, *end;
    screen_header_params_t   ps;

    tries = 0;
    end = value->data + value->len;

    for (at = screen_str_find(value, 0, "boundary");
         at != NULL && tries < SCREEN_BOUNDARY_TRIES;
         at = screen_str_find(value, at - value->data + 1, "boundary"))
    {
        tries++;
        ps.pos = at;
        ps.end = end;

        if (screen_header_param_next(&ps, p) != SCREEN_OK) {
            continue;
        }

        if (screen_str_caseis(&p->name, "boundary") && p->value.len != 0) {
            return SCREEN_OK;
        }

        if (screen_str_starts(&p->name, "boundary*") && p->value.len != 0) {
            rest = p->value;

            while (rest.len && rest.data[rest.len - 1] != '\'') {
                rest.len--;
            }

            p->value.data += rest.len;
            p->value.len -= rest.len;

            return p->value.len ? SCREEN_OK : SCREEN_NOT_FOUND;
        }
    }

    return SCREEN_NOT_FOUND;
}


static void
screen_content_type_boundary(screen_content_type_t *ct,
    const screen_header_param_t *p)
{
    size_t        i;
    screen_str_t  b;

    b = p->value;

    if (p->odd & ~SCREEN_PARAM_ODD_VALUE) {
        ct->framing |= SCREEN_FRAMING_BOUNDARY;
    }

    if (p->quoted) {

        /* RFC 2046 section 5.1.1: white space at the end is not its own */

        while (b.len && screen_is_ows(b.data[b.len - 1])) {
            ct->framing |= SCREEN_FRAMING_BOUNDARY;
            b.len--;
        }

    } else {

        for (i = 0; i < b.len; i++) {

            if (b.data[i] == ',' || screen_is_ows(b.data[i])) {
                ct->framing |= SCREEN_FRAMING_BOUNDARY;

                if (b.data[i] == ',') {
                    ct->framing |= SCREEN_FRAMING_CONTENT_TYPE;
                }

                b.len = i;
            }
        }
    }

    if (b.len == 0 || b.len > SCREEN_BOUNDARY_MAX) {
        ct->framing |= SCREEN_FRAMING_BOUNDARY;
        return;
    }

    memcpy(ct->boundary, b.data, b.len);
    ct->boundary_len = b.len;

    screen_content_type_check(ct, p->quoted);
}


/*
 * RFC 2046 section 5.1.1, bchars, less the space and the apostrophe, which
 * servers cut differently.  An equals sign, a slash, a colon and a question
 * mark ought to be quoted, but JavaMail and others do not.
 */

static void
screen_content_type_check(screen_content_type_t *ct, int quoted)
{
    u_char  c;
    size_t  i, hyphens;

    hyphens = 0;

    for (i = 0; i < ct->boundary_len; i++) {
        c = ct->boundary[i];

        if (c == '-') {
            hyphens++;
        }

        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
            || (c >= '0' && c <= '9')
            || (c != '\0' && strchr("+_-./:=?", c) != NULL)
            || (quoted && c != '\0' && strchr("(),", c) != NULL))
        {
            continue;
        }

        ct->framing |= SCREEN_FRAMING_BOUNDARY;
    }

    if (hyphens == ct->boundary_len
        || (ct->boundary_len >= 2
            && ct->boundary_len < SCREEN_BOUNDARY_RANDOM
            && memcmp(&ct->boundary[ct->boundary_len - 2], "--", 2) == 0))
    {
        ct->framing |= SCREEN_FRAMING_BOUNDARY;
    }
}
