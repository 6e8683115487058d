
#include <string.h>
#include <time.h>

#include "screen_judge.h"


#define SCREEN_JUDGE_BUDGET  1000000


/* pdq and vpdq are of pictures, not of bytes */

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

    return signals & ((1u << SCREEN_SIGNAL_PDQ) - 1);
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


static int
screen_judge_lookup_part(screen_part_t *part, screen_setup_bank_t *bank,
    const screen_alloc_t *alloc)
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

        hit = screen_alloc_push(alloc, &part->hits, &part->nhits,
                                sizeof(screen_hit_t));
        if (hit == NULL) {
            return SCREEN_NOMEM;
        }

        hit->bank = bank->name;
        hit->signal = signal;
        hit->label = entry.label;
        hit->source = entry.source;
        hit->severity = entry.severity;
    }

    return SCREEN_OK;
}


static int
screen_judge_lookup(const screen_judge_t *judge, screen_upload_t *u,
    const screen_alloc_t *alloc)
{
    size_t                i, k, nbanks;
    screen_setup_bank_t  *bank;

    nbanks = judge->policy->nbanks;

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

            if (screen_judge_lookup_part(&u->parts[i], bank, alloc)
                != SCREEN_OK)
            {
                return SCREEN_NOMEM;
            }
        }
    }

    return SCREEN_OK;
}


/* the likenesses of a part in a bank */

static int
screen_judge_near(const screen_judge_t *judge, screen_part_t *part, size_t k,
    const screen_alloc_t *alloc)
{
    int                      rc;
    screen_tail_t            tail;
    screen_likeness_t        search;
    screen_setup_bank_t     *bank;
    screen_likeness_conf_t   conf;

    bank = screen_setup_bank(judge->setup, &judge->policy->banks[k]);

    if (part->media == NULL || bank->bank.map == NULL) {
        return SCREEN_OK;
    }

    screen_policy_near(judge->policy, k, part->media->kind, &conf);

    if (conf.signals == 0) {
        return SCREEN_OK;
    }

    memset(&tail, 0, sizeof(screen_tail_t));

    rc = screen_likeness_begin(&search, part, &conf, &judge->policy->banks[k],
                               &tail, &bank->bank, time(NULL), alloc);

    if (rc != SCREEN_OK) {
        return rc;
    }

    do {
        rc = screen_likeness_step(&search, SCREEN_JUDGE_BUDGET);
    } while (rc == SCREEN_AGAIN);

    return rc;
}


static int
screen_judge_likenesses(const screen_judge_t *judge, screen_judged_t *judged,
    const screen_alloc_t *alloc)
{
    int               rc;
    size_t            i, k;
    screen_upload_t  *u;

    u = &judged->upload;

    for (i = 0; i < u->nparts; i++) {

        for (k = 0; k < judge->policy->nbanks; k++) {
            rc = screen_judge_near(judge, &u->parts[i], k, alloc);

            if (rc != SCREEN_OK) {
                return rc;
            }
        }
    }

    return screen_policy_decide(judge->policy, u, SCREEN_KNOWN_NEAR, alloc,
                                &judged->decision);
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

        if (rc == SCREEN_AGAIN) {
            rc = screen_judge_likenesses(judge, judged, alloc);
        }
    }

    return rc == SCREEN_OK ? SCREEN_OK : screen_error_set(err, "no memory");
}
