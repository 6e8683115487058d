
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_redis_conf.h"


typedef struct {
    screen_arena_t        arena;
    screen_alloc_t        alloc;
    screen_redis_conf_t   conf;
    screen_error_t        err;
} fixture_t;


static int
setup(void **state)
{
    fixture_t  *f;

    f = calloc(1, sizeof(fixture_t));
    if (f == NULL) {
        return -1;
    }

    f->alloc.alloc = screen_arena_alloc;
    f->alloc.owner = &f->arena;
    *state = f;

    return 0;
}


static int
teardown(void **state)
{
    fixture_t  *f;

    f = *state;

    screen_arena_destroy(&f->arena);
    free(f);

    return 0;
}


static screen_redis_server_t *
accepted(fixture_t *f, const char *text)
{
    int  rc;

    rc = screen_redis_conf_text(&f->conf, text, &f->alloc, &f->err);

    if (rc != SCREEN_OK) {
        print_message("%s: %s\n", text, f->err.text);
    }

    assert_int_equal(rc, SCREEN_OK);

    return &f->conf.servers[f->conf.nservers - 1];
}


static void
refused(fixture_t *f, const char *text, const char *word, const char *why)
{
    uint32_t  n;

    n = f->conf.nservers;
    memset(&f->err, 0, sizeof(f->err));

    assert_int_equal(screen_redis_conf_text(&f->conf, text, &f->alloc,
                                            &f->err),
                     SCREEN_ERROR);

    if (strstr(f->err.text, word) == NULL || strstr(f->err.text, why) == NULL)
    {
        fail_msg("%s: %s", text, f->err.text);
    }

    assert_int_equal(f->conf.nservers, n);
}


static void
an_address_alone_has_every_default(void **state)
{
    screen_redis_server_t  *s;

    s = accepted(*state, "127.0.0.1:6380");

    assert_int_equal(s->kind, SCREEN_REDIS_SERVER);
    assert_int_equal(s->naddresses, 1);
    assert_int_equal(s->addresses[0].local, 0);
    assert_true(screen_str_is(&s->addresses[0].host, "127.0.0.1"));
    assert_int_equal(s->addresses[0].port, 6380);
    assert_int_equal(s->timeout, 200);
    assert_int_equal(s->connect_timeout, 1000);
    assert_int_equal(s->db, 0);
    assert_int_equal(s->user.len, 0);
    assert_int_equal(s->password_file.len, 0);
    assert_true(screen_str_is(&s->prefix, "screen:"));
    assert_int_equal(s->tls, 0);
}


static void
addresses_have_all_their_forms(void **state)
{
    screen_redis_server_t  *s;

    s = accepted(*state, "redis.example.org");
    assert_true(screen_str_is(&s->addresses[0].host, "redis.example.org"));
    assert_int_equal(s->addresses[0].port, 6379);

    s = accepted(*state, "[::1]:7000");
    assert_true(screen_str_is(&s->addresses[0].host, "::1"));
    assert_int_equal(s->addresses[0].port, 7000);

    s = accepted(*state, "[2001:db8::2]");
    assert_true(screen_str_is(&s->addresses[0].host, "2001:db8::2"));
    assert_int_equal(s->addresses[0].port, 6379);

    s = accepted(*state, "unix:/run/redis/redis.sock");
    assert_int_equal(s->addresses[0].local, 1);
    assert_true(screen_str_is(&s->addresses[0].host,
                              "/run/redis/redis.sock"));
}


static void
every_parameter_is_taken(void **state)
{
    screen_redis_server_t  *s;

    ((fixture_t *) *state)->conf.tls = 1;

    s = accepted(*state, "r:1 timeout=50ms connect_timeout=2s user=edge "
                 "password_file=/etc/p db=3 prefix=trust: tls=on ca=/a "
                 "cert=/c key=/k server_name=n");

    assert_int_equal(s->timeout, 50);
    assert_int_equal(s->connect_timeout, 2000);
    assert_true(screen_str_is(&s->user, "edge"));
    assert_true(screen_str_is(&s->password_file, "/etc/p"));
    assert_int_equal(s->db, 3);
    assert_true(screen_str_is(&s->prefix, "trust:"));
    assert_int_equal(s->tls, 1);
    assert_true(screen_str_is(&s->ca, "/a"));
    assert_true(screen_str_is(&s->cert, "/c"));
    assert_true(screen_str_is(&s->key, "/k"));
    assert_true(screen_str_is(&s->server_name, "n"));
}


static void
sentinels_and_cluster_nodes_are_several_addresses(void **state)
{
    screen_redis_server_t  *s;

    s = accepted(*state, "sentinel=mymaster a b:26380 [::1] db=1");
    assert_int_equal(s->kind, SCREEN_REDIS_SENTINEL);
    assert_true(screen_str_is(&s->master, "mymaster"));
    assert_int_equal(s->naddresses, 3);
    assert_int_equal(s->addresses[0].port, 26379);
    assert_int_equal(s->addresses[1].port, 26380);

    s = accepted(*state, "a:7000 b:7001 cluster=on");
    assert_int_equal(s->kind, SCREEN_REDIS_CLUSTER);
    assert_int_equal(s->naddresses, 2);
    assert_int_equal(s->addresses[1].port, 7001);

    assert_int_equal(((fixture_t *) *state)->conf.nservers, 2);
}


static void
what_is_wrong_is_named(void **state)
{
    refused(*state, "", "--redis", "expected an address");
    refused(*state, "db=1", "db=1", "expected an address");
    refused(*state, "a:0", "a:0", "host:port");
    refused(*state, "a:65536", "a:65536", "host:port");
    refused(*state, "a:6379x", "a:6379x", "host:port");
    refused(*state, "a:", "\"a:\"", "host:port");
    refused(*state, ":6379", "\":6379\"", "host:port");
    refused(*state, "[::1", "[::1", "host:port");
    refused(*state, "[::1]x", "[::1]x", "host:port");
    refused(*state, "[]:1", "[]:1", "host:port");
    refused(*state, "::1", "::1", "[ipv6]");
    refused(*state, "unix:", "unix:", "unix:path");
    refused(*state, "/run/redis.sock", "/run/redis.sock", "unix:path");
    refused(*state, "a b", "\"b\"", "sentinel= or cluster=on");
    refused(*state, "a tiemout=1s", "tiemout=1s", "timeout=");
    refused(*state, "a timeout=0", "timeout=0", "a time");
    refused(*state, "a timeout=11m", "timeout=11m", "a time");
    refused(*state, "a timeout=", "\"timeout=\"", "a time");
    refused(*state, "a timeout=1s timeout=1s", "timeout=1s", "once");
    refused(*state, "a db=-1", "db=-1", "0 to 65535");
    refused(*state, "a db=65536", "db=65536", "0 to 65535");
    refused(*state, "a tls=yes", "tls=yes", "on or off");
    refused(*state, "a cluster=yes", "cluster=yes", "on or off");
    refused(*state, "a cluster=on db=1", "db=1", "database 0 only");
    refused(*state, "a cluster=on sentinel=m", "\"m\"", "either");
    refused(*state, "a user=u", "user=u", "password_file=");
    refused(*state, "a ca=/a", "ca=/a", "tls=on");
    refused(*state, "a prefix=\x01", "prefix=", "printable");
}


static void
tls_without_a_library_for_it_is_refused(void **state)
{
    refused(*state, "a tls=on", "tls=on", "has no TLS");

    ((fixture_t *) *state)->conf.tls = 1;

    (void) accepted(*state, "a tls=on");
    refused(*state, "a tls=on cert=/c", "cert=/c", "cert= and key=");
}


static void
there_are_limits(void **state)
{
    int          i;
    size_t       len;
    char         text[4096];
    fixture_t   *f;

    f = *state;

    len = snprintf(text, sizeof(text), "cluster=on");

    for (i = 0; i < SCREEN_REDIS_ADDRESSES_MAX; i++) {
        len += snprintf(text + len, sizeof(text) - len, " h%d", i);
    }

    (void) accepted(f, text);

    snprintf(text + len, sizeof(text) - len, " toomany");
    refused(f, text, "toomany", "at most 64");

    while (f->conf.nservers < SCREEN_REDIS_SERVERS_MAX) {
        (void) accepted(f, "a");
    }

    refused(f, "a", "--redis", "at most 16");

    memset(text, 'x', sizeof(text));
    memcpy(text, "unix:/", 6);
    text[6 + 108] = '\0';

    f->conf.nservers = 0;
    refused(f, text, "unix:/xx", "unix:path");
}


static void
a_directive_s_error_has_its_place(void **state)
{
    fixture_t       *f;
    screen_str_t     words[2];
    screen_place_t   place = { screen_str("/etc/nginx/nginx.conf"), 12 };

    f = *state;
    words[0] = screen_str_of("screen_redis");
    words[1] = screen_str_of("a:b");

    assert_int_equal(screen_redis_conf_directive(&f->conf, words, 2, &place,
                                                 &f->alloc, &f->err),
                     SCREEN_ERROR);
    assert_string_equal(f->err.file, "/etc/nginx/nginx.conf");
    assert_int_equal(f->err.line, 12);
    assert_non_null(strstr(f->err.text, "\"a:b\" in \"screen_redis\""));
}


static void
an_address_is_shown_as_it_is_written(void **state)
{
    size_t                  i;
    char                    text[SCREEN_REDIS_SHOWN];
    screen_redis_server_t  *s;

    static const char *const  addresses[] = {
        "a.example:6379", "[::1]:7000", "unix:/run/redis.sock", "10.0.0.1:1"
    };

    for (i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        s = accepted(*state, addresses[i]);
        assert_string_equal(screen_redis_conf_show(text, &s->addresses[0]),
                            addresses[i]);
    }
}


static void
a_password_is_the_first_line(void **state)
{
    screen_str_t  password, text;

    text = screen_str_of("s3cret word\r\nmore\n");
    assert_int_equal(screen_redis_conf_password(&password, &text), SCREEN_OK);
    assert_true(screen_str_is(&password, "s3cret word"));

    text = screen_str_of("bare");
    assert_int_equal(screen_redis_conf_password(&password, &text), SCREEN_OK);
    assert_true(screen_str_is(&password, "bare"));

    text = screen_str_of("\nlate");
    assert_int_equal(screen_redis_conf_password(&password, &text),
                     SCREEN_MALFORMED);

    text.data = (const u_char *) "a\0b";
    text.len = 3;
    assert_int_equal(screen_redis_conf_password(&password, &text),
                     SCREEN_MALFORMED);
}


static void
what_was_encoded_is_decoded_and_nothing_less(void **state)
{
    size_t                   len;
    u_char                  *copy;
    fixture_t               *f;
    screen_buf_t             b;
    screen_reader_t          r;
    screen_redis_conf_t      out;
    screen_redis_server_t   *s;

    f = *state;
    f->conf.tls = 1;

    (void) accepted(f, "sentinel=m a b:1 user=u password_file=/p db=2");
    (void) accepted(f, "unix:/s tls=on ca=/ca cert=/c key=/k server_name=n "
                    "prefix=p: timeout=1s connect_timeout=2s");

    screen_buf_init(&b, 65536);
    screen_redis_conf_encode(&b, &f->conf);
    assert_int_equal(b.code, SCREEN_OK);

    memset(&out, 0, sizeof(out));
    screen_reader_init(&r, b.data, b.len);
    assert_int_equal(screen_redis_conf_decode(&out, &r, &f->alloc),
                     SCREEN_OK);
    assert_int_equal(screen_reader_end(&r), SCREEN_OK);

    assert_int_equal(out.nservers, 2);
    s = &out.servers[0];
    assert_int_equal(s->kind, SCREEN_REDIS_SENTINEL);
    assert_true(screen_str_is(&s->master, "m"));
    assert_int_equal(s->naddresses, 2);
    assert_true(screen_str_is(&s->addresses[1].host, "b"));
    assert_int_equal(s->addresses[1].port, 1);
    assert_true(screen_str_is(&s->user, "u"));
    assert_true(screen_str_is(&s->password_file, "/p"));
    assert_int_equal(s->db, 2);

    s = &out.servers[1];
    assert_int_equal(s->addresses[0].local, 1);
    assert_int_equal(s->tls, 1);
    assert_true(screen_str_is(&s->ca, "/ca"));
    assert_true(screen_str_is(&s->cert, "/c"));
    assert_true(screen_str_is(&s->key, "/k"));
    assert_true(screen_str_is(&s->server_name, "n"));
    assert_true(screen_str_is(&s->prefix, "p:"));
    assert_int_equal(s->timeout, 1000);
    assert_int_equal(s->connect_timeout, 2000);

    for (len = 0; len < b.len; len++) {
        copy = malloc(len ? len : 1);
        assert_non_null(copy);
        memcpy(copy, b.data, len);

        memset(&out, 0, sizeof(out));
        screen_reader_init(&r, copy, len);
        (void) screen_redis_conf_decode(&out, &r, &f->alloc);
        assert_int_not_equal(screen_reader_end(&r), SCREEN_OK);

        free(copy);
    }

    screen_buf_free(&b);
}


#define test(name)  cmocka_unit_test_setup_teardown(name, setup, teardown)


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        test(an_address_alone_has_every_default),
        test(addresses_have_all_their_forms),
        test(every_parameter_is_taken),
        test(sentinels_and_cluster_nodes_are_several_addresses),
        test(what_is_wrong_is_named),
        test(tls_without_a_library_for_it_is_refused),
        test(there_are_limits),
        test(a_directive_s_error_has_its_place),
        test(an_address_is_shown_as_it_is_written),
        test(a_password_is_the_first_line),
        test(what_was_encoded_is_decoded_and_nothing_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
