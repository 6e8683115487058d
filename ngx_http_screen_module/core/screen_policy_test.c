
#include <stdio.h>
#include <string.h>

#include "screen_policy_impl.h"


static const struct {
    const char  *name;
    unsigned     negative:1;
    unsigned     pattern:1;
} screen_ops[SCREEN_OPS] = {
    { "=", 0, 0 },
    { "!=", 1, 0 },
    { "<", 0, 0 },
    { "<=", 0, 0 },
    { ">", 0, 0 },
    { ">=", 0, 0 },
    { "~", 0, 1 },
    { "~*", 0, 1 },
    { "!~", 1, 1 },
    { "!~*", 1, 1 },
};


/*
 * For names, labels and the like, which a worker matches in its event loop:
 * far below what the policy allows for content in a scanner.
 */

static const screen_pattern_limits_t  screen_test_limits = { 10000, 1024 };


size_t
screen_op_span(const screen_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {

        if (text->data[i] == '\0' || strchr("=!<>~", text->data[i]) == NULL) {
            break;
        }
    }

    if (i && i < text->len && text->data[i] == '*'
        && text->data[i - 1] == '~')
    {
        i++;
    }

    return i;
}


int
screen_op_parse(const screen_str_t *text, screen_op_t *op)
{
    unsigned  i;

    for (i = 0; i < SCREEN_OPS; i++) {

        if (screen_str_is(text, screen_ops[i].name)) {
            *op = (screen_op_t) i;
            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


const char *
screen_op_name(screen_op_t op)
{
    return screen_ops[op].name;
}


void
screen_op_list(unsigned ops, char *to, size_t size)
{
    size_t    len;
    unsigned  i;

    to[0] = '\0';
    len = 0;

    for (i = 0; i < SCREEN_OPS && len < size; i++) {

        if (ops & (1u << i)) {
            len += snprintf(to + len, size - len, "%s%s", len ? " " : "",
                            screen_ops[i].name);
        }
    }
}


int
screen_test_init(screen_policy_t *p, screen_test_t *test,
    const screen_directive_t *d)
{
    screen_error_t            err;
    screen_policy_build_t    *build;
    screen_policy_pattern_t  *pattern;

    if (screen_alloc_str(p->alloc, &test->text, &test->text) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    test->numeric = screen_parse_int(&test->text, &test->number) == SCREEN_OK;

    if (!screen_ops[test->op].pattern) {
        return SCREEN_OK;
    }

    pattern = screen_alloc(p->alloc, sizeof(screen_policy_pattern_t));
    if (pattern == NULL) {
        return SCREEN_NOMEM;
    }

    pattern->pattern = screen_pattern_compile(&test->text,
                                      test->op == SCREEN_OP_CASELESS
                                      || test->op == SCREEN_OP_NOT_CASELESS,
                                      &err);
    if (pattern->pattern == NULL) {
        return screen_directive_error(d, "%.500s in \"match\"", err.text);
    }

    build = p->build;

    pattern->next = build->patterns;
    build->patterns = pattern;

    test->pattern = pattern->pattern;

    return SCREEN_OK;
}


int
screen_test_negative(const screen_test_t *test)
{
    return screen_ops[test->op].negative;
}


int
screen_test_text(const screen_test_t *test, const screen_str_t *s)
{
    int           rc;
    screen_str_t  head;

    if (screen_ops[test->op].pattern) {
        rc = screen_pattern_match(test->pattern, s->data, s->len,
                                  &screen_test_limits);

        if (rc == SCREEN_LIMIT) {
            return SCREEN_LIMIT;
        }

        rc = (rc == SCREEN_OK);

    } else if (test->op == SCREEN_OP_EQ || test->op == SCREEN_OP_NE) {
        head = *s;

        if (test->prefix && head.len > test->text.len) {
            head.len = test->text.len;
        }

        rc = screen_str_eq(&head, &test->text);

    } else {
        return 0;
    }

    return screen_ops[test->op].negative ? !rc : rc;
}


int
screen_test_number(const screen_test_t *test, int64_t n)
{
    if (!test->numeric) {
        return 0;
    }

    switch (test->op) {

    case SCREEN_OP_EQ:
        return n == test->number;

    case SCREEN_OP_NE:
        return n != test->number;

    case SCREEN_OP_LT:
        return n < test->number;

    case SCREEN_OP_LE:
        return n <= test->number;

    case SCREEN_OP_GT:
        return n > test->number;

    case SCREEN_OP_GE:
        return n >= test->number;

    default:
        return 0;
    }
}
