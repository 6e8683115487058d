
/*
 * Looking up a 256-bit code among 10^5, 10^6 and 10^7 within a radius of 31,
 * every match found: microseconds of CPU a query, median and p99, of queries
 * that match nothing and of queries that match; the size of the index and the
 * time to build it.  Beside it, on the same codes and with the same queries,
 * a comparison with every code by AVX2, and FAISS' exact binary indexes where
 * Debian's python3-faiss is installed (bench/near_faiss.py).
 *
 *     near [-b BANDS] [-f FILE] [-r RADIUS] [-p] [CODES...]
 *
 * Codes are random with half of their bits set, or read from FILE, 32 bytes
 * each: real hashes are less even than random ones.  Queries that match
 * nothing then come from the last 20,000 of FILE, which should be of other
 * pictures.  -p leaves the peers out.  PYTHON=python3 names another Python.
 */


#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../t/unit/near_codes.h"
#include "timing.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif


#define QUERIES      400
#define SCANS        60
#define LEN          SCREEN_NEAR_LEN


typedef struct {
    const char       *file;
    unsigned          bands;
    unsigned          radius;
    unsigned          peers;

    u_char           *codes;
    size_t            n;
    u_char           *queries[2];       /* miss, hit */
    unsigned          matches[2][QUERIES];

    u_char           *index;
    uint64_t          size;
    size_t            at;
    screen_near_t     near;
    uint64_t          state;
} bench_t;


typedef unsigned (*search_pt)(bench_t *b, const u_char *value);


static void
die(const char *text)
{
    fprintf(stderr, "near: %s\n", text);
    exit(1);
}


/* of CPU time, so that what else the machine does is not measured */

static double
now_us(void)
{
    return (double) bench_now(CLOCK_THREAD_CPUTIME_ID) / 1e3;
}


static int
count(void *ctx, uint32_t at, unsigned distance)
{
    ++*(unsigned *) ctx;

    return SCREEN_OK;
}


static unsigned
search_near(bench_t *b, const u_char *value)
{
    unsigned               n;
    screen_near_search_t   search;

    n = 0;

    screen_near_begin(&search, &b->near, value, b->radius);
    (void) screen_near_step(&search, &b->near, UINT32_MAX, count, &n);

    return n;
}


typedef struct {
    bench_t               *b;
    screen_near_search_t   search;
} nearest_t;


static int
narrow(void *ctx, uint32_t at, unsigned distance)
{
    nearest_t  *n;

    n = ctx;

    if (distance == 0) {
        screen_near_end(&n->search);

    } else {
        screen_near_narrow(&n->search, &n->b->near, distance - 1);
    }

    return SCREEN_OK;
}


static unsigned
search_nearest(bench_t *b, const u_char *value)
{
    nearest_t  n;

    n.b = b;

    screen_near_begin(&n.search, &b->near, value, b->radius);
    (void) screen_near_step(&n.search, &b->near, UINT32_MAX, narrow, &n);

    return 0;
}


static unsigned
search_scan(bench_t *b, const u_char *value)
{
    unsigned        n;
    screen_near_t   plain;

    screen_near_search_t  search;

    n = 0;

    (void) screen_near_attach(&plain, b->codes, b->n, NULL, 0);

    screen_near_begin(&search, &plain, value, b->radius);
    (void) screen_near_step(&search, &plain, UINT32_MAX, count, &n);

    return n;
}


#if defined(__x86_64__)

/* the first halves of two codes at a time; the whole where they are near */

__attribute__((target("avx2,popcnt"))) static unsigned
search_avx2(bench_t *b, const u_char *value)
{
    size_t         i;
    __m256i        v, query, table, low, bits;
    uint64_t       d[4];
    unsigned       n, k;
    const u_char  *p;

    query = _mm256_broadcastsi128_si256(
                _mm_loadu_si128((const __m128i *) value));
    table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4,
                             0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    low = _mm256_set1_epi8(15);
    n = 0;

    for (i = 0; i < b->n; i += 2) {
        p = b->codes + i * LEN;

        v = _mm256_inserti128_si256(_mm256_castsi128_si256(
                _mm_loadu_si128((const __m128i *) p)),
                _mm_loadu_si128((const __m128i *) (p + LEN)), 1);
        v = _mm256_xor_si256(v, query);

        bits = _mm256_add_epi8(
            _mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
            _mm256_shuffle_epi8(table,
                _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));

        bits = _mm256_sad_epu8(bits, _mm256_setzero_si256());
        _mm256_storeu_si256((__m256i *) d, bits);

        for (k = 0; k < 2 && i + k < b->n; k++) {
            if (d[2 * k] + d[2 * k + 1] <= b->radius) {
                n += screen_near_distance(p + k * LEN, value) <= b->radius;
            }
        }
    }

    return n;
}

#endif


static void
measure(bench_t *b, const char *name, search_pt search, unsigned times)
{
    double    us[2][QUERIES], from;
    unsigned  i, hit, n;

    for (hit = 0; hit < 2; hit++) {
        for (i = 0; i < times; i++) {
            from = now_us();
            n = search(b, b->queries[hit] + i * LEN);
            us[hit][i] = now_us() - from;

            if (search == search_scan) {
                b->matches[hit][i] = n;

            } else if (search != search_nearest && i < SCANS
                       && n != b->matches[hit][i])
            {
                die("a search missed a match");
            }
        }

        qsort(us[hit], times, sizeof(double), bench_compare);
    }

    printf("  %-30s miss %8.1f (p99 %8.1f)   hit %8.1f (p99 %8.1f) us\n",
           name, us[0][times / 2], us[0][times - 1 - times / 100],
           us[1][times / 2], us[1][times - 1 - times / 100]);
    fflush(stdout);
}


static void
put(void *ctx, const void *data, size_t len)
{
    bench_t  *b;

    b = ctx;

    memcpy(b->index + b->at, data, len);
    b->at += len;
}


static void
build(bench_t *b)
{
    int                  fd;
    double               from, took;
    screen_near_build_t  builder;

    from = now_us();

    if (screen_near_build_init(&builder, b->codes, LEN, b->n, b->bands)
        != SCREEN_OK)
    {
        die("the index cannot be built");
    }

    b->size = screen_near_build_size(&builder);

    /* pages of a file, as a bank's are */

    fd = memfd_create("near", MFD_CLOEXEC);

    if (fd == -1 || ftruncate(fd, (off_t) b->size) == -1) {
        die("no memory");
    }

    b->index = mmap(NULL, b->size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    if (b->index == MAP_FAILED) {
        die("no memory");
    }

    close(fd);
    b->at = 0;

    if (screen_near_build_write(&builder, put, b) != SCREEN_OK) {
        die("no memory");
    }

    took = now_us() - from;

    if (screen_near_attach(&b->near, b->codes, b->n, b->index, b->size)
        != SCREEN_OK)
    {
        die("the index is damaged");
    }

    printf("%zu codes: %u bands, index %.1f MB (%.1f bytes a code, besides "
           "32), built in %.2f s\n", b->n, b->near.bands,
           (double) b->size / 1e6, (double) b->size / (double) b->n,
           took / 1e6);

    screen_near_build_free(&builder);
}


/* b->n codes that are different, and queries */

static void
make_codes(bench_t *b, size_t n)
{
    FILE      *f;
    int        fd;
    size_t     i, size;
    unsigned   q;

    fd = memfd_create("codes", MFD_CLOEXEC);
    size = n * LEN + LEN;

    if (fd == -1 || ftruncate(fd, (off_t) size) == -1) {
        die("no memory");
    }

    b->codes = mmap(NULL, size, PROT_READ|PROT_WRITE, MAP_SHARED, fd, 0);
    b->queries[0] = malloc(QUERIES * LEN);
    b->queries[1] = malloc(QUERIES * LEN);

    if (b->codes == MAP_FAILED || b->queries[0] == NULL
        || b->queries[1] == NULL)
    {
        die("no memory");
    }

    close(fd);

    f = NULL;

    if (b->file != NULL) {
        f = fopen(b->file, "r");
        if (f == NULL) {
            die("the file of codes cannot be read");
        }
    }

    /* queries that match nothing come from the end of the file */

    for (i = 0; i < n; i++) {
        if (f == NULL) {
            near_random_code(b->codes + i * LEN, &b->state);

        } else if (fread(b->codes + i * LEN, LEN, 1, f) != 1) {
            die("too few codes in the file");
        }
    }

    if (f != NULL && fseek(f, -LEN * 50 * QUERIES, SEEK_END) != 0) {
        die("too few codes in the file");
    }

    for (q = 0; q < QUERIES; q++) {
        if (f == NULL) {
            near_random_code(b->queries[0] + q * LEN, &b->state);

        } else if (fread(b->queries[0] + q * LEN, LEN, 1, f) != 1
                   || fseek(f, LEN * 49, SEEK_CUR) != 0)
        {
            die("too few codes in the file");
        }
    }

    if (f != NULL) {
        fclose(f);
    }

    b->n = near_sort(b->codes, n);

    for (q = 0; q < QUERIES; q++) {
        memcpy(b->queries[1] + q * LEN,
               b->codes + near_random(&b->state) % b->n * LEN, LEN);
        near_change(b->queries[1] + q * LEN, q % 16 * 2, &b->state);
    }
}


static void
write_file(const char *folder, const char *name, const u_char *data,
    size_t size)
{
    FILE  *f;
    char   path[512];

    snprintf(path, sizeof(path), "%s/%s", folder, name);

    f = fopen(path, "w");

    if (f == NULL || fwrite(data, 1, size, f) != size || fclose(f) != 0) {
        die("the codes cannot be written");
    }
}


/* the same codes and queries to FAISS */

static void
run_faiss(bench_t *b)
{
    char         folder[256], command[1024];
    const char  *tmp, *python;

    tmp = getenv("TMPDIR");
    python = getenv("PYTHON");

    snprintf(folder, sizeof(folder), "%s/bench-near.XXXXXX",
             tmp ? tmp : "/tmp");

    if (mkdtemp(folder) == NULL) {
        die("no temporary folder");
    }

    write_file(folder, "codes", b->codes, b->n * LEN);
    write_file(folder, "miss", b->queries[0], SCANS * LEN);
    write_file(folder, "hit", b->queries[1], SCANS * LEN);

    fflush(stdout);

    snprintf(command, sizeof(command),
             "%s bench/near_faiss.py %s %u; rm -r %s",
             python ? python : "/usr/bin/python3", folder, b->radius, folder);

    if (system(command) != 0) {
        die("near_faiss.py failed");
    }
}


static void
bench(bench_t *b, size_t n)
{
    make_codes(b, n);
    build(b);

    measure(b, "every code, POPCNT", search_scan, SCANS);

#if defined(__x86_64__)
    if (b->peers && __builtin_cpu_supports("avx2")) {
        measure(b, "every code, AVX2", search_avx2, SCANS);
    }
#endif

    measure(b, "index, first use", search_near, QUERIES);
    measure(b, "index, all within the radius", search_near, QUERIES);
    measure(b, "index, the nearest", search_nearest, QUERIES);

    if (b->peers) {
        run_faiss(b);
    }

    munmap(b->index, b->size);
    munmap(b->codes, n * LEN + LEN);
    free(b->queries[0]);
    free(b->queries[1]);
}


int
main(int argc, char **argv)
{
    int      opt;
    bench_t  b;

    memset(&b, 0, sizeof(bench_t));

    b.radius = 31;
    b.peers = 1;
    b.state = 42;

    while ((opt = getopt(argc, argv, "b:f:r:p")) != -1) {

        switch (opt) {

        case 'b':
            b.bands = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'f':
            b.file = optarg;
            break;

        case 'r':
            b.radius = (unsigned) strtoul(optarg, NULL, 10);
            break;

        case 'p':
            b.peers = 0;
            break;

        default:
            return 1;
        }
    }

    if (optind == argc) {
        bench(&b, 100000);
        bench(&b, 1000000);
        bench(&b, 10000000);
    }

    for ( /* void */ ; optind < argc; optind++) {
        bench(&b, strtoul(argv[optind], NULL, 10));
    }

    return 0;
}
