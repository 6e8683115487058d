
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/screen_date.h"
#include "../core/screen_tail.h"
#include "screen_cmd_bank_store.h"


static const char  screen_cmd_bank_stat_help[] =
    "usage: ngx-screen bank stat FILE\n"
    "       ngx-screen bank stat --redis ADDRESS BANK\n"
    "\n"
    "Tells what a bank file, or a list, holds: entries of each signal, size,\n"
    "when it was built and the list that it was built from; of a bank in\n"
    "Redis its entries, and the changes that its stream has.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -f, --file FILE      the bank file or list, instead of the first word\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static void
screen_cmd_bank_print_entries(const char *name,
    const uint64_t entries[SCREEN_SIGNALS])
{
    uint64_t  total;
    unsigned  signal;

    for (total = 0, signal = 0; signal < SCREEN_SIGNALS; signal++) {
        total += entries[signal];
    }

    printf("bank:     %s\n", name);
    printf("entries:  %llu\n", (unsigned long long) total);

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (entries[signal] != 0) {
            printf("  %s: %*s%llu\n", screen_signal_name(signal),
                   (int) (6 - strlen(screen_signal_name(signal))), "",
                   (unsigned long long) entries[signal]);
        }
    }
}


static void
screen_cmd_bank_print_stat(const char *path,
    const screen_bank_counts_t *counts)
{
    char                         text[SCREEN_DATE_LEN];
    const screen_bank_origin_t  *origin;

    screen_cmd_bank_print_entries(path, counts->entries);

    printf("size:     %llu bytes (%.1f MB)\n",
           (unsigned long long) counts->size, (double) counts->size / 1e6);

    screen_date_format(text, counts->built);
    printf("built:    %s\n", text);

    origin = &counts->origin;

    if (origin->size == SCREEN_BANK_ORIGIN_REDIS) {
        screen_date_format(text, origin->mtime_ns / 1000000000);
        printf("origin:   Redis, read %s; its tail is not counted\n", text);
        return;
    }

    if (origin->mtime_ns == 0 && origin->inode == 0) {
        printf("origin:   more than one list\n");
        return;
    }

    screen_date_format(text, origin->mtime_ns / 1000000000);
    printf("origin:   a list of %llu bytes, modified %s, inode %llu\n",
           (unsigned long long) origin->size, text,
           (unsigned long long) origin->inode);
}


/* what the stream has: its length, and when the last change was made */

static int
screen_cmd_bank_stat_changes(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    char                         key[SCREEN_BANK_KEY_LEN];
    char                         date[SCREEN_DATE_LEN];
    int64_t                      n;
    screen_redis_reply_t        *reply;
    const screen_redis_reply_t  *last;

    screen_bank_key_changes(key, &screen_redis_server(store->redis)->prefix,
                            store->bank);

    if (screen_redis_command(store->redis, key, &reply, err, "XLEN %s", key)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    n = reply->integer;
    screen_redis_reply_free(reply);

    if (screen_redis_command(store->redis, key, &reply, err,
                             "XREVRANGE %s + - COUNT 1", key)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    printf("changes:  %lld", (long long) n);

    last = reply->type == SCREEN_REDIS_ARRAY && reply->n == 1
           ? reply->elements[0] : NULL;

    if (last != NULL && last->type == SCREEN_REDIS_ARRAY && last->n == 2
        && last->elements[0]->type == SCREEN_REDIS_STRING)
    {
        /* an id begins with the milliseconds since 1970 */

        screen_date_format(date, strtoull((const char *)
                                          last->elements[0]->str.data, NULL,
                                          10)
                                 / 1000);
        printf(", the last at %s", date);
    }

    putchar('\n');

    screen_redis_reply_free(reply);

    return SCREEN_OK;
}


static int
screen_cmd_bank_stat_redis(const char *address, const char *name)
{
    int                      rc;
    uint64_t                 counts[SCREEN_SIGNALS];
    screen_error_t           err;
    screen_cmd_bank_store_t  store;

    rc = screen_cmd_bank_store_open(&store, address, name, &err);

    if (rc == SCREEN_OK) {
        rc = screen_redis_bank_count(store.redis, name, counts, &err);

        if (rc == SCREEN_OK) {
            screen_cmd_bank_print_entries(name, counts);
            rc = screen_cmd_bank_stat_changes(&store, &err);
        }

        screen_cmd_bank_store_close(&store);
    }

    return rc == SCREEN_OK ? 0 : screen_cmd_bank_failed(&err);
}


int
screen_cmd_bank_stat(int argc, char **argv)
{
    int                         status;
    const char                 *path;
    screen_bank_t               bank;
    screen_error_t              err;
    screen_bank_counts_t        counts;
    screen_cmd_bank_options_t   o;

    if (screen_cmd_bank_options(&o, "-rf", screen_cmd_bank_stat_help, argc,
                                argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    if (argc - optind != (o.file == NULL)) {
        return screen_cmd_bank_usage("stat", o.redis ? "one bank expected, "
                                     "%d given" : "one bank file or list "
                                     "expected, %d given",
                                     argc - optind + (o.file != NULL));
    }

    if (o.redis != NULL) {
        return screen_cmd_bank_stat_redis(o.redis, argv[optind]);
    }

    path = o.file ? o.file : argv[optind];

    if (screen_cmd_bank_open(&bank, NULL, path, &err) != SCREEN_OK) {
        return screen_cmd_bank_failed(&err);
    }

    screen_bank_file_count(&bank, &counts);
    screen_bank_close(&bank);

    screen_cmd_bank_print_stat(path, &counts);

    return 0;
}
