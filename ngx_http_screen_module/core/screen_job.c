
#include "screen_job.h"


#define SCREEN_JOB_MAGIC         0x424a4353        /* "SCJB" */
#define SCREEN_JOB_STRING_MAX    65536
#define SCREEN_JOB_PARTS_MAX     65536

/* index, flags, offset, size and three empty strings */
#define SCREEN_JOB_PART_MIN      (4 + 1 + 8 + 8 + 3 * 4)

#define SCREEN_JOB_HAS_FILENAME  0x01
#define SCREEN_JOB_WHOLE         0x02


static void
screen_job_put_str(screen_buf_t *b, const screen_str_t *s)
{
    if (s->len > SCREEN_JOB_STRING_MAX && b->code == SCREEN_OK) {
        b->code = SCREEN_LIMIT;
    }

    screen_buf_put_str(b, s);
}


static void
screen_job_put_part(screen_buf_t *b, uint32_t index, const screen_part_t *part)
{
    uint8_t  flags;

    flags = (part->has_filename ? SCREEN_JOB_HAS_FILENAME : 0)
            | (part->whole ? SCREEN_JOB_WHOLE : 0);

    screen_buf_put_u32(b, index);
    screen_buf_put_u8(b, flags);
    screen_buf_put_u64(b, part->offset);
    screen_buf_put_u64(b, part->size);
    screen_job_put_str(b, &part->name);
    screen_job_put_str(b, &part->filename);
    screen_job_put_str(b, &part->declared);
}


void
screen_job_encode(screen_buf_t *b, uint64_t id, uint64_t deadline,
    uint32_t engine, const screen_upload_t *u)
{
    size_t    i, start, count;
    uint32_t  nparts;

    start = b->len;

    screen_buf_put_u32(b, 0);
    screen_buf_put_u32(b, SCREEN_JOB_MAGIC);
    screen_buf_put_u64(b, id);
    screen_buf_put_u64(b, deadline);
    screen_buf_put_u32(b, engine);

    count = b->len;
    nparts = 0;

    screen_buf_put_u32(b, 0);

    for (i = 0; i < u->nparts; i++) {

        if (!u->parts[i].want_scan) {
            continue;
        }

        if (nparts == SCREEN_JOB_PARTS_MAX && b->code == SCREEN_OK) {
            b->code = SCREEN_LIMIT;
        }

        if (b->code != SCREEN_OK) {
            return;
        }

        screen_job_put_part(b, (uint32_t) i, &u->parts[i]);
        nparts++;
    }

    screen_buf_set_u32(b, count, nparts);
    screen_buf_set_u32(b, start, (uint32_t) (b->len - start - 4));
}


static void
screen_job_get_part(screen_reader_t *r, screen_part_t *part, uint32_t *index)
{
    uint8_t  flags;

    *index = screen_reader_u32(r);
    flags = screen_reader_u8(r);
    part->offset = screen_reader_u64(r);
    part->size = screen_reader_u64(r);
    part->name = screen_reader_str(r, SCREEN_JOB_STRING_MAX);
    part->filename = screen_reader_str(r, SCREEN_JOB_STRING_MAX);
    part->declared = screen_reader_str(r, SCREEN_JOB_STRING_MAX);

    if (flags & ~(SCREEN_JOB_HAS_FILENAME|SCREEN_JOB_WHOLE)
        || part->size > UINT64_MAX - part->offset)
    {
        screen_reader_fail(r);
        return;
    }

    part->has_filename = (flags & SCREEN_JOB_HAS_FILENAME) ? 1 : 0;
    part->whole = (flags & SCREEN_JOB_WHOLE) ? 1 : 0;
    part->want_scan = 1;
}


int
screen_job_decode(screen_job_t *job, const u_char *data, size_t len,
    const screen_alloc_t *alloc)
{
    uint32_t         i;
    screen_reader_t  r;

    screen_reader_init(&r, data, len);

    if (screen_reader_u32(&r) != SCREEN_JOB_MAGIC) {
        return SCREEN_MALFORMED;
    }

    job->id = screen_reader_u64(&r);
    job->deadline = screen_reader_u64(&r);
    job->engine = screen_reader_u32(&r);
    job->nparts = screen_reader_count(&r, SCREEN_JOB_PARTS_MAX,
                                      SCREEN_JOB_PART_MIN);

    job->parts = screen_calloc(alloc, job->nparts * sizeof(screen_part_t));
    job->index = screen_calloc(alloc, job->nparts * sizeof(uint32_t));

    if (job->parts == NULL || job->index == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < job->nparts; i++) {
        screen_job_get_part(&r, &job->parts[i], &job->index[i]);

        /* in the upload's order, so that none can come twice */

        if (i > 0 && job->index[i] <= job->index[i - 1]) {
            return SCREEN_MALFORMED;
        }
    }

    return screen_reader_end(&r);
}
