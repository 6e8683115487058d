
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "screen_sandbox.h"


#define TEST_MEMORY  (16 * 1024 * 1024)

/* what an attempt ends with; a signal is a negative number */

#define TEST_DONE     10
#define TEST_DENIED   11
#define TEST_SETUP    12


/* a child closes its sandbox, tries, and tells how that went */

static int
test_try(int (*attempt)(void))
{
    int             status;
    pid_t           pid;
    screen_error_t  err;

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {

        if (screen_sandbox_limit(TEST_MEMORY, &err) != SCREEN_OK
            || screen_sandbox_enter(NULL, &err) != SCREEN_OK)
        {
            _exit(TEST_SETUP);
        }

        _exit(attempt());
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}


static int
test_result(int failed)
{
    if (!failed) {
        return TEST_DONE;
    }

    return (errno == EACCES || errno == EPERM) ? TEST_DENIED : TEST_SETUP;
}


static int
test_open(void)
{
    return test_result(open("/etc/passwd", O_RDONLY) == -1);
}


static int
test_create(void)
{
    return test_result(open("/tmp/x", O_WRONLY|O_CREAT, 0600) == -1);
}


static int
test_socket(void)
{
    return test_result(socket(AF_INET, SOCK_STREAM, 0) == -1);
}


static int  test_pair[2];


static int
test_send(void)
{
    return test_result(send(test_pair[0], "x", 1, MSG_DONTWAIT) == -1);
}


/* a socket that has a peer may still name another one */

static int
test_send_to(void)
{
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;
    strcpy(sun.sun_path, "/dev/log");

    return test_result(sendto(test_pair[0], "x", 1, MSG_DONTWAIT,
                              (struct sockaddr *) &sun, sizeof(sun))
                       == -1);
}


static int
test_send_message(void)
{
    struct msghdr  msg;

    memset(&msg, 0, sizeof(struct msghdr));

    return test_result(sendmsg(test_pair[0], &msg, MSG_DONTWAIT) == -1);
}


static int
test_fork(void)
{
    return test_result(fork() == -1);
}


static int
test_exec(void)
{
    char  *argv[] = { "/bin/true", NULL };

    return test_result(execv("/bin/true", argv) == -1);
}


static int
test_exec_memory(void)
{
    return test_result(mmap(NULL, 4096, PROT_READ|PROT_EXEC,
                            MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)
                       == MAP_FAILED);
}


static int
test_make_exec(void)
{
    void  *p;

    p = mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1,
             0);

    return test_result(mprotect(p, 4096, PROT_READ|PROT_EXEC) == -1);
}


static int
test_kill(void)
{
    return test_result(kill(getppid(), 0) == -1);
}


static int
test_dumpable(void)
{
    return test_result(prctl(PR_SET_DUMPABLE, 1) == -1);
}


static int
test_memory(void)
{
    void *volatile  p;

    /* volatile: a compiler may leave out memory that nobody looks at */

    p = malloc(TEST_MEMORY / 4);

    if (p == NULL) {
        return TEST_SETUP;
    }

    memset(p, 1, TEST_MEMORY / 4);

    p = malloc(TEST_MEMORY);

    return p == NULL ? TEST_DENIED : TEST_DONE;
}


static int
test_work(void)
{
    char             c;
    struct timespec  ts;

    /* what was opened before is there to be used */

    if (write(STDERR_FILENO, "", 0) == -1 || read(STDIN_FILENO, &c, 0) == -1) {
        return TEST_SETUP;
    }

    return clock_gettime(CLOCK_MONOTONIC, &ts) == 0 ? TEST_DONE : TEST_SETUP;
}


static int
test_abort(void)
{
    abort();

    return TEST_DONE;
}


static int  test_body = -1;


static int
test_write_body(void)
{
    return test_result(write(test_body, "x", 1) == -1);
}


static int
test_share_body(void)
{
    return test_result(mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED,
                            test_body, 0)
                       == MAP_FAILED);
}


static void
no_file_is_opened(void **state)
{
    assert_int_equal(test_try(test_open), TEST_DENIED);
    assert_int_equal(test_try(test_create), TEST_DENIED);
}


static void
nothing_is_reached_over_the_network(void **state)
{
    assert_int_equal(test_try(test_socket), -SIGSYS);
}


static void
only_the_peer_of_a_socket_is_spoken_to(void **state)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, test_pair), 0);

    assert_int_equal(test_try(test_send), TEST_DONE);
    assert_int_equal(test_try(test_send_to), -SIGSYS);
    assert_int_equal(test_try(test_send_message), -SIGSYS);

    close(test_pair[0]);
    close(test_pair[1]);
}


/* the handler tells through a pipe which call it was; the call is not made */

static void
test_trapped(void *data, int number, const char *name)
{
    int      *fd = data;
    ssize_t   n;

    n = write(*fd, name, strlen(name) + 1);
    n = n == -1 ? n : write(*fd, &number, sizeof(int));
    (void) n;
}


static void
the_call_that_ends_a_process_is_told(void **state)
{
    int                     status, number, fds[2];
    char                    text[64], name[SCREEN_SANDBOX_NAME];
    pid_t                   pid;
    ssize_t                 n;
    screen_error_t          err;
    screen_sandbox_trap_t   trap;

    assert_int_equal(pipe(fds), 0);

    trap.handler = test_trapped;
    trap.data = &fds[1];

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {

        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1
            || screen_sandbox_enter(&trap, &err) != SCREEN_OK)
        {
            _exit(TEST_SETUP);
        }

        (void) socket(AF_UNIX, SOCK_STREAM, 0);
        _exit(TEST_DONE);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);

    n = read(fds[0], text, sizeof(text));

    assert_int_equal(n, sizeof("socket") + sizeof(int));
    assert_string_equal(text, "socket");

    memcpy(&number, text + sizeof("socket"), sizeof(int));
    assert_int_equal(number, SYS_socket);
    assert_string_equal(screen_sandbox_call(name, number), "socket");
    assert_null(screen_sandbox_call(name, 100000));

    close(fds[0]);
    close(fds[1]);
}


static void
no_process_is_started(void **state)
{
    assert_int_equal(test_try(test_fork), -SIGSYS);
    assert_int_equal(test_try(test_exec), -SIGSYS);
}


static void
no_new_code_is_run(void **state)
{
    assert_int_equal(test_try(test_exec_memory), -SIGSYS);
    assert_int_equal(test_try(test_make_exec), -SIGSYS);
}


static void
no_other_process_is_touched(void **state)
{
    assert_int_equal(test_try(test_kill), -SIGSYS);
}


static void
the_process_stays_undumpable(void **state)
{
    assert_int_equal(test_try(test_dumpable), TEST_DENIED);
}


static void
memory_ends_at_the_limit(void **state)
{
    assert_int_equal(test_try(test_memory), TEST_DENIED);
}


static void
a_body_is_never_written_to(void **state)
{
    char  name[] = "/tmp/test_sandbox.XXXXXX";
    char  c;

    test_body = mkstemp(name);
    assert_int_not_equal(test_body, -1);
    unlink(name);

    assert_int_equal(write(test_body, "y", 1), 1);
    assert_int_equal(lseek(test_body, 0, SEEK_SET), 0);

    assert_true(test_try(test_write_body) < 0);
    assert_int_equal(test_try(test_share_body), -SIGSYS);

    assert_int_equal(pread(test_body, &c, 1, 0), 1);
    assert_int_equal(c, 'y');

    close(test_body);
}


static void
work_goes_on(void **state)
{
    assert_int_equal(test_try(test_work), TEST_DONE);
}


static void
an_abort_is_seen_as_one(void **state)
{
    assert_int_equal(test_try(test_abort), -SIGABRT);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(no_file_is_opened),
        cmocka_unit_test(nothing_is_reached_over_the_network),
        cmocka_unit_test(only_the_peer_of_a_socket_is_spoken_to),
        cmocka_unit_test(the_call_that_ends_a_process_is_told),
        cmocka_unit_test(no_process_is_started),
        cmocka_unit_test(no_new_code_is_run),
        cmocka_unit_test(no_other_process_is_touched),
        cmocka_unit_test(the_process_stays_undumpable),
        cmocka_unit_test(memory_ends_at_the_limit),
        cmocka_unit_test(a_body_is_never_written_to),
        cmocka_unit_test(work_goes_on),
        cmocka_unit_test(an_abort_is_seen_as_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
