
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_cmd_fingerprint.h"
#include "screen_cmd_scan.h"
#include "screen_json.h"
#include "screen_prints.h"
#include "screen_view.h"


#define SCREEN_CMD_FINGERPRINT_JSON  (64 * 1024 * 1024)


typedef enum {
    SCREEN_FORMAT_AUTO = 0,             /* by what the file is */
    SCREEN_FORMAT_PDQ,
    SCREEN_FORMAT_VPDQ,
    SCREEN_FORMAT_JSON
} screen_format_t;


typedef struct {
    screen_format_t   format;
    unsigned          all:1;            /* views and variants */
    unsigned          dense:1;
    int               status;
} screen_cmd_fingerprint_t;


static const char  screen_cmd_fingerprint_help[] =
    "usage: ngx-screen fingerprint [OPTION...] FILE...\n"
    "\n"
    "Prints the perceptual fingerprints of pictures and videos, as the edge\n"
    "computes them.\n"
    "\n"
    "  -f, --format NAME   pdq: hash,quality,file; vpdq: frame,quality,hash,\n"
    "                      seconds; json: an object a line.  Without it pdq\n"
    "                      of pictures and vpdq of videos\n"
    "  -a, --all-views     not only the whole picture as it is: each view and\n"
    "                      variant, named\n"
    "  -d, --dense         every frame of a video, not its key frames, as\n"
    "                      \"bank add --media\" has them\n"
    "  -h, --help          this text\n"
    "\n"
    "Exit status: 0, or 3 if a file could not be fingerprinted.\n";


static const struct option  screen_cmd_fingerprint_longs[] = {
    { "format", required_argument, NULL, 'f' },
    { "all-views", no_argument, NULL, 'a' },
    { "dense", no_argument, NULL, 'd' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 }
};


static int
screen_cmd_fingerprint_format(screen_cmd_fingerprint_t *c, const char *name)
{
    size_t  i;

    static const char *const  names[] = { "auto", "pdq", "vpdq", "json" };

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {

        if (strcmp(name, names[i]) == 0) {
            c->format = (screen_format_t) i;
            return SCREEN_OK;
        }
    }

    fprintf(stderr, "ngx-screen fingerprint: unknown format \"%s\": pdq, "
            "vpdq or json expected\n", name);

    return SCREEN_ERROR;
}


/* -1 to go on, or the exit status */

static int
screen_cmd_fingerprint_options(screen_cmd_fingerprint_t *c, int argc,
    char **argv)
{
    int  letter;

    memset(c, 0, sizeof(screen_cmd_fingerprint_t));
    optind = 0;

    while ((letter = getopt_long(argc, argv, "f:adh",
                                 screen_cmd_fingerprint_longs, NULL))
           != -1)
    {
        switch (letter) {

        case 'f':
            if (screen_cmd_fingerprint_format(c, optarg) != SCREEN_OK) {
                return SCREEN_CMD_ERROR;
            }

            break;

        case 'a':
            c->all = 1;
            break;

        case 'd':
            c->dense = 1;
            break;

        case 'h':
            fputs(screen_cmd_fingerprint_help, stdout);
            return SCREEN_CMD_PASSED;

        default:
            fputs(screen_cmd_fingerprint_help, stderr);
            return SCREEN_CMD_ERROR;
        }
    }

    if (optind == argc) {
        fputs("ngx-screen fingerprint: no FILE given\n", stderr);
        return SCREEN_CMD_ERROR;
    }

    return -1;
}


static void
screen_cmd_fingerprint_json(const screen_cmd_fingerprint_t *c,
    const char *path, const screen_part_t *part)
{
    char                    name[SCREEN_VIEW_NAME];
    size_t                  i;
    screen_buf_t            b;
    screen_str_t            file;
    screen_json_t           j;
    const screen_media_t   *m;
    const screen_print_t   *print;

    m = part->media;
    file = screen_str_of(path);

    screen_buf_init(&b, SCREEN_CMD_FINGERPRINT_JSON);
    screen_json_init(&j, &b);

    screen_json_open(&j, NULL, '{');
    screen_json_str(&j, "file", &file);
    screen_json_str(&j, "type", &part->type);
    screen_json_hex(&j, "sha256", part->sha256, sizeof(part->sha256));
    screen_json_text(&j, "kind", m->kind == SCREEN_MEDIA_VIDEO ? "video"
                                                               : "picture");
    screen_json_uint(&j, "width", m->width);
    screen_json_uint(&j, "height", m->height);
    screen_json_seconds(&j, "duration", m->duration * 1000000ull);
    screen_json_open(&j, "prints", '[');

    for (i = 0; i < m->nprints; i++) {
        print = &m->prints[i];

        if (!c->all && (print->view != SCREEN_VIEW_WHOLE || print->variant)) {
            continue;
        }

        screen_json_open(&j, NULL, '{');
        screen_json_uint(&j, "frame", print->frame);
        screen_json_seconds(&j, "time", m->times[print->frame] * 1000000ull);
        screen_json_hex(&j, "hash", print->value, SCREEN_PDQ_LEN);
        screen_json_uint(&j, "quality", print->quality);
        screen_json_text(&j, "view", screen_view_name(print->view, name));
        screen_json_text(&j, "variant", screen_pdq_variant_name(
                                     (screen_pdq_variant_t) print->variant));
        screen_json_close(&j, '}');
    }

    screen_json_close(&j, ']');
    screen_json_close(&j, '}');

    if (b.code == SCREEN_OK) {
        printf("%.*s\n", (int) b.len, (char *) b.data);
    }

    screen_buf_free(&b);
}


static void
screen_cmd_fingerprint_lines(const screen_cmd_fingerprint_t *c,
    const char *path, const screen_media_t *m)
{
    int                     video;
    char                    hex[2 * SCREEN_PDQ_LEN], name[SCREEN_VIEW_NAME];
    size_t                  i;
    uint32_t                ms;
    const screen_print_t   *print;

    video = c->format == SCREEN_FORMAT_VPDQ
            || (c->format == SCREEN_FORMAT_AUTO
                && m->kind == SCREEN_MEDIA_VIDEO);

    for (i = 0; i < m->nprints; i++) {
        print = &m->prints[i];

        if (!c->all && (print->view != SCREEN_VIEW_WHOLE || print->variant)) {
            continue;
        }

        screen_hex_encode(hex, print->value, SCREEN_PDQ_LEN);
        ms = m->times[print->frame];

        if (video) {
            printf("%u,%u,%.64s,%u.%03u", print->frame, print->quality, hex,
                   ms / 1000, ms % 1000);

        } else {
            printf("%.64s,%u,%s", hex, print->quality, path);
        }

        if (c->all) {
            printf(",%s,%s", screen_view_name(print->view, name),
                   screen_pdq_variant_name((screen_pdq_variant_t)
                                           print->variant));
        }

        printf("\n");
    }
}


static void
screen_cmd_fingerprint_file(screen_cmd_fingerprint_t *c, screen_prints_t *p,
    const char *path)
{
    screen_part_t    part;
    screen_error_t   err;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };

    if (screen_prints_file(p, path, &part, &alloc, &err) != SCREEN_OK) {
        fprintf(stderr, "ngx-screen: %s: %s\n", path, err.text);
        c->status = SCREEN_CMD_ERROR;

    } else if (part.media == NULL || part.media->nprints == 0) {
        fprintf(stderr, "ngx-screen: %s: no picture or video that can be "
                "fingerprinted: %.*s%s%.*s\n", path, (int) part.type.len,
                part.type.data, part.faults ? ", " : "",
                (int) part.fault_reason.len,
                part.faults ? (const char *) part.fault_reason.data : "");
        c->status = SCREEN_CMD_ERROR;

    } else {

        if (part.faults) {
            fprintf(stderr, "ngx-screen: %s: not all of it: %.*s\n", path,
                    (int) part.fault_reason.len, part.fault_reason.data);
        }

        if (c->format == SCREEN_FORMAT_JSON) {
            screen_cmd_fingerprint_json(c, path, &part);

        } else {
            screen_cmd_fingerprint_lines(c, path, part.media);
        }
    }

    screen_arena_destroy(&arena);
}


int
screen_cmd_fingerprint(int argc, char **argv)
{
    int                        status;
    screen_error_t             err;
    screen_prints_t            prints;
    screen_cmd_fingerprint_t   c;

    status = screen_cmd_fingerprint_options(&c, argc, argv);

    if (status != -1) {
        return status;
    }

    if (screen_prints_start(&prints, c.dense, &err) != SCREEN_OK) {
        fprintf(stderr, "ngx-screen: %s\n", err.text);
        c.status = SCREEN_CMD_ERROR;

    } else {

        for ( /* void */ ; optind < argc; optind++) {
            screen_cmd_fingerprint_file(&c, &prints, argv[optind]);
        }
    }

    screen_prints_stop(&prints);

    return c.status;
}
