
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_children.h"
#include "screen_keeper.h"
#include "screen_log.h"
#include "screen_replica.h"
#include "screen_sandbox.h"
#include "screen_wire.h"


#define SCREEN_CHILDREN_YOUNG      100      /* ms */
#define SCREEN_CHILDREN_DELAY      50       /* ms, doubled with each failure */
#define SCREEN_CHILDREN_DELAY_MAX  5000
#define SCREEN_CHILDREN_STUCK      1000     /* ms after a job's deadline */

#define SCREEN_CHILDREN_BROKEN     3        /* failures in a row */
#define SCREEN_CHILDREN_REFUSE     64       /* jobs at a time */

#define SCREEN_CHILDREN_LISTS      UINT32_MAX  /* the keeper of all lists */


/*
 * A page each, so that a child can be left with its own: whoever could write
 * to a neighbour's might have it killed.
 */

static size_t
screen_children_page(void)
{
    return (size_t) sysconf(_SC_PAGESIZE);
}


static screen_scanner_slot_t *
screen_children_slot(const screen_children_t *c, uint32_t n)
{
    return (screen_scanner_slot_t *) (c->slots + n * screen_children_page());
}


/* one for all lists, and one for each bank in Redis */

static void
screen_children_keepers(screen_children_t *c)
{
    uint32_t  i;

    for (i = 0; i < c->spec->nbanks; i++) {

        if (c->spec->banks[i].list.len && c->nkeepers == 0) {
            c->keepers[c->nkeepers++] = SCREEN_CHILDREN_LISTS;
        }
    }

    for (i = 0; i < c->spec->nbanks; i++) {

        if (c->spec->banks[i].redis) {
            c->keepers[c->nkeepers++] = i;
        }
    }
}


int
screen_children_init(screen_children_t *c, screen_error_t *err)
{
    uint32_t  n;

    c->nscanners = c->spec->scanners < SCREEN_CHILDREN_SCANNERS
                   ? c->spec->scanners : SCREEN_CHILDREN_SCANNERS;

    screen_children_keepers(c);

    n = c->nscanners + c->nkeepers;

    c->list = screen_calloc(&c->alloc, (n + 1) * sizeof(screen_child_t));

    c->slots = mmap(NULL, (n + 1) * screen_children_page(),
                    PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    c->ready = eventfd(0, EFD_CLOEXEC|EFD_NONBLOCK);

    if (c->list == NULL || c->slots == MAP_FAILED || c->ready == -1
        || pipe2(c->pool, O_CLOEXEC) == -1)
    {
        return screen_error_set(err, "the pool cannot be set up: %s",
                                strerror(errno));
    }

    return SCREEN_OK;
}


/* what a child must not have: the supervisor's ways of knowing and telling */

static void
screen_children_disown(screen_children_t *c, uint32_t n)
{
    size_t    page;
    sigset_t  none;

    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);

    page = screen_children_page();

    if (n > 0) {
        (void) munmap(c->slots, n * page);
    }

    (void) munmap(c->slots + (n + 1) * page,
                  (c->nscanners + c->nkeepers - n) * page);

    close(c->pool[1]);
    close(c->signals);
    close(SCREEN_FD_SPEC);
    close(SCREEN_FD_IMAGE);
    close(SCREEN_FD_LIFELINE);
    close(SCREEN_FD_CONTROL);
}


static int
screen_children_scanner(screen_children_t *c, uint32_t n)
{
    screen_scanner_t  sc;

    (void) prctl(PR_SET_NAME, "screen-scanner");

    munmap(c->control, sizeof(screen_control_t));

    sc.spec = c->spec;
    sc.engines = c->engines;
    sc.slot = screen_children_slot(c, n);
    sc.listen = SCREEN_FD_LISTEN;
    sc.pool = c->pool[0];
    sc.ready = c->ready;

    return screen_scanner_run(&sc);
}


static void
screen_children_keeper_log(void *ctx, int level, const char *text)
{
    screen_log(level, "%s", text);
}


static int
screen_children_replica(screen_children_t *c, uint32_t n)
{
    screen_replica_t           r;
    const screen_spec_bank_t  *spec;

    spec = &c->spec->banks[n];

    (void) prctl(PR_SET_NAME, "screen-keeper");

    close(SCREEN_FD_LISTEN);

    memset(&r, 0, sizeof(screen_replica_t));

    r.name = screen_alloc_text(&c->alloc, &spec->name);
    r.path = screen_alloc_text(&c->alloc, &spec->path);
    r.redis = &c->spec->redis;
    r.version = (volatile uint64_t *) &c->control->banks[n].version;
    r.synced = (volatile uint64_t *) &c->control->banks[n].synced;
    r.lifeline = c->pool[0];
    r.log = screen_children_keeper_log;

    if (r.name == NULL || r.path == NULL) {
        return SCREEN_SCANNER_FAILED;
    }

    return screen_replica_run(&r) == SCREEN_OK ? SCREEN_SCANNER_DONE
                                               : SCREEN_SCANNER_FAILED;
}


static int
screen_children_keeper(screen_children_t *c, uint32_t n)
{
    uint32_t                   i;
    screen_keeper_t            k;
    screen_keeper_bank_t      *bank, banks[SCREEN_BANKS_MAX];
    const screen_spec_bank_t  *spec;

    if (c->keepers[n] != SCREEN_CHILDREN_LISTS) {
        return screen_children_replica(c, c->keepers[n]);
    }

    (void) prctl(PR_SET_NAME, "screen-keeper");

    close(SCREEN_FD_LISTEN);

    memset(&k, 0, sizeof(screen_keeper_t));
    memset(banks, 0, sizeof(banks));

    for (i = 0; i < c->spec->nbanks; i++) {
        spec = &c->spec->banks[i];

        if (spec->list.len == 0) {
            continue;
        }

        bank = &banks[k.nbanks++];

        bank->name = screen_alloc_text(&c->alloc, &spec->name);
        bank->list = screen_alloc_text(&c->alloc, &spec->list);
        bank->path = screen_alloc_text(&c->alloc, &spec->path);
        bank->version = (volatile uint64_t *) &c->control->banks[i].version;

        if (bank->name == NULL || bank->list == NULL || bank->path == NULL) {
            return SCREEN_SCANNER_FAILED;
        }
    }

    k.banks = banks;
    k.lifeline = c->pool[0];
    k.log = screen_children_keeper_log;

    return screen_keeper_run(&k) == SCREEN_OK ? SCREEN_SCANNER_DONE
                                              : SCREEN_SCANNER_FAILED;
}


static void
screen_children_fork(screen_children_t *c, uint32_t n)
{
    pid_t            pid;
    screen_child_t  *child;

    child = &c->list[n];

    memset(screen_children_slot(c, n), 0, sizeof(screen_scanner_slot_t));

    pid = fork();

    if (pid == 0) {
        screen_children_disown(c, n);

        _exit(n < c->nscanners ? screen_children_scanner(c, n)
                               : screen_children_keeper(c,
                                                         n - c->nscanners));
    }

    if (pid == -1) {
        screen_log(LOG_ERR, "a process cannot be started: %s",
                   strerror(errno));
        child->retry = screen_wire_now() + SCREEN_CHILDREN_DELAY_MAX;
        return;
    }

    child->pid = pid;
    child->started = screen_wire_now();
    child->jobs = 0;
    child->stuck = 0;

    c->control->started += n < c->nscanners;
}


int
screen_children_start(screen_children_t *c, int max)
{
    int              wait;
    uint32_t         i;
    uint64_t         now;
    screen_child_t  *child;

    wait = max;

    for (i = 0; !c->leaving && i < c->nscanners + c->nkeepers; i++) {
        child = &c->list[i];

        if (child->pid) {
            continue;
        }

        now = screen_wire_now();

        if (child->retry <= now) {
            screen_children_fork(c, i);

        } else if (child->retry - now < (uint64_t) wait) {
            wait = (int) (child->retry - now);
        }
    }

    return wait;
}


/* the number is what the scanner says, unless it met its end otherwise */

static void
screen_children_trapped(screen_children_t *c, uint32_t n)
{
    char         room[SCREEN_SANDBOX_NAME];
    uint32_t     trapped;
    const char  *name;

    trapped = screen_children_slot(c, n)->trapped;
    name = trapped ? screen_sandbox_call(room, (int) (trapped - 1)) : NULL;

    screen_log(LOG_ERR, "scanner %d was ended by SIGSYS: the sandbox does "
               "not allow the system call %s", (int) c->list[n].pid,
               name ? name : "that it made");
}


static void
screen_children_death(screen_children_t *c, uint32_t n, int status)
{
    int          sig;
    pid_t        pid;
    const char  *name, *who;

    who = n < c->nscanners ? "scanner" : "keeper";
    pid = c->list[n].pid;

    if (WIFEXITED(status)) {

        if (WEXITSTATUS(status) == SCREEN_SCANNER_RECYCLED) {
            c->control->recycled++;

        } else if (WEXITSTATUS(status) != SCREEN_SCANNER_DONE
                   || !c->leaving)
        {
            screen_log(LOG_ERR, "%s %d ended with code %d", who, (int) pid,
                       WEXITSTATUS(status));
        }

        return;
    }

    sig = WTERMSIG(status);
    name = sigabbrev_np(sig);

    if (n < c->nscanners) {
        c->control->killed++;
    }

    if (sig == SIGALRM || c->list[n].stuck) {
        screen_log(LOG_ERR, "%s %d was ended at the deadline of its job",
                   who, (int) pid);

    } else if (sig == SIGSYS) {
        screen_children_trapped(c, n);

    } else {
        screen_log(LOG_ERR, "%s %d was ended by SIG%s", who, (int) pid,
                   name ? name : "?");
    }
}


/* when to start it again: at once, unless it never comes to do any work */

static void
screen_children_plan(screen_children_t *c, uint32_t n)
{
    uint64_t                now, delay;
    screen_child_t         *child;
    screen_scanner_slot_t  *slot;

    child = &c->list[n];
    slot = screen_children_slot(c, n);
    now = screen_wire_now();

    if (now - child->started >= SCREEN_CHILDREN_YOUNG || slot->jobs
        || slot->busy)
    {
        child->failures = 0;
        child->retry = now;
        return;
    }

    delay = 0;

    if (child->failures) {
        delay = SCREEN_CHILDREN_DELAY
                << (child->failures < 8 ? child->failures - 1 : 7);
    }

    child->failures++;
    child->retry = now + (delay < SCREEN_CHILDREN_DELAY_MAX
                          ? delay : SCREEN_CHILDREN_DELAY_MAX);
}


static void
screen_children_add_jobs(screen_children_t *c, uint32_t n)
{
    uint64_t  jobs;

    jobs = screen_children_slot(c, n)->jobs;

    if (jobs > c->list[n].jobs) {
        c->control->jobs += jobs - c->list[n].jobs;
        c->list[n].jobs = jobs;
    }
}


void
screen_children_reap(screen_children_t *c)
{
    int       status;
    pid_t     pid;
    uint32_t  i;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {

        for (i = 0; i < c->nscanners + c->nkeepers; i++) {

            if (c->list[i].pid != pid) {
                continue;
            }

            screen_children_add_jobs(c, i);
            screen_children_death(c, i, status);
            screen_children_plan(c, i);

            c->list[i].pid = 0;
            screen_children_slot(c, i)->busy = 0;
        }
    }
}


void
screen_children_count(screen_children_t *c)
{
    uint32_t                i, alive, busy;
    uint64_t                now;
    screen_child_t         *child;
    screen_scanner_slot_t  *slot;

    alive = 0;
    busy = 0;
    now = screen_wire_now();

    for (i = 0; i < c->nscanners; i++) {
        child = &c->list[i];
        slot = screen_children_slot(c, i);

        if (child->pid == 0) {
            continue;
        }

        alive++;
        screen_children_add_jobs(c, i);

        if (slot->busy == 0) {
            continue;
        }

        busy++;

        /* its own timer failed, or it was made to fail */

        if (slot->deadline + SCREEN_CHILDREN_STUCK < now
            && !child->stuck)
        {
            child->stuck = 1;
            (void) kill(child->pid, SIGKILL);
        }
    }

    c->control->scanners = alive;
    c->control->busy = busy;
}


void
screen_children_warn(screen_children_t *c)
{
    uint32_t  i;

    for (i = 0; i < c->nscanners && !c->open; i++) {

        if (c->list[i].pid && screen_children_slot(c, i)->open) {
            c->open = 1;

            screen_log(LOG_WARNING, "the kernel refuses seccomp filters: "
                       "scanners run with resource limits only, as "
                       "\"screen_sandbox best_effort\" allows");
        }
    }
}


int
screen_children_broken(const screen_children_t *c)
{
    uint32_t               i;
    const screen_child_t  *child;

    for (i = 0; i < c->nscanners; i++) {
        child = &c->list[i];

        if (child->failures < SCREEN_CHILDREN_BROKEN) {
            return 0;
        }

        if (child->pid
            && screen_wire_now() - child->started >= SCREEN_CHILDREN_YOUNG)
        {
            return 0;
        }
    }

    return 1;
}


void
screen_children_refuse(screen_children_t *c)
{
    int  i, s;

    for (i = 0; i < SCREEN_CHILDREN_REFUSE; i++) {
        s = accept4(SCREEN_FD_LISTEN, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (s == -1) {
            return;
        }

        screen_wire_words(s, "no scanner can run");
        close(s);
    }
}


void
screen_children_leave(screen_children_t *c)
{
    c->leaving = 1;
    close(c->pool[1]);
}


uint32_t
screen_children_alive(screen_children_t *c, int sig)
{
    uint32_t  i, n;

    n = 0;

    for (i = 0; i < c->nscanners + c->nkeepers; i++) {

        if (c->list[i].pid) {
            n++;

            if (sig) {
                (void) kill(c->list[i].pid, sig);
            }
        }
    }

    return n;
}
