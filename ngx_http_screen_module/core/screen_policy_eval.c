
#include <stdio.h>
#include <string.h>

#include "screen_filename.h"
#include "screen_policy_impl.h"


#define SCREEN_EVAL_PIECES  8


/* the pieces of a line's text, and room for one that is made */

typedef struct {
    screen_str_t   pieces[SCREEN_EVAL_PIECES];
    char           near[SCREEN_LIKENESS_TEXT];
} screen_eval_text_t;


static int screen_cond_test(screen_scope_t *scope, const screen_line_t *line,
    const screen_cond_t *cond);
static int screen_cond_known(const screen_scope_t *scope,
    const screen_cond_t *cond);
static int screen_cond_likeness(screen_scope_t *scope,
    const screen_cond_t *cond);
static int screen_cond_filename(screen_scope_t *scope,
    const screen_line_t *line, const screen_cond_t *cond);
static int screen_cond_size(const screen_scope_t *scope,
    const screen_cond_t *cond);
static int screen_cond_content(const screen_part_t *part, uint32_t content);
static int screen_hit_refine(screen_scope_t *scope,
    const screen_cond_t *refine, const screen_hit_t *hit);
static int screen_yara_refine(screen_scope_t *scope,
    const screen_cond_t *refine, const screen_yara_match_t *match);
static int screen_yara_tag(screen_scope_t *scope, const screen_cond_t *refine,
    const screen_yara_match_t *match);
static int screen_yara_meta(screen_scope_t *scope,
    const screen_cond_t *refine, const screen_meta_t *meta);
static int screen_text_test(screen_scope_t *scope, const screen_test_t *test,
    const screen_str_t *s);
static size_t screen_cond_pieces(screen_scope_t *scope,
    const screen_cond_t *cond, screen_eval_text_t *text);


int
screen_line_test(screen_scope_t *scope, const screen_line_t *line)
{
    int     rc, all;
    size_t  i;

    all = SCREEN_YES;

    for (i = 0; i < line->nconds; i++) {
        rc = screen_cond_test(scope, line, &line->conds[i]);

        if (rc == SCREEN_NO) {
            return SCREEN_NO;
        }

        if (rc == SCREEN_MAYBE) {
            all = SCREEN_MAYBE;
        }
    }

    return all;
}


static int
screen_cond_test(screen_scope_t *scope, const screen_line_t *line,
    const screen_cond_t *cond)
{
    int                   known;
    const screen_part_t  *part;

    part = scope->part;

    if (cond->kind == SCREEN_COND_PARTS) {

        if (scope->nparts < 0) {
            return SCREEN_MAYBE;
        }

        return screen_test_number(&cond->test, scope->nparts);
    }

    if (part == NULL) {
        return SCREEN_NO;
    }

    known = screen_cond_known(scope, cond);

    if (known != SCREEN_YES) {
        return known;
    }

    switch (cond->kind) {

    case SCREEN_COND_BANK:

        if (screen_cond_is_near(cond)) {
            return screen_cond_likeness(scope, cond);
        }

        return screen_cond_hit(scope, cond, 0) != NULL;

    case SCREEN_COND_YARA:
        return screen_cond_yara(scope, cond, 0) != NULL;

    case SCREEN_COND_FILENAME:
        return screen_cond_filename(scope, line, cond);

    case SCREEN_COND_FIELD:
        return screen_text_test(scope, &cond->test, &part->name);

    case SCREEN_COND_CONTENT:
        return screen_cond_content(part, cond->content);

    case SCREEN_COND_TYPE:
        return screen_text_test(scope, &cond->test, &part->type);

    case SCREEN_COND_MISMATCH:
        return (part->mismatch & cond->mismatch) != 0;

    case SCREEN_COND_SIZE:
        return screen_cond_size(scope, cond);

    default:
        return SCREEN_NO;
    }
}


/*
 * YES if the facts that a condition is about are there, NO if there never
 * will be any, MAYBE if they are still to come.
 */

static int
screen_cond_known(const screen_scope_t *scope, const screen_cond_t *cond)
{
    const screen_part_t  *part;

    part = scope->part;

    switch (cond->kind) {

    case SCREEN_COND_BANK:

        if (scope->known == SCREEN_KNOWN_HEADERS) {
            return SCREEN_MAYBE;
        }

        if (!screen_cond_is_near(cond)) {
            return SCREEN_YES;
        }

        if (part->whole) {
            return SCREEN_NO;
        }

        break;

    case SCREEN_COND_FILENAME:
        return part->has_filename && !part->whole;

    case SCREEN_COND_FIELD:

        /* only a raw body begins where the body does; it is of no field */

        return !part->whole && (part->name.len || part->offset);

    case SCREEN_COND_SIZE:
        return !part->whole;

    case SCREEN_COND_MISMATCH:
        if (part->whole) {
            return SCREEN_NO;
        }

        break;

    case SCREEN_COND_TYPE:

        /* a form is not an image: "type != image/x" must not tell so */

        if (part->whole && screen_test_negative(&cond->test)) {
            return SCREEN_NO;
        }

        break;

    default:
        break;
    }

    if (scope->known != SCREEN_KNOWN_HEADERS && part->scanned) {
        return SCREEN_YES;
    }

    return scope->known >= SCREEN_KNOWN_SCAN ? SCREEN_NO : SCREEN_MAYBE;
}


/* what is near only comes nearer: YES is final before the search has ended */

static int
screen_cond_likeness(screen_scope_t *scope, const screen_cond_t *cond)
{
    const screen_part_t  *part;

    part = scope->part;

    if (screen_cond_hit(scope, cond, 0) != NULL) {
        return SCREEN_YES;
    }

    if (scope->known == SCREEN_KNOWN_NEAR || part->media == NULL
        || part->near_banks & 1ull << screen_cond_bank(scope->policy, cond))
    {
        return SCREEN_NO;
    }

    return SCREEN_MAYBE;
}


/*
 * A name counts as sent and as it is left by those who clean it.  What is
 * against the content needs one of the two, what excuses it needs both.
 */

static int
screen_cond_name(screen_scope_t *scope, const screen_cond_t *cond,
    const screen_str_t *name, int strict)
{
    int           sent;
    screen_str_t  clean;

    sent = screen_text_test(scope, &cond->test, name);

    if (sent != strict) {
        return sent;
    }

    clean = screen_filename_clean(name);

    if (clean.len == 0 || clean.len == name->len) {
        return sent;
    }

    return screen_text_test(scope, &cond->test, &clean);
}


/* the same holds for a second name: who stores it may go by either */

static int
screen_cond_filename(screen_scope_t *scope, const screen_line_t *line,
    const screen_cond_t *cond)
{
    int  strict, match;

    strict = line->action.verdict == SCREEN_VERDICT_ALLOW;

    match = screen_cond_name(scope, cond, &scope->part->filename, strict);

    if (match != strict || scope->part->alias.len == 0) {
        return match;
    }

    return screen_cond_name(scope, cond, &scope->part->alias, strict);
}


static int
screen_cond_size(const screen_scope_t *scope, const screen_cond_t *cond)
{
    uint64_t  size;

    size = scope->part->size;

    if (scope->known == SCREEN_KNOWN_HEADERS) {

        if (scope->upload->declared_size < 0) {
            return SCREEN_MAYBE;
        }

        size = (uint64_t) scope->upload->declared_size;
    }

    return screen_test_number(&cond->test,
                              size > INT64_MAX ? INT64_MAX : (int64_t) size);
}


static int
screen_cond_content(const screen_part_t *part, uint32_t content)
{
    size_t  i;

    for (i = 0; i < part->npatterns; i++) {

        if (part->patterns[i] == content) {
            return SCREEN_YES;
        }
    }

    return SCREEN_NO;
}


const screen_hit_t *
screen_cond_hit(screen_scope_t *scope, const screen_cond_t *cond, size_t skip)
{
    size_t               i, j;
    const screen_hit_t  *hit;

    for (i = 0; i < scope->part->nhits; i++) {
        hit = &scope->part->hits[i];

        if (!screen_str_eq(&hit->bank, &cond->test.text)
            || !screen_cond_near_test(cond, hit))
        {
            continue;
        }

        for (j = 0; j < cond->nrefine; j++) {

            if (!screen_hit_refine(scope, &cond->refine[j], hit)) {
                break;
            }
        }

        if (j == cond->nrefine && skip-- == 0) {
            return hit;
        }
    }

    return NULL;
}


static int
screen_hit_refine(screen_scope_t *scope, const screen_cond_t *refine,
    const screen_hit_t *hit)
{
    switch (refine->kind) {

    case SCREEN_COND_SIGNAL:

        /* of likenesses, cross=on lets another one in */

        return hit->signal == refine->signal || hit->near != NULL;

    case SCREEN_COND_LABEL:
        return screen_text_test(scope, &refine->test, &hit->label);

    case SCREEN_COND_SOURCE:
        return screen_text_test(scope, &refine->test, &hit->source);

    case SCREEN_COND_DISTANCE:
    case SCREEN_COND_QUALITY:
    case SCREEN_COND_QUERY:
    case SCREEN_COND_COMPARED:
    case SCREEN_COND_FRAMES:
    case SCREEN_COND_CROSS:

        /* all of these together: screen_cond_near_test() */

        return 1;

    default:
        return hit->severity != 0
               && screen_test_number(&refine->test, hit->severity);
    }
}


const screen_yara_match_t *
screen_cond_yara(screen_scope_t *scope, const screen_cond_t *cond,
    size_t skip)
{
    size_t                      i, j;
    const screen_yara_match_t  *match;

    for (i = 0; i < scope->part->nyara; i++) {
        match = &scope->part->yara[i];

        for (j = 0; j < cond->nrefine; j++) {

            if (!screen_yara_refine(scope, &cond->refine[j], match)) {
                break;
            }
        }

        if (j == cond->nrefine && skip-- == 0) {
            return match;
        }
    }

    return NULL;
}


static int
screen_yara_refine(screen_scope_t *scope, const screen_cond_t *refine,
    const screen_yara_match_t *match)
{
    size_t  i;

    switch (refine->kind) {

    case SCREEN_COND_RULE:
        return screen_text_test(scope, &refine->test, &match->rule);

    case SCREEN_COND_NAMESPACE:
        return screen_text_test(scope, &refine->test, &match->space);

    case SCREEN_COND_TAG:
        return screen_yara_tag(scope, refine, match);

    default:
        break;
    }

    for (i = 0; i < match->nmetas; i++) {

        if (screen_str_eq(&match->metas[i].key, &refine->key)
            && screen_yara_meta(scope, refine, &match->metas[i]))
        {
            return 1;
        }
    }

    return 0;
}


/* "tag=x": one of the tags is; "tag!=x": none is */

static int
screen_yara_tag(screen_scope_t *scope, const screen_cond_t *refine,
    const screen_yara_match_t *match)
{
    int     negative;
    size_t  i;

    negative = screen_test_negative(&refine->test);

    for (i = 0; i < match->ntags; i++) {

        if (screen_text_test(scope, &refine->test, &match->tags[i])
            != negative)
        {
            return !negative;
        }
    }

    return negative;
}


static int
screen_yara_meta(screen_scope_t *scope, const screen_cond_t *refine,
    const screen_meta_t *meta)
{
    int64_t               n;
    char                  digits[24];
    screen_str_t          text;
    const screen_test_t  *test;

    test = &refine->test;
    text = meta->string;
    n = meta->integer;

    if (meta->type == SCREEN_META_INTEGER) {
        snprintf(digits, sizeof(digits), "%lld", (long long) n);
        text = screen_str_of(digits);

    } else if (meta->type == SCREEN_META_BOOLEAN) {
        text = screen_str_of(n ? "true" : "false");
    }

    if (test->op >= SCREEN_OP_LT && test->op <= SCREEN_OP_GE) {

        if (meta->type == SCREEN_META_STRING
            && screen_parse_int(&text, &n) != SCREEN_OK)
        {
            return 0;
        }

        return screen_test_number(test, n);
    }

    /* "007" is the integer 7, and "1" the boolean true */

    if (meta->type != SCREEN_META_STRING && test->numeric
        && test->pattern == NULL)
    {
        return screen_test_number(test, n);
    }

    return screen_text_test(scope, test, &text);
}


/* a limit that was met is no match, whatever the operator, and is noted */

static int
screen_text_test(screen_scope_t *scope, const screen_test_t *test,
    const screen_str_t *s)
{
    int  rc;

    rc = screen_test_text(test, s);

    if (rc == SCREEN_LIMIT) {
        scope->limited = 1;
        return 0;
    }

    return rc;
}


int
screen_line_text(screen_scope_t *scope, const screen_line_t *line,
    const screen_alloc_t *alloc, screen_str_t *text)
{
    u_char              *data;
    size_t               i, j, k, n, len, last;
    screen_str_t        *pieces;
    screen_eval_text_t   made;

    pieces = made.pieces;

    data = NULL;
    len = 0;

    /* twice: to count, and to write */

    for (k = 0; k < 2; k++) {
        len = 0;
        last = SIZE_MAX;

        for (i = 0; i < line->nconds; i++) {

            /* "size>=1k size<5k" is one "size" */

            if (last == line->conds[i].kind
                && (last == SCREEN_COND_SIZE || last == SCREEN_COND_PARTS
                    || last == SCREEN_COND_FILENAME
                    || last == SCREEN_COND_FIELD || last == SCREEN_COND_TYPE
                    || last == SCREEN_COND_CONTENT))
            {
                continue;
            }

            last = line->conds[i].kind;

            n = screen_cond_pieces(scope, &line->conds[i], &made);

            pieces[0] = screen_str_of(i ? "+" : "");

            for (j = 0; j <= n; j++) {

                if (data != NULL && pieces[j].len) {
                    memcpy(data + len, pieces[j].data, pieces[j].len);
                }

                len += pieces[j].len;
            }
        }

        if (data == NULL) {
            data = screen_alloc(alloc, len);
            if (data == NULL) {
                return SCREEN_NOMEM;
            }
        }
    }

    screen_text_print(data, len);

    text->data = data;
    text->len = len;

    return SCREEN_OK;
}


void
screen_text_print(u_char *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {

        if (data[i] < ' ' || data[i] == 0x7f) {
            data[i] = '?';
        }
    }
}


/* the pieces of a condition that matched, behind the first; their number */

static size_t
screen_cond_pieces(screen_scope_t *scope, const screen_cond_t *cond,
    screen_eval_text_t *text)
{
    size_t                      n;
    screen_str_t               *pieces;
    const screen_hit_t         *hit;
    const screen_yara_match_t  *match;

    static const char *const  names[] = {
        "bank:", "yara:", "filename", "field", "content", "type:",
        "type:mismatch", "size", "parts"
    };

    n = 0;
    pieces = text->pieces + 1;
    pieces[n++] = screen_str_of(names[cond->kind]);

    switch (cond->kind) {

    case SCREEN_COND_BANK:
        pieces[n++] = cond->test.text;

        hit = screen_cond_hit(scope, cond, 0);

        if (hit != NULL && hit->label.len) {
            pieces[n++] = screen_str_of(":");
            pieces[n++] = hit->label;
        }

        if (hit != NULL && hit->near != NULL) {
            pieces[n].len = screen_likeness_text(hit->near, text->near);
            pieces[n++].data = (u_char *) text->near;
        }

        break;

    case SCREEN_COND_YARA:
        match = screen_cond_yara(scope, cond, 0);

        if (match != NULL) {
            pieces[n++] = match->space;
            pieces[n++] = screen_str_of(":");
            pieces[n++] = match->rule;
        }

        break;

    case SCREEN_COND_TYPE:
        pieces[n++] = scope->part->type;
        break;

    default:
        break;
    }

    return n;
}
