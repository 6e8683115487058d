
#include <endian.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_bank_builder.h"
#include "screen_bank_impl.h"


static int screen_bank_append(screen_bank_items_t *items,
    const screen_entry_t *entry, const screen_bank_item_t *item,
    uint32_t content);
static int screen_bank_intern_text(screen_bank_builder_t *b,
    const screen_str_t *text, uint32_t *n);
static int screen_bank_intern_record(screen_bank_builder_t *b,
    const screen_bank_record_t *record, uint32_t *meta);


screen_bank_builder_t *
screen_bank_builder_create(void)
{
    size_t                  size;
    unsigned                signal;
    screen_bank_items_t    *items;
    screen_bank_builder_t  *b;

    b = calloc(1, sizeof(screen_bank_builder_t));
    if (b == NULL) {
        return NULL;
    }

    /* a list's author must not be able to choose labels that collide */

    if (getentropy(&b->seed, sizeof(uint64_t)) == -1) {
        b->seed = (uint64_t) (uintptr_t) b;
    }

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        items = &b->items[signal];

        items->value_size = screen_signal_size(signal);
        items->key_size = items->value_size;

        if (signal == SCREEN_SIGNAL_VPDQ) {
            items->key_size += sizeof(uint32_t);
        }

        size = sizeof(screen_bank_item_t) + items->key_size;

        if (screen_signal_perceptual(signal)) {
            size += sizeof(screen_bank_mark_t);
        }

        items->stride = (size + 7) & ~(size_t) 7;
    }

    return b;
}


void
screen_bank_builder_destroy(screen_bank_builder_t *b)
{
    unsigned  signal;

    if (b == NULL) {
        return;
    }

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        free(b->items[signal].data);
    }

    free(b->strings);
    free(b->texts);
    free(b->records);
    free(b->text_table.slots);
    free(b->record_table.slots);
    free(b);
}


int
screen_bank_builder_add(screen_bank_builder_t *b, const screen_entry_t *entry)
{
    int                   rc;
    size_t                i, size;
    screen_bank_item_t    item;
    screen_bank_record_t  record;

    size = screen_signal_size(entry->signal);

    /* what a failed query or a blank picture leaves in a list */

    for (i = 1; i < size && entry->value[i] == entry->value[0]; i++) {
        /* void */
    }

    if (i == size && (entry->value[0] == 0x00 || entry->value[0] == 0xff)) {
        return SCREEN_MALFORMED;
    }

    if (entry->label.len > SCREEN_BANK_TEXT_MAX
        || entry->source.len > SCREEN_BANK_TEXT_MAX
        || entry->content.len > SCREEN_BANK_TEXT_MAX)
    {
        return SCREEN_MALFORMED;
    }

    if (b->added == UINT32_MAX - 1) {
        return SCREEN_LIMIT;
    }

    rc = screen_bank_intern_text(b, &entry->label, &record.label);
    if (rc != SCREEN_OK) {
        return rc;
    }

    rc = screen_bank_intern_text(b, &entry->source, &record.source);
    if (rc != SCREEN_OK) {
        return rc;
    }

    record.content = 0;

    if (screen_signal_perceptual(entry->signal)) {
        rc = screen_bank_intern_text(b, &entry->content, &record.content);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    record.severity = entry->severity;

    rc = screen_bank_intern_record(b, &record, &item.meta);
    if (rc != SCREEN_OK) {
        return rc;
    }

    item.expires = entry->expires;
    item.seq = b->added;

    rc = screen_bank_append(&b->items[entry->signal], entry, &item,
                            record.content);
    if (rc != SCREEN_OK) {
        return rc;
    }

    b->added++;

    return SCREEN_OK;
}


/* an array that has room for one more: itself, or grown, or NULL */

static void *
screen_bank_grow(void *data, size_t n, size_t *size, size_t each)
{
    void    *p;
    size_t   more;

    if (n < *size) {
        return data;
    }

    more = *size ? *size * 2 : 64;

    p = realloc(data, more * each);

    if (p != NULL) {
        *size = more;
    }

    return p;
}


static int
screen_bank_append(screen_bank_items_t *items, const screen_entry_t *entry,
    const screen_bank_item_t *item, uint32_t content)
{
    u_char              *p;
    screen_bank_mark_t   mark;

    p = screen_bank_grow(items->data, items->n, &items->size, items->stride);
    if (p == NULL) {
        return SCREEN_NOMEM;
    }

    items->data = p;

    p += items->n * items->stride;
    items->n++;

    memcpy(p, item, sizeof(screen_bank_item_t));
    p += sizeof(screen_bank_item_t);

    memcpy(p, entry->value, items->value_size);

    if (!screen_signal_perceptual(entry->signal)) {
        return SCREEN_OK;
    }

    content = htobe32(content);
    memcpy(p + items->value_size, &content,
           items->key_size - items->value_size);

    mark.time = entry->time;
    mark.view = entry->view;
    mark.zero = 0;

    memcpy(p + items->key_size, &mark, sizeof(screen_bank_mark_t));

    return SCREEN_OK;
}


static uint32_t
screen_bank_hash(uint64_t seed, const u_char *data, size_t len)
{
    size_t    n;
    uint64_t  h, chunk;

    h = seed ^ len;

    while (len) {
        n = len < sizeof(uint64_t) ? len : sizeof(uint64_t);

        chunk = 0;
        memcpy(&chunk, data, n);

        h = (h ^ chunk) * 0x9e3779b97f4a7c15ull;
        h ^= h >> 29;

        data += n;
        len -= n;
    }

    h *= 0xbf58476d1ce4e5b9ull;

    return (uint32_t) (h >> 32);
}


/* makes room for one more, keeping a quarter of the slots empty */

static int
screen_bank_table_reserve(screen_bank_table_t *t)
{
    size_t               i, at, size;
    screen_bank_slot_t  *slots;

    if (t->n < t->size / 4 * 3) {
        return SCREEN_OK;
    }

    size = t->size ? t->size * 2 : 256;

    slots = calloc(size, sizeof(screen_bank_slot_t));
    if (slots == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < t->size; i++) {

        if (t->slots[i].index == 0) {
            continue;
        }

        at = t->slots[i].hash & (size - 1);

        while (slots[at].index != 0) {
            at = (at + 1) & (size - 1);
        }

        slots[at] = t->slots[i];
    }

    free(t->slots);

    t->slots = slots;
    t->size = size;

    return SCREEN_OK;
}


static int
screen_bank_append_text(screen_bank_builder_t *b, const screen_str_t *text,
    uint64_t *ref)
{
    u_char  *p;
    size_t   size;

    if (text->len > b->strings_size - b->strings_len) {

        size = b->strings_size * 2 + SCREEN_BANK_TEXT_MAX;

        p = realloc(b->strings, size);
        if (p == NULL) {
            return SCREEN_NOMEM;
        }

        b->strings = p;
        b->strings_size = size;
    }

    memcpy(b->strings + b->strings_len, text->data, text->len);

    *ref = (uint64_t) b->strings_len << 16 | text->len;
    b->strings_len += text->len;

    return SCREEN_OK;
}


static int
screen_bank_intern_text(screen_bank_builder_t *b, const screen_str_t *text,
    uint32_t *n)
{
    size_t                at;
    uint64_t             *texts, known;
    uint32_t              hash;
    screen_bank_table_t  *t;

    if (text->len == 0) {
        *n = 0;
        return SCREEN_OK;
    }

    t = &b->text_table;

    if (screen_bank_table_reserve(t) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    hash = screen_bank_hash(b->seed, text->data, text->len);

    for (at = hash & (t->size - 1);
         t->slots[at].index != 0;
         at = (at + 1) & (t->size - 1))
    {
        known = b->texts[t->slots[at].index - 1];

        if (t->slots[at].hash == hash && (known & 0xffff) == text->len
            && memcmp(b->strings + (known >> 16), text->data, text->len) == 0)
        {
            *n = t->slots[at].index;
            return SCREEN_OK;
        }
    }

    if (t->n == UINT32_MAX - 1) {
        return SCREEN_LIMIT;
    }

    texts = screen_bank_grow(b->texts, t->n, &b->texts_size,
                             sizeof(uint64_t));
    if (texts == NULL) {
        return SCREEN_NOMEM;
    }

    b->texts = texts;

    if (screen_bank_append_text(b, text, &texts[t->n]) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    t->slots[at].hash = hash;
    t->slots[at].index = ++t->n;

    *n = t->slots[at].index;

    return SCREEN_OK;
}


static int
screen_bank_intern_record(screen_bank_builder_t *b,
    const screen_bank_record_t *record, uint32_t *meta)
{
    size_t                 at;
    uint32_t               hash;
    uint32_t               key[4];
    screen_bank_table_t   *t;
    screen_bank_record_t  *records, *known;

    t = &b->record_table;

    if (screen_bank_table_reserve(t) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    key[0] = record->label;
    key[1] = record->source;
    key[2] = record->content;
    key[3] = record->severity;

    hash = screen_bank_hash(b->seed, (u_char *) key, sizeof(key));

    for (at = hash & (t->size - 1);
         t->slots[at].index != 0;
         at = (at + 1) & (t->size - 1))
    {
        known = &b->records[t->slots[at].index - 1];

        if (known->label == record->label && known->source == record->source
            && known->content == record->content
            && known->severity == record->severity)
        {
            *meta = t->slots[at].index - 1;
            return SCREEN_OK;
        }
    }

    records = screen_bank_grow(b->records, t->n, &b->records_size,
                               sizeof(screen_bank_record_t));
    if (records == NULL) {
        return SCREEN_NOMEM;
    }

    b->records = records;
    records[t->n] = *record;

    *meta = t->n++;

    t->slots[at].hash = hash;
    t->slots[at].index = t->n;

    return SCREEN_OK;
}
