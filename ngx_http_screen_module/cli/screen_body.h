
/*
 * A captured request body as an upload: what the edge would make of it, with
 * these headers.
 */


#ifndef _SCREEN_BODY_H_INCLUDED_
#define _SCREEN_BODY_H_INCLUDED_


#include "screen_judge.h"


typedef struct {
    const char   *path;
    const char   *type;              /* Content-Type; NULL: there is none */
    const char   *disposition;       /* Content-Disposition, likewise */
    unsigned      types;             /* how many Content-Type headers */
} screen_body_request_t;


/*
 * Splits the body into its parts, looks them up, has them scanned as the
 * policy needs, and decides.  Strings and arrays come from alloc, or point
 * into the request.  SCREEN_OK, or SCREEN_ERROR if the file cannot be read.
 */
int screen_body_screen(screen_judged_t *judged,
    const screen_body_request_t *request, const screen_judge_t *judge,
    const screen_alloc_t *alloc, screen_error_t *err);


#endif /* _SCREEN_BODY_H_INCLUDED_ */
