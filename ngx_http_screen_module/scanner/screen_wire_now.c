
/* on its own, since the decoder has it too */


#include <time.h>

#include "screen_wire.h"


uint64_t
screen_wire_now(void)
{
    struct timespec  ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
