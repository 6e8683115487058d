
/*
 * "ngx-screen bank export | list | confirm", and "stat" of a bank in Redis.
 */


#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/screen_date.h"
#include "../core/screen_view.h"
#include "screen_cmd_bank_store.h"


#define SCREEN_CMD_BANK_CONFIRM  600       /* s that a confirmation holds */
#define SCREEN_CMD_BANK_NAMES    10000


static int screen_cmd_bank_list_names(screen_cmd_bank_store_t *store,
    screen_error_t *err);


static const char  screen_cmd_bank_export_help[] =
    "usage: ngx-screen bank export --redis ADDRESS BANK [-o LIST]\n"
    "       ngx-screen bank export --file BANKFILE [-o LIST]\n"
    "\n"
    "Writes a bank as a list, CSV with a header line, sorted by signal and\n"
    "value.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -f, --file FILE      a bank file or list\n"
    "  -o, --output LIST    a file; the standard output otherwise\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static const char  screen_cmd_bank_list_help[] =
    "usage: ngx-screen bank list --redis ADDRESS [BANK]\n"
    "       ngx-screen bank list --file FILE\n"
    "\n"
    "Without BANK: the banks in Redis, with the number of their entries.\n"
    "With BANK, or of a bank file or list: the entries, as CSV.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -f, --file FILE      a bank file or list\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static const char  screen_cmd_bank_confirm_help[] =
    "usage: ngx-screen bank confirm --redis ADDRESS BANK\n"
    "\n"
    "An edge that finds a bank with fewer than half of the entries that it\n"
    "had keeps what it has: it may be the wrong database.  This tells all\n"
    "edges, for ten minutes, that the bank is right as it is.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\"\n"
    "  -q, --quiet          say nothing but errors\n"
    "  -h, --help           this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static void
screen_cmd_bank_csv_text(FILE *to, const screen_str_t *text)
{
    size_t  i;

    if (text->len == 0) {
        return;
    }

    if (memchr(text->data, ',', text->len) == NULL
        && memchr(text->data, '"', text->len) == NULL)
    {
        (void) fwrite(text->data, 1, text->len, to);
        return;
    }

    putc('"', to);

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '"') {
            putc('"', to);
        }

        putc(text->data[i], to);
    }

    putc('"', to);
}


typedef struct {
    FILE      *to;
    unsigned   marks;              /* entries may have content, view, time */
} screen_cmd_bank_csv_t;


static void
screen_cmd_bank_csv_mark(FILE *to, const screen_entry_t *entry)
{
    char  view[SCREEN_VIEW_NAME];

    putc(',', to);
    screen_cmd_bank_csv_text(to, &entry->content);
    putc(',', to);

    if (entry->view) {
        fputs(screen_view_name(entry->view, view), to);
    }

    putc(',', to);

    if (entry->time) {
        fprintf(to, "%u.%03u", entry->time / 1000, entry->time % 1000);
    }
}


static int
screen_cmd_bank_csv_entry(void *ctx, const screen_entry_t *entry)
{
    char    hex[2 * sizeof(entry->value)], date[SCREEN_DATE_LEN];
    FILE   *to;
    size_t  size;

    const screen_cmd_bank_csv_t  *csv = ctx;

    to = csv->to;
    size = screen_signal_size(entry->signal);

    screen_hex_encode(hex, entry->value, size);

    fprintf(to, "%s,%.*s,", screen_signal_name(entry->signal),
            (int) (2 * size), hex);

    screen_cmd_bank_csv_text(to, &entry->label);
    putc(',', to);
    screen_cmd_bank_csv_text(to, &entry->source);
    putc(',', to);

    if (entry->severity) {
        fprintf(to, "%u", entry->severity);
    }

    putc(',', to);

    if (entry->expires) {
        screen_date_format(date, entry->expires);
        fputs(date, to);
    }

    if (csv->marks) {
        screen_cmd_bank_csv_mark(to, entry);
    }

    putc('\n', to);

    return ferror(to) ? SCREEN_ERROR : SCREEN_OK;
}


void
screen_cmd_bank_csv(FILE *to, const screen_bank_t *bank)
{
    screen_cmd_bank_csv_t  csv;

    csv.to = to;
    csv.marks = (bank->signals & (1u << SCREEN_SIGNAL_PDQ
                                  | 1u << SCREEN_SIGNAL_VPDQ)) != 0;

    fprintf(to, "signal,value,label,source,severity,expires%s\n",
            csv.marks ? ",content,view,time" : "");

    (void) screen_bank_walk(bank, screen_cmd_bank_csv_entry, &csv);
}


/* the bank of the options: a file, or one in Redis, read whole */

static int
screen_cmd_bank_export_open(const screen_cmd_bank_options_t *o,
    const char *name, screen_bank_t *bank, screen_error_t *err)
{
    int                      rc;
    screen_cmd_bank_store_t  store;

    if (o->file != NULL) {
        return screen_cmd_bank_open(bank, NULL, o->file, err);
    }

    rc = screen_cmd_bank_store_open(&store, o->redis, name, err);

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_store_load(&store, bank, err);

        if (rc == SCREEN_OK && store.scan.passed) {
            fprintf(stderr, "ngx-screen bank: %llu fields that are no entries "
                    "were passed over\n",
                    (unsigned long long) store.scan.passed);
        }

        screen_cmd_bank_store_close(&store);
    }

    return rc;
}


int
screen_cmd_bank_export(int argc, char **argv)
{
    int                         failed, status;
    FILE                       *to;
    screen_bank_t               bank;
    screen_error_t              err;
    screen_cmd_bank_options_t   o;

    if (screen_cmd_bank_options(&o, "rfo", screen_cmd_bank_export_help, argc,
                                argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    if (argc - optind != (o.redis != NULL)) {
        return screen_cmd_bank_usage("export", o.redis
                                     ? "one bank expected"
                                     : "a bank besides --file");
    }

    if (screen_cmd_bank_export_open(&o, argv[optind], &bank, &err)
        != SCREEN_OK)
    {
        return screen_cmd_bank_failed(&err);
    }

    to = o.output ? fopen(o.output, "we") : stdout;

    if (to == NULL) {
        screen_error_at(&err, o.output, 0, "cannot be created: %s",
                        strerror(errno));
        screen_bank_close(&bank);
        return screen_cmd_bank_failed(&err);
    }

    screen_cmd_bank_csv(to, &bank);
    screen_bank_close(&bank);

    failed = fflush(to) != 0 || ferror(to);

    if (to != stdout && fclose(to) != 0) {
        failed = 1;
    }

    if (failed) {
        screen_error_set(&err, "%s: %s", o.output ? o.output
                         : "the standard output", strerror(errno));
        return screen_cmd_bank_failed(&err);
    }

    return 0;
}


int
screen_cmd_bank_list(int argc, char **argv)
{
    int                         rc, status;
    screen_bank_t               bank;
    screen_error_t              err;
    screen_cmd_bank_store_t     store;
    screen_cmd_bank_options_t   o;

    if (screen_cmd_bank_options(&o, "rf", screen_cmd_bank_list_help, argc,
                                argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    if (argc - optind > (o.redis != NULL)) {
        return screen_cmd_bank_usage("list", "too many words");
    }

    if (o.redis != NULL && optind == argc) {
        rc = screen_cmd_bank_store_open(&store, o.redis, NULL, &err);

        if (rc == SCREEN_OK) {
            rc = screen_cmd_bank_list_names(&store, &err);
            screen_cmd_bank_store_close(&store);
        }

    } else {
        rc = screen_cmd_bank_export_open(&o, argv[optind], &bank, &err);

        if (rc == SCREEN_OK) {
            screen_cmd_bank_csv(stdout, &bank);
            screen_bank_close(&bank);
        }
    }

    if (rc == SCREEN_OK && fflush(stdout) != 0) {
        rc = screen_error_set(&err, "the standard output: %s",
                              strerror(errno));
    }

    return rc == SCREEN_OK ? 0 : screen_cmd_bank_failed(&err);
}


typedef struct {
    char      *names[SCREEN_CMD_BANK_NAMES];
    size_t     n;
} screen_cmd_bank_names_t;


static int
screen_cmd_bank_name_cmp(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}


/* "screen:bank:NAME:changes" or "screen:bank:NAME:sha256:00" */

static void
screen_cmd_bank_list_key(screen_cmd_bank_names_t *names,
    const screen_str_t *key, const screen_str_t *prefix)
{
    size_t        i, skip;
    screen_str_t  name;

    skip = prefix->len + sizeof("bank:") - 1;

    if (key->len <= skip
        || memcmp(key->data, prefix->data, prefix->len) != 0
        || memcmp(key->data + prefix->len, "bank:", sizeof("bank:") - 1) != 0)
    {
        return;
    }

    name.data = key->data + skip;
    name.len = 0;

    while (skip + name.len < key->len && name.data[name.len] != ':') {
        name.len++;
    }

    if (screen_bank_name(&name) != SCREEN_OK) {
        return;
    }

    for (i = 0; i < names->n; i++) {

        if (screen_str_is(&name, names->names[i])) {
            return;
        }
    }

    if (names->n < SCREEN_CMD_BANK_NAMES) {
        names->names[names->n] = strndup((const char *) name.data, name.len);
        names->n += names->names[names->n] != NULL;
    }
}


static int
screen_cmd_bank_list_node(screen_cmd_bank_store_t *store, uint32_t node,
    screen_cmd_bank_names_t *names, screen_error_t *err)
{
    int                          rc;
    size_t                       i;
    uint64_t                     cursor, rounds;
    screen_str_t                 prefix;
    screen_redis_reply_t        *reply;
    const screen_redis_reply_t  *keys;

    prefix = screen_redis_server(store->redis)->prefix;
    cursor = 0;
    rounds = 0;

    do {
        /* a prefix may have what is special in a pattern */

        if (screen_redis_command_node(store->redis, node, &reply, err,
                                      "SCAN %llu MATCH *bank:* COUNT 1000",
                                      (unsigned long long) cursor)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        if (reply->type != SCREEN_REDIS_ARRAY || reply->n != 2
            || reply->elements[0]->type != SCREEN_REDIS_STRING
            || reply->elements[1]->type != SCREEN_REDIS_ARRAY
            || screen_parse_uint(&reply->elements[0]->str, &cursor)
               != SCREEN_OK
            || rounds++ > UINT32_MAX)
        {
            rc = screen_error_set(err, "SCAN was answered by nonsense");

        } else {
            rc = SCREEN_OK;
            keys = reply->elements[1];

            for (i = 0; i < keys->n; i++) {
                screen_cmd_bank_list_key(names, &keys->elements[i]->str,
                                         &prefix);
            }
        }

        screen_redis_reply_free(reply);

    } while (rc == SCREEN_OK && cursor != 0);

    return rc;
}


static int
screen_cmd_bank_list_names(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    int                       rc;
    size_t                    i;
    uint32_t                  node;
    uint64_t                  total, counts[SCREEN_SIGNALS];
    unsigned                  signal;
    screen_cmd_bank_names_t  *names;

    names = calloc(1, sizeof(screen_cmd_bank_names_t));
    if (names == NULL) {
        return screen_error_set(err, "no memory");
    }

    rc = SCREEN_OK;

    for (node = 0;
         node < screen_redis_nodes(store->redis) && rc == SCREEN_OK;
         node++)
    {
        rc = screen_cmd_bank_list_node(store, node, names, err);
    }

    qsort(names->names, names->n, sizeof(char *), screen_cmd_bank_name_cmp);

    for (i = 0; i < names->n && rc == SCREEN_OK; i++) {
        rc = screen_redis_bank_count(store->redis, names->names[i], counts,
                                     err);

        for (total = 0, signal = 0; signal < SCREEN_SIGNALS; signal++) {
            total += counts[signal];
        }

        if (rc == SCREEN_OK) {
            printf("%s\t%llu\n", names->names[i], (unsigned long long) total);
        }
    }

    for (i = 0; i < names->n; i++) {
        free(names->names[i]);
    }

    free(names);

    return rc;
}


int
screen_cmd_bank_confirm(int argc, char **argv)
{
    int                         rc, status;
    char                        key[SCREEN_BANK_KEY_LEN];
    uint64_t                    total, counts[SCREEN_SIGNALS];
    unsigned                    signal;
    screen_error_t              err;
    screen_redis_reply_t       *reply;
    screen_cmd_bank_store_t     store;
    screen_cmd_bank_options_t   o;

    if (screen_cmd_bank_options(&o, "rq", screen_cmd_bank_confirm_help, argc,
                                argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    if (argc - optind != 1) {
        return screen_cmd_bank_usage("confirm", "one bank expected");
    }

    if (screen_cmd_bank_store_open(&store, o.redis, argv[optind], &err)
        != SCREEN_OK)
    {
        return screen_cmd_bank_failed(&err);
    }

    screen_bank_key_confirm(key, &screen_redis_server(store.redis)->prefix,
                            store.bank);

    rc = screen_redis_bank_count(store.redis, store.bank, counts, &err);

    for (total = 0, signal = 0; signal < SCREEN_SIGNALS; signal++) {
        total += counts[signal];
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_command(store.redis, key, &reply, &err,
                                  "SET %s %llu EX %d", key,
                                  (unsigned long long) total,
                                  SCREEN_CMD_BANK_CONFIRM);
    }

    if (rc == SCREEN_OK) {
        screen_redis_reply_free(reply);

        if (!o.quiet) {
            printf("%s: %llu entries are right\n", store.bank,
                   (unsigned long long) total);
        }
    }

    screen_cmd_bank_store_close(&store);

    return rc == SCREEN_OK ? 0 : screen_cmd_bank_failed(&err);
}
