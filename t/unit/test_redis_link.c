
/*
 * The synchronous client against a server that answers with whatever it
 * likes: replies are copied as they are, or are errors, in time.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/bank/screen_redis.h"


#define NONSENSE  20000


typedef struct {
    char                    folder[32];
    char                    path[100];
    int                     listen;
    pid_t                   pid;
    screen_arena_t          arena;
    screen_alloc_t          alloc;
    screen_redis_conf_t     conf;
    screen_error_t          err;
} fixture_t;


static int
setup(void **state)
{
    fixture_t           *f;
    struct sockaddr_un   sun;

    f = calloc(1, sizeof(fixture_t));
    if (f == NULL) {
        return -1;
    }

    strcpy(f->folder, "/tmp/test_redis.XXXXXX");

    if (mkdtemp(f->folder) == NULL) {
        return -1;
    }

    memset(&sun, 0, sizeof(sun));
    sun.sun_family = AF_UNIX;
    snprintf(f->path, sizeof(f->path), "%s/s", f->folder);
    snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", f->path);

    f->listen = socket(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0);

    if (f->listen == -1
        || bind(f->listen, (struct sockaddr *) &sun, sizeof(sun)) == -1
        || listen(f->listen, 100) == -1)
    {
        return -1;
    }

    f->alloc.alloc = screen_arena_alloc;
    f->alloc.owner = &f->arena;
    (void) signal(SIGPIPE, SIG_IGN);

    *state = f;

    return 0;
}


static int
teardown(void **state)
{
    fixture_t  *f;

    f = *state;

    if (f->pid) {
        kill(f->pid, SIGKILL);
        waitpid(f->pid, NULL, 0);
    }

    close(f->listen);
    unlink(f->path);
    rmdir(f->folder);
    screen_arena_destroy(&f->arena);
    free(f);

    return 0;
}


static screen_redis_server_t *
server_of(fixture_t *f, const char *words)
{
    char  text[512];

    snprintf(text, sizeof(text), "unix:%s %s", f->path, words);

    f->conf.nservers = 0;
    assert_int_equal(screen_redis_conf_text(&f->conf, text, &f->alloc,
                                            &f->err),
                     SCREEN_OK);

    return &f->conf.servers[0];
}


/* a server in a child: each connection is read from once and answered */

static void
serve(fixture_t *f, void (*answer)(int fd, unsigned n, void *ctx), void *ctx)
{
    int       fd;
    char      buf[4096];
    unsigned  n;

    f->pid = fork();
    assert_int_not_equal(f->pid, -1);

    if (f->pid) {
        return;
    }

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);

    for (n = 0; /* void */ ; n++) {

        fd = accept(f->listen, NULL, NULL);

        if (fd != -1) {

            if (read(fd, buf, sizeof(buf)) > 0) {
                answer(fd, n, ctx);
            }

            close(fd);
        }
    }
}


static void
answer_text(int fd, unsigned n, void *ctx)
{
    ssize_t  sent;

    sent = write(fd, ctx, strlen(ctx));
    (void) sent;

    (void) usleep(20000);
}


/* PING, and what comes back */

static int
ping(fixture_t *f, screen_redis_reply_t **reply, uint64_t timeout)
{
    int                   rc;
    screen_redis_link_t  *link;

    *reply = NULL;

    link = screen_redis_link_open(&f->conf.servers[0],
                                  &f->conf.servers[0].addresses[0], 0,
                                  &f->err);
    if (link == NULL) {
        return SCREEN_ERROR;
    }

    rc = screen_redis_link_put(link, "*1\r\n$4\r\nPING\r\n", 14, &f->err);

    if (rc == SCREEN_OK) {
        rc = screen_redis_link_send(link, timeout, &f->err);
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_link_get(link, timeout, reply, &f->err);
    }

    screen_redis_link_close(link);

    return rc;
}


static int
answered(fixture_t *f, const char *text, screen_redis_reply_t **reply)
{
    int  rc;

    (void) server_of(f, "");
    serve(f, answer_text, (void *) text);

    rc = ping(f, reply, 2000);

    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
    f->pid = 0;

    return rc;
}


static void
replies_of_each_type_are_copied(void **state)
{
    screen_redis_reply_t  *r;

    assert_int_equal(answered(*state, "*6\r\n+OK\r\n-ERR no\r\n:-42\r\n$-1\r\n"
                              "$5\r\na\r\nbc\r\n*2\r\n:1\r\n*0\r\n", &r),
                     SCREEN_OK);

    assert_int_equal(r->type, SCREEN_REDIS_ARRAY);
    assert_int_equal(r->n, 6);
    assert_int_equal(r->elements[0]->type, SCREEN_REDIS_STATUS);
    assert_true(screen_str_is(&r->elements[0]->str, "OK"));
    assert_int_equal(r->elements[1]->type, SCREEN_REDIS_FAILURE);
    assert_true(screen_str_is(&r->elements[1]->str, "ERR no"));
    assert_int_equal(r->elements[2]->type, SCREEN_REDIS_INTEGER);
    assert_int_equal(r->elements[2]->integer, -42);
    assert_int_equal(r->elements[3]->type, SCREEN_REDIS_NIL);
    assert_int_equal(r->elements[3]->str.len, 0);
    assert_non_null(r->elements[3]->str.data);
    assert_int_equal(r->elements[4]->type, SCREEN_REDIS_STRING);
    assert_true(screen_str_is(&r->elements[4]->str, "a\r\nbc"));
    assert_int_equal(r->elements[5]->n, 2);
    assert_int_equal(r->elements[5]->elements[1]->n, 0);

    screen_redis_reply_free(r);
}


static void
what_is_no_reply_is_an_error(void **state)
{
    size_t                  i;
    screen_redis_reply_t   *r;

    static const char *const  texts[] = {
        "HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "$5\r\nab", "*2\r\n+a\r\n",
        "$-2\r\n", "*-2\r\n", "$x\r\n", ":12x\r\n", "*1\r\n!\r\n",
        ("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
         "*1\r\n:1\r\n")
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        if (answered(*state, texts[i], &r) != SCREEN_ERROR) {
            fail_msg("%s", texts[i]);
        }
    }
}


static void
what_is_too_large_is_refused_before_it_is_there(void **state)
{
    size_t                  i;
    struct rusage           before, after;
    screen_redis_reply_t   *r;

    static const char *const  texts[] = {
        "*2147483647\r\n", "*1000000000\r\n:1\r\n", "*5000000\r\n",
        "*9223372036854775807\r\n", "*3000000\r\n*3000000\r\n:1\r\n",
    };

    getrusage(RUSAGE_SELF, &before);

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        if (answered(*state, texts[i], &r) != SCREEN_ERROR) {
            fail_msg("%s", texts[i]);
        }
    }

    getrusage(RUSAGE_SELF, &after);

    /* in kilobytes */

    assert_true(after.ru_maxrss - before.ru_maxrss < 100000);
}


static void
answer_endless(int fd, unsigned n, void *ctx)
{
    char  text[65536];

    memset(text, 'x', sizeof(text));

    if (write(fd, "$4000000000\r\n", 13) == 13) {

        while (write(fd, text, sizeof(text)) > 0) {
            /* void */
        }
    }
}


static void
a_string_without_an_end_is_cut_off(void **state)
{
    fixture_t              *f;
    screen_redis_reply_t   *r;

    f = *state;
    (void) server_of(f, "");
    serve(f, answer_endless, NULL);

    /* the buffer grows by copies of it, which take minutes in valgrind */

    assert_int_equal(ping(f, &r, 600000), SCREEN_ERROR);
    assert_non_null(strstr(f->err.text, "larger than any"));
}


static void
answer_slowly(int fd, unsigned n, void *ctx)
{
    while (write(fd, &"*0\r\n"[n % 2], 1) == 1) {
        (void) usleep(10000);
    }
}


static void
a_server_that_trickles_meets_the_deadline(void **state)
{
    time_t                  start;
    fixture_t              *f;
    screen_redis_reply_t   *r;

    f = *state;
    (void) server_of(f, "");
    serve(f, answer_slowly, NULL);

    start = time(NULL);
    assert_int_equal(ping(f, &r, 300), SCREEN_ERROR);
    assert_true(time(NULL) - start <= 2);
    assert_non_null(strstr(f->err.text, "in time"));
}


static void
a_database_that_is_not_selected_is_no_connection(void **state)
{
    size_t                  i;
    fixture_t              *f;

    static const char *const  texts[] = {
        "-ERR DB index is out of range\r\n", ":1\r\n", "$2\r\nOK\r\n",
        "+QUEUED\r\n", "*0\r\n", "$-1\r\n", "+OKAY\r\n"
    };

    f = *state;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        (void) server_of(f, "db=3 timeout=10s connect_timeout=10s");
        serve(f, answer_text, (void *) texts[i]);

        assert_null(screen_redis_link_open(&f->conf.servers[0],
                                           &f->conf.servers[0].addresses[0],
                                           0, &f->err));
        assert_non_null(strstr(f->err.text, "SELECT was refused"));

        kill(f->pid, SIGKILL);
        waitpid(f->pid, NULL, 0);
        f->pid = 0;
    }
}


/* replies that are almost right, cut, doubled and mixed */

static void
answer_nonsense(int fd, unsigned n, void *ctx)
{
    char      text[256];
    size_t    i, len, at;
    ssize_t   sent;
    unsigned  seed;

    static const char *const  parts[] = {
        "*", "$", ":", "+", "-", "\r\n", "\r", "\n", "0", "1", "2", "-1",
        "99", "65536", "2147483648", "*2\r\n", "$3\r\nabc\r\n", ":7\r\n",
        "+OK\r\n", "-ERR\r\n", "$-1\r\n", "*0\r\n", "*-1\r\n", "x", "%1\r\n",
        "~2\r\n", ">3\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(123\r\n",
        "=5\r\ntxt:a\r\n", "|1\r\n"
    };

    seed = n * 2654435761u + 1;
    at = 0;
    len = (size_t) rand_r(&seed) % 12;

    for (i = 0; i <= len; i++) {
        at += (size_t) snprintf(text + at, sizeof(text) - at, "%s",
                                parts[(size_t) rand_r(&seed)
                                      % (sizeof(parts) / sizeof(parts[0]))]);
    }

    if (rand_r(&seed) % 4 == 0) {
        text[(size_t) rand_r(&seed) % at] = (char) rand_r(&seed);
    }

    sent = write(fd, text, at);
    (void) sent;
}


static void
twenty_thousand_replies_of_nonsense_do_no_harm(void **state)
{
    unsigned                n, ok;
    fixture_t              *f;
    screen_redis_reply_t   *r;

    f = *state;
    ok = 0;
    (void) server_of(f, "");
    serve(f, answer_nonsense, NULL);

    for (n = 0; n < NONSENSE; n++) {

        if (ping(f, &r, 2000) == SCREEN_OK) {
            ok++;
            screen_redis_reply_free(r);
        }
    }

    /* some of it makes sense */

    assert_true(ok > NONSENSE / 100);
    assert_true(ok < NONSENSE);
}


#define test(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(replies_of_each_type_are_copied),
        test(what_is_no_reply_is_an_error),
        test(what_is_too_large_is_refused_before_it_is_there),
        test(a_string_without_an_end_is_cut_off),
        test(a_server_that_trickles_meets_the_deadline),
        test(a_database_that_is_not_selected_is_no_connection),
        test(twenty_thousand_replies_of_nonsense_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
