
/*
 * What the files that read a policy file share.
 */


#ifndef _SCREEN_SETUP_IMPL_H_INCLUDED_
#define _SCREEN_SETUP_IMPL_H_INCLUDED_


#include "screen_setup.h"


/* fmt has one %.*s, for value; SCREEN_ERROR */
int screen_setup_fail(screen_error_t *err, const screen_place_t *place,
    const char *fmt, const screen_str_t *value);

/*
 * A path relative to the folder of the file that names it, made absolute or
 * relative to where the command runs; NULL when there is no memory.
 */
char *screen_setup_path(screen_setup_t *setup, const screen_str_t *path,
    const screen_place_t *place);

/* a screen_bank directive; SCREEN_OK, SCREEN_NOMEM or SCREEN_ERROR */
int screen_setup_bank_directive(screen_setup_t *setup,
    const screen_str_t *words, size_t n, const screen_place_t *place,
    screen_error_t *err);

/*
 * All is read: the banks of the policies are there, and go into the spec
 * with the names of their files.  The same codes.
 */
int screen_setup_banks(screen_setup_t *setup, screen_error_t *err);

/* removes the folder of the bank files; what is mapped stays so */
void screen_setup_remove(screen_setup_t *setup);


#endif /* _SCREEN_SETUP_IMPL_H_INCLUDED_ */
