
#include <string.h>

#include "screen_policy_impl.h"


#define SCREEN_MATCH_EXPECTED                                                 \
    "expected bank=, yara, filename, field, content, type, size or parts"


/* conditions and what refines them; parent is the kind that they follow */

typedef struct {
    const char           *name;
    screen_cond_kind_t    kind;
    unsigned              ops;
    screen_cond_kind_t    parent;       /* its own kind: none */
} screen_match_name_t;

static const screen_match_name_t  screen_match_names[] = {
    { "bank", SCREEN_COND_BANK, SCREEN_OPS_EQUAL, SCREEN_COND_BANK },
    { "yara", SCREEN_COND_YARA, 0, SCREEN_COND_YARA },
    { "filename", SCREEN_COND_FILENAME, SCREEN_OPS_TEXT,
      SCREEN_COND_FILENAME },
    { "field", SCREEN_COND_FIELD, SCREEN_OPS_TEXT, SCREEN_COND_FIELD },
    { "content", SCREEN_COND_CONTENT, SCREEN_OPS_CONTENT,
      SCREEN_COND_CONTENT },
    { "type", SCREEN_COND_TYPE, SCREEN_OPS_TEXT, SCREEN_COND_TYPE },
    { "size", SCREEN_COND_SIZE, SCREEN_OPS_NUMBER, SCREEN_COND_SIZE },
    { "parts", SCREEN_COND_PARTS, SCREEN_OPS_NUMBER, SCREEN_COND_PARTS },
    { "signal", SCREEN_COND_SIGNAL, SCREEN_OPS_EQUAL, SCREEN_COND_BANK },
    { "label", SCREEN_COND_LABEL, SCREEN_OPS_TEXT, SCREEN_COND_BANK },
    { "source", SCREEN_COND_SOURCE, SCREEN_OPS_TEXT, SCREEN_COND_BANK },
    { "severity", SCREEN_COND_SEVERITY, SCREEN_OPS_NUMBER, SCREEN_COND_BANK },
    { "tag", SCREEN_COND_TAG, SCREEN_OPS_TEXT, SCREEN_COND_YARA },
    { "rule", SCREEN_COND_RULE, SCREEN_OPS_TEXT, SCREEN_COND_YARA },
    { "namespace", SCREEN_COND_NAMESPACE, SCREEN_OPS_TEXT, SCREEN_COND_YARA },
    { "meta", SCREEN_COND_META, SCREEN_OPS_ALL, SCREEN_COND_YARA },
    { "distance", SCREEN_COND_DISTANCE, SCREEN_OPS_MOST, SCREEN_COND_BANK },
    { "quality", SCREEN_COND_QUALITY, SCREEN_OPS_LEAST, SCREEN_COND_BANK },
    { "query", SCREEN_COND_QUERY, SCREEN_OPS_LEAST, SCREEN_COND_BANK },
    { "compared", SCREEN_COND_COMPARED, SCREEN_OPS_LEAST, SCREEN_COND_BANK },
    { "frames", SCREEN_COND_FRAMES, SCREEN_OPS_LEAST, SCREEN_COND_BANK },
    { "cross", SCREEN_COND_CROSS, SCREEN_OPS_SAME, SCREEN_COND_BANK },
};

#define screen_count(array)  (sizeof(array) / sizeof((array)[0]))


/* a line while it is read; the last word, the action, is not in reach */

typedef struct {
    screen_policy_t           *policy;
    const screen_directive_t  *d;
    screen_line_t              line;
    size_t                     pos;
    size_t                     end;
} screen_match_t;


static const screen_match_name_t *screen_match_find(screen_match_t *m,
    screen_token_t *t);
static int screen_match_condition(screen_match_t *m);
static int screen_match_split(screen_match_t *m, screen_token_t *t,
    const screen_match_name_t *name);
static int screen_match_unquote(screen_match_t *m, screen_token_t *t);
static screen_cond_t *screen_match_push(screen_match_t *m,
    const screen_match_name_t *name, const screen_token_t *t, int *rc);
static int screen_match_mismatch(screen_match_t *m);


int
screen_policy_match(screen_policy_t *p, const screen_directive_t *d)
{
    int                  rc;
    size_t               i;
    screen_line_t       *line;
    screen_match_t       m;
    const screen_str_t  *last;

    if (p->nlines == SCREEN_POLICY_LINES_MAX) {
        return screen_directive_error(d, "too many \"match\" directives in "
                   "screen_policy \"%.*s\": at most %d",
                   screen_shown(&p->name), SCREEN_POLICY_LINES_MAX);
    }

    memset(&m, 0, sizeof(screen_match_t));

    m.policy = p;
    m.d = d;
    m.pos = 1;
    m.end = d->n - 1;

    last = &d->words[m.end];

    rc = screen_action_parse(d, last, 403, &m.line.action);

    if (rc == SCREEN_NOT_FOUND) {
        return screen_directive_error(d, "unknown action \"%.*s\" in "
                   "\"match\": expected allow, reject, reject=STATUS, "
                   "quarantine, quarantine=STATUS, flag or log at the end",
                   screen_shown(last));
    }

    while (rc == SCREEN_OK && m.pos < m.end) {
        rc = screen_match_condition(&m);
    }

    if (rc != SCREEN_OK) {
        return rc;
    }

    m.line.place = *d->place;
    m.line.upload = 1;

    for (i = 0; i < m.line.nconds; i++) {

        if (m.line.conds[i].kind != SCREEN_COND_PARTS) {
            m.line.upload = 0;
        }

        if (m.line.conds[i].kind == SCREEN_COND_BANK) {
            rc = screen_cond_near(p, d, &m.line.conds[i]);

            if (rc != SCREEN_OK) {
                return rc;
            }
        }
    }

    line = screen_alloc_push(p->alloc, &p->lines, &p->nlines,
                             sizeof(screen_line_t));
    if (line == NULL) {
        return SCREEN_NOMEM;
    }

    *line = m.line;

    return SCREEN_OK;
}


static int
screen_match_condition(screen_match_t *m)
{
    int                         rc;
    screen_cond_t              *cond;
    screen_token_t        t;
    const screen_match_name_t  *name;

    memset(&t, 0, sizeof(screen_token_t));
    t.word = m->d->words[m->pos++];

    name = screen_match_find(m, &t);
    if (name == NULL) {
        return SCREEN_ERROR;
    }

    if (name->kind == SCREEN_COND_TYPE && t.op.len == 0 && m->pos < m->end
        && m->d->words[m->pos].len >= 8
        && memcmp(m->d->words[m->pos].data, "mismatch", 8) == 0)
    {
        return screen_match_mismatch(m);
    }

    rc = screen_match_split(m, &t, name);
    if (rc != SCREEN_OK) {
        return rc;
    }

    cond = screen_match_push(m, name, &t, &rc);
    if (cond == NULL) {
        return rc;
    }

    return screen_cond_init(m->policy, m->d, cond, &t, name->ops);
}


static const screen_match_name_t *
screen_match_find(screen_match_t *m, screen_token_t *t)
{
    size_t  i, len;

    for (len = 0; len < t->word.len; len++) {

        if (t->word.data[len] == '\0'
            || strchr("=!<>~", t->word.data[len]) != NULL)
        {
            break;
        }
    }

    t->name.data = t->word.data;
    t->name.len = len;

    t->op.data = t->word.data + len;
    t->op.len = t->word.len - len;

    if (len >= 5 && memcmp(t->name.data, "meta.", 5) == 0) {
        t->key.data = t->name.data + 5;
        t->key.len = len - 5;
        t->name.len = 4;

    } else if (screen_str_is(&t->name, "meta")) {
        screen_directive_error(m->d, "\"%.*s\" in \"match\" names no meta: "
                               "expected meta.KEY, an operator and a value",
                               screen_shown(&t->word));
        return NULL;
    }

    for (i = 0; i < screen_count(screen_match_names); i++) {

        if (screen_str_is(&t->name, screen_match_names[i].name)) {
            return &screen_match_names[i];
        }
    }

    screen_directive_error(m->d, "unknown condition \"%.*s\" in \"match\": "
                           SCREEN_MATCH_EXPECTED, screen_shown(&t->word));
    return NULL;
}


/* finds the operator and the value, in this word or those after it */

static int
screen_match_split(screen_match_t *m, screen_token_t *t,
    const screen_match_name_t *name)
{
    char    ops[64];
    size_t  span;

    if (name->ops == 0) {

        if (t->op.len == 0) {
            return SCREEN_OK;
        }

        return screen_directive_error(m->d, "\"%.*s\" in \"match\": \"%s\" "
                   "takes no value, what refines it follows as a word of its "
                   "own: tag=, rule=, namespace= or meta.KEY",
                   screen_shown(&t->word), name->name);
    }

    screen_op_list(name->ops, ops, sizeof(ops));

    if (t->op.len == 0 && m->pos < m->end) {
        t->op = m->d->words[m->pos];

        if (screen_op_span(&t->op) == 0) {
            t->op.len = 0;

        } else {
            m->pos++;
        }
    }

    if (t->op.len == 0) {
        return screen_directive_error(m->d, "\"%.*s\" in \"match\" needs an "
                   "operator and a value: %s", screen_shown(&t->word), ops);
    }

    span = screen_op_span(&t->op);

    t->value.data = t->op.data + span;
    t->value.len = t->op.len - span;
    t->op.len = span;
    t->joined = t->value.len != 0;

    if (t->joined) {
        return screen_match_unquote(m, t);
    }

    if (m->pos == m->end) {
        return screen_directive_error(m->d, "\"%.*s\" in \"match\" has no "
                   "value before the action", screen_shown(&t->word));
    }

    t->value = m->d->words[m->pos++];

    return SCREEN_OK;
}


/*
 * nginx takes quotes away only around a whole word, but label="x" is what
 * people write.
 */

static int
screen_match_unquote(screen_match_t *m, screen_token_t *t)
{
    u_char  quote;

    quote = t->value.data[0];

    if (quote != '"' && quote != '\'') {
        return SCREEN_OK;
    }

    if (t->value.len < 2 || t->value.data[t->value.len - 1] != quote) {
        return screen_directive_error(m->d, "a value with a space in "
                   "\"%.*s\" in \"match\": put the quotes around the whole "
                   "word", screen_shown(&t->word));
    }

    t->value.data++;
    t->value.len -= 2;

    return SCREEN_OK;
}


/* the new condition, in the line or in the condition that it refines */

static screen_cond_t *
screen_match_push(screen_match_t *m, const screen_match_name_t *name,
    const screen_token_t *t, int *rc)
{
    size_t          i;
    screen_cond_t  *cond, *parent;

    if (name->kind == name->parent) {
        cond = screen_alloc_push(m->policy->alloc, &m->line.conds,
                                 &m->line.nconds, sizeof(screen_cond_t));

    } else {
        parent = NULL;

        for (i = m->line.nconds; i > 0 && parent == NULL; i--) {

            if (m->line.conds[i - 1].kind == name->parent) {
                parent = &m->line.conds[i - 1];
            }
        }

        if (parent == NULL) {
            *rc = screen_directive_error(m->d, "\"%.*s\" in \"match\" must "
                      "follow \"%s\"", screen_shown(&t->word),
                      name->parent == SCREEN_COND_BANK ? "bank=" : "yara");
            return NULL;
        }

        cond = screen_alloc_push(m->policy->alloc, &parent->refine,
                                 &parent->nrefine, sizeof(screen_cond_t));
    }

    if (cond == NULL) {
        *rc = SCREEN_NOMEM;
        return NULL;
    }

    cond->kind = name->kind;

    return cond;
}


static int
screen_match_mismatch(screen_match_t *m)
{
    unsigned             mask;
    screen_cond_t       *cond;
    const screen_str_t  *word;

    word = &m->d->words[m->pos++];

    if (screen_str_is(word, "mismatch")) {
        mask = SCREEN_MISMATCH_HEADER | SCREEN_MISMATCH_EXTENSION;

    } else if (screen_str_is(word, "mismatch=header")) {
        mask = SCREEN_MISMATCH_HEADER;

    } else if (screen_str_is(word, "mismatch=extension")) {
        mask = SCREEN_MISMATCH_EXTENSION;

    } else {
        return screen_directive_error(m->d, "unknown condition \"type %.*s\" "
                   "in \"match\": expected type mismatch, type "
                   "mismatch=header or type mismatch=extension",
                   screen_shown(word));
    }

    cond = screen_alloc_push(m->policy->alloc, &m->line.conds,
                             &m->line.nconds, sizeof(screen_cond_t));
    if (cond == NULL) {
        return SCREEN_NOMEM;
    }

    cond->kind = SCREEN_COND_MISMATCH;
    cond->mismatch = mask;

    return SCREEN_OK;
}
