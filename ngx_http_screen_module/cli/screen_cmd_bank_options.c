
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "../core/screen_list_entry.h"
#include "screen_cmd_bank.h"


static const struct option  screen_cmd_bank_longs[] = {
    { "redis", required_argument, NULL, 'r' },
    { "file", required_argument, NULL, 'f' },
    { "signal", required_argument, NULL, 's' },
    { "label", required_argument, NULL, 'l' },
    { "source", required_argument, NULL, 'u' },
    { "severity", required_argument, NULL, 'v' },
    { "expires", required_argument, NULL, 'e' },
    { "media", no_argument, NULL, 'm' },
    { "content", required_argument, NULL, 'c' },
    { "output", required_argument, NULL, 'o' },
    { "dry-run", no_argument, NULL, 'n' },
    { "quiet", no_argument, NULL, 'q' },
    { "force", no_argument, NULL, 'F' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


/* severity and expires, as in lists; SCREEN_OK or SCREEN_ERROR */

static int
screen_cmd_bank_field(screen_cmd_bank_options_t *o, int c,
    screen_error_t *err)
{
    int                   rc;
    screen_str_t          text;
    screen_entry_t        entry;
    screen_list_place_t   place;

    place.name = "";
    place.line = 0;

    memset(&entry, 0, sizeof(screen_entry_t));
    text = screen_str_of(optarg);

    if (text.len == 0) {
        return screen_error_set(err, "an empty value");
    }

    rc = screen_list_field(&place, &entry, c == 'v' ? SCREEN_LIST_SEVERITY
                                                    : SCREEN_LIST_EXPIRES,
                           &text, err);

    if (rc == SCREEN_OK && c == 'v') {
        o->severity = entry.severity;

    } else if (rc == SCREEN_OK) {
        o->expires = entry.expires;
    }

    return rc;
}


static int
screen_cmd_bank_option(screen_cmd_bank_options_t *o, int c, const char *name,
    int *status)
{
    screen_str_t    text;
    screen_error_t  err;

    switch (c) {

    case 'r':
        o->redis = optarg;
        break;

    case 'f':
        o->file = optarg;
        break;

    case 's':
        text = screen_str_of(optarg);

        if (screen_signal_parse(&text, &o->signal) != SCREEN_OK) {
            *status = screen_cmd_bank_usage(name, "\"%s\" is not a signal: "
                                            "sha256, sha1, md5, pdq or "
                                            "vpdq expected", optarg);
            return SCREEN_ERROR;
        }

        break;

    case 'l':
        o->label = optarg;
        break;

    case 'u':
        o->source = optarg;
        break;

    case 'v':
    case 'e':
        if (screen_cmd_bank_field(o, c, &err) != SCREEN_OK) {
            *status = screen_cmd_bank_usage(name, "%s", err.text);
            return SCREEN_ERROR;
        }

        break;

    case 'm':
        o->media = 1;
        break;

    case 'c':
        o->content = optarg;
        break;

    case 'o':
        o->output = optarg;
        break;

    case 'n':
        o->dry_run = 1;
        break;

    case 'q':
        o->quiet = 1;
        break;

    default:
        o->force = 1;
        break;
    }

    return SCREEN_OK;
}


int
screen_cmd_bank_options(screen_cmd_bank_options_t *o, const char *allowed,
    const char *help, int argc, char **argv, int *status)
{
    int  c;

    memset(o, 0, sizeof(screen_cmd_bank_options_t));

    o->signal = SCREEN_SIGNALS;
    optind = 0;

    while ((c = getopt_long(argc, argv, "r:f:s:l:u:v:e:c:o:mnqFh",
                            screen_cmd_bank_longs, NULL))
           != -1)
    {
        if (c == 'h') {
            fputs(help, stdout);
            *status = 0;
            return SCREEN_ERROR;
        }

        if (c == '?' || strchr(allowed, c) == NULL) {
            *status = screen_cmd_bank_usage(argv[0], "wrong option");
            return SCREEN_ERROR;
        }

        if (screen_cmd_bank_option(o, c, argv[0], status) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    if (o->redis != NULL && o->file != NULL) {
        *status = screen_cmd_bank_usage(argv[0], "either --redis or --file");
        return SCREEN_ERROR;
    }

    if (o->redis == NULL && o->file == NULL && strchr(allowed, '-') == NULL)
    {
        *status = screen_cmd_bank_usage(argv[0], "no --redis ADDRESS%s given",
                                        strchr(allowed, 'f')
                                        ? " and no --file LIST" : "");
        return SCREEN_ERROR;
    }

    return SCREEN_OK;
}
