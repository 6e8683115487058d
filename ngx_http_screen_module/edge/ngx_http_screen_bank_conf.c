
/*
 * The directives of banks: screen_bank, and screen_redis, which some of them
 * come from.
 */


#include "ngx_http_screen_module.h"


static ngx_int_t ngx_http_screen_bank_check(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf, ngx_str_t *name);
static ngx_int_t ngx_http_screen_bank_param(ngx_conf_t *cf,
    ngx_http_screen_bank_t *bank, ngx_str_t *value);


char *
ngx_http_screen_bank(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    ngx_str_t               *value;
    ngx_uint_t               i;
    ngx_http_screen_bank_t  *bank;

    value = cf->args->elts;

    if (ngx_http_screen_bank_check(cf, smcf, &value[1]) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    bank = ngx_array_push(&smcf->banks);
    if (bank == NULL) {
        return NGX_CONF_ERROR;
    }

    ngx_memzero(bank, sizeof(ngx_http_screen_bank_t));

    bank->name = value[1];
    bank->tail.fd = -1;

    if (ngx_http_screen_place(cf, &bank->place) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 2; i < cf->args->nelts; i++) {
        if (ngx_http_screen_bank_param(cf, bank, &value[i]) != NGX_OK) {
            return NGX_CONF_ERROR;
        }
    }

    if ((bank->list.len != 0) == bank->redis) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "bank \"%V\": expected either file=PATH or "
                           "\"redis\"", &bank->name);
        return NGX_CONF_ERROR;
    }

    if (bank->max_age && !bank->redis) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "bank \"%V\": \"max_age\" is for banks in redis",
                           &bank->name);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_screen_bank_check(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf,
    ngx_str_t *name)
{
    ngx_uint_t               i;
    screen_str_t             s;
    ngx_http_screen_bank_t  *bank;

    bank = smcf->banks.elts;

    for (i = 0; i < smcf->banks.nelts; i++) {
        if (bank[i].name.len == name->len
            && ngx_strncmp(bank[i].name.data, name->data, name->len) == 0)
        {
            ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                               "duplicate screen bank \"%V\"", name);
            return NGX_ERROR;
        }
    }

    s.data = name->data;
    s.len = name->len;

    if (screen_bank_name(&s) != SCREEN_OK) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid bank name \"%V\": letters, digits, "
                           "\"-\" and \"_\" are allowed", name);
        return NGX_ERROR;
    }

    if (smcf->banks.nelts == SCREEN_BANKS_MAX) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "too many screen banks, %d is the limit",
                           SCREEN_BANKS_MAX);
        return NGX_ERROR;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_bank_param(ngx_conf_t *cf, ngx_http_screen_bank_t *bank,
    ngx_str_t *value)
{
    ngx_int_t  age;
    ngx_str_t  s;

    if (ngx_strncmp(value->data, "file=", 5) == 0 && value->len > 5) {
        bank->list.data = value->data + 5;
        bank->list.len = value->len - 5;

        return ngx_conf_full_name(cf->cycle, &bank->list, 1);
    }

    if (ngx_strcmp(value->data, "redis") == 0) {
        bank->redis = 1;
        return NGX_OK;
    }

    if (ngx_strncmp(value->data, "max_age=", 8) == 0) {
        s.data = value->data + 8;
        s.len = value->len - 8;

        age = ngx_parse_time(&s, 0);

        if (age >= 2000) {
            bank->max_age = age;
            return NGX_OK;
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\" of bank \"%V\": "
                           "expected a time of 2s or more", value,
                           &bank->name);
        return NGX_ERROR;
    }

    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                       "invalid parameter \"%V\" of bank \"%V\": "
                       "expected file=PATH, or redis and max_age=TIME", value,
                       &bank->name);

    return NGX_ERROR;
}


static ngx_int_t
ngx_http_screen_redis_path(ngx_conf_t *cf, screen_str_t *path)
{
    ngx_str_t  name;

    if (path->len == 0) {
        return NGX_OK;
    }

    name.data = (u_char *) path->data;
    name.len = path->len;

    if (ngx_conf_full_name(cf->cycle, &name, 1) != NGX_OK) {
        return NGX_ERROR;
    }

    path->data = name.data;
    path->len = name.len;

    return NGX_OK;
}


char *
ngx_http_screen_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    ngx_str_t              *value;
    ngx_uint_t              i;
    screen_str_t           *words;
    screen_error_t          err;
    screen_place_t          place;
    screen_redis_server_t  *server;

    value = cf->args->elts;

    words = ngx_palloc(cf->pool, cf->args->nelts * sizeof(screen_str_t));
    if (words == NULL || ngx_http_screen_place(cf, &place) != NGX_OK) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < cf->args->nelts; i++) {
        words[i].data = value[i].data;
        words[i].len = value[i].len;
    }

    switch (screen_redis_conf_directive(&smcf->redis, words, cf->args->nelts,
                                        &place, &smcf->alloc, &err))
    {
    case SCREEN_OK:
        break;

    case SCREEN_ERROR:
        ngx_http_screen_conf_error(cf->log, &err);

        /* fall through */

    default:
        return NGX_CONF_ERROR;
    }

    server = &smcf->redis.servers[smcf->redis.nservers - 1];

    if (ngx_http_screen_redis_path(cf, &server->password_file) != NGX_OK
        || ngx_http_screen_redis_path(cf, &server->ca) != NGX_OK
        || ngx_http_screen_redis_path(cf, &server->cert) != NGX_OK
        || ngx_http_screen_redis_path(cf, &server->key) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}
