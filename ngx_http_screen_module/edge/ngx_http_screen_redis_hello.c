
/*
 * What is said on a new connection before anything else: AUTH, SELECT, and a
 * proof that somebody is at home (PING) or that he is the master (ROLE).  One
 * is sent when the one before it was confirmed, and calls only after all of
 * them: a command must never reach another database than its own.
 */


#include "ngx_http_screen_redis_impl.h"


static ngx_int_t ngx_http_screen_redis_hello_auth(
    ngx_http_screen_redis_node_t *node);
static ngx_int_t ngx_http_screen_redis_hello_send(
    ngx_http_screen_redis_node_t *node, ngx_str_t *argv, ngx_uint_t argc);
static const char *ngx_http_screen_redis_hello_check(
    ngx_http_screen_redis_node_t *node, ngx_http_screen_redis_reply_t *reply);
static ngx_uint_t ngx_http_screen_redis_hello_is(ngx_str_t *text,
    const char *word);


/* sends the next step, if it is needed; NGX_ERROR: the node has failed */

ngx_int_t
ngx_http_screen_redis_hello(ngx_http_screen_redis_node_t *node)
{
    uint32_t    db;
    ngx_str_t   argv[2];
    u_char      number[NGX_INT_T_LEN];

    db = node->source->server->db;

    /* a sentinel has one database, and passwords of its own */

    if (node->step == NGX_HTTP_SCREEN_REDIS_AUTH) {

        if (node->source->password_file.len && !node->sentinel) {
            return ngx_http_screen_redis_hello_auth(node);
        }

        node->step++;
    }

    if (node->step == NGX_HTTP_SCREEN_REDIS_SELECT) {

        if (db && !node->sentinel) {
            ngx_str_set(&argv[0], "SELECT");
            argv[1].data = number;
            argv[1].len = ngx_sprintf(number, "%uD", db) - number;

            return ngx_http_screen_redis_hello_send(node, argv, 2);
        }

        node->step++;
    }

    if (node->step == NGX_HTTP_SCREEN_REDIS_PROOF) {

        if (node->master) {
            ngx_str_set(&argv[0], "ROLE");

        } else {
            ngx_str_set(&argv[0], "PING");
        }

        return ngx_http_screen_redis_hello_send(node, argv, 1);
    }

    ngx_http_screen_redis_node_ready(node);

    return NGX_OK;
}


/* the file is read each time: a password may change while nginx runs */

static ngx_int_t
ngx_http_screen_redis_hello_auth(ngx_http_screen_redis_node_t *node)
{
    ngx_int_t                        rc;
    ngx_err_t                        err;
    ngx_str_t                        argv[3];
    ngx_uint_t                       argc;
    ngx_http_screen_redis_source_t  *source;
    u_char                           password[1024];

    source = node->source;
    argc = 0;

    ngx_str_set(&argv[argc], "AUTH");
    argc++;

    if (source->server->user.len) {
        argv[argc].data = (u_char *) source->server->user.data;
        argv[argc++].len = source->server->user.len;
    }

    argv[argc].data = password;

    if (ngx_http_screen_redis_password(source->password_file.data, password,
                                       sizeof(password), &argv[argc].len, &err)
        != NGX_OK)
    {
        /* a worker may not be allowed what the master was */

        argv[argc] = source->password;
    }

    rc = ngx_http_screen_redis_hello_send(node, argv, argc + 1);

    explicit_bzero(password, sizeof(password));

    return rc;
}


static ngx_int_t
ngx_http_screen_redis_hello_send(ngx_http_screen_redis_node_t *node,
    ngx_str_t *argv, ngx_uint_t argc)
{
    size_t  size;
    u_char  buf[4096];

    size = ngx_http_screen_redis_encode(NULL, argv, argc);

    if (size > sizeof(buf)
        || ngx_http_screen_redis_node_reserve(node, size) != NGX_OK)
    {
        ngx_http_screen_redis_node_fail(node, 0, "there is no memory");
        return NGX_ERROR;
    }

    size = ngx_http_screen_redis_encode(buf, argv, argc);
    ngx_http_screen_redis_node_write(node, buf, size);

    explicit_bzero(buf, size);

    return NGX_OK;
}


void
ngx_http_screen_redis_hello_reply(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_reply_t *reply)
{
    u_char      *last;
    const char  *step;
    u_char       buf[NGX_HTTP_SCREEN_REDIS_REASON];

    step = ngx_http_screen_redis_hello_check(node, reply);

    if (step == NULL) {
        node->step++;
        (void) ngx_http_screen_redis_hello(node);
        return;
    }

    if (reply->type == NGX_HTTP_SCREEN_REDIS_ERROR) {
        last = ngx_http_screen_redis_printable(buf, buf + sizeof(buf),
                                               &reply->text);
        ngx_http_screen_redis_node_fail(node, 0, "%s failed: \"%*s\"", step,
                                        (size_t) (last - buf), buf);
        return;
    }

    if (node->master && node->step == NGX_HTTP_SCREEN_REDIS_PROOF) {
        ngx_http_screen_redis_node_fail(node, 0, "it is not the master");
        return;
    }

    ngx_http_screen_redis_node_fail(node, 0, "unexpected reply to %s", step);
}


/* NULL, or the name of the step that was refused */

static const char *
ngx_http_screen_redis_hello_check(ngx_http_screen_redis_node_t *node,
    ngx_http_screen_redis_reply_t *reply)
{
    ngx_http_screen_redis_reply_t  *role;

    switch (node->step) {

    case NGX_HTTP_SCREEN_REDIS_AUTH:
        return reply->type == NGX_HTTP_SCREEN_REDIS_STATUS
               && ngx_http_screen_redis_hello_is(&reply->text, "OK")
               ? NULL : "AUTH";

    case NGX_HTTP_SCREEN_REDIS_SELECT:
        return reply->type == NGX_HTTP_SCREEN_REDIS_STATUS
               && ngx_http_screen_redis_hello_is(&reply->text, "OK")
               ? NULL : "SELECT";

    default:
        break;
    }

    if (node->master) {
        role = reply->elements;

        return reply->type == NGX_HTTP_SCREEN_REDIS_ARRAY
               && reply->nelements > 0
               && role->type == NGX_HTTP_SCREEN_REDIS_STRING
               && ngx_http_screen_redis_hello_is(&role->text, "master")
               ? NULL : "ROLE";
    }

    /* whoever may not PING has been heard, too */

    if (reply->type == NGX_HTTP_SCREEN_REDIS_ERROR
        && reply->text.len > 7
        && ngx_strncmp(reply->text.data, "NOPERM ", 7) == 0)
    {
        return NULL;
    }

    return reply->type == NGX_HTTP_SCREEN_REDIS_STATUS
           && ngx_http_screen_redis_hello_is(&reply->text, "PONG")
           ? NULL : "PING";
}


static ngx_uint_t
ngx_http_screen_redis_hello_is(ngx_str_t *text, const char *word)
{
    return text->len == ngx_strlen(word)
           && ngx_memcmp(text->data, word, text->len) == 0;
}


ngx_int_t
ngx_http_screen_redis_password(u_char *name, u_char *to, size_t size,
    size_t *len, ngx_err_t *err)
{
    int           fd;
    ssize_t       n;
    struct stat   st;
    screen_str_t  text, line;

    *err = 0;

    /* neither a pipe nor a device may hold up the event loop */

    fd = open((char *) name, O_RDONLY|O_NONBLOCK|O_CLOEXEC|O_NOCTTY);

    if (fd == -1) {
        *err = ngx_errno;
        return NGX_ERROR;
    }

    n = -1;

    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
        n = read(fd, to, size);
    }

    (void) close(fd);

    if (n <= 0 || (size_t) n == size) {
        return NGX_ERROR;
    }

    text.data = to;
    text.len = n;

    if (screen_redis_conf_password(&line, &text) != SCREEN_OK) {
        return NGX_ERROR;
    }

    *len = line.len;

    return NGX_OK;
}
