
/*
 * A pool for ngx-screen's own commands: the same processes that nginx would
 * start, and a client of them that waits.
 */


#ifndef _SCREEN_CLIENT_H_INCLUDED_
#define _SCREEN_CLIENT_H_INCLUDED_


#include "screen_spec.h"
#include "screen_upload.h"


/* an error, or a notice: of the rules, or a line of the pool's log */

typedef void (*screen_client_tell_t)(void *ctx, int notice, const char *file,
    unsigned line, const char *text);


typedef struct {
    int                    image;         /* memfds */
    int                    spec;
    int                    control;
    int                    listen;
    int                    lifeline[2];   /* we keep the second open */
    int                    log[2];        /* and read the first */
    pid_t                  supervisor;
    unsigned               starts;        /* of one */
    unsigned               failed:1;      /* there is none, nor will be */
    uint64_t               jobs;
    u_char                 address[108];  /* abstract, of sun_path */
    size_t                 address_len;
    screen_client_tell_t   tell;
    void                  *ctx;
} screen_client_t;


/*
 * Compiles what the spec names, which is all that a check needs, and builds
 * its bank files; tell is called for every error and notice.  SCREEN_OK, or
 * SCREEN_ERROR, with err set if nothing was told.  To be followed by stop in
 * either case.
 */
int screen_client_compile(screen_client_t *client, const screen_spec_t *spec,
    screen_client_tell_t tell, void *ctx, screen_error_t *err);

/*
 * Starts the pool on what was compiled; no keeper, the banks stay as they
 * are.  A supervisor that is killed later is started again.  SCREEN_OK or
 * SCREEN_ERROR.
 */
int screen_client_start(screen_client_t *client, const screen_spec_t *spec,
    screen_error_t *err);

/*
 * Has the parts that want it scanned: fd is the body, timeout in ms.  What
 * went wrong is a fault of the upload (timeout, crash, overload, incomplete).
 * SCREEN_OK or SCREEN_NOMEM.
 */
int screen_client_scan(screen_client_t *client, screen_upload_t *u,
    uint32_t n, const screen_report_engine_t *engine, int fd, uint64_t timeout,
    const screen_alloc_t *alloc);

/* ends the pool and waits until it is gone; safe on a zeroed struct */
void screen_client_stop(screen_client_t *client);


#endif /* _SCREEN_CLIENT_H_INCLUDED_ */
