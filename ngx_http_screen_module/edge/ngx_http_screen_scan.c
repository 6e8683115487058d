
/*
 * One job to a scanner and its report.  The body goes by descriptor: nginx's
 * own temporary file, opened again for reading only, or a sealed memfd of
 * what nginx kept in memory.  The connection is made to a backlog that idle
 * scanners accept from: if it is full, there is no room in the queue.
 */


#include "ngx_http_screen_zone.h"
#include "screen_words.h"

#include <sys/random.h>


static ngx_int_t ngx_http_screen_scan_connect(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_scan_begin(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_scan_send(ngx_http_screen_ctx_t *ctx);
static void ngx_http_screen_scan_write_handler(ngx_event_t *wev);
static void ngx_http_screen_scan_read_handler(ngx_event_t *rev);
static void ngx_http_screen_scan_ended(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_scan_receive(ngx_http_screen_ctx_t *ctx);
static ngx_int_t ngx_http_screen_scan_header(ngx_http_screen_ctx_t *ctx);
static const char *ngx_http_screen_scan_words(ngx_http_screen_ctx_t *ctx,
    const char *otherwise);
static void ngx_http_screen_scan_timeout(ngx_event_t *ev);
static void ngx_http_screen_scan_fault(ngx_http_screen_ctx_t *ctx,
    screen_fault_t fault, const char *reason);
static ngx_int_t ngx_http_screen_scan_report(ngx_http_screen_ctx_t *ctx);


ngx_int_t
ngx_http_screen_scan_start(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t                rc;
    ngx_http_screen_scan_t  *scan;

    scan = &ctx->scan;

    scan->sent = 0;
    scan->received = 0;
    scan->size = 0;
    scan->report = NULL;
    scan->words = 0;

    screen_buf_init(&scan->job, SCREEN_JOB_LIMIT);

    if (getrandom(&scan->id, sizeof(scan->id), GRND_NONBLOCK)
        != sizeof(scan->id))
    {
        return NGX_ERROR;
    }

    screen_job_encode(&scan->job, scan->id, ctx->deadline,
                      ctx->policy->engine, &ctx->upload);

    scan->body = ngx_http_screen_body_fd(ctx->request);

    if (scan->job.code != SCREEN_OK || scan->body == -1) {
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_OVERLOAD,
                                   "no resources for a scan");
        return NGX_OK;
    }

    rc = ngx_http_screen_scan_connect(ctx);

    if (rc == NGX_OK) {
        rc = ngx_http_screen_scan_begin(ctx);
    }

    return rc == NGX_AGAIN ? NGX_AGAIN : NGX_OK;
}


/* NGX_OK, or NGX_DECLINED with the fault noted */

static ngx_int_t
ngx_http_screen_scan_connect(ngx_http_screen_ctx_t *ctx)
{
    ngx_log_t               *log;
    ngx_socket_t             s;
    ngx_connection_t        *c;
    ngx_http_screen_pool_t  *pool;

    pool = &ctx->conf->pool;
    log = ctx->request->connection->log;

    s = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (s == (ngx_socket_t) -1) {
        ngx_log_error(NGX_LOG_ERR, log, ngx_errno, "socket() failed");
        goto overload;
    }

    c = ngx_get_connection(s, log);

    if (c == NULL) {
        (void) close(s);
        goto overload;
    }

    ctx->scan.connection = c;

    c->data = ctx;
    c->log = log;
    c->log_error = NGX_ERROR_ERR;
    c->recv = ngx_recv;
    c->read->log = log;
    c->write->log = log;
    c->read->handler = ngx_http_screen_scan_read_handler;
    c->write->handler = ngx_http_screen_scan_write_handler;

    if (connect(s, (struct sockaddr *) &pool->address, pool->address_len)
        == -1)
    {
        if (ngx_socket_errno == NGX_EAGAIN) {
            ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_OVERLOAD,
                                       "the scanner queue is full");
            return NGX_DECLINED;
        }

        ngx_log_error(NGX_LOG_ERR, log, ngx_socket_errno,
                      "connect() to the scanner queue failed");
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_CRASH,
                                   "no scanner queue");
        return NGX_DECLINED;
    }

    return NGX_OK;

overload:

    ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_OVERLOAD,
                               "no resources for a scan");

    return NGX_DECLINED;
}


/*
 * Gives the job, and then waits for what becomes of it: in this order, so that
 * the scanner that the connection wakes finds the job sooner, and need not
 * sleep for it.  NGX_AGAIN, or NGX_DECLINED with the fault noted.
 */

static ngx_int_t
ngx_http_screen_scan_begin(ngx_http_screen_ctx_t *ctx)
{
    uint64_t                 now;
    ngx_http_screen_scan_t  *scan;

    scan = &ctx->scan;

    if (ngx_http_screen_scan_send(ctx) == NGX_ERROR) {
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_CRASH,
                                   "no scanner took the job");
        return NGX_DECLINED;
    }

    /* reading only: to be told each time that it can be written costs more */

    if (ngx_handle_read_event(scan->connection->read, 0) != NGX_OK) {
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_OVERLOAD,
                                   "no resources for a scan");
        return NGX_DECLINED;
    }

    scan->timer.handler = ngx_http_screen_scan_timeout;
    scan->timer.data = ctx;
    scan->timer.log = scan->connection->log;

    now = ngx_http_screen_now() / 1000000;

    ngx_add_timer(&scan->timer,
                  ctx->deadline > now ? (ngx_msec_t) (ctx->deadline - now)
                                      : 1);

    ngx_http_screen_count_job(ctx->conf, 1);
    scan->counted = 1;

    if (ctx->conf->zone) {
        (void) ngx_atomic_fetch_add(&ctx->conf->zone->shared->counters.scans,
                                    1);
    }

    return NGX_AGAIN;
}


static ngx_int_t
ngx_http_screen_scan_send(ngx_http_screen_ctx_t *ctx)
{
    ssize_t                  n;
    struct iovec             iov;
    struct msghdr            msg;
    struct cmsghdr          *cmsg;
    ngx_http_screen_scan_t  *scan;

    union {
        struct cmsghdr       header;
        char                 space[CMSG_SPACE(sizeof(int))];
    } control;

    scan = &ctx->scan;

    while (scan->sent < scan->job.len) {

        iov.iov_base = scan->job.data + scan->sent;
        iov.iov_len = scan->job.len - scan->sent;

        ngx_memzero(&msg, sizeof(struct msghdr));
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;

        if (scan->body != -1) {
            ngx_memzero(&control, sizeof(control));

            msg.msg_control = &control;
            msg.msg_controllen = sizeof(control.space);

            cmsg = CMSG_FIRSTHDR(&msg);
            cmsg->cmsg_level = SOL_SOCKET;
            cmsg->cmsg_type = SCM_RIGHTS;
            cmsg->cmsg_len = CMSG_LEN(sizeof(int));
            ngx_memcpy(CMSG_DATA(cmsg), &scan->body, sizeof(int));
        }

        n = sendmsg(scan->connection->fd, &msg, MSG_NOSIGNAL);

        if (n == -1) {

            if (ngx_socket_errno == NGX_EINTR) {
                continue;
            }

            if (ngx_socket_errno == NGX_EAGAIN) {
                scan->connection->write->ready = 0;

                return ngx_handle_write_event(scan->connection->write, 0)
                       == NGX_OK ? NGX_AGAIN : NGX_ERROR;
            }

            ngx_log_error(NGX_LOG_ERR, scan->connection->log,
                          ngx_socket_errno, "sendmsg() to a scanner failed");
            return NGX_ERROR;
        }

        if (scan->body != -1) {
            (void) close(scan->body);
            scan->body = -1;
        }

        scan->sent += n;
    }

    screen_buf_free(&scan->job);
    scan->sent = 0;

    return NGX_AGAIN;
}


static void
ngx_http_screen_scan_write_handler(ngx_event_t *wev)
{
    ngx_connection_t       *c;
    ngx_http_screen_ctx_t  *ctx;

    c = wev->data;
    ctx = c->data;

    if (ctx->scan.job.len == 0) {

        /* everything has been sent */

        (void) ngx_handle_write_event(wev, 0);
        return;
    }

    if (ngx_http_screen_scan_send(ctx) == NGX_ERROR) {
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_CRASH,
                                   "the scanner ended");
        ngx_http_screen_scan_ended(ctx);
    }
}


static void
ngx_http_screen_scan_read_handler(ngx_event_t *rev)
{
    ngx_int_t               rc;
    const char             *reason;
    ngx_connection_t       *c;
    ngx_http_screen_ctx_t  *ctx;

    c = rev->data;
    ctx = c->data;

    rc = ngx_http_screen_scan_receive(ctx);

    if (rc == NGX_AGAIN) {

        if (ngx_handle_read_event(rev, 0) == NGX_OK) {
            return;
        }

        rc = NGX_ERROR;
    }

    reason = "the scanner ended";

    if (rc == NGX_OK && ctx->scan.words) {
        reason = ngx_http_screen_scan_words(ctx, reason);
        rc = NGX_ERROR;
    }

    if (rc == NGX_OK) {
        rc = ngx_http_screen_scan_report(ctx);
    }

    if (rc == NGX_OK) {
        ngx_http_screen_scan_close(ctx);

    } else {
        ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_CRASH,
                                   rc == NGX_ABORT ? "invalid report"
                                                   : reason);
    }

    ngx_http_screen_scan_ended(ctx);
}


static void
ngx_http_screen_scan_ended(ngx_http_screen_ctx_t *ctx)
{
    ngx_int_t  rc;

    rc = ngx_http_screen_facts_scanned(ctx);

    if (rc != NGX_AGAIN) {
        ngx_http_screen_resume(ctx, rc);
    }
}


/* NGX_OK once the report is complete; NGX_ABORT if it cannot be one */

static ngx_int_t
ngx_http_screen_scan_receive(ngx_http_screen_ctx_t *ctx)
{
    ssize_t                  n;
    ngx_int_t                rc;
    ngx_connection_t        *c;
    ngx_http_screen_scan_t  *scan;

    scan = &ctx->scan;
    c = scan->connection;

    for ( ;; ) {

        if (scan->report == NULL) {
            n = c->recv(c, scan->start + scan->received,
                        sizeof(scan->start) - scan->received);

        } else {
            n = c->recv(c, scan->report + scan->received,
                        scan->size - scan->received);
        }

        if (n == NGX_AGAIN) {
            return NGX_AGAIN;
        }

        if (n <= 0) {
            return NGX_ERROR;
        }

        scan->received += n;

        if (scan->report == NULL) {
            rc = ngx_http_screen_scan_header(ctx);

            if (rc == NGX_AGAIN) {
                continue;
            }

            if (rc != NGX_OK) {
                return rc;
            }
        }

        if (scan->received == scan->size) {
            return NGX_OK;
        }
    }
}


/* what has come first: the report's length, and all of it if it is short */

static ngx_int_t
ngx_http_screen_scan_header(ngx_http_screen_ctx_t *ctx)
{
    size_t                   limit;
    screen_reader_t          reader;
    ngx_http_screen_scan_t  *scan;

    scan = &ctx->scan;

    if (scan->received < NGX_HTTP_SCREEN_SCAN_HEADER) {
        return NGX_AGAIN;
    }

    screen_reader_init(&reader, scan->start, NGX_HTTP_SCREEN_SCAN_HEADER);
    scan->size = screen_reader_u32(&reader);
    limit = SCREEN_REPORT_LIMIT;

    if (scan->size & SCREEN_WORDS) {
        scan->words = 1;
        scan->size &= ~SCREEN_WORDS;
        limit = SCREEN_WORDS_MAX;
    }

    scan->received -= NGX_HTTP_SCREEN_SCAN_HEADER;

    if (scan->size == 0 || scan->size > limit || scan->received > scan->size)
    {
        return NGX_ABORT;
    }

    scan->report = ngx_pnalloc(ctx->request->pool, scan->size);
    if (scan->report == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(scan->report, scan->start + NGX_HTTP_SCREEN_SCAN_HEADER,
               scan->received);

    return NGX_OK;
}


/* last words: why there is no report */

static const char *
ngx_http_screen_scan_words(ngx_http_screen_ctx_t *ctx, const char *otherwise)
{
    char  *text;

    text = ngx_pnalloc(ctx->request->pool, ctx->scan.size + 1);

    if (text == NULL) {
        return otherwise;
    }

    screen_words_decode(text, ctx->scan.report, ctx->scan.size);

    return text;
}


static ngx_int_t
ngx_http_screen_scan_report(ngx_http_screen_ctx_t *ctx)
{
    screen_report_engine_t  engine;

    engine = screen_policy_report(ctx->policy->core);

    switch (screen_report_decode(&ctx->upload, ctx->scan.id, &engine,
                                 ctx->scan.report, ctx->scan.size,
                                 &ctx->alloc))
    {
    case SCREEN_OK:
        ctx->scanned = 1;
        return NGX_OK;

    case SCREEN_NOMEM:
        return NGX_ERROR;

    default:
        ngx_log_error(NGX_LOG_ERR, ctx->request->connection->log, 0,
                      "a scanner sent an invalid report");
        return NGX_ABORT;
    }
}


static void
ngx_http_screen_scan_timeout(ngx_event_t *ev)
{
    ngx_http_screen_ctx_t *ctx = ev->data;

    ngx_http_screen_scan_fault(ctx, SCREEN_FAULT_TIMEOUT,
                               "the scan met its deadline");
    ngx_http_screen_scan_ended(ctx);
}


static void
ngx_http_screen_scan_fault(ngx_http_screen_ctx_t *ctx, screen_fault_t fault,
    const char *reason)
{
    ngx_uint_t  i;

    for (i = 0; i < ctx->upload.nparts; i++) {
        if (ctx->upload.parts[i].want_scan) {
            screen_part_fault(&ctx->upload.parts[i], fault, reason);
        }
    }

    ngx_http_screen_scan_close(ctx);
}


void
ngx_http_screen_scan_close(ngx_http_screen_ctx_t *ctx)
{
    ngx_http_screen_scan_t  *scan;

    scan = &ctx->scan;

    if (scan->timer.timer_set) {
        ngx_del_timer(&scan->timer);
    }

    if (scan->counted) {
        ngx_http_screen_count_job(ctx->conf, -1);
        scan->counted = 0;
    }

    if (scan->connection) {
        ngx_close_connection(scan->connection);
        scan->connection = NULL;
    }

    if (scan->body != -1) {
        (void) close(scan->body);
        scan->body = -1;
    }

    screen_buf_free(&scan->job);
}
