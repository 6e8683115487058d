
/*
 * An entry of a bank as Redis has it, a field and its JSON: any bytes are
 * refused, or give an entry that lies within its bounds, that cJSON reads
 * once it is written, and that is the same when it is read again.  The first
 * byte is the signal, the next ones the length of the field; the field and
 * the JSON follow.
 */


#include <cjson/cJSON.h>

#include "fuzz_input.h"
#include "screen_bank_json.h"


static void
fuzz_within(const screen_str_t *s, const u_char *room, size_t size)
{
    size_t  i;

    fuzz_require(s->len <= size);
    fuzz_require(s->len == 0 || s->data == room);

    for (i = 0; i < s->len; i++) {
        fuzz_require(s->data[i] >= 0x20);
    }
}


static void
fuzz_object(const screen_buf_t *b)
{
    cJSON  *object;

    object = cJSON_ParseWithLength((const char *) b->data, b->len);
    fuzz_require(cJSON_IsObject(object));
    cJSON_Delete(object);
}


/* the texts are UTF-8 once they were written, and so stay as they are */

static void
fuzz_fixed(const screen_entry_t *entry, uint64_t added)
{
    uint64_t                 when;
    screen_buf_t             first, second;
    screen_str_t             json;
    screen_entry_t           again;
    screen_bank_json_text_t  text;

    screen_buf_init(&first, SCREEN_BANK_JSON_MAX);
    screen_bank_json_encode(&first, entry, added);
    fuzz_require(first.code == SCREEN_OK);
    fuzz_object(&first);

    json.data = first.data;
    json.len = first.len;
    fuzz_require(fuzz_clean(&json));

    again = *entry;
    memset(&again.content, 0, sizeof(screen_str_t));

    fuzz_require(screen_bank_json_decode(&again, &when, &text, &json)
                 == SCREEN_OK);
    fuzz_require(when == added && again.severity == entry->severity);
    fuzz_require(again.expires == entry->expires);
    fuzz_require(again.time == entry->time && again.view == entry->view);

    if (fuzz_clean(&entry->label)) {
        fuzz_require(screen_str_eq(&again.label, &entry->label));
    }

    if (fuzz_clean(&entry->source)) {
        fuzz_require(screen_str_eq(&again.source, &entry->source));
    }

    if (entry->signal == SCREEN_SIGNAL_PDQ && fuzz_clean(&entry->content)) {
        fuzz_require(screen_str_eq(&again.content, &entry->content));
    }

    screen_buf_init(&second, SCREEN_BANK_JSON_MAX);
    screen_bank_json_encode(&second, &again, when);

    /* what is cut for its length is no longer what it was */

    if (fuzz_clean(&entry->label) && fuzz_clean(&entry->source)
        && (entry->signal != SCREEN_SIGNAL_PDQ
            || fuzz_clean(&entry->content)))
    {
        fuzz_require(second.code == SCREEN_OK && second.len == first.len);
        fuzz_require(memcmp(first.data, second.data, first.len) == 0);
    }

    screen_buf_free(&first);
    screen_buf_free(&second);
}


static void
fuzz_field(const screen_entry_t *entry, const screen_str_t *field)
{
    char            to[SCREEN_BANK_FIELD_LEN];
    screen_str_t    s;
    screen_entry_t  again;

    fuzz_require(!screen_bank_value_blank(entry->signal, entry->value));
    fuzz_require(entry->content.len <= SCREEN_BANK_JSON_CONTENT);
    fuzz_require(entry->content.len == 0
                 || (entry->signal == SCREEN_SIGNAL_VPDQ
                     && entry->content.data + entry->content.len
                        == field->data + field->len));

    s = screen_str_of(screen_bank_field_encode(to, entry));

    memset(&again, 0, sizeof(screen_entry_t));
    again.signal = entry->signal;

    fuzz_require(screen_bank_field_decode(&again, &s) == SCREEN_OK);
    fuzz_require(screen_entry_same(&again, entry));
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    u_char                   *bytes, *copy;
    uint64_t                  added;
    screen_str_t              field, json;
    fuzz_input_t              in;
    screen_entry_t            entry;
    screen_bank_json_text_t  *text;

    in = fuzz_input(data, size);

    memset(&entry, 0, sizeof(screen_entry_t));
    entry.signal = fuzz_u8(&in) % SCREEN_SIGNALS;

    field = fuzz_str(&in);
    field.data = bytes = fuzz_copy(field.data, field.len);

    json.len = (size_t) (in.end - in.pos);
    json.data = copy = fuzz_copy(in.pos, json.len);

    text = malloc(sizeof(screen_bank_json_text_t));
    fuzz_require(text != NULL);

    if (screen_bank_field_decode(&entry, &field) == SCREEN_OK) {
        fuzz_field(&entry, &field);

    } else {
        memset(&entry.content, 0, sizeof(screen_str_t));
        memset(entry.value, 1, sizeof(entry.value));
    }

    if (screen_bank_json_decode(&entry, &added, text, &json) == SCREEN_OK) {

        fuzz_within(&entry.label, text->label, sizeof(text->label));
        fuzz_within(&entry.source, text->source, sizeof(text->source));
        fuzz_require(entry.severity <= 10);
        fuzz_require(entry.frames == 0);

        if (!screen_signal_perceptual(entry.signal)) {
            fuzz_require(entry.time == 0 && entry.view == 0);
            fuzz_require(entry.content.len == 0);
        }

        fuzz_fixed(&entry, added);
    }

    free(text);
    free(copy);
    free(bytes);

    return 0;
}
