
#include "screen_sniff_impl.h"

#include <strings.h>


/* characters of comments and declarations that may come before a root */

#define SCREEN_MARKUP_PROLOG  65536


/*
 * Content seen as characters, so that UTF-16 reads like UTF-8: one that is
 * not ASCII reads as 0x80, and what lies beyond the end as NUL.
 */

typedef struct {
    const u_char   *data;
    size_t          n;                 /* of characters */
    unsigned        wide:1;
    unsigned        big:1;
} screen_chars_t;


static void screen_chars_init(screen_chars_t *c, const u_char *data,
    size_t len);
static u_char screen_chars_get(const screen_chars_t *c, size_t i);
static int screen_chars_is(const screen_chars_t *c, size_t i,
    const char *text);
static size_t screen_chars_after(const screen_chars_t *c, size_t i,
    const char *text);
static size_t screen_chars_blank(const screen_chars_t *c, size_t i);
static const char *screen_markup_prolog(const u_char *data, size_t len);
static const char *screen_markup_instruction(const screen_chars_t *c,
    size_t *at);
static size_t screen_markup_doctype(const screen_chars_t *c, size_t i);
static int screen_markup_is_svg(const screen_chars_t *c, size_t i);
static const char *screen_markup_tag(const u_char *data, size_t len);
static const char *screen_markup_text(const u_char *data, size_t len);


/* the standard, 7.1: each is followed by a tag-terminating byte */

static const char  *screen_markup_tags[] = {
    "<!DOCTYPE HTML", "<HTML", "<HEAD", "<SCRIPT", "<IFRAME", "<H1", "<DIV",
    "<FONT", "<TABLE", "<A", "<STYLE", "<TITLE", "<B", "<BODY", "<BR", "<P",
    "<!--"
};


const char *
screen_sniff_markup(const u_char *data, size_t len)
{
    const char  *type;

    type = screen_markup_prolog(data, len);

    if (type == NULL) {
        type = screen_markup_tag(data, len);
    }

    if (type == NULL) {
        type = screen_sniff_script(data, len);
    }

    if (type == NULL) {
        type = screen_markup_text(data, len);
    }

    return type;
}


static void
screen_chars_init(screen_chars_t *c, const u_char *data, size_t len)
{
    c->data = data;
    c->n = len;
    c->wide = 0;
    c->big = 0;

    if (screen_sniff_at(data, len, 0, "\377\376")
        || screen_sniff_at(data, len, 0, "<\0?\0")
        || screen_sniff_at(data, len, 0, "<\0s\0"))
    {
        c->wide = 1;

    } else if (screen_sniff_at(data, len, 0, "\376\377")
               || screen_sniff_at(data, len, 0, "\0<\0?")
               || screen_sniff_at(data, len, 0, "\0<\0s"))
    {
        c->wide = 1;
        c->big = 1;
    }

    if (c->wide) {
        c->n /= 2;
    }

    if (c->n > SCREEN_MARKUP_PROLOG) {
        c->n = SCREEN_MARKUP_PROLOG;
    }
}


static u_char
screen_chars_get(const screen_chars_t *c, size_t i)
{
    u_char         high, low;
    const u_char  *p;

    if (i >= c->n) {
        return '\0';
    }

    if (!c->wide) {
        return c->data[i] < 0x80 ? c->data[i] : 0x80;
    }

    p = c->data + 2 * i;
    high = c->big ? p[0] : p[1];
    low = c->big ? p[1] : p[0];

    return high == 0 && low < 0x80 ? low : 0x80;
}


static int
screen_chars_is(const screen_chars_t *c, size_t i, const char *text)
{
    u_char  ch;

    for ( /* void */ ; *text; text++, i++) {
        ch = screen_chars_get(c, i);

        if (ch >= 'A' && ch <= 'Z') {
            ch |= 0x20;
        }

        if (ch != (u_char) *text) {
            return 0;
        }
    }

    return 1;
}


/* the place after the next occurrence of text, the end if there is none */

static size_t
screen_chars_after(const screen_chars_t *c, size_t i, const char *text)
{
    for ( /* void */ ; i < c->n; i++) {

        if (screen_chars_get(c, i) == (u_char) text[0]
            && screen_chars_is(c, i, text))
        {
            return i + strlen(text);
        }
    }

    return c->n;
}


static size_t
screen_chars_blank(const screen_chars_t *c, size_t i)
{
    u_char  ch;

    for ( /* void */ ; i < c->n; i++) {
        ch = screen_chars_get(c, i);

        if (ch != ' ' && ch != '\t' && ch != '\r' && ch != '\n'
            && ch != '\f')
        {
            break;
        }
    }

    return i;
}


/*
 * SVG and PHP, which the standard does not tell from XML and from text: the
 * first runs scripts where it is shown, the other where it is stored.  Both
 * may have comments ahead, and a byte order mark.
 */

static const char *
screen_markup_prolog(const u_char *data, size_t len)
{
    size_t           i, start;
    const char      *type;
    screen_chars_t   c;

    screen_chars_init(&c, data, len);

    i = 0;

    if (c.wide) {
        i = screen_chars_get(&c, 0) == 0x80;

    } else if (screen_sniff_at(data, len, 0, "\357\273\277")) {
        i = 3;
    }

    for ( ;; ) {
        i = screen_chars_blank(&c, i);

        if (screen_chars_get(&c, i) != '<') {
            return NULL;
        }

        start = i;

        switch (screen_chars_get(&c, i + 1)) {

        case '?':
            type = screen_markup_instruction(&c, &i);

            if (type != NULL) {
                return type;
            }

            break;

        case '!':

            if (screen_chars_is(&c, i, "<!--")) {
                i = screen_chars_after(&c, i + 4, "-->");

            } else {
                i = screen_markup_doctype(&c, i);
            }

            break;

        default:
            return screen_markup_is_svg(&c, i) ? "image/svg+xml" : NULL;
        }

        if (i == start) {
            return NULL;
        }
    }
}


static const char *
screen_markup_instruction(const screen_chars_t *c, size_t *at)
{
    size_t  i;
    u_char  ch;

    i = *at;

    if (screen_chars_is(c, i, "<?=")) {
        return "text/x-php";
    }

    if (screen_chars_is(c, i, "<?php")) {
        ch = screen_chars_get(c, i + 5);

        if (ch == '\0' || ch == ' ' || (ch >= '\t' && ch <= '\r')) {
            return "text/x-php";
        }
    }

    *at = screen_chars_after(c, i + 2, "?>");

    return NULL;
}


/*
 * The end of a document type, which may have declarations in brackets; the
 * place where it began for anything else, and for that of HTML.
 */

static size_t
screen_markup_doctype(const screen_chars_t *c, size_t i)
{
    size_t    at;
    u_char    ch, quote;
    unsigned  bracket;

    if (!screen_chars_is(c, i, "<!doctype")) {
        return i;
    }

    at = screen_chars_blank(c, i + 9);

    if (screen_chars_is(c, at, "html")) {
        return i;
    }

    bracket = 0;
    quote = '\0';

    for ( /* void */ ; at < c->n; at++) {
        ch = screen_chars_get(c, at);

        if (quote) {
            if (ch == quote) {
                quote = '\0';
            }

            continue;
        }

        switch (ch) {

        case '"':
        case '\'':
            quote = ch;
            break;

        case '[':
            bracket = 1;
            break;

        case ']':
            bracket = 0;
            break;

        case '>':
            if (!bracket) {
                return at + 1;
            }

            break;

        default:
            break;
        }
    }

    return c->n;
}


static int
screen_markup_is_svg(const screen_chars_t *c, size_t i)
{
    u_char  ch;
    size_t  name, last;

    name = i + 1;

    /* a prefix: <svg:svg xmlns:svg="..."> */

    for (last = name; last < c->n && last - name < 64; last++) {
        ch = screen_chars_get(c, last);

        if (ch == ':') {
            name = last + 1;
            break;
        }

        if (ch <= ' ' || ch == '>' || ch == '/') {
            break;
        }
    }

    if (!screen_chars_is(c, name, "svg")) {
        return 0;
    }

    ch = screen_chars_get(c, name + 3);

    return ch <= ' ' || ch == '>' || ch == '/';
}


static const char *
screen_markup_tag(const u_char *data, size_t len)
{
    size_t       i, n, left;
    const char  *tag;

    /* readers open one that has a byte order mark as well */

    if (screen_sniff_at(data, len, 0, "%PDF-")
        || screen_sniff_at(data, len, 0, "\357\273\277%PDF-"))
    {
        return "application/pdf";
    }

    if (len > SCREEN_SNIFF_HEAD) {
        len = SCREEN_SNIFF_HEAD;
    }

    while (len && (*data == ' ' || *data == '\t' || *data == '\n'
                   || *data == '\f' || *data == '\r'))
    {
        data++;
        len--;
    }

    left = len;

    for (i = 0;
         i < sizeof(screen_markup_tags) / sizeof(screen_markup_tags[0]);
         i++)
    {
        tag = screen_markup_tags[i];
        n = strlen(tag);

        if (left > n && strncasecmp((const char *) data, tag, n) == 0
            && (data[n] == ' ' || data[n] == '>'))
        {
            return "text/html";
        }
    }

    return screen_sniff_at(data, len, 0, "<?xml") ? "text/xml" : NULL;
}


static const char *
screen_markup_text(const u_char *data, size_t len)
{
    if (screen_sniff_at(data, len, 0, "%!PS")) {
        return "application/postscript";
    }

    if (screen_sniff_at(data, len, 0, "{\\rtf")) {
        return "text/rtf";
    }

    if (len >= 4
        && (screen_sniff_at(data, len, 0, "\376\377")
            || screen_sniff_at(data, len, 0, "\377\376")
            || screen_sniff_at(data, len, 0, "\357\273\277")))
    {
        return "text/plain";
    }

    return NULL;
}
