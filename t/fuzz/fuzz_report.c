
/*
 * The report's decoder, which believes nothing: any bytes are refused and
 * change no part, or every fact is within its bounds.  The upload asks for
 * two of three parts; the report's identity is taken from the input so that
 * the fuzzer gets past it.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_report.h"


static const screen_report_engine_t  fuzz_engine = { 4, 0 };


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


static void
fuzz_text(const screen_str_t *s)
{
    size_t  i;

    for (i = 0; i < s->len; i++) {

        if (s->data[i] < 0x20 || s->data[i] == 0x7f) {
            abort();
        }
    }
}


static void
fuzz_part(const screen_part_t *part)
{
    size_t  i, k;

    fuzz_text(&part->type);
    fuzz_text(&part->fault_reason);

    for (i = 0; i < part->nyara; i++) {
        fuzz_text(&part->yara[i].space);
        fuzz_text(&part->yara[i].rule);

        for (k = 0; k < part->yara[i].ntags; k++) {
            fuzz_text(&part->yara[i].tags[k]);
        }

        for (k = 0; k < part->yara[i].nmetas; k++) {
            fuzz_text(&part->yara[i].metas[k].key);
            fuzz_text(&part->yara[i].metas[k].string);
        }
    }

    for (i = 0; i < part->npatterns; i++) {

        if (part->patterns[i] >= fuzz_engine.ncontents) {
            abort();
        }
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int              rc;
    size_t           i;
    uint64_t         id;
    screen_part_t    parts[3], before[3];
    screen_upload_t  u;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_reader_t  r;

    memset(&u, 0, sizeof(u));
    memset(parts, 0, sizeof(parts));

    u.parts = parts;
    u.nparts = 3;
    parts[0].want_scan = 1;
    parts[2].want_scan = 1;
    memcpy(before, parts, sizeof(parts));

    screen_reader_init(&r, data, size);
    (void) screen_reader_u32(&r);
    id = screen_reader_u64(&r);

    rc = screen_report_decode(&u, id, &fuzz_engine, data, size, &alloc);

    if (rc != SCREEN_OK && memcmp(before, parts, sizeof(parts)) != 0) {
        abort();
    }

    for (i = 0; i < 3; i++) {

        if (parts[i].scanned != (rc == SCREEN_OK && parts[i].want_scan)) {
            abort();
        }

        fuzz_part(&parts[i]);
    }

    screen_arena_destroy(&arena);

    return 0;
}
