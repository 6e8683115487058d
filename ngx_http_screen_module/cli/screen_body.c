
#include <string.h>
#include <unistd.h>

#include "screen_body.h"
#include "screen_disposition.h"
#include "screen_file.h"
#include "screen_wire.h"


typedef struct {
    screen_judged_t          *judged;
    const screen_judge_t     *judge;
    const screen_alloc_t     *alloc;
    screen_content_type_t     type;
    screen_multipart_t       *multipart;   /* NULL: a raw body */
    screen_part_t            *part;        /* that is being read */
    screen_digest_t           digest;      /* of it */
    screen_digest_t           whole;       /* of the body */
    unsigned                  signals;
} screen_body_t;


static int screen_body_headers(screen_body_t *body,
    const screen_body_request_t *request);
static int screen_body_part(screen_body_t *body,
    const screen_body_request_t *request);
static int screen_body_start(screen_body_t *body);
static int screen_body_feed(void *ctx, const u_char *data, size_t len);
static int screen_body_end(screen_body_t *body);
static int screen_body_whole(screen_body_t *body);
static int screen_body_part_begin(void *ctx,
    const screen_part_header_t *header);
static int screen_body_part_data(void *ctx, const u_char *data, size_t len);
static int screen_body_part_end(void *ctx, uint64_t size);


/* SCREEN_OK: decided, or all parts are there and rc is AGAIN */

static int
screen_body_read(screen_body_t *body, int fd,
    const screen_body_request_t *request, screen_error_t *err)
{
    int  rc;

    screen_error_set(err, "no memory");

    if (screen_body_headers(body, request) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    rc = screen_judge_headers(body->judge, body->judged, body->alloc, err);

    if (rc != SCREEN_AGAIN) {
        return rc;
    }

    if (screen_body_start(body) != SCREEN_OK
        || screen_file_read(fd, &body->judged->upload.size, screen_body_feed,
                            body, err)
           != SCREEN_OK
        || screen_body_end(body) != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    return SCREEN_AGAIN;
}


int
screen_body_screen(screen_judged_t *judged,
    const screen_body_request_t *request, const screen_judge_t *judge,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int            fd, rc;
    uint64_t       start;
    screen_body_t  body;

    memset(judged, 0, sizeof(screen_judged_t));
    memset(&body, 0, sizeof(screen_body_t));

    start = screen_wire_now();

    judged->body = 1;
    body.judged = judged;
    body.judge = judge;
    body.alloc = alloc;

    fd = screen_file_open(&judged->upload, request->path, err);
    if (fd == -1) {
        return SCREEN_ERROR;
    }

    rc = screen_body_read(&body, fd, request, err);

    if (rc == SCREEN_AGAIN) {
        rc = screen_judge_body(judge, judged, fd, alloc, err);
    }

    screen_digest_free(&body.digest);
    screen_digest_free(&body.whole);

    close(fd);

    judged->ms = screen_wire_now() - start;

    return rc;
}


static int
screen_body_headers(screen_body_t *body, const screen_body_request_t *request)
{
    screen_str_t      value;
    screen_upload_t  *u;

    u = &body->judged->upload;
    value = screen_str_of(request->type ? request->type : "");

    screen_content_type_parse(&body->type, &value);

    if (request->types > 1) {
        body->type.framing |= SCREEN_FRAMING_CONTENT_TYPE;
    }

    if (body->type.kind == SCREEN_BODY_RAW) {

        if (screen_body_part(body, request) != SCREEN_OK) {
            return SCREEN_NOMEM;
        }

    } else {
        body->judged->form = 1;
    }

    if (body->type.framing) {
        screen_upload_fault(u, SCREEN_FAULT_FRAMING,
                            screen_framing_name(body->type.framing));
    }

    return SCREEN_OK;
}


/* a raw body is one part */

static int
screen_body_part(screen_body_t *body, const screen_body_request_t *request)
{
    u_char                *space;
    screen_str_t           value;
    screen_part_t         *part;
    screen_upload_t       *u;
    screen_disposition_t   d;

    u = &body->judged->upload;

    part = screen_calloc(body->alloc, sizeof(screen_part_t));
    if (part == NULL) {
        return SCREEN_NOMEM;
    }

    part->declared = screen_str_of(request->type ? request->type : "");
    part->size = u->size;

    u->parts = part;
    u->nparts = 1;

    if (request->disposition == NULL) {
        return SCREEN_OK;
    }

    value = screen_str_of(request->disposition);

    space = screen_alloc(body->alloc, 2 * value.len + 1);
    if (space == NULL) {
        return SCREEN_NOMEM;
    }

    screen_disposition_parse(&d, &value, space);

    body->type.framing |= d.framing & ~SCREEN_FRAMING_DISPOSITION;

    part->filename = d.filename;
    part->has_filename = d.has_filename;

    return SCREEN_OK;
}


static int
screen_body_start(screen_body_t *body)
{
    const screen_policy_t    *policy;
    screen_multipart_conf_t   conf;
    screen_multipart_sink_t   sink;

    policy = body->judge->policy;
    body->signals = screen_judge_signals(body->judge);

    if (screen_digest_start(&body->whole, body->signals) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    if (!body->judged->form) {
        return SCREEN_OK;
    }

    /* as at the edge: who is let through is looked at as far as possible */

    conf = policy->multipart;

    if (policy->on_error[SCREEN_FAULT_FRAMING].verdict
        != SCREEN_VERDICT_REJECT)
    {
        conf.lenient = 1;
    }

    sink.begin = screen_body_part_begin;
    sink.data = screen_body_part_data;
    sink.end = screen_body_part_end;
    sink.ctx = body;

    body->multipart = screen_multipart_create(body->alloc, &body->type, &conf,
                                              &sink);

    return body->multipart ? SCREEN_OK : SCREEN_NOMEM;
}


static int
screen_body_feed(void *ctx, const u_char *data, size_t len)
{
    screen_body_t *body = ctx;

    int  rc;

    screen_digest_update(&body->whole, data, len);

    if (body->multipart == NULL || body->judged->cut) {
        return SCREEN_OK;
    }

    rc = screen_multipart_feed(body->multipart, data, len);

    if (rc == SCREEN_MALFORMED) {
        body->judged->cut = 1;
        return SCREEN_OK;
    }

    return rc;
}


static int
screen_body_end(screen_body_t *body)
{
    int               rc;
    unsigned          framing;
    screen_upload_t  *u;

    u = &body->judged->upload;

    if (body->multipart == NULL) {
        u->parts[0].size = u->size;
        screen_digest_part(&body->whole, &u->parts[0]);
        return SCREEN_OK;
    }

    if (!body->judged->cut) {
        rc = screen_multipart_end(body->multipart);

        if (rc != SCREEN_OK && rc != SCREEN_MALFORMED) {
            return rc;
        }
    }

    framing = screen_multipart_framing(body->multipart);

    if (framing && u->faults == 0) {
        screen_upload_fault(u, SCREEN_FAULT_FRAMING,
                            screen_framing_name(framing));
    }

    if ((framing || screen_multipart_nested(body->multipart))
        && !body->judged->cut)
    {
        return screen_body_whole(body);
    }

    return SCREEN_OK;
}


/* of an ambiguous form, or a nested one, the raw body is a part as well */

static int
screen_body_whole(screen_body_t *body)
{
    screen_part_t    *part;
    screen_upload_t  *u;

    u = &body->judged->upload;

    part = screen_alloc_push(body->alloc, &u->parts, &u->nparts,
                             sizeof(screen_part_t));
    if (part == NULL) {
        return SCREEN_NOMEM;
    }

    part->whole = 1;
    part->size = u->size;

    screen_digest_part(&body->whole, part);

    return SCREEN_OK;
}


static int
screen_body_part_begin(void *ctx, const screen_part_header_t *header)
{
    screen_body_t *body = ctx;

    screen_part_t    *part;
    screen_upload_t  *u;

    u = &body->judged->upload;

    part = screen_alloc_push(body->alloc, &u->parts, &u->nparts,
                             sizeof(screen_part_t));
    if (part == NULL
        || screen_alloc_str(body->alloc, &part->name, &header->name)
           != SCREEN_OK
        || screen_alloc_str(body->alloc, &part->filename, &header->filename)
           != SCREEN_OK
        || screen_alloc_str(body->alloc, &part->declared, &header->declared)
           != SCREEN_OK)
    {
        return SCREEN_NOMEM;
    }

    part->has_filename = header->has_filename;
    part->offset = header->offset;

    body->part = part;

    return screen_digest_start(&body->digest, body->signals);
}


static int
screen_body_part_data(void *ctx, const u_char *data, size_t len)
{
    screen_body_t *body = ctx;

    screen_digest_update(&body->digest, data, len);

    return SCREEN_OK;
}


static int
screen_body_part_end(void *ctx, uint64_t size)
{
    screen_body_t *body = ctx;

    body->part->size = size;
    screen_digest_part(&body->digest, body->part);

    return SCREEN_OK;
}
