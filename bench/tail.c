
/*
 * A near lookup in what was appended to a bank since its file was written, of
 * 1,000, 10,000 and as many entries as a tail takes: microseconds of the CPU
 * a query (median and p99), of queries that match nothing and of queries that
 * match, and of the steps that a worker makes of each.  The bank's file is
 * nearly empty.  Beside it every code compared by POPCNT, in memory as it is.
 *
 *     tail
 */


#include <stdio.h>
#include <unistd.h>

#include "../t/unit/near_codes.h"
#include "screen_tail_impl.h"
#include "timing.h"


#define QUERIES  400
#define RADIUS   31
#define BUDGET   2000           /* of a step, as the edge has it */


typedef struct {
    char            path[512];
    screen_bank_t   bank;
    screen_tail_t   tail;
    screen_tail_t   reader;
    u_char         *codes;
    size_t          n;
    uint64_t        state;
} bench_t;


static void
die(const char *text)
{
    fprintf(stderr, "tail: %s\n", text);
    exit(1);
}


static int
visit(void *ctx, const screen_entry_t *entry, unsigned distance)
{
    ++*(unsigned *) ctx;

    return SCREEN_OK;
}


static int
count(void *ctx, uint32_t at, unsigned distance)
{
    ++*(unsigned *) ctx;

    return SCREEN_OK;
}


static void
open_pair(bench_t *b)
{
    screen_entry_t          entry;
    screen_error_t          err;
    screen_bank_origin_t    origin = { SCREEN_BANK_ORIGIN_REDIS, 0, 0 };
    screen_bank_builder_t  *builder;

    memset(&entry, 0, sizeof(entry));
    entry.signal = SCREEN_SIGNAL_PDQ;
    near_random_code(entry.value, &b->state);

    origin.inode = 1;
    builder = screen_bank_builder_create();

    if (builder == NULL
        || screen_bank_builder_add(builder, &entry) != SCREEN_OK
        || screen_bank_write(builder, b->path, &origin, &err) != SCREEN_OK
        || screen_tail_create(&b->tail, b->path, 1, SCREEN_TAIL_CAPACITY,
                              &err)
           != SCREEN_OK
        || screen_tail_open_pair(&b->bank, &b->reader, b->path, &err)
           != SCREEN_OK)
    {
        die("no bank could be made");
    }

    screen_bank_builder_destroy(builder);
}


static void
grow(bench_t *b, size_t n)
{
    screen_entry_t  entry;
    screen_error_t  err;

    memset(&entry, 0, sizeof(entry));
    entry.signal = SCREEN_SIGNAL_PDQ;
    entry.label = screen_str_of("poster");

    for ( /* void */ ; b->n < n; b->n++) {
        near_random_code(b->codes + b->n * 32, &b->state);
        memcpy(entry.value, b->codes + b->n * 32, 32);

        if (screen_tail_append(&b->tail, SCREEN_TAIL_ADD, &entry, &err)
            != SCREEN_OK)
        {
            die("the tail takes no more");
        }
    }
}


static unsigned
search(bench_t *b, const u_char *value, double *longest)
{
    int                 rc;
    double              from, took;
    unsigned            n;
    screen_tail_near_t  near;

    n = 0;
    *longest = 0;

    screen_tail_near_begin(&near, &b->reader, &b->bank, SCREEN_SIGNAL_PDQ,
                           value, RADIUS, 1);

    do {
        from = bench_cpu_ms();
        rc = screen_tail_near_each(&near, BUDGET, visit, &n);
        took = bench_cpu_ms() - from;
        *longest = took > *longest ? took : *longest;

    } while (rc == SCREEN_AGAIN);

    return n;
}


static unsigned
scan(bench_t *b, const u_char *value)
{
    unsigned              n;
    screen_near_t         plain;
    screen_near_search_t  all;

    n = 0;

    (void) screen_near_attach(&plain, b->codes, b->n, NULL, 0);
    screen_near_begin(&all, &plain, value, RADIUS);
    (void) screen_near_step(&all, &plain, UINT32_MAX, count, &n);

    return n;
}


static void
measure(bench_t *b)
{
    double    us[2][QUERIES], step[QUERIES], peer[2][QUERIES], from;
    u_char    value[32];
    unsigned  i, hit, n;

    for (hit = 0; hit < 2; hit++) {
        for (i = 0; i < QUERIES; i++) {

            near_random_code(value, &b->state);

            if (hit) {
                memcpy(value, b->codes + near_random(&b->state) % b->n * 32,
                       32);
                near_change(value, i % 16 * 2, &b->state);
            }

            from = bench_cpu_ms();
            n = search(b, value, &step[i]);
            us[hit][i] = 1e3 * (bench_cpu_ms() - from);
            step[i] *= 1e3;

            from = bench_cpu_ms();

            if (scan(b, value) != n || (hit && n == 0)) {
                die("a search missed a match");
            }

            peer[hit][i] = 1e3 * (bench_cpu_ms() - from);
        }

        (void) bench_median(us[hit], QUERIES);
        (void) bench_median(peer[hit], QUERIES);
    }

    (void) bench_median(step, QUERIES);

    printf("%6zu entries: miss %7.1f (p99 %7.1f)   hit %7.1f (p99 %7.1f)   "
           "step %7.1f (p99 %7.1f) us\n", b->n, us[0][QUERIES / 2],
           us[0][QUERIES - 1 - QUERIES / 100], us[1][QUERIES / 2],
           us[1][QUERIES - 1 - QUERIES / 100], step[QUERIES / 2],
           step[QUERIES - 1 - QUERIES / 100]);

    printf("   every code: miss %7.1f (p99 %7.1f)   hit %7.1f (p99 %7.1f)\n",
           peer[0][QUERIES / 2], peer[0][QUERIES - 1 - QUERIES / 100],
           peer[1][QUERIES / 2], peer[1][QUERIES - 1 - QUERIES / 100]);
}


int
main(void)
{
    char     folder[256], name[1024];
    bench_t  b;

    memset(&b, 0, sizeof(b));
    b.state = 42;
    b.codes = malloc((size_t) SCREEN_TAIL_CAPACITY * 32);

    strcpy(folder, "/tmp/bench-tail.XXXXXX");

    if (b.codes == NULL || mkdtemp(folder) == NULL) {
        die("no memory or no folder");
    }

    snprintf(b.path, sizeof(b.path), "%s/x.bank", folder);

    open_pair(&b);

    grow(&b, 1000);
    measure(&b);

    grow(&b, 10000);
    measure(&b);

    grow(&b, SCREEN_TAIL_CAPACITY);
    measure(&b);

    if (screen_tail_path(name, sizeof(name), b.path, 1) == SCREEN_OK) {
        (void) unlink(name);
    }

    (void) unlink(b.path);
    (void) rmdir(folder);

    return 0;
}
