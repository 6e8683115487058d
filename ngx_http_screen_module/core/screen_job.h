
/*
 * The message to a scanner, sent with one file descriptor of the body: which
 * pieces of it are content, and what is to be told of each.  On the wire: a
 * length (u32, of what follows), then the message.
 */


#ifndef _SCREEN_JOB_H_INCLUDED_
#define _SCREEN_JOB_H_INCLUDED_


#include "screen_buf.h"
#include "screen_upload.h"


#define SCREEN_JOB_LIMIT   (16 * 1024 * 1024)


typedef struct {
    uint64_t         id;            /* the report repeats it */
    uint64_t         deadline;      /* CLOCK_MONOTONIC, ms */
    uint32_t         engine;        /* index in the spec */

    screen_part_t   *parts;         /* name, filename, declared, offset, size */
    uint32_t        *index;         /* of each part in the upload */
    uint32_t         nparts;
} screen_job_t;


/*
 * The job of those parts of an upload that have want_scan set, length
 * included; the buffer's code tells of failure.
 */
void screen_job_encode(screen_buf_t *b, uint64_t id, uint64_t deadline,
    uint32_t engine, const screen_upload_t *u);

/*
 * Decodes what follows the length.  SCREEN_OK, SCREEN_MALFORMED or
 * SCREEN_NOMEM.  Arrays come from alloc, strings point into data.
 */
int screen_job_decode(screen_job_t *job, const u_char *data, size_t len,
    const screen_alloc_t *alloc);


#endif /* _SCREEN_JOB_H_INCLUDED_ */
