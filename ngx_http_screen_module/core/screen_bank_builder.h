
/*
 * What a bank's builder holds, shared by the part that collects and sorts
 * (screen_bank_build.c) and the part that writes (screen_bank_write.c).
 */


#ifndef _SCREEN_BANK_BUILDER_H_INCLUDED_
#define _SCREEN_BANK_BUILDER_H_INCLUDED_


#include "screen_bank.h"


/* before each value; the value follows at once, padded to eight bytes */

typedef struct {
    uint64_t               expires;
    uint32_t               meta;        /* index in records */
    uint32_t               seq;         /* the order of addition */
} screen_bank_item_t;

#define SCREEN_BANK_STRIDE_MAX  (sizeof(screen_bank_item_t) + 32)


typedef struct {
    u_char                *data;
    size_t                 n;
    size_t                 size;        /* items there is room for */
    size_t                 stride;
    size_t                 value_size;
} screen_bank_items_t;


typedef struct {
    uint64_t               label;       /* offset << 16 | length */
    uint64_t               source;
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

    uint64_t              *texts;       /* each different text, as in a
                                           record */
    size_t                 texts_size;
    screen_bank_table_t    text_table;

    screen_bank_record_t  *records;
    size_t                 records_size;
    screen_bank_table_t    record_table;

    screen_near_build_t    near;        /* of PDQ, while it is written */
};


/* sorts by value, and drops all but the latest of equal ones */
void screen_bank_sort(screen_bank_items_t *items);


#endif /* _SCREEN_BANK_BUILDER_H_INCLUDED_ */
