
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/bank/screen_bank_file.h"
#include "../../ngx_http_screen_module/bank/screen_keeper.h"


#define SHA  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define MD5  "098f6bcd4621d373cade4e832627b4f6"

#define INTERVAL  20
#define PATIENCE  5000


typedef struct {
    volatile uint64_t   version;
    volatile uint64_t   entries;
    volatile uint64_t   built;
    volatile uint64_t   failed;
} numbers_t;


/* what the keeper shares with the test */

typedef struct {
    numbers_t           banks[2];
    volatile unsigned   lines;
    int                 levels[64];
    char                log[64][1024];
} shared_t;


typedef struct {
    char                folder[64];
    char                lists[2][128];
    char                paths[2][128];
    shared_t           *shared;
    unsigned            interval;
    pid_t               pid;
    int                 lifeline;
} keeper_t;


static void
put(const char *path, const char *text)
{
    FILE  *f;

    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_not_equal(fputs(text, f), EOF);
    assert_int_equal(fclose(f), 0);
}


static void
pause_ms(unsigned ms)
{
    struct timespec  ts;

    ts.tv_sec = ms / 1000;
    ts.tv_nsec = (long) (ms % 1000) * 1000000;

    (void) nanosleep(&ts, NULL);
}


static int
setup(void **state)
{
    unsigned         i;
    keeper_t        *k;
    screen_error_t   err;

    k = calloc(1, sizeof(keeper_t));
    if (k == NULL) {
        return -1;
    }

    k->interval = INTERVAL;

    strcpy(k->folder, "/tmp/test_keeper.XXXXXX");

    if (mkdtemp(k->folder) == NULL) {
        return -1;
    }

    k->shared = mmap(NULL, sizeof(shared_t), PROT_READ|PROT_WRITE,
                     MAP_SHARED|MAP_ANONYMOUS, -1, 0);
    if (k->shared == MAP_FAILED) {
        return -1;
    }

    for (i = 0; i < 2; i++) {
        snprintf(k->lists[i], sizeof(k->lists[i]), "%s/%u.csv", k->folder, i);
        snprintf(k->paths[i], sizeof(k->paths[i]), "%s/%u.bank", k->folder,
                 i);
        put(k->lists[i], SHA "\n");

        if (screen_bank_file_build(k->lists[i], k->paths[i], -1, -1, NULL,
                                   &err)
            != SCREEN_OK)
        {
            return -1;
        }
    }

    *state = k;

    return 0;
}


static int
teardown(void **state)
{
    unsigned   i;
    keeper_t  *k;

    k = *state;

    if (k->pid) {
        kill(k->pid, SIGKILL);
        waitpid(k->pid, NULL, 0);
        close(k->lifeline);
    }

    for (i = 0; i < 2; i++) {
        unlink(k->lists[i]);
        unlink(k->paths[i]);
    }

    if (rmdir(k->folder) == -1) {
        return -1;
    }

    munmap(k->shared, sizeof(shared_t));
    free(k);

    return 0;
}


static void
take_log(void *ctx, int level, const char *text)
{
    unsigned   n;
    shared_t  *shared;

    shared = ctx;
    n = shared->lines;

    if (n < 64) {
        shared->levels[n] = level;
        snprintf(shared->log[n], sizeof(shared->log[n]), "%s", text);
        __atomic_store_n(&shared->lines, n + 1, __ATOMIC_SEQ_CST);
    }
}


static void
run_keeper(keeper_t *k, int lifeline)
{
    unsigned               i;
    screen_keeper_t        keeper;
    screen_keeper_bank_t   banks[2];

    memset(banks, 0, sizeof(banks));

    for (i = 0; i < 2; i++) {
        banks[i].name = i ? "other" : "local";
        banks[i].list = k->lists[i];
        banks[i].path = k->paths[i];
        banks[i].version = &k->shared->banks[i].version;
        banks[i].entries = &k->shared->banks[i].entries;
        banks[i].built = &k->shared->banks[i].built;
        banks[i].failed = &k->shared->banks[i].failed;
    }

    keeper.banks = banks;
    keeper.nbanks = 2;
    keeper.interval = k->interval;
    keeper.lifeline = lifeline;
    keeper.log = take_log;
    keeper.ctx = k->shared;

    _exit(screen_keeper_run(&keeper) == SCREEN_OK ? 0 : 1);
}


static void
start(keeper_t *k)
{
    int  fds[2];

    assert_int_equal(pipe(fds), 0);

    k->pid = fork();
    assert_int_not_equal(k->pid, -1);

    if (k->pid == 0) {
        close(fds[1]);
        run_keeper(k, fds[0]);
    }

    close(fds[0]);
    k->lifeline = fds[1];
}


/* waits until the number is no longer what it was */

static void
wait_change(volatile uint64_t *number, uint64_t was)
{
    unsigned  i;

    for (i = 0; i < PATIENCE / 5; i++) {

        if (__atomic_load_n(number, __ATOMIC_SEQ_CST) != was) {
            return;
        }

        pause_ms(5);
    }

    fail_msg("the keeper did nothing for %d ms", PATIENCE);
}


static void
wait_lines(keeper_t *k, unsigned lines)
{
    unsigned  i;

    for (i = 0; i < PATIENCE / 5; i++) {

        if (__atomic_load_n(&k->shared->lines, __ATOMIC_SEQ_CST) >= lines) {
            return;
        }

        pause_ms(5);
    }

    fail_msg("the keeper logged %u lines in %d ms, not %u", k->shared->lines,
             PATIENCE, lines);
}


static int
found(keeper_t *k, unsigned i, screen_signal_t signal, const char *hex)
{
    int              rc;
    u_char           value[32];
    screen_str_t     text;
    screen_bank_t    bank;
    screen_entry_t   entry;
    screen_error_t   err;

    text = screen_str_of(hex);

    assert_int_equal(screen_hex_decode(value, screen_signal_size(signal),
                                       &text), SCREEN_OK);
    assert_int_equal(screen_bank_open(&bank, k->paths[i], &err), SCREEN_OK);

    rc = screen_bank_lookup(&bank, signal, value, 0, &entry);

    screen_bank_close(&bank);

    return rc == SCREEN_OK;
}


static void
a_changed_list_is_swapped_in_within_a_second(void **state)
{
    char              right[512];
    keeper_t         *k;
    numbers_t        *n;
    struct timespec   from, to;

    k = *state;
    n = &k->shared->banks[0];

    start(k);
    wait_change(&n->version, 0);

    assert_int_equal(n->entries, 1);
    assert_int_equal(k->shared->lines, 0);

    clock_gettime(CLOCK_MONOTONIC, &from);
    put(k->lists[0], SHA "\n" MD5 "\n");
    wait_change(&n->version, 1);
    clock_gettime(CLOCK_MONOTONIC, &to);

    assert_true((to.tv_sec - from.tv_sec) * 1000
                + (to.tv_nsec - from.tv_nsec) / 1000000 < 1000);

    assert_int_equal(n->version, 2);
    assert_int_equal(n->entries, 2);
    assert_true(found(k, 0, SCREEN_SIGNAL_MD5, MD5));
    assert_false(found(k, 1, SCREEN_SIGNAL_MD5, MD5));

    wait_lines(k, 1);
    snprintf(right, sizeof(right), "bank \"local\": 2 entries from %s "
             "(was 1), 0.", k->lists[0]);
    assert_int_equal(strncmp(k->shared->log[0], right, strlen(right)), 0);
    assert_int_equal(k->shared->levels[0], LOG_NOTICE);

    /* the other bank's list did not change */

    pause_ms(INTERVAL * 6);
    assert_int_equal(k->shared->lines, 1);
    assert_int_equal(k->shared->banks[1].version, 1);
}


static void
a_broken_list_leaves_the_old_one_and_is_logged_once(void **state)
{
    char        right[512];
    keeper_t   *k;
    numbers_t  *n;

    k = *state;
    n = &k->shared->banks[1];

    start(k);
    wait_change(&n->version, 0);

    put(k->lists[1], SHA "\n" MD5 "\nwrong\n");
    wait_lines(k, 1);
    pause_ms(INTERVAL * 10);

    assert_int_equal(k->shared->lines, 1);
    assert_int_equal(k->shared->levels[0], LOG_ERR);
    assert_non_null(strstr(k->shared->log[0], "bank \"other\": list not "
                                              "loaded, the bank of 20"));

    snprintf(right, sizeof(right), "Z with 1 entries stays in force: "
             "%s:3: \"wrong\" is not a hash", k->lists[1]);
    assert_non_null(strstr(k->shared->log[0], right));

    assert_int_equal(n->version, 1);
    assert_int_not_equal(n->failed, 0);
    assert_true(found(k, 1, SCREEN_SIGNAL_SHA256, SHA));
    assert_false(found(k, 1, SCREEN_SIGNAL_MD5, MD5));

    /* broken in another way */

    put(k->lists[1], "broken too\n");
    wait_lines(k, 2);
    assert_non_null(strstr(k->shared->log[1], ":1: \"broken too\" is"));

    /* mended */

    put(k->lists[1], SHA "\n" MD5 "\n");
    wait_change(&n->version, 1);
    wait_lines(k, 3);

    assert_int_equal(n->failed, 0);
    assert_true(found(k, 1, SCREEN_SIGNAL_MD5, MD5));
    assert_non_null(strstr(k->shared->log[2], "2 entries from"));
}


static void
a_list_that_vanishes_leaves_the_old_one_and_is_logged_once(void **state)
{
    char        away[160];
    keeper_t   *k;
    numbers_t  *n;

    k = *state;
    n = &k->shared->banks[0];

    start(k);
    wait_change(&n->version, 0);

    snprintf(away, sizeof(away), "%s.away", k->lists[0]);
    assert_int_equal(rename(k->lists[0], away), 0);

    wait_lines(k, 1);
    pause_ms(INTERVAL * 10);

    assert_int_equal(k->shared->lines, 1);
    assert_int_equal(k->shared->levels[0], LOG_ERR);
    assert_non_null(strstr(k->shared->log[0], "with 1 entries stays in "
                                              "force"));
    assert_non_null(strstr(k->shared->log[0], "No such file"));
    assert_int_not_equal(n->failed, 0);
    assert_true(found(k, 0, SCREEN_SIGNAL_SHA256, SHA));

    /* the same list again needs no build */

    assert_int_equal(rename(away, k->lists[0]), 0);

    wait_lines(k, 2);
    assert_int_equal(k->shared->levels[1], LOG_NOTICE);
    assert_int_equal(n->version, 1);
    assert_int_equal(n->failed, 0);
}


static void
a_list_in_the_making_is_waited_for(void **state)
{
    FILE       *f;
    unsigned    i;
    keeper_t   *k;
    numbers_t  *n;

    k = *state;
    n = &k->shared->banks[0];

    k->interval = 10 * INTERVAL;

    start(k);
    wait_change(&n->version, 0);

    /* at each moment but the last it ends within a line */

    f = fopen(k->lists[0], "w");
    assert_non_null(f);

    for (i = 0; i < 64; i++) {
        fputc(SHA[i], f);
        fflush(f);
        pause_ms(INTERVAL / 2);
    }

    fputs("\n" MD5 "\n", f);
    fclose(f);

    wait_change(&n->version, 1);

    assert_int_equal(n->entries, 2);
    wait_lines(k, 1);
    assert_int_equal(k->shared->levels[0], LOG_NOTICE);
    assert_int_equal(k->shared->lines, 1);
}


static void
a_bank_that_is_missing_is_built(void **state)
{
    keeper_t  *k;

    k = *state;

    unlink(k->paths[0]);

    start(k);
    wait_lines(k, 1);

    assert_int_equal(k->shared->banks[0].version, 1);
    assert_int_equal(k->shared->banks[0].entries, 1);
    assert_true(found(k, 0, SCREEN_SIGNAL_SHA256, SHA));
    assert_null(strstr(k->shared->log[0], "was"));
}


static void
a_missing_bank_of_a_broken_list_is_told(void **state)
{
    keeper_t  *k;

    k = *state;

    unlink(k->paths[0]);
    put(k->lists[0], "x\n");

    start(k);
    wait_lines(k, 1);

    assert_int_equal(k->shared->banks[0].version, 0);
    assert_non_null(strstr(k->shared->log[0], "there is no bank in force: "));
}


static void
a_bank_that_somebody_else_built_is_taken(void **state)
{
    keeper_t        *k;
    numbers_t       *n;
    screen_error_t   err;

    k = *state;
    n = &k->shared->banks[0];

    start(k);
    wait_change(&n->version, 0);

    put(k->lists[0], SHA "\n" MD5 "\n");
    assert_int_equal(screen_bank_file_build(k->lists[0], k->paths[0], -1, -1,
                                            NULL, &err), SCREEN_OK);

    wait_change(&n->version, 1);
    assert_int_equal(n->entries, 2);
}


static void
the_keeper_ends_with_its_lifeline(void **state)
{
    int        status;
    unsigned   i;
    keeper_t  *k;

    k = *state;

    start(k);
    wait_change(&k->shared->banks[1].version, 0);

    /* bytes are no end */

    assert_int_equal(write(k->lifeline, "hello", 5), 5);
    pause_ms(INTERVAL * 4);
    assert_int_equal(waitpid(k->pid, &status, WNOHANG), 0);

    close(k->lifeline);

    for (i = 0; i < PATIENCE / 5; i++) {

        if (waitpid(k->pid, &status, WNOHANG) == k->pid) {
            break;
        }

        pause_ms(5);
    }

    assert_true(i < PATIENCE / 5);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);

    k->pid = 0;
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_changed_list_is_swapped_in_within_a_second, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_broken_list_leaves_the_old_one_and_is_logged_once, setup,
            teardown),
        cmocka_unit_test_setup_teardown(
            a_list_that_vanishes_leaves_the_old_one_and_is_logged_once, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_list_in_the_making_is_waited_for,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_bank_that_is_missing_is_built,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_missing_bank_of_a_broken_list_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_bank_that_somebody_else_built_is_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(the_keeper_ends_with_its_lifeline,
                                        setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
