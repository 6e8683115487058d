
/*
 * A lookup in one bank, shared by the parts of "ngx-screen bank lookup": of
 * hashes and digests, and of pictures and videos.
 */


#ifndef _SCREEN_CMD_BANK_LOOKUP_H_INCLUDED_
#define _SCREEN_CMD_BANK_LOOKUP_H_INCLUDED_


#include "screen_cmd_bank_store.h"


/* what "signal=pdq" allows at most, and what it does without "distance" */
#define SCREEN_CMD_BANK_FAR   40
#define SCREEN_CMD_BANK_NEAR  31


typedef struct {
    const char                *file;    /* of the bank */
    screen_bank_t              bank;
    screen_signal_t            signal;  /* SCREEN_SIGNALS: any */
    uint64_t                   now;
    unsigned                   distance;
    unsigned                   content:1;
    unsigned                   media:1;
    unsigned                   missing:1;
    unsigned                   failed:1;

    const char                *redis;   /* the address; file is the bank */
    screen_cmd_bank_store_t    store;
    screen_bank_json_text_t    text;    /* of the entry found there */
} screen_cmd_bank_lookup_t;


/* looks pictures and videos up, as the edge does; paths ends with NULL */
void screen_cmd_bank_lookup_media(screen_cmd_bank_lookup_t *l, char **paths);

/* to the standard output, without what a terminal would obey */
void screen_cmd_bank_print_text(const screen_str_t *text);


#endif /* _SCREEN_CMD_BANK_LOOKUP_H_INCLUDED_ */
