
/*
 * The supervisor of the scanners: what the processes of one configuration
 * share with it, and who starts it again when it is gone.
 *
 * nginx starts the first one before its workers, which watch it through a
 * pidfd.  Whoever sees it die first, or finds none, starts the next one; the
 * lock on the control page keeps a second one away.  Jobs wait meanwhile in
 * the backlog of the listening socket, which nginx holds, and are not lost.
 */


#include "ngx_http_screen_module.h"

#include <sys/mman.h>
#include <sys/syscall.h>


#define NGX_HTTP_SCREEN_WATCH_INTERVAL   1000     /* ms, beside the pidfd */
#define NGX_HTTP_SCREEN_WATCH_STARTING   10
#define NGX_HTTP_SCREEN_START_LIMIT      3000     /* ms, to take the lock */
#define NGX_HTTP_SCREEN_OPEN_INTERVAL    2        /* ms */


static void ngx_http_screen_pool_cleanup(void *data);
static ngx_int_t ngx_http_screen_pool_listen(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_connection_t *ngx_http_screen_pool_connection(int fd, void *data,
    ngx_event_handler_pt handler, ngx_log_t *log);
static void ngx_http_screen_pool_timer(ngx_event_t *ev);
static void ngx_http_screen_pool_gone(ngx_event_t *ev);
static void ngx_http_screen_pool_watch(ngx_http_screen_main_conf_t *smcf);
static pid_t ngx_http_screen_pool_supervisor(ngx_http_screen_pool_t *pool);
static ngx_int_t ngx_http_screen_pool_elect(ngx_http_screen_main_conf_t *smcf,
    ngx_log_t *log);
static void ngx_http_screen_pool_messages(ngx_event_t *ev);


/* all that can fail is made here: a failure is a configuration error */

ngx_int_t
ngx_http_screen_pool_create(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    ngx_pool_cleanup_t      *cln;
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;

    pool->spec = -1;
    pool->image = -1;
    pool->listen = -1;
    pool->lifeline[0] = -1;
    pool->lifeline[1] = -1;
    pool->control_fd = -1;
    pool->log[0] = -1;
    pool->log[1] = -1;
    pool->control = MAP_FAILED;

    cln = ngx_pool_cleanup_add(cf->cycle->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    cln->handler = ngx_http_screen_pool_cleanup;
    cln->data = pool;

    pool->spec = memfd_create("screen-spec", MFD_CLOEXEC);
    pool->image = memfd_create("screen-image", MFD_CLOEXEC|MFD_ALLOW_SEALING);
    pool->control_fd = memfd_create("screen-control", MFD_CLOEXEC);

    if (pool->spec == -1 || pool->image == -1 || pool->control_fd == -1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "memfd_create() failed");
        return NGX_ERROR;
    }

    if (ftruncate(pool->control_fd, sizeof(screen_control_t)) == 0) {
        pool->control = mmap(NULL, sizeof(screen_control_t),
                             PROT_READ|PROT_WRITE, MAP_SHARED,
                             pool->control_fd, 0);
    }

    if (pool->control == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "mapping the control page failed");
        return NGX_ERROR;
    }

    if (pipe2(pool->lifeline, O_CLOEXEC) == -1
        || socketpair(AF_UNIX, SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0,
                      pool->log)
           == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "making the scanner pool's sockets failed");
        return NGX_ERROR;
    }

    if (ngx_http_screen_pool_listen(cf, smcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_screen_spec_write(smcf, cf->cycle, cf->log);
}


static void
ngx_http_screen_pool_cleanup(void *data)
{
    ngx_http_screen_pool_t *pool = data;

    ngx_uint_t  i;

    int  fds[] = { pool->spec, pool->image, pool->listen, pool->lifeline[0],
                   pool->lifeline[1], pool->control_fd, pool->log[0],
                   pool->log[1] };

    if (pool->control != MAP_FAILED) {
        (void) munmap(pool->control, sizeof(screen_control_t));
    }

    for (i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (fds[i] != -1) {
            (void) close(fds[i]);
        }
    }
}


static ngx_int_t
ngx_http_screen_pool_listen(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;

    pool->listen = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);

    if (pool->listen == -1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno, "socket() failed");
        return NGX_ERROR;
    }

    /* a bare family makes the kernel choose a free abstract address */

    pool->address.sun_family = AF_UNIX;
    pool->address_len = sizeof(struct sockaddr_un);

    if (bind(pool->listen, (struct sockaddr *) &pool->address,
             sizeof(sa_family_t))
        == -1
        || listen(pool->listen, (int) smcf->queue) == -1
        || getsockname(pool->listen, (struct sockaddr *) &pool->address,
                       &pool->address_len)
           == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "making the scanner queue failed");
        return NGX_ERROR;
    }

    return NGX_OK;
}


/*
 * Starts the scanners before there is a worker with a job for them, and waits
 * until they have loaded their rules: in a reload the old workers and their
 * scanners serve meanwhile.  A supervisor that is not there, or no longer, is
 * the workers' to start again.
 */

void
ngx_http_screen_pool_open(ngx_http_screen_main_conf_t *smcf, ngx_log_t *log)
{
    uint64_t                 now, start;
    ngx_uint_t               seen;
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;

    if (ngx_http_screen_pool_elect(smcf, log) != NGX_OK || smcf->start == 0) {
        return;
    }

    start = ngx_http_screen_now() / 1000000;

    for (seen = 0; !atomic_load(&pool->control->settled); /* void */ ) {

        now = ngx_http_screen_now() / 1000000;

        if (ngx_http_screen_pool_supervisor(pool) > 0) {
            seen = 1;

        } else if (seen || now - start >= NGX_HTTP_SCREEN_START_LIMIT) {
            return;
        }

        if (now - start >= smcf->start) {
            ngx_log_error(NGX_LOG_WARN, log, 0,
                          "screen scanners are not ready after %M ms, "
                          "uploads wait for them", smcf->start);
            return;
        }

        ngx_msleep(NGX_HTTP_SCREEN_OPEN_INTERVAL);
    }
}


ngx_int_t
ngx_http_screen_pool_join(ngx_cycle_t *cycle,
    ngx_http_screen_main_conf_t *smcf)
{
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;

    atomic_store(&pool->control->pending[ngx_worker % SCREEN_WORKERS_MAX], 0);

    pool->messages = ngx_http_screen_pool_connection(pool->log[0], smcf,
                                                 ngx_http_screen_pool_messages,
                                                 cycle->log);
    if (pool->messages == NULL) {
        return NGX_ERROR;
    }

    pool->timer.handler = ngx_http_screen_pool_timer;
    pool->timer.data = smcf;
    pool->timer.log = cycle->log;
    pool->timer.cancelable = 1;

    ngx_http_screen_pool_watch(smcf);

    return NGX_OK;
}


/* a connection that does not keep an exiting worker */

static ngx_connection_t *
ngx_http_screen_pool_connection(int fd, void *data,
    ngx_event_handler_pt handler, ngx_log_t *log)
{
    ngx_connection_t  *c;

    c = ngx_get_connection(fd, log);
    if (c == NULL) {
        return NULL;
    }

    c->data = data;
    c->read->handler = handler;
    c->read->log = log;
    c->read->channel = 1;
    c->write->channel = 1;

    if (ngx_add_event(c->read, NGX_READ_EVENT, 0) != NGX_OK) {
        ngx_free_connection(c);
        return NULL;
    }

    return c;
}


static void
ngx_http_screen_pool_timer(ngx_event_t *ev)
{
    ngx_http_screen_pool_watch(ev->data);
}


static void
ngx_http_screen_pool_gone(ngx_event_t *ev)
{
    ngx_connection_t             *c;
    ngx_http_screen_main_conf_t  *smcf;

    c = ev->data;
    smcf = c->data;

    ngx_log_error(NGX_LOG_NOTICE, ev->log, 0, "screen supervisor is gone");

    ngx_close_connection(c);
    smcf->pool.watch = NULL;

    if (smcf->pool.timer.timer_set) {
        ngx_del_timer(&smcf->pool.timer);
    }

    ngx_http_screen_pool_watch(smcf);
}


static void
ngx_http_screen_pool_leave(ngx_http_screen_pool_t *pool)
{
    ngx_connection_t  *c;

    if (pool->watch) {
        ngx_close_connection(pool->watch);
        pool->watch = NULL;
    }

    /* its descriptor belongs to the cycle */

    c = pool->messages;

    if (c) {
        (void) ngx_del_event(c->read, NGX_READ_EVENT, 0);
        ngx_free_connection(c);
        c->fd = (ngx_socket_t) -1;
        pool->messages = NULL;
    }
}


static void
ngx_http_screen_pool_watch(ngx_http_screen_main_conf_t *smcf)
{
    int                      fd;
    pid_t                    pid;
    ngx_msec_t               delay;
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;
    delay = NGX_HTTP_SCREEN_WATCH_INTERVAL;

    if (ngx_http_cycle_get_module_main_conf(ngx_cycle, ngx_http_screen_module)
        != smcf)
    {
        /* a single process after a reload: nothing may keep the old cycle */

        ngx_http_screen_pool_leave(pool);
        return;
    }

    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): smcf is set */
    if (pool->watch == NULL) {
        pid = ngx_http_screen_pool_supervisor(pool);

        if (pid > 0) {
            fd = (int) syscall(SYS_pidfd_open, pid, 0);

            /* a pid may have been used again between the two questions */

            if (fd != -1 && ngx_http_screen_pool_supervisor(pool) != pid) {
                (void) close(fd);
                fd = -1;
                pid = 0;
            }

            if (fd != -1) {
                atomic_store(&pool->control->starting, 0);
                pool->failures = 0;
                pool->watch = ngx_http_screen_pool_connection(fd, smcf,
                                                   ngx_http_screen_pool_gone,
                                                   pool->timer.log);
                if (pool->watch == NULL) {
                    (void) close(fd);
                }
            }
        }

        if (pid == 0) {
            (void) ngx_http_screen_pool_elect(smcf, pool->timer.log);
            delay = NGX_HTTP_SCREEN_WATCH_STARTING
                    << ngx_min(pool->failures, 7);
        }
    }

    ngx_add_timer(&pool->timer, delay);
}


/* the pid of whoever holds the lock, or 0 */

static pid_t
ngx_http_screen_pool_supervisor(ngx_http_screen_pool_t *pool)
{
    struct flock  fl;

    ngx_memzero(&fl, sizeof(struct flock));

    fl.l_type = F_WRLCK;
    fl.l_whence = SEEK_SET;
    fl.l_len = 1;

    if (fcntl(pool->control_fd, F_GETLK, &fl) == -1 || fl.l_type == F_UNLCK) {
        return 0;
    }

    return fl.l_pid;
}


/* NGX_OK: one has been started; NGX_DECLINED: by another process */

static ngx_int_t
ngx_http_screen_pool_elect(ngx_http_screen_main_conf_t *smcf, ngx_log_t *log)
{
    uint32_t                 starting;
    uint64_t                 now;
    screen_control_t        *control;
    ngx_http_screen_pool_t  *pool;

    pool = &smcf->pool;
    control = pool->control;

    now = ngx_http_screen_now() / 1000000;
    starting = atomic_load(&control->starting);

    if (starting != 0
        && now - atomic_load(&control->starting_since)
           < NGX_HTTP_SCREEN_START_LIMIT
        && (starting == (uint32_t) ngx_pid || kill((pid_t) starting, 0) == 0))
    {
        return NGX_DECLINED;
    }

    if (!atomic_compare_exchange_strong(&control->starting, &starting,
                                        (uint32_t) ngx_pid))
    {
        return NGX_DECLINED;
    }

    atomic_store(&control->starting_since, now);

    ngx_http_screen_fd_t  fds[] = {
        { pool->log[1], STDERR_FILENO },
        { pool->spec, SCREEN_FD_SPEC },
        { pool->image, SCREEN_FD_IMAGE },
        { pool->listen, SCREEN_FD_LISTEN },
        { pool->lifeline[0], SCREEN_FD_LIFELINE },
        { pool->control_fd, SCREEN_FD_CONTROL },
        { pool->log[1], SCREEN_FD_LOG },
    };

    if (pool->failures++ == 0) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "start screen supervisor");
    }

    if (ngx_http_screen_helper_start(log, &smcf->helper, "supervisor", fds,
                                     sizeof(fds) / sizeof(fds[0]), 1)
        == -1)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}


/* what the companion's processes have to say, through nginx's error log */

static void
ngx_http_screen_pool_messages(ngx_event_t *ev)
{
    u_char            *text, *p;
    ssize_t            n;
    ngx_uint_t         level, i;
    ngx_connection_t  *c;
    u_char             buf[2048];

    c = ev->data;

    for (i = 0; i < 64; i++) {

        n = recv(c->fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

        if (n <= 0) {
            return;
        }

        text = buf;
        level = NGX_LOG_WARN;

        if (text[0] >= '0' && text[0] <= '7') {

            /* syslog's levels are nginx's, less one */

            level = *text++ - '0' + 1;
        }

        for (p = text; p < buf + n; p++) {
            if (*p < 0x20 || *p == 0x7f) {
                *p = ' ';
            }
        }

        while (p > text && p[-1] == ' ') {
            p--;
        }

        if (p > text) {
            ngx_log_error(level, ev->log, 0, "screen: %*s",
                          (size_t) (p - text), text);
        }
    }
}
