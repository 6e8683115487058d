
/*
 * The spec's decoder: any bytes are refused or decode within bounds, and
 * what decodes is encoded to the same bytes again.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_spec.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    screen_buf_t    b;
    screen_spec_t   spec;
    screen_error_t  err;
    screen_arena_t  arena = screen_arena_init;
    screen_alloc_t  alloc = { screen_arena_alloc, &arena };

    if (screen_spec_decode(&spec, data, size, &alloc, &err) == SCREEN_OK) {

        screen_buf_init(&b, SCREEN_SPEC_LIMIT);
        screen_spec_encode(&b, &spec);

        if (b.code != SCREEN_OK || b.len != size
            || memcmp(b.data, data, size) != 0)
        {
            abort();
        }

        screen_buf_free(&b);
    }

    screen_arena_destroy(&arena);

    return 0;
}
