
/*
 * Rule files on their way into libyara: which file is being compiled, what
 * it includes, and what is told of them.
 */


#ifndef _SCREEN_SOURCE_H_INCLUDED_
#define _SCREEN_SOURCE_H_INCLUDED_


#include "screen_rules.h"


typedef struct screen_source_include_s  screen_source_include_t;


typedef struct {
    const screen_rules_file_t   *files;
    size_t                       nfiles;
    unsigned                     slow_rules:1;   /* 1: allowed */
    volatile uint32_t           *current;   /* kept: the index of the file
                                               that is being compiled */
    volatile uint32_t           *names;     /* set to 1 if an included file
                                               mentions an external variable */

    /* an error, or, with notice set, something that is worth to be known */
    void                       (*tell)(void *ctx, int notice,
                                   const char *file, unsigned line,
                                   const char *text);
    void                        *ctx;

    /* private */
    const screen_rules_file_t   *file;
    screen_source_include_t     *includes;       /* of file, latest first */
    screen_arena_t               arena;
    screen_error_t               failed;         /* the last include */
    unsigned                     errors;         /* told */
} screen_source_t;


/* begins with the file at an index; frees what the one before it needed */
void screen_source_begin(screen_source_t *source, uint32_t index);

/*
 * The text of a file that is included, terminated and malloc'ed, or NULL.
 * from is the file that includes, as libyara names it, NULL for the one that
 * is being compiled.  Includes do not leave the rules' folder.
 */
char *screen_source_include(screen_source_t *source, const char *name,
    const char *from);

/*
 * Tells what the compiler says of a file, which libyara names as the include
 * did, or NULL.  A warning of slowness is an error unless slow rules are
 * allowed.
 */
void screen_source_message(screen_source_t *source, int warning,
    const char *name, int line, const char *message);

/* tells of an error of the file itself */
void screen_source_error(screen_source_t *source, const char *text);


#endif /* _SCREEN_SOURCE_H_INCLUDED_ */
