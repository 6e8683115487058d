
/*
 * What two processes pay to wake each other, once there and once back, over a
 * socket: the least that handing an upload to a process apart can cost.
 *
 *     build/bench/wake [TRIPS]                         2,000 trips
 *
 * Microseconds of CPU for one trip, of both processes together: the median of
 * 11 rounds of so many trips.
 */


#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "timing.h"


#define ROUNDS  11


/* answers each byte with one, and in the end with the CPU that it has used */

static void
answer(int s)
{
    char    c;
    double  used;

    while (read(s, &c, 1) == 1 && c == '.') {

        if (write(s, &c, 1) != 1) {
            return;
        }
    }

    used = bench_cpu_ms();

    if (write(s, &used, sizeof(used)) != sizeof(used)) {
        return;
    }
}


/* milliseconds of both, or -1 */

static double
trips(int n)
{
    int     i, s[2];
    char    c;
    pid_t   pid;
    double  start, used, other;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, s) == -1) {
        return -1;
    }

    start = bench_cpu_ms();
    pid = fork();

    if (pid == -1) {
        close(s[0]);
        close(s[1]);
        return -1;
    }

    if (pid == 0) {
        close(s[0]);
        answer(s[1]);
        _exit(0);
    }

    close(s[1]);

    for (i = 0; i < n; i++) {

        if (write(s[0], ".", 1) != 1 || read(s[0], &c, 1) != 1) {
            break;
        }
    }

    used = bench_cpu_ms() - start;

    if (i < n || write(s[0], "!", 1) != 1
        || read(s[0], &other, sizeof(other)) != sizeof(other))
    {
        used = -1;
    }

    close(s[0]);
    (void) waitpid(pid, NULL, 0);

    return used < 0 ? -1 : used + other;
}


int
main(int argc, char **argv)
{
    int     i, n;
    double  ms[ROUNDS];

    n = argc > 1 ? atoi(argv[1]) : 2000;

    if (n < 1) {
        fprintf(stderr, "usage: wake [TRIPS]\n");
        return 2;
    }

    for (i = 0; i < ROUNDS; i++) {
        ms[i] = trips(n);

        if (ms[i] < 0) {
            perror("wake");
            return 1;
        }
    }

    qsort(ms, ROUNDS, sizeof(double), bench_compare);

    printf("%.1f us\n", 1000 * ms[ROUNDS / 2] / n);

    return 0;
}
