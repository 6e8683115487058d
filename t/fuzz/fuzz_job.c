
/*
 * The job's decoder: any bytes are refused or decode within bounds, and no
 * part's region wraps around.
 */

#include <stdlib.h>

#include "screen_job.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint32_t        i;
    screen_job_t    job;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    if (screen_job_decode(&job, data, size, &alloc) == SCREEN_OK) {

        for (i = 0; i < job.nparts; i++) {

            if (job.parts[i].offset + job.parts[i].size < job.parts[i].size
                || (i > 0 && job.index[i] <= job.index[i - 1]))
            {
                abort();
            }
        }
    }

    screen_arena_destroy(&arena);

    return 0;
}
