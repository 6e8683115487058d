
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_tail_impl.h"


/* of a content, looked at for one of the same time */
#define SCREEN_TAIL_RECENT  1024

/* a pair is looked for again when it was replaced meanwhile */
#define SCREEN_TAIL_TRIES  5


static int screen_tail_map(screen_tail_t *t, int fd, const char *name,
    uint64_t generation, int prot, screen_error_t *err);


int
screen_tail_path(char *to, size_t size, const char *path,
    uint64_t generation)
{
    int  n;

    n = snprintf(to, size, "%s" SCREEN_TAIL_SUFFIX "%016llx", path,
                 (unsigned long long) generation);

    return n > 0 && (size_t) n < size ? SCREEN_OK : SCREEN_LIMIT;
}


static int
screen_tail_open_mode(screen_tail_t *t, const char *path,
    uint64_t generation, int flags, screen_error_t *err)
{
    int   fd, rc;
    char  name[PATH_MAX];

    memset(t, 0, sizeof(screen_tail_t));
    t->fd = -1;

    if (screen_tail_path(name, sizeof(name), path, generation) != SCREEN_OK) {
        return screen_error_at(err, path, 0, "the path is too long");
    }

    fd = open(name, flags|O_CLOEXEC|O_NOFOLLOW|O_NONBLOCK);

    if (fd == -1) {
        rc = errno == ENOENT ? SCREEN_NOT_FOUND : SCREEN_ERROR;
        (void) screen_error_at(err, name, 0, "cannot be opened: %s",
                               strerror(errno));
        return rc;
    }

    rc = screen_tail_map(t, fd, name, generation,
                         flags == O_RDWR ? PROT_READ|PROT_WRITE : PROT_READ,
                         err);

    if (rc == SCREEN_OK && flags == O_RDWR) {
        t->fd = fd;
        return SCREEN_OK;
    }

    close(fd);

    return rc;
}


int
screen_tail_open(screen_tail_t *t, const char *path, uint64_t generation,
    screen_error_t *err)
{
    return screen_tail_open_mode(t, path, generation, O_RDONLY, err);
}


int
screen_tail_reopen(screen_tail_t *t, const char *path, uint64_t generation,
    screen_error_t *err)
{
    return screen_tail_open_mode(t, path, generation, O_RDWR, err);
}


static int
screen_tail_map(screen_tail_t *t, int fd, const char *name,
    uint64_t generation, int prot, screen_error_t *err)
{
    void                  *map;
    struct stat            st;
    screen_tail_header_t  *h;

    if (fstat(fd, &st) == -1) {
        return screen_error_at(err, name, 0, "cannot be read: %s",
                               strerror(errno));
    }

    if (!S_ISREG(st.st_mode) || st.st_size < (off_t) screen_tail_size(1)) {
        return screen_error_at(err, name, 0, "is not a tail");
    }

    map = mmap(NULL, (size_t) st.st_size, prot, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return screen_error_at(err, name, 0, "cannot be mapped: %s",
                               strerror(errno));
    }

    h = map;

    if (memcmp(h->magic, SCREEN_TAIL_MAGIC, SCREEN_TAIL_MAGIC_LEN) != 0
        || h->version != SCREEN_TAIL_VERSION || h->capacity == 0
        || h->capacity > SCREEN_TAIL_MAX || h->generation != generation
        || (size_t) st.st_size != screen_tail_size(h->capacity))
    {
        (void) munmap(map, (size_t) st.st_size);
        return screen_error_at(err, name, 0, "is damaged, or no tail");
    }

    t->header = h;
    t->size = (size_t) st.st_size;
    t->capacity = h->capacity;

    return SCREEN_OK;
}


void
screen_tail_close(screen_tail_t *t)
{
    if (t->header != NULL) {
        (void) munmap(t->header, t->size);

        if (t->fd != -1) {
            close(t->fd);
        }
    }

    memset(t, 0, sizeof(screen_tail_t));
    t->fd = -1;
}


int
screen_tail_entry(const screen_tail_t *t, uint32_t n, screen_tail_op_t *op,
    screen_entry_t *entry)
{
    if (n >= t->capacity) {
        return SCREEN_MALFORMED;
    }

    return screen_tail_decode(screen_tail_entries_at(t) + n, op, entry);
}


int
screen_tail_decode(const screen_tail_entry_t *e, screen_tail_op_t *op,
    screen_entry_t *entry)
{
    if (e->check != screen_tail_check(e) || e->signal >= SCREEN_SIGNALS
        || (e->op != SCREEN_TAIL_ADD && e->op != SCREEN_TAIL_REMOVE))
    {
        return SCREEN_MALFORMED;
    }

    *op = (screen_tail_op_t) e->op;

    entry->signal = (screen_signal_t) e->signal;
    entry->severity = e->severity;
    entry->expires = e->expires;
    entry->label.data = e->label;
    entry->label.len = e->label_len;
    entry->source.data = e->source;
    entry->source.len = e->source_len;
    entry->content.data = e->content;
    entry->content.len = e->content_len;
    entry->time = e->time;
    entry->view = e->view;
    entry->frames = e->frames;

    memcpy(entry->value, e->value, sizeof(entry->value));

    return SCREEN_OK;
}


uint32_t
screen_tail_last(const screen_tail_t *t, const screen_entry_t *key,
    uint32_t count)
{
    size_t                      size;
    uint32_t                    at, before;
    screen_str_t                content;
    const screen_tail_entry_t  *e;

    size = screen_signal_size(key->signal);
    content = screen_tail_cut(&key->content, SCREEN_TAIL_CONTENT_MAX);

    at = atomic_load_explicit(screen_tail_chains(t)
                              + screen_tail_chain(t->header->seed, key),
                              memory_order_acquire);

    /* a chain leads from the latest to the oldest, and so ends */

    for (before = t->capacity + 1; at != 0 && at < before; at = e->next) {

        e = screen_tail_entries_at(t) + (at - 1);
        before = at;

        if (at <= count && e->signal == key->signal
            && memcmp(e->value, key->value, size) == 0
            && (key->signal != SCREEN_SIGNAL_VPDQ
                || (e->content_len == content.len
                    && (content.len == 0
                        || memcmp(e->content, content.data, content.len)
                           == 0)))
            && e->check == screen_tail_check(e))
        {
            return at - 1;
        }
    }

    return UINT32_MAX;
}


int
screen_tail_find(const screen_tail_t *t, const screen_entry_t *key,
    screen_tail_op_t *op, screen_entry_t *entry)
{
    uint32_t  at;

    if (t->header == NULL
        || atomic_load_explicit(&t->header->count, memory_order_acquire) == 0)
    {
        return SCREEN_NOT_FOUND;
    }

    at = screen_tail_last(t, key, t->capacity);

    if (at == UINT32_MAX
        || screen_tail_decode(screen_tail_entries_at(t) + at, op, entry)
           != SCREEN_OK)
    {
        return SCREEN_NOT_FOUND;
    }

    return SCREEN_OK;
}


/* the next addition of a content before one, 0: there is none */

static uint32_t
screen_tail_content_before(const screen_tail_t *t,
    const screen_str_t *content, uint32_t at)
{
    uint32_t                    next;
    const screen_tail_entry_t  *e;

    if (at == UINT32_MAX) {
        next = atomic_load_explicit(screen_tail_contents(t)
                                    + screen_tail_chain_content(
                                          t->header->seed, content),
                                    memory_order_acquire);

        at = t->capacity + 1;

    } else {
        next = screen_tail_entries_at(t)[at - 1].next_content;
    }

    for ( /* void */ ; next != 0 && next < at; next = e->next_content) {

        e = screen_tail_entries_at(t) + (next - 1);
        at = next;

        if (e->content_len == content->len
            && memcmp(e->content, content->data, content->len) == 0
            && e->check == screen_tail_check(e))
        {
            return next;
        }
    }

    return 0;
}


uint32_t
screen_tail_frames(const screen_tail_t *t, const screen_str_t *content)
{
    uint32_t      at;
    screen_str_t  cut;

    if (t->header == NULL || content->len == 0) {
        return 0;
    }

    cut = screen_tail_cut(content, SCREEN_TAIL_CONTENT_MAX);
    at = screen_tail_content_before(t, &cut, UINT32_MAX);

    return at ? screen_tail_entries_at(t)[at - 1].frames : 0;
}


int
screen_tail_timed(const screen_tail_t *t, const screen_str_t *content,
    uint32_t time)
{
    uint32_t      at;
    unsigned      n;
    screen_str_t  cut;

    if (t->header == NULL || content->len == 0) {
        return 0;
    }

    cut = screen_tail_cut(content, SCREEN_TAIL_CONTENT_MAX);
    at = UINT32_MAX;

    for (n = 0; n < SCREEN_TAIL_RECENT; n++) {

        at = screen_tail_content_before(t, &cut, at);

        if (at == 0) {
            return 0;
        }

        if (screen_tail_entries_at(t)[at - 1].time == time) {
            return 1;
        }
    }

    return 0;
}


/* any one entry of a value, of which vpdq may have several */

static int
screen_tail_any(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    *(screen_entry_t *) ctx = *entry;

    return SCREEN_LIMIT;
}


int
screen_tail_lookup(const screen_tail_t *t, const screen_bank_t *bank,
    screen_signal_t signal, const u_char *value, uint64_t now,
    screen_entry_t *entry)
{
    int                 rc;
    screen_entry_t      key;
    screen_tail_op_t    op;
    screen_tail_near_t  near;

    if (signal == SCREEN_SIGNAL_VPDQ) {
        screen_tail_near_begin(&near, t, bank, signal, value, 0, now);

        do {
            rc = screen_tail_near_each(&near, UINT32_MAX, screen_tail_any,
                                       entry);
        } while (rc == SCREEN_AGAIN);

        return rc == SCREEN_LIMIT ? SCREEN_OK : SCREEN_NOT_FOUND;
    }

    if (t->header == NULL) {
        return screen_bank_lookup(bank, signal, value, now, entry);
    }

    key.signal = signal;
    memcpy(key.value, value, screen_signal_size(signal));
    key.content.len = 0;

    if (screen_tail_find(t, &key, &op, entry) != SCREEN_OK) {
        return screen_bank_lookup(bank, signal, value, now, entry);
    }

    if (op == SCREEN_TAIL_REMOVE
        || (entry->expires != 0 && entry->expires <= now))
    {
        return SCREEN_NOT_FOUND;
    }

    return SCREEN_OK;
}


unsigned
screen_tail_signals(const screen_tail_t *t, const screen_bank_t *bank)
{
    return bank->signals
           | (t->header ? atomic_load(&t->header->signals)
                          & ((1u << SCREEN_SIGNALS) - 1)
                        : 0);
}


uint64_t
screen_tail_entries(const screen_tail_t *t, const screen_bank_t *bank)
{
    int64_t   delta;
    uint64_t  n;
    unsigned  signal;

    n = 0;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        n += bank->entries[signal];
    }

    delta = t->header ? atomic_load(&t->header->delta) : 0;

    if (delta < 0 && -(uint64_t) delta > n) {
        return 0;
    }

    return n + (uint64_t) delta;
}


int
screen_tail_closed(const screen_tail_t *t)
{
    return t->header != NULL && atomic_load(&t->header->closed);
}


uint64_t
screen_tail_synced(const screen_tail_t *t)
{
    return t->header ? atomic_load(&t->header->synced) : 0;
}


int
screen_tail_open_pair(screen_bank_t *bank, screen_tail_t *t,
    const char *path, screen_error_t *err)
{
    int       rc;
    unsigned  tries;

    memset(t, 0, sizeof(screen_tail_t));
    t->fd = -1;

    for (tries = 0; tries < SCREEN_TAIL_TRIES; tries++) {

        if (screen_bank_open(bank, path, err) != SCREEN_OK) {
            return SCREEN_ERROR;
        }

        if (bank->origin.size != SCREEN_BANK_ORIGIN_REDIS) {
            return SCREEN_OK;
        }

        rc = screen_tail_open(t, path, bank->origin.inode, err);

        if (rc == SCREEN_OK && !screen_tail_closed(t)) {
            return SCREEN_OK;
        }

        /* the keeper has just put another pair in their place, or... */

        screen_tail_close(t);

        if (tries == SCREEN_TAIL_TRIES - 1) {
            break;
        }

        screen_bank_close(bank);
    }

    /* ...somebody has removed the tail: the file alone is better than none */

    return SCREEN_OK;
}
