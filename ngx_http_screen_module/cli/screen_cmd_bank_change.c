
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "screen_cmd_bank_change.h"


typedef struct {
    screen_cmd_bank_change_t   *change;
    const screen_bank_t        *list;
    screen_bank_builder_t      *builder;
} screen_cmd_bank_changing_t;


int
screen_cmd_bank_equal(const screen_entry_t *a, const screen_entry_t *b)
{
    return screen_str_eq(&a->label, &b->label)
           && screen_str_eq(&a->source, &b->source)
           && screen_str_eq(&a->content, &b->content)
           && a->severity == b->severity && a->expires == b->expires
           && a->time == b->time && a->view == b->view;
}


int
screen_cmd_bank_of_source(const screen_entry_t *entry,
    const screen_entry_t *withdrawn)
{
    const screen_str_t  *a, *b;

    a = &entry->source;
    b = &withdrawn->source;

    return b->len && a->len >= b->len && memcmp(a->data, b->data, b->len) == 0
           && (a->len == b->len || a->data[b->len] == ' ');
}


/* what the list has of it, if that is to be removed */

static int
screen_cmd_bank_goes(const screen_cmd_bank_change_t *c,
    const screen_entry_t *there, const screen_entry_t *key)
{
    screen_entry_t  ignored;

    if (!c->by_source) {
        return 1;
    }

    return screen_cmd_bank_of_source(there, key)
           && (c->add == NULL
               || screen_bank_lookup_same(c->add, key, 0, &ignored)
                  != SCREEN_OK);
}


static int
screen_cmd_bank_judge_add(void *ctx, const screen_entry_t *entry)
{
    screen_entry_t               was;
    screen_cmd_bank_changing_t  *g;

    g = ctx;

    if (screen_bank_lookup_same(g->list, entry, 0, &was) != SCREEN_OK) {
        g->change->added++;

    } else if (screen_cmd_bank_equal(&was, entry)) {
        g->change->unchanged++;

    } else {
        g->change->changed++;
    }

    return SCREEN_OK;
}


static int
screen_cmd_bank_judge_remove(void *ctx, const screen_entry_t *entry)
{
    screen_entry_t               was;
    screen_cmd_bank_changing_t  *g;

    g = ctx;

    if (screen_bank_lookup_same(g->list, entry, 0, &was) == SCREEN_OK
        && screen_cmd_bank_goes(g->change, &was, entry))
    {
        g->change->removed++;

    } else {
        g->change->missing++;
    }

    return SCREEN_OK;
}


/* what stays of the list as it is */

static int
screen_cmd_bank_keep(void *ctx, const screen_entry_t *entry)
{
    screen_entry_t               other;
    screen_cmd_bank_change_t    *c;
    screen_cmd_bank_changing_t  *g;

    g = ctx;
    c = g->change;

    if (c->add != NULL
        && screen_bank_lookup_same(c->add, entry, 0, &other) == SCREEN_OK)
    {
        return SCREEN_OK;
    }

    if (c->remove != NULL
        && screen_bank_lookup_same(c->remove, entry, 0, &other) == SCREEN_OK
        && screen_cmd_bank_goes(c, entry, &other))
    {
        return SCREEN_OK;
    }

    return screen_bank_builder_add(g->builder, entry);
}


static int
screen_cmd_bank_put(void *ctx, const screen_entry_t *entry)
{
    return screen_bank_builder_add(ctx, entry);
}


static int
screen_cmd_bank_save(const char *file, const screen_bank_t *bank,
    screen_error_t *err)
{
    int          fd, rc;
    char         path[PATH_MAX];
    FILE        *to;
    struct stat  st;

    if (stat(file, &st) == -1
        || snprintf(path, sizeof(path), "%s.new.XXXXXX", file)
           >= (int) sizeof(path))
    {
        return screen_error_at(err, file, 0, "cannot be replaced");
    }

    fd = mkstemp(path);
    to = fd == -1 ? NULL : fdopen(fd, "w");

    if (to == NULL) {
        return screen_error_at(err, path, 0, "cannot be created: %s",
                               strerror(errno));
    }

    screen_cmd_bank_csv(to, bank);

    rc = fflush(to) != 0 || ferror(to) || fchmod(fd, st.st_mode & 07777) == -1
         || (geteuid() == 0 && fchown(fd, st.st_uid, st.st_gid) == -1)
         || fsync(fd) == -1;

    if (fclose(to) != 0 || rc || rename(path, file) == -1) {
        rc = errno;
        (void) unlink(path);
        return screen_error_at(err, file, 0, "cannot be replaced: %s",
                               strerror(rc));
    }

    return SCREEN_OK;
}


static int
screen_cmd_bank_carry_out(screen_cmd_bank_changing_t *g, const char *file,
    screen_error_t *err)
{
    int            rc;
    screen_bank_t  merged;

    g->builder = screen_bank_builder_create();

    rc = g->builder ? screen_bank_walk(g->list, screen_cmd_bank_keep, g)
                    : SCREEN_NOMEM;

    if (rc == SCREEN_OK && g->change->add != NULL) {
        rc = screen_bank_walk(g->change->add, screen_cmd_bank_put,
                              g->builder);
    }

    rc = rc != SCREEN_OK ? screen_error_set(err, "no memory")
                         : screen_cmd_bank_memory(g->builder, &merged, err);

    screen_bank_builder_destroy(g->builder);

    if (rc != SCREEN_OK) {
        return rc;
    }

    rc = screen_cmd_bank_save(file, &merged, err);

    screen_bank_close(&merged);

    return rc;
}


int
screen_cmd_bank_change_list(const char *file, screen_cmd_bank_change_t *c,
    screen_error_t *err)
{
    int                         rc;
    screen_bank_t               list;
    screen_cmd_bank_changing_t  g;

    if (screen_cmd_bank_open(&list, NULL, file, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    memset(&g, 0, sizeof(screen_cmd_bank_changing_t));

    g.change = c;
    g.list = &list;

    if (c->add != NULL) {
        (void) screen_bank_walk(c->add, screen_cmd_bank_judge_add, &g);
    }

    if (c->remove != NULL) {
        (void) screen_bank_walk(c->remove, screen_cmd_bank_judge_remove, &g);
    }

    rc = !c->dry_run && (c->added || c->changed || c->removed)
         ? screen_cmd_bank_carry_out(&g, file, err) : SCREEN_OK;

    screen_bank_close(&list);

    return rc;
}
