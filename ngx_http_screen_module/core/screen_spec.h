
/*
 * What the processes outside nginx are told of the configuration: the engines
 * (one a policy), the banks, the limits.  The edge and ngx-screen's commands
 * write it; compile, supervisor, scanners and keeper read it.
 */


#ifndef _SCREEN_SPEC_H_INCLUDED_
#define _SCREEN_SPEC_H_INCLUDED_


#include "screen_buf.h"
#include "screen_media.h"
#include "screen_policy.h"
#include "screen_redis_conf.h"


#define SCREEN_SPEC_LIMIT    (16 * 1024 * 1024)
#define SCREEN_ENGINES_MAX   256
#define SCREEN_BANKS_MAX     64


/* what if the kernel refuses a scanner its seccomp filter */

#define SCREEN_SANDBOX_REQUIRED     0       /* there is no scanner */
#define SCREEN_SANDBOX_BEST_EFFORT  1       /* resource limits are all */


typedef struct {
    screen_str_t               policy;         /* its name, for messages */
    screen_policy_rules_t     *rules;
    uint32_t                   nrules;
    uint8_t                    slow_rules;     /* 1: allowed */
    screen_policy_content_t   *contents;
    uint32_t                   ncontents;
    screen_pattern_limits_t    pattern_limits;
    screen_media_conf_t        media;
    screen_place_t             media_place;    /* of the first line that needs
                                                  it */
} screen_spec_engine_t;


typedef struct {
    screen_str_t               name;
    screen_str_t               list;           /* the list file */
    screen_str_t               path;           /* the bank file built of it */
    uint8_t                    redis;          /* 1: kept current from Redis,
                                                  and there is no list */
    uint64_t                   max_age;        /* ms that Redis may be out of
                                                  reach; 0: any time */
    screen_place_t             place;
} screen_spec_bank_t;


typedef struct {
    screen_spec_engine_t      *engines;
    uint32_t                   nengines;

    screen_spec_bank_t        *banks;
    uint32_t                   nbanks;

    screen_redis_conf_t        redis;

    uint32_t                   scanners;       /* processes */
    uint32_t                   jobs;           /* recycled after so many */
    uint64_t                   memory;         /* heap of a scanner beyond
                                                  the rules, bytes */
    uint64_t                   timeout;        /* ms, the default deadline */

    uint32_t                   uid;            /* of everything outside nginx,
                                                  never 0 when nginx is root */
    uint32_t                   gid;
    uint32_t                   peer_uid;       /* who may send jobs */

    uint8_t                    sandbox;        /* of the above */
} screen_spec_t;


/* an engine's view of a policy; points into it */
void screen_spec_engine(screen_spec_engine_t *engine,
    const screen_policy_t *policy);

/* writes the spec, with SCREEN_VERSION; the buffer's code tells of failure */
void screen_spec_encode(screen_buf_t *b, const screen_spec_t *spec);

/*
 * SCREEN_OK; SCREEN_MALFORMED; SCREEN_NOMEM; SCREEN_ERROR if it was written
 * by another version (err names both).  Arrays come from alloc, strings point
 * into data.
 */
int screen_spec_decode(screen_spec_t *spec, const u_char *data, size_t len,
    const screen_alloc_t *alloc, screen_error_t *err);


#endif /* _SCREEN_SPEC_H_INCLUDED_ */
