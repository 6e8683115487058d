
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../core/screen_date.h"
#include "screen_bank_file.h"
#include "screen_keeper.h"


/* what a build answers when the lifeline ended meanwhile */
#define SCREEN_KEEPER_ENDED     100

#define SCREEN_KEEPER_LOG_LEN   (SCREEN_BANK_FILE_ERROR_LEN + 1024)


typedef enum {
    SCREEN_KEEPER_NEVER = 0,       /* not looked yet, or look once more */
    SCREEN_KEEPER_ABSENT,
    SCREEN_KEEPER_PRESENT
} screen_keeper_presence_t;


/* a list as one look found it */

typedef struct {
    screen_keeper_presence_t  presence;
    screen_bank_origin_t      origin;
} screen_keeper_look_t;


typedef struct {
    unsigned                  in_force:1;
    unsigned                  failed:1;
    unsigned                  retry:1;      /* the list is not to blame */
    screen_bank_counts_t      bank;         /* the one in force */
    screen_keeper_look_t      seen;
    screen_keeper_look_t      refused;
    uint64_t                  retry_at;     /* monotonic, ms */
    char                      error[SCREEN_BANK_FILE_ERROR_LEN];
} screen_keeper_state_t;


static unsigned screen_keeper_interval(const screen_keeper_t *k);
static int screen_keeper_ended(const screen_keeper_t *k, int timeout);
static void screen_keeper_start(const screen_keeper_bank_t *bank,
    screen_keeper_state_t *s);
static int screen_keeper_look(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s);
static int screen_keeper_load(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s);
static void screen_keeper_swapped(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s,
    const screen_bank_counts_t *counts, uint64_t started);
static void screen_keeper_refuse(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s,
    const screen_error_t *err);


static uint64_t
screen_keeper_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


int
screen_keeper_run(const screen_keeper_t *k)
{
    size_t                  i;
    uint64_t                now, next;
    screen_keeper_state_t  *states;

    states = calloc(k->nbanks ? k->nbanks : 1, sizeof(screen_keeper_state_t));
    if (states == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < k->nbanks; i++) {
        screen_keeper_start(&k->banks[i], &states[i]);
    }

    next = screen_keeper_clock();

    for ( ;; ) {
        now = screen_keeper_clock();

        if (screen_keeper_ended(k, next > now ? (int) (next - now) : 0)) {
            break;
        }

        if (screen_keeper_clock() < next) {
            continue;
        }

        for (i = 0; i < k->nbanks; i++) {
            if (screen_keeper_look(k, &k->banks[i], &states[i])
                == SCREEN_KEEPER_ENDED)
            {
                goto ended;
            }
        }

        next = screen_keeper_clock() + screen_keeper_interval(k);
    }

ended:

    free(states);

    return SCREEN_OK;
}


static unsigned
screen_keeper_interval(const screen_keeper_t *k)
{
    return k->interval ? k->interval : SCREEN_KEEPER_INTERVAL;
}


static int
screen_keeper_ended(const screen_keeper_t *k, int timeout)
{
    char           buf[64];
    ssize_t        n;
    struct pollfd  pfd;

    /* poll() passes over a descriptor below zero, and only waits */

    pfd.fd = k->lifeline;
    pfd.events = POLLIN;
    pfd.revents = 0;

    if (poll(&pfd, 1, timeout) <= 0) {
        return 0;
    }

    if (!(pfd.revents & POLLIN)) {
        return 1;
    }

    n = read(k->lifeline, buf, sizeof(buf));

    if (n == -1) {
        return errno != EINTR && errno != EAGAIN;
    }

    return n == 0;
}


static void
screen_keeper_publish(const screen_keeper_bank_t *bank,
    const screen_bank_counts_t *counts)
{
    if (bank->entries != NULL) {
        __atomic_store_n(bank->entries, counts->total, __ATOMIC_RELEASE);
    }

    if (bank->built != NULL) {
        __atomic_store_n(bank->built, counts->built, __ATOMIC_RELEASE);
    }

    if (bank->failed != NULL) {
        __atomic_store_n(bank->failed, 0, __ATOMIC_RELEASE);
    }

    (void) __atomic_add_fetch(bank->version, 1, __ATOMIC_SEQ_CST);
}


/*
 * The keeper before this one may have been killed between the rename and the
 * version, so the version moves even if the bank is fresh.
 */

static void
screen_keeper_start(const screen_keeper_bank_t *bank,
    screen_keeper_state_t *s)
{
    screen_bank_t   map;
    screen_error_t  ignored;

    if (screen_bank_open(&map, bank->path, &ignored) != SCREEN_OK) {
        return;
    }

    screen_bank_file_count(&map, &s->bank);
    screen_bank_close(&map);

    s->in_force = 1;

    screen_keeper_publish(bank, &s->bank);
}


static void
screen_keeper_log(const screen_keeper_t *k, const screen_keeper_bank_t *bank,
    int level, const char *fmt, ...)
{
    int      n;
    char     text[SCREEN_KEEPER_LOG_LEN];
    va_list  args;

    n = snprintf(text, sizeof(text), "bank \"%.200s\": ", bank->name);

    va_start(args, fmt);
    (void) vsnprintf(text + n, sizeof(text) - (size_t) n, fmt, args);
    va_end(args);

    k->log(k->ctx, level, text);
}


static int
screen_keeper_same(const screen_keeper_look_t *a,
    const screen_keeper_look_t *b)
{
    return a->presence == b->presence
           && (a->presence != SCREEN_KEEPER_PRESENT
               || screen_bank_file_same(&a->origin, &b->origin));
}


static int
screen_keeper_look(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s)
{
    int                   settled;
    screen_error_t        err;
    screen_keeper_look_t  now;

    memset(&now, 0, sizeof(screen_keeper_look_t));

    now.presence = SCREEN_KEEPER_PRESENT;

    if (screen_bank_file_origin(bank->list, &now.origin, &err) != SCREEN_OK) {
        now.presence = SCREEN_KEEPER_ABSENT;
    }

    settled = screen_keeper_same(&now, &s->seen);
    s->seen = now;

    if (!settled) {
        return SCREEN_OK;
    }

    if (s->in_force && now.presence == SCREEN_KEEPER_PRESENT
        && screen_bank_file_same(&now.origin, &s->bank.origin))
    {
        if (s->failed) {
            s->failed = 0;

            if (bank->failed != NULL) {
                __atomic_store_n(bank->failed, 0, __ATOMIC_RELEASE);
            }

            screen_keeper_log(k, bank, LOG_NOTICE, "the list is again the "
                              "one that the bank was built from");
        }

        return SCREEN_OK;
    }

    if (s->failed && screen_keeper_same(&now, &s->refused)
        && (!s->retry || screen_keeper_clock() < s->retry_at))
    {
        return SCREEN_OK;
    }

    if (now.presence == SCREEN_KEEPER_ABSENT) {
        screen_keeper_refuse(k, bank, s, &err);
        return SCREEN_OK;
    }

    return screen_keeper_load(k, bank, s);
}


static int
screen_keeper_step(void *ctx, uint64_t done, uint64_t size)
{
    return screen_keeper_ended(ctx, 0) ? SCREEN_KEEPER_ENDED : SCREEN_OK;
}


static int
screen_keeper_load(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s)
{
    int                     rc;
    uint64_t                started;
    screen_bank_t           map;
    screen_error_t          err;
    screen_bank_counts_t    counts;
    screen_bank_progress_t  progress;

    started = screen_keeper_clock();

    /* another keeper, of the configuration before, may have been faster */

    if (screen_bank_open(&map, bank->path, &err) == SCREEN_OK) {
        screen_bank_file_count(&map, &counts);
        screen_bank_close(&map);

        if (screen_bank_file_same(&counts.origin, &s->seen.origin)) {
            screen_keeper_swapped(k, bank, s, &counts, started);
            return SCREEN_OK;
        }
    }

    progress.step = screen_keeper_step;
    progress.ctx = (void *) k;

    rc = screen_bank_file_make(bank->list, bank->path, (uid_t) -1,
                               (gid_t) -1, &progress, &counts, &err);

    switch (rc) {

    case SCREEN_OK:
        screen_keeper_swapped(k, bank, s, &counts, started);
        return SCREEN_OK;

    case SCREEN_KEEPER_ENDED:
        return SCREEN_KEEPER_ENDED;

    case SCREEN_AGAIN:
        s->seen.presence = SCREEN_KEEPER_NEVER;
        return SCREEN_OK;

    default:
        screen_keeper_refuse(k, bank, s, &err);
        return SCREEN_OK;
    }
}


static void
screen_keeper_swapped(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s,
    const screen_bank_counts_t *counts, uint64_t started)
{
    char      was[64], left_out[SCREEN_LIST_TALLY_LEN];
    uint64_t  ms;

    was[0] = '\0';

    if (s->in_force) {
        snprintf(was, sizeof(was), " (was %llu)",
                 (unsigned long long) s->bank.total);
    }

    s->bank = *counts;
    s->in_force = 1;
    s->failed = 0;
    s->error[0] = '\0';

    screen_keeper_publish(bank, counts);

    ms = screen_keeper_clock() - started;

    screen_keeper_log(k, bank, LOG_NOTICE,
                      "%llu entries from %.500s%s, %llu.%llus",
                      (unsigned long long) counts->total, bank->list, was,
                      (unsigned long long) ms / 1000,
                      (unsigned long long) ms % 1000 / 100);

    if (screen_list_tally_text(&counts->left_out, left_out)[0] != '\0') {
        screen_keeper_log(k, bank, LOG_WARNING, "%.500s: left out: %s",
                          bank->list, left_out);
    }
}


static void
screen_keeper_refuse(const screen_keeper_t *k,
    const screen_keeper_bank_t *bank, screen_keeper_state_t *s,
    const screen_error_t *err)
{
    int   known;
    char  error[SCREEN_BANK_FILE_ERROR_LEN], when[SCREEN_DATE_LEN];

    (void) screen_bank_file_error(error, err);

    known = s->failed && screen_keeper_same(&s->refused, &s->seen)
            && strcmp(error, s->error) == 0;

    s->failed = 1;
    s->refused = s->seen;
    s->retry = s->seen.presence == SCREEN_KEEPER_PRESENT && err->line == 0;
    s->retry_at = screen_keeper_clock()
                  + (uint64_t) screen_keeper_interval(k)
                    * SCREEN_KEEPER_RETRY;

    memcpy(s->error, error, sizeof(s->error));

    if (known) {
        return;
    }

    if (bank->failed != NULL) {
        __atomic_store_n(bank->failed, (uint64_t) time(NULL),
                         __ATOMIC_RELEASE);
    }

    if (!s->in_force) {
        screen_keeper_log(k, bank, LOG_ERR, "list not loaded, and there is "
                          "no bank in force: %s", error);
        return;
    }

    screen_date_format(when, s->bank.built);

    screen_keeper_log(k, bank, LOG_ERR, "list not loaded, the bank of %s "
                      "with %llu entries stays in force: %s", when,
                      (unsigned long long) s->bank.total, error);
}
