
#include <string.h>

#include "screen_media.h"
#include "screen_report.h"
#include "screen_sniff.h"
#include "screen_utf8.h"


#define SCREEN_REPORT_MAGIC      0x50524353        /* "SCRP" */

#define SCREEN_REPORT_TYPE       255        /* a media type, in bytes */
#define SCREEN_REPORT_TAGS       1000       /* of one match, metas too */

/* what a scanner may tell of itself; the rest is for others to find out */
#define SCREEN_REPORT_FAULTS     (1u << SCREEN_FAULT_TIMEOUT                  \
                                  | 1u << SCREEN_FAULT_INCOMPLETE)

/* what each takes on the wire at least, for the counts' check */
#define SCREEN_REPORT_PART_MIN   (4 + 4 + 1 + 4 + 4 + 4 + 1)
#define SCREEN_REPORT_MATCH_MIN  (4 + 4 + 4 + 4)
#define SCREEN_REPORT_META_MIN   (4 + 1 + 4)


static const char  screen_report_full[] = "matches do not fit into a report";
static const char  screen_report_many[] = "more matches than a report holds";


/* the length of a character that a report may hold, zero for any other */

static size_t
screen_report_char(const u_char *p, size_t len)
{
    size_t    n;
    uint32_t  c;

    n = screen_utf8_char(p, len, &c);

    return (n && screen_utf8_control(c)) ? 0 : n;
}


static int
screen_report_clean(const screen_str_t *s)
{
    size_t  i, n;

    for (i = 0; i < s->len; i += n) {

        n = screen_report_char(s->data + i, s->len - i);
        if (n == 0) {
            return 0;
        }
    }

    return 1;
}


/*
 * What rules hold is the operator's and may be anything: what the decoder
 * would refuse becomes a question mark, what is too long is cut.
 */

static void
screen_report_put_str(screen_buf_t *b, const screen_str_t *s, size_t max)
{
    size_t        i, n, start, room;
    screen_str_t  whole;

    if (s->len <= max && screen_report_clean(s)) {
        whole = *s;
        screen_buf_put_str(b, &whole);
        return;
    }

    start = b->len;
    room = max;

    screen_buf_put_u32(b, 0);

    for (i = 0; i < s->len; /* void */ ) {

        n = screen_report_char(s->data + i, s->len - i);

        if ((n ? n : 1) > room) {
            break;
        }

        if (n) {
            screen_buf_put(b, s->data + i, n);
            i += n;
            room -= n;

        } else {
            screen_buf_put_u8(b, '?');
            i++;
            room--;
        }
    }

    screen_buf_set_u32(b, start, (uint32_t) (b->len - start - 4));
}


static void
screen_report_put_meta(screen_buf_t *b, const screen_meta_t *meta)
{
    screen_report_put_str(b, &meta->key, SCREEN_REPORT_STRING);
    screen_buf_put_u8(b, (uint8_t) meta->type);

    if (meta->type == SCREEN_META_STRING) {
        screen_report_put_str(b, &meta->string, SCREEN_REPORT_STRING);

    } else {
        screen_buf_put_u64(b, (uint64_t) meta->integer);
    }
}


static void
screen_report_put_match(screen_buf_t *b, const screen_yara_match_t *match)
{
    size_t    i;
    uint32_t  n;

    screen_report_put_str(b, &match->space, SCREEN_REPORT_STRING);
    screen_report_put_str(b, &match->rule, SCREEN_REPORT_STRING);

    n = match->ntags < SCREEN_REPORT_TAGS ? (uint32_t) match->ntags
                                          : SCREEN_REPORT_TAGS;
    screen_buf_put_u32(b, n);

    for (i = 0; i < n; i++) {
        screen_report_put_str(b, &match->tags[i], SCREEN_REPORT_STRING);
    }

    n = match->nmetas < SCREEN_REPORT_TAGS ? (uint32_t) match->nmetas
                                           : SCREEN_REPORT_TAGS;
    screen_buf_put_u32(b, n);

    for (i = 0; i < n; i++) {
        screen_report_put_meta(b, &match->metas[i]);
    }
}


/* whether something of the part's matches is beyond what a report holds */

static int
screen_report_excess(const screen_part_t *part)
{
    size_t  i;

    for (i = 0; i < part->nyara && i < SCREEN_REPORT_MATCHES; i++) {

        if (part->yara[i].ntags > SCREEN_REPORT_TAGS
            || part->yara[i].nmetas > SCREEN_REPORT_TAGS)
        {
            return 1;
        }
    }

    return part->nyara > SCREEN_REPORT_MATCHES;
}


static void
screen_report_put_part(screen_buf_t *b, uint32_t index,
    const screen_part_t *part, int matches)
{
    size_t         i;
    uint32_t       nyara, npatterns;
    screen_part_t  fault;

    fault = *part;
    nyara = 0;
    npatterns = 0;

    if (!matches) {
        screen_part_fault(&fault, SCREEN_FAULT_INCOMPLETE,
                          screen_report_full);
    } else {
        nyara = part->nyara < SCREEN_REPORT_MATCHES ? (uint32_t) part->nyara
                                                    : SCREEN_REPORT_MATCHES;
        npatterns = (uint32_t) part->npatterns;

        if (screen_report_excess(part)) {
            screen_part_fault(&fault, SCREEN_FAULT_INCOMPLETE,
                              screen_report_many);
        }
    }

    screen_buf_put_u32(b, index);
    screen_report_put_str(b, &part->type, SCREEN_REPORT_TYPE);
    screen_buf_put_u8(b, (uint8_t) (fault.faults & SCREEN_REPORT_FAULTS));
    screen_report_put_str(b, &fault.fault_reason, SCREEN_REPORT_TYPE);

    screen_buf_put_u32(b, nyara);

    for (i = 0; i < nyara && b->code == SCREEN_OK; i++) {
        screen_report_put_match(b, &part->yara[i]);
    }

    screen_buf_put_u32(b, npatterns);

    for (i = 0; i < npatterns; i++) {
        screen_buf_put_u32(b, part->patterns[i]);
    }

    screen_media_encode(b, matches ? part->media : NULL);
}


/* what a part takes when it is written without its matches, at most */

static size_t
screen_report_bare(const screen_part_t *part)
{
    return SCREEN_REPORT_PART_MIN + SCREEN_REPORT_TYPE + part->type.len;
}


void
screen_report_encode(screen_buf_t *b, const screen_job_t *job)
{
    size_t    i, start, mark, limit, reserved;

    start = b->len;
    limit = b->limit;
    reserved = 0;

    for (i = 0; i < job->nparts; i++) {
        reserved += screen_report_bare(&job->parts[i]);
    }

    screen_buf_put_u32(b, 0);
    screen_buf_put_u32(b, SCREEN_REPORT_MAGIC);
    screen_buf_put_u64(b, job->id);
    screen_buf_put_u32(b, job->nparts);

    for (i = 0; i < job->nparts && b->code == SCREEN_OK; i++) {

        /* each part leaves room for the bare facts of those after it */

        reserved -= screen_report_bare(&job->parts[i]);
        mark = b->len;

        if (limit > reserved && limit - reserved > b->len) {
            b->limit = limit - reserved;
            screen_report_put_part(b, job->index[i], &job->parts[i], 1);
            b->limit = limit;

        } else {
            b->code = SCREEN_LIMIT;
        }

        if (b->code == SCREEN_LIMIT) {
            b->code = SCREEN_OK;
            b->len = mark;
            screen_report_put_part(b, job->index[i], &job->parts[i], 0);
        }
    }

    screen_buf_set_u32(b, start, (uint32_t) (b->len - start - 4));
}


/* a string of a report, checked; it still points into the message */

static screen_str_t
screen_report_get_str(screen_reader_t *r, size_t max)
{
    screen_str_t  s;

    s = screen_reader_str(r, max);

    if (!screen_report_clean(&s)) {
        screen_reader_fail(r);
        s.data = NULL;
        s.len = 0;
    }

    return s;
}


/* the same, copied; *rc says if there was no memory */

static screen_str_t
screen_report_copy_str(screen_reader_t *r, size_t max,
    const screen_alloc_t *alloc, int *rc)
{
    screen_str_t  s;

    s = screen_report_get_str(r, max);

    if (s.len && screen_alloc_str(alloc, &s, &s) != SCREEN_OK) {
        *rc = SCREEN_NOMEM;
        s.len = 0;
    }

    return s;
}


static void
screen_report_get_meta(screen_reader_t *r, screen_meta_t *meta,
    const screen_alloc_t *alloc, int *rc)
{
    uint8_t  type;

    meta->key = screen_report_copy_str(r, SCREEN_REPORT_STRING, alloc, rc);
    type = screen_reader_u8(r);

    if (type > SCREEN_META_BOOLEAN) {
        screen_reader_fail(r);
        return;
    }

    meta->type = (screen_meta_type_t) type;

    if (meta->type == SCREEN_META_STRING) {
        meta->string = screen_report_copy_str(r, SCREEN_REPORT_STRING, alloc,
                                              rc);
        return;
    }

    meta->integer = (int64_t) screen_reader_u64(r);

    if (meta->type == SCREEN_META_BOOLEAN
        && meta->integer != 0 && meta->integer != 1)
    {
        screen_reader_fail(r);
    }
}


static void
screen_report_get_match(screen_reader_t *r, screen_yara_match_t *match,
    const screen_alloc_t *alloc, int *rc)
{
    size_t  i;

    match->space = screen_report_copy_str(r, SCREEN_REPORT_STRING, alloc, rc);
    match->rule = screen_report_copy_str(r, SCREEN_REPORT_STRING, alloc, rc);

    match->ntags = screen_reader_count(r, SCREEN_REPORT_TAGS, 4);
    match->tags = screen_calloc(alloc, match->ntags * sizeof(screen_str_t));

    if (match->tags == NULL) {
        *rc = SCREEN_NOMEM;
        return;
    }

    for (i = 0; i < match->ntags; i++) {
        match->tags[i] = screen_report_copy_str(r, SCREEN_REPORT_STRING,
                                                alloc, rc);
    }

    match->nmetas = screen_reader_count(r, SCREEN_REPORT_TAGS,
                                        SCREEN_REPORT_META_MIN);
    match->metas = screen_calloc(alloc,
                                 match->nmetas * sizeof(screen_meta_t));

    if (match->metas == NULL) {
        *rc = SCREEN_NOMEM;
        return;
    }

    for (i = 0; i < match->nmetas; i++) {
        screen_report_get_meta(r, &match->metas[i], alloc, rc);
    }
}


static void
screen_report_get_patterns(screen_reader_t *r, screen_part_t *part,
    size_t ncontents, const screen_alloc_t *alloc, int *rc)
{
    size_t    i;
    uint32_t  max;

    max = ncontents < UINT32_MAX ? (uint32_t) ncontents : UINT32_MAX;

    part->npatterns = screen_reader_count(r, max, 4);
    part->patterns = screen_calloc(alloc, part->npatterns * sizeof(uint32_t));

    if (part->patterns == NULL) {
        *rc = SCREEN_NOMEM;
        return;
    }

    for (i = 0; i < part->npatterns; i++) {
        part->patterns[i] = screen_reader_u32(r);

        if (part->patterns[i] >= ncontents
            || (i > 0 && part->patterns[i] <= part->patterns[i - 1]))
        {
            screen_reader_fail(r);
            return;
        }
    }
}


static int
screen_report_get_part(screen_reader_t *r, screen_part_t *part,
    const screen_report_engine_t *engine, const screen_alloc_t *alloc)
{
    int      rc;
    size_t   i;
    uint8_t  faults;

    rc = SCREEN_OK;

    part->type = screen_report_copy_str(r, SCREEN_REPORT_TYPE, alloc, &rc);
    faults = screen_reader_u8(r);
    part->fault_reason = screen_report_copy_str(r, SCREEN_REPORT_TYPE, alloc,
                                                &rc);

    if (faults & ~SCREEN_REPORT_FAULTS
        || (faults == 0 && part->fault_reason.len))
    {
        screen_reader_fail(r);
    }

    part->faults = faults;

    part->nyara = screen_reader_count(r, SCREEN_REPORT_MATCHES,
                                      SCREEN_REPORT_MATCH_MIN);
    part->yara = screen_calloc(alloc,
                               part->nyara * sizeof(screen_yara_match_t));

    if (part->yara == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < part->nyara && r->code == SCREEN_OK; i++) {
        screen_report_get_match(r, &part->yara[i], alloc, &rc);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    screen_report_get_patterns(r, part, engine->ncontents, alloc, &rc);

    if (rc == SCREEN_OK) {
        rc = screen_media_decode(r, engine->dense, alloc, &part->media);
    }

    return rc != SCREEN_OK ? rc : r->code;
}


static void
screen_report_apply(screen_part_t *part, const screen_part_t *told)
{
    part->scanned = 1;
    part->type = told->type;
    part->mismatch = 0;
    part->yara = told->yara;
    part->nyara = told->nyara;
    part->patterns = told->patterns;
    part->npatterns = told->npatterns;
    part->media = told->media;

    if (part->faults == 0) {
        part->fault_reason = told->fault_reason;
    }

    part->faults |= told->faults;

    /* of the names that this upload gives it: a cached report has others */

    if (part->type.len && !part->whole) {
        part->mismatch = screen_sniff_mismatch((const char *) part->type.data,
                                               &part->declared,
                                               &part->filename)
                         | screen_sniff_mismatch((const char *)
                                                 part->type.data,
                                                 &part->declared,
                                                 &part->alias);
    }
}


void
screen_report_encode_part(screen_buf_t *b, const screen_part_t *part)
{
    screen_buf_put_u32(b, SCREEN_REPORT_MAGIC);
    screen_report_put_part(b, 0, part, 1);
}


int
screen_report_decode_part(screen_part_t *part,
    const screen_report_engine_t *engine, const u_char *data, size_t len,
    const screen_alloc_t *alloc)
{
    int              rc;
    screen_part_t    told;
    screen_reader_t  r;

    memset(&told, 0, sizeof(screen_part_t));

    screen_reader_init(&r, data, len);

    if (screen_reader_u32(&r) != SCREEN_REPORT_MAGIC
        || screen_reader_u32(&r) != 0)
    {
        return SCREEN_MALFORMED;
    }

    rc = screen_report_get_part(&r, &told, engine, alloc);

    if (rc == SCREEN_OK) {
        rc = screen_reader_end(&r);
    }

    if (rc == SCREEN_OK) {
        screen_report_apply(part, &told);
    }

    return rc;
}


/* the header, up to the number of parts, which must be those wanted */

static int
screen_report_get_header(screen_reader_t *r, const screen_upload_t *u,
    uint64_t id, size_t *nparts)
{
    size_t  i, wanted;

    wanted = 0;

    for (i = 0; i < u->nparts; i++) {
        wanted += u->parts[i].want_scan;
    }

    if (screen_reader_u32(r) != SCREEN_REPORT_MAGIC
        || screen_reader_u64(r) != id
        || screen_reader_u32(r) != wanted
        || r->code != SCREEN_OK)
    {
        return SCREEN_MALFORMED;
    }

    *nparts = wanted;

    return SCREEN_OK;
}


int
screen_report_decode(screen_upload_t *u, uint64_t id,
    const screen_report_engine_t *engine, const u_char *data, size_t len,
    const screen_alloc_t *alloc)
{
    int              rc;
    size_t           i, k, nparts;
    screen_part_t   *told;
    screen_reader_t  r;

    screen_reader_init(&r, data, len);

    if (screen_report_get_header(&r, u, id, &nparts) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    told = screen_calloc(alloc, nparts * sizeof(screen_part_t));
    if (told == NULL) {
        return SCREEN_NOMEM;
    }

    /* in the order of the upload, each wanted one exactly once */

    for (i = 0, k = 0; i < u->nparts; i++) {

        if (!u->parts[i].want_scan) {
            continue;
        }

        if (screen_reader_u32(&r) != i) {
            return SCREEN_MALFORMED;
        }

        rc = screen_report_get_part(&r, &told[k++], engine, alloc);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    if (screen_reader_end(&r) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    for (i = 0, k = 0; i < u->nparts; i++) {

        if (u->parts[i].want_scan) {
            screen_report_apply(&u->parts[i], &told[k++]);
        }
    }

    return SCREEN_OK;
}
