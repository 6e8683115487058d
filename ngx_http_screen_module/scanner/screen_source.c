
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "screen_identity.h"
#include "screen_source.h"


/* how libyara says that there was no text for an include */
#define SCREEN_SOURCE_NO_INCLUDE  "callback failed to provide include"


/* an include that was opened: libyara knows it by the name in the rule */

struct screen_source_include_s {
    screen_source_include_t  *next;
    char                     *name;
    char                     *path;
};


void
screen_source_begin(screen_source_t *source, uint32_t index)
{
    screen_arena_destroy(&source->arena);

    source->includes = NULL;
    source->file = &source->files[index];
    *source->current = index;
}


static void
screen_source_tell(screen_source_t *source, int notice, const char *file,
    unsigned line, const char *text)
{
    source->errors += !notice;
    source->tell(source->ctx, notice, file, line, text);
}


void
screen_source_error(screen_source_t *source, const char *text)
{
    screen_source_tell(source, 0, source->file ? source->file->path : "", 0,
                       text);
}


/*
 * A name that is open cannot have been opened again since, as libyara takes
 * that for a circle: of several with this name the latest one is meant.
 */

static const char *
screen_source_path(const screen_source_t *source, const char *name)
{
    screen_source_include_t  *include;

    if (name == NULL) {
        return source->file->path;
    }

    for (include = source->includes; include; include = include->next) {

        if (strcmp(include->name, name) == 0) {
            return include->path;
        }
    }

    return name;
}


void
screen_source_message(screen_source_t *source, int warning, const char *name,
    int line, const char *message)
{
    char         text[1024];
    size_t       len;
    const char  *file;

    file = screen_source_path(source, name);
    line = line > 0 ? line : 0;
    len = sizeof(SCREEN_SOURCE_NO_INCLUDE) - 1;

    if (!warning) {

        if (strncmp(message, SCREEN_SOURCE_NO_INCLUDE, len) == 0) {
            message = source->failed.text;
        }

        screen_source_tell(source, 0, file, line, message);
        return;
    }

    if (source->slow_rules
        || (strstr(message, "slow down") == NULL
            && strstr(message, "slowing down") == NULL))
    {
        screen_source_tell(source, 1, file, line, message);
        return;
    }

    snprintf(text, sizeof(text), "%s, so that an upload could stall a "
             "scanner: make it more specific, or say \"yara_slow_rules "
             "allow\"", message);

    screen_source_tell(source, 0, file, line, text);
}


static int
screen_source_is_below(const char *path, const char *folder)
{
    size_t  len;

    len = strlen(folder);

    while (len > 0 && folder[len - 1] == '/') {
        len--;
    }

    return strncmp(path, folder, len) == 0 && path[len] == '/';
}


static char *
screen_source_resolve(const char *include, const char *from,
    const char *folder, const screen_alloc_t *alloc, screen_error_t *err)
{
    char          *path, *real, *copy;
    const char    *slash;
    screen_str_t   s;

    slash = strrchr(from, '/');

    if (include[0] == '/' || slash == NULL) {
        path = strdup(include);

    } else if (asprintf(&path, "%.*s%s", (int) (slash + 1 - from), from,
                        include)
               == -1)
    {
        path = NULL;
    }

    if (path == NULL) {
        screen_error_set(err, "include \"%s\": no memory", include);
        return NULL;
    }

    real = realpath(path, NULL);
    free(path);

    if (real == NULL) {
        screen_error_set(err, "include \"%s\": %s", include, strerror(errno));
        return NULL;
    }

    copy = NULL;

    if (screen_source_is_below(real, folder)) {
        s = screen_str_of(real);
        copy = screen_alloc_text(alloc, &s);

        if (copy == NULL) {
            screen_error_set(err, "include \"%s\": no memory", include);
        }

    } else {
        screen_error_set(err, "include \"%s\" leaves the rules' folder %s",
                         include, folder);
    }

    free(real);

    return copy;
}


static char *
screen_source_read(const char *name, const char *path, screen_error_t *err)
{
    FILE         *fp;
    char         *text;
    size_t        n;
    struct stat   st;

    text = NULL;

    fp = fopen(path, "re");

    if (fp == NULL || fstat(fileno(fp), &st) == -1) {
        screen_error_set(err, "include \"%s\": %s", name, strerror(errno));

    } else if (!S_ISREG(st.st_mode)) {
        screen_error_set(err, "include \"%s\" is not a file", name);

    } else {
        text = malloc(st.st_size + 1);

        if (text != NULL) {
            n = fread(text, 1, st.st_size, fp);
            text[n] = '\0';
        }
    }

    if (fp != NULL) {
        (void) fclose(fp);
    }

    return text;
}


char *
screen_source_include(screen_source_t *source, const char *name,
    const char *from)
{
    char                     *text;
    screen_str_t              s;
    screen_alloc_t            alloc;
    screen_source_include_t  *include;

    alloc.alloc = screen_arena_alloc;
    alloc.owner = &source->arena;

    s = screen_str_of(name);

    screen_error_set(&source->failed, "include \"%s\": no memory", name);

    include = screen_alloc(&alloc, sizeof(screen_source_include_t));
    if (include == NULL) {
        return NULL;
    }

    include->name = screen_alloc_text(&alloc, &s);
    if (include->name == NULL) {
        return NULL;
    }

    include->path = screen_source_resolve(name,
                                          screen_source_path(source, from),
                                          source->file->folder, &alloc,
                                          &source->failed);
    if (include->path == NULL) {
        return NULL;
    }

    text = screen_source_read(name, include->path, &source->failed);

    if (text != NULL) {
        include->next = source->includes;
        source->includes = include;

        if (screen_identity_names(text, strlen(text))) {
            *source->names = 1;
        }
    }

    return text;
}
