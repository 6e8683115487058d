
/*
 * What the keeper's parts know together: screen_replica.c (the loop, the
 * connection), screen_replica_follow.c (the stream), screen_replica_probe.c
 * (questions to the server), screen_replica_job.c (children, the swap) and
 * screen_replica_load.c (what a child does).
 */


#ifndef _SCREEN_REPLICA_IMPL_H_INCLUDED_
#define _SCREEN_REPLICA_IMPL_H_INCLUDED_


#include <limits.h>

#include "../core/screen_bank_json.h"
#include "../core/screen_tail.h"
#include "screen_redis_bank.h"
#include "screen_replica.h"


#define SCREEN_REPLICA_BLOCK   1000       /* ms that XREAD waits */
#define SCREEN_REPLICA_COUNT   1000       /* changes it gives at once */
#define SCREEN_REPLICA_HELD    2000       /* ms between two looks at a bank
                                             that was refused */

#define SCREEN_REPLICA_TEXT    512


typedef enum {
    SCREEN_REPLICA_IDLE = 0,
    SCREEN_REPLICA_LOAD,
    SCREEN_REPLICA_FOLD
} screen_replica_kind_t;


/* what a child tells, in one write */

typedef struct {
    int                      rc;
    uint64_t                 total;
    uint64_t                 passed;      /* over: fields that are no entries */
    char                     text[SCREEN_REPLICA_TEXT];
} screen_replica_result_t;


typedef struct {
    screen_replica_kind_t    kind;
    pid_t                    pid;
    int                      fd;          /* the result comes here */
    uint64_t                 started;
    uint64_t                 generation;  /* of the bank to be */
    uint32_t                 carry;       /* entries of the tail that it will
                                             hold; later ones are taken over */
    char                     tmp[PATH_MAX];
} screen_replica_job_t;


typedef struct {
    const screen_replica_t  *conf;
    screen_redis_t          *redis;
    int                      lock;

    screen_bank_t            bank;
    screen_tail_t            tail;
    unsigned                 in_force:1;

    /* where in the stream we are */
    unsigned                 known:1;     /* the position is known */
    unsigned                 anchored:1;  /* the stream has an entry there */
    unsigned                 full:1;      /* the tail is: nothing is read
                                             until it was folded */
    unsigned                 load:1;      /* the bank is to be read whole */
    unsigned                 stale:1;     /* a replica without its master */
    unsigned                 gap:1;       /* what must be there is not */
    unsigned                 waiting;     /* replies that are to come */
    uint64_t                 asked;       /* since then */
    screen_tail_id_t         position;
    screen_tail_id_t         check;       /* must be in the stream */
    char                     replid[SCREEN_TAIL_REPLID_LEN + 1];

    screen_replica_job_t     job;

    uint64_t                 retry;       /* monotonic, ms */
    unsigned                 failures;
    uint64_t                 info;        /* when INFO was asked */
    uint64_t                 held;        /* entries of a refused bank + 1 */
    uint64_t                 malformed;   /* changes passed over */
    unsigned                 troubled:1;  /* and the log says so */
    unsigned                 lost:1;      /* Redis cannot be used: it too */
    char                     trouble[SCREEN_REPLICA_TEXT];

    char                     changes[SCREEN_BANK_KEY_LEN];
} screen_replica_state_t;


uint64_t screen_replica_clock(void);
int screen_replica_ended(const screen_replica_state_t *s);

void screen_replica_log(const screen_replica_state_t *s, int level,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* something is wrong: logged once, and tried again later */
void screen_replica_trouble(screen_replica_state_t *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));


/* follow.c; each SCREEN_OK, or SCREEN_ERROR without a connection */

/* whether the stream still has what was applied last */
int screen_replica_resume(screen_replica_state_t *s, screen_error_t *err);

/* asks for what comes, and takes it once the descriptor is readable */
int screen_replica_ask(screen_replica_state_t *s, screen_error_t *err);
int screen_replica_take(screen_replica_state_t *s, screen_error_t *err);

/* keeps the position for the keeper after this one; forgets it */
void screen_replica_keep(screen_replica_state_t *s);
void screen_replica_forget(screen_replica_state_t *s);


/* probe.c; the same */

/* replication id, and whether a replica has lost its master */
int screen_replica_info(screen_replica_state_t *s, screen_error_t *err);

/* the stream's last id; anchored: there is an entry with it */
int screen_replica_last(screen_redis_t *redis, const char *changes,
    screen_tail_id_t *id, unsigned *anchored, screen_error_t *err);

/* 1 if the stream has the entry, 0 if not, below 0 on failure */
int screen_replica_has(screen_redis_t *redis, const char *changes,
    const screen_tail_id_t *id, screen_error_t *err);

/* the id of an entry of a stream, [id, [field, value, ...]]; _MALFORMED */
int screen_replica_entry_id(const screen_redis_reply_t *entry,
    screen_tail_id_t *id);

/* SCREEN_ERROR: a reply is none to that command */
int screen_replica_nonsense(const char *what, screen_error_t *err);


/*
 * Appends, with the count of entries kept; as screen_tail_append().  The
 * removal of what is not there is passed over, but when always is set: a bank
 * that is being read may have it.
 */
int screen_replica_append(screen_tail_t *tail, const screen_bank_t *bank,
    screen_tail_op_t op, const screen_entry_t *entry, int always,
    screen_error_t *err);


/* job.c */

/* takes up the bank and the tail that are there */
void screen_replica_adopt(screen_replica_state_t *s);

/* begins to read the bank whole; SCREEN_ERROR without a connection */
int screen_replica_start_load(screen_replica_state_t *s, screen_error_t *err);
void screen_replica_start_fold(screen_replica_state_t *s);

/* the result is there */
void screen_replica_finish(screen_replica_state_t *s);
void screen_replica_cancel(screen_replica_state_t *s);


/* load.c, in the child; and before it */

int screen_replica_load(screen_replica_state_t *s,
    screen_replica_result_t *result);
int screen_replica_fold(screen_replica_state_t *s,
    screen_replica_result_t *result);

/* 1 if the operator has confirmed that the bank is what it should be */
int screen_replica_confirmed(screen_redis_t *redis, const char *bank);


#endif /* _SCREEN_REPLICA_IMPL_H_INCLUDED_ */
