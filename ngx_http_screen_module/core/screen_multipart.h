
/*
 * A push parser of multipart bodies (RFC 2046 section 5.1, RFC 7578): bytes
 * in, parts out, in one pass, in constant memory, at any buffer boundary.
 *
 * A body that two parsers could read in two ways is ambiguous.  The parser
 * notes every ambiguity that it meets as a framing bit.  In strict mode the
 * first one ends the parse; in lenient mode the parser goes on with the
 * reading that yields the most content, and the caller is expected to look
 * at the raw body as well.
 */


#ifndef _SCREEN_MULTIPART_H_INCLUDED_
#define _SCREEN_MULTIPART_H_INCLUDED_


#include "screen_core.h"


/* the ambiguities, bits of a mask; screen_framing_name() names each */

#define SCREEN_FRAMING_CONTENT_TYPE      0x00000001  /* not of RFC 9110's
                                                        grammar, or only looks
                                                        like multipart */
#define SCREEN_FRAMING_SUBTYPE           0x00000002  /* none, or unknown */
#define SCREEN_FRAMING_BOUNDARY          0x00000004  /* none, two, or not of
                                                        RFC 2046's grammar */
#define SCREEN_FRAMING_PREAMBLE          0x00000008  /* before the first */
#define SCREEN_FRAMING_EPILOGUE          0x00000010  /* after the last */
#define SCREEN_FRAMING_NO_END            0x00000020  /* no final boundary */
#define SCREEN_FRAMING_DELIMITER         0x00000040  /* a line that almost is
                                                        one: padding, bare LF,
                                                        odd tail */
#define SCREEN_FRAMING_BARE_LF           0x00000080  /* or bare CR, in the
                                                        headers */
#define SCREEN_FRAMING_HEADER            0x00000100  /* no colon, odd byte in
                                                        the name, empty name */
#define SCREEN_FRAMING_FOLDED            0x00000200
#define SCREEN_FRAMING_NUL               0x00000400  /* NUL or other control in
                                                        a header */
#define SCREEN_FRAMING_DISPOSITION       0x00000800  /* none, two, conflicting,
                                                        not form-data */
#define SCREEN_FRAMING_PARAMETER         0x00001000  /* twice, unquoted
                                                        specials, single
                                                        quotes, bad escape */
#define SCREEN_FRAMING_FILENAME          0x00002000  /* filename against
                                                        filename*, RFC 2047,
                                                        RFC 2231 pieces */
#define SCREEN_FRAMING_ENCODING          0x00004000  /* Content-Transfer-
                                                        Encoding that changes
                                                        bytes */
#define SCREEN_FRAMING_NO_DATA           0x00008000  /* a part that ends in its
                                                        headers */
#define SCREEN_FRAMING_NESTED            0x00010000  /* too deep, or a nested
                                                        boundary that shadows
                                                        the outer one */
#define SCREEN_FRAMING_HEADERS_LIMIT     0x00020000  /* too long, too many */
#define SCREEN_FRAMING_PARTS_LIMIT       0x00040000
#define SCREEN_FRAMING_NO_NAME           0x00080000  /* form-data, no name */

/* "preamble", "no-end": the name of the lowest bit of the mask, or "none" */
const char *screen_framing_name(unsigned framing);


/* what a Content-Type header of the request makes of the body */

#define SCREEN_BOUNDARY_MAX   70          /* RFC 2046 section 5.1.1 */

typedef enum {
    SCREEN_BODY_RAW = 0,                  /* one part, the body itself */
    SCREEN_BODY_FORM,                     /* multipart/form-data */
    SCREEN_BODY_MULTIPART                 /* multipart/mixed, related, ... */
} screen_body_kind_t;

typedef struct {
    screen_body_kind_t  kind;
    u_char              boundary[SCREEN_BOUNDARY_MAX];
    size_t              boundary_len;
    unsigned            framing;          /* ambiguities of the header */
} screen_content_type_t;

/*
 * Reads the value of a Content-Type header.  An empty value is RAW without
 * ambiguity.  With ambiguities the kind is the reading that splits, if a
 * boundary can be told at all; otherwise RAW.
 */
void screen_content_type_parse(screen_content_type_t *ct,
    const screen_str_t *value);


#define SCREEN_NAME_MAX      1024         /* name, filename, declared type */

/* the headers of one part; the strings live until the callback returns */

typedef struct {
    screen_str_t   name;                  /* decoded: percent (as RFC 7578
                                             section 2 has it: only %0A %0D
                                             %22 by HTML's rule), escapes */
    screen_str_t   filename;              /* decoded; filename* wins */
    screen_str_t   declared;              /* Content-Type */
    unsigned       has_filename:1;
    uint64_t       offset;                /* of the data, in the body */
} screen_part_header_t;


/*
 * Each callback answers SCREEN_OK, or a code below zero that ends the parse
 * and that feed then returns.  data comes in pieces, in order; bytes that
 * turn out not to be a delimiter come from the parser's own memory.
 */

typedef struct {
    int      (*begin)(void *ctx, const screen_part_header_t *header);
    int      (*data)(void *ctx, const u_char *data, size_t len);
    int      (*end)(void *ctx, uint64_t size);
    void      *ctx;
} screen_multipart_sink_t;

typedef struct {
    unsigned   lenient:1;
    uint32_t   max_parts;                 /* 0: the default, 1000 */
    uint32_t   max_headers;               /* of one part; 0: 32 */
    uint32_t   max_header_size;           /* of one part; 0: 16384 bytes */
    uint32_t   max_depth;                 /* nested mixed; 0: 2 */
} screen_multipart_conf_t;

typedef struct screen_multipart_s  screen_multipart_t;

/*
 * NULL when there is no memory, or no boundary in ct.  The parser takes all
 * its memory here, from alloc (less than 64 KB with the default limits), and
 * lives as long as that.
 */
screen_multipart_t *screen_multipart_create(const screen_alloc_t *alloc,
    const screen_content_type_t *ct, const screen_multipart_conf_t *conf,
    const screen_multipart_sink_t *sink);

/*
 * Feeds the next bytes.  SCREEN_OK; SCREEN_MALFORMED on the first ambiguity
 * in strict mode, after which the parser takes no more; a callback's code.
 */
int screen_multipart_feed(screen_multipart_t *m, const u_char *data,
    size_t len);

/* the body is complete: the same codes */
int screen_multipart_end(screen_multipart_t *m);

/* the ambiguities met so far, those of the Content-Type included */
unsigned screen_multipart_framing(const screen_multipart_t *m);

/*
 * 1 if a part was a multipart body itself, whose parts came in its place.
 * Its delimiters and the headers in it are then no part's content, but a
 * server that does not open it hands them on as such: the caller is expected
 * to look at the raw body as well.
 */
int screen_multipart_nested(const screen_multipart_t *m);


#endif /* _SCREEN_MULTIPART_H_INCLUDED_ */
