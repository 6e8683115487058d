
/*
 * The parameters that follow the first word of a header field's value,
 * "; name=value; name=\"value\"": RFC 9110 section 5.6.6, read one by one.
 * What the grammar does not allow is read as far as it can be and reported
 * in a mask, so that each caller decides what it means there.
 */


#ifndef _SCREEN_HEADER_PARAM_H_INCLUDED_
#define _SCREEN_HEADER_PARAM_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_PARAM_ODD_NAME      0x01     /* empty, or not a token */
#define SCREEN_PARAM_ODD_SPACE     0x02     /* around the equals sign */
#define SCREEN_PARAM_ODD_VALUE     0x04     /* unquoted and not a token */
#define SCREEN_PARAM_ODD_TAIL      0x08     /* after the closing quote */
#define SCREEN_PARAM_UNCLOSED      0x10     /* no closing quote */
#define SCREEN_PARAM_APOSTROPHE    0x20     /* unquoted, with an apostrophe */
#define SCREEN_PARAM_NO_VALUE      0x40     /* no equals sign, or nothing
                                               after it */
#define SCREEN_PARAM_ODD_ESCAPE    0x80     /* an escaped quote that some take
                                               for the closing one */


typedef struct {
    const u_char  *pos;
    const u_char  *end;
} screen_header_params_t;

typedef struct {
    screen_str_t   name;
    screen_str_t   value;             /* between the quotes, escapes kept */
    unsigned       quoted:1;
    unsigned       odd;               /* SCREEN_PARAM_* */
} screen_header_param_t;


/* 1 for a character of RFC 9110's token, and for a string of only such */
int screen_is_token_char(u_char c);
int screen_is_token(const screen_str_t *s);

/* 1 for a space or a tab */
int screen_is_ows(u_char c);

/* without spaces and tabs at both ends */
screen_str_t screen_trim_ows(const screen_str_t *s);

/* 1 if s begins with the text, ASCII without case */
int screen_str_starts(const screen_str_t *s, const char *text);

/* the first place of the text in s, at from or after, likewise, or NULL */
const u_char *screen_str_find(const screen_str_t *s, size_t from,
    const char *text);

/*
 * Cuts off what stands before the first semicolon, which is returned without
 * white space around it, and makes ps ready to read what follows.
 */
screen_str_t screen_header_params_init(screen_header_params_t *ps,
    const screen_str_t *value);

/*
 * Reads the next parameter; empty ones (";;") are skipped, as RFC 9110 has
 * it.  SCREEN_OK, or SCREEN_NOT_FOUND after the last.  The strings point into
 * the value.
 */
int screen_header_param_next(screen_header_params_t *ps,
    screen_header_param_t *p);


#endif /* _SCREEN_HEADER_PARAM_H_INCLUDED_ */
