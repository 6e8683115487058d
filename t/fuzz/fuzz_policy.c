
/*
 * Text as the lines of a policy, and that policy on uploads that the last
 * bytes describe.  Beyond not crashing: what is decided early stays decided,
 * whatever becomes known later.
 */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "screen_policy.h"


#define FUZZ_WORDS  16
#define FUZZ_PARTS  3
#define FUZZ_FACTS  32


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


typedef struct {
    const uint8_t  *data;
    size_t          pos;
} fuzz_bytes_t;


static uint8_t
fuzz_byte(fuzz_bytes_t *b)
{
    return b->pos < FUZZ_FACTS ? b->data[b->pos++] : 0;
}


static size_t
fuzz_split(const uint8_t *p, const uint8_t *end, screen_str_t *words)
{
    size_t   n;
    uint8_t  quote;

    for (n = 0; n < FUZZ_WORDS; n++) {

        while (p < end && *p == ' ') {
            p++;
        }

        if (p == end) {
            break;
        }

        quote = (*p == '"') ? '"' : ' ';
        p += (quote == '"');

        words[n].data = p;

        while (p < end && *p != quote) {
            p++;
        }

        words[n].len = p - words[n].data;
        p += (p < end && quote == '"');
    }

    return n;
}


static void
fuzz_body_facts(screen_upload_t *u, fuzz_bytes_t *b, screen_hit_t *hits)
{
    size_t          i;
    uint8_t         c;
    screen_part_t  *p;

    static const char *const  names[] = { "a", "", "x.php.", "d/a.jpg" };

    for (i = 0; i < u->nparts; i++) {
        c = fuzz_byte(b);

        p = &u->parts[i];
        p->offset = (c & 1) ? 100 : 0;
        p->has_filename = (c & 2) != 0;
        p->filename = screen_str_of(names[c >> 6]);
        p->name = screen_str_of((c & 4) ? "b" : "");
        p->size = fuzz_byte(b) * 10;
        p->whole = i == 2 && (c & 8);

        p->hits = &hits[i];
        p->nhits = (c & 16) ? 1 : 0;
        hits[i].bank = screen_str_of((c & 32) ? "a" : "b");
        hits[i].label = screen_str_of("l");
        hits[i].source = screen_str_of("s");
        hits[i].severity = c & 7;
        hits[i].signal = SCREEN_SIGNAL_SHA256;
    }
}


static void
fuzz_scan_facts(screen_upload_t *u, fuzz_bytes_t *b, screen_yara_match_t *yara,
    screen_meta_t *meta, screen_str_t *tag, uint32_t *pattern)
{
    size_t          i;
    uint8_t         c;
    screen_part_t  *p;

    static const char *const  types[] = {
        "image/png", "text/html", "application/pdf", "a/b"
    };

    *tag = screen_str_of("t");
    *pattern = 0;

    for (i = 0; i < u->nparts; i++) {
        c = fuzz_byte(b);

        p = &u->parts[i];
        p->scanned = 1;
        p->type = screen_str_of(types[c >> 6]);
        p->mismatch = c & 3;
        p->patterns = pattern;
        p->npatterns = (c & 4) ? 1 : 0;
        p->yara = &yara[i];
        p->nyara = (c & 8) ? 1 : 0;

        yara[i].space = screen_str_of("n");
        yara[i].rule = screen_str_of("r");
        yara[i].tags = tag;
        yara[i].ntags = 1;
        yara[i].metas = &meta[i];
        yara[i].nmetas = 1;

        meta[i].key = screen_str_of("k");
        meta[i].type = (screen_meta_type_t) (fuzz_byte(b) % 3);
        meta[i].integer = c;
        meta[i].string = screen_str_of("7");
    }
}


static void
fuzz_decide(const screen_policy_t *policy, const screen_alloc_t *alloc,
    const uint8_t *facts)
{
    int                   headers, body;
    uint32_t              pattern;
    fuzz_bytes_t          b;
    screen_str_t          tag;
    screen_hit_t          hits[FUZZ_PARTS];
    screen_meta_t         metas[FUZZ_PARTS];
    screen_part_t         parts[FUZZ_PARTS];
    screen_upload_t       u;
    screen_decision_t     d, later;
    screen_yara_match_t   yara[FUZZ_PARTS];

    b.data = facts;
    b.pos = 0;

    memset(&u, 0, sizeof(u));
    memset(parts, 0, sizeof(parts));
    memset(hits, 0, sizeof(hits));

    u.parts = parts;
    u.nparts = fuzz_byte(&b) % (FUZZ_PARTS + 1);
    u.size = fuzz_byte(&b) * 100;
    u.declared_size = (int64_t) u.size;
    u.faults = fuzz_byte(&b) & 0x1f & fuzz_byte(&b);

    fuzz_body_facts(&u, &b, hits);

    /* at the headers, only a raw body has a part, of the declared size */

    headers = SCREEN_AGAIN;

    if (u.nparts == 1 && !parts[0].whole) {
        parts[0].offset = 0;
        parts[0].name = screen_str_of("");
        parts[0].size = u.size;

        headers = screen_policy_decide(policy, &u, SCREEN_KNOWN_HEADERS,
                                       alloc, &d);
    }

    body = screen_policy_decide(policy, &u, SCREEN_KNOWN_BODY, alloc, &later);

    if (headers == SCREEN_OK && later.action.verdict != d.action.verdict) {
        abort();
    }

    fuzz_scan_facts(&u, &b, yara, metas, &tag, &pattern);

    if (screen_policy_decide(policy, &u, SCREEN_KNOWN_SCAN, alloc, &d)
        != SCREEN_OK)
    {
        abort();
    }

    if (body == SCREEN_OK && later.action.verdict != d.action.verdict) {
        abort();
    }
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t            n;
    screen_str_t      name, words[FUZZ_WORDS];
    const uint8_t    *p, *end, *last;
    screen_alloc_t    alloc;
    screen_arena_t    arena = screen_arena_init;
    screen_error_t    err;
    screen_place_t    place;
    screen_policy_t  *policy;

    if (size < FUZZ_FACTS) {
        return 0;
    }

    alloc.alloc = screen_arena_alloc;
    alloc.owner = &arena;

    name = screen_str_of("fuzz");
    place.file = name;
    place.line = 0;

    policy = screen_policy_create(&alloc, &name, &place);
    if (policy == NULL) {
        return 0;
    }

    last = data + size - FUZZ_FACTS;

    /* a refused line leaves the policy as good as it was */

    for (p = data; p < last; p = end + 1) {
        end = memchr(p, '\n', last - p);
        end = end ? end : last;

        n = fuzz_split(p, end, words);
        place.line++;

        (void) screen_policy_directive(policy, words, n, &place, &err);
    }

    (void) screen_policy_finish(policy, &err);

    fuzz_decide(policy, &alloc, last);

    screen_policy_destroy(policy);
    screen_arena_destroy(&arena);

    return 0;
}
