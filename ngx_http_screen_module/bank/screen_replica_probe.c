
/*
 * What the keeper asks the server: where the stream ends, whether it has an
 * entry, and what kind of a server this is.
 */


#include <stdlib.h>
#include <string.h>

#include "screen_replica_impl.h"


/* "1700000000000-0"; SCREEN_OK or SCREEN_MALFORMED */

static int
screen_replica_id(const screen_str_t *text, screen_tail_id_t *id)
{
    screen_str_t   part;
    const u_char  *dash;

    dash = memchr(text->data, '-', text->len);
    if (dash == NULL) {
        return SCREEN_MALFORMED;
    }

    part.data = text->data;
    part.len = (size_t) (dash - text->data);

    if (screen_parse_uint(&part, &id->ms) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    part.data = dash + 1;
    part.len = (size_t) (text->data + text->len - part.data);

    return screen_parse_uint(&part, &id->seq);
}


int
screen_replica_entry_id(const screen_redis_reply_t *entry,
    screen_tail_id_t *id)
{
    if (entry->type != SCREEN_REDIS_ARRAY || entry->n != 2
        || entry->elements[0]->type != SCREEN_REDIS_STRING)
    {
        return SCREEN_MALFORMED;
    }

    return screen_replica_id(&entry->elements[0]->str, id);
}


int
screen_replica_nonsense(const char *what, screen_error_t *err)
{
    return screen_error_set(err, "%s was answered by nonsense", what);
}


int
screen_replica_has(screen_redis_t *redis, const char *changes,
    const screen_tail_id_t *id, screen_error_t *err)
{
    int                    has;
    screen_redis_reply_t  *reply;

    if (screen_redis_command(redis, changes, &reply, err,
                             "XRANGE %s %llu-%llu %llu-%llu", changes,
                             (unsigned long long) id->ms,
                             (unsigned long long) id->seq,
                             (unsigned long long) id->ms,
                             (unsigned long long) id->seq)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    has = reply->type != SCREEN_REDIS_ARRAY
          ? screen_replica_nonsense("XRANGE", err) : reply->n == 1;

    screen_redis_reply_free(reply);

    return has;
}


/* what an emptied stream still knows */

static int
screen_replica_generated(screen_redis_t *redis, const char *changes,
    screen_tail_id_t *id, screen_error_t *err)
{
    size_t                 i;
    screen_redis_reply_t  *reply;

    memset(id, 0, sizeof(screen_tail_id_t));

    if (screen_redis_command(redis, changes, &reply, err, "EXISTS %s",
                             changes)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    i = reply->type == SCREEN_REDIS_INTEGER && reply->integer == 1;
    screen_redis_reply_free(reply);

    if (i == 0) {
        return SCREEN_OK;
    }

    if (screen_redis_command(redis, changes, &reply, err, "XINFO STREAM %s",
                             changes)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    if (reply->type == SCREEN_REDIS_ARRAY) {

        for (i = 0; i + 1 < reply->n; i += 2) {

            if (screen_str_is(&reply->elements[i]->str, "last-generated-id"))
            {
                (void) screen_replica_id(&reply->elements[i + 1]->str, id);
            }
        }
    }

    screen_redis_reply_free(reply);

    return SCREEN_OK;
}


int
screen_replica_last(screen_redis_t *redis, const char *changes,
    screen_tail_id_t *id, unsigned *anchored, screen_error_t *err)
{
    int                    rc;
    screen_redis_reply_t  *reply;

    if (screen_redis_command(redis, changes, &reply, err,
                             "XREVRANGE %s + - COUNT 1", changes)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    rc = SCREEN_OK;
    *anchored = 0;

    if (reply->type != SCREEN_REDIS_ARRAY) {
        rc = screen_replica_nonsense("XREVRANGE", err);

    } else if (reply->n) {
        *anchored = 1;

        if (screen_replica_entry_id(reply->elements[0], id) != SCREEN_OK) {
            rc = screen_replica_nonsense("XREVRANGE", err);
        }
    }

    screen_redis_reply_free(reply);

    if (rc == SCREEN_OK && !*anchored) {
        rc = screen_replica_generated(redis, changes, id, err);
    }

    return rc;
}


/* the value of a line "name:value" of INFO's */

static int
screen_replica_info_line(const screen_str_t *info, const char *name,
    screen_str_t *value)
{
    size_t         len;
    const u_char  *p, *end, *next;

    len = strlen(name);
    end = info->data + info->len;

    for (p = info->data; p < end; p = next + 1) {

        next = memchr(p, '\n', (size_t) (end - p));
        if (next == NULL) {
            next = end;
        }

        if ((size_t) (next - p) > len && memcmp(p, name, len) == 0
            && p[len] == ':')
        {
            value->data = p + len + 1;
            value->len = (size_t) (next - value->data);

            if (value->len && value->data[value->len - 1] == '\r') {
                value->len--;
            }

            return 1;
        }
    }

    return 0;
}


int
screen_replica_info(screen_replica_state_t *s, screen_error_t *err)
{
    unsigned               stale;
    screen_str_t           value;
    screen_redis_reply_t  *reply;

    if (screen_redis_command(s->redis, s->changes, &reply, err,
                             "INFO replication")
        != SCREEN_OK)
    {
        /* an ACL may forbid it: then only the stream can tell */

        if (screen_redis_connected(s->redis)) {
            s->info = screen_replica_clock();
            s->replid[0] = '\0';
            return SCREEN_OK;
        }

        return SCREEN_ERROR;
    }

    s->info = screen_replica_clock();
    s->replid[0] = '\0';

    if (screen_replica_info_line(&reply->str, "master_replid", &value)
        && value.len <= SCREEN_TAIL_REPLID_LEN)
    {
        memcpy(s->replid, value.data, value.len);
        s->replid[value.len] = '\0';
    }

    stale = screen_replica_info_line(&reply->str, "master_link_status",
                                     &value)
            && !screen_str_is(&value, "up");

    screen_redis_reply_free(reply);

    if (stale && !s->stale) {
        screen_replica_trouble(s, "Redis at %s is a replica that has lost "
                               "its master", screen_redis_name(s->redis));
    }

    s->stale = stale;

    return SCREEN_OK;
}
