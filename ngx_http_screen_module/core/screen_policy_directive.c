
#include <string.h>

#include "screen_policy_impl.h"


static int screen_option(const screen_str_t *word, const char *name,
    screen_str_t *value);
static int screen_status_parse(const screen_directive_t *d,
    const screen_str_t *word, const screen_str_t *value, unsigned *status);
static int screen_fault_parse(const screen_str_t *word, screen_fault_t *fault,
    screen_str_t *value);
static int screen_limit_parse(const screen_directive_t *d,
    const screen_str_t *word, uint32_t *limit, int size, uint64_t min,
    uint64_t max);


/* of multipart; size: with a unit */

static const struct {
    const char  *name;
    int          size;
    uint64_t     min;
    uint64_t     max;
} screen_multipart_limits[] = {
    { "max_parts=", 0, 1, 100000 },
    { "max_headers=", 0, 1, 1000 },
    { "max_header_size=", 1, 512, 1024 * 1024 },
    { "max_depth=", 0, 1, 7 },
};


/* what a client should see of a fault when the policy names no status */

static const unsigned  screen_fault_statuses[SCREEN_FAULTS] = {
    400, 403, 403, 503, 403, 503
};


int
screen_policy_max_size(screen_policy_t *p, const screen_directive_t *d)
{
    screen_str_t            value;
    screen_policy_build_t  *build;

    if (screen_parse_size(&d->words[1], &p->max_size) != SCREEN_OK) {
        return screen_directive_error(d, "invalid size \"%.*s\" in "
                   "\"max_size\": expected a size like 512m, or 0 for no "
                   "limit", screen_shown(&d->words[1]));
    }

    build = p->build;
    build->max_size_place = *d->place;

    if (d->n == 2) {
        return SCREEN_OK;
    }

    if (!screen_option(&d->words[2], "reject=", &value)) {
        return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                   "\"max_size\": expected reject=STATUS",
                   screen_shown(&d->words[2]));
    }

    return screen_status_parse(d, &d->words[2], &value, &p->max_size_status);
}


int
screen_policy_multipart(screen_policy_t *p, const screen_directive_t *d)
{
    size_t    i, j;
    unsigned  seen;
    uint32_t  limits[4];

    if (screen_str_is(&d->words[1], "lenient")) {
        p->multipart.lenient = 1;

    } else if (!screen_str_is(&d->words[1], "strict")) {
        return screen_directive_error(d, "invalid value \"%.*s\" in "
                   "\"multipart\": expected strict or lenient",
                   screen_shown(&d->words[1]));
    }

    memset(limits, 0, sizeof(limits));
    seen = 0;

    for (i = 2; i < d->n; i++) {

        for (j = 0; j < 4; j++) {

            if (screen_option(&d->words[i], screen_multipart_limits[j].name,
                              NULL))
            {
                break;
            }
        }

        if (j == 4) {
            return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                       "\"multipart\": expected max_parts=, max_headers=, "
                       "max_header_size= or max_depth=",
                       screen_shown(&d->words[i]));
        }

        if (seen & (1u << j)) {
            return screen_directive_error(d, "duplicate parameter \"%.*s\" "
                                          "in \"multipart\"",
                                          screen_shown(&d->words[i]));
        }

        seen |= 1u << j;

        if (screen_limit_parse(d, &d->words[i], &limits[j],
                               screen_multipart_limits[j].size,
                               screen_multipart_limits[j].min,
                               screen_multipart_limits[j].max)
            != SCREEN_OK)
        {
            return SCREEN_ERROR;
        }
    }

    p->multipart.max_parts = limits[0];
    p->multipart.max_headers = limits[1];
    p->multipart.max_header_size = limits[2];
    p->multipart.max_depth = limits[3];

    return SCREEN_OK;
}


int
screen_policy_limits(screen_policy_t *p, const screen_directive_t *d)
{
    int        rc;
    size_t     i;
    uint32_t  *limit, heap;

    heap = 0;

    for (i = 1; i < d->n; i++) {

        if (screen_option(&d->words[i], "match=", NULL)) {
            limit = &p->pattern_limits.match_limit;

        } else if (screen_option(&d->words[i], "heap=", NULL)) {
            limit = &heap;

        } else {
            return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                       "\"pattern_limits\": expected match= or heap=",
                       screen_shown(&d->words[i]));
        }

        if (*limit) {
            return screen_directive_error(d, "duplicate parameter \"%.*s\" "
                                          "in \"pattern_limits\"",
                                          screen_shown(&d->words[i]));
        }

        rc = (limit == &heap)
             ? screen_limit_parse(d, &d->words[i], limit, 1, 1024,
                                  1024 * 1024 * 1024)
             : screen_limit_parse(d, &d->words[i], limit, 0, 100, UINT32_MAX);

        if (rc != SCREEN_OK) {
            return rc;
        }
    }

    p->pattern_limits.heap_limit = heap / 1024;

    return SCREEN_OK;
}


int
screen_policy_media(screen_policy_t *p, const screen_directive_t *d)
{
    size_t                i, j;
    uint64_t              n;
    unsigned              seen;
    screen_str_t          value;
    screen_media_conf_t  *media;

    static const struct {
        const char  *name;
        int        (*parse)(const screen_str_t *text, uint64_t *n);
        uint64_t     min;
        uint64_t     max;
        const char  *expected;
    } options[] = {
        { "pixels=", screen_parse_size, 1024, 1ull << 32,
          "a number of pixels from 1k to 4g" },
        { "frames=", screen_parse_uint, 1, SCREEN_MEDIA_FRAMES,
          "a number from 1 to 20000" },
        { "interval=", screen_parse_time, 10, 3600000,
          "a time from 10ms to 1h" },
        { "budget=", screen_parse_time, 0, 3600000,
          "a time from 0 to 1h" },
    };

    media = &p->media;
    seen = 0;

    for (i = 1; i < d->n; i++) {

        for (j = 0; j < 4; j++) {

            if (screen_option(&d->words[i], options[j].name, &value)) {
                break;
            }
        }

        if (j == 4) {
            return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                       "\"media\": expected pixels=, frames=, interval= or "
                       "budget=", screen_shown(&d->words[i]));
        }

        if (seen & (1u << j)) {
            return screen_directive_error(d, "duplicate parameter \"%.*s\" "
                                          "in \"media\"",
                                          screen_shown(&d->words[i]));
        }

        seen |= 1u << j;

        if (options[j].parse(&value, &n) != SCREEN_OK
            || n < options[j].min || n > options[j].max)
        {
            return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                       "\"media\": expected %s", screen_shown(&d->words[i]),
                       options[j].expected);
        }

        switch (j) {

        case 0:
            media->pixels = n;
            break;

        case 1:
            media->frames = (uint32_t) n;
            break;

        case 2:
            media->interval = (uint32_t) n;
            break;

        default:
            media->budget = (uint32_t) n;
        }
    }

    return SCREEN_OK;
}


int
screen_policy_on_error(screen_policy_t *p, const screen_directive_t *d)
{
    size_t                  i;
    screen_str_t            value;
    screen_fault_t          fault;
    screen_policy_build_t  *build;

    build = p->build;

    for (i = 1; i < d->n; i++) {

        if (screen_fault_parse(&d->words[i], &fault, &value) != SCREEN_OK) {
            return screen_directive_error(d, "unknown fault \"%.*s\" in "
                       "\"on_error\": expected framing=, timeout=, crash=, "
                       "overload=, incomplete= or stale=",
                       screen_shown(&d->words[i]));
        }

        if (build->seen_faults & (1u << fault)) {
            return screen_directive_error(d, "duplicate fault \"%s\" in "
                                          "\"on_error\"",
                                          screen_fault_name(fault));
        }

        build->seen_faults |= 1u << fault;

        switch (screen_action_parse(d, &value, screen_fault_statuses[fault],
                                    &p->on_error[fault]))
        {
        case SCREEN_OK:
            if (p->on_error[fault].verdict != SCREEN_VERDICT_ALLOW) {
                continue;
            }

            break;

        case SCREEN_NOT_FOUND:
            if (screen_str_is(&value, "pass")) {
                p->on_error[fault].verdict = SCREEN_VERDICT_PASS;
                p->on_error[fault].status = 0;
                continue;
            }

            break;

        default:
            return SCREEN_ERROR;
        }

        return screen_directive_error(d, "invalid action \"%.*s\" of \"%s\" "
                   "in \"on_error\": expected pass, log, flag, "
                   "quarantine, reject or reject=STATUS", screen_shown(&value),
                   screen_fault_name(fault));
    }

    return SCREEN_OK;
}


int
screen_action_parse(const screen_directive_t *d, const screen_str_t *word,
    unsigned status, screen_action_t *action)
{
    screen_str_t  value;

    action->status = 0;

    if (screen_str_is(word, "allow")) {
        action->verdict = SCREEN_VERDICT_ALLOW;
        return SCREEN_OK;
    }

    if (screen_str_is(word, "flag")) {
        action->verdict = SCREEN_VERDICT_FLAG;
        return SCREEN_OK;
    }

    if (screen_str_is(word, "log")) {
        action->verdict = SCREEN_VERDICT_LOG;
        return SCREEN_OK;
    }

    if (screen_str_is(word, "reject")) {
        action->verdict = SCREEN_VERDICT_REJECT;
        action->status = status;
        return SCREEN_OK;
    }

    if (screen_option(word, "reject=", &value)) {
        action->verdict = SCREEN_VERDICT_REJECT;
        return screen_status_parse(d, word, &value, &action->status);
    }

    if (screen_str_is(word, "quarantine")) {
        action->verdict = SCREEN_VERDICT_QUARANTINE;
        action->status = 403;
        return SCREEN_OK;
    }

    if (screen_option(word, "quarantine=", &value)) {
        action->verdict = SCREEN_VERDICT_QUARANTINE;
        return screen_status_parse(d, word, &value, &action->status);
    }

    return SCREEN_NOT_FOUND;
}


/* 1 if word is the name, which ends with "=", and a value behind it */

static int
screen_option(const screen_str_t *word, const char *name, screen_str_t *value)
{
    size_t  len;

    len = strlen(name);

    if (word->len < len || memcmp(word->data, name, len) != 0) {
        return 0;
    }

    if (value != NULL) {
        value->data = word->data + len;
        value->len = word->len - len;
    }

    return 1;
}


static int
screen_status_parse(const screen_directive_t *d, const screen_str_t *word,
    const screen_str_t *value, unsigned *status)
{
    uint64_t  n;

    if (screen_parse_uint(value, &n) != SCREEN_OK || n < 200 || n > 599) {
        return screen_directive_error(d, "invalid status \"%.*s\" in "
                   "\"%.*s\": expected a number from 200 to 599",
                   screen_shown(word), screen_shown(&d->words[0]));
    }

    *status = (unsigned) n;

    return SCREEN_OK;
}


static int
screen_fault_parse(const screen_str_t *word, screen_fault_t *fault,
    screen_str_t *value)
{
    size_t    len;
    unsigned  i;

    for (i = 0; i < SCREEN_FAULTS; i++) {
        len = strlen(screen_fault_name((screen_fault_t) i));

        if (word->len > len && word->data[len] == '='
            && memcmp(word->data, screen_fault_name((screen_fault_t) i), len)
               == 0)
        {
            value->data = word->data + len + 1;
            value->len = word->len - len - 1;
            *fault = (screen_fault_t) i;

            return SCREEN_OK;
        }
    }

    return SCREEN_NOT_FOUND;
}


/* the value of "name=value", a size or a plain number */

static int
screen_limit_parse(const screen_directive_t *d, const screen_str_t *word,
    uint32_t *limit, int size, uint64_t min, uint64_t max)
{
    int            rc;
    uint64_t       n;
    screen_str_t   value;
    const u_char  *eq;

    eq = memchr(word->data, '=', word->len);

    value.data = eq + 1;
    value.len = word->data + word->len - value.data;

    rc = size ? screen_parse_size(&value, &n) : screen_parse_uint(&value, &n);

    if (rc != SCREEN_OK || n < min || n > max) {
        return screen_directive_error(d, "invalid parameter \"%.*s\" in "
                   "\"%.*s\": expected a %s from %llu to %llu",
                   screen_shown(word), screen_shown(&d->words[0]),
                   size ? "size" : "number", (unsigned long long) min,
                   (unsigned long long) max);
    }

    *limit = (uint32_t) n;

    return SCREEN_OK;
}
