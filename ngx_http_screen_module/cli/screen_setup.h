
/*
 * A policy file as ngx-screen's commands read it: the policies, the banks
 * that they name and the limits of the scanners.  It may be a whole nginx
 * configuration: what does not begin with "screen" is passed over.
 */


#ifndef _SCREEN_SETUP_H_INCLUDED_
#define _SCREEN_SETUP_H_INCLUDED_


#include "screen_bank.h"
#include "screen_client.h"


typedef struct {
    screen_str_t        name;
    char               *list;             /* NULL: it is in Redis */
    char               *path;             /* the bank file, in folder */
    const char         *given;            /* what stands for it, or NULL */
    uint64_t            max_age;          /* ms; 0: any age */
    screen_place_t      place;
    screen_bank_t       bank;
} screen_setup_bank_t;


typedef struct {
    screen_policy_t     *policies[SCREEN_ENGINES_MAX];
    uint32_t             npolicies;

    screen_setup_bank_t  banks[SCREEN_BANKS_MAX];
    uint32_t             nbanks;

    uint64_t             timeout;         /* ms */
    uint64_t             memory;
    screen_redis_conf_t  redis;           /* checked, not used */

    char                *folder;          /* of bank files; NULL: none yet */
    screen_spec_t        spec;            /* all policies, used banks */

    screen_policy_t     *open;            /* the block that is being read */
    screen_arena_t       arena;
    screen_alloc_t       alloc;
} screen_setup_t;


/*
 * Reads the file, and the spec is complete but for engines chosen by one.
 * Bank files will be in a new folder of their own.  SCREEN_OK, SCREEN_NOMEM
 * or SCREEN_ERROR; to be followed by free in either case.
 */
int screen_setup_read(screen_setup_t *setup, const char *path,
    screen_error_t *err);

/*
 * The policy with this name, or the only one if name is NULL; it becomes the
 * spec's one engine.  NULL with err set.
 */
screen_policy_t *screen_setup_choose(screen_setup_t *setup, const char *name,
    screen_error_t *err);

/*
 * Has a list or bank file stand for a bank, wherever its entries are; path
 * must live as long as setup.  After read; SCREEN_OK, or SCREEN_ERROR if
 * there is no such bank.
 */
int screen_setup_give(screen_setup_t *setup, const screen_str_t *name,
    const char *path, screen_error_t *err);

/*
 * Opens the banks that the policy needs, once those of lists have been built.
 * One in Redis stays closed unless a file was given for it.  The files of
 * those that were built are gone afterwards.
 */
int screen_setup_open(screen_setup_t *setup, const screen_policy_t *policy,
    screen_error_t *err);

/* the bank with that name, NULL if there is none */
screen_setup_bank_t *screen_setup_bank(screen_setup_t *setup,
    const screen_str_t *name);

/* closes everything, and removes the folder of the bank files */
void screen_setup_free(screen_setup_t *setup);


#endif /* _SCREEN_SETUP_H_INCLUDED_ */
