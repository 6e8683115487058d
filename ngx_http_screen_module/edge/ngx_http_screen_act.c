
/*
 * What follows from a decision: the upload goes on, or the client is told no
 * and the body is for nobody.
 */


#include "ngx_http_screen_module.h"


static ngx_uint_t ngx_http_screen_has_error_page(ngx_http_request_t *r,
    ngx_uint_t status);
static ngx_int_t ngx_http_screen_retry_after(ngx_http_request_t *r);
static ngx_int_t ngx_http_screen_send_reject(ngx_http_screen_ctx_t *ctx,
    ngx_uint_t status);


ngx_int_t
ngx_http_screen_act(ngx_http_screen_ctx_t *ctx)
{
    ngx_uint_t           status;
    ngx_http_request_t  *r;

    r = ctx->request;
    ctx->state = NGX_HTTP_SCREEN_ACTED;

    if (ctx->monitor
        || ctx->decision.action.verdict < SCREEN_VERDICT_QUARANTINE)
    {
        return NGX_DECLINED;
    }

    if (ctx->decision.action.verdict == SCREEN_VERDICT_QUARANTINE) {
        ngx_http_screen_quarantine(ctx);
    }

    ngx_http_screen_drop_body(r);

    status = ctx->decision.action.status;

    if (ctx->decision.fault == SCREEN_FAULT_OVERLOAD
        && ngx_http_screen_retry_after(r) != NGX_OK)
    {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (status == NGX_HTTP_CLOSE || ngx_http_screen_has_error_page(r, status))
    {
        return status;
    }

    ngx_http_finalize_request(r, ngx_http_screen_send_reject(ctx, status));

    return NGX_DONE;
}


/* monitor mode only tells: what it would have changed is not done */

screen_verdict_t
ngx_http_screen_done(ngx_http_screen_ctx_t *ctx)
{
    screen_verdict_t  verdict;

    verdict = ctx->decision.action.verdict;

    if (ctx->monitor && verdict > SCREEN_VERDICT_LOG) {
        return SCREEN_VERDICT_PASS;
    }

    return verdict;
}


/*
 * Whatever handles the request from here on, an error page's location that
 * passes it to a backend for one, finds a request without a body.
 */

void
ngx_http_screen_drop_body(ngx_http_request_t *r)
{
    ngx_uint_t                unread;
    ngx_http_request_body_t  *rb;

    rb = r->request_body;
    unread = (rb == NULL || rb->rest != 0 || !rb->last_saved);

    if (unread) {

        /* bytes of the body may still come: they are no next request */

        r->expect_tested = 1;
        r->keepalive = 0;
        r->lingering_close = 1;

        if (r->http_version >= NGX_HTTP_VERSION_20 && rb == NULL) {
            (void) ngx_http_discard_request_body(r);
        }
    }

    rb = ngx_pcalloc(r->pool, sizeof(ngx_http_request_body_t));

    if (rb != NULL) {
        rb->last_saved = 1;
        r->request_body = rb;

    } else if (r->request_body) {
        r->request_body->bufs = NULL;
        r->request_body->temp_file = NULL;
    }

    r->headers_in.content_length_n = 0;
    r->headers_in.chunked = 0;

    if (r->headers_in.content_length) {
        ngx_str_set(&r->headers_in.content_length->value, "0");
    }
}


static ngx_uint_t
ngx_http_screen_has_error_page(ngx_http_request_t *r, ngx_uint_t status)
{
    ngx_uint_t                 i;
    ngx_http_err_page_t       *page;
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_get_module_loc_conf(r, ngx_http_core_module);

    if (clcf->error_pages == NULL || r->error_page || r->uri_changes == 0) {
        return 0;
    }

    page = clcf->error_pages->elts;

    for (i = 0; i < clcf->error_pages->nelts; i++) {
        if (page[i].status == (ngx_int_t) status) {
            return 1;
        }
    }

    return 0;
}


static ngx_int_t
ngx_http_screen_retry_after(ngx_http_request_t *r)
{
    ngx_table_elt_t             *h;
    ngx_http_screen_loc_conf_t  *slcf;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_screen_module);

    if (slcf->retry_after == 0) {
        return NGX_OK;
    }

    h = ngx_list_push(&r->headers_out.headers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(h, sizeof(ngx_table_elt_t));

    h->value.data = ngx_pnalloc(r->pool, NGX_TIME_T_LEN);
    if (h->value.data == NULL) {
        h->hash = 0;
        return NGX_ERROR;
    }

    h->hash = 1;
    ngx_str_set(&h->key, "Retry-After");
    h->value.len = ngx_sprintf(h->value.data, "%T", slcf->retry_after)
                   - h->value.data;

    return NGX_OK;
}


/*
 * The body names the upload, so that whoever is asked can find it in the
 * log, and no reason: that would teach how to get past.
 */

static ngx_int_t
ngx_http_screen_send_reject(ngx_http_screen_ctx_t *ctx, ngx_uint_t status)
{
    u_char              *p;
    ngx_int_t            rc;
    ngx_buf_t           *b;
    const char          *title;
    ngx_chain_t          out;
    ngx_http_request_t  *r;

    static const char  page[] =
        "<html>" CRLF
        "<head><title>%s</title></head>" CRLF
        "<body>" CRLF
        "<center><h1>%s</h1></center>" CRLF
        "<hr><center>reference %*s</center>" CRLF
        "</body>" CRLF
        "</html>" CRLF;

    r = ctx->request;

    /* "quarantine=202" is not to look like a refusal */

    title = ctx->decision.action.verdict == SCREEN_VERDICT_QUARANTINE
            && status < NGX_HTTP_SPECIAL_RESPONSE ? "Upload received"
                                                  : "Upload not accepted";

    b = ngx_create_temp_buf(r->pool, sizeof(page) + 2 * ngx_strlen(title)
                                     + NGX_HTTP_SCREEN_ID_LEN);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    p = b->last;
    b->last = ngx_sprintf(p, page, title, title,
                          (size_t) NGX_HTTP_SCREEN_ID_LEN, ctx->id);
    b->last_buf = 1;
    b->last_in_chain = 1;

    r->headers_out.status = status;
    r->headers_out.content_length_n = b->last - b->pos;
    r->headers_out.content_type_len = sizeof("text/html") - 1;
    ngx_str_set(&r->headers_out.content_type, "text/html");
    r->headers_out.content_type_lowcase = NULL;

    if (status == NGX_HTTP_NO_CONTENT || status == NGX_HTTP_NOT_MODIFIED) {
        r->header_only = 1;
        ngx_http_clear_content_length(r);
    }

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    out.buf = b;
    out.next = NULL;

    return ngx_http_output_filter(r, &out);
}


void
ngx_http_screen_log_decision(ngx_http_screen_ctx_t *ctx)
{
    ngx_str_t           reason, files;
    ngx_uint_t          level;
    screen_str_t        name = screen_null_str;
    screen_decision_t  *d;

    d = &ctx->decision;

    if (d->verdict == SCREEN_VERDICT_PASS
        || d->verdict == SCREEN_VERDICT_ALLOW)
    {
        return;
    }

    level = d->action.verdict >= SCREEN_VERDICT_QUARANTINE
            || d->verdict == SCREEN_VERDICT_ERROR ? NGX_LOG_WARN
                                                  : NGX_LOG_NOTICE;

    if (d->nmatched && d->matched[0].part >= 0) {
        name = ctx->upload.parts[d->matched[0].part].filename;
    }

    if (ngx_http_screen_escape(ctx->request->pool, &d->reason, &reason)
        != NGX_OK
        || ngx_http_screen_escape(ctx->request->pool, &name, &files)
           != NGX_OK)
    {
        return;
    }

    ngx_log_error(level, ctx->request->connection->log, 0,
                  "screen: upload %*s %s%s by policy \"%*s\": %V"
                  "%s%*s%s%ui, file \"%V\"",
                  (size_t) NGX_HTTP_SCREEN_ID_LEN, ctx->id,
                  screen_verdict_name(d->action.verdict),
                  ctx->monitor ? " (monitor, passed)" : "",
                  ctx->policy->core->name.len, ctx->policy->core->name.data,
                  &reason, d->place.file.len ? " in " : ", line ",
                  d->place.file.len, d->place.file.data,
                  d->place.file.len ? ":" : "", (ngx_uint_t) d->place.line,
                  &files);
}
