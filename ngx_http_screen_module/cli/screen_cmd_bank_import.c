
/*
 * "ngx-screen bank import | sync": whole lists into a bank in Redis.
 */


#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "screen_cmd_bank_change.h"
#include "screen_cmd_bank_store.h"


typedef struct {
    screen_cmd_bank_options_t    options;
    screen_cmd_bank_store_t      store;
    screen_cmd_bank_progress_t   progress;
    const screen_bank_t         *list;
    uint64_t                     total;
    uint64_t                     done;
    unsigned                     count:1;   /* do not write, only count */
    uint64_t                     surplus;
    screen_error_t               err;
} screen_cmd_bank_import_t;


static const char  screen_cmd_bank_import_help[] =
    "usage: ngx-screen bank import --redis ADDRESS BANK LIST...\n"
    "       ngx-screen bank import --file LIST OTHER...\n"
    "\n"
    "Adds what the lists, or bank files, hold to a bank in Redis, or to a\n"
    "list file, which is written anew as CSV.  A list is read to its end\n"
    "before anything of it is written.  What is there as it should be is not\n"
    "written again.  What a service's list withdraws is taken out, if it is\n"
    "of that service.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -f, --file LIST      the list that the others are added to\n"
    "  -n, --dry-run        only say what would be done\n"
    "  -q, --quiet          say nothing but errors\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.  After an error or an interruption\n"
    "the command can be given again: it goes on where it ended.\n";


static const char  screen_cmd_bank_sync_help[] =
    "usage: ngx-screen bank sync --redis ADDRESS BANK LIST\n"
    "\n"
    "Makes a bank in Redis equal to a list, or bank file: adds, changes and\n"
    "removes.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -F, --force          even if it removes more than half of the bank\n"
    "  -n, --dry-run        only say what would be done\n"
    "  -q, --quiet          say nothing but errors\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static int
screen_cmd_bank_import_visit(void *ctx, const screen_entry_t *entry)
{
    screen_cmd_bank_import_t  *im;

    im = ctx;

    (void) im->progress.progress.step(im->progress.progress.ctx, im->done++,
                                      im->total);

    return screen_cmd_bank_store_put(&im->store, entry, &im->err);
}


static int
screen_cmd_bank_import_list(screen_cmd_bank_import_t *im,
    const screen_bank_t *bank, const char *name)
{
    int       rc;
    unsigned  signal;

    im->total = 0;
    im->done = 0;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        im->total += bank->entries[signal];
    }

    screen_cmd_bank_progress_start(&im->progress, name);
    im->progress.entries = 1;

    rc = screen_bank_walk(bank, screen_cmd_bank_import_visit, im);

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_store_flush(&im->store, &im->err);
    }

    screen_cmd_bank_progress_end(&im->progress);

    return rc;
}


/* what members took back, unless others have it, or it is another's */

static int
screen_cmd_bank_import_withdraw(void *ctx, const screen_entry_t *entry)
{
    int                        rc;
    screen_entry_t             there;
    screen_bank_json_text_t    text;
    screen_cmd_bank_import_t  *im;

    im = ctx;

    if (screen_bank_lookup_same(im->list, entry, 0, &there) == SCREEN_OK) {
        return SCREEN_OK;
    }

    rc = screen_cmd_bank_store_find(&im->store, entry, &there, &text,
                                    &im->err);

    if (rc == SCREEN_OK && screen_cmd_bank_of_source(&there, entry)) {
        return screen_cmd_bank_store_remove(&im->store, entry, &im->err);
    }

    return rc == SCREEN_NOT_FOUND ? SCREEN_OK : rc;
}


static int
screen_cmd_bank_import_redis(screen_cmd_bank_import_t *im, const char *name)
{
    int            rc;
    screen_bank_t  bank, withdrawn;

    rc = screen_cmd_bank_open(&bank, &withdrawn, name, &im->err);

    if (rc != SCREEN_OK) {
        return rc;
    }

    im->list = &bank;

    rc = screen_cmd_bank_import_list(im, &bank, name);

    if (rc == SCREEN_OK && withdrawn.map != NULL) {
        rc = screen_bank_walk(&withdrawn, screen_cmd_bank_import_withdraw,
                              im);
    }

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_store_flush(&im->store, &im->err);
    }

    screen_bank_close(&bank);
    screen_bank_close(&withdrawn);

    return rc;
}


static int
screen_cmd_bank_import_file(screen_cmd_bank_import_t *im, const char *name)
{
    int                        rc;
    screen_bank_t              bank, withdrawn;
    screen_cmd_bank_change_t   c;

    rc = screen_cmd_bank_open(&bank, &withdrawn, name, &im->err);

    if (rc != SCREEN_OK) {
        return rc;
    }

    memset(&c, 0, sizeof(screen_cmd_bank_change_t));

    c.add = &bank;
    c.remove = withdrawn.map ? &withdrawn : NULL;
    c.by_source = 1;
    c.dry_run = im->options.dry_run;

    rc = screen_cmd_bank_change_list(im->options.file, &c, &im->err);

    im->store.added += c.added;
    im->store.changed += c.changed;
    im->store.unchanged += c.unchanged;
    im->store.removed += c.removed;

    screen_bank_close(&bank);
    screen_bank_close(&withdrawn);

    return rc;
}


static int
screen_cmd_bank_import_done(screen_cmd_bank_import_t *im, int rc, int sync)
{
    const screen_cmd_bank_store_t  *store;

    store = &im->store;

    if (rc == SCREEN_OK && !im->options.quiet) {
        printf("%s%llu added, %llu changed, %llu unchanged",
               im->options.dry_run ? "would be: " : "",
               (unsigned long long) store->added,
               (unsigned long long) store->changed,
               (unsigned long long) store->unchanged);

        if (sync || store->removed) {
            printf(", %llu removed", (unsigned long long) store->removed);
        }

        putchar('\n');
    }

    screen_cmd_bank_store_close(&im->store);

    return rc == SCREEN_OK ? 0 : screen_cmd_bank_failed(&im->err);
}


int
screen_cmd_bank_import(int argc, char **argv)
{
    int                        i, rc, status;
    screen_cmd_bank_import_t   im;

    memset(&im, 0, sizeof(screen_cmd_bank_import_t));

    if (screen_cmd_bank_options(&im.options, "rfnq",
                                screen_cmd_bank_import_help, argc, argv,
                                &status)
        != SCREEN_OK)
    {
        return status;
    }

    i = optind + (im.options.redis != NULL);

    if (i >= argc) {
        return screen_cmd_bank_usage("import", "no %s given",
                                     im.options.redis && optind == argc
                                     ? "bank" : "list");
    }

    if (im.options.redis != NULL
        && screen_cmd_bank_store_open(&im.store, im.options.redis,
                                      argv[optind], &im.err)
           != SCREEN_OK)
    {
        return screen_cmd_bank_failed(&im.err);
    }

    im.store.dry_run = im.options.dry_run;

    for (rc = SCREEN_OK; i < argc && rc == SCREEN_OK; i++) {
        rc = im.options.redis ? screen_cmd_bank_import_redis(&im, argv[i])
                              : screen_cmd_bank_import_file(&im, argv[i]);
    }

    return screen_cmd_bank_import_done(&im, rc, 0);
}


static int
screen_cmd_bank_sync_visit(void *ctx, const screen_entry_t *entry)
{
    screen_entry_t             ignored;
    screen_cmd_bank_import_t  *im;

    im = ctx;

    if (screen_bank_lookup_same(im->list, entry, 0, &ignored) == SCREEN_OK) {
        return SCREEN_OK;
    }

    im->surplus++;

    return im->count ? SCREEN_OK
                     : screen_cmd_bank_store_remove(&im->store, entry,
                                                    &im->err);
}


/* first what is added: never is there less than there should be */

static int
screen_cmd_bank_sync_list(screen_cmd_bank_import_t *im,
    const screen_bank_t *list, const char *name)
{
    int            rc;
    uint64_t       total;
    unsigned       signal;
    screen_bank_t  there;

    rc = screen_cmd_bank_store_load(&im->store, &there, &im->err);
    if (rc != SCREEN_OK) {
        return rc;
    }

    total = 0;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        total += there.entries[signal];
    }

    im->list = list;
    im->count = 1;

    (void) screen_bank_walk(&there, screen_cmd_bank_sync_visit, im);

    im->count = 0;

    if (im->surplus > total / 2 && !im->options.force) {
        rc = screen_error_set(&im->err, "%s would remove %llu of %llu "
                              "entries; --force if that is right", name,
                              (unsigned long long) im->surplus,
                              (unsigned long long) total);
    }

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_import_list(im, list, name);
    }

    if (rc == SCREEN_OK) {
        rc = screen_bank_walk(&there, screen_cmd_bank_sync_visit, im);
    }

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_store_flush(&im->store, &im->err);
    }

    screen_bank_close(&there);

    return rc;
}


int
screen_cmd_bank_sync(int argc, char **argv)
{
    int                        rc, status;
    screen_bank_t              list;
    screen_cmd_bank_import_t   im;

    memset(&im, 0, sizeof(screen_cmd_bank_import_t));

    if (screen_cmd_bank_options(&im.options, "rnqF",
                                screen_cmd_bank_sync_help, argc, argv,
                                &status)
        != SCREEN_OK)
    {
        return status;
    }

    if (argc - optind != 2) {
        return screen_cmd_bank_usage("sync", "a bank and a list expected");
    }

    if (screen_cmd_bank_open(&list, NULL, argv[optind + 1], &im.err)
        != SCREEN_OK)
    {
        return screen_cmd_bank_failed(&im.err);
    }

    rc = screen_cmd_bank_store_open(&im.store, im.options.redis, argv[optind],
                                    &im.err);

    if (rc == SCREEN_OK) {
        im.store.dry_run = im.options.dry_run;
        rc = screen_cmd_bank_sync_list(&im, &list, argv[optind + 1]);
    }

    screen_bank_close(&list);

    return screen_cmd_bank_import_done(&im, rc, 1);
}
