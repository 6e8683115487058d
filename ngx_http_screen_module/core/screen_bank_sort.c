
#include <string.h>

#include "screen_bank_builder.h"


#define SCREEN_BANK_SORT_SMALL  24


static void screen_bank_sort_range(u_char *data, size_t n, size_t stride,
    size_t depth, size_t size);
static void screen_bank_sort_small(u_char *data, size_t n, size_t stride,
    size_t depth, size_t size);


void
screen_bank_sort(screen_bank_items_t *items)
{
    size_t   i, kept, stride;
    u_char  *p, *last;

    stride = items->stride;

    screen_bank_sort_range(items->data, items->n, stride, 0,
                           items->key_size);

    /* equal keys are together now, the latest first */

    last = items->data;
    kept = 0;

    for (i = 0; i < items->n; i++) {
        p = items->data + i * stride;

        if (kept
            && memcmp(last + sizeof(screen_bank_item_t),
                      p + sizeof(screen_bank_item_t), items->key_size)
               == 0)
        {
            continue;
        }

        last = items->data + kept * stride;

        if (last != p) {
            memcpy(last, p, stride);
        }

        kept++;
    }

    items->n = kept;
}


/* by words, for a memcpy() of no fixed size costs more than what it copies */

static inline void
screen_bank_swap(u_char *a, u_char *b, size_t stride)
{
    size_t    i;
    uint64_t  x, y;

    for (i = 0; i < stride; i += sizeof(uint64_t)) {
        memcpy(&x, a + i, sizeof(uint64_t));
        memcpy(&y, b + i, sizeof(uint64_t));
        memcpy(a + i, &y, sizeof(uint64_t));
        memcpy(b + i, &x, sizeof(uint64_t));
    }
}


/*
 * A radix sort in place, most significant byte first: ten million values
 * would need as much memory again to be merged.  It is as deep as a value is
 * long, whatever the values are.
 */

static void
screen_bank_sort_range(u_char *data, size_t n, size_t stride, size_t depth,
    size_t size)
{
    size_t   i, from, next[256], end[256];
    u_char  *p, c;

    if (n <= SCREEN_BANK_SORT_SMALL || depth == size) {
        screen_bank_sort_small(data, n, stride, depth, size);
        return;
    }

    memset(end, 0, sizeof(end));

    p = data + sizeof(screen_bank_item_t) + depth;

    for (i = 0; i < n; i++) {
        end[p[i * stride]]++;
    }

    from = 0;

    for (i = 0; i < 256; i++) {
        next[i] = from;
        from += end[i];
        end[i] = from;
    }

    for (i = 0; i < 256; i++) {

        while (next[i] < end[i]) {
            c = p[next[i] * stride];

            if (c != i) {
                screen_bank_swap(data + next[i] * stride,
                                 data + next[c] * stride, stride);
            }

            next[c]++;
        }
    }

    from = 0;

    for (i = 0; i < 256; i++) {

        if (end[i] - from > 1) {
            screen_bank_sort_range(data + from * stride, end[i] - from,
                                   stride, depth + 1, size);
        }

        from = end[i];
    }
}


/* by value, the latest of equal ones first */

static int
screen_bank_before(const u_char *a, const u_char *b, size_t depth,
    size_t size)
{
    int                 rc;
    screen_bank_item_t  x, y;

    rc = memcmp(a + sizeof(screen_bank_item_t) + depth,
                b + sizeof(screen_bank_item_t) + depth, size - depth);

    if (rc != 0) {
        return rc < 0;
    }

    memcpy(&x, a, sizeof(screen_bank_item_t));
    memcpy(&y, b, sizeof(screen_bank_item_t));

    return x.seq > y.seq;
}


static void
screen_bank_sort_small(u_char *data, size_t n, size_t stride, size_t depth,
    size_t size)
{
    size_t  i, j;
    u_char  item[SCREEN_BANK_STRIDE_MAX];

    if (depth == size) {

        /* all are equal, and only the first is kept: no order needed */

        for (i = 1; i < n; i++) {
            if (screen_bank_before(data + i * stride, data, depth, size)) {
                screen_bank_swap(data + i * stride, data, stride);
            }
        }

        return;
    }

    for (i = 1; i < n; i++) {

        memcpy(item, data + i * stride, stride);

        for (j = i; j > 0; j--) {

            if (!screen_bank_before(item, data + (j - 1) * stride, depth,
                                    size))
            {
                break;
            }

            memcpy(data + j * stride, data + (j - 1) * stride, stride);
        }

        memcpy(data + j * stride, item, stride);
    }
}
