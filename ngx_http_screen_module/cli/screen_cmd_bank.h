
/*
 * "ngx-screen bank ...": builds bank files from lists, looks fingerprints up
 * and tells what a bank holds.
 */


#ifndef _SCREEN_CMD_BANK_H_INCLUDED_
#define _SCREEN_CMD_BANK_H_INCLUDED_


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

/*
 * Opens a bank file, or a list, which is built into memory; origin tells
 * nothing of a list.  SCREEN_OK, or SCREEN_ERROR.
 */
int screen_cmd_bank_open(screen_bank_t *bank, const char *path,
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
