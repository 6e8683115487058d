
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../ngx_http_screen_module/bank/screen_bank_file.h"


#define SHA  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define MD5  "098f6bcd4621d373cade4e832627b4f6"


typedef struct {
    char                   folder[64];
    char                   list[128];
    char                   path[128];
    screen_error_t         err;
    screen_bank_counts_t   counts;
} files_t;


static void
put(const char *path, const char *text)
{
    FILE  *f;

    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_not_equal(fputs(text, f), EOF);
    assert_int_equal(fclose(f), 0);
}


static unsigned
files_in(const char *folder)
{
    DIR       *dir;
    unsigned   n;

    n = 0;

    dir = opendir(folder);
    assert_non_null(dir);

    while (readdir(dir) != NULL) {
        n++;
    }

    closedir(dir);

    return n - 2;
}


static int
setup(void **state)
{
    files_t  *f;

    f = calloc(1, sizeof(files_t));
    if (f == NULL) {
        return -1;
    }

    strcpy(f->folder, "/tmp/test_bank_file.XXXXXX");

    if (mkdtemp(f->folder) == NULL) {
        free(f);
        return -1;
    }

    snprintf(f->list, sizeof(f->list), "%s/list.csv", f->folder);
    snprintf(f->path, sizeof(f->path), "%s/list.bank", f->folder);

    *state = f;

    return 0;
}


static int
teardown(void **state)
{
    files_t  *f;

    f = *state;

    unlink(f->list);
    unlink(f->path);

    if (rmdir(f->folder) == -1) {
        return -1;
    }

    free(f);

    return 0;
}


static int
build(files_t *f)
{
    return screen_bank_file_build(f->list, f->path, (uid_t) -1, (gid_t) -1,
                                  &f->counts, &f->err);
}


static void
a_list_becomes_a_bank_that_is_fresh_until_the_list_changes(void **state)
{
    files_t  *f;

    f = *state;

    put(f->list, SHA "  a\n" MD5 "  b\n");

    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 0);
    assert_int_equal(build(f), SCREEN_OK);
    assert_int_equal(f->counts.total, 2);
    assert_int_equal(f->counts.entries[SCREEN_SIGNAL_MD5], 1);
    assert_int_equal(f->counts.origin.size, 64 + 32 + 8);
    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 1);

    put(f->list, SHA "  a\n");

    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 0);
    assert_int_equal(build(f), SCREEN_OK);
    assert_int_equal(f->counts.total, 1);
    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 1);

    unlink(f->list);

    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 0);
}


static void
a_wrong_list_leaves_the_bank_as_it_was(void **state)
{
    char      text[SCREEN_BANK_FILE_ERROR_LEN], right[512];
    files_t  *f;

    f = *state;

    put(f->list, SHA "\n");
    assert_int_equal(build(f), SCREEN_OK);

    put(f->list, SHA "\nwrong\n");
    assert_int_equal(build(f), SCREEN_ERROR);

    snprintf(right, sizeof(right), "%s:2: \"wrong\" is not a hash: 64 "
             "(sha256), 40 (sha1) or 32 (md5) hexadecimal digits expected",
             f->list);
    assert_string_equal(screen_bank_file_error(text, &f->err), right);

    assert_int_equal(files_in(f->folder), 2);

    put(f->list, "");
    assert_int_equal(screen_bank_file_fresh(f->list, f->path), 0);
}


static void
what_is_no_list_is_an_error(void **state)
{
    files_t  *f;

    f = *state;

    assert_int_equal(build(f), SCREEN_ERROR);
    assert_non_null(strstr(f->err.text, "cannot be opened: No such file"));

    assert_int_equal(screen_bank_file_build(f->folder, f->path, -1, -1, NULL,
                                            &f->err), SCREEN_ERROR);
    assert_string_equal(f->err.text, "is not a regular file");

    assert_int_equal(mkfifo(f->list, 0600), 0);
    assert_int_equal(build(f), SCREEN_ERROR);
    assert_string_equal(f->err.text, "is not a regular file");
    unlink(f->list);

    put(f->list, SHA "\n");
    assert_int_equal(screen_bank_file_build(f->list, "/nonexistent/x", -1, -1,
                                            NULL, &f->err), SCREEN_ERROR);
    assert_non_null(strstr(f->err.text, "cannot be created"));
}


static int
step_appending(void *ctx, uint64_t done, uint64_t size)
{
    put(ctx, SHA "\n" SHA "\n");

    return SCREEN_OK;
}


static int
step_renaming(void *ctx, uint64_t done, uint64_t size)
{
    char  other[160];

    snprintf(other, sizeof(other), "%s.new", (char *) ctx);
    put(other, SHA "\n");

    return rename(other, ctx);
}


static int
step_ending(void *ctx, uint64_t done, uint64_t size)
{
    return 77;
}


static void
a_list_that_changes_while_it_is_read_is_to_be_read_again(void **state)
{
    size_t                   i;
    files_t                 *f;
    screen_bank_progress_t   progress;

    int (*steps[])(void *, uint64_t, uint64_t) = {
        step_appending, step_renaming
    };

    f = *state;

    for (i = 0; i < 2; i++) {
        put(f->list, SHA "\n");

        progress.step = steps[i];
        progress.ctx = f->list;

        assert_int_equal(screen_bank_file_make(f->list, f->path, -1, -1,
                                               &progress, NULL, &f->err),
                         SCREEN_AGAIN);
        assert_string_equal(f->err.text, "changed while it was read");
        assert_int_equal(files_in(f->folder), 1);
    }
}


static void
a_progress_can_end_the_work(void **state)
{
    files_t                 *f;
    screen_bank_progress_t   progress;

    f = *state;

    put(f->list, SHA "\n");

    progress.step = step_ending;
    progress.ctx = NULL;

    assert_int_equal(screen_bank_file_make(f->list, f->path, -1, -1,
                                           &progress, NULL, &f->err), 77);
    assert_int_equal(files_in(f->folder), 1);
}


static void
the_bank_belongs_to_whom_it_is_made_for(void **state)
{
    files_t      *f;
    struct stat   st;

    f = *state;

    put(f->list, SHA "\n");

    if (geteuid() != 0) {
        skip();
    }

    umask(0);
    assert_int_equal(screen_bank_file_build(f->list, f->path, 65534, 65533,
                                            NULL, &f->err), SCREEN_OK);
    umask(022);

    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_uid, 65534);
    assert_int_equal(st.st_gid, 65533);
    assert_int_equal(st.st_mode & 07777, 0640);
}


static void
what_a_killed_build_left_is_cleared_away(void **state)
{
    int       status;
    char      dead[160], alive[160], other[160];
    pid_t     pid;
    files_t  *f;

    f = *state;

    pid = fork();
    assert_int_not_equal(pid, -1);

    if (pid == 0) {
        _exit(0);
    }

    assert_int_equal(waitpid(pid, &status, 0), pid);

    snprintf(dead, sizeof(dead), "%s.tmp.%d", f->path, (int) pid);
    snprintf(alive, sizeof(alive), "%s.tmp.%d", f->path, (int) getppid());
    snprintf(other, sizeof(other), "%s.tmp.%dx", f->path, (int) pid);

    put(f->list, SHA "\n");
    put(dead, "half");
    put(alive, "half");
    put(other, "mine");

    assert_int_equal(build(f), SCREEN_OK);

    assert_int_equal(access(dead, F_OK), -1);
    assert_int_equal(access(alive, F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);

    unlink(alive);
    unlink(other);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test_setup_teardown(
            a_list_becomes_a_bank_that_is_fresh_until_the_list_changes,
            setup, teardown),
        cmocka_unit_test_setup_teardown(
            a_wrong_list_leaves_the_bank_as_it_was, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_no_list_is_an_error, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_list_that_changes_while_it_is_read_is_to_be_read_again, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_progress_can_end_the_work, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            the_bank_belongs_to_whom_it_is_made_for, setup, teardown),
        cmocka_unit_test_setup_teardown(
            what_a_killed_build_left_is_cleared_away, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
