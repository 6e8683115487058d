
/*
 * Sniffing: any bytes give a media type, in lower case and without
 * parameters, and any labels give a mask of known bits.
 */

#include <stdlib.h>
#include <string.h>

#include "screen_sniff.h"
#include "screen_upload.h"


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/*
 * The input is the content; its first bytes serve as labels too.  Copies of
 * their exact size, so that a read beyond an end is seen.
 */

static void
fuzz_labels(const char *type, const uint8_t *data, size_t size)
{
    size_t         n;
    u_char        *label;
    unsigned       mask;
    screen_str_t   s, other;

    static const char  *labels[] = {
        "image/jpeg", "application/zip; x=y", "text/plain", "", "video/*",
        "application/vnd.openxmlformats-officedocument.x"
    };

    n = size < 40 ? size : 40;

    label = malloc(n ? n : 1);
    if (label == NULL) {
        return;
    }

    memcpy(label, data, n);
    s.data = label;
    s.len = n;

    other.data = (const u_char *) labels[n % 6];
    other.len = strlen(labels[n % 6]);

    mask = screen_sniff_mismatch(type, &s, &other)
           | screen_sniff_mismatch(type, &other, &s);

    if (mask & ~(SCREEN_MISMATCH_HEADER|SCREEN_MISMATCH_EXTENSION)) {
        abort();
    }

    free(label);
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char      *copy;
    const char  *type, *p;

    copy = malloc(size ? size : 1);
    if (copy == NULL) {
        return 0;
    }

    memcpy(copy, data, size);

    type = screen_sniff(copy, size);

    free(copy);

    if (type == NULL || strchr(type, '/') == NULL) {
        abort();
    }

    for (p = type; *p; p++) {

        if (*p <= ' ' || *p == ';' || (*p >= 'A' && *p <= 'Z')) {
            abort();
        }
    }

    fuzz_labels(type, data, size);

    return 0;
}
