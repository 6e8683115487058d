
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../core/screen_date.h"
#include "screen_replica_impl.h"


#define SCREEN_REPLICA_STANDBY    50        /* ms between two tries to lock */
#define SCREEN_REPLICA_DELAY      100       /* ms, doubled with each failure */
#define SCREEN_REPLICA_DELAY_MAX  2000
#define SCREEN_REPLICA_IDLE_WAIT  200       /* ms */
#define SCREEN_REPLICA_INFO       5000      /* ms between two looks at INFO */


static int screen_replica_lock(screen_replica_state_t *s);
static int screen_replica_connect(screen_replica_state_t *s);
static void screen_replica_lost(screen_replica_state_t *s,
    const screen_error_t *err);
static int screen_replica_step(screen_replica_state_t *s,
    screen_error_t *err);
static void screen_replica_wait(screen_replica_state_t *s);


uint64_t
screen_replica_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


void
screen_replica_log(const screen_replica_state_t *s, int level,
    const char *fmt, ...)
{
    int      n;
    char     text[2048];
    va_list  args;

    n = snprintf(text, sizeof(text), "bank \"%.64s\": ", s->conf->name);

    va_start(args, fmt);
    (void) vsnprintf(text + n, sizeof(text) - (size_t) n, fmt, args);
    va_end(args);

    s->conf->log(s->conf->ctx, level, text);
}


void
screen_replica_trouble(screen_replica_state_t *s, const char *fmt, ...)
{
    char      text[SCREEN_REPLICA_TEXT], was[SCREEN_DATE_LEN];
    va_list   args;
    uint64_t  synced, now;

    va_start(args, fmt);
    (void) vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    if (s->troubled && strcmp(text, s->trouble) == 0) {
        return;
    }

    s->troubled = 1;
    memcpy(s->trouble, text, sizeof(s->trouble));

    if (!s->in_force) {
        screen_replica_log(s, LOG_ERR, "%s; there is no bank in force", text);
        return;
    }

    now = (uint64_t) time(NULL);
    synced = screen_tail_synced(&s->tail);

    if (synced == 0) {
        synced = s->bank.origin.mtime_ns / 1000000000;
    }

    screen_date_format(was, synced);

    screen_replica_log(s, LOG_ERR, "%s; the bank in force has %llu entries "
                       "and was last confirmed %llus ago, at %s", text,
                       (unsigned long long) screen_tail_entries(&s->tail,
                                                                &s->bank),
                       (unsigned long long) (now > synced ? now - synced : 0),
                       was);
}


/* 1 at the lifeline's end */

int
screen_replica_ended(const screen_replica_state_t *s)
{
    char           buf[64];
    ssize_t        n;
    struct pollfd  pfd;

    pfd.fd = s->conf->lifeline;
    pfd.events = POLLIN;
    pfd.revents = 0;

    if (poll(&pfd, 1, 0) <= 0) {
        return 0;
    }

    if (!(pfd.revents & POLLIN)) {
        return 1;
    }

    n = read(s->conf->lifeline, buf, sizeof(buf));

    return n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN);
}


int
screen_replica_run(const screen_replica_t *conf)
{
    int                      rc;
    screen_error_t           err;
    screen_replica_state_t  *s;

    s = calloc(1, sizeof(screen_replica_state_t));
    if (s == NULL) {
        return SCREEN_ERROR;
    }

    s->conf = conf;
    s->lock = -1;
    s->tail.fd = -1;
    s->job.fd = -1;
    s->redis = screen_redis_create(conf->redis);

    rc = s->redis ? screen_replica_lock(s) : SCREEN_ERROR;

    if (rc == SCREEN_OK) {
        screen_replica_adopt(s);

        while (!screen_replica_ended(s)) {

            if (screen_replica_connect(s) == SCREEN_OK
                && screen_replica_step(s, &err) != SCREEN_OK)
            {
                screen_replica_lost(s, &err);
            }

            screen_replica_wait(s);
        }

        screen_replica_cancel(s);
    }

    screen_bank_close(&s->bank);
    screen_tail_close(&s->tail);
    screen_redis_destroy(s->redis);

    if (s->lock != -1) {
        close(s->lock);
    }

    free(s);

    return rc == SCREEN_NOT_FOUND ? SCREEN_OK : rc;
}


/* the keeper that stands by tells its workers what the other one does */

static void
screen_replica_stand_by(screen_replica_state_t *s, ino_t *inode)
{
    struct stat     st;
    screen_bank_t   bank;
    screen_tail_t   tail;
    screen_error_t  ignored;

    if (stat(s->conf->path, &st) == 0 && st.st_ino != *inode) {
        *inode = st.st_ino;

        if (s->conf->version != NULL) {
            (void) __atomic_add_fetch(s->conf->version, 1, __ATOMIC_SEQ_CST);
        }
    }

    if (s->conf->synced != NULL
        && screen_tail_open_pair(&bank, &tail, s->conf->path, &ignored)
           == SCREEN_OK)
    {
        __atomic_store_n(s->conf->synced, screen_tail_synced(&tail),
                         __ATOMIC_RELEASE);
        screen_tail_close(&tail);
        screen_bank_close(&bank);
    }
}


/*
 * While a configuration is reloaded there are keepers of both, and two that
 * write would not agree.  SCREEN_OK; SCREEN_NOT_FOUND when the lifeline ended
 * before the lock could be had; SCREEN_ERROR.
 */

static int
screen_replica_lock(screen_replica_state_t *s)
{
    int       n;
    char      path[PATH_MAX];
    ino_t     inode;
    unsigned  tries;

    n = snprintf(path, sizeof(path), "%s.lock", s->conf->path);

    if (n > 0 && (size_t) n < sizeof(path)) {
        s->lock = open(path, O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0600);
    }

    if (s->lock == -1) {
        screen_replica_log(s, LOG_ERR, "%s cannot be opened: %s", path,
                           strerror(errno));
        return SCREEN_ERROR;
    }

    inode = 0;

    for (tries = 0; flock(s->lock, LOCK_EX|LOCK_NB) == -1; tries++) {

        if (screen_replica_ended(s)) {
            return SCREEN_NOT_FOUND;
        }

        if (tries % 20 == 0) {
            screen_replica_stand_by(s, &inode);
        }

        (void) poll(NULL, 0, SCREEN_REPLICA_STANDBY);
    }

    return SCREEN_OK;
}


static void
screen_replica_delay(screen_replica_state_t *s)
{
    uint64_t  delay;

    delay = SCREEN_REPLICA_DELAY << (s->failures < 6 ? s->failures : 6);

    if (delay > SCREEN_REPLICA_DELAY_MAX) {
        delay = SCREEN_REPLICA_DELAY_MAX;
    }

    /* a hundred edges must not come back at the same moment */

    delay = delay / 2 + (uint64_t) random() % (delay / 2 + 1);

    s->failures++;
    s->retry = screen_replica_clock() + delay;
}


/* SCREEN_OK with a connection, SCREEN_AGAIN while there is none */

static int
screen_replica_connect(screen_replica_state_t *s)
{
    screen_error_t  err;

    if (screen_redis_connected(s->redis)) {
        return SCREEN_OK;
    }

    if (screen_replica_clock() < s->retry) {
        return SCREEN_AGAIN;
    }

    s->waiting = 0;
    s->info = 0;
    s->stale = 0;

    if (screen_redis_connect(s->redis, &err) != SCREEN_OK) {
        screen_replica_lost(s, &err);
        return SCREEN_AGAIN;
    }

    (void) screen_bank_key_changes(s->changes,
                                   &screen_redis_server(s->redis)->prefix,
                                   s->conf->name);

    if (screen_replica_info(s, &err) != SCREEN_OK
        || screen_replica_resume(s, &err) != SCREEN_OK)
    {
        screen_replica_lost(s, &err);
        return SCREEN_AGAIN;
    }

    return SCREEN_OK;
}


static void
screen_replica_lost(screen_replica_state_t *s, const screen_error_t *err)
{
    /* first it hangs up, then it is not there: that is one trouble */

    if (!s->lost) {
        s->lost = 1;
        screen_replica_trouble(s, "Redis cannot be used: %s", err->text);
    }

    screen_redis_disconnect(s->redis);
    s->waiting = 0;

    screen_replica_delay(s);
}


/* what there is to do now, without waiting */

static int
screen_replica_step(screen_replica_state_t *s, screen_error_t *err)
{
    uint64_t  now;

    now = screen_replica_clock();

    /* a request may not be put into the middle of another */

    if (s->waiting) {
        return SCREEN_OK;
    }

    if (now - s->info >= SCREEN_REPLICA_INFO || s->info == 0) {

        if (screen_replica_info(s, err) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    if (s->load && s->job.kind == SCREEN_REPLICA_IDLE && now >= s->retry) {

        if (screen_replica_start_load(s, err) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    if (s->full && s->job.kind == SCREEN_REPLICA_IDLE && now >= s->retry) {
        screen_replica_start_fold(s);
    }

    if (s->known && !s->full && s->in_force && s->tail.header != NULL) {
        return screen_replica_ask(s, err);
    }

    return SCREEN_OK;
}


static void
screen_replica_wait(screen_replica_state_t *s)
{
    int             ms;
    uint64_t        now;
    screen_error_t  err;
    struct pollfd   fds[3];

    memset(fds, 0, sizeof(fds));

    fds[0].fd = s->conf->lifeline;
    fds[0].events = POLLIN;
    fds[1].fd = s->job.fd;
    fds[1].events = POLLIN;
    fds[2].fd = s->waiting ? screen_redis_fd(s->redis, s->changes) : -1;
    fds[2].events = POLLIN;

    now = screen_replica_clock();

    ms = s->waiting ? SCREEN_REPLICA_BLOCK
         : s->retry > now ? (int) (s->retry - now)
         : screen_redis_connected(s->redis) ? SCREEN_REPLICA_IDLE_WAIT : 0;

    if (poll(fds, 3, ms) == -1) {
        return;
    }

    if (fds[1].revents) {
        screen_replica_finish(s);
    }

    if (s->waiting == 0) {
        return;
    }

    if (screen_replica_take(s, &err) != SCREEN_OK) {
        screen_replica_lost(s, &err);

    } else if (s->waiting && screen_replica_clock() - s->asked
                             > SCREEN_REPLICA_BLOCK + SCREEN_REDIS_PATIENCE)
    {
        screen_error_set(&err, "%s: it does not answer in time",
                         screen_redis_name(s->redis));
        screen_replica_lost(s, &err);
    }
}
