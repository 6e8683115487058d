
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_tail_impl.h"


static int
screen_tail_write(int fd, const void *data, size_t len, off_t at)
{
    ssize_t        n;
    const u_char  *p;

    for (p = data; len; len -= (size_t) n) {

        n = pwrite(fd, p, len, at);

        if (n == -1) {

            if (errno != EINTR) {
                return -1;
            }

            n = 0;
        }

        p += n;
        at += n;
    }

    return 0;
}


/* where atomics are stored there must be disk, for a store cannot fail */

static int
screen_tail_allocate(int fd, const screen_tail_header_t *h)
{
    int  rc;

    if (fchmod(fd, 0640) == -1
        || ftruncate(fd, (off_t) screen_tail_size(h->capacity)) == -1)
    {
        return errno;
    }

    rc = posix_fallocate(fd, 0, SCREEN_TAIL_PAGE
                                + 2 * SCREEN_TAIL_CHAINS
                                  * sizeof(uint32_t));
    if (rc != 0) {
        return rc;
    }

    return screen_tail_write(fd, h, sizeof(screen_tail_header_t), 0) == -1
           ? errno : 0;
}


int
screen_tail_create(screen_tail_t *t, const char *path, uint64_t generation,
    uint32_t capacity, screen_error_t *err)
{
    int                   fd, rc;
    char                  name[PATH_MAX];
    screen_tail_header_t  h;

    memset(t, 0, sizeof(screen_tail_t));
    t->fd = -1;

    if (capacity == 0 || capacity > SCREEN_TAIL_MAX
        || screen_tail_path(name, sizeof(name), path, generation)
           != SCREEN_OK)
    {
        return screen_error_at(err, path, 0, "the path is too long");
    }

    memset(&h, 0, sizeof(screen_tail_header_t));
    memcpy(h.magic, SCREEN_TAIL_MAGIC, SCREEN_TAIL_MAGIC_LEN);

    h.version = SCREEN_TAIL_VERSION;
    h.capacity = capacity;
    h.generation = generation;
    h.place = 2;

    /* who writes a list must not be able to choose values of one chain */

    if (getentropy(&h.seed, sizeof(uint64_t)) == -1) {
        h.seed = generation;
    }

    fd = open(name, O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);
    if (fd == -1) {
        return screen_error_at(err, name, 0, "cannot be created: %s",
                               strerror(errno));
    }

    rc = screen_tail_allocate(fd, &h);

    close(fd);

    if (rc != 0) {
        (void) unlink(name);
        return screen_error_at(err, name, 0, "cannot be written: %s",
                               strerror(rc));
    }

    if (screen_tail_reopen(t, path, generation, err) != SCREEN_OK) {
        (void) unlink(name);
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


/* as much as fits, ended where a character of UTF-8 begins */

static uint8_t
screen_tail_text(u_char *to, const screen_str_t *text, size_t max)
{
    screen_str_t  cut;

    cut = screen_tail_cut(text, max);

    if (cut.len) {
        memcpy(to, cut.data, cut.len);
    }

    return (uint8_t) cut.len;
}


static void
screen_tail_encode(screen_tail_entry_t *e, screen_tail_op_t op,
    const screen_entry_t *entry)
{
    memset(e, 0, sizeof(screen_tail_entry_t));

    e->op = (uint8_t) op;
    e->signal = (uint8_t) entry->signal;
    memcpy(e->value, entry->value, screen_signal_size(entry->signal));

    if (screen_signal_perceptual(entry->signal)) {
        e->content_len = screen_tail_text(e->content, &entry->content,
                                          SCREEN_TAIL_CONTENT_MAX);
    }

    if (op == SCREEN_TAIL_ADD) {
        e->severity = entry->severity;
        e->expires = entry->expires;
        e->time = entry->time;
        e->view = entry->view;
        e->frames = entry->frames;
        e->label_len = screen_tail_text(e->label, &entry->label,
                                        SCREEN_TAIL_LABEL_MAX);
        e->source_len = screen_tail_text(e->source, &entry->source,
                                         SCREEN_TAIL_SOURCE_MAX);
    }

    e->check = screen_tail_check(e);
}


int
screen_tail_append(screen_tail_t *t, screen_tail_op_t op,
    const screen_entry_t *entry, screen_error_t *err)
{
    uint32_t               n;
    screen_str_t           text;
    _Atomic uint32_t      *head, *content;
    screen_tail_entry_t    e;
    screen_tail_header_t  *h;

    h = t->header;
    n = atomic_load(&h->count);

    if (n >= t->capacity) {
        return SCREEN_LIMIT;
    }

    screen_tail_encode(&e, op, entry);

    head = screen_tail_chains(t) + screen_tail_chain(h->seed, entry);
    e.next = atomic_load(head);

    content = NULL;

    if (op == SCREEN_TAIL_ADD && e.content_len != 0) {
        text.data = e.content;
        text.len = e.content_len;

        content = screen_tail_contents(t)
                  + screen_tail_chain_content(h->seed, &text);
        e.next_content = atomic_load(content);
    }

    /* by write(), which can say that the disk is full; a store cannot */

    if (screen_tail_write(t->fd, e.value, SCREEN_TAIL_VALUE,
                          (off_t) screen_tail_value_at(n))
        == -1
        || screen_tail_write(t->fd, &e, sizeof(screen_tail_entry_t),
                             (off_t) screen_tail_entry_at(t->capacity, n))
           == -1)
    {
        return screen_error_set(err, "its tail cannot be written: %s",
                                strerror(errno));
    }

    if (op == SCREEN_TAIL_ADD) {
        atomic_fetch_or(&h->signals, 1u << entry->signal);
    }

    /* counted first: a lookup passes over a tail that has no entries */

    atomic_store(&h->count, n + 1);
    atomic_store(head, n + 1);

    if (content != NULL) {
        atomic_store(content, n + 1);
    }

    return SCREEN_OK;
}
