
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen_tally.h"
#include "screen_wire.h"


#define SCREEN_TALLY_FIRST     1000       /* ms until there is a progress */
#define SCREEN_TALLY_TERMINAL  200
#define SCREEN_TALLY_LINE      1000       /* where each is a line of its own */


void
screen_tally_start(screen_tally_t *tally, size_t total, int progress)
{
    memset(tally, 0, sizeof(screen_tally_t));

    tally->total = total;
    tally->started = screen_wire_now();
    tally->terminal = isatty(STDERR_FILENO) == 1;
    tally->progress = (progress != 0);
}


void
screen_tally_clear(screen_tally_t *tally)
{
    if (tally->terminal && tally->shown) {
        fputs("\r\033[K", stderr);
    }
}


void
screen_tally_progress(screen_tally_t *tally)
{
    size_t    done;
    uint64_t  now;

    if (tally->total == 0 || (!tally->terminal && !tally->progress)) {
        return;
    }

    now = screen_wire_now();
    done = tally->files + tally->errors;

    if (tally->terminal) {

        /* what is done within a second needs no progress */

        if ((!tally->progress && now - tally->started < SCREEN_TALLY_FIRST)
            || now - tally->shown < SCREEN_TALLY_TERMINAL)
        {
            return;
        }

    } else if (now - tally->shown < SCREEN_TALLY_LINE && done < tally->total) {
        return;
    }

    tally->shown = now;

    fprintf(stderr, "%s%zu of %zu files, %zu%%%s",
            tally->terminal ? "\r\033[K" : "ngx-screen: ", done, tally->total,
            done * 100 / tally->total, tally->terminal ? "" : "\n");
}


void
screen_tally_text(const screen_tally_t *tally)
{
    unsigned     i;
    uint64_t     ms;
    const char  *comma;

    ms = screen_wire_now() - tally->started;
    comma = ": ";

    printf("\n%zu file%s", tally->files, tally->files == 1 ? "" : "s");

    for (i = 0; i <= SCREEN_VERDICT_ERROR; i++) {

        if (tally->verdicts[i]) {
            printf("%s%zu %s", comma, tally->verdicts[i],
                   screen_verdict_name(i));
            comma = ", ";
        }
    }

    if (tally->errors) {
        printf("; %zu could not be read", tally->errors);
    }

    printf("\n%llu bytes in %llu.%03u s\n", (unsigned long long) tally->bytes,
           (unsigned long long) ms / 1000, (unsigned) (ms % 1000));
}


void
screen_tally_json(const screen_tally_t *tally)
{
    unsigned  i;

    printf("{\"summary\":{\"files\":%zu,\"unread\":%zu,\"verdicts\":{",
           tally->files, tally->errors);

    for (i = 0; i <= SCREEN_VERDICT_ERROR; i++) {
        printf("%s\"%s\":%zu", i ? "," : "", screen_verdict_name(i),
               tally->verdicts[i]);
    }

    printf("},\"bytes\":%llu,\"ms\":%llu}}\n",
           (unsigned long long) tally->bytes,
           (unsigned long long) (screen_wire_now() - tally->started));
}
