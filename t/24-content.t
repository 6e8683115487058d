# Patterns in content: bytes and characters, long bodies, limits, mistakes.

use Test::Nginx::Socket 'no_plan';
use ScreenTest;
use ScreenUploads;


# the requests of raw bodies, and their headers

sub put { [ map { "PUT /upload/a.bin\n$_" } @_ ] }
sub lengths { [ map { 'Content-Length: ' . length($_) . "\n" } @_ ] }


# text of so many bytes in which nothing is to be found

sub filler { my ($n) = @_; my $line = "lorem ipsum dolor sit amet\n";
             return substr $line x ($n / length($line) + 1), 0, $n }


no_shuffle();
run_tests();

__DATA__

=== TEST 1: patterns match with and without regard to case, anywhere in the part
--- policy
match content ~ "evil\d+"     reject;
match content ~* "<\?PHP\s"   flag;
match content ~ "^start"      log;
match content ~ "end$"        log;
--- uploads
403 reject|content|content         <- f|||an evil42 thing
200 pass||                         <- f|||an EVIL42 thing
200 flag|content|content           <- f|a.jpg|image/jpeg|xx<?php echo
200 flag|content|content           <- f|||<?pHp\n
200 log|content|content,content    <- PUT|a||start end
200 pass||                         <- PUT|a||a start, an end, more
200 pass||                         <- PUT|a||



=== TEST 2: a line ends at a newline, unless the pattern says otherwise
--- policy
match field = dot     content ~ "a.b"       flag;
match field = sdot    content ~ "(?s)a.b"   flag;
match field = caret   content ~ "^b"        flag;
match field = mcaret  content ~ "(?m)^b"    flag;
match field = dollar  content ~ "a$"        flag;
--- tell
$screen_verdict
--- uploads
200 pass  <- dot|||a\nb
200 flag  <- dot|||a\rb
200 flag  <- sdot|||a\nb
200 pass  <- caret|||a\nb
200 flag  <- mcaret|||a\nb
200 flag  <- dollar|||a\n
200 pass  <- dollar|||a\nb



=== TEST 3: patterns match bytes: binary content, NUL bytes, what is no UTF-8
--- policy
match field = nul   content ~ "a\x00b"          flag;
match field = bin   content ~ "^\xff\xd8\xff"   flag;
match field = high  content ~ "^.\x80.$"        flag;
match field = two   content ~ "^..$"            flag;
match field = lit   content ~ "é"               flag;
match field = class content ~ "^[\x80-\xff]+$"  flag;
--- tell
$screen_verdict
--- uploads
200 flag  <- nul|||xxa\x00bxx
200 pass  <- nul|||xxab
200 flag  <- bin|a.jpg|image/jpeg|\xff\xd8\xff\xe0
200 flag  <- high|||\xff\x80\xfe
200 flag  <- two|||\xc3\xa9
200 flag  <- lit|||caf\xc3\xa9
200 pass  <- lit|||caf\xe9
200 flag  <- class|||\xc3\xff
200 flag  <- class|||\xc3\xa9\xff



=== TEST 4: with (*UTF) a pattern matches characters, and finds them beside bytes that are none
--- policy
match field = one    content ~ "(*UTF)^.$"            flag;
match field = case   content ~* "(*UTF)É"             flag;
match field = after  content ~ "(*UTF)é"              flag;
--- tell
$screen_verdict|$screen_reason
--- uploads
200 flag|field+content  <- one|||\xc3\xa9
200 pass|               <- one|||\xc3\xa9\xc3\xa9
200 flag|field+content  <- case|||\xc3\xa9
200 flag|field+content  <- after|||\xff\xfe\xc3\xa9
200 pass|               <- one|||\xff



=== TEST 5: one pattern in two lines, and with other conditions, is one pattern
--- policy
match content ~ "x"                    log;
match content ~ "x" filename = a.txt   flag;
match content ~ "x" size>3             reject;
match content ~ "x" content ~ "y"      reject=451;
--- uploads
200 log|content|content                                   <- f|||x
200 flag|content+filename|content,content+filename        <- f|a.txt||x
403 reject|content+size|content,content+size              <- f|||xxxx
451 reject|content|content,content                        <- f|||xy



=== TEST 6: in a body that nginx has put into a file a match is found wherever buffers end
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match content ~ "needle-in-\w+stack"  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_bytes', '') =~ s/64k/1k/r
--- request eval
main::put(map { my $at = $_; my $body = main::filler(300000);
                substr($body, $at, 20) = 'needle-in-a_haystack'; $body }
          0, 1020, 4090, 8185, 16380, 65530, 299980)
--- more_headers eval
main::lengths(('x' x 300000) x 7)
--- error_code eval
[ (403) x 7 ]
--- response_body eval
[ ("reject|300000\n") x 7 ]



=== TEST 7: the parts of a long form are looked at each in their own bounds
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match field = b content ~ "^begin(?s:.*)end$"  flag;
match field = a content ~ "begin|end"          reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_matches', '') =~ s/64k/1k/r
--- request eval
my $form = ScreenTest::form("a|a.txt||A\nb|b.txt||B\nc|||x");
my ($a, $b) = (main::filler(50000), 'begin' . main::filler(70000) . 'end');
$form =~ s/\r\nA\r\n/\r\n$a\r\n/; $form =~ s/\r\nB\r\n/\r\n$b\r\n/;
[ "POST /upload\n$form" ]
--- more_headers eval
"Content-Type: multipart/form-data; boundary=$ScreenTest::Boundary"
--- response_body
flag|field+content



=== TEST 8: a chunked body is put together
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match content ~ "^(0123456789){2000}$"  flag;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_bytes', '') =~ s/64k/1k/r
--- raw_request eval
"PUT /upload/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
. "Transfer-Encoding: chunked\r\n\r\n"
. CORE::join('', map { sprintf "%x\r\n%s\r\n", length $_, $_ }
                 ('0123456789' x 2000) =~ /(.{1,777})/g) . "0\r\n\r\n"
--- response_body
flag|20000



=== TEST 9: a pattern that meets its limit makes the part incomplete, not clean
--- policy
pattern_limits  match=1000;
on_error        incomplete=reject=422;
match content ~ "^(a+)+$"  flag;
match content ~ "b"        log;
--- uploads eval
"200 flag|content|content <- f|||aaaa\n"
. "422 error|incomplete:patterns: a match limit <- f|||" . ("a" x 40) . "c\n"
. "422 error|incomplete:patterns: a match limit|content,incomplete:patterns: a match limit <- f|||" . ("a" x 40) . "b\n"



=== TEST 10: a limit is met by one part and excuses nothing in the others
--- policy
pattern_limits  match=1000;
on_error        incomplete=flag;
match content ~ "^(a+)+$"  log;
match content ~ "bad"      reject;
--- uploads eval
"403 reject|content|incomplete:patterns: a match limit,content <- f|||" . ("a" x 40) . "c ++ g|||bad\n"
. "200 error|incomplete:patterns: a match limit <- f|||" . ("a" x 40) . "c ++ g|||good\n"



=== TEST 11: on_error decides what becomes of an incomplete part
--- policy
pattern_limits  match=1000;
on_error        incomplete=pass;
match content ~ "^(a+)+$"  log;
--- tell
$screen_verdict|$screen_action|$screen_reason
--- uploads eval
"200 error|pass|incomplete:patterns: a match limit <- f|||" . ("a" x 40) . "c\n"



=== TEST 12: a pattern that is none is a configuration error with its place
--- policy
match field = a      log;
match content ~ "a(b"  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*"a\(b".*missing closing parenthesis.* in \S+nginx\.conf:\d+/]



=== TEST 13: a pattern in an included file has its place there
--- policy
include $TEST_NGINX_HTML/lines.inc;
--- user_files
>>> lines.inc

match content ~ "[z-a]"  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*range out of order.* in \S+lines\.inc:2/]



=== TEST 14: content takes a pattern, and no other operator
--- policy
match content = abc  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*operator "=" cannot be used with "content" in "match": expected ~ ~\* in \S+nginx\.conf:\d+/]
