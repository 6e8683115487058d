
/*
 * The metrics of the status page that are one number each.
 */


#include "ngx_http_screen_status_impl.h"


/* a number of the zone's counters, or of the supervisor's control page */

typedef struct {
    const char    *name;
    const char    *type;
    const char    *help;
    ngx_uint_t     control;        /* its size in bytes there, 0: a counter */
    size_t         offset;
} ngx_http_screen_metric_t;


static void ngx_http_screen_put_queue(ngx_http_screen_status_t *st);
static void ngx_http_screen_put_redis(ngx_http_screen_status_t *st);


static const ngx_http_screen_metric_t  ngx_http_screen_metrics[] = {

    { "body_bytes_total", "counter", "Bytes of screened request bodies.",
      0, offsetof(ngx_http_screen_counters_t, bytes) },

    { "scans_total", "counter", "Jobs that were given to a scanner.",
      0, offsetof(ngx_http_screen_counters_t, scans) },

    { "cache_hits_total", "counter", "Reports found in the shared zone.",
      0, offsetof(ngx_http_screen_counters_t, hits) },

    { "cache_misses_total", "counter", "Reports not found in the shared zone.",
      0, offsetof(ngx_http_screen_counters_t, misses) },

    { "cache_waits_total", "counter",
      "Uploads that waited for another one's scan of the same content.",
      0, offsetof(ngx_http_screen_counters_t, waits) },

    { "cache_shared_total", "counter", "Reports found in Redis.",
      0, offsetof(ngx_http_screen_counters_t, shared) },

    { "cache_evictions_total", "counter",
      "Reports that left the shared zone for others.",
      0, offsetof(ngx_http_screen_counters_t, evictions) },

    { "cache_entries", "gauge", "Reports in the shared zone.",
      0, offsetof(ngx_http_screen_counters_t, entries) },

    { "cache_bytes", "gauge", "Bytes of reports in the shared zone.",
      0, offsetof(ngx_http_screen_counters_t, cached) },

    { "events_total", "counter", "Events recorded, lost ones included.",
      0, offsetof(ngx_http_screen_counters_t, events) },

    { "events_dropped_total", "counter",
      "Events that were not written to a log.",
      0, offsetof(ngx_http_screen_counters_t, events_dropped) },

    { "events_streamed_total", "counter", "Events that Redis has taken.",
      0, offsetof(ngx_http_screen_counters_t, streamed) },

    { "events_stream_dropped_total", "counter",
      "Events that Redis was not there for long enough to take.",
      0, offsetof(ngx_http_screen_counters_t, stream_dropped) },

    { "quarantine_copies_total", "counter",
      "Copies that were put into quarantine.",
      0, offsetof(ngx_http_screen_counters_t, quarantined) },

    { "quarantine_failures_total", "counter",
      "Copies that could not be put into quarantine.",
      0, offsetof(ngx_http_screen_counters_t, quarantine_failed) },

    { "scanners", "gauge", "Scanner processes.",
      4, offsetof(screen_control_t, scanners) },

    { "scanners_busy", "gauge", "Scanner processes with a job.",
      4, offsetof(screen_control_t, busy) },

    { "scanners_started_total", "counter", "Scanner processes ever started.",
      8, offsetof(screen_control_t, started) },

    { "scanners_recycled_total", "counter",
      "Scanner processes that ended after their jobs.",
      8, offsetof(screen_control_t, recycled) },

    { "scanners_killed_total", "counter",
      "Scanner processes that met a deadline or crashed.",
      8, offsetof(screen_control_t, killed) },
};


/* of the workers' own client; what a keeper does is told by a bank's age */

static const ngx_http_screen_metric_t  ngx_http_screen_redis_metrics[] = {

    { "redis_up", "gauge",
      "1 if Redis did what a worker asked of it last.",
      0, offsetof(ngx_http_screen_counters_t, redis_up) },

    { "redis_commands_total", "counter", "Commands of the workers to Redis.",
      0, offsetof(ngx_http_screen_counters_t, redis_commands) },

    { "redis_failures_total", "counter",
      "Commands of the workers that Redis refused or did not answer.",
      0, offsetof(ngx_http_screen_counters_t, redis_failures) },
};


static uint64_t
ngx_http_screen_metric(ngx_http_screen_status_t *st,
    const ngx_http_screen_metric_t *m)
{
    u_char  *p;

    p = (u_char *) st->control + m->offset;

    switch (m->control) {

    case 4:
        return atomic_load((_Atomic uint32_t *) p);

    case 8:
        return atomic_load((_Atomic uint64_t *) p);

    default:
        return *(ngx_atomic_t *) ((u_char *) st->counters + m->offset);
    }
}


static void
ngx_http_screen_put_metric(ngx_http_screen_status_t *st,
    const ngx_http_screen_metric_t *m)
{
    ngx_http_screen_put_head(st, m->name, m->type, m->help);
    ngx_http_screen_put(st, st->prometheus ? "screen_%s %uL\n"
                                           : ",\"%s\":%uL",
                        m->name, ngx_http_screen_metric(st, m));
}


void
ngx_http_screen_status_metrics(ngx_http_screen_status_t *st)
{
    ngx_uint_t  i;

    for (i = 0; i < sizeof(ngx_http_screen_metrics)
                    / sizeof(ngx_http_screen_metrics[0]); i++)
    {
        ngx_http_screen_put_metric(st, &ngx_http_screen_metrics[i]);
    }

    ngx_http_screen_put_queue(st);
    ngx_http_screen_put_redis(st);
}


/* jobs that no scanner has begun: those beyond one for each */

static void
ngx_http_screen_put_queue(ngx_http_screen_status_t *st)
{
    int64_t     n;
    ngx_uint_t  i;

    n = - (int64_t) atomic_load(&st->control->scanners);

    for (i = 0; i < SCREEN_WORKERS_MAX; i++) {
        n += atomic_load(&st->control->pending[i]);
    }

    ngx_http_screen_put_head(st, "scanners_queue", "gauge",
                             "Jobs that wait for a scanner.");
    ngx_http_screen_put(st, st->prometheus ? "screen_scanners_queue %L\n"
                                           : ",\"scanners_queue\":%L",
                        ngx_max(n, 0));
}


static void
ngx_http_screen_put_redis(ngx_http_screen_status_t *st)
{
    ngx_uint_t  i;

    if (st->conf->redis_client == NULL) {
        return;
    }

    for (i = 0; i < sizeof(ngx_http_screen_redis_metrics)
                    / sizeof(ngx_http_screen_redis_metrics[0]); i++)
    {
        ngx_http_screen_put_metric(st, &ngx_http_screen_redis_metrics[i]);
    }
}
