
/*
 * The body as it arrives: every byte goes through the digests and the
 * splitter on its way to nginx's own buffers, the same over HTTP/1, 2 and 3.
 * And all of it, once it is there, as a descriptor for another process.
 */


#include "ngx_http_screen_module.h"

#include <sys/mman.h>


#define NGX_HTTP_SCREEN_REPLAY_SIZE  65536


static ngx_int_t ngx_http_screen_feed(ngx_http_screen_ctx_t *ctx,
    u_char *data, size_t len);
static int ngx_http_screen_part_begin(void *data,
    const screen_part_header_t *header);
static int ngx_http_screen_part_data(void *data, const u_char *p, size_t len);
static int ngx_http_screen_part_end(void *data, uint64_t size);
static ngx_int_t ngx_http_screen_whole_part(ngx_http_screen_ctx_t *ctx);
static int ngx_http_screen_body_file(ngx_http_request_t *r, ngx_buf_t *b);
static int ngx_http_screen_body_memory(ngx_http_request_t *r);


ngx_http_request_body_filter_pt  ngx_http_screen_next_request_body_filter;


ngx_int_t
ngx_http_screen_body_start(ngx_http_screen_ctx_t *ctx)
{
    screen_policy_t          *core;
    screen_multipart_sink_t   sink;
    screen_multipart_conf_t   conf;

    core = ctx->policy->core;

    ctx->signals = ngx_http_screen_digest_signals(ctx);

    if (ctx->type.kind == SCREEN_BODY_RAW) {
        return screen_digest_start(&ctx->digest, ctx->signals) == SCREEN_OK
               ? NGX_OK : NGX_ERROR;
    }

    if (screen_digest_start(&ctx->body_digest, ctx->signals) != SCREEN_OK) {
        return NGX_ERROR;
    }

    /*
     * The first ambiguity ends a strict parse only if it ends the upload,
     * too; whoever is let through is looked at as far as possible.
     */

    conf = core->multipart;

    if (ctx->monitor
        || core->on_error[SCREEN_FAULT_FRAMING].verdict
           != SCREEN_VERDICT_REJECT)
    {
        conf.lenient = 1;
    }

    sink.begin = ngx_http_screen_part_begin;
    sink.data = ngx_http_screen_part_data;
    sink.end = ngx_http_screen_part_end;
    sink.ctx = ctx;

    ctx->multipart = screen_multipart_create(&ctx->alloc, &ctx->type, &conf,
                                             &sink);

    return ctx->multipart ? NGX_OK : NGX_ERROR;
}


ngx_int_t
ngx_http_screen_body_filter(ngx_http_request_t *r, ngx_chain_t *in)
{
    ngx_buf_t              *b;
    ngx_chain_t            *cl;
    ngx_http_screen_ctx_t  *ctx;

    ctx = (r == r->main) ? ngx_http_screen_get_ctx(r) : NULL;

    if (ctx == NULL || ctx->state != NGX_HTTP_SCREEN_READING) {
        return ngx_http_screen_next_request_body_filter(r, in);
    }

    ctx->filtered = 1;

    for (cl = in; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_http_screen_feed(ctx, b->pos, b->last - b->pos) != NGX_OK) {
            return NGX_HTTP_INTERNAL_SERVER_ERROR;
        }
    }

    if (!ctx->sink) {
        return ngx_http_screen_next_request_body_filter(r, in);
    }

    /*
     * What is to be rejected is read to its end, but kept nowhere.  Buffers
     * that are not passed on must be empty, or nginx takes them for busy.
     */

    for (cl = in; cl; cl = cl->next) {
        cl->buf->pos = cl->buf->last;

        if (cl->buf->last_buf) {
            break;
        }
    }

    return ngx_http_screen_next_request_body_filter(r, cl);
}


static ngx_int_t
ngx_http_screen_feed(ngx_http_screen_ctx_t *ctx, u_char *data, size_t len)
{
    int       rc;
    uint64_t  max;

    ctx->upload.size += len;

    max = ctx->policy->core->max_size;

    if (max && ctx->upload.size > max && !ctx->monitor) {
        ctx->sink = 1;
    }

    if (ctx->sink || len == 0) {
        return NGX_OK;
    }

    if (ctx->multipart == NULL) {
        screen_digest_update(&ctx->digest, data, len);
        return NGX_OK;
    }

    screen_digest_update(&ctx->body_digest, data, len);

    rc = screen_multipart_feed(ctx->multipart, data, len);

    if (rc == SCREEN_MALFORMED) {
        ctx->broken = 1;
        ctx->sink = 1;
        return NGX_OK;
    }

    return rc == SCREEN_OK ? NGX_OK : NGX_ERROR;
}


/* a body that was read before the PRECONTENT phase, by another module */

ngx_int_t
ngx_http_screen_body_replay(ngx_http_screen_ctx_t *ctx)
{
    off_t                offset;
    u_char              *buf;
    size_t               size;
    ssize_t              n;
    ngx_buf_t           *b;
    ngx_chain_t         *cl;
    ngx_http_request_t  *r;

    r = ctx->request;
    buf = NULL;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (!b->in_file) {
            if (ngx_http_screen_feed(ctx, b->pos, b->last - b->pos)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            continue;
        }

        if (buf == NULL) {
            buf = ngx_pnalloc(r->pool, NGX_HTTP_SCREEN_REPLAY_SIZE);
            if (buf == NULL) {
                return NGX_ERROR;
            }
        }

        for (offset = b->file_pos; offset < b->file_last; offset += n) {
            size = ngx_min(b->file_last - offset, NGX_HTTP_SCREEN_REPLAY_SIZE);
            n = ngx_read_file(b->file, buf, size, offset);

            if (n <= 0 || ngx_http_screen_feed(ctx, buf, n) != NGX_OK) {
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


ngx_int_t
ngx_http_screen_body_end(ngx_http_screen_ctx_t *ctx)
{
    int             rc;
    unsigned        framing;
    screen_part_t  *part;

    ctx->body_known = 1;
    ctx->body_digested = (ctx->signals & 1u << SCREEN_SIGNAL_SHA256) != 0;

    /* whoever drops the body leaves what it was alone */

    ctx->body = ctx->sink ? NULL : ctx->request->request_body;

    if (ctx->multipart == NULL) {
        part = ctx->parts.elts;

        part->size = ctx->upload.size;
        screen_digest_part(&ctx->digest, part);
        ngx_memcpy(ctx->body_sha256, part->sha256, 32);

        return NGX_OK;
    }

    if (!ctx->sink) {
        rc = screen_multipart_end(ctx->multipart);

        if (rc != SCREEN_OK && rc != SCREEN_MALFORMED) {
            return NGX_ERROR;
        }
    }

    framing = screen_multipart_framing(ctx->multipart);

    if (framing && ctx->upload.faults == 0) {
        screen_upload_fault(&ctx->upload, SCREEN_FAULT_FRAMING,
                            screen_framing_name(framing));
    }

    screen_digest_final(&ctx->body_digest, SCREEN_SIGNAL_SHA256,
                        ctx->body_sha256);

    if ((framing || screen_multipart_nested(ctx->multipart)) && !ctx->sink
        && ngx_http_screen_whole_part(ctx) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ctx->upload.parts = ctx->parts.elts;
    ctx->upload.nparts = ctx->parts.nelts;

    return NGX_OK;
}


/*
 * Of an ambiguous form the raw body is looked at as well, and of one with a
 * nested body, which some backends open and others store as it is.
 */

static ngx_int_t
ngx_http_screen_whole_part(ngx_http_screen_ctx_t *ctx)
{
    screen_part_t  *part;

    part = ngx_array_push(&ctx->parts);
    if (part == NULL) {
        return NGX_ERROR;
    }

    ngx_memzero(part, sizeof(screen_part_t));

    part->whole = 1;
    part->size = ctx->upload.size;

    /* the others, if a bank holds such entries: SHA-256 has been taken */

    screen_digest_part(&ctx->body_digest, part);

    if (!ctx->body_digested) {
        return NGX_OK;
    }

    part->digests |= 1u << SCREEN_SIGNAL_SHA256;
    ngx_memcpy(part->sha256, ctx->body_sha256, 32);

    return NGX_OK;
}


static int
ngx_http_screen_part_begin(void *data, const screen_part_header_t *header)
{
    ngx_http_screen_ctx_t *ctx = data;

    screen_part_t  *part;

    part = ngx_array_push(&ctx->parts);
    if (part == NULL) {
        return SCREEN_NOMEM;
    }

    ngx_memzero(part, sizeof(screen_part_t));

    if (screen_alloc_str(&ctx->alloc, &part->name, &header->name) != SCREEN_OK
        || screen_alloc_str(&ctx->alloc, &part->filename, &header->filename)
           != SCREEN_OK
        || screen_alloc_str(&ctx->alloc, &part->declared, &header->declared)
           != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    part->has_filename = header->has_filename;
    part->offset = header->offset;

    ctx->part = part;

    return screen_digest_start(&ctx->digest, ctx->signals);
}


static int
ngx_http_screen_part_data(void *data, const u_char *p, size_t len)
{
    ngx_http_screen_ctx_t *ctx = data;

    screen_digest_update(&ctx->digest, p, len);

    return SCREEN_OK;
}


static int
ngx_http_screen_part_end(void *data, uint64_t size)
{
    ngx_http_screen_ctx_t *ctx = data;

    ctx->part->size = size;
    screen_digest_part(&ctx->digest, ctx->part);

    return SCREEN_OK;
}


/* a descriptor of the whole body that cannot be written to, or -1 */

int
ngx_http_screen_body_fd(ngx_http_request_t *r)
{
    ngx_chain_t  *cl;

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        if (cl->buf->in_file) {
            break;
        }
    }

    if (cl && cl == r->request_body->bufs && cl->next == NULL) {
        return ngx_http_screen_body_file(r, cl->buf);
    }

    return ngx_http_screen_body_memory(r);
}


static int
ngx_http_screen_body_file(ngx_http_request_t *r, ngx_buf_t *b)
{
    int     fd;
    u_char  path[sizeof("/proc/self/fd/") + NGX_INT_T_LEN];

    (void) ngx_sprintf(path, "/proc/self/fd/%d%Z", b->file->fd);

    fd = open((char *) path, O_RDONLY|O_CLOEXEC);

    if (fd == -1 && b->file->name.len) {

        /* no /proc in a chroot */

        fd = open((char *) b->file->name.data, O_RDONLY|O_CLOEXEC);
    }

    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "opening \"%V\" for a scan failed", &b->file->name);
    }

    return fd;
}


static int
ngx_http_screen_body_memory(ngx_http_request_t *r)
{
    int           fd;
    u_char        data[4096];
    off_t         offset;
    ssize_t       n;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    fd = memfd_create("screen-body", MFD_CLOEXEC|MFD_ALLOW_SEALING);

    if (fd == -1) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                      "memfd_create() for a scan failed");
        return -1;
    }

    for (cl = r->request_body->bufs; cl; cl = cl->next) {
        b = cl->buf;

        if (ngx_buf_in_memory(b)) {
            n = write(fd, b->pos, b->last - b->pos);

            if (n != b->last - b->pos) {
                goto failed;
            }

            continue;
        }

        for (offset = b->file_pos; offset < b->file_last; offset += n) {
            n = ngx_read_file(b->file, data,
                              ngx_min(b->file_last - offset,
                                      (off_t) sizeof(data)),
                              offset);

            if (n <= 0 || write(fd, data, n) != n) {
                goto failed;
            }
        }
    }

    if (fcntl(fd, F_ADD_SEALS,
              F_SEAL_WRITE|F_SEAL_GROW|F_SEAL_SHRINK|F_SEAL_SEAL)
        == -1)
    {
        goto failed;
    }

    return fd;

failed:

    ngx_log_error(NGX_LOG_ERR, r->connection->log, ngx_errno,
                  "copying a body for a scan failed");
    (void) close(fd);

    return -1;
}
