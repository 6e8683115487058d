# What "match" lines ask of names, sizes and numbers of parts, and which of
# them decides.

use Test::Nginx::Socket 'no_plan';
use ScreenTest;
use ScreenUploads;

no_shuffle();
run_tests();

__DATA__

=== TEST 1: a file name is equal, or matches with and without regard to case
--- early_answer
--- policy
match filename = bad.txt       reject;
match filename ~ "^w.*\.php$"  reject=451;
match filename ~* "\.EXE$"     flag;
--- uploads
200 pass||                    <- f|good.txt|text/plain|x
403 reject|filename|filename  <- f|bad.txt|text/plain|x
451 reject|filename|filename  <- f|wp.php||x
200 pass||                    <- f|WP.PHP||x
200 flag|filename|filename    <- f|a.Exe||x
403 reject|filename|filename  <- PUT|bad.txt||x
200 pass||                    <- POST|bad.txt||x



=== TEST 2: negative operators are false of a part without a file name
--- policy
match filename != a.txt  flag;
match filename !~ "^a"   reject;
match filename !~* "^A"  reject=451;
--- uploads
200 pass||                                 <- f|a.txt||x
200 flag|filename|filename                 <- f|ab.txt||x
403 reject|filename|filename,filename      <- f|A||x
403 reject|filename                        <- f|b||x
200 pass||                                 <- f|||x
200 pass||                                 <- POST|a||x



=== TEST 3: a file name counts as sent and as what is left of it, too
--- policy
match filename ~ "^x\.php$"   reject;
match filename ~ "/|\\\\"     flag;
match filename ~ "^ok\.txt$"  allow;
--- uploads
403 reject|filename   <- f|x.php.||x
403 reject|filename   <- f|x.php ||x
403 reject|filename   <- f|x.php::$DATA||x
403 reject|filename   <- f|../../x.php||x
403 reject|filename   <- f|C:\\\\tmp\\\\x.php||x
403 reject|filename   <- f|c:x.php||x
200 flag|filename     <- f|dir/y.php||x
200 allow|filename    <- f|ok.txt||x
# an excuse has to hold for both forms
200 pass||            <- f|ok.txt.||x
200 flag|filename     <- f|a/ok.txt||x



=== TEST 4: a raw body is named by its disposition, or else by what it is PUT to
--- policy
match filename = a.php  reject;
--- tell
$screen_verdict|$screen_files
--- uploads
403 reject|a.php   <- PUT|a.php||x
200 pass|a.txt     <- PUT|dir/a.txt||x
200 pass|          <- POST|a.php||x



=== TEST 5: a disposition of the request wins over its path
--- early_answer
--- policy
match filename = a.php  reject;
--- tell
$screen_verdict|$screen_files
--- more_headers
Content-Disposition: attachment; filename="a.php"
--- uploads
403 reject|a.php   <- PUT|b.txt||x
403 reject|a.php   <- POST|b.txt||x



=== TEST 6: what is PUT under one name with another in its header has both
--- early_answer
--- policy
match filename = a.php   reject;
match filename = b.txt   allow;
match filename = c.txt   flag;
--- more_headers
Content-Disposition: attachment; filename="b.txt"
--- uploads
403 reject|filename  <- PUT|a.php||x
200 flag|filename    <- PUT|c.txt||x
200 allow|filename   <- PUT|b.txt||x
200 pass|            <- PUT|d.txt||x



=== TEST 7: file names are shown in a form that ends no line and no list
--- policy
match filename ~ "^no$"  reject;
--- tell
$screen_files
--- uploads
200 a%2Cb%25c.txt,naïve – 写真.txt   <- f|a,b%c.txt||x ++ g|naïve – 写真.txt||y



=== TEST 8: field is the name of the part, and false of a raw body
--- policy
match field = avatar     reject;
match field ~* "^DOC"    flag;
match field !~ "^[a-z]"  log;
--- uploads
403 reject|field|field  <- avatar|a.txt||x
403 reject|field|field  <- avatar|||x
200 flag|field|field    <- document|||x
200 log|field|field     <- 7|||x
200 pass||              <- PUT|avatar||x
200 pass||              <- other|||x



=== TEST 9: size compares in all six ways, with units
--- policy
match field = eq size=3          reject;
match field = ne size != 3       reject;
match field = lt size<3          reject;
match field = le size <= 3       reject;
match field = gt size > 3        reject;
match field = ge size>=3         reject;
match field = k size>=1k         reject;
match field = range size>=2 size<4  reject;
--- uploads
200 pass||                       <- eq|||ab
403 reject|field+size|field+size <- eq|||abc
200 pass||                       <- ne|||abc
403 reject|field+size|field+size <- ne|||ab
403 reject|field+size|field+size <- ne|||
200 pass||                       <- lt|||abc
403 reject|field+size|field+size <- lt|||ab
200 pass||                       <- le|||abcd
403 reject|field+size|field+size <- le|||abc
200 pass||                       <- gt|||abc
403 reject|field+size|field+size <- gt|||abcd
200 pass||                       <- ge|||ab
403 reject|field+size|field+size <- ge|||abc
200 pass||                       <- k|||abc
403 reject|field+size|field+size <- range|||abc
200 pass||                       <- range|||abcd



=== TEST 10: a size with a unit is a number of kilobytes
--- policy
match size>=1k  flag;
--- uploads eval
"200 pass|| <- f|||" . ("x" x 1023) . "\n"
. "200 flag|size|size <- f|||" . ("x" x 1024) . "\n"
. "200 flag|size|size <- PUT|a|text/plain|" . ("x" x 1024) . "\n"



=== TEST 11: parts alone is about the upload and counts parts, files or not
--- policy
match parts>2   reject;
match parts = 2 flag;
--- uploads
200 pass||               <- a|||x
200 flag|parts|parts     <- a|||x ++ b|f.txt||x
403 reject|parts|parts   <- a|||x ++ b|||x ++ c|f.txt||x
200 pass||               <- PUT|a|text/plain|x



=== TEST 12: parts with another condition is about each part
--- policy
match parts>1 field ~ "^x"  flag;
--- uploads
200 pass||                                  <- x|||1
200 flag|parts+field|parts+field            <- x|||1 ++ y|||2
200 flag|parts+field|parts+field,parts+field <- x|||1 ++ x2|||2



=== TEST 13: all conditions of a line must be true of the same part
--- policy
match field = a filename ~ "\.php$"  reject;
--- uploads
200 pass||                             <- a|x.txt||1 ++ b|y.php||2
403 reject|field+filename|field+filename <- a|x.php||1



=== TEST 14: in one part allow is stronger than reject, flag and log
--- policy
match field ~ "l"     log;
match field ~ "f"     flag;
match field ~ "r"     reject;
match field ~ "a"     allow;
--- uploads
200 log|field|field                        <- l|||x
200 flag|field|field,field                 <- lf|||x
403 reject|field|field,field,field         <- lfr|||x
200 allow|field|field,field,field,field    <- lfra|||x



=== TEST 15: of an upload the worst part counts
--- policy
match field = a  allow;
match field = l  log;
match field = f  flag;
match field = r  reject;
--- uploads
200 allow|field|field            <- a|||x
200 allow|field|field            <- a|||x ++ p|||x
200 log|field|field,field        <- a|||x ++ l|||x
200 flag|field|field,field       <- f|||x ++ l|||x
403 reject|field|field,field,field <- a|||x ++ f|||x ++ r|||x



=== TEST 16: an allowed part does not excuse the one beside it
--- policy
match filename = good.txt  allow;
match filename ~ "."       reject;
--- uploads
200 allow|filename|filename,filename           <- f|good.txt||x
403 reject|filename|filename,filename,filename <- f|good.txt||x ++ g|bad.txt||y
403 reject|filename|filename,filename,filename <- f|bad.txt||x ++ g|good.txt||y



=== TEST 17: an allowed part does not excuse the upload's size or number of parts
--- policy
max_size  400;
match field = a  allow;
match parts > 2  reject=451;
--- uploads eval
"413 reject|max_size <- a|||" . ("x" x 400) . "\n"
. "451 reject|parts <- a|||x ++ a|||y ++ a|||z\n"
. "200 allow|field|field <- a|||x\n"



=== TEST 18: among rejections the first line of the first part decides, with its status
--- policy
match field = two        reject=422;
match filename = x.php   reject=415;
match field = one        reject=451;
--- uploads
451 reject|field|field,field                 <- one|||x ++ two|||y
422 reject|field|field,field                 <- two|||x ++ one|||y
415 reject|filename|filename,field           <- one|x.php||x
422 reject|field|field,filename              <- two|x.php||x



=== TEST 19: what is about the whole upload comes before the parts
--- policy
match field = f  reject=451;
match parts > 1  reject=422;
--- uploads
451 reject|field|field        <- f|||x
422 reject|parts|parts,field  <- f|||x ++ g|||y



=== TEST 20: every status that a reject may name is what the client gets
--- policy
match field = f413  reject=413;
match field = f451  reject=451;
match field = f503  reject=503;
match field = f200  reject=200;
match field = f     reject;
--- config
location /upload {
    screen  test;
    add_header  X-Verdict  $screen_verdict  always;
    echo  "passed";
}
--- uploads
413 reject|field <- f413|||x
451 reject|field <- f451|||x
503 reject|field <- f503|||x
200 reject|field <- f200|||x
403 reject|field <- f|||x
--- response_body_like eval
[ ('reference [0-9a-f]{32}') x 5 ]



=== TEST 21: log passes, and is recorded
--- policy
match field = f  log;
--- tell
$screen_verdict|$screen_action|$screen_reason
--- uploads
200 log|log|field  <- f|||x
--- error_log
log by policy "test": field
nginx.conf:
--- no_error_log
[error]



=== TEST 22: a rejection is in the error log with its policy, place and file
--- policy
match filename ~ "\.php$"  reject;
--- uploads
403 reject|filename|filename  <- f|a.php||x
--- error_log eval
qr/\[warn\].*screen: upload [0-9a-f]{32} reject by policy "test": filename in \S+nginx\.conf:\d+, file "a\.php"/



=== TEST 23: in monitor mode the verdict is the same, and everything passes
--- policy
max_size  400;
match field = r  reject=451;
match field = f  flag;
match field = l  log;
match field = a  allow;
--- location
screen_mode  monitor;
--- tell
$screen_verdict|$screen_action|$screen_status|$screen_reason
--- uploads eval
"200 reject|pass|451|field <- r|||x\n"
. "200 flag|pass||field <- f|||x\n"
. "200 log|log||field <- l|||x\n"
. "200 allow|pass||field <- a|||x\n"
. "200 pass|pass|| <- p|||x\n"
. "200 reject|pass|413|max_size <- p|||" . ("x" x 400) . "\n"



=== TEST 24: the error log tells of a rejection that monitor mode let pass
--- policy
match field = r  reject=451;
--- location
screen_mode  monitor;
--- uploads
200 reject|field|field  <- r|||x
--- error_log
reject (monitor, passed) by policy "test": field



=== TEST 25: the action of what passes and of what does not
--- policy
match field = r  reject=451;
match field = f  flag;
match field = a  allow;
--- tell
$screen_verdict|$screen_action|$screen_status|$screen_reason
--- uploads
451 reject|reject|451|field  <- r|||x
200 flag|flag||field         <- f|||x
200 allow|pass||field        <- a|||x
200 pass|pass||              <- p|||x



=== TEST 26: several policies decide each for its own locations
--- http_config
screen_policy strict { match field = f  reject; }
screen_policy lax    { match field = f  log; }
--- config
location /upload {
    screen  strict;
    error_page  403  @told;
    echo  "$screen_policy $screen_verdict";

    location /upload/lax {
        screen  lax;
        echo  "$screen_policy $screen_verdict";
    }

    location /upload/off {
        screen  off;
        echo  "none:$screen_policy$screen_verdict";
    }
}
location @told { echo "$screen_policy $screen_verdict"; }
--- main_config
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
--- request eval
[ map { my ($request) = ScreenUploads::request('f|||x');
        $request =~ s{/upload}{/upload$_}; $request } '', '/lax', '/off' ]
--- more_headers eval
[ map { my (undef, $headers) = ScreenUploads::request('f|||x'); $headers } 1 .. 3 ]
--- error_code eval
[403, 200, 200]
--- response_body eval
["strict reject\n", "lax log\n", "none:\n"]



=== TEST 27: policies share lines by include, and the place of a match is in the shared file
--- early_answer
--- http_config
screen_policy other { include $TEST_NGINX_HTML/shared.inc; }
--- policy
include  $TEST_NGINX_HTML/shared.inc;
match field = g  flag;
--- user_files
>>> shared.inc
methods  POST;

match field = f  reject;
--- uploads
403 reject|field|field  <- f|||x
200 flag|field|field    <- g|||x
200 |                   <- PUT|f||x



=== TEST 28: the place of a match is that of its line in the included file
--- policy
include  $TEST_NGINX_HTML/shared.inc;
--- user_files
>>> shared.inc
methods  POST;

match field = f  reject;
--- uploads
403 reject|field|field  <- f|||x
--- error_log
shared.inc:3, file ""



=== TEST 29: methods that are not listed pass without being looked at
--- policy
methods  PUT PROPPATCH;
match parts > 0  reject;
--- uploads
403 reject|parts  <- PUT|a||x
200 |             <- POST|a||x
200 |             <- f|||x



=== TEST 30: nothing matches an upload of a policy without lines
--- policy
--- uploads
200 pass||  <- f|a.php||x
200 pass||  <- PUT|a.php||



=== TEST 31: an empty body is an upload of one part of no bytes
--- policy
match size = 0  flag;
--- uploads
200 flag|size|size  <- PUT|a||
200 flag|size|size  <- f|a.txt||



=== TEST 32: operator and value stand in the word of the name, or apart
--- policy
match field=a            flag;
match field= b           flag;
match field =c           flag;
match "field~^d e"       flag;
match field="f"          flag;
match field ~ "^g h$"    flag;
match 'field=i'          flag;
--- uploads
200 flag|field|field  <- a|||x
200 flag|field|field  <- b|||x
200 flag|field|field  <- c|||x
200 flag|field|field  <- d e|||x
200 flag|field|field  <- f|||x
200 flag|field|field  <- g h|||x
200 flag|field|field  <- i|||x



=== TEST 33: a value that looks like an action is a value
--- policy
match field = reject  flag;
match field = flag    reject;
--- uploads
200 flag|field|field    <- reject|||x
403 reject|field|field  <- flag|||x



=== TEST 34: a pattern that meets its limit on a name makes the part incomplete
--- policy
on_error incomplete=reject=422;
match filename ~ "^(a+)+$"  flag;
--- uploads eval
"200 flag|filename <- f|aaaa||x\n"
. "422 error|incomplete:pattern-limit <- f|" . ("a" x 60) . "!||x\n"
