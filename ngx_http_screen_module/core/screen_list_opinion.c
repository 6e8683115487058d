
/*
 * What the members of a coalition think of a hash: bad or good, and the tags
 * of those who call it bad.
 */


#include <string.h>

#include "screen_list_record.h"


static const char *const  screen_field_names[SCREEN_FIELDS] = {
    "id",
    "indicator",
    "type",
    "should_delete",
    "hashValue",
    "signalType",
    "hashStatus",
    "hash_digest",
    "algorithm",
    "ideology",
    "file_type",
    "deleted",
    "hash",
    "quality",
    "timestamp",
    "sha256",
    "kind",
    "status",
    "feedbackValue",
    "key",
    "text",
    "time",
    "view",
    "variant",
};


int
screen_list_member_text(screen_str_t field[SCREEN_FIELDS],
    const screen_str_t *name, screen_json_reader_t *j)
{
    unsigned  i, value;

    for (i = 0; i < SCREEN_FIELDS; i++) {

        if (screen_str_is(name, screen_field_names[i])) {
            break;
        }
    }

    if (i == SCREEN_FIELDS || screen_json_read_null(j)) {
        return i == SCREEN_FIELDS ? screen_json_read_skip(j) : SCREEN_OK;
    }

    switch (screen_json_read_peek(j)) {

    case '"':
        return screen_json_read_here(j, &field[i]);

    case '{':
    case '[':
        return screen_json_read_skip(j);

    case 't':
    case 'f':
        if (screen_json_read_bool(j, &value) != SCREEN_OK) {
            return SCREEN_MALFORMED;
        }

        field[i] = screen_str_of(value ? "true" : "false");

        return SCREEN_OK;

    default:
        return screen_json_read_number(j, &field[i]);
    }
}


int
screen_list_part_member(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    screen_list_part_t  *part;

    part = ctx;

    return screen_list_member_text(part->field, name, j);
}


void
screen_list_word(screen_list_record_t *r, const screen_str_t *word)
{
    size_t  i;

    if (word->len == 0 || word->len + (r->len != 0) > sizeof(r->label) - r->len)
    {
        return;
    }

    for (i = 0; i + word->len <= r->len; i++) {

        if (memcmp(r->label + i, word->data, word->len) == 0
            && (i == 0 || r->label[i - 1] == ' ')
            && (i + word->len == r->len || r->label[i + word->len] == ' '))
        {
            return;
        }
    }

    if (r->len) {
        r->label[r->len++] = ' ';
    }

    for (i = 0; i < word->len; i++) {
        r->label[r->len++] = (char) (word->data[i] < 0x20
                                     || word->data[i] == 0x7f
                                     ? '?' : word->data[i]);
    }
}


/* a text, or {"text": ...} */

static int
screen_list_tag(void *ctx, screen_json_reader_t *j)
{
    int                  rc;
    screen_str_t         text;
    screen_list_part_t   tag;

    if (*j->pos == '"') {
        rc = screen_json_read_here(j, &text);

    } else {
        memset(&tag, 0, sizeof(screen_list_part_t));
        rc = screen_json_read_object(j, screen_list_part_member, &tag);
        text = tag.field[SCREEN_FIELD_TEXT];
    }

    if (rc == SCREEN_OK) {
        screen_list_word(ctx, &text);
    }

    return rc;
}


static int
screen_list_tag_data(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    return screen_str_is(name, "data") && *j->pos == '['
           ? screen_json_read_array(j, screen_list_tag, ctx)
           : screen_json_read_skip(j);
}


/* ["a", "b"], or {"data": [{"text": "a"}, ...]}, or null */

static int
screen_list_tags(screen_list_record_t *r, screen_json_reader_t *j)
{
    switch (screen_json_read_peek(j)) {

    case '[':
        return screen_json_read_array(j, screen_list_tag, r);

    case '{':
        return screen_json_read_object(j, screen_list_tag_data, r);

    default:
        return screen_json_read_skip(j);
    }
}


static int
screen_list_reaction(void *ctx, screen_json_reader_t *j)
{
    int                    rc;
    screen_list_part_t     reaction;
    screen_list_record_t  *r;

    r = ctx;
    memset(&reaction, 0, sizeof(screen_list_part_t));

    rc = screen_json_read_object(j, screen_list_part_member, &reaction);

    if (rc == SCREEN_OK
        && screen_str_is(&reaction.field[SCREEN_FIELD_KEY],
                         "DISAGREE_WITH_TAGS"))
    {
        r->good = 1;
    }

    return rc;
}


static int
screen_list_owner(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    int                   rc;
    screen_list_part_t   *opinion, owner;

    opinion = ctx;
    memset(&owner, 0, sizeof(screen_list_part_t));

    rc = screen_list_member_text(owner.field, name, j);

    if (owner.field[SCREEN_FIELD_ID].len) {
        opinion->owner = owner.field[SCREEN_FIELD_ID];
    }

    return rc;
}


static int
screen_list_opinion_member(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    screen_list_part_t  *opinion;

    opinion = ctx;

    if (screen_str_is(name, "tags")) {
        return screen_list_tags(opinion->record, j);
    }

    if (screen_str_is(name, "owner") && *j->pos == '{') {
        return screen_json_read_object(j, screen_list_owner, opinion);
    }

    if (screen_str_is(name, "reactions") && *j->pos == '[') {
        return screen_json_read_array(j, screen_list_reaction,
                                      opinion->record);
    }

    return screen_list_member_text(opinion->field, name, j);
}


/* a member's opinion, of ThreatExchange and of StopNCII alike */

static int
screen_list_one_opinion(void *ctx, screen_json_reader_t *j)
{
    int                    rc;
    size_t                 len;
    screen_str_t          *status, *feedback;
    screen_list_part_t     opinion;
    screen_list_record_t  *r;

    r = ctx;
    len = r->len;
    r->opinions = 1;

    memset(&opinion, 0, sizeof(screen_list_part_t));
    opinion.record = r;

    rc = screen_json_read_object(j, screen_list_opinion_member, &opinion);

    if (rc != SCREEN_OK) {
        return rc;
    }

    status = &opinion.field[SCREEN_FIELD_STATUS];
    feedback = &opinion.field[SCREEN_FIELD_FEEDBACK];

    if (screen_str_is(status, "NON_MALICIOUS")
        || screen_str_is(feedback, "NotBlocked"))
    {
        r->good = 1;

    } else if (screen_str_is(status, "MALICIOUS")
               || screen_str_is(feedback, "Blocked"))
    {
        if (!r->bad) {
            r->owner = opinion.owner;
        }

        r->bad = 1;
        return SCREEN_OK;
    }

    /* the tags of nobody who calls it bad */

    r->len = len;

    return SCREEN_OK;
}


static int
screen_list_descriptors(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    return screen_str_is(name, "data") && *j->pos == '['
           ? screen_json_read_array(j, screen_list_one_opinion, ctx)
           : screen_json_read_skip(j);
}


int
screen_list_opinions(screen_list_record_t *r, screen_json_reader_t *j)
{
    return *j->pos == '['
           ? screen_json_read_array(j, screen_list_one_opinion, r)
           : screen_json_read_object(j, screen_list_descriptors, r);
}
