
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <seccomp.h>

#include "screen_sandbox.h"


/*
 * In a build with sanitizers (make test-asan) the sandbox is wider: their
 * runtime keeps several bytes for one of the program's and, when it has
 * something to report, looks up the process and writes a file.
 */

#if (SCREEN_SANITIZE)
#define SCREEN_SANDBOX_LIBRARY  SCMP_ACT_ALLOW
#define SCREEN_SANDBOX_MEMORY   4
#define SCREEN_SANDBOX_WRITTEN  (1024 * 1024)
#else
#define SCREEN_SANDBOX_LIBRARY  SCMP_ACT_ERRNO(EACCES)
#define SCREEN_SANDBOX_MEMORY   1
#define SCREEN_SANDBOX_WRITTEN  0
#endif

#define SCREEN_SANDBOX_CALLS  512


/*
 * For the handler of SIGSYS, which is given nothing else; set once, before
 * the sandbox is closed.  Names are there in advance, because libseccomp's
 * search for one allocates memory.
 */

static struct {
    screen_sandbox_trap_t  trap;
    char                   names[SCREEN_SANDBOX_CALLS][SCREEN_SANDBOX_NAME];
} screen_sandbox;


static const int  screen_sandbox_allowed[] = {

    /* jobs */
    SCMP_SYS(accept4),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(getsockopt),
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(setitimer),

    /* memory */
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(getrandom),
    SCMP_SYS(sysinfo),                 /* qsort() asks how much there is */

    /* time */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),

    /* the end; abort() is to be seen as what it is */
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),

#if (SCREEN_SANITIZE)
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(sched_yield),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
#endif
};


/* libraries try these and live with a no */

static const int  screen_sandbox_denied[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(prctl),
    SCMP_SYS(uname),
};


/* bytes of private writable memory, which is what RLIMIT_DATA counts */

static int
screen_sandbox_used(uint64_t *used)
{
    int                 n;
    FILE               *fp;
    unsigned long long  pages;

    fp = fopen("/proc/self/statm", "re");
    if (fp == NULL) {
        return SCREEN_ERROR;
    }

    /* NOLINTNEXTLINE(cert-err34-c): the kernel's number is one */
    n = fscanf(fp, "%*u %*u %*u %*u %*u %llu", &pages);

    (void) fclose(fp);

    if (n != 1) {
        return SCREEN_ERROR;
    }

    *used = pages * (uint64_t) sysconf(_SC_PAGESIZE);

    return SCREEN_OK;
}


int
screen_sandbox_limit(uint64_t memory, screen_error_t *err)
{
    size_t         i;
    uint64_t       used;
    struct rlimit  rl;

    struct {
        int        resource;
        uint64_t   value;
    } limits[] = {
        { RLIMIT_DATA, 0 },
        { RLIMIT_CORE, 0 },
        { RLIMIT_NPROC, 0 },
        { RLIMIT_FSIZE, SCREEN_SANDBOX_WRITTEN },
        { RLIMIT_MEMLOCK, 0 },
        { RLIMIT_NOFILE, SCREEN_SANDBOX_FILES },
    };

    if (screen_sandbox_used(&used) != SCREEN_OK) {
        return screen_error_set(err, "/proc/self/statm cannot be read: %s",
                                strerror(errno));
    }

    limits[0].value = used + memory * SCREEN_SANDBOX_MEMORY;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        rl.rlim_cur = limits[i].value;
        rl.rlim_max = limits[i].value;

        if (setrlimit(limits[i].resource, &rl) == -1) {
            return screen_error_set(err, "setrlimit(%d) failed: %s",
                                    limits[i].resource, strerror(errno));
        }
    }

    if (prctl(PR_SET_DUMPABLE, 0) == -1) {
        return screen_error_set(err, "prctl(PR_SET_DUMPABLE) failed: %s",
                                strerror(errno));
    }

    return SCREEN_OK;
}


static int
screen_sandbox_rules(scmp_filter_ctx ctx)
{
    int     rc;
    size_t  i, n;

    rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
                          SCMP_ACT_KILL_PROCESS);

    n = sizeof(screen_sandbox_allowed) / sizeof(int);

    for (i = 0; rc == 0 && i < n; i++) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, screen_sandbox_allowed[i],
                              0);
    }

    n = sizeof(screen_sandbox_denied) / sizeof(int);

    for (i = 0; rc == 0 && i < n; i++) {
        rc = seccomp_rule_add(ctx, SCREEN_SANDBOX_LIBRARY,
                              screen_sandbox_denied[i], 0);
    }

    /*
     * Memory, but none that can be executed, and none that is shared: the
     * descriptor of a body may well be one that can be written to.
     */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
                              SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_SHARED, 0));
    }

#if (SCREEN_SANITIZE)

    /* where files can be opened, iconv() loads a module of its own */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 0);
    }

#endif

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    }

    /*
     * Bytes to a peer that is connected already: sendto() without an address.
     * sendmsg() could name one, /dev/log say, and give descriptors away.
     */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(sendto), 1,
                              SCMP_A4(SCMP_CMP_EQ, 0, 0));
    }

    /* a signal, but only to itself */

    if (rc == 0) {
        rc = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t) getpid(), 0));
    }

    return rc;
}


const char *
screen_sandbox_call(char name[SCREEN_SANDBOX_NAME], int number)
{
    char  *found;

    found = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
    if (found == NULL) {
        return NULL;
    }

    (void) snprintf(name, SCREEN_SANDBOX_NAME, "%s", found);
    free(found);

    return name;
}


/*
 * The call has not been made, and the signal's disposition is the default
 * again (SA_RESETHAND): whatever is wrong here is the end as well.
 */

static void
screen_sandbox_trapped(int sig, siginfo_t *info, void *context)
{
    int          number;
    const char  *name;

    number = info->si_syscall;
    name = NULL;

    if (number >= 0 && number < SCREEN_SANDBOX_CALLS
        && screen_sandbox.names[number][0])
    {
        name = screen_sandbox.names[number];
    }

    screen_sandbox.trap.handler(screen_sandbox.trap.data, number, name);

    (void) syscall(SYS_tgkill, getpid(), (pid_t) syscall(SYS_gettid), sig);
}


static int
screen_sandbox_watch(const screen_sandbox_trap_t *trap)
{
    int               i;
    struct sigaction  sa;

    screen_sandbox.trap = *trap;

    for (i = 0; i < SCREEN_SANDBOX_CALLS; i++) {
        (void) screen_sandbox_call(screen_sandbox.names[i], i);
    }

    memset(&sa, 0, sizeof(struct sigaction));
    sigemptyset(&sa.sa_mask);

    sa.sa_sigaction = screen_sandbox_trapped;
    sa.sa_flags = SA_SIGINFO|SA_RESETHAND|SA_NODEFER;

    return sigaction(SIGSYS, &sa, NULL);
}


int
screen_sandbox_enter(const screen_sandbox_trap_t *trap, screen_error_t *err)
{
    int              rc;
    scmp_filter_ctx  ctx;

    if (trap && screen_sandbox_watch(trap) == -1) {
        return screen_error_set(err, "sigaction() failed: %s",
                                strerror(errno));
    }

    /* a trap is no milder: nothing can stand between its signal and the end */

    ctx = seccomp_init(trap ? SCMP_ACT_TRAP : SCMP_ACT_KILL_PROCESS);
    if (ctx == NULL) {
        return screen_error_set(err, "seccomp_init() failed");
    }

    rc = screen_sandbox_rules(ctx);

    if (rc == 0) {
        rc = seccomp_load(ctx);
    }

    seccomp_release(ctx);

    if (rc != 0) {
        return screen_error_set(err, "the seccomp filter cannot be "
                                "installed: %s", strerror(-rc));
    }

    return SCREEN_OK;
}
