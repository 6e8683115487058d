
/*
 * The variables.  They exist for every request and are empty ("-" in a log)
 * for one that was not screened.  What an uploader may have written comes
 * escaped, because variables end up in headers and logs.
 */


#include "ngx_http_screen_module.h"


typedef ngx_int_t (*ngx_http_screen_variable_pt)(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);


static ngx_int_t ngx_http_screen_variable(ngx_http_request_t *r,
    ngx_http_variable_value_t *v, uintptr_t data);
static ngx_int_t ngx_http_screen_var_verdict(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_action(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_status(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_reason(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_matches(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_sha256(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_body_sha256(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_files(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_bytes(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_time(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_cache(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_id(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);
static ngx_int_t ngx_http_screen_var_policy(ngx_http_screen_ctx_t *ctx,
    ngx_str_t *value);


static const struct {
    ngx_str_t                     name;
    ngx_http_screen_variable_pt   get;
    ngx_uint_t                    early;     /* known before the decision */
} ngx_http_screen_variables[] = {
    { ngx_string("screen_verdict"), ngx_http_screen_var_verdict, 0 },
    { ngx_string("screen_action"), ngx_http_screen_var_action, 0 },
    { ngx_string("screen_status"), ngx_http_screen_var_status, 0 },
    { ngx_string("screen_reason"), ngx_http_screen_var_reason, 0 },
    { ngx_string("screen_matches"), ngx_http_screen_var_matches, 0 },
    { ngx_string("screen_sha256"), ngx_http_screen_var_sha256, 0 },
    { ngx_string("screen_body_sha256"), ngx_http_screen_var_body_sha256, 0 },
    { ngx_string("screen_files"), ngx_http_screen_var_files, 0 },
    { ngx_string("screen_bytes"), ngx_http_screen_var_bytes, 0 },
    { ngx_string("screen_time"), ngx_http_screen_var_time, 0 },
    { ngx_string("screen_cache"), ngx_http_screen_var_cache, 0 },
    { ngx_string("screen_id"), ngx_http_screen_var_id, 1 },
    { ngx_string("screen_policy"), ngx_http_screen_var_policy, 1 },
};


ngx_int_t
ngx_http_screen_add_variables(ngx_conf_t *cf)
{
    ngx_str_t             name;
    ngx_uint_t            i;
    ngx_http_variable_t  *var;

    for (i = 0; i < sizeof(ngx_http_screen_variables)
                    / sizeof(ngx_http_screen_variables[0]); i++)
    {
        name = ngx_http_screen_variables[i].name;

        var = ngx_http_add_variable(cf, &name, NGX_HTTP_VAR_NOCACHEABLE);
        if (var == NULL) {
            return NGX_ERROR;
        }

        var->get_handler = ngx_http_screen_variable;
        var->data = i;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_variable(ngx_http_request_t *r, ngx_http_variable_value_t *v,
    uintptr_t data)
{
    ngx_int_t               rc;
    ngx_str_t               value;
    ngx_http_screen_ctx_t  *ctx;

    ctx = ngx_http_screen_get_ctx(r->main);

    if (ctx == NULL
        || (ctx->state < NGX_HTTP_SCREEN_DECIDED
            && !ngx_http_screen_variables[data].early))
    {
        v->not_found = 1;
        return NGX_OK;
    }

    ngx_str_null(&value);

    rc = ngx_http_screen_variables[data].get(ctx, &value);

    if (rc == NGX_ERROR) {
        return NGX_ERROR;
    }

    if (rc == NGX_DECLINED) {
        v->not_found = 1;
        return NGX_OK;
    }

    v->valid = 1;
    v->no_cacheable = 0;
    v->not_found = 0;
    v->len = value.len;
    v->data = value.data;

    return NGX_OK;
}


/*
 * Percent-encodes what could end a header line, a log line or an element of
 * a comma-separated list, and the percent sign itself; UTF-8 stays readable.
 */

ngx_int_t
ngx_http_screen_escape(ngx_pool_t *pool, const screen_str_t *from,
    ngx_str_t *to)
{
    u_char  *p, c;
    size_t   i;

    static const u_char  hex[] = "0123456789ABCDEF";

    to->data = ngx_pnalloc(pool, ngx_max(3 * from->len, 1));
    if (to->data == NULL) {
        return NGX_ERROR;
    }

    p = to->data;

    for (i = 0; i < from->len; i++) {
        c = from->data[i];

        if (c < 0x20 || c == 0x7f || c == '%' || c == ',' || c == '"') {
            *p++ = '%';
            *p++ = hex[c >> 4];
            *p++ = hex[c & 0x0f];

        } else {
            *p++ = c;
        }
    }

    to->len = p - to->data;

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_text(ngx_str_t *value, const char *text)
{
    value->data = (u_char *) text;
    value->len = ngx_strlen(text);

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_printf(ngx_http_screen_ctx_t *ctx, ngx_str_t *value,
    size_t size, const char *fmt, ...)
{
    va_list  args;

    value->data = ngx_pnalloc(ctx->request->pool, size);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    va_start(args, fmt);
    value->len = ngx_vslprintf(value->data, value->data + size, fmt, args)
                 - value->data;
    va_end(args);

    return NGX_OK;
}


/* appends to a list that was made with room enough */

static void
ngx_http_screen_append(ngx_str_t *list, ngx_str_t *element)
{
    if (list->len) {
        list->data[list->len++] = ',';
    }

    ngx_memcpy(list->data + list->len, element->data, element->len);
    list->len += element->len;
}


static ngx_int_t
ngx_http_screen_var_verdict(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    return ngx_http_screen_text(value,
                                screen_verdict_name(ctx->decision.verdict));
}


static ngx_int_t
ngx_http_screen_var_action(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    return ngx_http_screen_text(value,
                               screen_verdict_name(ngx_http_screen_done(ctx)));
}


static ngx_int_t
ngx_http_screen_var_status(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->decision.action.verdict < SCREEN_VERDICT_QUARANTINE) {
        return NGX_DECLINED;
    }

    return ngx_http_screen_printf(ctx, value, NGX_INT_T_LEN, "%ui",
                                  (ngx_uint_t) ctx->decision.action.status);
}


static ngx_int_t
ngx_http_screen_var_reason(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    if (ctx->decision.reason.len == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_screen_escape(ctx->request->pool, &ctx->decision.reason,
                                  value);
}


static ngx_int_t
ngx_http_screen_var_matches(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    size_t              i, len;
    ngx_str_t           s;
    screen_decision_t  *d;

    d = &ctx->decision;

    if (d->nmatched == 0) {
        return NGX_DECLINED;
    }

    for (len = 0, i = 0; i < d->nmatched; i++) {
        len += 3 * d->matched[i].text.len + 1;
    }

    value->data = ngx_pnalloc(ctx->request->pool, len);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < d->nmatched; i++) {
        if (ngx_http_screen_escape(ctx->request->pool, &d->matched[i].text,
                                   &s)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_screen_append(value, &s);
    }

    return NGX_OK;
}


/* 1 if anything that matched is about this part */

static ngx_uint_t
ngx_http_screen_part_matched(ngx_http_screen_ctx_t *ctx, size_t part)
{
    size_t  i;

    for (i = 0; i < ctx->decision.nmatched; i++) {
        if (ctx->decision.matched[i].part == (int) part) {
            return 1;
        }
    }

    return 0;
}


/*
 * Files, and whatever else matched: the digest of a short text field that
 * nobody asked about would give the field away.
 */

static ngx_int_t
ngx_http_screen_var_sha256(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    size_t          i;
    u_char          hex[64];
    ngx_str_t       s;
    screen_part_t  *part;

    if (!ctx->body_known || ctx->sink) {
        return NGX_DECLINED;
    }

    value->data = ngx_pnalloc(ctx->request->pool,
                              ctx->upload.nparts * 65 + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    s.data = hex;
    s.len = sizeof(hex);

    for (i = 0; i < ctx->upload.nparts; i++) {
        part = &ctx->upload.parts[i];

        if (ctx->multipart && !part->has_filename
            && !ngx_http_screen_part_matched(ctx, i))
        {
            continue;
        }

        if (ngx_http_screen_digest_part(ctx, part) != NGX_OK) {
            return NGX_ERROR;
        }

        screen_hex_encode((char *) hex, part->sha256, 32);
        ngx_http_screen_append(value, &s);
    }

    return value->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_screen_var_body_sha256(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    if (!ctx->body_known || ctx->sink) {
        return NGX_DECLINED;
    }

    if (!ctx->body_digested
        && ngx_http_screen_digest_range(ctx, 0, (off_t) ctx->upload.size,
                                        ctx->body_sha256)
           != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->body_digested = 1;

    value->data = ngx_pnalloc(ctx->request->pool, 64);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    screen_hex_encode((char *) value->data, ctx->body_sha256, 32);
    value->len = 64;

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_var_files(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    size_t          i, len;
    ngx_str_t       s;
    screen_part_t  *part;

    for (len = 0, i = 0; i < ctx->upload.nparts; i++) {
        len += 3 * ctx->upload.parts[i].filename.len + 1;
    }

    value->data = ngx_pnalloc(ctx->request->pool, len + 1);
    if (value->data == NULL) {
        return NGX_ERROR;
    }

    for (i = 0; i < ctx->upload.nparts; i++) {
        part = &ctx->upload.parts[i];

        if (!part->has_filename || part->filename.len == 0) {
            continue;
        }

        if (ngx_http_screen_escape(ctx->request->pool, &part->filename, &s)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        ngx_http_screen_append(value, &s);
    }

    return value->len ? NGX_OK : NGX_DECLINED;
}


static ngx_int_t
ngx_http_screen_var_bytes(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    return ngx_http_screen_printf(ctx, value, NGX_OFF_T_LEN, "%uL",
                                  ctx->upload.size);
}


static ngx_int_t
ngx_http_screen_var_time(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    uint64_t  us;

    us = ctx->time / 1000;

    return ngx_http_screen_printf(ctx, value, NGX_INT64_LEN + 8, "%uL.%06uL",
                                  us / 1000000, us % 1000000);
}


static ngx_int_t
ngx_http_screen_var_cache(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    if (!ctx->scanned && ctx->hits == 0) {
        return NGX_DECLINED;
    }

    return ngx_http_screen_text(value, ctx->scanned ? "miss" : "hit");
}


static ngx_int_t
ngx_http_screen_var_id(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    value->data = ctx->id;
    value->len = NGX_HTTP_SCREEN_ID_LEN;

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_var_policy(ngx_http_screen_ctx_t *ctx, ngx_str_t *value)
{
    value->data = (u_char *) ctx->policy->core->name.data;
    value->len = ctx->policy->core->name.len;

    return NGX_OK;
}
