
/*
 * What all of core shares: strings, result codes, the allocator and the
 * error that a person is shown.
 *
 * Core is pure: no nginx, no sockets, no globals.  Memory comes from the
 * caller, through screen_alloc_t, or is named in the contract of the
 * function.
 */


#ifndef _SCREEN_CORE_H_INCLUDED_
#define _SCREEN_CORE_H_INCLUDED_


#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>


#define SCREEN_VERSION     "0.1.0"


/* what a function of core answers; everything below zero is a failure */

#define SCREEN_OK           0
#define SCREEN_AGAIN        1      /* not yet: more input is needed */
#define SCREEN_NOT_FOUND    2      /* looked, and it is not there */
#define SCREEN_ERROR      (-1)     /* the error argument says what */
#define SCREEN_NOMEM      (-2)
#define SCREEN_LIMIT      (-3)     /* a documented limit was reached */
#define SCREEN_MALFORMED  (-4)     /* the bytes are not what they should be */


/* a counted string, not terminated, owned by whoever made it */

typedef struct {
    const u_char  *data;
    size_t         len;
} screen_str_t;

#define screen_str(text)   { (const u_char *) (text), sizeof(text) - 1 }
#define screen_null_str    { NULL, 0 }

/* a screen_str_t of a terminated string */
screen_str_t screen_str_of(const char *text);

/* 1 if both hold the same bytes; the second compares ASCII without case */
int screen_str_eq(const screen_str_t *a, const screen_str_t *b);
int screen_str_caseeq(const screen_str_t *a, const screen_str_t *b);

/* the same against a terminated string */
int screen_str_is(const screen_str_t *s, const char *text);
int screen_str_caseis(const screen_str_t *s, const char *text);


/*
 * Where core gets memory that lives as long as its caller says: an nginx
 * pool in the edge, an arena in ngx-screen.  Nothing is freed piece by piece.
 * alloc answers NULL when there is no memory; it aligns for any type.
 */

typedef struct {
    void        *(*alloc)(void *owner, size_t size);
    void          *owner;
} screen_alloc_t;

/* NULL when there is no memory; the second zeroes, the third adds a NUL */
void *screen_alloc(const screen_alloc_t *a, size_t size);
void *screen_calloc(const screen_alloc_t *a, size_t size);
char *screen_alloc_text(const screen_alloc_t *a, const screen_str_t *s);
int screen_alloc_str(const screen_alloc_t *a, screen_str_t *to,
    const screen_str_t *from);

/*
 * An array that grows: elts points to the pointer to its first element, n to
 * their count, zero at first.  The new last element, zeroed and counted, or
 * NULL when there is no memory.  Only this function may let the array grow.
 */
void *screen_alloc_push(const screen_alloc_t *a, void *elts, size_t *n,
    size_t size);


/*
 * An arena for callers that have no pool: screen_arena_alloc() fits
 * screen_alloc_t with the arena as its owner.  destroy frees everything.
 */

typedef struct screen_arena_chunk_s  screen_arena_chunk_t;

typedef struct {
    screen_arena_chunk_t  *chunks;
} screen_arena_t;

#define screen_arena_init  { NULL }

void *screen_arena_alloc(void *arena, size_t size);
void screen_arena_destroy(screen_arena_t *arena);


/*
 * The error that a person is shown: which file and line, which value, what
 * would be right.  file and line are empty when the error is of no file.
 */

#define SCREEN_ERROR_LEN   1024

typedef struct {
    char       file[256];
    unsigned   line;                    /* 1 is the first; 0: of no line */
    char       text[SCREEN_ERROR_LEN];
} screen_error_t;

/* formats like printf; each answers SCREEN_ERROR, to be returned at once */
int screen_error_set(screen_error_t *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int screen_error_at(screen_error_t *err, const char *file, unsigned line,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#if (SCREEN_ANALYZE)

/* what make analyze runs sees one file at a time: it is told the answer */

static inline int
screen_error_answer(int rc)
{
    return SCREEN_ERROR;
}


#define screen_error_set(...)                                                \
    screen_error_answer(screen_error_set(__VA_ARGS__))
#define screen_error_at(...)                                                 \
    screen_error_answer(screen_error_at(__VA_ARGS__))

/* and what is so, but takes more than a file to see */

#define screen_analyze_told(condition)                                       \
    do { if (!(condition)) { __builtin_unreachable(); } } while (0)

#else

#define screen_analyze_told(condition)  (void) 0

#endif


/* lower-case hexadecimal; to holds 2 * len bytes and is not terminated */
void screen_hex_encode(char *to, const u_char *from, size_t len);

/* SCREEN_OK, or SCREEN_MALFORMED unless text is exactly 2 * len hex digits */
int screen_hex_decode(u_char *to, size_t len, const screen_str_t *text);

/*
 * A size as nginx writes it ("512m", "10k", "1g", "1048576") in bytes, and a
 * time ("10s", "500ms", "1m30s") in milliseconds; a bare number is bytes and
 * seconds respectively.  SCREEN_MALFORMED for anything else and on overflow.
 */
int screen_parse_size(const screen_str_t *text, uint64_t *bytes);
int screen_parse_time(const screen_str_t *text, uint64_t *ms);

/* a whole decimal number; SCREEN_MALFORMED for anything else, overflow too */
int screen_parse_uint(const screen_str_t *text, uint64_t *n);
int screen_parse_int(const screen_str_t *text, int64_t *n);


#endif /* _SCREEN_CORE_H_INCLUDED_ */
