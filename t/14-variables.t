# Each variable for each kind of upload, in every place that takes variables,
# and that nobody can forge a line with one.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Test::Nginx::Socket 'no_plan';
use ScreenTest;

our $Boundary = $ScreenTest::Boundary;


sub sha
{
    return sha256_hex($_[0]);
}


# "location /up" with a policy shows everything; X-All is there for rejects

our $All = '"$screen_verdict|$screen_action|$screen_status|$screen_reason|'
           . '$screen_matches|$screen_files|$screen_bytes|$screen_cache|'
           . '$screen_policy|$screen_sha256|$screen_body_sha256"';

our $Form26 = join '', map { "--B\r\nContent-Disposition: form-data; name=a; "
                             . "filename=$_\r\n\r\n"
                             . ($_ x ($_ eq 'one' ? 30000 : 1)) . "\r\n" }
              qw( one two );
$Form26 .= "--B--";

add_block_preprocessor(sub {
    my ($block) = @_;

    $block->set_value('main_config',
        "load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;");
    $block->set_value('http_config', ($block->http_config // '') . <<'CONF');
    log_format screen 'log: $status $screen_verdict $screen_action '
                      '$screen_status "$screen_reason" "$screen_matches" '
                      '"$screen_files" $screen_bytes $screen_time '
                      '$screen_id $screen_policy end';
CONF

    $block->set_value('config', <<"CONF") unless defined $block->config;
    location /up {
        screen test;
        add_header X-All $All always;
        try_files "" \@ok;
    }
    location \@ok { add_header X-All $All always; return 200; }
    location /monitor {
        screen test;
        screen_mode monitor;
        try_files "" \@ok;
    }
CONF
});

no_shuffle();
run_tests();

__DATA__

=== TEST 1: of a raw body that passes
--- policy
match content ~ evil  reject;
--- request
POST /up
hello
--- response_headers eval
"X-All: pass|pass|||||5|miss|test|" . ::sha("hello") . "|" . ::sha("hello")



=== TEST 2: of a raw body that no line needed a scan for
--- policy
match size > 100  reject;
--- request
PUT /up/name.txt
hello
--- response_headers eval
"X-All: pass|pass||||name.txt|5||test|" . ::sha("hello") . "|" . ::sha("hello")



=== TEST 3: of a rejected raw body
--- policy
match content ~ evil  reject=451;
match size > 1        flag;
match filename ~ txt  log;
--- request
PUT /up/name.txt
evil
--- error_code: 451
--- response_headers eval
"X-All: reject|reject|451|content|content,size,filename|name.txt|4|miss|test|"
. ::sha("evil") . "|" . ::sha("evil")



=== TEST 4: of an upload that was rejected by its headers
--- early_answer
--- policy
match filename ~ php  reject=451;
--- request
PUT /up/x.php
evil
--- error_code: 451
--- response_headers
X-All: reject|reject|451|filename|filename|x.php|0||test||



=== TEST 5: of one that is larger than max_size
--- early_answer
--- policy
max_size 3;
--- request
PUT /up/x.php
evil
--- error_code: 413
--- response_headers
X-All: reject|reject|413|max_size|max_size|x.php|0||test||



=== TEST 6: of a flagged, a logged and an allowed one
--- policy
match content ~ strange  flag;
match content ~ odd      log;
match content ~ known    allow;
match size > 10          reject;
--- request eval
["POST /up\nstrange", "POST /up\nodd", "POST /up\nknown strange"]
--- response_headers eval
["X-All: flag|flag||content|content||7|miss|test|" . ::sha("strange") . "|"
 . ::sha("strange"),
 "X-All: log|log||content|content||3|miss|test|" . ::sha("odd") . "|"
 . ::sha("odd"),
 "X-All: allow|pass||content|content,content,size||13|miss|test|"
 . ::sha("known strange") . "|" . ::sha("known strange")]



=== TEST 7: of what monitor mode lets pass
--- policy
match content ~ strange  flag;
match content ~ odd      log;
match content ~ evil     reject=451;
--- request eval
["POST /monitor\nstrange", "POST /monitor\nodd", "POST /monitor\nevil"]
--- response_headers eval
["X-All: flag|pass||content|content||7|miss|test|" . ::sha("strange") . "|"
 . ::sha("strange"),
 "X-All: log|log||content|content||3|miss|test|" . ::sha("odd") . "|"
 . ::sha("odd"),
 "X-All: reject|pass|451|content|content||4|miss|test|" . ::sha("evil") . "|"
 . ::sha("evil")]



=== TEST 8: of a form: its files, their digests, and what matched
--- policy
match field = text content ~ odd  flag;
match content ~ never             reject;
--- form
a||| ordinary
f|one.txt|text/plain|first file
text|||odd
g|two.txt|text/plain|second
--- uri: /up
--- response_headers eval
my $form = ScreenTest::form("a||| ordinary\nf|one.txt|text/plain|first file\n"
                            . "text|||odd\ng|two.txt|text/plain|second\n");
$form =~ s/\s+$//;
"X-All: flag|flag||field+content|field+content|one.txt,two.txt|"
. length($form) . "|miss|test|"
. CORE::join(',', map { ::sha($_) } "first file", "odd", "second") . "|"
. ::sha($form)



=== TEST 9: of a form without files the digests of its fields stay unknown
--- policy
match content ~ never  reject;
--- form
password|||hunter2
--- uri: /up
--- response_headers_like eval
"X-All: pass\\|pass\\|\\|\\|\\|\\|\\d+\\|miss\\|test\\|\\|[0-9a-f]{64}"



=== TEST 10: of a form that is ambiguous
--- policy
--- request eval
"POST /up\n--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx"
--- more_headers
Content-Type: multipart/form-data; boundary=B
--- error_code: 400
--- response_headers_like
X-All: error\|reject\|400\|framing:no-end\|framing:no-end\|.*



=== TEST 11: of an ambiguous form that passes on_error
--- policy
on_error framing=pass;
--- request eval
"POST /up\n--B\r\nContent-Disposition: form-data; name=a\r\n\r\nx"
--- more_headers
Content-Type: multipart/form-data; boundary=B
--- response_headers_like
X-All: error\|pass\|\|framing:no-end\|framing:no-end\|.*



=== TEST 12: of a request that is not screened there are none
--- early_answer
--- policy
--- request eval
["GET /up", "DELETE /up\na"]
--- response_headers eval
["X-All: ||||||||||", "X-All: ||||||||||"]



=== TEST 13: $screen_time is seconds with microseconds
--- policy
match content ~ evil  reject;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 $screen_time; }
--- request
POST /up
hello
--- response_body_like: ^\d+\.\d{6}$



=== TEST 14: $screen_id is 32 hex digits
--- policy
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 $screen_id; }
--- request
POST /up
hello
--- response_body_like: ^[0-9a-f]{32}$



=== TEST 15: in the access log
--- policy
match filename ~ php  flag;
--- config
    access_log logs/access.log screen;
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request
PUT /up/x.php
hello
--- access_log eval
qr/^log: 200 flag flag - "filename" "filename" "x.php" 5 \d+\.\d{6} [0-9a-f]{32} test end$/



=== TEST 16: in the access log of a reject
--- policy
match content ~ evil  reject;
--- config
    access_log logs/access.log screen;
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request
POST /up
evil
--- error_code: 403
--- access_log eval
qr/^log: 403 reject reject 403 "content" "content" "-" 4 \d+\.\d{6} [0-9a-f]{32} test end$/



=== TEST 17: in the access log of a request that is not screened
--- policy
--- config
    access_log logs/access.log screen;
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request
GET /up
--- access_log
log: 200 - - - "-" "-" "-" - - - - end



=== TEST 18: proxy_set_header hands them on, and takes a forged one away
--- policy
match content ~ odd  flag;
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML/backend.sock;
        location / {
            echo -n "[$http_x_screen_verdict][$http_x_screen_reason]";
        }
    }
--- config
    location /up {
        screen test;
        proxy_set_header X-Screen-Verdict $screen_verdict;
        proxy_set_header X-Screen-Reason $screen_reason;
        proxy_pass http://unix:$TEST_NGINX_HTML/backend.sock;
    }
--- request eval
["POST /up\nodd", "POST /up\ngood", "GET /up"]
--- more_headers
X-Screen-Verdict: allow
X-Screen-Reason: because I say so
--- response_body eval
["[flag][content]", "[pass][]", "[][]"]



=== TEST 19: in an error page and after further redirects
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        error_page 403 =200 /first;
        try_files "" @ok;
    }
    location = /first { internal; try_files "" /second; }
    location = /second { internal; try_files "" @third; }
    location @third {
        return 200 "$screen_verdict $screen_reason $screen_bytes $screen_sha256";
    }
    location @ok { return 200; }
--- request
POST /up
evil
--- response_body eval
"reject content 4 " . ::sha("evil")



=== TEST 20: a map can be made of them
--- policy
match content ~ odd  flag;
--- http_config
    map $screen_verdict $queue {
        default  fast;
        flag     review;
        ""       none;
    }
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200 "$queue"; }
--- request eval
["POST /up\nodd", "POST /up\ngood", "GET /up"]
--- response_body eval
["review", "fast", "none"]



=== TEST 21: a variable that was asked for too early is right later
--- policy
match content ~ odd  flag;
--- config
    location /up {
        set $early "[$screen_verdict]";
        screen test;
        try_files "" @ok;
    }
    location @ok { return 200 "$early $screen_verdict"; }
--- request
POST /up
odd
--- response_body: [] flag



=== TEST 22: what a name may do is to be read
--- policy
match size > 0  flag;
--- config
    access_log logs/access.log screen;
    location /up {
        screen test;
        add_header X-Files "<$screen_files>" always;
        try_files "" @ok;
    }
    location @ok { add_header X-Files "<$screen_files>"; return 200; }
--- raw_request eval
"PUT /up/a%0D%0AX-Evil:%201%22,%25%01%7F-%C3%BC HTTP/1.1\r\nHost: a\r\n"
. "Content-Length: 1\r\nConnection: close\r\n\r\nx"
--- response_headers eval
"X-Files: <a%0D%0AX-Evil: 1%22%2C%25%01%7F-\xc3\xbc>"
--- raw_response_headers_unlike: ^X-Evil
--- error_log eval
qr/screen: upload [0-9a-f]{32} flag by policy "test": size in .*, file "a%0D%0AX-Evil: 1%22%2C%25%01%7F-\xc3\xbc"/
--- access_log eval
qr/ "a%0D%0AX-Evil: 1%22%2C%25%01%7F-\\xC3\\xBC" 1 /



=== TEST 23: names of forms, too; a list of them has one comma for each two
--- policy
match size > 0  flag;
--- config
    location /up {
        screen test;
        try_files "" @ok;
    }
    location @ok { return 200 "<$screen_files>"; }
--- request eval
"POST /up\n--B\r\nContent-Disposition: form-data; name=a; "
. "filename=\"x,y%22.txt\"\r\n\r\nx\r\n--B\r\n"
. "Content-Disposition: form-data; name=a; filename=\"100%,\xc3\xbc.txt\"\r\n"
. "\r\nx\r\n--B--"
--- more_headers
Content-Type: multipart/form-data; boundary=B
--- response_body_like eval
qr/^<x%2Cy(%22|%2522)\.txt,100%25%2C\xc3\xbc\.txt>$/



=== TEST 24: labels of banks and names of rules are escaped like names
--- policy
match bank=local  flag;
--- http_config
    screen_bank local file=$TEST_NGINX_HTML/list.csv;
--- config
    location /up {
        screen test;
        add_header X-Reason "<$screen_reason>" always;
        try_files "" @ok;
    }
    location @ok {
        add_header X-Reason "<$screen_reason>";
        return 200 "<$screen_matches>";
    }
--- user_files
>>> list.csv
value,label
2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824,"a,b ""c"" 100%"
--- request
POST /up
hello
--- response_body: <bank:local:a%2Cb %22c%22 100%25>
--- response_headers
X-Reason: <bank:local:a%2Cb %22c%22 100%25>



=== TEST 25: a digest that nothing but the page asks for, by SSI
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        try_files "" @ok;
    }
    location @ok {
        ssi on;
        ssi_types *;
        echo -n "<!--# echo var='screen_sha256' -->";
        echo " <!--# echo var='screen_body_sha256' -->";
    }
--- request
POST /up
hello
--- response_body eval
::sha("hello") . ' ' . ::sha("hello") . "\n"



=== TEST 26: the same of a body in a file, of the parts of a form
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        client_body_in_file_only clean;
        try_files "" @ok;
    }
    location @ok {
        ssi on;
        ssi_types *;
        echo -n "<!--# echo var='screen_sha256' -->";
        echo " <!--# echo var='screen_body_sha256' -->";
    }
--- request eval
"POST /up\n" . $::Form26
--- more_headers
Content-Type: multipart/form-data; boundary=B
--- response_body eval
::sha("one" x 30000) . ',' . ::sha("two") . ' ' . ::sha($::Form26) . "\n"



=== TEST 27: the same of an upload that was rejected
--- policy
match content ~ evil  reject;
--- config
    location /up {
        screen test;
        error_page 403 =200 @rejected;
        try_files "" @ok;
    }
    location @rejected {
        ssi on;
        ssi_types *;
        echo "<!--# echo var='screen_sha256' -->";
    }
    location @ok { return 200; }
--- request
POST /up
evil
--- response_body eval
::sha("evil") . "\n"
