
#include <stdio.h>
#include <string.h>

#include "screen_redis_conf.h"


#define SCREEN_REDIS_TIME_MAX   600000       /* ms */


typedef struct {
    screen_redis_conf_t      *conf;
    screen_redis_server_t    *server;
    const screen_str_t       *words;
    size_t                    n;
    const screen_place_t     *place;
    const screen_alloc_t     *alloc;
    screen_error_t           *err;
    uint32_t                  seen;          /* a bit for each parameter */
} screen_redis_parse_t;


typedef struct {
    const char   *name;                      /* with its "=" */
    int         (*set)(screen_redis_parse_t *p, const screen_str_t *value,
                       size_t offset);
    size_t        offset;
    const char   *expected;
} screen_redis_param_t;


static int screen_redis_param_text(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_time(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_db(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_prefix(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_tls(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_cluster(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_param_sentinel(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset);
static int screen_redis_conf_addresses(screen_redis_parse_t *p);
static int screen_redis_conf_check(screen_redis_parse_t *p);


#define screen_redis_member(name)  offsetof(screen_redis_server_t, name)

static const screen_redis_param_t  screen_redis_params[] = {
    { "timeout=", screen_redis_param_time, screen_redis_member(timeout),
      "a time from 1ms to 10m" },
    { "connect_timeout=", screen_redis_param_time,
      screen_redis_member(connect_timeout), "a time from 1ms to 10m" },
    { "user=", screen_redis_param_text, screen_redis_member(user),
      "a user of Redis" },
    { "password_file=", screen_redis_param_text,
      screen_redis_member(password_file), "a path" },
    { "db=", screen_redis_param_db, 0, "a number from 0 to 65535" },
    { "prefix=", screen_redis_param_prefix, 0,
      "1 to 64 printable characters without spaces" },
    { "tls=", screen_redis_param_tls, 0, "on or off" },
    { "ca=", screen_redis_param_text, screen_redis_member(ca), "a path" },
    { "cert=", screen_redis_param_text, screen_redis_member(cert), "a path" },
    { "key=", screen_redis_param_text, screen_redis_member(key), "a path" },
    { "server_name=", screen_redis_param_text,
      screen_redis_member(server_name), "a host name" },
    { "cluster=", screen_redis_param_cluster, 0, "on or off" },
    { "sentinel=", screen_redis_param_sentinel, 0,
      "the name of a master" },
    { NULL, NULL, 0, NULL }
};


/* the error that names a word, and says what would be right */

static int
screen_redis_conf_wrong(screen_redis_parse_t *p, const screen_str_t *word,
    const char *what, const char *expected)
{
    char  file[256];

    snprintf(file, sizeof(file), "%.*s", (int) p->place->file.len,
             p->place->file.data ? (char *) p->place->file.data : "");

    return screen_error_at(p->err, file, p->place->line, "%s \"%.*s\" in "
                           "\"%.*s\": expected %s", what, (int) word->len,
                           word->data, (int) p->words[0].len,
                           p->words[0].data, expected);
}


static int
screen_redis_param_text(screen_redis_parse_t *p, const screen_str_t *value,
    size_t offset)
{
    *(screen_str_t *) ((char *) p->server + offset) = *value;

    return SCREEN_OK;
}


static int
screen_redis_param_time(screen_redis_parse_t *p, const screen_str_t *value,
    size_t offset)
{
    uint64_t  ms;

    if (screen_parse_time(value, &ms) != SCREEN_OK || ms == 0
        || ms > SCREEN_REDIS_TIME_MAX)
    {
        return SCREEN_MALFORMED;
    }

    *(uint64_t *) ((char *) p->server + offset) = ms;

    return SCREEN_OK;
}


static int
screen_redis_param_db(screen_redis_parse_t *p, const screen_str_t *value,
    size_t offset)
{
    uint64_t  n;

    if (screen_parse_uint(value, &n) != SCREEN_OK || n > SCREEN_REDIS_DB_MAX)
    {
        return SCREEN_MALFORMED;
    }

    p->server->db = (uint32_t) n;

    return SCREEN_OK;
}


static int
screen_redis_param_prefix(screen_redis_parse_t *p, const screen_str_t *value,
    size_t offset)
{
    size_t  i;

    if (value->len > SCREEN_REDIS_PREFIX_MAX) {
        return SCREEN_MALFORMED;
    }

    for (i = 0; i < value->len; i++) {

        if (value->data[i] <= ' ' || value->data[i] > '~') {
            return SCREEN_MALFORMED;
        }
    }

    p->server->prefix = *value;

    return SCREEN_OK;
}


static int
screen_redis_param_switch(const screen_str_t *value, int *on)
{
    *on = screen_str_is(value, "on");

    return *on || screen_str_is(value, "off") ? SCREEN_OK : SCREEN_MALFORMED;
}


static int
screen_redis_param_tls(screen_redis_parse_t *p, const screen_str_t *value,
    size_t offset)
{
    int  on;

    if (screen_redis_param_switch(value, &on) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    p->server->tls = on;

    return SCREEN_OK;
}


static int
screen_redis_param_cluster(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset)
{
    int  on;

    if (screen_redis_param_switch(value, &on) != SCREEN_OK) {
        return SCREEN_MALFORMED;
    }

    if (on) {
        p->server->kind = SCREEN_REDIS_CLUSTER;
    }

    return SCREEN_OK;
}


static int
screen_redis_param_sentinel(screen_redis_parse_t *p,
    const screen_str_t *value, size_t offset)
{
    p->server->master = *value;

    return SCREEN_OK;
}


/* NULL: the word is an address */

static const screen_redis_param_t *
screen_redis_conf_param(const screen_str_t *word, screen_str_t *value)
{
    size_t                       len;
    const screen_redis_param_t  *param;

    for (param = screen_redis_params; param->name != NULL; param++) {
        len = strlen(param->name);

        if (word->len >= len && memcmp(word->data, param->name, len) == 0) {
            value->data = word->data + len;
            value->len = word->len - len;
            return param;
        }
    }

    return NULL;
}


static int
screen_redis_conf_params(screen_redis_parse_t *p)
{
    size_t                       i;
    uint32_t                     bit;
    screen_str_t                 value;
    const screen_redis_param_t  *param;

    for (i = 1; i < p->n; i++) {
        param = screen_redis_conf_param(&p->words[i], &value);

        if (param == NULL) {
            continue;
        }

        bit = 1u << (param - screen_redis_params);

        if (p->seen & bit) {
            return screen_redis_conf_wrong(p, &p->words[i], "duplicate",
                                           "each parameter once");
        }

        p->seen |= bit;

        if (value.len == 0
            || param->set(p, &value, param->offset) != SCREEN_OK)
        {
            return screen_redis_conf_wrong(p, &p->words[i], "invalid",
                                           param->expected);
        }
    }

    return SCREEN_OK;
}


static int
screen_redis_conf_addresses(screen_redis_parse_t *p)
{
    size_t                   i, n;
    uint16_t                 port;
    screen_str_t             value;
    screen_redis_server_t   *server;
    screen_redis_address_t   found, *address;

    server = p->server;
    port = server->kind == SCREEN_REDIS_SENTINEL ? SCREEN_REDIS_SENTINEL_PORT
                                                 : SCREEN_REDIS_PORT;
    n = 0;

    for (i = 1; i < p->n; i++) {

        if (screen_redis_conf_param(&p->words[i], &value) != NULL) {
            continue;
        }

        if (screen_redis_conf_address(&found, &p->words[i], port)
            != SCREEN_OK)
        {
            return screen_redis_conf_wrong(p, &p->words[i], "invalid "
                                           "parameter or address",
                                           "host:port, [ipv6]:port, "
                                           "unix:path, or one of timeout=, "
                                           "connect_timeout=, user=, "
                                           "password_file=, db=, prefix=, "
                                           "tls=, ca=, cert=, key=, "
                                           "server_name=, sentinel=, "
                                           "cluster=");
        }

        if (n == SCREEN_REDIS_ADDRESSES_MAX) {
            return screen_redis_conf_wrong(p, &p->words[i], "one address too "
                                           "many,", "at most 64");
        }

        if (n == 1 && server->kind == SCREEN_REDIS_SERVER) {
            return screen_redis_conf_wrong(p, &p->words[i], "second address",
                                           "one address (a fallback is a "
                                           "directive of its own) or "
                                           "sentinel= or cluster=on");
        }

        address = screen_alloc_push(p->alloc, &server->addresses, &n,
                                    sizeof(screen_redis_address_t));
        if (address == NULL) {
            return SCREEN_NOMEM;
        }

        *address = found;
    }

    server->naddresses = (uint32_t) n;

    return SCREEN_OK;
}


int
screen_redis_conf_address(screen_redis_address_t *address,
    const screen_str_t *word, uint16_t port)
{
    size_t        i, end;
    uint64_t      n;
    screen_str_t  text;

    memset(address, 0, sizeof(screen_redis_address_t));

    for (i = 0; i < word->len; i++) {
        if (word->data[i] <= ' ' || word->data[i] == 0x7f) {
            return SCREEN_MALFORMED;
        }
    }

    if (word->len > 5 && memcmp(word->data, "unix:", 5) == 0) {
        address->local = 1;
        address->host.data = word->data + 5;
        address->host.len = word->len - 5;

        /* what sun_path holds, the NUL included */

        return address->host.len < 108 ? SCREEN_OK : SCREEN_MALFORMED;
    }

    address->host = *word;

    if (word->len && word->data[0] == '[') {

        for (end = 1; end < word->len && word->data[end] != ']'; end++) {
            /* void */
        }

        if (end == word->len) {
            return SCREEN_MALFORMED;
        }

        address->host.data++;
        address->host.len = end - 1;
        end++;

    } else {

        for (end = 0; end < word->len && word->data[end] != ':'; end++) {

            /* "=" or "/": a misspelt parameter, or a path without unix: */

            if (strchr("=/,[]@", word->data[end]) != NULL) {
                return SCREEN_MALFORMED;
            }
        }

        address->host.len = end;
    }

    address->port = port;

    if (end < word->len) {

        text.data = word->data + end + 1;
        text.len = word->len - end - 1;

        if (word->data[end] != ':'
            || screen_parse_uint(&text, &n) != SCREEN_OK
            || n == 0 || n > 65535)
        {
            return SCREEN_MALFORMED;
        }

        address->port = (uint16_t) n;
    }

    return address->host.len && address->host.len < 256 ? SCREEN_OK
                                                        : SCREEN_MALFORMED;
}


/* what only the parameters together can tell */

static int
screen_redis_conf_check(screen_redis_parse_t *p)
{
    const char             *expected;
    screen_redis_server_t  *server;

    server = p->server;
    expected = NULL;

    if (server->naddresses == 0) {
        expected = "an address: host:port, [ipv6]:port or unix:path";

    } else if (server->kind == SCREEN_REDIS_CLUSTER && server->db != 0) {
        expected = "no db=: a cluster has database 0 only";

    } else if (server->user.len && server->password_file.len == 0) {
        expected = "password_file= with user=";

    } else if ((server->cert.len == 0) != (server->key.len == 0)) {
        expected = "cert= and key= together";

    } else if (!server->tls
               && (server->ca.len || server->cert.len
                   || server->server_name.len))
    {
        expected = "tls=on with ca=, cert=, key= and server_name=";

    } else if (server->tls && !p->conf->tls) {
        expected = "no tls=on: the hiredis of this build has no TLS, "
                   "version 1.0 or later with hiredis_ssl has";
    }

    if (expected == NULL) {
        return SCREEN_OK;
    }

    return screen_redis_conf_wrong(p, &p->words[p->n - 1], "behind",
                                   expected);
}


int
screen_redis_conf_directive(screen_redis_conf_t *conf,
    const screen_str_t *words, size_t n, const screen_place_t *place,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    int                     rc;
    size_t                  count;
    screen_redis_server_t   server;
    screen_redis_parse_t    p;
    screen_redis_server_t  *to;

    memset(&server, 0, sizeof(screen_redis_server_t));
    memset(&p, 0, sizeof(screen_redis_parse_t));

    p.conf = conf;
    p.server = &server;
    p.words = words;
    p.n = n;
    p.place = place;
    p.alloc = alloc;
    p.err = err;

    server.timeout = SCREEN_REDIS_TIMEOUT;
    server.connect_timeout = SCREEN_REDIS_CONNECT_TIMEOUT;
    server.prefix = screen_str_of(SCREEN_REDIS_PREFIX);
    server.place = *place;

    if (conf->nservers == SCREEN_REDIS_SERVERS_MAX) {
        return screen_redis_conf_wrong(&p, &words[0], "one too many",
                                       "at most 16 servers");
    }

    rc = screen_redis_conf_params(&p);

    if (rc == SCREEN_OK && server.master.len) {

        if (server.kind == SCREEN_REDIS_CLUSTER) {
            return screen_redis_conf_wrong(&p, &server.master, "sentinel",
                                           "either sentinel= or cluster=on");
        }

        server.kind = SCREEN_REDIS_SENTINEL;
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_conf_addresses(&p);
    }

    if (rc == SCREEN_OK) {
        rc = screen_redis_conf_check(&p);
    }

    if (rc != SCREEN_OK) {
        return rc;
    }

    count = conf->nservers;

    to = screen_alloc_push(alloc, &conf->servers, &count,
                           sizeof(screen_redis_server_t));
    if (to == NULL) {
        return SCREEN_NOMEM;
    }

    *to = server;
    conf->nservers = (uint32_t) count;

    return SCREEN_OK;
}


int
screen_redis_conf_text(screen_redis_conf_t *conf, const char *text,
    const screen_alloc_t *alloc, screen_error_t *err)
{
    size_t          n, len;
    screen_str_t    copy, *words, *word;
    screen_place_t  place;

    copy = screen_str_of(text);
    memset(&place, 0, sizeof(screen_place_t));

    if (screen_alloc_str(alloc, &copy, &copy) != SCREEN_OK) {
        return SCREEN_NOMEM;
    }

    n = 0;
    words = NULL;

    word = screen_alloc_push(alloc, &words, &n, sizeof(screen_str_t));
    if (word == NULL) {
        return SCREEN_NOMEM;
    }

    *word = screen_str_of("--redis");

    while (copy.len) {

        for (len = 0; len < copy.len && copy.data[len] != ' '; len++) {
            /* void */
        }

        if (len) {
            word = screen_alloc_push(alloc, &words, &n, sizeof(screen_str_t));
            if (word == NULL) {
                return SCREEN_NOMEM;
            }

            word->data = copy.data;
            word->len = len;
        }

        len += len < copy.len;
        copy.data += len;
        copy.len -= len;
    }

    return screen_redis_conf_directive(conf, words, n, &place, alloc, err);
}


const char *
screen_redis_conf_show(char to[SCREEN_REDIS_SHOWN],
    const screen_redis_address_t *address)
{
    int          len;
    const char  *host;

    host = (const char *) address->host.data;
    len = (int) (address->host.len < 256 ? address->host.len : 256);

    if (address->local) {
        snprintf(to, SCREEN_REDIS_SHOWN, "unix:%.*s", len, host);

    } else if (memchr(host, ':', address->host.len) != NULL) {
        snprintf(to, SCREEN_REDIS_SHOWN, "[%.*s]:%u", len, host,
                 address->port);

    } else {
        snprintf(to, SCREEN_REDIS_SHOWN, "%.*s:%u", len, host, address->port);
    }

    return to;
}


int
screen_redis_conf_password(screen_str_t *password, const screen_str_t *text)
{
    size_t  len;

    for (len = 0; len < text->len; len++) {

        if (text->data[len] == '\n' || text->data[len] == '\r') {
            break;
        }

        if (text->data[len] == '\0') {
            return SCREEN_MALFORMED;
        }
    }

    password->data = text->data;
    password->len = len;

    return len ? SCREEN_OK : SCREEN_MALFORMED;
}
