
/*
 * The facts of an upload's parts that need a scan: from the cache, from
 * Redis, by a scan of this upload, or by that of another one that sends the
 * same content just now.  Without a shared zone everything is scanned.
 */


#include "ngx_http_screen_zone.h"


#define NGX_HTTP_SCREEN_POLL_MIN   1        /* ms */
#define NGX_HTTP_SCREEN_POLL_MAX   16


static ngx_int_t ngx_http_screen_facts_next(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_facts_part(ngx_http_screen_ctx_t *ctx,
    ngx_uint_t i);
static ngx_int_t ngx_http_screen_facts_key(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_fact_t *fact, screen_part_t *part);
static ngx_int_t ngx_http_screen_facts_scan(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_facts_wait(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_facts_keep(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_facts_poll(ngx_event_t *ev);


/* NGX_OK: all there, or a fault noted; NGX_AGAIN; NGX_ERROR */

ngx_int_t
ngx_http_screen_facts_start(ngx_http_screen_ctx_t *ctx)
{
    ngx_uint_t               i;
    screen_part_t           *part;
    ngx_http_screen_fact_t  *fact;

    ctx->deadline = ngx_http_screen_now() / 1000000 + ctx->conf->timeout;

    ctx->facts = ngx_pcalloc(ctx->request->pool,
                             ctx->upload.nparts
                             * sizeof(ngx_http_screen_fact_t));
    if (ctx->facts == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->upload.nparts; i++) {
        part = &ctx->upload.parts[i];
        fact = &ctx->facts[i];

        if (!part->want_scan) {
            continue;
        }

        fact->state = NGX_HTTP_SCREEN_FACT_WANTED;

        if (ctx->conf->zone
            && ngx_http_screen_facts_key(ctx, fact, part) != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return ngx_http_screen_facts_next(ctx);
}


/*
 * The content, the engine, and the names where the engine's rules look at
 * them: a file may be renamed and still be known.
 */

static ngx_int_t
ngx_http_screen_facts_key(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_fact_t *fact, screen_part_t *part)
{
    screen_digest_t  d;

    ngx_memzero(&d, sizeof(screen_digest_t));

    if (ngx_http_screen_digest_part(ctx, part) != NGX_OK
        || screen_digest_start(&d, 1u << SCREEN_SIGNAL_SHA256) != SCREEN_OK)
    {
        return NGX_ERROR;
    }

    screen_digest_update(&d, ctx->policy->id, sizeof(ctx->policy->id));
    screen_digest_update(&d, part->sha256, sizeof(part->sha256));

    if (ctx->policy->names) {
        screen_digest_update(&d, part->filename.data, part->filename.len);
    }

    screen_digest_final(&d, SCREEN_SIGNAL_SHA256, fact->key);
    screen_digest_free(&d);

    return NGX_OK;
}


/* asks for what is not known yet, and sees to it that somebody is at work */

static ngx_int_t
ngx_http_screen_facts_next(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_uint_t               i, asked, missing, waiting;
    ngx_http_screen_fact_t  *fact;

    asked = 0;
    missing = 0;
    waiting = 0;

    for (i = 0; i < ctx->upload.nparts; i++) {
        fact = &ctx->facts[i];

        rc = fact->state == NGX_HTTP_SCREEN_FACT_WANTED
             ? ngx_http_screen_facts_part(ctx, i) : NGX_OK;

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        waiting += (rc == NGX_AGAIN);
        asked += (fact->state == NGX_HTTP_SCREEN_FACT_ASKED);
        missing += (fact->state == NGX_HTTP_SCREEN_FACT_MISSING);

        /* a job holds what is missing, and nothing else */

        ctx->upload.parts[i].want_scan
                              = (fact->state == NGX_HTTP_SCREEN_FACT_MISSING);
    }

    if (asked) {
        return NGX_AGAIN;
    }

    if (missing) {
        return ngx_http_screen_facts_scan(ctx);
    }

    return waiting ? ngx_http_screen_facts_wait(ctx) : NGX_OK;
}


static ngx_int_t
ngx_http_screen_facts_scan(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t   rc;
    ngx_uint_t  i;

    for (i = 0; i < ctx->upload.nparts; i++) {

        if (ctx->facts[i].state == NGX_HTTP_SCREEN_FACT_MISSING) {
            ctx->facts[i].state = NGX_HTTP_SCREEN_FACT_SCANNING;
        }
    }

    rc = ngx_http_screen_scan_start(ctx);

    return rc == NGX_OK ? ngx_http_screen_facts_scanned(ctx) : rc;
}


static ngx_int_t
ngx_http_screen_facts_wait(ngx_http_screen_ctx_t *ctx)
{
    if (ctx->poll_delay == 0) {
        (void) ngx_atomic_fetch_add(&ctx->conf->zone->shared->counters.waits,
                                    1);

        ctx->poll.handler = ngx_http_screen_facts_poll;
        ctx->poll.data = ctx;
        ctx->poll.log = ctx->request->connection->log;
        ctx->poll_delay = NGX_HTTP_SCREEN_POLL_MIN;
    }

    ngx_add_timer(&ctx->poll, ctx->poll_delay);

    ctx->poll_delay = ngx_min(2 * ctx->poll_delay, NGX_HTTP_SCREEN_POLL_MAX);

    return NGX_AGAIN;
}


/*
 * Of one part that is wanted: NGX_OK, its state tells how it goes on;
 * NGX_AGAIN, another upload scans it; NGX_ERROR.
 */

static ngx_int_t
ngx_http_screen_facts_part(ngx_http_screen_ctx_t *ctx, ngx_uint_t i)
{
    ngx_int_t                rc;
    ngx_str_t                report;
    screen_part_t           *part;
    screen_report_engine_t   engine;
    ngx_http_screen_fact_t  *fact;

    fact = &ctx->facts[i];
    part = &ctx->upload.parts[i];

    if (ctx->conf->zone == NULL) {
        fact->state = NGX_HTTP_SCREEN_FACT_MISSING;
        return NGX_OK;
    }

    if (ngx_http_screen_now() / 1000000 >= ctx->deadline) {
        screen_part_fault(part, SCREEN_FAULT_TIMEOUT,
                          "the scan met its deadline");
        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        return NGX_OK;
    }

    rc = ngx_http_screen_cache_get(ctx->conf->zone, fact->key,
                                   ctx->conf->timeout, ctx->request->pool,
                                   &report);

    switch (rc) {

    case NGX_OK:

        engine = screen_policy_report(ctx->policy->core);

        if (screen_report_decode_part(part, &engine, report.data, report.len,
                                      &ctx->alloc)
            != SCREEN_OK)
        {
            return NGX_ERROR;
        }

        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        ctx->hits++;

        return NGX_OK;

    case NGX_DECLINED:
        fact->ours = 1;
        fact->state = ngx_http_screen_reports_get(ctx, i) == NGX_OK
                      ? NGX_HTTP_SCREEN_FACT_ASKED
                      : NGX_HTTP_SCREEN_FACT_MISSING;
        return NGX_OK;

    case NGX_ABORT:
        fact->state = NGX_HTTP_SCREEN_FACT_MISSING;
        return NGX_OK;

    default:
        return rc;
    }
}


void
ngx_http_screen_facts_told(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_fact_t *fact, ngx_str_t *report)
{
    ngx_int_t  rc;

    if (report) {
        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        fact->ours = 0;
        ctx->hits++;

        (void) ngx_atomic_fetch_add(&ctx->conf->zone->shared->counters.shared,
                                    1);
        ngx_http_screen_cache_put(ctx->conf->zone, fact->key, report);

    } else {
        fact->state = NGX_HTTP_SCREEN_FACT_MISSING;
    }

    rc = ngx_http_screen_facts_next(ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_screen_resume(ctx, rc);
    }
}


/* the scan of this upload has ended: NGX_OK, NGX_AGAIN or NGX_ERROR */

ngx_int_t
ngx_http_screen_facts_scanned(ngx_http_screen_ctx_t *ctx)
{
    ngx_http_screen_facts_keep(ctx);

    return ngx_http_screen_facts_next(ctx);
}


/* what this upload had scanned is for all, unless something went wrong */

static void
ngx_http_screen_facts_keep(ngx_http_screen_ctx_t *ctx)
{
    ngx_str_t                report;
    ngx_uint_t               i;
    screen_buf_t             b;
    screen_part_t           *part;
    ngx_http_screen_fact_t  *fact;

    for (i = 0; i < ctx->upload.nparts; i++) {
        fact = &ctx->facts[i];
        part = &ctx->upload.parts[i];

        if (fact->state != NGX_HTTP_SCREEN_FACT_SCANNING) {
            continue;
        }

        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;

        if (!fact->ours) {
            continue;
        }

        fact->ours = 0;

        screen_buf_init(&b, SCREEN_REPORT_LIMIT);

        if (part->scanned && part->faults == 0) {
            screen_report_encode_part(&b, part);
        }

        if (b.len && b.code == SCREEN_OK) {
            report.data = b.data;
            report.len = b.len;

            ngx_http_screen_cache_put(ctx->conf->zone, fact->key, &report);
            ngx_http_screen_reports_put(ctx, i, &report);

        } else {
            ngx_http_screen_cache_drop(ctx->conf->zone, fact->key);
        }

        screen_buf_free(&b);
    }
}


static void
ngx_http_screen_facts_poll(ngx_event_t *ev)
{
    ngx_int_t               rc;
    ngx_http_screen_ctx_t  *ctx;

    ctx = ev->data;

    rc = ngx_http_screen_facts_next(ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_screen_resume(ctx, rc);
    }
}


/* the request goes away: whoever waits for its scan makes one */

void
ngx_http_screen_facts_leave(ngx_http_screen_ctx_t *ctx)
{
    ngx_uint_t  i;

    if (ctx->poll.timer_set) {
        ngx_del_timer(&ctx->poll);
    }

    for (i = 0; ctx->facts && i < ctx->upload.nparts; i++) {

        if (ctx->facts[i].call) {
            ngx_http_screen_redis_cancel(ctx->facts[i].call);
            ctx->facts[i].call = NULL;
        }

        if (ctx->facts[i].ours) {
            ngx_http_screen_cache_drop(ctx->conf->zone, ctx->facts[i].key);
            ctx->facts[i].ours = 0;
        }
    }
}
