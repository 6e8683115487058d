
#include "screen_spec.h"


#define SCREEN_SPEC_MAGIC        0x50534353        /* "SCSP" */
#define SCREEN_SPEC_STRING_MAX   65536
#define SCREEN_SPEC_LINES_MAX    65536

/* what an array's member takes on the wire at least, for the counts' check */
#define SCREEN_SPEC_PLACE_MIN    8
#define SCREEN_SPEC_RULES_MIN    (4 + SCREEN_SPEC_PLACE_MIN)
#define SCREEN_SPEC_CONTENT_MIN  (4 + 1 + SCREEN_SPEC_PLACE_MIN)
#define SCREEN_SPEC_MEDIA_MIN    (1 + 1 + 8 + 4 + 4 + 4)
#define SCREEN_SPEC_ENGINE_MIN   (4 + 1 + 4 + 4 + 4 + 4                        \
                                  + SCREEN_SPEC_MEDIA_MIN                     \
                                  + SCREEN_SPEC_PLACE_MIN)
#define SCREEN_SPEC_BANK_MIN     (4 + 4 + 4 + 1 + 8 + SCREEN_SPEC_PLACE_MIN)

void
screen_spec_engine(screen_spec_engine_t *engine, const screen_policy_t *policy)
{
    engine->policy = policy->name;
    engine->rules = policy->rules;
    engine->nrules = (uint32_t) policy->nrules;
    engine->slow_rules = policy->slow_rules;
    engine->contents = policy->contents;
    engine->ncontents = (uint32_t) policy->ncontents;
    engine->pattern_limits = policy->pattern_limits;
    engine->media = policy->media;
    engine->media_place = policy->media_place;
}


static void
screen_spec_put_place(screen_buf_t *b, const screen_place_t *place)
{
    screen_buf_put_str(b, &place->file);
    screen_buf_put_u32(b, place->line);
}


static void
screen_spec_put_engine(screen_buf_t *b, const screen_spec_engine_t *engine)
{
    uint32_t  i;

    screen_buf_put_str(b, &engine->policy);
    screen_buf_put_u8(b, engine->slow_rules);
    screen_buf_put_u32(b, engine->pattern_limits.match_limit);
    screen_buf_put_u32(b, engine->pattern_limits.heap_limit);

    screen_buf_put_u32(b, engine->nrules);

    for (i = 0; i < engine->nrules; i++) {
        screen_buf_put_str(b, &engine->rules[i].path);
        screen_spec_put_place(b, &engine->rules[i].place);
    }

    screen_buf_put_u32(b, engine->ncontents);

    for (i = 0; i < engine->ncontents; i++) {
        screen_buf_put_str(b, &engine->contents[i].text);
        screen_buf_put_u8(b, engine->contents[i].caseless);
        screen_spec_put_place(b, &engine->contents[i].place);
    }

    screen_media_conf_encode(b, &engine->media);
    screen_spec_put_place(b, &engine->media_place);
}


void
screen_spec_encode(screen_buf_t *b, const screen_spec_t *spec)
{
    uint32_t  i;

    screen_buf_put_u32(b, SCREEN_SPEC_MAGIC);
    screen_buf_put_text(b, SCREEN_VERSION);

    screen_buf_put_u32(b, spec->scanners);
    screen_buf_put_u32(b, spec->jobs);
    screen_buf_put_u64(b, spec->memory);
    screen_buf_put_u64(b, spec->timeout);
    screen_buf_put_u32(b, spec->uid);
    screen_buf_put_u32(b, spec->gid);
    screen_buf_put_u32(b, spec->peer_uid);
    screen_buf_put_u8(b, spec->sandbox);

    screen_buf_put_u32(b, spec->nengines);

    for (i = 0; i < spec->nengines; i++) {
        screen_spec_put_engine(b, &spec->engines[i]);
    }

    screen_buf_put_u32(b, spec->nbanks);

    for (i = 0; i < spec->nbanks; i++) {
        screen_buf_put_str(b, &spec->banks[i].name);
        screen_buf_put_str(b, &spec->banks[i].list);
        screen_buf_put_str(b, &spec->banks[i].path);
        screen_buf_put_u8(b, spec->banks[i].redis);
        screen_buf_put_u64(b, spec->banks[i].max_age);
        screen_spec_put_place(b, &spec->banks[i].place);
    }

    screen_redis_conf_encode(b, &spec->redis);
}


static void
screen_spec_get_place(screen_reader_t *r, screen_place_t *place)
{
    place->file = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
    place->line = screen_reader_u32(r);
}


static int
screen_spec_get_rules(screen_reader_t *r, screen_spec_engine_t *engine,
    const screen_alloc_t *alloc)
{
    uint32_t                i;
    screen_policy_rules_t  *rules;

    engine->nrules = screen_reader_count(r, SCREEN_SPEC_LINES_MAX,
                                         SCREEN_SPEC_RULES_MIN);

    engine->rules = screen_calloc(alloc, engine->nrules
                                         * sizeof(screen_policy_rules_t));
    if (engine->rules == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < engine->nrules; i++) {
        rules = &engine->rules[i];

        rules->path = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
        screen_spec_get_place(r, &rules->place);
    }

    return SCREEN_OK;
}


static int
screen_spec_get_contents(screen_reader_t *r, screen_spec_engine_t *engine,
    const screen_alloc_t *alloc)
{
    uint8_t                   caseless;
    uint32_t                  i;
    screen_policy_content_t  *content;

    engine->ncontents = screen_reader_count(r, SCREEN_SPEC_LINES_MAX,
                                            SCREEN_SPEC_CONTENT_MIN);

    engine->contents = screen_calloc(alloc, engine->ncontents
                                            * sizeof(screen_policy_content_t));
    if (engine->contents == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < engine->ncontents; i++) {
        content = &engine->contents[i];

        content->text = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
        caseless = screen_reader_u8(r);
        screen_spec_get_place(r, &content->place);

        if (caseless > 1) {
            screen_reader_fail(r);
        }

        content->caseless = caseless & 1;
    }

    return SCREEN_OK;
}


static int
screen_spec_get_engine(screen_reader_t *r, screen_spec_engine_t *engine,
    const screen_alloc_t *alloc)
{
    engine->policy = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
    engine->slow_rules = screen_reader_u8(r);
    engine->pattern_limits.match_limit = screen_reader_u32(r);
    engine->pattern_limits.heap_limit = screen_reader_u32(r);

    if (engine->slow_rules > 1) {
        screen_reader_fail(r);
    }

    if (screen_spec_get_rules(r, engine, alloc) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    if (screen_spec_get_contents(r, engine, alloc) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    screen_media_conf_decode(&engine->media, r);
    screen_spec_get_place(r, &engine->media_place);

    return SCREEN_OK;
}


static int
screen_spec_get_banks(screen_reader_t *r, screen_spec_t *spec,
    const screen_alloc_t *alloc)
{
    uint32_t             i;
    screen_spec_bank_t  *bank;

    spec->nbanks = screen_reader_count(r, SCREEN_BANKS_MAX,
                                       SCREEN_SPEC_BANK_MIN);

    spec->banks = screen_calloc(alloc,
                                spec->nbanks * sizeof(screen_spec_bank_t));
    if (spec->banks == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < spec->nbanks; i++) {
        bank = &spec->banks[i];

        bank->name = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
        bank->list = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
        bank->path = screen_reader_str(r, SCREEN_SPEC_STRING_MAX);
        bank->redis = screen_reader_u8(r);
        bank->max_age = screen_reader_u64(r);
        screen_spec_get_place(r, &bank->place);

        if (bank->redis > 1 || (bank->redis && bank->list.len)) {
            screen_reader_fail(r);
        }
    }

    return SCREEN_OK;
}


static int
screen_spec_get_version(screen_reader_t *r, screen_error_t *err)
{
    screen_str_t  version;

    if (screen_reader_u32(r) != SCREEN_SPEC_MAGIC) {
        return SCREEN_MALFORMED;
    }

    version = screen_reader_str(r, 64);

    if (r->code != SCREEN_OK || version.len == 0) {
        return SCREEN_MALFORMED;
    }

    if (!screen_str_is(&version, SCREEN_VERSION)) {
        return screen_error_set(err, "the module is of version %.*s and "
                                "ngx-screen of version " SCREEN_VERSION
                                ": install both from the same build",
                                (int) version.len, version.data);
    }

    return SCREEN_OK;
}


int
screen_spec_decode(screen_spec_t *spec, const u_char *data, size_t len,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int              rc;
    uint32_t         i;
    screen_reader_t  r;

    screen_reader_init(&r, data, len);

    rc = screen_spec_get_version(&r, err);
    if (rc != SCREEN_OK) {
        return rc;
    }

    spec->scanners = screen_reader_u32(&r);
    spec->jobs = screen_reader_u32(&r);
    spec->memory = screen_reader_u64(&r);
    spec->timeout = screen_reader_u64(&r);
    spec->uid = screen_reader_u32(&r);
    spec->gid = screen_reader_u32(&r);
    spec->peer_uid = screen_reader_u32(&r);
    spec->sandbox = screen_reader_u8(&r);

    if (spec->sandbox > SCREEN_SANDBOX_BEST_EFFORT) {
        screen_reader_fail(&r);
    }

    spec->nengines = screen_reader_count(&r, SCREEN_ENGINES_MAX,
                                         SCREEN_SPEC_ENGINE_MIN);

    spec->engines = screen_calloc(alloc, spec->nengines
                                         * sizeof(screen_spec_engine_t));
    if (spec->engines == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < spec->nengines && r.code == SCREEN_OK; i++) {

        if (screen_spec_get_engine(&r, &spec->engines[i], alloc)
            != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }
    }

    if (screen_spec_get_banks(&r, spec, alloc) != SCREEN_OK
        || screen_redis_conf_decode(&spec->redis, &r, alloc) != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    return screen_reader_end(&r);
}
