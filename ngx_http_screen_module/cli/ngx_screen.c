
/*
 * ngx-screen: every part of the module outside nginx, and the operator's
 * command line.
 */

#include <stdio.h>
#include <string.h>

#include "screen_cmd_bank.h"
#include "screen_cmd_fingerprint.h"
#include "screen_cmd_fingerprint.h"
#include "screen_cmd_quarantine.h"
#include "screen_cmd_scan.h"
#include "screen_compile.h"
#include "screen_core.h"
#include "screen_decoder.h"
#include "screen_supervisor.h"


typedef struct {
    const char   *name;
    int         (*run)(int argc, char **argv);
    const char   *help;                   /* NULL: nginx's own business */
} screen_command_t;


static int screen_main_compile(int argc, char **argv);
static int screen_main_supervisor(int argc, char **argv);
static int screen_main_version(int argc, char **argv);
static int screen_main_help(int argc, char **argv);


static const screen_command_t  screen_commands[] = {
    { "scan", screen_cmd_scan, "what the edge would say of files" },
    { "check", screen_cmd_check, "whether a policy file can be used" },
    { "fingerprint", screen_cmd_fingerprint, "what is computed of media" },
    { "fingerprint", screen_cmd_fingerprint, "what is computed of media" },
    { "bank", screen_cmd_bank, "build bank files, look fingerprints up" },
    { "quarantine", screen_cmd_quarantine, "list, release or ban copies" },
    { "version", screen_main_version, "the version of this build" },
    { "help", screen_main_help, "this" },
    { "compile", screen_main_compile, NULL },
    { "supervisor", screen_main_supervisor, NULL },
    { "--version", screen_main_version, NULL },
    { "-V", screen_main_version, NULL },
    { "--help", screen_main_help, NULL },
    { "-h", screen_main_help, NULL },
};


static int
screen_main_compile(int argc, char **argv)
{
    return screen_compile_run();
}


static int
screen_main_supervisor(int argc, char **argv)
{
    return screen_supervisor_run();
}


static int
screen_main_version(int argc, char **argv)
{
    if (argc > 1) {
        printf("usage: ngx-screen version\n");
        return strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
               ? SCREEN_CMD_PASSED : SCREEN_CMD_ERROR;
    }

    printf("ngx-screen %s\nmedia: %s\n", SCREEN_VERSION,
           screen_decoder_libraries());

    return 0;
}


static void
screen_main_usage(FILE *to)
{
    size_t                   i;
    const screen_command_t  *command;

    fprintf(to, "usage: ngx-screen COMMAND ...\n\n");

    for (i = 0; i < sizeof(screen_commands) / sizeof(screen_commands[0]); i++)
    {
        command = &screen_commands[i];

        if (command->help) {
            fprintf(to, "  %-11s  %s\n", command->name, command->help);
        }
    }

    fprintf(to, "\n\"ngx-screen COMMAND --help\" tells more.\n");
}


static const screen_command_t *
screen_main_find(const char *name)
{
    size_t  i;

    for (i = 0; i < sizeof(screen_commands) / sizeof(screen_commands[0]); i++)
    {
        if (strcmp(name, screen_commands[i].name) == 0) {
            return &screen_commands[i];
        }
    }

    fprintf(stderr, "ngx-screen: unknown command \"%s\"\n\n", name);
    screen_main_usage(stderr);

    return NULL;
}


/* "help COMMAND" is "COMMAND --help" */

static int
screen_main_help(int argc, char **argv)
{
    char                    *words[3];
    const screen_command_t  *command;

    if (argc < 2 || argv[1][0] == '-') {
        screen_main_usage(stdout);
        return SCREEN_CMD_PASSED;
    }

    command = screen_main_find(argv[1]);

    if (command == NULL) {
        return SCREEN_CMD_ERROR;
    }

    if (command->help == NULL || command->run == screen_main_help) {
        screen_main_usage(stdout);
        return SCREEN_CMD_PASSED;
    }

    words[0] = argv[1];
    words[1] = (char *) "--help";
    words[2] = NULL;

    return command->run(2, words);
}


int
main(int argc, char **argv)
{
    int                      status;
    const screen_command_t  *command;

    if (argc < 2) {
        screen_main_usage(stderr);
        return SCREEN_CMD_ERROR;
    }

    command = screen_main_find(argv[1]);

    if (command == NULL) {
        return SCREEN_CMD_ERROR;
    }

    status = command->run(argc - 1, argv + 1);

    /* a verdict that nobody could be told is none */

    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "ngx-screen: standard output could not be written\n");
        return SCREEN_CMD_ERROR;
    }

    return status;
}
