
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen_cmd_bank.h"


static int screen_cmd_bank_replaceable(const char *path);
static int screen_cmd_bank_load_all(screen_bank_builder_t *b, char **lists,
    const char *output, screen_bank_counts_t *counts, screen_error_t *err);
static void screen_cmd_bank_print_build(const char *path,
    const screen_bank_counts_t *counts, uint64_t ms);


static const char  screen_cmd_bank_build_help[] =
    "usage: ngx-screen bank build LIST... -o FILE\n"
    "\n"
    "Makes a bank file from lists: CSV with a header line of the columns\n"
    "signal,value,label,source,severity,expires (any order, only value is\n"
    "required), or one hash a line as sha256sum, sha1sum and md5sum print\n"
    "it.  Of two entries with the same value the later one stays.\n"
    "\n"
    "  -o, --output FILE   the bank file, replaced at once when it is ready\n"
    "  -q, --quiet         say nothing but errors\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: 0, or 3 on an error, with FILE as it was.\n";


int
screen_cmd_bank_build(int argc, char **argv)
{
    int                      c, quiet, rc;
    uint64_t                 started;
    const char              *output;
    screen_error_t           err;
    screen_bank_counts_t     counts;
    screen_bank_builder_t   *b;

    static const struct option  options[] = {
        { "output", required_argument, NULL, 'o' },
        { "quiet", no_argument, NULL, 'q' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    output = NULL;
    quiet = 0;
    optind = 0;

    while ((c = getopt_long(argc, argv, "o:qh", options, NULL)) != -1) {

        switch (c) {

        case 'o':
            output = optarg;
            break;

        case 'q':
            quiet = 1;
            break;

        case 'h':
            fputs(screen_cmd_bank_build_help, stdout);
            return 0;

        default:
            return screen_cmd_bank_usage("build", "wrong option");
        }
    }

    if (optind == argc) {
        return screen_cmd_bank_usage("build", "no list given");
    }

    if (output == NULL) {
        return screen_cmd_bank_usage("build", "no bank file given: -o FILE");
    }

    if (!screen_cmd_bank_replaceable(output)) {
        return screen_cmd_bank_usage("build", "\"%s\" is there and is not a "
                                     "bank file: not replaced", output);
    }

    started = screen_cmd_bank_clock();

    b = screen_bank_builder_create();
    if (b == NULL) {
        screen_error_at(&err, output, 0, "no memory to build it");
        return screen_cmd_bank_failed(&err);
    }

    rc = screen_cmd_bank_load_all(b, argv + optind, output, &counts, &err);

    screen_bank_builder_destroy(b);

    if (rc != SCREEN_OK) {
        return screen_cmd_bank_failed(&err);
    }

    if (!quiet) {
        screen_cmd_bank_print_build(output, &counts,
                                    screen_cmd_bank_clock() - started);
    }

    return 0;
}


/* "build known.csv -o known.csv" must not cost the list */

static int
screen_cmd_bank_replaceable(const char *path)
{
    int      fd;
    char     magic[SCREEN_BANK_MAGIC_LEN];
    ssize_t  n;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);

    if (fd == -1) {
        return access(path, F_OK) == -1;
    }

    n = read(fd, magic, SCREEN_BANK_MAGIC_LEN);

    close(fd);

    return n == 0
           || (n == SCREEN_BANK_MAGIC_LEN
               && memcmp(magic, SCREEN_BANK_MAGIC, SCREEN_BANK_MAGIC_LEN)
                  == 0);
}


static int
screen_cmd_bank_load_all(screen_bank_builder_t *b, char **lists,
    const char *output, screen_bank_counts_t *counts, screen_error_t *err)
{
    int                          rc;
    size_t                       i;
    screen_bank_reading_t        reading;
    screen_cmd_bank_progress_t   p;

    rc = SCREEN_OK;

    screen_cmd_bank_progress_start(&p, output);

    memset(&reading, 0, sizeof(screen_bank_reading_t));
    reading.progress = &p.progress;

    for (i = 0; lists[i] != NULL && rc == SCREEN_OK; i++) {
        p.name = lists[i];
        rc = screen_cmd_bank_load(b, lists[i], &reading, err);
    }

    /* a bank of several lists is fresh for none of them */

    if (i > 1) {
        memset(&reading.origin, 0, sizeof(screen_bank_origin_t));
    }

    if (rc == SCREEN_OK) {
        p.name = output;
        screen_cmd_bank_progress_text(&p, "sorting and writing");

        rc = screen_bank_file_save(b, output, (uid_t) -1, (gid_t) -1,
                                   &reading.origin, counts, err);
    }

    screen_cmd_bank_progress_end(&p);

    return rc;
}


static void
screen_cmd_bank_print_build(const char *path,
    const screen_bank_counts_t *counts, uint64_t ms)
{
    unsigned     signal;
    const char  *before;

    printf("%s: %llu entries", path, (unsigned long long) counts->total);

    before = " (";

    for (signal = 0; signal < SCREEN_SIGNALS; signal++) {

        if (counts->entries[signal] != 0) {
            printf("%s%llu %s", before,
                   (unsigned long long) counts->entries[signal],
                   screen_signal_name(signal));
            before = ", ";
        }
    }

    printf("%s, %.1f MB, %.1fs\n", counts->total ? ")" : "",
           (double) counts->size / 1e6, (double) ms / 1e3);
}
