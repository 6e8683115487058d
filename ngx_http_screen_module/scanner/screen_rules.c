
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "screen_rules.h"


#define SCREEN_RULES_DEPTH  16
#define SCREEN_RULES_MAX    10000


typedef struct {
    screen_rules_t               *rules;
    const screen_policy_rules_t  *line;
    screen_error_t               *err;
    const char                   *base;      /* the fixed folder part */
    char                         *folder;    /* the same, resolved */
    size_t                        found;
} screen_rules_walk_t;


static int screen_rules_folder(screen_rules_walk_t *walk, const char *path,
    unsigned depth);


void
screen_rules_init(screen_rules_t *rules, const screen_alloc_t *alloc)
{
    memset(rules, 0, sizeof(screen_rules_t));

    rules->alloc = alloc;
}


static char *
screen_rules_text(const screen_alloc_t *alloc, const char *text)
{
    screen_str_t  s;

    s = screen_str_of(text);

    return screen_alloc_text(alloc, &s);
}


static int
screen_rules_fail(screen_rules_walk_t *walk, const char *path,
    const char *what)
{
    const screen_place_t  *place;

    place = &walk->line->place;

    screen_error_at(walk->err, NULL, place->line, "yara_rules \"%s\": %s",
                    path, what);
    snprintf(walk->err->file, sizeof(walk->err->file), "%.*s",
             (int) place->file.len, place->file.data);

    return SCREEN_ERROR;
}


static screen_rules_file_t *
screen_rules_push(screen_rules_t *rules)
{
    size_t                size;
    screen_rules_file_t  *files;

    if (rules->nfiles == rules->size) {

        size = rules->size ? 2 * rules->size : 64;

        files = screen_alloc(rules->alloc, size * sizeof(screen_rules_file_t));
        if (files == NULL) {
            return NULL;
        }

        if (rules->nfiles) {
            memcpy(files, rules->files,
                   rules->nfiles * sizeof(screen_rules_file_t));
        }

        rules->files = files;
        rules->size = size;
    }

    return &rules->files[rules->nfiles];
}


/* what of path is below the folder base; without a base its last part */

static const char *
screen_rules_below(const char *path, const char *base)
{
    size_t       len;
    const char  *name;

    len = base ? strlen(base) : 0;

    if (len && strncmp(path, base, len) == 0) {
        path += len;

        while (*path == '/') {
            path++;
        }

        return path;
    }

    name = strrchr(path, '/');

    return name ? name + 1 : path;
}


static int
screen_rules_file(screen_rules_walk_t *walk, const char *path,
    const struct stat *st)
{
    size_t                i;
    screen_rules_t       *rules;
    screen_rules_file_t  *file;

    rules = walk->rules;
    walk->found++;

    /* named twice, by two lines or by two links, compiled once */

    for (i = 0; i < rules->nfiles; i++) {

        if (rules->files[i].device == st->st_dev
            && rules->files[i].inode == st->st_ino)
        {
            return SCREEN_OK;
        }
    }

    if (rules->nfiles == SCREEN_RULES_MAX) {
        return screen_rules_fail(walk, path, "more than 10000 rule files");
    }

    file = screen_rules_push(rules);
    if (file == NULL) {
        return SCREEN_NOMEM;
    }

    file->path = screen_rules_text(rules->alloc, path);
    file->space = screen_rules_text(rules->alloc,
                                    screen_rules_below(path, walk->base));
    file->folder = walk->folder;
    file->device = st->st_dev;
    file->inode = st->st_ino;
    file->place = &walk->line->place;

    if (file->path == NULL || file->space == NULL) {
        return SCREEN_NOMEM;
    }

    rules->nfiles++;

    return SCREEN_OK;
}


static int
screen_rules_is_rule(const char *name)
{
    const char  *dot;

    dot = strrchr(name, '.');

    return dot != NULL
           && (strcmp(dot, ".yar") == 0 || strcmp(dot, ".yara") == 0);
}


static int
screen_rules_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}


static int
screen_rules_compare(const struct dirent **one, const struct dirent **two)
{
    return strcmp((*one)->d_name, (*two)->d_name);
}


static int
screen_rules_entry(screen_rules_walk_t *walk, const char *folder,
    const char *name, unsigned depth)
{
    int           rc;
    char         *path;
    struct stat   st;

    if (asprintf(&path, "%s/%s", folder, name) == -1) {
        return SCREEN_NOMEM;
    }

    rc = SCREEN_OK;

    if (stat(path, &st) == -1) {

        if (screen_rules_is_rule(name)) {
            rc = screen_rules_fail(walk, path, strerror(errno));
        }

    } else if (S_ISDIR(st.st_mode)) {
        rc = screen_rules_folder(walk, path, depth + 1);

    } else if (S_ISREG(st.st_mode) && screen_rules_is_rule(name)) {
        rc = screen_rules_file(walk, path, &st);
    }

    free(path);

    return rc;
}


static int
screen_rules_folder(screen_rules_walk_t *walk, const char *path,
    unsigned depth)
{
    int              i, n, rc;
    struct dirent  **entries;

    if (depth > SCREEN_RULES_DEPTH) {
        return screen_rules_fail(walk, path, "more than 16 folders deep, "
                                 "or a link that leads back");
    }

    n = scandir(path, &entries, screen_rules_visible, screen_rules_compare);
    if (n == -1) {
        return screen_rules_fail(walk, path, strerror(errno));
    }

    rc = SCREEN_OK;

    for (i = 0; i < n; i++) {

        if (rc == SCREEN_OK) {
            rc = screen_rules_entry(walk, path, entries[i]->d_name, depth);
        }

        free(entries[i]);
    }

    free(entries);

    return rc;
}


/* a file or a folder that is there, by its name or because a glob met it */

static int
screen_rules_path(screen_rules_walk_t *walk, const char *path)
{
    struct stat  st;

    if (stat(path, &st) == -1) {
        return screen_rules_fail(walk, path, strerror(errno));
    }

    if (S_ISDIR(st.st_mode)) {
        return screen_rules_folder(walk, path, 0);
    }

    if (S_ISREG(st.st_mode)) {
        return screen_rules_file(walk, path, &st);
    }

    return screen_rules_fail(walk, path, "neither a file nor a directory");
}


static int
screen_rules_glob(screen_rules_walk_t *walk, const char *path)
{
    int     rc;
    size_t  i;
    glob_t  found;

    memset(&found, 0, sizeof(glob_t));

    switch (glob(path, 0, NULL, &found)) {

    case 0:
        rc = SCREEN_OK;
        break;

    case GLOB_NOMATCH:
        rc = screen_rules_fail(walk, path, "no such files");
        break;

    case GLOB_NOSPACE:
        rc = SCREEN_NOMEM;
        break;

    default:
        rc = screen_rules_fail(walk, path, "cannot be read");
    }

    for (i = 0; rc == SCREEN_OK && i < found.gl_pathc; i++) {
        rc = screen_rules_path(walk, found.gl_pathv[i]);
    }

    globfree(&found);

    return rc;
}


/* the folder that names are below: up to the last slash before a wildcard */

static int
screen_rules_base(screen_rules_walk_t *walk, const char *path, int folder)
{
    char    *base, *real;
    size_t   len;

    len = folder ? strlen(path) : strcspn(path, "*?[");

    while (!folder && len > 0 && path[len - 1] != '/') {
        len--;
    }

    while (len > 1 && path[len - 1] == '/') {
        len--;
    }

    base = len ? strndup(path, len) : strdup(".");
    if (base == NULL) {
        return SCREEN_NOMEM;
    }

    real = realpath(base, NULL);

    walk->base = screen_rules_text(walk->rules->alloc, len ? base : "");
    walk->folder = real ? screen_rules_text(walk->rules->alloc, real)
                        : (char *) walk->base;

    free(real);
    free(base);

    return (walk->base && walk->folder) ? SCREEN_OK : SCREEN_NOMEM;
}


int
screen_rules_add(screen_rules_t *rules, const screen_policy_rules_t *line,
    screen_error_t *err)
{
    int                  rc, there;
    char                *path;
    struct stat          st;
    screen_rules_walk_t  walk;

    path = screen_alloc_text(rules->alloc, &line->path);
    if (path == NULL) {
        return SCREEN_NOMEM;
    }

    walk.rules = rules;
    walk.line = line;
    walk.err = err;
    walk.found = 0;

    there = stat(path, &st) == 0;

    rc = screen_rules_base(&walk, path, there && S_ISDIR(st.st_mode));
    if (rc != SCREEN_OK) {
        return rc;
    }

    /* a name that exists is meant as it is, whatever characters are in it */

    if (there || path[strcspn(path, "*?[")] == '\0') {
        rc = screen_rules_path(&walk, path);

        if (rc == SCREEN_OK && walk.found == 0) {
            return screen_rules_fail(&walk, path,
                                     "no *.yar or *.yara file in it");
        }

        return rc;
    }

    return screen_rules_glob(&walk, path);
}
