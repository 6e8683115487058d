
/*
 * Reports of scans in the shared zone, least recently used ones leave first.
 * A report that is being made stands there too, with its maker, so that the
 * same content is scanned once however many send it at the same time.
 */


#include "ngx_http_screen_zone.h"


typedef struct {
    ngx_rbtree_node_t    node;
    ngx_queue_t          queue;
    u_char               key[NGX_HTTP_SCREEN_KEY_LEN];
    ngx_pid_t            maker;        /* 0: the report is there */
    uint64_t             since;        /* ms, that it is being made */
    size_t               len;
    u_char              *report;
} ngx_http_screen_cached_t;


static ngx_http_screen_cached_t *ngx_http_screen_cache_find(
    ngx_http_screen_shared_t *shared, const u_char *key);
static ngx_http_screen_cached_t *ngx_http_screen_cache_insert(
    ngx_http_screen_zone_t *zone, const u_char *key);
static void *ngx_http_screen_cache_alloc(ngx_http_screen_zone_t *zone,
    size_t size);
static void ngx_http_screen_cache_free(ngx_http_screen_zone_t *zone,
    ngx_http_screen_cached_t *cached);


/* the key is a digest: any four bytes of it spread well */

static ngx_rbtree_key_t
ngx_http_screen_cache_hash(const u_char *key)
{
    uint32_t  hash;

    ngx_memcpy(&hash, key, sizeof(uint32_t));

    return hash;
}


static int
ngx_http_screen_cache_lost(ngx_http_screen_cached_t *cached, uint64_t now,
    ngx_msec_t timeout)
{
    return now - cached->since > timeout
           || (kill(cached->maker, 0) == -1 && ngx_errno == NGX_ESRCH);
}


ngx_int_t
ngx_http_screen_cache_get(ngx_http_screen_zone_t *zone, const u_char *key,
    ngx_msec_t timeout, ngx_pool_t *pool, ngx_str_t *report)
{
    uint64_t                     now;
    ngx_int_t                    rc;
    ngx_http_screen_cached_t    *cached;
    ngx_http_screen_counters_t  *counters;

    counters = &zone->shared->counters;
    now = ngx_http_screen_now() / 1000000;

    ngx_shmtx_lock(&zone->shpool->mutex);

    cached = ngx_http_screen_cache_find(zone->shared, key);

    if (cached == NULL) {
        cached = ngx_http_screen_cache_insert(zone, key);

        rc = cached ? NGX_DECLINED : NGX_ABORT;

    } else if (cached->maker == 0) {
        ngx_queue_remove(&cached->queue);
        ngx_queue_insert_head(&zone->shared->lru, &cached->queue);

        report->len = cached->len;
        report->data = ngx_pnalloc(pool, cached->len);

        if (report->data) {
            ngx_memcpy(report->data, cached->report, cached->len);
        }

        rc = report->data ? NGX_OK : NGX_ERROR;

    } else if (ngx_http_screen_cache_lost(cached, now, timeout)) {
        rc = NGX_DECLINED;

    } else {
        rc = NGX_AGAIN;
    }

    if (rc == NGX_DECLINED) {
        cached->maker = ngx_pid;
        cached->since = now;
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);

    if (rc == NGX_OK) {
        (void) ngx_atomic_fetch_add(&counters->hits, 1);

    } else if (rc == NGX_DECLINED || rc == NGX_ABORT) {
        (void) ngx_atomic_fetch_add(&counters->misses, 1);
    }

    return rc;
}


void
ngx_http_screen_cache_put(ngx_http_screen_zone_t *zone, const u_char *key,
    ngx_str_t *report)
{
    ngx_http_screen_cached_t    *cached;
    ngx_http_screen_counters_t  *counters;

    counters = &zone->shared->counters;

    ngx_shmtx_lock(&zone->shpool->mutex);

    cached = ngx_http_screen_cache_find(zone->shared, key);

    if (cached && cached->maker) {

        cached->report = ngx_http_screen_cache_alloc(zone, report->len);

        if (cached->report) {
            ngx_memcpy(cached->report, report->data, report->len);

            cached->len = report->len;
            cached->maker = 0;

            ngx_queue_insert_head(&zone->shared->lru, &cached->queue);

            (void) ngx_atomic_fetch_add(&counters->entries, 1);
            (void) ngx_atomic_fetch_add(&counters->cached, report->len);

        } else {
            ngx_http_screen_cache_free(zone, cached);
        }
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


/* the maker gives up: the next one who asks becomes the maker */

void
ngx_http_screen_cache_drop(ngx_http_screen_zone_t *zone, const u_char *key)
{
    ngx_http_screen_cached_t  *cached;

    ngx_shmtx_lock(&zone->shpool->mutex);

    cached = ngx_http_screen_cache_find(zone->shared, key);

    if (cached && cached->maker == ngx_pid) {
        ngx_http_screen_cache_free(zone, cached);
    }

    ngx_shmtx_unlock(&zone->shpool->mutex);
}


static ngx_http_screen_cached_t *
ngx_http_screen_cache_find(ngx_http_screen_shared_t *shared,
    const u_char *key)
{
    ngx_int_t                  rc;
    ngx_rbtree_key_t           hash;
    ngx_rbtree_node_t         *node, *sentinel;
    ngx_http_screen_cached_t  *cached;

    hash = ngx_http_screen_cache_hash(key);

    node = shared->rbtree.root;
    sentinel = shared->rbtree.sentinel;

    while (node != sentinel) {

        if (hash != node->key) {
            node = (hash < node->key) ? node->left : node->right;
            continue;
        }

        cached = (ngx_http_screen_cached_t *) node;

        rc = ngx_memcmp(key, cached->key, NGX_HTTP_SCREEN_KEY_LEN);

        if (rc == 0) {
            return cached;
        }

        node = (rc < 0) ? node->left : node->right;
    }

    return NULL;
}


void
ngx_http_screen_cache_insert_value(ngx_rbtree_node_t *temp,
    ngx_rbtree_node_t *node, ngx_rbtree_node_t *sentinel)
{
    ngx_rbtree_node_t         **p;
    ngx_http_screen_cached_t   *new, *old;

    new = (ngx_http_screen_cached_t *) node;

    for ( ;; ) {
        old = (ngx_http_screen_cached_t *) temp;

        if (node->key != temp->key) {
            p = (node->key < temp->key) ? &temp->left : &temp->right;

        } else {
            p = (ngx_memcmp(new->key, old->key, NGX_HTTP_SCREEN_KEY_LEN) < 0)
                ? &temp->left : &temp->right;
        }

        if (*p == sentinel) {
            break;
        }

        temp = *p;
    }

    *p = node;
    node->parent = temp;
    node->left = sentinel;
    node->right = sentinel;
    ngx_rbt_red(node);
}


static ngx_http_screen_cached_t *
ngx_http_screen_cache_insert(ngx_http_screen_zone_t *zone, const u_char *key)
{
    ngx_http_screen_cached_t  *cached;

    cached = ngx_http_screen_cache_alloc(zone,
                                         sizeof(ngx_http_screen_cached_t));
    if (cached == NULL) {
        return NULL;
    }

    ngx_memzero(cached, sizeof(ngx_http_screen_cached_t));

    cached->node.key = ngx_http_screen_cache_hash(key);
    cached->maker = ngx_pid;
    ngx_memcpy(cached->key, key, NGX_HTTP_SCREEN_KEY_LEN);

    ngx_rbtree_insert(&zone->shared->rbtree, &cached->node);

    return cached;
}


/* what has not been asked for longest makes room */

static void *
ngx_http_screen_cache_alloc(ngx_http_screen_zone_t *zone, size_t size)
{
    void         *p;
    ngx_uint_t    i;
    ngx_queue_t  *q;

    for (i = 0; i < 100; i++) {

        p = ngx_slab_alloc_locked(zone->shpool, size);

        if (p || ngx_queue_empty(&zone->shared->lru)) {
            return p;
        }

        q = ngx_queue_last(&zone->shared->lru);

        ngx_http_screen_cache_free(zone,
                                   ngx_queue_data(q, ngx_http_screen_cached_t,
                                                  queue));

        (void) ngx_atomic_fetch_add(&zone->shared->counters.evictions, 1);
    }

    return NULL;
}


static void
ngx_http_screen_cache_free(ngx_http_screen_zone_t *zone,
    ngx_http_screen_cached_t *cached)
{
    ngx_http_screen_counters_t  *counters;

    counters = &zone->shared->counters;

    if (cached->maker == 0) {
        ngx_queue_remove(&cached->queue);

        (void) ngx_atomic_fetch_add(&counters->entries, -1);
        (void) ngx_atomic_fetch_add(&counters->cached,
                                    -(ngx_atomic_int_t) cached->len);
    }

    ngx_rbtree_delete(&zone->shared->rbtree, &cached->node);

    if (cached->report) {
        ngx_slab_free_locked(zone->shpool, cached->report);
    }

    ngx_slab_free_locked(zone->shpool, cached);
}
