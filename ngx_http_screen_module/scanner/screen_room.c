
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "screen_room.h"


#define SCREEN_ROOM_PAD    64

/* pages of the first part are small: most scanners need no more */

#define SCREEN_ROOM_PAGE   (2 * 1024 * 1024)


int
screen_room_init(screen_room_t *room)
{
    void    *map;
    size_t   size;

    memset(room, 0, sizeof(screen_room_t));

    size = SCREEN_ROOM_SIZE + 2 * SCREEN_ROOM_PAGE;

    map = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS,
               -1, 0);
    if (map == MAP_FAILED) {
        return SCREEN_NOMEM;
    }

    room->start = (u_char *) (((uintptr_t) map + SCREEN_ROOM_PAGE - 1)
                              & ~(uintptr_t) (SCREEN_ROOM_PAGE - 1));

    /* without large pages it is slower, no more */

    (void) madvise(room->start + SCREEN_ROOM_PAGE, SCREEN_ROOM_SIZE,
                   MADV_HUGEPAGE);

    return SCREEN_OK;
}


static int
screen_room_read(screen_room_t *room, int fd)
{
    size_t   len;
    ssize_t  n;

    if (room->used < room->size) {
        room->used = room->size;
    }

    for (len = 0; len < room->size; len += n) {
        n = pread(fd, room->start + len, room->size - len, len);

        if (n <= 0) {
            return SCREEN_MALFORMED;
        }
    }

    /* those of the body before are none of this one's */

    memset(room->start + len, 0, SCREEN_ROOM_PAD);

    room->data = room->start;

    return SCREEN_OK;
}


int
screen_room_open(screen_room_t *room, int fd, int all)
{
    void         *map;
    struct stat   st;

    room->data = NULL;
    room->size = 0;
    room->mapped = 0;

    /* not fstat(): some C libraries make newfstatat() of it, which is denied */

    if (syscall(SYS_fstat, fd, &st) == -1 || !S_ISREG(st.st_mode)) {
        return SCREEN_MALFORMED;
    }

    if (st.st_size == 0) {
        return SCREEN_OK;
    }

    room->size = st.st_size;

    if (room->size <= (all ? SCREEN_ROOM_SIZE : SCREEN_ROOM_SMALL)) {
        return screen_room_read(room, fd);
    }

    map = mmap(NULL, room->size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        return SCREEN_NOMEM;
    }

    room->data = map;
    room->mapped = 1;

    return SCREEN_OK;
}


void
screen_room_close(screen_room_t *room)
{
    if (room->mapped) {
        (void) munmap((void *) room->data, room->size);
        room->mapped = 0;
    }

    room->data = NULL;
}


int
screen_room_is_large(const screen_room_t *room)
{
    return room->used > SCREEN_ROOM_PAGE;
}


void
screen_room_idle(screen_room_t *room)
{
    (void) madvise(room->start + SCREEN_ROOM_PAGE,
                   SCREEN_ROOM_SIZE, MADV_DONTNEED);

    room->used = 0;
}
