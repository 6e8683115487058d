
/*
 * What bench/remote.pl needs: fills a redis-server with entries, and looks
 * them up in the bank file that a keeper made of them, beside GET and HGET
 * to that server.
 *
 *     remote hashes SOCKET ENTRIES         a bank, as docs/redis.md has it
 *     remote strings SOCKET ENTRIES        the same for GET
 *     remote lookups SOCKET ENTRIES BANK
 *
 * Entry n is a SHA-256 that follows from n, so that nothing need be kept.
 */


#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../ngx_http_screen_module/bank/screen_bank_file.h"
#include "timing.h"


#define VALUE    32
#define HEX      64
#define ROUNDS   20
#define LOCAL    20000         /* lookups a round in the bank */
#define REMOTE   2500          /* and in Redis, each way */
#define FLIGHT   1000          /* commands under way while filling */
#define KEY      "screen:bank:b:sha256:"
#define KEY_LEN  (sizeof(KEY) - 1 + 2)


typedef struct {
    redisContext         *redis;
    screen_bank_t         bank;
    uint64_t              n;
    uint64_t              state;
} bench_t;


typedef int (*search_pt)(bench_t *b, const u_char *value, const char *hex);


typedef struct {
    const char           *name;
    search_pt             search;
    int                   hit;
    size_t                each;          /* a round */
    size_t                n;
    uint32_t             *ns;
} series_t;


static void
die(const char *text)
{
    fprintf(stderr, "remote: %s\n", text);
    exit(1);
}


/* the finalizer of SplitMix64 */

static uint64_t
mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}


static uint64_t
next_random(bench_t *b)
{
    return mix(b->state += 0x9e3779b97f4a7c15ull);
}


static void
entry_value(uint64_t n, u_char *value, char *hex)
{
    size_t    i;
    uint64_t  v;

    for (i = 0; i < VALUE / sizeof(uint64_t); i++) {
        v = mix((n * VALUE + i + 1) * 0x9e3779b97f4a7c15ull);
        memcpy(value + i * sizeof(uint64_t), &v, sizeof(uint64_t));
    }

    screen_hex_encode(hex, value, VALUE);
    hex[HEX] = '\0';
}


static void
collect(bench_t *b, uint64_t n)
{
    redisReply  *reply;

    while (n-- > 0) {

        if (redisGetReply(b->redis, (void **) &reply) != REDIS_OK) {
            die(b->redis->errstr);
        }

        if (reply->type == REDIS_REPLY_ERROR) {
            die(reply->str);
        }

        freeReplyObject(reply);
    }
}


static void
bank_key(char *key, const char *hex)
{
    memcpy(key, KEY, sizeof(KEY) - 1);
    memcpy(key + sizeof(KEY) - 1, hex, 2);
}


static void
fill(bench_t *b, int hashes)
{
    char         data[80], hex[HEX + 1], key[KEY_LEN];
    size_t       len[] = { 4, KEY_LEN, HEX, 0 };
    u_char       value[VALUE];
    uint64_t     i;
    const char  *argv[] = { "HSET", key, hex, data };

    if (!hashes) {
        argv[1] = "SET";
        len[1] = 3;
    }

    for (i = 0; i < b->n; i++) {
        entry_value(i, value, hex);
        bank_key(key, hex);

        len[3] = (size_t) snprintf(data, sizeof(data),
                                   "{\"label\":\"campaign %u\","
                                   "\"source\":\"coalition\"}",
                                   (unsigned) (i % 50));

        redisAppendCommandArgv(b->redis, hashes ? 4 : 3,
                               hashes ? argv : argv + 1,
                               hashes ? len : len + 1);

        if (i % FLIGHT == FLIGHT - 1) {
            collect(b, FLIGHT);
        }
    }

    collect(b, b->n % FLIGHT);
}


static int
search_bank(bench_t *b, const u_char *value, const char *hex)
{
    screen_entry_t  entry;

    return screen_bank_lookup(&b->bank, SCREEN_SIGNAL_SHA256, value, 1,
                              &entry)
           == SCREEN_OK;
}


static int
search_reply(bench_t *b, redisReply *reply)
{
    int  found;

    if (reply == NULL) {
        die(b->redis->errstr);
    }

    if (reply->type == REDIS_REPLY_ERROR) {
        die(reply->str);
    }

    found = reply->type == REDIS_REPLY_STRING;

    freeReplyObject(reply);

    return found;
}


static int
search_get(bench_t *b, const u_char *value, const char *hex)
{
    size_t       len[] = { 3, HEX };
    const char  *argv[] = { "GET", hex };

    return search_reply(b, redisCommandArgv(b->redis, 2, argv, len));
}


static int
search_hget(bench_t *b, const u_char *value, const char *hex)
{
    char         key[KEY_LEN];
    size_t       len[] = { 4, KEY_LEN, HEX };
    const char  *argv[] = { "HGET", key, hex };

    bank_key(key, hex);

    return search_reply(b, redisCommandArgv(b->redis, 3, argv, len));
}


static void
measure(bench_t *b, series_t *s)
{
    char      hex[HEX + 1];
    size_t    i;
    u_char    value[VALUE];
    uint64_t  from;

    for (i = 0; i < s->each; i++) {
        entry_value(next_random(b) % b->n + (s->hit ? 0 : b->n), value, hex);

        from = bench_now(CLOCK_MONOTONIC);

        if (s->search(b, value, hex) != s->hit) {
            die("a lookup gave a wrong answer");
        }

        s->ns[s->n++] = (uint32_t) (bench_now(CLOCK_MONOTONIC) - from);
    }
}


/* in turns, so that what else the machine does is shared by all */

static void
lookups(bench_t *b)
{
    double    median, base;
    size_t    i, round;
    series_t  all[] = {
        { "bank, hit", search_bank, 1, LOCAL, 0, NULL },
        { "bank, miss", search_bank, 0, LOCAL, 0, NULL },
        { "peer: GET, hit", search_get, 1, REMOTE, 0, NULL },
        { "peer: GET, miss", search_get, 0, REMOTE, 0, NULL },
        { "peer: HGET, hit", search_hget, 1, REMOTE, 0, NULL },
        { "peer: HGET, miss", search_hget, 0, REMOTE, 0, NULL },
    };

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        all[i].ns = malloc(ROUNDS * all[i].each * sizeof(uint32_t));

        if (all[i].ns == NULL) {
            die("no memory");
        }
    }

    for (round = 0; round < ROUNDS; round++) {
        for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
            measure(b, &all[i]);
        }
    }

    base = 0;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        qsort(all[i].ns, all[i].n, sizeof(uint32_t), bench_compare_ns);

        median = all[i].ns[all[i].n / 2];
        base = i ? base : median;

        printf("  %-24s median %9.2f us, p99 %9.2f us, %6.1f times (%zu)\n",
               all[i].name, median / 1e3,
               all[i].ns[all[i].n - all[i].n / 100] / 1e3, median / base,
               all[i].n);

        free(all[i].ns);
    }
}


int
main(int argc, char **argv)
{
    bench_t         b;
    screen_error_t  err;

    memset(&b, 0, sizeof(bench_t));

    b.n = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
    b.state = 42;

    if (b.n == 0) {
        die("usage: remote hashes|strings|lookups SOCKET ENTRIES [BANK]");
    }

    b.redis = redisConnectUnix(argv[2]);

    if (b.redis == NULL || b.redis->err) {
        die(b.redis ? b.redis->errstr : "no memory");
    }

    if (strcmp(argv[1], "lookups") == 0 && argc == 5) {

        if (screen_bank_open(&b.bank, argv[4], &err) != SCREEN_OK) {
            die(err.text);
        }

        lookups(&b);
        screen_bank_close(&b.bank);

    } else {
        fill(&b, strcmp(argv[1], "hashes") == 0);
    }

    redisFree(b.redis);

    return 0;
}
