
/*
 * The record of decisions: one event each, for the stream in Redis, and as a
 * line of JSON in a log file that is one of nginx's own open files, and so is
 * reopened by USR1.
 */


#include "ngx_http_screen_zone.h"

#include "screen_record.h"


#define NGX_HTTP_SCREEN_EVENT_SILENCE  60       /* s, between complaints */


struct ngx_http_screen_event_log_s {
    ngx_open_file_t  *file;

    /* of this process */
    time_t            error;        /* when a failure was logged */
    ngx_uint_t        torn;         /* the last line was not all written */
};


static ngx_uint_t ngx_http_screen_event_wanted(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_loc_conf_t *slcf);
static ngx_int_t ngx_http_screen_event_write(
    ngx_http_screen_event_log_t *elog, screen_buf_t *b, ngx_log_t *log);


char *
ngx_http_screen_event_log(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_loc_conf_t *slcf = conf;

    ngx_str_t  *value;

    if (slcf->event_log != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        slcf->event_log = NULL;
        return NGX_CONF_OK;
    }

    if (value[1].len == 0
        || ngx_strlchr(value[1].data, value[1].data + value[1].len, '$')
        || ngx_strncmp(value[1].data, "syslog:", 7) == 0)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid path \"%V\" of screen_event_log: "
                           "expected a file, without variables, or off",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    slcf->event_log = ngx_pcalloc(cf->pool,
                                  sizeof(ngx_http_screen_event_log_t));
    if (slcf->event_log == NULL) {
        return NGX_CONF_ERROR;
    }

    slcf->event_log->file = ngx_conf_open_file(cf->cycle, &value[1]);

    return slcf->event_log->file ? NGX_CONF_OK : NGX_CONF_ERROR;
}


void
ngx_http_screen_event(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t                    rc;
    screen_buf_t                 b;
    ngx_http_screen_loc_conf_t  *slcf;
    ngx_http_screen_counters_t  *counters;

    slcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_screen_module);

    if (!ngx_http_screen_event_wanted(ctx, slcf)) {
        return;
    }

    rc = ngx_http_screen_event_encode(ctx, &b);

    if (rc == NGX_OK && ctx->conf->stream) {

        /* without the end of the line */

        ngx_http_screen_stream_add(ctx->conf->stream, b.data, b.len - 1);
    }

    if (rc == NGX_OK && slcf->event_log) {
        rc = ngx_http_screen_event_write(slcf->event_log, &b,
                                         ctx->request->connection->log);
    }

    screen_buf_free(&b);

    if (ctx->conf->zone) {
        counters = &ctx->conf->zone->shared->counters;

        (void) ngx_atomic_fetch_add(&counters->events, 1);

        if (rc != NGX_OK) {
            (void) ngx_atomic_fetch_add(&counters->events_dropped, 1);
        }
    }
}


static ngx_uint_t
ngx_http_screen_event_wanted(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_loc_conf_t *slcf)
{
    if (slcf->event_log == NULL && ctx->conf->stream == NULL) {
        return 0;
    }

    switch (slcf->events) {

    case NGX_HTTP_SCREEN_EVENTS_OFF:
        return 0;

    case NGX_HTTP_SCREEN_EVENTS_ALL:
        return 1;

    default:
        return ctx->decision.verdict != SCREEN_VERDICT_PASS;
    }
}


/* the buffer is to be freed in any case */

ngx_int_t
ngx_http_screen_event_encode(ngx_http_screen_ctx_t *ctx, screen_buf_t *b)
{
    ngx_time_t                *tp;
    screen_record_t            rec;
    ngx_http_core_loc_conf_t  *clcf;
    ngx_http_core_srv_conf_t  *cscf;

    clcf = ngx_http_get_module_loc_conf(ctx->request, ngx_http_core_module);
    cscf = ngx_http_get_module_srv_conf(ctx->request, ngx_http_core_module);
    tp = ngx_timeofday();

    ngx_memzero(&rec, sizeof(screen_record_t));

    rec.id.data = ctx->id;
    rec.id.len = sizeof(ctx->id);
    rec.time = (uint64_t) tp->sec * 1000 + tp->msec;
    rec.server.data = cscf->server_name.data;
    rec.server.len = cscf->server_name.len;
    rec.location.data = clcf->name.data;
    rec.location.len = clcf->name.len;
    rec.client.data = ctx->request->connection->addr_text.data;
    rec.client.len = ctx->request->connection->addr_text.len;

    rec.policy = ctx->policy->core;
    rec.upload = &ctx->upload;
    rec.decision = &ctx->decision;
    rec.action = ngx_http_screen_done(ctx);

    if (ctx->scanned || ctx->hits) {
        rec.cache = ctx->scanned ? "miss" : "hit";
    }

    rec.read = ctx->read_time;
    rec.lookup = ctx->lookup_time;
    rec.scan = ctx->time - ctx->lookup_time;
    rec.total = ctx->time;

    rec.monitor = ctx->monitor;
    rec.form = ctx->multipart != NULL;
    rec.complete = ctx->body_known && !ctx->sink;
    rec.timed = ctx->body_known;
    rec.scanned = ctx->facts != NULL;

    screen_buf_init(b, SCREEN_RECORD_LIMIT);
    screen_record_encode(b, &rec);

    return b->code == SCREEN_OK ? NGX_OK : NGX_ERROR;
}


/*
 * All in one write, which O_APPEND makes one with regard to other workers.
 * Part of a line, on a full disk, must not spoil the next one.
 */

static ngx_int_t
ngx_http_screen_event_write(ngx_http_screen_event_log_t *elog,
    screen_buf_t *b, ngx_log_t *log)
{
    ssize_t       n;
    ngx_err_t     err;
    struct iovec  iov[2];

    iov[0].iov_base = "\n";
    iov[0].iov_len = elog->torn ? 1 : 0;
    iov[1].iov_base = b->data;
    iov[1].iov_len = b->len;

    n = writev(elog->file->fd, iov, 2);

    if (n == (ssize_t) (iov[0].iov_len + b->len)) {
        elog->torn = 0;
        return NGX_OK;
    }

    err = (n == -1) ? ngx_errno : NGX_ENOSPC;

    if (n > 0) {
        elog->torn = 1;
    }

    if (ngx_time() - elog->error >= NGX_HTTP_SCREEN_EVENT_SILENCE) {
        elog->error = ngx_time();

        ngx_log_error(NGX_LOG_ERR, log, err,
                      "screen: writing an event to \"%V\" failed, "
                      "it is lost", &elog->file->name);
    }

    return NGX_ERROR;
}
