
/*
 * Changes of a list file, which is written anew as CSV.
 */


#ifndef _SCREEN_CMD_BANK_CHANGE_H_INCLUDED_
#define _SCREEN_CMD_BANK_CHANGE_H_INCLUDED_


#include "screen_cmd_bank.h"


typedef struct {
    const screen_bank_t   *add;         /* or NULL */
    const screen_bank_t   *remove;      /* or NULL */
    unsigned               by_source:1; /* removes only what is of the same
                                           source and not to be added */
    unsigned               dry_run:1;

    /* told */

    uint64_t               added;
    uint64_t               changed;
    uint64_t               unchanged;
    uint64_t               removed;
    uint64_t               missing;     /* to be removed, not there */
} screen_cmd_bank_change_t;

/*
 * Carries it out, aside, and renames the new list over the old one, as whoever
 * keeps a bank of it expects.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_cmd_bank_change_list(const char *file, screen_cmd_bank_change_t *c,
    screen_error_t *err);

/* 1 if what is known of both is the same, too */
int screen_cmd_bank_equal(const screen_entry_t *a, const screen_entry_t *b);

/*
 * 1 if an entry is of the service that withdraws another: "ThreatExchange 77"
 * is of "ThreatExchange".
 */
int screen_cmd_bank_of_source(const screen_entry_t *entry,
    const screen_entry_t *withdrawn);


#endif /* _SCREEN_CMD_BANK_CHANGE_H_INCLUDED_ */
