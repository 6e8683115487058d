
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <expat.h>

#include "screen_date.h"
#include "screen_list_entry.h"
#include "screen_ncmec.h"


#ifndef SCREEN_NCMEC_READ
#define SCREEN_NCMEC_READ   262144       /* at once; less in a test */
#endif
#define SCREEN_NCMEC_DEPTH  32
#define SCREEN_NCMEC_TEXT   1024
#define SCREEN_NCMEC_NAME   128


/* an image or a video, or what is left of one */

typedef struct {
    char       key[2 * SCREEN_NCMEC_NAME];  /* "member/id" */
    char       class[SCREEN_NCMEC_NAME];
    uint64_t   time;
    uint64_t   order;                   /* in the list */
    unsigned   deleted:1;
    unsigned   signals;                 /* mask of those in values */
    u_char     values[SCREEN_SIGNALS][32];
} screen_ncmec_item_t;


typedef struct {
    XML_Parser               parser;
    screen_error_t          *err;
    screen_list_place_t      place;
    screen_list_tally_t     *tally;
    int                      code;

    unsigned                 depth;
    unsigned                 item_depth;    /* 0: in none */
    unsigned                 prints_depth;  /* 0: not among fingerprints */
    screen_ncmec_item_t      item;
    char                     member[SCREEN_NCMEC_NAME];
    char                     id[SCREEN_NCMEC_NAME];

    char                     text[SCREEN_NCMEC_TEXT];
    size_t                   len;

    screen_ncmec_item_t     *items;
    size_t                   n;
    size_t                   size;
    unsigned                 root:1;        /* it is the right one */
} screen_ncmec_t;


static int screen_ncmec_emit(screen_ncmec_t *x, screen_bank_builder_t *b,
    screen_bank_builder_t *withdrawn);


int
screen_ncmec_begins(const u_char *data, size_t len)
{
    size_t  i;

    i = len >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;

    while (i < len && (data[i] == ' ' || data[i] == '\t' || data[i] == '\r'
                       || data[i] == '\n'))
    {
        i++;
    }

    return i < len && data[i] == '<';
}


static void
screen_ncmec_fail(screen_ncmec_t *x, int code)
{
    if (x->code == SCREEN_OK) {
        x->code = code;
    }

    (void) XML_StopParser(x->parser, XML_FALSE);
}


static unsigned
screen_ncmec_line(screen_ncmec_t *x)
{
    /* expat that has the wider one calls the other deprecated */

#ifdef XML_ATTR_DEPRECATED
    return (unsigned) XML_GetCurrentLineNumber64(x->parser);
#else
    return (unsigned) XML_GetCurrentLineNumber(x->parser);
#endif
}


/* without its namespace, which is before a space */

static const char *
screen_ncmec_name(const XML_Char *name)
{
    const char  *space;

    space = strrchr(name, ' ');

    return space ? space + 1 : name;
}


static void
screen_ncmec_copy(char to[SCREEN_NCMEC_NAME], const char *text)
{
    snprintf(to, SCREEN_NCMEC_NAME, "%s", text);
}


static void
screen_ncmec_attributes(screen_ncmec_t *x, const XML_Char **attributes)
{
    size_t  i;

    for (i = 0; attributes[i] != NULL; i += 2) {

        if (strcmp(attributes[i], "id") == 0) {
            screen_ncmec_copy(x->member, attributes[i + 1]);
        }
    }
}


static void XMLCALL
screen_ncmec_start(void *ctx, const XML_Char *tag, const XML_Char **attributes)
{
    const char      *name;
    screen_ncmec_t  *x;

    x = ctx;
    name = screen_ncmec_name(tag);

    if (++x->depth > SCREEN_NCMEC_DEPTH) {
        screen_ncmec_fail(x, screen_error_at(x->err, x->place.name,
                          screen_ncmec_line(x), "elements in %u others",
                          SCREEN_NCMEC_DEPTH));
        return;
    }

    if (x->depth == 1) {
        x->root = strcmp(name, "queryResult") == 0;

        if (!x->root) {
            screen_ncmec_fail(x, screen_error_at(x->err, x->place.name,
                              screen_ncmec_line(x), "<%.64s>: a "
                              "<queryResult> of NCMEC's hash sharing "
                              "expected", name));
        }
    }

    x->len = 0;

    if (x->depth == 3
        && (strcasecmp(name, "image") == 0 || strcasecmp(name, "video") == 0
            || strcasecmp(name, "deletedImage") == 0
            || strcasecmp(name, "deletedVideo") == 0))
    {
        memset(&x->item, 0, sizeof(screen_ncmec_item_t));

        x->item_depth = x->depth;
        x->item.deleted = strncasecmp(name, "deleted", 7) == 0;
        x->member[0] = '\0';
        x->id[0] = '\0';

    } else if (x->item_depth && x->depth == x->item_depth + 1) {

        if (strcmp(name, "member") == 0) {
            screen_ncmec_attributes(x, attributes);

        } else if (strcmp(name, "fingerprints") == 0) {
            x->prints_depth = x->depth;
        }
    }
}


static void XMLCALL
screen_ncmec_text(void *ctx, const XML_Char *text, int len)
{
    screen_ncmec_t  *x;

    x = ctx;

    /* what is longer is none of ours, and not held */

    if ((size_t) len > sizeof(x->text) - 1 - x->len) {
        len = (int) (sizeof(x->text) - 1 - x->len);
    }

    memcpy(x->text + x->len, text, (size_t) len);
    x->len += (size_t) len;
}


/* the text of the element, without the space around it */

static screen_str_t
screen_ncmec_trimmed(screen_ncmec_t *x)
{
    size_t        i;
    screen_str_t  s;

    for (i = 0; i < x->len; i++) {
        if ((u_char) x->text[i] < 0x20 || x->text[i] == 0x7f) {
            x->text[i] = ' ';
        }
    }

    s.data = (u_char *) x->text;
    s.len = x->len;

    while (s.len && s.data[0] == ' ') {
        s.data++;
        s.len--;
    }

    while (s.len && s.data[s.len - 1] == ' ') {
        s.len--;
    }

    return s;
}


static void
screen_ncmec_print(screen_ncmec_t *x, const char *name)
{
    screen_str_t    kind, text;
    screen_entry_t  entry;

    kind = screen_str_of(name);
    text = screen_ncmec_trimmed(x);
    memset(&entry, 0, sizeof(screen_entry_t));

    if (screen_signal_parse(&kind, &entry.signal) != SCREEN_OK
        || entry.signal == SCREEN_SIGNAL_VPDQ)
    {
        x->tally->foreign++;
        return;
    }

    x->place.line = screen_ncmec_line(x);

    if (screen_list_value(&x->place, &entry, &text, x->err) != SCREEN_OK) {
        screen_ncmec_fail(x, SCREEN_ERROR);
        return;
    }

    x->item.signals |= 1u << entry.signal;
    memcpy(x->item.values[entry.signal], entry.value, 32);
}


static void
screen_ncmec_field(screen_ncmec_t *x, const char *name)
{
    char          text[SCREEN_NCMEC_NAME];
    screen_str_t  s;

    s = screen_ncmec_trimmed(x);
    snprintf(text, sizeof(text), "%.*s",
             (int) (s.len < sizeof(text) ? s.len : sizeof(text) - 1), s.data);

    if (strcmp(name, "id") == 0) {
        screen_ncmec_copy(x->id, text);

    } else if (strcmp(name, "classification") == 0) {
        screen_ncmec_copy(x->item.class, text);

    } else if (strcmp(name, "timestamp") == 0
               && screen_date_parse(&s, &x->item.time) != SCREEN_OK)
    {
        screen_ncmec_fail(x, screen_error_at(x->err, x->place.name,
                          screen_ncmec_line(x), "\"%.32s\" is not a time: "
                          "2026-01-31T23:59:59Z expected", text));
    }
}


static void
screen_ncmec_item(screen_ncmec_t *x)
{
    size_t                size;
    screen_ncmec_item_t  *items;

    if (x->member[0] == '\0' || x->id[0] == '\0') {
        screen_ncmec_fail(x, screen_error_at(x->err, x->place.name,
                          screen_ncmec_line(x), "an entry without a <member> "
                          "that has an id, or without an <id>"));
        return;
    }

    if (x->n == x->size) {
        size = x->size ? 2 * x->size : 256;
        items = reallocarray(x->items, size, sizeof(screen_ncmec_item_t));

        if (items == NULL) {
            screen_ncmec_fail(x, screen_error_at(x->err, x->place.name, 0,
                                                 "no memory to read it"));
            return;
        }

        x->items = items;
        x->size = size;
    }

    snprintf(x->item.key, sizeof(x->item.key), "%s/%s", x->member, x->id);
    x->item.order = x->n;
    x->items[x->n++] = x->item;
}


static void XMLCALL
screen_ncmec_end(void *ctx, const XML_Char *tag)
{
    const char      *name;
    screen_ncmec_t  *x;

    x = ctx;
    name = screen_ncmec_name(tag);

    if (x->item_depth && x->depth == x->item_depth) {
        screen_ncmec_item(x);
        x->item_depth = 0;

    } else if (x->prints_depth && x->depth == x->prints_depth) {
        x->prints_depth = 0;

    } else if (x->prints_depth && x->depth == x->prints_depth + 1) {
        screen_ncmec_print(x, name);

    } else if (x->item_depth && x->depth == x->item_depth + 1) {
        screen_ncmec_field(x, name);
    }

    x->depth--;
    x->len = 0;
}


/* a list has no use for entities, and they are what XML is attacked with */

static void XMLCALL
screen_ncmec_doctype(void *ctx, const XML_Char *name, const XML_Char *system,
    const XML_Char *public, int internal)
{
    screen_ncmec_t  *x;

    x = ctx;

    screen_ncmec_fail(x, screen_error_at(x->err, x->place.name,
                      screen_ncmec_line(x), "a document type: a list of "
                      "NCMEC has none"));
}


static int
screen_ncmec_parse(screen_ncmec_t *x, FILE *from,
    const screen_bank_reading_t *reading)
{
    int       rc, last;
    void     *room;
    size_t    n;
    uint64_t  done;

    done = 0;

    do {
        room = XML_GetBuffer(x->parser, (int) SCREEN_NCMEC_READ);
        if (room == NULL) {
            return screen_error_at(x->err, x->place.name, 0,
                                   "no memory to read it");
        }

        n = fread(room, 1, SCREEN_NCMEC_READ, from);
        last = n < SCREEN_NCMEC_READ;

        if (last && ferror(from)) {
            return screen_error_at(x->err, x->place.name, 0, "cannot be "
                                   "read: %s", strerror(errno));
        }

        rc = XML_ParseBuffer(x->parser, (int) n, last);

        if (x->code != SCREEN_OK) {
            return x->code;
        }

        if (rc != XML_STATUS_OK) {
            return screen_error_at(x->err, x->place.name,
                                   screen_ncmec_line(x), "is no XML from "
                                   "here on: %s", XML_ErrorString(
                                           XML_GetErrorCode(x->parser)));
        }

        done += n;

        rc = reading->progress && !last
             ? reading->progress->step(reading->progress->ctx, done,
                                       reading->origin.size) : SCREEN_OK;

    } while (!last && rc == SCREEN_OK);

    return rc;
}


int
screen_ncmec_load(screen_bank_builder_t *b, const char *path,
    screen_bank_reading_t *reading, screen_error_t *err)
{
    int              rc;
    FILE            *from;
    screen_ncmec_t   x;

    if (screen_bank_file_origin(path, &reading->origin, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    from = fopen(path, "re");
    if (from == NULL) {
        return screen_error_at(err, path, 0, "cannot be opened: %s",
                               strerror(errno));
    }

    memset(&x, 0, sizeof(screen_ncmec_t));

    x.err = err;
    x.place.name = path;
    x.tally = &reading->tally;
    x.parser = XML_ParserCreateNS(NULL, ' ');

    if (x.parser == NULL) {
        (void) fclose(from);
        return screen_error_at(err, path, 0, "no memory to read it");
    }

    XML_SetUserData(x.parser, &x);
    XML_SetElementHandler(x.parser, screen_ncmec_start, screen_ncmec_end);
    XML_SetCharacterDataHandler(x.parser, screen_ncmec_text);
    XML_SetStartDoctypeDeclHandler(x.parser, screen_ncmec_doctype);

    rc = screen_ncmec_parse(&x, from, reading);

    if (rc == SCREEN_OK) {
        rc = screen_ncmec_emit(&x, b, reading->withdrawn);
    }

    XML_ParserFree(x.parser);
    (void) fclose(from);
    free(x.items);

    return rc;
}


static int
screen_ncmec_cmp(const void *a, const void *b)
{
    int                         rc;
    const screen_ncmec_item_t  *x, *y;

    x = a;
    y = b;

    rc = strcmp(x->key, y->key);

    if (rc == 0) {
        rc = x->time < y->time ? -1 : x->time > y->time;
    }

    return rc ? rc : x->order < y->order ? -1 : x->order > y->order;
}


static int
screen_ncmec_add(const screen_ncmec_item_t *item, screen_bank_builder_t *b,
    screen_error_t *err)
{
    char             label[3 * SCREEN_NCMEC_NAME + 2];
    unsigned         signal;
    screen_entry_t   entry;

    snprintf(label, sizeof(label), "%s%s%s", item->class,
             item->class[0] ? " " : "", item->key);

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (!(item->signals & 1u << signal)) {
            continue;
        }

        memset(&entry, 0, sizeof(screen_entry_t));

        entry.signal = signal;
        entry.label = screen_str_of(label);
        entry.source = screen_str_of("NCMEC");
        memcpy(entry.value, item->values[signal], 32);

        if (screen_signal_perceptual(signal)) {
            entry.content = screen_str_of(item->key);
        }

        if (screen_bank_builder_add(b, &entry) != SCREEN_OK) {
            return screen_error_set(err, "no memory for the entries");
        }
    }

    return SCREEN_OK;
}


/*
 * The latest of each key; what is before it is withdrawn, unless it is the
 * same.
 */

static int
screen_ncmec_emit(screen_ncmec_t *x, screen_bank_builder_t *b,
    screen_bank_builder_t *withdrawn)
{
    int     rc;
    size_t  i, last;

    if (x->n == 0) {
        return SCREEN_OK;
    }

    qsort(x->items, x->n, sizeof(screen_ncmec_item_t), screen_ncmec_cmp);

    rc = SCREEN_OK;

    for (i = 0; i < x->n && rc == SCREEN_OK; i++) {
        last = i + 1 == x->n
               || strcmp(x->items[i].key, x->items[i + 1].key) != 0;

        if (last && !x->items[i].deleted) {
            rc = screen_ncmec_add(&x->items[i], b, x->err);
            continue;
        }

        x->tally->withdrawn += last;

        if (withdrawn != NULL) {
            rc = screen_ncmec_add(&x->items[i], withdrawn, x->err);
        }
    }

    return rc;
}
