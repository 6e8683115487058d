
#include <string.h>

#include "screen_redis_bank.h"


#define SCREEN_REDIS_BANK_SCAN   1000    /* fields that HSCAN gives at once */

/* a scan may give a field twice, but it must end */
#define SCREEN_REDIS_BANK_SLACK  100000


typedef struct {
    screen_redis_t             *redis;
    const char                 *bank;
    int                       (*visit)(void *ctx,
                                       const screen_entry_t *entry);
    void                       *ctx;
    screen_redis_bank_scan_t   *scan;
    screen_error_t             *err;
    uint64_t                    size;
} screen_redis_bank_visit_t;


static int screen_redis_bank_shard(screen_redis_bank_visit_t *v,
    screen_signal_t signal, unsigned shard);
static int screen_redis_bank_fields(screen_redis_bank_visit_t *v,
    screen_signal_t signal, const screen_redis_reply_t *fields);


static int
screen_redis_bank_len(screen_redis_t *redis, const char *key, uint64_t *n,
    screen_error_t *err)
{
    int                    rc;
    screen_redis_reply_t  *reply;

    if (screen_redis_command(redis, key, &reply, err, "HLEN %s", key)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    rc = SCREEN_OK;

    if (reply->type != SCREEN_REDIS_INTEGER || reply->integer < 0
        || reply->integer > UINT32_MAX)
    {
        rc = screen_error_set(err, "HLEN was answered by nonsense");

    } else {
        *n = (uint64_t) reply->integer;
    }

    screen_redis_reply_free(reply);

    return rc;
}


/* of one signal: all at once, but in a cluster, where each is elsewhere */

static int
screen_redis_bank_count_signal(screen_redis_t *redis, const char *bank,
    screen_signal_t signal, uint64_t *total, screen_error_t *err)
{
    char                    key[SCREEN_BANK_KEY_LEN];
    uint64_t                n;
    unsigned                shard, cluster;
    const screen_str_t     *prefix;
    screen_redis_reply_t   *reply;

    *total = 0;
    prefix = &screen_redis_server(redis)->prefix;
    cluster = screen_redis_server(redis)->kind == SCREEN_REDIS_CLUSTER;

    for (shard = 0; shard < SCREEN_BANK_SHARDS; shard++) {

        screen_bank_key_shard(key, prefix, bank, signal, shard);

        if (cluster) {

            if (screen_redis_bank_len(redis, key, &n, err) != SCREEN_OK) {
                return SCREEN_ERROR;
            }

            *total += n;

        } else if (screen_redis_append(redis, key, err, "HLEN %s", key)
                   != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    for (shard = 0; !cluster && shard < SCREEN_BANK_SHARDS; shard++) {

        if (screen_redis_next(redis, NULL, 0, &reply, err) != SCREEN_OK) {

            /* the other replies would be taken for those of later commands */

            screen_redis_disconnect(redis);
            return SCREEN_ERROR;
        }

        *total += reply->type == SCREEN_REDIS_INTEGER && reply->integer > 0
                  ? (uint64_t) reply->integer : 0;

        screen_redis_reply_free(reply);
    }

    return SCREEN_OK;
}


int
screen_redis_bank_count(screen_redis_t *redis, const char *bank,
    uint64_t counts[SCREEN_SIGNALS], screen_error_t *err)
{
    unsigned  signal;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (screen_redis_bank_count_signal(redis, bank, signal,
                                           &counts[signal], err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    return SCREEN_OK;
}


int
screen_redis_bank_scan(screen_redis_t *redis, const char *bank,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx,
    screen_redis_bank_scan_t *scan, screen_error_t *err)
{
    int                         rc;
    uint64_t                    counts[SCREEN_SIGNALS];
    unsigned                    shard, signal;
    screen_redis_bank_visit_t   v;

    if (screen_redis_bank_count(redis, bank, counts, err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    v.redis = redis;
    v.bank = bank;
    v.visit = visit;
    v.ctx = ctx;
    v.scan = scan;
    v.err = err;
    v.size = 0;

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        v.size += counts[signal];
    }

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        for (shard = 0; shard < SCREEN_BANK_SHARDS && counts[signal]; shard++)
        {
            rc = screen_redis_bank_shard(&v, signal, shard);

            if (rc != SCREEN_OK) {
                return rc;
            }
        }
    }

    return SCREEN_OK;
}


int
screen_redis_bank_shard_scan(screen_redis_t *redis, const char *bank,
    screen_signal_t signal, unsigned shard,
    int (*visit)(void *ctx, const screen_entry_t *entry), void *ctx,
    screen_error_t *err)
{
    screen_redis_bank_scan_t    scan;
    screen_redis_bank_visit_t   v;

    memset(&scan, 0, sizeof(screen_redis_bank_scan_t));
    memset(&v, 0, sizeof(screen_redis_bank_visit_t));

    v.redis = redis;
    v.bank = bank;
    v.visit = visit;
    v.ctx = ctx;
    v.scan = &scan;
    v.err = err;

    return screen_redis_bank_shard(&v, signal, shard);
}


static int
screen_redis_bank_shard(screen_redis_bank_visit_t *v, screen_signal_t signal,
    unsigned shard)
{
    int                    rc;
    char                   key[SCREEN_BANK_KEY_LEN];
    uint64_t               n, seen, cursor;
    screen_redis_reply_t  *reply;

    screen_bank_key_shard(key, &screen_redis_server(v->redis)->prefix,
                          v->bank, signal, shard);

    if (screen_redis_bank_len(v->redis, key, &n, v->err) != SCREEN_OK) {
        return SCREEN_ERROR;
    }

    if (n == 0) {
        return SCREEN_OK;
    }

    cursor = 0;
    seen = 0;

    do {
        if (screen_redis_command(v->redis, key, &reply, v->err,
                                 "HSCAN %s %llu COUNT %d", key,
                                 (unsigned long long) cursor,
                                 SCREEN_REDIS_BANK_SCAN)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        if (reply->type != SCREEN_REDIS_ARRAY || reply->n != 2
            || reply->elements[0]->type != SCREEN_REDIS_STRING
            || reply->elements[1]->type != SCREEN_REDIS_ARRAY
            || screen_parse_uint(&reply->elements[0]->str, &cursor)
               != SCREEN_OK)
        {
            rc = screen_error_set(v->err, "HSCAN was answered by nonsense");

        } else {
            seen += reply->elements[1]->n / 2 + 1;

            rc = seen > 8 * n + SCREEN_REDIS_BANK_SLACK
                 ? screen_error_set(v->err, "the scan of %s does not end",
                                    key)
                 : screen_redis_bank_fields(v, signal, reply->elements[1]);
        }

        screen_redis_reply_free(reply);

        if (rc == SCREEN_OK && v->scan->step != NULL) {
            rc = v->scan->step(v->scan->ctx, v->scan->fields, v->size);
        }

    } while (rc == SCREEN_OK && cursor != 0);

    return rc;
}


static int
screen_redis_bank_fields(screen_redis_bank_visit_t *v, screen_signal_t signal,
    const screen_redis_reply_t *fields)
{
    int                      rc;
    size_t                   i;
    screen_entry_t           entry;
    screen_bank_json_text_t  text;

    memset(&entry, 0, sizeof(screen_entry_t));
    entry.signal = signal;

    for (i = 0; i + 1 < fields->n; i += 2) {

        v->scan->fields++;

        if (fields->elements[i]->type != SCREEN_REDIS_STRING
            || fields->elements[i + 1]->type != SCREEN_REDIS_STRING
            || screen_bank_field_decode(&entry, &fields->elements[i]->str)
               != SCREEN_OK
            || screen_bank_json_decode(&entry, NULL, &text,
                                       &fields->elements[i + 1]->str)
               != SCREEN_OK)
        {
            v->scan->passed++;
            continue;
        }

        rc = v->visit(v->ctx, &entry);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    return SCREEN_OK;
}
