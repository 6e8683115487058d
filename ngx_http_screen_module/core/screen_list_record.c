
/*
 * The records that the services of coalitions send in JSON, each an object:
 *
 * ThreatExchange (threat_updates): "indicator", "type", "should_delete" and
 * "descriptors", the members' opinions with "status", "tags", "owner" and
 * "reactions".  StopNCII: "hashValue", "signalType", "hashStatus",
 * "caseNumbers", "CSPFeedbacks".  Tech Against Terrorism: "hash_digest",
 * "algorithm", "ideology", "file_type", "deleted".  Frames of vPDQ as
 * python-threatexchange wrote them once: "hash", "quality", "timestamp".  And
 * what "ngx-screen fingerprint --format json" prints: "prints" and "sha256".
 */


#include <stdio.h>
#include <string.h>

#include "screen_list_record.h"
#include "screen_pdq.h"
#include "screen_view.h"


static int screen_list_member(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j);
static int screen_list_threat(screen_list_record_t *r);
static int screen_list_stopncii(screen_list_record_t *r);
static int screen_list_terror(screen_list_record_t *r);
static int screen_list_own(screen_list_record_t *r);
static int screen_list_old_frame(screen_list_record_t *r);


int
screen_list_record_json(screen_list_t *l, screen_json_reader_t *j,
    screen_error_t *err)
{
    int                   rc;
    screen_list_record_t  r;

    memset(&r, 0, sizeof(screen_list_record_t));

    r.list = l;
    r.err = err;

    rc = screen_json_read_object(j, screen_list_member, &r);

    if (rc != SCREEN_OK) {
        return rc;
    }

    if (r.field[SCREEN_FIELD_INDICATOR].data != NULL
        && r.field[SCREEN_FIELD_TYPE].data != NULL)
    {
        return screen_list_threat(&r);
    }

    if (r.field[SCREEN_FIELD_HASH_VALUE].data != NULL
        && r.field[SCREEN_FIELD_SIGNAL_TYPE].data != NULL)
    {
        return screen_list_stopncii(&r);
    }

    if (r.field[SCREEN_FIELD_DIGEST].data != NULL
        && r.field[SCREEN_FIELD_ALGORITHM].data != NULL)
    {
        return screen_list_terror(&r);
    }

    if (r.prints.pos != NULL) {
        return screen_list_own(&r);
    }

    if (r.field[SCREEN_FIELD_HASH].data != NULL
        && r.field[SCREEN_FIELD_QUALITY].data != NULL)
    {
        return screen_list_old_frame(&r);
    }

    return screen_error_at(err, l->name, l->place.line, "an object with "
                           "neither \"indicator\" and \"type\", nor "
                           "\"hashValue\" and \"signalType\", nor "
                           "\"hash_digest\" and \"algorithm\", nor "
                           "\"prints\"");
}


/* the content is the first case */

static int
screen_list_cases(screen_list_record_t *r, screen_json_reader_t *j)
{
    screen_json_reader_t  first;

    first = *j;

    if (screen_json_read_skip(j) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    (void) screen_json_read_take(&first, '{');

    return screen_json_read_peek(&first) == '"'
           ? screen_json_read_here(&first, &r->content) : SCREEN_OK;
}


static int
screen_list_member(void *ctx, const screen_str_t *name,
    screen_json_reader_t *j)
{
    u_char                 c;
    screen_list_record_t  *r;

    r = ctx;
    c = screen_json_read_peek(j);

    if ((c == '{' && screen_str_is(name, "descriptors"))
        || (c == '[' && screen_str_is(name, "CSPFeedbacks")))
    {
        return screen_list_opinions(r, j);
    }

    if (c == '{' && screen_str_is(name, "caseNumbers")) {
        return screen_list_cases(r, j);
    }

    if (c == '[' && screen_str_is(name, "prints")) {
        r->prints = *j;
        return screen_json_read_skip(j);
    }

    return screen_list_member_text(r->field, name, j);
}


/* names of kinds, as each service has them; SCREEN_SIGNALS: none of ours */

static screen_signal_t
screen_list_kind(const screen_str_t *name)
{
    size_t  i;

    static const struct {
        const char       *name;
        screen_signal_t   signal;
    } kinds[] = {
        { "HASH_PDQ", SCREEN_SIGNAL_PDQ },
        { "HASH_MD5", SCREEN_SIGNAL_MD5 },
        { "HASH_VIDEO_MD5", SCREEN_SIGNAL_MD5 },
        { "HASH_SHA1", SCREEN_SIGNAL_SHA1 },
        { "HASH_SHA256", SCREEN_SIGNAL_SHA256 },
        { "ImagePDQ", SCREEN_SIGNAL_PDQ },
        { "ImageMD5", SCREEN_SIGNAL_MD5 },
        { "VideoMD5", SCREEN_SIGNAL_MD5 },
        { "PDQ", SCREEN_SIGNAL_PDQ },
        { "MD5", SCREEN_SIGNAL_MD5 },
        { "SHA1", SCREEN_SIGNAL_SHA1 },
        { "SHA-1", SCREEN_SIGNAL_SHA1 },
        { "SHA256", SCREEN_SIGNAL_SHA256 },
        { "SHA-256", SCREEN_SIGNAL_SHA256 },
    };

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {

        if (screen_str_caseis(name, kinds[i].name)) {
            return kinds[i].signal;
        }
    }

    return SCREEN_SIGNALS;
}


/* the end of every service's record */

static int
screen_list_service(screen_list_record_t *r, screen_field_t kind,
    screen_field_t value, const char *service, int withdrawn)
{
    int              rc;
    char             source[64];
    screen_str_t     disputed;
    screen_list_t   *l;
    screen_entry_t   entry;

    l = r->list;
    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = screen_list_kind(&r->field[kind]);

    if (entry.signal == SCREEN_SIGNALS) {
        l->tally.foreign++;
        return SCREEN_OK;
    }

    if (r->good) {
        disputed = screen_str_of("disputed");
        screen_list_word(r, &disputed);
    }

    screen_list_clean(&r->owner);
    screen_list_clean(&r->content);
    screen_list_clean(&r->field[SCREEN_FIELD_ID]);

    if (r->owner.len && r->owner.len < 32) {
        snprintf(source, sizeof(source), "%s %.*s", service,
                 (int) r->owner.len, r->owner.data);

    } else {
        snprintf(source, sizeof(source), "%s", service);
    }

    entry.source = screen_str_of(source);
    entry.label.data = (u_char *) r->label;
    entry.label.len = r->len;

    if (screen_signal_perceptual(entry.signal)) {
        entry.content = r->content.len ? r->content
                                       : r->field[SCREEN_FIELD_ID];
    }

    rc = screen_list_value(&l->place, &entry, &r->field[value], r->err);

    if (rc != SCREEN_OK) {
        return rc;
    }

    return withdrawn ? screen_list_take_back(l, &entry)
                     : l->emit(l->ctx, &entry);
}


/* what has no opinion is to be deleted, too: nobody stands up for it */

static int
screen_list_threat(screen_list_record_t *r)
{
    int  withdrawn;

    withdrawn = screen_str_is(&r->field[SCREEN_FIELD_SHOULD_DELETE], "true")
                || !r->opinions;

    if (!withdrawn && !r->bad
        && screen_list_kind(&r->field[SCREEN_FIELD_TYPE]) != SCREEN_SIGNALS)
    {
        r->list->tally.cleared++;
        return SCREEN_OK;
    }

    return screen_list_service(r, SCREEN_FIELD_TYPE, SCREEN_FIELD_INDICATOR,
                               "ThreatExchange", withdrawn);
}


static int
screen_list_stopncii(screen_list_record_t *r)
{
    screen_str_t  *status;

    status = &r->field[SCREEN_FIELD_HASH_STATUS];

    return screen_list_service(r, SCREEN_FIELD_SIGNAL_TYPE,
                               SCREEN_FIELD_HASH_VALUE, "StopNCII",
                               screen_str_is(status, "Withdrawn")
                               || screen_str_is(status, "Deleted"));
}


static int
screen_list_terror(screen_list_record_t *r)
{
    screen_list_word(r, &r->field[SCREEN_FIELD_IDEOLOGY]);
    screen_list_word(r, &r->field[SCREEN_FIELD_FILE_TYPE]);

    return screen_list_service(r, SCREEN_FIELD_ALGORITHM,
                               SCREEN_FIELD_DIGEST, "Tech Against Terrorism",
                               screen_str_is(&r->field[SCREEN_FIELD_DELETED],
                                             "true"));
}


/* quality and time of a print; SCREEN_ERROR when they are none */

static int
screen_list_measures(screen_list_record_t *r, const screen_str_t *quality,
    const screen_str_t *time, uint64_t *n, uint32_t *ms)
{
    char            shown[SCREEN_LIST_SHOWN];
    screen_list_t  *l;

    l = r->list;

    if (screen_parse_uint(quality, n) != SCREEN_OK || *n > 100) {
        return screen_error_at(r->err, l->name, l->place.line, "\"%s\" is "
                               "not a quality: 0 to 100 expected",
                               screen_list_show(shown, quality));
    }

    if (time->len && screen_list_time(time, ms) != SCREEN_OK) {
        return screen_error_at(r->err, l->name, l->place.line, "\"%s\" is "
                               "not a time: seconds like 12.345 expected",
                               screen_list_show(shown, time));
    }

    return SCREEN_OK;
}


static int
screen_list_old_frame(screen_list_record_t *r)
{
    uint64_t        quality;
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(screen_entry_t));

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_list_stem(r->list);

    if (screen_list_measures(r, &r->field[SCREEN_FIELD_QUALITY],
                             &r->field[SCREEN_FIELD_TIMESTAMP], &quality,
                             &entry.time)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    return screen_list_print(r->list, &entry, &r->field[SCREEN_FIELD_HASH],
                             quality, r->err);
}


static int
screen_list_own_print(void *ctx, screen_json_reader_t *j)
{
    int                    rc;
    char                   shown[SCREEN_LIST_SHOWN];
    uint64_t               quality;
    screen_str_t          *view, *variant;
    screen_view_t          number;
    screen_entry_t         entry;
    screen_list_part_t     part;
    screen_list_record_t  *r;

    r = ctx;

    memset(&part, 0, sizeof(screen_list_part_t));
    memset(&entry, 0, sizeof(screen_entry_t));

    rc = screen_json_read_object(j, screen_list_part_member, &part);

    if (rc != SCREEN_OK) {
        return rc;
    }

    /* a bank has what is banned as it is; who asks, asks for it mirrored */

    variant = &part.field[SCREEN_FIELD_VARIANT];

    if (variant->len
        && !screen_str_is(variant,
                          screen_pdq_variant_name(SCREEN_PDQ_ORIGINAL)))
    {
        return SCREEN_OK;
    }

    entry.signal = screen_str_is(&r->field[SCREEN_FIELD_KIND], "video")
                   ? SCREEN_SIGNAL_VPDQ : SCREEN_SIGNAL_PDQ;
    entry.content = r->content;

    view = &part.field[SCREEN_FIELD_VIEW];
    number = 0;

    if (view->len && screen_view_parse(view, &number) != SCREEN_OK) {
        return screen_error_at(r->err, r->list->name, r->list->place.line,
                               "\"%s\" is not a view",
                               screen_list_show(shown, view));
    }

    entry.view = number;

    if (screen_list_measures(r, &part.field[SCREEN_FIELD_QUALITY],
                             &part.field[SCREEN_FIELD_TIME], &quality,
                             &entry.time)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    return screen_list_print(r->list, &entry, &part.field[SCREEN_FIELD_HASH],
                             quality, r->err);
}


/* named by the beginning of its digest, as "bank add --media" does */

static int
screen_list_own(screen_list_record_t *r)
{
    int              rc;
    screen_list_t   *l;
    screen_entry_t   entry;

    l = r->list;

    if (r->field[SCREEN_FIELD_SHA256].len) {
        memset(&entry, 0, sizeof(screen_entry_t));

        entry.signal = SCREEN_SIGNAL_SHA256;

        rc = screen_list_value(&l->place, &entry,
                               &r->field[SCREEN_FIELD_SHA256], r->err);

        if (rc == SCREEN_OK) {
            rc = l->emit(l->ctx, &entry);
        }

        if (rc != SCREEN_OK) {
            return rc;
        }

        r->content = r->field[SCREEN_FIELD_SHA256];
        r->content.len = 16;

    } else {
        r->content = screen_list_stem(l);
    }

    return screen_json_read_array(&r->prints, screen_list_own_print, r);
}
