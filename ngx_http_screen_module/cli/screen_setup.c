
#include <dirent.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "screen_conf.h"
#include "screen_setup_impl.h"


#define SCREEN_SETUP_TIMEOUT  10000
#define SCREEN_SETUP_MEMORY   (512ull * 1024 * 1024)


int
screen_setup_fail(screen_error_t *err, const screen_place_t *place,
    const char *fmt, const screen_str_t *value)
{
    char  file[256];

    snprintf(file, sizeof(file), "%.*s", (int) place->file.len,
             place->file.data);

    return screen_error_at(err, file, place->line, fmt, (int) value->len,
                           value->data);
}


char *
screen_setup_path(screen_setup_t *setup, const screen_str_t *path,
    const screen_place_t *place)
{
    char          *file, *slash, *to, *joined;
    screen_str_t   s;

    if (path->len && path->data[0] == '/') {
        return screen_alloc_text(&setup->alloc, path);
    }

    file = screen_alloc_text(&setup->alloc, &place->file);
    if (file == NULL) {
        return NULL;
    }

    slash = strrchr(file, '/');

    if (asprintf(&joined, "%.*s%.*s", slash ? (int) (slash + 1 - file) : 0,
                 file, (int) path->len, path->data)
        == -1)
    {
        return NULL;
    }

    s = screen_str_of(joined);
    to = screen_alloc_text(&setup->alloc, &s);

    free(joined);

    return to;
}


static int
screen_setup_policy(screen_setup_t *setup, const screen_str_t *words, size_t n,
    int block, const screen_place_t *place, screen_error_t *err)
{
    uint32_t  i;

    if (n != 2 || !block) {
        return screen_setup_fail(err, place, "\"%.*s\" takes a name and a "
                                 "block: screen_policy NAME { ... }",
                                 &words[0]);
    }

    for (i = 0; i < setup->npolicies; i++) {

        if (screen_str_eq(&setup->policies[i]->name, &words[1])) {
            return screen_setup_fail(err, place, "a screen_policy \"%.*s\" "
                                     "is already there", &words[1]);
        }
    }

    if (setup->npolicies == SCREEN_ENGINES_MAX) {
        return screen_setup_fail(err, place, "screen_policy \"%.*s\" is one "
                                 "too many: there can be 256", &words[1]);
    }

    setup->open = screen_policy_create(&setup->alloc, &words[1], place);

    if (setup->open == NULL) {
        return screen_error_set(err, "no memory");
    }

    setup->policies[setup->npolicies++] = setup->open;

    return SCREEN_OK;
}


static int
screen_setup_scanners(screen_setup_t *setup, const screen_str_t *words,
    size_t n, const screen_place_t *place, screen_error_t *err)
{
    int           rc;
    size_t        i;
    screen_str_t  value;

    for (i = 1; i < n; i++) {
        rc = SCREEN_OK;

        if (words[i].len > 8 && memcmp(words[i].data, "timeout=", 8) == 0) {
            value.data = words[i].data + 8;
            value.len = words[i].len - 8;
            rc = screen_parse_time(&value, &setup->timeout);

            if (setup->timeout == 0) {
                rc = SCREEN_MALFORMED;
            }

        } else if (words[i].len > 7
                   && memcmp(words[i].data, "memory=", 7) == 0)
        {
            value.data = words[i].data + 7;
            value.len = words[i].len - 7;
            rc = screen_parse_size(&value, &setup->memory);
        }

        if (rc != SCREEN_OK) {
            return screen_setup_fail(err, place, "\"%.*s\" is no time or size "
                                     "(10s, 512m)", &words[i]);
        }
    }

    return SCREEN_OK;
}


static int
screen_setup_directive(void *ctx, const screen_str_t *words, size_t n,
    int block, const screen_place_t *place, screen_error_t *err)
{
    screen_setup_t  *setup = ctx;

    if (setup->open != NULL) {

        if (block) {
            return screen_setup_fail(err, place, "\"%.*s\" opens a block in a "
                                     "policy, where there are none",
                                     &words[0]);
        }

        return screen_policy_directive(setup->open, words, n, place, err);
    }

    if (screen_str_is(&words[0], "screen_policy")) {
        return screen_setup_policy(setup, words, n, block, place, err);
    }

    if (block) {
        return screen_str_is(&words[0], "http") ? SCREEN_OK : SCREEN_NOT_FOUND;
    }

    if (screen_str_is(&words[0], "screen_bank")) {
        return screen_setup_bank_directive(setup, words, n, place, err);
    }

    if (screen_str_is(&words[0], "screen_redis")) {
        return screen_redis_conf_directive(&setup->redis, words, n, place,
                                           &setup->alloc, err);
    }

    if (screen_str_is(&words[0], "screen_scanners")) {
        return screen_setup_scanners(setup, words, n, place, err);
    }

    return SCREEN_OK;
}


static int
screen_setup_end(void *ctx, screen_error_t *err)
{
    int              rc;
    screen_setup_t  *setup = ctx;

    if (setup->open == NULL) {
        return SCREEN_OK;
    }

    rc = screen_policy_finish(setup->open, err);

    setup->open = NULL;

    return rc;
}


/* paths of rules are relative to the policy's file; who scans is not root */

static int
screen_setup_spec(screen_setup_t *setup, screen_error_t *err)
{
    char                   *path;
    size_t                  k;
    uint32_t                i;
    screen_spec_t          *spec;
    struct passwd          *pw;
    screen_policy_rules_t  *rules;

    spec = &setup->spec;

    spec->engines = screen_calloc(&setup->alloc, setup->npolicies
                                               * sizeof(screen_spec_engine_t));
    if (spec->engines == NULL) {
        return SCREEN_NOMEM;
    }

    for (i = 0; i < setup->npolicies; i++) {

        for (k = 0; k < setup->policies[i]->nrules; k++) {
            rules = &setup->policies[i]->rules[k];
            path = screen_setup_path(setup, &rules->path, &rules->place);

            if (path == NULL) {
                return SCREEN_NOMEM;
            }

            rules->path = screen_str_of(path);
        }

        screen_spec_engine(&spec->engines[i], setup->policies[i]);
    }

    pw = geteuid() == 0 ? getpwnam("nobody") : NULL;

    spec->nengines = setup->npolicies;
    spec->scanners = 1;
    spec->memory = setup->memory;
    spec->timeout = setup->timeout;
    spec->uid = geteuid() ? geteuid() : pw ? pw->pw_uid : 65534;
    spec->gid = geteuid() ? getegid() : pw ? pw->pw_gid : 65534;
    spec->peer_uid = geteuid();

    return screen_setup_banks(setup, err);
}


int
screen_setup_read(screen_setup_t *setup, const char *path,
    screen_error_t *err)
{
    int                 rc;
    const char         *tmp;
    screen_conf_sink_t  sink;

    memset(setup, 0, sizeof(screen_setup_t));

    setup->alloc.alloc = screen_arena_alloc;
    setup->alloc.owner = &setup->arena;
    setup->timeout = SCREEN_SETUP_TIMEOUT;
    setup->memory = SCREEN_SETUP_MEMORY;

    /* whether nginx's build has TLS is nginx's to say */

    setup->redis.tls = 1;

    sink.directive = screen_setup_directive;
    sink.end = screen_setup_end;
    sink.ctx = setup;

    screen_error_set(err, "no memory");

    rc = screen_conf_read(path, &setup->alloc, &sink, err);
    if (rc != SCREEN_OK) {
        return rc;
    }

    if (setup->npolicies == 0) {
        return screen_error_at(err, path, 0, "there is no screen_policy in "
                               "it");
    }

    tmp = getenv("TMPDIR");

    if (asprintf(&setup->folder, "%s/ngx-screen.XXXXXX",
                 tmp && tmp[0] == '/' ? tmp : "/tmp")
        == -1)
    {
        setup->folder = NULL;
        return SCREEN_NOMEM;
    }

    if (mkdtemp(setup->folder) == NULL) {
        screen_error_set(err, "a folder for bank files cannot be made in "
                         "/tmp: %s", strerror(errno));
        free(setup->folder);
        setup->folder = NULL;
        return SCREEN_ERROR;
    }

    return screen_setup_spec(setup, err);
}


screen_policy_t *
screen_setup_choose(screen_setup_t *setup, const char *name,
    screen_error_t *err)
{
    char              names[512];
    size_t            len;
    uint32_t          i;
    screen_policy_t  *policy;

    len = 0;
    names[0] = '\0';

    for (i = 0; i < setup->npolicies; i++) {
        policy = setup->policies[i];

        if ((name == NULL && setup->npolicies == 1)
            || (name != NULL && screen_str_is(&policy->name, name)))
        {
            setup->spec.engines = &setup->spec.engines[i];
            setup->spec.nengines = 1;
            return policy;
        }

        if (len < sizeof(names)) {
            len += snprintf(names + len, sizeof(names) - len, " %.*s",
                            (int) policy->name.len, policy->name.data);
        }
    }

    if (name) {
        screen_error_set(err, "there is no screen_policy \"%s\"; there is:%s",
                         name, names);
    } else {
        screen_error_set(err, "there are several policies, choose one by "
                         "--name:%s", names);
    }

    return NULL;
}


void
screen_setup_remove(screen_setup_t *setup)
{
    DIR            *dir;
    struct dirent  *entry;

    if (setup->folder == NULL) {
        return;
    }

    dir = opendir(setup->folder);

    if (dir != NULL) {

        while ((entry = readdir(dir)) != NULL) {

            if (entry->d_name[0] != '.') {
                (void) unlinkat(dirfd(dir), entry->d_name, 0);
            }
        }

        closedir(dir);
    }

    (void) rmdir(setup->folder);

    free(setup->folder);
    setup->folder = NULL;
}


void
screen_setup_free(screen_setup_t *setup)
{
    uint32_t  i;

    for (i = 0; i < setup->nbanks; i++) {

        if (setup->banks[i].bank.map != NULL) {
            screen_bank_close(&setup->banks[i].bank);
        }

        free(setup->banks[i].path);
    }

    for (i = 0; i < setup->npolicies; i++) {
        screen_policy_destroy(setup->policies[i]);
    }

    screen_setup_remove(setup);

    screen_arena_destroy(&setup->arena);
}
