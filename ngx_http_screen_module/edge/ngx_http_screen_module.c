
#include "ngx_http_screen_zone.h"


#ifndef NGX_HTTP_SCREEN_HELPER
#define NGX_HTTP_SCREEN_HELPER  "/usr/bin/ngx-screen"
#endif


static void *ngx_http_screen_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_screen_init_main_conf(ngx_conf_t *cf, void *conf);
static void *ngx_http_screen_create_loc_conf(ngx_conf_t *cf);
static char *ngx_http_screen_merge_loc_conf(ngx_conf_t *cf, void *parent,
    void *child);
static ngx_int_t ngx_http_screen_init(ngx_conf_t *cf);
static ngx_int_t ngx_http_screen_init_redis(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_int_t ngx_http_screen_init_module(ngx_cycle_t *cycle);
static ngx_int_t ngx_http_screen_init_process(ngx_cycle_t *cycle);
static void ngx_http_screen_exit_process(ngx_cycle_t *cycle);


static ngx_conf_enum_t  ngx_http_screen_modes[] = {
    { ngx_string("enforce"), NGX_HTTP_SCREEN_ENFORCE },
    { ngx_string("monitor"), NGX_HTTP_SCREEN_MONITOR },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_screen_events[] = {
    { ngx_string("off"), NGX_HTTP_SCREEN_EVENTS_OFF },
    { ngx_string("decisions"), NGX_HTTP_SCREEN_EVENTS_DECISIONS },
    { ngx_string("all"), NGX_HTTP_SCREEN_EVENTS_ALL },
    { ngx_null_string, 0 }
};


static ngx_conf_enum_t  ngx_http_screen_sandboxes[] = {
    { ngx_string("required"), SCREEN_SANDBOX_REQUIRED },
    { ngx_string("best_effort"), SCREEN_SANDBOX_BEST_EFFORT },
    { ngx_null_string, 0 }
};


static ngx_command_t  ngx_http_screen_commands[] = {

    { ngx_string("screen_policy"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_BLOCK|NGX_CONF_TAKE1,
      ngx_http_screen_policy_block,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_bank"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_2MORE,
      ngx_http_screen_bank,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_redis"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_screen_redis_directive,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_scanners"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_screen_scanners,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_sandbox"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_screen_main_conf_t, sandbox),
      &ngx_http_screen_sandboxes },

    { ngx_string("screen_helper"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_screen_main_conf_t, helper),
      NULL },

    { ngx_string("screen_path"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_str_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_screen_main_conf_t, path),
      NULL },

    { ngx_string("screen_zone"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_http_screen_zone,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_shared_reports"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE12,
      ngx_http_screen_reports,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_event_stream"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE123,
      ngx_http_screen_event_stream,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_quarantine_path"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1234,
      ngx_http_screen_quarantine_path,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_status"),
      NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_screen_status,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF
                        |NGX_CONF_TAKE1,
      ngx_http_screen,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_mode"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_HTTP_LIF_CONF
                        |NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_screen_loc_conf_t, mode),
      &ngx_http_screen_modes },

    { ngx_string("screen_retry_after"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_sec_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_screen_loc_conf_t, retry_after),
      NULL },

    { ngx_string("screen_event_log"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_http_screen_event_log,
      NGX_HTTP_LOC_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("screen_events"),
      NGX_HTTP_MAIN_CONF|NGX_HTTP_SRV_CONF|NGX_HTTP_LOC_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_enum_slot,
      NGX_HTTP_LOC_CONF_OFFSET,
      offsetof(ngx_http_screen_loc_conf_t, events),
      &ngx_http_screen_events },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_screen_module_ctx = {
    ngx_http_screen_add_variables,         /* preconfiguration */
    ngx_http_screen_init,                  /* postconfiguration */

    ngx_http_screen_create_main_conf,      /* create main configuration */
    ngx_http_screen_init_main_conf,        /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    ngx_http_screen_create_loc_conf,       /* create location configuration */
    ngx_http_screen_merge_loc_conf         /* merge location configuration */
};


ngx_module_t  ngx_http_screen_module = {
    NGX_MODULE_V1,
    &ngx_http_screen_module_ctx,           /* module context */
    ngx_http_screen_commands,              /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    ngx_http_screen_init_module,           /* init module */
    ngx_http_screen_init_process,          /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_screen_exit_process,          /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


void *
ngx_http_screen_palloc(void *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


uint64_t
ngx_http_screen_now(void)
{
    struct timespec  ts;

    (void) clock_gettime(CLOCK_MONOTONIC, &ts);

    return (uint64_t) ts.tv_sec * 1000000000 + ts.tv_nsec;
}


static void
ngx_http_screen_destroy_policies(void *data)
{
    ngx_http_screen_main_conf_t *smcf = data;

    ngx_uint_t                  i;
    ngx_http_screen_bank_t     *bank;
    ngx_http_screen_policy_t  **policy;

    policy = smcf->policies.elts;

    for (i = 0; i < smcf->policies.nelts; i++) {
        screen_policy_destroy(policy[i]->core);
    }

    bank = smcf->banks.elts;

    for (i = 0; i < smcf->banks.nelts; i++) {
        ngx_http_screen_bank_close(&bank[i]);
    }
}


static void *
ngx_http_screen_create_main_conf(ngx_conf_t *cf)
{
    ngx_pool_cleanup_t           *cln;
    ngx_http_screen_main_conf_t  *smcf;

    smcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_main_conf_t));
    if (smcf == NULL) {
        return NULL;
    }

    if (ngx_array_init(&smcf->policies, cf->pool, 4,
                       sizeof(ngx_http_screen_policy_t *))
        != NGX_OK
        || ngx_array_init(&smcf->banks, cf->pool, SCREEN_BANKS_MAX,
                          sizeof(ngx_http_screen_bank_t))
           != NGX_OK)
    {
        return NULL;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NULL;
    }

    cln->handler = ngx_http_screen_destroy_policies;
    cln->data = smcf;

    smcf->alloc.alloc = ngx_http_screen_palloc;
    smcf->alloc.owner = cf->pool;

    smcf->reports_ttl = NGX_CONF_UNSET;
    smcf->stream = NGX_CONF_UNSET_PTR;
    smcf->redis.tls = ngx_http_screen_redis_has_tls();
    smcf->scanners = NGX_CONF_UNSET_UINT;
    smcf->timeout = NGX_CONF_UNSET_MSEC;
    smcf->memory = NGX_CONF_UNSET_SIZE;
    smcf->queue = NGX_CONF_UNSET_UINT;
    smcf->jobs = NGX_CONF_UNSET_UINT;
    smcf->start = NGX_CONF_UNSET_MSEC;
    smcf->sandbox = NGX_CONF_UNSET_UINT;
    smcf->digest_variables = NGX_CONF_UNSET_UINT;

    return smcf;
}


static char *
ngx_http_screen_init_main_conf(ngx_conf_t *cf, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    u_char     *p;
    ngx_str_t   temp = ngx_string(NGX_HTTP_CLIENT_TEMP_PATH);

    ngx_conf_init_uint_value(smcf->scanners, (ngx_uint_t) ngx_max(ngx_ncpu, 1));
    ngx_conf_init_value(smcf->reports_ttl, 0);
    ngx_conf_init_ptr_value(smcf->stream, NULL);
    ngx_conf_init_msec_value(smcf->timeout, 10000);
    ngx_conf_init_size_value(smcf->memory, 512 * 1024 * 1024);
    ngx_conf_init_uint_value(smcf->queue, 128);
    ngx_conf_init_uint_value(smcf->jobs, 10000);
    ngx_conf_init_msec_value(smcf->start, 60000);
    ngx_conf_init_uint_value(smcf->sandbox, SCREEN_SANDBOX_REQUIRED);

    if (smcf->helper.len == 0) {
        ngx_str_set(&smcf->helper, NGX_HTTP_SCREEN_HELPER);
    }

    if (smcf->path.len == 0) {

        /* beside the folder of client bodies, wherever nginx was built for */

        p = temp.data + temp.len;

        while (p > temp.data && p[-1] != '/') {
            p--;
        }

        smcf->path.len = p - temp.data + sizeof("screen") - 1;
        smcf->path.data = ngx_pnalloc(cf->pool, smcf->path.len + 1);
        if (smcf->path.data == NULL) {
            return NGX_CONF_ERROR;
        }

        (void) ngx_sprintf(smcf->path.data, "%*sscreen%Z",
                           (size_t) (p - temp.data), temp.data);
    }

    if (ngx_conf_full_name(cf->cycle, &smcf->helper, 0) != NGX_OK
        || ngx_conf_full_name(cf->cycle, &smcf->path, 0) != NGX_OK)
    {
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static void *
ngx_http_screen_create_loc_conf(ngx_conf_t *cf)
{
    ngx_http_screen_loc_conf_t  *slcf;

    slcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_loc_conf_t));
    if (slcf == NULL) {
        return NULL;
    }

    slcf->value = NGX_CONF_UNSET_PTR;
    slcf->mode = NGX_CONF_UNSET_UINT;
    slcf->retry_after = NGX_CONF_UNSET;
    slcf->event_log = NGX_CONF_UNSET_PTR;
    slcf->events = NGX_CONF_UNSET_UINT;

    return slcf;
}


static char *
ngx_http_screen_merge_loc_conf(ngx_conf_t *cf, void *parent, void *child)
{
    ngx_http_screen_loc_conf_t *prev = parent;
    ngx_http_screen_loc_conf_t *conf = child;

    ngx_http_screen_main_conf_t  *smcf;

    ngx_conf_merge_uint_value(conf->mode, prev->mode, NGX_HTTP_SCREEN_ENFORCE);
    ngx_conf_merge_sec_value(conf->retry_after, prev->retry_after, 1);
    ngx_conf_merge_ptr_value(conf->event_log, prev->event_log, NULL);
    ngx_conf_merge_uint_value(conf->events, prev->events,
                              NGX_HTTP_SCREEN_EVENTS_DECISIONS);

    if (conf->value == NGX_CONF_UNSET_PTR) {

        if (prev->value == NGX_CONF_UNSET_PTR) {
            prev->value = NULL;
        }

        conf->value = prev->value;
        conf->policy = prev->policy;
        conf->place = prev->place;
    }

    if (conf->value == NULL || conf->policy || conf->value->lengths) {
        return NGX_CONF_OK;
    }

    /* a policy may stand in the file after the location that names it */

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_screen_module);

    conf->policy = ngx_http_screen_find_policy(smcf, &conf->value->value);

    if (conf->policy == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "unknown screen policy \"%V\": no \"screen_policy %V\" "
                      "block in %*s:%ui",
                      &conf->value->value, &conf->value->value,
                      conf->place.file.len, conf->place.file.data,
                      (ngx_uint_t) conf->place.line);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_screen_init(ngx_conf_t *cf)
{
    ngx_http_handler_pt          *h;
    ngx_http_core_main_conf_t    *cmcf;
    ngx_http_screen_main_conf_t  *smcf;

    smcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_screen_module);

    if (smcf->policies.nelts == 0) {
        return NGX_OK;
    }

    smcf->active = 1;

    /*
     * handlers of a phase run in the reverse order of their installation:
     * this one runs before mirror and try_files
     */

    cmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_core_module);

    h = ngx_array_push(&cmcf->phases[NGX_HTTP_PRECONTENT_PHASE].handlers);
    if (h == NULL) {
        return NGX_ERROR;
    }

    *h = ngx_http_screen_handler;

    ngx_http_screen_next_request_body_filter = ngx_http_top_request_body_filter;
    ngx_http_top_request_body_filter = ngx_http_screen_body_filter;

    if (ngx_process == NGX_PROCESS_SIGNALLER) {
        return NGX_OK;
    }

    if (ngx_http_screen_setup(cf, smcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_screen_init_redis(cf, smcf);
}


static ngx_int_t
ngx_http_screen_init_redis(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    if (smcf->reports_ttl == 0 && smcf->stream == NULL) {
        return NGX_OK;
    }

    if (smcf->redis.nservers == 0 || (smcf->zone == NULL && smcf->reports_ttl))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "\"%s\" needs \"%s\"",
                      smcf->reports_ttl ? "screen_shared_reports"
                                        : "screen_event_stream",
                      smcf->redis.nservers ? "screen_zone" : "screen_redis");
        return NGX_ERROR;
    }

    smcf->redis_client = ngx_http_screen_redis_create(cf, &smcf->redis, 0);
    if (smcf->redis_client == NULL) {
        return NGX_ERROR;
    }

    return smcf->stream ? ngx_http_screen_stream_init(cf, smcf) : NGX_OK;
}


static ngx_int_t
ngx_http_screen_init_module(ngx_cycle_t *cycle)
{
    ngx_http_screen_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_screen_module);

    if (ngx_test_config || smcf == NULL || !smcf->active) {
        return NGX_OK;
    }

    /* only now "user" is known, wherever it stands */

    if (ngx_http_screen_spec_write(smcf, cycle, cycle->log) != NGX_OK) {
        return NGX_ERROR;
    }

    ngx_http_screen_pool_open(smcf, cycle->log);

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_init_process(ngx_cycle_t *cycle)
{
    ngx_uint_t                    i;
    ngx_http_screen_main_conf_t  *smcf;

    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE)
    {
        return NGX_OK;
    }

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_screen_module);

    if (smcf == NULL || !smcf->active) {
        return NGX_OK;
    }

    for (i = 0; i < smcf->banks.nelts; i++) {
        ngx_http_screen_bank_refresh(smcf, i, cycle->log);
    }

    if (ngx_http_screen_count_init(smcf) != NGX_OK) {
        return NGX_ERROR;
    }

    return ngx_http_screen_pool_join(cycle, smcf);
}


static void
ngx_http_screen_exit_process(ngx_cycle_t *cycle)
{
    ngx_http_screen_main_conf_t  *smcf;

    smcf = ngx_http_cycle_get_module_main_conf(cycle, ngx_http_screen_module);

    if (smcf && smcf->redis_client && smcf->stream) {
        ngx_http_screen_stream_close(smcf->stream);
    }

    if (smcf && smcf->redis_client) {
        ngx_http_screen_redis_close(smcf->redis_client);
    }
}
