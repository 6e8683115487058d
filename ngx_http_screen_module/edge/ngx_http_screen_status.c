
/*
 * The status page: JSON, or with ?format=prometheus the text format of
 * Prometheus (exposition format 0.0.4; names and units by its conventions).
 */


#include "ngx_http_screen_status_impl.h"


#define NGX_HTTP_SCREEN_STATUS_CHUNK   4096


static ngx_int_t ngx_http_screen_status_handler(ngx_http_request_t *r);
static ngx_int_t ngx_http_screen_status_send(ngx_http_screen_status_t *st);
static void ngx_http_screen_put_faults(ngx_http_screen_status_t *st);
static void ngx_http_screen_put_banks(ngx_http_screen_status_t *st);
static void ngx_http_screen_put_stages(ngx_http_screen_status_t *st);
static void ngx_http_screen_put_verdicts(ngx_http_screen_status_t *st,
    ngx_uint_t actions);
static void ngx_http_screen_put_matches(ngx_http_screen_status_t *st);


static const char  *ngx_http_screen_stage_names[NGX_HTTP_SCREEN_STAGES] = {
    "lookup", "scan", "total"
};


char *
ngx_http_screen_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_core_loc_conf_t  *clcf;

    clcf = ngx_http_conf_get_module_loc_conf(cf, ngx_http_core_module);
    clcf->handler = ngx_http_screen_status_handler;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_screen_status_handler(ngx_http_request_t *r)
{
    ngx_int_t                     rc;
    ngx_str_t                     format;
    ngx_http_screen_status_t      st;
    ngx_http_screen_main_conf_t  *smcf;

    if (!(r->method & (NGX_HTTP_GET|NGX_HTTP_HEAD))) {
        return NGX_HTTP_NOT_ALLOWED;
    }

    rc = ngx_http_discard_request_body(r);

    if (rc != NGX_OK) {
        return rc;
    }

    smcf = ngx_http_get_module_main_conf(r, ngx_http_screen_module);

    if (!smcf->active || smcf->zone == NULL) {
        ngx_log_error(NGX_LOG_ERR, r->connection->log, 0,
                      "screen_status needs a policy and screen_zone");
        return NGX_HTTP_SERVICE_UNAVAILABLE;
    }

    ngx_memzero(&st, sizeof(ngx_http_screen_status_t));

    st.request = r;
    st.conf = smcf;
    st.control = smcf->pool.control;
    st.shared = smcf->zone->shared;
    st.counters = &st.shared->counters;
    st.last = &st.out;

    st.prometheus = ngx_http_arg(r, (u_char *) "format", 6, &format) == NGX_OK
                    && format.len == 10
                    && ngx_strncmp(format.data, "prometheus", 10) == 0;

    ngx_http_screen_put(&st, st.prometheus ? "" : "{\"version\":\"%s\"",
                        SCREEN_VERSION);

    ngx_http_screen_status_metrics(&st);
    ngx_http_screen_put_faults(&st);
    ngx_http_screen_put_banks(&st);
    ngx_http_screen_put_stages(&st);
    ngx_http_screen_put_verdicts(&st, 0);
    ngx_http_screen_put_verdicts(&st, 1);
    ngx_http_screen_put_matches(&st);

    if (!st.prometheus) {
        ngx_http_screen_put(&st, "}\n");
    }

    return ngx_http_screen_status_send(&st);
}


static ngx_int_t
ngx_http_screen_status_send(ngx_http_screen_status_t *st)
{
    ngx_int_t            rc;
    ngx_buf_t           *b;
    ngx_http_request_t  *r;

    r = st->request;

    if (st->failed || st->out == NULL) {
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }

    b = ((ngx_chain_t *) ((u_char *) st->last
                          - offsetof(ngx_chain_t, next)))->buf;
    b->last_buf = (r == r->main) ? 1 : 0;
    b->last_in_chain = 1;

    r->headers_out.status = NGX_HTTP_OK;
    r->headers_out.content_length_n = st->size;

    if (st->prometheus) {
        ngx_str_set(&r->headers_out.content_type,
                    "text/plain; version=0.0.4; charset=utf-8");
    } else {
        ngx_str_set(&r->headers_out.content_type, "application/json");
    }

    r->headers_out.content_type_len = r->headers_out.content_type.len;

    rc = ngx_http_send_header(r);

    if (rc == NGX_ERROR || rc > NGX_OK || r->header_only) {
        return rc;
    }

    return ngx_http_output_filter(r, st->out);
}


void
ngx_http_screen_put(ngx_http_screen_status_t *st, const char *fmt, ...)
{
    u_char        line[NGX_HTTP_SCREEN_STATUS_CHUNK];
    size_t        len;
    va_list       args;
    ngx_buf_t    *b;
    ngx_chain_t  *cl;

    va_start(args, fmt);
    len = ngx_vslprintf(line, line + sizeof(line), fmt, args) - line;
    va_end(args);

    if (st->failed || len == 0) {
        return;
    }

    b = st->out ? ((ngx_chain_t *) ((u_char *) st->last
                                    - offsetof(ngx_chain_t, next)))->buf
                : NULL;

    if (b == NULL || (size_t) (b->end - b->last) < len) {

        cl = ngx_alloc_chain_link(st->request->pool);
        b = cl ? ngx_create_temp_buf(st->request->pool,
                                     2 * NGX_HTTP_SCREEN_STATUS_CHUNK)
               : NULL;

        if (b == NULL) {
            st->failed = 1;
            return;
        }

        cl->buf = b;
        cl->next = NULL;
        *st->last = cl;
        st->last = &cl->next;
    }

    b->last = ngx_cpymem(b->last, line, len);
    st->size += len;
}


void
ngx_http_screen_put_head(ngx_http_screen_status_t *st, const char *name,
    const char *type, const char *help)
{
    if (st->prometheus) {
        ngx_http_screen_put(st, "# HELP screen_%s %s\n# TYPE screen_%s %s\n",
                            name, help, name, type);
    }
}


static void
ngx_http_screen_put_faults(ngx_http_screen_status_t *st)
{
    ngx_uint_t  i;

    ngx_http_screen_put_head(st, "faults_total", "counter",
                             "Uploads and parts with a fault, by its kind.");

    if (!st->prometheus) {
        ngx_http_screen_put(st, ",\"faults_total\":{");
    }

    for (i = 0; i < SCREEN_FAULTS; i++) {

        if (st->prometheus) {
            ngx_http_screen_put(st, "screen_faults_total{fault=\"%s\"} %uA\n",
                                screen_fault_name(i), st->counters->faults[i]);
        } else {
            ngx_http_screen_put(st, "%s\"%s\":%uA", i ? "," : "",
                                screen_fault_name(i), st->counters->faults[i]);
        }
    }

    if (!st->prometheus) {
        ngx_http_screen_put(st, "}");
    }
}


/* of a bank in Redis: since it was last confirmed; -1: not known */

static time_t
ngx_http_screen_bank_age(ngx_http_screen_bank_t *bank)
{
    uint64_t  when;

    if (bank->bank.map == NULL) {
        return -1;
    }

    when = bank->redis ? screen_tail_synced(&bank->tail) : bank->bank.built;

    return when ? ngx_max(ngx_time() - (time_t) when, 0) : -1;
}


static uint64_t
ngx_http_screen_bank_entries(ngx_http_screen_bank_t *bank)
{
    return bank->bank.map ? screen_tail_entries(&bank->tail, &bank->bank) : 0;
}


static void
ngx_http_screen_put_banks(ngx_http_screen_status_t *st)
{
    time_t                   age;
    ngx_uint_t               i;
    ngx_http_screen_bank_t  *bank;

    bank = st->conf->banks.elts;

    for (i = 0; i < st->conf->banks.nelts; i++) {
        ngx_http_screen_bank_refresh(st->conf, i,
                                     st->request->connection->log);
    }

    if (!st->prometheus) {
        ngx_http_screen_put(st, ",\"banks\":{");

        for (i = 0; i < st->conf->banks.nelts; i++) {
            age = ngx_http_screen_bank_age(&bank[i]);

            ngx_http_screen_put(st, "%s\"%V\":{\"entries\":%uL,"
                                "\"age_seconds\":%T}", i ? "," : "",
                                &bank[i].name,
                                ngx_http_screen_bank_entries(&bank[i]), age);
        }

        ngx_http_screen_put(st, "}");
        return;
    }

    if (st->conf->banks.nelts == 0) {
        return;
    }

    ngx_http_screen_put_head(st, "bank_entries", "gauge",
                             "Fingerprints in a bank.");

    for (i = 0; i < st->conf->banks.nelts; i++) {
        ngx_http_screen_put(st, "screen_bank_entries{bank=\"%V\"} %uL\n",
                            &bank[i].name,
                            ngx_http_screen_bank_entries(&bank[i]));
    }

    ngx_http_screen_put_head(st, "bank_age_seconds", "gauge",
                             "Seconds since a bank's file was built, or "
                             "Redis confirmed it.");

    for (i = 0; i < st->conf->banks.nelts; i++) {

        age = ngx_http_screen_bank_age(&bank[i]);

        if (age >= 0) {
            ngx_http_screen_put(st, "screen_bank_age_seconds{bank=\"%V\","
                                "source=\"%s\"} %T\n", &bank[i].name,
                                bank[i].redis ? "redis" : "list", age);
        }
    }
}


static void
ngx_http_screen_put_stage(ngx_http_screen_status_t *st, ngx_uint_t stage)
{
    uint64_t                      sum;
    ngx_uint_t                    i;
    const char                   *name;
    ngx_http_screen_histogram_t  *h;

    h = &st->counters->stages[stage];
    name = ngx_http_screen_stage_names[stage];

    for (sum = 0, i = 0; i < NGX_HTTP_SCREEN_BUCKETS; i++) {
        sum += h->buckets[i];

        if (st->prometheus) {
            ngx_http_screen_put(st, "screen_stage_duration_seconds_bucket"
                                "{stage=\"%s\",le=\"%uD.%06uD\"} %uL\n", name,
                                ngx_http_screen_bounds[i] / 1000000,
                                ngx_http_screen_bounds[i] % 1000000, sum);
        }
    }

    sum += h->buckets[i];

    if (st->prometheus) {
        ngx_http_screen_put(st, "screen_stage_duration_seconds_bucket"
                            "{stage=\"%s\",le=\"+Inf\"} %uL\n"
                            "screen_stage_duration_seconds_sum"
                            "{stage=\"%s\"} %uA.%06uA\n"
                            "screen_stage_duration_seconds_count"
                            "{stage=\"%s\"} %uL\n", name, sum, name,
                            h->us / 1000000, h->us % 1000000, name, sum);
        return;
    }

    ngx_http_screen_put(st, "%s\"%s\":{\"count\":%uL,\"seconds\":%uA.%06uA}",
                        stage ? "," : "", name, sum, h->us / 1000000,
                        h->us % 1000000);
}


static void
ngx_http_screen_put_stages(ngx_http_screen_status_t *st)
{
    ngx_uint_t  i;

    ngx_http_screen_put_head(st, "stage_duration_seconds", "histogram",
                             "Time of a stage of screening.");

    if (!st->prometheus) {
        ngx_http_screen_put(st, ",\"stages\":{");
    }

    for (i = 0; i < NGX_HTTP_SCREEN_STAGES; i++) {
        ngx_http_screen_put_stage(st, i);
    }

    if (!st->prometheus) {
        ngx_http_screen_put(st, "}");
    }
}


/* as a label's value, or within a JSON string */

static ngx_str_t
ngx_http_screen_quote(ngx_http_screen_status_t *st, u_char *data, size_t len)
{
    u_char     *p;
    size_t      i;
    ngx_str_t   s = ngx_null_string;

    s.data = ngx_pnalloc(st->request->pool, ngx_max(2 * len, 1));

    if (s.data == NULL) {
        st->failed = 1;
        return s;
    }

    for (p = s.data, i = 0; i < len; i++) {

        if (data[i] == '"' || data[i] == '\\') {
            *p++ = '\\';
        }

        *p++ = data[i] < 0x20 ? ' ' : data[i];
    }

    s.len = p - s.data;

    return s;
}


static void
ngx_http_screen_put_verdicts(ngx_http_screen_status_t *st, ngx_uint_t actions)
{
    ngx_str_t                  name;
    ngx_uint_t                 i, n;
    ngx_atomic_t              *counts;
    const char                *metric, *label;
    ngx_http_screen_meter_t   *meter;

    metric = actions ? "actions_total" : "uploads_total";
    label = actions ? "action" : "verdict";

    ngx_http_screen_put_head(st, metric, "counter",
                             actions ? "Screened uploads, by what was done."
                                     : "Screened uploads, by verdict.");

    if (!st->prometheus) {
        ngx_http_screen_put(st, ",\"%s\":{", metric);
    }

    for (n = 0, meter = st->shared->meters; meter; meter = meter->next) {

        if (ngx_strlchr(meter->name, meter->name + meter->len, '\n')) {
            continue;
        }

        name = ngx_http_screen_quote(st, meter->name, meter->len);
        counts = actions ? meter->actions : meter->verdicts;

        if (!st->prometheus) {
            ngx_http_screen_put(st, "%s\"%V\":{", n++ ? "," : "", &name);
        }

        for (i = 0; i <= SCREEN_VERDICT_ERROR; i++) {

            if (st->prometheus) {
                ngx_http_screen_put(st, "screen_%s{policy=\"%V\",%s=\"%s\"} "
                                    "%uA\n", metric, &name, label,
                                    screen_verdict_name(i), counts[i]);
            } else {
                ngx_http_screen_put(st, "%s\"%s\":%uA", i ? "," : "",
                                    screen_verdict_name(i), counts[i]);
            }
        }

        if (!st->prometheus) {
            ngx_http_screen_put(st, "}");
        }
    }

    if (!st->prometheus) {
        ngx_http_screen_put(st, "}");
    }
}


static void
ngx_http_screen_put_matches(ngx_http_screen_status_t *st)
{
    u_char                   *nl;
    ngx_str_t                 policy, line;
    ngx_uint_t                n;
    ngx_http_screen_meter_t  *meter;

    ngx_http_screen_put_head(st, "matches_total", "counter",
                             "Parts and uploads that a match directive "
                             "matched.");

    if (!st->prometheus) {
        ngx_http_screen_put(st, ",\"matches_total\":[");
    }

    for (n = 0, meter = st->shared->meters; meter; meter = meter->next) {

        nl = ngx_strlchr(meter->name, meter->name + meter->len, '\n');

        if (nl == NULL) {
            continue;
        }

        policy = ngx_http_screen_quote(st, meter->name, nl - meter->name);
        line = ngx_http_screen_quote(st, nl + 1,
                                     meter->name + meter->len - nl - 1);

        if (st->prometheus) {
            ngx_http_screen_put(st, "screen_matches_total{policy=\"%V\","
                                "matcher=\"%V\"} %uA\n", &policy, &line,
                                meter->matches);
        } else {
            ngx_http_screen_put(st, "%s{\"policy\":\"%V\",\"matcher\":\"%V\","
                                "\"count\":%uA}", n++ ? "," : "", &policy,
                                &line, meter->matches);
        }
    }

    if (!st->prometheus) {
        ngx_http_screen_put(st, "]");
    }
}
