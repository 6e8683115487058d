
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "screen_conf_impl.h"


static int screen_conf_too_long(screen_conf_lexer_t *x, screen_error_t *err);
static int screen_conf_after(screen_conf_lexer_t *x, u_char c,
    screen_conf_end_t *end, screen_error_t *err);
static int screen_conf_start(screen_conf_lexer_t *x, u_char c,
    screen_conf_end_t *end, screen_error_t *err);
static int screen_conf_inside(screen_conf_lexer_t *x, u_char c,
    screen_conf_end_t *end);
static int screen_conf_word(screen_conf_lexer_t *x);
static int screen_conf_space(u_char c);


int
screen_conf_lex(screen_conf_lexer_t *x, screen_conf_end_t *end,
    screen_error_t *err)
{
    int     rc;
    u_char  c;

    x->words = NULL;
    x->nwords = 0;
    x->start = x->pos;
    x->start_line = x->place.line;
    x->quote = 0;
    x->inside = 0;
    x->escaped = 0;
    x->variable = 0;
    x->after = 0;
    x->comment = 0;

    do {
        if (x->pos == x->last) {

            if (x->nwords || x->inside || x->after) {
                return screen_conf_error(err, &x->place, "unexpected end of "
                                         "file, expecting \";\" or \"}\"");
            }

            *end = SCREEN_CONF_FILE_END;

            return SCREEN_OK;
        }

        if (x->pos - x->start == SCREEN_CONF_WORD_MAX) {
            return screen_conf_too_long(x, err);
        }

        c = *x->pos++;

        if (c == '\n') {
            x->place.line++;
            x->comment = 0;
        }

        if (x->comment) {
            rc = SCREEN_AGAIN;

        } else if (x->escaped) {
            x->escaped = 0;
            rc = SCREEN_AGAIN;

        } else if (x->after) {
            rc = screen_conf_after(x, c, end, err);

        } else if (x->inside) {
            rc = screen_conf_inside(x, c, end);

        } else {
            rc = screen_conf_start(x, c, end, err);
        }

    } while (rc == SCREEN_AGAIN);

    return rc;
}


int
screen_conf_error(screen_error_t *err, const screen_place_t *place,
    const char *fmt, ...)
{
    char     text[SCREEN_ERROR_LEN], file[256];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    snprintf(file, sizeof(file), "%.*s",
             place->file.len < 256 ? (int) place->file.len : 255,
             place->file.len ? (const char *) place->file.data : "");

    return screen_error_at(err, file, place->line, "%s", text);
}


static int
screen_conf_too_long(screen_conf_lexer_t *x, screen_error_t *err)
{
    x->place.line = x->start_line;

    if (x->quote) {
        return screen_conf_error(err, &x->place, "too long parameter, probably "
                                 "missing terminating \"%c\" character",
                                 x->quote);
    }

    return screen_conf_error(err, &x->place,
                             "too long parameter \"%.10s...\" started",
                             (const char *) x->start);
}


/* a quoted word has ended: only something that separates words may follow */

static int
screen_conf_after(screen_conf_lexer_t *x, u_char c, screen_conf_end_t *end,
    screen_error_t *err)
{
    if (screen_conf_space(c)) {
        x->after = 0;
        return SCREEN_AGAIN;
    }

    if (c == ';' || c == '{') {
        *end = (c == ';') ? SCREEN_CONF_DIRECTIVE : SCREEN_CONF_BLOCK;
        return SCREEN_OK;
    }

    /* nginx lets a ")" begin a word here, for the rewrite module's "if" */

    if (c == ')') {
        x->after = 0;
        return screen_conf_start(x, c, end, err);
    }

    return screen_conf_error(err, &x->place, "unexpected \"%c\"", c);
}


static int
screen_conf_start(screen_conf_lexer_t *x, u_char c, screen_conf_end_t *end,
    screen_error_t *err)
{
    x->start = x->pos - 1;
    x->start_line = x->place.line;

    if (screen_conf_space(c)) {
        return SCREEN_AGAIN;
    }

    switch (c) {

    case ';':
    case '{':
        if (x->nwords == 0) {
            return screen_conf_error(err, &x->place, "unexpected \"%c\"", c);
        }

        *end = (c == ';') ? SCREEN_CONF_DIRECTIVE : SCREEN_CONF_BLOCK;
        return SCREEN_OK;

    case '}':
        if (x->nwords != 0) {
            return screen_conf_error(err, &x->place, "unexpected \"}\"");
        }

        *end = SCREEN_CONF_BLOCK_END;
        return SCREEN_OK;

    case '#':
        x->comment = 1;
        return SCREEN_AGAIN;

    case '\\':
        x->escaped = 1;
        break;

    case '"':
    case '\'':
        x->start++;
        x->quote = c;
        break;

    case '$':
        x->variable = 1;
        break;
    }

    x->inside = 1;

    return SCREEN_AGAIN;
}


static int
screen_conf_inside(screen_conf_lexer_t *x, u_char c, screen_conf_end_t *end)
{
    int  rc;

    /* "${": the brace is of the word, and so is one that follows it */

    if (c == '{' && x->variable) {
        return SCREEN_AGAIN;
    }

    x->variable = 0;

    if (c == '\\') {
        x->escaped = 1;
        return SCREEN_AGAIN;
    }

    if (c == '$') {
        x->variable = 1;
        return SCREEN_AGAIN;
    }

    if (x->quote) {

        if (c != x->quote) {
            return SCREEN_AGAIN;
        }

        x->after = 1;

    } else if (!screen_conf_space(c) && c != ';' && c != '{') {
        return SCREEN_AGAIN;
    }

    rc = screen_conf_word(x);
    if (rc != SCREEN_OK) {
        return rc;
    }

    x->inside = 0;
    x->quote = 0;

    if (!x->after && (c == ';' || c == '{')) {
        *end = (c == ';') ? SCREEN_CONF_DIRECTIVE : SCREEN_CONF_BLOCK;
        return SCREEN_OK;
    }

    return SCREEN_AGAIN;
}


/* the word from start to the byte before pos, escapes undone */

static int
screen_conf_word(screen_conf_lexer_t *x)
{
    u_char        *dst;
    screen_str_t  *word;
    const u_char  *src, *last;

    static const char  escapes[] = "\"\"''\\\\t\tr\rn\n";

    last = x->pos - 1;

    dst = screen_alloc(x->alloc, last - x->start + 1);
    word = screen_alloc_push(x->alloc, &x->words, &x->nwords,
                             sizeof(screen_str_t));

    if (dst == NULL || word == NULL) {
        return SCREEN_NOMEM;
    }

    word->data = dst;

    for (src = x->start; src < last; src++) {

        if (*src == '\\' && src + 1 < last) {
            const char  *e;

            for (e = escapes; *e && (u_char) *e != src[1]; e += 2) {
                /* void */
            }

            if (*e) {
                *dst++ = (u_char) e[1];
                src++;
                continue;
            }
        }

        *dst++ = *src;
    }

    *dst = '\0';
    word->len = dst - word->data;

    return SCREEN_OK;
}


static int
screen_conf_space(u_char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}
