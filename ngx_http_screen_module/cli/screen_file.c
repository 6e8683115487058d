
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_file.h"
#include "screen_wire.h"


#define SCREEN_FILE_BUFFER  65536


int
screen_file_open(screen_upload_t *u, const char *path, screen_error_t *err)
{
    int          fd;
    struct stat  st;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1 || fstat(fd, &st) == -1) {
        screen_error_set(err, "%s", strerror(errno));

    } else if (!S_ISREG(st.st_mode)) {
        screen_error_set(err, "not a regular file");

    } else {
        u->method = screen_str_of("POST");
        u->declared_size = st.st_size;
        u->size = st.st_size;

        return fd;
    }

    if (fd != -1) {
        close(fd);
    }

    return -1;
}


int
screen_file_read(int fd, uint64_t *size, screen_file_read_t read, void *ctx,
    screen_error_t *err)
{
    int      rc;
    u_char   buf[SCREEN_FILE_BUFFER];
    ssize_t  n;

    *size = 0;

    while ((n = pread(fd, buf, sizeof(buf), (off_t) *size)) > 0) {
        rc = read(ctx, buf, n);

        if (rc != SCREEN_OK) {
            return rc;
        }

        *size += n;
    }

    return n == 0 ? SCREEN_OK : screen_error_set(err, "%s", strerror(errno));
}


static int
screen_file_update(void *ctx, const u_char *data, size_t len)
{
    screen_digest_t *digest = ctx;

    screen_digest_update(digest, data, len);

    return SCREEN_OK;
}


int
screen_file_digest(screen_part_t *part, int fd, unsigned signals,
    screen_error_t *err)
{
    int              rc;
    screen_digest_t  digest;

    memset(&digest, 0, sizeof(screen_digest_t));

    if (screen_digest_start(&digest, signals) != SCREEN_OK) {
        screen_digest_free(&digest);
        return screen_error_set(err, "no memory");
    }

    rc = screen_file_read(fd, &part->size, screen_file_update, &digest, err);

    screen_digest_part(&digest, part);
    screen_digest_free(&digest);

    return rc;
}


/* the one part of it, named as the file is */

static screen_part_t *
screen_file_part(screen_upload_t *u, const char *path,
    const screen_alloc_t *alloc)
{
    const char     *base;
    screen_part_t  *part;

    part = screen_calloc(alloc, sizeof(screen_part_t));
    if (part == NULL) {
        return NULL;
    }

    base = strrchr(path, '/');
    base = base ? base + 1 : path;

    part->filename = screen_str_of(base);
    part->has_filename = 1;
    part->size = u->size;

    u->parts = part;
    u->nparts = 1;

    return part;
}


int
screen_file_screen(screen_judged_t *judged, const char *path,
    const screen_judge_t *judge, const screen_alloc_t *alloc,
    screen_error_t *err)
{
    int               fd, rc;
    uint64_t          start;
    screen_part_t    *part;
    screen_upload_t  *u;

    memset(judged, 0, sizeof(screen_judged_t));

    start = screen_wire_now();
    u = &judged->upload;

    fd = screen_file_open(u, path, err);
    if (fd == -1) {
        return SCREEN_ERROR;
    }

    part = screen_file_part(u, path, alloc);

    rc = part ? screen_judge_headers(judge, judged, alloc, err)
              : screen_error_set(err, "no memory");

    /* who asks for a verdict wants to know of what, of a reject as well */

    if (rc != SCREEN_ERROR
        && screen_file_digest(part, fd, screen_judge_signals(judge), err)
           != SCREEN_OK)
    {
        rc = SCREEN_ERROR;
    }

    if (rc == SCREEN_AGAIN) {
        u->size = part->size;
        rc = screen_judge_body(judge, judged, fd, alloc, err);
    }

    close(fd);

    judged->ms = screen_wire_now() - start;

    return rc;
}
