
/*
 * What is said on a connection before anything else: who we are, and which
 * database we mean.
 */


#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "screen_redis_link.h"


#define SCREEN_REDIS_PASSWORD_MAX  4096
#define SCREEN_REDIS_WAIT          5000      /* ms */


/* read anew for each connection, so that it can be changed */

static int
screen_redis_hello_password(const screen_redis_server_t *server, char *text,
    screen_str_t *password, screen_error_t *err)
{
    int           fd;
    char          path[4096];
    ssize_t       n;
    screen_str_t  all;

    snprintf(path, sizeof(path), "%.*s", (int) server->password_file.len,
             server->password_file.data);

    fd = open(path, O_RDONLY|O_CLOEXEC|O_NONBLOCK);
    if (fd == -1) {
        return screen_error_set(err, "the password file \"%.500s\" cannot be "
                                "opened: %s", path, strerror(errno));
    }

    n = read(fd, text, SCREEN_REDIS_PASSWORD_MAX);
    close(fd);

    all.data = (u_char *) text;
    all.len = n > 0 ? (size_t) n : 0;

    if (screen_redis_conf_password(password, &all) != SCREEN_OK) {
        return screen_error_set(err, "the password file \"%.500s\" has no "
                                "password in its first line", path);
    }

    return SCREEN_OK;
}


/* a command that is answered by OK, or else this is no connection */

static int
screen_redis_hello_ok(screen_redis_link_t *link, screen_error_t *err,
    const char *name, const char *fmt, ...)
{
    int                    rc;
    char                  *command, text[SCREEN_REDIS_REPLY_SHOWN];
    size_t                 len;
    va_list                args;
    screen_redis_reply_t  *reply;

    va_start(args, fmt);
    command = screen_redis_format(&len, fmt, args);
    va_end(args);

    if (command == NULL) {
        return screen_error_set(err, "%s: no memory",
                                screen_redis_link_name(link));
    }

    rc = screen_redis_link_put(link, command, len, err);
    screen_redis_format_free(command);

    if (rc != SCREEN_OK
        || screen_redis_link_send(link, SCREEN_REDIS_WAIT, err) != SCREEN_OK
        || screen_redis_link_get(link, SCREEN_REDIS_WAIT, &reply, err)
           != SCREEN_OK)
    {
        return SCREEN_ERROR;
    }

    if (reply->type != SCREEN_REDIS_STATUS
        || !screen_str_is(&reply->str, "OK"))
    {
        rc = screen_error_set(err, "%s: %s was refused: %s",
                              screen_redis_link_name(link), name,
                              screen_redis_reply_show(text, reply));
    }

    screen_redis_reply_free(reply);

    return rc;
}


static int
screen_redis_hello_auth(screen_redis_link_t *link,
    const screen_redis_server_t *server, screen_error_t *err)
{
    int           rc;
    char          text[SCREEN_REDIS_PASSWORD_MAX];
    screen_str_t  password;

    if (server->password_file.len == 0) {
        return SCREEN_OK;
    }

    rc = screen_redis_hello_password(server, text, &password, err);

    if (rc == SCREEN_OK) {
        rc = server->user.len
             ? screen_redis_hello_ok(link, err, "AUTH", "AUTH %b %b",
                                     server->user.data, server->user.len,
                                     password.data, password.len)
             : screen_redis_hello_ok(link, err, "AUTH", "AUTH %b",
                                     password.data, password.len);
    }

    explicit_bzero(text, sizeof(text));

    return rc;
}


static int
screen_redis_hello_select(screen_redis_link_t *link,
    const screen_redis_server_t *server, screen_error_t *err)
{
    if (server->db == 0) {
        return SCREEN_OK;
    }

    return screen_redis_hello_ok(link, err, "SELECT", "SELECT %u", server->db);
}


int
screen_redis_hello(screen_redis_link_t *link,
    const screen_redis_server_t *server, screen_error_t *err)
{
    return screen_redis_hello_auth(link, server, err) == SCREEN_OK
           ? screen_redis_hello_select(link, server, err) : SCREEN_ERROR;
}
