
/*
 * How many altered pictures are known again, and how many others are taken
 * for them, by views and by plain PDQ (one hash of the whole picture on
 * either side).
 *
 *     recall hash SET < LIST > HASHES
 *     recall table DISTANCE BANK QUERIES [CURVE]
 *
 * hash: SET is picture-query, picture-bank, frame-query or frame-bank; a line
 * of LIST is "group name file".  Files are PNM, or what djpeg and dwebp read.
 * A line of HASHES is "group name view variant quality hash".
 *
 * table: for each group of QUERIES the share that is within DISTANCE of the
 * picture of the same name in BANK, of all and of those whose original is fit
 * for a bank (a quality of 50 as it is, below which a bank refuses it); and
 * how many pairs of pictures of different names are.  The part of a name after
 * "#" tells parts of one photograph that have nothing in common: those are
 * pairs of their own.  CURVE gets both shares for each distance.
 *
 * bench/recall.pl makes the pictures and the lists.
 */


#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_view.h"


#define DISTANCES  257
#define QUALITY    50


typedef struct {
    uint64_t        bits[4];
    screen_view_t   view;
    unsigned        variant;
    unsigned        quality;
} hash_t;

typedef struct {
    char           *group;
    char           *name;
    size_t          photo;              /* bytes of the name before "#" */
    hash_t         *hashes;
    size_t          n;
} entry_t;

typedef struct {
    entry_t        *entries;
    size_t          n;
} entries_t;

typedef struct {
    const char     *group;
    unsigned        pictures;
    unsigned        ours[DISTANCES];    /* with that least distance */
    unsigned        plain[DISTANCES];
    unsigned        fit;                /* whose original is fit for a bank */
    unsigned        fits[DISTANCES];    /* of these */
} group_t;


static void
die(const char *what, const char *of)
{
    fprintf(stderr, "recall: %s %s\n", what, of);
    exit(1);
}


static void *
grow(void *old, size_t n, size_t size)
{
    void  *p;

    /* doubled whenever n is a power of two */

    if (n & (n - 1)) {
        return old;
    }

    p = realloc(old, (n ? 2 * n : 1) * size);
    if (p == NULL) {
        die("no memory", "");
    }

    return p;
}


static FILE *
open_picture(const char *file)
{
    char         command[4096];
    FILE        *f;
    const char  *dot;

    dot = strrchr(file, '.');

    if (strchr(file, '\'') || dot == NULL) {
        die("bad name", file);
    }

    if (strcmp(dot, ".jpg") == 0) {
        (void) snprintf(command, sizeof(command), "djpeg -ppm '%s'", file);

    } else if (strcmp(dot, ".webp") == 0) {
        (void) snprintf(command, sizeof(command),
                        "dwebp -quiet -ppm -o - '%s'", file);

    } else {
        (void) snprintf(command, sizeof(command), "cat '%s'", file);
    }

    f = popen(command, "r");
    if (f == NULL) {
        die("cannot run", command);
    }

    return f;
}


/* the next number of a PNM's head, after blanks and comments */

static unsigned
read_number(FILE *f)
{
    int       c;
    unsigned  n;

    do {
        c = fgetc(f);

        while (c == '#') {
            while (c != '\n' && c != EOF) {
                c = fgetc(f);
            }
        }

    } while (c == ' ' || c == '\t' || c == '\r' || c == '\n');

    for (n = 0; c >= '0' && c <= '9' && n < 1000000; c = fgetc(f)) {
        n = 10 * n + (unsigned) (c - '0');
    }

    return n;
}


static u_char *
read_picture(const char *file, screen_pdq_picture_t *picture)
{
    int       type;
    FILE     *f;
    size_t    size;
    u_char   *pixels;
    unsigned  width, height, max;

    f = open_picture(file);

    type = fgetc(f) == 'P' ? fgetc(f) : 0;
    width = read_number(f);
    height = read_number(f);
    max = read_number(f);

    if ((type != '5' && type != '6') || max != 255 || width == 0
        || height == 0)
    {
        die("not a PNM of 8 bits:", file);
    }

    picture->width = width;
    picture->height = height;
    picture->channels = type == '5' ? 1 : 3;
    picture->stride = (size_t) width * picture->channels;

    size = picture->stride * height;
    pixels = malloc(size + 1);

    if (pixels == NULL || fread(pixels, 1, size, f) != size
        || pclose(f) != 0)
    {
        die("cut short:", file);
    }

    picture->pixels = pixels;

    return pixels;
}


static int
print_view(void *ctx, screen_view_t view, unsigned variants,
    const screen_pdq_t *pdq)
{
    char       hex[2 * SCREEN_PDQ_LEN];
    u_char     value[SCREEN_PDQ_LEN];
    unsigned   i;

    for (i = 0; i < SCREEN_PDQ_VARIANTS; i++) {
        if (variants & 1u << i) {
            screen_pdq_value(pdq, i, value);
            screen_hex_encode(hex, value, SCREEN_PDQ_LEN);
            printf("%s\t%u\t%u\t%u\t%.*s\n", (const char *) ctx, view, i,
                   pdq->quality, (int) sizeof(hex), hex);
        }
    }

    return SCREEN_OK;
}


static int
hash(const char *set_name)
{
    int                   set;
    char                  line[4096], group[256], name[512], file[2048];
    void                 *memory;
    size_t                size;
    u_char               *pixels;
    screen_pdq_picture_t  picture;

    static const char  *sets[] = {
        "picture-query", "picture-bank", "frame-query", "frame-bank"
    };

    for (set = 0; set < 4 && strcmp(sets[set], set_name); set++) { }

    if (set == 4) {
        die("no such set:", set_name);
    }

    while (fgets(line, sizeof(line), stdin)) {

        if (sscanf(line, "%255s %511s %2047s", group, name, file) != 3) {
            die("not \"group name file\":", line);
        }

        pixels = read_picture(file, &picture);

        size = screen_view_memory(picture.width, picture.height, set);
        memory = malloc(size);

        if (memory == NULL) {
            die("no memory for", file);
        }

        (void) snprintf(line, sizeof(line), "%s\t%s", group, name);

        if (screen_view_each(&picture, set, memory, size, print_view, line)
            != SCREEN_OK)
        {
            die("not hashed:", file);
        }

        free(memory);
        free(pixels);
    }

    return 0;
}


static void
load(entries_t *to, const char *file)
{
    char           line[2048], group[256], name[512], hex[128];
    FILE          *f;
    hash_t         h;
    entry_t       *e;
    unsigned       view;
    screen_str_t   text;

    f = fopen(file, "r");
    if (f == NULL) {
        die("cannot read", file);
    }

    while (fgets(line, sizeof(line), f)) {

        memset(&h, 0, sizeof(h));

        if (sscanf(line, "%255s %511s %u %u %u %127s", group, name, &view,
                   &h.variant, &h.quality, hex) != 6)
        {
            die("bad line:", line);
        }

        h.view = (screen_view_t) view;
        text = screen_str_of(hex);

        if (screen_hex_decode((u_char *) h.bits, SCREEN_PDQ_LEN, &text)
            != SCREEN_OK)
        {
            die("bad hash:", line);
        }

        e = to->n ? &to->entries[to->n - 1] : NULL;

        if (e == NULL || strcmp(e->group, group) || strcmp(e->name, name)) {
            to->entries = grow(to->entries, to->n, sizeof(entry_t));
            e = &to->entries[to->n++];
            memset(e, 0, sizeof(entry_t));
            e->group = strdup(group);
            e->name = strdup(name);
            e->photo = strcspn(name, "#");
        }

        e->hashes = grow(e->hashes, e->n, sizeof(hash_t));
        e->hashes[e->n++] = h;
    }

    (void) fclose(f);
}


static inline unsigned
half_distance(const hash_t *a, const hash_t *b)
{
    return (unsigned) (__builtin_popcountll(a->bits[0] ^ b->bits[0])
                       + __builtin_popcountll(a->bits[1] ^ b->bits[1]));
}


static inline unsigned
distance(const hash_t *a, const hash_t *b)
{
    return (unsigned) (__builtin_popcountll(a->bits[0] ^ b->bits[0])
                       + __builtin_popcountll(a->bits[1] ^ b->bits[1])
                       + __builtin_popcountll(a->bits[2] ^ b->bits[2])
                       + __builtin_popcountll(a->bits[3] ^ b->bits[3]));
}


/*
 * The least distance below limit; 256 when there is none, or nothing of
 * sufficient quality.  Half of the bits tell most that are too far apart.
 */

__attribute__((target("popcnt"))) static unsigned
nearest(const entry_t *query, const entry_t *banked, unsigned limit,
    const hash_t **q, const hash_t **b)
{
    size_t    i, j;
    unsigned  d, least;

    least = limit;

    for (i = 0; i < query->n; i++) {

        if (query->hashes[i].quality < QUALITY) {
            continue;
        }

        for (j = 0; j < banked->n; j++) {

            if (half_distance(&query->hashes[i], &banked->hashes[j])
                >= least)
            {
                continue;
            }

            d = distance(&query->hashes[i], &banked->hashes[j]);

            if (d < least && banked->hashes[j].quality >= QUALITY) {
                least = d;
                *q = &query->hashes[i];
                *b = &banked->hashes[j];
            }
        }
    }

    return least < limit ? least : DISTANCES - 1;
}


/* one hash on either side: the first is that of the whole */

static unsigned
plain(const entry_t *query, const entry_t *banked)
{
    if (query->hashes[0].quality < QUALITY
        || banked->hashes[0].quality < QUALITY)
    {
        return DISTANCES - 1;
    }

    return distance(&query->hashes[0], &banked->hashes[0]);
}


static group_t *
group_of(group_t **groups, size_t *n, const char *name)
{
    size_t  i;

    for (i = 0; i < *n; i++) {
        if (strcmp((*groups)[i].group, name) == 0) {
            return &(*groups)[i];
        }
    }

    *groups = grow(*groups, *n, sizeof(group_t));
    memset(&(*groups)[*n], 0, sizeof(group_t));
    (*groups)[*n].group = name;

    return &(*groups)[(*n)++];
}


static double
share(const unsigned *counts, unsigned upto, unsigned pictures)
{
    unsigned  d, n;

    for (n = 0, d = 0; d <= upto; d++) {
        n += counts[d];
    }

    return pictures ? 100.0 * n / pictures : 0;
}


static void
recalled(const entries_t *bank, const entries_t *queries, unsigned at,
    FILE *curve)
{
    char           names[2][SCREEN_VIEW_NAME];
    size_t         i, j, n;
    group_t       *groups, *g;
    unsigned       d;
    const hash_t  *q, *b;

    groups = NULL;
    n = 0;

    for (i = 0; i < queries->n; i++) {
        g = group_of(&groups, &n, queries->entries[i].group);

        for (j = 0; j < bank->n; j++) {
            if (strcmp(bank->entries[j].name, queries->entries[i].name)) {
                continue;
            }

            d = nearest(&queries->entries[i], &bank->entries[j],
                        DISTANCES - 1, &q, &b);

            if (d > at) {
                fprintf(stderr, "missed: %s %s %u", g->group,
                        queries->entries[i].name, d);

                if (d < DISTANCES - 1) {
                    fprintf(stderr, " %s %s",
                            screen_view_name(q->view, names[0]),
                            screen_view_name(b->view, names[1]));
                }

                fprintf(stderr, "\n");
            }

            g->pictures++;
            g->ours[d]++;
            g->plain[plain(&queries->entries[i], &bank->entries[j])]++;

            if (bank->entries[j].hashes[0].quality >= QUALITY) {
                g->fit++;
                g->fits[d]++;
            }
        }
    }

    printf("%-18s %8s %8s %8s %8s %8s %8s %8s\n", "", "pictures", "plain",
           "ours", "ours 25", "ours 40", "fit", "ours");

    for (i = 0; i < n; i++) {
        g = &groups[i];

        if (g->pictures == 0) {
            continue;
        }

        printf("%-18s %8u %8.1f %8.1f %8.1f %8.1f %8u %8.1f\n", g->group,
               g->pictures, share(g->plain, at, g->pictures),
               share(g->ours, at, g->pictures),
               share(g->ours, 25, g->pictures),
               share(g->ours, 40, g->pictures),
               g->fit, share(g->fits, at, g->fit));

        for (d = 0; curve && d <= 100; d++) {
            fprintf(curve, "%s\t%u\t%.3f\t%.3f\n", g->group, d,
                    share(g->plain, d, g->pictures),
                    share(g->ours, d, g->pictures));
        }
    }

    free(groups);
}


static int
others(const entry_t *a, const entry_t *b)
{
    return a->photo != b->photo || memcmp(a->name, b->name, a->photo) != 0;
}


static void
mistaken(const entries_t *bank, const entries_t *queries, unsigned at,
    FILE *curve)
{
    char           names[2][SCREEN_VIEW_NAME];
    size_t         i, j;
    uint64_t       pairs[2], ours[2][DISTANCES], single[DISTANCES], sum[3];
    unsigned       d, same;
    const entry_t *query, *banked;
    const hash_t  *q, *b;

    memset(pairs, 0, sizeof(pairs));
    memset(ours, 0, sizeof(ours));
    memset(single, 0, sizeof(single));
    memset(sum, 0, sizeof(sum));

    for (i = 0; i < queries->n; i++) {
        query = &queries->entries[i];

        for (j = 0; j < bank->n; j++) {
            banked = &bank->entries[j];
            same = !others(query, banked);

            if (same && (query->name[query->photo] == '\0'
                         || banked->name[banked->photo] == '\0'
                         || strcmp(query->name, banked->name) == 0))
            {
                continue;
            }

            d = nearest(query, banked, at + 21, &q, &b);
            pairs[same]++;
            ours[same][d]++;
            single[plain(query, banked)]++;

            if (d <= at + 20) {
                fprintf(stderr, "near: %u %s/%s %s %s %s q%u q%u\n", d,
                        query->group, query->name, banked->name,
                        screen_view_name(q->view, names[0]),
                        screen_view_name(b->view, names[1]), q->quality,
                        b->quality);
            }
        }
    }

    printf("\npairs of different photographs %llu, of parts of one "
           "photograph %llu\n", (unsigned long long) pairs[0],
           (unsigned long long) pairs[1]);

    for (d = 0; d <= at + 20; d++) {
        sum[0] += ours[0][d];
        sum[1] += ours[1][d];
        sum[2] += single[d];

        if (curve) {
            fprintf(curve, "others\t%u\t%.6f\t%.6f\n", d,
                    100.0 * (double) sum[2]
                    / (double) (pairs[0] + pairs[1] + !pairs[0]),
                    100.0 * (double) sum[0]
                    / (double) (pairs[0] + !pairs[0]));
        }

        if (d >= at - 1 && d <= at + 20 && (d == at || d % 4 == 0)) {
            printf("within %2u: different photographs %llu, parts %llu; "
                   "plain %llu\n", d, (unsigned long long) sum[0],
                   (unsigned long long) sum[1],
                   (unsigned long long) sum[2]);
        }
    }
}


static int
table(unsigned at, const char *bank_file, const char *query_file,
    const char *curve_file)
{
    FILE       *curve;
    size_t      i, n;
    entries_t   bank, queries;

    memset(&bank, 0, sizeof(bank));
    memset(&queries, 0, sizeof(queries));

    load(&bank, bank_file);
    load(&queries, query_file);

    curve = curve_file ? fopen(curve_file, "w") : NULL;

    if (curve_file && curve == NULL) {
        die("cannot write", curve_file);
    }

    for (n = 0, i = 0; i < bank.n; i++) {
        n += bank.entries[i].n;
    }

    printf("entries a banked picture: %.1f\n",
           (double) n / (double) (bank.n + !bank.n));

    for (n = 0, i = 0; i < queries.n; i++) {
        n += queries.entries[i].n;
    }

    printf("hashes a query: %.1f\n\n",
           (double) n / (double) (queries.n + !queries.n));

    recalled(&bank, &queries, at, curve);
    mistaken(&bank, &queries, at, curve);

    return curve && fclose(curve) ? 1 : 0;
}


int
main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hash") == 0) {
        return hash(argv[2]);
    }

    if ((argc == 5 || argc == 6) && strcmp(argv[1], "table") == 0) {
        return table((unsigned) atoi(argv[2]), argv[3], argv[4], argv[5]);
    }

    printf("run bench/recall.pl: it needs photographs\n");

    return 0;
}
