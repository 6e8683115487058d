
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "screen_quarantine.h"


#define SCREEN_QUARANTINE_RECORDS  (1024 * 1024)   /* of one copy, bytes */
#define SCREEN_QUARANTINE_RECOUNT  60              /* seconds */
#define SCREEN_QUARANTINE_STALE    3600            /* an interrupted copy */
#define SCREEN_QUARANTINE_TEMP     ".new-XXXXXXXXXXXX"


/* what .lock holds */

typedef struct {
    uint64_t                    counted;     /* when, s since 1970 */
    uint64_t                    size;
    uint64_t                    files;
} screen_quarantine_sums_t;


/* the folder, locked */

typedef struct {
    const screen_quarantine_t  *q;
    int                         dir;
    int                         lock;
    uint64_t                    now;
    screen_quarantine_sums_t    sums;
    screen_error_t             *err;
} screen_quarantine_folder_t;


static int screen_quarantine_open(screen_quarantine_folder_t *f,
    const screen_quarantine_t *q, screen_error_t *err);
static void screen_quarantine_close(screen_quarantine_folder_t *f);
static int screen_quarantine_lock(screen_quarantine_folder_t *f);
static void screen_quarantine_unlock(screen_quarantine_folder_t *f);
static int screen_quarantine_count(screen_quarantine_folder_t *f);
static int screen_quarantine_count_file(screen_quarantine_folder_t *f,
    const char *name);
static int screen_quarantine_reserve(screen_quarantine_folder_t *f,
    uint64_t size);
static int screen_quarantine_fits(screen_quarantine_folder_t *f,
    uint64_t size);
static int screen_quarantine_again(screen_quarantine_folder_t *f,
    const char *name);
static int screen_quarantine_temp(screen_quarantine_folder_t *f, char *temp,
    uint64_t size);
static int screen_quarantine_copy(int to, int from, uint64_t offset,
    uint64_t size);
static int screen_quarantine_record(screen_quarantine_folder_t *f,
    const char *name, const screen_str_t *record);
static int screen_quarantine_error(screen_quarantine_folder_t *f,
    const char *what);


int
screen_quarantine_add(const screen_quarantine_t *q, const char *name, int fd,
    uint64_t offset, uint64_t size, const screen_str_t *record,
    screen_error_t *err)
{
    int                         rc, copy;
    char                        temp[] = SCREEN_QUARANTINE_TEMP;
    screen_quarantine_folder_t  f;

    if (!screen_quarantine_name(name)) {
        return screen_error_set(err, "\"%.64s\" is no SHA-256", name);
    }

    if (screen_quarantine_open(&f, q, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    copy = -1;
    rc = screen_quarantine_lock(&f);

    if (rc == SCREEN_OK && screen_quarantine_again(&f, name)) {
        f.sums.size += record->len;
        rc = screen_quarantine_record(&f, name, record);
        goto done;
    }

    if (rc == SCREEN_OK) {
        rc = screen_quarantine_reserve(&f, size + record->len);
    }

    if (rc != SCREEN_OK) {
        goto done;
    }

    /* the room is taken; whoever counts meanwhile finds a file of that size */

    copy = screen_quarantine_temp(&f, temp, size);

    screen_quarantine_unlock(&f);

    rc = copy == -1 ? SCREEN_ERROR
                    : screen_quarantine_copy(copy, fd, offset, size);

    if (copy != -1 && rc != SCREEN_OK) {
        screen_quarantine_error(&f, "copying to it");
    }

    if (screen_quarantine_lock(&f) != SCREEN_OK) {
        rc = SCREEN_ERROR;
    }

    if (rc == SCREEN_OK && renameat(f.dir, temp, f.dir, name) == -1) {
        rc = screen_quarantine_error(&f, "renaming a copy in it");
    }

    if (rc == SCREEN_OK) {
        rc = screen_quarantine_record(&f, name, record);

    } else if (copy != -1) {
        (void) unlinkat(f.dir, temp, 0);
    }

    if (rc != SCREEN_OK) {
        f.sums.counted = 0;
    }

done:

    if (copy != -1) {
        close(copy);
    }

    screen_quarantine_unlock(&f);
    screen_quarantine_close(&f);

    return rc;
}


int
screen_quarantine_expire(const screen_quarantine_t *q, screen_error_t *err)
{
    int                         rc;
    screen_quarantine_folder_t  f;

    if (screen_quarantine_open(&f, q, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    rc = screen_quarantine_lock(&f);

    if (rc == SCREEN_OK) {
        rc = screen_quarantine_count(&f);
    }

    screen_quarantine_unlock(&f);
    screen_quarantine_close(&f);

    return rc;
}


int
screen_quarantine_remove(const screen_quarantine_t *q, const char *name,
    screen_error_t *err)
{
    int                         rc;
    char                        records[SCREEN_QUARANTINE_NAME
                                        + sizeof(".json")];
    screen_quarantine_item_t    item;
    screen_quarantine_folder_t  f;

    rc = screen_quarantine_find(q, name, &item, err);

    if (rc != SCREEN_OK) {
        return rc;
    }

    if (screen_quarantine_open(&f, q, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    rc = screen_quarantine_lock(&f);

    if (rc == SCREEN_OK) {
        snprintf(records, sizeof(records), "%.64s.json", name);

        if (unlinkat(f.dir, name, 0) == -1
            || (unlinkat(f.dir, records, 0) == -1 && errno != ENOENT))
        {
            rc = screen_quarantine_error(&f, "deleting from it");
        }

        f.sums.counted = 0;
    }

    screen_quarantine_unlock(&f);
    screen_quarantine_close(&f);

    return rc;
}


static int
screen_quarantine_open(screen_quarantine_folder_t *f,
    const screen_quarantine_t *q, screen_error_t *err)
{
    memset(f, 0, sizeof(screen_quarantine_folder_t));

    f->q = q;
    f->err = err;
    f->lock = -1;
    f->now = (uint64_t) time(NULL);
    f->dir = open(q->path, O_RDONLY|O_DIRECTORY|O_CLOEXEC);

    if (f->dir == -1) {
        return screen_quarantine_error(f, "opening it");
    }

    return SCREEN_OK;
}


static void
screen_quarantine_close(screen_quarantine_folder_t *f)
{
    close(f->dir);
}


/* each lock has an open file of its own, so that threads exclude threads */

static int
screen_quarantine_lock(screen_quarantine_folder_t *f)
{
    int          rc;
    ssize_t      n;
    struct stat  st;

    f->lock = openat(f->dir, ".lock", O_RDWR|O_CREAT|O_CLOEXEC|O_NOFOLLOW,
                     0600);

    if (f->lock == -1) {
        return screen_quarantine_error(f, "opening .lock in it");
    }

    /* the operator may be root, and nginx's workers are not */

    if (geteuid() == 0 && fstat(f->dir, &st) == 0
        && fchown(f->lock, st.st_uid, st.st_gid) == -1)
    {
        return screen_quarantine_error(f, "giving .lock in it away");
    }

    do {
        rc = flock(f->lock, LOCK_EX);
    } while (rc == -1 && errno == EINTR);

    if (rc == -1) {
        return screen_quarantine_error(f, "locking it");
    }

    n = pread(f->lock, &f->sums, sizeof(f->sums), 0);

    if (n != sizeof(f->sums)) {
        memset(&f->sums, 0, sizeof(f->sums));
    }

    return SCREEN_OK;
}


static void
screen_quarantine_unlock(screen_quarantine_folder_t *f)
{
    if (f->lock == -1) {
        return;
    }

    /* sums that were not written are found out by the next count */

    if (pwrite(f->lock, &f->sums, sizeof(f->sums), 0) == -1) {
        f->sums.counted = 0;
    }

    close(f->lock);
    f->lock = -1;
}


/* counts what is there, and deletes what is too old while at it */

static int
screen_quarantine_count(screen_quarantine_folder_t *f)
{
    int             fd;
    DIR            *dir;
    struct dirent  *entry;

    fd = openat(f->dir, ".", O_RDONLY|O_DIRECTORY|O_CLOEXEC);
    dir = fd == -1 ? NULL : fdopendir(fd);

    if (dir == NULL) {

        if (fd != -1) {
            close(fd);
        }

        return screen_quarantine_error(f, "reading it");
    }

    f->sums.size = 0;
    f->sums.files = 0;
    f->sums.counted = f->now;

    while ((entry = readdir(dir)) != NULL) {

        if (screen_quarantine_count_file(f, entry->d_name) != SCREEN_OK) {
            f->sums.counted = 0;
        }
    }

    closedir(dir);

    return f->sums.counted ? SCREEN_OK : SCREEN_ERROR;
}


static int
screen_quarantine_count_file(screen_quarantine_folder_t *f, const char *name)
{
    size_t        len;
    uint64_t      age, max_age;
    struct stat   st;

    len = strspn(name, "0123456789abcdef");
    max_age = f->q->max_age;

    if (strncmp(name, ".new-", 5) == 0) {
        max_age = SCREEN_QUARANTINE_STALE;

    } else if (len != SCREEN_QUARANTINE_NAME
               || (name[len] != '\0' && strcmp(name + len, ".json") != 0))
    {
        return SCREEN_OK;
    }

    if (fstatat(f->dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
        return errno == ENOENT ? SCREEN_OK
                               : screen_quarantine_error(f, "reading it");
    }

    age = f->now > (uint64_t) st.st_mtime ? f->now - (uint64_t) st.st_mtime
                                          : 0;

    if (max_age && age > max_age) {

        if (unlinkat(f->dir, name, 0) == -1 && errno != ENOENT) {
            return screen_quarantine_error(f, "deleting from it");
        }

        return SCREEN_OK;
    }

    f->sums.size += (uint64_t) st.st_size;
    f->sums.files += strcmp(name + len, ".json") != 0;

    return SCREEN_OK;
}


static int
screen_quarantine_reserve(screen_quarantine_folder_t *f, uint64_t size)
{
    if ((f->now < f->sums.counted
         || f->now - f->sums.counted >= SCREEN_QUARANTINE_RECOUNT
         || !screen_quarantine_fits(f, size))
        && screen_quarantine_count(f) != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    if (!screen_quarantine_fits(f, size)) {
        screen_error_at(f->err, f->q->path, 0, "%llu copies, %llu bytes",
                        (unsigned long long) f->sums.files,
                        (unsigned long long) f->sums.size);
        return SCREEN_LIMIT;
    }

    f->sums.size += size;
    f->sums.files++;

    return SCREEN_OK;
}


static int
screen_quarantine_fits(screen_quarantine_folder_t *f, uint64_t size)
{
    const screen_quarantine_t  *q;

    q = f->q;

    if (q->max_files && f->sums.files >= q->max_files) {
        return 0;
    }

    return q->max_size == 0
           || (size <= q->max_size && f->sums.size <= q->max_size - size);
}


/* 1 if the content is there; it is as young as if it had come just now */

static int
screen_quarantine_again(screen_quarantine_folder_t *f, const char *name)
{
    return utimensat(f->dir, name, NULL, AT_SYMLINK_NOFOLLOW) == 0;
}


static int
screen_quarantine_temp(screen_quarantine_folder_t *f, char *temp,
    uint64_t size)
{
    int              fd;
    char             digits[20];
    unsigned         i;
    struct timespec  ts;

    fd = -1;

    for (i = 0; i < 100 && fd == -1; i++) {

        (void) clock_gettime(CLOCK_MONOTONIC, &ts);

        snprintf(digits, sizeof(digits), "%06x%06x",
                 (unsigned) getpid() & 0xffffff,
                 ((unsigned) ts.tv_nsec + i) & 0xffffff);
        memcpy(temp + 5, digits, 12);

        fd = openat(f->dir, temp, O_RDWR|O_CREAT|O_EXCL|O_CLOEXEC, 0600);

        if (fd == -1 && errno != EEXIST) {
            break;
        }
    }

    if (fd == -1) {
        screen_quarantine_error(f, "creating a file in it");
        return -1;
    }

    if (ftruncate(fd, (off_t) size) == -1) {
        screen_quarantine_error(f, "creating a file in it");
        (void) unlinkat(f->dir, temp, 0);
        close(fd);
        return -1;
    }

    return fd;
}


static int
screen_quarantine_copy(int to, int from, uint64_t offset, uint64_t size)
{
    size_t    len;
    u_char    data[16384];
    ssize_t   n;
    uint64_t  done;

    for (done = 0; done < size; done += (uint64_t) n) {

        len = size - done < sizeof(data) ? (size_t) (size - done)
                                         : sizeof(data);

        n = pread(from, data, len, (off_t) (offset + done));

        if (n == 0) {
            errno = EIO;
        }

        if (n <= 0 || pwrite(to, data, (size_t) n, (off_t) done) != n) {
            return SCREEN_ERROR;
        }
    }

    return SCREEN_OK;
}


static int
screen_quarantine_record(screen_quarantine_folder_t *f, const char *name,
    const screen_str_t *record)
{
    int          fd, rc;
    char         records[SCREEN_QUARANTINE_NAME + sizeof(".json")];
    struct stat  st;

    snprintf(records, sizeof(records), "%.64s.json", name);

    fd = openat(f->dir, records,
                O_WRONLY|O_APPEND|O_CREAT|O_CLOEXEC|O_NOFOLLOW, 0600);
    if (fd == -1) {
        return screen_quarantine_error(f, "writing a record in it");
    }

    rc = SCREEN_OK;

    if (fstat(fd, &st) == 0 && st.st_size >= SCREEN_QUARANTINE_RECORDS) {

        /* enough is known of it, but it must not be older than its copy */

        (void) futimens(fd, NULL);

    } else if (write(fd, record->data, record->len) != (ssize_t) record->len) {
        rc = screen_quarantine_error(f, "writing a record in it");
    }

    close(fd);

    return rc;
}


static int
screen_quarantine_error(screen_quarantine_folder_t *f, const char *what)
{
    return screen_error_at(f->err, f->q->path, 0, "%s failed: %s", what,
                           strerror(errno));
}
