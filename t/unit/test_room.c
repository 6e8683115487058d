
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "screen_room.h"


/* a file of one byte repeated, with its offset at the end */

static int
test_file(size_t size, int c)
{
    int      fd;
    u_char  *data;

    fd = memfd_create("test", 0);
    assert_int_not_equal(fd, -1);

    data = malloc(size + 1);
    assert_non_null(data);

    memset(data, c, size);
    assert_int_equal(write(fd, data, size), size);

    free(data);

    return fd;
}


static void
test_holds(screen_room_t *room, size_t size, int c, int all, int mapped)
{
    int     fd;
    size_t  i;

    fd = test_file(size, c);

    assert_int_equal(screen_room_open(room, fd, all), SCREEN_OK);
    assert_int_equal(room->size, size);
    assert_int_equal(room->mapped, mapped);

    for (i = 0; i < size; i++) {

        if (room->data[i] != c) {
            fail_msg("byte %zu is %d", i, room->data[i]);
        }
    }

    if (!mapped) {

        for (i = 0; i < 64; i++) {
            assert_int_equal(room->data[size + i], 0);
        }
    }

    screen_room_close(room);
    close(fd);
}


static void
test_every_body_is_there_as_it_is(void **state)
{
    screen_room_t  room;

    assert_int_equal(screen_room_init(&room), SCREEN_OK);

    test_holds(&room, 1, 'a', 0, 0);
    test_holds(&room, SCREEN_ROOM_SMALL, 'b', 0, 0);
    test_holds(&room, SCREEN_ROOM_SMALL + 1, 'c', 0, 1);
    test_holds(&room, SCREEN_ROOM_SMALL + 1, 'd', 1, 0);
    test_holds(&room, SCREEN_ROOM_SIZE, 'e', 1, 0);
    test_holds(&room, SCREEN_ROOM_SIZE + 1, 'f', 1, 1);
    test_holds(&room, 3, 'g', 1, 0);
}


static void
test_an_empty_body_has_no_data(void **state)
{
    int            fd;
    screen_room_t  room;

    assert_int_equal(screen_room_init(&room), SCREEN_OK);

    fd = test_file(0, 0);

    assert_int_equal(screen_room_open(&room, fd, 1), SCREEN_OK);
    assert_null(room.data);
    assert_int_equal(room.size, 0);

    screen_room_close(&room);
    close(fd);
}


static void
test_what_is_no_file_is_malformed(void **state)
{
    int            fds[2];
    screen_room_t  room;

    assert_int_equal(screen_room_init(&room), SCREEN_OK);
    assert_int_equal(pipe(fds), 0);

    assert_int_equal(screen_room_open(&room, fds[0], 1), SCREEN_MALFORMED);
    assert_int_equal(screen_room_open(&room, -1, 1), SCREEN_MALFORMED);

    close(fds[0]);
    close(fds[1]);
}


/* of the room's own pages, how many are in memory */

static size_t
test_resident(const screen_room_t *room)
{
    size_t          i, n;
    static u_char   pages[SCREEN_ROOM_SIZE / 4096];

    assert_int_equal(mincore(room->start, SCREEN_ROOM_SIZE, pages), 0);

    for (n = 0, i = 0; i < sizeof(pages); i++) {
        n += pages[i] & 1;
    }

    return n;
}


static void
test_memory_of_a_large_body_is_given_back(void **state)
{
    screen_room_t  room;

    assert_int_equal(screen_room_init(&room), SCREEN_OK);
    assert_int_equal(test_resident(&room), 0);

    test_holds(&room, 100000, 'a', 1, 0);
    assert_false(screen_room_is_large(&room));

    test_holds(&room, 10000000, 'b', 1, 0);
    test_holds(&room, 100000, 'c', 1, 0);
    assert_true(screen_room_is_large(&room));
    assert_true(test_resident(&room) >= 10000000 / 4096);

    screen_room_idle(&room);
    assert_false(screen_room_is_large(&room));
    assert_true(test_resident(&room) <= 2 * 1024 * 1024 / 4096);

    test_holds(&room, 10000000, 'd', 1, 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(test_every_body_is_there_as_it_is),
        cmocka_unit_test(test_an_empty_body_has_no_data),
        cmocka_unit_test(test_what_is_no_file_is_malformed),
        cmocka_unit_test(test_memory_of_a_large_body_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
