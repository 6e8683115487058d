
/*
 * The way of an upload through the phases: which policy, what the headers
 * tell, the body, the scan, the decision.  An upload is screened once, in
 * the first location that has a policy for it; what internal redirects lead
 * to afterwards finds the verdict made.
 */


#include "ngx_http_screen_module.h"

#include <sys/random.h>


static void ngx_http_screen_cleanup(void *data);
static ngx_int_t ngx_http_screen_select(ngx_http_request_t *r,
    ngx_http_screen_policy_t **policy);
static ngx_http_screen_ctx_t *ngx_http_screen_create_ctx(ngx_http_request_t *r,
    ngx_http_screen_policy_t *policy);
static ngx_int_t ngx_http_screen_headers(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_raw_part(ngx_http_screen_ctx_t *ctx,
    screen_str_t *declared, screen_str_t *disposition);
static ngx_int_t ngx_http_screen_read(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_body_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_screen_body_complete(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_judge(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_decided(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_failed(ngx_http_screen_ctx_t *ctx);


ngx_int_t
ngx_http_screen_handler(ngx_http_request_t *r)
{
    ngx_int_t                  rc;
    screen_str_t               method;
    ngx_http_screen_ctx_t     *ctx;
    ngx_http_screen_policy_t  *policy;

    if (r != r->main) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_screen_get_ctx(r);

    if (ctx) {

        switch (ctx->state) {

        case NGX_HTTP_SCREEN_DECIDED:
            return ngx_http_screen_act(ctx);

        case NGX_HTTP_SCREEN_READING:
        case NGX_HTTP_SCREEN_SCANNING:

            /* it was given up; this is an error page or post_action */

            ngx_http_screen_failed(ctx);
            return NGX_DECLINED;

        default:
            return NGX_DECLINED;
        }
    }

    if (r->headers_in.content_length_n < 0 && !r->headers_in.chunked) {
        return NGX_DECLINED;
    }

    if (r->discard_body) {
        return NGX_DECLINED;
    }

    rc = ngx_http_screen_select(r, &policy);

    if (rc != NGX_OK || policy == NULL) {
        return rc == NGX_OK ? NGX_DECLINED : rc;
    }

    method.data = r->method_name.data;
    method.len = r->method_name.len;

    if (!screen_policy_method(policy->core, &method)) {
        return NGX_DECLINED;
    }

    ctx = ngx_http_screen_create_ctx(r, policy);
    if (ctx == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (ngx_http_screen_headers(ctx) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    rc = ngx_http_screen_decide(ctx, SCREEN_KNOWN_HEADERS);

    if (rc == NGX_ERROR) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (rc == NGX_OK && !ctx->monitor
        && ctx->decision.action.verdict == SCREEN_VERDICT_REJECT)
    {
        ngx_http_screen_decided(ctx);
        return ngx_http_screen_act(ctx);
    }

    return ngx_http_screen_read(ctx);
}


ngx_http_screen_ctx_t *
ngx_http_screen_get_ctx(ngx_http_request_t *r)
{
    ngx_pool_cleanup_t     *cln;
    ngx_http_screen_ctx_t  *ctx;

    ctx = ngx_http_get_module_ctx(r, ngx_http_screen_module);

    if (ctx == NULL && (r->internal || r->filter_finalize)) {

        /* an internal redirect has cleared r->ctx */

        for (cln = r->pool->cleanup; cln; cln = cln->next) {
            if (cln->handler == ngx_http_screen_cleanup) {
                ctx = cln->data;
                ngx_http_set_ctx(r, ctx, ngx_http_screen_module);
                break;
            }
        }
    }

    return ctx;
}


static void
ngx_http_screen_cleanup(void *data)
{
    ngx_http_screen_ctx_t *ctx = data;

    ngx_http_screen_scan_close(ctx);
    ngx_http_screen_facts_leave(ctx);
    ngx_http_screen_likeness_leave(ctx);

    screen_digest_free(&ctx->digest);
    screen_digest_free(&ctx->body_digest);
}


static ngx_int_t
ngx_http_screen_select(ngx_http_request_t *r,
    ngx_http_screen_policy_t **policy)
{
    ngx_str_t                     name;
    ngx_http_screen_loc_conf_t   *slcf;
    ngx_http_screen_main_conf_t  *smcf;

    *policy = NULL;

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_screen_module);

    if (slcf->value == NULL) {
        return NGX_OK;
    }

    if (slcf->policy) {
        *policy = slcf->policy;
        return NGX_OK;
    }

    if (ngx_http_complex_value(r, slcf->value, &name) != NGX_OK) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    if (name.len == 0
        || (name.len == 3 && ngx_strncmp(name.data, "off", 3) == 0))
    {
        return NGX_OK;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_screen_module);

    *policy = ngx_http_screen_find_policy(smcf, &name);

    if (*policy == NULL) {

        /* to let it pass would be to trust a misspelt map */

        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "unknown screen policy \"%V\", evaluated from \"%V\"",
                      &name, &slcf->value->value);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    return NGX_OK;
}


static ngx_http_screen_ctx_t *
ngx_http_screen_create_ctx(ngx_http_request_t *r,
    ngx_http_screen_policy_t *policy)
{
    u_char                       random[NGX_HTTP_SCREEN_ID_LEN / 2];
    ngx_pool_cleanup_t          *cln;
    ngx_http_screen_ctx_t       *ctx;
    ngx_http_screen_loc_conf_t  *slcf;

    cln = ngx_pool_cleanup_add(r->pool, sizeof(ngx_http_screen_ctx_t));
    if (cln == NULL) {
        return NULL;
    }

    ctx = cln->data;
    ngx_memzero(ctx, sizeof(ngx_http_screen_ctx_t));

    ctx->scan.body = -1;
    cln->handler = ngx_http_screen_cleanup;

    ctx->request = r;
    ctx->policy = policy;
    ctx->conf = ngx_http_get_module_main_conf(r, ngx_http_screen_module);
    ctx->start = ngx_http_screen_now();

    slcf = ngx_http_get_module_loc_conf(r, ngx_http_screen_module);
    ctx->monitor = (slcf->mode == NGX_HTTP_SCREEN_MONITOR);

    ctx->alloc.alloc = ngx_http_screen_palloc;
    ctx->alloc.owner = r->pool;

    if (getrandom(random, sizeof(random), GRND_NONBLOCK) != sizeof(random)
        || ngx_array_init(&ctx->parts, r->pool, 4, sizeof(screen_part_t))
           != NGX_OK)
    {
        return NULL;
    }

    screen_hex_encode((char *) ctx->id, random, sizeof(random));

    ngx_http_set_ctx(r, ctx, ngx_http_screen_module);

    return ctx;
}


/* what the request's headers tell of the upload */

static ngx_int_t
ngx_http_screen_headers(ngx_http_screen_ctx_t *ctx)
{
    ngx_uint_t           i, types, names;
    screen_str_t         type = screen_null_str;
    screen_str_t         disposition = screen_null_str;
    ngx_list_part_t     *part;
    ngx_table_elt_t     *h;
    ngx_http_request_t  *r;

    r = ctx->request;
    types = 0;
    names = 0;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; /* void */ ; i++) {

        if (i >= part->nelts) {
            if (part->next == NULL) {
                break;
            }

            part = part->next;
            h = part->elts;
            i = 0;
        }

        if (h[i].key.len == sizeof("Content-Type") - 1
            && ngx_strcasecmp(h[i].key.data, (u_char *) "Content-Type") == 0)
        {
            if (types++ == 0) {
                type.data = h[i].value.data;
                type.len = h[i].value.len;
            }

        } else if (h[i].key.len == sizeof("Content-Disposition") - 1
                   && ngx_strcasecmp(h[i].key.data,
                                     (u_char *) "Content-Disposition")
                      == 0)
        {
            names++;
            disposition.data = h[i].value.data;
            disposition.len = h[i].value.len;
        }
    }

    screen_content_type_parse(&ctx->type, &type);

    if (types > 1) {
        ctx->type.framing |= SCREEN_FRAMING_CONTENT_TYPE;
    }

    if (names > 1 && ctx->type.kind == SCREEN_BODY_RAW) {
        ctx->type.framing |= SCREEN_FRAMING_DISPOSITION;
    }

    ctx->upload.method.data = r->method_name.data;
    ctx->upload.method.len = r->method_name.len;
    ctx->upload.declared_size = r->headers_in.content_length_n;

    if (ctx->type.kind == SCREEN_BODY_RAW
        && ngx_http_screen_raw_part(ctx, &type, &disposition) != NGX_OK)
    {
        return NGX_ERROR;
    }

    if (ctx->type.framing) {
        screen_upload_fault(&ctx->upload, SCREEN_FAULT_FRAMING,
                            screen_framing_name(ctx->type.framing));
    }

    return ngx_http_screen_body_start(ctx);
}


/* a raw body is one part, named by its header or by what it is PUT to */

static ngx_int_t
ngx_http_screen_raw_part(ngx_http_screen_ctx_t *ctx, screen_str_t *declared,
    screen_str_t *disposition)
{
    u_char                *p, *last, *space;
    screen_part_t         *part;
    ngx_http_request_t    *r;
    screen_disposition_t   d;

    r = ctx->request;

    part = ngx_array_push(&ctx->parts);
    if (part == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(part, sizeof(screen_part_t));

    part->declared = *declared;

    ctx->part = part;
    ctx->upload.parts = ctx->parts.elts;
    ctx->upload.nparts = 1;

    if (disposition->len) {
        space = ngx_pnalloc(r->pool, 2 * disposition->len);
        if (space == NULL) {
            return NGX_ERROR;
        }

        screen_disposition_parse(&d, disposition, space);

        ctx->type.framing |= d.framing & ~SCREEN_FRAMING_DISPOSITION;

        part->filename = d.filename;
        part->has_filename = d.has_filename;
    }

    if (r->method != NGX_HTTP_PUT) {
        return NGX_OK;
    }

    last = r->uri.data + r->uri.len;

    for (p = last; p > r->uri.data && p[-1] != '/'; p--) { /* void */ }

    if (p == last) {
        return NGX_OK;
    }

    if (part->has_filename) {

        /* DAV stores it by the URI, an application perhaps by the header */

        part->alias.data = p;
        part->alias.len = last - p;

    } else {
        part->filename.data = p;
        part->filename.len = last - p;
        part->has_filename = 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_read(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t            rc;
    ngx_http_request_t  *r;

    r = ctx->request;

    if (r->method == NGX_HTTP_PUT && r->content_handler == NULL) {

        /* it may be for DAV, which takes nothing but its own kind of file */

        r->request_body_in_file_only = 1;
        r->request_body_in_persistent_file = 1;
        r->request_body_in_clean_file = 1;
        r->request_body_file_group_access = 1;
        r->request_body_file_log_level = 0;
    }

    rc = ngx_http_read_client_request_body(r, ngx_http_screen_body_handler);

    if (rc >= NGX_HTTP_SPECIAL_RESPONSE) {

        ngx_http_screen_failed(ctx);
        return rc;
    }

    ngx_http_finalize_request(r, NGX_DONE);

    return NGX_DONE;
}


static void
ngx_http_screen_body_handler(ngx_http_request_t *r)
{
    ngx_int_t               rc;
    ngx_http_screen_ctx_t  *ctx;

    ctx = ngx_http_screen_get_ctx(r);

    r->read_event_handler = ngx_http_block_reading;

    rc = ngx_http_screen_body_complete(ctx);

    if (rc == NGX_AGAIN) {

        /* a client that gives up while its upload is scanned is noticed */

        r->read_event_handler = ngx_http_test_reading;
        r->write_event_handler = ngx_http_request_empty_handler;

        if (r->connection->read->ready) {

            /* its end may have come with the last byte of the body */

            ngx_post_event(r->connection->read, &ngx_posted_events);

        } else if (ngx_handle_read_event(r->connection->read, 0) != NGX_OK) {
            rc = NGX_ERROR;
        }
    }

    if (rc == NGX_AGAIN) {
        return;
    }

    if (rc != NGX_OK) {
        ngx_http_screen_failed(ctx);
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);
        return;
    }

    r->write_event_handler = ngx_http_core_run_phases;
    ngx_http_core_run_phases(r);
}


/* NGX_OK: decided; NGX_AGAIN: being scanned; NGX_ERROR */

static ngx_int_t
ngx_http_screen_body_complete(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t  rc;

    if (!ctx->filtered && ngx_http_screen_body_replay(ctx) != NGX_OK) {
        return NGX_ERROR;
    }

    ctx->read_time = ngx_http_screen_now() - ctx->start;
    ctx->start += ctx->read_time;

    if (ngx_http_screen_body_end(ctx) != NGX_OK
        || ngx_http_screen_bank_lookup(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    rc = ngx_http_screen_decide(ctx, SCREEN_KNOWN_BODY);

    ctx->lookup_time = ngx_http_screen_now() - ctx->start;

    if (rc == NGX_AGAIN && !ctx->sink) {
        ctx->state = NGX_HTTP_SCREEN_SCANNING;

        rc = ngx_http_screen_facts_start(ctx);

        if (rc == NGX_OK) {
            rc = ngx_http_screen_judge(ctx);
        }

        if (rc == NGX_AGAIN) {
            return NGX_AGAIN;
        }
    }

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    ngx_http_screen_decided(ctx);

    return NGX_OK;
}


/* all facts of scans are there: NGX_OK, NGX_AGAIN or NGX_ERROR */

static ngx_int_t
ngx_http_screen_judge(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_screen_decide(ctx, SCREEN_KNOWN_SCAN);

    return rc == NGX_AGAIN ? ngx_http_screen_likeness_start(ctx) : rc;
}


/* all facts are there, or faults are noted (NGX_OK), or NGX_ERROR */

void
ngx_http_screen_resume(ngx_http_screen_ctx_t *ctx, ngx_int_t rc)
{
    if (rc == NGX_OK) {
        rc = ngx_http_screen_judge(ctx);
    }

    if (rc != NGX_AGAIN) {
        ngx_http_screen_finish(ctx, rc);
    }
}


/* it is decided (NGX_OK), or NGX_ERROR */

void
ngx_http_screen_finish(ngx_http_screen_ctx_t *ctx, ngx_int_t rc)
{
    ngx_connection_t    *c;
    ngx_http_request_t  *r;

    r = ctx->request;
    c = r->connection;

    ngx_http_set_log_request(c->log, r);

    r->read_event_handler = ngx_http_block_reading;

    if (rc == NGX_ERROR) {
        ngx_http_screen_failed(ctx);
        ngx_http_finalize_request(r, NGX_HTTP_INTERNAL_SERVER_ERROR);

    } else {
        ngx_http_screen_decided(ctx);

        r->write_event_handler = ngx_http_core_run_phases;
        ngx_http_core_run_phases(r);
    }

    ngx_http_run_posted_requests(c);
}


ngx_int_t
ngx_http_screen_decide(ngx_http_screen_ctx_t *ctx, screen_known_t known)
{
    switch (screen_policy_decide(ctx->policy->core, &ctx->upload, known,
                                 &ctx->alloc, &ctx->decision))
    {
    case SCREEN_OK:
        return NGX_OK;

    case SCREEN_AGAIN:
        return NGX_AGAIN;

    default:
        return NGX_ERROR;
    }
}


static void
ngx_http_screen_decided(ngx_http_screen_ctx_t *ctx)
{
    ctx->state = NGX_HTTP_SCREEN_DECIDED;
    ctx->time = ngx_http_screen_now() - ctx->start;

    ngx_http_screen_count(ctx);
    ngx_http_screen_log_decision(ctx);
    ngx_http_screen_event(ctx);
}


/* half a body is for nobody, an error page's location included */

static void
ngx_http_screen_failed(ngx_http_screen_ctx_t *ctx)
{
    ctx->state = NGX_HTTP_SCREEN_FAILED;

    ngx_http_screen_scan_close(ctx);
    ngx_http_screen_drop_body(ctx->request);
}
