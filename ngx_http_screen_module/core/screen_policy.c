
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "screen_policy_impl.h"


static const char *const screen_verdicts[] = {
    "pass", "log", "flag", "quarantine", "reject", "allow", "error"
};


static int screen_policy_methods(screen_policy_t *p,
    const screen_directive_t *d);
static int screen_policy_rules(screen_policy_t *p,
    const screen_directive_t *d);
static int screen_policy_slow_rules(screen_policy_t *p,
    const screen_directive_t *d);


static const struct {
    const char  *name;
    size_t       min;                   /* arguments */
    size_t       max;
    unsigned     once:1;
    int        (*set)(screen_policy_t *p, const screen_directive_t *d);
} screen_directives[] = {
    { "methods", 1, SIZE_MAX, 1, screen_policy_methods },
    { "max_size", 1, 2, 1, screen_policy_max_size },
    { "multipart", 1, 5, 1, screen_policy_multipart },
    { "yara_rules", 1, SIZE_MAX, 0, screen_policy_rules },
    { "yara_slow_rules", 1, 1, 1, screen_policy_slow_rules },
    { "pattern_limits", 1, 2, 1, screen_policy_limits },
    { "media", 1, 4, 1, screen_policy_media },
    { "match", 2, SIZE_MAX, 0, screen_policy_match },
    { "on_error", 1, SIZE_MAX, 0, screen_policy_on_error },
};

#define SCREEN_DIRECTIVES                                                     \
    (sizeof(screen_directives) / sizeof(screen_directives[0]))


const char *
screen_verdict_name(screen_verdict_t verdict)
{
    return screen_verdicts[verdict];
}


screen_policy_t *
screen_policy_create(const screen_alloc_t *alloc, const screen_str_t *name,
    const screen_place_t *place)
{
    size_t            i;
    screen_str_t     *method;
    screen_policy_t  *p;

    static const screen_str_t  methods[] = {
        screen_str("POST"), screen_str("PUT"), screen_str("PATCH")
    };

    p = screen_calloc(alloc, sizeof(screen_policy_t));
    if (p == NULL) {
        return NULL;
    }

    p->alloc = alloc;
    p->place.line = place->line;

    p->build = screen_calloc(alloc, sizeof(screen_policy_build_t));

    if (p->build == NULL
        || screen_alloc_str(alloc, &p->name, name) != SCREEN_OK
        || screen_alloc_str(alloc, &p->place.file, &place->file) != SCREEN_OK)
    {
        return NULL;
    }

    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {

        method = screen_alloc_push(alloc, &p->methods, &p->nmethods,
                                   sizeof(screen_str_t));
        if (method == NULL) {
            return NULL;
        }

        *method = methods[i];
    }

    p->max_size_status = 413;

    p->media.pixels = SCREEN_MEDIA_PIXELS;
    p->media.frames = SCREEN_MEDIA_FRAMES;
    p->media.interval = SCREEN_MEDIA_INTERVAL;
    p->media.budget = SCREEN_MEDIA_BUDGET;

    p->on_error[SCREEN_FAULT_FRAMING].verdict = SCREEN_VERDICT_REJECT;
    p->on_error[SCREEN_FAULT_FRAMING].status = 400;
    p->on_error[SCREEN_FAULT_TIMEOUT].verdict = SCREEN_VERDICT_FLAG;
    p->on_error[SCREEN_FAULT_CRASH].verdict = SCREEN_VERDICT_FLAG;
    p->on_error[SCREEN_FAULT_OVERLOAD].verdict = SCREEN_VERDICT_REJECT;
    p->on_error[SCREEN_FAULT_OVERLOAD].status = 503;
    p->on_error[SCREEN_FAULT_INCOMPLETE].verdict = SCREEN_VERDICT_FLAG;
    p->on_error[SCREEN_FAULT_STALE].verdict = SCREEN_VERDICT_FLAG;

    return p;
}


void
screen_policy_destroy(screen_policy_t *p)
{
    screen_policy_build_t    *build;
    screen_policy_pattern_t  *pattern;

    if (p == NULL) {
        return;
    }

    build = p->build;

    for (pattern = build->patterns; pattern; pattern = pattern->next) {
        screen_pattern_destroy(pattern->pattern);
    }

    build->patterns = NULL;
}


int
screen_policy_directive(screen_policy_t *p, const screen_str_t *words,
    size_t n, const screen_place_t *place, screen_error_t *err)
{
    size_t                  i;
    screen_directive_t      d;
    screen_policy_build_t  *build;

    d.words = words;
    d.n = n;
    d.place = place;
    d.err = err;

    build = p->build;

    if (n == 0) {
        return screen_directive_error(&d, "an empty directive");
    }

    for (i = 0; i < SCREEN_DIRECTIVES; i++) {

        if (!screen_str_is(&words[0], screen_directives[i].name)) {
            continue;
        }

        if (n - 1 < screen_directives[i].min
            || n - 1 > screen_directives[i].max)
        {
            return screen_directive_error(&d, "invalid number of arguments "
                                          "in \"%s\" directive",
                                          screen_directives[i].name);
        }

        if (screen_directives[i].once && (build->seen & (1u << i))) {
            return screen_directive_error(&d,
                                          "\"%s\" directive is duplicate",
                                          screen_directives[i].name);
        }

        build->seen |= 1u << i;

        return screen_directives[i].set(p, &d);
    }

    return screen_directive_error(&d, "unknown directive \"%.*s\" in "
               "screen_policy \"%.*s\": expected methods, max_size, "
               "multipart, yara_rules, yara_slow_rules, pattern_limits, media, "
               "match or on_error", screen_shown(&words[0]),
               screen_shown(&p->name));
}


int
screen_policy_finish(screen_policy_t *p, screen_error_t *err)
{
    screen_action_t        *framing;
    screen_directive_t      d;
    screen_policy_build_t  *build;

    build = p->build;

    if (build->uses_yara && p->nrules == 0) {
        memset(&d, 0, sizeof(screen_directive_t));

        d.place = &build->yara_place;
        d.err = err;

        return screen_directive_error(&d, "\"match yara\" without rules: "
                   "screen_policy \"%.*s\" has no \"yara_rules\"",
                   screen_shown(&p->name));
    }

    /* lenient means that an ambiguous body is not turned away for it */

    framing = &p->on_error[SCREEN_FAULT_FRAMING];

    if (p->multipart.lenient && framing->verdict > SCREEN_VERDICT_FLAG) {
        framing->verdict = SCREEN_VERDICT_FLAG;
        framing->status = 0;
    }

    return SCREEN_OK;
}


int
screen_policy_quarantines(const screen_policy_t *p, screen_place_t *place)
{
    size_t  i;

    for (i = 0; i < p->nlines; i++) {

        if (p->lines[i].action.verdict == SCREEN_VERDICT_QUARANTINE) {
            *place = p->lines[i].place;
            return 1;
        }
    }

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (p->on_error[i].verdict == SCREEN_VERDICT_QUARANTINE) {
            *place = p->place;
            return 1;
        }
    }

    return 0;
}


int
screen_policy_scans(const screen_policy_t *p)
{
    size_t                i, j;
    const screen_cond_t  *cond;

    for (i = 0; i < p->nlines; i++) {

        for (j = 0; j < p->lines[i].nconds; j++) {
            cond = &p->lines[i].conds[j];

            switch (cond->kind) {

            case SCREEN_COND_BANK:

                if (screen_cond_is_near(cond)) {
                    return 1;
                }

                break;

            case SCREEN_COND_FILENAME:
            case SCREEN_COND_FIELD:
            case SCREEN_COND_SIZE:
            case SCREEN_COND_PARTS:
                break;

            default:
                return 1;
            }
        }
    }

    return 0;
}


size_t
screen_policy_line(const screen_policy_t *p, const screen_line_t *line)
{
    return line - p->lines;
}


screen_report_engine_t
screen_policy_report(const screen_policy_t *p)
{
    screen_report_engine_t  engine;

    engine.ncontents = p->ncontents;
    engine.dense = p->media.dense;

    return engine;
}


int
screen_policy_method(const screen_policy_t *p, const screen_str_t *method)
{
    size_t  i;

    for (i = 0; i < p->nmethods; i++) {

        if (screen_str_eq(&p->methods[i], method)) {
            return 1;
        }
    }

    return 0;
}


int
screen_directive_error(const screen_directive_t *d, const char *fmt, ...)
{
    char     text[SCREEN_ERROR_LEN], file[256];
    va_list  args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);

    snprintf(file, sizeof(file), "%.*s", (int) (d->place->file.len < 256
                                                ? d->place->file.len : 255),
             d->place->file.len ? (const char *) d->place->file.data : "");

    return screen_error_at(d->err, file, d->place->line, "%s", text);
}


static int
screen_policy_methods(screen_policy_t *p, const screen_directive_t *d)
{
    char          *upper;
    size_t         i, j;
    screen_str_t   name, *method;

    p->nmethods = 0;
    p->methods = NULL;

    for (i = 1; i < d->n; i++) {

        upper = screen_alloc_text(p->alloc, &d->words[i]);
        if (upper == NULL) {
            return SCREEN_NOMEM;
        }

        for (j = 0; j < d->words[i].len; j++) {

            if (upper[j] >= 'a' && upper[j] <= 'z') {
                upper[j] -= 'a' - 'A';
            }

            if ((upper[j] < 'A' || upper[j] > 'Z')
                && (j == 0 || (upper[j] != '-' && upper[j] != '_')))
            {
                break;
            }
        }

        name.data = (u_char *) upper;
        name.len = d->words[i].len;

        if (j != name.len || name.len == 0) {
            return screen_directive_error(d, "invalid method \"%.*s\" in "
                       "\"methods\": expected names like POST",
                       screen_shown(&d->words[i]));
        }

        if (screen_policy_method(p, &name)) {
            return screen_directive_error(d, "duplicate method \"%.*s\" in "
                                          "\"methods\"", screen_shown(&name));
        }

        method = screen_alloc_push(p->alloc, &p->methods, &p->nmethods,
                                   sizeof(screen_str_t));
        if (method == NULL) {
            return SCREEN_NOMEM;
        }

        *method = name;
    }

    return SCREEN_OK;
}


static int
screen_policy_rules(screen_policy_t *p, const screen_directive_t *d)
{
    size_t                  i, j;
    screen_str_t            path;
    screen_policy_rules_t  *rules;

    for (i = 1; i < d->n; i++) {
        path = d->words[i];

        if (path.len == 0 || memchr(path.data, '\0', path.len) != NULL) {
            return screen_directive_error(d, "invalid path \"%.*s\" in "
                       "\"yara_rules\": expected a file, a folder or a "
                       "pattern like /etc/nginx/screen/yara/*.yar",
                       screen_shown(&path));
        }

        for (j = 0; j < p->nrules; j++) {

            if (screen_str_eq(&p->rules[j].path, &path)) {
                return screen_directive_error(d, "duplicate path \"%.*s\" in "
                                              "\"yara_rules\"",
                                              screen_shown(&path));
            }
        }

        rules = screen_alloc_push(p->alloc, &p->rules, &p->nrules,
                                  sizeof(screen_policy_rules_t));

        if (rules == NULL
            || screen_alloc_str(p->alloc, &rules->path, &path) != SCREEN_OK)
        {
            return SCREEN_NOMEM;
        }

        rules->place = *d->place;
    }

    return SCREEN_OK;
}


static int
screen_policy_slow_rules(screen_policy_t *p, const screen_directive_t *d)
{
    if (screen_str_is(&d->words[1], "allow")) {
        p->slow_rules = 1;
        return SCREEN_OK;
    }

    if (screen_str_is(&d->words[1], "refuse")) {
        return SCREEN_OK;
    }

    return screen_directive_error(d, "invalid value \"%.*s\" in "
               "\"yara_slow_rules\": expected allow or refuse",
               screen_shown(&d->words[1]));
}
