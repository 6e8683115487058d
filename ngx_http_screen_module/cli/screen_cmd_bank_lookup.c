
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../core/screen_digest.h"
#include "../core/screen_list.h"
#include "../core/screen_list_entry.h"
#include "../core/screen_view.h"
#include "screen_cmd_bank_lookup.h"


#define SCREEN_CMD_BANK_READ  262144


static int screen_cmd_bank_lookup_options(screen_cmd_bank_lookup_t *l,
    int argc, char **argv, int *status);
static void screen_cmd_bank_lookup_arg(screen_cmd_bank_lookup_t *l,
    const char *arg);
static void screen_cmd_bank_lookup_stdin(screen_cmd_bank_lookup_t *l);
static int screen_cmd_bank_lookup_one(void *ctx, const screen_entry_t *asked);
static void screen_cmd_bank_lookup_content(screen_cmd_bank_lookup_t *l,
    const char *path);
static int screen_cmd_bank_digest(screen_digest_t *d, unsigned signals,
    const char *path, screen_error_t *err);
static void screen_cmd_bank_print(const screen_entry_t *entry, int found,
    const char *path);


static const char  screen_cmd_bank_lookup_help[] =
    "usage: ngx-screen bank lookup FILE HEX...\n"
    "       ngx-screen bank lookup FILE -\n"
    "       ngx-screen bank lookup FILE --content CONTENT...\n"
    "       ngx-screen bank lookup FILE --media PICTURE|VIDEO...\n"
    "       ngx-screen bank lookup --redis ADDRESS BANK ...\n"
    "\n"
    "Looks hashes up in FILE, a bank file or a list, or in a bank in Redis.\n"
    "\"-\" reads hashes, or a list, from the standard input.  Prints a line\n"
    "each, separated by tabs: signal, value, label, source, severity, and of\n"
    "pdq and vpdq content, view and time; or signal, value and \"not found\".\n"
    "HEX:CONTENT is the entry of that content.\n"
    "\n"
    "With --media the files are fingerprinted as the edge does it, and what is\n"
    "like them is printed, the nearest first, ten at most: signal, distance,\n"
    "content, view, time, label, source, severity; the view, the variant and\n"
    "the time in the file, how many of its frames are met, and its name.\n"
    "\n"
    "  -r, --redis ADDRESS  as with \"add\": a bank in Redis, not a file\n"
    "  -f, --file FILE     the bank file or list, instead of the first word\n"
    "  -c, --content       what follows are files: their digests are looked\n"
    "                      up, and their names end the lines\n"
    "  -m, --media         what follows are pictures and videos\n"
    "  -d, --distance N    how far away a likeness may be, 0 to 40; 31\n"
    "                      otherwise\n"
    "  -s, --signal NAME   sha256, sha1, md5, pdq or vpdq; told by the\n"
    "                      number of digits otherwise\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: 0 all were found, 1 some were not, 3 on an error.\n";


int
screen_cmd_bank_lookup(int argc, char **argv)
{
    int                        i, status;
    screen_error_t             err;
    screen_cmd_bank_lookup_t   l;

    memset(&l, 0, sizeof(screen_cmd_bank_lookup_t));

    l.signal = SCREEN_SIGNALS;
    l.distance = SCREEN_CMD_BANK_NEAR;
    l.now = (uint64_t) time(NULL);

    if (screen_cmd_bank_lookup_options(&l, argc, argv, &status)
        != SCREEN_OK)
    {
        return status;
    }

    i = optind;

    if (l.file == NULL && i < argc) {
        l.file = argv[i++];
    }

    if (l.file == NULL) {
        return screen_cmd_bank_usage("lookup", "no bank file given");
    }

    if (i == argc) {
        return screen_cmd_bank_usage("lookup", "no %s given",
                                     l.content || l.media ? "file"
                                                          : "hash");
    }

    if ((l.redis ? screen_cmd_bank_store_open(&l.store, l.redis, l.file, &err)
                 : screen_cmd_bank_open(&l.bank, NULL, l.file, &err))
        != SCREEN_OK)
    {
        return screen_cmd_bank_failed(&err);
    }

    if (l.media) {
        screen_cmd_bank_lookup_media(&l, argv + i);
        i = argc;
    }

    for ( /* void */ ; i < argc; i++) {

        if (l.content) {
            screen_cmd_bank_lookup_content(&l, argv[i]);

        } else if (strcmp(argv[i], "-") == 0) {
            screen_cmd_bank_lookup_stdin(&l);

        } else {
            screen_cmd_bank_lookup_arg(&l, argv[i]);
        }
    }

    screen_bank_close(&l.bank);
    screen_cmd_bank_store_close(&l.store);

    if (fflush(stdout) != 0) {
        screen_error_set(&err, "the standard output: %s", strerror(errno));
        return screen_cmd_bank_failed(&err);
    }

    if (l.failed) {
        return SCREEN_CMD_BANK_ERROR;
    }

    return l.missing ? SCREEN_CMD_BANK_MISSING : SCREEN_CMD_BANK_FOUND;
}


static int
screen_cmd_bank_lookup_distance(screen_cmd_bank_lookup_t *l,
    const char *text)
{
    uint64_t      n;
    screen_str_t  s;

    s = screen_str_of(text);

    if (screen_parse_uint(&s, &n) != SCREEN_OK || n > SCREEN_CMD_BANK_FAR) {
        return SCREEN_MALFORMED;
    }

    l->distance = (unsigned) n;

    return SCREEN_OK;
}


static int
screen_cmd_bank_lookup_options(screen_cmd_bank_lookup_t *l, int argc,
    char **argv, int *status)
{
    int           c;
    screen_str_t  name;

    static const struct option  options[] = {
        { "file", required_argument, NULL, 'f' },
        { "redis", required_argument, NULL, 'r' },
        { "content", no_argument, NULL, 'c' },
        { "media", no_argument, NULL, 'm' },
        { "distance", required_argument, NULL, 'd' },
        { "signal", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    optind = 0;

    while ((c = getopt_long(argc, argv, "f:r:cmd:s:h", options, NULL)) != -1) {

        switch (c) {

        case 'f':
            l->file = optarg;
            break;

        case 'r':
            l->redis = optarg;
            break;

        case 'c':
            l->content = 1;
            break;

        case 'm':
            l->media = 1;
            break;

        case 'd':
            if (screen_cmd_bank_lookup_distance(l, optarg) != SCREEN_OK) {
                *status = screen_cmd_bank_usage("lookup", "\"%s\" is not a "
                                                "distance: 0 to %d expected",
                                                optarg, SCREEN_CMD_BANK_FAR);
                return SCREEN_ERROR;
            }

            break;

        case 's':
            name = screen_str_of(optarg);

            if (screen_signal_parse(&name, &l->signal) != SCREEN_OK) {
                *status = screen_cmd_bank_usage("lookup", "\"%s\" is not a "
                                                "signal: sha256, sha1, md5, "
                                                "pdq or vpdq expected", optarg);
                return SCREEN_ERROR;
            }

            break;

        case 'h':
            fputs(screen_cmd_bank_lookup_help, stdout);
            *status = 0;
            return SCREEN_ERROR;

        default:
            *status = screen_cmd_bank_usage("lookup", "wrong option");
            return SCREEN_ERROR;
        }
    }

    if (l->content && l->signal != SCREEN_SIGNALS
        && screen_signal_perceptual(l->signal))
    {
        *status = screen_cmd_bank_usage("lookup", "--content has sha256, "
                                        "sha1 and md5 only");
        return SCREEN_ERROR;
    }

    if (l->media && (l->content || (l->signal != SCREEN_SIGNALS
                                    && !screen_signal_perceptual(l->signal))))
    {
        *status = screen_cmd_bank_usage("lookup", "--media has pdq and vpdq "
                                        "only");
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}


static void
screen_cmd_bank_lookup_arg(screen_cmd_bank_lookup_t *l, const char *arg)
{
    const char           *colon;
    screen_str_t          text;
    screen_entry_t        asked;
    screen_error_t        err;
    screen_list_place_t   place;

    place.name = "";
    place.line = 0;

    memset(&asked, 0, sizeof(screen_entry_t));

    asked.signal = l->signal;
    text = screen_str_of(arg);
    colon = strchr(arg, ':');

    if (colon != NULL) {
        text.len = (size_t) (colon - arg);
        asked.content = screen_str_of(colon + 1);

        if (asked.signal == SCREEN_SIGNALS) {
            asked.signal = SCREEN_SIGNAL_VPDQ;
        }
    }

    if (screen_list_value(&place, &asked, &text, &err) != SCREEN_OK) {
        screen_cmd_bank_failed(&err);
        l->failed = 1;
        return;
    }

    (void) screen_cmd_bank_lookup_one(l, &asked);
}


static void
screen_cmd_bank_lookup_stdin(screen_cmd_bank_lookup_t *l)
{
    int              rc;
    u_char           buf[4096];
    ssize_t          n;
    screen_list_t   *list;
    screen_error_t   err;

    list = screen_list_create("standard input", screen_cmd_bank_lookup_one,
                              l);
    if (list == NULL) {
        screen_error_set(&err, "no memory to read the standard input");
        screen_cmd_bank_failed(&err);
        l->failed = 1;
        return;
    }

    do {
        n = read(STDIN_FILENO, buf, sizeof(buf));

        if (n == -1) {

            rc = SCREEN_OK;

            if (errno != EINTR) {
                rc = screen_error_set(&err, "the standard input: %s",
                                      strerror(errno));
            }

        } else {
            rc = n ? screen_list_feed(list, buf, (size_t) n, &err)
                   : screen_list_end(list, &err);
        }

    } while (rc == SCREEN_OK && n != 0);

    screen_list_destroy(list);

    if (rc != SCREEN_OK) {
        screen_cmd_bank_failed(&err);
        l->failed = 1;
    }
}


/* SCREEN_OK or SCREEN_NOT_FOUND; an error is noted, and not found */

static int
screen_cmd_bank_lookup_find(screen_cmd_bank_lookup_t *l,
    const screen_entry_t *key, screen_entry_t *entry)
{
    int             rc;
    screen_error_t  err;

    if (l->redis == NULL) {
        rc = screen_bank_lookup_same(&l->bank, key, l->now, entry);

    } else {
        rc = screen_cmd_bank_store_find(&l->store, key, entry, &l->text,
                                        &err);

        if (rc < 0) {
            screen_cmd_bank_failed(&err);
            l->failed = 1;
        }
    }

    return rc == SCREEN_OK && (entry->expires == 0 || entry->expires > l->now)
           && (key->content.len == 0
               || screen_str_eq(&key->content, &entry->content))
           ? SCREEN_OK : SCREEN_NOT_FOUND;
}


typedef struct {
    screen_cmd_bank_lookup_t  *lookup;
    const screen_entry_t      *asked;
    unsigned                   found;
} screen_cmd_bank_frames_t;


static int
screen_cmd_bank_lookup_frame(void *ctx, const screen_entry_t *entry)
{
    screen_cmd_bank_frames_t  *f;

    f = ctx;

    if (memcmp(entry->value, f->asked->value, SCREEN_PDQ_LEN) == 0
        && (entry->expires == 0 || entry->expires > f->lookup->now))
    {
        screen_cmd_bank_print(entry, 1, NULL);
        f->found++;
    }

    return SCREEN_OK;
}


static int
screen_cmd_bank_lookup_near(void *ctx, const screen_entry_t *entry,
    unsigned distance)
{
    return screen_cmd_bank_lookup_frame(ctx, entry);
}


/* two videos may have a frame in common: the entries of all, their number */

static unsigned
screen_cmd_bank_lookup_frames(screen_cmd_bank_lookup_t *l,
    const screen_entry_t *asked)
{
    int                        rc;
    screen_error_t             err;
    screen_bank_near_t         near;
    screen_cmd_bank_frames_t   f;

    f.lookup = l;
    f.asked = asked;
    f.found = 0;

    if (l->redis == NULL) {
        screen_bank_near_begin(&near, &l->bank, SCREEN_SIGNAL_VPDQ,
                               asked->value, 0, 0, l->now);

        do {
            rc = screen_bank_near_each(&near, UINT32_MAX,
                                       screen_cmd_bank_lookup_near, &f);
        } while (rc == SCREEN_AGAIN);

        return f.found;
    }

    rc = screen_redis_bank_shard_scan(l->store.redis, l->file,
                                      SCREEN_SIGNAL_VPDQ, asked->value[0],
                                      screen_cmd_bank_lookup_frame, &f, &err);

    if (rc != SCREEN_OK) {
        screen_cmd_bank_failed(&err);
        l->failed = 1;
    }

    return f.found;
}


static int
screen_cmd_bank_lookup_signal(screen_cmd_bank_lookup_t *l,
    const screen_entry_t *asked, screen_signal_t signal)
{
    screen_entry_t  key, entry;

    key = *asked;
    key.signal = signal;

    if (signal == SCREEN_SIGNAL_VPDQ && key.content.len == 0) {
        return screen_cmd_bank_lookup_frames(l, &key) != 0;
    }

    if (screen_cmd_bank_lookup_find(l, &key, &entry) != SCREEN_OK) {
        return 0;
    }

    screen_cmd_bank_print(&entry, 1, NULL);

    return 1;
}


static int
screen_cmd_bank_lookup_one(void *ctx, const screen_entry_t *asked)
{
    int                        found;
    screen_cmd_bank_lookup_t  *l;

    l = ctx;

    found = screen_cmd_bank_lookup_signal(l, asked, asked->signal);

    /* these have 64 digits, and nobody says which they are */

    if (l->signal == SCREEN_SIGNALS
        && screen_signal_size(asked->signal) == SCREEN_PDQ_LEN)
    {
        if (!found && asked->signal != SCREEN_SIGNAL_PDQ) {
            found = screen_cmd_bank_lookup_signal(l, asked,
                                                  SCREEN_SIGNAL_PDQ);
        }

        if (!found && asked->signal != SCREEN_SIGNAL_VPDQ) {
            found = screen_cmd_bank_lookup_signal(l, asked,
                                                  SCREEN_SIGNAL_VPDQ);
        }
    }

    if (!found) {
        screen_cmd_bank_print(asked, 0, NULL);
        l->missing = 1;
    }

    return SCREEN_OK;
}


static void
screen_cmd_bank_lookup_content(screen_cmd_bank_lookup_t *l, const char *path)
{
    unsigned         found, signal, signals;
    screen_entry_t   asked, entry;
    screen_error_t   err;
    screen_digest_t  d;

    signals = l->signal == SCREEN_SIGNALS
              ? ((l->redis ? ~0u >> (32 - SCREEN_SIGNALS) : l->bank.signals)
                 | 1u << SCREEN_SIGNAL_SHA256)
                & ~(1u << SCREEN_SIGNAL_PDQ | 1u << SCREEN_SIGNAL_VPDQ)
              : 1u << l->signal;

    memset(&d, 0, sizeof(screen_digest_t));

    if (screen_cmd_bank_digest(&d, signals, path, &err) != SCREEN_OK) {
        screen_digest_free(&d);
        screen_cmd_bank_failed(&err);
        l->failed = 1;
        return;
    }

    memset(&asked, 0, sizeof(screen_entry_t));

    found = 0;

    /* from the last, so that what is not found is told by its sha256 */

    for (signal = SCREEN_SIGNALS; signal-- > 0; /* void */ ) {

        if (!(signals & 1u << signal)) {
            continue;
        }

        asked.signal = signal;
        screen_digest_final(&d, signal, asked.value);

        if (screen_cmd_bank_lookup_find(l, &asked, &entry) == SCREEN_OK) {
            screen_cmd_bank_print(&entry, 1, path);
            found = 1;
        }
    }

    screen_digest_free(&d);

    if (!found) {
        screen_cmd_bank_print(&asked, 0, path);
        l->missing = 1;
    }
}


static int
screen_cmd_bank_digest(screen_digest_t *d, unsigned signals,
    const char *path, screen_error_t *err)
{
    int       fd, rc;
    u_char   *buf;
    ssize_t   n;

    if (screen_digest_start(d, signals) != SCREEN_OK) {
        return screen_error_at(err, path, 0, "cannot be digested: no memory, "
                               "or not allowed by the OpenSSL in use");
    }

    fd = open(path, O_RDONLY|O_CLOEXEC);
    if (fd == -1) {
        return screen_error_at(err, path, 0, "cannot be opened: %s",
                               strerror(errno));
    }

    buf = malloc(SCREEN_CMD_BANK_READ);
    if (buf == NULL) {
        close(fd);
        return screen_error_at(err, path, 0, "no memory to read it");
    }

    rc = SCREEN_OK;

    do {
        n = read(fd, buf, SCREEN_CMD_BANK_READ);

        if (n > 0) {
            screen_digest_update(d, buf, (size_t) n);
        }

        if (n == -1 && errno != EINTR) {
            rc = screen_error_at(err, path, 0, "cannot be read: %s",
                                 strerror(errno));
        }

    } while (rc == SCREEN_OK && n != 0);

    free(buf);
    close(fd);

    return rc;
}


void
screen_cmd_bank_print_text(const screen_str_t *text)
{
    size_t  i;

    for (i = 0; i < text->len; i++) {
        putchar(text->data[i] < 0x20 || text->data[i] == 0x7f
                ? '?' : text->data[i]);
    }
}


static void
screen_cmd_bank_print(const screen_entry_t *entry, int found,
    const char *path)
{
    char          hex[2 * sizeof(entry->value)], name[SCREEN_VIEW_NAME];
    size_t        size;
    screen_str_t  text;

    size = screen_signal_size(entry->signal);

    screen_hex_encode(hex, entry->value, size);

    printf("%s\t%.*s\t", screen_signal_name(entry->signal),
           (int) (2 * size), hex);

    if (found) {
        screen_cmd_bank_print_text(&entry->label);
        putchar('\t');
        screen_cmd_bank_print_text(&entry->source);
        printf("\t%u", entry->severity);

    } else {
        fputs("not found", stdout);
    }

    if (found && screen_signal_perceptual(entry->signal)) {
        putchar('\t');
        screen_cmd_bank_print_text(&entry->content);
        printf("\t%s\t%u.%03u", screen_view_name(entry->view, name),
               entry->time / 1000, entry->time % 1000);
    }

    if (path != NULL) {
        text = screen_str_of(path);
        putchar('\t');
        screen_cmd_bank_print_text(&text);
    }

    putchar('\n');
}
