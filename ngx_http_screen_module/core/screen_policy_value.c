
#include <string.h>

#include "screen_policy_impl.h"


typedef struct {
    uint64_t     min;
    uint64_t     max;
    const char  *expected;
} screen_value_range_t;


/* of severity, distance, quality, query, compared, frames; percent without
   its sign */

static const screen_value_range_t  screen_value_ranges[] = {
    { 1, 10, "a number from 1 to 10" },
    { 0, SCREEN_DISTANCE_MAX, "a number of bits from 0 to 64" },
    { 0, 100, "a number from 0 to 100" },
    { 1, 100, "a percentage from 1 to 100" },
    { 0, 100, "a percentage from 0 to 100" },
    { 1, SCREEN_MEDIA_FRAMES, "a number of frames from 1 to 20000" },
};


static int screen_value_text(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond, const screen_token_t *t);
static int screen_value_number(screen_policy_t *p,
    const screen_directive_t *d, screen_cond_t *cond,
    const screen_token_t *t);
static int screen_value_bank(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond);
static int screen_value_type(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond);
static int screen_value_content(screen_policy_t *p,
    const screen_directive_t *d, screen_cond_t *cond);


int
screen_cond_init(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond, const screen_token_t *t, unsigned ops)
{
    char                    list[64];
    screen_policy_build_t  *build;

    build = p->build;

    if (cond->kind == SCREEN_COND_YARA) {

        if (!build->uses_yara) {
            build->uses_yara = 1;
            build->yara_place = *d->place;
        }

        return SCREEN_OK;
    }

    screen_op_list(ops, list, sizeof(list));

    if (screen_op_parse(&t->op, &cond->test.op) != SCREEN_OK) {
        return screen_directive_error(d, "unknown operator \"%.*s\" in "
                   "\"%.*s\" in \"match\": expected %s", screen_shown(&t->op),
                   screen_shown(&t->word), list);
    }

    if (!(ops & (1u << cond->test.op))) {
        return screen_directive_error(d, "operator \"%.*s\" cannot be used "
                   "with \"%.*s\" in \"match\": expected %s",
                   screen_shown(&t->op), screen_shown(&t->name), list);
    }

    cond->test.text = t->value;

    switch (cond->kind) {

    case SCREEN_COND_SIZE:
    case SCREEN_COND_PARTS:
    case SCREEN_COND_SEVERITY:
    case SCREEN_COND_DISTANCE:
    case SCREEN_COND_QUALITY:
    case SCREEN_COND_QUERY:
    case SCREEN_COND_COMPARED:
    case SCREEN_COND_FRAMES:
        return screen_value_number(p, d, cond, t);

    default:
        return screen_value_text(p, d, cond, t);
    }
}


static int
screen_value_text(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond, const screen_token_t *t)
{
    int  rc;

    rc = screen_test_init(p, &cond->test, d);
    if (rc != SCREEN_OK) {
        return rc;
    }

    switch (cond->kind) {

    case SCREEN_COND_BANK:
        return screen_value_bank(p, d, cond);

    case SCREEN_COND_TYPE:
        return screen_value_type(p, d, cond);

    case SCREEN_COND_CONTENT:
        return screen_value_content(p, d, cond);

    case SCREEN_COND_SIGNAL:
        if (screen_signal_parse(&cond->test.text, &cond->signal)
            != SCREEN_OK)
        {
            return screen_directive_error(d, "unknown signal \"%.*s\" in "
                       "\"match\": expected sha256, sha1, md5, pdq or vpdq",
                       screen_shown(&cond->test.text));
        }

        return SCREEN_OK;

    case SCREEN_COND_META:
        if (t->key.len == 0) {
            return screen_directive_error(d, "\"%.*s\" in \"match\" names "
                       "no meta: expected meta.KEY, an operator and a value",
                       screen_shown(&t->word));
        }

        if (cond->test.op >= SCREEN_OP_LT && cond->test.op <= SCREEN_OP_GE
            && !cond->test.numeric)
        {
            return screen_directive_error(d, "invalid number \"%.*s\" of "
                       "\"%.*s\" in \"match\"",
                       screen_shown(&cond->test.text), screen_shown(&t->word));
        }

        return screen_alloc_str(p->alloc, &cond->key, &t->key);

    default:
        return SCREEN_OK;
    }
}


static int
screen_value_number(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond, const screen_token_t *t)
{
    int                          rc;
    uint64_t                     n;
    const char                  *expected;
    const screen_value_range_t  *range;

    n = 0;

    switch (cond->kind) {

    case SCREEN_COND_SIZE:
        expected = "a size like 10k or 5m";
        rc = screen_parse_size(&t->value, &n);
        break;

    case SCREEN_COND_PARTS:
        expected = "a number";
        rc = screen_parse_uint(&t->value, &n);
        break;

    default:
        range = &screen_value_ranges[cond->kind == SCREEN_COND_SEVERITY ? 0
                                     : cond->kind - SCREEN_COND_DISTANCE + 1];
        expected = range->expected;
        rc = screen_parse_uint(&t->value, &n);

        if (n < range->min || n > range->max) {
            rc = SCREEN_MALFORMED;
        }
    }

    if (rc != SCREEN_OK || n > INT64_MAX) {
        return screen_directive_error(d, "invalid value \"%.*s\" of "
                   "\"%.*s\" in \"match\": expected %s",
                   screen_shown(&t->value), screen_shown(&t->name), expected);
    }

    cond->test.number = (int64_t) n;
    cond->test.numeric = 1;

    return screen_alloc_str(p->alloc, &cond->test.text, &t->value);
}


static int
screen_value_bank(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond)
{
    size_t           i, n;
    u_char           c;
    screen_str_t    *bank, *name;
    screen_place_t  *place;

    name = &cond->test.text;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != '.')
        {
            break;
        }
    }

    if (i != name->len || i == 0) {
        return screen_directive_error(d, "invalid bank name \"%.*s\" in "
                   "\"match\": expected letters, digits, \"-\", \"_\" and "
                   "\".\"", screen_shown(name));
    }

    for (i = 0; i < p->nbanks; i++) {

        if (screen_str_eq(&p->banks[i], name)) {
            return SCREEN_OK;
        }
    }

    n = p->nbanks;

    bank = screen_alloc_push(p->alloc, &p->banks, &p->nbanks,
                             sizeof(screen_str_t));
    place = screen_alloc_push(p->alloc, &p->bank_places, &n,
                              sizeof(screen_place_t));

    if (bank == NULL || place == NULL) {
        return SCREEN_NOMEM;
    }

    *bank = *name;
    *place = *d->place;

    return SCREEN_OK;
}


static int
screen_value_type(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond)
{
    u_char        *c;
    size_t         i;
    screen_str_t  *text;
    const u_char  *slash;

    text = &cond->test.text;

    if (cond->test.pattern != NULL) {
        return SCREEN_OK;
    }

    slash = text->len ? memchr(text->data, '/', text->len) : NULL;

    if (slash == NULL || slash == text->data
        || slash == text->data + text->len - 1
        || text->data[0] == '*')
    {
        return screen_directive_error(d, "invalid type \"%.*s\" in "
                   "\"match\": expected a media type like image/jpeg or "
                   "image/*, or \"type mismatch\"", screen_shown(text));
    }

    /* the copy that screen_test_init() made; types are lower case */

    c = (u_char *) text->data;

    for (i = 0; i < text->len; i++) {

        if (c[i] >= 'A' && c[i] <= 'Z') {
            c[i] |= 0x20;
        }
    }

    if (text->data[text->len - 1] == '*') {
        cond->test.prefix = 1;
        text->len--;
    }

    return SCREEN_OK;
}


static int
screen_value_content(screen_policy_t *p, const screen_directive_t *d,
    screen_cond_t *cond)
{
    size_t                    i;
    unsigned                  caseless;
    screen_policy_content_t  *content;

    caseless = cond->test.op == SCREEN_OP_CASELESS;

    for (i = 0; i < p->ncontents; i++) {

        if (p->contents[i].caseless == caseless
            && screen_str_eq(&p->contents[i].text, &cond->test.text))
        {
            break;
        }
    }

    cond->content = (uint32_t) i;

    if (i < p->ncontents) {
        return SCREEN_OK;
    }

    content = screen_alloc_push(p->alloc, &p->contents, &p->ncontents,
                                sizeof(screen_policy_content_t));
    if (content == NULL) {
        return SCREEN_NOMEM;
    }

    content->text = cond->test.text;
    content->caseless = caseless;
    content->place = *d->place;

    return SCREEN_OK;
}
