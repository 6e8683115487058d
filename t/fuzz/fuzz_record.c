
/*
 * The record of a decision: whatever the names are that clients, lists and
 * rules give, it is one line of UTF-8 without controls, JSON that cJSON
 * reads, no object of it has a key twice, and names that are UTF-8 are what
 * they were.  The quarantine command finds the reason in it.  The input is
 * the facts of an upload, in the order in which they are read below.
 */


#include "../../ngx_http_screen_module/cli/screen_cmd_quarantine_run.c"

#include <cjson/cJSON.h>

#include "fuzz_input.h"
#include "screen_filename.h"
#include "screen_json.h"
#include "screen_record.h"


#define FUZZ_PARTS   8
#define FUZZ_HITS    3


typedef struct {
    screen_part_t        parts[FUZZ_PARTS];
    screen_hit_t         hits[FUZZ_PARTS][FUZZ_HITS];
    screen_near_hit_t    near[FUZZ_PARTS][FUZZ_HITS];
    screen_near_frame_t  frame;
    screen_yara_match_t  yara[FUZZ_PARTS];
    screen_str_t         tags[20];
    screen_meta_t        meta;
    screen_media_t       media[FUZZ_PARTS];
    uint32_t             pattern;
    uint32_t             usable[101];
} fuzz_facts_t;


/* a policy that has something to say of everything */

static const screen_policy_t *
fuzz_policy(void)
{
    size_t            i, n;
    screen_str_t      name, words[8];
    screen_error_t    err;
    screen_place_t    place;

    static screen_arena_t    arena = screen_arena_init;
    static screen_alloc_t    alloc = { screen_arena_alloc, &arena };
    static screen_policy_t  *policy;

    static const char *const  lines[][8] = {
        { "multipart", "lenient" },
        { "yara_rules", "x.yar" },
        { "match", "bank=b", "reject=451" },
        { "match", "bank=b", "signal=pdq", "distance<=31", "quarantine" },
        { "match", "bank=b", "signal=vpdq", "distance<=31", "flag" },
        { "match", "yara", "flag" },
        { "match", "filename", "~", ".", "log" },
        { "match", "content", "~", "x", "flag" },
        { "match", "type", "mismatch", "flag" },
    };

    if (policy != NULL) {
        return policy;
    }

    name = screen_str_of("p");
    place.file = screen_str_of("a \"file\".policy");
    place.line = 1;

    policy = screen_policy_create(&alloc, &name, &place);
    fuzz_require(policy != NULL);

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {

        for (n = 0; n < 8 && lines[i][n] != NULL; n++) {
            words[n] = screen_str_of(lines[i][n]);
        }

        place.line++;
        fuzz_require(screen_policy_directive(policy, words, n, &place, &err)
                     == SCREEN_OK);
    }

    fuzz_require(screen_policy_finish(policy, &err) == SCREEN_OK);

    return policy;
}


static void
fuzz_near(fuzz_facts_t *f, screen_near_hit_t *near, fuzz_input_t *in)
{
    near->content = fuzz_str(in);
    near->distance = fuzz_u8(in) % 32;
    near->quality = fuzz_u8(in) % 101;
    near->variant = fuzz_u8(in) % SCREEN_PDQ_VARIANTS;
    near->view = (uint16_t) fuzz_u16(in);
    near->known_view = (uint16_t) fuzz_u16(in);
    near->time = fuzz_u32(in);
    near->known_time = fuzz_u32(in);
    near->kind = fuzz_u8(in) & 1;
    near->video = fuzz_u8(in) & 1;
    near->frames = &f->frame;
    near->nframes = 1;
    near->known = &f->frame;
    near->nknown = 1;
    near->known_total = fuzz_u8(in);
    near->usable = f->usable;
}


static void
fuzz_hits(fuzz_facts_t *f, size_t i, fuzz_input_t *in)
{
    size_t         k;
    screen_hit_t  *hit;

    f->parts[i].hits = f->hits[i];
    f->parts[i].nhits = fuzz_u8(in) % (FUZZ_HITS + 1);

    for (k = 0; k < f->parts[i].nhits; k++) {
        hit = &f->hits[i][k];

        hit->bank = screen_str_of("b");
        hit->signal = fuzz_u8(in) % SCREEN_SIGNALS;
        hit->label = fuzz_str(in);
        hit->source = fuzz_str(in);
        hit->severity = fuzz_u8(in) % 11;

        if (hit->signal >= SCREEN_SIGNAL_PDQ) {
            hit->near = &f->near[i][k];
            fuzz_near(f, hit->near, in);
        }
    }
}


static void
fuzz_scan(fuzz_facts_t *f, size_t i, fuzz_input_t *in)
{
    unsigned              bits;
    screen_part_t        *part;
    screen_yara_match_t  *yara;

    part = &f->parts[i];
    bits = fuzz_u8(in);

    part->scanned = bits & 1;
    part->mismatch = bits >> 1 & 3;
    part->npatterns = bits >> 3 & 1;
    part->patterns = &f->pattern;
    part->faults = fuzz_u8(in) & ((1u << SCREEN_FAULTS) - 1);
    part->fault_reason = fuzz_str(in);
    part->type = screen_str_of("text/html");

    if (bits & 0x10) {
        yara = &f->yara[i];
        yara->space = fuzz_str(in);
        yara->rule = fuzz_str(in);
        yara->tags = f->tags;
        yara->ntags = fuzz_u8(in) % 21;
        yara->metas = &f->meta;
        f->tags[i] = fuzz_str(in);

        part->yara = yara;
        part->nyara = 1;
    }

    if (bits & 0x20) {
        part->media = &f->media[i];
        part->media->kind = bits >> 6 & 1;
        part->media->width = fuzz_u32(in);
        part->media->height = fuzz_u16(in);
        part->media->duration = fuzz_u32(in);
    }
}


static void
fuzz_upload(fuzz_facts_t *f, screen_upload_t *u, fuzz_input_t *in)
{
    size_t          i;
    unsigned        bits;
    screen_part_t  *part;

    u->parts = f->parts;
    u->nparts = fuzz_u8(in) % (FUZZ_PARTS + 1);
    u->size = fuzz_u32(in);
    u->declared_size = (int64_t) u->size;
    u->method = screen_str_of("POST");
    u->faults = fuzz_u8(in) & ((1u << SCREEN_FAULTS) - 1);
    u->fault_reason = fuzz_str(in);

    for (i = 0; i < u->nparts; i++) {
        part = &f->parts[i];
        bits = fuzz_u8(in);

        part->name = fuzz_str(in);
        part->has_filename = bits & 1;
        part->digests = bits >> 1 & 7;
        part->whole = bits >> 4 & 1;
        part->size = fuzz_u16(in);
        part->declared = fuzz_str(in);

        if (part->has_filename) {
            part->filename = fuzz_str(in);
        }

        fuzz_hits(f, i, in);
        fuzz_scan(f, i, in);
    }
}


/* no object has a key twice */

static void
fuzz_keys(const cJSON *item)
{
    const cJSON  *a, *b;

    for (a = item->child; a != NULL; a = a->next) {

        for (b = a->next; cJSON_IsObject(item) && b != NULL; b = b->next) {
            fuzz_require(strcmp(a->string, b->string) != 0);
        }

        fuzz_keys(a);
    }
}


/* a text that can be written as it is was written so */

static void
fuzz_text(const cJSON *object, const char *key, const screen_str_t *s)
{
    screen_str_t  got;
    const cJSON  *item;

    if (s->len == 0 || s->len > SCREEN_JSON_STRING_MAX || !fuzz_clean(s)) {
        return;
    }

    item = cJSON_GetObjectItemCaseSensitive(object, key);
    fuzz_require(cJSON_IsString(item));

    got = screen_str_of(item->valuestring);
    fuzz_require(screen_str_eq(&got, s));
}


static void
fuzz_parts(const cJSON *object, const screen_upload_t *u)
{
    size_t         i;
    cJSON         *item;
    const cJSON   *parts;
    screen_str_t   name;

    item = cJSON_GetObjectItemCaseSensitive(object, "nparts");
    fuzz_require(cJSON_IsNumber(item) && item->valueint == (int) u->nparts);

    parts = cJSON_GetObjectItemCaseSensitive(object, "parts");
    fuzz_require(cJSON_IsArray(parts));

    i = 0;

    cJSON_ArrayForEach(item, parts) {
        fuzz_require(i < u->nparts);
        fuzz_text(item, "name", &u->parts[i].name);
        fuzz_text(item, "declared", &u->parts[i].declared);

        if (u->parts[i].has_filename) {
            name = screen_filename_clean(&u->parts[i].filename);
            fuzz_text(item, "filename", &name);
        }

        i++;
    }

    fuzz_require(i == u->nparts
                 || cJSON_GetObjectItemCaseSensitive(object, "truncated"));
}


/* what the quarantine command shows is the reason, as it stands there */

static void
fuzz_reason(const cJSON *object, const char *line)
{
    char          *records, *quoted;
    cJSON         *text;
    const cJSON   *item;
    const char    *reason;
    screen_str_t   shown;

    item = cJSON_GetObjectItemCaseSensitive(object, "reason");

    records = strdup(line);
    fuzz_require(records != NULL);

    reason = screen_cmd_quarantine_reason(records);
    shown = screen_str_of(reason);

    if (item == NULL) {
        fuzz_require(strcmp(reason, "-") == 0);

    } else {
        fuzz_require(fuzz_clean(&shown));

        quoted = malloc(shown.len + 3);
        fuzz_require(quoted != NULL);
        sprintf(quoted, "\"%s\"", reason);

        text = cJSON_Parse(quoted);
        fuzz_require(cJSON_IsString(text));
        fuzz_require(strcmp(text->valuestring, item->valuestring) == 0);

        cJSON_Delete(text);
        free(quoted);
    }

    free(records);
}


static void
fuzz_check(const screen_buf_t *b, const screen_record_t *rec)
{
    char         *line;
    cJSON        *object;
    const char   *end;
    screen_str_t  s;

    fuzz_require(b->code == SCREEN_OK && b->len < SCREEN_RECORD_LIMIT);
    fuzz_require(b->len > 2 && b->data[b->len - 1] == '\n');

    s.data = b->data;
    s.len = b->len - 1;
    fuzz_require(fuzz_clean(&s));

    line = malloc(b->len);
    fuzz_require(line != NULL);
    memcpy(line, b->data, b->len - 1);
    line[b->len - 1] = '\0';

    object = cJSON_ParseWithOpts(line, &end, 1);
    fuzz_require(cJSON_IsObject(object) && end == line + b->len - 1);

    fuzz_keys(object);
    fuzz_text(object, "id", &rec->id);
    fuzz_text(object, "server", &rec->server);
    fuzz_text(object, "location", &rec->location);
    fuzz_text(object, "client", &rec->client);
    fuzz_parts(object, rec->upload);
    fuzz_reason(object, line);

    cJSON_Delete(object);
    free(line);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned            bits;
    fuzz_input_t        in;
    fuzz_facts_t       *f;
    screen_buf_t        b;
    screen_arena_t      arena = screen_arena_init;
    screen_alloc_t      alloc = { screen_arena_alloc, &arena };
    screen_record_t     rec;
    screen_upload_t     u;
    screen_decision_t   d;

    in = fuzz_input(data, size);

    memset(&u, 0, sizeof(screen_upload_t));
    memset(&rec, 0, sizeof(screen_record_t));

    f = calloc(1, sizeof(fuzz_facts_t));
    fuzz_require(f != NULL);

    bits = fuzz_u8(&in);

    rec.id = fuzz_str(&in);
    rec.time = (uint64_t) fuzz_u32(&in) << 12;
    rec.server = fuzz_str(&in);
    rec.location = fuzz_str(&in);
    rec.client = fuzz_str(&in);
    rec.policy = fuzz_policy();
    rec.upload = &u;
    rec.decision = &d;
    rec.monitor = bits & 1;
    rec.form = bits >> 1 & 1;
    rec.complete = bits >> 2 & 1;
    rec.timed = bits >> 3 & 1;
    rec.scanned = bits >> 4 & 1;
    rec.cache = (bits & 0x20) ? "hit" : NULL;
    rec.read = rec.total = (uint64_t) fuzz_u32(&in) << 8;

    fuzz_upload(f, &u, &in);

    fuzz_require(screen_policy_decide(rec.policy, &u, SCREEN_KNOWN_NEAR,
                                      &alloc, &d) == SCREEN_OK);
    rec.action = d.action.verdict;

    screen_buf_init(&b, SCREEN_RECORD_LIMIT);
    screen_record_encode(&b, &rec);
    fuzz_check(&b, &rec);
    screen_buf_free(&b);

    free(f);
    screen_arena_destroy(&arena);

    return 0;
}
