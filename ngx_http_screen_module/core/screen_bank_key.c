
/*
 * The names of a bank in Redis, and of its entries.
 */


#include <stdio.h>
#include <string.h>

#include "screen_bank_json.h"


char *
screen_bank_key_shard(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank, screen_signal_t signal,
    unsigned shard)
{
    snprintf(to, SCREEN_BANK_KEY_LEN, "%.*sbank:%.64s:%s:%02x",
             (int) prefix->len, prefix->data, bank,
             screen_signal_name(signal), shard & 0xff);

    return to;
}


char *
screen_bank_key_changes(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank)
{
    snprintf(to, SCREEN_BANK_KEY_LEN, "%.*sbank:%.64s:changes",
             (int) prefix->len, prefix->data, bank);

    return to;
}


char *
screen_bank_key_confirm(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank)
{
    snprintf(to, SCREEN_BANK_KEY_LEN, "%.*sbank:%.64s:confirm",
             (int) prefix->len, prefix->data, bank);

    return to;
}


int
screen_bank_name(const screen_str_t *name)
{
    size_t  i;
    u_char  c;

    for (i = 0; i < name->len; i++) {
        c = name->data[i];

        if (!((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
            && !(c >= '0' && c <= '9') && c != '-' && c != '_')
        {
            return SCREEN_MALFORMED;
        }
    }

    return name->len && name->len <= SCREEN_BANK_NAME_MAX ? SCREEN_OK
                                                          : SCREEN_MALFORMED;
}


int
screen_bank_field_decode(screen_entry_t *entry, const screen_str_t *field)
{
    size_t        i, size;
    screen_str_t  hex, content;

    size = 2 * screen_signal_size(entry->signal);
    hex = *field;

    memset(&content, 0, sizeof(screen_str_t));

    if (entry->signal == SCREEN_SIGNAL_VPDQ && field->len > size
        && field->data[size] == ':')
    {
        hex.len = size;
        content.data = field->data + size + 1;
        content.len = field->len - size - 1;

        if (content.len > SCREEN_BANK_JSON_CONTENT) {
            return SCREEN_MALFORMED;
        }

        /* what could not be written again: two contents would become one */

        for (i = 0; i < content.len; i++) {
            if (content.data[i] < 0x20) {
                return SCREEN_MALFORMED;
            }
        }
    }

    entry->content = content;

    if (screen_hex_decode(entry->value, size / 2, &hex) != SCREEN_OK
        || screen_bank_value_blank(entry->signal, entry->value))
    {
        return SCREEN_MALFORMED;
    }

    return SCREEN_OK;
}


char *
screen_bank_field_encode(char to[SCREEN_BANK_FIELD_LEN],
    const screen_entry_t *entry)
{
    size_t  size;

    size = screen_signal_size(entry->signal);

    screen_hex_encode(to, entry->value, size);
    to[2 * size] = '\0';

    if (entry->signal == SCREEN_SIGNAL_VPDQ && entry->content.len) {
        snprintf(to + 2 * size, SCREEN_BANK_FIELD_LEN - 2 * size, ":%.*s",
                 (int) entry->content.len, entry->content.data);
    }

    return to;
}


int
screen_bank_value_blank(screen_signal_t signal, const u_char *value)
{
    size_t  i, size;

    size = screen_signal_size(signal);

    for (i = 1; i < size && value[i] == value[0]; i++) {
        /* void */
    }

    return i == size && (value[0] == 0x00 || value[0] == 0xff);
}
