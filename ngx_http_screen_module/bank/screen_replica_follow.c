
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>

#include "screen_replica_impl.h"


static int screen_replica_batch(screen_replica_state_t *s,
    const screen_redis_reply_t *reply, size_t *n, screen_error_t *err);
static int screen_replica_change(screen_replica_state_t *s,
    const screen_redis_reply_t *change, screen_error_t *err);
static void screen_replica_confirm(screen_replica_state_t *s);


void
screen_replica_keep(screen_replica_state_t *s)
{
    uint32_t               place;
    screen_tail_header_t  *h;

    h = s->tail.header;

    if (h == NULL || s->load || !s->known) {
        return;
    }

    /* never half of a position, whenever the keeper is killed */

    place = atomic_load(&h->place) == 0 ? 1 : 0;

    h->positions[place] = s->position;
    h->anchored[place] = s->anchored;
    memcpy(h->replid, s->replid, sizeof(h->replid));

    atomic_store(&h->place, place);
}


void
screen_replica_forget(screen_replica_state_t *s)
{
    s->known = 0;
    s->load = 1;

    if (s->tail.header != NULL) {
        atomic_store(&s->tail.header->place, 2);
    }
}


int
screen_replica_resume(screen_replica_state_t *s, screen_error_t *err)
{
    int  has;

    if (s->load || !s->known || !s->in_force) {

        /* a job under way began on a connection that is gone */

        screen_replica_cancel(s);
        screen_replica_forget(s);

        return SCREEN_OK;
    }

    if (!s->anchored) {

        if (s->replid[0] == '\0'
            || strcmp(s->replid, s->tail.header->replid) != 0)
        {
            screen_replica_forget(s);
        }

        return SCREEN_OK;
    }

    has = screen_replica_has(s->redis, s->changes, &s->position, err);

    if (has < 0) {
        return SCREEN_ERROR;
    }

    if (!has) {
        screen_replica_log(s, LOG_WARNING, "the stream of changes of Redis "
                           "at %s does not have what was applied last: it "
                           "was trimmed or flushed, or is another one; the "
                           "bank is read again",
                           screen_redis_name(s->redis));
        screen_replica_forget(s);
    }

    s->check = s->position;

    return SCREEN_OK;
}


int
screen_replica_ask(screen_replica_state_t *s, screen_error_t *err)
{
    if (s->anchored
        && screen_redis_append(s->redis, s->changes, err,
                               "XRANGE %s %llu-%llu %llu-%llu", s->changes,
                               (unsigned long long) s->check.ms,
                               (unsigned long long) s->check.seq,
                               (unsigned long long) s->check.ms,
                               (unsigned long long) s->check.seq)
           != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    if (screen_redis_append(s->redis, s->changes, err,
                            "XREAD COUNT %d BLOCK %d STREAMS %s %llu-%llu",
                            SCREEN_REPLICA_COUNT, SCREEN_REPLICA_BLOCK,
                            s->changes,
                            (unsigned long long) s->position.ms,
                            (unsigned long long) s->position.seq)
        != SCREEN_OK
        || screen_redis_flush(s->redis, s->changes, err) != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    s->waiting = s->anchored ? 2 : 1;
    s->gap = 0;
    s->asked = screen_replica_clock();

    return SCREEN_OK;
}


/* the reply to XRANGE: the entry, or the stream has lost what it must have */

static int
screen_replica_take_check(screen_replica_state_t *s,
    const screen_redis_reply_t *reply, screen_error_t *err)
{
    if (reply->type != SCREEN_REDIS_ARRAY) {
        return screen_replica_nonsense("XRANGE", err);
    }

    s->gap = reply->n != 1;

    return SCREEN_OK;
}


static int
screen_replica_take_changes(screen_replica_state_t *s,
    const screen_redis_reply_t *reply, screen_error_t *err)
{
    size_t            n;
    screen_tail_id_t  before;

    n = 0;
    before = s->position;

    if (s->gap) {
        screen_replica_log(s, LOG_WARNING, "the stream of changes of Redis "
                           "at %s was trimmed or flushed before all of it "
                           "was read; the bank is read again",
                           screen_redis_name(s->redis));

        screen_replica_cancel(s);
        screen_replica_forget(s);

        return SCREEN_OK;
    }

    if (screen_replica_batch(s, reply, &n, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    /* what lies between the two is complete if the first is there still */

    s->check = n && s->anchored ? before : s->position;

    if (n) {
        s->anchored = 1;
        screen_replica_keep(s);
    }

    if (n < SCREEN_REPLICA_COUNT && !s->full && !s->load && !s->stale) {
        screen_replica_confirm(s);
    }

    if (atomic_load(&s->tail.header->count) >= s->tail.capacity / 2) {
        screen_replica_start_fold(s);
    }

    return SCREEN_OK;
}


int
screen_replica_take(screen_replica_state_t *s, screen_error_t *err)
{
    int                    rc;
    screen_redis_reply_t  *reply;

    while (s->waiting) {

        rc = screen_redis_try(s->redis, s->changes, &reply, err);

        if (rc != SCREEN_OK) {
            return rc == SCREEN_AGAIN ? SCREEN_OK : rc;
        }

        s->waiting--;

        rc = s->waiting ? screen_replica_take_check(s, reply, err)
                        : screen_replica_take_changes(s, reply, err);

        screen_redis_reply_free(reply);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}


static void
screen_replica_confirm(screen_replica_state_t *s)
{
    uint64_t  now;

    now = (uint64_t) time(NULL);

    atomic_store(&s->tail.header->synced, now);
    atomic_store(&s->tail.header->held, 0);

    if (s->conf->synced != NULL) {
        __atomic_store_n(s->conf->synced, now, __ATOMIC_RELEASE);
    }

    s->failures = 0;
    s->lost = 0;

    if (s->troubled) {
        s->troubled = 0;
        screen_replica_log(s, LOG_NOTICE, "Redis at %s is followed again",
                           screen_redis_name(s->redis));
    }
}


/* the reply to XREAD: nil, or [[stream, [entry, ...]]] */

static int
screen_replica_batch(screen_replica_state_t *s,
    const screen_redis_reply_t *reply, size_t *n, screen_error_t *err)
{
    int                          rc;
    size_t                       i;
    screen_tail_id_t             id;
    const screen_redis_reply_t  *stream, *entries;

    if (reply->type == SCREEN_REDIS_NIL) {
        return SCREEN_OK;
    }

    stream = reply->type == SCREEN_REDIS_ARRAY && reply->n == 1
             ? reply->elements[0] : NULL;

    if (stream == NULL || stream->type != SCREEN_REDIS_ARRAY
        || stream->n != 2
        || stream->elements[1]->type != SCREEN_REDIS_ARRAY)
    {
        return screen_replica_nonsense("XREAD", err);
    }

    entries = stream->elements[1];

    for (i = 0; i < entries->n; i++) {

        if (screen_replica_entry_id(entries->elements[i], &id) != SCREEN_OK
            || id.ms < s->position.ms
            || (id.ms == s->position.ms && id.seq <= s->position.seq))
        {
            return screen_replica_nonsense("XREAD", err);
        }

        rc = screen_replica_change(s, entries->elements[i]->elements[1], err);

        if (rc == SCREEN_LIMIT) {
            s->full = 1;
            break;
        }

        if (rc != SCREEN_OK) {
            return rc;
        }

        s->position = id;
        (*n)++;
    }

    return SCREEN_OK;
}


/* the fields of a change; SCREEN_OK or SCREEN_MALFORMED */

static int
screen_replica_fields(const screen_redis_reply_t *fields,
    screen_tail_op_t *op, screen_entry_t *entry,
    screen_bank_json_text_t *text)
{
    size_t               i;
    const screen_str_t  *value, *hex, *data;

    if (fields->type != SCREEN_REDIS_ARRAY) {
        return SCREEN_MALFORMED;
    }

    hex = NULL;
    data = NULL;
    *op = 0;
    entry->signal = SCREEN_SIGNALS;

    for (i = 0; i + 1 < fields->n; i += 2) {

        if (fields->elements[i]->type != SCREEN_REDIS_STRING
            || fields->elements[i + 1]->type != SCREEN_REDIS_STRING)
        {
            return SCREEN_MALFORMED;
        }

        value = &fields->elements[i + 1]->str;

        if (screen_str_is(&fields->elements[i]->str, "op")) {
            *op = screen_str_is(value, "add") ? SCREEN_TAIL_ADD
                  : screen_str_is(value, "remove") ? SCREEN_TAIL_REMOVE : 0;

        } else if (screen_str_is(&fields->elements[i]->str, "signal")) {
            (void) screen_signal_parse(value, &entry->signal);

        } else if (screen_str_is(&fields->elements[i]->str, "value")) {
            hex = value;

        } else if (screen_str_is(&fields->elements[i]->str, "data")) {
            data = value;
        }
    }

    if (*op == 0 || entry->signal == SCREEN_SIGNALS || hex == NULL
        || screen_hex_decode(entry->value, screen_signal_size(entry->signal),
                             hex)
           != SCREEN_OK
        || screen_bank_value_blank(entry->signal, entry->value))
    {
        return SCREEN_MALFORMED;
    }

    if (*op == SCREEN_TAIL_ADD && data != NULL) {
        return screen_bank_json_decode(entry, NULL, text, data);
    }

    return SCREEN_OK;
}


/* SCREEN_OK, also for one that is passed over; SCREEN_LIMIT; SCREEN_ERROR */

static int
screen_replica_change(screen_replica_state_t *s,
    const screen_redis_reply_t *change, screen_error_t *err)
{
    screen_entry_t           entry;
    screen_tail_op_t         op;
    screen_bank_json_text_t  text;

    memset(&entry, 0, sizeof(screen_entry_t));

    if (screen_replica_fields(change, &op, &entry, &text) == SCREEN_OK) {
        return screen_replica_append(&s->tail, &s->bank, op, &entry,
                                     s->job.kind == SCREEN_REPLICA_LOAD, err);
    }

    if (s->malformed++ == 0) {
        screen_replica_log(s, LOG_WARNING, "a change after %llu-%llu in the "
                           "stream has not op, signal, value and data as "
                           "they should be: passed over, as others will be "
                           "without a word",
                           (unsigned long long) s->position.ms,
                           (unsigned long long) s->position.seq);
    }

    return SCREEN_OK;
}


/*
 * How many times of the entry's content the bank has with it.  A time that the
 * file has in another entry is counted twice until the tail is folded.
 */

static uint32_t
screen_replica_frames(screen_tail_t *tail, const screen_bank_t *bank,
    const screen_entry_t *entry, const screen_entry_t *was)
{
    uint32_t  n;

    if (entry->content.len == 0) {
        return 0;
    }

    n = screen_tail_frames(tail, &entry->content);
    n = n ? n : screen_bank_frames(bank, &entry->content);

    return n + ((was == NULL || was->time != entry->time)
                && !screen_tail_timed(tail, &entry->content, entry->time));
}


int
screen_replica_append(screen_tail_t *tail, const screen_bank_t *bank,
    screen_tail_op_t op, const screen_entry_t *entry, int always,
    screen_error_t *err)
{
    int               rc, there;
    screen_entry_t    added, was;
    screen_tail_op_t  last;

    if (screen_tail_find(tail, entry, &last, &was) == SCREEN_OK) {
        there = last == SCREEN_TAIL_ADD;

    } else {
        there = screen_bank_lookup_same(bank, entry, 0, &was) == SCREEN_OK;
    }

    /* the removal of what is not there would only take room */

    if (op == SCREEN_TAIL_REMOVE && !there && !always) {
        return SCREEN_OK;
    }

    added = *entry;
    added.frames = entry->signal == SCREEN_SIGNAL_VPDQ
                   ? screen_replica_frames(tail, bank, entry,
                                           there ? &was : NULL)
                   : 0;

    rc = screen_tail_append(tail, op, &added, err);

    if (rc == SCREEN_OK) {

        if (op == SCREEN_TAIL_REMOVE && there) {
            atomic_fetch_sub(&tail->header->delta, 1);

        } else if (op == SCREEN_TAIL_ADD && !there) {
            atomic_fetch_add(&tail->header->delta, 1);
        }
    }

    return rc;
}
