
#include <string.h>

#include "screen_header_param.h"


static void screen_header_param_quoted(screen_header_params_t *ps,
    screen_header_param_t *p);
static void screen_header_param_bare(screen_header_params_t *ps,
    screen_header_param_t *p);


int
screen_is_token_char(u_char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9'))
    {
        return 1;
    }

    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}


int
screen_is_token(const screen_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {
        if (!screen_is_token_char(s->data[i])) {
            return 0;
        }
    }

    return s->len != 0;
}


int
screen_is_ows(u_char c)
{
    return c == ' ' || c == '\t';
}


screen_str_t
screen_trim_ows(const screen_str_t *s)
{
    screen_str_t  t;

    t = *s;

    while (t.len && screen_is_ows(t.data[0])) {
        t.data++;
        t.len--;
    }

    while (t.len && screen_is_ows(t.data[t.len - 1])) {
        t.len--;
    }

    return t;
}


int
screen_str_starts(const screen_str_t *s, const char *text)
{
    screen_str_t  head;

    head.data = s->data;
    head.len = strlen(text);

    return s->len >= head.len && screen_str_caseis(&head, text);
}


const u_char *
screen_str_find(const screen_str_t *s, size_t from, const char *text)
{
    size_t        i, len;
    screen_str_t  at;

    len = strlen(text);
    at.len = len;

    for (i = from; i + len <= s->len; i++) {
        at.data = s->data + i;

        if (screen_str_caseis(&at, text)) {
            return at.data;
        }
    }

    return NULL;
}


screen_str_t
screen_header_params_init(screen_header_params_t *ps,
    const screen_str_t *value)
{
    screen_str_t   first;
    const u_char  *semicolon;

    ps->pos = value->data;
    ps->end = value->data + value->len;

    semicolon = value->len ? memchr(value->data, ';', value->len) : NULL;

    ps->pos = (semicolon != NULL) ? semicolon : ps->end;

    first.data = value->data;
    first.len = ps->pos - value->data;

    return screen_trim_ows(&first);
}


int
screen_header_param_next(screen_header_params_t *ps, screen_header_param_t *p)
{
    screen_str_t   name;
    const u_char  *start;

    memset(p, 0, sizeof(screen_header_param_t));

    while (ps->pos < ps->end && (*ps->pos == ';' || screen_is_ows(*ps->pos))) {
        ps->pos++;
    }

    if (ps->pos >= ps->end) {
        return SCREEN_NOT_FOUND;
    }

    start = ps->pos;

    while (ps->pos < ps->end && *ps->pos != '=' && *ps->pos != ';') {
        ps->pos++;
    }

    name.data = start;
    name.len = ps->pos - start;
    p->name = screen_trim_ows(&name);

    p->value.data = ps->pos;

    if (!screen_is_token(&p->name)) {
        p->odd |= SCREEN_PARAM_ODD_NAME;
    }

    if (ps->pos >= ps->end || *ps->pos == ';') {
        p->odd |= SCREEN_PARAM_NO_VALUE;
        return SCREEN_OK;
    }

    ps->pos++;

    if (p->name.len != name.len
        || (ps->pos < ps->end && screen_is_ows(*ps->pos)))
    {
        p->odd |= SCREEN_PARAM_ODD_SPACE;
    }

    while (ps->pos < ps->end && screen_is_ows(*ps->pos)) {
        ps->pos++;
    }

    if (ps->pos < ps->end && *ps->pos == '"') {
        screen_header_param_quoted(ps, p);

    } else {
        screen_header_param_bare(ps, p);
    }

    return SCREEN_OK;
}


/*
 * A backslash escapes a quote or a backslash and nothing else: browsers send
 * the backslashes of a path as they are.
 */

static void
screen_header_param_quoted(screen_header_params_t *ps,
    screen_header_param_t *p)
{
    const u_char  *s, *q;

    s = ps->pos + 1;
    p->quoted = 1;
    p->value.data = s;

    while (s < ps->end && *s != '"') {

        if (*s == '\\' && s + 1 < ps->end && (s[1] == '"' || s[1] == '\\')) {

            for (q = s + 2; q < ps->end && screen_is_ows(*q); q++) {
                /* void */
            }

            if (s[1] == '"' && q < ps->end && *q == ';') {
                p->odd |= SCREEN_PARAM_ODD_ESCAPE;
            }

            s++;
        }

        s++;
    }

    p->value.len = s - p->value.data;

    if (s >= ps->end) {
        p->odd |= SCREEN_PARAM_UNCLOSED;
        ps->pos = ps->end;
        return;
    }

    for (s++; s < ps->end && *s != ';'; s++) {
        if (!screen_is_ows(*s)) {
            p->odd |= SCREEN_PARAM_ODD_TAIL;
        }
    }

    ps->pos = s;
}


static void
screen_header_param_bare(screen_header_params_t *ps, screen_header_param_t *p)
{
    screen_str_t   value;
    const u_char  *s;

    value.data = ps->pos;

    for (s = ps->pos; s < ps->end && *s != ';'; s++) {
        /* void */
    }

    value.len = s - ps->pos;
    ps->pos = s;

    p->value = screen_trim_ows(&value);

    if (p->value.len == 0) {
        p->odd |= SCREEN_PARAM_NO_VALUE;
        return;
    }

    if (!screen_is_token(&p->value)) {
        p->odd |= SCREEN_PARAM_ODD_VALUE;
    }

    if (memchr(p->value.data, '\'', p->value.len) != NULL) {
        p->odd |= SCREEN_PARAM_APOSTROPHE;
    }
}
