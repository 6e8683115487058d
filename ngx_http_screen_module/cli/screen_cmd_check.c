
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "screen_cmd_scan.h"
#include "screen_json.h"
#include "screen_setup.h"


#define SCREEN_CMD_CHECK_LINE  65536


typedef struct {
    const char   *policy;
    size_t        errors;
    size_t        notices;
    unsigned      json:1;
    unsigned      quiet:1;
} screen_cmd_check_t;


static const char  screen_cmd_check_usage[] =
    "usage: ngx-screen check [--json] [--quiet] FILE...\n"
    "       ngx-screen check [--json] [--quiet] --policy FILE\n"
    "\n"
    "Reads the policies of a file, compiles their rules and patterns and\n"
    "reads the lists of their banks.  Every mistake is told with its file and\n"
    "line.  Redis is not asked.\n"
    "\n"
    "  -p, --policy FILE   a policy file, or a whole nginx configuration\n"
    "  -j, --json          a JSON object a line: of each mistake and notice,\n"
    "                      and of each file\n"
    "  -q, --quiet         mistakes only\n"
    "  -h, --help          this text\n"
    "\n"
    "The exit status: 0 if all is well, 3 if not.\n";


static void
screen_cmd_check_line(screen_buf_t *b)
{
    if (b->code == SCREEN_OK) {
        printf("%.*s\n", (int) b->len, b->data);
    }

    screen_buf_free(b);
}


static void
screen_cmd_check_json(int notice, const char *file, unsigned line,
    const char *text)
{
    screen_buf_t   b;
    screen_json_t  j;

    screen_buf_init(&b, SCREEN_CMD_CHECK_LINE);
    screen_json_init(&j, &b);

    screen_json_open(&j, NULL, '{');
    screen_json_text(&j, "level", notice ? "notice" : "error");

    if (file[0]) {
        screen_json_text(&j, "file", file);
    }

    if (line) {
        screen_json_uint(&j, "line", line);
    }

    screen_json_text(&j, "text", text);
    screen_json_close(&j, '}');

    screen_cmd_check_line(&b);
}


static void
screen_cmd_check_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    screen_cmd_check_t *check = ctx;

    if (notice) {
        check->notices++;

        if (check->quiet) {
            return;
        }

    } else {
        check->errors++;
    }

    if (check->json) {
        screen_cmd_check_json(notice, file, line, text);
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


static void
screen_cmd_check_told(const screen_cmd_check_t *check, const char *path,
    const screen_setup_t *setup)
{
    screen_buf_t   b;
    screen_json_t  j;

    if (!check->json) {

        if (check->errors == 0 && !check->quiet) {
            printf("%s: %u policies, %u banks: ok\n", path, setup->npolicies,
                   setup->nbanks);
        }

        return;
    }

    screen_buf_init(&b, SCREEN_CMD_CHECK_LINE);
    screen_json_init(&j, &b);

    screen_json_open(&j, NULL, '{');
    screen_json_text(&j, "checked", path);
    screen_json_uint(&j, "policies", setup->npolicies);
    screen_json_uint(&j, "banks", setup->nbanks);
    screen_json_uint(&j, "errors", check->errors);
    screen_json_uint(&j, "notices", check->notices);
    screen_json_close(&j, '}');

    screen_cmd_check_line(&b);
}


static int
screen_cmd_check_file(screen_cmd_check_t *check, const char *path)
{
    screen_error_t   err;
    screen_setup_t   setup;
    screen_client_t  client;

    memset(&client, 0, sizeof(screen_client_t));

    check->errors = 0;
    check->notices = 0;

    if (screen_setup_read(&setup, path, &err) != SCREEN_OK
        || screen_client_compile(&client, &setup.spec, screen_cmd_check_tell,
                                 check, &err)
           != SCREEN_OK)
    {
        if (err.text[0]) {
            screen_cmd_check_tell(check, 0, err.file, err.line, err.text);
        }

        check->errors += (check->errors == 0);
    }

    screen_cmd_check_told(check, path, &setup);

    screen_client_stop(&client);
    screen_setup_free(&setup);

    return check->errors ? SCREEN_CMD_ERROR : SCREEN_CMD_PASSED;
}


static int
screen_cmd_check_wrong(const char *what)
{
    fprintf(stderr, "ngx-screen check: %s\n\"ngx-screen check --help\" tells "
            "more.\n", what);

    return SCREEN_CMD_ERROR;
}


int
screen_cmd_check(int argc, char **argv)
{
    int                 c, status;
    screen_cmd_check_t  check;

    static const struct option  known[] = {
        { "policy", required_argument, NULL, 'p' },
        { "json", no_argument, NULL, 'j' },
        { "quiet", no_argument, NULL, 'q' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };

    memset(&check, 0, sizeof(screen_cmd_check_t));
    optind = 0;

    while ((c = getopt_long(argc, argv, "p:jqh", known, NULL)) != -1) {

        switch (c) {

        case 'p':
            check.policy = optarg;
            break;

        case 'j':
            check.json = 1;
            break;

        case 'q':
            check.quiet = 1;
            break;

        case 'h':
            fputs(screen_cmd_check_usage, stdout);
            return SCREEN_CMD_PASSED;

        default:
            return screen_cmd_check_wrong("wrong option");
        }
    }

    if (check.policy == NULL && optind == argc) {
        return screen_cmd_check_wrong("no FILE given");
    }

    status = check.policy ? screen_cmd_check_file(&check, check.policy)
                          : SCREEN_CMD_PASSED;

    for ( /* void */ ; optind < argc; optind++) {

        if (screen_cmd_check_file(&check, argv[optind])
            != SCREEN_CMD_PASSED)
        {
            status = SCREEN_CMD_ERROR;
        }
    }

    return status;
}
