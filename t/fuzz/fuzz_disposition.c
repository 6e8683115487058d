
/*
 * Content-Disposition: any bytes, with exactly the space that the contract
 * asks for; what comes out lies in the value or in the space.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_disposition.h"


static void
fuzz_check(const screen_str_t *s, const u_char *value, const u_char *space,
    size_t size)
{
    if (s->len == 0) {
        return;
    }

    if (s->data >= value && s->data + s->len <= value + size) {
        return;
    }

    if (s->data >= space && s->data + s->len <= space + 2 * size) {
        return;
    }

    abort();
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                *value, *space;
    screen_str_t           s;
    screen_disposition_t   d;

    value = malloc(size + 1);
    space = malloc(2 * size + 1);

    if (value == NULL || space == NULL) {
        abort();
    }

    /* at the end of their blocks, so that a sanitizer sees an overrun */

    value++;
    space++;

    if (size) {
        memcpy(value, data, size);
    }

    s.data = value;
    s.len = size;
    screen_disposition_parse(&d, &s, space);

    fuzz_check(&d.type, value, space, size);
    fuzz_check(&d.name, value, space, size);
    fuzz_check(&d.filename, value, space, size);

    free(value - 1);
    free(space - 1);

    return 0;
}
