
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_process.h"


static void
screen_process_signals(void)
{
    int               sig;
    sigset_t          none;
    struct sigaction  sa;

    memset(&sa, 0, sizeof(struct sigaction));
    sigemptyset(&sa.sa_mask);

    for (sig = 1; sig < NSIG; sig++) {
        sa.sa_handler = sig == SIGPIPE ? SIG_IGN : SIG_DFL;
        (void) sigaction(sig, &sa, NULL);
    }

    sigemptyset(&none);
    (void) sigprocmask(SIG_SETMASK, &none, NULL);
}


void
screen_process_detach(int log, int last)
{
    int  fd;

    screen_process_signals();

    (void) setsid();
    (void) umask(077);

    if (chdir("/") == -1) {
        return;
    }

    fd = open("/dev/null", O_RDWR);

    if (fd != -1) {
        (void) dup2(fd, STDIN_FILENO);
        (void) dup2(fd, STDOUT_FILENO);
    }

    (void) dup2(log, STDERR_FILENO);

    (void) close_range(last + 1, ~0U, 0);
}


int
screen_process_drop(uint32_t uid, uint32_t gid, screen_error_t *err)
{
    if (geteuid() == 0) {

        if (uid == 0) {
            return screen_error_set(err, "scanners do not run as root: the "
                                    "user directive must name another user");
        }

        if (setgroups(0, NULL) == -1
            || setresgid(gid, gid, gid) == -1
            || setresuid(uid, uid, uid) == -1)
        {
            return screen_error_set(err, "the process cannot become user %u, "
                                    "group %u: %s", uid, gid,
                                    strerror(errno));
        }
    }

    if (getuid() == 0 || geteuid() == 0) {
        return screen_error_set(err, "the process is root still");
    }

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1) {
        return screen_error_set(err, "prctl(PR_SET_NO_NEW_PRIVS) failed: %s",
                                strerror(errno));
    }

    return SCREEN_OK;
}
