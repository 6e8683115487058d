
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "screen_cmd_bank.h"
#include "screen_ncmec.h"


/* enough to tell a list of XML from others */
#define SCREEN_CMD_BANK_HEAD  256


typedef struct {
    const char   *name;
    int         (*run)(int argc, char **argv);
    const char   *summary;
} screen_cmd_bank_sub_t;


static int screen_cmd_bank_open_list(screen_bank_t *bank,
    screen_bank_t *withdrawn, const char *path, screen_error_t *err);
static int screen_cmd_bank_step(void *ctx, uint64_t done, uint64_t size);


static const screen_cmd_bank_sub_t  screen_cmd_bank_subs[] = {
    { "build", screen_cmd_bank_build, "make a bank file from lists" },
    { "lookup", screen_cmd_bank_lookup, "look hashes or files up" },
    { "stat", screen_cmd_bank_stat, "tell what a bank holds" },
    { "add", screen_cmd_bank_add, "add hashes to a bank in Redis or a list" },
    { "remove", screen_cmd_bank_remove, "take hashes out of it" },
    { "import", screen_cmd_bank_import, "add lists to a bank in Redis or a "
      "list" },
    { "sync", screen_cmd_bank_sync, "make a bank in Redis equal to a list" },
    { "export", screen_cmd_bank_export, "write a bank as a list" },
    { "list", screen_cmd_bank_list, "show the banks in Redis, or one's "
      "entries" },
    { "confirm", screen_cmd_bank_confirm, "let edges accept that a bank has "
      "shrunk" },
    { NULL, NULL, NULL }
};


static void
screen_cmd_bank_help(FILE *to)
{
    const screen_cmd_bank_sub_t  *sub;

    fputs("usage: ngx-screen bank SUBCOMMAND ...\n\n", to);

    for (sub = screen_cmd_bank_subs; sub->name != NULL; sub++) {
        fprintf(to, "  %-8s  %s\n", sub->name, sub->summary);
    }

    fputs("\n\"ngx-screen bank SUBCOMMAND --help\" tells more.\n", to);
}


int
screen_cmd_bank(int argc, char **argv)
{
    const screen_cmd_bank_sub_t  *sub;

    if (argc < 2) {
        screen_cmd_bank_help(stderr);
        return SCREEN_CMD_BANK_ERROR;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        screen_cmd_bank_help(stdout);
        return 0;
    }

    for (sub = screen_cmd_bank_subs; sub->name != NULL; sub++) {
        if (strcmp(argv[1], sub->name) == 0) {
            return sub->run(argc - 1, argv + 1);
        }
    }

    fprintf(stderr, "ngx-screen bank: \"%s\" is not a subcommand\n\n",
            argv[1]);
    screen_cmd_bank_help(stderr);

    return SCREEN_CMD_BANK_ERROR;
}


int
screen_cmd_bank_open(screen_bank_t *bank, screen_bank_t *withdrawn,
    const char *path, screen_error_t *err)
{
    int      fd, rc;
    char     magic[SCREEN_BANK_MAGIC_LEN];
    ssize_t  n;

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return screen_error_at(err, path, 0, "cannot be opened: %s",
                               strerror(errno));
    }

    if (withdrawn != NULL) {
        memset(withdrawn, 0, sizeof(screen_bank_t));
    }

    n = pread(fd, magic, SCREEN_BANK_MAGIC_LEN, 0);

    if (n == SCREEN_BANK_MAGIC_LEN
        && memcmp(magic, SCREEN_BANK_MAGIC, SCREEN_BANK_MAGIC_LEN) == 0)
    {
        rc = screen_bank_open_fd(bank, fd, path, err);

    } else {
        rc = screen_cmd_bank_open_list(bank, withdrawn, path, err);
    }

    close(fd);

    return rc;
}


static int
screen_cmd_bank_open_list(screen_bank_t *bank, screen_bank_t *withdrawn,
    const char *path, screen_error_t *err)
{
    int                          rc;
    screen_bank_builder_t       *b;
    screen_bank_reading_t        reading;
    screen_cmd_bank_progress_t   p;

    memset(&reading, 0, sizeof(screen_bank_reading_t));

    b = screen_bank_builder_create();
    reading.withdrawn = withdrawn ? screen_bank_builder_create() : NULL;

    if (b == NULL || (withdrawn != NULL && reading.withdrawn == NULL)) {
        rc = screen_error_at(err, path, 0, "no memory to build it");
        goto done;
    }

    screen_cmd_bank_progress_start(&p, path);
    reading.progress = &p.progress;

    rc = screen_cmd_bank_load(b, path, &reading, err);

    if (rc == SCREEN_OK) {
        rc = screen_cmd_bank_memory(b, bank, err);
    }

    if (rc == SCREEN_OK && withdrawn != NULL) {
        rc = screen_cmd_bank_memory(reading.withdrawn, withdrawn, err);

        if (rc != SCREEN_OK) {
            screen_bank_close(bank);
        }
    }

    screen_cmd_bank_progress_end(&p);

done:

    screen_bank_builder_destroy(b);
    screen_bank_builder_destroy(reading.withdrawn);

    return rc == SCREEN_OK ? SCREEN_OK : SCREEN_ERROR;
}


int
screen_cmd_bank_load(screen_bank_builder_t *b, const char *path,
    screen_bank_reading_t *reading, screen_error_t *err)
{
    int      fd, rc;
    char     text[SCREEN_LIST_TALLY_LEN];
    u_char   head[SCREEN_CMD_BANK_HEAD];
    ssize_t  n;

    /* what cannot be opened is told by who opens it to read it */

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    n = fd == -1 ? 0 : pread(fd, head, sizeof(head), 0);

    if (fd != -1) {
        close(fd);
    }

    memset(&reading->tally, 0, sizeof(screen_list_tally_t));

    rc = n > 0 && screen_ncmec_begins(head, (size_t) n)
         ? screen_ncmec_load(b, path, reading, err)
         : screen_bank_file_load(b, path, reading, err);

    if (rc == SCREEN_OK
        && screen_list_tally_text(&reading->tally, text)[0] != '\0')
    {
        fprintf(stderr, "ngx-screen bank: %s: left out: %s\n", path, text);
    }

    return rc;
}


int
screen_cmd_bank_memory(screen_bank_builder_t *b, screen_bank_t *bank,
    screen_error_t *err)
{
    int                   fd, rc;
    screen_bank_origin_t  origin;

    memset(&origin, 0, sizeof(screen_bank_origin_t));

    fd = memfd_create("bank", MFD_CLOEXEC);
    if (fd == -1) {
        return screen_error_set(err, "no memory: %s", strerror(errno));
    }

    rc = screen_bank_write_fd(b, fd, "", &origin, err);

    if (rc == SCREEN_OK) {
        rc = screen_bank_open_fd(bank, fd, "", err);
    }

    close(fd);

    return rc;
}


uint64_t
screen_cmd_bank_clock(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + (uint64_t) ts.tv_nsec / 1000000;
}


void
screen_cmd_bank_progress_start(screen_cmd_bank_progress_t *p,
    const char *name)
{
    memset(p, 0, sizeof(screen_cmd_bank_progress_t));

    p->name = name;
    p->started = screen_cmd_bank_clock();
    p->terminal = isatty(STDERR_FILENO) == 1;
    p->progress.step = screen_cmd_bank_step;
    p->progress.ctx = p;
}


static int
screen_cmd_bank_step(void *ctx, uint64_t done, uint64_t size)
{
    uint64_t                     now;
    screen_cmd_bank_progress_t  *p;

    p = ctx;

    if (!p->terminal) {
        return SCREEN_OK;
    }

    now = screen_cmd_bank_clock();

    /* what is done within a second needs no progress */

    if (now - p->started < 1000 || now - p->shown < 200 || size == 0) {
        return SCREEN_OK;
    }

    p->shown = now;

    fprintf(stderr, "\r\033[K%s: %u%% of %llu %s", p->name,
            (unsigned) (done * 100 / size),
            (unsigned long long) (p->entries ? size : size / 1000000),
            p->entries ? "entries" : "MB");

    return SCREEN_OK;
}


void
screen_cmd_bank_progress_text(screen_cmd_bank_progress_t *p, const char *text)
{
    if (p->terminal && screen_cmd_bank_clock() - p->started >= 1000) {
        p->shown = 1;
        fprintf(stderr, "\r\033[K%s: %s", p->name, text);
    }
}


void
screen_cmd_bank_progress_end(screen_cmd_bank_progress_t *p)
{
    if (p->shown) {
        fputs("\r\033[K", stderr);
    }
}


int
screen_cmd_bank_failed(const screen_error_t *err)
{
    char  text[SCREEN_BANK_FILE_ERROR_LEN];

    fprintf(stderr, "ngx-screen bank: %s\n",
            screen_bank_file_error(text, err));

    return SCREEN_CMD_BANK_ERROR;
}


int
screen_cmd_bank_usage(const char *subcommand, const char *fmt, ...)
{
    va_list  args;

    fprintf(stderr, "ngx-screen bank %s: ", subcommand);

    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);

    fprintf(stderr, "\n\"ngx-screen bank %s --help\" tells more.\n",
            subcommand);

    return SCREEN_CMD_BANK_ERROR;
}
