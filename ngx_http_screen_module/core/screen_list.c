
#include <stdlib.h>
#include <string.h>

#include "screen_csv.h"
#include "screen_list.h"
#include "screen_list_entry.h"


typedef enum {
    SCREEN_LIST_UNKNOWN = 0,
    SCREEN_LIST_CSV,
    SCREEN_LIST_HASHES,
    SCREEN_LIST_FRAMES
} screen_list_form_t;


struct screen_list_s {
    int                  (*emit)(void *ctx, const screen_entry_t *entry);
    void                  *ctx;

    int                    code;        /* of the failure that ended it */
    char                  *name;
    unsigned               line;
    screen_list_place_t    place;       /* where the record began */
    screen_list_form_t     form;
    unsigned               in_record:1;

    screen_list_column_t   columns[SCREEN_LIST_COLUMNS];
    size_t                 ncolumns;

    size_t                 len;
    u_char                 buf[SCREEN_LIST_LINE_MAX];
    screen_csv_t           csv;
};


static int screen_list_line(screen_list_t *l, u_char *line, size_t len,
    screen_error_t *err);
static int screen_list_first(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
static int screen_list_header(screen_list_t *l, screen_error_t *err);
static int screen_list_csv_line(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
static int screen_list_record(screen_list_t *l, screen_error_t *err);
static int screen_list_hash(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
static int screen_list_frame(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);


screen_list_t *
screen_list_create(const char *name,
    int (*emit)(void *ctx, const screen_entry_t *entry), void *ctx)
{
    screen_list_t  *l;

    l = calloc(1, sizeof(screen_list_t));
    if (l == NULL) {
        return NULL;
    }

    l->name = strdup(name);
    if (l->name == NULL) {
        free(l);
        return NULL;
    }

    l->place.name = l->name;
    l->emit = emit;
    l->ctx = ctx;

    return l;
}


void
screen_list_destroy(screen_list_t *l)
{
    if (l == NULL) {
        return;
    }

    free(l->name);
    free(l);
}


int
screen_list_feed(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err)
{
    size_t         n;
    const u_char  *end;

    while (len && l->code == SCREEN_OK) {

        end = memchr(data, '\n', len);
        n = end ? (size_t) (end - data) : len;

        if (n > SCREEN_LIST_LINE_MAX - l->len) {
            l->code = screen_error_at(err, l->name, l->line + 1, "the line "
                                      "is longer than %d bytes",
                                      SCREEN_LIST_LINE_MAX);
            break;
        }

        memcpy(l->buf + l->len, data, n);
        l->len += n;

        if (end == NULL) {
            break;
        }

        l->code = screen_list_line(l, l->buf, l->len, err);
        l->len = 0;

        data += n + 1;
        len -= n + 1;
    }

    return l->code;
}


int
screen_list_end(screen_list_t *l, screen_error_t *err)
{
    if (l->code == SCREEN_OK && l->len) {
        l->code = screen_list_line(l, l->buf, l->len, err);
        l->len = 0;
    }

    if (l->code == SCREEN_OK && l->in_record) {
        l->code = screen_error_at(err, l->name, l->place.line,
                                  "a quote that opens in this record is "
                                  "never closed");
    }

    return l->code;
}


static void
screen_list_trim(screen_str_t *s)
{
    while (s->len && (s->data[0] == ' ' || s->data[0] == '\t')) {
        s->data++;
        s->len--;
    }

    while (s->len
           && (s->data[s->len - 1] == ' ' || s->data[s->len - 1] == '\t'))
    {
        s->len--;
    }
}


static int
screen_list_line(screen_list_t *l, u_char *line, size_t len,
    screen_error_t *err)
{
    screen_str_t  s;

    s.data = line;
    s.len = len;

    if (++l->line == 1) {

        if (s.len >= 2 && (memcmp(s.data, "\xff\xfe", 2) == 0
                           || memcmp(s.data, "\xfe\xff", 2) == 0))
        {
            return screen_error_at(err, l->name, 1, "the list is in UTF-16: "
                                   "UTF-8 expected");
        }

        if (s.len >= 3 && memcmp(s.data, "\xef\xbb\xbf", 3) == 0) {
            s.data += 3;
            s.len -= 3;
        }
    }

    if (s.len && s.data[s.len - 1] == '\r') {
        s.len--;
    }

    if (l->form == SCREEN_LIST_CSV) {
        return screen_list_csv_line(l, &s, err);
    }

    screen_list_trim(&s);

    if (s.len == 0 || s.data[0] == '#') {
        return SCREEN_OK;
    }

    if (l->form == SCREEN_LIST_UNKNOWN) {
        return screen_list_first(l, &s, err);
    }

    return l->form == SCREEN_LIST_FRAMES ? screen_list_frame(l, &s, err)
                                         : screen_list_hash(l, &s, err);
}


/* "pdq " and the like, which is then behind; SCREEN_SIGNALS: none */

static screen_signal_t
screen_list_named(screen_str_t *line)
{
    size_t           i;
    screen_str_t     word;
    screen_signal_t  signal;

    word.data = line->data;

    for (i = 0; i < line->len && line->data[i] != ' '; i++) {
        /* void */
    }

    word.len = i;

    if (i == line->len || screen_signal_parse(&word, &signal) != SCREEN_OK) {
        return SCREEN_SIGNALS;
    }

    line->data += i;
    line->len -= i;

    screen_list_trim(line);

    return signal;
}


/* the four fields of a frame's line; 1 if there are as many */

static int
screen_list_fields(const screen_str_t *line, screen_str_t fields[4])
{
    size_t  i, n;

    n = 0;
    fields[0].data = line->data;

    for (i = 0; i <= line->len; i++) {

        if (i < line->len && line->data[i] != ',') {
            continue;
        }

        fields[n].len = (size_t) (line->data + i - fields[n].data);
        screen_list_trim(&fields[n]);

        if (++n == 4 || i == line->len) {
            return n == 4 && i == line->len;
        }

        fields[n].data = line->data + i + 1;
    }

    return 0;
}


/* "<hex>", "<hex>  <name>", "<hex> *<name>", "\<hex>  <escaped name>" */

static int
screen_list_split(const screen_str_t *line, screen_str_t *hash,
    screen_str_t *name)
{
    size_t           i;
    screen_signal_t  signal;

    i = 0;

    hash->data = line->data;

    if (line->len && line->data[0] == '\\') {
        hash->data++;
        i++;
    }

    while (i < line->len && line->data[i] != ' ' && line->data[i] != '\t') {
        i++;
    }

    hash->len = (size_t) (line->data + i - hash->data);

    i += i < line->len;
    i += i < line->len && (line->data[i] == ' ' || line->data[i] == '*');

    name->data = line->data + i;
    name->len = line->len - i;

    return screen_list_guess(hash, &signal);
}


static int
screen_list_first(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char          shown[SCREEN_LIST_SHOWN];
    size_t        i;
    uint64_t      n;
    screen_str_t  hash, name, field, fields[4], rest;

    rest = *line;

    if (screen_list_named(&rest) != SCREEN_SIGNALS) {
        l->form = SCREEN_LIST_HASHES;
        return screen_list_hash(l, line, err);
    }

    if (screen_list_fields(line, fields)
        && screen_parse_uint(&fields[0], &n) == SCREEN_OK
        && screen_parse_uint(&fields[1], &n) == SCREEN_OK)
    {
        l->form = SCREEN_LIST_FRAMES;
        return screen_list_frame(l, line, err);
    }

    /* first the hash: its file may be called "a,value" */

    if (screen_list_split(line, &hash, &name) == SCREEN_OK) {
        l->form = SCREEN_LIST_HASHES;
        return screen_list_hash(l, line, err);
    }

    screen_csv_start(&l->csv);

    if (screen_csv_line(&l->csv, line->data, line->len) == SCREEN_OK) {

        for (i = 0; i < l->csv.nfields; i++) {
            field = screen_csv_field(&l->csv, i);

            if (screen_str_caseis(&field, "value")) {
                l->form = SCREEN_LIST_CSV;
                return screen_list_header(l, err);
            }
        }
    }

    return screen_error_at(err, l->name, l->line, "\"%s\" is neither a hash "
                           "(64, 40 or 32 hexadecimal digits) nor a header "
                           "line that names a \"value\" column",
                           screen_list_show(shown, line));
}


static int
screen_list_header(screen_list_t *l, screen_error_t *err)
{
    char                   shown[SCREEN_LIST_SHOWN];
    size_t                 i, j;
    screen_str_t           field;
    screen_list_column_t   column;

    for (i = 0; i < l->csv.nfields; i++) {
        field = screen_csv_field(&l->csv, i);

        if (screen_list_column(&field, &column) != SCREEN_OK) {
            return screen_error_at(err, l->name, l->line, "\"%s\" is not a "
                                   "column: signal, value, label, source, "
                                   "severity, expires, content, view and "
                                   "time are",
                                   screen_list_show(shown, &field));
        }

        for (j = 0; j < i; j++) {
            if (l->columns[j] == column) {
                return screen_error_at(err, l->name, l->line, "the column "
                                       "\"%s\" is named twice",
                                       screen_list_show(shown, &field));
            }
        }

        l->columns[i] = column;
    }

    l->ncolumns = l->csv.nfields;

    return SCREEN_OK;
}


static int
screen_list_csv_line(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    if (!l->in_record) {

        if (line->len == 0) {
            return SCREEN_OK;
        }

        screen_csv_start(&l->csv);

        l->place.line = l->line;
        l->in_record = 1;
    }

    switch (screen_csv_line(&l->csv, line->data, line->len)) {

    case SCREEN_OK:
        l->in_record = 0;
        return screen_list_record(l, err);

    case SCREEN_AGAIN:
        return SCREEN_OK;

    default:
        return screen_error_at(err, l->name, l->place.line, "%s",
                               l->csv.error);
    }
}


static int
screen_list_record(screen_list_t *l, screen_error_t *err)
{
    size_t           i, value;
    screen_str_t     text;
    screen_entry_t   entry;

    if (l->csv.nfields != l->ncolumns) {
        return screen_error_at(err, l->name, l->place.line, "%zu fields, "
                               "but the header line has %zu columns",
                               l->csv.nfields, l->ncolumns);
    }

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = SCREEN_SIGNALS;
    value = 0;

    for (i = 0; i < l->ncolumns; i++) {

        if (l->columns[i] == SCREEN_LIST_VALUE) {
            value = i;
            continue;
        }

        text = screen_csv_field(&l->csv, i);

        if (text.len
            && screen_list_field(&l->place, &entry, l->columns[i], &text, err)
               != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    /* last, for how long it must be depends on the signal */

    text = screen_csv_field(&l->csv, value);

    if (screen_list_value(&l->place, &entry, &text, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    return l->emit(l->ctx, &entry);
}


static int
screen_list_hash(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    size_t          i;
    u_char         *name;
    screen_str_t    hash, rest;
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    rest = *line;
    entry.signal = screen_list_named(&rest);
    l->place.line = l->line;

    (void) screen_list_split(&rest, &hash, &entry.label);

    if (screen_list_value(&l->place, &entry, &hash, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    /* a file may be named anything, and its list is still a good one */

    name = (u_char *) entry.label.data;

    for (i = 0; i < entry.label.len; i++) {
        if (name[i] < 0x20 || name[i] == 0x7f) {
            name[i] = '?';
        }
    }

    return l->emit(l->ctx, &entry);
}


/* the list's name, without its folder and what follows the last dot */

static screen_str_t
screen_list_stem(const screen_list_t *l)
{
    const char    *name, *dot;
    screen_str_t   stem;

    name = strrchr(l->name, '/');
    name = name ? name + 1 : l->name;

    stem = screen_str_of(name);
    dot = strrchr(name, '.');

    if (dot != NULL && dot != name) {
        stem.len = (size_t) (dot - name);
    }

    return stem;
}


static int
screen_list_frame(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char             shown[SCREEN_LIST_SHOWN];
    uint64_t         frame, quality;
    screen_str_t     fields[4];
    screen_entry_t   entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    l->place.line = l->line;

    if (!screen_list_fields(line, fields)
        || screen_parse_uint(&fields[0], &frame) != SCREEN_OK
        || screen_parse_uint(&fields[1], &quality) != SCREEN_OK
        || quality > 100
        || screen_list_time(&fields[3], &entry.time) != SCREEN_OK)
    {
        return screen_error_at(err, l->name, l->line, "\"%s\" is not a frame "
                               "of vPDQ: \"frame,quality,hex,seconds\" "
                               "expected", screen_list_show(shown, line));
    }

    if (quality < SCREEN_LIST_QUALITY) {
        return screen_error_at(err, l->name, l->line, "a frame of quality "
                               "%u: %u or more expected, for others match "
                               "what they should not; leave it out",
                               (unsigned) quality, SCREEN_LIST_QUALITY);
    }

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_list_stem(l);

    if (screen_list_value(&l->place, &entry, &fields[2], err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    return l->emit(l->ctx, &entry);
}
