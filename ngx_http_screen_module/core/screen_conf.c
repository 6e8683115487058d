
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_conf_impl.h"


#define SCREEN_CONF_FILE_MAX   (64 * 1024 * 1024)
#define SCREEN_CONF_DEPTH_MAX  16


typedef struct {
    const screen_alloc_t      *alloc;
    const screen_conf_sink_t  *sink;
    screen_error_t            *err;
    screen_str_t               folder;   /* with its "/", perhaps empty */
    unsigned                   depth;
} screen_conf_t;


/* which blocks of a file are open */

typedef struct {
    unsigned   entered;
    unsigned   skipped;                  /* within those entered */
} screen_conf_blocks_t;


static int screen_conf_file(screen_conf_t *conf, const char *path,
    const screen_place_t *from);
static u_char *screen_conf_load(screen_conf_t *conf, const char *path,
    const screen_place_t *from, size_t *len);
static u_char *screen_conf_load_fd(int fd, size_t *len);
static int screen_conf_parse(screen_conf_t *conf, screen_conf_lexer_t *x);
static int screen_conf_open_block(screen_conf_t *conf,
    const screen_conf_lexer_t *x, screen_conf_blocks_t *blocks);
static int screen_conf_close_block(screen_conf_t *conf,
    const screen_conf_lexer_t *x, screen_conf_blocks_t *blocks);
static int screen_conf_directive(screen_conf_t *conf,
    const screen_conf_lexer_t *x);
static int screen_conf_include(screen_conf_t *conf,
    const screen_conf_lexer_t *x);


int
screen_conf_read(const char *path, const screen_alloc_t *alloc,
    const screen_conf_sink_t *sink, screen_error_t *err)
{
    const char      *slash;
    screen_conf_t    conf;
    screen_place_t   from;

    memset(&conf, 0, sizeof(screen_conf_t));
    memset(&from, 0, sizeof(screen_place_t));

    conf.alloc = alloc;
    conf.sink = sink;
    conf.err = err;

    slash = strrchr(path, '/');

    conf.folder.data = (const u_char *) path;
    conf.folder.len = slash ? slash + 1 - path : 0;

    return screen_conf_file(&conf, path, &from);
}


static int
screen_conf_file(screen_conf_t *conf, const char *path,
    const screen_place_t *from)
{
    int                   rc;
    u_char               *data;
    size_t                len;
    screen_str_t          name;
    screen_conf_lexer_t   x;

    if (conf->depth == SCREEN_CONF_DEPTH_MAX) {
        return screen_conf_error(conf->err, from, "\"%s\" is included too "
                                 "deep, at most %d files deep", path,
                                 SCREEN_CONF_DEPTH_MAX);
    }

    memset(&x, 0, sizeof(screen_conf_lexer_t));
    name = screen_str_of(path);

    if (screen_alloc_str(conf->alloc, &x.place.file, &name) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    data = screen_conf_load(conf, path, from, &len);
    if (data == NULL) {
        return SCREEN_ERROR;
    }

    x.pos = data;
    x.last = data + len;
    x.place.line = 1;
    x.alloc = conf->alloc;

    conf->depth++;

    rc = screen_conf_parse(conf, &x);

    conf->depth--;

    free(data);

    return rc;
}


static u_char *
screen_conf_load(screen_conf_t *conf, const char *path,
    const screen_place_t *from, size_t *len)
{
    int          fd;
    u_char      *data;
    const char  *call;

    data = NULL;
    call = "open";

    fd = open(path, O_RDONLY|O_CLOEXEC);

    if (fd != -1) {
        call = "read";
        data = screen_conf_load_fd(fd, len);
    }

    if (data == NULL) {
        screen_conf_error(conf->err, from, "%s() \"%s\" failed (%d: %s)",
                          call, path, errno, strerror(errno));
    }

    if (fd != -1) {
        close(fd);
    }

    return data;
}


/* malloc'ed; NULL with errno set */

static u_char *
screen_conf_load_fd(int fd, size_t *len)
{
    u_char   *data, *room;
    size_t    size;
    ssize_t   n;

    data = NULL;
    size = 0;
    *len = 0;

    do {
        if (*len == size) {
            size = size ? 2 * size : 16384;

            room = (size <= SCREEN_CONF_FILE_MAX) ? realloc(data, size) : NULL;

            if (room == NULL) {
                errno = (size <= SCREEN_CONF_FILE_MAX) ? ENOMEM : EFBIG;
                goto failed;
            }

            data = room;
        }

        n = read(fd, data + *len, size - *len);

        if (n > 0) {
            *len += n;

        } else if (n < 0 && errno != EINTR) {
            goto failed;
        }

    } while (n != 0);

    return data;

failed:

    free(data);

    return NULL;
}


static int
screen_conf_parse(screen_conf_t *conf, screen_conf_lexer_t *x)
{
    int                   rc;
    screen_conf_end_t     end;
    screen_conf_blocks_t  blocks;

    memset(&blocks, 0, sizeof(screen_conf_blocks_t));

    do {
        rc = screen_conf_lex(x, &end, conf->err);
        if (rc != SCREEN_OK) {
            return rc;
        }

        switch (end) {

        case SCREEN_CONF_DIRECTIVE:
            if (blocks.skipped == 0) {
                rc = screen_conf_directive(conf, x);
            }

            break;

        case SCREEN_CONF_BLOCK:
            rc = screen_conf_open_block(conf, x, &blocks);
            break;

        case SCREEN_CONF_BLOCK_END:
            rc = screen_conf_close_block(conf, x, &blocks);
            break;

        case SCREEN_CONF_FILE_END:
            if (blocks.entered || blocks.skipped) {
                return screen_conf_error(conf->err, &x->place, "unexpected "
                                         "end of file, expecting \"}\"");
            }

            return SCREEN_OK;
        }

    } while (rc == SCREEN_OK);

    return rc;
}


static int
screen_conf_open_block(screen_conf_t *conf, const screen_conf_lexer_t *x,
    screen_conf_blocks_t *blocks)
{
    int  rc;

    if (blocks->skipped) {
        blocks->skipped++;
        return SCREEN_OK;
    }

    if (screen_str_is(&x->words[0], "include")) {
        return screen_conf_error(conf->err, &x->place, "directive "
                                 "\"include\" is not terminated by \";\"");
    }

    rc = conf->sink->directive(conf->sink->ctx, x->words, x->nwords, 1,
                               &x->place, conf->err);

    if (rc == SCREEN_NOT_FOUND) {
        blocks->skipped = 1;
        return SCREEN_OK;
    }

    if (rc == SCREEN_OK) {
        blocks->entered++;
    }

    return rc;
}


static int
screen_conf_close_block(screen_conf_t *conf, const screen_conf_lexer_t *x,
    screen_conf_blocks_t *blocks)
{
    if (blocks->skipped) {
        blocks->skipped--;
        return SCREEN_OK;
    }

    if (blocks->entered == 0) {
        return screen_conf_error(conf->err, &x->place, "unexpected \"}\"");
    }

    blocks->entered--;

    return conf->sink->end(conf->sink->ctx, conf->err);
}


static int
screen_conf_directive(screen_conf_t *conf, const screen_conf_lexer_t *x)
{
    int  rc;

    if (screen_str_is(&x->words[0], "include")) {
        return screen_conf_include(conf, x);
    }

    rc = conf->sink->directive(conf->sink->ctx, x->words, x->nwords, 0,
                               &x->place, conf->err);

    return rc == SCREEN_NOT_FOUND ? SCREEN_OK : rc;
}


static int
screen_conf_include(screen_conf_t *conf, const screen_conf_lexer_t *x)
{
    int                  rc;
    char                *path;
    glob_t               names;
    size_t               i, len;
    const screen_str_t  *word;

    if (x->nwords != 2) {
        return screen_conf_error(conf->err, &x->place, "invalid number of "
                                 "arguments in \"include\" directive");
    }

    word = &x->words[1];
    len = (word->len && word->data[0] == '/') ? 0 : conf->folder.len;

    path = screen_alloc(conf->alloc, len + word->len + 1);
    if (path == NULL) {
        return SCREEN_NOMEM;
    }

    memcpy(path, conf->folder.data, len);
    memcpy(path + len, word->data, word->len);
    path[len + word->len] = '\0';

    if (strpbrk(path, "*?[") == NULL) {
        return screen_conf_file(conf, path, &x->place);
    }

    rc = glob(path, 0, NULL, &names);

    if (rc == GLOB_NOMATCH) {
        return SCREEN_OK;
    }

    if (rc != 0) {
        return screen_conf_error(conf->err, &x->place,
                                 "glob() \"%s\" failed", path);
    }

    rc = SCREEN_OK;

    for (i = 0; i < names.gl_pathc && rc == SCREEN_OK; i++) {
        rc = screen_conf_file(conf, names.gl_pathv[i], &x->place);
    }

    globfree(&names);

    return rc;
}
