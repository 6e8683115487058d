
/*
 * The record of one decision: one line of JSON, the same for the event log,
 * for Redis and beside what is quarantined.  docs/events.md is its schema.
 */


#ifndef _SCREEN_RECORD_H_INCLUDED_
#define _SCREEN_RECORD_H_INCLUDED_


#include "screen_buf.h"
#include "screen_policy.h"


#define SCREEN_RECORD_VERSION   1

/* beyond these a record says "truncated" */

#define SCREEN_RECORD_PARTS     100
#define SCREEN_RECORD_MATCHES   200              /* in all */
#define SCREEN_RECORD_TAGS      16               /* of one match */
#define SCREEN_RECORD_SIZE      (64 * 1024)      /* no part or match begins
                                                    behind it */

#define SCREEN_RECORD_LIMIT     (512 * 1024)     /* what no record reaches */


typedef struct {
    screen_str_t               id;
    uint64_t                   time;      /* ms since 1970 */
    screen_str_t               server;    /* names; empty: left out */
    screen_str_t               location;
    screen_str_t               client;

    const screen_policy_t     *policy;
    const screen_upload_t     *upload;
    const screen_decision_t   *decision;

    screen_verdict_t           action;    /* what was done */
    const char                *cache;     /* NULL: nothing needed a scan */

    uint64_t                   read;      /* ns, of the stages */
    uint64_t                   lookup;
    uint64_t                   scan;
    uint64_t                   total;     /* lookup and scan */

    unsigned                   monitor:1;
    unsigned                   form:1;    /* a text field may be private */
    unsigned                   complete:1;  /* the body came to its end, and
                                               all of it was looked at */
    unsigned                   timed:1;   /* lookup and total are known */
    unsigned                   scanned:1; /* scan is */
} screen_record_t;

/*
 * Appends the line, its end included; the buffer's code tells of failure.
 * b should be able to hold SCREEN_RECORD_LIMIT bytes.
 */
void screen_record_encode(screen_buf_t *b, const screen_record_t *rec);


#endif /* _SCREEN_RECORD_H_INCLUDED_ */
