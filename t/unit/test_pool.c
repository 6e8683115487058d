
/*
 * A pool as a whole: this program is its own helper, as ngx-screen is.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_client.h"
#include "screen_compile.h"
#include "screen_control.h"
#include "screen_supervisor.h"
#include "screen_wire.h"


#define TEST_TIMEOUT  5000


typedef struct {
    screen_client_t           client;
    screen_control_t         *control;
    screen_spec_t             spec;
    screen_spec_engine_t      engine;
    screen_policy_content_t   content;
    char                      log[4096];
} test_t;


static void
test_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    size_t   len;
    test_t  *t = ctx;

    len = strlen(t->log);
    snprintf(t->log + len, sizeof(t->log) - len, "%s\n", text);
}


static int
test_setup(void **state)
{
    screen_error_t  err;
    static test_t   t;

    memset(&t, 0, sizeof(t));

    t.content.text = screen_str_of("needle");
    t.content.place.file = screen_str_of("p.policy");

    t.engine.policy = screen_str_of("p");
    t.engine.contents = &t.content;
    t.engine.ncontents = 1;

    t.spec.engines = &t.engine;
    t.spec.nengines = 1;
    t.spec.scanners = 2;
    t.spec.jobs = 3;
    t.spec.memory = 64 * 1024 * 1024;
    t.spec.timeout = TEST_TIMEOUT;
    t.spec.uid = geteuid() ? geteuid() : 65534;
    t.spec.gid = geteuid() ? getegid() : 65534;
    t.spec.peer_uid = geteuid();

    if (screen_client_compile(&t.client, &t.spec, test_tell, &t, &err)
            != SCREEN_OK
        || screen_client_start(&t.client, &t.spec, &err) != SCREEN_OK)
    {
        print_error("%s%s\n", t.log, err.text);
        return -1;
    }

    t.control = mmap(NULL, sizeof(screen_control_t), PROT_READ, MAP_SHARED,
                     t.client.control, 0);
    *state = &t;

    return t.control == MAP_FAILED ? -1 : 0;
}


static int
test_teardown(void **state)
{
    test_t  *t = *state;

    screen_client_stop(&t->client);
    munmap(t->control, sizeof(screen_control_t));

    return 0;
}


/* the faults of a scan of this text, with a part of that region */

static unsigned
test_scan(test_t *t, const char *text, uint64_t offset, uint64_t size,
    uint32_t engine, screen_part_t *part)
{
    int              fd;
    unsigned         faults;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_upload_t  u;

    static const screen_report_engine_t  told = { 1, 0 };

    fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));

    memset(&u, 0, sizeof(u));
    memset(part, 0, sizeof(screen_part_t));

    u.parts = part;
    u.nparts = 1;
    part->offset = offset;
    part->size = size;
    part->want_scan = 1;

    assert_int_equal(screen_client_scan(&t->client, &u, engine, &told, fd,
                                        TEST_TIMEOUT, &alloc),
                     SCREEN_OK);

    faults = u.faults | part->faults;

    screen_arena_destroy(&arena);
    close(fd);

    return faults;
}


static int
test_await(_Atomic uint64_t *counter, uint64_t value)
{
    int  i;

    for (i = 0; i < 400; i++) {

        if (*counter >= value) {
            return 1;
        }

        usleep(10000);
    }

    return 0;
}


static void
a_part_is_what_its_region_holds(void **state)
{
    test_t         *t = *state;
    screen_part_t   part;

    assert_int_equal(test_scan(t, "hay needle hay", 0, 14, 0, &part), 0);
    assert_true(part.scanned);
    assert_int_equal(part.npatterns, 1);

    assert_int_equal(test_scan(t, "hay needle hay", 0, 9, 0, &part), 0);
    assert_int_equal(part.npatterns, 0);

    assert_int_equal(test_scan(t, "hay needle hay", 4, 6, 0, &part), 0);
    assert_int_equal(part.npatterns, 1);

    assert_int_equal(test_scan(t, "", 0, 0, 0, &part), 0);
    assert_true(part.scanned);
}


static void
a_job_that_lies_is_refused(void **state)
{
    test_t         *t = *state;
    unsigned        crash;
    screen_part_t   part;

    crash = 1u << SCREEN_FAULT_CRASH;

    assert_int_equal(test_scan(t, "short", 0, 6, 0, &part), crash);
    assert_int_equal(test_scan(t, "short", 6, 0, 0, &part), crash);
    assert_int_equal(test_scan(t, "short", UINT64_MAX, 1, 0, &part), crash);
    assert_int_equal(test_scan(t, "short", 0, 5, 1, &part), crash);

    assert_false(part.scanned);
    assert_int_equal(t->control->killed, 0);
}


static void
scanners_are_recycled_and_jobs_counted(void **state)
{
    int             i;
    test_t         *t = *state;
    screen_part_t   part;

    for (i = 0; i < 20; i++) {
        assert_int_equal(test_scan(t, "needle", 0, 6, 0, &part), 0);
        assert_int_equal(part.npatterns, 1);
    }

    assert_true(test_await(&t->control->jobs, 20));
    assert_int_equal(t->control->jobs, 20);
    assert_in_range(t->control->recycled, 5, 7);
    assert_int_equal(t->control->killed, 0);
    assert_int_equal(t->control->supervisor, t->client.supervisor);
    assert_int_equal(t->control->scanners, 2);
}


static void
a_second_supervisor_gives_way(void **state)
{
    int               status;
    pid_t             first;
    test_t           *t = *state;
    screen_part_t     part;

    assert_int_equal(test_scan(t, "needle", 0, 6, 0, &part), 0);

    first = t->client.supervisor;

    /* the same descriptors, as another worker would have them */

    t->client.supervisor = fork();

    if (t->client.supervisor == 0) {
        (void) dup2(t->client.control, SCREEN_FD_CONTROL);
        _exit(screen_supervisor_run() == 0 ? 0 : 1);
    }

    assert_int_equal(waitpid(t->client.supervisor, &status, 0),
                     t->client.supervisor);
    assert_int_equal(status, 0);

    t->client.supervisor = first;

    assert_int_equal(t->control->supervisor, first);
    assert_int_equal(test_scan(t, "needle", 0, 6, 0, &part), 0);
}


static void
a_pool_starts_again_on_what_was_compiled(void **state)
{
    test_t         *t = *state;
    screen_error_t  err;
    screen_part_t   part;

    assert_int_equal(test_scan(t, "needle", 0, 6, 0, &part), 0);

    kill(t->client.supervisor, SIGKILL);
    assert_int_equal(waitpid(t->client.supervisor, NULL, 0),
                     t->client.supervisor);

    assert_int_equal(screen_client_start(&t->client, &t->spec, &err),
                     SCREEN_OK);
    assert_int_equal(test_scan(t, "needle", 0, 6, 0, &part), 0);
    assert_int_equal(part.npatterns, 1);
}


#define test(name)                                                            \
    cmocka_unit_test_setup_teardown(name, test_setup, test_teardown)


int
main(int argc, char **argv)
{
    const struct CMUnitTest  tests[] = {
        test(a_part_is_what_its_region_holds),
        test(a_job_that_lies_is_refused),
        test(scanners_are_recycled_and_jobs_counted),
        test(a_second_supervisor_gives_way),
        test(a_pool_starts_again_on_what_was_compiled),
    };

    if (argc == 2 && strcmp(argv[1], "compile") == 0) {
        return screen_compile_run();
    }

    if (argc == 2 && strcmp(argv[1], "supervisor") == 0) {
        return screen_supervisor_run();
    }

    return cmocka_run_group_tests(tests, NULL, NULL);
}
