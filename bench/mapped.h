
/*
 * What the measurements share: files that are looked at in memory, all of
 * their pages there before the clock runs.
 */


#ifndef _MAPPED_H_INCLUDED_
#define _MAPPED_H_INCLUDED_


#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_core.h"


/* NULL when it cannot be read; the map is released by munmap() */

static inline u_char *
bench_map(const char *file, size_t *size)
{
    int          fd;
    void        *data;
    struct stat  st;

    fd = open(file, O_RDONLY|O_CLOEXEC);

    if (fd == -1) {
        return NULL;
    }

    data = MAP_FAILED;

    if (fstat(fd, &st) == 0) {
        *size = (size_t) st.st_size;
        data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE|MAP_POPULATE, fd, 0);
    }

    (void) close(fd);

    return data == MAP_FAILED ? NULL : data;
}


#endif /* _MAPPED_H_INCLUDED_ */
