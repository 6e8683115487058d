
/*
 * YARA rules by libyara: compiled in one process, which does nothing else,
 * and matched in others.
 */


#ifndef _SCREEN_YARA_H_INCLUDED_
#define _SCREEN_YARA_H_INCLUDED_


#include <stdio.h>

#include "screen_source.h"
#include "screen_upload.h"


/* SCREEN_OK or SCREEN_ERROR; once a process, before anything else */
int screen_yara_init(void);


/*
 * Compiles the files from *current on with one compiler and, if to is not
 * NULL, writes the rules to it.  The number of rules, or SCREEN_ERROR after
 * telling of at least one error.  After a failure libyara is in no state to
 * be used again: the process should end.  Then *current is the file at fault,
 * and those after it have not been looked at; nfiles: all have been.
 */
int screen_yara_compile(screen_source_t *source, FILE *to);

/*
 * Writes rules of our own that make the modules load what they load on their
 * first use (the magic database, OpenSSL's tables).  SCREEN_OK, or
 * SCREEN_ERROR if this libyara lacks one of the modules.
 */
int screen_yara_compile_warm(FILE *to);


typedef struct screen_yara_s  screen_yara_t;

/*
 * Rules that screen_yara_compile() of this very build wrote; from anywhere
 * else they must not be loaded, as libyara trusts them.  NULL, with err set.
 */
screen_yara_t *screen_yara_load(const u_char *data, size_t len,
    screen_error_t *err);
void screen_yara_destroy(screen_yara_t *yara);

/* scans a few bytes, so that whatever is loaded once is loaded */
void screen_yara_warm(screen_yara_t *yara);

/*
 * Scans one part, whose filename and type are set, and fills in yara and
 * nyara; a scan that did not come to its end is a fault of the part.  data
 * may be NULL when size is zero.  timeout is in milliseconds and no promise:
 * libyara looks at it now and then, and only at whole seconds.  SCREEN_OK or
 * SCREEN_NOMEM; names point into the rules, the rest comes from alloc.
 */
int screen_yara_scan(screen_yara_t *yara, const u_char *data, size_t size,
    uint64_t timeout, screen_part_t *part, const screen_alloc_t *alloc);


#endif /* _SCREEN_YARA_H_INCLUDED_ */
