
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_list_impl.h"


static int screen_list_lines(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err);
static int screen_list_line(screen_list_t *l, u_char *line, size_t len,
    screen_error_t *err);
static int screen_list_first(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
static int screen_list_header(screen_list_t *l, screen_error_t *err);
static int screen_list_csv_line(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err);
static int screen_list_record(screen_list_t *l, screen_error_t *err);


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

    screen_buf_init(&l->document, SCREEN_LIST_DOCUMENT_MAX);

    return l;
}


void
screen_list_withdrawn(screen_list_t *l,
    int (*withdraw)(void *ctx, const screen_entry_t *entry))
{
    l->withdraw = withdraw;
}


const screen_list_tally_t *
screen_list_tally(const screen_list_t *l)
{
    return &l->tally;
}


void
screen_list_destroy(screen_list_t *l)
{
    if (l == NULL) {
        return;
    }

    screen_buf_free(&l->document);
    free(l->name);
    free(l);
}


/* the first character of what is here; 0: none yet */

static u_char
screen_list_opens(const screen_list_t *l, const u_char *data, size_t len)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < l->len + len; i++) {
        c = i < l->len ? l->buf[i] : data[i - l->len];

        if (c == '\n') {
            break;
        }

        /* of a byte order mark, too */

        if (c != ' ' && c != '\t' && c != '\r' && c != 0xef && c != 0xbb
            && c != 0xbf)
        {
            return c;
        }
    }

    return 0;
}


int
screen_list_feed(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err)
{
    if (l->code != SCREEN_OK) {
        return l->code;
    }

    if (l->form != SCREEN_LIST_DOCUMENT) {
        l->code = screen_list_lines(l, data, len, err);
        return l->code;
    }

    screen_buf_put(&l->document, data, len);

    if (l->document.code == SCREEN_LIMIT) {
        l->code = screen_error_at(err, l->name, 0, "is longer than %u MB: "
                                  "JSON is read as a whole; give it in parts",
                                  SCREEN_LIST_DOCUMENT_MAX >> 20);

    } else {
        l->code = l->document.code;
    }

    return l->code;
}


static int
screen_list_lines(screen_list_t *l, const u_char *data, size_t len,
    screen_error_t *err)
{
    int            rc;
    u_char         c;
    size_t         n;
    const u_char  *end;

    while (len) {

        if (l->form == SCREEN_LIST_UNKNOWN) {
            c = screen_list_opens(l, data, len);

            if (c == '{' || c == '[') {
                l->form = SCREEN_LIST_DOCUMENT;
                screen_buf_put(&l->document, l->buf, l->len);
                l->len = 0;
                return screen_list_feed(l, data, len, err);
            }

            if (c == '<') {
                return screen_error_at(err, l->name, l->line + 1, "is XML, "
                                       "which only \"ngx-screen bank\" "
                                       "reads: import it, or export it as "
                                       "CSV");
            }
        }

        end = memchr(data, '\n', len);
        n = end ? (size_t) (end - data) : len;

        if (n > SCREEN_LIST_LINE_MAX - l->len) {
            return screen_error_at(err, l->name, l->line + 1, "the line is "
                                   "longer than %d bytes",
                                   SCREEN_LIST_LINE_MAX);
        }

        memcpy(l->buf + l->len, data, n);
        l->len += n;

        if (end == NULL) {
            break;
        }

        rc = screen_list_line(l, l->buf, l->len, err);
        l->len = 0;

        if (rc != SCREEN_OK) {
            return rc;
        }

        data += n + 1;
        len -= n + 1;
    }

    return SCREEN_OK;
}


int
screen_list_end(screen_list_t *l, screen_error_t *err)
{
    if (l->code == SCREEN_OK && l->form == SCREEN_LIST_DOCUMENT) {
        l->code = screen_list_document(l, err);
        screen_buf_free(&l->document);
    }

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

    l->place.line = l->line;

    switch (l->form) {

    case SCREEN_LIST_UNKNOWN:
        return screen_list_first(l, &s, err);

    case SCREEN_LIST_FRAMES:
        return screen_list_frame(l, &s, err);

    case SCREEN_LIST_PICTURES:
        return screen_list_picture(l, &s, err);

    case SCREEN_LIST_OPINIONS:
        return screen_list_opinion(l, &s, err);

    default:
        return screen_list_hash(l, &s, err);
    }
}


static int
screen_list_first(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char          shown[SCREEN_LIST_SHOWN];
    size_t        i;
    screen_str_t  field;

    l->form = screen_list_form(line);

    switch (l->form) {

    case SCREEN_LIST_HASHES:
        return screen_list_hash(l, line, err);

    case SCREEN_LIST_FRAMES:
        return screen_list_frame(l, line, err);

    case SCREEN_LIST_PICTURES:
        return screen_list_picture(l, line, err);

    case SCREEN_LIST_OPINIONS:
        return screen_list_opinion(l, line, err);

    default:
        break;
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


void
screen_list_tally_sum(screen_list_tally_t *to,
    const screen_list_tally_t *from)
{
    to->poor += from->poor;
    to->cleared += from->cleared;
    to->withdrawn += from->withdrawn;
    to->foreign += from->foreign;
}


static size_t
screen_list_tally_add(char *to, size_t len, uint64_t n, const char *what)
{
    if (n == 0 || len >= SCREEN_LIST_TALLY_LEN) {
        return len;
    }

    return len + (size_t) snprintf(to + len, SCREEN_LIST_TALLY_LEN - len,
                                   "%s%llu %s", len ? ", " : "",
                                   (unsigned long long) n, what);
}


char *
screen_list_tally_text(const screen_list_tally_t *tally,
    char to[SCREEN_LIST_TALLY_LEN])
{
    size_t  len;

    to[0] = '\0';

    len = screen_list_tally_add(to, 0, tally->poor,
                                "frames of a quality below 50");
    len = screen_list_tally_add(to, len, tally->cleared,
                                "that no member calls bad");
    len = screen_list_tally_add(to, len, tally->withdrawn, "withdrawn");
    (void) screen_list_tally_add(to, len, tally->foreign,
                                 "of kinds that banks do not hold");

    return to;
}
