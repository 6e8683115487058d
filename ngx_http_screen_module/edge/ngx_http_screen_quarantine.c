
/*
 * Quarantine: copies of what matched, made in nginx's thread pool.  It is
 * there in every worker, it waits for its tasks when the worker ends, and a
 * slow disk holds no event loop up; the companion's processes, on the other
 * hand, have no files and may be ended at any time.
 *
 * The client is answered as soon as a copy has been handed over: the body's
 * descriptor, and all that is to be known of it, are the task's own.
 */


#include "ngx_http_screen_zone.h"

#include "screen_quarantine.h"
#include "screen_record.h"


#define NGX_HTTP_SCREEN_QUARANTINE_PARTS    100
#define NGX_HTTP_SCREEN_QUARANTINE_PENDING  256      /* tasks of a worker */
#define NGX_HTTP_SCREEN_QUARANTINE_EXPIRE   60000    /* ms */


struct ngx_http_screen_vault_s {
    screen_quarantine_t           store;
#if (NGX_THREADS)
    ngx_thread_pool_t            *threads;
#endif

    /* of this process */
    ngx_uint_t                    pending;
};


static char *ngx_http_screen_quarantine_param(ngx_conf_t *cf,
    screen_quarantine_t *store, ngx_str_t *value);
static ngx_msec_t ngx_http_screen_quarantine_expire(void *data);

#if (NGX_THREADS)

typedef struct {
    char                          name[SCREEN_QUARANTINE_NAME + 1];
    uint64_t                      offset;
    uint64_t                      size;
} ngx_http_screen_copy_t;


/* what a thread works on; nobody else touches it until it is done */

typedef struct {
    ngx_pool_t                   *pool;
    ngx_http_screen_main_conf_t  *conf;
    int                           fd;              /* the body */
    u_char                        id[NGX_HTTP_SCREEN_ID_LEN];
    screen_buf_t                  record;
    ngx_http_screen_copy_t       *copies;
    ngx_uint_t                    ncopies;
    ngx_uint_t                    failed;
    ngx_uint_t                    full;            /* of these */
    screen_error_t                err;             /* of the last failure */
} ngx_http_screen_quarantine_t;


static ngx_int_t ngx_http_screen_quarantine_post(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_quarantine_copies(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_quarantine_t *job);
static void ngx_http_screen_quarantine_part(ngx_http_screen_quarantine_t *job,
    screen_part_t *part);
static void ngx_http_screen_quarantine_thread(void *data, ngx_log_t *log);
static void ngx_http_screen_quarantine_done(ngx_event_t *ev);
static void ngx_http_screen_quarantine_free(
    ngx_http_screen_quarantine_t *job);

#endif


char *
ngx_http_screen_quarantine_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    char                     *rv;
    ngx_str_t                *value;
    ngx_uint_t                i;
    ngx_path_t               *path;
    ngx_http_screen_vault_t  *vault;

    if (smcf->vault) {
        return "is duplicate";
    }

    value = cf->args->elts;

    vault = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_vault_t));
    path = ngx_pcalloc(cf->pool, sizeof(ngx_path_t));

    if (vault == NULL || path == NULL) {
        return NGX_CONF_ERROR;
    }

#if (NGX_THREADS)

    vault->threads = ngx_thread_pool_add(cf, NULL);
    if (vault->threads == NULL) {
        return NGX_CONF_ERROR;
    }

#else

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "screen_quarantine_path needs an nginx that was built "
                       "--with-threads");
    return NGX_CONF_ERROR;

#endif

    path->name = value[1];

    if (path->name.len > 1 && path->name.data[path->name.len - 1] == '/') {
        path->name.len--;
        path->name.data[path->name.len] = '\0';
    }

    if (path->name.len == 0
        || ngx_conf_full_name(cf->cycle, &path->name, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    vault->store.path = (char *) path->name.data;
    vault->store.max_size = 1024 * 1024 * 1024;
    vault->store.max_files = 10000;
    vault->store.max_age = 30 * 24 * 3600;

    for (i = 2; i < cf->args->nelts; i++) {
        rv = ngx_http_screen_quarantine_param(cf, &vault->store, &value[i]);

        if (rv != NGX_CONF_OK) {
            return rv;
        }
    }

    /* nginx makes the folder, 0700, and gives it to the workers' user */

    path->manager = ngx_http_screen_quarantine_expire;
    path->data = vault;
    path->conf_file = cf->conf_file->file.name.data;
    path->line = cf->conf_file->line;

    if (ngx_add_path(cf, &path) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    smcf->vault = vault;

    return NGX_CONF_OK;
}


static char *
ngx_http_screen_quarantine_param(ngx_conf_t *cf, screen_quarantine_t *store,
    ngx_str_t *value)
{
    off_t      size;
    ngx_int_t  n;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "max_size=", 9) == 0) {
        s.data = value->data + 9;
        s.len = value->len - 9;

        size = ngx_parse_offset(&s);

        if (size >= 0) {
            store->max_size = size;
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "max_files=", 10) == 0) {
        n = ngx_atoi(value->data + 10, value->len - 10);

        if (n >= 0) {
            store->max_files = n;
            return NGX_CONF_OK;
        }

    } else if (ngx_strncmp(value->data, "max_age=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;

        n = ngx_parse_time(&s, 1);

        if (n >= 0) {
            store->max_age = n;
            return NGX_CONF_OK;
        }
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\": expected max_size=SIZE, "
                       "max_files=NUMBER or max_age=TIME (0 is no limit)",
                       value);

    return NGX_CONF_ERROR;
}


/* in the cache manager process, which may block */

static ngx_msec_t
ngx_http_screen_quarantine_expire(void *data)
{
    ngx_http_screen_vault_t *vault = data;

    screen_error_t  err;

    if (screen_quarantine_expire(&vault->store, &err) != SCREEN_OK) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "screen: quarantine \"%s\": %s", err.file, err.text);
    }

    return NGX_HTTP_SCREEN_QUARANTINE_EXPIRE;
}


/* whatever becomes of the copy, the client is told no */

void
ngx_http_screen_quarantine(ngx_http_screen_ctx_t *ctx)
{
#if (NGX_THREADS)

    if (ngx_http_screen_quarantine_post(ctx) == NGX_OK) {
        return;
    }

#endif

    ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                  "screen: quarantine failed, upload %*s is lost: nothing "
                  "could be handed over",
                  (size_t) NGX_HTTP_SCREEN_ID_LEN, ctx->id);

    if (ctx->conf->zone) {
        (void) ngx_atomic_fetch_add(&ctx->conf->zone->shared->counters
                                         .quarantine_failed, 1);
    }
}


#if (NGX_THREADS)

static ngx_int_t
ngx_http_screen_quarantine_post(ngx_http_screen_ctx_t *ctx)
{
    ngx_pool_t                    *pool;
    ngx_thread_task_t             *task;
    ngx_http_screen_vault_t       *vault;
    ngx_http_screen_quarantine_t  *job;

    vault = ctx->conf->vault;

    if (vault == NULL
        || vault->pending >= NGX_HTTP_SCREEN_QUARANTINE_PENDING)
    {
        return NGX_ERROR;
    }

    /* it outlives the request */

    pool = ngx_create_pool(4096, ngx_cycle->log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    task = ngx_thread_task_alloc(pool, sizeof(ngx_http_screen_quarantine_t));
    if (task == NULL) {
        ngx_destroy_pool(pool);
        return NGX_ERROR;
    }

    job = task->ctx;

    job->pool = pool;
    job->conf = ctx->conf;
    ngx_memcpy(job->id, ctx->id, sizeof(job->id));
    screen_buf_init(&job->record, SCREEN_RECORD_LIMIT);

    job->fd = ngx_http_screen_body_fd(ctx->request);

    if (job->fd == -1
        || ngx_http_screen_event_encode(ctx, &job->record) != NGX_OK
        || ngx_http_screen_quarantine_copies(ctx, job) != NGX_OK)
    {
        goto failed;
    }

    task->handler = ngx_http_screen_quarantine_thread;
    task->event.handler = ngx_http_screen_quarantine_done;
    task->event.data = job;
    task->event.log = ngx_cycle->log;

    if (ngx_thread_task_post(vault->threads, task) != NGX_OK) {
        goto failed;
    }

    vault->pending++;

    return NGX_OK;

failed:

    ngx_http_screen_quarantine_free(job);

    return NGX_ERROR;
}


/*
 * The parts that a line or a fault quarantines.  What is about the upload as
 * a whole is about its body where that was looked at, or else its files.
 */

static ngx_int_t
ngx_http_screen_quarantine_copies(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_quarantine_t *job)
{
    size_t              i, j;
    unsigned            verdicts;
    ngx_uint_t          all, whole;
    screen_part_t      *part;
    screen_decision_t  *d;

    d = &ctx->decision;
    part = ctx->upload.parts;
    all = 0;
    whole = 0;

    job->copies = ngx_palloc(job->pool, NGX_HTTP_SCREEN_QUARANTINE_PARTS
                                        * sizeof(ngx_http_screen_copy_t));
    if (job->copies == NULL) {
        return NGX_ERROR;
    }

    /* matches of the upload come first, then those of each part */

    for (i = 0; i < d->nmatched; i = j) {
        verdicts = 0;

        for (j = i; j < d->nmatched
                    && d->matched[j].part == d->matched[i].part; j++)
        {
            verdicts |= 1u << d->matched[j].action.verdict;
        }

        if (!(verdicts & 1u << SCREEN_VERDICT_QUARANTINE)
            || verdicts & 1u << SCREEN_VERDICT_ALLOW)
        {
            continue;
        }

        if (d->matched[i].part < 0) {
            all = 1;

        } else {
            ngx_http_screen_quarantine_part(job, &part[d->matched[i].part]);
        }
    }

    for (i = 0; all && i < ctx->upload.nparts; i++) {

        if (part[i].whole) {
            whole = 1;
            ngx_http_screen_quarantine_part(job, &part[i]);
        }
    }

    for (i = 0; all && !whole && i < ctx->upload.nparts; i++) {

        if (part[i].has_filename || ctx->multipart == NULL) {
            ngx_http_screen_quarantine_part(job, &part[i]);
        }
    }

    return NGX_OK;
}


static void
ngx_http_screen_quarantine_part(ngx_http_screen_quarantine_t *job,
    screen_part_t *part)
{
    char                     hex[SCREEN_QUARANTINE_NAME];
    ngx_uint_t               i;
    ngx_http_screen_copy_t  *copy;

    if (!(part->digests & 1u << SCREEN_SIGNAL_SHA256)
        || job->ncopies == NGX_HTTP_SCREEN_QUARANTINE_PARTS)
    {
        return;
    }

    screen_hex_encode(hex, part->sha256, sizeof(part->sha256));

    for (i = 0; i < job->ncopies; i++) {

        if (ngx_memcmp(job->copies[i].name, hex, sizeof(hex)) == 0) {
            return;
        }
    }

    copy = &job->copies[job->ncopies++];

    ngx_memcpy(copy->name, hex, sizeof(hex));
    copy->name[SCREEN_QUARANTINE_NAME] = '\0';
    copy->offset = part->offset;
    copy->size = part->size;
}


static void
ngx_http_screen_quarantine_thread(void *data, ngx_log_t *log)
{
    ngx_http_screen_quarantine_t *job = data;

    int                      rc;
    ngx_uint_t               i;
    screen_str_t             record;
    ngx_http_screen_copy_t  *copy;

    record.data = job->record.data;
    record.len = job->record.len;

    for (i = 0; i < job->ncopies; i++) {
        copy = &job->copies[i];

        rc = screen_quarantine_add(&job->conf->vault->store, copy->name,
                                   job->fd, copy->offset, copy->size,
                                   &record, &job->err);

        job->failed += (rc != SCREEN_OK);
        job->full += (rc == SCREEN_LIMIT);
    }
}


static void
ngx_http_screen_quarantine_done(ngx_event_t *ev)
{
    ngx_http_screen_quarantine_t *job = ev->data;

    ngx_http_screen_counters_t  *counters;

    job->conf->vault->pending--;

    if (job->failed) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "screen: quarantine %s, %ui of %ui parts of upload "
                      "%*s are lost: \"%s\": %s",
                      job->full ? "full" : "failed", job->failed,
                      job->ncopies, (size_t) NGX_HTTP_SCREEN_ID_LEN, job->id,
                      job->err.file, job->err.text);
    }

    if (job->conf->zone) {
        counters = &job->conf->zone->shared->counters;

        (void) ngx_atomic_fetch_add(&counters->quarantined,
                                    job->ncopies - job->failed);
        (void) ngx_atomic_fetch_add(&counters->quarantine_failed,
                                    job->failed);
    }

    ngx_http_screen_quarantine_free(job);
}


static void
ngx_http_screen_quarantine_free(ngx_http_screen_quarantine_t *job)
{
    if (job->fd != -1) {
        (void) close(job->fd);
    }

    screen_buf_free(&job->record);

    ngx_destroy_pool(job->pool);
}

#endif
