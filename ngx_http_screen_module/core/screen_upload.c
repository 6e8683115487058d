
#include "screen_upload.h"


static const struct {
    const char  *name;
    size_t       size;
} screen_signals[SCREEN_SIGNALS] = {
    { "sha256", 32 },
    { "sha1", 20 },
    { "md5", 16 },
    { "pdq", 32 },
    { "vpdq", 32 },
};


static const char *const screen_faults[SCREEN_FAULTS] = {
    "framing",
    "timeout",
    "crash",
    "overload",
    "incomplete",
    "stale",
};


size_t
screen_signal_size(screen_signal_t signal)
{
    return screen_signals[signal].size;
}


const char *
screen_signal_name(screen_signal_t signal)
{
    return screen_signals[signal].name;
}


int
screen_signal_parse(const screen_str_t *name, screen_signal_t *signal)
{
    unsigned  i;

    for (i = 0; i < SCREEN_SIGNALS; i++) {

        if (screen_str_caseis(name, screen_signals[i].name)) {
            *signal = (screen_signal_t) i;
            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


const char *
screen_fault_name(screen_fault_t fault)
{
    return screen_faults[fault];
}


static void
screen_fault_add(unsigned *faults, screen_str_t *kept, screen_fault_t fault,
    const char *reason)
{
    if (*faults == 0) {
        *kept = screen_str_of(reason);
    }

    *faults |= 1u << fault;
}


void
screen_upload_fault(screen_upload_t *u, screen_fault_t fault,
    const char *reason)
{
    screen_fault_add(&u->faults, &u->fault_reason, fault, reason);
}


void
screen_part_fault(screen_part_t *p, screen_fault_t fault, const char *reason)
{
    screen_fault_add(&p->faults, &p->fault_reason, fault, reason);
}
