
/*
 * What ngx-screen scan prints of a file: the verdict and the facts.
 */


#ifndef _SCREEN_RESULT_H_INCLUDED_
#define _SCREEN_RESULT_H_INCLUDED_


#include "screen_policy.h"


typedef struct {
    const char               *path;
    const screen_upload_t    *upload;
    const screen_policy_t    *policy;
    const screen_decision_t  *decision;
    unsigned                  body:1;        /* of any number of parts; a file
                                                is one part, its facts are
                                                those of the file */
    uint64_t                  ms;
} screen_result_t;


/* a line, and indented ones below it, or a JSON object on a line */
void screen_result_text(const screen_result_t *result);
void screen_result_json(const screen_result_t *result);


#endif /* _SCREEN_RESULT_H_INCLUDED_ */
