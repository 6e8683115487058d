
/*
 * The files that a command's arguments name, those below folders included.
 */


#ifndef _SCREEN_WALK_H_INCLUDED_
#define _SCREEN_WALK_H_INCLUDED_


#include "screen_core.h"


typedef struct {
    char             **files;
    size_t             nfiles;
    size_t             nerrors;        /* folders that could not be read */
    screen_arena_t     arena;
    screen_alloc_t     alloc;
} screen_walk_t;


void screen_walk_init(screen_walk_t *walk);

/*
 * Adds a path: itself, whatever it is, or if it is a folder the regular
 * files in it and below, sorted by name.  Symbolic links are followed if they
 * are named, not if they are found.  A folder that cannot be read is told on
 * standard error.  SCREEN_OK or SCREEN_NOMEM.
 */
int screen_walk_add(screen_walk_t *walk, const char *path);

/* adds a path itself, a folder too; the same codes */
int screen_walk_push(screen_walk_t *walk, const char *path);

void screen_walk_free(screen_walk_t *walk);


#endif /* _SCREEN_WALK_H_INCLUDED_ */
