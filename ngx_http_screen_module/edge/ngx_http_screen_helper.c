
/*
 * Starts the companion, ngx-screen, with nothing of nginx in it but the
 * descriptors that it is given: a forked child would otherwise inherit
 * listening sockets, channels, epoll and signal handlers.
 */


#include "ngx_http_screen_module.h"

#include <sys/syscall.h>
#include <sys/wait.h>


#define NGX_HTTP_SCREEN_FD_SPARE  64


static void ngx_http_screen_helper_exec(int fail, const char *path,
    const char *role, const ngx_http_screen_fd_t *fds, ngx_uint_t nfds,
    ngx_uint_t detach);


/*
 * The pid of the child (with detach: of no process any more; the companion
 * is then a child of init), or -1 if it could not be started, which has been
 * logged.  fds are numbered in the companion by their "to"; 0, 1 and 2 are
 * the null device unless they are named.
 */

pid_t
ngx_http_screen_helper_start(ngx_log_t *log, ngx_str_t *path,
    const char *role, const ngx_http_screen_fd_t *fds, ngx_uint_t nfds,
    ngx_uint_t detach)
{
    int       fail[2], err;
    pid_t     pid;
    ssize_t   n;
    sigset_t  all, saved;

    if (pipe2(fail, O_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_ALERT, log, ngx_errno, "pipe2() failed");
        return -1;
    }

    /* no handler of nginx may run in the child, nor reap it before us */

    sigfillset(&all);
    (void) sigprocmask(SIG_SETMASK, &all, &saved);

    pid = fork();

    if (pid == 0) {
        ngx_http_screen_helper_exec(fail[1], (char *) path->data, role, fds,
                                    nfds, detach);
    }

    err = (pid == -1) ? ngx_errno : 0;

    (void) close(fail[1]);

    if (pid > 0) {

        do {
            n = read(fail[0], &err, sizeof(err));
        } while (n == -1 && ngx_errno == NGX_EINTR);

        if (n != sizeof(err)) {
            err = 0;
        }

        if (detach || err) {
            (void) waitpid(pid, NULL, 0);
        }
    }

    (void) close(fail[0]);
    (void) sigprocmask(SIG_SETMASK, &saved, NULL);

    if (err) {
        ngx_log_error(NGX_LOG_ALERT, log, err,
                      "starting \"%V %s\" failed", path, role);
        return -1;
    }

    return pid;
}


static void
ngx_http_screen_helper_fail(int fail)
{
    int  err;

    err = ngx_errno;

    if (write(fail, &err, sizeof(err)) != sizeof(err)) {
        _exit(126);
    }

    _exit(127);
}


static void
ngx_http_screen_helper_fds(int fail, const ngx_http_screen_fd_t *fds,
    ngx_uint_t nfds)
{
    int         null, high[16];
    ngx_uint_t  i;

    /* first out of the way, then into place: numbers may overlap */

    if (nfds > 16) {
        errno = EINVAL;
        ngx_http_screen_helper_fail(fail);
    }

    for (i = 0; i < nfds; i++) {
        high[i] = fcntl(fds[i].from, F_DUPFD, NGX_HTTP_SCREEN_FD_SPARE);

        if (high[i] == -1) {
            ngx_http_screen_helper_fail(fail);
        }
    }

    null = open("/dev/null", O_RDWR);

    for (i = 0; i < 3; i++) {
        if (null == -1 || dup2(null, i) == -1) {
            ngx_http_screen_helper_fail(fail);
        }
    }

    for (i = 0; i < nfds; i++) {
        if (dup2(high[i], fds[i].to) == -1) {
            ngx_http_screen_helper_fail(fail);
        }
    }
}


/* closes all descriptors above 2 that are neither fail nor in fds */

static void
ngx_http_screen_helper_close(int fail, const ngx_http_screen_fd_t *fds,
    ngx_uint_t nfds)
{
    int         fd, max;
    ngx_uint_t  i;

    max = fail;

    for (i = 0; i < nfds; i++) {
        max = ngx_max(max, fds[i].to);
    }

    for (fd = 3; fd <= max; fd++) {

        for (i = 0; i < nfds; i++) {
            if (fds[i].to == fd) {
                break;
            }
        }

        if (i == nfds && fd != fail) {
            (void) close(fd);
        }
    }

#ifdef SYS_close_range
    if (syscall(SYS_close_range, max + 1, ~0U, 0) == 0) {
        return;
    }
#endif

    for (fd = max + 1; fd < sysconf(_SC_OPEN_MAX); fd++) {
        (void) close(fd);
    }
}


#if (SCREEN_SANITIZE)

/* where a build with sanitizers (make test-asan) puts its reports */

static char *
ngx_http_screen_helper_sanitizer(void)
{
    char  **p;

    for (p = environ; *p; p++) {
        if (ngx_strncmp(*p, "ASAN_OPTIONS=", sizeof("ASAN_OPTIONS=") - 1)
            == 0)
        {
            return *p;
        }
    }

    return NULL;
}

#endif


static void
ngx_http_screen_helper_exec(int fail, const char *path, const char *role,
    const ngx_http_screen_fd_t *fds, ngx_uint_t nfds, ngx_uint_t detach)
{
    int               signo, moved;
    char             *argv[3];
    sigset_t          none;
    struct sigaction  sa;

    static char  *env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin", NULL, NULL };

#if (SCREEN_SANITIZE)
    env[1] = ngx_http_screen_helper_sanitizer();
#endif

    ngx_memzero(&sa, sizeof(struct sigaction));
    sa.sa_handler = SIG_DFL;

    for (signo = 1; signo < NSIG; signo++) {
        (void) sigaction(signo, &sa, NULL);
    }

    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);

    if (detach) {
        (void) setsid();

        switch (fork()) {

        case -1:
            ngx_http_screen_helper_fail(fail);
            break;

        case 0:
            break;

        default:
            _exit(0);
        }
    }

    moved = fcntl(fail, F_DUPFD_CLOEXEC, NGX_HTTP_SCREEN_FD_SPARE);

    if (moved == -1 || chdir("/") == -1) {
        ngx_http_screen_helper_fail(fail);
    }

    ngx_http_screen_helper_fds(moved, fds, nfds);
    ngx_http_screen_helper_close(moved, fds, nfds);

    argv[0] = (char *) path;
    argv[1] = (char *) role;
    argv[2] = NULL;

    (void) execve(path, argv, env);

    ngx_http_screen_helper_fail(moved);
}
