
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>

#include "screen_control.h"
#include "screen_log.h"


void
screen_log(int level, const char *fmt, ...)
{
    int      len;
    char     buf[1024];
    ssize_t  n;
    va_list  args;

    buf[0] = (char) ('0' + (level & LOG_PRIMASK));

    va_start(args, fmt);
    len = vsnprintf(buf + 1, sizeof(buf) - 1, fmt, args);
    va_end(args);

    if (len < 0) {
        return;
    }

    if (len > (int) sizeof(buf) - 2) {
        len = sizeof(buf) - 2;
    }

    n = send(SCREEN_FD_LOG, buf, len + 1, MSG_DONTWAIT|MSG_NOSIGNAL);
    (void) n;
}
