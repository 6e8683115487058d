
#include <string.h>

#include "screen_policy_impl.h"


/* how strong a verdict is, in one part and in an upload; a gap is nothing */

static const unsigned  screen_part_ranks[] = {
    1,    /* pass, of a fault */
    2,    /* log */
    3,    /* flag */
    4,    /* quarantine */
    5,    /* reject */
    6,    /* allow */
    0
};

static const unsigned  screen_upload_ranks[] = {
    1,    /* pass, of a fault */
    3,    /* log */
    4,    /* flag */
    5,    /* quarantine */
    6,    /* reject */
    2,    /* allow */
    0
};


/* what decides so far, in a part or in the upload */

typedef struct {
    unsigned   rank;          /* 0: nothing yet */
    int        fault;         /* -1: a line */
    size_t     index;         /* in the decision's matched */
} screen_lead_t;


typedef struct {
    const screen_policy_t  *policy;
    const screen_alloc_t   *alloc;
    screen_upload_t        *upload;
    screen_decision_t      *decision;
    screen_scope_t          scope;
    screen_lead_t           lead;       /* of the upload */
    unsigned                pending;    /* the strongest line of the scope
                                           that may still match, its rank in
                                           a part */
    unsigned                settled:1;  /* rejected, whatever comes */
    unsigned                scan:1;     /* a part wants a scan */
    unsigned                near:1;     /* a part wants its likenesses */
} screen_decide_t;


static int screen_decide_upload(screen_decide_t *c);
static int screen_decide_part(screen_decide_t *c, int index);
static int screen_decide_lines(screen_decide_t *c, int index,
    screen_lead_t *lead);
static void screen_decide_strongest(screen_decide_t *c, size_t first,
    screen_lead_t *lead);
static int screen_decide_max_size(screen_decide_t *c);
static int screen_decide_faults(screen_decide_t *c, int index,
    unsigned faults, const screen_str_t *reason, const unsigned *ranks,
    screen_lead_t *lead);
static int screen_fault_text(screen_decide_t *c, screen_fault_t fault,
    unsigned faults, const screen_str_t *reason, screen_str_t *text);
static screen_matched_t *screen_decide_push(screen_decide_t *c, int index,
    const screen_action_t *action);
static void screen_decide_lead(screen_decide_t *c, screen_lead_t *lead,
    const unsigned *ranks, int fault, size_t index);
static void screen_decide_end(screen_decide_t *c);
static int64_t screen_decide_nparts(const screen_upload_t *u,
    screen_known_t known);


int
screen_policy_decide(const screen_policy_t *p, screen_upload_t *u,
    screen_known_t known, const screen_alloc_t *alloc, screen_decision_t *d)
{
    size_t           i;
    screen_decide_t  c;

    memset(d, 0, sizeof(screen_decision_t));
    memset(&c, 0, sizeof(screen_decide_t));

    c.policy = p;
    c.alloc = alloc;
    c.upload = u;
    c.decision = d;
    c.lead.fault = -1;

    c.scope.policy = p;
    c.scope.upload = u;
    c.scope.known = known;
    c.scope.nparts = screen_decide_nparts(u, known);

    if (screen_decide_upload(&c) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < u->nparts; i++) {

        if (screen_decide_part(&c, (int) i) != SCREEN_OK) {
            return SCREEN_NOMEM;
        }
    }

    screen_decide_end(&c);

    switch (known) {

    case SCREEN_KNOWN_HEADERS:
        return c.settled ? SCREEN_OK : SCREEN_AGAIN;

    case SCREEN_KNOWN_BODY:
        if (!c.settled) {
            return c.scan ? SCREEN_AGAIN : SCREEN_OK;
        }

        for (i = 0; i < u->nparts; i++) {
            u->parts[i].want_scan = 0;
        }

        return SCREEN_OK;

    case SCREEN_KNOWN_SCAN:
        return c.near && !c.settled ? SCREEN_AGAIN : SCREEN_OK;

    default:
        return SCREEN_OK;
    }
}


static int
screen_decide_upload(screen_decide_t *c)
{
    unsigned       reject;
    screen_lead_t  lines, faults;

    if (screen_decide_max_size(c) != SCREEN_OK
        || screen_decide_lines(c, -1, &lines) != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    memset(&faults, 0, sizeof(screen_lead_t));
    faults.fault = -1;

    if (screen_decide_faults(c, -1, c->upload->faults,
                             &c->upload->fault_reason, screen_upload_ranks,
                             &faults)
        != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    /* a line can excuse what other lines say, but not the size or a fault */

    reject = screen_upload_ranks[SCREEN_VERDICT_REJECT];

    c->settled = c->lead.rank == reject || faults.rank == reject
                 || (lines.rank == screen_part_ranks[SCREEN_VERDICT_REJECT]
                     && c->pending <= lines.rank);

    if (lines.rank) {
        screen_decide_lead(c, &c->lead, screen_upload_ranks, -1, lines.index);
    }

    if (faults.rank) {
        screen_decide_lead(c, &c->lead, screen_upload_ranks, faults.fault,
                           faults.index);
    }

    return SCREEN_OK;
}


static int
screen_decide_part(screen_decide_t *c, int index)
{
    int                      known_body;
    screen_part_t           *part;
    screen_lead_t            lead;
    const screen_matched_t  *m;

    part = &c->upload->parts[index];
    known_body = c->scope.known == SCREEN_KNOWN_BODY;

    c->scope.part = part;
    c->scope.limited = 0;

    if (known_body) {
        part->want_scan = 0;
    }

    if (screen_decide_lines(c, index, &lead) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    if (c->scope.limited && !(part->faults & (1u << SCREEN_FAULT_INCOMPLETE)))
    {
        screen_part_fault(part, SCREEN_FAULT_INCOMPLETE, "pattern-limit");
    }

    if (screen_decide_faults(c, index, part->faults, &part->fault_reason,
                             screen_part_ranks, &lead)
        != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    if (c->pending > lead.rank) {

        if (known_body) {
            part->want_scan = 1;
            c->scan = 1;
        }

        c->near = 1;
    }

    if (lead.rank == 0) {
        return SCREEN_OK;
    }

    m = &c->decision->matched[lead.index];

    if (m->action.verdict == SCREEN_VERDICT_REJECT
        && c->pending <= lead.rank)
    {
        c->settled = 1;
    }

    screen_decide_lead(c, &c->lead, screen_upload_ranks, lead.fault,
                       lead.index);

    return SCREEN_OK;
}


/*
 * The lines of the scope that match, and the strongest of them; leaves the
 * strongest that may still match in c->pending.
 */

static int
screen_decide_lines(screen_decide_t *c, int index, screen_lead_t *lead)
{
    int                   rc;
    size_t                i, first;
    unsigned              rank, allow;
    screen_matched_t     *m;
    const screen_line_t  *line;

    first = c->decision->nmatched;
    allow = 0;

    c->pending = 0;

    for (i = 0; i < c->policy->nlines; i++) {
        line = &c->policy->lines[i];

        if (line->upload != (index < 0)) {
            continue;
        }

        rc = screen_line_test(&c->scope, line);

        if (rc == SCREEN_MAYBE) {
            rank = screen_part_ranks[line->action.verdict];

            if (line->action.verdict == SCREEN_VERDICT_ALLOW
                && screen_line_is_near(line))
            {
                allow = rank;

            } else if (rank > c->pending) {
                c->pending = rank;
            }
        }

        if (rc != SCREEN_YES) {
            continue;
        }

        m = screen_decide_push(c, index, &line->action);

        if (m == NULL
            || screen_line_text(&c->scope, line, c->alloc, &m->text)
               != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }

        m->line = line;
        m->place = line->place;
    }

    screen_decide_strongest(c, first, lead);

    /* what is no likeness will not be excused by one */

    if (allow && lead->rank
        && screen_matched_is_near(c->upload,
                                  &c->decision->matched[lead->index]))
    {
        c->pending = allow;
    }

    return SCREEN_OK;
}


/*
 * The strongest of the matches from first on.  One that allows leads if it
 * excuses all that do not; otherwise the others do, without those that are
 * excused.
 */

static void
screen_decide_strongest(screen_decide_t *c, size_t first,
    screen_lead_t *lead)
{
    size_t             i, j;
    unsigned           excused;
    screen_matched_t  *m;

    memset(lead, 0, sizeof(screen_lead_t));
    lead->fault = -1;

    m = c->decision->matched;

    for (i = first; i < c->decision->nmatched; i++) {

        if (m[i].action.verdict == SCREEN_VERDICT_ALLOW) {
            continue;
        }

        excused = 0;

        for (j = first; j < c->decision->nmatched && !excused; j++) {
            excused = m[j].action.verdict == SCREEN_VERDICT_ALLOW
                      && screen_matched_excused(c->upload, &m[j], &m[i]);
        }

        if (!excused) {
            screen_decide_lead(c, lead, screen_part_ranks, -1, i);
        }
    }

    for (i = first; i < c->decision->nmatched && lead->rank == 0; i++) {

        if (m[i].action.verdict == SCREEN_VERDICT_ALLOW
            && !screen_matched_is_near(c->upload, &m[i]))
        {
            screen_decide_lead(c, lead, screen_part_ranks, -1, i);
        }
    }

    for (i = first; i < c->decision->nmatched && lead->rank == 0; i++) {

        if (m[i].action.verdict == SCREEN_VERDICT_ALLOW) {

            /* it excuses no fault, so that it is weaker than any */

            lead->rank = screen_part_ranks[SCREEN_VERDICT_PASS];
            lead->index = i;
        }
    }
}


static int
screen_decide_max_size(screen_decide_t *c)
{
    uint64_t                      max;
    screen_action_t               action;
    screen_matched_t             *m;
    const screen_upload_t        *u;
    const screen_policy_build_t  *build;

    u = c->upload;
    max = c->policy->max_size;

    if (max == 0
        || ((u->declared_size < 0 || (uint64_t) u->declared_size <= max)
            && u->size <= max))
    {
        return SCREEN_OK;
    }

    action.verdict = SCREEN_VERDICT_REJECT;
    action.status = c->policy->max_size_status;

    m = screen_decide_push(c, -1, &action);
    if (m == NULL) {
        return SCREEN_NOMEM;
    }

    build = c->policy->build;

    m->place = build->max_size_place;
    m->text = screen_str_of("max_size");

    screen_decide_lead(c, &c->lead, screen_upload_ranks, -1,
                       c->decision->nmatched - 1);

    return SCREEN_OK;
}


static int
screen_decide_faults(screen_decide_t *c, int index, unsigned faults,
    const screen_str_t *reason, const unsigned *ranks, screen_lead_t *lead)
{
    unsigned           i;
    screen_matched_t  *m;

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (!(faults & (1u << i))) {
            continue;
        }

        m = screen_decide_push(c, index, &c->policy->on_error[i]);

        if (m == NULL
            || screen_fault_text(c, (screen_fault_t) i, faults, reason,
                                 &m->text)
               != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }

        screen_decide_lead(c, lead, ranks, (int) i,
                           c->decision->nmatched - 1);
    }

    return SCREEN_OK;
}


/*
 * The reason is that of the fault which came first: of several, framing, as
 * the body is split before anything else is done with it.
 */

static int
screen_fault_text(screen_decide_t *c, screen_fault_t fault, unsigned faults,
    const screen_str_t *reason, screen_str_t *text)
{
    u_char        *data;
    screen_str_t   name;

    name = screen_str_of(screen_fault_name(fault));
    *text = name;

    if (reason->len == 0 || screen_str_eq(reason, &name)
        || (faults != (1u << fault) && fault != SCREEN_FAULT_FRAMING))
    {
        return SCREEN_OK;
    }

    data = screen_alloc(c->alloc, name.len + 1 + reason->len);
    if (data == NULL) {
        return SCREEN_NOMEM;
    }

    memcpy(data, name.data, name.len);
    data[name.len] = ':';
    memcpy(data + name.len + 1, reason->data, reason->len);

    text->data = data;
    text->len = name.len + 1 + reason->len;

    screen_text_print(data, text->len);

    return SCREEN_OK;
}


static screen_matched_t *
screen_decide_push(screen_decide_t *c, int index,
    const screen_action_t *action)
{
    screen_matched_t  *m;

    m = screen_alloc_push(c->alloc, &c->decision->matched,
                          &c->decision->nmatched, sizeof(screen_matched_t));
    if (m == NULL) {
        return NULL;
    }

    m->action = *action;
    m->part = index;

    return m;
}


/* the stronger one leads; among equals a line before a fault, then the first */

static void
screen_decide_lead(screen_decide_t *c, screen_lead_t *lead,
    const unsigned *ranks, int fault, size_t index)
{
    unsigned  rank;

    rank = ranks[c->decision->matched[index].action.verdict];

    if (rank < lead->rank) {
        return;
    }

    if (rank == lead->rank && !(lead->fault >= 0 && fault < 0)) {
        return;
    }

    lead->rank = rank;
    lead->fault = fault;
    lead->index = index;
}


static void
screen_decide_end(screen_decide_t *c)
{
    screen_decision_t       *d;
    const screen_matched_t  *m;

    d = c->decision;

    d->verdict = SCREEN_VERDICT_PASS;
    d->action.verdict = SCREEN_VERDICT_PASS;
    d->fault = c->lead.fault;

    if (c->lead.rank == 0) {
        return;
    }

    m = &d->matched[c->lead.index];

    d->verdict = m->action.verdict;
    d->action = m->action;
    d->reason = m->text;
    d->place = m->place;

    if (m->action.verdict == SCREEN_VERDICT_ALLOW) {
        d->action.verdict = SCREEN_VERDICT_PASS;
    }

    /* in lenient mode, ambiguous framing is no error but what it asks for */

    if (d->fault >= 0
        && !(d->fault == SCREEN_FAULT_FRAMING
             && c->policy->multipart.lenient))
    {
        d->verdict = SCREEN_VERDICT_ERROR;
    }
}


/* without the raw body of a form; -1 as long as the body is not split */

static int64_t
screen_decide_nparts(const screen_upload_t *u, screen_known_t known)
{
    size_t   i;
    int64_t  n;

    if (known == SCREEN_KNOWN_HEADERS && u->nparts == 0) {
        return -1;
    }

    n = 0;

    for (i = 0; i < u->nparts; i++) {
        n += !u->parts[i].whole;
    }

    return n;
}
