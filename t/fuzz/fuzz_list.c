
/*
 * A list of arbitrary bytes, read at once and in pieces, must give the same
 * entries and the same error both times.  The first byte is the size of a
 * piece.
 */


#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_list.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    int              code;
    uint64_t         sum;
    unsigned         n;
    screen_error_t   err;
} outcome_t;


static void
count(outcome_t *o, const void *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        o->sum = o->sum * 31 + ((const u_char *) data)[i];
    }
}


static int
emit(void *ctx, const screen_entry_t *entry)
{
    outcome_t  *o;

    o = ctx;

    o->n++;

    count(o, entry->value, screen_signal_size(entry->signal));
    count(o, entry->label.data, entry->label.len);
    count(o, entry->source.data, entry->source.len);
    count(o, &entry->expires, sizeof(uint64_t));

    if (entry->severity > 10) {
        abort();
    }

    return SCREEN_OK;
}


static void
read_list(outcome_t *o, const uint8_t *data, size_t size, size_t piece)
{
    size_t          n;
    screen_list_t  *l;

    memset(o, 0, sizeof(outcome_t));

    l = screen_list_create("fuzz", emit, o);
    if (l == NULL) {
        abort();
    }

    while (size && o->code == SCREEN_OK) {
        n = piece < size ? piece : size;

        o->code = screen_list_feed(l, data, n, &o->err);

        data += n;
        size -= n;
    }

    if (o->code == SCREEN_OK) {
        o->code = screen_list_end(l, &o->err);
    }

    screen_list_destroy(l);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    outcome_t  whole, pieces;

    if (size == 0) {
        return 0;
    }

    read_list(&whole, data + 1, size - 1, size);
    read_list(&pieces, data + 1, size - 1, (size_t) data[0] + 1);

    if (whole.code != pieces.code || whole.n != pieces.n
        || whole.sum != pieces.sum || whole.err.line != pieces.err.line
        || strcmp(whole.err.text, pieces.err.text) != 0)
    {
        abort();
    }

    return 0;
}
