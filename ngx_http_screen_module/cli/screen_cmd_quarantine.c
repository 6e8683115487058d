
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "screen_cmd_quarantine.h"


#define SCREEN_QUARANTINE_PREFIX  6         /* digits that may stand for all */


/* no exit status: go on */

#define SCREEN_CMD_QUARANTINE_ON  (-1)


/* which options a subcommand takes */

#define SCREEN_CMD_OPT_BANK   0x01
#define SCREEN_CMD_OPT_PURGE  0x02


static int screen_cmd_quarantine_options(screen_cmd_quarantine_t *c, int argc,
    char **argv);
static int screen_cmd_quarantine_check(screen_cmd_quarantine_t *c);
static int screen_cmd_quarantine_load(screen_cmd_quarantine_t *c);
static int screen_cmd_quarantine_keep(void *ctx,
    const screen_quarantine_item_t *item);
static int screen_cmd_quarantine_select(screen_cmd_quarantine_t *c);
static int screen_cmd_quarantine_usage(screen_cmd_quarantine_t *c,
    const char *what);


#define SCREEN_CMD_QUARANTINE_BANK                                            \
    "  -f, --file LIST      a list file, or\n"                                \
    "  -r, --redis ADDRESS  Redis, as with \"ngx-screen bank add\", and\n"    \
    "  -b, --bank NAME      the bank there\n"                                 \
    "  -l, --label TEXT     \"quarantine\" otherwise\n"                       \
    "  -u, --source TEXT    who says so\n"                                    \
    "  -e, --expires TIME   2026-01-31T23:59:59Z, or seconds since 1970\n"

#define SCREEN_CMD_QUARANTINE_DIGEST                                          \
    "\nDIGEST is the SHA-256, or its first digits, six or more, where they\n" \
    "tell it from others.\n"

static const screen_cmd_quarantine_sub_t  screen_cmd_quarantine_subs[] = {

    { "list", screen_cmd_quarantine_list, 0, "what is there",
      "usage: ngx-screen quarantine list --path DIR\n"
      "\n"
      "A line for each copy, the latest first: when it was last sent, bytes,\n"
      "how often it was sent, its SHA-256, and why it is there.\n"
      "\n"
      "  -p, --path DIR       the folder of screen_quarantine_path\n"
      "  -h, --help           this text\n" },

    { "show", screen_cmd_quarantine_show, 0, "the events of a copy",
      "usage: ngx-screen quarantine show --path DIR DIGEST...\n"
      "\n"
      "The events that put copies there, a line of JSON each.\n"
      "\n"
      "  -p, --path DIR       the folder of screen_quarantine_path\n"
      "  -h, --help           this text\n"
      SCREEN_CMD_QUARANTINE_DIGEST },

    { "release", screen_cmd_quarantine_release, SCREEN_CMD_OPT_BANK,
      "to an allow bank, and delete the copy",
      "usage: ngx-screen quarantine release --path DIR --file LIST\n"
      "           DIGEST...\n"
      "       ngx-screen quarantine release --path DIR --redis ADDRESS\n"
      "           --bank NAME DIGEST...\n"
      "\n"
      "Adds digests to a bank that the policy allows, and then deletes the\n"
      "copies.\n"
      "\n"
      "  -p, --path DIR       the folder of screen_quarantine_path\n"
      SCREEN_CMD_QUARANTINE_BANK
      "  -h, --help           this text\n"
      SCREEN_CMD_QUARANTINE_DIGEST },

    { "ban", screen_cmd_quarantine_ban, SCREEN_CMD_OPT_BANK,
      "to a bank; the copy stays",
      "usage: ngx-screen quarantine ban --path DIR --file LIST DIGEST...\n"
      "       ngx-screen quarantine ban --path DIR --redis ADDRESS\n"
      "           --bank NAME DIGEST...\n"
      "\n"
      "Adds digests to a bank that the policy rejects.  The copies stay until\n"
      "they are purged or too old.\n"
      "\n"
      "  -p, --path DIR       the folder of screen_quarantine_path\n"
      SCREEN_CMD_QUARANTINE_BANK
      "  -v, --severity N     0 to 10\n"
      "  -h, --help           this text\n"
      SCREEN_CMD_QUARANTINE_DIGEST },

    { "purge", screen_cmd_quarantine_purge, SCREEN_CMD_OPT_PURGE,
      "delete copies",
      "usage: ngx-screen quarantine purge --path DIR DIGEST...\n"
      "       ngx-screen quarantine purge --path DIR --older TIME\n"
      "       ngx-screen quarantine purge --path DIR --all\n"
      "\n"
      "Deletes copies and their events.\n"
      "\n"
      "  -p, --path DIR       the folder of screen_quarantine_path\n"
      "  -o, --older TIME     what was last sent longer ago, as in 12h\n"
      "  -a, --all            all of it\n"
      "  -h, --help           this text\n"
      SCREEN_CMD_QUARANTINE_DIGEST },

    { NULL, NULL, 0, NULL, NULL }
};


/* options that are a text as it is given */

static const struct {
    int      letter;
    size_t   offset;
} screen_cmd_quarantine_texts[] = {
    { 'p', offsetof(screen_cmd_quarantine_t, store.path) },
    { 'f', offsetof(screen_cmd_quarantine_t, file) },
    { 'r', offsetof(screen_cmd_quarantine_t, redis) },
    { 'b', offsetof(screen_cmd_quarantine_t, bank) },
    { 'l', offsetof(screen_cmd_quarantine_t, label) },
    { 'u', offsetof(screen_cmd_quarantine_t, source) },
    { 'v', offsetof(screen_cmd_quarantine_t, severity) },
    { 'e', offsetof(screen_cmd_quarantine_t, expires) },
};

#define SCREEN_CMD_QUARANTINE_TEXTS                                           \
    (sizeof(screen_cmd_quarantine_texts)                                      \
     / sizeof(screen_cmd_quarantine_texts[0]))


static void
screen_cmd_quarantine_help(FILE *to)
{
    const screen_cmd_quarantine_sub_t  *sub;

    fputs("usage: ngx-screen quarantine SUBCOMMAND ...\n\n", to);

    for (sub = screen_cmd_quarantine_subs; sub->name != NULL; sub++) {
        fprintf(to, "  %-8s  %s\n", sub->name, sub->summary);
    }

    fputs("\n\"ngx-screen quarantine SUBCOMMAND --help\" tells more.\n", to);
}


int
screen_cmd_quarantine(int argc, char **argv)
{
    int                                 rc;
    screen_cmd_quarantine_t             c;
    const screen_cmd_quarantine_sub_t  *sub;

    if (argc < 2) {
        screen_cmd_quarantine_help(stderr);
        return SCREEN_CMD_QUARANTINE_ERROR;
    }

    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "help") == 0)
    {
        screen_cmd_quarantine_help(stdout);
        return 0;
    }

    for (sub = screen_cmd_quarantine_subs; sub->name != NULL; sub++) {
        if (strcmp(argv[1], sub->name) == 0) {
            break;
        }
    }

    if (sub->name == NULL) {
        fprintf(stderr, "ngx-screen quarantine: \"%s\" is not a "
                "subcommand\n\n", argv[1]);
        screen_cmd_quarantine_help(stderr);
        return SCREEN_CMD_QUARANTINE_ERROR;
    }

    memset(&c, 0, sizeof(screen_cmd_quarantine_t));

    c.sub = sub;
    c.alloc.alloc = screen_arena_alloc;
    c.alloc.owner = &c.arena;

    rc = screen_cmd_quarantine_options(&c, argc - 1, argv + 1);

    if (rc == SCREEN_CMD_QUARANTINE_ON) {
        rc = screen_cmd_quarantine_load(&c);
    }

    if (rc == SCREEN_CMD_QUARANTINE_ON) {
        rc = sub->run(&c);
    }

    screen_arena_destroy(&c.arena);

    return rc;
}


/* ON, or an exit status */

static int
screen_cmd_quarantine_options(screen_cmd_quarantine_t *c, int argc,
    char **argv)
{
    int           ch;
    size_t        i;
    uint64_t      ms;
    const char   *allowed;
    screen_str_t  text;

    static const struct option  options[] = {
        { "path", required_argument, NULL, 'p' },
        { "file", required_argument, NULL, 'f' },
        { "redis", required_argument, NULL, 'r' },
        { "bank", required_argument, NULL, 'b' },
        { "label", required_argument, NULL, 'l' },
        { "source", required_argument, NULL, 'u' },
        { "severity", required_argument, NULL, 'v' },
        { "expires", required_argument, NULL, 'e' },
        { "older", required_argument, NULL, 'o' },
        { "all", no_argument, NULL, 'a' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 }
    };

    allowed = c->sub->options == SCREEN_CMD_OPT_BANK ? "pfrbluveh"
              : c->sub->options == SCREEN_CMD_OPT_PURGE ? "poah" : "ph";

    optind = 0;

    while ((ch = getopt_long(argc, argv, "p:f:r:b:l:u:v:e:o:ah", options,
                             NULL))
           != -1)
    {
        if (strchr(allowed, ch) == NULL) {
            return screen_cmd_quarantine_usage(c, "wrong option");
        }

        for (i = 0; i < SCREEN_CMD_QUARANTINE_TEXTS; i++) {

            if (screen_cmd_quarantine_texts[i].letter == ch) {
                *(const char **) ((char *) c
                                  + screen_cmd_quarantine_texts[i].offset)
                    = optarg;
                break;
            }
        }

        if (i < SCREEN_CMD_QUARANTINE_TEXTS) {
            continue;
        }

        switch (ch) {

        case 'a':
            c->all = 1;
            break;

        case 'o':
            text = screen_str_of(optarg);

            if (screen_parse_time(&text, &ms) != SCREEN_OK || ms < 1000) {
                return screen_cmd_quarantine_usage(c, "--older takes a time "
                                                   "like 12h or 30d");
            }

            c->older = ms / 1000;
            break;

        default:
            fputs(c->sub->help, stdout);
            return 0;
        }
    }

    c->wanted = argv + optind;
    c->nwanted = (size_t) (argc - optind);

    return screen_cmd_quarantine_check(c);
}


/* whether the options make a command; the same answers */

static int
screen_cmd_quarantine_check(screen_cmd_quarantine_t *c)
{
    if (c->store.path == NULL) {
        return screen_cmd_quarantine_usage(c, "no folder given: --path DIR");
    }

    if (c->sub->options == SCREEN_CMD_OPT_BANK
        && ((c->file != NULL) == (c->redis != NULL)
            || (c->redis != NULL) != (c->bank != NULL)))
    {
        return screen_cmd_quarantine_usage(c, "no bank given: --file LIST, "
                                           "or --redis ADDRESS and --bank "
                                           "NAME");
    }

    if (c->sub->run == screen_cmd_quarantine_list) {
        c->all = 1;
    }

    if ((c->nwanted != 0) + (c->older != 0) + c->all != 1) {
        return screen_cmd_quarantine_usage(c, c->nwanted
                                              ? "too many arguments"
                                              : "no digest given");
    }

    return SCREEN_CMD_QUARANTINE_ON;
}


/* ON with the copies that the command is about, or an exit status */

static int
screen_cmd_quarantine_load(screen_cmd_quarantine_t *c)
{
    int  rc;

    rc = screen_quarantine_walk(&c->store, screen_cmd_quarantine_keep, c,
                                &c->err);

    if (rc == SCREEN_NOMEM) {
        screen_error_set(&c->err, "no memory");
    }

    if (rc != SCREEN_OK) {
        return screen_cmd_quarantine_failed(c);
    }

    return c->nwanted ? screen_cmd_quarantine_select(c)
                      : SCREEN_CMD_QUARANTINE_ON;
}


static int
screen_cmd_quarantine_keep(void *ctx, const screen_quarantine_item_t *item)
{
    screen_cmd_quarantine_t *c = ctx;

    screen_quarantine_item_t  *kept;

    if (c->older && item->time + c->older > (uint64_t) time(NULL)) {
        return SCREEN_OK;
    }

    kept = screen_alloc_push(&c->alloc, &c->items, &c->n,
                             sizeof(screen_quarantine_item_t));
    if (kept == NULL) {
        return SCREEN_NOMEM;
    }

    *kept = *item;

    return SCREEN_OK;
}


/* of all that is there, what was asked for, in that order */

static int
screen_cmd_quarantine_select(screen_cmd_quarantine_t *c)
{
    size_t                     i, k, len, found;
    screen_quarantine_item_t  *items;

    items = screen_calloc(&c->alloc,
                          c->nwanted * sizeof(screen_quarantine_item_t));
    if (items == NULL) {
        screen_error_set(&c->err, "no memory");
        return screen_cmd_quarantine_failed(c);
    }

    for (i = 0; i < c->nwanted; i++) {
        len = strlen(c->wanted[i]);
        found = 0;

        for (k = 0; k < c->n && len >= SCREEN_QUARANTINE_PREFIX; k++) {

            if (strncmp(c->items[k].name, c->wanted[i], len) == 0) {
                items[i] = c->items[k];
                found++;
            }
        }

        if (found != 1) {
            fprintf(stderr, "ngx-screen quarantine %s: \"%.80s\" is %s\n",
                    c->sub->name, c->wanted[i],
                    found ? "the beginning of several copies"
                          : "not in quarantine");
            return SCREEN_CMD_QUARANTINE_MISSING;
        }
    }

    c->items = items;
    c->n = c->nwanted;

    return SCREEN_CMD_QUARANTINE_ON;
}


int
screen_cmd_quarantine_failed(screen_cmd_quarantine_t *c)
{
    fprintf(stderr, "ngx-screen quarantine %s: %s%s%s\n", c->sub->name,
            c->err.file, c->err.file[0] ? ": " : "", c->err.text);

    return SCREEN_CMD_QUARANTINE_ERROR;
}


static int
screen_cmd_quarantine_usage(screen_cmd_quarantine_t *c, const char *what)
{
    fprintf(stderr, "ngx-screen quarantine %s: %s\n"
            "\"ngx-screen quarantine %s --help\" tells more.\n",
            c->sub->name, what, c->sub->name);

    return SCREEN_CMD_QUARANTINE_ERROR;
}
