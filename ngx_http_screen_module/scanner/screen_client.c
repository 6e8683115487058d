
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_client.h"
#include "screen_control.h"
#include "screen_report.h"
#include "screen_wire.h"


#define SCREEN_CLIENT_FD_ABOVE  32      /* out of the way of those below */
#define SCREEN_CLIENT_STARTS    16      /* of supervisors, which are killed */


/* what a process is started with, in the order of SCREEN_FD_SPEC and on */

typedef struct {
    int   out;
    int   fds[SCREEN_FD_LOG - SCREEN_FD_SPEC + 1];
} screen_client_files_t;


/* only calls that are safe after a fork; does not return */

static void
screen_client_exec(const screen_client_files_t *files, const char *command)
{
    int    i, n, high[SCREEN_FD_LOG - SCREEN_FD_SPEC + 1];
    char  *argv[3];

    n = sizeof(high) / sizeof(int);

    for (i = 0; i < n; i++) {
        high[i] = files->fds[i] == -1
                  ? -1
                  : fcntl(files->fds[i], F_DUPFD, SCREEN_CLIENT_FD_ABOVE);
    }

    if (files->out != -1) {
        (void) dup2(files->out, STDOUT_FILENO);
    }

    for (i = 0; i < n; i++) {
        close(SCREEN_FD_SPEC + i);

        if (high[i] != -1) {
            (void) dup2(high[i], SCREEN_FD_SPEC + i);
        }
    }

    (void) close_range(SCREEN_FD_LOG + 1, ~0U, 0);

    argv[0] = "ngx-screen";
    argv[1] = (char *) command;
    argv[2] = NULL;

    execv("/proc/self/exe", argv);
    _exit(127);
}


static int
screen_client_memfd(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC|MFD_ALLOW_SEALING);
}


static int
screen_client_spec(const screen_spec_t *spec)
{
    int           fd;
    ssize_t       n;
    screen_buf_t  b;

    screen_buf_init(&b, SCREEN_SPEC_LIMIT);
    screen_spec_encode(&b, spec);

    fd = b.code == SCREEN_OK ? screen_client_memfd("screen-spec") : -1;

    if (fd != -1) {
        n = write(fd, b.data, b.len);

        if (n < 0 || (size_t) n != b.len) {
            close(fd);
            fd = -1;
        }
    }

    screen_buf_free(&b);

    return fd;
}


/* one line of compile's output; 1 if it is the last one, OK */

static int
screen_client_line(screen_client_t *client, char *line)
{
    char  *file, *number, *text;

    line[strcspn(line, "\n")] = '\0';

    if (strcmp(line, "OK") == 0) {
        return 1;
    }

    if (line[0] != 'E' && line[0] != 'N') {

        /* the identity of an engine, which matters to who keeps reports */

        return 0;
    }

    file = strchr(line, '\t');
    number = file ? strchr(file + 1, '\t') : NULL;
    text = number ? strchr(number + 1, '\t') : NULL;

    if (text == NULL) {
        return 0;
    }

    *number = '\0';
    *text = '\0';

    client->tell(client->ctx, line[0] == 'N', file + 1,
                 (unsigned) strtoul(number + 1, NULL, 10), text + 1);

    return 0;
}


static int
screen_client_wait(pid_t pid)
{
    int  status;

    while (waitpid(pid, &status, 0) == -1) {

        if (errno != EINTR) {
            return -1;
        }
    }

    return status;
}


static int
screen_client_output(screen_client_t *client, int fd, pid_t pid,
    screen_error_t *err)
{
    int      ok, told, status;
    FILE    *fp;
    char    *line;
    size_t   size;

    ok = 0;
    told = 0;
    line = NULL;
    size = 0;

    fp = fdopen(fd, "r");

    if (fp == NULL) {
        close(fd);

    } else {
        while (getline(&line, &size, fp) != -1) {
            ok = screen_client_line(client, line);
            told |= line[0] == 'E';
        }

        (void) fclose(fp);
    }

    free(line);

    status = screen_client_wait(pid);

    if (ok && status == 0) {
        return SCREEN_OK;
    }

    if (!told) {
        screen_error_set(err, "the rules were not compiled: the process "
                         "ended with status %d", status);
    } else {
        err->text[0] = '\0';
    }

    return SCREEN_ERROR;
}


int
screen_client_compile(screen_client_t *client, const screen_spec_t *spec,
    screen_client_tell_t tell, void *ctx, screen_error_t *err)
{
    int                     fd, out[2];
    pid_t                   pid;
    screen_client_files_t   files;

    memset(client, 0, sizeof(screen_client_t));

    client->spec = -1;
    client->control = -1;
    client->listen = -1;
    client->lifeline[0] = -1;
    client->lifeline[1] = -1;
    client->log[0] = -1;
    client->log[1] = -1;
    client->tell = tell;
    client->ctx = ctx;

    client->image = screen_client_memfd("screen-image");

    fd = screen_client_spec(spec);

    if (client->image == -1 || fd == -1 || pipe2(out, O_CLOEXEC) == -1) {
        return screen_error_set(err, "no descriptors or no memory");
    }

    memset(&files, 0xff, sizeof(screen_client_files_t));

    files.out = out[1];
    files.fds[0] = fd;
    files.fds[SCREEN_FD_IMAGE - SCREEN_FD_SPEC] = client->image;

    pid = fork();

    if (pid == 0) {
        screen_client_exec(&files, "compile");
    }

    close(fd);
    close(out[1]);

    if (pid == -1) {
        close(out[0]);
        return screen_error_set(err, "fork() failed: %s", strerror(errno));
    }

    return screen_client_output(client, out[0], pid, err);
}


/* bound without a name: the kernel gives it an abstract one of its own */

static int
screen_client_listen(screen_client_t *client)
{
    socklen_t           len;
    struct sockaddr_un  sun;

    memset(&sun, 0, sizeof(struct sockaddr_un));
    sun.sun_family = AF_UNIX;

    client->listen = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC,
                            0);

    if (client->listen == -1
        || bind(client->listen, (struct sockaddr *) &sun, sizeof(sa_family_t))
           == -1
        || listen(client->listen, 64) == -1)
    {
        return -1;
    }

    len = sizeof(struct sockaddr_un);

    if (getsockname(client->listen, (struct sockaddr *) &sun, &len) == -1) {
        return -1;
    }

    client->address_len = len - sizeof(sa_family_t);
    memcpy(client->address, sun.sun_path, client->address_len);

    return 0;
}


/* a supervisor, the first one or the next */

static int
screen_client_supervise(screen_client_t *client)
{
    screen_client_files_t  files;

    files.out = -1;
    files.fds[0] = client->spec;
    files.fds[SCREEN_FD_IMAGE - SCREEN_FD_SPEC] = client->image;
    files.fds[SCREEN_FD_LISTEN - SCREEN_FD_SPEC] = client->listen;
    files.fds[SCREEN_FD_LIFELINE - SCREEN_FD_SPEC] = client->lifeline[0];
    files.fds[SCREEN_FD_CONTROL - SCREEN_FD_SPEC] = client->control;
    files.fds[SCREEN_FD_LOG - SCREEN_FD_SPEC] = client->log[1];

    client->supervisor = fork();

    if (client->supervisor == 0) {
        screen_client_exec(&files, "supervisor");
    }

    if (client->supervisor == -1) {
        client->supervisor = 0;
        return SCREEN_ERROR;
    }

    client->starts++;

    return SCREEN_OK;
}


int
screen_client_start(screen_client_t *client, const screen_spec_t *spec,
    screen_error_t *err)
{
    screen_spec_t  bare;

    bare = *spec;
    bare.nbanks = 0;

    client->spec = screen_client_spec(&bare);
    client->control = screen_client_memfd("screen-control");

    if (client->spec == -1 || client->control == -1
        || ftruncate(client->control, sizeof(screen_control_t)) == -1
        || screen_client_listen(client) == -1
        || pipe2(client->lifeline, O_CLOEXEC) == -1
        || socketpair(AF_UNIX, SOCK_DGRAM|SOCK_CLOEXEC, 0, client->log) == -1)
    {
        return screen_error_set(err, "the pool cannot be set up: %s",
                                strerror(errno));
    }

    if (screen_client_supervise(client) != SCREEN_OK) {
        return screen_error_set(err, "fork() failed: %s", strerror(errno));
    }

    return SCREEN_OK;
}


static void
screen_client_log(screen_client_t *client)
{
    char     text[1024];
    ssize_t  n;

    while (client->log[0] != -1) {
        n = recv(client->log[0], text, sizeof(text) - 1, MSG_DONTWAIT);

        if (n <= 0) {
            return;
        }

        text[n] = '\0';

        if (text[0] >= '0' && text[0] <= '7') {
            client->tell(client->ctx, text[0] > '4', "", 0, text + 1);

        } else {
            client->tell(client->ctx, 1, "", 0, text);
        }
    }
}


static int
screen_client_connect(screen_client_t *client)
{
    int                 s;
    struct sockaddr_un  sun;

    s = socket(AF_UNIX, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, 0);
    if (s == -1) {
        return -1;
    }

    memset(&sun, 0, sizeof(struct sockaddr_un));

    sun.sun_family = AF_UNIX;
    memcpy(sun.sun_path, client->address, client->address_len);

    if (connect(s, (struct sockaddr *) &sun,
                sizeof(sa_family_t) + client->address_len)
        == -1)
    {
        close(s);
        return -1;
    }

    return s;
}


/*
 * 1 if there is no pool, and none can be had.  A supervisor that was killed
 * leaves scanners behind that finish what they have, and no others: the next
 * one starts some for what waits.
 */

static int
screen_client_failed(screen_client_t *client)
{
    int  status;

    if (client->supervisor > 0
        && waitpid(client->supervisor, &status, WNOHANG)
           == client->supervisor)
    {
        client->supervisor = 0;
        client->failed = WIFEXITED(status)
                         || client->starts == SCREEN_CLIENT_STARTS
                         || screen_client_supervise(client) != SCREEN_OK;

        if (!client->failed) {
            client->tell(client->ctx, 0, "", 0, "the supervisor of the "
                         "scanners was killed, another one is started");
        }
    }

    return client->failed;
}


/* waits in slices, since a pool that fails never takes the job */

static int
screen_client_poll(screen_client_t *client, int s, uint64_t deadline)
{
    int            ms;
    uint64_t       now;
    struct pollfd  pfd;

    for ( ;; ) {
        screen_client_log(client);

        now = screen_wire_now();

        if (now >= deadline) {
            return SCREEN_LIMIT;
        }

        if (screen_client_failed(client)) {
            return SCREEN_ERROR;
        }

        pfd.fd = s;
        pfd.events = POLLIN;

        ms = deadline - now < 100 ? (int) (deadline - now) : 100;

        if (poll(&pfd, 1, ms) == 1) {
            return SCREEN_OK;
        }
    }
}


static int
screen_client_exchange(screen_client_t *client, screen_upload_t *u,
    uint32_t n, const screen_report_engine_t *engine, int s, int fd,
    uint64_t deadline, const screen_alloc_t *alloc)
{
    int            rc;
    size_t         len;
    u_char        *data;
    uint64_t       id;
    screen_buf_t   b;

    id = ++client->jobs;

    screen_buf_init(&b, SCREEN_JOB_LIMIT);
    screen_job_encode(&b, id, deadline, n, u);

    rc = b.code;

    if (rc == SCREEN_OK) {
        rc = screen_wire_send(s, b.data, b.len, fd, deadline);

        if (rc == SCREEN_OK) {
            rc = screen_client_poll(client, s, deadline);
        }

        if (rc == SCREEN_OK) {
            rc = screen_wire_recv(s, engine->dense
                                     ? SCREEN_REPORT_DENSE_LIMIT
                                     : SCREEN_REPORT_LIMIT,
                                  &data, &len, NULL, deadline);
        }

        if (rc == SCREEN_OK) {
            rc = screen_report_decode(u, id, engine, data, len, alloc);
            free(data);
        }

        if (rc == SCREEN_LIMIT) {
            screen_upload_fault(u, SCREEN_FAULT_TIMEOUT, "timeout");
            rc = SCREEN_OK;
        }

    } else if (rc == SCREEN_LIMIT) {
        screen_upload_fault(u, SCREEN_FAULT_INCOMPLETE,
                            "the job is too large");
        rc = SCREEN_OK;
    }

    screen_buf_free(&b);

    if (rc == SCREEN_ERROR || rc == SCREEN_MALFORMED) {
        screen_upload_fault(u, SCREEN_FAULT_CRASH,
                            rc == SCREEN_ERROR
                            ? "the scanner ended without a report"
                            : "the scanner's report is malformed");
        rc = SCREEN_OK;
    }

    return rc;
}


int
screen_client_scan(screen_client_t *client, screen_upload_t *u,
    uint32_t n, const screen_report_engine_t *engine, int fd,
    uint64_t timeout, const screen_alloc_t *alloc)
{
    int       rc, s;
    uint64_t  deadline;

    deadline = screen_wire_now() + timeout;

    s = screen_client_connect(client);

    if (s == -1) {
        screen_upload_fault(u, SCREEN_FAULT_OVERLOAD,
                            "no scanner takes the job");
        return SCREEN_OK;
    }

    rc = screen_client_exchange(client, u, n, engine, s, fd, deadline, alloc);
    close(s);

    screen_client_log(client);

    return rc;
}


static void
screen_client_close(int *fd)
{
    if (*fd > 0) {
        close(*fd);
    }

    *fd = -1;
}


void
screen_client_stop(screen_client_t *client)
{
    screen_client_close(&client->lifeline[0]);
    screen_client_close(&client->lifeline[1]);
    screen_client_close(&client->spec);
    screen_client_close(&client->listen);
    screen_client_close(&client->image);
    screen_client_close(&client->control);

    if (client->supervisor > 0) {
        (void) screen_client_wait(client->supervisor);
        client->supervisor = 0;
    }

    if (client->tell != NULL && client->log[0] > 0) {
        screen_client_log(client);
    }

    screen_client_close(&client->log[0]);
    screen_client_close(&client->log[1]);
}
