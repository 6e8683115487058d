
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "screen_bank_file.h"
#include "screen_compile.h"
#include "screen_decoder.h"
#include "screen_control.h"
#include "screen_identity.h"
#include "screen_image.h"
#include "screen_yara.h"


#define SCREEN_COMPILE_ERRORS   20
#define SCREEN_COMPILE_NOTICES  50
#define SCREEN_COMPILE_AGAIN    5     /* readings of a list that changes */


/* what the process that compiles and those that it forks know together */

typedef struct {
    volatile uint32_t      current;
    volatile uint32_t      errors;
    volatile uint32_t      notices;
    volatile uint32_t      nrules;
    volatile uint32_t      names;
} screen_compile_shared_t;


typedef struct {
    screen_spec_t             spec;
    screen_image_t            image;
    u_char                    names[SCREEN_ENGINES_MAX];
    screen_compile_shared_t  *shared;
    screen_arena_t            arena;
    screen_alloc_t            alloc;
} screen_compile_t;


static void
screen_compile_line(char kind, const char *file, unsigned line,
    const char *text)
{
    char    *p, buf[SCREEN_ERROR_LEN + 512];
    size_t   len;
    ssize_t  n;

    len = snprintf(buf, sizeof(buf) - 1, "%c\t%.400s\t%u\t", kind, file, line);

    for (p = buf + len; *text && p < buf + sizeof(buf) - 2; text++) {
        *p++ = (char) ((u_char) *text < 0x20 ? ' ' : *text);
    }

    *p++ = '\n';

    n = write(STDOUT_FILENO, buf, p - buf);
    (void) n;
}


static void
screen_compile_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    screen_compile_t         *c;
    screen_compile_shared_t  *shared;

    c = ctx;
    shared = c->shared;

    if (notice) {

        if (shared->notices++ < SCREEN_COMPILE_NOTICES) {
            screen_compile_line('N', file, line, text);
        }

        return;
    }

    if (shared->errors++ < SCREEN_COMPILE_ERRORS) {
        screen_compile_line('E', file, line, text);
    }
}


static void
screen_compile_error(screen_compile_t *c, const screen_error_t *err)
{
    screen_compile_tell(c, 0, err->file, err->line, err->text);
}


static int
screen_compile_spec(screen_compile_t *c)
{
    int              rc;
    void            *map;
    struct stat      st;
    screen_error_t   err;

    screen_error_set(&err, "the spec cannot be read");

    if (fstat(SCREEN_FD_SPEC, &st) == -1 || st.st_size == 0
        || st.st_size > SCREEN_SPEC_LIMIT)
    {
        screen_compile_error(c, &err);
        return SCREEN_ERROR;
    }

    map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, SCREEN_FD_SPEC, 0);

    if (map == MAP_FAILED) {
        screen_compile_error(c, &err);
        return SCREEN_ERROR;
    }

    rc = screen_spec_decode(&c->spec, map, st.st_size, &c->alloc, &err);

    if (rc != SCREEN_OK) {
        screen_compile_error(c, &err);
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


/*
 * libyara is only ever used in a child: after an error it cannot go on, and
 * a rule that crashes it is to be an error with the name of its file.  The
 * child's exit code, or a negative signal.
 */

static int
screen_compile_fork(screen_compile_t *c, screen_source_t *source)
{
    int    fd, rc, status;
    FILE  *to;
    pid_t  pid;

    pid = fork();

    if (pid == -1) {
        return 1;
    }

    if (pid) {
        while (waitpid(pid, &status, 0) == -1 && errno == EINTR) { /* void */ }

        return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    }

    (void) prctl(PR_SET_PDEATHSIG, SIGKILL);

    if (screen_yara_init() != SCREEN_OK) {
        _exit(1);
    }

    fd = dup(SCREEN_FD_IMAGE);
    to = fd == -1 ? NULL : fdopen(fd, "w");

    if (to == NULL) {
        _exit(1);
    }

    if (source == NULL) {
        _exit(screen_yara_compile_warm(to) == SCREEN_OK ? 0 : 1);
    }

    rc = screen_yara_compile(source, to);

    if (rc < 0) {
        _exit(1);
    }

    c->shared->nrules = rc;

    _exit(0);
}


/* one compilation into a blob at the image's end, which a failure cuts off */

static int
screen_compile_blob(screen_compile_t *c, screen_source_t *source,
    screen_image_blob_t *blob)
{
    int          rc;
    off_t        start;
    struct stat  st;

    start = lseek(SCREEN_FD_IMAGE, 0, SEEK_END);

    rc = screen_compile_fork(c, source);

    if (rc != 0 || fstat(SCREEN_FD_IMAGE, &st) == -1) {

        if (ftruncate(SCREEN_FD_IMAGE, start) == -1) {
            return 1;
        }

        return rc ? rc : 1;
    }

    blob->offset = start;
    blob->len = st.st_size - start;
    blob->nrules = c->shared->nrules;

    return 0;
}


static void
screen_compile_crash(screen_compile_t *c, const screen_source_t *source,
    int sig)
{
    const char      *file;
    uint32_t         current;
    screen_error_t   err;

    current = c->shared->current;
    file = current < source->nfiles ? source->files[current].path : "";

    screen_error_at(&err, file, 0, "libyara crashed while it compiled this: "
                    "%s", strsignal(sig));
    screen_compile_error(c, &err);
}


/*
 * All files into one blob.  After a file with errors those that follow it are
 * compiled without it, only for what is wrong with them.
 */

static void
screen_compile_files(screen_compile_t *c, const screen_rules_t *rules,
    unsigned slow, screen_image_blob_t *blob)
{
    int              rc;
    uint32_t         errors;
    screen_source_t  source;

    memset(&source, 0, sizeof(source));

    source.files = rules->files;
    source.nfiles = rules->nfiles;
    source.slow_rules = slow;
    source.current = &c->shared->current;
    source.names = &c->shared->names;
    source.tell = screen_compile_tell;
    source.ctx = c;

    c->shared->current = 0;

    do {
        errors = c->shared->errors;

        rc = screen_compile_blob(c, &source, blob);

        if (rc < 0) {
            screen_compile_crash(c, &source, -rc);

        } else if (rc > 0 && c->shared->errors == errors) {
            screen_compile_tell(c, 0, "", 0, "the rules cannot be compiled: "
                                "no memory");
            return;
        }

        c->shared->current++;

    } while (rc != 0 && c->shared->current < rules->nfiles
             && c->shared->errors < SCREEN_COMPILE_ERRORS);
}


static int
screen_compile_same(const screen_spec_engine_t *a,
    const screen_spec_engine_t *b)
{
    uint32_t  i;

    if (a->nrules != b->nrules || a->slow_rules != b->slow_rules) {
        return 0;
    }

    for (i = 0; i < a->nrules; i++) {

        if (!screen_str_eq(&a->rules[i].path, &b->rules[i].path)) {
            return 0;
        }
    }

    return 1;
}


static int
screen_compile_names(const screen_rules_t *rules)
{
    int          fd, names;
    void        *map;
    size_t       i;
    struct stat  st;

    for (i = 0, names = 0; i < rules->nfiles && !names; i++) {

        fd = open(rules->files[i].path, O_RDONLY|O_CLOEXEC);

        if (fd == -1) {
            continue;
        }

        map = MAP_FAILED;

        if (fstat(fd, &st) == 0 && st.st_size > 0) {
            map = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        }

        if (map != MAP_FAILED) {
            names = screen_identity_names(map, st.st_size);
            munmap(map, st.st_size);
        }

        close(fd);
    }

    return names;
}


static void
screen_compile_engine(screen_compile_t *c, uint32_t n)
{
    int                    rc;
    uint32_t               i;
    screen_error_t         err;
    screen_rules_t         rules;
    screen_spec_engine_t  *engine;

    engine = &c->spec.engines[n];

    for (i = 0; i < n; i++) {

        if (screen_compile_same(engine, &c->spec.engines[i])) {
            c->image.engines[n] = c->image.engines[i];
            c->names[n] = c->names[i];
            return;
        }
    }

    screen_rules_init(&rules, &c->alloc);

    for (i = 0; i < engine->nrules; i++) {
        screen_error_set(&err, "no memory for the names of rule files");

        rc = screen_rules_add(&rules, &engine->rules[i], &err);

        if (rc != SCREEN_OK) {
            screen_compile_error(c, &err);
        }
    }

    c->shared->names = 0;

    if (rules.nfiles) {
        screen_compile_files(c, &rules, engine->slow_rules,
                             &c->image.engines[n]);
    }

    c->names[n] = c->shared->names || screen_compile_names(&rules);
}


static void
screen_compile_patterns(screen_compile_t *c, const screen_spec_engine_t *engine)
{
    char                            *file;
    uint32_t                         i;
    screen_error_t                   err;
    screen_pattern_t                *pattern;
    const screen_policy_content_t   *content;

    for (i = 0; i < engine->ncontents; i++) {
        content = &engine->contents[i];

        pattern = screen_pattern_compile(&content->text, content->caseless,
                                         &err);
        if (pattern == NULL) {
            file = screen_alloc_text(&c->alloc, &content->place.file);
            screen_compile_tell(c, 0, file ? file : "", content->place.line,
                                err.text);
            continue;
        }

        screen_pattern_destroy(pattern);
    }
}


/* a policy that asks for likenesses is not to pass them in silence */

static void
screen_compile_media(screen_compile_t *c, const screen_spec_engine_t *engine)
{
    char            *file;
    screen_error_t   err, why;

    if (!engine->media.on || screen_decoder_load(&why) == SCREEN_OK) {
        return;
    }

    screen_error_set(&err, "\"signal=pdq\" and \"signal=vpdq\" need a "
                     "decoder: %s", why.text);

    file = screen_alloc_text(&c->alloc, &engine->media_place.file);
    screen_compile_tell(c, 0, file ? file : "", engine->media_place.line,
                        err.text);
}


static void
screen_compile_bank(screen_compile_t *c, const screen_spec_bank_t *bank)
{
    int                     i, rc;
    char                   *list, *path, *file, text[SCREEN_LIST_TALLY_LEN];
    screen_error_t          err;
    screen_bank_counts_t    counts;

    list = screen_alloc_text(&c->alloc, &bank->list);
    path = screen_alloc_text(&c->alloc, &bank->path);
    file = screen_alloc_text(&c->alloc, &bank->place.file);

    if (list == NULL || path == NULL || file == NULL) {
        screen_compile_tell(c, 0, "", 0, "no memory for a bank");
        return;
    }

    if (bank->list.len == 0 || screen_bank_file_fresh(list, path)) {
        return;
    }

    rc = SCREEN_AGAIN;

    for (i = 0; rc == SCREEN_AGAIN && i < SCREEN_COMPILE_AGAIN; i++) {
        rc = screen_bank_file_build(list, path, c->spec.uid, c->spec.gid,
                                    &counts, &err);
    }

    if (rc == SCREEN_OK) {

        if (screen_list_tally_text(&counts.left_out, text)[0] != '\0') {
            screen_error_set(&err, "left out: %s", text);
            screen_compile_tell(c, 1, list, 0, err.text);
        }

        return;
    }

    /* of the list's line if one is wrong, else of the directive */

    if (err.file[0] == '\0') {
        screen_error_at(&err, file, bank->place.line, "bank \"%.*s\": %s",
                        (int) bank->name.len, bank->name.data,
                        strdupa(err.text));
    }

    screen_compile_error(c, &err);
}


static void
screen_compile_all(screen_compile_t *c)
{
    uint32_t  i;

    for (i = 0; i < c->spec.nengines; i++) {
        screen_compile_engine(c, i);
        screen_compile_patterns(c, &c->spec.engines[i]);
        screen_compile_media(c, &c->spec.engines[i]);
    }

    for (i = 0; i < c->spec.nbanks; i++) {
        screen_compile_bank(c, &c->spec.banks[i]);
    }
}


static void
screen_compile_summary(screen_compile_shared_t *shared)
{
    char  text[100];

    if (shared->notices > SCREEN_COMPILE_NOTICES) {
        snprintf(text, sizeof(text), "and %u notices more",
                 shared->notices - SCREEN_COMPILE_NOTICES);
        screen_compile_line('N', "", 0, text);
    }

    if (shared->errors > SCREEN_COMPILE_ERRORS) {
        snprintf(text, sizeof(text), "and %u errors more, at least",
                 shared->errors - SCREEN_COMPILE_ERRORS);
        screen_compile_line('E', "", 0, text);
    }
}


/* "I", the engine, its identity, and 1 if its rules look at names */

static int
screen_compile_identities(screen_compile_t *c, screen_error_t *err)
{
    int                   rc;
    char                  line[128], hex[2 * SCREEN_IDENTITY_LEN + 1];
    u_char                id[SCREEN_IDENTITY_LEN];
    ssize_t               len;
    uint32_t              i;
    screen_image_t        image;
    screen_image_blob_t  *blob;

    rc = screen_image_open(&image, SCREEN_FD_IMAGE, c->spec.nengines, err);

    for (i = 0; rc == SCREEN_OK && i < c->spec.nengines; i++) {
        blob = &image.engines[i];

        rc = screen_identity_engine(id, &c->spec.engines[i],
                                    image.map + blob->offset, blob->len);

        screen_hex_encode(hex, id, sizeof(id));
        hex[sizeof(hex) - 1] = '\0';

        len = snprintf(line, sizeof(line), "I\t%u\t%s\t%d\n", i, hex,
                       c->names[i]);

        if (rc != SCREEN_OK || write(STDOUT_FILENO, line, len) != len) {
            rc = screen_error_set(err, "the engines cannot be told");
        }
    }

    screen_image_close(&image);

    return rc;
}


static int
screen_compile_finish(screen_compile_t *c)
{
    ssize_t         n;
    screen_error_t  err;

    screen_compile_summary(c->shared);

    if (c->shared->errors) {
        return 1;
    }

    c->image.nengines = c->spec.nengines;

    if (screen_image_finish(&c->image, SCREEN_FD_IMAGE, &err) != SCREEN_OK) {
        screen_compile_error(c, &err);
        return 1;
    }

    if (screen_compile_identities(c, &err) != SCREEN_OK) {
        screen_compile_error(c, &err);
        return 1;
    }

    n = write(STDOUT_FILENO, "OK\n", 3);

    return n == 3 ? 0 : 1;
}


int
screen_compile_run(void)
{
    int               rc;
    screen_compile_t  c;

    memset(&c, 0, sizeof(c));

    c.alloc.alloc = screen_arena_alloc;
    c.alloc.owner = &c.arena;

    c.shared = mmap(NULL, sizeof(screen_compile_shared_t),
                    PROT_READ|PROT_WRITE, MAP_SHARED|MAP_ANONYMOUS, -1, 0);

    if (c.shared == MAP_FAILED) {
        screen_compile_line('E', "", 0, "no memory");
        return 1;
    }

    if (screen_compile_spec(&c) != SCREEN_OK) {
        return 1;
    }

    if (ftruncate(SCREEN_FD_IMAGE, SCREEN_IMAGE_HEADER) == -1) {
        screen_compile_line('E', "", 0, "the image cannot be written");
        return 1;
    }

    /* without it modules load in the sandbox, which denies it: no error */

    if (screen_compile_blob(&c, NULL, &c.image.warm) != 0) {
        screen_compile_tell(&c, 1, "", 0, "this libyara lacks a module that "
                            "Debian's has: pe, elf, hash, math, dotnet, "
                            "magic or time");
    }

    screen_compile_all(&c);

    rc = screen_compile_finish(&c);

    screen_arena_destroy(&c.arena);

    return rc;
}
