
/*
 * The job's decoder: any bytes are refused or decode within bounds, no part's
 * region wraps around, and what decodes is encoded to the same bytes again.
 */


#include "fuzz_input.h"
#include "screen_job.h"


#define FUZZ_PARTS  1000


/* an upload in which those parts are wanted, and no other */

static void
fuzz_again(const screen_job_t *job, const u_char *data, size_t size)
{
    uint32_t          i, last;
    screen_buf_t      b;
    screen_upload_t   u;

    last = job->nparts ? job->index[job->nparts - 1] : 0;

    if (last >= FUZZ_PARTS) {
        return;
    }

    memset(&u, 0, sizeof(screen_upload_t));
    u.nparts = (size_t) last + 1;
    u.parts = calloc(u.nparts, sizeof(screen_part_t));
    fuzz_require(u.parts != NULL);

    for (i = 0; i < job->nparts; i++) {
        u.parts[job->index[i]] = job->parts[i];
        u.parts[job->index[i]].want_scan = 1;
    }

    screen_buf_init(&b, SCREEN_JOB_LIMIT);
    screen_job_encode(&b, job->id, job->deadline, job->engine, &u);

    fuzz_require(b.code == SCREEN_OK && b.len == size + 4);
    fuzz_require(memcmp(b.data + 4, data, size) == 0);

    screen_buf_free(&b);
    free(u.parts);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char          *copy;
    uint32_t         i;
    screen_job_t     job;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };

    copy = fuzz_copy(data, size);

    if (screen_job_decode(&job, copy, size, &alloc) == SCREEN_OK) {

        for (i = 0; i < job.nparts; i++) {
            fuzz_require(job.parts[i].offset + job.parts[i].size
                         >= job.parts[i].size);
            fuzz_require(i == 0 || job.index[i] > job.index[i - 1]);
        }

        fuzz_again(&job, copy, size);
    }

    free(copy);
    screen_arena_destroy(&arena);

    return 0;
}
