
#include <string.h>

#include "screen_date.h"
#include "screen_list_entry.h"
#include "screen_view.h"


/* a hash of PDQ has as many ones as zeros, but for values that are equal */

#define SCREEN_LIST_ONES_MIN  112
#define SCREEN_LIST_ONES_MAX  144


static const char *const  screen_list_columns[SCREEN_LIST_COLUMNS] = {
    "signal",
    "value",
    "label",
    "source",
    "severity",
    "expires",
    "content",
    "view",
    "time",
};


static int screen_list_flat(const screen_list_place_t *at,
    const screen_entry_t *entry, const screen_str_t *text,
    screen_error_t *err);
static int screen_list_mark(const screen_list_place_t *at,
    screen_entry_t *entry, screen_list_column_t column,
    const screen_str_t *text, screen_error_t *err);
static int screen_list_text(const screen_list_place_t *at,
    screen_list_column_t column, const screen_str_t *text,
    screen_error_t *err);


const char *
screen_list_show(char to[SCREEN_LIST_SHOWN], const screen_str_t *text)
{
    size_t  i, n;

    n = text->len > SCREEN_LIST_CLIP ? SCREEN_LIST_CLIP : text->len;

    for (i = 0; i < n; i++) {
        to[i] = (char) (text->data[i] >= 0x20 && text->data[i] < 0x7f
                        ? text->data[i] : '?');
    }

    to[n] = '\0';

    if (text->len > n) {
        memcpy(to + n, "...", sizeof("..."));
    }

    return to;
}


int
screen_list_column(const screen_str_t *name, screen_list_column_t *column)
{
    unsigned  i;

    for (i = 0; i < SCREEN_LIST_COLUMNS; i++) {

        if (screen_str_caseis(name, screen_list_columns[i])) {
            *column = (screen_list_column_t) i;
            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


static int
screen_list_is_hex(const screen_str_t *text)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < text->len; i++) {
        c = text->data[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')
              || (c >= 'A' && c <= 'F')))
        {
            return 0;
        }
    }

    return text->len != 0;
}


int
screen_list_guess(const screen_str_t *text, screen_signal_t *signal)
{
    switch (screen_list_is_hex(text) ? text->len : 0) {

    case 64:
        *signal = SCREEN_SIGNAL_SHA256;
        return SCREEN_OK;

    case 40:
        *signal = SCREEN_SIGNAL_SHA1;
        return SCREEN_OK;

    case 32:
        *signal = SCREEN_SIGNAL_MD5;
        return SCREEN_OK;

    default:
        return SCREEN_MALFORMED;
    }
}


int
screen_list_value(const screen_list_place_t *at, screen_entry_t *entry,
    const screen_str_t *text, screen_error_t *err)
{
    char    shown[SCREEN_LIST_SHOWN];
    size_t  i, size;

    if (entry->signal == SCREEN_SIGNALS
        && screen_list_guess(text, &entry->signal) != SCREEN_OK)
    {
        return screen_error_at(err, at->name, at->line, "\"%s\" is not "
                               "a hash: 64 (sha256), 40 (sha1) or 32 (md5) "
                               "hexadecimal digits expected",
                               screen_list_show(shown, text));
    }

    size = screen_signal_size(entry->signal);

    if (screen_hex_decode(entry->value, size, text) != SCREEN_OK) {

        if (screen_list_is_hex(text)) {
            return screen_error_at(err, at->name, at->line, "\"%s\" is "
                                   "not a %s: %zu hexadecimal digits "
                                   "expected, %zu given",
                                   screen_list_show(shown, text),
                                   screen_signal_name(entry->signal),
                                   2 * size, text->len);
        }

        return screen_error_at(err, at->name, at->line, "\"%s\" is not "
                               "a %s: %zu hexadecimal digits expected",
                               screen_list_show(shown, text),
                               screen_signal_name(entry->signal),
                               2 * size);
    }

    for (i = 1; i < size && entry->value[i] == entry->value[0]; i++) {
        /* void */
    }

    if (i == size && (entry->value[0] == 0x00 || entry->value[0] == 0xff)) {
        return screen_error_at(err, at->name, at->line, "\"%s\" is all "
                               "%s, the %s of no content",
                               screen_list_show(shown, text),
                               entry->value[0] ? "ones" : "zeros",
                               screen_signal_name(entry->signal));
    }

    return screen_signal_perceptual(entry->signal)
           ? screen_list_flat(at, entry, text, err) : SCREEN_OK;
}


static int
screen_list_flat(const screen_list_place_t *at, const screen_entry_t *entry,
    const screen_str_t *text, screen_error_t *err)
{
    char      shown[SCREEN_LIST_SHOWN];
    size_t    i;
    unsigned  ones;

    ones = 0;

    for (i = 0; i < 32; i++) {
        ones += (unsigned) __builtin_popcount(entry->value[i]);
    }

    if (ones >= SCREEN_LIST_ONES_MIN && ones <= SCREEN_LIST_ONES_MAX) {
        return SCREEN_OK;
    }

    return screen_error_at(err, at->name, at->line, "\"%s\" has %u ones "
                           "among its 256 bits, as the %s of a flat picture: "
                           "about 128 expected",
                           screen_list_show(shown, text), ones,
                           screen_signal_name(entry->signal));
}


int
screen_list_time(const screen_str_t *text, uint32_t *ms)
{
    size_t    i;
    uint64_t  n, part;

    n = 0;

    for (i = 0; i < text->len && text->data[i] != '.'; i++) {

        if (text->data[i] < '0' || text->data[i] > '9' || n > UINT32_MAX) {
            return SCREEN_MALFORMED;
        }

        n = n * 10 + (text->data[i] - '0');
    }

    if (i == 0) {
        return SCREEN_MALFORMED;
    }

    n *= 1000;

    if (i < text->len && ++i == text->len) {
        return SCREEN_MALFORMED;
    }

    for (part = 100; i < text->len; i++, part /= 10) {

        if (text->data[i] < '0' || text->data[i] > '9') {
            return SCREEN_MALFORMED;
        }

        n += part * (text->data[i] - '0');
    }

    if (n > UINT32_MAX) {
        return SCREEN_MALFORMED;
    }

    *ms = (uint32_t) n;

    return SCREEN_OK;
}


static int
screen_list_mark(const screen_list_place_t *at, screen_entry_t *entry,
    screen_list_column_t column, const screen_str_t *text,
    screen_error_t *err)
{
    char           shown[SCREEN_LIST_SHOWN];
    screen_view_t  view;

    if (column == SCREEN_LIST_TIME) {
        return screen_list_time(text, &entry->time) == SCREEN_OK ? SCREEN_OK
               : screen_error_at(err, at->name, at->line, "\"%s\" is not a "
                                 "time: seconds like 12.345 expected",
                                 screen_list_show(shown, text));
    }

    if (screen_view_parse(text, &view) != SCREEN_OK) {
        return screen_error_at(err, at->name, at->line, "\"%s\" is not a "
                               "view: what \"ngx-screen bank export\" writes "
                               "expected", screen_list_show(shown, text));
    }

    entry->view = view;

    return SCREEN_OK;
}


int
screen_list_field(const screen_list_place_t *at, screen_entry_t *entry,
    screen_list_column_t column, const screen_str_t *text,
    screen_error_t *err)
{
    char      shown[SCREEN_LIST_SHOWN];
    uint64_t  n;

    switch (column) {

    case SCREEN_LIST_SIGNAL:

        if (screen_signal_parse(text, &entry->signal) != SCREEN_OK) {
            return screen_error_at(err, at->name, at->line, "\"%s\" is "
                                   "not a signal: sha256, sha1, md5, pdq "
                                   "or vpdq expected",
                                   screen_list_show(shown, text));
        }

        return SCREEN_OK;

    case SCREEN_LIST_SEVERITY:

        if (screen_parse_uint(text, &n) != SCREEN_OK || n > 10) {
            return screen_error_at(err, at->name, at->line, "\"%s\" is "
                                   "not a severity: 0 to 10 expected",
                                   screen_list_show(shown, text));
        }

        entry->severity = (uint32_t) n;

        return SCREEN_OK;

    case SCREEN_LIST_EXPIRES:

        if (screen_date_parse(text, &entry->expires) != SCREEN_OK) {
            return screen_error_at(err, at->name, at->line, "\"%s\" is "
                                   "not a time of expiry: seconds since "
                                   "1970, 2026-01-31 or "
                                   "2026-01-31T23:59:59Z expected",
                                   screen_list_show(shown, text));
        }

        return SCREEN_OK;

    case SCREEN_LIST_VIEW:
    case SCREEN_LIST_TIME:
        return screen_list_mark(at, entry, column, text, err);

    case SCREEN_LIST_CONTENT:
        entry->content = *text;
        return screen_list_text(at, column, text, err);

    case SCREEN_LIST_LABEL:
        entry->label = *text;
        return screen_list_text(at, column, text, err);

    default:
        entry->source = *text;
        return screen_list_text(at, column, text, err);
    }
}


/*
 * Labels end up in headers and logs: a line break in one would be a line of
 * its own there.
 */

static int
screen_list_text(const screen_list_place_t *at, screen_list_column_t column,
    const screen_str_t *text, screen_error_t *err)
{
    size_t   i;
    u_char  *p;

    p = (u_char *) text->data;

    for (i = 0; i < text->len; i++) {

        if (p[i] == '\n' || p[i] == '\t' || p[i] == '\r') {
            p[i] = ' ';
            continue;
        }

        if (p[i] < 0x20 || p[i] == 0x7f) {
            return screen_error_at(err, at->name, at->line, "the %s "
                                   "holds the control character 0x%02x",
                                   screen_list_columns[column], p[i]);
        }
    }

    return SCREEN_OK;
}
