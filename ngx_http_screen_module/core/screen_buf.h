
/*
 * The wire form that every message and file header of the project uses:
 * little-endian integers, and strings with their length before them.  The
 * writer grows up to a hard cap; the reader never passes its end.  Both
 * remember the first failure, so that a caller tests once, at the end.
 */


#ifndef _SCREEN_BUF_H_INCLUDED_
#define _SCREEN_BUF_H_INCLUDED_


#include "screen_core.h"


typedef struct {
    u_char    *data;           /* owned by the buffer, malloc'ed */
    size_t     len;
    size_t     size;
    size_t     limit;
    int        code;           /* SCREEN_OK, SCREEN_NOMEM or SCREEN_LIMIT */
} screen_buf_t;

/* an empty buffer that never holds more than limit bytes */
void screen_buf_init(screen_buf_t *b, size_t limit);
void screen_buf_free(screen_buf_t *b);

void screen_buf_put(screen_buf_t *b, const void *data, size_t len);
void screen_buf_put_u8(screen_buf_t *b, uint8_t v);
void screen_buf_put_u16(screen_buf_t *b, uint16_t v);
void screen_buf_put_u32(screen_buf_t *b, uint32_t v);
void screen_buf_put_u64(screen_buf_t *b, uint64_t v);

/* a string of up to 2^32 - 1 bytes: u32 length, bytes */
void screen_buf_put_str(screen_buf_t *b, const screen_str_t *s);
void screen_buf_put_text(screen_buf_t *b, const char *text);

/* overwrites four bytes written before, at offset at */
void screen_buf_set_u32(screen_buf_t *b, size_t at, uint32_t v);


typedef struct {
    const u_char  *pos;
    const u_char  *end;
    int            code;       /* SCREEN_OK or SCREEN_MALFORMED */
} screen_reader_t;

void screen_reader_init(screen_reader_t *r, const void *data, size_t len);

/* zero, and an empty string, once the reader has failed */
uint8_t screen_reader_u8(screen_reader_t *r);
uint16_t screen_reader_u16(screen_reader_t *r);
uint32_t screen_reader_u32(screen_reader_t *r);
uint64_t screen_reader_u64(screen_reader_t *r);
void screen_reader_bytes(screen_reader_t *r, void *to, size_t len);

/* the string points into the reader's input; longer than max is a failure */
screen_str_t screen_reader_str(screen_reader_t *r, size_t max);

/*
 * A count of things that take at least size bytes each: a failure, and zero,
 * if it exceeds max or what is left of the input could not hold them.
 */
uint32_t screen_reader_count(screen_reader_t *r, uint32_t max, size_t size);

/* marks the reader failed, for a value that is not allowed */
void screen_reader_fail(screen_reader_t *r);

/* SCREEN_OK if nothing failed and nothing is left over */
int screen_reader_end(screen_reader_t *r);


#endif /* _SCREEN_BUF_H_INCLUDED_ */
