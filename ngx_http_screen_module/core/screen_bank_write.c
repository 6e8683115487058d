
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "screen_bank_builder.h"
#include "screen_bank_impl.h"
#include "screen_buf.h"


#define SCREEN_BANK_OUT_SIZE  262144


typedef struct {
    screen_bank_section_t   type;
    screen_signal_t         signal;
    unsigned                bits;
    uint64_t                offset;
    uint64_t                size;
    uint64_t                count;
} screen_bank_plan_t;


typedef struct {
    int                     fd;
    int                     error;      /* errno of the first failure */
    uint64_t                at;         /* in the file, buffered included */
    u_char                 *buf;
    size_t                  len;
} screen_bank_out_t;


static size_t screen_bank_plan(screen_bank_builder_t *b,
    screen_bank_plan_t *plan, uint64_t *size);
static void screen_bank_write_header(screen_bank_out_t *out,
    const screen_bank_plan_t *plan, size_t nplan, uint64_t size,
    const screen_bank_origin_t *origin);
static void screen_bank_write_section(screen_bank_out_t *out,
    screen_bank_builder_t *b, const screen_bank_plan_t *plan);
static void screen_bank_write_buckets(screen_bank_out_t *out,
    const screen_bank_items_t *items, unsigned bits);
static void screen_bank_write_items(screen_bank_out_t *out,
    const screen_bank_items_t *items, screen_bank_section_t type);
static int screen_bank_begin(screen_bank_builder_t *b);
static void screen_bank_end(screen_bank_builder_t *b);
static void screen_bank_write_records(screen_bank_out_t *out,
    const screen_bank_builder_t *b);
static void screen_bank_write_contents(screen_bank_out_t *out,
    const screen_bank_builder_t *b);


int
screen_bank_write(screen_bank_builder_t *b, const char *path,
    const screen_bank_origin_t *origin, screen_error_t *err)
{
    int  fd, rc;

    fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0640);
    if (fd == -1) {
        return screen_error_at(err, path, 0, "cannot be created: %s",
                               strerror(errno));
    }

    rc = screen_bank_write_fd(b, fd, path, origin, err);

    if (close(fd) == -1 && rc == SCREEN_OK) {
        rc = screen_error_at(err, path, 0, "cannot be written: %s",
                             strerror(errno));
    }

    if (rc != SCREEN_OK) {
        (void) unlink(path);
    }

    return rc;
}


/* sorts, and prepares what is not written as it was added */

static int
screen_bank_begin(screen_bank_builder_t *b)
{
    int                   rc;
    unsigned              signal;
    screen_bank_items_t  *items;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        items = &b->items[signal];

        screen_bank_sort(items);

        /* few, and more than an index can have, are searched without one */

        if (!screen_signal_perceptual(signal) || items->n < SCREEN_NEAR_MIN
            || items->n > SCREEN_NEAR_MAX)
        {
            continue;
        }

        rc = screen_near_build_init(&b->near[signal],
                                    items->data + sizeof(screen_bank_item_t),
                                    items->stride, items->n, 0);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return screen_bank_frames_count(b);
}


static void
screen_bank_end(screen_bank_builder_t *b)
{
    unsigned  signal;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        screen_near_build_free(&b->near[signal]);
    }

    screen_bank_frames_free(b);
}


static void
screen_bank_flush(screen_bank_out_t *out)
{
    size_t   done;
    ssize_t  n;

    for (done = 0; done < out->len && out->error == 0; done += n) {

        n = write(out->fd, out->buf + done, out->len - done);

        if (n == -1) {
            if (errno != EINTR) {
                out->error = errno;
            }

            n = 0;
        }
    }

    out->len = 0;
}


static void
screen_bank_put(screen_bank_out_t *out, const void *data, size_t len)
{
    size_t         n;
    const u_char  *p;

    p = data;
    out->at += len;

    while (len) {
        n = SCREEN_BANK_OUT_SIZE - out->len;

        if (n > len) {
            n = len;
        }

        memcpy(out->buf + out->len, p, n);

        out->len += n;
        p += n;
        len -= n;

        if (out->len == SCREEN_BANK_OUT_SIZE) {
            screen_bank_flush(out);
        }
    }
}


static void
screen_bank_put_near(void *ctx, const void *data, size_t len)
{
    screen_bank_put(ctx, data, len);
}


static void
screen_bank_put_u32(screen_bank_out_t *out, uint32_t v)
{
    v = htole32(v);

    screen_bank_put(out, &v, sizeof(uint32_t));
}


static void
screen_bank_put_u64(screen_bank_out_t *out, uint64_t v)
{
    v = htole64(v);

    screen_bank_put(out, &v, sizeof(uint64_t));
}


static void
screen_bank_pad(screen_bank_out_t *out)
{
    static const u_char  zero[SCREEN_BANK_ALIGN];

    screen_bank_put(out, zero, (size_t) (-out->at % SCREEN_BANK_ALIGN));
}


int
screen_bank_write_fd(screen_bank_builder_t *b, int fd, const char *name,
    const screen_bank_origin_t *origin, screen_error_t *err)
{
    size_t              i, n;
    uint64_t            size;
    screen_bank_out_t   out;
    screen_bank_plan_t  plan[SCREEN_BANK_ROWS_MAX];

    memset(&out, 0, sizeof(screen_bank_out_t));

    out.fd = fd;

    out.buf = malloc(SCREEN_BANK_OUT_SIZE);
    if (out.buf == NULL) {
        return screen_error_at(err, name, 0, "no memory to write it");
    }

    if (screen_bank_begin(b) != SCREEN_OK) {
        screen_bank_end(b);
        free(out.buf);
        return screen_error_at(err, name, 0, "no memory to write it");
    }

    n = screen_bank_plan(b, plan, &size);

    screen_bank_write_header(&out, plan, n, size, origin);

    for (i = 0; i < n && out.error == 0; i++) {
        screen_bank_pad(&out);
        screen_bank_write_section(&out, b, &plan[i]);
    }

    screen_bank_flush(&out);
    screen_bank_end(b);

    free(out.buf);

    if (out.error == 0 && fsync(fd) == -1) {
        out.error = errno;
    }

    if (out.error != 0) {
        return screen_error_at(err, name, 0, "cannot be written: %s",
                               strerror(out.error));
    }

    return SCREEN_OK;
}


static screen_bank_plan_t *
screen_bank_plan_section(screen_bank_plan_t *plan, size_t *n,
    screen_bank_section_t type, screen_signal_t signal, uint64_t count,
    size_t each)
{
    screen_bank_plan_t  *section;

    section = &plan[(*n)++];

    section->type = type;
    section->signal = signal;
    section->bits = 0;
    section->count = count;
    section->size = count * each;

    return section;
}


static unsigned
screen_bank_bits(size_t n)
{
    unsigned  bits;

    bits = 0;

    while (bits < SCREEN_BANK_BITS_MAX
           && n >> bits > SCREEN_BANK_FILL)
    {
        bits++;
    }

    return bits;
}


static int
screen_bank_expires(const screen_bank_items_t *items)
{
    size_t              i;
    screen_bank_item_t  item;

    for (i = 0; i < items->n; i++) {
        memcpy(&item, items->data + i * items->stride,
               sizeof(screen_bank_item_t));

        if (item.expires != 0) {
            return 1;
        }
    }

    return 0;
}


static int
screen_bank_marked(const screen_bank_items_t *items)
{
    size_t              i;
    screen_bank_mark_t  mark;

    for (i = 0; i < items->n; i++) {
        memcpy(&mark, items->data + i * items->stride
                      + sizeof(screen_bank_item_t) + items->key_size,
               sizeof(screen_bank_mark_t));

        if (mark.time != 0 || mark.view != 0) {
            return 1;
        }
    }

    return 0;
}


static size_t
screen_bank_plan(screen_bank_builder_t *b, screen_bank_plan_t *plan,
    uint64_t *size)
{
    size_t                i, n;
    unsigned              bits, signal;
    uint64_t              offset;
    screen_bank_items_t  *items;

    n = 0;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        items = &b->items[signal];

        if (items->n == 0) {
            continue;
        }

        bits = screen_bank_bits(items->n);

        screen_bank_plan_section(plan, &n, SCREEN_BANK_BUCKETS, signal,
                                 (1ull << bits) + 1, sizeof(uint32_t))
            ->bits = bits;

        screen_bank_plan_section(plan, &n, SCREEN_BANK_VALUES, signal,
                                 items->n, items->value_size);
        screen_bank_plan_section(plan, &n, SCREEN_BANK_METAS, signal,
                                 items->n, sizeof(uint32_t));

        if (screen_bank_expires(items)) {
            screen_bank_plan_section(plan, &n, SCREEN_BANK_EXPIRES, signal,
                                     items->n, sizeof(uint64_t));
        }

        if (screen_signal_perceptual(signal) && screen_bank_marked(items)) {
            screen_bank_plan_section(plan, &n, SCREEN_BANK_MARKS, signal,
                                     items->n, SCREEN_BANK_MARK);
        }

        if (b->near[signal].bands != 0) {
            screen_bank_plan_section(plan, &n, SCREEN_BANK_NEAR, signal,
                                     screen_near_build_size(&b->near[signal]),
                                     1);
        }
    }

    screen_bank_plan_section(plan, &n, SCREEN_BANK_RECORDS, 0,
                             b->record_table.n, SCREEN_BANK_RECORD);
    screen_bank_plan_section(plan, &n, SCREEN_BANK_CONTENTS, 0, b->ncontents,
                             sizeof(uint32_t));
    screen_bank_plan_section(plan, &n, SCREEN_BANK_STRINGS, 0,
                             b->strings_len, 1);

    offset = SCREEN_BANK_HEADER + n * SCREEN_BANK_ROW;

    for (i = 0; i < n; i++) {
        offset += -offset % SCREEN_BANK_ALIGN;
        plan[i].offset = offset;
        offset += plan[i].size;
    }

    *size = offset;

    return n;
}


static void
screen_bank_write_header(screen_bank_out_t *out,
    const screen_bank_plan_t *plan, size_t nplan, uint64_t size,
    const screen_bank_origin_t *origin)
{
    size_t        i, len;
    screen_buf_t  header;

    len = SCREEN_BANK_HEADER + nplan * SCREEN_BANK_ROW;

    screen_buf_init(&header, len);

    screen_buf_put(&header, SCREEN_BANK_MAGIC, SCREEN_BANK_MAGIC_LEN);
    screen_buf_put_u32(&header, SCREEN_BANK_VERSION);
    screen_buf_put_u32(&header, (uint32_t) len);
    screen_buf_put_u32(&header, 0);
    screen_buf_put_u32(&header, (uint32_t) nplan);
    screen_buf_put_u64(&header, size);
    screen_buf_put_u64(&header, (uint64_t) time(NULL));
    screen_buf_put_u64(&header, origin->size);
    screen_buf_put_u64(&header, origin->mtime_ns);
    screen_buf_put_u64(&header, origin->inode);

    for (i = 0; i < nplan; i++) {
        screen_buf_put_u32(&header, plan[i].type);
        screen_buf_put_u16(&header, (uint16_t) plan[i].signal);
        screen_buf_put_u16(&header, (uint16_t) plan[i].bits);
        screen_buf_put_u64(&header, plan[i].offset);
        screen_buf_put_u64(&header, plan[i].size);
        screen_buf_put_u64(&header, plan[i].count);
    }

    if (header.code != SCREEN_OK) {
        out->error = ENOMEM;

    } else {
        screen_buf_set_u32(&header, SCREEN_BANK_CRC_AT,
                           screen_bank_crc(header.data, header.len));
        screen_bank_put(out, header.data, header.len);
    }

    screen_buf_free(&header);
}


static void
screen_bank_write_section(screen_bank_out_t *out, screen_bank_builder_t *b,
    const screen_bank_plan_t *plan)
{
    switch (plan->type) {

    case SCREEN_BANK_BUCKETS:
        screen_bank_write_buckets(out, &b->items[plan->signal], plan->bits);
        break;

    case SCREEN_BANK_NEAR:

        if (screen_near_build_write(&b->near[plan->signal],
                                    screen_bank_put_near, out)
            != SCREEN_OK)
        {
            out->error = ENOMEM;
        }

        break;

    case SCREEN_BANK_RECORDS:
        screen_bank_write_records(out, b);
        break;

    case SCREEN_BANK_CONTENTS:
        screen_bank_write_contents(out, b);
        break;

    case SCREEN_BANK_STRINGS:
        screen_bank_put(out, b->strings, b->strings_len);
        break;

    default:
        screen_bank_write_items(out, &b->items[plan->signal], plan->type);
        break;
    }
}


static void
screen_bank_write_buckets(screen_bank_out_t *out,
    const screen_bank_items_t *items, unsigned bits)
{
    size_t    i;
    u_char   *value;
    uint32_t  bucket, next;

    next = 0;

    for (i = 0; i < items->n; i++) {
        value = items->data + i * items->stride + sizeof(screen_bank_item_t);
        bucket = screen_bank_bucket(value, bits);

        while (next <= bucket) {
            screen_bank_put_u32(out, (uint32_t) i);
            next++;
        }
    }

    while (next <= 1u << bits) {
        screen_bank_put_u32(out, (uint32_t) items->n);
        next++;
    }
}


static void
screen_bank_write_items(screen_bank_out_t *out,
    const screen_bank_items_t *items, screen_bank_section_t type)
{
    size_t              i;
    u_char             *p;
    screen_bank_item_t  item;
    screen_bank_mark_t  mark;

    for (i = 0; i < items->n; i++) {
        p = items->data + i * items->stride;

        memcpy(&item, p, sizeof(screen_bank_item_t));

        switch (type) {

        case SCREEN_BANK_VALUES:
            screen_bank_put(out, p + sizeof(screen_bank_item_t),
                            items->value_size);
            break;

        case SCREEN_BANK_METAS:
            screen_bank_put_u32(out, item.meta);
            break;

        case SCREEN_BANK_MARKS:
            memcpy(&mark, p + sizeof(screen_bank_item_t) + items->key_size,
                   sizeof(screen_bank_mark_t));
            screen_bank_put_u32(out, mark.time);
            screen_bank_put_u32(out, mark.view);
            break;

        default:
            screen_bank_put_u64(out, item.expires);
            break;
        }
    }
}


static void
screen_bank_write_records(screen_bank_out_t *out,
    const screen_bank_builder_t *b)
{
    size_t                       i;
    const screen_bank_record_t  *record;

    for (i = 0; i < b->record_table.n; i++) {
        record = &b->records[i];

        screen_bank_put_u64(out, screen_bank_text_ref(b, record->label));
        screen_bank_put_u64(out, screen_bank_text_ref(b, record->source));
        screen_bank_put_u64(out, screen_bank_text_ref(b, record->content));
        screen_bank_put_u32(out, record->severity);
        screen_bank_put_u32(out, b->frames ? b->frames[record->content] : 0);
    }
}


static void
screen_bank_write_contents(screen_bank_out_t *out,
    const screen_bank_builder_t *b)
{
    size_t  i;

    for (i = 0; i < b->ncontents; i++) {
        screen_bank_put_u32(out, b->contents[i]);
    }
}
