
/*
 * The facts of an upload's parts that need a scan: from the cache, by a scan
 * of this upload, or by that of another one that sends the same content just
 * now.  Without a shared zone everything is scanned.
 */


#include "ngx_http_screen_zone.h"


#define NGX_HTTP_SCREEN_POLL_MIN   1        /* ms */
#define NGX_HTTP_SCREEN_POLL_MAX   16


static ngx_int_t ngx_http_screen_facts_next(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_facts_part(ngx_http_screen_ctx_t *ctx,
    ngx_uint_t i);
static ngx_int_t ngx_http_screen_facts_key(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_fact_t *fact, screen_part_t *part);
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

    if (screen_digest_start(&d, 1u << SCREEN_SIGNAL_SHA256) != SCREEN_OK) {
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
    ngx_int_t   rc;
    ngx_uint_t  i, missing, waiting;

    missing = 0;
    waiting = 0;

    for (i = 0; i < ctx->upload.nparts; i++) {

        rc = ngx_http_screen_facts_part(ctx, i);

        if (rc == NGX_ERROR) {
            return NGX_ERROR;
        }

        missing += (rc == NGX_DECLINED);
        waiting += (rc == NGX_AGAIN);

        /* a job holds what is missing, and nothing else */

        ctx->upload.parts[i].want_scan = (rc == NGX_DECLINED);
    }

    if (missing) {
        rc = ngx_http_screen_scan_start(ctx);

        if (rc == NGX_OK) {
            ngx_http_screen_facts_keep(ctx);
            return ngx_http_screen_facts_next(ctx);
        }

        return rc;
    }

    if (waiting == 0) {
        return NGX_OK;
    }

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
 * Of one part: NGX_OK, nothing to do; NGX_DECLINED, it is this upload's to
 * scan; NGX_AGAIN, another upload scans it; NGX_ERROR.
 */

static ngx_int_t
ngx_http_screen_facts_part(ngx_http_screen_ctx_t *ctx, ngx_uint_t i)
{
    ngx_int_t                rc;
    ngx_str_t                report;
    screen_part_t           *part;
    ngx_http_screen_fact_t  *fact;

    fact = &ctx->facts[i];
    part = &ctx->upload.parts[i];

    if (fact->state != NGX_HTTP_SCREEN_FACT_WANTED) {
        return NGX_OK;
    }

    if (ctx->conf->zone == NULL) {
        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        return NGX_DECLINED;
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

        if (screen_report_decode_part(part, ctx->policy->core->ncontents,
                                      report.data, report.len, &ctx->alloc)
            != SCREEN_OK)
        {
            return NGX_ERROR;
        }

        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        ctx->hits++;

        return NGX_OK;

    case NGX_DECLINED:
        fact->state = NGX_HTTP_SCREEN_FACT_OURS;
        return NGX_DECLINED;

    case NGX_ABORT:
        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;
        return NGX_DECLINED;

    default:
        return rc;
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

    for (i = 0; ctx->facts && i < ctx->upload.nparts; i++) {
        fact = &ctx->facts[i];
        part = &ctx->upload.parts[i];

        if (fact->state != NGX_HTTP_SCREEN_FACT_OURS) {
            continue;
        }

        fact->state = NGX_HTTP_SCREEN_FACT_SCANNED;

        screen_buf_init(&b, SCREEN_REPORT_LIMIT);

        if (part->scanned && part->faults == 0) {
            screen_report_encode_part(&b, part);
        }

        if (b.len && b.code == SCREEN_OK) {
            report.data = b.data;
            report.len = b.len;

            ngx_http_screen_cache_put(ctx->conf->zone, fact->key, &report);

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

        if (ctx->facts[i].state == NGX_HTTP_SCREEN_FACT_OURS) {
            ngx_http_screen_cache_drop(ctx->conf->zone, ctx->facts[i].key);
        }
    }
}
