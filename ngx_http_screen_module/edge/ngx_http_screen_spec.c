
/*
 * Tells the processes outside nginx of the configuration.
 */


#include "ngx_http_screen_module.h"

#include <pwd.h>


#define NGX_HTTP_SCREEN_NOBODY  65534


static void ngx_http_screen_spec_users(ngx_cycle_t *cycle,
    screen_spec_t *spec);


/*
 * Writes the spec.  Once while the configuration is read, for compile, and
 * once more when it is complete: "user" may stand behind the http block.
 */

ngx_int_t
ngx_http_screen_spec_write(ngx_http_screen_main_conf_t *smcf,
    ngx_cycle_t *cycle, ngx_log_t *log)
{
    ssize_t                     n;
    ngx_int_t                   rc;
    ngx_uint_t                  i;
    ngx_pool_t                 *pool;
    screen_buf_t                b;
    screen_spec_t               spec;
    ngx_http_screen_bank_t     *bank;
    ngx_http_screen_policy_t  **policy;

    pool = ngx_create_pool(NGX_DEFAULT_POOL_SIZE, log);
    if (pool == NULL) {
        return NGX_ERROR;
    }

    screen_buf_init(&b, SCREEN_SPEC_LIMIT);
    rc = NGX_ERROR;

    ngx_memzero(&spec, sizeof(screen_spec_t));

    spec.nengines = smcf->policies.nelts;
    spec.engines = ngx_pcalloc(pool, ngx_max(spec.nengines, 1)
                                     * sizeof(screen_spec_engine_t));
    spec.nbanks = smcf->banks.nelts;
    spec.banks = ngx_pcalloc(pool, ngx_max(spec.nbanks, 1)
                                   * sizeof(screen_spec_bank_t));

    if (spec.engines == NULL || spec.banks == NULL) {
        goto done;
    }

    policy = smcf->policies.elts;

    for (i = 0; i < spec.nengines; i++) {
        screen_spec_engine(&spec.engines[i], policy[i]->core);
    }

    bank = smcf->banks.elts;

    for (i = 0; i < spec.nbanks; i++) {
        spec.banks[i].name.data = bank[i].name.data;
        spec.banks[i].name.len = bank[i].name.len;
        spec.banks[i].list.data = bank[i].list.data;
        spec.banks[i].list.len = bank[i].list.len;
        spec.banks[i].path.data = bank[i].path.data;
        spec.banks[i].path.len = bank[i].path.len;
        spec.banks[i].redis = bank[i].redis;
        spec.banks[i].max_age = bank[i].max_age;
        spec.banks[i].place = bank[i].place;
    }

    spec.redis = smcf->redis;

    spec.scanners = smcf->scanners;
    spec.jobs = smcf->jobs;
    spec.memory = smcf->memory;
    spec.timeout = smcf->timeout;
    spec.sandbox = smcf->sandbox;

    ngx_http_screen_spec_users(cycle, &spec);

    screen_spec_encode(&b, &spec);

    if (b.code != SCREEN_OK) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "the screen policies take more than %d bytes",
                      SCREEN_SPEC_LIMIT);
        goto done;
    }

    n = pwrite(smcf->pool.spec, b.data, b.len, 0);

    if (n != (ssize_t) b.len || ftruncate(smcf->pool.spec, b.len) == -1) {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "writing the scanner pool's specification failed");
        goto done;
    }

    if (geteuid() == 0 && spec.nbanks
        && chown((char *) smcf->path.data, spec.uid, spec.gid) == -1)
    {
        ngx_log_error(NGX_LOG_EMERG, log, ngx_errno,
                      "chown(\"%V\", %uD) failed", &smcf->path, spec.uid);
        goto done;
    }

    rc = NGX_OK;

done:

    screen_buf_free(&b);
    ngx_destroy_pool(pool);

    return rc;
}


static void
ngx_http_screen_spec_users(ngx_cycle_t *cycle, screen_spec_t *spec)
{
    struct passwd    *pwd;
    ngx_core_conf_t  *ccf;

    ccf = (ngx_core_conf_t *) ngx_get_conf(cycle->conf_ctx, ngx_core_module);

    if (geteuid() != 0) {
        spec->uid = geteuid();
        spec->gid = getegid();
        spec->peer_uid = spec->uid;
        return;
    }

    if (ccf->user != (ngx_uid_t) NGX_CONF_UNSET_UINT) {
        spec->uid = ccf->user;
        spec->gid = ccf->group;

    } else {
        pwd = getpwnam(NGX_USER);

        spec->uid = pwd ? pwd->pw_uid : NGX_HTTP_SCREEN_NOBODY;
        spec->gid = pwd ? pwd->pw_gid : NGX_HTTP_SCREEN_NOBODY;
    }

    spec->peer_uid = spec->uid;

    if (spec->uid == 0) {

        /* "user root": the workers have chosen so, the scanners never do */

        spec->uid = NGX_HTTP_SCREEN_NOBODY;
        spec->gid = NGX_HTTP_SCREEN_NOBODY;
    }
}
