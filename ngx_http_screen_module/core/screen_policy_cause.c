
#include <string.h>

#include "screen_policy_impl.h"


static const screen_cond_t *screen_cause_lead(const screen_line_t *line);
static void screen_cause_beside(screen_scope_t *scope,
    const screen_line_t *line, screen_cause_t *cause);


int
screen_policy_cause(const screen_upload_t *u, const screen_matched_t *m,
    size_t n, screen_cause_t *cause)
{
    screen_scope_t        scope;
    const screen_cond_t  *lead;

    static const char *const  engines[] = {
        "bank", "yara", "filename", "field", "content", "type", "type",
        "size", "parts"
    };

    memset(cause, 0, sizeof(screen_cause_t));

    if (m->line == NULL) {
        cause->engine = screen_str_is(&m->text, "max_size") ? "max_size"
                                                            : "fault";
        return n ? SCREEN_NOT_FOUND : SCREEN_OK;
    }

    lead = screen_cause_lead(m->line);
    cause->engine = engines[lead->kind];

    if (lead->kind > SCREEN_COND_YARA || m->part < 0) {
        return n ? SCREEN_NOT_FOUND : SCREEN_OK;
    }

    memset(&scope, 0, sizeof(screen_scope_t));

    scope.upload = u;
    scope.part = &u->parts[m->part];
    scope.known = SCREEN_KNOWN_NEAR;

    if (lead->kind == SCREEN_COND_BANK) {
        cause->hit = screen_cond_hit(&scope, lead, n);

    } else {
        cause->yara = screen_cond_yara(&scope, lead, n);
    }

    if (cause->hit == NULL && cause->yara == NULL) {
        return SCREEN_NOT_FOUND;
    }

    screen_cause_beside(&scope, m->line, cause);

    return SCREEN_OK;
}


/* the condition that a line is called by */

static const screen_cond_t *
screen_cause_lead(const screen_line_t *line)
{
    size_t  i;

    for (i = 0; i < line->nconds; i++) {

        if (line->conds[i].kind <= SCREEN_COND_YARA) {
            return &line->conds[i];
        }
    }

    return &line->conds[0];
}


/* "bank=x yara": what the other one of the two found */

static void
screen_cause_beside(screen_scope_t *scope, const screen_line_t *line,
    screen_cause_t *cause)
{
    size_t                i;
    const screen_cond_t  *cond;

    for (i = 0; i < line->nconds; i++) {
        cond = &line->conds[i];

        if (cond->kind == SCREEN_COND_BANK && cause->hit == NULL) {
            cause->hit = screen_cond_hit(scope, cond, 0);

        } else if (cond->kind == SCREEN_COND_YARA && cause->yara == NULL) {
            cause->yara = screen_cond_yara(scope, cond, 0);
        }
    }
}
