
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_core.h"


#define SCREEN_ARENA_CHUNK  16384


struct screen_arena_chunk_s {
    screen_arena_chunk_t  *next;
    size_t                 size;
    size_t                 used;
    max_align_t            data[];
};


screen_str_t
screen_str_of(const char *text)
{
    screen_str_t  s;

    s.data = (const u_char *) text;
    s.len = strlen(text);

    return s;
}


int
screen_str_eq(const screen_str_t *a, const screen_str_t *b)
{
    return a->len == b->len
           && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}


int
screen_str_caseeq(const screen_str_t *a, const screen_str_t *b)
{
    size_t  i;
    u_char  c, d;

    if (a->len != b->len) {
        return 0;
    }

    /* not strncasecmp(): its idea of case depends on the locale */

    for (i = 0; i < a->len; i++) {
        c = a->data[i];
        d = b->data[i];

        c = (c >= 'A' && c <= 'Z') ? (c | 0x20) : c;
        d = (d >= 'A' && d <= 'Z') ? (d | 0x20) : d;

        if (c != d) {
            return 0;
        }
    }

    return 1;
}


int
screen_str_is(const screen_str_t *s, const char *text)
{
    screen_str_t  t;

    t = screen_str_of(text);

    return screen_str_eq(s, &t);
}


int
screen_str_caseis(const screen_str_t *s, const char *text)
{
    screen_str_t  t;

    t = screen_str_of(text);

    return screen_str_caseeq(s, &t);
}


void *
screen_alloc(const screen_alloc_t *a, size_t size)
{
    return a->alloc(a->owner, size ? size : 1);
}


void *
screen_calloc(const screen_alloc_t *a, size_t size)
{
    void  *p;

    p = screen_alloc(a, size);

    if (p != NULL) {
        memset(p, 0, size);
    }

    return p;
}


char *
screen_alloc_text(const screen_alloc_t *a, const screen_str_t *s)
{
    char  *p;

    p = screen_alloc(a, s->len + 1);
    if (p == NULL) {
        return NULL;
    }

    if (s->len) {
        memcpy(p, s->data, s->len);
    }

    p[s->len] = '\0';

    return p;
}


int
screen_alloc_str(const screen_alloc_t *a, screen_str_t *to,
    const screen_str_t *from)
{
    char  *p;

    p = screen_alloc_text(a, from);
    if (p == NULL) {
        return SCREEN_NOMEM;
    }

    to->data = (u_char *) p;
    to->len = from->len;

    return SCREEN_OK;
}


void *
screen_alloc_push(const screen_alloc_t *alloc, void *elts, size_t *n,
    size_t size)
{
    char  *room, *array;

    /* elts points to a pointer of the caller's type: no char ** for it */

    memcpy(&array, elts, sizeof(char *));

    /* the room doubles whenever the count is a power of two, from 4 on */

    if (*n == 0 || (*n >= 4 && (*n & (*n - 1)) == 0)) {

        room = screen_alloc(alloc, (*n ? 2 * *n : 4) * size);
        if (room == NULL) {
            return NULL;
        }

        if (*n) {
            memcpy(room, array, *n * size);
        }

        memcpy(elts, &room, sizeof(char *));
        array = room;
    }

    room = array + *n * size;
    memset(room, 0, size);

    (*n)++;

    return room;
}


void *
screen_arena_alloc(void *owner, size_t size)
{
    void                  *p;
    size_t                 room;
    screen_arena_t        *arena;
    screen_arena_chunk_t  *chunk;

    arena = owner;
    chunk = arena->chunks;

    if (size > SIZE_MAX / 2) {
        return NULL;
    }

    size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);

    if (chunk == NULL || chunk->size - chunk->used < size) {

        room = size > SCREEN_ARENA_CHUNK ? size : SCREEN_ARENA_CHUNK;

        chunk = malloc(sizeof(screen_arena_chunk_t) + room);
        if (chunk == NULL) {
            return NULL;
        }

        chunk->size = room;
        chunk->used = 0;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }

    p = (u_char *) chunk->data + chunk->used;
    chunk->used += size;

    return p;
}


void
screen_arena_destroy(screen_arena_t *arena)
{
    screen_arena_chunk_t  *chunk;

    while ((chunk = arena->chunks) != NULL) {
        arena->chunks = chunk->next;
        free(chunk);
    }
}


static int
screen_error_format(screen_error_t *err, const char *file, unsigned line,
    const char *fmt, va_list args)
{
    snprintf(err->file, sizeof(err->file), "%s", file ? file : "");
    err->line = line;

    vsnprintf(err->text, sizeof(err->text), fmt, args);

    return SCREEN_ERROR;
}


#undef screen_error_set
#undef screen_error_at


int
screen_error_set(screen_error_t *err, const char *fmt, ...)
{
    int      rc;
    va_list  args;

    va_start(args, fmt);
    rc = screen_error_format(err, NULL, 0, fmt, args);
    va_end(args);

    return rc;
}


int
screen_error_at(screen_error_t *err, const char *file, unsigned line,
    const char *fmt, ...)
{
    int      rc;
    va_list  args;

    va_start(args, fmt);
    rc = screen_error_format(err, file, line, fmt, args);
    va_end(args);

    return rc;
}


void
screen_hex_encode(char *to, const u_char *from, size_t len)
{
    size_t             i;
    static const char  hex[] = "0123456789abcdef";

    for (i = 0; i < len; i++) {
        to[2 * i] = hex[from[i] >> 4];
        to[2 * i + 1] = hex[from[i] & 0x0f];
    }
}


/* without branches: the digits of a hash are random, and a guess is costly */

static unsigned
screen_hex_digit(u_char c, unsigned *wrong)
{
    unsigned  digit, letter;

    digit = (unsigned) c - '0';
    letter = ((unsigned) c | 0x20) - 'a';

    *wrong |= (digit > 9) & (letter > 5);

    return (c & 0x0f) + 9 * (c >> 6);
}


int
screen_hex_decode(u_char *to, size_t len, const screen_str_t *text)
{
    size_t    i;
    unsigned  high, low, wrong;

    if (text->len != 2 * len) {
        return SCREEN_MALFORMED;
    }

    wrong = 0;

    for (i = 0; i < len; i++) {
        high = screen_hex_digit(text->data[2 * i], &wrong);
        low = screen_hex_digit(text->data[2 * i + 1], &wrong);

        to[i] = (u_char) (high << 4 | low);
    }

    return wrong ? SCREEN_MALFORMED : SCREEN_OK;
}


int
screen_parse_uint(const screen_str_t *text, uint64_t *n)
{
    size_t    i;
    uint64_t  v;
    unsigned  digit;

    if (text->len == 0) {
        return SCREEN_MALFORMED;
    }

    v = 0;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return SCREEN_MALFORMED;
        }

        digit = text->data[i] - '0';

        if (v > (UINT64_MAX - digit) / 10) {
            return SCREEN_MALFORMED;
        }

        v = v * 10 + digit;
    }

    *n = v;

    return SCREEN_OK;
}


int
screen_parse_int(const screen_str_t *text, int64_t *n)
{
    int           negative;
    uint64_t      v;
    screen_str_t  digits;

    digits = *text;
    negative = digits.len > 0 && digits.data[0] == '-';

    if (negative) {
        digits.data++;
        digits.len--;
    }

    if (screen_parse_uint(&digits, &v) != SCREEN_OK || v > INT64_MAX) {
        return SCREEN_MALFORMED;
    }

    *n = negative ? -(int64_t) v : (int64_t) v;

    return SCREEN_OK;
}


int
screen_parse_size(const screen_str_t *text, uint64_t *bytes)
{
    uint64_t      n, unit;
    screen_str_t  digits;

    if (text->len == 0) {
        return SCREEN_MALFORMED;
    }

    digits = *text;
    unit = 1;

    switch (text->data[text->len - 1] | 0x20) {

    case 'k':
        unit = 1024;
        digits.len--;
        break;

    case 'm':
        unit = 1024 * 1024;
        digits.len--;
        break;

    case 'g':
        unit = 1024 * 1024 * 1024;
        digits.len--;
        break;
    }

    if (screen_parse_uint(&digits, &n) != SCREEN_OK
        || n > INT64_MAX / unit)
    {
        return SCREEN_MALFORMED;
    }

    *bytes = n * unit;

    return SCREEN_OK;
}


/* takes the unit off the start of text: its milliseconds, 0 if it is none */

static uint64_t
screen_time_unit(screen_str_t *text)
{
    size_t  i, len;

    static const struct {
        const char  *name;
        uint64_t     ms;
    } units[] = {
        { "ms", 1 },
        { "s", 1000 },
        { "m", 60 * 1000 },
        { "h", 60 * 60 * 1000 },
        { "d", 24 * 60 * 60 * 1000 },
    };

    for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {

        len = strlen(units[i].name);

        if (text->len >= len && memcmp(text->data, units[i].name, len) == 0) {
            text->data += len;
            text->len -= len;

            return units[i].ms;
        }
    }

    return 0;
}


int
screen_parse_time(const screen_str_t *text, uint64_t *ms)
{
    uint64_t      n, unit, last, sum;
    screen_str_t  digits, rest;

    rest = *text;
    last = UINT64_MAX;
    sum = 0;

    do {
        digits.data = rest.data;
        digits.len = 0;

        while (rest.len && rest.data[0] >= '0' && rest.data[0] <= '9') {
            digits.len++;
            rest.data++;
            rest.len--;
        }

        if (screen_parse_uint(&digits, &n) != SCREEN_OK) {
            return SCREEN_MALFORMED;
        }

        unit = rest.len ? screen_time_unit(&rest) : 1000;

        /* as nginx has it: units from large to small, each once */

        if (unit == 0 || unit >= last || n > INT64_MAX / unit
            || sum > INT64_MAX - n * unit)
        {
            return SCREEN_MALFORMED;
        }

        last = unit;
        sum += n * unit;

    } while (rest.len);

    *ms = sum;

    return SCREEN_OK;
}
