
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../core/screen_date.h"
#include "screen_replica_impl.h"


#define SCREEN_REPLICA_AGAIN  5000       /* ms after a child that failed */


static void screen_replica_clear(screen_replica_state_t *s);
static void screen_replica_position(screen_replica_state_t *s);
static int screen_replica_fork(screen_replica_state_t *s,
    screen_replica_kind_t kind);
static int screen_replica_swap(screen_replica_state_t *s,
    screen_error_t *err);
static int screen_replica_carry(screen_replica_state_t *s,
    screen_tail_t *tail, const screen_bank_t *bank, screen_error_t *err);


static void
screen_replica_boot(char boot[SCREEN_TAIL_BOOT_LEN + 1])
{
    int      fd;
    ssize_t  n;

    memset(boot, 0, SCREEN_TAIL_BOOT_LEN + 1);

    fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY|O_CLOEXEC);

    if (fd != -1) {
        n = read(fd, boot, SCREEN_TAIL_BOOT_LEN);
        (void) n;
        close(fd);
    }
}


static void
screen_replica_publish(screen_replica_state_t *s)
{
    if (s->conf->synced != NULL) {
        __atomic_store_n(s->conf->synced, screen_tail_synced(&s->tail),
                         __ATOMIC_RELEASE);
    }

    if (s->conf->version != NULL) {
        (void) __atomic_add_fetch(s->conf->version, 1, __ATOMIC_SEQ_CST);
    }
}


static uint32_t
screen_replica_capacity(const screen_replica_state_t *s)
{
    return s->conf->capacity ? s->conf->capacity : SCREEN_TAIL_CAPACITY;
}


void
screen_replica_adopt(screen_replica_state_t *s)
{
    int             rc;
    char            name[PATH_MAX], built[SCREEN_DATE_LEN];
    screen_error_t  err;

    s->load = 1;

    if (screen_bank_open(&s->bank, s->conf->path, &err) != SCREEN_OK
        || s->bank.origin.size != SCREEN_BANK_ORIGIN_REDIS)
    {
        if (access(s->conf->path, F_OK) == 0) {
            screen_replica_log(s, LOG_WARNING, "its file cannot be used and "
                               "will be made anew: %s %s", err.file, err.text);
        }

        screen_bank_close(&s->bank);
        screen_replica_clear(s);
        return;
    }

    rc = screen_tail_reopen(&s->tail, s->conf->path, s->bank.origin.inode,
                            &err);

    if (rc == SCREEN_OK && screen_tail_closed(&s->tail)) {
        screen_tail_close(&s->tail);
        rc = SCREEN_ERROR;
    }

    if (rc == SCREEN_OK) {
        screen_replica_position(s);

    } else {

        if (screen_tail_path(name, sizeof(name), s->conf->path,
                             s->bank.origin.inode)
            == SCREEN_OK)
        {
            (void) unlink(name);
        }

        if (screen_tail_create(&s->tail, s->conf->path, s->bank.origin.inode,
                               screen_replica_capacity(s), &err)
            != SCREEN_OK)
        {
            screen_replica_log(s, LOG_ERR, "%s %s", err.file, err.text);
        }
    }

    s->in_force = 1;

    screen_replica_clear(s);
    screen_replica_publish(s);

    screen_date_format(built, s->bank.built);
    screen_replica_log(s, LOG_INFO, "the file of %s is there, %llu entries",
                       built,
                       (unsigned long long) screen_tail_entries(&s->tail,
                                                                &s->bank));
}


/*
 * Where the keeper before this one was.  After a crash of the machine the
 * tail may have a later position than entries: then the bank is read whole.
 */

static void
screen_replica_position(screen_replica_state_t *s)
{
    char                   boot[SCREEN_TAIL_BOOT_LEN + 1];
    uint32_t               place;
    screen_tail_header_t  *h;

    h = s->tail.header;
    place = atomic_load(&h->place);

    screen_replica_boot(boot);

    if (place > 1 || memcmp(h->boot, boot, SCREEN_TAIL_BOOT_LEN) != 0) {
        return;
    }

    s->load = 0;
    s->known = 1;
    s->position = h->positions[place];
    s->check = s->position;
    s->anchored = h->anchored[place];
    h->replid[SCREEN_TAIL_REPLID_LEN] = '\0';
}


/* files that a keeper left behind which was killed: we have the lock */

static void
screen_replica_clear(screen_replica_state_t *s)
{
    DIR            *dir;
    char            path[PATH_MAX], *slash, *end;
    size_t          len;
    uint64_t        generation;
    const char     *rest;
    screen_tail_t   tail;
    screen_error_t  ignored;
    struct dirent  *entry;

    snprintf(path, sizeof(path), "%s", s->conf->path);

    slash = strrchr(path, '/');
    if (slash == NULL) {
        return;
    }

    *slash++ = '\0';
    len = strlen(slash);

    dir = opendir(path);
    if (dir == NULL) {
        return;
    }

    while ((entry = readdir(dir)) != NULL) {

        if (strncmp(entry->d_name, slash, len) != 0) {
            continue;
        }

        rest = entry->d_name + len;

        if (strncmp(rest, ".tmp.", 5) == 0) {
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
            continue;
        }

        if (strncmp(rest, SCREEN_TAIL_SUFFIX, sizeof(SCREEN_TAIL_SUFFIX) - 1)
            != 0)
        {
            continue;
        }

        generation = strtoull(rest + sizeof(SCREEN_TAIL_SUFFIX) - 1, &end,
                              16);

        if (*end != '\0'
            || (s->tail.header && generation == s->tail.header->generation))
        {
            continue;
        }

        if (screen_tail_reopen(&tail, s->conf->path, generation, &ignored)
            == SCREEN_OK)
        {
            atomic_store(&tail.header->closed, 1);
            screen_tail_close(&tail);
        }

        (void) unlinkat(dirfd(dir), entry->d_name, 0);
    }

    closedir(dir);
}


/* 1 if the bank was refused for now */

static int
screen_replica_hold(screen_replica_state_t *s, uint64_t total)
{
    uint64_t  now;

    now = screen_tail_entries(&s->tail, &s->bank);

    if (!s->in_force || total >= now - now / 2
        || screen_replica_confirmed(s->redis, s->conf->name))
    {
        s->held = 0;
        return 0;
    }

    if (s->held == 0) {
        screen_replica_trouble(s, "Redis at %s has %llu entries, fewer than "
                               "half of those in force: refused until it has "
                               "more, or until \"ngx-screen bank confirm\" "
                               "says that this is right",
                               screen_redis_name(s->redis),
                               (unsigned long long) total);
    }

    s->held = total + 1;
    s->retry = screen_replica_clock() + SCREEN_REPLICA_HELD;

    if (s->tail.header != NULL) {
        atomic_store(&s->tail.header->held, s->held);
    }

    return 1;
}


int
screen_replica_start_load(screen_replica_state_t *s, screen_error_t *err)
{
    uint64_t  total, counts[SCREEN_SIGNALS];
    unsigned  signal, anchored;

    if (screen_redis_bank_count(s->redis, s->conf->name, counts, err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    for (total = 0, signal = 0; signal < SCREEN_SIGNALS; signal++) {
        total += counts[signal];
    }

    if (screen_replica_hold(s, total)) {
        return SCREEN_OK;
    }

    /* first where the stream ends: what comes later is taken from there */

    if (screen_replica_last(s->redis, s->changes, &s->position, &anchored,
                            err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    s->anchored = anchored;
    s->check = s->position;
    s->known = 1;

    return screen_replica_fork(s, SCREEN_REPLICA_LOAD) == SCREEN_OK
           ? SCREEN_OK
           : screen_error_set(err, "a process cannot be started: %s",
                              strerror(errno));
}


void
screen_replica_start_fold(screen_replica_state_t *s)
{
    if (s->job.kind != SCREEN_REPLICA_IDLE || s->load
        || screen_replica_clock() < s->retry)
    {
        return;
    }

    if (screen_replica_fork(s, SCREEN_REPLICA_FOLD) != SCREEN_OK) {
        screen_replica_trouble(s, "a process cannot be started: %s",
                               strerror(errno));
        s->retry = screen_replica_clock() + SCREEN_REPLICA_AGAIN;
    }
}


static void
screen_replica_child(screen_replica_state_t *s, int fd)
{
    int                       rc;
    ssize_t                   n;
    screen_replica_result_t   result;

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void) prctl(PR_SET_NAME, "screen-replica");

    /* uploads have the processor first */

    (void) setpriority(PRIO_PROCESS, 0, 10);

    memset(&result, 0, sizeof(result));

    rc = s->job.kind == SCREEN_REPLICA_LOAD ? screen_replica_load(s, &result)
                                            : screen_replica_fold(s, &result);
    result.rc = rc;

    n = write(fd, &result, sizeof(result));

    _exit(n == sizeof(result) ? 0 : 1);
}


static int
screen_replica_fork(screen_replica_state_t *s, screen_replica_kind_t kind)
{
    int                    n, fds[2];
    screen_replica_job_t  *job;

    job = &s->job;

    n = snprintf(job->tmp, sizeof(job->tmp), "%s.tmp.%ld", s->conf->path,
                 (long) getpid());

    if (n < 0 || (size_t) n >= sizeof(job->tmp)) {
        errno = ENAMETOOLONG;
        return SCREEN_ERROR;
    }

    (void) unlink(job->tmp);

    if (getentropy(&job->generation, sizeof(uint64_t)) == -1
        || pipe2(fds, O_CLOEXEC) == -1)
    {
        return SCREEN_ERROR;
    }

    job->kind = kind;
    job->started = screen_replica_clock();
    job->carry = s->tail.header ? atomic_load(&s->tail.header->count) : 0;

    job->pid = fork();

    if (job->pid == 0) {
        close(fds[0]);
        screen_replica_child(s, fds[1]);
    }

    close(fds[1]);

    if (job->pid == -1) {
        close(fds[0]);
        job->kind = SCREEN_REPLICA_IDLE;
        return SCREEN_ERROR;
    }

    job->fd = fds[0];

    return SCREEN_OK;
}


static void
screen_replica_reap(screen_replica_job_t *job)
{
    while (waitpid(job->pid, NULL, 0) == -1 && errno == EINTR) {
        /* void */
    }

    close(job->fd);

    job->fd = -1;
    job->kind = SCREEN_REPLICA_IDLE;
}


void
screen_replica_cancel(screen_replica_state_t *s)
{
    if (s->job.kind == SCREEN_REPLICA_IDLE) {
        return;
    }

    (void) kill(s->job.pid, SIGKILL);

    screen_replica_reap(&s->job);
    (void) unlink(s->job.tmp);
}


void
screen_replica_finish(screen_replica_state_t *s)
{
    ssize_t                   n;
    uint64_t                  was, ms;
    screen_error_t            err;
    screen_replica_kind_t     kind;
    screen_replica_result_t   result;

    kind = s->job.kind;
    memset(&result, 0, sizeof(result));

    n = read(s->job.fd, &result, sizeof(result));

    screen_replica_reap(&s->job);

    was = screen_tail_entries(&s->tail, &s->bank);
    ms = screen_replica_clock() - s->job.started;

    if (n != sizeof(result)) {
        result.rc = screen_error_set(&err, "the process that built it died");

    } else if (result.rc != SCREEN_OK) {
        result.text[sizeof(result.text) - 1] = '\0';
        screen_error_set(&err, "%s", result.text);

    } else {
        result.rc = screen_replica_swap(s, &err);
    }

    if (result.rc != SCREEN_OK) {
        (void) unlink(s->job.tmp);

        screen_replica_trouble(s, "%s: %s", kind == SCREEN_REPLICA_LOAD
                               ? "it cannot be read from Redis"
                               : "its tail cannot be folded", err.text);

        if (kind == SCREEN_REPLICA_LOAD) {
            screen_replica_forget(s);
        }

        s->retry = screen_replica_clock() + SCREEN_REPLICA_AGAIN;
        return;
    }

    if (kind == SCREEN_REPLICA_FOLD) {
        screen_replica_log(s, LOG_INFO, "its tail was folded into %llu "
                           "entries, %llu ms",
                           (unsigned long long) result.total,
                           (unsigned long long) ms);
        return;
    }

    s->malformed = 0;

    screen_replica_log(s, LOG_NOTICE, "%llu entries from Redis at %s (was "
                       "%llu), %llu.%llus%s",
                       (unsigned long long) result.total,
                       screen_redis_name(s->redis), (unsigned long long) was,
                       (unsigned long long) ms / 1000,
                       (unsigned long long) ms % 1000 / 100,
                       result.passed ? "; fields that are no entries were "
                                       "passed over" : "");
}


/*
 * The new pair takes the place of the old one.  A reader that opens the bank
 * finds the tail that belongs to it; one that has the old pair learns of the
 * new one by its closed tail, in which it has everything until then.
 */

static int
screen_replica_swap(screen_replica_state_t *s, screen_error_t *err)
{
    int             rc;
    char            old[PATH_MAX];
    screen_bank_t   bank;
    screen_tail_t   tail;

    if (screen_bank_open(&bank, s->job.tmp, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    rc = screen_tail_create(&tail, s->conf->path, s->job.generation,
                            screen_replica_capacity(s), err);

    if (rc == SCREEN_OK) {
        rc = screen_replica_carry(s, &tail, &bank, err);

        if (rc == SCREEN_OK && rename(s->job.tmp, s->conf->path) == -1) {
            rc = screen_error_set(err, "%s cannot be replaced: %s",
                                  s->conf->path, strerror(errno));
        }

        if (rc != SCREEN_OK
            && screen_tail_path(old, sizeof(old), s->conf->path,
                                s->job.generation)
               == SCREEN_OK)
        {
            (void) unlink(old);
        }
    }

    if (rc != SCREEN_OK) {
        screen_tail_close(&tail);
        screen_bank_close(&bank);
        return SCREEN_ERROR;
    }

    if (s->tail.header != NULL) {

        if (screen_tail_path(old, sizeof(old), s->conf->path,
                             s->tail.header->generation)
            == SCREEN_OK)
        {
            (void) unlink(old);
        }

        atomic_store(&s->tail.header->closed, 1);
    }

    screen_tail_close(&s->tail);
    screen_bank_close(&s->bank);

    s->tail = tail;
    s->bank = bank;
    s->in_force = 1;
    s->load = 0;
    s->full = 0;

    screen_replica_keep(s);
    screen_replica_publish(s);

    return SCREEN_OK;
}


/* what the old tail has that the new bank does not */

static int
screen_replica_carry(screen_replica_state_t *s, screen_tail_t *tail,
    const screen_bank_t *bank, screen_error_t *err)
{
    uint32_t               i, n;
    uint64_t               synced;
    screen_entry_t         entry;
    screen_tail_op_t       op;
    screen_tail_header_t  *h;

    h = tail->header;
    n = s->tail.header ? atomic_load(&s->tail.header->count) : 0;

    memset(&entry, 0, sizeof(screen_entry_t));

    for (i = s->job.carry; i < n; i++) {

        if (screen_tail_entry(&s->tail, i, &op, &entry) != SCREEN_OK) {
            continue;
        }

        if (screen_replica_append(tail, bank, op, &entry, 0, err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    /* the moment that a bank was read counts as a confirmation */

    synced = s->load ? bank->origin.mtime_ns / 1000000000
                     : screen_tail_synced(&s->tail);

    atomic_store(&h->synced, synced);
    screen_replica_boot(h->boot);

    return SCREEN_OK;
}
