
/*
 * What a server of Redis says to the keeper and to the commands: any bytes,
 * through hiredis' reader, are replies within their bounds or an error, the
 * same in any pieces; and when a bank is read whole and its stream followed,
 * only entries come of them that may be in a bank, and the place in the
 * stream never goes back.  The first byte chooses what is asked, the second
 * the size of the pieces, the next ones how many fields each signal has; the
 * rest is what the server says.
 */


#include "../../ngx_http_screen_module/bank/screen_redis_link.c"

#include <stdarg.h>

#include "../../ngx_http_screen_module/bank/screen_replica_impl.h"

/* fewer hashes, or their lengths would be most of the work */

#undef SCREEN_BANK_SHARDS
#define SCREEN_BANK_SHARDS  4

#include "../../ngx_http_screen_module/bank/screen_redis_bank.c"

#include "../../ngx_http_screen_module/core/screen_tail_impl.h"
#include "fuzz_input.h"


#define FUZZ_CAPACITY  64
#define FUZZ_STEPS     40


/* the client, with one connection to nowhere */

struct screen_redis_s {
    screen_redis_server_t   server;
    screen_redis_link_t    *link;
    fuzz_input_t            in;
    size_t                  piece;
    unsigned                fields[SCREEN_SIGNALS];
    unsigned                connected:1;
    unsigned                counting;
    screen_signal_t         signal;
};


int LLVMFuzzerInitialize(int *argc, char ***argv);


static screen_tail_t  fuzz_tail;
static screen_bank_t  fuzz_bank;


static screen_redis_link_t *
fuzz_link(void)
{
    screen_redis_link_t  *link;

    link = calloc(1, sizeof(screen_redis_link_t));
    fuzz_require(link != NULL);

    link->bytes = SCREEN_REDIS_REPLY_BYTES;
    link->elements = SCREEN_REDIS_REPLY_ELEMENTS;
    link->context = redisConnectFd(-1);
    fuzz_require(link->context != NULL && link->context->err == 0);

    link->context->reader->fn = &screen_redis_functions;
    link->context->reader->privdata = link;

    return link;
}


/* the next reply of what the server says, as screen_redis_link_try() */

static int
fuzz_reply(screen_redis_t *r, screen_redis_reply_t **reply,
    screen_error_t *err)
{
    int      rc;
    size_t   n, left;
    u_char  *copy;

    for ( ;; ) {
        rc = screen_redis_link_parse(r->link, reply, err);
        left = (size_t) (r->in.end - r->in.pos);

        if (rc != SCREEN_AGAIN || left == 0) {
            return rc;
        }

        n = r->piece < left ? r->piece : left;
        copy = fuzz_copy(r->in.pos, n);
        r->in.pos += n;

        fuzz_require(redisReaderFeed(r->link->context->reader,
                                     (const char *) copy, n) == REDIS_OK);
        free(copy);
    }
}


/* the lengths of hashes are made up */

static screen_redis_reply_t *
fuzz_length(int64_t n)
{
    screen_redis_reply_t  *reply;

    reply = calloc(1, sizeof(screen_redis_reply_t) + 1);
    fuzz_require(reply != NULL);

    reply->type = SCREEN_REDIS_INTEGER;
    reply->integer = n;
    reply->str.data = (u_char *) (reply + 1);

    return reply;
}


static int
fuzz_ask(screen_redis_t *r, screen_redis_reply_t **reply,
    screen_error_t *err)
{
    if (!r->connected || fuzz_reply(r, reply, err) != SCREEN_OK) {
        r->connected = 0;
        return screen_error_set(err, "gone");
    }

    if ((*reply)->type == SCREEN_REDIS_FAILURE) {
        screen_redis_reply_free(*reply);
        return screen_error_set(err, "refused");
    }

    return SCREEN_OK;
}


int
screen_redis_command(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...)
{
    unsigned      signal;
    char          shard[SCREEN_BANK_KEY_LEN];

    if (strncmp(fmt, "HLEN", 4) != 0) {
        return fuzz_ask(r, reply, err);
    }

    *reply = fuzz_length(0);

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {
        screen_bank_key_shard(shard, &r->server.prefix, "b", signal, 1);

        if (strcmp(key, shard) == 0) {
            (*reply)->integer = r->fields[signal];
        }
    }

    return SCREEN_OK;
}


int
screen_redis_append(screen_redis_t *r, const char *key, screen_error_t *err,
    const char *fmt, ...)
{
    return r->connected ? SCREEN_OK : screen_error_set(err, "gone");
}


int
screen_redis_next(screen_redis_t *r, const char *key, uint64_t timeout,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    unsigned  n;

    n = r->counting++;

    *reply = fuzz_length(n % SCREEN_BANK_SHARDS == 1
                         ? r->fields[n / SCREEN_BANK_SHARDS
                                     % SCREEN_SIGNALS] : 0);

    return SCREEN_OK;
}


int
screen_redis_try(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err)
{
    int  rc;

    rc = r->connected ? fuzz_reply(r, reply, err) : SCREEN_ERROR;

    if (rc == SCREEN_ERROR) {
        r->connected = 0;
    }

    return rc;
}


int
screen_redis_flush(screen_redis_t *r, const char *key, screen_error_t *err)
{
    return r->connected ? SCREEN_OK : screen_error_set(err, "gone");
}


void
screen_redis_disconnect(screen_redis_t *r)
{
    r->connected = 0;
}


int
screen_redis_connected(const screen_redis_t *r)
{
    return r->connected;
}


const screen_redis_server_t *
screen_redis_server(const screen_redis_t *r)
{
    return &r->server;
}


const char *
screen_redis_name(const screen_redis_t *r)
{
    return "fuzz";
}


/* the keeper's other parts, which the stream's replies do not reach */

uint64_t
screen_replica_clock(void)
{
    return 1000;
}


void
screen_replica_log(const screen_replica_state_t *s, int level,
    const char *fmt, ...)
{
    int      n;
    char     text[2048];
    va_list  args;

    va_start(args, fmt);
    n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    fuzz_require(n > 0);
}


void
screen_replica_trouble(screen_replica_state_t *s, const char *fmt, ...)
{
    s->failures++;
}


void
screen_replica_cancel(screen_replica_state_t *s)
{
    s->job.kind = SCREEN_REPLICA_IDLE;
}


void
screen_replica_start_fold(screen_replica_state_t *s)
{
    s->job.kind = SCREEN_REPLICA_FOLD;
}


static void
fuzz_entry(const screen_entry_t *entry)
{
    fuzz_require(entry->signal < SCREEN_SIGNALS && entry->severity <= 10);
    fuzz_require(!screen_bank_value_blank(entry->signal, entry->value));
    fuzz_require(entry->label.len <= SCREEN_BANK_JSON_LABEL);
    fuzz_require(entry->source.len <= SCREEN_BANK_JSON_SOURCE);
    fuzz_require(entry->content.len <= SCREEN_BANK_JSON_CONTENT);
    fuzz_require(screen_signal_perceptual(entry->signal)
                 || (entry->content.len == 0 && entry->time == 0
                     && entry->view == 0));
}


typedef struct {
    uint64_t                 n;
    screen_bank_builder_t   *builder;
} fuzz_scan_t;


static int
fuzz_visit(void *ctx, const screen_entry_t *entry)
{
    fuzz_scan_t  *scan;

    scan = ctx;
    scan->n++;

    fuzz_entry(entry);

    /* whatever is handed on, a bank takes */

    fuzz_require(screen_bank_builder_add(scan->builder, entry) == SCREEN_OK);

    return SCREEN_OK;
}


static void
fuzz_read_bank(screen_redis_t *r)
{
    int                       rc;
    fuzz_scan_t               visits;
    screen_error_t            err;
    screen_redis_bank_scan_t  scan;

    memset(&scan, 0, sizeof(screen_redis_bank_scan_t));

    visits.n = 0;
    visits.builder = screen_bank_builder_create();
    fuzz_require(visits.builder != NULL);

    rc = screen_redis_bank_scan(r, "b", fuzz_visit, &visits, &scan, &err);

    fuzz_require(rc == SCREEN_OK || rc == SCREEN_ERROR);
    fuzz_require(visits.n + scan.passed == scan.fields);

    screen_bank_builder_destroy(visits.builder);
}


static void
fuzz_check_tail(void)
{
    int64_t           delta;
    uint32_t          i, count;
    screen_entry_t    entry, last;
    screen_tail_op_t  op, then;

    count = atomic_load(&fuzz_tail.header->count);
    delta = atomic_load(&fuzz_tail.header->delta);

    fuzz_require(count <= FUZZ_CAPACITY);
    fuzz_require(delta >= 0 && delta <= (int64_t) count);

    for (i = 0; i < count; i++) {
        fuzz_require(screen_tail_entry(&fuzz_tail, i, &op, &entry)
                     == SCREEN_OK);
        fuzz_entry(&entry);
        fuzz_require(screen_tail_find(&fuzz_tail, &entry, &then, &last)
                     == SCREEN_OK);
        fuzz_require(screen_entry_same(&entry, &last));
    }

    fuzz_require(screen_tail_entries(&fuzz_tail, &fuzz_bank)
                 == (uint64_t) delta);
}


static void
fuzz_follow(screen_redis_t *r, unsigned mode)
{
    unsigned                 n, anchored;
    screen_error_t           err;
    screen_tail_id_t         before, last;
    screen_replica_t         conf;
    screen_replica_state_t   s;

    memset(&s, 0, sizeof(screen_replica_state_t));
    memset(&conf, 0, sizeof(screen_replica_t));

    conf.name = "b";
    s.conf = &conf;
    s.redis = r;
    s.tail = fuzz_tail;
    s.in_force = 1;
    s.known = 1;
    s.anchored = mode >> 3 & 1;
    s.position.ms = 5;
    s.position.seq = 1;
    s.check = s.position;
    s.job.kind = mode & 0x10 ? SCREEN_REPLICA_LOAD : SCREEN_REPLICA_IDLE;
    screen_bank_key_changes(s.changes, &r->server.prefix, "b");

    if (mode & 0x20) {
        (void) screen_replica_info(&s, &err);
        fuzz_require(strlen(s.replid) <= SCREEN_TAIL_REPLID_LEN);
    }

    if (mode & 0x40) {
        (void) screen_replica_last(r, s.changes, &last, &anchored, &err);
        (void) screen_replica_resume(&s, &err);
    }

    for (n = 0; n < FUZZ_STEPS && !s.load && !s.full; n++) {
        before = s.position;

        if (screen_replica_ask(&s, &err) != SCREEN_OK
            || screen_replica_take(&s, &err) != SCREEN_OK)
        {
            break;
        }

        fuzz_require(s.position.ms > before.ms
                     || (s.position.ms == before.ms
                         && s.position.seq >= before.seq));
    }

    fuzz_check_tail();
}


/* replies alone: their number and all that is in them */

static uint64_t
fuzz_sum(uint64_t sum, const screen_redis_reply_t *reply, unsigned depth)
{
    size_t  i;

    fuzz_require(depth <= SCREEN_REDIS_DEPTH + 1);
    fuzz_require(reply->type <= SCREEN_REDIS_ARRAY);
    fuzz_require(reply->str.data[reply->str.len] == '\0');
    fuzz_require(reply->n == 0 || reply->type == SCREEN_REDIS_ARRAY);

    sum = sum * 31 + reply->type + (uint64_t) reply->integer;

    for (i = 0; i < reply->str.len; i++) {
        sum = sum * 31 + reply->str.data[i];
    }

    for (i = 0; i < reply->n; i++) {
        sum = fuzz_sum(sum, reply->elements[i], depth + 1);
    }

    return sum;
}


static uint64_t
fuzz_all(screen_redis_t *r)
{
    char                   text[SCREEN_REDIS_REPLY_SHOWN];
    uint64_t               sum;
    screen_str_t           shown;
    screen_error_t         err;
    screen_redis_reply_t  *reply;

    sum = 0;

    while (fuzz_reply(r, &reply, &err) == SCREEN_OK) {
        sum = fuzz_sum(sum + 1, reply, 0);

        shown = screen_str_of(screen_redis_reply_show(text, reply));
        fuzz_require(fuzz_clean(&shown));

        screen_redis_reply_free(reply);
    }

    return sum;
}


int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
    char            dir[] = "/tmp/fuzz-redis-XXXXXX", path[64], name[128];
    screen_error_t  err;

    fuzz_require(mkdtemp(dir) != NULL);
    snprintf(path, sizeof(path), "%s/bank", dir);

    fuzz_require(screen_tail_create(&fuzz_tail, path, 1, FUZZ_CAPACITY, &err)
                 == SCREEN_OK);

    /* its map is enough */

    fuzz_require(screen_tail_path(name, sizeof(name), path, 1) == SCREEN_OK);
    fuzz_require(unlink(name) == 0 && rmdir(dir) == 0);

    return 0;
}


static void
fuzz_open(screen_redis_t *r, fuzz_input_t *in, size_t piece)
{
    r->link = fuzz_link();
    r->connected = 1;
    r->piece = piece;
    r->in = *in;
    r->server.prefix = screen_str_of("screen:");
}


int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned         i, mode, piece;
    uint64_t         sum;
    fuzz_input_t     in;
    screen_redis_t   r;

    static u_char   *empty;

    if (empty == NULL) {
        empty = fuzz_copy(fuzz_tail.header, fuzz_tail.size);
    }

    memset(&r, 0, sizeof(screen_redis_t));

    in = fuzz_input(data, size);
    mode = fuzz_u8(&in);
    piece = fuzz_u8(&in) + 1;

    for (i = 0; i < SCREEN_SIGNALS; i++) {
        r.fields[i] = fuzz_u8(&in);
    }

    fuzz_open(&r, &in, piece);

    if ((mode & 3) == 0) {
        sum = fuzz_all(&r);
        screen_redis_link_close(r.link);

        fuzz_open(&r, &in, size);
        fuzz_require(fuzz_all(&r) == sum);

    } else if ((mode & 3) == 1) {
        fuzz_read_bank(&r);

    } else {
        fuzz_follow(&r, mode);

        if (atomic_load(&fuzz_tail.header->count)) {
            memcpy(fuzz_tail.header, empty, fuzz_tail.size);

        } else {
            memcpy(fuzz_tail.header, empty, SCREEN_TAIL_PAGE);
        }
    }

    screen_redis_link_close(r.link);

    return 0;
}
