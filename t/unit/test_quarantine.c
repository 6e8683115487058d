
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_quarantine.h"


typedef struct {
    char                  path[64];
    screen_quarantine_t   q;
    screen_error_t        err;
    int                   fd;
} fixture_t;


static void
begin(fixture_t *f)
{
    memset(f, 0, sizeof(fixture_t));

    strcpy(f->path, "/tmp/screen-quarantine-XXXXXX");
    assert_non_null(mkdtemp(f->path));

    f->q.path = f->path;

    f->fd = memfd_create("body", MFD_CLOEXEC);
    assert_int_equal(write(f->fd, "0123456789", 10), 10);
}


static void
end(fixture_t *f)
{
    char            path[2048];
    DIR            *dir;
    struct dirent  *entry;

    dir = opendir(f->path);

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", f->path, entry->d_name);
        unlink(path);
    }

    if (dir != NULL) {
        closedir(dir);
    }

    rmdir(f->path);
    close(f->fd);
}


/* 64 times a digit */

static const char *
name(char digit)
{
    static char  names[16][65];

    memset(names[digit & 15], digit, 64);

    return names[digit & 15];
}


static int
add(fixture_t *f, char digit, uint64_t offset, uint64_t size)
{
    screen_str_t  record;

    record = screen_str_of("{\"v\":1}\n");

    return screen_quarantine_add(&f->q, name(digit), f->fd, offset, size,
                                 &record, &f->err);
}


static void
assert_content(fixture_t *f, const char *file, const char *expected)
{
    int      fd;
    char     path[2048], data[256];
    ssize_t  n;

    snprintf(path, sizeof(path), "%s/%s", f->path, file);

    fd = open(path, O_RDONLY);
    assert_int_not_equal(fd, -1);

    n = read(fd, data, sizeof(data) - 1);
    assert_true(n >= 0);
    data[n] = '\0';
    close(fd);

    assert_string_equal(data, expected);
}


static void
age(fixture_t *f, const char *file, time_t seconds)
{
    char             path[2048];
    struct timespec  times[2];

    snprintf(path, sizeof(path), "%s/%s", f->path, file);

    memset(times, 0, sizeof(times));
    times[0].tv_sec = time(NULL) - seconds;
    times[1].tv_sec = times[0].tv_sec;

    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}


static int
count_one(void *ctx, const screen_quarantine_item_t *item)
{
    ++*(int *) ctx;

    return SCREEN_OK;
}


static int
count(fixture_t *f)
{
    int  n;

    n = 0;
    assert_int_equal(screen_quarantine_walk(&f->q, count_one, &n, &f->err),
                     SCREEN_OK);

    return n;
}


static void
a_copy_holds_the_part_and_nothing_around_it(void **state)
{
    char       path[2048];
    fixture_t  f;

    begin(&f);

    assert_int_equal(add(&f, 'a', 3, 4), SCREEN_OK);
    assert_int_equal(add(&f, 'b', 0, 0), SCREEN_OK);
    assert_content(&f, name('a'), "3456");
    assert_content(&f, name('b'), "");

    snprintf(path, sizeof(path), "%s.json", name('a'));
    assert_content(&f, path, "{\"v\":1}\n");

    end(&f);
}


static void
content_that_is_there_gets_another_record(void **state)
{
    char                       path[2048];
    fixture_t                  f;
    screen_quarantine_item_t   item;

    begin(&f);

    assert_int_equal(add(&f, 'a', 3, 4), SCREEN_OK);
    age(&f, name('a'), 1000);
    assert_int_equal(add(&f, 'a', 3, 4), SCREEN_OK);
    assert_int_equal(count(&f), 1);

    snprintf(path, sizeof(path), "%s.json", name('a'));
    assert_content(&f, path, "{\"v\":1}\n{\"v\":1}\n");

    assert_int_equal(screen_quarantine_find(&f.q, name('a'), &item, &f.err),
                     SCREEN_OK);
    assert_true(item.time + 100 > (uint64_t) time(NULL));

    end(&f);
}


static void
bounds_hold_and_what_is_there_stays(void **state)
{
    fixture_t  f;

    begin(&f);

    f.q.max_files = 2;
    assert_int_equal(add(&f, 'a', 0, 1), SCREEN_OK);
    assert_int_equal(add(&f, 'b', 0, 1), SCREEN_OK);
    assert_int_equal(add(&f, 'c', 0, 1), SCREEN_LIMIT);
    assert_string_equal(f.err.text, "2 copies, 18 bytes");
    assert_int_equal(add(&f, 'a', 0, 1), SCREEN_OK);
    assert_int_equal(count(&f), 2);

    f.q.max_files = 0;
    f.q.max_size = 35;
    assert_int_equal(add(&f, 'c', 0, 2), SCREEN_LIMIT);
    assert_int_equal(add(&f, 'c', 0, 1), SCREEN_OK);

    end(&f);
}


static void
what_was_deleted_by_hand_makes_room(void **state)
{
    char       path[2048];
    fixture_t  f;

    begin(&f);

    f.q.max_files = 1;
    assert_int_equal(add(&f, 'a', 0, 1), SCREEN_OK);

    snprintf(path, sizeof(path), "%s/%s", f.path, name('a'));
    unlink(path);

    assert_int_equal(add(&f, 'b', 0, 1), SCREEN_OK);

    end(&f);
}


static void
what_is_too_old_makes_room(void **state)
{
    char       path[2048];
    fixture_t  f;

    begin(&f);

    f.q.max_files = 2;
    f.q.max_age = 60;
    assert_int_equal(add(&f, 'a', 0, 1), SCREEN_OK);
    assert_int_equal(add(&f, 'b', 0, 1), SCREEN_OK);
    age(&f, name('a'), 100);

    assert_int_equal(add(&f, 'c', 0, 1), SCREEN_OK);
    assert_int_equal(count(&f), 2);

    /* left by a worker that was killed, and somebody else's */

    snprintf(path, sizeof(path), "%s/.new-0123456789ab", f.path);
    close(open(path, O_CREAT|O_WRONLY, 0600));
    snprintf(path, sizeof(path), "%s/notes", f.path);
    close(open(path, O_CREAT|O_WRONLY, 0600));
    age(&f, ".new-0123456789ab", 4000);
    age(&f, "notes", 4000);

    assert_int_equal(screen_quarantine_expire(&f.q, &f.err), SCREEN_OK);

    assert_int_equal(access(path, F_OK), 0);
    snprintf(path, sizeof(path), "%s/.new-0123456789ab", f.path);
    assert_int_equal(access(path, F_OK), -1);

    end(&f);
}


static void
a_body_that_is_too_short_leaves_nothing(void **state)
{
    fixture_t  f;

    begin(&f);

    assert_int_equal(add(&f, 'a', 8, 100), SCREEN_ERROR);
    assert_non_null(strstr(f.err.text, "copying"));
    assert_int_equal(count(&f), 0);

    f.q.max_files = 1;
    assert_int_equal(add(&f, 'b', 0, 1), SCREEN_OK);

    end(&f);
}


static void
a_copy_is_removed_with_its_records(void **state)
{
    char       path[2048];
    fixture_t  f;

    begin(&f);

    assert_int_equal(add(&f, 'a', 0, 1), SCREEN_OK);
    assert_int_equal(screen_quarantine_remove(&f.q, name('a'), &f.err),
                     SCREEN_OK);
    assert_int_equal(screen_quarantine_remove(&f.q, name('a'), &f.err),
                     SCREEN_NOT_FOUND);

    snprintf(path, sizeof(path), "%s/%s.json", f.path, name('a'));
    assert_int_equal(access(path, F_OK), -1);

    end(&f);
}


static void
only_a_digest_is_a_name(void **state)
{
    fixture_t     f;
    screen_str_t  record;

    begin(&f);

    record = screen_str_of("x\n");

    assert_int_equal(screen_quarantine_add(&f.q, "../../etc/x", f.fd, 0, 1,
                                           &record, &f.err), SCREEN_ERROR);
    assert_int_equal(screen_quarantine_remove(&f.q, ".lock", &f.err),
                     SCREEN_NOT_FOUND);
    assert_true(screen_quarantine_name(name('f')));
    assert_false(screen_quarantine_name("abc"));

    end(&f);
}


static void *
add_many(void *data)
{
    int          i;
    fixture_t    mine;

    mine = *(fixture_t *) data;

    for (i = 0; i < 50; i++) {
        add(&mine, (char) ('0' + i % 8), 0, 10);
    }

    return NULL;
}


static void
threads_do_not_disturb_each_other(void **state)
{
    int        i;
    char       path[2048];
    pthread_t  threads[4];
    fixture_t  f;

    begin(&f);

    for (i = 0; i < 8; i++) {
        (void) name((char) ('0' + i));
    }

    f.q.max_files = 8;

    for (i = 0; i < 4; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, add_many, &f), 0);
    }

    for (i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }

    assert_int_equal(count(&f), 8);

    for (i = 0; i < 8; i++) {
        assert_content(&f, name((char) ('0' + i)), "0123456789");
    }

    snprintf(path, sizeof(path), "%s.json", name('0'));
    assert_int_equal(add(&f, '9', 0, 1), SCREEN_LIMIT);

    end(&f);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_copy_holds_the_part_and_nothing_around_it),
        cmocka_unit_test(content_that_is_there_gets_another_record),
        cmocka_unit_test(bounds_hold_and_what_is_there_stays),
        cmocka_unit_test(what_was_deleted_by_hand_makes_room),
        cmocka_unit_test(what_is_too_old_makes_room),
        cmocka_unit_test(a_body_that_is_too_short_leaves_nothing),
        cmocka_unit_test(a_copy_is_removed_with_its_records),
        cmocka_unit_test(only_a_digest_is_a_name),
        cmocka_unit_test(threads_do_not_disturb_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
