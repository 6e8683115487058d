
/*
 * What the files of the multipart parser share: the body between the
 * delimiters (screen_multipart.c), the header lines of a part
 * (screen_multipart_header.c), and the part itself (screen_multipart_part.c).
 */


#ifndef _SCREEN_MULTIPART_IMPL_H_INCLUDED_
#define _SCREEN_MULTIPART_IMPL_H_INCLUDED_


#include "screen_delimiter.h"
#include "screen_disposition.h"
#include "screen_multipart.h"


/* a delimiter line must fit even when no more header does */
#define SCREEN_MULTIPART_RESERVE  SCREEN_DELIMITER_HOLD


typedef enum {
    SCREEN_MULTIPART_PREAMBLE = 0,
    SCREEN_MULTIPART_HEADERS,
    SCREEN_MULTIPART_DATA,
    SCREEN_MULTIPART_EPILOGUE,
    SCREEN_MULTIPART_SKIP              /* lenient, the limit is reached */
} screen_multipart_state_t;


/* what the parts of a nested multipart have from the part that it is */

typedef struct {
    u_char     name[SCREEN_NAME_MAX];
    size_t     name_len;
    u_char     filename[SCREEN_NAME_MAX];
    size_t     filename_len;
    unsigned   has_filename:1;
} screen_multipart_origin_t;


/* the headers of a part, while they arrive */

typedef struct {
    u_char                *text;       /* the lines without their ends */
    size_t                 size;
    size_t                 used;
    size_t                 field;      /* where the field begins */
    size_t                 line;       /* where the line begins */
    uint64_t               line_pos;   /* the same, in the body */
    size_t                 bytes;      /* all, with line ends */
    uint32_t               fields;

    u_char                *space;      /* for decoding */
    screen_disposition_t   disposition;
    screen_str_t           declared;
    unsigned               pending:1;  /* there is a field */
    unsigned               cut:1;      /* the line did not fit */
    unsigned               has_disposition:1;
    unsigned               has_declared:1;
    unsigned               has_encoding:1;
} screen_multipart_headers_t;


struct screen_multipart_s {
    screen_multipart_conf_t      conf;
    screen_multipart_sink_t      sink;
    screen_body_kind_t           kind;

    screen_multipart_state_t     state;
    int                          code;
    unsigned                     framing;

    screen_delimiters_t          delimiters;
    screen_multipart_origin_t   *origins;      /* of levels 1 and up */

    uint64_t                     pos;          /* in the body */
    uint64_t                     region;       /* bytes between delimiters */
    uint32_t                     parts;
    unsigned                     nested:1;

    screen_multipart_headers_t   headers;

    u_char                       hold[2 * SCREEN_DELIMITER_HOLD];
    size_t                       held;
};


/* notes an ambiguity, which in strict mode ends the parse */
void screen_multipart_note(screen_multipart_t *m, unsigned framing);

/* a delimiter of a level ends what is there and begins what comes */
void screen_multipart_delimiter(screen_multipart_t *m, unsigned level,
    int close);

/* makes ready for the headers of the next part */
void screen_multipart_headers_start(screen_multipart_t *m);

/* takes header bytes up to the end of a line; how many it took */
size_t screen_multipart_headers_feed(screen_multipart_t *m,
    const u_char *data, size_t len);

/* the body ends within headers */
void screen_multipart_headers_end(screen_multipart_t *m);

/* the headers are complete: the data, or a nested multipart, begins */
void screen_multipart_part_open(screen_multipart_t *m);

/* tells the sink of a part whose data begins at offset, if it has any */
void screen_multipart_part_begin(screen_multipart_t *m, uint64_t offset);


#endif /* _SCREEN_MULTIPART_IMPL_H_INCLUDED_ */
