
/*
 * What the words of "screen_redis" mean, for nginx's directive and for
 * ngx-screen's --redis alike:
 *
 *     ADDRESS [parameter ...]                    a server
 *     sentinel=MASTER ADDRESS ... [parameter ..] the master that they name
 *     cluster=on ADDRESS ... [parameter ...]     the cluster they belong to
 *
 * An address is host[:port], ipv4[:port], [ipv6][:port] or unix:path.  Of
 * several servers the next ones are fallbacks.
 */


#ifndef _SCREEN_REDIS_CONF_H_INCLUDED_
#define _SCREEN_REDIS_CONF_H_INCLUDED_


#include "screen_buf.h"
#include "screen_policy.h"


#define SCREEN_REDIS_PORT             6379
#define SCREEN_REDIS_SENTINEL_PORT    26379
#define SCREEN_REDIS_TIMEOUT          200       /* ms */
#define SCREEN_REDIS_CONNECT_TIMEOUT  1000      /* ms */
#define SCREEN_REDIS_PREFIX           "screen:"

#define SCREEN_REDIS_SERVERS_MAX      16
#define SCREEN_REDIS_ADDRESSES_MAX    64        /* of one server */
#define SCREEN_REDIS_PREFIX_MAX       64
#define SCREEN_REDIS_DB_MAX           65535


typedef enum {
    SCREEN_REDIS_SERVER = 0,
    SCREEN_REDIS_SENTINEL,
    SCREEN_REDIS_CLUSTER
} screen_redis_kind_t;


typedef struct {
    uint8_t                   local;       /* 1: a unix socket */
    uint16_t                  port;
    screen_str_t              host;        /* no brackets; or the path */
} screen_redis_address_t;


/* paths are as written: relative ones are the caller's to complete */

typedef struct {
    screen_redis_kind_t       kind;
    screen_redis_address_t   *addresses;   /* a server has one */
    uint32_t                  naddresses;
    screen_str_t              master;      /* sentinel: its name there */

    uint64_t                  timeout;           /* ms, of a command */
    uint64_t                  connect_timeout;   /* ms */
    screen_str_t              user;              /* empty: no ACL user */
    screen_str_t              password_file;     /* empty: no password */
    uint32_t                  db;
    screen_str_t              prefix;            /* never empty */

    uint8_t                   tls;
    screen_str_t              ca;                /* empty: the system's */
    screen_str_t              cert;              /* cert and key: both or
                                                    none */
    screen_str_t              key;
    screen_str_t              server_name;       /* empty: the host */

    screen_place_t            place;
} screen_redis_server_t;


typedef struct {
    screen_redis_server_t    *servers;     /* in the order of preference */
    uint32_t                  nservers;
    uint8_t                   tls;         /* set by the caller: its hiredis
                                              has TLS */
} screen_redis_conf_t;


/*
 * Adds the server of a directive, words[0] being its name.  SCREEN_OK;
 * SCREEN_NOMEM; SCREEN_ERROR with the place and the word that is wrong.
 * Arrays come from alloc, strings point into the words.
 */
int screen_redis_conf_directive(screen_redis_conf_t *conf,
    const screen_str_t *words, size_t n, const screen_place_t *place,
    const screen_alloc_t *alloc, screen_error_t *err);

/*
 * The same of one text, the words separated by spaces, as it stands behind
 * --redis; it is copied.
 */
int screen_redis_conf_text(screen_redis_conf_t *conf, const char *text,
    const screen_alloc_t *alloc, screen_error_t *err);

/* SCREEN_OK, or SCREEN_MALFORMED; the address points into word */
int screen_redis_conf_address(screen_redis_address_t *address,
    const screen_str_t *word, uint16_t port);

/* "host:port", "[ipv6]:port" or "unix:path", for messages; answers to */
#define SCREEN_REDIS_SHOWN  300

const char *screen_redis_conf_show(char to[SCREEN_REDIS_SHOWN],
    const screen_redis_address_t *address);

/*
 * The password that stands in the first line of a file's text: without the
 * line break and what follows it.  SCREEN_OK, or SCREEN_MALFORMED if there is
 * none, or it holds a NUL.
 */
int screen_redis_conf_password(screen_str_t *password,
    const screen_str_t *text);

/* the part of a spec, see screen_spec.h; a failure is the reader's */
void screen_redis_conf_encode(screen_buf_t *b,
    const screen_redis_conf_t *conf);
int screen_redis_conf_decode(screen_redis_conf_t *conf, screen_reader_t *r,
    const screen_alloc_t *alloc);


#endif /* _SCREEN_REDIS_CONF_H_INCLUDED_ */
