
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../core/screen_slot.h"
#include "screen_cmd_bank_store.h"


static void screen_cmd_bank_store_keys(screen_cmd_bank_store_t *store);
static int screen_cmd_bank_store_compare(screen_cmd_bank_store_t *store,
    screen_error_t *err);
static int screen_cmd_bank_store_transaction(screen_cmd_bank_store_t *store,
    screen_error_t *err);
static int screen_cmd_bank_store_each(screen_cmd_bank_store_t *store,
    screen_error_t *err);


int
screen_cmd_bank_store_open(screen_cmd_bank_store_t *store,
    const char *address, const char *bank, screen_error_t *err)
{
    int           rc;
    screen_str_t  name;

    memset(store, 0, sizeof(screen_cmd_bank_store_t));

    store->alloc.alloc = screen_arena_alloc;
    store->alloc.owner = &store->arena;
    store->bank = bank;
    store->now = (uint64_t) time(NULL);
    store->conf.tls = (uint8_t) screen_redis_link_has_tls();

    if (bank != NULL) {
        name = screen_str_of(bank);

        if (screen_bank_name(&name) != SCREEN_OK) {
            return screen_error_set(err, "\"%s\" is not the name of a bank: "
                                    "1 to 64 letters, digits, \"-\" and "
                                    "\"_\"", bank);
        }
    }

    screen_error_set(err, "no memory");

    rc = screen_redis_conf_text(&store->conf, address, &store->alloc, err);

    if (rc == SCREEN_OK) {
        store->redis = screen_redis_create(&store->conf);
        store->batch = calloc(SCREEN_CMD_BANK_BATCH,
                              sizeof(screen_cmd_bank_write_t));
    }

    if (store->redis == NULL || store->batch == NULL
        || screen_redis_connect(store->redis, err) != SCREEN_OK)
    {
        screen_cmd_bank_store_close(store);
        return SCREEN_ERROR;
    }

    if (bank != NULL) {
        screen_cmd_bank_store_keys(store);
    }

    return SCREEN_OK;
}


static void
screen_cmd_bank_store_keys(screen_cmd_bank_store_t *store)
{
    char                          key[SCREEN_BANK_KEY_LEN];
    screen_str_t                  a, b;
    const screen_redis_server_t  *server;

    server = screen_redis_server(store->redis);

    screen_bank_key_changes(store->changes, &server->prefix, store->bank);
    screen_bank_key_shard(key, &server->prefix, store->bank, 0, 0);

    a = screen_str_of(store->changes);
    b = screen_str_of(key);

    store->cluster = server->kind == SCREEN_REDIS_CLUSTER
                     && screen_slot_of(&a) != screen_slot_of(&b);
}


void
screen_cmd_bank_store_close(screen_cmd_bank_store_t *store)
{
    screen_redis_destroy(store->redis);
    free(store->batch);
    screen_arena_destroy(&store->arena);

    store->redis = NULL;
    store->batch = NULL;
}


static void
screen_cmd_bank_store_text(screen_str_t *to, u_char *room, size_t size,
    const screen_str_t *from)
{
    size_t  len;

    len = from->len;

    if (len > size) {

        /* where a character begins */

        for (len = size; len && (from->data[len] & 0xc0) == 0x80; len--) {
            /* void */
        }
    }

    if (len) {
        memcpy(room, from->data, len);
    }

    to->data = room;
    to->len = len;
}


static int
screen_cmd_bank_store_add(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, unsigned remove, screen_error_t *err)
{
    screen_cmd_bank_write_t  *w;

    w = &store->batch[store->n++];

    w->entry = *entry;
    w->remove = remove;
    w->skip = 0;

    screen_cmd_bank_store_text(&w->entry.label, w->text.label,
                               sizeof(w->text.label), &entry->label);
    screen_cmd_bank_store_text(&w->entry.source, w->text.source,
                               sizeof(w->text.source), &entry->source);
    screen_cmd_bank_store_text(&w->entry.content, w->text.content,
                               sizeof(w->text.content), &entry->content);

    return store->n == SCREEN_CMD_BANK_BATCH
           ? screen_cmd_bank_store_flush(store, err) : SCREEN_OK;
}


int
screen_cmd_bank_store_put(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, screen_error_t *err)
{
    return screen_cmd_bank_store_add(store, entry, 0, err);
}


int
screen_cmd_bank_store_remove(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, screen_error_t *err)
{
    return screen_cmd_bank_store_add(store, entry, 1, err);
}


int
screen_cmd_bank_store_flush(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    int  rc;

    if (store->n == 0) {
        return SCREEN_OK;
    }

    rc = screen_cmd_bank_store_compare(store, err);

    if (rc == SCREEN_OK && !store->dry_run) {
        rc = store->cluster ? screen_cmd_bank_store_each(store, err)
                            : screen_cmd_bank_store_transaction(store, err);
    }

    store->n = 0;

    return rc;
}


static void
screen_cmd_bank_store_key(screen_cmd_bank_store_t *store,
    const screen_entry_t *entry, char key[SCREEN_BANK_KEY_LEN],
    char hex[SCREEN_BANK_FIELD_LEN])
{
    screen_bank_field_encode(hex, entry);

    screen_bank_key_shard(key, &screen_redis_server(store->redis)->prefix,
                          store->bank, entry->signal, entry->value[0]);
}


/* what is there decides whether an entry is added, changed, or neither */

static void
screen_cmd_bank_store_judge(screen_cmd_bank_store_t *store,
    screen_cmd_bank_write_t *w, const screen_redis_reply_t *reply)
{
    int                      there, same;
    screen_entry_t           was;
    screen_bank_json_text_t  text;

    there = reply->type == SCREEN_REDIS_STRING;

    memset(&was, 0, sizeof(screen_entry_t));
    was.signal = w->entry.signal;

    if (was.signal == SCREEN_SIGNAL_VPDQ) {
        was.content = w->entry.content;
    }

    if (w->remove) {
        store->removed += there;
        store->missing += !there;

        w->skip = !there && !store->cluster;
        return;
    }

    same = there
           && screen_bank_json_decode(&was, NULL, &text, &reply->str)
              == SCREEN_OK
           && screen_str_eq(&was.label, &w->entry.label)
           && screen_str_eq(&was.source, &w->entry.source)
           && screen_str_eq(&was.content, &w->entry.content)
           && was.severity == w->entry.severity
           && was.expires == w->entry.expires
           && was.time == w->entry.time && was.view == w->entry.view;

    store->added += !there;
    store->changed += there && !same;
    store->unchanged += same;

    /* in a cluster its change may be missing from the stream */

    w->skip = same && !store->cluster;
}


static int
screen_cmd_bank_store_compare(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    char                    key[SCREEN_BANK_KEY_LEN];
    char                    hex[SCREEN_BANK_FIELD_LEN];
    size_t                  i;
    screen_redis_reply_t   *reply;

    for (i = 0; !store->cluster && i < store->n; i++) {
        screen_cmd_bank_store_key(store, &store->batch[i].entry, key, hex);

        if (screen_redis_append(store->redis, key, err, "HGET %s %s", key,
                                hex)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    for (i = 0; i < store->n; i++) {

        if (store->cluster) {
            screen_cmd_bank_store_key(store, &store->batch[i].entry, key,
                                      hex);

            if (screen_redis_command(store->redis, key, &reply, err,
                                     "HGET %s %s", key, hex)
                != SCREEN_OK)
            {
                return SCREEN_ERROR;
            }

        } else if (screen_redis_next(store->redis, store->changes, 0, &reply,
                                     err)
                   != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }

        screen_cmd_bank_store_judge(store, &store->batch[i], reply);
        screen_redis_reply_free(reply);
    }

    return SCREEN_OK;
}


/* appends the two commands of one write */

static int
screen_cmd_bank_store_write(screen_cmd_bank_store_t *store,
    const screen_cmd_bank_write_t *w, screen_error_t *err)
{
    int           rc;
    char          key[SCREEN_BANK_KEY_LEN], hex[SCREEN_BANK_FIELD_LEN];
    const char   *signal, *changes;
    screen_buf_t  json;

    screen_cmd_bank_store_key(store, &w->entry, key, hex);

    changes = store->changes;
    signal = screen_signal_name(w->entry.signal);

    if (w->remove) {
        rc = screen_redis_append(store->redis, key, err, "HDEL %s %s", key,
                                 hex);

        return rc != SCREEN_OK ? rc
               : screen_redis_append(store->redis, changes, err,
                                     "XADD %s MAXLEN ~ %d * op remove "
                                     "signal %s value %s", changes,
                                     SCREEN_CMD_BANK_MAXLEN, signal, hex);
    }

    screen_buf_init(&json, SCREEN_BANK_JSON_MAX);
    screen_bank_json_encode(&json, &w->entry, store->now);

    rc = json.code == SCREEN_OK
         ? screen_redis_append(store->redis, key, err, "HSET %s %s %b", key,
                               hex, json.data, json.len)
         : screen_error_set(err, "no memory for an entry");

    if (rc == SCREEN_OK) {
        rc = screen_redis_append(store->redis, changes, err,
                                 "XADD %s MAXLEN ~ %d * op add signal %s "
                                 "value %s data %b", changes,
                                 SCREEN_CMD_BANK_MAXLEN, signal, hex,
                                 json.data, json.len);
    }

    screen_buf_free(&json);

    return rc;
}


static int
screen_cmd_bank_store_next(screen_cmd_bank_store_t *store,
    screen_redis_type_t type, screen_error_t *err)
{
    int                    rc;
    char                   text[SCREEN_REDIS_REPLY_SHOWN];
    size_t                 i;
    screen_redis_reply_t  *reply;

    if (screen_redis_next(store->redis, store->changes, 0, &reply, err)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    rc = reply->type == type ? SCREEN_OK
         : screen_error_set(err, "%s: a transaction was not carried out",
                            screen_redis_name(store->redis));

    /* the reply to EXEC has those of all commands */

    for (i = 0; i < reply->n && rc == SCREEN_OK; i++) {

        if (reply->elements[i]->type == SCREEN_REDIS_FAILURE) {
            rc = screen_error_set(err, "%s: a key of the bank is of a wrong "
                                  "kind: %s", screen_redis_name(store->redis),
                                  screen_redis_reply_show(text,
                                                      reply->elements[i]));
        }
    }

    screen_redis_reply_free(reply);

    return rc;
}


/*
 * All of the batch or nothing of it.  An error of one command when it is
 * queued makes the server refuse the whole.
 */

static int
screen_cmd_bank_store_transaction(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    size_t  i, n;

    n = 0;

    for (i = 0; i < store->n; i++) {
        n += !store->batch[i].skip;
    }

    if (n == 0) {
        return SCREEN_OK;
    }

    if (screen_redis_append(store->redis, store->changes, err, "MULTI")
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    for (i = 0; i < store->n; i++) {

        if (!store->batch[i].skip
            && screen_cmd_bank_store_write(store, &store->batch[i], err)
               != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    if (screen_redis_append(store->redis, store->changes, err, "EXEC")
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    for (i = 0; i < 2 * n + 1; i++) {

        if (screen_cmd_bank_store_next(store, SCREEN_REDIS_STATUS, err)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    return screen_cmd_bank_store_next(store, SCREEN_REDIS_ARRAY, err);
}


static int
screen_cmd_bank_store_each(screen_cmd_bank_store_t *store,
    screen_error_t *err)
{
    int                       rc;
    char                      key[SCREEN_BANK_KEY_LEN];
    char                      hex[SCREEN_BANK_FIELD_LEN];
    size_t                    i;
    const char               *signal, *changes;
    screen_buf_t              json;
    screen_redis_reply_t     *reply;
    screen_cmd_bank_write_t  *w;

    changes = store->changes;
    rc = SCREEN_OK;

    for (i = 0; i < store->n && rc == SCREEN_OK; i++) {
        w = &store->batch[i];
        signal = screen_signal_name(w->entry.signal);

        screen_cmd_bank_store_key(store, &w->entry, key, hex);
        screen_buf_init(&json, SCREEN_BANK_JSON_MAX);
        screen_bank_json_encode(&json, &w->entry, store->now);

        if (json.code != SCREEN_OK) {
            return screen_error_set(err, "no memory for an entry");
        }

        rc = w->remove
             ? screen_redis_command(store->redis, key, &reply, err,
                                    "HDEL %s %s", key, hex)
             : screen_redis_command(store->redis, key, &reply, err,
                                    "HSET %s %s %b", key, hex, json.data,
                                    json.len);

        if (rc == SCREEN_OK) {
            screen_redis_reply_free(reply);

            rc = w->remove
                 ? screen_redis_command(store->redis, changes, &reply, err,
                                        "XADD %s MAXLEN ~ %d * op remove "
                                        "signal %s value %s", changes,
                                        SCREEN_CMD_BANK_MAXLEN, signal, hex)
                 : screen_redis_command(store->redis, changes, &reply, err,
                                        "XADD %s MAXLEN ~ %d * op add signal "
                                        "%s value %s data %b", changes,
                                        SCREEN_CMD_BANK_MAXLEN, signal, hex,
                                        json.data, json.len);
        }

        if (rc == SCREEN_OK) {
            screen_redis_reply_free(reply);
        }

        screen_buf_free(&json);
    }

    return rc;
}


int
screen_cmd_bank_store_find(screen_cmd_bank_store_t *store,
    const screen_entry_t *asked, screen_entry_t *entry,
    screen_bank_json_text_t *text, screen_error_t *err)
{
    int                    rc;
    char                   key[SCREEN_BANK_KEY_LEN];
    char                   hex[SCREEN_BANK_FIELD_LEN];
    screen_redis_reply_t  *reply;

    memset(entry, 0, sizeof(screen_entry_t));

    entry->signal = asked->signal;
    entry->content = asked->content;
    memcpy(entry->value, asked->value, screen_signal_size(asked->signal));

    screen_cmd_bank_store_key(store, entry, key, hex);

    if (screen_redis_command(store->redis, key, &reply, err, "HGET %s %s",
                             key, hex)
        != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    rc = SCREEN_NOT_FOUND;

    if (reply->type == SCREEN_REDIS_STRING) {
        rc = screen_bank_json_decode(entry, NULL, text, &reply->str);

        if (rc != SCREEN_OK) {
            rc = screen_error_set(err, "what %s says of %s is no JSON as "
                                  "docs/redis.md has it", key, hex);
        }
    }

    screen_redis_reply_free(reply);

    return rc;
}


static int
screen_cmd_bank_store_visit(void *ctx, const screen_entry_t *entry)
{
    return screen_bank_builder_add(ctx, entry);
}


int
screen_cmd_bank_store_load(screen_cmd_bank_store_t *store,
    screen_bank_t *bank, screen_error_t *err)
{
    int                          fd, rc;
    screen_bank_origin_t         origin;
    screen_bank_builder_t       *b;
    screen_cmd_bank_progress_t   p;

    memset(&origin, 0, sizeof(screen_bank_origin_t));

    fd = memfd_create("bank", MFD_CLOEXEC);
    b = screen_bank_builder_create();

    if (fd == -1 || b == NULL) {
        rc = screen_error_set(err, "no memory to read the bank");
        goto done;
    }

    screen_cmd_bank_progress_start(&p, store->bank);

    p.entries = 1;
    store->scan.step = p.progress.step;
    store->scan.ctx = p.progress.ctx;

    rc = screen_redis_bank_scan(store->redis, store->bank,
                                screen_cmd_bank_store_visit, b, &store->scan,
                                err);

    if (rc == SCREEN_NOMEM || rc == SCREEN_LIMIT) {
        rc = screen_error_set(err, "no memory to read the bank");
    }

    if (rc == SCREEN_OK) {
        rc = screen_bank_write_fd(b, fd, store->bank, &origin, err);
    }

    if (rc == SCREEN_OK) {
        rc = screen_bank_open_fd(bank, fd, store->bank, err);
    }

    screen_cmd_bank_progress_end(&p);

done:

    screen_bank_builder_destroy(b);

    if (fd != -1) {
        close(fd);
    }

    return rc;
}
