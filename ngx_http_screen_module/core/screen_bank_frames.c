
/*
 * How many frames a bank has of each video: a match of some frames means
 * little without the number of all.
 */


#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "screen_bank_builder.h"


static void screen_bank_frames_times(const screen_bank_items_t *items,
    uint32_t *starts, size_t ncontents, uint32_t *times);
static int screen_bank_frames_contents(screen_bank_builder_t *b);


static int
screen_bank_frames_compare(const void *one, const void *two)
{
    uint32_t  a, b;

    a = *(const uint32_t *) one;
    b = *(const uint32_t *) two;

    return (a > b) - (a < b);
}


int
screen_bank_frames_count(screen_bank_builder_t *b)
{
    int                   rc;
    size_t                i, c, n;
    uint32_t             *starts, *times;
    screen_bank_items_t  *items;

    items = &b->items[SCREEN_SIGNAL_VPDQ];

    if (items->n == 0) {
        return SCREEN_OK;
    }

    n = b->text_table.n + 1;
    rc = SCREEN_NOMEM;

    b->frames = calloc(n, sizeof(uint32_t));
    starts = calloc(n + 1, sizeof(uint32_t));
    times = malloc(items->n * sizeof(uint32_t));

    if (b->frames == NULL || starts == NULL || times == NULL) {
        goto done;
    }

    screen_bank_frames_times(items, starts, n, times);

    /* the empty one, 0, is of any number of videos */

    for (c = 1; c < n; c++) {

        qsort(times + starts[c], starts[c + 1] - starts[c], sizeof(uint32_t),
              screen_bank_frames_compare);

        for (i = starts[c]; i < starts[c + 1]; i++) {
            b->frames[c] += i == starts[c] || times[i] != times[i - 1];
        }
    }

    rc = screen_bank_frames_contents(b);

done:

    free(starts);
    free(times);

    return rc;
}


void
screen_bank_frames_free(screen_bank_builder_t *b)
{
    free(b->frames);
    free(b->contents);

    b->frames = NULL;
    b->contents = NULL;
    b->ncontents = 0;
}


/* the times of content c are those from starts[c] to starts[c + 1] */

static void
screen_bank_frames_times(const screen_bank_items_t *items, uint32_t *starts,
    size_t ncontents, uint32_t *times)
{
    size_t               i;
    u_char              *p;
    uint32_t             content, n, before;
    screen_bank_mark_t   mark;

    for (i = 0; i < items->n; i++) {
        p = items->data + i * items->stride + sizeof(screen_bank_item_t);

        memcpy(&content, p + items->value_size, sizeof(uint32_t));
        starts[be32toh(content)]++;
    }

    before = 0;

    for (i = 0; i <= ncontents; i++) {
        n = starts[i];
        starts[i] = before;
        before += n;
    }

    for (i = 0; i < items->n; i++) {
        p = items->data + i * items->stride + sizeof(screen_bank_item_t);

        memcpy(&content, p + items->value_size, sizeof(uint32_t));
        memcpy(&mark, p + items->key_size, sizeof(screen_bank_mark_t));

        times[starts[be32toh(content)]++] = mark.time;
    }

    /* each start is that of the next content now */

    memmove(starts + 1, starts, ncontents * sizeof(uint32_t));
    starts[0] = 0;
}


static int
screen_bank_frames_order(const void *one, const void *two, void *ctx)
{
    int                     rc;
    size_t                  n, m;
    uint64_t                x, y;
    screen_bank_builder_t  *b;

    b = ctx;

    x = screen_bank_text_ref(b, b->records[*(const uint32_t *) one].content);
    y = screen_bank_text_ref(b, b->records[*(const uint32_t *) two].content);

    n = x & 0xffff;
    m = y & 0xffff;

    rc = memcmp(b->strings + (x >> 16), b->strings + (y >> 16),
                n < m ? n : m);

    return rc ? rc : (n > m) - (n < m);
}


static int
screen_bank_frames_contents(screen_bank_builder_t *b)
{
    size_t    i, n;
    u_char   *seen;
    uint32_t  content;

    n = 0;

    for (i = 1; i <= b->text_table.n; i++) {
        n += b->frames[i] != 0;
    }

    /* one more, for malloc(0) may answer NULL */

    b->contents = malloc((n + 1) * sizeof(uint32_t));
    seen = calloc(b->text_table.n + 1, 1);

    if (b->contents == NULL || seen == NULL) {
        free(seen);
        return SCREEN_NOMEM;
    }

    for (i = 0; i < b->record_table.n; i++) {
        content = b->records[i].content;

        if (b->frames[content] != 0 && !seen[content]) {
            seen[content] = 1;
            b->contents[b->ncontents++] = (uint32_t) i;
        }
    }

    free(seen);

    qsort_r(b->contents, b->ncontents, sizeof(uint32_t),
            screen_bank_frames_order, b);

    return SCREEN_OK;
}
