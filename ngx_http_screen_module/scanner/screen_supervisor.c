
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_children.h"
#include "screen_log.h"
#include "screen_process.h"
#include "screen_supervisor.h"
#include "screen_wire.h"


#define SCREEN_SUPERVISOR_TICK   1000      /* ms between two counts */
#define SCREEN_SUPERVISOR_GRACE  2000      /* ms, once nobody waits */


typedef struct {
    screen_spec_t       spec;
    screen_children_t   children;
    screen_arena_t      arena;
    uint64_t            started;
    uint64_t            counted;
    uint32_t            nrules;
    uint64_t            nready;
    unsigned            announced:1;
} screen_supervisor_t;


/* 0: it is ours; POSIX locks belong to a process, and are not inherited */

static int
screen_supervisor_lock(void)
{
    struct flock  lock;

    memset(&lock, 0, sizeof(struct flock));

    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_len = 1;

    return fcntl(SCREEN_FD_CONTROL, F_SETLK, &lock);
}


static int
screen_supervisor_signals(void)
{
    sigset_t  set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGQUIT);
    sigaddset(&set, SIGINT);

    if (sigprocmask(SIG_SETMASK, &set, NULL) == -1) {
        return -1;
    }

    return signalfd(-1, &set, SFD_CLOEXEC|SFD_NONBLOCK);
}


static int
screen_supervisor_spec(screen_supervisor_t *sv, screen_error_t *err)
{
    int              rc;
    void            *map;
    struct stat      st;
    screen_alloc_t   alloc;

    alloc.alloc = screen_arena_alloc;
    alloc.owner = &sv->arena;

    if (fstat(SCREEN_FD_SPEC, &st) == -1 || st.st_size == 0
        || st.st_size > SCREEN_SPEC_LIMIT)
    {
        return screen_error_set(err, "there is no spec");
    }

    map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, SCREEN_FD_SPEC, 0);
    if (map == MAP_FAILED) {
        return screen_error_set(err, "the spec: %s", strerror(errno));
    }

    screen_error_set(err, "the spec is malformed");

    rc = screen_spec_decode(&sv->spec, map, st.st_size, &alloc, err);

    return rc == SCREEN_OK ? SCREEN_OK : SCREEN_ERROR;
}


static int
screen_supervisor_control(screen_supervisor_t *sv, screen_error_t *err)
{
    void  *map;

    map = mmap(NULL, sizeof(screen_control_t), PROT_READ|PROT_WRITE,
               MAP_SHARED, SCREEN_FD_CONTROL, 0);

    if (map == MAP_FAILED) {
        return screen_error_set(err, "the control page: %s", strerror(errno));
    }

    sv->children.control = map;
    sv->children.control->supervisor = (uint32_t) getpid();

    return SCREEN_OK;
}


static int
screen_supervisor_start(screen_supervisor_t *sv, screen_error_t *err)
{
    screen_children_t  *c;

    c = &sv->children;

    if (screen_supervisor_spec(sv, err) != SCREEN_OK
        || screen_process_drop(sv->spec.uid, sv->spec.gid, err) != SCREEN_OK
        || screen_supervisor_control(sv, err) != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    c->spec = &sv->spec;
    c->alloc.alloc = screen_arena_alloc;
    c->alloc.owner = &sv->arena;

    screen_error_set(err, "no memory");

    if (screen_engine_load(&c->engines, &sv->spec, SCREEN_FD_IMAGE, &c->alloc,
                           &sv->nrules, err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    c->signals = screen_supervisor_signals();

    if (c->signals == -1) {
        return screen_error_set(err, "signals: %s", strerror(errno));
    }

    return screen_children_init(c, err);
}


static void
screen_supervisor_ready(screen_supervisor_t *sv)
{
    eventfd_t  n;

    if (eventfd_read(sv->children.ready, &n) == -1) {
        return;
    }

    screen_children_warn(&sv->children);

    sv->nready += n;

    if (sv->announced || sv->nready < sv->children.nscanners) {
        return;
    }

    sv->announced = 1;
    sv->children.control->settled = 1;

    screen_log(LOG_NOTICE, "scanner pool ready: %u scanners, %u rules, %llu "
               "ms", sv->children.nscanners, sv->nrules,
               (unsigned long long) (screen_wire_now() - sv->started));
}


/* 1 if the supervisor was told to end */

static int
screen_supervisor_signalled(screen_supervisor_t *sv)
{
    int                       end;
    struct signalfd_siginfo   info;

    end = 0;

    while (read(sv->children.signals, &info, sizeof(info)) == sizeof(info)) {

        if (info.ssi_signo != SIGCHLD) {
            end = 1;
        }
    }

    screen_children_reap(&sv->children);

    return end;
}


/* 1 at the lifeline's end */

static int
screen_supervisor_alone(short revents)
{
    char     buf[64];
    ssize_t  n;

    if (revents == 0) {
        return 0;
    }

    if (revents & POLLIN) {
        n = read(SCREEN_FD_LIFELINE, buf, sizeof(buf));
        return n == 0 || (n == -1 && errno != EINTR && errno != EAGAIN);
    }

    return 1;
}


/*
 * Waits for at most ms; 1 if the lifeline has ended, 2 if the supervisor was
 * told to end.
 */

static int
screen_supervisor_wait(screen_supervisor_t *sv, int ms)
{
    int            end;
    struct pollfd  fds[4];

    memset(fds, 0, sizeof(fds));

    fds[0].fd = sv->children.leaving ? -1 : SCREEN_FD_LIFELINE;
    fds[0].events = POLLIN;
    fds[1].fd = sv->children.signals;
    fds[1].events = POLLIN;
    fds[2].fd = sv->children.ready;
    fds[2].events = POLLIN;

    /* rather than to let every upload wait for its deadline */

    fds[3].fd = -1;
    fds[3].events = POLLIN;

    if (screen_children_broken(&sv->children)) {
        fds[3].fd = SCREEN_FD_LISTEN;
        sv->children.control->settled = 1;
    }

    if (poll(fds, 4, ms) == -1) {
        return 0;
    }

    if (fds[3].revents) {
        screen_children_refuse(&sv->children);
    }

    if (fds[2].revents) {
        screen_supervisor_ready(sv);
    }

    end = fds[1].revents ? screen_supervisor_signalled(sv) : 0;

    if (screen_supervisor_alone(fds[0].revents)) {
        return 1;
    }

    return end ? 2 : 0;
}


static void
screen_supervisor_leave(screen_supervisor_t *sv)
{
    int       sig;
    uint64_t  end;

    screen_children_leave(&sv->children);

    sig = 0;
    end = screen_wire_now() + SCREEN_SUPERVISOR_GRACE;

    while (screen_children_alive(&sv->children, sig)) {

        (void) screen_supervisor_wait(sv, 100);

        if (screen_wire_now() >= end) {
            sig = SIGKILL;
        }
    }
}


static void
screen_supervisor_loop(screen_supervisor_t *sv)
{
    int       ms, end;
    uint64_t  now;

    for ( ;; ) {
        ms = screen_children_start(&sv->children, SCREEN_SUPERVISOR_TICK);

        end = screen_supervisor_wait(sv, ms);

        if (end == 2) {

            /* those at work go on alone, and others may start a new pool */

            screen_children_leave(&sv->children);
            return;
        }

        if (end == 1) {
            screen_supervisor_leave(sv);
            return;
        }

        now = screen_wire_now();

        if (now - sv->counted >= SCREEN_SUPERVISOR_TICK || !sv->announced) {
            sv->counted = now;
            screen_children_count(&sv->children);
        }
    }
}


int
screen_supervisor_run(void)
{
    screen_error_t        err;
    screen_supervisor_t   sv;

    memset(&sv, 0, sizeof(screen_supervisor_t));

    sv.started = screen_wire_now();

    screen_process_detach(SCREEN_FD_LOG, SCREEN_FD_LOG);
    (void) prctl(PR_SET_NAME, "screen-super");

    if (screen_supervisor_lock() == -1) {

        if (errno == EAGAIN || errno == EACCES) {
            return 0;
        }

        screen_log(LOG_ERR, "the scanner pool does not start: the control "
                   "page cannot be locked: %s", strerror(errno));
        return 1;
    }

    if (screen_supervisor_start(&sv, &err) != SCREEN_OK) {
        screen_log(LOG_ERR, "the scanner pool does not start: %s", err.text);
        return 1;
    }

    screen_supervisor_loop(&sv);

    return 0;
}
