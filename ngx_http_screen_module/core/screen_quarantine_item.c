
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "screen_quarantine.h"


int
screen_quarantine_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == SCREEN_QUARANTINE_NAME
           && name[SCREEN_QUARANTINE_NAME] == '\0';
}


int
screen_quarantine_walk(const screen_quarantine_t *q,
    int (*visit)(void *ctx, const screen_quarantine_item_t *item), void *ctx,
    screen_error_t *err)
{
    int                        rc;
    DIR                       *dir;
    struct dirent             *entry;
    screen_quarantine_item_t   item;

    dir = opendir(q->path);
    if (dir == NULL) {
        return screen_error_at(err, q->path, 0, "cannot be read: %s",
                               strerror(errno));
    }

    rc = SCREEN_OK;

    while (rc == SCREEN_OK && (entry = readdir(dir)) != NULL) {

        if (screen_quarantine_name(entry->d_name)
            && screen_quarantine_find(q, entry->d_name, &item, err)
               == SCREEN_OK)
        {
            rc = visit(ctx, &item);
        }
    }

    closedir(dir);

    return rc;
}


int
screen_quarantine_find(const screen_quarantine_t *q, const char *name,
    screen_quarantine_item_t *item, screen_error_t *err)
{
    char         path[4096];
    struct stat  st;

    if (!screen_quarantine_name(name)) {
        return SCREEN_NOT_FOUND;
    }

    snprintf(path, sizeof(path), "%s/%s", q->path, name);

    if (lstat(path, &st) == -1) {

        if (errno == ENOENT) {
            return SCREEN_NOT_FOUND;
        }

        return screen_error_at(err, path, 0, "cannot be looked at: %s",
                               strerror(errno));
    }

    if (!S_ISREG(st.st_mode)) {
        return SCREEN_NOT_FOUND;
    }

    memcpy(item->name, name, sizeof(item->name));

    item->size = (uint64_t) st.st_size;
    item->time = (uint64_t) st.st_mtime;

    return SCREEN_OK;
}
