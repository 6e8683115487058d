
/*
 * The external variables that public rule sets expect, as THOR and those who
 * write for it name things: filetype "EXE", extension ".php".
 */


#ifndef _SCREEN_FILETYPE_H_INCLUDED_
#define _SCREEN_FILETYPE_H_INCLUDED_


#include "screen_core.h"


/* "EXE" of application/x-dosexec; a static string, empty if there is none */
const char *screen_filetype_name(const screen_str_t *type);

#define SCREEN_FILETYPE_EXTENSION  32

/*
 * The extension of a file name with its dot, in lower case; empty if there
 * is none or if it is as long as no real one.
 */
void screen_filetype_extension(const char *filename,
    char to[SCREEN_FILETYPE_EXTENSION]);

/* the last part of a path, of Unix or of Windows */
const char *screen_filetype_base(const char *path);


#endif /* _SCREEN_FILETYPE_H_INCLUDED_ */
