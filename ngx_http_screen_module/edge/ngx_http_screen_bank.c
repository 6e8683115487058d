
/*
 * Banks in a worker: the bank file is mapped, looked up without a lock, and
 * mapped anew when the keeper has renamed another one into place.
 */


#include "ngx_http_screen_module.h"


static const u_char *ngx_http_screen_bank_digest(screen_part_t *part,
    screen_signal_t signal);
static ngx_int_t ngx_http_screen_bank_hit(ngx_http_screen_ctx_t *ctx,
    screen_part_t *part, ngx_http_screen_bank_t *bank,
    const screen_entry_t *entry);


/* two or three atomic loads when nothing has changed */

void
ngx_http_screen_bank_refresh(ngx_http_screen_main_conf_t *smcf, ngx_uint_t i,
    ngx_log_t *log)
{
    uint64_t                 version;
    screen_bank_t            fresh;
    ngx_uint_t              *refs;
    screen_tail_t            tail;
    screen_error_t           err;
    ngx_http_screen_bank_t  *bank;

    bank = smcf->banks.elts;
    bank += i;

    version = atomic_load(&smcf->pool.control->banks[i].version);

    if (bank->bank.map != NULL && bank->version == version
        && !screen_tail_closed(&bank->tail))
    {
        return;
    }

    if (bank->retry > ngx_time()) {
        return;
    }

    refs = ngx_alloc(sizeof(ngx_uint_t), log);
    if (refs == NULL) {
        return;
    }

    if (screen_tail_open_pair(&fresh, &tail, (char *) bank->path.data, &err)
        != SCREEN_OK)
    {
        /* a bank in Redis is not there before its keeper has read it */

        if (!bank->redis || version != 0) {
            ngx_log_error(NGX_LOG_ERR, log, 0, "bank \"%V\": %s%s",
                          &bank->name, err.text,
                          bank->bank.map ? ", the old one stays in force"
                                         : "");
        }

        ngx_free(refs);

        bank->retry = version ? ngx_time() + 1 : ngx_time();
        return;
    }

    ngx_http_screen_bank_close(bank);

    *refs = 1;

    bank->bank = fresh;
    bank->tail = tail;
    bank->refs = refs;
    bank->version = version;
    bank->retry = 0;
}


/* a search goes on in what it began with, though another pair is in place */

void
ngx_http_screen_bank_hold(ngx_http_screen_bank_t *bank,
    ngx_http_screen_edition_t *edition)
{
    edition->bank = bank->bank;
    edition->tail = bank->tail;
    edition->refs = bank->refs;

    (*edition->refs)++;
}


void
ngx_http_screen_bank_release(ngx_http_screen_edition_t *edition)
{
    if (--*edition->refs == 0) {
        screen_bank_close(&edition->bank);
        screen_tail_close(&edition->tail);
        ngx_free(edition->refs);
    }
}


void
ngx_http_screen_bank_close(ngx_http_screen_bank_t *bank)
{
    ngx_http_screen_edition_t  edition;

    if (bank->refs == NULL) {
        return;
    }

    ngx_http_screen_bank_hold(bank, &edition);

    ngx_memzero(&bank->bank, sizeof(screen_bank_t));
    ngx_memzero(&bank->tail, sizeof(screen_tail_t));
    bank->tail.fd = -1;
    bank->refs = NULL;

    (*edition.refs)--;
    ngx_http_screen_bank_release(&edition);
}


/* whether Redis has confirmed the bank as lately as it must have */

static ngx_uint_t
ngx_http_screen_bank_stale(ngx_http_screen_bank_t *bank)
{
    uint64_t  now, synced;

    if (bank->max_age == 0) {
        return 0;
    }

    now = ngx_time();
    synced = screen_tail_synced(&bank->tail);

    return synced + bank->max_age / 1000 < now;
}


/* which digests the banks of the upload's policy hold */

unsigned
ngx_http_screen_bank_signals(ngx_http_screen_ctx_t *ctx)
{
    unsigned                 signals;
    ngx_uint_t               i, *index;
    ngx_http_screen_bank_t  *bank;

    signals = 0;
    index = ctx->policy->banks.elts;
    bank = ctx->conf->banks.elts;

    for (i = 0; i < ctx->policy->banks.nelts; i++) {
        ngx_http_screen_bank_refresh(ctx->conf, index[i],
                                     ctx->request->connection->log);

        signals |= screen_tail_signals(&bank[index[i]].tail,
                                       &bank[index[i]].bank);
    }

    return signals & (1u << SCREEN_SIGNAL_SHA256 | 1u << SCREEN_SIGNAL_SHA1
                      | 1u << SCREEN_SIGNAL_MD5);
}


ngx_int_t
ngx_http_screen_bank_lookup(ngx_http_screen_ctx_t *ctx)
{
    unsigned                 signals;
    ngx_uint_t               i, j, *index;
    screen_part_t           *part;
    screen_entry_t           entry;
    screen_signal_t          signal;
    ngx_http_screen_bank_t  *bank;

    if (ctx->sink) {
        return NGX_OK;
    }

    index = ctx->policy->banks.elts;

    for (i = 0; i < ctx->policy->banks.nelts; i++) {

        bank = ctx->conf->banks.elts;
        bank += index[i];

        ngx_http_screen_bank_refresh(ctx->conf, index[i],
                                     ctx->request->connection->log);

        if (bank->bank.map == NULL) {
            screen_upload_fault(&ctx->upload, bank->max_age
                                ? SCREEN_FAULT_STALE : SCREEN_FAULT_INCOMPLETE,
                                "bank not available");
            continue;
        }

        if (ngx_http_screen_bank_stale(bank)) {
            screen_upload_fault(&ctx->upload, SCREEN_FAULT_STALE,
                                (char *) bank->name.data);
        }

        signals = screen_tail_signals(&bank->tail, &bank->bank);

        for (j = 0; j < ctx->upload.nparts; j++) {
            part = &ctx->upload.parts[j];

            for (signal = 0; signal <= SCREEN_SIGNAL_MD5; signal++) {

                if (!(part->digests & signals & 1u << signal)
                    || screen_tail_lookup(&bank->tail, &bank->bank, signal,
                                          ngx_http_screen_bank_digest(part,
                                                                      signal),
                                          ngx_time(), &entry)
                       != SCREEN_OK)
                {
                    continue;
                }

                if (ngx_http_screen_bank_hit(ctx, part, bank, &entry)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }
            }
        }
    }

    return NGX_OK;
}


static const u_char *
ngx_http_screen_bank_digest(screen_part_t *part, screen_signal_t signal)
{
    switch (signal) {

    case SCREEN_SIGNAL_SHA1:
        return part->sha1;

    case SCREEN_SIGNAL_MD5:
        return part->md5;

    default:
        return part->sha256;
    }
}


/* the entry's strings are copied: the map may be gone before the request */

static ngx_int_t
ngx_http_screen_bank_hit(ngx_http_screen_ctx_t *ctx, screen_part_t *part,
    ngx_http_screen_bank_t *bank, const screen_entry_t *entry)
{
    screen_hit_t  *hit;

    hit = screen_alloc_push(&ctx->alloc, &part->hits, &part->nhits,
                            sizeof(screen_hit_t));
    if (hit == NULL) {
        return NGX_ERROR;
    }

    hit->bank.data = bank->name.data;
    hit->bank.len = bank->name.len;
    hit->signal = entry->signal;
    hit->severity = entry->severity;

    if (screen_alloc_str(&ctx->alloc, &hit->label, &entry->label) != SCREEN_OK
        || screen_alloc_str(&ctx->alloc, &hit->source, &entry->source)
           != SCREEN_OK)
    {
        return NGX_ERROR;
    }

    return NGX_OK;
}
