
/*
 * Events to a stream in Redis.  Each worker has a buffer, bounded in bytes,
 * that holds what Redis has not confirmed: through an outage it fills up, and
 * then the oldest go first and are counted.  What is sent again after a lost
 * connection may be there twice, under the same id of the upload.
 */


#include "ngx_http_screen_zone.h"


#define NGX_HTTP_SCREEN_STREAM_FLIGHT   64       /* commands under way */
#define NGX_HTTP_SCREEN_STREAM_PAUSE    500      /* ms, after a failure */
#define NGX_HTTP_SCREEN_STREAM_LAST     5000     /* ms that a worker waits for
                                                    Redis before it ends */
#define NGX_HTTP_SCREEN_STREAM_SILENCE  60       /* s, between complaints */


struct ngx_http_screen_stream_s {
    ngx_uint_t                    maxlen;
    size_t                        limit;         /* of the buffer */

    ngx_http_screen_main_conf_t  *conf;
    ngx_str_t                     key;
    ngx_str_t                     maxlen_text;

    /* of this process */
    ngx_queue_t                   waiting;       /* the oldest first */
    ngx_queue_t                   flying;
    ngx_uint_t                    nflying;
    size_t                        size;          /* of all of them */
    uint64_t                      next;          /* number of an event */
    ngx_event_t                   timer;
    ngx_msec_t                    ending;        /* since; 0: it is not */
    time_t                        error;         /* when one was logged */
};


typedef struct {
    ngx_queue_t                   queue;
    ngx_http_screen_stream_t     *stream;
    uint64_t                      number;
    size_t                        len;
    u_char                        data[1];
} ngx_http_screen_streamed_t;


static void ngx_http_screen_stream_send(ngx_http_screen_stream_t *stream);
static void ngx_http_screen_stream_sent(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply);
static void ngx_http_screen_stream_back(ngx_http_screen_streamed_t *event);
static void ngx_http_screen_stream_bound(ngx_http_screen_stream_t *stream,
    size_t limit);
static void ngx_http_screen_stream_timer(ngx_event_t *ev);
static void ngx_http_screen_stream_count(ngx_http_screen_stream_t *stream,
    ngx_uint_t dropped);


char *
ngx_http_screen_event_stream(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    ssize_t                    size;
    ngx_int_t                  n;
    ngx_str_t                 *value, s;
    ngx_uint_t                 i;
    ngx_http_screen_stream_t  *stream;

    if (smcf->stream != NGX_CONF_UNSET_PTR) {
        return "is duplicate";
    }

    value = cf->args->elts;

    if (ngx_strcmp(value[1].data, "off") == 0 && cf->args->nelts == 2) {
        smcf->stream = NULL;
        return NGX_CONF_OK;
    }

    if (ngx_strcmp(value[1].data, "on") != 0) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid value \"%V\": expected on or off",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    stream = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_stream_t));
    if (stream == NULL) {
        return NGX_CONF_ERROR;
    }

    stream->conf = smcf;
    stream->maxlen = 1000000;
    stream->limit = 4 * 1024 * 1024;

    for (i = 2; i < cf->args->nelts; i++) {

        if (ngx_strncmp(value[i].data, "maxlen=", 7) == 0) {
            n = ngx_atoi(value[i].data + 7, value[i].len - 7);

            if (n > 0) {
                stream->maxlen = n;
                continue;
            }

        } else if (ngx_strncmp(value[i].data, "buffer=", 7) == 0) {
            s.data = value[i].data + 7;
            s.len = value[i].len - 7;

            size = ngx_parse_size(&s);

            if (size >= 64 * 1024) {
                stream->limit = size;
                continue;
            }
        }

        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid parameter \"%V\": expected maxlen=NUMBER "
                           "or buffer=SIZE of 64k or more", &value[i]);
        return NGX_CONF_ERROR;
    }

    smcf->stream = stream;

    return NGX_CONF_OK;
}


/* once the servers of Redis are known */

ngx_int_t
ngx_http_screen_stream_init(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    screen_str_t              *prefix;
    ngx_http_screen_stream_t  *stream;

    stream = smcf->stream;
    prefix = &smcf->redis.servers[0].prefix;

    stream->key.data = ngx_pnalloc(cf->pool, prefix->len + sizeof("events"));
    stream->maxlen_text.data = ngx_pnalloc(cf->pool, NGX_INT_T_LEN);

    if (stream->key.data == NULL || stream->maxlen_text.data == NULL) {
        return NGX_ERROR;
    }

    stream->key.len = ngx_sprintf(stream->key.data, "%*sevents", prefix->len,
                                  prefix->data)
                      - stream->key.data;
    stream->maxlen_text.len = ngx_sprintf(stream->maxlen_text.data, "%ui",
                                          stream->maxlen)
                              - stream->maxlen_text.data;

    ngx_queue_init(&stream->waiting);
    ngx_queue_init(&stream->flying);

    return NGX_OK;
}


void
ngx_http_screen_stream_add(ngx_http_screen_stream_t *stream,
    const u_char *data, size_t len)
{
    ngx_http_screen_streamed_t  *event;

    event = ngx_alloc(sizeof(ngx_http_screen_streamed_t) + len,
                      ngx_cycle->log);
    if (event == NULL) {
        ngx_http_screen_stream_count(stream, 1);
        return;
    }

    event->stream = stream;
    event->number = stream->next++;
    event->len = len;
    ngx_memcpy(event->data, data, len);

    ngx_queue_insert_tail(&stream->waiting, &event->queue);
    stream->size += len;

    ngx_http_screen_stream_bound(stream, stream->limit);

    if (!stream->timer.timer_set) {
        ngx_http_screen_stream_send(stream);
    }
}


static void
ngx_http_screen_stream_send(ngx_http_screen_stream_t *stream)
{
    ngx_int_t                    rc;
    ngx_str_t                    argv[8];
    ngx_queue_t                 *q;
    ngx_http_screen_streamed_t  *event;

    ngx_str_set(&argv[0], "XADD");
    argv[1] = stream->key;
    ngx_str_set(&argv[2], "MAXLEN");
    ngx_str_set(&argv[3], "~");
    argv[4] = stream->maxlen_text;
    ngx_str_set(&argv[5], "*");
    ngx_str_set(&argv[6], "event");

    while (!ngx_queue_empty(&stream->waiting)
           && stream->nflying < NGX_HTTP_SCREEN_STREAM_FLIGHT)
    {
        q = ngx_queue_head(&stream->waiting);
        event = ngx_queue_data(q, ngx_http_screen_streamed_t, queue);

        argv[7].data = event->data;
        argv[7].len = event->len;

        rc = ngx_http_screen_redis_command(stream->conf->redis_client, argv,
                                           8, 1, 0,
                                           ngx_http_screen_stream_sent, event,
                                           NULL);
        if (rc != NGX_OK) {
            ngx_http_screen_count_redis(stream->conf, rc);
            break;
        }

        ngx_queue_remove(q);
        ngx_queue_insert_tail(&stream->flying, q);
        stream->nflying++;
    }

    /* a worker does not end as long as there is a timer */

    if (stream->size && !stream->timer.timer_set) {
        stream->timer.handler = ngx_http_screen_stream_timer;
        stream->timer.data = stream;
        stream->timer.log = ngx_cycle->log;

        ngx_add_timer(&stream->timer, NGX_HTTP_SCREEN_STREAM_PAUSE);
    }
}


static void
ngx_http_screen_stream_sent(void *data, ngx_int_t rc,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_http_screen_streamed_t *event = data;

    ngx_http_screen_stream_t  *stream;

    stream = event->stream;

    ngx_queue_remove(&event->queue);
    stream->nflying--;

    ngx_http_screen_count_redis(stream->conf, rc);

    if (rc != NGX_OK) {

        if (reply && ngx_time() - stream->error
                     >= NGX_HTTP_SCREEN_STREAM_SILENCE)
        {
            stream->error = ngx_time();
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                          "screen: an event was refused by Redis: %V",
                          &reply->text);
        }

        ngx_http_screen_stream_back(event);
        return;
    }

    stream->size -= event->len;
    ngx_free(event);

    ngx_http_screen_stream_count(stream, 0);

    if (stream->size == 0) {

        if (stream->timer.timer_set) {
            ngx_del_timer(&stream->timer);
        }

        return;
    }

    ngx_http_screen_stream_send(stream);
}


/* to where it was, and to be tried again with the timer */

static void
ngx_http_screen_stream_back(ngx_http_screen_streamed_t *event)
{
    ngx_queue_t                 *q;
    ngx_http_screen_stream_t    *stream;
    ngx_http_screen_streamed_t  *other;

    stream = event->stream;

    for (q = ngx_queue_head(&stream->waiting);
         q != ngx_queue_sentinel(&stream->waiting);
         q = ngx_queue_next(q))
    {
        other = ngx_queue_data(q, ngx_http_screen_streamed_t, queue);

        if (other->number > event->number) {
            break;
        }
    }

    /* that is, before q */

    ngx_queue_insert_tail(q, &event->queue);
}


static void
ngx_http_screen_stream_bound(ngx_http_screen_stream_t *stream, size_t limit)
{
    ngx_queue_t                 *q;
    ngx_http_screen_streamed_t  *event;

    while (stream->size > limit && !ngx_queue_empty(&stream->waiting)) {

        q = ngx_queue_head(&stream->waiting);
        event = ngx_queue_data(q, ngx_http_screen_streamed_t, queue);

        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): never twice */
        ngx_queue_remove(q);
        stream->size -= event->len;
        ngx_free(event);

        ngx_http_screen_stream_count(stream, 1);
    }
}


static void
ngx_http_screen_stream_timer(ngx_event_t *ev)
{
    ngx_http_screen_stream_t *stream = ev->data;

    if (ngx_exiting) {

        if (stream->ending == 0) {
            stream->ending = ngx_max(ngx_current_msec, 1);

        } else if (ngx_current_msec - stream->ending
                   > NGX_HTTP_SCREEN_STREAM_LAST)
        {
            ngx_http_screen_stream_close(stream);
            return;
        }
    }

    ngx_http_screen_stream_send(stream);
}


/* what is left is lost: nobody is there any more to send it */

void
ngx_http_screen_stream_close(ngx_http_screen_stream_t *stream)
{
    ngx_queue_t  *q;

    ngx_http_screen_redis_close(stream->conf->redis_client);

    while (!ngx_queue_empty(&stream->flying)) {
        q = ngx_queue_head(&stream->flying);

        ngx_queue_remove(q);
        ngx_queue_insert_head(&stream->waiting, q);
    }

    stream->nflying = 0;

    ngx_http_screen_stream_bound(stream, 0);
}


static void
ngx_http_screen_stream_count(ngx_http_screen_stream_t *stream,
    ngx_uint_t dropped)
{
    ngx_http_screen_counters_t  *counters;

    if (stream->conf->zone) {
        counters = &stream->conf->zone->shared->counters;

        (void) ngx_atomic_fetch_add(dropped ? &counters->stream_dropped
                                            : &counters->streamed, 1);
    }
}
