
/*
 * Points in time as people write them in lists: RFC 3339, in UTC.
 */


#ifndef _SCREEN_DATE_H_INCLUDED_
#define _SCREEN_DATE_H_INCLUDED_


#include "screen_core.h"


/*
 * Seconds since 1970 of a date-time of RFC 3339 section 5.6 (a fraction of a
 * second is dropped, a leap second is the one after it), of a full-date
 * alone (its first second, UTC), or of a whole number, which is taken as
 * seconds since 1970.  SCREEN_OK, or SCREEN_MALFORMED for anything else, for
 * a day that does not exist, and for what is before 1970 or after 9999.
 */
int screen_date_parse(const screen_str_t *text, uint64_t *seconds);

/*
 * Writes "2026-01-31T23:59:59Z" and a NUL; what is after 9999 is written as
 * the last second of that year.
 */
#define SCREEN_DATE_LEN  sizeof("2026-01-31T23:59:59Z")

void screen_date_format(char to[SCREEN_DATE_LEN], uint64_t seconds);


#endif /* _SCREEN_DATE_H_INCLUDED_ */
