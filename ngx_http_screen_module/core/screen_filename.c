
#include <string.h>

#include "screen_filename.h"


static void
screen_filename_trim(screen_str_t *s)
{
    u_char  c;

    while (s->len) {
        c = s->data[s->len - 1];

        if (c > ' ' && c != 0x7f && c != '.' && c != '/' && c != '\\') {
            break;
        }

        s->len--;
    }

    while (s->len && (s->data[0] <= ' ' || s->data[0] == 0x7f)) {
        s->data++;
        s->len--;
    }
}


static void
screen_filename_cut(screen_str_t *s)
{
    size_t         i;
    const u_char  *nul;

    if (s->len == 0) {
        return;
    }

    nul = memchr(s->data, '\0', s->len);

    if (nul != NULL) {
        s->len = nul - s->data;
    }

    for (i = 0; i + 3 <= s->len; i++) {

        if (memcmp(s->data + i, "::$", 3) == 0) {
            s->len = i;
            return;
        }
    }
}


screen_str_t
screen_filename_clean(const screen_str_t *name)
{
    size_t        i;
    u_char        c;
    screen_str_t  s;

    s = *name;

    screen_filename_cut(&s);
    screen_filename_trim(&s);

    for (i = s.len; i > 0; i--) {
        c = s.data[i - 1];

        if (c == '/' || c == '\\') {
            break;
        }
    }

    s.data += i;
    s.len -= i;

    if (s.len > 2 && s.data[1] == ':'
        && (s.data[0] | 0x20) >= 'a' && (s.data[0] | 0x20) <= 'z')
    {
        s.data += 2;
        s.len -= 2;
    }

    screen_filename_trim(&s);

    return s;
}
