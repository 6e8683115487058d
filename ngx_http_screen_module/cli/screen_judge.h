
/*
 * What the edge does with an upload, stage by stage, for the command line:
 * digests are looked up in the policy's banks, a pool of scanners tells what
 * the content is, and the policy decides.
 */


#ifndef _SCREEN_JUDGE_H_INCLUDED_
#define _SCREEN_JUDGE_H_INCLUDED_


#include "screen_setup.h"


typedef struct {
    screen_setup_t          *setup;
    const screen_policy_t   *policy;
    screen_client_t         *client;
} screen_judge_t;


/* an upload and what was decided; strings and arrays come from an arena */

typedef struct {
    screen_upload_t     upload;
    screen_decision_t   decision;
    unsigned            form:1;          /* split into parts */
    unsigned            body:1;          /* a request body, no plain file */
    unsigned            cut:1;           /* a strict parse has ended early */
    uint64_t            ms;
} screen_judged_t;


/* the mask of digests that the policy's banks hold, SHA-256 always */
unsigned screen_judge_signals(const screen_judge_t *judge);

/*
 * Decides by what the headers tell: SCREEN_OK if that is certain to be a
 * reject, SCREEN_AGAIN if the body must be looked at, SCREEN_ERROR.
 */
int screen_judge_headers(const screen_judge_t *judge, screen_judged_t *judged,
    const screen_alloc_t *alloc, screen_error_t *err);

/*
 * Decides by the parts, which have been split and digested, and has those of
 * them scanned that the policy needs scanned; fd is the body.  Of a body that
 * was cut nothing is looked up or scanned.  SCREEN_OK or SCREEN_ERROR.
 */
int screen_judge_body(const screen_judge_t *judge, screen_judged_t *judged,
    int fd, const screen_alloc_t *alloc, screen_error_t *err);


#endif /* _SCREEN_JUDGE_H_INCLUDED_ */
