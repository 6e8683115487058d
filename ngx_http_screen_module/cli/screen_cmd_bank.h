
/*
 * "ngx-screen bank ...": builds bank files from lists, looks fingerprints up,
 * tells what a bank holds, and writes banks in Redis.
 */


#ifndef _SCREEN_CMD_BANK_H_INCLUDED_
#define _SCREEN_CMD_BANK_H_INCLUDED_


#include <stdio.h>

#include "../bank/screen_bank_file.h"


/* exit statuses */

#define SCREEN_CMD_BANK_FOUND    0
#define SCREEN_CMD_BANK_MISSING  1
#define SCREEN_CMD_BANK_ERROR    3

/* argv[0] is "bank", argv[1] the subcommand; answers the exit status */
int screen_cmd_bank(int argc, char **argv);


/* the rest is shared by the subcommands only; argv[0] is theirs */

int screen_cmd_bank_build(int argc, char **argv);
int screen_cmd_bank_lookup(int argc, char **argv);
int screen_cmd_bank_stat(int argc, char **argv);
int screen_cmd_bank_add(int argc, char **argv);
int screen_cmd_bank_remove(int argc, char **argv);
int screen_cmd_bank_import(int argc, char **argv);
int screen_cmd_bank_sync(int argc, char **argv);
int screen_cmd_bank_export(int argc, char **argv);
int screen_cmd_bank_list(int argc, char **argv);
int screen_cmd_bank_confirm(int argc, char **argv);

/* what the words after --redis or --file ask for */

typedef struct {
    const char        *redis;           /* one of both, or none */
    const char        *file;
    const char        *label;
    const char        *source;
    uint32_t           severity;
    uint64_t           expires;
    screen_signal_t    signal;          /* SCREEN_SIGNALS: by the length */
    const char        *output;
    const char        *content;         /* of media; NULL: by its digest */
    unsigned           media:1;         /* files, not values */
    unsigned           dry_run:1;
    unsigned           quiet:1;
    unsigned           force:1;
} screen_cmd_bank_options_t;

/*
 * Reads the options that the subcommand allows, by their letters; with "-"
 * among them it needs neither --redis nor --file.  optind is the first word
 * after them.  SCREEN_OK, or SCREEN_ERROR with the exit status.
 */
int screen_cmd_bank_options(screen_cmd_bank_options_t *o, const char *allowed,
    const char *help, int argc, char **argv, int *status);

/* CSV with a header line, as lists are; the stream tells of failure */
void screen_cmd_bank_csv(FILE *to, const screen_bank_t *bank);

/*
 * Opens a bank file, or a list, which is built into memory; origin tells
 * nothing of a list.  withdrawn, which may be NULL, gets what the members of a
 * list took back, and is empty of anything else.  SCREEN_OK, with both to be
 * closed, or SCREEN_ERROR.
 */
int screen_cmd_bank_open(screen_bank_t *bank, screen_bank_t *withdrawn,
    const char *path, screen_error_t *err);

/*
 * Adds a list of any form to a builder, and warns of what was left out of it.
 * SCREEN_OK or SCREEN_ERROR.
 */
int screen_cmd_bank_load(screen_bank_builder_t *b, const char *path,
    screen_bank_reading_t *reading, screen_error_t *err);

/* a bank in memory of a builder's entries; SCREEN_OK or SCREEN_ERROR */
int screen_cmd_bank_memory(screen_bank_builder_t *b, screen_bank_t *bank,
    screen_error_t *err);

/*
 * The progress of a list that is read, on the standard error if that is a
 * terminal.  end removes what it wrote.
 */

typedef struct {
    const char              *name;
    uint64_t                 started;   /* monotonic, ms */
    uint64_t                 shown;
    unsigned                 terminal:1;
    unsigned                 entries:1; /* they are counted, not bytes */
    screen_bank_progress_t   progress;
} screen_cmd_bank_progress_t;

void screen_cmd_bank_progress_start(screen_cmd_bank_progress_t *p,
    const char *name);
void screen_cmd_bank_progress_text(screen_cmd_bank_progress_t *p,
    const char *text);
void screen_cmd_bank_progress_end(screen_cmd_bank_progress_t *p);

/* milliseconds since some point in the past */
uint64_t screen_cmd_bank_clock(void);

/* prints to the standard error; each answers SCREEN_CMD_BANK_ERROR */
int screen_cmd_bank_failed(const screen_error_t *err);
int screen_cmd_bank_usage(const char *subcommand, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* _SCREEN_CMD_BANK_H_INCLUDED_ */
