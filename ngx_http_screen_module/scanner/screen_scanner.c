
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "screen_log.h"
#include "screen_report.h"
#include "screen_room.h"
#include "screen_sandbox.h"
#include "screen_scanner.h"
#include "screen_wire.h"
#include "screen_words.h"


/*
 * What is freed is kept, up to so much: a heap that grows and shrinks with
 * each job costs more than what it is for.
 */

#define SCREEN_SCANNER_HEAP  (4 * 1024 * 1024)

/* ms without a job, and what a large body took is given back */

#define SCREEN_SCANNER_IDLE  1000


/* what the handler of a system call that is not allowed needs to know */

typedef struct {
    screen_scanner_slot_t  *slot;
    volatile int            s;               /* of the job at hand, or -1 */
} screen_scanner_witness_t;


/* death at the deadline, by SIGALRM, whatever a library is doing */

static void
screen_scanner_arm(const screen_scanner_t *sc, uint64_t deadline)
{
    uint64_t          now, left;
    struct itimerval  it;

    now = screen_wire_now();
    left = (deadline > now ? deadline - now : 0) + SCREEN_SCANNER_GRACE;

    memset(&it, 0, sizeof(struct itimerval));

    it.it_value.tv_sec = (time_t) (left / 1000);
    it.it_value.tv_usec = (suseconds_t) (left % 1000 * 1000);

    (void) setitimer(ITIMER_REAL, &it, NULL);

    sc->slot->deadline = deadline;
}


static void
screen_scanner_disarm(void)
{
    struct itimerval  it;

    memset(&it, 0, sizeof(struct itimerval));

    (void) setitimer(ITIMER_REAL, &it, NULL);
}


static int
screen_scanner_trusted(const screen_scanner_t *sc, int s)
{
    socklen_t     len;
    struct ucred  peer;

    len = sizeof(struct ucred);

    if (getsockopt(s, SOL_SOCKET, SO_PEERCRED, &peer, &len) == -1) {
        return 0;
    }

    return peer.uid == 0 || peer.uid == sc->spec->peer_uid
           || peer.uid == sc->spec->uid;
}


/* whether the job is one for this body */

static int
screen_scanner_valid(const screen_job_t *job, size_t size)
{
    uint32_t              i;
    const screen_part_t  *part;

    for (i = 0; i < job->nparts; i++) {
        part = &job->parts[i];

        if (part->offset > size || part->size > size - part->offset) {
            return 0;
        }
    }

    return 1;
}


static int
screen_scanner_report(const screen_scanner_t *sc, const screen_job_t *job,
    int s)
{
    int           rc;
    screen_buf_t  b;

    screen_buf_init(&b, sc->spec->engines[job->engine].media.dense
                        ? SCREEN_REPORT_DENSE_LIMIT : SCREEN_REPORT_LIMIT);
    screen_report_encode(&b, job);

    rc = b.code;

    if (rc == SCREEN_OK) {
        rc = screen_wire_send(s, b.data, b.len, -1,
                              job->deadline + SCREEN_SCANNER_GRACE);
    }

    screen_buf_free(&b);

    return rc;
}


static int
screen_scanner_job(const screen_scanner_t *sc, const screen_job_t *job,
    int s, int fd, screen_room_t *room, const screen_alloc_t *alloc)
{
    int               rc;
    uint32_t          i;
    screen_part_t    *part;
    screen_engine_t  *engine;

    if (job->engine >= sc->spec->nengines) {
        return SCREEN_MALFORMED;
    }

    engine = &sc->engines[job->engine];

    rc = screen_room_open(room, fd, engine->yara || engine->npatterns);
    if (rc != SCREEN_OK) {
        return rc;
    }

    if (!screen_scanner_valid(job, room->size)) {
        rc = SCREEN_MALFORMED;
    }

    for (i = 0; rc == SCREEN_OK && i < job->nparts; i++) {
        part = &job->parts[i];

        rc = screen_engine_scan(engine,
                                part->size ? room->data + part->offset : NULL,
                                part->size, job->deadline, part, alloc);
    }

    if (rc == SCREEN_OK) {
        rc = screen_scanner_report(sc, job, s);
    }

    screen_room_close(room);

    return rc;
}


static void
screen_scanner_serve(const screen_scanner_t *sc, int s, screen_room_t *room)
{
    int              rc, fd;
    size_t           len;
    u_char          *data;
    uint64_t         deadline;
    screen_job_t     job;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };

    /* until the job tells its own; the peer has it ready as it connects */

    deadline = screen_wire_now() + sc->spec->timeout;

    rc = screen_wire_recv(s, SCREEN_JOB_LIMIT, &data, &len, &fd, deadline);

    if (rc == SCREEN_OK) {
        rc = screen_job_decode(&job, data, len, &alloc);

        if (rc == SCREEN_OK && !screen_wire_gone(s)) {
            screen_scanner_arm(sc, job.deadline);
            rc = screen_scanner_job(sc, &job, s, fd, room, &alloc);
        }

        close(fd);
        free(data);
    }

    screen_scanner_disarm();

    if (rc == SCREEN_MALFORMED) {
        screen_log(LOG_ERR, "a scanner refused a job that is malformed");

    } else if (rc == SCREEN_NOMEM) {
        screen_log(LOG_ERR, "a scanner ran out of memory");
    }

    screen_arena_destroy(&arena);
}


static int
screen_scanner_watch(int ep, int fd, uint32_t events)
{
    struct epoll_event  ee;

    memset(&ee, 0, sizeof(struct epoll_event));

    ee.events = events;
    ee.data.fd = fd;

    return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ee);
}


/* in a signal handler, at the end of the process' life */

static void
screen_scanner_trapped(void *data, int number, const char *name)
{
    screen_scanner_witness_t *witness = data;

    char         text[SCREEN_WORDS_MAX];
    size_t       len;
    const char  *from;

    witness->slot->trapped = (uint32_t) number + 1;

    if (witness->s == -1) {
        return;
    }

    len = 0;

    for (from = "sandbox: "; *from; from++) {
        text[len++] = *from;
    }

    for (from = name ? name : "unknown call";
         *from && len < sizeof(text) - 1;
         from++)
    {
        text[len++] = *from;
    }

    text[len] = '\0';

    screen_wire_words(witness->s, text);
}


static int
screen_scanner_loop(const screen_scanner_t *sc, int ep, screen_room_t *room,
    screen_scanner_witness_t *witness)
{
    int                 i, n, s;
    uint32_t            jobs;
    struct epoll_event  events[2];

    for (jobs = 0; sc->spec->jobs == 0 || jobs < sc->spec->jobs; /* void */ ) {

        n = epoll_wait(ep, events, 2, screen_room_is_large(room)
                                      ? SCREEN_SCANNER_IDLE : -1);

        if (n == -1 && errno != EINTR) {
            return SCREEN_SCANNER_FAILED;
        }

        if (n == 0) {
            screen_room_idle(room);
            continue;
        }

        for (i = 0; i < n; i++) {

            if (events[i].data.fd == sc->pool) {
                return SCREEN_SCANNER_DONE;
            }
        }

        s = accept4(sc->listen, NULL, NULL, SOCK_NONBLOCK|SOCK_CLOEXEC);

        if (s == -1) {

            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) {
                continue;
            }

            return SCREEN_SCANNER_FAILED;
        }

        if (screen_scanner_trusted(sc, s)) {
            sc->slot->deadline = screen_wire_now() + sc->spec->timeout;
            sc->slot->busy = 1;
            witness->s = s;
            screen_scanner_serve(sc, s, room);
            witness->s = -1;
            sc->slot->jobs++;
            sc->slot->busy = 0;
            jobs++;
        }

        close(s);
    }

    return SCREEN_SCANNER_RECYCLED;
}


static int
screen_scanner_close(const screen_scanner_t *sc,
    screen_scanner_witness_t *witness, screen_error_t *err)
{
    screen_sandbox_trap_t  trap;

    trap.handler = screen_scanner_trapped;
    trap.data = witness;

    if (screen_sandbox_limit(sc->spec->memory, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    if (screen_sandbox_enter(&trap, err) == SCREEN_OK) {
        return SCREEN_OK;
    }

    if (sc->spec->sandbox == SCREEN_SANDBOX_REQUIRED) {
        return SCREEN_ERROR;
    }

    /* the supervisor tells of it, once for all */

    sc->slot->open = 1;

    return SCREEN_OK;
}


int
screen_scanner_run(const screen_scanner_t *sc)
{
    int                        ep;
    screen_room_t              room;
    screen_error_t             err;
    screen_scanner_witness_t   witness;

    (void) mallopt(M_TRIM_THRESHOLD, SCREEN_SCANNER_HEAP);
    (void) mallopt(M_MMAP_THRESHOLD, SCREEN_SCANNER_HEAP);

    ep = epoll_create1(EPOLL_CLOEXEC);

    if (screen_room_init(&room) != SCREEN_OK || ep == -1
        || screen_scanner_watch(ep, sc->listen, EPOLLIN|EPOLLEXCLUSIVE) == -1
        || screen_scanner_watch(ep, sc->pool, EPOLLIN) == -1)
    {
        screen_log(LOG_ERR, "a scanner cannot wait for jobs: %s",
                   strerror(errno));
        return SCREEN_SCANNER_FAILED;
    }

    witness.slot = sc->slot;
    witness.s = -1;

    if (screen_scanner_close(sc, &witness, &err) != SCREEN_OK) {
        screen_log(LOG_ERR, "a scanner cannot close its sandbox: %s",
                   err.text);
        return SCREEN_SCANNER_FAILED;
    }

    (void) eventfd_write(sc->ready, 1);

    return screen_scanner_loop(sc, ep, &room, &witness);
}
