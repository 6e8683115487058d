
/*
 * Lists that are JSON: finds the records in what is sent, be it one page of a
 * service's answer, an array, or objects one after the other.
 */


#include <stdio.h>
#include <string.h>

#include "screen_list_impl.h"


typedef struct {
    screen_list_t     *list;
    screen_error_t    *err;
    unsigned           page:1;          /* it has an array of records... */
    unsigned           frames:1;        /* ...or frames by their numbers */
} screen_list_json_t;


static int screen_list_json_object(screen_list_json_t *d,
    screen_json_reader_t *j);
static int screen_list_json_entry(void *ctx, screen_json_reader_t *j);


static int
screen_list_json_error(screen_list_json_t *d, const screen_json_reader_t *j,
    const char *what)
{
    unsigned        line;
    const u_char   *p;
    screen_list_t  *l;

    l = d->list;
    line = l->line;

    for (p = l->counted; p < j->pos; p++) {
        line += *p == '\n';
    }

    return screen_error_at(d->err, l->name, line, "%s", what);
}


int
screen_list_document(screen_list_t *l, screen_error_t *err)
{
    int                   rc;
    u_char                c;
    screen_json_reader_t  j;
    screen_list_json_t    d;

    memset(&d, 0, sizeof(screen_list_json_t));

    d.list = l;
    d.err = err;

    j.pos = l->document.data;
    j.end = l->document.data + l->document.len;

    if (l->document.len >= 3 && memcmp(j.pos, "\xef\xbb\xbf", 3) == 0) {
        j.pos += 3;
    }

    l->counted = j.pos;
    l->line++;

    while ((c = screen_json_read_peek(&j)) != 0) {

        rc = c == '[' ? screen_json_read_array(&j, screen_list_json_entry, &d)
             : c == '{' ? screen_list_json_object(&d, &j) : SCREEN_MALFORMED;

        if (rc == SCREEN_MALFORMED) {
            return screen_list_json_error(&d, &j, "is no JSON from here on");
        }

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return j.pos == j.end ? SCREEN_OK
           : screen_list_json_error(&d, &j, "a NUL");
}


static int
screen_list_json_number(const screen_str_t *name)
{
    uint64_t  n;

    return screen_parse_uint(name, &n) == SCREEN_OK;
}


/* what an object is: looked at before anything of it is taken */

static int
screen_list_json_look(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    screen_list_json_t  *d;

    d = ctx;

    if (*j->pos == '['
        && (screen_str_is(name, "data") || screen_str_is(name, "hashRecords")))
    {
        d->page = 1;

    } else if (*j->pos == '{' && screen_list_json_number(name)) {
        d->frames = 1;
    }

    return screen_json_read_skip(j);
}


static int
screen_list_json_page(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    screen_list_json_t  *d;

    d = ctx;

    if (d->page
        && (screen_str_is(name, "data") || screen_str_is(name, "hashRecords")))
    {
        return screen_json_read_array(j, screen_list_json_entry, d);
    }

    if (d->frames && screen_list_json_number(name)) {
        return screen_list_json_entry(d, j);
    }

    return screen_json_read_skip(j);
}


static int
screen_list_json_object(screen_list_json_t *d, screen_json_reader_t *j)
{
    int                   rc;
    screen_json_reader_t  look;

    look = *j;
    d->page = 0;
    d->frames = 0;

    rc = screen_json_read_object(&look, screen_list_json_look, d);

    if (rc != SCREEN_OK) {
        *j = look;
        return rc;
    }

    return d->page || d->frames
           ? screen_json_read_object(j, screen_list_json_page, d)
           : screen_list_json_entry(d, j);
}


/* "hex,quality,seconds" */

static int
screen_list_json_frame(screen_list_t *l, screen_json_reader_t *j,
    screen_error_t *err)
{
    char            shown[SCREEN_LIST_SHOWN];
    size_t          i, n;
    uint64_t        quality;
    screen_str_t    text, fields[3];
    screen_entry_t  entry;

    if (screen_json_read_here(j, &text) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    memset(&entry, 0, sizeof(screen_entry_t));
    memset(fields, 0, sizeof(fields));

    n = 0;
    fields[0].data = text.data;

    for (i = 0; i < text.len && n < 3; i++) {

        if (text.data[i] == ',') {
            n++;

            if (n < 3) {
                fields[n].data = text.data + i + 1;
            }

        } else {
            fields[n].len++;
        }
    }

    if (n != 2 || screen_parse_uint(&fields[1], &quality) != SCREEN_OK
        || quality > 100
        || screen_list_time(&fields[2], &entry.time) != SCREEN_OK)
    {
        return screen_error_at(err, l->name, l->place.line, "\"%s\" is not a "
                               "frame of vPDQ: \"hex,quality,seconds\" "
                               "expected", screen_list_show(shown, &text));
    }

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_list_stem(l);

    return screen_list_print(l, &entry, &fields[0], quality, err);
}


/* of a document that has no line breaks the line does not tell much */

static int
screen_list_json_name(screen_list_t *l, screen_error_t *err)
{
    char  text[SCREEN_ERROR_LEN];

    memcpy(text, err->text, SCREEN_ERROR_LEN);

    snprintf(err->text, sizeof(err->text), "entry %llu: %.900s",
             (unsigned long long) l->entry, text);

    return SCREEN_ERROR;
}


static int
screen_list_json_entry(void *ctx, screen_json_reader_t *j)
{
    int                    rc;
    const u_char          *p;
    screen_list_t         *l;
    screen_list_json_t    *d;
    screen_json_reader_t   entry;

    d = ctx;
    l = d->list;

    for (p = l->counted; p < j->pos; p++) {
        l->line += *p == '\n';
    }

    l->place.line = l->line;
    l->counted = j->pos;
    l->entry++;

    entry = *j;

    if (screen_json_read_skip(j) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    /* before its escapes are undone, which are line breaks, too */

    for ( /* void */ ; p < j->pos; p++) {
        l->line += *p == '\n';
    }

    l->counted = j->pos;

    rc = *entry.pos == '"' ? screen_list_json_frame(l, &entry, d->err)
         : *entry.pos == '{' ? screen_list_record_json(l, &entry, d->err)
         : screen_error_at(d->err, l->name, l->place.line, "neither an object "
                           "nor a frame of vPDQ in quotes");

    return rc == SCREEN_ERROR ? screen_list_json_name(l, d->err) : rc;
}
