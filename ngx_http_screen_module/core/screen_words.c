
#include "screen_words.h"


size_t
screen_words_encode(u_char data[4 + SCREEN_WORDS_MAX], const char *text)
{
    size_t    len;
    uint32_t  head;

    for (len = 0; len < SCREEN_WORDS_MAX && text[len]; len++) {
        data[4 + len] = (u_char) text[len];
    }

    head = SCREEN_WORDS | (uint32_t) len;

    data[0] = (u_char) head;
    data[1] = (u_char) (head >> 8);
    data[2] = (u_char) (head >> 16);
    data[3] = (u_char) (head >> 24);

    return 4 + len;
}


void
screen_words_decode(char *text, const u_char *data, size_t len)
{
    size_t  i;

    for (i = 0; i < len; i++) {
        text[i] = (char) (data[i] >= 0x20 && data[i] < 0x7f ? data[i] : '?');
    }

    text[len] = '\0';
}
