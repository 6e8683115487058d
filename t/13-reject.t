# What the client of a rejected upload is told, and what becomes of its
# connection.

use strict;
use warnings;

use Test::Nginx::Socket 'no_plan';
use ScreenTest;


sub raw
{
    my ($method, $uri, $headers, $body) = @_;

    return "$method $uri HTTP/1.1\r\nHost: localhost\r\n$headers\r\n"
           . ($body // '');
}

no_shuffle();
run_tests();

__DATA__

=== TEST 1: the answer names the upload and no reason
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        add_header X-Id $screen_id always;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 403
--- response_headers_like
Content-Type: text/html
Content-Length: \d+
X-Id: [0-9a-f]{32}
--- response_body_like eval
qr{^<html>\r\n<head><title>Upload not accepted</title></head>\r\n<body>\r\n<center><h1>Upload not accepted</h1></center>\r\n<hr><center>reference [0-9a-f]{32}</center>\r\n</body>\r\n</html>\r\n$}
--- response_body_unlike: content|evil|policy|nginx|screen



=== TEST 2: the log has the reference, the reason, the line and the request
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        error_page 403 @page;
        try_files "" @ok;
    }
    location @page { return 200 "$screen_id"; }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 403
--- response_body_like: ^[0-9a-f]{32}$
--- error_log eval
qr/\[warn\] .*screen: upload [0-9a-f]{32} reject by policy "test": content in .*nginx.conf:\d+, file "", client: 127.0.0.1, server: localhost, request: "POST \/up HTTP\/1.1"/



=== TEST 3: any status may be given
--- policy
match content ~ ^(\d\d)\n  flag;
match content ~ ^200  reject=200;
match content ~ ^299  reject=299;
match content ~ ^302  reject=302;
match content ~ ^400  reject=400;
match content ~ ^401  reject=401;
match content ~ ^404  reject=404;
match content ~ ^413  reject=413;
match content ~ ^422  reject=422;
match content ~ ^451  reject=451;
match content ~ ^499  reject=499;
match content ~ ^500  reject=500;
match content ~ ^503  reject=503;
match content ~ ^599  reject=599;
--- config
    location /up {
        screen test;
        add_header X-Status $screen_status always;
        try_files "" @ok;
    }
    location @ok { return 222; }
--- request eval
[map { "POST /up\n$_" } 200, 299, 302, 400, 401, 404, 413, 422, 451, 499, 500,
 503, 599]
--- error_code eval
[200, 299, 302, 400, 401, 404, 413, 422, 451, 499, 500, 503, 599]
--- response_headers eval
[map { "X-Status: $_" } 200, 299, 302, 400, 401, 404, 413, 422, 451, 499, 500,
 503, 599]
--- response_body_like eval
[("reference [0-9a-f]{32}") x 13]



=== TEST 4: a status that has no body is sent without one
--- policy
match content ~ ^204  reject=204;
match content ~ ^304  reject=304;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request eval
["POST /up\n204", "POST /up\n304", "POST /up\nok"]
--- error_code eval
[204, 304, 200]
--- response_body eval
["", "", ""]
--- raw_response_headers_unlike eval
["Content-Length|Transfer-Encoding", "Content-Length|Transfer-Encoding",
 "never"]
--- no_error_log
[alert]



=== TEST 5: 444 closes the connection without an answer
--- policy
match content ~ evil  reject=444;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- raw_request eval
::raw("POST", "/up", "Content-Length: 4\r\n", "evil")
--- ignore_response
--- error_log eval
qr/screen: upload [0-9a-f]{32} reject/
--- no_error_log
[alert]



=== TEST 6: 444 by the headers closes it, too
--- policy
match filename ~ php  reject=444;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- raw_request eval
::raw("PUT", "/up/x.php", "Content-Length: 40000\r\n")
--- ignore_response
--- error_log eval
qr/screen: upload [0-9a-f]{32} reject/



=== TEST 7: a status out of range is an error
--- policy
match content ~ evil  reject=600;
--- config
--- must_die
--- error_log eval
qr/\[emerg\] .*600.* in .*nginx.conf:\d+/



=== TEST 8: HEAD with a body is rejected without one
--- policy
methods HEAD;
match content ~ evil  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- raw_request eval
::raw("HEAD", "/up", "Content-Length: 4\r\nConnection: close\r\n", "evil")
--- error_code: 403
--- response_body
--- response_headers_like
Content-Length: \d+



=== TEST 9: the connection stays after a body-decided reject
--- policy
match content ~ evil  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "ok $connection_requests"; }
--- pipelined_requests eval
["POST /up\nevil", "POST /up\nevil", "POST /up\ngood"]
--- error_code eval
[403, 403, 200]
--- response_headers eval
["Connection: keep-alive", "Connection: keep-alive", "Connection: close"]
--- response_body_like eval
["reference", "reference", "^ok 3\$"]



=== TEST 10: the connection ends after a header-decided reject
--- policy
match filename ~ php  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- raw_request eval
::raw("PUT", "/up/x.php", "Content-Length: 4\r\n", "good")
. ::raw("PUT", "/up/x.txt", "Content-Length: 4\r\n", "good")
--- error_code: 403
--- response_headers
Connection: close
--- no_access_log
/up/x.txt



=== TEST 11: error_page overrides the answer, with its status or another
--- policy
match content ~ one  reject=451;
match content ~ two  reject=452;
match content ~ three  reject=453;
--- config
    location /up {
        screen test;
        error_page 451 /page.html;
        error_page 452 =200 /page.html;
        error_page 453 https://example.com/?id=$screen_id;
        try_files "" @ok;
    }
    location = /page.html { internal; }
    location @ok { return 200; }
--- user_files
>>> page.html
my own page
--- request eval
["POST /up\none", "POST /up\ntwo", "POST /up\nthree"]
--- error_code eval
[451, 200, 302]
--- response_body_like eval
["my own page", "my own page", "302"]
--- raw_response_headers_like eval
["451", "200", '(?i)location: https://example.com/\?id=[0-9a-f]{32}']



=== TEST 12: a page of SSI can show the reference
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        error_page 403 /page.html;
        try_files "" @ok;
    }
    location = /page.html { internal; ssi on; }
    location @ok { return 200; }
--- user_files
>>> page.html
id <!--#echo var="screen_id" -->
--- request
POST /up
evil
--- error_code: 403
--- response_body_like: ^id [0-9a-f]{32}$



=== TEST 13: an error page that is missing does not let the body through
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        error_page 403 /none.html;
        try_files "" @ok;
    }
    location = /none.html { internal; }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 404



=== TEST 14: a reject that is no overload has no Retry-After
--- policy
match content ~ evil  reject=503;
--- config
    location /up { screen test; screen_retry_after 7s; try_files "" @ok; }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 503
--- response_headers
! Retry-After
! WWW-Authenticate
! Location



=== TEST 15: charset and compression apply to the answer
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        charset utf-8;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 403
--- response_headers
Content-Type: text/html; charset=utf-8



=== TEST 16: HTTP/1.0 gets its answer
--- policy
match content ~ evil  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- raw_request eval
"POST /up HTTP/1.0\r\nContent-Length: 4\r\n\r\nevil"
--- error_code: 403
--- response_body_like: reference [0-9a-f]{32}



=== TEST 17: If-Modified-Since and Range do not change a reject
--- policy
match content ~ evil  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request
POST /up
evil
--- more_headers
Range: bytes=0-3
If-Modified-Since: Fri, 01 Jan 2038 00:00:00 GMT
--- error_code: 403
--- response_body_like: reference [0-9a-f]{32}
