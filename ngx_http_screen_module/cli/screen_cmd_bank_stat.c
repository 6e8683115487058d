
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../core/screen_date.h"
#include "screen_cmd_bank.h"


static const char  screen_cmd_bank_stat_help[] =
    "usage: ngx-screen bank stat FILE\n"
    "\n"
    "Tells what a bank file, or a list, holds: entries of each signal, size,\n"
    "when it was built and the list that it was built from.\n"
    "\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: 0, or 3 on an error.\n";


static void
screen_cmd_bank_print_stat(const char *path,
    const screen_bank_counts_t *counts)
{
    char                         text[SCREEN_DATE_LEN];
    unsigned                     signal;
    const screen_bank_origin_t  *origin;

    printf("bank:     %s\n", path);
    printf("entries:  %llu\n", (unsigned long long) counts->total);

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (counts->entries[signal] != 0) {
            printf("  %s: %*s%llu\n", screen_signal_name(signal),
                   (int) (6 - strlen(screen_signal_name(signal))), "",
                   (unsigned long long) counts->entries[signal]);
        }
    }

    printf("size:     %llu bytes (%.1f MB)\n",
           (unsigned long long) counts->size, (double) counts->size / 1e6);

    screen_date_format(text, counts->built);
    printf("built:    %s\n", text);

    origin = &counts->origin;

    if (origin->mtime_ns == 0 && origin->inode == 0) {
        printf("origin:   more than one list\n");
        return;
    }

    screen_date_format(text, origin->mtime_ns / 1000000000);
    printf("origin:   a list of %llu bytes, modified %s, inode %llu\n",
           (unsigned long long) origin->size, text,
           (unsigned long long) origin->inode);
}


int
screen_cmd_bank_stat(int argc, char **argv)
{
    int                    c;
    screen_bank_t          bank;
    screen_error_t         err;
    screen_bank_counts_t   counts;

    static const struct option  options[] = {
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    optind = 0;

    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {

        if (c == 'h') {
            fputs(screen_cmd_bank_stat_help, stdout);
            return 0;
        }

        return screen_cmd_bank_usage("stat", "wrong option");
    }

    if (argc - optind != 1) {
        return screen_cmd_bank_usage("stat", "one bank file or list "
                                     "expected, %d given", argc - optind);
    }

    if (screen_cmd_bank_open(&bank, argv[optind], &err) != SCREEN_OK) {
        return screen_cmd_bank_failed(&err);
    }

    screen_bank_file_count(&bank, &counts);
    screen_bank_close(&bank);

    screen_cmd_bank_print_stat(argv[optind], &counts);

    return 0;
}
