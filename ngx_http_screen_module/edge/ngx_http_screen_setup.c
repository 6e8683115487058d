
/*
 * The companion at configuration time: it compiles the rules and builds the
 * banks, so that a mistake in either is a configuration error with its file
 * and line, and what it compiled is handed to the supervisor later.
 */


#include "ngx_http_screen_module.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/wait.h>


#define NGX_HTTP_SCREEN_SETUP_TIMEOUT  600000


static ngx_int_t ngx_http_screen_bind_banks(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_int_t ngx_http_screen_check_vault(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_int_t ngx_http_screen_bank_paths(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_int_t ngx_http_screen_compile(ngx_conf_t *cf,
    ngx_http_screen_main_conf_t *smcf);
static ngx_int_t ngx_http_screen_compile_messages(
    ngx_http_screen_main_conf_t *smcf, ngx_log_t *log, int fd);
static ngx_int_t ngx_http_screen_compile_line(
    ngx_http_screen_main_conf_t *smcf, ngx_log_t *log, u_char *line);
static ngx_int_t ngx_http_screen_compile_engine(
    ngx_http_screen_main_conf_t *smcf, u_char *number, u_char *id,
    u_char *names);


ngx_int_t
ngx_http_screen_setup(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    if (ngx_http_screen_bind_banks(cf, smcf) != NGX_OK
        || ngx_http_screen_check_vault(cf, smcf) != NGX_OK
        || ngx_http_screen_bank_paths(cf, smcf) != NGX_OK
        || ngx_http_screen_pool_create(cf, smcf) != NGX_OK)
    {
        return NGX_ERROR;
    }

    ngx_http_screen_digest_setup(smcf);

    return ngx_http_screen_compile(cf, smcf);
}


/* what a policy calls a bank becomes its index */

static ngx_int_t
ngx_http_screen_bind_banks(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    ngx_uint_t                  i, j, k, *index;
    screen_str_t               *name;
    screen_place_t             *place;
    ngx_http_screen_bank_t     *bank;
    ngx_http_screen_policy_t  **policy;

    policy = smcf->policies.elts;
    bank = smcf->banks.elts;

    for (i = 0; i < smcf->banks.nelts; i++) {

        if (bank[i].redis && smcf->redis.nservers == 0) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "bank \"%V\" is in redis, and there is no "
                          "\"screen_redis\" in %*s:%ui",
                          &bank[i].name, bank[i].place.file.len,
                          bank[i].place.file.data,
                          (ngx_uint_t) bank[i].place.line);
            return NGX_ERROR;
        }
    }

    for (i = 0; i < smcf->policies.nelts; i++) {

        if (ngx_array_init(&policy[i]->banks, cf->pool,
                           ngx_max(policy[i]->core->nbanks, 1),
                           sizeof(ngx_uint_t))
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        for (j = 0; j < policy[i]->core->nbanks; j++) {
            name = &policy[i]->core->banks[j];
            place = &policy[i]->core->bank_places[j];

            for (k = 0; k < smcf->banks.nelts; k++) {
                if (bank[k].name.len == name->len
                    && ngx_memcmp(bank[k].name.data, name->data, name->len)
                       == 0)
                {
                    break;
                }
            }

            if (k == smcf->banks.nelts) {
                ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                              "unknown bank \"%*s\": no \"screen_bank %*s\" "
                              "directive in %*s:%ui",
                              name->len, name->data, name->len, name->data,
                              place->file.len, place->file.data,
                              (ngx_uint_t) place->line);
                return NGX_ERROR;
            }

            index = ngx_array_push(&policy[i]->banks);
            if (index == NULL) {
                return NGX_ERROR;
            }

            *index = k;
        }
    }

    return NGX_OK;
}


/* where the first server keeps its data; fallbacks have the same */

static uint32_t
ngx_http_screen_bank_redis_id(screen_redis_conf_t *redis)
{
    char                    shown[SCREEN_REDIS_SHOWN];
    uint32_t                crc;
    screen_redis_server_t  *server;

    server = &redis->servers[0];

    if (server->kind == SCREEN_REDIS_SENTINEL) {
        crc = ngx_crc32_short((u_char *) server->master.data,
                              server->master.len);

    } else {
        (void) screen_redis_conf_show(shown, &server->addresses[0]);
        crc = ngx_crc32_short((u_char *) shown, ngx_strlen(shown));
    }

    return crc ^ ngx_crc32_short((u_char *) server->prefix.data,
                                 server->prefix.len)
           ^ server->db * 0x9e3779b9;
}


static ngx_int_t
ngx_http_screen_check_vault(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    ngx_uint_t                  i;
    screen_place_t              place;
    ngx_http_screen_policy_t  **policy;

    policy = smcf->policies.elts;

    for (i = 0; i < smcf->policies.nelts && smcf->vault == NULL; i++) {

        if (screen_policy_quarantines(policy[i]->core, &place)) {
            ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                          "\"quarantine\" without a place for it: no "
                          "\"screen_quarantine_path\" directive in %*s:%ui",
                          place.file.len, place.file.data,
                          (ngx_uint_t) place.line);
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_bank_paths(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    u_char                  *p;
    size_t                   len;
    ngx_uint_t               i;
    ngx_http_screen_bank_t  *bank;

    if (smcf->banks.nelts == 0) {
        return NGX_OK;
    }

    if (ngx_create_dir(smcf->path.data, 0700) == NGX_FILE_ERROR
        && ngx_errno != NGX_EEXIST)
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      ngx_create_dir_n " \"%V\" failed (see \"screen_path\")",
                      &smcf->path);
        return NGX_ERROR;
    }

    bank = smcf->banks.elts;

    for (i = 0; i < smcf->banks.nelts; i++) {

        /* two configurations may call different things by the same name */

        len = smcf->path.len + 1 + bank[i].name.len + sizeof("-01234567.bank");

        p = ngx_pnalloc(cf->pool, len);
        if (p == NULL) {
            return NGX_ERROR;
        }

        bank[i].path.data = p;
        p = ngx_sprintf(p, "%V/%V-%08xD.bank%Z", &smcf->path, &bank[i].name,
                        bank[i].redis
                        ? ngx_http_screen_bank_redis_id(&smcf->redis)
                        : ngx_crc32_short(bank[i].list.data,
                                          bank[i].list.len));
        bank[i].path.len = p - bank[i].path.data - 1;
    }

    return NGX_OK;
}


static ngx_int_t
ngx_http_screen_compile(ngx_conf_t *cf, ngx_http_screen_main_conf_t *smcf)
{
    int                   out[2];
    pid_t                 pid;
    ngx_int_t             rc;
    ngx_http_screen_fd_t  fds[4];

    if (pipe2(out, O_CLOEXEC) == -1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno, "pipe2() failed");
        return NGX_ERROR;
    }

    fds[0].from = smcf->pool.spec;
    fds[0].to = SCREEN_FD_SPEC;
    fds[1].from = smcf->pool.image;
    fds[1].to = SCREEN_FD_IMAGE;
    fds[2].from = out[1];
    fds[2].to = STDOUT_FILENO;
    fds[3].from = STDERR_FILENO;
    fds[3].to = STDERR_FILENO;

    pid = ngx_http_screen_helper_start(cf->log, &smcf->helper, "compile", fds,
                                       4, 0);
    (void) close(out[1]);

    if (pid == -1) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "\"%V\" is needed to compile the rules "
                      "(see \"screen_helper\")", &smcf->helper);
        (void) close(out[0]);
        return NGX_ERROR;
    }

    rc = ngx_http_screen_compile_messages(smcf, cf->log, out[0]);

    (void) close(out[0]);

    if (rc == NGX_ERROR) {
        (void) kill(pid, SIGKILL);
    }

    /* nginx's own handler of SIGCHLD may have been faster */

    while (waitpid(pid, NULL, 0) == -1 && ngx_errno == NGX_EINTR) {
        /* void */
    }

    /* compile has sealed it: nobody can change what is loaded later */

    if (rc == NGX_OK
        && !(fcntl(smcf->pool.image, F_GET_SEALS) & F_SEAL_WRITE))
    {
        ngx_log_error(NGX_LOG_EMERG, cf->log, 0,
                      "the compiled rules are not sealed");
        return NGX_ERROR;
    }

    return rc == NGX_OK ? NGX_OK : NGX_ERROR;
}


/*
 * Logs what compile says until it ends.  NGX_OK if its last word was "OK",
 * NGX_DECLINED if it said what is wrong, NGX_ERROR if it has to be ended or
 * ended without a word.
 */

static ngx_int_t
ngx_http_screen_compile_messages(ngx_http_screen_main_conf_t *smcf,
    ngx_log_t *log, int fd)
{
    int            n;
    u_char        *line, *nl;
    size_t         len;
    ssize_t        size;
    ngx_int_t      rc, line_rc;
    ngx_uint_t     left;
    struct pollfd  pfd;
    u_char         buf[8192];

    rc = NGX_ERROR;
    len = 0;

    pfd.fd = fd;
    pfd.events = POLLIN;

    for (left = NGX_HTTP_SCREEN_SETUP_TIMEOUT / 1000; /* void */ ; ) {

        n = poll(&pfd, 1, 1000);

        if (n == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (n == 0 && --left) {
            continue;
        }

        if (n != 1) {
            ngx_log_error(NGX_LOG_EMERG, log, n ? ngx_errno : 0,
                          "compiling rules and banks took longer than %d s",
                          NGX_HTTP_SCREEN_SETUP_TIMEOUT / 1000);
            return NGX_ERROR;
        }

        size = read(fd, buf + len, sizeof(buf) - 1 - len);

        if (size == -1 && ngx_errno == NGX_EINTR) {
            continue;
        }

        if (size <= 0) {
            break;
        }

        len += size;
        buf[len] = '\0';

        line = buf;

        while ((nl = (u_char *) ngx_strchr(line, '\n')) != NULL) {
            *nl = '\0';

            line_rc = ngx_http_screen_compile_line(smcf, log, line);

            if (line_rc != NGX_AGAIN) {
                rc = line_rc;
            }

            line = nl + 1;
        }

        len = buf + len - line;
        ngx_memmove(buf, line, len);

        if (len == sizeof(buf) - 1) {
            len = 0;
        }
    }

    if (rc == NGX_ERROR) {
        ngx_log_error(NGX_LOG_EMERG, log, 0,
                      "compiling rules and banks ended unexpectedly");
    }

    return rc;
}


/* NGX_OK, NGX_DECLINED (an error), NGX_AGAIN (nothing that decides) */

static ngx_int_t
ngx_http_screen_compile_line(ngx_http_screen_main_conf_t *smcf,
    ngx_log_t *log, u_char *line)
{
    u_char      *file, *number, *text;
    ngx_uint_t   level;

    if (ngx_strcmp(line, "OK") == 0) {
        return NGX_OK;
    }

    level = line[0] == 'E' ? NGX_LOG_EMERG : NGX_LOG_NOTICE;

    file = line[0] ? (u_char *) ngx_strchr(line, '\t') : NULL;
    number = file ? (u_char *) ngx_strchr(file + 1, '\t') : NULL;
    text = number ? (u_char *) ngx_strchr(number + 1, '\t') : NULL;

    if (text == NULL) {
        ngx_log_error(NGX_LOG_NOTICE, log, 0, "%s", line);
        return NGX_AGAIN;
    }

    *file++ = '\0';
    *number++ = '\0';
    *text++ = '\0';

    if (line[0] == 'I') {
        return ngx_http_screen_compile_engine(smcf, file, number, text);
    }

    if (file[0] == '\0') {
        ngx_log_error(level, log, 0, "%s", text);

    } else if (ngx_strcmp(number, "0") == 0) {
        ngx_log_error(level, log, 0, "%s in %s", text, file);

    } else {
        ngx_log_error(level, log, 0, "%s in %s:%s", text, file, number);
    }

    return level == NGX_LOG_EMERG ? NGX_DECLINED : NGX_AGAIN;
}


static ngx_int_t
ngx_http_screen_compile_engine(ngx_http_screen_main_conf_t *smcf,
    u_char *number, u_char *id, u_char *names)
{
    ngx_int_t                   n;
    screen_str_t                hex;
    ngx_http_screen_policy_t  **policy;

    n = ngx_atoi(number, ngx_strlen(number));
    hex = screen_str_of((char *) id);
    policy = smcf->policies.elts;

    if (n == NGX_ERROR || n >= (ngx_int_t) smcf->policies.nelts
        || screen_hex_decode(policy[n]->id, sizeof(policy[n]->id), &hex)
           != SCREEN_OK)
    {
        return NGX_DECLINED;
    }

    policy[n]->names = (names[0] != '0');

    return NGX_AGAIN;
}
