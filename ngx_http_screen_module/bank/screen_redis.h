
/*
 * A synchronous client of Redis, for the keeper and the commands: servers in
 * their order of preference, masters that sentinels name, clusters.  Not for
 * an event loop.
 */


#ifndef _SCREEN_REDIS_H_INCLUDED_
#define _SCREEN_REDIS_H_INCLUDED_


#include "screen_redis_link.h"


/* nobody's upload waits for the keeper or a command */
#define SCREEN_REDIS_PATIENCE  5000          /* ms, the least timeout */


typedef struct screen_redis_s  screen_redis_t;

/* conf must outlive the client; NULL when there is no memory */
screen_redis_t *screen_redis_create(const screen_redis_conf_t *conf);
void screen_redis_destroy(screen_redis_t *r);

/*
 * Connects to the first server that can be had, from the most preferred one;
 * a connection that is there is closed.  SCREEN_OK, or SCREEN_ERROR: what the
 * last one said.
 */
int screen_redis_connect(screen_redis_t *r, screen_error_t *err);
void screen_redis_disconnect(screen_redis_t *r);

/* 1 until a command could not be sent or its reply not be read */
int screen_redis_connected(const screen_redis_t *r);

/* once connected: the server in force, its address */
const screen_redis_server_t *screen_redis_server(const screen_redis_t *r);
const char *screen_redis_name(const screen_redis_t *r);

/*
 * Sends a command (see screen_redis_format()) to who has the key, follows
 * redirections, and waits for the reply, which the caller frees.  key may be
 * NULL.  SCREEN_OK; SCREEN_ERROR, also for an error that the server reports:
 * screen_redis_connected() tells both apart.
 */
int screen_redis_command(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...);

/*
 * The same in two steps, so that many commands are under way at once; all of
 * them until the last reply is read must be for keys of one node: in a
 * cluster, for one key.  Redirections are not followed: the second answers
 * SCREEN_ERROR.
 */
int screen_redis_append(screen_redis_t *r, const char *key,
    screen_error_t *err, const char *fmt, ...);
int screen_redis_next(screen_redis_t *r, const char *key, uint64_t timeout,
    screen_redis_reply_t **reply, screen_error_t *err);

/*
 * After append, without waiting: sends; the next reply, or SCREEN_AGAIN, and
 * then the descriptor to wait on, or -1.
 */
int screen_redis_flush(screen_redis_t *r, const char *key,
    screen_error_t *err);
int screen_redis_try(screen_redis_t *r, const char *key,
    screen_redis_reply_t **reply, screen_error_t *err);
int screen_redis_fd(screen_redis_t *r, const char *key);

/*
 * The nodes that hold the data: 1, but of a cluster.  A command to node n,
 * below it.
 */
uint32_t screen_redis_nodes(const screen_redis_t *r);
int screen_redis_command_node(screen_redis_t *r, uint32_t n,
    screen_redis_reply_t **reply, screen_error_t *err, const char *fmt, ...);


#endif /* _SCREEN_REDIS_H_INCLUDED_ */
