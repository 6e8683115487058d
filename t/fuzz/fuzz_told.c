
/*
 * A report of one part as Redis and the shared zone keep it, which is
 * believed as little as a scanner: any bytes are refused and change nothing
 * of the part, or what was told is within its bounds, leaves alone what the
 * part was before, and is encoded to the same bytes again.
 */


#include "fuzz_input.h"
#include "screen_report.h"


static const screen_report_engine_t  fuzz_engine = { 4, 0 };


static void
fuzz_facts(const screen_part_t *part)
{
    size_t  i, k;

    fuzz_require(fuzz_clean(&part->type) && fuzz_clean(&part->fault_reason));
    fuzz_require(part->nyara <= SCREEN_REPORT_MATCHES);

    for (i = 0; i < part->nyara; i++) {
        fuzz_require(fuzz_clean(&part->yara[i].space));
        fuzz_require(fuzz_clean(&part->yara[i].rule));

        for (k = 0; k < part->yara[i].ntags; k++) {
            fuzz_require(fuzz_clean(&part->yara[i].tags[k]));
        }

        for (k = 0; k < part->yara[i].nmetas; k++) {
            fuzz_require(fuzz_clean(&part->yara[i].metas[k].key));
            fuzz_require(part->yara[i].metas[k].type != SCREEN_META_STRING
                         || fuzz_clean(&part->yara[i].metas[k].string));
        }
    }

    for (i = 0; i < part->npatterns; i++) {
        fuzz_require(part->patterns[i] < fuzz_engine.ncontents);
        fuzz_require(i == 0 || part->patterns[i] > part->patterns[i - 1]);
    }
}


static void
fuzz_again(const screen_part_t *part, const u_char *data, size_t size)
{
    screen_buf_t  b;

    screen_buf_init(&b, SCREEN_REPORT_LIMIT);
    screen_report_encode_part(&b, part);

    fuzz_require(b.code == SCREEN_OK && b.len == size);
    fuzz_require(memcmp(b.data, data, size) == 0);

    screen_buf_free(&b);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int             rc;
    u_char         *copy;
    screen_part_t   part, before;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    memset(&part, 0, sizeof(screen_part_t));

    part.name = screen_str_of("file");
    part.filename = screen_str_of("a.jpg");
    part.declared = screen_str_of("image/jpeg");
    part.size = 7;
    before = part;

    copy = fuzz_copy(data, size);
    rc = screen_report_decode_part(&part, &fuzz_engine, copy, size, &alloc);
    free(copy);

    if (rc == SCREEN_OK) {
        fuzz_require(part.scanned && part.name.data == before.name.data);
        fuzz_require(part.size == 7 && part.whole == 0);
        fuzz_facts(&part);
        fuzz_again(&part, data, size);

    } else {
        fuzz_require(rc == SCREEN_MALFORMED);
        fuzz_require(memcmp(&part, &before, sizeof(screen_part_t)) == 0);
    }

    screen_arena_destroy(&arena);

    return 0;
}
