
#include <stdio.h>
#include <string.h>

#include "screen_json.h"
#include "screen_utf8.h"


static void screen_json_begin(screen_json_t *j, const char *key);
static void screen_json_char(screen_json_t *j, const u_char *p, size_t n,
    uint32_t c);


void
screen_json_init(screen_json_t *j, screen_buf_t *buf)
{
    j->buf = buf;
    j->comma = 0;
    j->cut = 0;
}


static void
screen_json_begin(screen_json_t *j, const char *key)
{
    if (j->comma) {
        screen_buf_put(j->buf, ",", 1);
    }

    if (key != NULL) {
        screen_buf_put(j->buf, "\"", 1);
        screen_buf_put(j->buf, key, strlen(key));
        screen_buf_put(j->buf, "\":", 2);
    }

    j->comma = 1;
}


void
screen_json_open(screen_json_t *j, const char *key, char bracket)
{
    screen_json_begin(j, key);
    screen_buf_put(j->buf, &bracket, 1);

    j->comma = 0;
}


void
screen_json_close(screen_json_t *j, char bracket)
{
    screen_buf_put(j->buf, &bracket, 1);

    j->comma = 1;
}


void
screen_json_str(screen_json_t *j, const char *key, const screen_str_t *s)
{
    size_t    i, n;
    uint32_t  c;

    screen_json_begin(j, key);
    screen_buf_put(j->buf, "\"", 1);

    for (i = 0; i < s->len; i += n) {

        n = screen_utf8_char(s->data + i, s->len - i, &c);

        if (i + (n ? n : 1) > SCREEN_JSON_STRING_MAX) {
            j->cut = 1;
            break;
        }

        screen_json_char(j, s->data + i, n, c);

        n = n ? n : 1;
    }

    screen_buf_put(j->buf, "\"", 1);
}


/* what a terminal obeys is escaped too, because logs are read on terminals */

static void
screen_json_char(screen_json_t *j, const u_char *p, size_t n, uint32_t c)
{
    char  escape[sizeof("\\u0000")];

    if (n == 0) {
        screen_buf_put(j->buf, "\\ufffd", 6);
        return;
    }

    if (c == '"' || c == '\\') {
        screen_buf_put(j->buf, "\\", 1);

    } else if (screen_utf8_control(c)) {
        snprintf(escape, sizeof(escape), "\\u%04x", (unsigned) c & 0xffff);
        screen_buf_put(j->buf, escape, 6);
        return;
    }

    screen_buf_put(j->buf, p, n);
}


void
screen_json_text(screen_json_t *j, const char *key, const char *text)
{
    screen_str_t  s;

    s = screen_str_of(text);

    screen_json_str(j, key, &s);
}


void
screen_json_hex(screen_json_t *j, const char *key, const u_char *data,
    size_t len)
{
    char    hex[2];
    size_t  i;

    screen_json_begin(j, key);
    screen_buf_put(j->buf, "\"", 1);

    for (i = 0; i < len; i++) {
        screen_hex_encode(hex, data + i, 1);
        screen_buf_put(j->buf, hex, 2);
    }

    screen_buf_put(j->buf, "\"", 1);
}


void
screen_json_uint(screen_json_t *j, const char *key, uint64_t n)
{
    int   len;
    char  digits[24];

    len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long) n);

    screen_json_begin(j, key);
    screen_buf_put(j->buf, digits, len);
}


void
screen_json_true(screen_json_t *j, const char *key)
{
    screen_json_begin(j, key);
    screen_buf_put(j->buf, "true", 4);
}


void
screen_json_seconds(screen_json_t *j, const char *key, uint64_t ns)
{
    int   len;
    char  digits[32];

    len = snprintf(digits, sizeof(digits), "%llu.%06llu",
                   (unsigned long long) (ns / 1000000000),
                   (unsigned long long) (ns % 1000000000 / 1000));

    screen_json_begin(j, key);
    screen_buf_put(j->buf, digits, len);
}
