
/*
 * Reports of scans in Redis, for all edges: what one has paid for, all may
 * use.  They are asked for once the shared zone does not know, and believed
 * as little as those of a scanner.
 */


#include "ngx_http_screen_zone.h"


static ngx_int_t ngx_http_screen_reports_key(ngx_http_screen_ctx_t *ctx,
    ngx_uint_t i, ngx_str_t *key);
static void ngx_http_screen_reports_got(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply);
static void ngx_http_screen_reports_kept(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply);


char *
ngx_http_screen_reports(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    time_t      ttl;
    ngx_str_t  *value, s;

    if (smcf->reports_ttl != NGX_CONF_UNSET) {
        return "is duplicate";
    }

    value = cf->args->elts;

    smcf->reports_ttl = 24 * 3600;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        smcf->reports_ttl = 0;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\": expected on or off",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    if (cf->args->nelts == 2) {
        return NGX_CONF_OK;
    }

    if (ngx_strncmp(value[2].data, "ttl=", 4) == 0) {
        s.data = value[2].data + 4;
        s.len = value[2].len - 4;

        ttl = ngx_parse_time(&s, 1);

        if (ttl != (time_t) NGX_ERROR && ttl > 0) {
            smcf->reports_ttl = ttl;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": expected ttl=TIME of 1s or "
                       "more", &value[2]);

    return NGX_CONF_ERROR;
}


/*
 * PREFIXreport:ENGINE:SHA-256, and what stands for the file name where the
 * engine's rules look at it.
 */

static ngx_int_t
ngx_http_screen_reports_key(ngx_http_screen_ctx_t *ctx, ngx_uint_t i,
    ngx_str_t *key)
{
    u_char        *p;
    screen_str_t  *prefix;

    prefix = &ctx->conf->redis.servers[0].prefix;

    key->data = ngx_pnalloc(ctx->request->pool,
                            prefix->len + sizeof("report:::") + 3 * 64);
    if (key->data == NULL) {
        return NGX_ERROR;
    }

    p = ngx_cpymem(key->data, prefix->data, prefix->len);
    p = ngx_cpymem(p, "report:", sizeof("report:") - 1);

    screen_hex_encode((char *) p, ctx->policy->id, 32);
    p += 64;
    *p++ = ':';

    screen_hex_encode((char *) p, ctx->upload.parts[i].sha256, 32);
    p += 64;

    if (ctx->policy->names) {
        *p++ = ':';
        screen_hex_encode((char *) p, ctx->facts[i].key, 32);
        p += 64;
    }

    key->len = p - key->data;

    return NGX_OK;
}


/* NGX_OK: the answer comes later; NGX_DECLINED: nobody is asked */

ngx_int_t
ngx_http_screen_reports_get(ngx_http_screen_ctx_t *ctx, ngx_uint_t i)
{
    ngx_int_t                rc;
    ngx_str_t                argv[2];
    ngx_http_screen_fact_t  *fact;

    if (ctx->conf->redis_client == NULL || ctx->conf->reports_ttl == 0) {
        return NGX_DECLINED;
    }

    fact = &ctx->facts[i];

    ngx_str_set(&argv[0], "GET");

    if (ngx_http_screen_reports_key(ctx, i, &argv[1]) != NGX_OK) {
        return NGX_DECLINED;
    }

    fact->ctx = ctx;

    rc = ngx_http_screen_redis_command(ctx->conf->redis_client, argv, 2, 1, 0,
                                       ngx_http_screen_reports_got, fact,
                                       &fact->call);

    if (rc != NGX_OK) {
        ngx_http_screen_count_redis(ctx->conf, rc);
    }

    return rc == NGX_OK ? NGX_OK : NGX_DECLINED;
}


static void
ngx_http_screen_reports_got(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_http_screen_fact_t *fact = data;

    int                      code;
    screen_report_engine_t   engine;
    ngx_http_screen_ctx_t   *ctx;

    fact->call = NULL;
    ctx = fact->ctx;

    ngx_http_screen_count_redis(ctx->conf, rc);

    if (rc == NGX_OK && reply->type == NGX_HTTP_SCREEN_REDIS_STRING) {

        engine = screen_policy_report(ctx->policy->core);
        code = screen_report_decode_part(&ctx->upload.parts[fact - ctx->facts],
                                         &engine,
                                         reply->text.data, reply->text.len,
                                         &ctx->alloc);
        if (code == SCREEN_OK) {
            ngx_http_screen_facts_told(ctx, fact, &reply->text);
            return;
        }

        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "a report in Redis is invalid, and is not believed");
    }

    ngx_http_screen_facts_told(ctx, fact, NULL);
}


void
ngx_http_screen_reports_put(ngx_http_screen_ctx_t *ctx, ngx_uint_t i,
    ngx_str_t *report)
{
    u_char     ttl[NGX_TIME_T_LEN];
    ngx_str_t  argv[5];

    if (ctx->conf->redis_client == NULL || ctx->conf->reports_ttl == 0) {
        return;
    }

    ngx_str_set(&argv[0], "SET");
    argv[2] = *report;
    ngx_str_set(&argv[3], "EX");
    argv[4].data = ttl;
    argv[4].len = ngx_sprintf(ttl, "%T", ctx->conf->reports_ttl) - ttl;

    if (ngx_http_screen_reports_key(ctx, i, &argv[1]) == NGX_OK) {
        (void) ngx_http_screen_redis_command(ctx->conf->redis_client, argv, 5,
                                             1, 0,
                                             ngx_http_screen_reports_kept,
                                             NULL, NULL);
    }
}


/* whether it was kept is Redis' affair: the client counts what goes wrong */

static void
ngx_http_screen_reports_kept(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
}
