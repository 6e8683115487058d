
#include <stdio.h>
#include <string.h>

#include "screen_bank_json.h"
#include "screen_date.h"
#include "screen_json.h"
#include "screen_json_read.h"


#define SCREEN_BANK_JSON_KEY  16


static int screen_bank_json_member(screen_json_reader_t *j,
    screen_entry_t *entry, uint64_t *added, screen_bank_json_text_t *text);


int
screen_bank_json_decode(screen_entry_t *entry, uint64_t *added,
    screen_bank_json_text_t *text, const screen_str_t *json)
{
    uint64_t              ignored;
    screen_json_reader_t  j;

    memset(&entry->label, 0, sizeof(screen_str_t));
    memset(&entry->source, 0, sizeof(screen_str_t));

    entry->severity = 0;
    entry->expires = 0;
    entry->time = 0;
    entry->view = 0;
    entry->frames = 0;

    if (added == NULL) {
        added = &ignored;
    }

    *added = 0;

    if (json->len == 0) {
        return SCREEN_OK;
    }

    if (json->len > SCREEN_BANK_JSON_MAX) {
        return SCREEN_MALFORMED;
    }

    j.pos = json->data;
    j.end = json->data + json->len;

    if (!screen_json_read_take(&j, '{')) {
        return SCREEN_MALFORMED;
    }

    if (!screen_json_read_take(&j, '}')) {

        do {
            if (screen_bank_json_member(&j, entry, added, text) != SCREEN_OK)
            {
                return SCREEN_MALFORMED;
            }

        } while (screen_json_read_take(&j, ','));

        if (!screen_json_read_take(&j, '}')) {
            return SCREEN_MALFORMED;
        }
    }

    screen_json_read_space(&j);

    return j.pos == j.end ? SCREEN_OK : SCREEN_MALFORMED;
}


static int
screen_bank_json_text(screen_json_reader_t *j, u_char *to, size_t size,
    screen_str_t *text)
{
    size_t             i;
    screen_json_out_t  out;

    memset(&out, 0, sizeof(screen_json_out_t));

    out.data = to;
    out.size = size;

    if (screen_json_read_string(j, &out) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    /* a list has one line an entry */

    for (i = 0; i < out.len; i++) {
        if (to[i] < 0x20) {
            to[i] = ' ';
        }
    }

    text->data = to;
    text->len = out.len;

    return SCREEN_OK;
}


static int
screen_bank_json_mark(screen_json_reader_t *j, screen_entry_t *entry,
    unsigned time)
{
    uint64_t  n;

    if (screen_json_read_uint(j, &n) != SCREEN_OK
        || n > (time ? UINT32_MAX : UINT16_MAX))
    {
        return SCREEN_MALFORMED;
    }

    if (time) {
        entry->time = (uint32_t) n;

    } else {
        entry->view = (uint16_t) n;
    }

    return SCREEN_OK;
}


static int
screen_bank_json_expires(screen_json_reader_t *j, uint64_t *seconds)
{
    u_char             buf[64];
    screen_str_t       text;
    screen_json_out_t  out;

    screen_json_read_space(j);

    if (j->pos == j->end || *j->pos != '"') {
        return screen_json_read_uint(j, seconds);
    }

    memset(&out, 0, sizeof(screen_json_out_t));

    out.data = buf;
    out.size = sizeof(buf);

    if (screen_json_read_string(j, &out) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    text.data = buf;
    text.len = out.len;

    return text.len ? screen_date_parse(&text, seconds) : SCREEN_OK;
}


static int
screen_bank_json_member(screen_json_reader_t *j, screen_entry_t *entry,
    uint64_t *added, screen_bank_json_text_t *text)
{
    int                rc;
    u_char             key[SCREEN_BANK_JSON_KEY];
    uint64_t           severity;
    screen_str_t       name;
    screen_json_out_t  out;

    memset(&out, 0, sizeof(screen_json_out_t));

    out.data = key;
    out.size = sizeof(key);

    screen_json_read_space(j);

    if (screen_json_read_string(j, &out) != SCREEN_OK
        || !screen_json_read_take(j, ':'))
    {
        return SCREEN_MALFORMED;
    }

    if (screen_json_read_null(j)) {
        return SCREEN_OK;
    }

    name.data = key;
    name.len = out.full ? 0 : out.len;

    screen_json_read_space(j);

    if (screen_str_is(&name, "label")) {
        return screen_bank_json_text(j, text->label, sizeof(text->label),
                                     &entry->label);
    }

    if (screen_str_is(&name, "source")) {
        return screen_bank_json_text(j, text->source, sizeof(text->source),
                                     &entry->source);
    }

    if (screen_str_is(&name, "content") && entry->content.len == 0
        && screen_signal_perceptual(entry->signal))
    {
        return screen_bank_json_text(j, text->content, sizeof(text->content),
                                     &entry->content);
    }

    if (screen_signal_perceptual(entry->signal)
        && (screen_str_is(&name, "time") || screen_str_is(&name, "view")))
    {
        return screen_bank_json_mark(j, entry, name.data[0] == 't');
    }

    if (screen_str_is(&name, "severity")) {
        rc = screen_json_read_uint(j, &severity);

        if (rc != SCREEN_OK || severity > 10) {
            return SCREEN_MALFORMED;
        }

        entry->severity = (uint32_t) severity;

        return SCREEN_OK;
    }

    if (screen_str_is(&name, "expires")) {
        return screen_bank_json_expires(j, &entry->expires);
    }

    if (screen_str_is(&name, "added")) {
        return screen_json_read_uint(j, added);
    }

    return screen_json_read_skip(j);
}


void
screen_bank_json_encode(screen_buf_t *b, const screen_entry_t *entry,
    uint64_t added)
{
    screen_json_t  j;

    screen_json_init(&j, b);
    screen_json_open(&j, NULL, '{');

    if (entry->label.len) {
        screen_json_str(&j, "label", &entry->label);
    }

    if (entry->source.len) {
        screen_json_str(&j, "source", &entry->source);
    }

    if (entry->severity) {
        screen_json_uint(&j, "severity", entry->severity);
    }

    if (added) {
        screen_json_uint(&j, "added", added);
    }

    if (entry->expires) {
        screen_json_uint(&j, "expires", entry->expires);
    }

    if (screen_signal_perceptual(entry->signal)) {

        /* of vpdq it stands in the field */

        if (entry->content.len && entry->signal == SCREEN_SIGNAL_PDQ) {
            screen_json_str(&j, "content", &entry->content);
        }

        if (entry->view) {
            screen_json_uint(&j, "view", entry->view);
        }

        if (entry->time) {
            screen_json_uint(&j, "time", entry->time);
        }
    }

    screen_json_close(&j, '}');
}
