
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_bank_impl.h"
#include "screen_buf.h"


typedef struct {
    const u_char  *data;           /* NULL: the file has no such section */
    uint64_t       size;
    uint64_t       count;
    unsigned       bits;
} screen_bank_row_t;

/* sections that belong to no signal are kept in the column of signal 0 */

typedef screen_bank_row_t
    screen_bank_rows_t[SCREEN_BANK_SECTIONS][SCREEN_SIGNALS];


static int screen_bank_read_header(screen_bank_t *bank, screen_reader_t *r,
    uint32_t *nrows, const char *name, screen_error_t *err);
static int screen_bank_read_rows(screen_bank_t *bank, screen_reader_t *r,
    uint32_t nrows, screen_bank_rows_t rows);
static int screen_bank_attach_signal(screen_bank_t *bank,
    screen_signal_t signal, screen_bank_rows_t rows);
static int screen_bank_attach_near(screen_bank_t *bank,
    screen_bank_rows_t rows);


int
screen_bank_open(screen_bank_t *bank, const char *path, screen_error_t *err)
{
    int  fd, rc;

    memset(bank, 0, sizeof(screen_bank_t));

    /* nonblocking, for the open of a pipe would wait for its writer */

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return screen_error_at(err, path, 0, "cannot be opened: %s",
                               strerror(errno));
    }

    rc = screen_bank_open_fd(bank, fd, path, err);

    close(fd);

    return rc;
}


int
screen_bank_open_fd(screen_bank_t *bank, int fd, const char *name,
    screen_error_t *err)
{
    void         *map;
    struct stat   st;

    memset(bank, 0, sizeof(screen_bank_t));

    if (fstat(fd, &st) == -1) {
        return screen_error_at(err, name, 0, "cannot be read: %s",
                               strerror(errno));
    }

    if (!S_ISREG(st.st_mode) || st.st_size < SCREEN_BANK_HEADER) {
        return screen_error_at(err, name, 0, "is not a bank file");
    }

    map = mmap(NULL, (size_t) st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return screen_error_at(err, name, 0, "cannot be mapped: %s",
                               strerror(errno));
    }

    /* after a boot the file is on disk only; a lookup should not find it so */

    (void) madvise(map, (size_t) st.st_size, MADV_WILLNEED);

    if (screen_bank_attach(bank, map, (size_t) st.st_size, name, err)
        != SCREEN_OK)
    {
        (void) munmap(map, (size_t) st.st_size);
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


void
screen_bank_close(screen_bank_t *bank)
{
    if (bank->map != NULL) {
        (void) munmap((void *) bank->map, bank->size);
    }

    memset(bank, 0, sizeof(screen_bank_t));
}


int
screen_bank_attach(screen_bank_t *bank, const u_char *data, size_t size,
    const char *name, screen_error_t *err)
{
    uint32_t             nrows;
    unsigned             signal;
    screen_reader_t      r;
    screen_bank_row_t   *row;
    screen_bank_rows_t   rows;

    memset(bank, 0, sizeof(screen_bank_t));
    memset(rows, 0, sizeof(screen_bank_rows_t));

    bank->map = data;
    bank->size = size;
    nrows = 0;

    if (screen_bank_read_header(bank, &r, &nrows, name, err) != SCREEN_OK) {
        goto failed;
    }

    if (screen_bank_read_rows(bank, &r, nrows, rows) != SCREEN_OK) {
        goto damaged;
    }

    row = &rows[SCREEN_BANK_RECORDS][0];

    if (row->count > row->size / SCREEN_BANK_RECORD) {
        goto damaged;
    }

    bank->records.data = row->data;
    bank->records.len = row->count;
    bank->strings.data = rows[SCREEN_BANK_STRINGS][0].data;
    bank->strings.len = rows[SCREEN_BANK_STRINGS][0].size;

    row = &rows[SCREEN_BANK_CONTENTS][0];

    if (row->count > row->size / sizeof(uint32_t)) {
        goto damaged;
    }

    bank->contents.data = row->data;
    bank->contents.len = row->count;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        if (screen_bank_attach_signal(bank, signal, rows) != SCREEN_OK) {
            goto damaged;
        }
    }

    if (screen_bank_attach_near(bank, rows) != SCREEN_OK) {
        goto damaged;
    }

    return SCREEN_OK;

damaged:

    screen_error_at(err, name, 0,
                    "is damaged: a section does not fit; build it again");

failed:

    memset(bank, 0, sizeof(screen_bank_t));

    return SCREEN_ERROR;
}


static int
screen_bank_read_header(screen_bank_t *bank, screen_reader_t *r,
    uint32_t *nrows, const char *name, screen_error_t *err)
{
    uint32_t  version, len, crc;
    uint64_t  size;

    if (bank->size < SCREEN_BANK_HEADER
        || memcmp(bank->map, SCREEN_BANK_MAGIC, SCREEN_BANK_MAGIC_LEN) != 0)
    {
        return screen_error_at(err, name, 0, "is not a bank file");
    }

    screen_reader_init(r, bank->map + SCREEN_BANK_MAGIC_LEN,
                       bank->size - SCREEN_BANK_MAGIC_LEN);

    version = screen_reader_u32(r);
    len = screen_reader_u32(r);
    crc = screen_reader_u32(r);
    *nrows = screen_reader_u32(r);
    size = screen_reader_u64(r);

    bank->built = screen_reader_u64(r);
    bank->origin.size = screen_reader_u64(r);
    bank->origin.mtime_ns = screen_reader_u64(r);
    bank->origin.inode = screen_reader_u64(r);

    if (version != SCREEN_BANK_VERSION) {
        return screen_error_at(err, name, 0, "has bank format %u, expected "
                               "is %u: build it again", version,
                               SCREEN_BANK_VERSION);
    }

    if (*nrows > SCREEN_BANK_ROWS_MAX
        || len != SCREEN_BANK_HEADER + *nrows * SCREEN_BANK_ROW
        || len > bank->size || screen_bank_crc(bank->map, len) != crc)
    {
        return screen_error_at(err, name, 0, "is damaged: its header does "
                               "not agree with its checksum; build it again");
    }

    if (size != bank->size) {
        return screen_error_at(err, name, 0, "is damaged: %zu bytes, "
                               "expected are %llu; build it again",
                               bank->size, (unsigned long long) size);
    }

    return SCREEN_OK;
}


static int
screen_bank_read_rows(screen_bank_t *bank, screen_reader_t *r,
    uint32_t nrows, screen_bank_rows_t rows)
{
    uint32_t            i, type, signal, bits;
    uint64_t            offset, size, count;
    screen_bank_row_t  *row;

    for (i = 0; i < nrows; i++) {
        type = screen_reader_u32(r);
        signal = screen_reader_u16(r);
        bits = screen_reader_u16(r);
        offset = screen_reader_u64(r);
        size = screen_reader_u64(r);
        count = screen_reader_u64(r);

        if (type == 0 || type >= SCREEN_BANK_SECTIONS
            || signal >= SCREEN_SIGNALS)
        {
            continue;
        }

        row = &rows[type][signal];

        if (row->data != NULL || bits > SCREEN_BANK_BITS_MAX
            || offset > bank->size || size > bank->size - offset)
        {
            return SCREEN_MALFORMED;
        }

        row->data = bank->map + offset;
        row->size = size;
        row->count = count;
        row->bits = bits;
    }

    return r->code;
}


static int
screen_bank_attach_signal(screen_bank_t *bank, screen_signal_t signal,
    screen_bank_rows_t rows)
{
    uint64_t              n;
    screen_bank_row_t    *buckets, *values, *metas, *expires, *marks;
    screen_bank_index_t  *index;

    buckets = &rows[SCREEN_BANK_BUCKETS][signal];
    values = &rows[SCREEN_BANK_VALUES][signal];
    metas = &rows[SCREEN_BANK_METAS][signal];
    expires = &rows[SCREEN_BANK_EXPIRES][signal];
    marks = &rows[SCREEN_BANK_MARKS][signal];

    n = values->count;

    if (values->data == NULL || n == 0) {
        return SCREEN_OK;
    }

    if (n > UINT32_MAX
        || values->size != n * screen_signal_size(signal)
        || metas->data == NULL || metas->size != n * sizeof(uint32_t)
        || buckets->data == NULL
        || buckets->size != ((1ull << buckets->bits) + 1) * sizeof(uint32_t)
        || (expires->data != NULL && expires->size != n * sizeof(uint64_t))
        || (marks->data != NULL && marks->size != n * SCREEN_BANK_MARK))
    {
        return SCREEN_MALFORMED;
    }

    index = &bank->index[signal];

    index->buckets = buckets->data;
    index->bits = buckets->bits;
    index->values = values->data;
    index->metas = metas->data;
    index->expires = expires->data;
    index->marks = marks->data;

    bank->entries[signal] = n;
    bank->signals |= 1u << signal;

    return SCREEN_OK;
}


static int
screen_bank_attach_near(screen_bank_t *bank, screen_bank_rows_t rows)
{
    unsigned            signal;
    screen_bank_row_t  *row;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (!screen_signal_perceptual(signal)) {
            continue;
        }

        row = &rows[SCREEN_BANK_NEAR][signal];

        if (screen_near_attach(&bank->near[signal],
                               bank->index[signal].values,
                               bank->entries[signal], row->data, row->size)
            != SCREEN_OK)
        {
            return SCREEN_MALFORMED;
        }
    }

    return SCREEN_OK;
}


uint32_t
screen_bank_crc(const u_char *header, size_t len)
{
    size_t    i;
    u_char    c;
    uint32_t  crc;
    unsigned  bit;

    crc = 0xffffffff;

    for (i = 0; i < len; i++) {
        c = header[i];

        if (i >= SCREEN_BANK_CRC_AT && i < SCREEN_BANK_CRC_AT + 4) {
            c = 0;
        }

        crc ^= c;

        for (bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) ? 0xedb88320 : 0);
        }
    }

    return ~crc;
}
