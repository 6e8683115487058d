
/*
 * The rule files that a policy's yara_rules lines name: files, globs and
 * directories (all *.yar and *.yara in them and below, hidden ones aside),
 * each file once, in sorted order.
 */


#ifndef _SCREEN_RULES_H_INCLUDED_
#define _SCREEN_RULES_H_INCLUDED_


#include "screen_policy.h"


typedef struct {
    char                  *path;
    char                  *space;       /* the namespace: the path below the
                                           fixed folder part of what was
                                           named; of a file its base name */
    char                  *folder;      /* that folder, resolved: includes
                                           do not leave it */
    uint64_t               device;      /* the identity of the file */
    uint64_t               inode;
    const screen_place_t  *place;       /* of the yara_rules line */
} screen_rules_file_t;


typedef struct {
    screen_rules_file_t   *files;
    size_t                 nfiles;
    size_t                 size;
    const screen_alloc_t  *alloc;
} screen_rules_t;

/* an empty list; everything that it holds comes from alloc */
void screen_rules_init(screen_rules_t *rules, const screen_alloc_t *alloc);

/*
 * Adds the files of one yara_rules line.  SCREEN_OK, SCREEN_NOMEM, or
 * SCREEN_ERROR at the line's place: nothing there, or not readable.
 */
int screen_rules_add(screen_rules_t *rules, const screen_policy_rules_t *line,
    screen_error_t *err);


#endif /* _SCREEN_RULES_H_INCLUDED_ */
