
/*
 * The nginx side: what its files share.  One request that carries an upload
 * has one ngx_http_screen_ctx_t, made in the PRECONTENT phase and kept in a
 * cleanup of the request's pool, because r->ctx does not survive an internal
 * redirect.
 */


#ifndef _NGX_HTTP_SCREEN_MODULE_H_INCLUDED_
#define _NGX_HTTP_SCREEN_MODULE_H_INCLUDED_


#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_http.h>

#include "ngx_http_screen_redis.h"
#include "screen_bank.h"
#include "screen_bank_json.h"
#include "screen_control.h"
#include "screen_digest.h"
#include "screen_disposition.h"
#include "screen_job.h"
#include "screen_multipart.h"
#include "screen_policy.h"
#include "screen_report.h"
#include "screen_spec.h"
#include "screen_tail.h"


#define NGX_HTTP_SCREEN_ID_LEN      32

#define NGX_HTTP_SCREEN_ENFORCE     0
#define NGX_HTTP_SCREEN_MONITOR     1

#define NGX_HTTP_SCREEN_EVENTS_OFF        0
#define NGX_HTTP_SCREEN_EVENTS_DECISIONS  1
#define NGX_HTTP_SCREEN_EVENTS_ALL        2


/* configuration */

typedef struct ngx_http_screen_zone_s   ngx_http_screen_zone_t;
typedef struct ngx_http_screen_meter_s  ngx_http_screen_meter_t;

typedef struct ngx_http_screen_event_log_s  ngx_http_screen_event_log_t;
typedef struct ngx_http_screen_vault_s  ngx_http_screen_vault_t;
typedef struct ngx_http_screen_stream_s  ngx_http_screen_stream_t;


typedef struct {
    screen_policy_t              *core;
    ngx_uint_t                    engine;      /* index in the spec */
    u_char                        id[32];      /* of the engine */
    ngx_uint_t                    names;       /* its rules look at names */
    ngx_uint_t                    digest;      /* it needs SHA-256 */

    ngx_array_t                   lines;       /* of ngx_str_t, "policy\n" and
                                                  the text of each match */
    ngx_http_screen_meter_t      *meter;       /* of this process' zone, */
    ngx_http_screen_meter_t     **meters;      /* of each line */
    ngx_array_t                   banks;       /* of ngx_uint_t, indices into
                                                  the main conf's banks, in
                                                  the order of core->banks */
} ngx_http_screen_policy_t;


typedef struct {
    ngx_str_t                     name;
    ngx_str_t                     list;        /* the list file */
    ngx_str_t                     path;        /* the bank file */
    ngx_uint_t                    redis;       /* kept current from Redis */
    ngx_msec_t                    max_age;     /* 0: it may be of any age */
    screen_place_t                place;

    /* of this process */
    screen_bank_t                 bank;
    screen_tail_t                 tail;        /* changes since; of Redis */
    ngx_uint_t                   *refs;        /* who has these two open */
    uint64_t                      version;     /* that bank was opened at */
    time_t                        retry;       /* not before, after a failure */
} ngx_http_screen_bank_t;


/* a bank as it was when somebody began to search it */

typedef struct {
    screen_bank_t                 bank;
    screen_tail_t                 tail;
    ngx_uint_t                   *refs;
} ngx_http_screen_edition_t;


/* what the processes of one configuration share, see screen_control.h */

typedef struct {
    int                           spec;
    int                           image;
    int                           listen;
    int                           lifeline[2]; /* held open by every process of
                                                  nginx; read by supervisor */
    int                           control_fd;
    int                           log[2];      /* workers read the first */
    screen_control_t             *control;

    struct sockaddr_un            address;
    socklen_t                     address_len;

    /* of this process */
    ngx_connection_t             *watch;       /* the supervisor's pidfd */
    ngx_connection_t             *messages;
    ngx_event_t                   timer;
    ngx_uint_t                    failures;    /* starts in a row */
} ngx_http_screen_pool_t;


typedef struct {
    ngx_array_t                   policies;    /* ngx_http_screen_policy_t * */
    ngx_array_t                   banks;       /* ngx_http_screen_bank_t */
    screen_redis_conf_t           redis;       /* of screen_redis */

    ngx_str_t                     helper;
    ngx_str_t                     path;        /* of the bank files */

    ngx_uint_t                    scanners;    /* NGX_CONF_UNSET_UINT: the
                                                  directive is not there */
    ngx_msec_t                    timeout;
    size_t                        memory;
    ngx_uint_t                    queue;
    ngx_uint_t                    jobs;
    ngx_msec_t                    start;       /* to wait for scanners, before
                                                  there are workers */
    ngx_uint_t                    sandbox;

    screen_alloc_t                alloc;       /* from the cycle's pool */
    ngx_http_screen_zone_t       *zone;        /* NULL: none */
    ngx_http_screen_redis_t      *redis_client;
    time_t                        reports_ttl; /* in Redis; 0: not there */
    ngx_http_screen_pool_t        pool;
    ngx_http_screen_stream_t     *stream;      /* of events; NULL: none */
    ngx_http_screen_vault_t      *vault;       /* of what is quarantined;
                                                  NULL: none */
    ngx_uint_t                    active;      /* there is a policy */
    ngx_uint_t                    digest_variables;  /* somebody uses one;
                                                  NGX_CONF_UNSET_UINT: it
                                                  is not known yet */
} ngx_http_screen_main_conf_t;


typedef struct {
    ngx_http_complex_value_t     *value;       /* of "screen"; NULL: off */
    ngx_http_screen_policy_t     *policy;      /* of a constant value */
    screen_place_t                place;

    ngx_uint_t                    mode;
    time_t                        retry_after;

    ngx_http_screen_event_log_t  *event_log;   /* NULL: off */
    ngx_uint_t                    events;
} ngx_http_screen_loc_conf_t;


/* an upload */

typedef enum {
    NGX_HTTP_SCREEN_READING = 0,
    NGX_HTTP_SCREEN_SCANNING,
    NGX_HTTP_SCREEN_FAILED,                    /* there is no verdict, and the
                                                  body is for nobody */
    NGX_HTTP_SCREEN_DECIDED,
    NGX_HTTP_SCREEN_ACTED
} ngx_http_screen_state_t;


#define NGX_HTTP_SCREEN_SCAN_HEADER  4
#define NGX_HTTP_SCREEN_SCAN_START   512


typedef struct {
    ngx_connection_t             *connection;
    ngx_event_t                   timer;
    screen_buf_t                  job;
    size_t                        sent;
    int                           body;        /* descriptor, -1: sent */
    u_char                        start[NGX_HTTP_SCREEN_SCAN_START];
                                               /* the report's length, and all
                                                  of a short one */
    u_char                       *report;      /* NULL: no length yet */
    size_t                        size;        /* of the report */
    size_t                        received;    /* to start, or of the report */
    uint64_t                      id;
    unsigned                      counted:1;   /* among the jobs under way */
    unsigned                      words:1;     /* in place of a report */
} ngx_http_screen_scan_t;


/* who finds out about a part */

typedef enum {
    NGX_HTTP_SCREEN_FACT_NONE = 0,
    NGX_HTTP_SCREEN_FACT_WANTED,
    NGX_HTTP_SCREEN_FACT_ASKED,                /* of Redis */
    NGX_HTTP_SCREEN_FACT_MISSING,              /* to be scanned */
    NGX_HTTP_SCREEN_FACT_SCANNING,
    NGX_HTTP_SCREEN_FACT_SCANNED
} ngx_http_screen_fact_state_t;


typedef struct ngx_http_screen_ctx_s  ngx_http_screen_ctx_t;


typedef struct {
    ngx_http_screen_fact_state_t  state;
    ngx_uint_t                    ours;        /* others may wait for it */
    u_char                        key[32];     /* in the cache */
    ngx_http_screen_redis_call_t *call;
    ngx_http_screen_ctx_t        *ctx;
} ngx_http_screen_fact_t;


/* the search of likenesses: which part, which bank of the policy, how far */

typedef struct {
    ngx_event_t                   event;
    ngx_uint_t                    part;
    ngx_uint_t                    bank;        /* to be searched next */
    ngx_uint_t                    busy;        /* the one before it is being
                                                  searched */
    ngx_http_screen_edition_t     edition;     /* of that one */
    screen_likeness_conf_t        conf;
    screen_likeness_t             search;
} ngx_http_screen_near_t;


struct ngx_http_screen_ctx_s {
    ngx_http_request_t           *request;
    ngx_http_screen_policy_t     *policy;
    ngx_http_screen_main_conf_t  *conf;
    ngx_http_screen_state_t       state;

    u_char                        id[NGX_HTTP_SCREEN_ID_LEN];
    uint64_t                      start;       /* CLOCK_MONOTONIC, ns */
    uint64_t                      time;        /* that screening took once the
                                                  body was complete, ns */
    uint64_t                      read_time;   /* before: from the headers
                                                  to the complete body, ns */
    uint64_t                      lookup_time; /* of it, until all was known
                                                  that needs no scan */
    uint64_t                      deadline;    /* CLOCK_MONOTONIC, ms */

    screen_alloc_t                alloc;       /* from the request's pool */
    screen_upload_t               upload;
    screen_decision_t             decision;
    screen_content_type_t         type;
    screen_multipart_t           *multipart;   /* NULL: a raw body */

    ngx_array_t                   parts;       /* of screen_part_t */
    screen_part_t                *part;        /* that is arriving */
    unsigned                      signals;     /* digests to compute */
    screen_digest_t               digest;      /* of the part */
    screen_digest_t               body_digest; /* of a form as a whole */
    u_char                        body_sha256[32];
    ngx_http_request_body_t      *body;        /* as it was read; NULL: not
                                                  all of it was */

    ngx_http_screen_scan_t        scan;
    ngx_http_screen_fact_t       *facts;       /* of each part */
    ngx_uint_t                    hits;        /* in the cache */
    ngx_http_screen_near_t       *near;        /* NULL: none was needed */
    ngx_event_t                   poll;        /* for another one's scan */
    ngx_msec_t                    poll_delay;

    unsigned                      monitor:1;
    unsigned                      filtered:1;  /* the body filter has seen it */
    unsigned                      sink:1;      /* the rest of the body is
                                                  dropped as it arrives */
    unsigned                      broken:1;    /* strict: framing is lost */
    unsigned                      body_known:1;
    unsigned                      body_digested:1;  /* body_sha256 is set */
    unsigned                      scanned:1;
};


/* conf.c */
char *ngx_http_screen_policy_block(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_screen_scanners(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
char *ngx_http_screen(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_screen_place(ngx_conf_t *cf, screen_place_t *place);
void ngx_http_screen_conf_error(ngx_log_t *log, const screen_error_t *err);
ngx_http_screen_policy_t *ngx_http_screen_find_policy(
    ngx_http_screen_main_conf_t *smcf, ngx_str_t *name);

/* bank_conf.c */
char *ngx_http_screen_bank(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
char *ngx_http_screen_redis_directive(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);

/* setup.c: the companion at configuration time */
ngx_int_t ngx_http_screen_setup(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);

/* helper.c: starting the companion */
typedef struct {
    int    from;               /* a descriptor of ours */
    int    to;                 /* its number there */
} ngx_http_screen_fd_t;

pid_t ngx_http_screen_helper_start(ngx_log_t *log, ngx_str_t *path,
    const char *role, const ngx_http_screen_fd_t *fds, ngx_uint_t nfds,
    ngx_uint_t detach);

/* pool.c: the supervisor and its sockets */
ngx_int_t ngx_http_screen_pool_create(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
void ngx_http_screen_pool_open(ngx_http_screen_main_conf_t *smcf,
    ngx_log_t *log);
ngx_int_t ngx_http_screen_pool_join(ngx_cycle_t *cycle,
    ngx_http_screen_main_conf_t *smcf);

/* spec.c: what the companion is told */
ngx_int_t ngx_http_screen_spec_write(ngx_http_screen_main_conf_t *smcf,
    ngx_cycle_t *cycle, ngx_log_t *log);

/* bank.c */
void ngx_http_screen_bank_refresh(ngx_http_screen_main_conf_t *smcf,
    ngx_uint_t i, ngx_log_t *log);
unsigned ngx_http_screen_bank_signals(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_bank_lookup(ngx_http_screen_ctx_t *ctx);

/* keeps a bank that is open as it is, until it is released */
void ngx_http_screen_bank_hold(ngx_http_screen_bank_t *bank,
    ngx_http_screen_edition_t *edition);
void ngx_http_screen_bank_release(ngx_http_screen_edition_t *edition);
void ngx_http_screen_bank_close(ngx_http_screen_bank_t *bank);

/* intercept.c */
ngx_int_t ngx_http_screen_handler(ngx_http_request_t *r);
void ngx_http_screen_resume(ngx_http_screen_ctx_t *ctx, ngx_int_t rc);
void ngx_http_screen_finish(ngx_http_screen_ctx_t *ctx, ngx_int_t rc);
ngx_int_t ngx_http_screen_decide(ngx_http_screen_ctx_t *ctx,
    screen_known_t known);
ngx_http_screen_ctx_t *ngx_http_screen_get_ctx(ngx_http_request_t *r);

/* body.c */
ngx_int_t ngx_http_screen_body_start(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_body_replay(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_body_end(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_body_filter(ngx_http_request_t *r, ngx_chain_t *in);
extern ngx_http_request_body_filter_pt
    ngx_http_screen_next_request_body_filter;

/* digest.c: a mask of signals; the digests NGX_OK or NGX_ERROR */
void ngx_http_screen_digest_setup(ngx_http_screen_main_conf_t *smcf);
unsigned ngx_http_screen_digest_signals(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_digest_part(ngx_http_screen_ctx_t *ctx,
    screen_part_t *part);
ngx_int_t ngx_http_screen_digest_range(ngx_http_screen_ctx_t *ctx,
    off_t offset, off_t size, u_char *to);

/* facts.c */
ngx_int_t ngx_http_screen_facts_start(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_facts_scanned(ngx_http_screen_ctx_t *ctx);
void ngx_http_screen_facts_leave(ngx_http_screen_ctx_t *ctx);

/* Redis has answered for a part: its report, which is decoded, or NULL */
void ngx_http_screen_facts_told(ngx_http_screen_ctx_t *ctx,
    ngx_http_screen_fact_t *fact, ngx_str_t *report);

/* likeness.c */
ngx_int_t ngx_http_screen_likeness_start(ngx_http_screen_ctx_t *ctx);
void ngx_http_screen_likeness_leave(ngx_http_screen_ctx_t *ctx);

/* reports.c */
char *ngx_http_screen_reports(ngx_conf_t *cf, ngx_command_t *cmd, void *conf);
ngx_int_t ngx_http_screen_reports_get(ngx_http_screen_ctx_t *ctx,
    ngx_uint_t i);
void ngx_http_screen_reports_put(ngx_http_screen_ctx_t *ctx, ngx_uint_t i,
    ngx_str_t *report);

/* count.c */
ngx_int_t ngx_http_screen_count_init(ngx_http_screen_main_conf_t *smcf);
void ngx_http_screen_count(ngx_http_screen_ctx_t *ctx);

/* how a command of Redis ended, or was refused */
void ngx_http_screen_count_redis(ngx_http_screen_main_conf_t *smcf,
    ngx_int_t rc);

/* a job that was given to the scanners (1), or has ended (-1) */
void ngx_http_screen_count_job(ngx_http_screen_main_conf_t *smcf, int change);

/* scan.c: NGX_AGAIN; NGX_OK if it ended at once, with a fault noted */
ngx_int_t ngx_http_screen_scan_start(ngx_http_screen_ctx_t *ctx);
void ngx_http_screen_scan_close(ngx_http_screen_ctx_t *ctx);
int ngx_http_screen_body_fd(ngx_http_request_t *r);

/* stream.c */
char *ngx_http_screen_event_stream(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
ngx_int_t ngx_http_screen_stream_init(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
void ngx_http_screen_stream_add(ngx_http_screen_stream_t *stream,
    const u_char *data, size_t len);
void ngx_http_screen_stream_close(ngx_http_screen_stream_t *stream);

/* quarantine.c */
char *ngx_http_screen_quarantine_path(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_screen_quarantine(ngx_http_screen_ctx_t *ctx);

/* event.c: encode's buffer is to be freed in any case */
char *ngx_http_screen_event_log(ngx_conf_t *cf, ngx_command_t *cmd,
    void *conf);
void ngx_http_screen_event(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_event_encode(ngx_http_screen_ctx_t *ctx,
    screen_buf_t *b);

/* act.c */
screen_verdict_t ngx_http_screen_done(ngx_http_screen_ctx_t *ctx);
ngx_int_t ngx_http_screen_act(ngx_http_screen_ctx_t *ctx);
void ngx_http_screen_drop_body(ngx_http_request_t *r);
void ngx_http_screen_log_decision(ngx_http_screen_ctx_t *ctx);

/* variables.c */
ngx_int_t ngx_http_screen_add_variables(ngx_conf_t *cf);
ngx_int_t ngx_http_screen_escape(ngx_pool_t *pool, const screen_str_t *from,
    ngx_str_t *to);

/* module.c */
extern ngx_module_t  ngx_http_screen_module;
void *ngx_http_screen_palloc(void *pool, size_t size);
uint64_t ngx_http_screen_now(void);            /* CLOCK_MONOTONIC, ns */


#endif /* _NGX_HTTP_SCREEN_MODULE_H_INCLUDED_ */
