
#define PCRE2_CODE_UNIT_WIDTH  8

#include <pcre2.h>
#include <stdlib.h>
#include <string.h>

#include "screen_pattern.h"


#define SCREEN_PATTERN_MATCH_LIMIT  1000000
#define SCREEN_PATTERN_HEAP_LIMIT   20480

#define SCREEN_PATTERN_STACK_START  (32 * 1024)
#define SCREEN_PATTERN_STACK_MAX    (1024 * 1024)


struct screen_pattern_s {
    pcre2_code           *code;
    pcre2_match_data     *data;
    pcre2_match_context  *context;
    pcre2_jit_stack      *stack;
};


static uint32_t screen_pattern_options(const screen_str_t *text, int caseless);
static int screen_pattern_run(const screen_pattern_t *p, const u_char *data,
    size_t len);
static int screen_pattern_grow(screen_pattern_t *p);
static void screen_pattern_error(const screen_str_t *text, int code,
    size_t offset, screen_error_t *err);


screen_pattern_t *
screen_pattern_compile(const screen_str_t *text, int caseless,
    screen_error_t *err)
{
    int                code;
    size_t             offset;
    PCRE2_SPTR         start;
    screen_pattern_t  *p;

    p = calloc(1, sizeof(screen_pattern_t));
    if (p == NULL) {
        screen_error_set(err, "no memory for a pattern");
        return NULL;
    }

    /* PCRE2 before 10.43 refuses NULL, even with a length of zero */

    start = text->len ? text->data : (PCRE2_SPTR) "";

    p->code = pcre2_compile(start, text->len,
                            screen_pattern_options(text, caseless), &code,
                            &offset, NULL);
    if (p->code == NULL) {
        screen_pattern_error(text, code, offset, err);
        screen_pattern_destroy(p);
        return NULL;
    }

    /*
     * No answer is looked at: without a JIT (another CPU, no executable
     * memory) pcre2_match() interprets, with the same result.
     */

    (void) pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE);

    p->data = pcre2_match_data_create(1, NULL);
    p->context = pcre2_match_context_create(NULL);

    if (p->data == NULL || p->context == NULL) {
        screen_error_set(err, "no memory for a pattern");
        screen_pattern_destroy(p);
        return NULL;
    }

    return p;
}


void
screen_pattern_destroy(screen_pattern_t *p)
{
    if (p == NULL) {
        return;
    }

    pcre2_jit_stack_free(p->stack);
    pcre2_match_context_free(p->context);
    pcre2_match_data_free(p->data);
    pcre2_code_free(p->code);

    free(p);
}


int
screen_pattern_match(const screen_pattern_t *p, const u_char *data,
    size_t len, const screen_pattern_limits_t *limits)
{
    int       rc;
    uint32_t  match, heap;

    match = SCREEN_PATTERN_MATCH_LIMIT;
    heap = SCREEN_PATTERN_HEAP_LIMIT;

    if (limits != NULL && limits->match_limit) {
        match = limits->match_limit;
    }

    if (limits != NULL && limits->heap_limit) {
        heap = limits->heap_limit;
    }

    pcre2_set_match_limit(p->context, match);
    pcre2_set_heap_limit(p->context, heap);

    /* the interpreter's depth costs heap, which has its own limit */

    pcre2_set_depth_limit(p->context, match);

    rc = screen_pattern_run(p, data, len);

    if (rc == PCRE2_ERROR_JIT_STACKLIMIT
        && screen_pattern_grow((screen_pattern_t *) p) == SCREEN_OK)
    {
        rc = screen_pattern_run(p, data, len);
    }

    if (rc >= 0) {
        return SCREEN_OK;
    }

    if (rc == PCRE2_ERROR_NOMATCH || rc == PCRE2_ERROR_PARTIAL) {
        return SCREEN_NOT_FOUND;
    }

    /* whatever it was, it is not known that the pattern does not match */

    return SCREEN_LIMIT;
}


static uint32_t
screen_pattern_options(const screen_str_t *text, int caseless)
{
    uint32_t                   options;
    static const screen_str_t  utf = screen_str("(*UTF)");

    options = PCRE2_NEVER_BACKSLASH_C;

    if (caseless) {
        options |= PCRE2_CASELESS;
    }

    if (text->len >= utf.len && memcmp(text->data, utf.data, utf.len) == 0) {
        return options | PCRE2_MATCH_INVALID_UTF;
    }

    /* (*UTF) behind another verb would make invalid UTF an error */

    return options | PCRE2_NEVER_UTF;
}


static int
screen_pattern_run(const screen_pattern_t *p, const u_char *data, size_t len)
{
    if (len == 0) {
        data = (const u_char *) "";
    }

    return pcre2_match(p->code, data, len, 0, 0, p->data, p->context);
}


/*
 * The JIT's own 32K on the machine stack do for nearly every pattern, and
 * a scanner's address space is limited: a pattern gets a stack when it first
 * asks for one, not before.
 */

static int
screen_pattern_grow(screen_pattern_t *p)
{
    if (p->stack != NULL) {
        return SCREEN_LIMIT;
    }

    p->stack = pcre2_jit_stack_create(SCREEN_PATTERN_STACK_START,
                                      SCREEN_PATTERN_STACK_MAX, NULL);
    if (p->stack == NULL) {
        return SCREEN_NOMEM;
    }

    pcre2_jit_stack_assign(p->context, NULL, p->stack);

    return SCREEN_OK;
}


static void
screen_pattern_error(const screen_str_t *text, int code, size_t offset,
    screen_error_t *err)
{
    PCRE2_UCHAR  message[256];

    if (pcre2_get_error_message(code, message, sizeof(message)) < 0) {
        memcpy(message, "unknown error", sizeof("unknown error"));
    }

    screen_error_set(err, "pattern \"%.*s\": %s at offset %zu",
                     text->len < 200 ? (int) text->len : 200,
                     (const char *) text->data, (const char *) message,
                     offset);
}
