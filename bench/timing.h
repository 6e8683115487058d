
/*
 * What the measurements share: clocks, and the middle of some runs.
 */


#ifndef _TIMING_H_INCLUDED_
#define _TIMING_H_INCLUDED_


#include <stdint.h>
#include <stdlib.h>
#include <time.h>


/* nanoseconds; CLOCK_PROCESS_CPUTIME_ID leaves out what others do */

static inline uint64_t
bench_now(clockid_t clock)
{
    struct timespec  ts;

    (void) clock_gettime(clock, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + (uint64_t) ts.tv_nsec;
}


/* of the processor, that this process has used */

static inline double
bench_cpu_ms(void)
{
    return (double) bench_now(CLOCK_PROCESS_CPUTIME_ID) / 1e6;
}


static inline int
bench_compare(const void *a, const void *b)
{
    double  x, y;

    x = *(const double *) a;
    y = *(const double *) b;

    return (x > y) - (x < y);
}


static inline int
bench_compare_ns(const void *a, const void *b)
{
    uint32_t  x, y;

    x = *(const uint32_t *) a;
    y = *(const uint32_t *) b;

    return (x > y) - (x < y);
}


/* sorts them */

static inline double
bench_median(double *times, size_t n)
{
    qsort(times, n, sizeof(double), bench_compare);

    return times[n / 2];
}


#endif /* _TIMING_H_INCLUDED_ */
