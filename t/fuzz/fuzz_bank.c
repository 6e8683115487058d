
/*
 * A bank file of arbitrary bytes: opening it, looking things up in it and
 * walking it must end without a fault.  The checksum of the header is made
 * to agree, or no input would get past it; the first byte says whether.
 */


#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_bank_impl.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    const screen_bank_t  *bank;
    unsigned              n;
    unsigned              sum;
} reading_t;


static int
visit(void *ctx, const screen_entry_t *entry)
{
    size_t           i;
    reading_t       *r;
    screen_entry_t   same;

    r = ctx;

    r->sum += entry->severity;

    for (i = 0; i < entry->label.len; i++) {
        r->sum += entry->label.data[i];
    }

    for (i = 0; i < entry->source.len; i++) {
        r->sum += entry->source.data[i];
    }

    for (i = 0; i < entry->content.len; i++) {
        r->sum += entry->content.data[i];
    }

    if (r->n < 100) {
        r->sum += screen_bank_frames(r->bank, &entry->content);
        (void) screen_bank_lookup_same(r->bank, entry, 0, &same);
    }

    /* many entries may share a long text */

    return ++r->n < 1000 ? SCREEN_OK : SCREEN_LIMIT;
}


static void
repair(u_char *file, size_t size)
{
    uint32_t  len, crc;
    uint64_t  full;

    if (size < SCREEN_BANK_HEADER) {
        return;
    }

    memcpy(file, SCREEN_BANK_MAGIC, SCREEN_BANK_MAGIC_LEN);

    full = htole64((uint64_t) size);
    memcpy(file + 24, &full, sizeof(uint64_t));

    len = screen_bank_get_u32(file + 12);

    if (len <= size) {
        crc = htole32(screen_bank_crc(file, len));
        memcpy(file + SCREEN_BANK_CRC_AT, &crc, sizeof(uint32_t));
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t           i, at;
    u_char          *file, value[32];
    unsigned         signal, distance;
    reading_t        r;
    screen_bank_t    bank;
    screen_entry_t   entry;
    screen_error_t   err;

    if (size == 0) {
        return 0;
    }

    file = malloc(size);
    if (file == NULL) {
        return 0;
    }

    memcpy(file, data + 1, size - 1);

    if (data[0] & 1) {
        repair(file, size - 1);
    }

    if (screen_bank_attach(&bank, file, size - 1, "fuzz", &err)
        == SCREEN_OK)
    {
        memset(&r, 0, sizeof(reading_t));
        r.bank = &bank;

        /* values that are likely to be in it: pieces of itself */

        for (i = 0; i < 64; i++) {
            at = (size - 1) * i / 64;

            memset(value, (int) i, sizeof(value));
            memcpy(value, file + at, size - 1 - at < sizeof(value)
                                     ? size - 1 - at : sizeof(value));

            for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
                if (screen_bank_lookup(&bank, signal, value, i, &entry)
                    == SCREEN_OK)
                {
                    (void) visit(&r, &entry);
                }
            }

            if (screen_bank_near(&bank, i % 2 ? SCREEN_SIGNAL_PDQ
                                             : SCREEN_SIGNAL_VPDQ,
                                 value, (unsigned) i, i, &entry, &distance)
                == SCREEN_OK)
            {
                (void) visit(&r, &entry);
            }
        }

        r.n = 0;
        (void) screen_bank_walk(&bank, visit, &r);
    }

    free(file);

    return 0;
}
