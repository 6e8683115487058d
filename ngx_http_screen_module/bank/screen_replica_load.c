
/*
 * What a child of the keeper does: it reads the hashes of a bank, or takes
 * the bank with its tail, and writes a bank file of it aside.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "screen_replica_impl.h"


typedef struct {
    screen_replica_state_t   *s;
    screen_redis_t           *redis;
    screen_bank_builder_t    *builder;
    uint64_t                  now;
    screen_redis_bank_scan_t  scan;
} screen_replica_load_t;


static int screen_replica_load_all(screen_replica_load_t *l,
    screen_error_t *err);
static int screen_replica_write(screen_replica_state_t *s,
    screen_bank_builder_t *b, uint64_t when, uint64_t *total,
    screen_error_t *err);


int
screen_replica_confirmed(screen_redis_t *redis, const char *bank)
{
    int                    confirmed;
    char                   key[SCREEN_BANK_KEY_LEN];
    screen_error_t         ignored;
    screen_redis_reply_t  *reply;

    screen_bank_key_confirm(key, &screen_redis_server(redis)->prefix, bank);

    if (screen_redis_command(redis, key, &reply, &ignored, "EXISTS %s", key)
        != SCREEN_OK)
    {
        return 0;
    }

    confirmed = reply->type == SCREEN_REDIS_INTEGER && reply->integer == 1;

    screen_redis_reply_free(reply);

    return confirmed;
}


int
screen_replica_load(screen_replica_state_t *s,
    screen_replica_result_t *result)
{
    int                    rc;
    uint64_t               was;
    screen_error_t         err;
    screen_replica_load_t  l;

    memset(&l, 0, sizeof(screen_replica_load_t));

    l.s = s;
    l.now = (uint64_t) time(NULL);
    l.redis = screen_redis_create(s->conf->redis);
    l.builder = screen_bank_builder_create();

    screen_error_set(&err, "there is no memory for it");

    /* our parent's connection is not ours to use */

    rc = l.redis != NULL && l.builder != NULL
         ? screen_redis_connect(l.redis, &err) : SCREEN_ERROR;

    if (rc == SCREEN_OK) {
        rc = screen_replica_load_all(&l, &err);
    }

    if (rc == SCREEN_OK) {
        rc = screen_replica_write(s, l.builder, l.now, &result->total, &err);
    }

    was = screen_tail_entries(&s->tail, &s->bank);

    if (rc == SCREEN_OK && s->in_force && l.scan.fields < was - was / 2
        && !screen_replica_confirmed(l.redis, s->conf->name))
    {
        rc = screen_error_set(&err, "it has lost more than half of its "
                              "entries while it was read");
    }

    result->passed = l.scan.passed;

    if (rc != SCREEN_OK) {
        snprintf(result->text, sizeof(result->text), "%.500s", err.text);
    }

    screen_bank_builder_destroy(l.builder);
    screen_redis_destroy(l.redis);

    return rc == SCREEN_OK ? SCREEN_OK : SCREEN_ERROR;
}


/*
 * Before and after: the same server, and not emptied or replaced meanwhile.
 * A bank that is read while it is flushed must not become one.
 */

static int
screen_replica_load_same(screen_replica_load_t *l, screen_error_t *err)
{
    int                      has;
    unsigned                 anchored;
    screen_tail_id_t         last;
    screen_replica_state_t  *s;

    s = l->s;

    if (!s->anchored) {

        if (screen_replica_last(l->redis, s->changes, &last, &anchored, err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        has = last.ms > s->position.ms
              || (last.ms == s->position.ms && last.seq >= s->position.seq);

    } else {
        has = screen_replica_has(l->redis, s->changes, &s->position, err);
    }

    if (has < 0) {
        return SCREEN_ERROR;
    }

    return has ? SCREEN_OK
               : screen_error_set(err, "its stream of changes was trimmed or "
                                  "flushed while it was read");
}


/* what has expired meanwhile was counted, and is not wanted */

static int
screen_replica_load_entry(void *ctx, const screen_entry_t *entry)
{
    screen_replica_load_t  *l;

    l = ctx;

    if (entry->expires != 0 && entry->expires <= l->now) {
        return SCREEN_OK;
    }

    return screen_bank_builder_add(l->builder, entry);
}


static int
screen_replica_load_all(screen_replica_load_t *l, screen_error_t *err)
{
    int  rc;

    if (screen_replica_load_same(l, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    rc = screen_redis_bank_scan(l->redis, l->s->conf->name,
                                screen_replica_load_entry, l, &l->scan, err);

    if (rc == SCREEN_NOMEM || rc == SCREEN_LIMIT) {
        return screen_error_set(err, rc == SCREEN_NOMEM
                                ? "there is no memory for it"
                                : "it has more than 2^32 - 2 entries");
    }

    return rc == SCREEN_OK ? screen_replica_load_same(l, err) : SCREEN_ERROR;
}


typedef struct {
    const screen_tail_t      *tail;
    screen_bank_builder_t    *builder;
    uint64_t                  now;
} screen_replica_fold_t;


/* what the tail speaks of, it says itself */

static int
screen_replica_fold_entry(void *ctx, const screen_entry_t *entry)
{
    screen_entry_t          later;
    screen_tail_op_t        op;
    screen_replica_fold_t  *f;

    f = ctx;

    if ((entry->expires != 0 && entry->expires <= f->now)
        || screen_tail_find(f->tail, entry, &op, &later) == SCREEN_OK)
    {
        return SCREEN_OK;
    }

    return screen_bank_builder_add(f->builder, entry);
}


static int
screen_replica_fold_tail(screen_replica_fold_t *f, uint32_t n)
{
    int               rc;
    uint32_t          i;
    screen_entry_t    entry, last;
    screen_tail_op_t  op;

    memset(&entry, 0, sizeof(screen_entry_t));

    for (i = 0; i < n; i++) {

        if (screen_tail_entry(f->tail, i, &op, &entry) != SCREEN_OK
            || op != SCREEN_TAIL_ADD
            || (entry.expires != 0 && entry.expires <= f->now))
        {
            continue;
        }

        /*
         * Removed again, or expired, by what was said later, maybe after the
         * fold began: then the new tail will say so too.
         */

        if (screen_tail_find(f->tail, &entry, &op, &last) == SCREEN_OK
            && (op == SCREEN_TAIL_REMOVE
                || (last.expires != 0 && last.expires <= f->now)))
        {
            continue;
        }

        rc = screen_bank_builder_add(f->builder, &entry);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


int
screen_replica_fold(screen_replica_state_t *s,
    screen_replica_result_t *result)
{
    int                    rc;
    screen_error_t         err;
    screen_replica_fold_t  f;

    screen_error_set(&err, "there is no memory for it");

    f.tail = &s->tail;
    f.now = (uint64_t) time(NULL);
    f.builder = screen_bank_builder_create();

    rc = f.builder ? screen_bank_walk(&s->bank, screen_replica_fold_entry, &f)
                   : SCREEN_NOMEM;

    if (rc == SCREEN_OK) {
        rc = screen_replica_fold_tail(&f, s->job.carry);
    }

    if (rc == SCREEN_OK) {
        rc = screen_replica_write(s, f.builder,
                                  s->bank.origin.mtime_ns / 1000000000,
                                  &result->total, &err);
    }

    if (rc != SCREEN_OK) {
        snprintf(result->text, sizeof(result->text), "%.500s", err.text);
    }

    screen_bank_builder_destroy(f.builder);

    return rc == SCREEN_OK ? SCREEN_OK : SCREEN_ERROR;
}


static int
screen_replica_write(screen_replica_state_t *s, screen_bank_builder_t *b,
    uint64_t when, uint64_t *total, screen_error_t *err)
{
    int                   fd, rc;
    unsigned              signal;
    screen_bank_t         bank;
    screen_bank_origin_t  origin;

    memset(&origin, 0, sizeof(screen_bank_origin_t));

    origin.size = SCREEN_BANK_ORIGIN_REDIS;
    origin.mtime_ns = when * 1000000000;
    origin.inode = s->job.generation;

    fd = open(s->job.tmp, O_RDWR|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);

    if (fd == -1 || fchmod(fd, 0640) == -1) {
        rc = screen_error_set(err, "%s cannot be created: %s", s->job.tmp,
                              strerror(errno));

    } else {
        rc = screen_bank_write_fd(b, fd, s->job.tmp, &origin, err);
    }

    /* what cannot be opened must not take the place of what can */

    if (rc == SCREEN_OK) {
        rc = screen_bank_open_fd(&bank, fd, s->job.tmp, err);
    }

    if (rc == SCREEN_OK) {
        *total = 0;

        for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
            *total += bank.entries[signal];
        }

        screen_bank_close(&bank);
    }

    if (fd != -1) {
        close(fd);
    }

    return rc;
}
