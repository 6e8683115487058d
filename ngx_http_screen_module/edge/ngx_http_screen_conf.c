
/*
 * The directives that need more than a slot: policies, scanners and "screen"
 * itself.
 */


#include "ngx_http_screen_module.h"


static char *ngx_http_screen_policy_directive(ngx_conf_t *cf,
    ngx_command_t *dummy, void *conf);
static char *ngx_http_screen_policy_line(ngx_conf_t *cf,
    ngx_http_screen_policy_t *policy);
static ngx_int_t ngx_http_screen_scanners_parameter(
    ngx_http_screen_main_conf_t *smcf, ngx_str_t s);


ngx_int_t
ngx_http_screen_place(ngx_conf_t *cf, screen_place_t *place)
{
    u_char     *p;
    ngx_str_t  *name;

    if (cf->conf_file == NULL || cf->conf_file->file.name.len == 0) {
        ngx_str_t  param = ngx_string("command line");

        place->file.data = param.data;
        place->file.len = param.len;
        place->line = 0;

        return NGX_OK;
    }

    name = &cf->conf_file->file.name;

    p = ngx_pnalloc(cf->pool, name->len + 1);
    if (p == NULL) {
        return NGX_ERROR;
    }

    ngx_memcpy(p, name->data, name->len);
    p[name->len] = '\0';

    place->file.data = p;
    place->file.len = name->len;
    place->line = cf->conf_file->line;

    return NGX_OK;
}


void
ngx_http_screen_conf_error(ngx_log_t *log, const screen_error_t *err)
{
    if (err->line) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "%s in %s:%ui",
                      err->text, err->file, (ngx_uint_t) err->line);

    } else if (err->file[0]) {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "%s in %s", err->text, err->file);

    } else {
        ngx_log_error(NGX_LOG_EMERG, log, 0, "%s", err->text);
    }
}


ngx_http_screen_policy_t *
ngx_http_screen_find_policy(ngx_http_screen_main_conf_t *smcf,
    ngx_str_t *name)
{
    ngx_uint_t                  i;
    screen_str_t               *s;
    ngx_http_screen_policy_t  **policy;

    policy = smcf->policies.elts;

    for (i = 0; i < smcf->policies.nelts; i++) {
        s = &policy[i]->core->name;

        if (s->len == name->len
            && ngx_memcmp(s->data, name->data, name->len) == 0)
        {
            return policy[i];
        }
    }

    return NULL;
}


char *
ngx_http_screen_policy_block(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    char                       *rv;
    ngx_str_t                  *value;
    ngx_conf_t                  save;
    screen_str_t                name;
    screen_error_t              err;
    screen_place_t              place;
    ngx_http_screen_policy_t   *policy, **pp;

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "a screen policy cannot be named \"off\"");
        return NGX_CONF_ERROR;
    }

    if (ngx_http_screen_find_policy(smcf, &value[1]) != NULL) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "duplicate screen policy \"%V\"", &value[1]);
        return NGX_CONF_ERROR;
    }

    if (smcf->policies.nelts == SCREEN_ENGINES_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many screen policies, %d is the limit",
                           SCREEN_ENGINES_MAX);
        return NGX_CONF_ERROR;
    }

    policy = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_policy_t));
    if (policy == NULL
        || ngx_http_screen_place(cf, &place) != NGX_OK
        || ngx_array_init(&policy->lines, cf->pool, 16, sizeof(ngx_str_t))
           != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data;
    name.len = value[1].len;

    policy->engine = smcf->policies.nelts;
    policy->core = screen_policy_create(&smcf->alloc, &name, &place);
    if (policy->core == NULL) {
        return NGX_CONF_ERROR;
    }

    pp = ngx_array_push(&smcf->policies);
    if (pp == NULL) {
        screen_policy_destroy(policy->core);
        return NGX_CONF_ERROR;
    }

    *pp = policy;

    save = *cf;
    cf->handler = ngx_http_screen_policy_directive;
    cf->handler_conf = (char *) policy;

    rv = ngx_conf_parse(cf, NULL);

    *cf = save;

    if (rv != NGX_CONF_OK) {
        return rv;
    }

    policy->meters = ngx_pcalloc(cf->pool,
                                 ngx_max(policy->lines.nelts, 1)
                                 * sizeof(ngx_http_screen_meter_t *));
    if (policy->meters == NULL) {
        return NGX_CONF_ERROR;
    }

    switch (screen_policy_finish(policy->core, &err)) {

    case SCREEN_OK:
        return NGX_CONF_OK;

    case SCREEN_ERROR:
        ngx_http_screen_conf_error(cf->log, &err);
    }

    return NGX_CONF_ERROR;
}


static char *
ngx_http_screen_policy_directive(ngx_conf_t *cf, ngx_command_t *dummy,
    void *conf)
{
    ngx_http_screen_policy_t *policy = conf;

    ngx_str_t       *value, path;
    ngx_uint_t       i;
    screen_str_t    *words;
    screen_error_t   err;
    screen_place_t   place;

    value = cf->args->elts;

    if (ngx_strcmp(value[0].data, "include") == 0) {
        return ngx_conf_include(cf, dummy, conf);
    }

    words = ngx_palloc(cf->pool, cf->args->nelts * sizeof(screen_str_t));
    if (words == NULL || ngx_http_screen_place(cf, &place) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < cf->args->nelts; i++) {
        path = value[i];

        if (i > 0 && path.len
            && ngx_strcmp(value[0].data, "yara_rules") == 0
            && ngx_conf_full_name(cf->cycle, &path, 1) != NGX_OK)
        {
            return NGX_CONF_ERROR;
        }

        words[i].data = path.data;
        words[i].len = path.len;
    }

    switch (screen_policy_directive(policy->core, words, cf->args->nelts,
                                    &place, &err))
    {
    case SCREEN_OK:
        return ngx_strcmp(value[0].data, "match") == 0
               ? ngx_http_screen_policy_line(cf, policy) : NGX_CONF_OK;

    case SCREEN_ERROR:
        ngx_http_screen_conf_error(cf->log, &err);
    }

    return NGX_CONF_ERROR;
}


/* the text of a match, as it is counted by */

static char *
ngx_http_screen_policy_line(ngx_conf_t *cf, ngx_http_screen_policy_t *policy)
{
    u_char        *p;
    size_t         len;
    ngx_str_t     *value, *line;
    ngx_uint_t     i;
    screen_str_t  *name;

    value = cf->args->elts;
    name = &policy->core->name;
    len = name->len;

    for (i = 1; i < cf->args->nelts; i++) {
        len += 1 + value[i].len;
    }

    line = ngx_array_push(&policy->lines);
    p = ngx_pnalloc(cf->pool, len);

    if (line == NULL || p == NULL) {
        return NGX_CONF_ERROR;
    }

    line->data = p;
    line->len = len;

    p = ngx_cpymem(p, name->data, name->len);

    for (i = 1; i < cf->args->nelts; i++) {
        *p++ = (i == 1) ? '\n' : ' ';
        p = ngx_cpymem(p, value[i].data, value[i].len);
    }

    return NGX_CONF_OK;
}


char *
ngx_http_screen_scanners(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    ngx_int_t    n;
    ngx_str_t   *value;
    ngx_uint_t   i;

    if (smcf->scanners != NGX_CONF_UNSET_UINT) {
        return "is duplicate";
    }

    value = cf->args->elts;

    n = ngx_atoi(value[1].data, value[1].len);

    if (n < 1 || n > 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid number of scanners \"%V\": "
                           "expected 1 to 1024", &value[1]);
        return NGX_CONF_ERROR;
    }

    smcf->scanners = n;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_http_screen_scanners_parameter(smcf, value[i]) != NGX_OK) {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "invalid parameter \"%V\": expected timeout= "
                               "(1ms to 1h), memory= (8m or more), queue= "
                               "(1 to 65535), jobs= (1 or more) or start= "
                               "(0 to 1h)", &value[i]);
            return NGX_CONF_ERROR;
        }
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_screen_scanners_parameter(ngx_http_screen_main_conf_t *smcf,
    ngx_str_t s)
{
    u_char        *p;
    ssize_t        size;
    ngx_int_t      n;
    screen_str_t   name;

    p = ngx_strlchr(s.data, s.data + s.len, '=');

    if (p == NULL) {
        return NGX_ERROR;
    }

    name.data = s.data;
    name.len = p - s.data;

    s.data = p + 1;
    s.len -= name.len + 1;

    if (screen_str_is(&name, "memory")) {
        size = ngx_parse_offset(&s);
        smcf->memory = size;

        return size < 8 * 1024 * 1024 ? NGX_ERROR : NGX_OK;
    }

    if (screen_str_is(&name, "timeout")) {
        n = ngx_parse_time(&s, 0);
        smcf->timeout = n;

        return n < 1 || n > 3600 * 1000 ? NGX_ERROR : NGX_OK;
    }

    if (screen_str_is(&name, "start")) {
        n = ngx_parse_time(&s, 0);
        smcf->start = n;

        return n < 0 || n > 3600 * 1000 ? NGX_ERROR : NGX_OK;
    }

    n = ngx_atoi(s.data, s.len);

    if (n < 1) {
        return NGX_ERROR;
    }

    if (screen_str_is(&name, "queue")) {
        smcf->queue = n;

        return n > 65535 ? NGX_ERROR : NGX_OK;
    }

    if (screen_str_is(&name, "jobs")) {
        smcf->jobs = n;

        return NGX_OK;
    }

    return NGX_ERROR;
}


char *
ngx_http_screen(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_loc_conf_t *slcf = conf;

    ngx_str_t                         *value;
    ngx_http_compile_complex_value_t   ccv;

    if (slcf->value != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0) {
        slcf->value = NULL;
        return NGX_CONF_OK;
    }

    slcf->value = ngx_pcalloc(cf->pool, sizeof(ngx_http_complex_value_t));
    if (slcf->value == NULL
        || ngx_http_screen_place(cf, &slcf->place) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(&ccv, sizeof(ngx_http_compile_complex_value_t));

    ccv.cf = cf;
    ccv.value = &value[1];
    ccv.complex_value = slcf->value;

    if (ngx_http_compile_complex_value(&ccv) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
