
#include <string.h>

#include "screen_header_param.h"
#include "screen_rfc2231.h"


static int screen_hex_value(u_char c);
static int screen_percent_at(const u_char *p, const u_char *end);
static int screen_utf8_valid(const u_char *p, size_t len);
static size_t screen_latin1_expand(u_char *p, size_t len, size_t limit);
static const u_char *screen_rfc2047_word(const u_char *p, const u_char *end,
    u_char *to, size_t *n);
static size_t screen_rfc2047_base64(const u_char *p, const u_char *end,
    u_char *to);
static size_t screen_rfc2047_quoted(const u_char *p, const u_char *end,
    u_char *to);


screen_str_t
screen_html_decode(const screen_str_t *text, int quoted, u_char *to)
{
    int            c;
    u_char        *d;
    screen_str_t   out;
    const u_char  *p, *end;

    end = text->data + text->len;
    d = to;

    for (p = text->data; p < end; p++) {

        if (quoted && *p == '\\' && p + 1 < end
            && (p[1] == '"' || p[1] == '\\'))
        {
            *d++ = *++p;
            continue;
        }

        /* upper case only, as the standard writes them */

        c = (*p == '%') ? screen_percent_at(p, end) : -1;

        if ((c == 0x0a || c == 0x0d || c == 0x22)
            && (p[2] < 'a' || p[2] > 'f'))
        {
            *d++ = (u_char) c;
            p += 2;
            continue;
        }

        *d++ = *p;
    }

    out.data = to;
    out.len = d - to;

    return (out.len == text->len) ? *text : out;
}


int
screen_percent_decode(const screen_str_t *text, u_char *to, size_t *len)
{
    int            c, rc;
    u_char        *d;
    const u_char  *p, *end;

    rc = SCREEN_OK;
    end = text->data + text->len;
    d = to;

    for (p = text->data; p < end; p++) {

        if (*p != '%') {
            *d++ = *p;
            continue;
        }

        c = screen_percent_at(p, end);

        if (c < 0) {
            rc = SCREEN_MALFORMED;
            *d++ = *p;
            continue;
        }

        *d++ = (u_char) c;
        p += 2;
    }

    *len = d - to;

    return rc;
}


int
screen_percent_equal(const screen_str_t *text, const screen_str_t *b)
{
    int            c;
    size_t         i;
    const u_char  *p, *end;

    end = text->data + text->len;

    for (p = text->data, i = 0; p < end; p++, i++) {

        c = (*p == '%') ? screen_percent_at(p, end) : -1;

        if (c >= 0) {
            p += 2;

        } else {
            c = *p;
        }

        if (i >= b->len || b->data[i] != c) {
            return 0;
        }
    }

    return i == b->len;
}


int
screen_rfc8187_decode(const screen_str_t *text, u_char *to, size_t *len)
{
    int            rc;
    screen_str_t   charset, rest;
    const u_char  *end, *first, *second;

    end = text->data + text->len;
    first = text->len ? memchr(text->data, '\'', text->len) : NULL;
    second = (first != NULL) ? memchr(first + 1, '\'', end - first - 1) : NULL;

    if (second == NULL) {
        (void) screen_percent_decode(text, to, len);
        return SCREEN_MALFORMED;
    }

    charset.data = text->data;
    charset.len = first - text->data;

    rest.data = second + 1;
    rest.len = end - rest.data;

    rc = screen_percent_decode(&rest, to, len);

    if (screen_str_caseis(&charset, "utf-8")
        || screen_str_caseis(&charset, "us-ascii"))
    {
        return screen_utf8_valid(to, *len) ? rc : SCREEN_MALFORMED;
    }

    if (screen_str_caseis(&charset, "iso-8859-1")) {
        *len = screen_latin1_expand(to, *len, text->len);
        return rc;
    }

    return SCREEN_MALFORMED;
}


int
screen_rfc2047_decode(const screen_str_t *text, u_char *to, size_t *len)
{
    int            words, gap, foreign;
    size_t         n;
    u_char        *d, *after;
    screen_str_t   rest;
    const u_char  *p, *end, *next;

    end = text->data + text->len;
    d = to;
    after = to;
    words = 0;
    gap = 0;
    foreign = 0;

    for (p = text->data; p < end; /* void */) {

        /* the word is decoded where it goes if it ends a gap */

        next = (*p == '=')
               ? screen_rfc2047_word(p, end, gap ? after : d, &n) : NULL;

        if (next != NULL) {
            rest.data = p;
            rest.len = (size_t) (next - p);
            foreign |= !screen_str_starts(&rest, "=?utf-8?");

            d = (gap ? after : d) + n;
            after = d;
            gap = 1;
            words++;
            p = next;
            continue;
        }

        if (!screen_is_ows(*p)) {
            gap = 0;
        }

        *d++ = *p++;
    }

    *len = d - to;

    if (words == 0) {
        return SCREEN_NOT_FOUND;
    }

    return foreign || !screen_utf8_valid(to, *len) ? SCREEN_MALFORMED
                                                   : SCREEN_OK;
}


/* "=?charset?B?text?=" at p: decodes the text, answers what follows it */

static const u_char *
screen_rfc2047_word(const u_char *p, const u_char *end, u_char *to, size_t *n)
{
    u_char         encoding;
    const u_char  *charset, *text, *close;

    if (end - p < 8 || p[1] != '?') {
        return NULL;
    }

    charset = p + 2;
    text = memchr(charset, '?', end - charset);

    if (text == NULL || text == charset || end - text < 4 || text[2] != '?') {
        return NULL;
    }

    encoding = text[1] | 0x20;
    text += 3;

    close = memchr(text, '?', end - text);

    if (close == NULL || end - close < 2 || close[1] != '=') {
        return NULL;
    }

    if (encoding == 'b') {
        *n = screen_rfc2047_base64(text, close, to);
        return close + 2;
    }

    if (encoding == 'q') {
        *n = screen_rfc2047_quoted(text, close, to);
        return close + 2;
    }

    return NULL;
}


static size_t
screen_rfc2047_base64(const u_char *p, const u_char *end, u_char *to)
{
    u_char    *d;
    uint32_t   bits, value;
    unsigned   n;

    d = to;
    bits = 0;
    n = 0;

    for ( /* void */ ; p < end; p++) {

        if (*p >= 'A' && *p <= 'Z') {
            value = *p - 'A';

        } else if (*p >= 'a' && *p <= 'z') {
            value = *p - 'a' + 26;

        } else if (*p >= '0' && *p <= '9') {
            value = *p - '0' + 52;

        } else if (*p == '+' || *p == '-') {
            value = 62;

        } else if (*p == '/' || *p == '_') {
            value = 63;

        } else {
            continue;
        }

        bits = (bits << 6 | value) & 0xffffff;
        n += 6;

        if (n >= 8) {
            n -= 8;
            *d++ = (u_char) (bits >> n & 0xff);
        }
    }

    return d - to;
}


static size_t
screen_rfc2047_quoted(const u_char *p, const u_char *end, u_char *to)
{
    u_char  *d;

    d = to;

    for ( /* void */ ; p < end; p++) {

        if (*p == '_') {
            *d++ = ' ';

        } else if (*p == '=' && end - p > 2 && screen_hex_value(p[1]) >= 0
                   && screen_hex_value(p[2]) >= 0)
        {
            *d++ = (u_char) (screen_hex_value(p[1]) << 4
                             | screen_hex_value(p[2]));
            p += 2;

        } else {
            *d++ = *p;
        }
    }

    return d - to;
}


static int
screen_hex_value(u_char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }

    c |= 0x20;

    return (c >= 'a' && c <= 'f') ? c - 'a' + 10 : -1;
}


/* the byte that %XX at p stands for, or -1 */

static int
screen_percent_at(const u_char *p, const u_char *end)
{
    int  high, low;

    if (end - p < 3) {
        return -1;
    }

    high = screen_hex_value(p[1]);
    low = screen_hex_value(p[2]);

    return (high < 0 || low < 0) ? -1 : (high << 4 | low);
}


/* no overlong forms, no surrogates: RFC 3629 section 4 */

static int
screen_utf8_valid(const u_char *p, size_t len)
{
    size_t    i, n, k;
    uint32_t  c;

    static const uint32_t  least[] = { 0, 0x80, 0x800, 0x10000 };

    for (i = 0; i < len; /* void */) {

        c = p[i++];

        if (c < 0x80) {
            continue;
        }

        if (c < 0xc2 || c > 0xf4) {
            return 0;
        }

        n = (c < 0xe0) ? 1 : (c < 0xf0) ? 2 : 3;
        c &= 0x3f >> n;

        if (len - i < n) {
            return 0;
        }

        for (k = 0; k < n; k++, i++) {
            if ((p[i] & 0xc0) != 0x80) {
                return 0;
            }

            c = c << 6 | (p[i] & 0x3f);
        }

        if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) {
            return 0;
        }
    }

    return 1;
}


/*
 * In place, from the end; a byte that would not fit in limit stays out, which
 * only raw bytes above 0x7f, that no extended value may hold, can bring about.
 */

static size_t
screen_latin1_expand(u_char *p, size_t len, size_t limit)
{
    size_t  i, n, high;

    for (i = 0, high = 0; i < len; i++) {

        if (p[i] >= 0x80) {
            if (len + high + 1 > limit) {
                return len;
            }

            high++;
        }
    }

    n = len + high;

    for (i = n; len > 0 && high > 0; len--) {

        if (p[len - 1] >= 0x80) {
            p[--i] = 0x80 | (p[len - 1] & 0x3f);
            p[--i] = 0xc0 | (p[len - 1] >> 6);
            high--;

        } else {
            p[--i] = p[len - 1];
        }
    }

    return n;
}
