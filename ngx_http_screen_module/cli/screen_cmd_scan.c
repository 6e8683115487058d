
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_cmd_scan.h"
#include "screen_file.h"
#include "screen_result.h"


typedef struct {
    const char  *policy;
    const char  *name;
    unsigned     json:1;
    unsigned     quiet:1;
} screen_cmd_options_t;


static const char  screen_cmd_scan_usage[] =
    "usage: ngx-screen scan FILE... --policy FILE [--name POLICY] [--json]\n"
    "\n"
    "Prints of each file the verdict, its reason and the facts that the edge\n"
    "would find.  The exit status: 0 if all pass, 1 if one is flagged, 2 if\n"
    "one is rejected, 3 after an error.\n"
    "\n"
    "  --policy FILE   a policy file, or a whole nginx configuration\n"
    "  --name POLICY   which screen_policy of it, if there are several\n"
    "  --json          a JSON object a line\n";

static const char  screen_cmd_check_usage[] =
    "usage: ngx-screen check --policy FILE\n"
    "\n"
    "Reads the policies of a file, compiles their rules and patterns and\n"
    "reads the lists of their banks.  The exit status: 0 or 3.\n";


static void
screen_cmd_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    const screen_cmd_options_t  *options = ctx;

    if (notice && options->quiet) {
        return;
    }

    fprintf(stderr, "ngx-screen: ");

    if (file[0]) {
        fprintf(stderr, "%s:", file);
    }

    if (line) {
        fprintf(stderr, "%u:", line);
    }

    fprintf(stderr, "%s%s%s\n", file[0] ? " " : "",
            notice ? "notice: " : "", text);
}


static int
screen_cmd_fail(const screen_error_t *err)
{
    screen_cmd_options_t  options;

    memset(&options, 0, sizeof(screen_cmd_options_t));

    if (err->text[0]) {
        screen_cmd_tell(&options, 0, err->file, err->line, err->text);
    }

    return SCREEN_CMD_ERROR;
}


static int
screen_cmd_usage(const char *usage, int asked)
{
    fputs(usage, asked ? stdout : stderr);

    return asked ? SCREEN_CMD_PASSED : SCREEN_CMD_ERROR;
}


/* -1 to go on, or the exit status */

static int
screen_cmd_options(screen_cmd_options_t *options, int argc, char **argv,
    const char *usage)
{
    int  c;

    static const struct option  known[] = {
        { "policy", required_argument, NULL, 'p' },
        { "name", required_argument, NULL, 'n' },
        { "json", no_argument, NULL, 'j' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };

    memset(options, 0, sizeof(screen_cmd_options_t));

    while ((c = getopt_long(argc, argv, "p:n:jh", known, NULL)) != -1) {

        switch (c) {

        case 'p':
            options->policy = optarg;
            break;

        case 'n':
            options->name = optarg;
            break;

        case 'j':
            options->json = 1;
            break;

        default:
            return screen_cmd_usage(usage, c == 'h');
        }
    }

    if (options->policy == NULL) {
        return screen_cmd_usage(usage, 0);
    }

    return -1;
}


static int
screen_cmd_worse(int status, screen_verdict_t verdict)
{
    int  of;

    switch (verdict) {

    case SCREEN_VERDICT_REJECT:
    case SCREEN_VERDICT_QUARANTINE:
        of = SCREEN_CMD_REJECTED;
        break;

    case SCREEN_VERDICT_FLAG:
        of = SCREEN_CMD_FLAGGED;
        break;

    default:
        of = SCREEN_CMD_PASSED;
    }

    return of > status ? of : status;
}


static int
screen_cmd_scan_file(const char *path, const screen_cmd_options_t *options,
    screen_setup_t *setup, const screen_policy_t *policy,
    screen_client_t *client, int status)
{
    screen_file_t    file;
    screen_error_t   err;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_result_t  result;

    if (screen_file_screen(&file, path, setup, policy, client, &alloc, &err)
        != SCREEN_OK)
    {
        fprintf(stderr, "ngx-screen: %s: %s\n", path, err.text);
        screen_arena_destroy(&arena);
        return SCREEN_CMD_ERROR;
    }

    result.path = path;
    result.upload = &file.upload;
    result.policy = policy;
    result.decision = &file.decision;
    result.ms = file.ms;

    if (options->json) {
        screen_result_json(&result);

    } else {
        screen_result_text(&result);
    }

    fflush(stdout);

    status = screen_cmd_worse(status, file.decision.action.verdict);

    screen_arena_destroy(&arena);

    return status;
}


static int
screen_cmd_scan_all(screen_setup_t *setup, screen_client_t *client,
    screen_cmd_options_t *options, int argc, char **argv)
{
    int               i, status;
    screen_error_t    err;
    screen_policy_t  *policy;

    policy = screen_setup_choose(setup, options->name, &err);

    if (policy == NULL
        || screen_client_compile(client, &setup->spec, screen_cmd_tell,
                                 options, &err)
           != SCREEN_OK
        || screen_setup_open(setup, policy, &err) != SCREEN_OK
        || screen_client_start(client, &setup->spec, &err) != SCREEN_OK)
    {
        return screen_cmd_fail(&err);
    }

    status = SCREEN_CMD_PASSED;

    for (i = 0; i < argc; i++) {
        status = screen_cmd_scan_file(argv[i], options, setup, policy, client,
                                      status);
    }

    return status;
}


int
screen_cmd_scan(int argc, char **argv)
{
    int                    status;
    screen_error_t         err;
    screen_setup_t         setup;
    screen_client_t        client;
    screen_cmd_options_t   options;

    status = screen_cmd_options(&options, argc, argv, screen_cmd_scan_usage);
    if (status != -1) {
        return status;
    }

    if (optind == argc) {
        return screen_cmd_usage(screen_cmd_scan_usage, 0);
    }

    /* who scans wants to hear of files; who checks wants to hear of rules */

    options.quiet = 1;

    memset(&client, 0, sizeof(screen_client_t));

    if (screen_setup_read(&setup, options.policy, &err) != SCREEN_OK) {
        status = screen_cmd_fail(&err);

    } else {
        status = screen_cmd_scan_all(&setup, &client, &options,
                                     argc - optind, argv + optind);
    }

    screen_client_stop(&client);
    screen_setup_free(&setup);

    return status;
}


int
screen_cmd_check(int argc, char **argv)
{
    int                    status;
    screen_error_t         err;
    screen_setup_t         setup;
    screen_client_t        client;
    screen_cmd_options_t   options;

    status = screen_cmd_options(&options, argc, argv, screen_cmd_check_usage);
    if (status != -1) {
        return status;
    }

    memset(&client, 0, sizeof(screen_client_t));

    if (screen_setup_read(&setup, options.policy, &err) != SCREEN_OK
        || screen_client_compile(&client, &setup.spec, screen_cmd_tell,
                                 &options, &err)
           != SCREEN_OK)
    {
        status = screen_cmd_fail(&err);

    } else {
        printf("%s: %u policies, %u banks: ok\n", options.policy,
               setup.npolicies, setup.nbanks);
        status = SCREEN_CMD_PASSED;
    }

    screen_client_stop(&client);
    screen_setup_free(&setup);

    return status;
}
