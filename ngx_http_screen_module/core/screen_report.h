
/*
 * The message from a scanner: facts of the parts of one job.  A scanner has
 * touched hostile bytes and may be owned by them: the decoder believes
 * nothing that it has not checked.  On the wire: a length (u32, of what
 * follows), then the message.
 */


#ifndef _SCREEN_REPORT_H_INCLUDED_
#define _SCREEN_REPORT_H_INCLUDED_


#include "screen_buf.h"
#include "screen_job.h"


#define SCREEN_REPORT_LIMIT     (4 * 1024 * 1024)
#define SCREEN_REPORT_MATCHES   1000      /* YARA matches of one part */
#define SCREEN_REPORT_STRING    4096      /* any string in a report */


/* of what is banned, which the command line alone asks for */
#define SCREEN_REPORT_DENSE_LIMIT  (256 * 1024 * 1024)


/* what of an engine bounds its reports */

typedef struct {
    size_t    ncontents;           /* content patterns */
    int       dense;               /* the media's option */
} screen_report_engine_t;


/*
 * The report of a job whose parts have been filled in (type, yara, patterns,
 * media, faults), length included.  A part whose matches do not fit is
 * written without them and with SCREEN_FAULT_INCOMPLETE.
 */
void screen_report_encode(screen_buf_t *b, const screen_job_t *job);

/*
 * Decodes what follows the length into the upload's parts: exactly those
 * with want_scan set, each once, for the job with this id.  Strings are
 * checked to be UTF-8 without controls and copied.  SCREEN_OK,
 * SCREEN_MALFORMED or SCREEN_NOMEM; unless SCREEN_OK, no part is changed.
 */
int screen_report_decode(screen_upload_t *u, uint64_t id,
    const screen_report_engine_t *engine, const u_char *data, size_t len,
    const screen_alloc_t *alloc);


/*
 * What was told of one scanned part, to be kept: facts of its content alone.
 * Decoding believes as little as above and answers the same codes; whether
 * type and names agree is told anew, for the names of the part at hand.
 */
void screen_report_encode_part(screen_buf_t *b, const screen_part_t *part);
int screen_report_decode_part(screen_part_t *part,
    const screen_report_engine_t *engine, const u_char *data, size_t len,
    const screen_alloc_t *alloc);


#endif /* _SCREEN_REPORT_H_INCLUDED_ */
