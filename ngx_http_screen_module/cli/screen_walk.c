
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "screen_walk.h"


void
screen_walk_init(screen_walk_t *walk)
{
    memset(walk, 0, sizeof(screen_walk_t));

    walk->alloc.alloc = screen_arena_alloc;
    walk->alloc.owner = &walk->arena;
}


int
screen_walk_push(screen_walk_t *walk, const char *path)
{
    char          **to;
    screen_str_t    s;

    s = screen_str_of(path);

    to = screen_alloc_push(&walk->alloc, &walk->files, &walk->nfiles,
                           sizeof(char *));
    if (to == NULL) {
        return SCREEN_NOMEM;
    }

    *to = screen_alloc_text(&walk->alloc, &s);

    return *to ? SCREEN_OK : SCREEN_NOMEM;
}


static int
screen_walk_compare(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}


static int
screen_walk_folder(screen_walk_t *walk, FTS *fts)
{
    FTSENT  *entry;

    while ((entry = fts_read(fts)) != NULL) {

        switch (entry->fts_info) {

        case FTS_F:

            if (screen_walk_push(walk, entry->fts_path) != SCREEN_OK) {
                return SCREEN_NOMEM;
            }

            break;

        case FTS_DNR:
        case FTS_ERR:
        case FTS_NS:
            fprintf(stderr, "ngx-screen: %s: %s\n", entry->fts_path,
                    strerror(entry->fts_errno));
            walk->nerrors++;
            break;

        default:
            break;
        }
    }

    return SCREEN_OK;
}


int
screen_walk_add(screen_walk_t *walk, const char *path)
{
    int           rc;
    FTS          *fts;
    char         *paths[2];
    struct stat   st;

    /* what is no folder is told of when it is its turn to be read */

    if (stat(path, &st) == -1 || !S_ISDIR(st.st_mode)) {
        return screen_walk_push(walk, path);
    }

    paths[0] = (char *) path;
    paths[1] = NULL;

    fts = fts_open(paths, FTS_PHYSICAL|FTS_COMFOLLOW|FTS_NOCHDIR,
                   screen_walk_compare);
    if (fts == NULL) {
        return SCREEN_NOMEM;
    }

    rc = screen_walk_folder(walk, fts);

    fts_close(fts);

    return rc;
}


void
screen_walk_free(screen_walk_t *walk)
{
    screen_arena_destroy(&walk->arena);
}
