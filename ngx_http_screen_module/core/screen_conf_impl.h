
/*
 * The lexer below screen_conf: the bytes of one file, in, the words of its
 * directives, out.  For screen_conf*.c and nobody else.
 */


#ifndef _SCREEN_CONF_IMPL_H_INCLUDED_
#define _SCREEN_CONF_IMPL_H_INCLUDED_


#include "screen_conf.h"


/* nginx's buffer: no word and no comment is as long as this */

#define SCREEN_CONF_WORD_MAX   4096


/* what ended the words */

typedef enum {
    SCREEN_CONF_DIRECTIVE = 0,     /* ";" */
    SCREEN_CONF_BLOCK,             /* "{" */
    SCREEN_CONF_BLOCK_END,         /* "}", no words */
    SCREEN_CONF_FILE_END           /* no words */
} screen_conf_end_t;


typedef struct {
    const u_char          *pos;
    const u_char          *last;
    screen_place_t         place;       /* line: that of pos */

    screen_str_t          *words;       /* from alloc */
    size_t                 nwords;
    const screen_alloc_t  *alloc;

    /* of the word that is being read */

    const u_char          *start;
    unsigned               start_line;
    u_char                 quote;       /* that began it, 0: none */
    unsigned               inside:1;
    unsigned               escaped:1;
    unsigned               variable:1;  /* the last byte was a "$" */
    unsigned               after:1;     /* a quote has just ended */
    unsigned               comment:1;
} screen_conf_lexer_t;


/*
 * Reads the words up to the next end.  SCREEN_OK, SCREEN_NOMEM, or
 * SCREEN_ERROR with err set.
 */
int screen_conf_lex(screen_conf_lexer_t *x, screen_conf_end_t *end,
    screen_error_t *err);

/* the error at the place; SCREEN_ERROR */
int screen_conf_error(screen_error_t *err, const screen_place_t *place,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));


#endif /* _SCREEN_CONF_IMPL_H_INCLUDED_ */
