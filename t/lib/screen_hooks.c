
/*
 * What hostile content might make of a scanner that it has taken over: linked
 * into build/ngx-screen-hooks only, around screen_engine_scan(), and set off
 * by content that begins with "HOOK " and a name of the table below.
 *
 * An attempt that returns leaves what came of it as the part's fault:
 * "NAME: done" or "NAME: " and the error.
 */


#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_engine.h"


/* the engine's own, and what the scanner calls in its place (ld --wrap) */

int __real_screen_engine_scan(screen_engine_t *engine, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc);
int __wrap_screen_engine_scan(screen_engine_t *engine, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc);


/* the upload's descriptor: the regular file with the highest number */

static int
screen_hook_body(void)
{
    int          fd;
    struct stat  st;

    for (fd = 31; fd > 0; fd--) {

        if (syscall(SYS_fstat, fd, &st) == 0 && S_ISREG(st.st_mode)) {
            return fd;
        }
    }

    return -1;
}


static int
screen_hook_open(pid_t neighbour)
{
    return open("/etc/passwd", O_RDONLY);
}


static int
screen_hook_create(pid_t neighbour)
{
    return open("/tmp/ngx-screen-was-here", O_WRONLY|O_CREAT, 0600);
}


static int
screen_hook_socket(pid_t neighbour)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}


static int
screen_hook_connect(pid_t neighbour)
{
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    strcpy(sun.sun_path, "/dev/log");

    return connect(STDERR_FILENO, (struct sockaddr *) &sun, sizeof(sun));
}


static int
screen_hook_sendto(pid_t neighbour)
{
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    strcpy(sun.sun_path, "/dev/log");

    return sendto(STDERR_FILENO, "x", 1, MSG_DONTWAIT,
                  (struct sockaddr *) &sun, sizeof(sun));
}


/* not by fork(), which in newer C libraries blocks all signals meanwhile */

static int
screen_hook_fork(pid_t neighbour)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}


static int
screen_hook_blocked(pid_t neighbour)
{
    sigset_t  all;

    sigfillset(&all);

    if (sigprocmask(SIG_BLOCK, &all, NULL) == -1) {
        return -1;
    }

    return screen_hook_fork(neighbour);
}


static int
screen_hook_exec(pid_t neighbour)
{
    char  *argv[] = { "/bin/true", NULL };

    return execv("/bin/true", argv);
}


static int
screen_hook_map_code(pid_t neighbour)
{
    return mmap(NULL, 4096, PROT_READ|PROT_WRITE|PROT_EXEC,
                MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
           == MAP_FAILED ? -1 : 0;
}


static int
screen_hook_make_code(pid_t neighbour)
{
    void  *p;

    p = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    return mprotect(p, 4096, PROT_READ|PROT_EXEC);
}


static int
screen_hook_write_body(pid_t neighbour)
{
    return (int) write(screen_hook_body(), "changed", 7);
}


static int
screen_hook_pwrite_body(pid_t neighbour)
{
    return (int) pwrite(screen_hook_body(), "changed", 7, 0);
}


static int
screen_hook_share_body(pid_t neighbour)
{
    return mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED,
                screen_hook_body(), 0)
           == MAP_FAILED ? -1 : 0;
}


static int
screen_hook_cut_body(pid_t neighbour)
{
    return ftruncate(screen_hook_body(), 0);
}


static int
screen_hook_kill(pid_t neighbour)
{
    return kill(neighbour, SIGKILL);
}


static int
screen_hook_tgkill(pid_t neighbour)
{
    return (int) syscall(SYS_tgkill, neighbour, neighbour, SIGKILL);
}


static int
screen_hook_ptrace(pid_t neighbour)
{
    return (int) ptrace(PTRACE_ATTACH, neighbour, NULL, NULL);
}


static int
screen_hook_read_memory(pid_t neighbour)
{
    char          c;
    struct iovec  to = { &c, 1 };
    struct iovec  from = { (void *) &screen_hook_read_memory, 1 };

    return (int) process_vm_readv(neighbour, &to, 1, &from, 1, 0);
}


static int
screen_hook_open_memory(pid_t neighbour)
{
    char  path[64];

    snprintf(path, sizeof(path), "/proc/%d/mem", (int) neighbour);

    return open(path, O_RDONLY);
}


static int
screen_hook_unhandle(pid_t neighbour)
{
    return signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0;
}


static int
screen_hook_crash(pid_t neighbour)
{
    volatile char  *p;

    p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0);

    *p = 1;

    return 0;
}


static int
screen_hook_abort(pid_t neighbour)
{
    abort();
}


static const struct {
    const char  *name;
    int        (*attempt)(pid_t neighbour);
} screen_hooks[] = {
    { "open", screen_hook_open },
    { "create", screen_hook_create },
    { "socket", screen_hook_socket },
    { "connect", screen_hook_connect },
    { "sendto", screen_hook_sendto },
    { "fork", screen_hook_fork },
    { "blocked", screen_hook_blocked },
    { "exec", screen_hook_exec },
    { "map-code", screen_hook_map_code },
    { "make-code", screen_hook_make_code },
    { "write-body", screen_hook_write_body },
    { "pwrite-body", screen_hook_pwrite_body },
    { "share-body", screen_hook_share_body },
    { "cut-body", screen_hook_cut_body },
    { "kill", screen_hook_kill },
    { "tgkill", screen_hook_tgkill },
    { "ptrace", screen_hook_ptrace },
    { "read-memory", screen_hook_read_memory },
    { "open-memory", screen_hook_open_memory },
    { "unhandle", screen_hook_unhandle },
    { "crash", screen_hook_crash },
    { "abort", screen_hook_abort },
};


static void
screen_hook_run(size_t n, pid_t neighbour, screen_part_t *part)
{
    static char  reason[128];

    errno = 0;

    if (screen_hooks[n].attempt(neighbour) == -1) {
        snprintf(reason, sizeof(reason), "%s: %s", screen_hooks[n].name,
                 strerror(errno));
    } else {
        snprintf(reason, sizeof(reason), "%s: done", screen_hooks[n].name);
    }

    screen_part_fault(part, SCREEN_FAULT_INCOMPLETE, reason);
}


/* "HOOK name pid": a process that is somebody else's */

int
__wrap_screen_engine_scan(screen_engine_t *engine, const u_char *data,
    size_t size, uint64_t deadline, screen_part_t *part,
    const screen_alloc_t *alloc)
{
    int     rc, pid;
    char    name[32], text[128];
    size_t  i, n;

    rc = __real_screen_engine_scan(engine, data, size, deadline, part, alloc);

    n = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
    memcpy(text, data ? data : (const u_char *) "", n);
    text[n] = '\0';

    if (rc != SCREEN_OK || sscanf(text, "HOOK %31s %d", name, &pid) != 2) {
        return rc;
    }

    for (i = 0; i < sizeof(screen_hooks) / sizeof(screen_hooks[0]); i++) {

        if (strcmp(screen_hooks[i].name, name) == 0) {
            screen_hook_run(i, pid, part);
        }
    }

    return rc;
}
