
/*
 * What the files of the status page share.
 */


#ifndef _NGX_HTTP_SCREEN_STATUS_IMPL_H_INCLUDED_
#define _NGX_HTTP_SCREEN_STATUS_IMPL_H_INCLUDED_


#include "ngx_http_screen_zone.h"


typedef struct {
    ngx_http_request_t            *request;
    ngx_http_screen_main_conf_t   *conf;
    ngx_http_screen_counters_t    *counters;
    ngx_http_screen_shared_t      *shared;
    screen_control_t              *control;
    ngx_uint_t                     prometheus;

    ngx_chain_t                   *out;
    ngx_chain_t                  **last;
    off_t                          size;
    ngx_uint_t                     failed;
} ngx_http_screen_status_t;


/* status.c */

/* one formatted piece; what does not fit a chunk is cut, never overrun */
void ngx_http_screen_put(ngx_http_screen_status_t *st, const char *fmt, ...);

/* what Prometheus is told before a metric's values; nothing in JSON */
void ngx_http_screen_put_head(ngx_http_screen_status_t *st, const char *name,
    const char *type, const char *help);

/* status_metrics.c: what is one number */
void ngx_http_screen_status_metrics(ngx_http_screen_status_t *st);


#endif /* _NGX_HTTP_SCREEN_STATUS_IMPL_H_INCLUDED_ */
