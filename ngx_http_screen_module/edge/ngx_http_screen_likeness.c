
/*
 * Likenesses of an upload's pictures and videos in the banks of its policy.
 * The search takes turns with everything else that the worker does: a piece
 * of it each time around the event loop, until all is known or nothing that
 * is still unknown could change the verdict.
 */


#include "ngx_http_screen_module.h"


#define NGX_HTTP_SCREEN_NEAR_BUDGET  2000      /* units between looks at the
                                                  clock, some 0.1 ms */
#define NGX_HTTP_SCREEN_NEAR_SLICE   500000    /* ns that a turn may take */


static ngx_int_t ngx_http_screen_likeness_turn(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_likeness_next(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_likeness_begin(ngx_http_screen_ctx_t *ctx,
    screen_part_t *part, ngx_uint_t i);
static void ngx_http_screen_likeness_done(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_likeness_handler(ngx_event_t *ev);


/* NGX_OK: decided; NGX_AGAIN; NGX_ERROR */

ngx_int_t
ngx_http_screen_likeness_start(ngx_http_screen_ctx_t *ctx)
{
    ctx->near = ngx_pcalloc(ctx->request->pool,
                            sizeof(ngx_http_screen_near_t));
    if (ctx->near == NULL) {
        return NGX_ERROR;
    }

    ctx->near->event.handler = ngx_http_screen_likeness_handler;
    ctx->near->event.data = ctx;
    ctx->near->event.log = ctx->request->connection->log;

    return ngx_http_screen_likeness_turn(ctx);
}


static void
ngx_http_screen_likeness_handler(ngx_event_t *ev)
{
    ngx_int_t               rc;
    ngx_http_screen_ctx_t  *ctx;

    ctx = ev->data;

    rc = ngx_http_screen_likeness_turn(ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_screen_finish(ctx, rc);
    }
}


static ngx_int_t
ngx_http_screen_likeness_turn(ngx_http_screen_ctx_t *ctx)
{
    int                      code;
    uint64_t                 end;
    ngx_int_t                rc;
    ngx_http_screen_near_t  *near;

    near = ctx->near;
    end = ngx_http_screen_now() + NGX_HTTP_SCREEN_NEAR_SLICE;

    do {
        if (!near->busy) {
            rc = ngx_http_screen_likeness_next(ctx);

            if (rc == NGX_ERROR) {
                return NGX_ERROR;
            }

            if (rc == NGX_DONE) {
                return ngx_http_screen_decide(ctx, SCREEN_KNOWN_NEAR);
            }
        }

        code = screen_likeness_step(&near->search,
                                    NGX_HTTP_SCREEN_NEAR_BUDGET);

        if (code == SCREEN_OK) {
            ngx_http_screen_likeness_done(ctx);

        } else if (code != SCREEN_AGAIN) {
            return NGX_ERROR;
        }

        if (code == SCREEN_OK || screen_likeness_found(&near->search)) {
            rc = ngx_http_screen_decide(ctx, SCREEN_KNOWN_SCAN);

            if (rc != NGX_AGAIN) {
                return rc;
            }
        }

    } while (ngx_http_screen_now() < end);

    ngx_post_event(&near->event, &ngx_posted_next_events);

    return NGX_AGAIN;
}


/* begins the next search that the policy asks for; NGX_DONE: there is none */

static ngx_int_t
ngx_http_screen_likeness_next(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t                rc;
    screen_part_t           *part;
    ngx_http_screen_near_t  *near;

    near = ctx->near;

    for ( /* void */ ; near->part < ctx->upload.nparts; near->part++) {

        part = &ctx->upload.parts[near->part];

        while (part->media && near->bank < ctx->policy->banks.nelts) {

            rc = ngx_http_screen_likeness_begin(ctx, part, near->bank++);

            if (rc != NGX_DECLINED) {
                return rc;
            }
        }

        near->bank = 0;
    }

    return NGX_DONE;
}


static ngx_int_t
ngx_http_screen_likeness_begin(ngx_http_screen_ctx_t *ctx,
    screen_part_t *part, ngx_uint_t i)
{
    ngx_uint_t              *index;
    screen_str_t             name;
    ngx_http_screen_bank_t  *bank;
    ngx_http_screen_near_t  *near;

    near = ctx->near;

    screen_policy_near(ctx->policy->core, i, part->media->kind, &near->conf);

    index = ctx->policy->banks.elts;
    bank = ctx->conf->banks.elts;
    bank += index[i];

    ngx_http_screen_bank_refresh(ctx->conf, index[i],
                                 ctx->request->connection->log);

    /* that a bank is not there has been said as its digests were looked up */

    if (near->conf.signals == 0 || bank->bank.map == NULL) {
        part->near_banks |= (uint64_t) 1 << i;
        return NGX_DECLINED;
    }

    name.data = bank->name.data;
    name.len = bank->name.len;

    ngx_http_screen_bank_hold(bank, &near->edition);

    near->busy = 1;

    return screen_likeness_begin(&near->search, part, &near->conf, &name,
                                 &near->edition.tail, &near->edition.bank,
                                 ngx_time(), &ctx->alloc)
           == SCREEN_OK ? NGX_OK : NGX_ERROR;
}


/* the search that is under way has come to its end */

static void
ngx_http_screen_likeness_done(ngx_http_screen_ctx_t *ctx)
{
    ngx_http_screen_near_t  *near;

    near = ctx->near;

    ctx->upload.parts[near->part].near_banks |= (uint64_t) 1
                                                << (near->bank - 1);

    ngx_http_screen_bank_release(&near->edition);
    near->busy = 0;
}


void
ngx_http_screen_likeness_leave(ngx_http_screen_ctx_t *ctx)
{
    if (ctx->near == NULL) {
        return;
    }

    if (ctx->near->event.posted) {
        ngx_delete_posted_event(&ctx->near->event);
    }

    if (ctx->near->busy) {
        ngx_http_screen_bank_release(&ctx->near->edition);
        ctx->near->busy = 0;
    }
}
