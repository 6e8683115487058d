
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/screen_list.h"
#include "screen_bank_file.h"


#define SCREEN_BANK_FILE_READ  1048576
#define SCREEN_BANK_FILE_TMP   ".tmp."


static int screen_bank_file_open_list(const char *list,
    screen_bank_origin_t *origin, screen_error_t *err);
static int screen_bank_file_read(screen_list_t *l, int fd, const char *list,
    uint64_t size, const screen_bank_progress_t *progress,
    screen_error_t *err);
static void screen_bank_file_clear(const char *path);
static int screen_bank_file_write(screen_bank_builder_t *b, const char *path,
    uid_t uid, gid_t gid, const screen_bank_origin_t *origin,
    screen_error_t *err);
static void screen_bank_file_sync_folder(const char *path);


int
screen_bank_file_build(const char *list, const char *path, uid_t uid,
    gid_t gid, screen_bank_counts_t *counts, screen_error_t *err)
{
    return screen_bank_file_make(list, path, uid, gid, NULL, counts, err);
}


int
screen_bank_file_make(const char *list, const char *path, uid_t uid,
    gid_t gid, const screen_bank_progress_t *progress,
    screen_bank_counts_t *counts, screen_error_t *err)
{
    int                     rc;
    screen_bank_builder_t  *b;
    screen_bank_reading_t   reading;

    b = screen_bank_builder_create();
    if (b == NULL) {
        return screen_error_at(err, path, 0, "no memory to build it");
    }

    memset(&reading, 0, sizeof(screen_bank_reading_t));
    reading.progress = progress;

    rc = screen_bank_file_load(b, list, &reading, err);

    if (rc == SCREEN_OK) {
        rc = screen_bank_file_save(b, path, uid, gid, &reading.origin, counts,
                                   err);
    }

    if (rc == SCREEN_OK && counts != NULL) {
        counts->left_out = reading.tally;
    }

    screen_bank_builder_destroy(b);

    return rc;
}


typedef struct {
    screen_bank_builder_t  *entries;
    screen_bank_builder_t  *withdrawn;
} screen_bank_file_to_t;


static int
screen_bank_file_add(void *ctx, const screen_entry_t *entry)
{
    screen_bank_file_to_t  *to;

    to = ctx;

    return screen_bank_builder_add(to->entries, entry);
}


static int
screen_bank_file_withdraw(void *ctx, const screen_entry_t *entry)
{
    screen_bank_file_to_t  *to;

    to = ctx;

    return screen_bank_builder_add(to->withdrawn, entry);
}


int
screen_bank_file_load(screen_bank_builder_t *b, const char *list,
    screen_bank_reading_t *reading, screen_error_t *err)
{
    int                     fd, rc;
    screen_list_t          *l;
    screen_error_t          ignored;
    screen_bank_origin_t    after, *origin;
    screen_bank_file_to_t   to;

    origin = &reading->origin;

    fd = screen_bank_file_open_list(list, origin, err);
    if (fd == -1) {
        return SCREEN_ERROR;
    }

    to.entries = b;
    to.withdrawn = reading->withdrawn;

    l = screen_list_create(list, screen_bank_file_add, &to);
    if (l == NULL) {
        close(fd);
        return screen_error_at(err, list, 0, "no memory to read it");
    }

    if (to.withdrawn != NULL) {
        screen_list_withdrawn(l, screen_bank_file_withdraw);
    }

    rc = screen_bank_file_read(l, fd, list, origin->size, reading->progress,
                               err);

    screen_list_tally_sum(&reading->tally, screen_list_tally(l));

    screen_list_destroy(l);
    close(fd);

    if (rc > SCREEN_OK) {
        return rc;
    }

    /* half of a list has errors that the whole of it does not have */

    if (screen_bank_file_origin(list, &after, &ignored) != SCREEN_OK
        || !screen_bank_file_same(origin, &after))
    {
        screen_error_at(err, list, 0, "changed while it was read");
        return SCREEN_AGAIN;
    }

    return rc;
}


static void
screen_bank_file_identify(const struct stat *st, screen_bank_origin_t *origin)
{
    origin->size = (uint64_t) st->st_size;
    origin->mtime_ns = (uint64_t) st->st_mtim.tv_sec * 1000000000
                       + (uint64_t) st->st_mtim.tv_nsec;
    origin->inode = (uint64_t) st->st_ino;
}


static int
screen_bank_file_open_list(const char *list, screen_bank_origin_t *origin,
    screen_error_t *err)
{
    int          fd;
    struct stat  st;

    /* nonblocking, for the open of a pipe would wait for its writer */

    fd = open(list, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        screen_error_at(err, list, 0, "cannot be opened: %s",
                        strerror(errno));
        return -1;
    }

    if (fstat(fd, &st) == -1) {
        screen_error_at(err, list, 0, "cannot be read: %s", strerror(errno));
        close(fd);
        return -1;
    }

    if (!S_ISREG(st.st_mode)) {
        screen_error_at(err, list, 0, "is not a regular file");
        close(fd);
        return -1;
    }

    screen_bank_file_identify(&st, origin);

    return fd;
}


static int
screen_bank_file_feed(screen_list_t *l, const char *list, const u_char *data,
    size_t len, screen_error_t *err)
{
    int  rc;

    rc = len ? screen_list_feed(l, data, len, err) : screen_list_end(l, err);

    switch (rc) {

    case SCREEN_NOMEM:
        return screen_error_at(err, list, 0, "no memory for its entries");

    case SCREEN_LIMIT:
        return screen_error_at(err, list, 0, "more than 2^32 - 2 entries");

    case SCREEN_MALFORMED:
        return screen_error_at(err, list, 0, "an entry cannot be held");

    default:
        return rc;
    }
}


static int
screen_bank_file_read(screen_list_t *l, int fd, const char *list,
    uint64_t size, const screen_bank_progress_t *progress,
    screen_error_t *err)
{
    int       rc;
    u_char   *buf;
    ssize_t   n;
    uint64_t  done;

    buf = malloc(SCREEN_BANK_FILE_READ);
    if (buf == NULL) {
        return screen_error_at(err, list, 0, "no memory to read it");
    }

    done = 0;

    do {
        n = read(fd, buf, SCREEN_BANK_FILE_READ);

        if (n == -1) {

            if (errno == EINTR) {
                rc = SCREEN_OK;
                continue;
            }

            rc = screen_error_at(err, list, 0, "cannot be read: %s",
                                 strerror(errno));
            break;
        }

        rc = screen_bank_file_feed(l, list, buf, (size_t) n, err);

        done += (uint64_t) n;

        /* a list that grows as fast as it is read would never end */

        if (rc == SCREEN_OK && done > size) {
            break;
        }

        if (rc == SCREEN_OK && n > 0 && progress != NULL) {
            rc = progress->step(progress->ctx, done, size);
        }

    } while (rc == SCREEN_OK && n != 0);

    free(buf);

    return rc;
}


int
screen_bank_file_save(screen_bank_builder_t *b, const char *path, uid_t uid,
    gid_t gid, const screen_bank_origin_t *origin,
    screen_bank_counts_t *counts, screen_error_t *err)
{
    int            n;
    char           tmp[PATH_MAX];
    screen_bank_t  bank;

    n = snprintf(tmp, sizeof(tmp), "%s" SCREEN_BANK_FILE_TMP "%ld", path,
                 (long) getpid());

    if (n < 0 || (size_t) n >= sizeof(tmp)) {
        return screen_error_at(err, path, 0, "the path is too long");
    }

    screen_bank_file_clear(path);

    if (unlink(tmp) == -1 && errno != ENOENT) {
        return screen_error_at(err, tmp, 0, "cannot be removed: %s",
                               strerror(errno));
    }

    if (screen_bank_file_write(b, tmp, uid, gid, origin, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    /* what cannot be opened must not take the place of what can */

    if (screen_bank_open(&bank, tmp, err) != SCREEN_OK) {
        (void) unlink(tmp);
        return SCREEN_ERROR;
    }

    if (counts != NULL) {
        screen_bank_file_count(&bank, counts);
    }

    screen_bank_close(&bank);

    if (rename(tmp, path) == -1) {
        n = errno;
        (void) unlink(tmp);
        return screen_error_at(err, path, 0, "cannot be replaced: %s",
                               strerror(n));
    }

    screen_bank_file_sync_folder(path);

    return SCREEN_OK;
}


static int
screen_bank_file_write(screen_bank_builder_t *b, const char *path, uid_t uid,
    gid_t gid, const screen_bank_origin_t *origin, screen_error_t *err)
{
    int  fd, rc;

    fd = open(path, O_WRONLY|O_CREAT|O_EXCL|O_NOFOLLOW|O_CLOEXEC, 0600);
    if (fd == -1) {
        return screen_error_at(err, path, 0, "cannot be created: %s",
                               strerror(errno));
    }

    /*
     * By the descriptor, for the folder may belong to that user, who could
     * put another file in this one's place.
     */

    if ((uid != (uid_t) -1 || gid != (gid_t) -1)
        && fchown(fd, uid, gid) == -1)
    {
        rc = screen_error_at(err, path, 0, "cannot be given to user %ld, "
                             "group %ld: %s", (long) uid, (long) gid,
                             strerror(errno));

    } else if (fchmod(fd, 0640) == -1) {
        rc = screen_error_at(err, path, 0, "cannot be made readable: %s",
                             strerror(errno));

    } else {
        rc = screen_bank_write_fd(b, fd, path, origin, err);
    }

    if (close(fd) == -1 && rc == SCREEN_OK) {
        rc = screen_error_at(err, path, 0, "cannot be written: %s",
                             strerror(errno));
    }

    if (rc != SCREEN_OK) {
        (void) unlink(path);
    }

    return rc;
}


/* the folder of path, and where its file name begins */

static DIR *
screen_bank_file_folder(const char *path, const char **name)
{
    DIR         *dir;
    char        *folder;
    const char  *slash;

    slash = strrchr(path, '/');

    *name = slash ? slash + 1 : path;

    if (slash == NULL) {
        return opendir(".");
    }

    folder = strndup(path, (size_t) (slash - path + 1));
    if (folder == NULL) {
        return NULL;
    }

    dir = opendir(folder);

    free(folder);

    return dir;
}


/* a build that was killed leaves its file, which may be a large one */

static void
screen_bank_file_clear(const char *path)
{
    DIR            *dir;
    long            pid;
    char           *end;
    size_t          len;
    const char     *name, *digits;
    struct dirent  *entry;

    dir = screen_bank_file_folder(path, &name);
    if (dir == NULL) {
        return;
    }

    len = strlen(name);

    while ((entry = readdir(dir)) != NULL) {

        if (strncmp(entry->d_name, name, len) != 0
            || strncmp(entry->d_name + len, SCREEN_BANK_FILE_TMP,
                       sizeof(SCREEN_BANK_FILE_TMP) - 1) != 0)
        {
            continue;
        }

        digits = entry->d_name + len + sizeof(SCREEN_BANK_FILE_TMP) - 1;

        pid = strtol(digits, &end, 10);

        if (end == digits || *end != '\0' || pid <= 0 || pid > INT_MAX) {
            continue;
        }

        if (kill((pid_t) pid, 0) == -1 && errno == ESRCH) {
            (void) unlinkat(dirfd(dir), entry->d_name, 0);
        }
    }

    closedir(dir);
}


/* so that the rename outlives a power cut; not every file system can */

static void
screen_bank_file_sync_folder(const char *path)
{
    DIR         *dir;
    const char  *name;

    dir = screen_bank_file_folder(path, &name);

    if (dir != NULL) {
        (void) fsync(dirfd(dir));
        closedir(dir);
    }
}


int
screen_bank_file_fresh(const char *list, const char *path)
{
    int                   fresh;
    screen_bank_t         bank;
    screen_error_t        ignored;
    screen_bank_origin_t  origin = { 0, 0, 0 };

    if (screen_bank_file_origin(list, &origin, &ignored) != SCREEN_OK
        || screen_bank_open(&bank, path, &ignored) != SCREEN_OK)
    {
        return 0;
    }

    fresh = screen_bank_file_same(&origin, &bank.origin);

    screen_bank_close(&bank);

    return fresh;
}


int
screen_bank_file_origin(const char *list, screen_bank_origin_t *origin,
    screen_error_t *err)
{
    struct stat  st;

    if (stat(list, &st) == -1) {
        return screen_error_at(err, list, 0, "cannot be found: %s",
                               strerror(errno));
    }

    screen_bank_file_identify(&st, origin);

    return SCREEN_OK;
}


int
screen_bank_file_same(const screen_bank_origin_t *a,
    const screen_bank_origin_t *b)
{
    return a->size == b->size && a->mtime_ns == b->mtime_ns
           && a->inode == b->inode;
}


void
screen_bank_file_count(const screen_bank_t *bank,
    screen_bank_counts_t *counts)
{
    unsigned  signal;

    memset(counts, 0, sizeof(screen_bank_counts_t));

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        counts->entries[signal] = bank->entries[signal];
        counts->total += bank->entries[signal];
    }

    counts->size = bank->size;
    counts->built = bank->built;
    counts->origin = bank->origin;
}


const char *
screen_bank_file_error(char to[SCREEN_BANK_FILE_ERROR_LEN],
    const screen_error_t *err)
{
    if (err->file[0] == '\0') {
        snprintf(to, SCREEN_BANK_FILE_ERROR_LEN, "%s", err->text);

    } else if (err->line == 0) {
        snprintf(to, SCREEN_BANK_FILE_ERROR_LEN, "%s: %s", err->file,
                 err->text);

    } else {
        snprintf(to, SCREEN_BANK_FILE_ERROR_LEN, "%s:%u: %s", err->file,
                 err->line, err->text);
    }

    return to;
}
