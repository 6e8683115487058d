
/*
 * A record of JSON while it is read, shared by the part that knows the
 * services' records (screen_list_record.c) and the part that gathers what
 * members think of a hash (screen_list_opinion.c).
 */


#ifndef _SCREEN_LIST_RECORD_H_INCLUDED_
#define _SCREEN_LIST_RECORD_H_INCLUDED_


#include "screen_list_impl.h"


#define SCREEN_LIST_LABEL  255


/* the members that are a text, a number, true or false */

typedef enum {
    SCREEN_FIELD_ID = 0,
    SCREEN_FIELD_INDICATOR,
    SCREEN_FIELD_TYPE,
    SCREEN_FIELD_SHOULD_DELETE,
    SCREEN_FIELD_HASH_VALUE,
    SCREEN_FIELD_SIGNAL_TYPE,
    SCREEN_FIELD_HASH_STATUS,
    SCREEN_FIELD_DIGEST,
    SCREEN_FIELD_ALGORITHM,
    SCREEN_FIELD_IDEOLOGY,
    SCREEN_FIELD_FILE_TYPE,
    SCREEN_FIELD_DELETED,
    SCREEN_FIELD_HASH,
    SCREEN_FIELD_QUALITY,
    SCREEN_FIELD_TIMESTAMP,
    SCREEN_FIELD_SHA256,
    SCREEN_FIELD_KIND,
    SCREEN_FIELD_STATUS,
    SCREEN_FIELD_FEEDBACK,
    SCREEN_FIELD_KEY,
    SCREEN_FIELD_TEXT,
    SCREEN_FIELD_TIME,
    SCREEN_FIELD_VIEW,
    SCREEN_FIELD_VARIANT,
    SCREEN_FIELDS
} screen_field_t;


typedef struct {
    screen_list_t         *list;
    screen_error_t        *err;
    screen_str_t           field[SCREEN_FIELDS];

    /* what members think */

    unsigned               opinions:1;  /* there are any at all */
    unsigned               bad:1;
    unsigned               good:1;
    screen_str_t           owner;       /* the first who calls it bad */
    screen_str_t           content;
    char                   label[SCREEN_LIST_LABEL];
    size_t                 len;

    screen_json_reader_t   prints;      /* pos NULL: none */
} screen_list_record_t;


/* an opinion in work, or one object in a record */

typedef struct {
    screen_list_record_t  *record;
    screen_str_t           field[SCREEN_FIELDS];
    screen_str_t           owner;
} screen_list_part_t;


/* a member that is no object or array, if it is one of the fields */
int screen_list_member_text(screen_str_t field[SCREEN_FIELDS],
    const screen_str_t *name, screen_json_reader_t *j);

/* the same for a part's, as screen_json_read_object() calls it */
int screen_list_part_member(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j);

/* a word of the label, once; what does not fit is left out */
void screen_list_word(screen_list_record_t *r, const screen_str_t *word);

/* {"data": [opinion, ...]}, or the array alone */
int screen_list_opinions(screen_list_record_t *r, screen_json_reader_t *j);


#endif /* _SCREEN_LIST_RECORD_H_INCLUDED_ */
