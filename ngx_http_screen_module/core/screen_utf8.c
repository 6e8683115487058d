
#include "screen_utf8.h"


size_t
screen_utf8_char(const u_char *p, size_t len, uint32_t *c)
{
    size_t    i, n;
    uint32_t  v, min;

    v = p[0];

    if (v < 0x80) {
        *c = v;
        return 1;
    }

    if (v >= 0xc2 && v <= 0xdf) {
        n = 2;
        v &= 0x1f;
        min = 0x80;

    } else if (v >= 0xe0 && v <= 0xef) {
        n = 3;
        v &= 0x0f;
        min = 0x800;

    } else if (v >= 0xf0 && v <= 0xf4) {
        n = 4;
        v &= 0x07;
        min = 0x10000;

    } else {
        return 0;
    }

    if (len < n) {
        return 0;
    }

    for (i = 1; i < n; i++) {

        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }

        v = v << 6 | (p[i] & 0x3f);
    }

    if (v < min || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff)) {
        return 0;
    }

    *c = v;

    return n;
}


int
screen_utf8_control(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}
