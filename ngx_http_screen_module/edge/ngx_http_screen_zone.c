
/*
 * The shared zone: where it is made, and its counters.
 */


#include "ngx_http_screen_zone.h"


static ngx_int_t ngx_http_screen_zone_init(ngx_shm_zone_t *shm_zone,
    void *data);


/* upper bounds of the buckets, in microseconds */

const uint32_t  ngx_http_screen_bounds[NGX_HTTP_SCREEN_BUCKETS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    1000000, 5000000, 10000000
};


char *
ngx_http_screen_zone(ngx_conf_t *cf, ngx_command_t *cmd, void *conf)
{
    ngx_http_screen_main_conf_t *smcf = conf;

    u_char                  *p;
    ssize_t                  size;
    ngx_str_t               *value, name, s;
    ngx_http_screen_zone_t  *zone;

    if (smcf->zone) {
        return "is duplicate";
    }

    value = cf->args->elts;

    p = (u_char *) ngx_strchr(value[1].data, ':');

    if (p == NULL || p == value[1].data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid zone \"%V\": expected name:size",
                           &value[1]);
        return NGX_CONF_ERROR;
    }

    name.data = value[1].data;
    name.len = p - value[1].data;

    s.data = p + 1;
    s.len = value[1].data + value[1].len - s.data;

    size = ngx_parse_size(&s);

    if (size == NGX_ERROR || size < 256 * 1024) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "invalid size \"%V\" of zone \"%V\": "
                           "256k or more expected", &s, &name);
        return NGX_CONF_ERROR;
    }

    zone = ngx_pcalloc(cf->pool, sizeof(ngx_http_screen_zone_t));
    if (zone == NULL) {
        return NGX_CONF_ERROR;
    }

    zone->shm_zone = ngx_shared_memory_add(cf, &name, size,
                                           &ngx_http_screen_module);
    if (zone->shm_zone == NULL) {
        return NGX_CONF_ERROR;
    }

    if (zone->shm_zone->data) {
        ngx_conf_log_error(NGX_LOG_EMERG, cf, 0,
                           "zone \"%V\" is already used", &name);
        return NGX_CONF_ERROR;
    }

    zone->shm_zone->init = ngx_http_screen_zone_init;
    zone->shm_zone->data = zone;

    smcf->zone = zone;

    return NGX_CONF_OK;
}


static ngx_int_t
ngx_http_screen_zone_init(ngx_shm_zone_t *shm_zone, void *data)
{
    ngx_http_screen_zone_t *old = data;

    ngx_http_screen_zone_t    *zone;
    ngx_http_screen_shared_t  *shared;

    zone = shm_zone->data;

    if (old) {
        zone->shared = old->shared;
        zone->shpool = old->shpool;
        return NGX_OK;
    }

    zone->shpool = (ngx_slab_pool_t *) shm_zone->shm.addr;

    if (shm_zone->shm.exists) {
        zone->shared = zone->shpool->data;
        return NGX_OK;
    }

    shared = ngx_slab_calloc(zone->shpool, sizeof(ngx_http_screen_shared_t));
    if (shared == NULL) {
        return NGX_ERROR;
    }

    ngx_rbtree_init(&shared->rbtree, &shared->sentinel,
                    ngx_http_screen_cache_insert_value);
    ngx_queue_init(&shared->lru);

    zone->shared = shared;
    zone->shpool->data = shared;

    /* a full zone is everyday: reports make room for each other */

    zone->shpool->log_nomem = 0;

    return NGX_OK;
}


ngx_http_screen_meter_t *
ngx_http_screen_zone_meter(ngx_http_screen_zone_t *zone, ngx_str_t *name)
{
    ngx_http_screen_meter_t  *meter;

    ngx_shmtx_lock(&zone->shpool->mutex);

    for (meter = zone->shared->meters; meter; meter = meter->next) {

        if (meter->len == name->len
            && ngx_memcmp(meter->name, name->data, name->len) == 0)
        {
            goto done;
        }
    }

    meter = ngx_slab_calloc_locked(zone->shpool,
                                   sizeof(ngx_http_screen_meter_t)
                                   + name->len);
    if (meter) {
        meter->len = name->len;
        ngx_memcpy(meter->name, name->data, name->len);

        meter->next = zone->shared->meters;
        zone->shared->meters = meter;
    }

done:

    ngx_shmtx_unlock(&zone->shpool->mutex);

    return meter;
}


void
ngx_http_screen_zone_time(ngx_http_screen_zone_t *zone,
    ngx_http_screen_stage_t stage, uint64_t ns)
{
    uint64_t                      us;
    ngx_uint_t                    i;
    ngx_http_screen_histogram_t  *histogram;

    us = ns / 1000;
    histogram = &zone->shared->counters.stages[stage];

    for (i = 0; i < NGX_HTTP_SCREEN_BUCKETS; i++) {
        if (us <= ngx_http_screen_bounds[i]) {
            break;
        }
    }

    (void) ngx_atomic_fetch_add(&histogram->buckets[i], 1);
    (void) ngx_atomic_fetch_add(&histogram->us, us);
}
