
/*
 * An entry of a bank as it stands in Redis: the keys that hold it, and the
 * JSON (RFC 8259) of what is known of it:
 *
 *     {"label":"...","source":"...","severity":7,"added":1767225600,
 *      "expires":1798761600,"content":"...","view":0,"time":1500}
 *
 * The last three are of pdq and vpdq; time is in milliseconds.  Every member
 * may be missing; members of other names are passed over.
 */


#ifndef _SCREEN_BANK_JSON_H_INCLUDED_
#define _SCREEN_BANK_JSON_H_INCLUDED_


#include "screen_bank.h"
#include "screen_buf.h"


#define SCREEN_BANK_NAME_MAX     64
#define SCREEN_BANK_SHARDS       256

/* longer ones are cut, at the start of a character */
#define SCREEN_BANK_JSON_LABEL   255
#define SCREEN_BANK_JSON_SOURCE  255
#define SCREEN_BANK_JSON_CONTENT 255

#define SCREEN_BANK_JSON_MAX     16384


/* the room that the texts of a decoded entry take */

typedef struct {
    u_char   label[SCREEN_BANK_JSON_LABEL];
    u_char   source[SCREEN_BANK_JSON_SOURCE];
    u_char   content[SCREEN_BANK_JSON_CONTENT];
} screen_bank_json_text_t;

/*
 * Sets what JSON says of entry: label, source, severity, expires, time, view,
 * and content unless the entry has one; signal and value stay.  The strings
 * point into text.  expires is a number of seconds since 1970, or a string as
 * in lists.  An empty text is an empty object.  added may be NULL.
 * SCREEN_OK, or SCREEN_MALFORMED.
 */
int screen_bank_json_decode(screen_entry_t *entry, uint64_t *added,
    screen_bank_json_text_t *text, const screen_str_t *json);

/* the buffer's code tells of failure; added 0 is left out */
void screen_bank_json_encode(screen_buf_t *b, const screen_entry_t *entry,
    uint64_t added);

/*
 * The field of an entry, as a hash has it and a change in the stream: the
 * value in hex, and of vpdq a colon and the content behind it, if there is
 * one.  Decoding sets value and content of an entry whose signal is set; the
 * content points into the field.  SCREEN_OK, or SCREEN_MALFORMED also for a
 * value that no list may hold and for a content with controls (C0).  Encoding
 * ends it with a NUL and answers to.
 */
#define SCREEN_BANK_FIELD_LEN  (2 * 32 + 1 + SCREEN_BANK_JSON_CONTENT + 1)

int screen_bank_field_decode(screen_entry_t *entry,
    const screen_str_t *field);
char *screen_bank_field_encode(char to[SCREEN_BANK_FIELD_LEN],
    const screen_entry_t *entry);


/*
 * The keys: PREFIXbank:BANK:SIGNAL:00 to ff of the hashes, by the value's
 * first byte, PREFIXbank:BANK:changes of the stream and
 * PREFIXbank:BANK:confirm.  Each writes a NUL and answers to.
 */
#define SCREEN_BANK_KEY_LEN  256

char *screen_bank_key_shard(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank, screen_signal_t signal,
    unsigned shard);
char *screen_bank_key_changes(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank);
char *screen_bank_key_confirm(char to[SCREEN_BANK_KEY_LEN],
    const screen_str_t *prefix, const char *bank);

/* SCREEN_OK, or SCREEN_MALFORMED: 1 to 64 letters, digits, "-" and "_" */
int screen_bank_name(const screen_str_t *name);

/* a value that no list may hold: all zeros, all ones */
int screen_bank_value_blank(screen_signal_t signal, const u_char *value);


#endif /* _SCREEN_BANK_JSON_H_INCLUDED_ */
