
/*
 * A module for the tests alone: it hands a request's words to the screen
 * module's client of Redis and answers with what became of them.
 *
 *     redis_probe_server WORDS...;      http: what "screen_redis" takes
 *     redis_probe_limit N;              http: commands under way
 *     redis_probe;                      location: /?SET,key,value
 *     redis_probe_status;               location
 *
 * Words are separated by commas and percent-encoded; the second is the key.
 * A header "X-Timeout" gives milliseconds, "X-Repeat" a number of calls of
 * which the last is answered, "X-Cancel" cancels all but the last of them.
 */


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_screen_redis.h"


#define REDIS_PROBE_WORDS   64
#define REDIS_PROBE_ANSWER  4000


typedef struct {
    screen_redis_conf_t            conf;
    ngx_uint_t                     limit;
    screen_alloc_t                 alloc;
    ngx_http_screen_redis_t       *redis;
} ngx_http_redis_probe_main_conf_t;


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_screen_redis_call_t  *call;
} ngx_http_redis_probe_ctx_t;


static void *ngx_http_redis_probe_create_main_conf(ngx_conf_t *cf);
static char *ngx_http_redis_probe_server(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_redis_probe(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static char *ngx_http_redis_probe_status(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
static ngx_int_t ngx_http_redis_probe_init(ngx_conf_t *cf);
static void ngx_http_redis_probe_exit(ngx_cycle_t *cycle);


static ngx_command_t  ngx_http_redis_probe_commands[] = {

    { ngx_string("redis_probe_server"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_1MORE,
      ngx_http_redis_probe_server,
      NGX_HTTP_MAIN_CONF_OFFSET,
      0,
      NULL },

    { ngx_string("redis_probe_limit"),
      NGX_HTTP_MAIN_CONF|NGX_CONF_TAKE1,
      ngx_conf_set_num_slot,
      NGX_HTTP_MAIN_CONF_OFFSET,
      offsetof(ngx_http_redis_probe_main_conf_t, limit),
      NULL },

    { ngx_string("redis_probe"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_redis_probe,
      0,
      0,
      NULL },

    { ngx_string("redis_probe_status"),
      NGX_HTTP_LOC_CONF|NGX_CONF_NOARGS,
      ngx_http_redis_probe_status,
      0,
      0,
      NULL },

      ngx_null_command
};


static ngx_http_module_t  ngx_http_redis_probe_module_ctx = {
    NULL,                                  /* preconfiguration */
    ngx_http_redis_probe_init,             /* postconfiguration */

    ngx_http_redis_probe_create_main_conf, /* create main configuration */
    NULL,                                  /* init main configuration */

    NULL,                                  /* create server configuration */
    NULL,                                  /* merge server configuration */

    NULL,                                  /* create location configuration */
    NULL                                   /* merge location configuration */
};


ngx_module_t  ngx_http_redis_probe_module = {
    NGX_MODULE_V1,
    &ngx_http_redis_probe_module_ctx,      /* module context */
    ngx_http_redis_probe_commands,         /* module directives */
    NGX_HTTP_MODULE,                       /* module type */
    NULL,                                  /* init master */
    NULL,                                  /* init module */
    NULL,                                  /* init process */
    NULL,                                  /* init thread */
    NULL,                                  /* exit thread */
    ngx_http_redis_probe_exit,             /* exit process */
    NULL,                                  /* exit master */
    NGX_MODULE_V1_PADDING
};


/* what nginx's configure would have written */

ngx_module_t  *ngx_modules[] = {
    &ngx_http_redis_probe_module,
    NULL
};

char  *ngx_module_names[] = {
    "ngx_http_redis_probe_module",
    NULL
};

char  *ngx_module_order[] = {
    NULL
};


static void *
ngx_http_redis_probe_palloc(void *pool, size_t size)
{
    return ngx_palloc(pool, size);
}


static void *
ngx_http_redis_probe_create_main_conf(ngx_conf_t *cf)
{
    ngx_http_redis_probe_main_conf_t  *pmcf;

    pmcf = ngx_pcalloc(cf->pool, sizeof(ngx_http_redis_probe_main_conf_t));

    if (pmcf) {
        pmcf->conf.tls = 1;
        pmcf->limit = NGX_CONF_UNSET_UINT;
        pmcf->alloc.alloc = ngx_http_redis_probe_palloc;
        pmcf->alloc.owner = cf->pool;
    }

    return pmcf;
}


static char *
ngx_http_redis_probe_server(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_redis_probe_main_conf_t *pmcf = conf;

    ngx_str_t       *value;
    ngx_uint_t       i;
    screen_str_t    *words;
    screen_error_t   err;
    screen_place_t   place;

    value = cf->args->elts;

    words = ngx_palloc(cf->pool, cf->args->nelts * sizeof(screen_str_t));
    if (words == NULL) {
        return NGX_CONF_ERROR;
    }

    for (i = 0; i < cf->args->nelts; i++) {
        words[i].data = value[i].data;
        words[i].len = value[i].len;
    }

    ngx_memzero(&place, sizeof(screen_place_t));

    if (screen_redis_conf_directive(&pmcf->conf, words, cf->args->nelts,
                                    &place, &pmcf->alloc, &err)
        != SCREEN_OK)
    {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", err.text);
        return NGX_CONF_ERROR;
    }

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_redis_probe_init(ngx_conf_t *cf)
{
    ngx_http_redis_probe_main_conf_t  *pmcf;

    pmcf = ngx_http_conf_get_module_main_conf(cf, ngx_http_redis_probe_module);

    if (pmcf->conf.nservers == 0) {
        return NGX_OK;
    }

    ngx_conf_init_uint_value(pmcf->limit, 0);

    pmcf->redis = ngx_http_screen_redis_create(cf, &pmcf->conf, pmcf->limit);

    return pmcf->redis ? NGX_OK : NGX_ERROR;
}


static void
ngx_http_redis_probe_exit(ngx_cycle_t *cycle)
{
    ngx_http_redis_probe_main_conf_t  *pmcf;

    pmcf = ngx_http_cycle_get_module_main_conf(cycle,
                                               ngx_http_redis_probe_module);

    if (pmcf && pmcf->redis && getenv("REDIS_PROBE_NO_EXIT") == NULL) {
        ngx_http_screen_redis_close(pmcf->redis);
    }
}


static ngx_int_t
ngx_http_redis_probe_send(ngx_http_request_t *r, u_char *data, size_t len)
{
    ngx_int_t     rc;
    ngx_buf_t    *b;
    ngx_chain_t   out;

    b = ngx_create_temp_buf(r->pool, len + 1);
    if (b == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b->last = ngx_cpymem(b->last, data, len);
    *b->last++ = '\n';
    b->last_buf = (r == r->main);

    out.buf = b;
    out.next = NULL;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = len + 1;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, &out);
}


static u_char *
ngx_http_redis_probe_reply(u_char *p, u_char *last,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_uint_t  i;

    switch (reply->type) {

    case NGX_HTTP_SCREEN_REDIS_NIL:
        return ngx_slprintf(p, last, " nil");

    case NGX_HTTP_SCREEN_REDIS_INTEGER:
        return ngx_slprintf(p, last, " %L", reply->integer);

    case NGX_HTTP_SCREEN_REDIS_ARRAY:
        p = ngx_slprintf(p, last, " [");

        for (i = 0; i < reply->nelements; i++) {
            p = ngx_http_redis_probe_reply(p, last, &reply->elements[i]);
        }

        return ngx_slprintf(p, last, " ]");

    default:
        if (reply->text.data[reply->text.len] != '\0') {
            abort();
        }

        if (reply->text.len > 500) {
            return ngx_slprintf(p, last, " (%uz bytes)", reply->text.len);
        }

        return ngx_slprintf(p, last, "%s%V",
                            reply->type == NGX_HTTP_SCREEN_REDIS_STATUS
                            ? " +" : reply->type == NGX_HTTP_SCREEN_REDIS_ERROR
                            ? " -" : " ", &reply->text);
    }
}


static u_char *
ngx_http_redis_probe_text(u_char *p, u_char *last, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    p = ngx_slprintf(p, last, "%s", rc == NGX_OK ? "OK"
                                    : rc == NGX_DECLINED ? "NIL"
                                    : rc == NGX_BUSY ? "BUSY"
                                    : rc == NGX_ETIMEDOUT ? "TIMEOUT"
                                    : "ERROR");

    return reply && rc != NGX_DECLINED
           ? ngx_http_redis_probe_reply(p, last, reply) : p;
}


static void
ngx_http_redis_probe_done(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_http_redis_probe_ctx_t *ctx = data;

    u_char              *last;
    ngx_connection_t    *c;
    ngx_http_request_t  *r;
    u_char               text[REDIS_PROBE_ANSWER];

    r = ctx->request;
    c = r->connection;

    if (ctx->call == NULL) {

        /* a call that has ended already, or was cancelled */

        abort();
    }

    ctx->call = NULL;

    last = ngx_http_redis_probe_text(text, text + sizeof(text), rc, reply);

    ngx_http_finalize_request(r, ngx_http_redis_probe_send(r, text,
                                                           last - text));
    ngx_http_run_posted_requests(c);
}


/* of the calls that are only repetitions */

static void
ngx_http_redis_probe_ignore(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    if (data) {
        abort();
    }
}


static void
ngx_http_redis_probe_cleanup(void *data)
{
    ngx_http_redis_probe_ctx_t *ctx = data;

    if (ctx->call) {
        ngx_http_screen_redis_cancel(ctx->call);
        ctx->call = NULL;
    }
}


static ngx_uint_t
ngx_http_redis_probe_header(ngx_http_request_t *r, const char *name)
{
    ngx_uint_t        i;
    ngx_int_t         n;
    ngx_list_part_t  *part;
    ngx_table_elt_t  *h;

    part = &r->headers_in.headers.part;
    h = part->elts;

    for (i = 0; i < part->nelts; i++) {
        if (h[i].key.len == ngx_strlen(name)
            && ngx_strcasecmp(h[i].key.data, (u_char *) name) == 0)
        {
            n = ngx_atoi(h[i].value.data, h[i].value.len);
            return n < 0 ? 0 : n;
        }
    }

    return 0;
}


static ngx_uint_t
ngx_http_redis_probe_words(ngx_http_request_t *r, ngx_str_t *argv)
{
    u_char      *p, *dst, *src, *last;
    ngx_uint_t   n;

    p = r->args.data;
    last = p + r->args.len;

    for (n = 0; n < REDIS_PROBE_WORDS && p < last; n++) {
        src = p;

        while (p < last && *p != ',') {
            p++;
        }

        argv[n].data = ngx_pnalloc(r->pool, p - src + 1);
        if (argv[n].data == NULL) {
            return 0;
        }

        dst = argv[n].data;
        ngx_unescape_uri(&dst, &src, p - src, 0);
        argv[n].len = dst - argv[n].data;

        if (p < last) {
            p++;
        }
    }

    return n;
}


static ngx_int_t
ngx_http_redis_probe_handler(ngx_http_request_t *r)
{
    u_char                            *last;
    ngx_int_t                          rc;
    ngx_str_t                          argv[REDIS_PROBE_WORDS];
    ngx_uint_t                         argc, i, n, cancel;
    ngx_msec_t                         timeout;
    ngx_pool_cleanup_t                *cln;
    ngx_http_redis_probe_ctx_t        *ctx;
    ngx_http_screen_redis_call_t      *other;
    ngx_http_redis_probe_main_conf_t  *pmcf;
    u_char                             text[32];

    rc = ngx_http_discard_request_body(r);
    if (rc != NGX_OK) {
        return rc;
    }

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_redis_probe_module);

    ctx = ngx_pcalloc(r->pool, sizeof(ngx_http_redis_probe_ctx_t));
    cln = ngx_pool_cleanup_add(r->pool, 0);
    if (ctx == NULL || cln == NULL) {
        return NGX_ERROR;
    }

    ctx->request = r;
    cln->handler = ngx_http_redis_probe_cleanup;
    cln->data = ctx;

    argc = ngx_http_redis_probe_words(r, argv);
    timeout = ngx_http_redis_probe_header(r, "X-Timeout");
    cancel = ngx_http_redis_probe_header(r, "X-Cancel");
    n = ngx_http_redis_probe_header(r, "X-Repeat");

    for (i = 1; i < n; i++) {
        rc = ngx_http_screen_redis_command(pmcf->redis, argv, argc, argc > 1,
                                           timeout,
                                           ngx_http_redis_probe_ignore,
                                           cancel ? ctx : NULL, &other);
        if (rc == NGX_OK && cancel) {
            ngx_http_screen_redis_cancel(other);
        }
    }

    rc = ngx_http_screen_redis_command(pmcf->redis, argv, argc, argc > 1,
                                       timeout, ngx_http_redis_probe_done,
                                       ctx, &ctx->call);
    if (rc != NGX_OK) {
        last = ngx_http_redis_probe_text(text, text + sizeof(text), rc, NULL);
        return ngx_http_redis_probe_send(r, text, last - text);
    }

    r->read_event_handler = ngx_http_test_reading;
    r->main->count++;

    return NGX_DONE;
}


static ngx_int_t
ngx_http_redis_probe_status_handler(ngx_http_request_t *r)
{
    u_char                            *last;
    ngx_http_screen_redis_status_t     s;
    ngx_http_redis_probe_main_conf_t  *pmcf;
    u_char                             text[REDIS_PROBE_ANSWER];

    pmcf = ngx_http_get_module_main_conf(r, ngx_http_redis_probe_module);

    ngx_http_screen_redis_get_status(pmcf->redis, &s);

    last = ngx_slprintf(text, text + sizeof(text),
                        "pid=%P commands=%ui replies=%ui errors=%ui busy=%ui "
                        "timeouts=%ui connects=%ui failures=%ui "
                        "redirects=%ui pending=%ui up=%ui server=\"%V\" "
                        "reason=\"%V\"", ngx_pid, s.commands, s.replies,
                        s.errors, s.busy, s.timeouts, s.connects, s.failures,
                        s.redirects, s.pending, s.up, &s.server, &s.reason);

    return ngx_http_redis_probe_send(r, text, last - text);
}


static char *
ngx_http_redis_probe(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_redis_probe_handler;

    return NGX_CONF_OK;
}


static char *
ngx_http_redis_probe_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_redis_probe_status_handler;

    return NGX_CONF_OK;
}
