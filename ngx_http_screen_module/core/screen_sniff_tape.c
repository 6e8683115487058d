
#include "screen_sniff_impl.h"


#define SCREEN_TAR_HEADER     512
#define SCREEN_TAR_SUM_AT     148
#define SCREEN_TAR_SUM_LEN    8

#define SCREEN_CPIO_NEW       110
#define SCREEN_CPIO_OLD       76


static int screen_tape_tar(const u_char *data, size_t len);
static int screen_tape_digits(const u_char *data, size_t len, size_t n,
    unsigned base);


const char *
screen_sniff_tape(const u_char *data, size_t len)
{
    if (screen_tape_tar(data, len)) {
        return "application/x-tar";
    }

    /* a header of digits only, so that a number in a text is not taken */

    if ((screen_sniff_at(data, len, 0, "070701")
         || screen_sniff_at(data, len, 0, "070702"))
        && screen_tape_digits(data, len, SCREEN_CPIO_NEW, 16))
    {
        return "application/x-cpio";
    }

    if (screen_sniff_at(data, len, 0, "070707")
        && screen_tape_digits(data, len, SCREEN_CPIO_OLD, 8))
    {
        return "application/x-cpio";
    }

    return NULL;
}


/*
 * The checksum tells a tar of any age, those from before "ustar" included,
 * and refuses the other files that have these five letters there.
 */

static int
screen_tape_tar(const u_char *data, size_t len)
{
    size_t    i;
    unsigned  sum, want;

    if (len < SCREEN_TAR_HEADER || data[0] == '\0') {
        return 0;
    }

    i = SCREEN_TAR_SUM_AT;

    while (i < SCREEN_TAR_SUM_AT + SCREEN_TAR_SUM_LEN && data[i] == ' ') {
        i++;
    }

    want = 0;

    for ( /* void */ ; i < SCREEN_TAR_SUM_AT + SCREEN_TAR_SUM_LEN; i++) {

        if (data[i] < '0' || data[i] > '7') {
            break;
        }

        want = want * 8 + (data[i] - '0');
    }

    sum = SCREEN_TAR_SUM_LEN * ' ';

    for (i = 0; i < SCREEN_TAR_HEADER; i++) {

        if (i < SCREEN_TAR_SUM_AT
            || i >= SCREEN_TAR_SUM_AT + SCREEN_TAR_SUM_LEN)
        {
            sum += data[i];
        }
    }

    return sum == want;
}


static int
screen_tape_digits(const u_char *data, size_t len, size_t n, unsigned base)
{
    u_char  ch;
    size_t  i;

    if (len <= n) {
        return 0;
    }

    for (i = 0; i < n; i++) {
        ch = data[i];

        if (ch >= '0' && ch < '0' + (base < 10 ? base : 10)) {
            continue;
        }

        ch |= 0x20;

        if (base < 16 || ch < 'a' || ch > 'f') {
            return 0;
        }
    }

    return 1;
}
