
/*
 * Counts what was decided, in the shared zone.
 */


#include "ngx_http_screen_zone.h"


/* the counters of a policy and its lines, found when a worker starts */

ngx_int_t
ngx_http_screen_count_init(ngx_http_screen_main_conf_t *smcf)
{
    ngx_str_t                  name, *line;
    ngx_uint_t                 i, j;
    ngx_http_screen_policy_t  *policy, **pp;

    if (smcf->zone == NULL) {
        return NGX_OK;
    }

    pp = smcf->policies.elts;

    for (i = 0; i < smcf->policies.nelts; i++) {
        policy = pp[i];

        name.data = (u_char *) policy->core->name.data;
        name.len = policy->core->name.len;

        policy->meter = ngx_http_screen_zone_meter(smcf->zone, &name);

        line = policy->lines.elts;

        for (j = 0; j < policy->lines.nelts; j++) {
            policy->meters[j] = ngx_http_screen_zone_meter(smcf->zone,
                                                           &line[j]);
        }
    }

    return NGX_OK;
}


void
ngx_http_screen_count(ngx_http_screen_ctx_t *ctx)
{
    size_t                       i, line;
    unsigned                     faults;
    screen_verdict_t             action;
    ngx_http_screen_zone_t      *zone;
    ngx_http_screen_meter_t     *meter;
    ngx_http_screen_policy_t    *policy;
    ngx_http_screen_counters_t  *counters;

    zone = ctx->conf->zone;

    if (zone == NULL) {
        return;
    }

    policy = ctx->policy;
    counters = &zone->shared->counters;
    action = ngx_http_screen_done(ctx);

    (void) ngx_atomic_fetch_add(&counters->bytes, ctx->upload.size);

    if (policy->meter) {
        meter = policy->meter;
        (void) ngx_atomic_fetch_add(&meter->verdicts[ctx->decision.verdict],
                                    1);
        (void) ngx_atomic_fetch_add(&meter->actions[action], 1);
    }

    for (i = 0; i < ctx->decision.nmatched; i++) {

        if (ctx->decision.matched[i].line == NULL) {
            continue;
        }

        line = screen_policy_line(policy->core,
                                  ctx->decision.matched[i].line);

        if (line < policy->lines.nelts && policy->meters[line]) {
            (void) ngx_atomic_fetch_add(&policy->meters[line]->matches, 1);
        }
    }

    faults = ctx->upload.faults;

    for (i = 0; i < ctx->upload.nparts; i++) {
        faults |= ctx->upload.parts[i].faults;
    }

    for (i = 0; i < SCREEN_FAULTS; i++) {
        if (faults & 1u << i) {
            (void) ngx_atomic_fetch_add(&counters->faults[i], 1);
        }
    }

    if (ctx->body_known) {
        ngx_http_screen_zone_time(zone, NGX_HTTP_SCREEN_STAGE_LOOKUP,
                                  ctx->lookup_time);
        ngx_http_screen_zone_time(zone, NGX_HTTP_SCREEN_STAGE_TOTAL,
                                  ctx->time);
    }

    if (ctx->facts) {
        ngx_http_screen_zone_time(zone, NGX_HTTP_SCREEN_STAGE_SCAN,
                                  ctx->time - ctx->lookup_time);
    }
}


/* that there is no such key is an answer as good as any */

void
ngx_http_screen_count_redis(ngx_http_screen_main_conf_t *smcf, ngx_int_t rc)
{
    ngx_uint_t                   up;
    ngx_http_screen_counters_t  *counters;

    if (smcf->zone == NULL) {
        return;
    }

    counters = &smcf->zone->shared->counters;
    up = (rc == NGX_OK || rc == NGX_DECLINED);

    (void) ngx_atomic_fetch_add(&counters->redis_commands, 1);

    if (!up) {
        (void) ngx_atomic_fetch_add(&counters->redis_failures, 1);
    }

    if (counters->redis_up != up) {
        counters->redis_up = up;
    }
}


/*
 * Each worker has a number of its own, which is zeroed when another one takes
 * its place: what a killed worker was waiting for is not counted for ever.
 */

void
ngx_http_screen_count_job(ngx_http_screen_main_conf_t *smcf, int change)
{
    atomic_fetch_add(&smcf->pool.control->pending[ngx_worker
                                                  % SCREEN_WORKERS_MAX],
                     change);
}
