
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "screen_body.h"
#include "screen_cmd_scan.h"
#include "screen_file.h"
#include "screen_result.h"
#include "screen_tally.h"
#include "screen_walk.h"


/* options without a letter */

enum {
    SCREEN_CMD_RAW_BODY = 256,
    SCREEN_CMD_TYPE,
    SCREEN_CMD_DISPOSITION,
    SCREEN_CMD_BANK,
    SCREEN_CMD_PROGRESS,
    SCREEN_CMD_SUMMARY,
};


typedef struct {
    const char              *policy;
    const char              *name;
    screen_body_request_t    body;            /* path: NULL, files are */
    const char              *banks[SCREEN_BANKS_MAX];
    size_t                   nbanks;
    unsigned                 json:1;
    unsigned                 quiet:1;
    unsigned                 progress:1;
    unsigned                 summary:1;
} screen_cmd_scan_t;


static const char  screen_cmd_scan_usage[] =
    "usage: ngx-screen scan --policy FILE [OPTION...] FILE...\n"
    "       ngx-screen scan --policy FILE [OPTION...] --raw-body FILE\n"
    "           [--content-type TYPE]\n"
    "\n"
    "Prints of each file, those in folders and below included, the verdict,\n"
    "its reason and the facts that the edge would find.\n"
    "\n"
    "  -p, --policy FILE       a policy file, or a whole nginx configuration\n"
    "  -n, --name POLICY       which screen_policy of it, if several\n"
    "  -j, --json              a JSON object a line\n"
    "  -q, --quiet             nothing of files that pass\n"
    "      --summary           the numbers at the end, which many files have\n"
    "                          anyway unless it is JSON\n"
    "      --progress          tell on standard error how far it is, also\n"
    "                          where that is no terminal\n"
    "      --bank NAME=FILE    a list or bank file in place of a screen_bank\n"
    "      --raw-body FILE     the body of a request, as it was captured\n"
    "      --content-type TYPE\n"
    "                          the value of its Content-Type header\n"
    "      --content-disposition VALUE\n"
    "                          the value of its Content-Disposition header\n"
    "  -h, --help              this text\n"
    "\n"
    "The exit status: 0 if all pass, 1 if one is flagged or could not be\n"
    "looked at, 2 if one is rejected or quarantined, 3 after an error.\n";


static const struct option  screen_cmd_scan_longs[] = {
    { "policy", required_argument, NULL, 'p' },
    { "name", required_argument, NULL, 'n' },
    { "json", no_argument, NULL, 'j' },
    { "quiet", no_argument, NULL, 'q' },
    { "help", no_argument, NULL, 'h' },
    { "summary", no_argument, NULL, SCREEN_CMD_SUMMARY },
    { "progress", no_argument, NULL, SCREEN_CMD_PROGRESS },
    { "bank", required_argument, NULL, SCREEN_CMD_BANK },
    { "raw-body", required_argument, NULL, SCREEN_CMD_RAW_BODY },
    { "content-type", required_argument, NULL, SCREEN_CMD_TYPE },
    { "content-disposition", required_argument, NULL, SCREEN_CMD_DISPOSITION },
    { NULL, 0, NULL, 0 },
};


/* who scans wants to hear of files; who checks wants to hear of rules */

static void
screen_cmd_scan_tell(void *ctx, int notice, const char *file, unsigned line,
    const char *text)
{
    if (notice) {
        return;
    }

    fprintf(stderr, "ngx-screen: ");

    if (file[0]) {
        fprintf(stderr, "%s:", file);
    }

    if (line) {
        fprintf(stderr, "%u:", line);
    }

    fprintf(stderr, "%s%s\n", file[0] ? " " : "", text);
}


static int
screen_cmd_scan_fail(const screen_error_t *err)
{
    if (err->text[0]) {
        screen_cmd_scan_tell(NULL, 0, err->file, err->line, err->text);
    }

    return SCREEN_CMD_ERROR;
}


static int
screen_cmd_scan_wrong(const char *what)
{
    fprintf(stderr, "ngx-screen scan: %s\n\"ngx-screen scan --help\" tells "
            "more.\n", what);

    return SCREEN_CMD_ERROR;
}


static int
screen_cmd_scan_option(screen_cmd_scan_t *scan, int c)
{
    switch (c) {

    case 'p':
        scan->policy = optarg;
        break;

    case 'n':
        scan->name = optarg;
        break;

    case 'j':
        scan->json = 1;
        break;

    case 'q':
        scan->quiet = 1;
        break;

    case SCREEN_CMD_SUMMARY:
        scan->summary = 1;
        break;

    case SCREEN_CMD_PROGRESS:
        scan->progress = 1;
        break;

    case SCREEN_CMD_RAW_BODY:

        if (scan->body.path != NULL) {
            return screen_cmd_scan_wrong("one --raw-body at a time");
        }

        scan->body.path = optarg;
        break;

    case SCREEN_CMD_TYPE:

        /* a request with two of them is another request */

        if (scan->body.types++ == 0) {
            scan->body.type = optarg;
        }

        break;

    case SCREEN_CMD_DISPOSITION:
        scan->body.disposition = optarg;
        break;

    case SCREEN_CMD_BANK:

        if (scan->nbanks == SCREEN_BANKS_MAX
            || strchr(optarg, '=') == NULL)
        {
            return screen_cmd_scan_wrong("--bank takes NAME=FILE, 64 times "
                                         "at most");
        }

        scan->banks[scan->nbanks++] = optarg;
        break;

    default:
        return screen_cmd_scan_wrong("wrong option");
    }

    return -1;
}


/* -1 to go on, or the exit status */

static int
screen_cmd_scan_options(screen_cmd_scan_t *scan, int argc, char **argv)
{
    int  c, status;

    memset(scan, 0, sizeof(screen_cmd_scan_t));
    optind = 0;

    while ((c = getopt_long(argc, argv, "p:n:jqh", screen_cmd_scan_longs,
                            NULL))
           != -1)
    {
        if (c == 'h') {
            fputs(screen_cmd_scan_usage, stdout);
            return SCREEN_CMD_PASSED;
        }

        status = screen_cmd_scan_option(scan, c);

        if (status != -1) {
            return status;
        }
    }

    if (scan->policy == NULL) {
        return screen_cmd_scan_wrong("no --policy FILE given");
    }

    if (scan->body.path == NULL) {

        if (scan->body.types || scan->body.disposition) {
            return screen_cmd_scan_wrong("the headers are those of a "
                                         "--raw-body FILE");
        }

        return optind < argc ? -1 : screen_cmd_scan_wrong("no FILE given");
    }

    if (optind < argc) {
        return screen_cmd_scan_wrong("either --raw-body FILE or files");
    }

    return -1;
}


/* what could not be looked at is never called clean, even if it may pass */

static int
screen_cmd_scan_status(const screen_decision_t *d)
{
    switch (d->action.verdict) {

    case SCREEN_VERDICT_REJECT:
    case SCREEN_VERDICT_QUARANTINE:
        return SCREEN_CMD_REJECTED;

    case SCREEN_VERDICT_FLAG:
        return SCREEN_CMD_FLAGGED;

    default:
        return d->verdict == SCREEN_VERDICT_ERROR ? SCREEN_CMD_FLAGGED
                                                  : SCREEN_CMD_PASSED;
    }
}


static void
screen_cmd_scan_print(const screen_cmd_scan_t *scan, const char *path,
    const screen_policy_t *policy, const screen_judged_t *judged)
{
    screen_result_t  result;

    if (scan->quiet && judged->decision.verdict == SCREEN_VERDICT_PASS) {
        return;
    }

    result.path = path;
    result.upload = &judged->upload;
    result.policy = policy;
    result.decision = &judged->decision;
    result.body = judged->body;
    result.ms = judged->ms;

    if (scan->json) {
        screen_result_json(&result);

    } else {
        screen_result_text(&result);
    }

    (void) fflush(stdout);
}


static int
screen_cmd_scan_one(const screen_cmd_scan_t *scan, const char *path,
    const screen_judge_t *judge, screen_tally_t *tally)
{
    int              rc, status;
    screen_error_t   err;
    screen_arena_t   arena = screen_arena_init;
    screen_alloc_t   alloc = { screen_arena_alloc, &arena };
    screen_judged_t  judged;

    screen_tally_progress(tally);

    rc = scan->body.path
         ? screen_body_screen(&judged, &scan->body, judge, &alloc, &err)
         : screen_file_screen(&judged, path, judge, &alloc, &err);

    screen_tally_clear(tally);

    if (rc != SCREEN_OK) {
        fprintf(stderr, "ngx-screen: %s: %s\n", path, err.text);
        tally->errors++;
        status = SCREEN_CMD_ERROR;

    } else {
        screen_cmd_scan_print(scan, path, judge->policy, &judged);

        tally->files++;
        tally->bytes += judged.upload.size;
        tally->verdicts[judged.decision.verdict]++;
        status = screen_cmd_scan_status(&judged.decision);
    }

    screen_arena_destroy(&arena);

    return status;
}


static int
screen_cmd_scan_files(const screen_cmd_scan_t *scan, screen_walk_t *walk,
    const screen_judge_t *judge)
{
    int             status, worst;
    size_t          i;
    screen_tally_t  tally;

    screen_tally_start(&tally, walk->nfiles, scan->progress);

    worst = walk->nerrors ? SCREEN_CMD_ERROR : SCREEN_CMD_PASSED;

    for (i = 0; i < walk->nfiles; i++) {
        status = screen_cmd_scan_one(scan, walk->files[i], judge, &tally);
        worst = status > worst ? status : worst;
    }

    screen_tally_progress(&tally);
    screen_tally_clear(&tally);

    if (scan->json) {

        if (scan->summary) {
            screen_tally_json(&tally);
        }

    } else if (scan->summary || walk->nfiles > 1) {
        screen_tally_text(&tally);
    }

    return worst;
}


/* what stands for banks, and those that nothing stands for */

static int
screen_cmd_scan_banks(const screen_cmd_scan_t *scan, screen_setup_t *setup,
    screen_error_t *err)
{
    size_t         i;
    const char    *file;
    screen_str_t   name;

    for (i = 0; i < scan->nbanks; i++) {
        file = strchr(scan->banks[i], '=');

        name.data = (const u_char *) scan->banks[i];
        name.len = file - scan->banks[i];

        if (screen_setup_give(setup, &name, file + 1, err) != SCREEN_OK) {
            return SCREEN_ERROR;
        }
    }

    return SCREEN_OK;
}


static void
screen_cmd_scan_missing(screen_setup_t *setup, const screen_policy_t *policy)
{
    size_t                i;
    screen_setup_bank_t  *bank;

    for (i = 0; i < policy->nbanks; i++) {
        bank = screen_setup_bank(setup, &policy->banks[i]);

        if (bank->bank.map == NULL) {
            fprintf(stderr, "ngx-screen: bank \"%.*s\" is in Redis and is not "
                    "looked up; \"--bank %.*s=FILE\" has a list stand for "
                    "it\n", (int) bank->name.len, bank->name.data,
                    (int) bank->name.len, bank->name.data);
        }
    }
}


static int
screen_cmd_scan_run(const screen_cmd_scan_t *scan, screen_setup_t *setup,
    screen_client_t *client, screen_walk_t *walk)
{
    screen_error_t   err;
    screen_judge_t   judge;
    screen_policy_t  *policy;

    policy = screen_setup_choose(setup, scan->name, &err);

    if (policy == NULL
        || screen_cmd_scan_banks(scan, setup, &err) != SCREEN_OK
        || screen_client_compile(client, &setup->spec, screen_cmd_scan_tell,
                                 NULL, &err)
           != SCREEN_OK
        || screen_setup_open(setup, policy, &err) != SCREEN_OK
        || screen_client_start(client, &setup->spec, &err) != SCREEN_OK)
    {
        return screen_cmd_scan_fail(&err);
    }

    screen_cmd_scan_missing(setup, policy);

    judge.setup = setup;
    judge.policy = policy;
    judge.client = client;

    return screen_cmd_scan_files(scan, walk, &judge);
}


int
screen_cmd_scan(int argc, char **argv)
{
    int                i, rc, status;
    screen_walk_t      walk;
    screen_error_t     err;
    screen_setup_t     setup;
    screen_client_t    client;
    screen_cmd_scan_t  scan;

    status = screen_cmd_scan_options(&scan, argc, argv);
    if (status != -1) {
        return status;
    }

    memset(&client, 0, sizeof(screen_client_t));
    screen_walk_init(&walk);

    rc = screen_setup_read(&setup, scan.policy, &err);

    if (rc == SCREEN_OK) {
        screen_error_set(&err, "no memory");
    }

    if (rc == SCREEN_OK && scan.body.path) {
        rc = screen_walk_push(&walk, scan.body.path);
    }

    for (i = optind; i < argc && rc == SCREEN_OK; i++) {
        rc = screen_walk_add(&walk, argv[i]);
    }

    status = rc == SCREEN_OK
             ? screen_cmd_scan_run(&scan, &setup, &client, &walk)
             : screen_cmd_scan_fail(&err);

    screen_client_stop(&client);
    screen_setup_free(&setup);
    screen_walk_free(&walk);

    return status;
}
