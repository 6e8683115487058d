
/*
 * Banks of 10^5, 10^6 and 10^7 random SHA-256 entries: time to build from
 * memory and from a list file, size of the file, time of a lookup; beside
 * them a binary search over the same values, sorted, in memory.
 *
 *     bank [ENTRIES...]
 *
 * Works in a folder below $TMPDIR (or /tmp) that it removes.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../ngx_http_screen_module/bank/screen_bank_file.h"
#include "timing.h"


#define LOOKUPS  1000000
#define VALUE    32


typedef struct {
    u_char           *values;      /* in the order of addition */
    u_char           *sorted;
    size_t            n;
    screen_bank_t     bank;
    uint64_t          state;
} bench_t;


typedef int (*search_pt)(bench_t *b, const u_char *value);


static void
die(const char *text)
{
    fprintf(stderr, "bank: %s\n", text);
    exit(1);
}


/* SplitMix64 */

static uint64_t
next_random(bench_t *b)
{
    uint64_t  z;

    z = (b->state += 0x9e3779b97f4a7c15ull);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;

    return z ^ (z >> 31);
}


static void
random_value(bench_t *b, u_char *value)
{
    size_t    i;
    uint64_t  v;

    for (i = 0; i < VALUE; i += sizeof(uint64_t)) {
        v = next_random(b);
        memcpy(value + i, &v, sizeof(uint64_t));
    }
}


static int
compare(const void *a, const void *b)
{
    return memcmp(a, b, VALUE);
}


static int
search_bank(bench_t *b, const u_char *value)
{
    screen_entry_t  entry;

    return screen_bank_lookup(&b->bank, SCREEN_SIGNAL_SHA256, value, 1,
                              &entry)
           == SCREEN_OK;
}


static int
search_sorted(bench_t *b, const u_char *value)
{
    return bsearch(value, b->sorted, b->n, VALUE, compare) != NULL;
}


/* the floor: one byte from anywhere in that memory */

static int
search_byte(bench_t *b, const u_char *value)
{
    uint64_t         v;
    volatile u_char  byte;

    memcpy(&v, value, sizeof(uint64_t));

    byte = b->sorted[v % (b->n * VALUE)];

    return byte != 0;
}


static int
search_nothing(bench_t *b, const u_char *value)
{
    return 1;
}


/*
 * Each lookup is timed on its own for median and p99, clock included; the
 * mean is of a loop without a clock.
 */

static void
measure(bench_t *b, const char *name, search_pt search, int hit)
{
    size_t     i;
    u_char    *asked;
    uint64_t   from, loop;
    uint32_t  *ns;
    unsigned   found;

    asked = malloc((size_t) LOOKUPS * VALUE);
    ns = malloc(LOOKUPS * sizeof(uint32_t));

    if (asked == NULL || ns == NULL) {
        die("no memory");
    }

    for (i = 0; i < LOOKUPS; i++) {
        if (hit) {
            memcpy(asked + i * VALUE,
                   b->values + next_random(b) % b->n * VALUE, VALUE);
        } else {
            random_value(b, asked + i * VALUE);
        }
    }

    found = 0;

    for (i = 0; i < LOOKUPS; i++) {
        from = bench_now(CLOCK_MONOTONIC);
        found += search(b, asked + i * VALUE);
        ns[i] = (uint32_t) (bench_now(CLOCK_MONOTONIC) - from);
    }

    from = bench_now(CLOCK_MONOTONIC);

    for (i = LOOKUPS; i-- > 0; /* void */ ) {
        found += search(b, asked + i * VALUE);
    }

    loop = bench_now(CLOCK_MONOTONIC) - from;

    if ((search == search_bank || search == search_sorted)
        && found != (hit ? 2 * LOOKUPS : 0))
    {
        die("a lookup gave a wrong answer");
    }

    qsort(ns, LOOKUPS, sizeof(uint32_t), bench_compare_ns);

    printf("  %-22s median %5u ns   p99 %5u ns   mean %6.1f ns\n", name,
           ns[LOOKUPS / 2], ns[LOOKUPS - LOOKUPS / 100],
           (double) loop / LOOKUPS);

    free(asked);
    free(ns);
}


static void
build_from_memory(bench_t *b, const char *path)
{
    char                    label[32];
    size_t                  i;
    uint64_t                from, added;
    screen_entry_t          entry;
    screen_error_t          err;
    screen_bank_counts_t    counts;
    screen_bank_origin_t    origin;
    screen_bank_builder_t  *builder;

    memset(&entry, 0, sizeof(screen_entry_t));
    memset(&origin, 0, sizeof(screen_bank_origin_t));

    from = bench_now(CLOCK_MONOTONIC);

    builder = screen_bank_builder_create();
    if (builder == NULL) {
        die("no memory");
    }

    for (i = 0; i < b->n; i++) {
        memcpy(entry.value, b->values + i * VALUE, VALUE);

        snprintf(label, sizeof(label), "label %zu", i % 50);
        entry.label = screen_str_of(label);
        entry.source = screen_str_of("coalition");
        entry.severity = (uint32_t) (i % 11);

        if (screen_bank_builder_add(builder, &entry) != SCREEN_OK) {
            die("an entry could not be added");
        }
    }

    added = bench_now(CLOCK_MONOTONIC);

    if (screen_bank_file_save(builder, path, -1, -1, &origin, &counts, &err)
        != SCREEN_OK)
    {
        die(err.text);
    }

    printf("  %-22s %.2f s (adding %.2f, sorting and writing %.2f)\n",
           "build from memory",
           (double) (bench_now(CLOCK_MONOTONIC) - from) / 1e9,
           (double) (added - from) / 1e9,
           (double) (bench_now(CLOCK_MONOTONIC) - added) / 1e9);
    printf("  %-22s %.1f MB, %.1f bytes an entry\n", "bank file",
           (double) counts.size / 1e6, (double) counts.size / (double) b->n);

    screen_bank_builder_destroy(builder);
}


static void
build_from_list(bench_t *b, const char *list, const char *path)
{
    FILE            *f;
    char             hex[2 * VALUE];
    size_t           i;
    uint64_t         from;
    screen_error_t   err;

    f = fopen(list, "w");
    if (f == NULL) {
        die("the list cannot be written");
    }

    fputs("signal,value,label,source,severity,expires\n", f);

    for (i = 0; i < b->n; i++) {
        screen_hex_encode(hex, b->values + i * VALUE, VALUE);
        fprintf(f, "sha256,%.*s,label %zu,coalition,%zu,\n", 2 * VALUE, hex,
                i % 50, i % 11);
    }

    if (fclose(f) != 0) {
        die("the list cannot be written");
    }

    from = bench_now(CLOCK_MONOTONIC);

    if (screen_bank_file_build(list, path, -1, -1, NULL, &err) != SCREEN_OK) {
        die(err.text);
    }

    printf("  %-22s %.2f s\n", "build from a list",
           (double) (bench_now(CLOCK_MONOTONIC) - from) / 1e9);

    unlink(list);
}


static void
bench(const char *folder, size_t n)
{
    char            list[512], path[512];
    size_t          i;
    bench_t         b;
    uint64_t        from;
    screen_error_t  err;
    struct rusage   usage;

    memset(&b, 0, sizeof(bench_t));

    b.n = n;
    b.state = 42;
    b.values = malloc(n * VALUE);
    b.sorted = malloc(n * VALUE);

    if (b.values == NULL || b.sorted == NULL) {
        die("no memory");
    }

    for (i = 0; i < n; i++) {
        random_value(&b, b.values + i * VALUE);
    }

    printf("%zu entries\n", n);

    snprintf(list, sizeof(list), "%s/list.csv", folder);
    snprintf(path, sizeof(path), "%s/bank", folder);

    build_from_list(&b, list, path);
    build_from_memory(&b, path);

    memcpy(b.sorted, b.values, n * VALUE);

    from = bench_now(CLOCK_MONOTONIC);
    qsort(b.sorted, n, VALUE, compare);
    printf("  %-22s %.2f s\n", "peer: qsort",
           (double) (bench_now(CLOCK_MONOTONIC) - from) / 1e9);

    from = bench_now(CLOCK_MONOTONIC);

    if (screen_bank_open(&b.bank, path, &err) != SCREEN_OK) {
        die(err.text);
    }

    printf("  %-22s %.1f us\n", "open",
           (double) (bench_now(CLOCK_MONOTONIC) - from) / 1e3);

    measure(&b, "the clock alone", search_nothing, 1);
    measure(&b, "one byte of memory", search_byte, 1);
    measure(&b, "bank, hit, first use", search_bank, 1);
    measure(&b, "bank, hit", search_bank, 1);
    measure(&b, "bank, miss", search_bank, 0);
    measure(&b, "peer: bsearch, hit", search_sorted, 1);
    measure(&b, "peer: bsearch, miss", search_sorted, 0);

    (void) getrusage(RUSAGE_SELF, &usage);
    printf("  %-22s %.0f MB, %.0f of them the bench's own values\n",
           "largest so far", (double) usage.ru_maxrss / 1024,
           (double) n * VALUE * 2 / 1048576);

    screen_bank_close(&b.bank);
    unlink(path);
    free(b.values);
    free(b.sorted);
}


int
main(int argc, char **argv)
{
    int          i;
    char         folder[256];
    const char  *tmp;

    tmp = getenv("TMPDIR");

    snprintf(folder, sizeof(folder), "%s/bench-bank.XXXXXX",
             tmp ? tmp : "/tmp");

    if (mkdtemp(folder) == NULL) {
        die("no temporary folder");
    }

    if (argc > 1) {

        for (i = 1; i < argc; i++) {
            if (strtoul(argv[i], NULL, 10) == 0) {
                rmdir(folder);
                die("a number of entries expected");
            }

            bench(folder, strtoul(argv[i], NULL, 10));
        }

    } else {
        bench(folder, 100000);
        bench(folder, 1000000);
        bench(folder, 10000000);
    }

    rmdir(folder);

    return 0;
}
