
/*
 * Messages to nginx's error log: datagrams on SCREEN_FD_LOG, one digit of
 * syslog's levels, then the text.  Never waits: what does not fit is dropped.
 */


#ifndef _SCREEN_LOG_H_INCLUDED_
#define _SCREEN_LOG_H_INCLUDED_


#include <syslog.h>


/* level is one of LOG_EMERG to LOG_DEBUG of <syslog.h> */
void screen_log(int level, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


#endif /* _SCREEN_LOG_H_INCLUDED_ */
