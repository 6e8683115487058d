
#include "screen_sniff_impl.h"

#include <strings.h>


#define SCREEN_SCRIPT_LINE  256


typedef struct {
    const char   *interpreter;         /* versions may follow: python3.11 */
    const char   *type;
} screen_script_t;


static screen_str_t screen_script_word(const u_char **p, const u_char *end);
static const char *screen_script_type(const screen_str_t *word);
static int screen_script_batch(const u_char *data, size_t len);


/* longer names ahead of those that they begin with */

static const screen_script_t  screen_scripts[] = {
    { "python",    "text/x-script.python" },
    { "pypy",      "text/x-script.python" },
    { "perl",      "text/x-perl" },
    { "php",       "text/x-php" },
    { "ruby",      "text/x-ruby" },
    { "nodejs",    "application/javascript" },
    { "node",      "application/javascript" },
    { "lua",       "text/x-lua" },
    { "tclsh",     "text/x-tcl" },
    { "wish",      "text/x-tcl" },
    { "gawk",      "text/x-gawk" },
    { "nawk",      "text/x-nawk" },
    { "awk",       "text/x-awk" }
};


/*
 * A line that the kernel would run, by its interpreter; one that nobody
 * knows still runs, and is a shell script for want of a better name.
 */

const char *
screen_sniff_script(const u_char *data, size_t len)
{
    screen_str_t   word;
    const u_char  *p, *end;

    if (screen_script_batch(data, len)) {
        return "text/x-msdos-batch";
    }

    if (!screen_sniff_at(data, len, 0, "#!")) {
        return NULL;
    }

    p = data + 2;
    end = data + (len < SCREEN_SCRIPT_LINE ? len : SCREEN_SCRIPT_LINE);

    while (p < end && (*p == ' ' || *p == '\t')) {
        p++;
    }

    /* without a path it is an attribute of Rust, or a comment */

    if (p == end || *p != '/') {
        return NULL;
    }

    word = screen_script_word(&p, end);

    if (word.len == 3 && memcmp(word.data, "env", 3) == 0) {

        /* its options and assignments come before the interpreter */

        do {
            word = screen_script_word(&p, end);
        } while (word.len
                 && (word.data[0] == '-'
                     || memchr(word.data, '=', word.len) != NULL));
    }

    return screen_script_type(&word);
}


/* the next word of the line, without its folders */

static screen_str_t
screen_script_word(const u_char **p, const u_char *end)
{
    screen_str_t   word;
    const u_char  *start;

    while (*p < end && (**p == ' ' || **p == '\t')) {
        (*p)++;
    }

    start = *p;

    while (*p < end && **p > ' ') {

        if (**p == '/') {
            start = *p + 1;
        }

        (*p)++;
    }

    word.data = start;
    word.len = *p - start;

    return word;
}


static const char *
screen_script_type(const screen_str_t *word)
{
    u_char       next;
    size_t       i, n;
    const char  *name;

    for (i = 0; i < sizeof(screen_scripts) / sizeof(screen_scripts[0]); i++) {
        name = screen_scripts[i].interpreter;
        n = strlen(name);

        if (word->len < n || memcmp(word->data, name, n) != 0) {
            continue;
        }

        next = word->len > n ? word->data[n] : '-';

        if (next == '-' || next == '.' || (next >= '0' && next <= '9')) {
            return screen_scripts[i].type;
        }
    }

    return "text/x-shellscript";
}


static int
screen_script_batch(const u_char *data, size_t len)
{
    return len >= 9 && data[0] == '@'
           && strncasecmp((const char *) data + 1, "echo off", 8) == 0;
}
