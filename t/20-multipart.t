# Forms: what is ambiguous is named and turned away in strict mode, and looked
# at as a whole in lenient mode.  The bodies below t/data/multipart/hostile
# are the cases.

use Test::Nginx::Socket 'no_plan';
use ScreenTest;
use ScreenUploads;
use ScreenBodies;

# what these three are about is not for a client that means well to send

our @Names = grep { !m{/type-(?:leading-(?:space|tab)|nul-byte)\z} }
             ScreenBodies::names('hostile/');


sub expect
{
    my ($name) = @_;

    my ($strict, $lenient, @parts) = split /\n/,
                                     ScreenBodies::slurp("$name.expect");

    return ($strict, join('|', split / /, $lenient),
            quotemeta(ScreenBodies::files(@parts)));
}


sub lenient_answer
{
    my ($name) = @_;

    my (undef, $reasons, $files) = expect($name);

    my $whole = ScreenBodies::slurp("$name.body") =~ /--bound/
                ? '(?:,yara:delimiter\.yar:delimiter)+' : '';

    return qr/\A\/upload\/$name\ flag\|framing:(?:$reasons)
              \|framing:(?:$reasons)$whole\|$files\n\z/x;
}


# a form of one file and its answer, the type's header being as it is given

sub form_with_type
{
    my ($header) = @_;

    my $body = ScreenBodies::slurp('hostile/type-leading-tab.body');

    return "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . $header . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}


no_shuffle();
run_tests();

__DATA__

=== TEST 1: every ambiguity is turned away in strict mode with a reason that names it
--- early_answer
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict;
--- config eval
ScreenUploads::config('$uri $screen_verdict|$screen_reason', '')
--- request eval
[ map { ScreenBodies::request($_) } @main::Names ]
--- more_headers eval
[ map { ScreenBodies::headers($_) } @main::Names ]
--- error_code eval
[ map { 400 } @main::Names ]
--- response_body eval
[ map { "/upload/$_ error|framing:" . (main::expect($_))[0] . "\n" } @main::Names ]



=== TEST 2: every ambiguity is a flag in lenient mode, and the raw body is scanned with the parts
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  lenient;
on_error   framing=reject;
yara_rules $TEST_NGINX_HTML/delimiter.yar;
match yara log;
--- user_files
>>> delimiter.yar
rule delimiter { strings: $a = "--bound" condition: $a }
--- config eval
ScreenUploads::config('$uri $screen_verdict|$screen_reason|$screen_matches|$screen_files', '')
--- request eval
[ map { ScreenBodies::request($_) } @main::Names ]
--- more_headers eval
[ map { ScreenBodies::headers($_) } @main::Names ]
--- error_code eval
[ map { 200 } @main::Names ]
--- response_body eval
[ map { main::lenient_answer($_) } @main::Names ]



=== TEST 3: a tab is part of the type, and not of HTTP's white space
--- policy
--- raw_request eval
main::form_with_type("Content-Type:\tmultipart/form-data; boundary=bound\r\n")
--- config
location /upload { screen test; empty_gif; }
--- error_code: 400
--- error_log
reject by policy "test": framing:content-type



=== TEST 4: a space ahead of the type is HTTP's own
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
--- raw_request eval
main::form_with_type("Content-Type:  multipart/form-data; boundary=bound\r\n")
--- config eval
ScreenUploads::config('$screen_verdict $screen_files', '')
--- response_body
pass a.txt



=== TEST 5: a NUL byte in a type is nothing that nginx takes
--- policy
--- raw_request eval
main::form_with_type("Content-Type: multipart/form-data\0; boundary=bound\r\n")
--- config
location /upload { screen test; empty_gif; }
--- error_code: 400
--- error_log
client sent invalid header line



=== TEST 6: two Content-Type headers are ambiguous, alike or not, in any case
--- early_answer
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
[ ("POST /upload\n" . ScreenTest::form("f|a.txt||x")) x 4 ]
--- more_headers eval
my $type = "Content-Type: multipart/form-data; boundary=$ScreenTest::Boundary\n";
[ $type . $type, "Content-Type: text/plain\n" . $type,
  $type . "content-type: text/plain\n",
  "Content-Type: text/plain\nCONTENT-TYPE: text/plain\n" ]
--- error_code eval
[ (400) x 4 ]
--- response_body eval
[ ("error|framing:content-type\n") x 4 ]



=== TEST 7: what the headers alone tell is decided before the body is asked for
--- policy
--- config
location /upload { screen test; empty_gif; }
--- raw_request eval
"POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Content-Type: multipart/form-data\r\nContent-Length: 1000\r\n"
. "Expect: 100-continue\r\n\r\n"
--- error_code: 400
--- response_body_like: reference [0-9a-f]{32}
--- error_log
reject by policy "test": framing:boundary



=== TEST 8: parts without a file name are content
--- policy
yara_rules $TEST_NGINX_HTML/needle.yar;
match yara               reject;
match content ~ "n\d+e"  flag;
--- user_files
>>> needle.yar
rule needle { strings: $a = "needle" condition: $a }
--- uploads
403 reject|yara:needle.yar:needle  <- text|||a needle
200 flag|content|content           <- text|||n77e
403 reject|yara:needle.yar:needle  <- f|a.txt||x ++ text|||a needle
200 pass||                         <- text|||nothing



=== TEST 9: matches do not cross from one part to the next
--- policy
match content ~ "(?s)one.*two"  reject;
--- uploads
200 pass||                     <- a|||one ++ b|||two
403 reject|content|content     <- a|||one two



=== TEST 10: a needle that ambiguity hides from the parts is found in the raw body
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart   lenient;
yara_rules  $TEST_NGINX_HTML/needle.yar;
match yara  reject=451;
--- user_files
>>> needle.yar
rule needle { strings: $a = "needle" condition: $a }
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason|$screen_matches', '')
--- request eval
my $head = qq(Content-Disposition: form-data; name="f"; filename="a.txt"\r\n);
my $part = "--bound\r\n$head\r\nx\r\n";

[ map { "POST /upload\n$_" }
    # before the first boundary and after the last
    "needle\r\n$part--bound--\r\n",
    "$part--bound--\r\nneedle",
    # in a header that nobody reads, across a line that two parsers end apart
    "--bound\r\n${head}X-Other: needle\nX-More: x\r\n\r\nx\r\n--bound--\r\n",
    # across two parts: one cuts at a bare LF, one does not
    "--bound\r\n$head\r\nnee\n--bound\r\n$head\r\ndle\r\n--bound--\r\n"
    . "needle",
    # in the padding of a boundary
    "$part--bound needle\r\n$head\r\nx\r\n--bound--\r\n",
    # without a final boundary
    "${part}--bound\r\n${head}X: needle",
]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[ (451) x 6 ]
--- response_body_like eval
[ map { "^reject\\|yara:needle.yar:needle\\|framing:$_.*,yara:needle.yar:needle\n" }
  qw( preamble epilogue bare-lf epilogue delimiter no-end ) ]



=== TEST 11: the raw body of a form that is as it should be is not looked at
--- policy
multipart   lenient;
yara_rules  $TEST_NGINX_HTML/header.yar;
match yara  reject;
--- user_files
>>> header.yar
rule header { strings: $a = "Content-Disposition" condition: $a }
--- uploads
200 pass||  <- f|a.txt||x ++ g|||y



=== TEST 12: nested multipart/mixed is taken apart, and its raw form is looked at as well
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match filename ~ "\.php$"           reject;
match content ~ "^X-Inner: needle"  flag;
match content ~ "X-Inner: needle"   flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason|$screen_files', '')
--- request eval
sub nested
{
    my ($file, $more) = @_;

    return "POST /upload\n--bound\r\nContent-Disposition: form-data; name=\"f\"\r\n"
           . "Content-Type: multipart/mixed; boundary=inner\r\n\r\n"
           . "--inner\r\nContent-Disposition: file; filename=\"a.txt\"\r\n\r\na\r\n"
           . "--inner\r\nContent-Disposition: file; filename=\"$file\"\r\n$more\r\nb\r\n"
           . "--inner--\r\n--bound--\r\n";
}

[ nested('b.txt', ''), nested('b.php', ''), nested('b.txt', "X-Inner: needle\r\n") ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[ 200, 403, 200 ]
--- response_body eval
[ "pass||a.txt,b.txt\n", "reject|filename|a.txt,b.php\n",
  "flag|content|a.txt,b.txt\n" ]



=== TEST 13: a thousand parts are no more than a form, one more is ambiguous
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match field = last  flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', 'client_body_buffer_size 1m;')
=~ s/client_body_buffer_size  64k;//r
--- request eval
[ map { "POST /upload\n" . ScreenTest::form("f|||x\n" x $_ . "last|||x") } 999, 1000 ]
--- more_headers eval
"Content-Type: multipart/form-data; boundary=$ScreenTest::Boundary\n"
--- error_code eval
[200, 400]
--- response_body eval
["flag|field\n", "error|framing:parts-limit\n"]



=== TEST 14: max_parts is the policy's own limit, and it can be raised
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict max_parts=5000;
match parts>4000  flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
[ map { "POST /upload\n" . ScreenTest::form("f|||x\n" x $_) } 5000, 5001 ]
--- more_headers eval
"Content-Type: multipart/form-data; boundary=$ScreenTest::Boundary\n"
--- error_code eval
[200, 400]
--- response_body eval
["flag|parts\n", "error|framing:parts-limit\n"]



=== TEST 15: max_parts
--- policy
multipart  strict max_parts=2;
--- uploads
200 pass||                                         <- a|||x ++ b|||x
400 error|framing:parts-limit|framing:parts-limit  <- a|||x ++ b|||x ++ c|||x



=== TEST 16: max_headers and max_header_size are limits of each part
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict max_headers=3 max_header_size=512;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
sub with
{
    my ($more) = @_;

    return "POST /upload\n" . ("--bound\r\nContent-Disposition: form-data; name=f\r\n"
           . "$more\r\nx\r\n") x 2 . "--bound--\r\n";
}

[ with("A: 1\r\nB: 2\r\n"), with("A: 1\r\nB: 2\r\nC: 3\r\n"),
  with('A: ' . 'x' x 440 . "\r\n"), with('A: ' . 'x' x 512 . "\r\n") ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[200, 400, 200, 400]
--- response_body eval
["pass|\n", "error|framing:headers-limit\n", "pass|\n", "error|framing:headers-limit\n"]



=== TEST 17: max_depth is how deep multipart may be in multipart
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict max_depth=1;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
my $inner = "Content-Disposition: file; filename=a\r\n\r\na";

[ map { my $n = $_; my $body = $inner;
        $body = "Content-Disposition: form-data; name=f\r\n"
                . "Content-Type: multipart/mixed; boundary=in$_\r\n\r\n"
                . "--in$_\r\n$body\r\n--in$_--" for CORE::reverse 1 .. $n;
        "POST /upload\n--bound\r\n$body\r\n--bound--\r\n" } 1, 2 ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[200, 400]
--- response_body eval
["pass|\n", "error|framing:nested\n"]



=== TEST 18: an encoding that changes bytes is ambiguous, one that does not is none
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match content ~ "needle"  flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
[ map { "POST /upload\n--bound\r\nContent-Disposition: form-data; name=f\r\n"
        . "Content-Transfer-Encoding: $_\r\n\r\nneedle\r\n--bound--\r\n" }
  qw( base64 quoted-printable BASE64 x-uuencode 7bit 8bit binary Binary ) ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[ (400) x 4, (200) x 4 ]
--- response_body eval
[ ("error|framing:encoding\n") x 4, ("flag|content\n") x 4 ]



=== TEST 19: on_error framing=flag lets an ambiguous form pass, looked at as a whole
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict;
on_error   framing=flag;
match content ~ "needle"  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_action|$screen_reason', '')
--- request eval
my $part = "--bound\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n";
[ map { "POST /upload\n$_" } $part, "needle\r\n$part--bound--\r\n" ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[200, 403]
--- response_body eval
["error|flag|framing:no-end\n", "reject|reject|content\n"]



=== TEST 20: on_error framing=pass and framing=log are still an error's verdict
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- http_config
screen_policy pass { on_error framing=pass; }
screen_policy log  { on_error framing=log; }
screen_policy r    { on_error framing=reject; }
screen_policy r422 { on_error framing=reject=422; }
map $uri $which { ~([^/]+)$ $1; }
--- config eval
ScreenUploads::config('$screen_verdict|$screen_action|$screen_reason', '') =~ s/screen  test/screen  \$which/r
--- request eval
[ map { "POST /upload/$_\n--bound\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n" }
  qw( pass log r r422 ) ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[200, 200, 400, 422]
--- response_body eval
[ map { "error|$_|framing:no-end\n" } qw( pass log reject reject ) ]



=== TEST 21: in lenient mode framing=reject is a flag, and framing=pass is a pass
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- http_config
screen_policy pass { multipart lenient; on_error framing=pass; }
screen_policy log  { multipart lenient; on_error framing=log; }
screen_policy r422 { multipart lenient; on_error framing=reject=422; }
map $uri $which { ~([^/]+)$ $1; }
--- config eval
ScreenUploads::config('$screen_verdict|$screen_action|$screen_reason', '') =~ s/screen  test/screen  \$which/r
--- request eval
[ map { "POST /upload/$_\n--bound\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n" }
  qw( pass log r422 ) ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code eval
[200, 200, 200]
--- response_body eval
[ map { "$_|$_|framing:no-end\n" } qw( pass log flag ) ]



=== TEST 22: the rejection of an ambiguous form does not wait for a scan
--- policy
match content ~ "x"  flag;
--- config
location /upload {
    screen test;
    error_page 400 @told;
    empty_gif;
}
location @told { add_header X-Scanned "[$screen_cache]" always; return 400 "told\n"; }
--- request eval
"POST /upload\n--bound\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n"
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- error_code: 400
--- response_headers
X-Scanned: []
--- response_body
told



=== TEST 23: a type that is not multipart is a raw body, whatever it looks like inside
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match parts>1  reject;
match content ~ "^--bound"  flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
[ ("POST /upload\n--bound\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n--bound--\r\n") x 4 ]
--- more_headers eval
[ "Content-Type: text/plain; boundary=bound\n", "Content-Type: application/octet-stream\n",
  "X-No-Type: 1\n", "Content-Type: application/x-www-form-urlencoded\n" ]
--- error_code eval
[ (200) x 4 ]
--- response_body eval
[ ("flag|content\n") x 4 ]



=== TEST 24: a chunked form is taken apart wherever its chunks are cut
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match filename = evil.php  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_files', '')
--- raw_request eval
my $form = ScreenTest::form("a|one.txt|text/plain|hello\nb|evil.php||x");
my $n = 0;
[ "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
  . "Transfer-Encoding: chunked\r\n"
  . "Content-Type: multipart/form-data; boundary=$ScreenTest::Boundary\r\n\r\n"
  . CORE::join('', map { sprintf "%x\r\n%s\r\n", length $_, $_ }
                   $form =~ /(.{1,7})/gs) . "0\r\n\r\n" ]
--- error_code: 403
--- response_body
reject|one.txt,evil.php



=== TEST 25: a raw body's name is ambiguous if its header can be read in two ways
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match filename ~ "\.php$"  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_reason', '')
--- request eval
[ ("PUT /upload/a.txt\nx") x 6 ]
--- more_headers eval
[ map { s/^/Content-Disposition: /gmr }
  "attachment; filename=a.txt; filename=b.php\n",
  "attachment; filename=b.php; filename*=UTF-8''a.txt\n",
  "attachment; filename=b.php\nattachment; filename=a.txt\n",
  "attachment; filename=a.txt\nattachment; filename=a.txt\n",
  "attachment; filename='b.php'\n",
  "attachment; filename=\"b.php\"\n" ]
--- error_code eval
[ (400) x 5, 403 ]
--- response_body eval
[ "error|framing:parameter\n", "error|framing:filename\n",
  "error|framing:disposition\n", "error|framing:disposition\n",
  "error|framing:parameter\n", "reject|filename\n" ]
