
/*
 * "ngx-screen quarantine ...": what was quarantined, and what is to become of
 * it.
 */


#ifndef _SCREEN_CMD_QUARANTINE_H_INCLUDED_
#define _SCREEN_CMD_QUARANTINE_H_INCLUDED_


#include "screen_quarantine.h"


/* exit statuses */

#define SCREEN_CMD_QUARANTINE_MISSING  1
#define SCREEN_CMD_QUARANTINE_ERROR    3

/* argv[0] is "quarantine", argv[1] the subcommand; answers the exit status */
int screen_cmd_quarantine(int argc, char **argv);


/* the rest is shared by the subcommands only */

typedef struct screen_cmd_quarantine_s  screen_cmd_quarantine_t;

typedef struct {
    const char   *name;
    int         (*run)(screen_cmd_quarantine_t *c);
    unsigned      options;
    const char   *summary;
    const char   *help;
} screen_cmd_quarantine_sub_t;


struct screen_cmd_quarantine_s {
    const screen_cmd_quarantine_sub_t  *sub;
    screen_quarantine_t                 store;
    screen_quarantine_item_t           *items;
    size_t                              n;
    screen_arena_t                      arena;
    screen_alloc_t                      alloc;
    screen_error_t                      err;

    char                              **wanted;     /* digests, or their
                                                       first digits */
    size_t                              nwanted;

    const char                         *file;       /* a list, or */
    const char                         *redis;      /* an address, and */
    const char                         *bank;
    const char                         *label;
    const char                         *source;
    const char                         *severity;
    const char                         *expires;
    uint64_t                            older;      /* s */
    unsigned                            all:1;
};

/* each answers the exit status */
int screen_cmd_quarantine_list(screen_cmd_quarantine_t *c);
int screen_cmd_quarantine_show(screen_cmd_quarantine_t *c);
int screen_cmd_quarantine_ban(screen_cmd_quarantine_t *c);
int screen_cmd_quarantine_release(screen_cmd_quarantine_t *c);
int screen_cmd_quarantine_purge(screen_cmd_quarantine_t *c);

/* tells the error; SCREEN_CMD_QUARANTINE_ERROR */
int screen_cmd_quarantine_failed(screen_cmd_quarantine_t *c);


#endif /* _SCREEN_CMD_QUARANTINE_H_INCLUDED_ */
