
/*
 * Runs "ngx-screen" of its own folder, with the same arguments, under a
 * kernel that seems to know no seccomp: what a container may do.
 */


#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>


#define REFUSE  (SECCOMP_RET_ERRNO | EINVAL)


int
main(int argc, char **argv)
{
    char      path[PATH_MAX];
    ssize_t   n;
    char     *p;

    struct sock_filter  code[] = {
        BPF_STMT(BPF_LD|BPF_W|BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_seccomp, 3, 0),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, SYS_prctl, 0, 3),
        BPF_STMT(BPF_LD|BPF_W|BPF_ABS, offsetof(struct seccomp_data, args)),
        BPF_JUMP(BPF_JMP|BPF_JEQ|BPF_K, PR_SET_SECCOMP, 0, 1),
        BPF_STMT(BPF_RET|BPF_K, REFUSE),
        BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW),
    };

    struct sock_fprog  program = { sizeof(code) / sizeof(code[0]), code };

    n = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (n == -1) {
        return 126;
    }

    path[n] = '\0';
    p = strrchr(path, '/');

    if (p == NULL || p + sizeof("/ngx-screen") > path + sizeof(path)) {
        return 126;
    }

    strcpy(p, "/ngx-screen");

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1
        || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
    {
        return 125;
    }

    (void) execv(path, argv);

    return 127;
}
