
#include <string.h>

#include "screen_slot.h"


static unsigned
screen_slot_crc16(const u_char *data, size_t len)
{
    size_t    i;
    unsigned  crc, bit;

    crc = 0;

    for (i = 0; i < len; i++) {
        crc ^= (unsigned) data[i] << 8;

        for (bit = 0; bit < 8; bit++) {
            crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
        }

        crc &= 0xffff;
    }

    return crc;
}


unsigned
screen_slot_of(const screen_str_t *key)
{
    const u_char  *open, *close, *end;

    if (key->len == 0) {
        return 0;
    }

    end = key->data + key->len;
    open = memchr(key->data, '{', key->len);

    if (open) {
        open++;
        close = memchr(open, '}', end - open);

        if (close && close > open) {
            return screen_slot_crc16(open, close - open) % SCREEN_SLOTS;
        }
    }

    return screen_slot_crc16(key->data, key->len) % SCREEN_SLOTS;
}
