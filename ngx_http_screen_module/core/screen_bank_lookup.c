
#include <string.h>

#include "screen_bank_impl.h"


static int screen_bank_find(const screen_bank_t *bank,
    screen_signal_t signal, const u_char *value, uint32_t *at);
static int screen_bank_scan(const screen_bank_t *bank,
    screen_signal_t signal, const u_char *value, const screen_str_t *content,
    uint64_t now, screen_entry_t *entry);
static int screen_bank_text(const screen_bank_t *bank, uint64_t ref,
    screen_str_t *text);


int
screen_signal_perceptual(screen_signal_t signal)
{
    return signal == SCREEN_SIGNAL_PDQ || signal == SCREEN_SIGNAL_VPDQ;
}


int
screen_entry_same(const screen_entry_t *a, const screen_entry_t *b)
{
    return a->signal == b->signal
           && memcmp(a->value, b->value, screen_signal_size(a->signal)) == 0
           && (a->signal != SCREEN_SIGNAL_VPDQ
               || screen_str_eq(&a->content, &b->content));
}


int
screen_bank_lookup(const screen_bank_t *bank, screen_signal_t signal,
    const u_char *value, uint64_t now, screen_entry_t *entry)
{
    uint32_t  at;

    if ((unsigned) signal >= SCREEN_SIGNALS
        || !(bank->signals & 1u << signal))
    {
        return SCREEN_NOT_FOUND;
    }

    if (signal == SCREEN_SIGNAL_VPDQ) {
        return screen_bank_scan(bank, signal, value, NULL, now, entry);
    }

    if (screen_bank_find(bank, signal, value, &at) != SCREEN_OK
        || screen_bank_entry(bank, signal, at, entry) != SCREEN_OK)
    {
        return SCREEN_NOT_FOUND;
    }

    if (entry->expires != 0 && entry->expires <= now) {
        return SCREEN_NOT_FOUND;
    }

    return SCREEN_OK;
}


static int
screen_bank_find(const screen_bank_t *bank, screen_signal_t signal,
    const u_char *value, uint32_t *at)
{
    int                         rc;
    size_t                      size;
    uint32_t                    low, high, middle;
    const u_char               *bucket;
    const screen_bank_index_t  *index;

    index = &bank->index[signal];
    size = screen_signal_size(signal);

    bucket = index->buckets
             + screen_bank_bucket(value, index->bits) * sizeof(uint32_t);

    low = screen_bank_get_u32(bucket);
    high = screen_bank_get_u32(bucket + sizeof(uint32_t));

    if (high > bank->entries[signal]) {
        return SCREEN_NOT_FOUND;
    }

    while (low < high) {
        middle = low + (high - low) / 2;

        rc = memcmp(value, index->values + (size_t) middle * size, size);

        if (rc == 0) {
            *at = middle;
            return SCREEN_OK;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return SCREEN_NOT_FOUND;
}


int
screen_bank_lookup_same(const screen_bank_t *bank, const screen_entry_t *key,
    uint64_t now, screen_entry_t *entry)
{
    if (key->signal != SCREEN_SIGNAL_VPDQ) {
        return screen_bank_lookup(bank, key->signal, key->value, now, entry);
    }

    if (!(bank->signals & 1u << key->signal)) {
        return SCREEN_NOT_FOUND;
    }

    return screen_bank_scan(bank, key->signal, key->value, &key->content, now,
                            entry);
}


/* of the entries of one value, which stand together, that of a content, or
   for NULL any one */

static int
screen_bank_scan(const screen_bank_t *bank, screen_signal_t signal,
    const u_char *value, const screen_str_t *content, uint64_t now,
    screen_entry_t *entry)
{
    size_t         size;
    uint32_t       at;
    const u_char  *values;

    if (screen_bank_find(bank, signal, value, &at) != SCREEN_OK) {
        return SCREEN_NOT_FOUND;
    }

    size = screen_signal_size(signal);
    values = bank->index[signal].values;

    while (at > 0
           && memcmp(values + (size_t) (at - 1) * size, value, size) == 0)
    {
        at--;
    }

    for ( /* void */ ;
         at < bank->entries[signal]
         && memcmp(values + (size_t) at * size, value, size) == 0;
         at++)
    {
        if (screen_bank_entry(bank, signal, at, entry) == SCREEN_OK
            && (entry->expires == 0 || entry->expires > now)
            && (content == NULL || screen_str_eq(content, &entry->content)))
        {
            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


uint32_t
screen_bank_frames(const screen_bank_t *bank, const screen_str_t *content)
{
    int            rc;
    size_t         low, high, middle;
    uint32_t       meta;
    screen_str_t   text;
    const u_char  *record;

    low = 0;
    high = bank->contents.len;

    while (low < high) {
        middle = low + (high - low) / 2;
        meta = screen_bank_get_u32(bank->contents.data
                                   + middle * sizeof(uint32_t));

        if (meta >= bank->records.len) {
            return 0;
        }

        record = bank->records.data + (size_t) meta * SCREEN_BANK_RECORD;

        if (screen_bank_text(bank, screen_bank_get_u64(record + 16), &text)
            != SCREEN_OK)
        {
            return 0;
        }

        rc = text.len && content->len
             ? memcmp(content->data, text.data, content->len < text.len
                                                ? content->len : text.len)
             : 0;

        if (rc == 0) {

            if (content->len == text.len) {
                return screen_bank_get_u32(record + 28);
            }

            rc = content->len < text.len ? -1 : 1;
        }

        if (rc < 0) {
            high = middle;

        } else {
            low = middle + 1;
        }
    }

    return 0;
}


int
screen_bank_entry(const screen_bank_t *bank, screen_signal_t signal,
    uint32_t at, screen_entry_t *entry)
{
    size_t                      size;
    uint32_t                    meta;
    const u_char               *record, *mark;
    const screen_bank_index_t  *index;

    index = &bank->index[signal];
    size = screen_signal_size(signal);

    meta = screen_bank_get_u32(index->metas + (size_t) at * sizeof(uint32_t));

    if (meta >= bank->records.len) {
        return SCREEN_MALFORMED;
    }

    record = bank->records.data + (size_t) meta * SCREEN_BANK_RECORD;

    if (screen_bank_text(bank, screen_bank_get_u64(record), &entry->label)
        != SCREEN_OK
        || screen_bank_text(bank, screen_bank_get_u64(record + 8),
                            &entry->source)
           != SCREEN_OK
        || screen_bank_text(bank, screen_bank_get_u64(record + 16),
                            &entry->content)
           != SCREEN_OK)
    {
        return SCREEN_MALFORMED;
    }

    entry->signal = signal;
    entry->severity = screen_bank_get_u32(record + 24);
    entry->frames = screen_bank_get_u32(record + 28);
    entry->expires = 0;
    entry->time = 0;
    entry->view = 0;

    memcpy(entry->value, index->values + (size_t) at * size, size);
    memset(entry->value + size, 0, sizeof(entry->value) - size);

    if (index->expires != NULL) {
        entry->expires = screen_bank_get_u64(index->expires
                                             + (size_t) at
                                               * sizeof(uint64_t));
    }

    if (index->marks != NULL) {
        mark = index->marks + (size_t) at * SCREEN_BANK_MARK;

        entry->time = screen_bank_get_u32(mark);
        entry->view = (uint16_t) screen_bank_get_u32(mark + 4);
    }

    return SCREEN_OK;
}


static int
screen_bank_text(const screen_bank_t *bank, uint64_t ref, screen_str_t *text)
{
    uint64_t  offset, len;

    offset = ref >> 16;
    len = ref & 0xffff;

    if (offset > bank->strings.len || len > bank->strings.len - offset) {
        return SCREEN_MALFORMED;
    }

    text->data = len ? bank->strings.data + offset : NULL;
    text->len = len;

    return SCREEN_OK;
}


int
screen_bank_walk(const screen_bank_t *bank,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx)
{
    int             rc;
    uint32_t        at;
    unsigned        signal;
    screen_entry_t  entry;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        for (at = 0; at < bank->entries[signal]; at++) {

            if (screen_bank_entry(bank, signal, at, &entry) != SCREEN_OK) {
                continue;
            }

            rc = visit(ctx, &entry);

            if (rc != SCREEN_OK) {
                return rc;
            }
        }
    }

    return SCREEN_OK;
}
