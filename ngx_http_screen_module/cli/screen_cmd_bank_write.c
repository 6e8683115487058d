
/*
 * "ngx-screen bank add | remove": single values, in Redis or in a list file.
 */


#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/screen_list.h"
#include "../core/screen_list_entry.h"
#include "../core/screen_tail.h"
#include "screen_cmd_bank_change.h"
#include "screen_cmd_bank_media.h"
#include "screen_cmd_bank_store.h"


typedef struct {
    screen_cmd_bank_options_t   options;
    screen_cmd_bank_store_t     store;
    screen_bank_builder_t      *builder;   /* of the values given */
    unsigned                    remove:1;
    screen_error_t              err;
} screen_cmd_bank_edit_t;


static int screen_cmd_bank_edit(screen_cmd_bank_edit_t *e, int argc,
    char **argv);
static int screen_cmd_bank_edit_values(screen_cmd_bank_edit_t *e,
    char **values, screen_bank_t *bank);
static int screen_cmd_bank_edit_redis(screen_cmd_bank_edit_t *e,
    const char *name, const screen_bank_t *bank);
static int screen_cmd_bank_edit_list(screen_cmd_bank_edit_t *e,
    const screen_bank_t *bank);


static const char  screen_cmd_bank_add_help[] =
    "usage: ngx-screen bank add --redis ADDRESS BANK VALUE...\n"
    "       ngx-screen bank add --file LIST VALUE...\n"
    "       ngx-screen bank add --redis ADDRESS BANK --media FILE...\n"
    "       ngx-screen bank add --file LIST --media FILE...\n"
    "\n"
    "Adds hashes, given in hex, to a bank in Redis, where every edge sees\n"
    "them at once, or to a list file, which is written anew as CSV.  What is\n"
    "there gets the new label, source, severity and expiry.\n"
    "\n"
    "  -r, --redis ADDRESS  host:port, unix:path, or more words as in\n"
    "                       screen_redis, in one argument:\n"
    "                       \"host:port user=u password_file=/path db=1\"\n"
    "  -f, --file LIST      a list\n"
    "  -s, --signal NAME    sha256, sha1, md5, pdq or vpdq; told by the\n"
    "                       number of digits otherwise\n"
    "  -l, --label TEXT     what it is\n"
    "  -u, --source TEXT    who says so\n"
    "  -v, --severity N     0 to 10\n"
    "  -e, --expires TIME   2026-01-31T23:59:59Z, or seconds since 1970\n"
    "  -m, --media          pictures and videos, or folders of them: adds\n"
    "                       their fingerprints, densely, and their sha256\n"
    "  -c, --content ID     what the fingerprints are said to be of; of media\n"
    "                       with /NAME behind it for several files, and the\n"
    "                       beginning of the sha256 without it.  Of values\n"
    "                       with --signal pdq or vpdq\n"
    "  -n, --dry-run        only say what would be done\n"
    "  -q, --quiet          say nothing but errors\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.  To give the command again after an\n"
    "error or an interruption does no harm.\n";


static const char  screen_cmd_bank_remove_help[] =
    "usage: ngx-screen bank remove --redis ADDRESS BANK VALUE...\n"
    "       ngx-screen bank remove --file LIST VALUE...\n"
    "\n"
    "Takes hashes, given in hex, out of a bank in Redis or a list file, which\n"
    "is written anew as CSV.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -f, --file LIST      a list\n"
    "  -s, --signal NAME    sha256, sha1, md5, pdq or vpdq; told by the\n"
    "                       number of digits otherwise\n"
    "  -c, --content ID     of vpdq: the video whose frames they are; without\n"
    "                       it those of no content\n"
    "  -n, --dry-run        only say what would be done\n"
    "  -q, --quiet          say nothing but errors\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, 1 if one was not there, or 3 on an error.\n";


int
screen_cmd_bank_add(int argc, char **argv)
{
    int                     status;
    screen_cmd_bank_edit_t  e;

    memset(&e, 0, sizeof(screen_cmd_bank_edit_t));

    if (screen_cmd_bank_options(&e.options, "rfsluvecmnq",
                                screen_cmd_bank_add_help, argc, argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    return screen_cmd_bank_edit(&e, argc, argv);
}


int
screen_cmd_bank_remove(int argc, char **argv)
{
    int                     status;
    screen_cmd_bank_edit_t  e;

    memset(&e, 0, sizeof(screen_cmd_bank_edit_t));

    e.remove = 1;

    if (screen_cmd_bank_options(&e.options, "rfscnq",
                                screen_cmd_bank_remove_help, argc, argv,
                                &status)
        != SCREEN_OK)
    {
        return status;
    }

    return screen_cmd_bank_edit(&e, argc, argv);
}


static int
screen_cmd_bank_edit(screen_cmd_bank_edit_t *e, int argc, char **argv)
{
    int             rc;
    const char     *name;
    screen_bank_t   bank;

    name = NULL;

    if (e->options.redis != NULL) {

        if (optind == argc) {
            return screen_cmd_bank_usage(argv[0], "no bank given");
        }

        name = argv[optind++];
    }

    if (optind == argc) {
        return screen_cmd_bank_usage(argv[0], e->options.media
                                     ? "no file given" : "no hash given");
    }

    if (screen_cmd_bank_edit_values(e, argv + optind, &bank) != SCREEN_OK) {
        return screen_cmd_bank_failed(&e->err);
    }

    rc = name ? screen_cmd_bank_edit_redis(e, name, &bank)
              : screen_cmd_bank_edit_list(e, &bank);

    screen_bank_close(&bank);

    if (rc != SCREEN_OK) {
        return screen_cmd_bank_failed(&e->err);
    }

    if (!e->options.quiet && e->remove) {
        printf("%s%llu removed, %llu not there\n",
               e->options.dry_run ? "would be: " : "",
               (unsigned long long) e->store.removed,
               (unsigned long long) e->store.missing);

    } else if (!e->options.quiet) {
        printf("%s%llu added, %llu changed, %llu unchanged\n",
               e->options.dry_run ? "would be: " : "",
               (unsigned long long) e->store.added,
               (unsigned long long) e->store.changed,
               (unsigned long long) e->store.unchanged);
    }

    return e->store.missing ? SCREEN_CMD_BANK_MISSING : 0;
}


static int
screen_cmd_bank_edit_text(const char *name, const char *text, size_t max,
    screen_str_t *to, screen_error_t *err)
{
    *to = screen_str_of(text ? text : "");

    return to->len <= max ? SCREEN_OK
           : screen_error_set(err, "the %s is longer than %zu bytes", name,
                              max);
}


/* what a value is of: only of likenesses can that be said */

static int
screen_cmd_bank_edit_content(screen_cmd_bank_edit_t *e, screen_entry_t *entry)
{
    if (e->options.content == NULL) {
        return SCREEN_OK;
    }

    if (!screen_signal_perceptual(entry->signal)) {
        return screen_error_set(&e->err, "--content is of pdq and vpdq: say "
                                "which by --signal");
    }

    if (e->remove && entry->signal == SCREEN_SIGNAL_PDQ) {
        return screen_error_set(&e->err, "a pdq is in a bank once: remove it "
                                "without --content");
    }

    return screen_cmd_bank_edit_text("content", e->options.content,
                                     SCREEN_TAIL_CONTENT_MAX, &entry->content,
                                     &e->err);
}


/* all of them are looked at before anything is written */

static int
screen_cmd_bank_edit_values(screen_cmd_bank_edit_t *e, char **values,
    screen_bank_t *bank)
{
    int                     rc;
    screen_str_t            text;
    screen_entry_t          entry;
    screen_list_place_t     place;
    screen_bank_builder_t  *b;

    place.name = "";
    place.line = 0;

    b = screen_bank_builder_create();
    if (b == NULL) {
        return screen_error_set(&e->err, "no memory");
    }

    rc = e->options.media ? screen_cmd_bank_media(b, &e->options, values,
                                                  &e->err)
                          : SCREEN_OK;

    for ( /* void */ ; !e->options.media && *values != NULL
                       && rc == SCREEN_OK; values++)
    {

        memset(&entry, 0, sizeof(screen_entry_t));

        entry.signal = e->options.signal;
        entry.severity = e->options.severity;
        entry.expires = e->options.expires;
        text = screen_str_of(*values);

        rc = screen_list_value(&place, &entry, &text, &e->err);

        if (rc == SCREEN_OK) {
            rc = screen_cmd_bank_edit_text("label", e->options.label,
                                           SCREEN_BANK_JSON_LABEL,
                                           &entry.label, &e->err);
        }

        if (rc == SCREEN_OK) {
            rc = screen_cmd_bank_edit_text("source", e->options.source,
                                           SCREEN_BANK_JSON_SOURCE,
                                           &entry.source, &e->err);
        }

        if (rc == SCREEN_OK) {
            rc = screen_cmd_bank_edit_content(e, &entry);
        }

        if (rc == SCREEN_OK
            && screen_bank_builder_add(b, &entry) != SCREEN_OK)
        {
            rc = screen_error_set(&e->err, "no memory");
        }
    }

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_memory(b, bank, &e->err);
    }

    screen_bank_builder_destroy(b);

    return rc;
}


static int
screen_cmd_bank_edit_visit(void *ctx, const screen_entry_t *entry)
{
    screen_cmd_bank_edit_t  *e;

    e = ctx;

    return e->remove
           ? screen_cmd_bank_store_remove(&e->store, entry, &e->err)
           : screen_cmd_bank_store_put(&e->store, entry, &e->err);
}


static int
screen_cmd_bank_edit_redis(screen_cmd_bank_edit_t *e, const char *name,
    const screen_bank_t *bank)
{
    int  rc;

    if (screen_cmd_bank_store_open(&e->store, e->options.redis, name, &e->err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    e->store.dry_run = e->options.dry_run;

    rc = screen_bank_walk(bank, screen_cmd_bank_edit_visit, e);

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_store_flush(&e->store, &e->err);
    }

    screen_cmd_bank_store_close(&e->store);

    return rc;
}


static int
screen_cmd_bank_edit_list(screen_cmd_bank_edit_t *e,
    const screen_bank_t *bank)
{
    int                       rc;
    screen_cmd_bank_change_t  c;

    memset(&c, 0, sizeof(screen_cmd_bank_change_t));

    c.add = e->remove ? NULL : bank;
    c.remove = e->remove ? bank : NULL;
    c.dry_run = e->options.dry_run;

    rc = screen_cmd_bank_change_list(e->options.file, &c, &e->err);

    e->store.added = c.added;
    e->store.changed = c.changed;
    e->store.unchanged = c.unchanged;
    e->store.removed = c.removed;
    e->store.missing = c.missing;

    return rc;
}
