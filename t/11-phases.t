# Screening among nginx's other phases and modules: what runs before it, what
# after it, and that it happens exactly once.  That a rejected body reaches
# nobody is in t/16-rejected-body.t.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';
use ScreenTest;


add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('main_config',
        "load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;");
    $block->set_value('http_config', ($block->http_config // '') . <<'CONF');
    log_format backend '$request_method $uri $content_length "$request_body" '
                       '"$http_x_verdict"';
    server {
        listen unix:$TEST_NGINX_HTML/backend.sock;
        access_log logs/backend.log backend;
        location / {
            echo_read_request_body;
            echo -n "$request_method $uri|";
            echo_request_body;
        }
        location /accel {
            add_header X-Accel-Redirect /accelerated/$arg_to;
            return 200;
        }
        location /fail { return 500; }
        location /auth/yes { return 204; }
        location /auth/no { return 403; }
    }
CONF
});

no_shuffle();
run_tests();

__DATA__

=== TEST 1: who is denied is not screened
--- policy
match content ~ evil  reject=451;
--- config
    location /up {
        screen test;
        deny all;
        add_header X-Verdict "[$screen_verdict]" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request
POST /up
evil
--- error_code: 403
--- response_headers
X-Verdict: []
--- no_error_log
screen: upload



=== TEST 2: satisfy any: who is let in is screened
--- policy
match content ~ evil  reject=451;
--- config
    location /up {
        screen test;
        satisfy any;
        allow 127.0.0.1;
        deny all;
        auth_basic closed;
        auth_basic_user_file $TEST_NGINX_HTML/none;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /denied {
        screen test;
        satisfy any;
        deny all;
        auth_basic closed;
        auth_basic_user_file $TEST_NGINX_HTML/none;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /up\nevil", "POST /up\ngood", "POST /denied\nevil"]
--- error_code eval
[451, 200, 401]



=== TEST 3: auth_request decides first, and its subrequest is not screened
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    location /allowed {
        auth_request /auth/yes;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /denied {
        auth_request /auth/no;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /auth/ {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }
--- request eval
["POST /allowed\nevil", "POST /allowed\ngood", "POST /denied\nevil"]
--- error_code eval
[451, 200, 403]
--- response_body_like eval
["reference", 'POST /allowed\|good$', "403 Forbidden"]



=== TEST 4: a passed upload is mirrored with its body
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        mirror /mirror;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location = /mirror {
        internal;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/mirrored;
        access_log logs/access.log;
        log_subrequest on;
    }
--- request
POST /up
good
--- response_body_like: POST /up\|good$
--- access_log eval
qr{"POST /up HTTP/\d[.]\d" 200}



=== TEST 5: a mirror does not make an upload be screened twice
--- policy
match content ~ good  flag;
--- config
    screen test;
    location /up {
        mirror /mirror;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location = /mirror {
        internal;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/mirrored;
    }
--- request
POST /up
good
--- response_body_like: POST /up\|good$
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 6: try_files leads on after the verdict; it is kept and made once
--- policy
match content ~ good  flag;
match content ~ evil  reject;
--- config
    screen test;
    location /up { try_files $uri /else; }
    location /else {
        add_header X-Verdict $screen_verdict;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request
POST /up
good
--- response_body_like: POST /else\|good$
--- response_headers
X-Verdict: flag
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 7: a chain of redirects keeps one verdict and one $screen_id
--- policy
match content ~ good  flag;
--- config
    screen test;
    recursive_error_pages on;
    location /up {
        proxy_intercept_errors on;
        proxy_set_header X-Id $screen_id;
        error_page 500 = @second;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/fail?$screen_id;
    }
    location @second {
        error_page 404 = /third?id=$screen_id;
        return 404;
    }
    location /third {
        rewrite ^ /fourth last;
    }
    location /fourth {
        try_files "" @fifth;
    }
    location @fifth {
        set $same no;
        if ($arg_id = $screen_id) { set $same yes; }
        return 200 "$same $screen_verdict $screen_bytes";
    }
--- request
POST /up
good
--- response_body: yes flag 4
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 8: rewrite ... last chooses the location before the screening
--- policy
match content ~ evil  reject=451;
--- config
    location /old { rewrite ^ /new last; }
    location /new {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /away { screen test; rewrite ^ /free last; }
    location /free { proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock; }
--- request eval
["POST /old\nevil", "POST /away\nevil"]
--- error_code eval
[451, 200]



=== TEST 9: a "return" answers before there is anything to screen
--- policy
match size >= 0  reject;
--- config
    location /up { screen test; return 204; }
--- request
POST /up
evil
--- error_code: 204
--- no_error_log
screen: upload



=== TEST 10: X-Accel-Redirect leads on after the verdict
--- policy
match content ~ good  flag;
--- config
    screen test;
    location /up {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/accel?to=here;
    }
    location /accelerated {
        internal;
        return 200 "$uri $screen_verdict $screen_bytes";
    }
--- request
POST /up
good
--- response_body: /accelerated/here flag 4
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 11: a body that was read before is screened where it comes to
--- policy
match content ~ "evil$"  reject=451;
--- config
    location /up {
        proxy_intercept_errors on;
        recursive_error_pages on;
        client_body_buffer_size 1k;
        error_page 500 = @screened;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock:/fail;
    }
    location @screened {
        screen test;
        add_header X-Sha256 $screen_sha256 always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /up\nevil", "POST /up\n" . "x" x 5000 . "evil",
 "POST /up\n" . "x" x 5000 . "good"]
--- error_code eval
[451, 451, 200]
--- response_body_like eval
["reference", "reference", '^POST /up\|x{5000}good$']



=== TEST 12: an error page of a denied request is screened if it says so
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    location /up { deny all; error_page 403 = @backend; }
    location /off { deny all; error_page 403 = @unscreened; }
    location @backend {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location @unscreened {
        screen off;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /up\nevil", "POST /up\ngood", "POST /off\nevil"]
--- error_code eval
[451, 200, 200]



=== TEST 13: error_page answers a reject by a page of one's own
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    error_page 451 /rejected;
    location /up { proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock; }
    location /as200 {
        error_page 451 =200 /rejected;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location = /rejected {
        internal;
        return 200 "$request_method $screen_verdict $screen_reason";
    }
--- request eval
["POST /up\nevil", "POST /as200\nevil"]
--- error_code eval
[451, 200]
--- response_body eval
["GET reject content", "GET reject content"]



=== TEST 14: error_page of a reject is not screened a second time
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    error_page 451 = @again;
    recursive_error_pages on;
    location /up { proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock; }
    location @again {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request
POST /up
evil
--- response_body_like: ^POST /up\|$
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} reject/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} reject\n$/



=== TEST 15: an error page after a body that could not be read does not hang
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    location /up {
        client_max_body_size 10;
        error_page 413 /large;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location = /large { try_files "" @large; }
    location @large { return 200 "large [$screen_verdict][$screen_sha256]"; }
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
 "9\r\n123456789\r\n"]
--- error_code: 413
--- response_body: large [][]



=== TEST 16: the same with a malformed body
--- policy
match content ~ evil  reject=451;
--- config
    screen test;
    error_page 400 = @bad;
    location /up { proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock; }
    location @bad { try_files "" @bad2; }
    location @bad2 { return 200 "bad [$screen_verdict]"; }
--- raw_request_middle_delay: 0.1
--- raw_request eval
["POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
 "nonsense\r\n"]
--- response_body: bad []



=== TEST 17: DAV stores what was sent, and creates folders for it
--- policy
match content ~ evil  reject=451;
--- config
    location /dav {
        screen test;
        root $TEST_NGINX_HTML;
        dav_methods PUT;
        create_full_put_path on;
        client_body_temp_path $TEST_NGINX_HTML/temp;
    }
    location /get { alias $TEST_NGINX_HTML/dav; }
--- request eval
["PUT /dav/a/b/c.txt\nhello", "GET /get/a/b/c.txt",
 "PUT /dav/a/b/c.txt\nevil", "GET /get/a/b/c.txt",
 "PUT /dav/a/b/c.txt\nworld", "GET /get/a/b/c.txt",
 "PUT /dav/new.txt\nevil", "GET /get/new.txt"]
--- error_code eval
[201, 200, 451, 200, 204, 200, 451, 404]
--- response_body_like eval
['', '^hello$', 'reference', '^hello$', '', '^world$', 'reference', '404']



=== TEST 18: DAV stores chunked and empty bodies; of a reject nothing is left
--- no_http2
--- no_http3
--- policy
match content ~ "evil$"  reject=451;
max_size 8k;
--- config
    location /dav {
        screen test;
        root $TEST_NGINX_HTML;
        dav_methods PUT;
        create_full_put_path on;
        client_body_buffer_size 1k;
        client_body_temp_path $TEST_NGINX_HTML/temp;
    }
    location /get { alias $TEST_NGINX_HTML/dav; }
    location /temp/ {
        alias $TEST_NGINX_HTML/temp/;
        autoindex on;
        autoindex_format json;
    }
--- request eval
["PUT /dav/a.txt\nfa0\r\n" . "x" x 4000 . "\r\n0\r\n\r\n", "GET /get/a.txt",
 "PUT /dav/b.txt", "GET /get/b.txt",
 "PUT /dav/c.txt\n" . "x" x 4000 . "evil",
 "PUT /dav/a.txt\nfa0\r\n" . ("x" x 4000 . "\r\nfa0\r\n") x 3 . "x" x 4000
 . "\r\n0\r\n\r\n", "GET /get/a.txt", "GET /temp/"]
--- more_headers eval
["Transfer-Encoding: chunked", "", "Content-Length: 0", "", "",
 "Transfer-Encoding: chunked", "", ""]
--- error_code eval
[201, 200, 201, 200, 451, 413, 200, 200]
--- response_body_like eval
['', '^x{4000}$', '', '^$', 'reference', 'reference', '^x{4000}$',
 '^\[\s*\]\s*$']



=== TEST 19: SSI's subrequests are not screened
--- policy
match size >= 0  flag;
--- config
    screen test;
    location /up {
        ssi on;
        ssi_types *;
        proxy_pass http://unix:$TEST_NGINX_HTML/page.sock;
    }
    location /sub {
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML/page.sock;
        location / { return 200 'a<!--#include virtual="/sub/1" -->b'; }
    }
--- request
POST /up
hello
--- response_body_like: aGET /sub/1\|(hello)?b
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 20: a subrequest sees the variables of the upload
--- policy
match size >= 0  flag;
--- config
    screen test;
    location /up {
        ssi on;
        ssi_types *;
        proxy_pass http://unix:$TEST_NGINX_HTML/page.sock;
    }
    location /sub { screen off; echo -n "$screen_verdict $screen_bytes"; }
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML/page.sock;
        location / { return 200 'a<!--#include virtual="/sub/1" -->b'; }
    }
--- request
POST /up
hello
--- response_body: aflag 5b



=== TEST 21: addition's subrequests are not screened
--- policy
match size >= 0  flag;
--- config
    screen test;
    location /up {
        addition_types *;
        add_after_body /sub;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /sub { echo -n "+$screen_verdict"; }
--- request
POST /up
hello
--- response_body: POST /up|hello+flag
--- grep_error_log eval: qr/screen: upload [0-9a-f]{32} flag/
--- grep_error_log_out eval
qr/^screen: upload [0-9a-f]{32} flag\n$/



=== TEST 22: limit_except and limits run before
--- early_answer
--- policy
match size >= 0  reject=451;
--- http_config
    limit_req_zone $binary_remote_addr zone=one:1m rate=1r/m;
--- config
    location /up {
        screen test;
        limit_req zone=one;
        limit_except POST { deny all; }
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /up\na", "POST /up\na", "PUT /up\na"]
--- error_code eval
[451, 503, 503]
