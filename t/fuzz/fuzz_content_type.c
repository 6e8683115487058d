
/*
 * The value of a Content-Type header: any bytes give a boundary that is part
 * of them, or none.  What is not ambiguous keeps its boundary and kind when
 * its letters before the boundary change their case and when a parameter
 * follows that means nothing.
 */


#include <ctype.h>

#include "fuzz_input.h"
#include "screen_multipart.h"


static void
fuzz_alike(const screen_content_type_t *a, const u_char *data, size_t len)
{
    u_char                 *copy;
    screen_str_t            value;
    screen_content_type_t   b;

    copy = fuzz_copy(data, len);
    value.data = copy;
    value.len = len;

    screen_content_type_parse(&b, &value);

    fuzz_require(b.kind == a->kind && b.framing == a->framing);
    fuzz_require(b.boundary_len == a->boundary_len);
    fuzz_require(memcmp(b.boundary, a->boundary, a->boundary_len) == 0);

    free(copy);
}


static void
fuzz_variants(const screen_content_type_t *ct, const u_char *value,
    size_t len)
{
    size_t   i;
    u_char  *other, *semicolon;

    static const char  more[] = "; charset=utf-8";

    other = malloc(len + sizeof(more));
    fuzz_require(other != NULL);

    memcpy(other, value, len);
    memcpy(other + len, more, sizeof(more) - 1);
    fuzz_alike(ct, other, len + sizeof(more) - 1);

    semicolon = memchr(other, ';', len);
    fuzz_require(semicolon != NULL);

    for (i = 0; other + i < semicolon; i++) {
        other[i] = (u_char) (islower(other[i]) ? toupper(other[i])
                                               : tolower(other[i]));
    }

    fuzz_alike(ct, other, len);

    free(other);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                 *copy;
    screen_str_t            value;
    screen_content_type_t   ct;

    copy = fuzz_copy(data, size);
    value.data = copy;
    value.len = size;

    screen_content_type_parse(&ct, &value);

    fuzz_require(ct.boundary_len <= SCREEN_BOUNDARY_MAX);
    fuzz_require((ct.kind == SCREEN_BODY_RAW) == (ct.boundary_len == 0));

    if (ct.kind != SCREEN_BODY_RAW) {
        fuzz_require(memmem(copy, size, ct.boundary, ct.boundary_len)
                     != NULL);

        if (ct.framing == 0) {
            fuzz_variants(&ct, copy, size);
        }
    }

    free(copy);

    return 0;
}
