
/*
 * The lists that have no header line: a hash with what is known of it on each
 * line, in the ways in which others write it.
 */


#include <string.h>

#include "screen_list_impl.h"


#define SCREEN_LIST_FIELDS  4


void
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


/*
 * The fields of a line between commas, the last of which is all that is left;
 * 1 if there are n.
 */

static int
screen_list_fields(const screen_str_t *line, screen_str_t *fields, size_t n)
{
    size_t  i, k;

    k = 0;
    fields[0].data = line->data;

    for (i = 0; i < line->len && k < n - 1; i++) {

        if (line->data[i] == ',') {
            fields[k].len = (size_t) (line->data + i - fields[k].data);
            screen_list_trim(&fields[k]);
            fields[++k].data = line->data + i + 1;
        }
    }

    fields[k].len = (size_t) (line->data + line->len - fields[k].data);
    screen_list_trim(&fields[k]);

    return k == n - 1;
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


void
screen_list_clean(const screen_str_t *text)
{
    size_t   i;
    u_char  *p;

    p = (u_char *) text->data;

    for (i = 0; i < text->len; i++) {
        if (p[i] < 0x20 || p[i] == 0x7f) {
            p[i] = '?';
        }
    }
}


int
screen_list_hash(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    screen_str_t    hash, rest;
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    rest = *line;
    entry.signal = screen_list_named(&rest);

    (void) screen_list_split(&rest, &hash, &entry.label);

    if (screen_list_value(&l->place, &entry, &hash, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    screen_list_clean(&entry.label);

    return l->emit(l->ctx, &entry);
}


screen_str_t
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


int
screen_list_frame(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char             shown[SCREEN_LIST_SHOWN];
    uint64_t         frame, quality;
    screen_str_t     fields[SCREEN_LIST_FIELDS];
    screen_entry_t   entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    if (!screen_list_fields(line, fields, 4)
        || screen_parse_uint(&fields[0], &frame) != SCREEN_OK
        || screen_parse_uint(&fields[1], &quality) != SCREEN_OK
        || quality > 100
        || screen_list_time(&fields[3], &entry.time) != SCREEN_OK)
    {
        return screen_error_at(err, l->name, l->line, "\"%s\" is not a frame "
                               "of vPDQ: \"frame,quality,hex,seconds\" "
                               "expected", screen_list_show(shown, line));
    }

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_list_stem(l);

    return screen_list_print(l, &entry, &fields[2], quality, err);
}


/* "hash,quality,file", which may have commas */

int
screen_list_picture(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char             shown[SCREEN_LIST_SHOWN];
    uint64_t         quality;
    screen_str_t     fields[SCREEN_LIST_FIELDS];
    screen_entry_t   entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    if (!screen_list_fields(line, fields, 3)
        || screen_parse_uint(&fields[1], &quality) != SCREEN_OK
        || quality > 100)
    {
        return screen_error_at(err, l->name, l->line, "\"%s\" is not a "
                               "picture of PDQ: \"hex,quality,name\" "
                               "expected", screen_list_show(shown, line));
    }

    if (quality < SCREEN_LIST_QUALITY) {
        return screen_error_at(err, l->name, l->line, "a picture of quality "
                               "%u: %u or more expected, for others match "
                               "what they should not; leave it out",
                               (unsigned) quality, SCREEN_LIST_QUALITY);
    }

    screen_list_clean(&fields[2]);

    entry.signal = SCREEN_SIGNAL_PDQ;
    entry.content = fields[2];

    return screen_list_print(l, &entry, &fields[0], quality, err);
}


int
screen_list_print(screen_list_t *l, screen_entry_t *entry,
    const screen_str_t *hex, uint64_t quality, screen_error_t *err)
{
    /* first: a black frame's hash is all zeros */

    if (quality < SCREEN_LIST_QUALITY) {
        l->tally.poor++;
        return SCREEN_OK;
    }

    return screen_list_value(&l->place, entry, hex, err) == SCREEN_OK
           ? l->emit(l->ctx, entry) : SCREEN_ERROR;
}


int
screen_list_take_back(screen_list_t *l, const screen_entry_t *entry)
{
    l->tally.withdrawn++;

    return l->withdraw ? l->withdraw(l->ctx, entry) : SCREEN_OK;
}


static int
screen_list_is_date(const screen_str_t *text)
{
    size_t              i;
    static const char   form[] = "dddd-dd-dd";

    for (i = 0; i < sizeof(form) - 1; i++) {

        if (i >= text->len
            || (form[i] == '-' ? text->data[i] != '-'
                               : text->data[i] < '0' || text->data[i] > '9'))
        {
            return 0;
        }
    }

    return 1;
}


/* "hash,descriptor,added,labels" */

static int
screen_list_is_opinion(const screen_str_t *line, screen_str_t *fields)
{
    uint64_t  n;

    return screen_list_fields(line, fields, 4)
           && screen_parse_uint(&fields[1], &n) == SCREEN_OK
           && (screen_str_is(&fields[2], "mine")
               || screen_list_is_date(&fields[2]));
}


/* 1 if a word is among those of a text, which is then without it */

static int
screen_list_cut(screen_str_t *text, const char *word)
{
    size_t   i, n, len;
    u_char  *p;

    p = (u_char *) text->data;
    len = strlen(word);

    for (i = 0; i + len <= text->len; i++) {

        if ((i && p[i - 1] != ' ') || memcmp(p + i, word, len) != 0
            || (i + len < text->len && p[i + len] != ' '))
        {
            continue;
        }

        n = i + len < text->len ? len + 1 : len;
        memmove(p + i, p + i + n, text->len - i - n);
        text->len -= n;
        screen_list_trim(text);

        return 1;
    }

    return 0;
}


int
screen_list_opinion(screen_list_t *l, const screen_str_t *line,
    screen_error_t *err)
{
    char             shown[SCREEN_LIST_SHOWN];
    screen_str_t     fields[SCREEN_LIST_FIELDS], *label;
    screen_entry_t   entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    if (!screen_list_is_opinion(line, fields)) {
        return screen_error_at(err, l->name, l->line, "\"%s\" is not a row "
                               "of python-threatexchange: \"hash,"
                               "descriptor,added,labels\" expected",
                               screen_list_show(shown, line));
    }

    label = &fields[3];

    if (label->len >= 2 && label->data[0] == '"'
        && label->data[label->len - 1] == '"')
    {
        label->data++;
        label->len -= 2;
    }

    screen_list_clean(label);

    (void) screen_list_cut(label, "true_positive");

    if (screen_list_cut(label, "false_positive")) {
        l->tally.cleared++;
        return SCREEN_OK;
    }

    /* it knows no sha256 */

    entry.signal = fields[0].len == 64 ? SCREEN_SIGNAL_PDQ : SCREEN_SIGNALS;
    entry.label = *label;
    entry.source = screen_str_of("ThreatExchange");

    if (entry.signal == SCREEN_SIGNAL_PDQ) {
        entry.content = fields[1];
    }

    return screen_list_value(&l->place, &entry, &fields[0], err) == SCREEN_OK
           ? l->emit(l->ctx, &entry) : SCREEN_ERROR;
}


screen_list_form_t
screen_list_form(const screen_str_t *line)
{
    uint64_t         n;
    screen_str_t     hash, name, rest, fields[SCREEN_LIST_FIELDS];
    screen_signal_t  signal;

    rest = *line;

    if (screen_list_named(&rest) != SCREEN_SIGNALS) {
        return SCREEN_LIST_HASHES;
    }

    if (screen_list_fields(line, fields, 4)
        && screen_parse_uint(&fields[0], &n) == SCREEN_OK
        && screen_parse_uint(&fields[1], &n) == SCREEN_OK)
    {
        return SCREEN_LIST_FRAMES;
    }

    if (screen_list_is_opinion(line, fields)
        && screen_list_guess(&fields[0], &signal) == SCREEN_OK)
    {
        return SCREEN_LIST_OPINIONS;
    }

    if (screen_list_fields(line, fields, 3)
        && screen_parse_uint(&fields[1], &n) == SCREEN_OK
        && screen_list_guess(&fields[0], &signal) == SCREEN_OK)
    {
        return SCREEN_LIST_PICTURES;
    }

    /* before CSV, for a hash's file may be called "a,value" */

    return screen_list_split(line, &hash, &name) == SCREEN_OK
           ? SCREEN_LIST_HASHES : SCREEN_LIST_UNKNOWN;
}
