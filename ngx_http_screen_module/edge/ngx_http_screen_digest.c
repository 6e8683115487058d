
/*
 * Which digests an upload needs.  SHA-256 of what somebody asks for in the
 * configuration, a bank, the cache, the events, quarantine, a variable, is
 * taken while the bytes arrive.  Who asks for it by a name that only turns up
 * at run time (SSI, a script) gets it too, but from the body that nginx has
 * kept, in one go.
 */


#include "ngx_http_screen_zone.h"


#define NGX_HTTP_SCREEN_DIGEST_SIZE  65536


static ngx_uint_t ngx_http_screen_digest_variables(
    ngx_http_screen_ctx_t *ctx);
static int ngx_http_screen_digest_buf(ngx_http_request_t *r,
    screen_digest_t *d, ngx_buf_t *b, off_t start, off_t end);


/* what a policy needs wherever it is in force; all directives are known */

void
ngx_http_screen_digest_setup(ngx_http_screen_main_conf_t *smcf)
{
    ngx_uint_t                  i;
    screen_place_t              place;
    ngx_http_screen_policy_t  **policy;

    policy = smcf->policies.elts;

    for (i = 0; i < smcf->policies.nelts; i++) {

        policy[i]->digest = (smcf->zone
                             && screen_policy_scans(policy[i]->core))
                            || screen_policy_quarantines(policy[i]->core,
                                                         &place);
    }
}


unsigned
ngx_http_screen_digest_signals(ngx_http_screen_ctx_t *ctx)
{
    unsigned                     signals;
    ngx_http_screen_loc_conf_t  *slcf;

    signals = ngx_http_screen_bank_signals(ctx);

    slcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_screen_module);

    if (ctx->policy->digest
        || ((slcf->event_log || ctx->conf->stream)
            && slcf->events != NGX_HTTP_SCREEN_EVENTS_OFF)
        || ngx_http_screen_digest_variables(ctx))
    {
        signals |= 1u << SCREEN_SIGNAL_SHA256;
    }

    return signals;
}


/*
 * Whether anything in the configuration uses one of the variables of digests:
 * whatever does has an index of it, and all indices are there before the
 * first request.
 */

static ngx_uint_t
ngx_http_screen_digest_variables(ngx_http_screen_ctx_t *ctx)
{
    ngx_str_t                    name;
    ngx_uint_t                   i;
    ngx_http_variable_t         *v;
    ngx_http_core_main_conf_t   *cmcf;

    if (ctx->conf->digest_variables != NGX_CONF_UNSET_UINT) {
        return ctx->conf->digest_variables;
    }

    cmcf = ngx_http_get_module_main_conf(ctx->request, ngx_http_core_module);

    v = cmcf->variables.elts;
    ctx->conf->digest_variables = 0;

    for (i = 0; i < cmcf->variables.nelts; i++) {
        name = v[i].name;

        if ((name.len == sizeof("screen_sha256") - 1
             && ngx_strncmp(name.data, "screen_sha256", name.len) == 0)
            || (name.len == sizeof("screen_body_sha256") - 1
                && ngx_strncmp(name.data, "screen_body_sha256", name.len)
                   == 0))
        {
            ctx->conf->digest_variables = 1;
            break;
        }
    }

    return ctx->conf->digest_variables;
}


/* of a range of the body that was read; to is untouched after a failure */

ngx_int_t
ngx_http_screen_digest_range(ngx_http_screen_ctx_t *ctx, off_t offset,
    off_t size, u_char *to)
{
    int              rc;
    off_t            pos, len, start, end;
    ngx_buf_t       *b;
    ngx_chain_t     *cl;
    screen_digest_t  d;

    if (ctx->body == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(&d, sizeof(screen_digest_t));

    rc = screen_digest_start(&d, 1u << SCREEN_SIGNAL_SHA256);

    pos = 0;

    for (cl = ctx->body->bufs; cl && rc == SCREEN_OK; cl = cl->next) {
        b = cl->buf;

        len = b->in_file ? b->file_last - b->file_pos : b->last - b->pos;
        start = ngx_max(offset, pos);
        end = ngx_min(offset + size, pos + len);

        if (start < end) {
            rc = ngx_http_screen_digest_buf(ctx->request, &d, b, start - pos,
                                            end - pos);
        }

        pos += len;
    }

    if (rc == SCREEN_OK && pos < offset + size) {
        rc = SCREEN_ERROR;
    }

    if (rc == SCREEN_OK) {
        screen_digest_final(&d, SCREEN_SIGNAL_SHA256, to);
    }

    screen_digest_free(&d);

    return rc == SCREEN_OK ? NGX_OK : NGX_ERROR;
}


static int
ngx_http_screen_digest_buf(ngx_http_request_t *r, screen_digest_t *d,
    ngx_buf_t *b, off_t start, off_t end)
{
    u_char   *buf;
    size_t    size;
    ssize_t   n;

    if (!b->in_file) {
        screen_digest_update(d, b->pos + start, end - start);
        return SCREEN_OK;
    }

    buf = ngx_alloc(NGX_HTTP_SCREEN_DIGEST_SIZE, r->connection->log);
    if (buf == NULL) {
        return SCREEN_NOMEM;
    }

    while (start < end) {
        size = ngx_min(end - start, NGX_HTTP_SCREEN_DIGEST_SIZE);
        n = ngx_read_file(b->file, buf, size, b->file_pos + start);

        if (n <= 0) {
            break;
        }

        screen_digest_update(d, buf, n);
        start += n;
    }

    ngx_free(buf);

    return start < end ? SCREEN_ERROR : SCREEN_OK;
}


ngx_int_t
ngx_http_screen_digest_part(ngx_http_screen_ctx_t *ctx, screen_part_t *part)
{
    if (part->digests & 1u << SCREEN_SIGNAL_SHA256) {
        return NGX_OK;
    }

    if (ngx_http_screen_digest_range(ctx,
                                     part->whole ? 0 : (off_t) part->offset,
                                     (off_t) part->size, part->sha256)
        != NGX_OK)
    {
        return NGX_ERROR;
    }

    part->digests |= 1u << SCREEN_SIGNAL_SHA256;

    return NGX_OK;
}
