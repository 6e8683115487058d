
/*
 * The shared zone: reports of scans, and counters, of all workers.  It
 * survives a reload.
 */


#ifndef _NGX_HTTP_SCREEN_ZONE_H_INCLUDED_
#define _NGX_HTTP_SCREEN_ZONE_H_INCLUDED_


#include "ngx_http_screen_module.h"


#define NGX_HTTP_SCREEN_KEY_LEN     32
#define NGX_HTTP_SCREEN_BUCKETS     14


/* stages whose time is counted */

typedef enum {
    NGX_HTTP_SCREEN_STAGE_LOOKUP = 0,
    NGX_HTTP_SCREEN_STAGE_SCAN,
    NGX_HTTP_SCREEN_STAGE_TOTAL,
    NGX_HTTP_SCREEN_STAGES
} ngx_http_screen_stage_t;


typedef struct {
    ngx_atomic_t                   buckets[NGX_HTTP_SCREEN_BUCKETS + 1];
    ngx_atomic_t                   us;          /* the sum */
} ngx_http_screen_histogram_t;


typedef struct {
    ngx_atomic_t                   bytes;
    ngx_atomic_t                   scans;
    ngx_atomic_t                   hits;
    ngx_atomic_t                   misses;
    ngx_atomic_t                   waits;
    ngx_atomic_t                   shared;      /* reports found in Redis */
    ngx_atomic_t                   evictions;
    ngx_atomic_t                   entries;     /* of the cache, now */
    ngx_atomic_t                   cached;      /* their bytes, now */
    ngx_atomic_t                   events;
    ngx_atomic_t                   events_dropped;
    ngx_atomic_t                   streamed;    /* events */
    ngx_atomic_t                   stream_dropped;
    ngx_atomic_t                   redis_commands;
    ngx_atomic_t                   redis_failures;
    ngx_atomic_t                   redis_up;    /* the last one was answered */
    ngx_atomic_t                   quarantined;
    ngx_atomic_t                   quarantine_failed;
    ngx_atomic_t                   faults[SCREEN_FAULTS];
    ngx_http_screen_histogram_t    stages[NGX_HTTP_SCREEN_STAGES];
} ngx_http_screen_counters_t;


/* counters of one policy, or of one of its lines, found again by its name */

struct ngx_http_screen_meter_s {
    ngx_http_screen_meter_t       *next;
    ngx_atomic_t                   verdicts[SCREEN_VERDICT_ERROR + 1];
    ngx_atomic_t                   actions[SCREEN_VERDICT_ERROR + 1];
    ngx_atomic_t                   matches;     /* of a line */
    size_t                         len;
    u_char                         name[1];     /* "policy" or
                                                   "policy\nline's text" */
};


typedef struct {
    ngx_rbtree_t                   rbtree;
    ngx_rbtree_node_t              sentinel;
    ngx_queue_t                    lru;         /* of finished reports */
    ngx_http_screen_meter_t       *meters;
    ngx_http_screen_counters_t     counters;
} ngx_http_screen_shared_t;


struct ngx_http_screen_zone_s {
    ngx_shm_zone_t                *shm_zone;
    ngx_slab_pool_t               *shpool;
    ngx_http_screen_shared_t      *shared;
};


/* zone.c */
char *ngx_http_screen_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);

/* the meter of that name, made if need be; NULL when the zone is full */
ngx_http_screen_meter_t *ngx_http_screen_zone_meter(
    ngx_http_screen_zone_t *zone, ngx_str_t *name);

extern const uint32_t  ngx_http_screen_bounds[NGX_HTTP_SCREEN_BUCKETS];

void ngx_http_screen_zone_time(ngx_http_screen_zone_t *zone,
    ngx_http_screen_stage_t stage, uint64_t ns);

/* cache.c */

/*
 * NGX_OK: the report, copied to the pool.  NGX_DECLINED: there is none; the
 * caller owns its making and must put or drop it.  NGX_AGAIN: somebody else
 * is making it.  NGX_ABORT: there is none and no room to say so.
 */
ngx_int_t ngx_http_screen_cache_get(ngx_http_screen_zone_t *zone,
    const u_char *key, ngx_msec_t timeout, ngx_pool_t *pool, ngx_str_t *report);
void ngx_http_screen_cache_put(ngx_http_screen_zone_t *zone,
    const u_char *key, ngx_str_t *report);
void ngx_http_screen_cache_drop(ngx_http_screen_zone_t *zone,
    const u_char *key);
void ngx_http_screen_cache_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel);

/* status.c */
char *ngx_http_screen_status(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);


#endif /* _NGX_HTTP_SCREEN_ZONE_H_INCLUDED_ */
