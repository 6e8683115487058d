
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "screen_wire.h"


typedef struct {
    int   s[2];
    int   before;        /* descriptors of the process */
} test_t;


static int
test_count(void)
{
    int   n;
    DIR  *dir;

    dir = opendir("/proc/self/fd");

    for (n = 0; readdir(dir) != NULL; n++) { /* void */ }

    closedir(dir);

    return n;
}


static int
test_setup(void **state)
{
    static test_t  t;

    if (socketpair(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK, 0, t.s) == -1) {
        return -1;
    }

    t.before = test_count();
    *state = &t;

    return 0;
}


/* whatever happened, no descriptor has been left open */

static int
test_teardown(void **state)
{
    test_t  *t = *state;

    assert_int_equal(test_count(), t->before);

    close(t->s[0]);
    close(t->s[1]);

    return 0;
}


/* n descriptors with the first bytes of a message */

static void
test_send(test_t *t, const char *text, size_t len, int n)
{
    int              i, fds[8];
    char             control[CMSG_SPACE(sizeof(fds))];
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    memset(&msg, 0, sizeof(msg));
    memset(control, 0, sizeof(control));

    iov.iov_base = (void *) text;
    iov.iov_len = len;
    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;

    for (i = 0; i < n; i++) {
        fds[i] = open("/dev/null", O_RDONLY);
    }

    if (n) {
        msg.msg_control = control;
        msg.msg_controllen = CMSG_SPACE(n * sizeof(int));

        cmsg = CMSG_FIRSTHDR(&msg);
        cmsg->cmsg_level = SOL_SOCKET;
        cmsg->cmsg_type = SCM_RIGHTS;
        cmsg->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(cmsg), fds, n * sizeof(int));
    }

    assert_int_equal(sendmsg(t->s[0], &msg, 0), len);

    for (i = 0; i < n; i++) {
        close(fds[i]);
    }
}


static int
test_recv(test_t *t, size_t limit, int with, uint64_t ms)
{
    int      fd, rc;
    size_t   len;
    u_char  *data;

    rc = screen_wire_recv(t->s[1], limit, &data, &len, with ? &fd : NULL,
                          screen_wire_now() + ms);

    if (rc == SCREEN_OK) {
        free(data);

        if (with) {
            close(fd);
        }
    }

    return rc;
}


static void
a_message_and_its_descriptor_arrive(void **state)
{
    int      fd, body;
    char     c;
    size_t   len;
    u_char  *data;
    test_t  *t = *state;

    body = open("/dev/zero", O_RDONLY);

    assert_int_equal(screen_wire_send(t->s[0], (u_char *) "\3\0\0\0abc", 7,
                                      body, screen_wire_now() + 1000),
                     SCREEN_OK);
    assert_int_equal(screen_wire_recv(t->s[1], 100, &data, &len, &fd,
                                      screen_wire_now() + 1000),
                     SCREEN_OK);

    assert_int_equal(len, 3);
    assert_memory_equal(data, "abc", 3);
    assert_int_equal(read(fd, &c, 1), 1);
    assert_int_equal(c, 0);

    free(data);
    close(fd);
    close(body);
}


static void
a_job_without_a_descriptor_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\1\0\0\0x", 5, 0);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
more_than_one_descriptor_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\1\0\0\0x", 5, 2);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
more_than_there_is_room_for_are_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\1\0\0\0x", 5, 8);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
a_descriptor_that_nobody_asked_for_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\1\0\0\0x", 5, 1);
    assert_int_equal(test_recv(t, 100, 0, 1000), SCREEN_MALFORMED);
}


static void
a_second_descriptor_in_the_middle_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\4\0\0\0x", 5, 1);
    test_send(t, "xyz", 3, 1);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
a_length_beyond_the_limit_is_refused_at_once(void **state)
{
    test_t  *t = *state;

    test_send(t, "\xff\xff\xff\xff", 4, 1);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
a_message_longer_than_it_says_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\1\0\0\0xy", 6, 1);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
a_message_in_pieces_arrives(void **state)
{
    int      fd;
    size_t   i, len;
    u_char  *data, message[10000];
    test_t  *t = *state;

    for (i = 0; i < sizeof(message); i++) {
        message[i] = (u_char) (i * 7);
    }

    memcpy(message, "\x0c\x27\0\0", 4);

    test_send(t, (char *) message, 1, 1);
    test_send(t, (char *) message + 1, 2, 0);
    test_send(t, (char *) message + 3, sizeof(message) - 3, 0);

    assert_int_equal(screen_wire_recv(t->s[1], 10000, &data, &len, &fd,
                                      screen_wire_now() + 1000),
                     SCREEN_OK);
    assert_int_equal(len, sizeof(message) - 4);
    assert_memory_equal(data, message + 4, len);

    free(data);
    close(fd);
}


static void
last_words_are_the_end_of_whoever_scans(void **state)
{
    test_t  *t = *state;

    test_send(t, "\x02\0\0\x80no", 6, 0);
    assert_int_equal(test_recv(t, 100, 0, 1000), SCREEN_ERROR);
}


static void
a_job_has_no_last_words(void **state)
{
    test_t  *t = *state;

    test_send(t, "\x02\0\0\x80no", 6, 1);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
a_message_of_nothing_is_refused(void **state)
{
    test_t  *t = *state;

    test_send(t, "\0\0\0\0", 4, 1);
    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_MALFORMED);
}


static void
what_does_not_come_ends_at_the_deadline(void **state)
{
    test_t    *t = *state;
    uint64_t   start;

    start = screen_wire_now();

    test_send(t, "\4\0\0\0x", 5, 1);
    assert_int_equal(test_recv(t, 100, 1, 50), SCREEN_LIMIT);
    assert_in_range(screen_wire_now() - start, 50, 500);
}


static void
a_peer_that_closes_early_is_an_error(void **state)
{
    test_t  *t = *state;

    test_send(t, "\4\0\0\0x", 5, 1);
    assert_false(screen_wire_gone(t->s[1]));

    shutdown(t->s[0], SHUT_RDWR);
    assert_true(screen_wire_gone(t->s[1]));

    assert_int_equal(test_recv(t, 100, 1, 1000), SCREEN_ERROR);
}


static void
a_peer_that_does_not_read_ends_at_the_deadline(void **state)
{
    u_char  *data;
    test_t  *t = *state;

    data = calloc(1, 4000000);

    assert_int_equal(screen_wire_send(t->s[0], data, 4000000, -1,
                                      screen_wire_now() + 50),
                     SCREEN_LIMIT);
    free(data);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(a_message_and_its_descriptor_arrive),
        test(a_job_without_a_descriptor_is_refused),
        test(more_than_one_descriptor_is_refused),
        test(more_than_there_is_room_for_are_refused),
        test(a_descriptor_that_nobody_asked_for_is_refused),
        test(a_second_descriptor_in_the_middle_is_refused),
        test(a_length_beyond_the_limit_is_refused_at_once),
        test(a_message_longer_than_it_says_is_refused),
        test(a_message_in_pieces_arrives),
        test(last_words_are_the_end_of_whoever_scans),
        test(a_job_has_no_last_words),
        test(a_message_of_nothing_is_refused),
        test(what_does_not_come_ends_at_the_deadline),
        test(a_peer_that_closes_early_is_an_error),
        test(a_peer_that_does_not_read_ends_at_the_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
