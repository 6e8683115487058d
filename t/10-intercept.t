# What becomes of an upload on its way in: which requests are screened, that
# bodies arrive as they were sent, and what is decided before they are read.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Test::Nginx::Socket 'no_plan';
use ScreenTest;

our $All = join '', map { chr } 0 .. 255;
our $Big = join '', map { $_ . $All } 'a' .. 'z';
our $Show = "load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;";


sub chunks
{
    return join('', map { sprintf "%x\r\n%s\r\n", length, $_ } @_)
           . "0\r\n\r\n";
}


sub put
{
    my ($uri, $headers, $body) = @_;

    return "PUT $uri HTTP/1.1\r\nHost: localhost\r\n$headers\r\n"
           . ($body // '');
}


# $TEST_NGINX_BACKEND is an upstream that sends back what it received

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('main_config', $Show);
    $block->set_value('http_config', ($block->http_config // '') . <<'CONF');
    server {
        listen unix:$TEST_NGINX_HTML/backend.sock;
        client_body_buffer_size 1m;
        location / {
            echo_read_request_body;
            echo -n "$request_method $http_content_length ";
            echo -n "$http_transfer_encoding $http_expect|";
            echo_request_body;
        }
    }
CONF
});

no_shuffle();
run_tests();

__DATA__

=== TEST 1: POST, PUT and PATCH are screened by default, other methods not
--- no_http2
--- no_http3
--- policy
match size > 0  flag;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "[$screen_verdict]"; }
--- request eval
["POST /up\na", "PUT /up\na", "PATCH /up\na", "DELETE /up\na",
 "PROPFIND /up\na", "GET /up\na"]
--- response_body eval
["[flag]", "[flag]", "[flag]", "[]", "[]", "[]"]



=== TEST 2: "methods" says which ones are screened
--- policy
methods DELETE PROPFIND REPORT;
match size > 0  flag;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "[$screen_verdict]"; }
--- request eval
["POST /up\na", "DELETE /up\na", "PROPFIND /up\na", "REPORT /up\na"]
--- response_body eval
["[]", "[flag]", "[flag]", "[flag]"]



=== TEST 3: a request without a body is not screened
--- policy
match size >= 0  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "[$screen_verdict][$screen_id]"; }
--- raw_request eval
"POST /up HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
--- response_body: [][]



=== TEST 4: a body of no bytes is screened
--- policy
match size = 0  flag;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "$screen_verdict $screen_bytes $screen_sha256"; }
--- raw_request eval
"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
--- response_body eval
"flag 0 " . Digest::SHA::sha256_hex('')



=== TEST 5: a chunked body of no bytes is screened
--- policy
match size = 0  flag;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "$screen_verdict $screen_bytes $screen_sha256"; }
--- raw_request eval
::put("/up", "Transfer-Encoding: chunked\r\nConnection: close\r\n", ::chunks())
--- response_body eval
"flag 0 " . Digest::SHA::sha256_hex('')



=== TEST 6: a body in memory arrives as it was sent
--- policy
match size > 0  flag;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Content-Length: 256\r\nConnection: close\r\n", $::All)
--- response_body eval
"PUT 256  |$::All"



=== TEST 7: a chunked body arrives as it was sent, in however many packets
--- policy
match size > 0  flag;
--- config
    location /up {
        screen test;
        add_header X-Sha256 $screen_sha256;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
my $request = ::put("/up", "Transfer-Encoding: chunked\r\n"
                           . "Connection: close\r\n",
                    ::chunks('abc', $::All, 'd', $::All));
[substr($request, 0, 95), substr($request, 95, 20), substr($request, 115)]
--- response_body eval
"PUT 516  |abc${main::All}d$::All"
--- response_headers eval
"X-Sha256: " . Digest::SHA::sha256_hex("abc${main::All}d$::All")



=== TEST 8: a body in a temporary file arrives as it was sent
--- policy
match content ~ z\x00\x01  flag;
--- config
    location /up {
        screen test;
        client_body_buffer_size 1k;
        add_header X-Screen "$screen_verdict $screen_sha256";
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
"POST /up\n$::Big"
--- response_body eval
"POST 6682  |$::Big"
--- response_headers eval
"X-Screen: flag " . Digest::SHA::sha256_hex($::Big)
--- error_log
a client request body is buffered to a temporary file



=== TEST 9: a chunked body in a temporary file arrives as it was sent
--- policy
match content ~ z\x00\x01  flag;
--- config
    location /up {
        screen test;
        client_body_buffer_size 1k;
        add_header X-Screen "$screen_verdict $screen_sha256";
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Transfer-Encoding: chunked\r\nConnection: close\r\n",
      ::chunks(substr($::Big, 0, 5000), substr($::Big, 5000)))
--- response_body eval
"PUT 6682  |$::Big"
--- response_headers eval
"X-Screen: flag " . Digest::SHA::sha256_hex($::Big)



=== TEST 10: client_body_in_file_only keeps its meaning
--- policy
match content ~ evil  reject;
--- config
    screen test;
    client_body_buffer_size 1k;
    location /on {
        client_body_in_file_only on;
        add_header X-File $request_body_file always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /clean {
        client_body_in_file_only clean;
        add_header X-File $request_body_file always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /on\nhello", "POST /clean\nhello", "POST /on\nevil",
 "POST /clean\nevil"]
--- error_code eval
[200, 200, 403, 403]
--- response_body_like eval
['POST 5  \|hello$', 'POST 5  \|hello$', 'reference', 'reference']
--- raw_response_headers_like eval
[(qr{X-File: /.*client_body_temp/\d+}i) x 2,
 '403', '403']
--- raw_response_headers_unlike eval
['XXX', 'XXX', 'X-File', 'X-File']



=== TEST 11: client_body_in_single_buffer keeps its meaning
--- policy
match content ~ evil$  reject;
--- config
    location /up {
        screen test;
        client_body_in_single_buffer on;
        client_body_buffer_size 16k;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
        proxy_set_header X-Body-Length $request_length;
        proxy_set_body "<$request_body>";
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up", "Content-Length: 10\r\nConnection: close\r\n", "hello"), "world"]
--- response_body: PUT 12  |<helloworld>



=== TEST 12: proxy_request_buffering off: a screened body passes complete
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up", "Transfer-Encoding: chunked\r\nConnection: close\r\n",
       "5\r\nhello\r\n"), "5\r\nworld\r\n0\r\n\r\n"]
--- response_body: PUT 10  |helloworld



=== TEST 13: proxy_request_buffering off: a rejected body does not pass
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_request_buffering off;
        proxy_http_version 1.1;
        proxy_pass http://unix:$TEST_NGINX_HTML/none.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up", "Transfer-Encoding: chunked\r\nConnection: close\r\n",
       "5\r\nhello\r\n"), "5\r\n evil\r\n0\r\n\r\n"]
--- error_code: 403
--- no_error_log
connect() to unix



=== TEST 14: 100 Continue is sent when the body must be seen
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Content-Length: 5\r\nExpect: 100-continue\r\n"
             . "Connection: close\r\n", "hello")
--- error_code: 100
--- response_body_like eval
qr{^HTTP/1.1 200 OK\r\n.*PUT 5  \|hello}s



=== TEST 15: no 100 Continue is sent when the headers decide
--- policy
match filename ~ php  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up/x.php", "Content-Length: 5\r\nExpect: 100-continue\r\n"
                   . "Connection: close\r\n")
--- error_code: 403



=== TEST 16: no 100 Continue is sent when the declared size decides
--- policy
max_size 4;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up/x.php", "Content-Length: 5\r\nExpect: 100-continue\r\n"
                   . "Connection: close\r\n")
--- error_code: 413



=== TEST 17: a forbidden name is rejected with no byte of the body there
--- policy
match filename ~ php  reject=451;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up/x.php", "Content-Length: 500000\r\n")
--- error_code: 451
--- response_headers
Connection: close



=== TEST 18: a forbidden name in Content-Disposition is as early
--- policy
match filename ~ php  reject=451;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
"POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n"
. "Content-Disposition: attachment; filename=\"x.php\"\r\n\r\n"
--- error_code: 451



=== TEST 19: a forbidden name is not early if something could still allow it
--- policy
match filename ~ php  reject=451;
match content ~ good  allow;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up/x.php", "Content-Length: 4\r\nConnection: close\r\n"), "good"]
--- response_body: PUT 4  |good



=== TEST 20: a declared size over max_size is rejected before the body
--- policy
max_size 1k reject=414;
--- config
    location /up {
        screen test;
        add_header X-Screen "$screen_verdict $screen_reason" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Content-Length: 1025\r\n")
--- error_code: 414
--- response_headers
X-Screen: reject max_size
Connection: close



=== TEST 21: a size that is max_size passes
--- policy
max_size 5;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- pipelined_requests eval
["PUT /up\nhello", "PUT /up\n" . ::chunks("he", "llo")]
--- more_headers eval
["", "Transfer-Encoding: chunked"]
--- response_body_like eval
['PUT 5  \|hello$', 'PUT 5  \|hello$']



=== TEST 22: a chunked body over max_size is swallowed, the connection stays
--- policy
max_size 1k;
--- config
    location /up {
        screen test;
        client_body_buffer_size 1k;
        add_header X-Screen "$screen_verdict $screen_reason $screen_bytes"
                   always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- pipelined_requests eval
["PUT /up\n" . ::chunks(('x' x 512) x 40), "PUT /up\n" . ::chunks("hello")]
--- more_headers
Transfer-Encoding: chunked
--- error_code eval
[413, 200]
--- response_headers eval
["X-Screen: reject max_size 20480", "X-Screen: pass  5"]
--- response_body_like eval
['reference', 'PUT 5  \|hello$']
--- no_error_log
[alert]



=== TEST 23: two uploads in one packet are both screened
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- pipelined_requests eval
["POST /up/1\nhello", "POST /up/2\nworld!", "POST /up/3\nevil"]
--- error_code eval
[200, 200, 403]
--- response_body_like eval
['POST 5  \|hello$', 'POST 6  \|world!$', 'reference']



=== TEST 24: a rejected upload does not hurt the good one behind it
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- pipelined_requests eval
["POST /up/1\nevil", "POST /up/2\nhello", "POST /up/1\nmore evil",
 "POST /up/2\nworld"]
--- error_code eval
[403, 200, 403, 200]
--- response_body_like eval
['reference', 'POST 5  \|hello$', 'reference', 'POST 5  \|world$']



=== TEST 25: the unread body of an early reject is never taken for a request
--- policy
match filename ~ php  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
    location /secret { return 200; }
--- raw_request eval
my $inner = "GET /secret HTTP/1.1\r\nHost: a\r\n\r\n";
[::put("/up/x.php", "Content-Length: " . length($inner) . "\r\n", $inner),
 $inner]
--- error_code: 403
--- no_access_log
/secret



=== TEST 26: client_max_body_size applies first, to a declared size
--- policy
max_size 1 reject=414;
--- config
    location /up {
        screen test;
        client_max_body_size 10;
        add_header X-Screen "[$screen_verdict]" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Content-Length: 11\r\nConnection: close\r\n", 'x' x 11)
--- error_code: 413
--- response_headers
X-Screen: []
--- error_log
client intended to send too large body: 11 bytes



=== TEST 27: client_max_body_size ends a chunked body; it has no verdict
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        client_max_body_size 10;
        add_header X-Screen "[$screen_verdict]" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Transfer-Encoding: chunked\r\n", ::chunks('x' x 11))
--- error_code: 413
--- response_headers
X-Screen: []
--- error_log
client intended to send too large chunked body
--- no_error_log
screen: upload



=== TEST 28: client_max_body_size ends a chunked body in a later packet, too
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        client_max_body_size 10;
        add_header X-Screen "[$screen_verdict]" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up", "Transfer-Encoding: chunked\r\n", "2\r\nxx\r\n"),
 ::chunks('x' x 11)]
--- error_code: 413
--- response_headers
X-Screen: []



=== TEST 29: a malformed chunked body is nginx's 400 and has no verdict
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        add_header X-Screen "[$screen_verdict]" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.1
--- raw_request eval
[::put("/up", "Transfer-Encoding: chunked\r\n", "2\r\nxx\r\n"), "nonsense\r\n"]
--- error_code: 400
--- response_headers
X-Screen: []



=== TEST 30: HTTP/1.0 uploads are screened
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
"POST /up HTTP/1.0\r\nContent-Length: 4\r\n\r\nevil"
--- error_code: 403



=== TEST 31: a form is split whatever its packets
--- policy
match field = b content ~ ^evil$  reject=451;
--- config
    location /up {
        screen test;
        add_header X-Screen "$screen_files $screen_bytes" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request_middle_delay: 0.01
--- raw_request eval
my $form = "--B\r\nContent-Disposition: form-data; name=a; filename=a.txt\r\n"
           . "\r\nevil\r\n--B\r\nContent-Disposition: form-data; name=b\r\n\r\n"
           . "evil\r\n--B--\r\n";
my $request = ::put("/up", "Content-Type: multipart/form-data; boundary=B\r\n"
                           . "Content-Length: " . length($form) . "\r\n"
                           . "Connection: close\r\n", $form);
my $split = length($request) - length($form);
[substr($request, 0, $split + 1), map { substr($request, $split + $_, 20) }
 map { 1 + 20 * $_ } 0 .. length($form) / 20]
--- error_code: 451
--- response_headers_like
X-Screen: a\.txt \d+



=== TEST 32: two Content-Type headers are ambiguous
--- policy
--- config
    location /up {
        screen test;
        add_header X-Screen "$screen_verdict $screen_reason" always;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- raw_request eval
::put("/up", "Content-Type: text/plain\r\nContent-Length: 5\r\n"
             . "Content-Type: multipart/form-data; boundary=B\r\n"
             . "Connection: close\r\n", "hello")
--- error_code: 400
--- response_headers_like
X-Screen: error framing:.*
