
#include <time.h>

#include "screen_judge.h"


/* PDQ is of pictures, not of bytes */

unsigned
screen_judge_signals(const screen_judge_t *judge)
{
    size_t                i;
    unsigned              signals;
    screen_setup_bank_t  *bank;

    signals = 1u << SCREEN_SIGNAL_SHA256;

    for (i = 0; i < judge->policy->nbanks; i++) {
        bank = screen_setup_bank(judge->setup, &judge->policy->banks[i]);

        if (bank->bank.map != NULL) {
            signals |= bank->bank.signals;
        }
    }

    return signals & ~(1u << SCREEN_SIGNAL_PDQ);
}


static const u_char *
screen_judge_value(const screen_part_t *part, screen_signal_t signal)
{
    switch (signal) {

    case SCREEN_SIGNAL_SHA256:
        return part->sha256;

    case SCREEN_SIGNAL_SHA1:
        return part->sha1;

    case SCREEN_SIGNAL_MD5:
        return part->md5;

    default:
        return NULL;
    }
}


static void
screen_judge_lookup_part(screen_part_t *part, screen_setup_bank_t *bank)
{
    unsigned         signal;
    screen_hit_t    *hit;
    screen_entry_t   entry;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (!(part->digests & 1u << signal)
            || screen_bank_lookup(&bank->bank, signal,
                                  screen_judge_value(part, signal),
                                  time(NULL), &entry)
               != SCREEN_OK)
        {
            continue;
        }

        hit = &part->hits[part->nhits++];
        hit->bank = bank->name;
        hit->signal = signal;
        hit->label = entry.label;
        hit->source = entry.source;
        hit->severity = entry.severity;
    }
}


static int
screen_judge_lookup(const screen_judge_t *judge, screen_upload_t *u,
    const screen_alloc_t *alloc)
{
    size_t                i, k, nbanks;
    screen_setup_bank_t  *bank;

    nbanks = judge->policy->nbanks;

    for (i = 0; i < u->nparts; i++) {
        u->parts[i].hits = screen_calloc(alloc, nbanks * SCREEN_SIGNALS
                                                * sizeof(screen_hit_t));
        if (u->parts[i].hits == NULL) {
            return SCREEN_NOMEM;
        }
    }

    for (k = 0; k < nbanks; k++) {
        bank = screen_setup_bank(judge->setup, &judge->policy->banks[k]);

        if (bank->bank.map == NULL) {

            /* as at an edge that Redis has told nothing yet */

            screen_upload_fault(u, bank->max_age ? SCREEN_FAULT_STALE
                                                 : SCREEN_FAULT_INCOMPLETE,
                                "bank not available");
            continue;
        }

        for (i = 0; i < u->nparts; i++) {
            screen_judge_lookup_part(&u->parts[i], bank);
        }
    }

    return SCREEN_OK;
}


int
screen_judge_headers(const screen_judge_t *judge, screen_judged_t *judged,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int  rc;

    rc = screen_policy_decide(judge->policy, &judged->upload,
                              SCREEN_KNOWN_HEADERS, alloc, &judged->decision);

    if (rc != SCREEN_OK && rc != SCREEN_AGAIN) {
        return screen_error_set(err, "no memory");
    }

    if (rc == SCREEN_OK
        && judged->decision.action.verdict == SCREEN_VERDICT_REJECT)
    {
        return SCREEN_OK;
    }

    return SCREEN_AGAIN;
}


int
screen_judge_body(const screen_judge_t *judge, screen_judged_t *judged,
    int fd, const screen_alloc_t *alloc, screen_error_t *err)
{
    int                      rc;
    screen_upload_t         *u;
    screen_report_engine_t   engine;

    u = &judged->upload;
    engine = screen_policy_report(judge->policy);

    rc = judged->cut ? SCREEN_OK : screen_judge_lookup(judge, u, alloc);

    if (rc == SCREEN_OK) {
        rc = screen_policy_decide(judge->policy, u, SCREEN_KNOWN_BODY, alloc,
                                  &judged->decision);
    }

    if (rc == SCREEN_AGAIN && judged->cut) {
        return SCREEN_OK;
    }

    if (rc == SCREEN_AGAIN) {
        rc = screen_client_scan(judge->client, u, 0, &engine, fd,
                                judge->setup->timeout, alloc);

        if (rc == SCREEN_OK) {
            rc = screen_policy_decide(judge->policy, u, SCREEN_KNOWN_SCAN,
                                      alloc, &judged->decision);
        }
    }

    return rc == SCREEN_OK ? SCREEN_OK : screen_error_set(err, "no memory");
}
