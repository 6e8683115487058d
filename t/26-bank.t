# Banks of fingerprints from lists in files: the forms of a list, what a
# policy may ask of an entry, and what is wrong with a list when nginx starts.
# How a list is replaced is in 26-bank-replace.t.

use Test::Nginx::Socket 'no_plan';

use Digest::MD5 ();
use Digest::SHA ();

use ScreenTest;
use ScreenUploads;

sub sha256 { Digest::SHA::sha256_hex($_[0]) }
sub sha1 { Digest::SHA::sha1_hex($_[0]) }
sub md5 { Digest::MD5::md5_hex($_[0]) }

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a CSV list with all its columns, and a part or a raw body that is in it
--- http_config
screen_bank  local  file=$TEST_NGINX_HTML/local.csv;
--- policy
match bank=local  reject;
--- user_files eval
">>> local.csv\nsignal,value,label,source,severity,expires\n"
. "sha256," . main::sha256('bad') . ",spam-wave-7,us,9,\n"
. "sha256," . main::sha256('worse') . ",\"a, \"\"b\"\"\",,,2099-01-01T00:00:00Z\n"
. "SHA256," . uc(main::sha256('upper')) . ",,,,\n"
--- uploads
200 pass||                                           <- f|a|text/plain|good
403 reject|bank:local:spam-wave-7|bank:local:spam-wave-7  <- f|a|text/plain|bad
403 reject|bank:local:spam-wave-7                    <- PUT|a||bad
403 reject|bank:local:spam-wave-7                    <- a|||good ++ b|||bad ++ c|||good
403 reject|bank:local:a%2C %22b%22                   <- f|||worse
403 reject|bank:local|bank:local                     <- f|||upper
200 pass||                                           <- f|||bad\n



=== TEST 2: md5 and sha1 entries, and columns in any order
--- http_config
screen_bank  mixed  file=$TEST_NGINX_HTML/mixed.csv;
--- policy
match bank=mixed signal=md5     reject=451;
match bank=mixed signal=sha1    reject=415;
match bank=mixed signal=sha256  reject=422;
--- user_files eval
">>> mixed.csv\nlabel,value\n"
. "by-md5," . main::md5('one') . "\n"
. "by-sha1," . main::sha1('two') . "\n"
. "by-sha256," . main::sha256('three') . "\n"
--- uploads
451 reject|bank:mixed:by-md5|bank:mixed:by-md5        <- f|||one
415 reject|bank:mixed:by-sha1|bank:mixed:by-sha1      <- f|||two
422 reject|bank:mixed:by-sha256                       <- f|||three
451 reject|bank:mixed:by-md5                          <- PUT|a||one
200 pass||                                            <- f|||four



=== TEST 3: what sha256sum prints is a list, the file's name being the label
--- http_config
screen_bank  sums  file=$TEST_NGINX_HTML/SUMS;
--- policy
match bank=sums  reject;
--- user_files eval
">>> SUMS\n# known bad\n\n"
. main::sha256('one') . "  one file.txt\n"
. main::sha256('two') . " *two.bin\n"
. main::md5('three') . "  three\n"
. main::sha1('four') . "\n"
--- uploads
403 reject|bank:sums:one file.txt  <- f|||one
403 reject|bank:sums:two.bin       <- f|||two
403 reject|bank:sums:three         <- f|||three
403 reject|bank:sums|bank:sums     <- f|||four
200 pass||                         <- f|||five



=== TEST 4: label, source and severity are about one and the same entry
--- http_config
screen_bank  a  file=$TEST_NGINX_HTML/a.csv;
--- policy
match field = leq   bank=a label=spam                flag;
match field = lne   bank=a label!=spam               flag;
match field = lre   bank=a label~^sp                 flag;
match field = lrei  bank=a label~*^SP                flag;
match field = lnre  bank=a label!~^sp                flag;
match field = seq   bank=a source=us                 flag;
match field = sre   bank=a source ~ "^(us|them)$"    flag;
match field = vge   bank=a severity>=8               flag;
match field = vlt   bank=a severity<8                flag;
match field = veq   bank=a severity = 8              flag;
match field = vne   bank=a severity!=8               flag;
match field = all   bank=a label=spam source=us severity>7  flag;
match field = sp    bank=a "label=two words"         flag;
--- user_files eval
">>> a.csv\nvalue,label,source,severity\n"
. main::sha256('8') . ",spam,us,8\n"
. main::sha256('3') . ",virus,them,3\n"
. main::sha256('0') . ",two words,us,\n"
--- tell
$screen_verdict
--- uploads
200 flag <- leq|||8
200 pass <- leq|||3
200 pass <- lne|||8
200 flag <- lne|||3
200 flag <- lre|||8
200 flag <- lrei|||8
200 pass <- lrei|||3
200 flag <- lnre|||3
200 flag <- seq|||8
200 pass <- seq|||3
200 flag <- sre|||3
200 flag <- vge|||8
200 pass <- vge|||3
200 pass <- vge|||0
200 flag <- vlt|||3
200 pass <- vlt|||0
200 flag <- veq|||8
200 flag <- vne|||3
200 pass <- vne|||0
200 flag <- all|||8
200 pass <- all|||0
200 flag <- sp|||0



=== TEST 5: an entry that has expired is none
--- http_config
screen_bank  a  file=$TEST_NGINX_HTML/a.csv;
--- policy
match bank=a  reject;
--- user_files eval
">>> a.csv\nvalue,label,expires\n"
. main::sha256('old') . ",old,2020-01-31T00:00:00Z\n"
. main::sha256('stale') . ",stale," . (time - 10) . "\n"
. main::sha256('fresh') . ",fresh," . (time + 3600) . "\n"
. main::sha256('always') . ",always,\n"
--- uploads
200 pass||                       <- f|||old
200 pass||                       <- f|||stale
403 reject|bank:a:fresh          <- f|||fresh
403 reject|bank:a:always         <- f|||always



=== TEST 6: a bank of what is allowed excuses its content and nothing beside it
--- http_config
screen_bank  appeals  file=$TEST_NGINX_HTML/appeals;
screen_bank  bad      file=$TEST_NGINX_HTML/bad;
--- policy
match bank=appeals            allow;
match bank=bad                reject;
match filename ~ "\.php$"     reject=415;
--- user_files eval
">>> appeals\n" . main::sha256('restored') . "\n"
. ">>> bad\n" . main::sha256('restored') . "\n" . main::sha256('bad') . "\n"
--- uploads
200 allow|bank:appeals|bank:appeals,bank:bad           <- f|a.txt||restored
200 allow|bank:appeals|bank:appeals,bank:bad,filename  <- f|a.php||restored
403 reject|bank:bad                                    <- f|a.php||restored ++ g|||bad
415 reject|filename                                    <- f|a.php||other



=== TEST 7: a bank is shared by two policies, and one policy asks two banks
--- http_config
screen_bank  a  file=$TEST_NGINX_HTML/a;
screen_bank  b  file=$TEST_NGINX_HTML/b;
screen_policy one { match bank=a reject; }
screen_policy two { match bank=a log; match bank=b flag; }
map $uri $which { ~([^/]+)$ $1; }
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- config eval
ScreenUploads::config('$screen_verdict|$screen_matches', '') =~ s/screen  test/screen  \$which/r
--- user_files eval
">>> a\n" . main::sha256('A') . "\n" . main::sha256('AB') . "\n"
. ">>> b\n" . main::sha256('B') . "\n" . main::sha256('AB') . "\n"
--- request eval
[ map { "POST /upload/$_" } "one\nA", "two\nA", "one\nB", "two\nB", "two\nAB" ]
--- error_code eval
[ 403, 200, 200, 200, 200 ]
--- response_body eval
[ "reject|bank:a\n", "log|bank:a\n", "pass|\n", "flag|bank:b\n",
  "flag|bank:a,bank:b\n" ]



=== TEST 8: known bad content costs no scan, not even of a rule that would hang
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/bad;
--- policy
yara_slow_rules  allow;
yara_rules  $TEST_NGINX_HTML/hang.yar;
match bank=bad  reject;
match yara      flag;
--- user_files eval
">>> bad\n" . main::sha256('A' x 2000) . "\n"
. ">>> hang.yar\nrule hang { strings: \$a = /A+/ condition: #a > 100000 }\n"
--- tell
$screen_verdict|$screen_reason|$screen_cache
--- uploads eval
"403 reject|bank:bad| <- f|||" . 'A' x 2000 . "\n"
. "403 reject|bank:bad| <- PUT|a||" . 'A' x 2000 . "\n"
. "200 pass||miss <- PUT|a||B\n"
--- timeout: 2



=== TEST 9: known good content costs no scan either
--- http_config
screen_bank  good  file=$TEST_NGINX_HTML/good;
--- policy
yara_slow_rules  allow;
yara_rules  $TEST_NGINX_HTML/hang.yar;
match bank=good  allow;
match yara       reject;
--- user_files eval
">>> good\n" . main::sha256('A' x 2000) . "\n"
. ">>> hang.yar\nrule hang { strings: \$a = /A+/ condition: #a > 100000 }\n"
--- tell
$screen_verdict|$screen_reason|$screen_cache
--- uploads eval
"200 allow|bank:good| <- PUT|a||" . 'A' x 2000 . "\n"
--- timeout: 2



=== TEST 10: an empty list is a bank that holds nothing
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/bad;
--- policy
match bank=bad  reject;
--- user_files
>>> bad
# nothing yet
--- uploads
200 pass||  <- f|||anything



=== TEST 11: the raw body of an ambiguous form is looked up, too
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/bad;
--- policy
multipart lenient;
match bank=bad  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_matches', '')
--- user_files eval
">>> bad\n"
. main::sha256("--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n") . "\n"
--- request eval
[ "POST /upload\n--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n" ]
--- more_headers eval
"Content-Type: multipart/form-data; boundary=b\nContent-Length: "
. length("--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n")
--- error_code eval
[ 403 ]
--- response_body eval
[ "reject|framing:no-end,bank:bad\n" ]



=== TEST 12: md5 of the raw body of an ambiguous form is looked up as well
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/bad;
--- policy
multipart lenient;
match bank=bad  reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_matches', '')
--- user_files eval
">>> bad\n"
. main::md5("--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n") . "\n"
--- request eval
[ "POST /upload\n--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n" ]
--- more_headers eval
"Content-Type: multipart/form-data; boundary=b\nContent-Length: "
. length("--b\r\nContent-Disposition: form-data; name=f\r\n\r\nx\r\n")
--- error_code eval
[ 403 ]
--- response_body eval
[ "reject|framing:no-end,bank:bad\n" ]



=== TEST 13: a malformed line is a configuration error with the list and the line
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/bad.csv;
--- policy
match bank=bad  reject;
--- user_files eval
">>> bad.csv\nsignal,value\nsha256," . main::sha256('a') . "\nsha256,abcd\n"
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*"abcd" is not a sha256: 64 hexadecimal digits expected, 4 given in \S+bad\.csv:3/



=== TEST 14: so is a value, a severity, a time or a signal that is none
--- http_config
screen_bank  a  file=$TEST_NGINX_HTML/a.csv;
screen_bank  b  file=$TEST_NGINX_HTML/b.csv;
screen_bank  c  file=$TEST_NGINX_HTML/c.csv;
screen_bank  d  file=$TEST_NGINX_HTML/d.csv;
screen_bank  e  file=$TEST_NGINX_HTML/e.csv;
--- policy
match bank=a  reject;
--- user_files eval
my $h = main::sha256('a');
">>> a.csv\nvalue,severity\n$h,eleven\n"
. ">>> b.csv\nvalue,expires\n$h,\n$h,tomorrow\n"
. ">>> c.csv\nsignal,value\ncrc32,$h\n"
. ">>> d.csv\nvalue,colour\n$h,red\n"
. ">>> e.csv\nvalue,label\n$h\n"
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[ qr/"eleven" is not a severity: 0 to 10 expected in \S+a\.csv:2/,
  qr/"tomorrow" is not a time of expiry: .* in \S+b\.csv:3/,
  qr/"crc32" is not a signal: sha256, sha1, md5, pdq or vpdq expected in \S+c\.csv:2/,
  qr/"colour" is not a column: .* in \S+d\.csv:1/,
  qr/\[emerg\].*1 fields, but the header line has 2 columns in \S+e\.csv:2/ ]



=== TEST 15: a list that is not there is a configuration error
--- http_config
screen_bank  bad  file=$TEST_NGINX_HTML/missing.csv;
--- policy
match bank=bad  reject;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*No such file or directory in \S+missing\.csv/



=== TEST 16: a bank that no directive names is a configuration error with its place
--- policy
match bank=unknown  reject;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*unknown bank "unknown": no "screen_bank unknown" directive in \S+nginx\.conf:\d+/
