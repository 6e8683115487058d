
#include <stdio.h>
#include <time.h>

#include "screen_date.h"


#define SCREEN_DATE_MAX  253402300799ull     /* 9999-12-31T23:59:59Z */


/* a number of exactly n digits, from min to max */

static int
screen_date_digits(screen_str_t *rest, size_t n, unsigned min, unsigned max,
    unsigned *to)
{
    size_t    i;
    unsigned  v;

    if (rest->len < n) {
        return SCREEN_MALFORMED;
    }

    v = 0;

    for (i = 0; i < n; i++) {

        if (rest->data[i] < '0' || rest->data[i] > '9') {
            return SCREEN_MALFORMED;
        }

        v = v * 10 + (rest->data[i] - '0');
    }

    if (v < min || v > max) {
        return SCREEN_MALFORMED;
    }

    rest->data += n;
    rest->len -= n;
    *to = v;

    return SCREEN_OK;
}


/* one character out of two */

static int
screen_date_mark(screen_str_t *rest, u_char a, u_char b)
{
    if (rest->len == 0 || (rest->data[0] != a && rest->data[0] != b)) {
        return SCREEN_MALFORMED;
    }

    rest->data++;
    rest->len--;

    return SCREEN_OK;
}


/* full-date, in days since 1970 */

static int
screen_date_day(screen_str_t *rest, int64_t *days)
{
    unsigned  year, month, day, leap, last, y, m;

    static const u_char  lengths[] = { 31, 28, 31, 30, 31, 30,
                                       31, 31, 30, 31, 30, 31 };

    if (screen_date_digits(rest, 4, 1970, 9999, &year) != SCREEN_OK
        || screen_date_mark(rest, '-', '-') != SCREEN_OK
        || screen_date_digits(rest, 2, 1, 12, &month) != SCREEN_OK
        || screen_date_mark(rest, '-', '-') != SCREEN_OK
        || screen_date_digits(rest, 2, 1, 31, &day) != SCREEN_OK)
    {
        return SCREEN_MALFORMED;
    }

    leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    last = lengths[month - 1] + (month == 2 && leap);

    if (day > last) {
        return SCREEN_MALFORMED;
    }

    /* years begin in March here, so that the leap day is their last */

    y = month > 2 ? year : year - 1;
    m = month > 2 ? month - 3 : month + 9;

    *days = (int64_t) y * 365 + y / 4 - y / 100 + y / 400
            + (m * 153 + 2) / 5 + day - 1 - 719468;

    return SCREEN_OK;
}


/* full-time, in seconds since midnight UTC, which may be below zero */

static int
screen_date_clock(screen_str_t *rest, int64_t *seconds)
{
    int       sign;
    unsigned  hour, minute, second, fraction;

    if (screen_date_digits(rest, 2, 0, 23, &hour) != SCREEN_OK
        || screen_date_mark(rest, ':', ':') != SCREEN_OK
        || screen_date_digits(rest, 2, 0, 59, &minute) != SCREEN_OK
        || screen_date_mark(rest, ':', ':') != SCREEN_OK
        || screen_date_digits(rest, 2, 0, 60, &second) != SCREEN_OK)
    {
        return SCREEN_MALFORMED;
    }

    *seconds = hour * 3600 + minute * 60 + second;

    if (screen_date_mark(rest, '.', '.') == SCREEN_OK) {

        if (screen_date_digits(rest, 1, 0, 9, &fraction) != SCREEN_OK) {
            return SCREEN_MALFORMED;
        }

        while (screen_date_digits(rest, 1, 0, 9, &fraction) == SCREEN_OK) {
            /* void */
        }
    }

    if (screen_date_mark(rest, 'Z', 'z') == SCREEN_OK) {
        return SCREEN_OK;
    }

    sign = rest->len && rest->data[0] == '-' ? 1 : -1;

    if (screen_date_mark(rest, '+', '-') != SCREEN_OK
        || screen_date_digits(rest, 2, 0, 23, &hour) != SCREEN_OK
        || screen_date_mark(rest, ':', ':') != SCREEN_OK
        || screen_date_digits(rest, 2, 0, 59, &minute) != SCREEN_OK)
    {
        return SCREEN_MALFORMED;
    }

    *seconds += sign * (int64_t) (hour * 3600 + minute * 60);

    return SCREEN_OK;
}


int
screen_date_parse(const screen_str_t *text, uint64_t *seconds)
{
    int64_t       days, clock;
    uint64_t      n;
    screen_str_t  rest;

    if (screen_parse_uint(text, &n) == SCREEN_OK) {

        if (n > SCREEN_DATE_MAX) {
            return SCREEN_MALFORMED;
        }

        *seconds = n;

        return SCREEN_OK;
    }

    rest = *text;
    clock = 0;

    if (screen_date_day(&rest, &days) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    if (rest.len) {

        if (screen_date_mark(&rest, 'T', 't') != SCREEN_OK
            && screen_date_mark(&rest, ' ', ' ') != SCREEN_OK)
        {
            return SCREEN_MALFORMED;
        }

        if (screen_date_clock(&rest, &clock) != SCREEN_OK || rest.len) {
            return SCREEN_MALFORMED;
        }
    }

    clock += days * 86400;

    if (clock < 0 || clock > (int64_t) SCREEN_DATE_MAX) {
        return SCREEN_MALFORMED;
    }

    *seconds = (uint64_t) clock;

    return SCREEN_OK;
}


void
screen_date_format(char to[SCREEN_DATE_LEN], uint64_t seconds)
{
    time_t     t;
    struct tm  tm;

    t = (time_t) (seconds > SCREEN_DATE_MAX ? SCREEN_DATE_MAX : seconds);

    if (gmtime_r(&t, &tm) == NULL
        || strftime(to, SCREEN_DATE_LEN, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
    {
        snprintf(to, SCREEN_DATE_LEN, "?");
    }
}
