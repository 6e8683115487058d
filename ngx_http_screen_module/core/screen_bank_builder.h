
/*
 * What a bank's builder holds, shared by the part that collects and sorts
 * (screen_bank_build.c) and the part that writes (screen_bank_write.c).
 */


#ifndef _SCREEN_BANK_BUILDER_H_INCLUDED_
#define _SCREEN_BANK_BUILDER_H_INCLUDED_


#include "screen_bank.h"


/*
 * Before each key; the key follows at once: the value, and of vpdq the index
 * of its content, big-endian, so that the same values are sorted by it.  A
 * mark of pdq and vpdq follows that; padded to eight bytes.
 */

typedef struct {
    uint64_t               expires;
    uint32_t               meta;        /* index in records */
    uint32_t               seq;         /* the order of addition */
} screen_bank_item_t;

typedef struct {
    uint32_t               time;
    uint16_t               view;
    uint16_t               zero;
} screen_bank_mark_t;

#define SCREEN_BANK_STRIDE_MAX                                               \
    (sizeof(screen_bank_item_t) + 32 + sizeof(uint64_t)                      \
     + sizeof(screen_bank_mark_t))


typedef struct {
    u_char                *data;
    size_t                 n;
    size_t                 size;        /* items there is room for */
    size_t                 stride;
    size_t                 value_size;
    size_t                 key_size;
} screen_bank_items_t;


typedef struct {
    uint32_t               label;       /* one more than its index in texts;
                                           0: empty */
    uint32_t               source;
    uint32_t               content;
    uint32_t               severity;
} screen_bank_record_t;


/* open addressing; index is one more than that of the thing, zero is none */

typedef struct {
    uint32_t               hash;
    uint32_t               index;
} screen_bank_slot_t;

typedef struct {
    screen_bank_slot_t    *slots;
    size_t                 size;        /* a power of two */
    size_t                 n;
} screen_bank_table_t;


struct screen_bank_builder_s {
    screen_bank_items_t    items[SCREEN_SIGNALS];
    uint32_t               added;
    uint64_t               seed;

    u_char                *strings;
    size_t                 strings_len;
    size_t                 strings_size;

    uint64_t              *texts;       /* each different text: offset << 16
                                           | length */
    size_t                 texts_size;
    screen_bank_table_t    text_table;

    screen_bank_record_t  *records;
    size_t                 records_size;
    screen_bank_table_t    record_table;

    /* while it is written */

    screen_near_build_t    near[SCREEN_SIGNALS];
    uint32_t              *frames;      /* of each text that is a content, by
                                           its number in a record */
    uint32_t              *contents;    /* records, one of each content that
                                           has frames */
    size_t                 ncontents;
};


/* text n of a record, as it stands in a file */

static inline uint64_t
screen_bank_text_ref(const screen_bank_builder_t *b, uint32_t n)
{
    return n ? b->texts[n - 1] : 0;
}


/*
 * Counts the frames of each content, of entries that are sorted.  SCREEN_OK
 * or SCREEN_NOMEM; screen_bank_frames_free() is safe after either.
 */
int screen_bank_frames_count(screen_bank_builder_t *b);
void screen_bank_frames_free(screen_bank_builder_t *b);

/* sorts by key, and drops all but the latest of equal ones */
void screen_bank_sort(screen_bank_items_t *items);


#endif /* _SCREEN_BANK_BUILDER_H_INCLUDED_ */
