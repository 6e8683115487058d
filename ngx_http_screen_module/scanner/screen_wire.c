
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "screen_wire.h"
#include "screen_words.h"


#define SCREEN_WIRE_FDS     4      /* room to see that there are too many */
#define SCREEN_WIRE_LENGTH  4      /* bytes of it, before all else */
#define SCREEN_WIRE_START   4096   /* most messages are shorter */


/* SCREEN_OK when the socket may be ready, SCREEN_LIMIT at the deadline */

static int
screen_wire_wait(int s, short events, uint64_t deadline)
{
    uint64_t       now;
    struct pollfd  pfd;

    now = screen_wire_now();

    if (now >= deadline) {
        return SCREEN_LIMIT;
    }

    pfd.fd = s;
    pfd.events = events;

    now = deadline - now;

    if (poll(&pfd, 1, now < INT_MAX ? (int) now : INT_MAX) == -1
        && errno != EINTR)
    {
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


/* sendmsg() only for a descriptor: a sandboxed process may not call it */

static ssize_t
screen_wire_put(int s, const u_char *data, size_t len, int fd)
{
    struct iovec     iov;
    struct msghdr    msg;
    struct cmsghdr  *cmsg;

    union {
        struct cmsghdr  align;
        char            bytes[CMSG_SPACE(sizeof(int))];
    } control;

    if (fd == -1) {
        return send(s, data, len, MSG_NOSIGNAL|MSG_DONTWAIT);
    }

    iov.iov_base = (void *) data;
    iov.iov_len = len;

    memset(&msg, 0, sizeof(struct msghdr));
    memset(&control, 0, sizeof(control));

    msg.msg_iov = &iov;
    msg.msg_iovlen = 1;
    msg.msg_control = &control;
    msg.msg_controllen = CMSG_SPACE(sizeof(int));

    cmsg = CMSG_FIRSTHDR(&msg);
    cmsg->cmsg_level = SOL_SOCKET;
    cmsg->cmsg_type = SCM_RIGHTS;
    cmsg->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));

    return sendmsg(s, &msg, MSG_NOSIGNAL|MSG_DONTWAIT);
}


int
screen_wire_send(int s, const u_char *data, size_t len, int fd,
    uint64_t deadline)
{
    int      rc;
    ssize_t  n;

    while (len) {
        n = screen_wire_put(s, data, len, fd);

        if (n > 0) {
            fd = -1;
            data += n;
            len -= n;
            continue;
        }

        if (n == -1 && errno != EAGAIN && errno != EINTR) {
            return SCREEN_ERROR;
        }

        rc = screen_wire_wait(s, POLLOUT, deadline);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


void
screen_wire_words(int s, const char *text)
{
    u_char   data[4 + SCREEN_WORDS_MAX];
    ssize_t  n;

    n = send(s, data, screen_words_encode(data, text),
             MSG_NOSIGNAL|MSG_DONTWAIT);
    (void) n;
}


/* closes all descriptors that came, unless there is just the one wanted */

static int
screen_wire_detach(struct msghdr *msg, int *fd)
{
    int              fds[SCREEN_WIRE_FDS];
    size_t           i, n, total;
    struct cmsghdr  *cmsg;

    total = 0;

    for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {

        if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS) {
            continue;
        }

        n = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        for (i = 0; i < n && total < SCREEN_WIRE_FDS; i++) {
            memcpy(&fds[total++], CMSG_DATA(cmsg) + i * sizeof(int),
                   sizeof(int));
        }
    }

    if (total == 1 && fd != NULL && !(msg->msg_flags & MSG_CTRUNC)) {
        *fd = fds[0];
        return SCREEN_OK;
    }

    for (i = 0; i < total; i++) {
        close(fds[i]);
    }

    return (total == 0 && fd == NULL) ? SCREEN_OK : SCREEN_MALFORMED;
}


/* some bytes; with fd not NULL the first ones, which carry a descriptor */

static int
screen_wire_some(int s, u_char *to, size_t size, size_t *got, int *fd,
    uint64_t deadline)
{
    int            rc;
    ssize_t        n;
    struct iovec   iov;
    struct msghdr  msg;

    union {
        struct cmsghdr  align;
        char            bytes[CMSG_SPACE(SCREEN_WIRE_FDS * sizeof(int))];
    } control;

    for ( ;; ) {
        memset(&msg, 0, sizeof(struct msghdr));

        iov.iov_base = to;
        iov.iov_len = size;
        msg.msg_iov = &iov;
        msg.msg_iovlen = 1;
        msg.msg_control = &control;
        msg.msg_controllen = sizeof(control);

        n = recvmsg(s, &msg, MSG_DONTWAIT|MSG_CMSG_CLOEXEC);

        if (n > 0) {
            *got = n;
            return screen_wire_detach(&msg, fd);
        }

        if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
            return SCREEN_ERROR;
        }

        rc = screen_wire_wait(s, POLLIN, deadline);
        if (rc != SCREEN_OK) {
            return rc;
        }
    }
}


static int
screen_wire_exact(int s, u_char *to, size_t size, uint64_t deadline)
{
    int     rc;
    size_t  n;

    while (size) {
        rc = screen_wire_some(s, to, size, &n, NULL, deadline);
        if (rc != SCREEN_OK) {
            return rc;
        }

        to += n;
        size -= n;
    }

    return SCREEN_OK;
}


/* the length at least, and as much of what follows as is there already */

static int
screen_wire_start(int s, u_char *to, size_t *got, int *fd, uint64_t deadline)
{
    int     rc;
    size_t  n;

    *got = 0;

    do {
        rc = screen_wire_some(s, to + *got, SCREEN_WIRE_START - *got, &n, fd,
                              deadline);
        if (rc != SCREEN_OK) {
            return rc;
        }

        fd = NULL;
        *got += n;

    } while (*got < SCREEN_WIRE_LENGTH);

    return SCREEN_OK;
}


/* whether there can be such a message, of which there are got bytes */

static int
screen_wire_length(const u_char *start, size_t *len, size_t got, size_t limit,
    int words)
{
    *len = start[0] | start[1] << 8 | start[2] << 16 | (size_t) start[3] << 24;

    if (words && *len > SCREEN_WORDS
        && *len <= SCREEN_WORDS + SCREEN_WORDS_MAX)
    {
        return SCREEN_ERROR;
    }

    return *len == 0 || *len > limit || *len < got - SCREEN_WIRE_LENGTH
           ? SCREEN_MALFORMED : SCREEN_OK;
}


int
screen_wire_recv(int s, size_t limit, u_char **data, size_t *len, int *fd,
    uint64_t deadline)
{
    int     rc;
    size_t  got;
    u_char  start[SCREEN_WIRE_START];

    if (fd != NULL) {
        *fd = -1;
    }

    *data = NULL;

    rc = screen_wire_start(s, start, &got, fd, deadline);

    if (rc == SCREEN_OK) {
        rc = screen_wire_length(start, len, got, limit, fd == NULL);
    }

    if (rc == SCREEN_OK) {
        *data = malloc(*len);
        rc = *data ? SCREEN_OK : SCREEN_NOMEM;
    }

    if (rc == SCREEN_OK) {
        got -= SCREEN_WIRE_LENGTH;
        memcpy(*data, start + SCREEN_WIRE_LENGTH, got);
        rc = screen_wire_exact(s, *data + got, *len - got, deadline);
    }

    if (rc != SCREEN_OK) {
        free(*data);
        *data = NULL;

        if (fd != NULL && *fd != -1) {
            close(*fd);
            *fd = -1;
        }
    }

    return rc;
}


int
screen_wire_gone(int s)
{
    struct pollfd  pfd;

    pfd.fd = s;
    pfd.events = POLLRDHUP;

    return poll(&pfd, 1, 0) == 1
           && (pfd.revents & (POLLRDHUP|POLLHUP|POLLERR));
}
