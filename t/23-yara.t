# YARA rules: where they are taken from, what a policy may ask of them, what
# they see of a part, and what is wrong with them when nginx starts.

use Test::Nginx::Socket 'no_plan';
use ScreenTest;
use ScreenUploads;

no_shuffle();
run_tests();

__DATA__

=== TEST 1: tag, rule and namespace are compared as text and by pattern
--- policy
yara_rules  $TEST_NGINX_HTML/rules;
match yara tag=red                     reject;
match yara tag~*^GRE                   reject=451;
match yara rule=by_name                reject=415;
match yara rule ~ "^by_p"              reject=422;
match yara namespace=sub/inner.yara    reject=406;
match yara namespace!~^(a|sub|slow)    log;
match yara                             flag;
--- user_files
>>> rules/a.yar
rule red: red other      { strings: $a = "one"   condition: $a }
rule green: other green  { strings: $a = "two"   condition: $a }
rule by_name             { strings: $a = "three" condition: $a }
rule by_pattern          { strings: $a = "four"  condition: $a }
rule other                 { strings: $a = "five"  condition: $a }
>>> rules/sub/inner.yara
rule other                 { strings: $a = "six"   condition: $a }
>>> rules/z.yar
rule other                 { strings: $a = "seven" condition: $a }
>>> rules/ignored.txt
this is no rule
--- uploads
200 pass||                                        <- f|||nothing
403 reject|yara:a.yar:red                         <- f|||one
451 reject|yara:a.yar:green                       <- f|||two
415 reject|yara:a.yar:by_name                     <- f|||three
422 reject|yara:a.yar:by_pattern                  <- f|||four
200 flag|yara:a.yar:other                           <- f|||five
406 reject|yara:sub/inner.yara:other                <- f|||six
200 flag|yara:z.yar:other|yara:z.yar:other,yara:z.yar:other  <- PUT|a||seven



=== TEST 2: a negated tag is true only if no tag is so
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara tag!=red      flag;
match yara tag!~^b       log;
--- user_files
>>> a.yar
rule red: red black  { strings: $a = "one"   condition: $a }
rule green: green    { strings: $a = "two"   condition: $a }
rule bare            { strings: $a = "three" condition: $a }
--- uploads
200 pass||                                        <- f|||one
200 flag|yara:a.yar:green|yara:a.yar:green,yara:a.yar:green <- f|||two
200 flag|yara:a.yar:bare|yara:a.yar:bare,yara:a.yar:bare    <- f|||three



=== TEST 3: every operator of a meta value, for numbers, texts and booleans
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match field = eq     yara meta.severity=7         flag;
match field = ne     yara meta.severity!=7        flag;
match field = lt     yara meta.severity<7         flag;
match field = le     yara meta.severity<=7        flag;
match field = gt     yara meta.severity>7         flag;
match field = ge     yara meta.severity>=7        flag;
match field = re     yara meta.author~^The        flag;
match field = rei    yara meta.author~*^the       flag;
match field = nre    yara meta.author!~^The       flag;
match field = nrei   yara meta.author!~*^the      flag;
match field = teq    yara "meta.author=The Team"  flag;
match field = tnum   yara meta.score>=8           flag;
match field = true   yara meta.sure=true          flag;
match field = one    yara meta.sure=1             flag;
match field = none   yara meta.missing!=1         flag;
match field = two    yara meta.severity>=5 meta.severity<8  flag;
match field = neg    yara meta.low<=-3            flag;
--- user_files
>>> a.yar
rule m6 { meta: severity = 6 author = "the team" score = "7" sure = false strings: $a = "m6" condition: $a }
rule m7 { meta: severity = 7 author = "The Team" score = "08" sure = true low = -3 strings: $a = "m7" condition: $a }
rule m8 { meta: severity = 8 author = "A Team" score = "high" strings: $a = "m8" condition: $a }
--- tell
$screen_verdict
--- uploads
200 pass <- eq|||m6
200 flag <- eq|||m7
200 pass <- ne|||m7
200 flag <- ne|||m8
200 flag <- lt|||m6
200 pass <- lt|||m7
200 flag <- le|||m7
200 pass <- le|||m8
200 pass <- gt|||m7
200 flag <- gt|||m8
200 pass <- ge|||m6
200 flag <- ge|||m7
200 pass <- re|||m6
200 flag <- re|||m7
200 flag <- rei|||m6
200 pass <- rei|||m8
200 flag <- nre|||m6
200 pass <- nre|||m7
200 pass <- nrei|||m6
200 flag <- nrei|||m8
200 flag <- teq|||m7
200 pass <- teq|||m6
200 pass <- tnum|||m6
200 flag <- tnum|||m7
200 pass <- tnum|||m8
200 flag <- true|||m7
200 pass <- true|||m6
200 flag <- one|||m7
200 pass <- none|||m7
200 flag <- two|||m6
200 pass <- two|||m8
200 flag <- neg|||m7
200 pass <- neg|||m6



=== TEST 4: what refines one "yara" is about one rule, two of them may be two
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara tag=a rule=two       reject;
match yara tag=a yara rule=two  flag;
--- user_files
>>> a.yar
rule one: a { strings: $a = "one" condition: $a }
rule two: b { strings: $a = "two" condition: $a }
--- uploads
200 flag|yara:a.yar:one+yara:a.yar:two <- f|||one two
200 pass||                             <- f|||one
200 pass||                             <- f|||two



=== TEST 5: rules are taken from files, patterns and folders, each file once
--- policy
yara_rules  $TEST_NGINX_HTML/one.yar $TEST_NGINX_HTML/glob/*.rule;
yara_rules  $TEST_NGINX_HTML/folder;
yara_rules  $TEST_NGINX_HTML/folder/*.yar;
match yara  flag;
--- user_files
>>> one.yar
rule r { strings: $a = "one" condition: $a }
>>> glob/g1.rule
rule r { strings: $a = "two" condition: $a }
>>> glob/g2.rule
rule r { strings: $a = "three" condition: $a }
>>> glob/g3.yar
rule r { strings: $a = "four" condition: $a }
>>> folder/f.yar
rule r { strings: $a = "five" condition: $a }
>>> folder/deep/down/g.yara
rule r { strings: $a = "six" condition: $a }
--- uploads
200 flag|yara:one.yar:r|yara:one.yar:r              <- f|||one
200 flag|yara:g1.rule:r|yara:g1.rule:r              <- f|||two
200 flag|yara:g2.rule:r|yara:g2.rule:r              <- f|||three
200 pass||                                          <- f|||four
200 flag|yara:f.yar:r|yara:f.yar:r                  <- f|||five
200 flag|yara:deep/down/g.yara:r|yara:deep/down/g.yara:r <- f|||six



=== TEST 6: an include below the rules' folder is followed
--- policy
yara_rules  $TEST_NGINX_HTML/rules/main.yar;
match yara  flag;
--- user_files
>>> rules/main.yar
include "inc/helper.inc"
rule main { strings: $a = "main" condition: $a and helper }
>>> rules/inc/helper.inc
include "../more.inc"
rule helper { strings: $a = "help" condition: $a }
>>> rules/more.inc
rule more { strings: $a = "more" condition: $a }
--- uploads
200 flag|yara:main.yar:helper  <- f|||help
200 flag|yara:main.yar:more    <- f|||more
200 pass||                     <- f|||main
200 flag|yara:main.yar:helper  <- f|||help main



=== TEST 7: an include outside of the rules' folder is an error with its file and line
--- policy
yara_rules  $TEST_NGINX_HTML/rules/main.yar;
match yara  flag;
--- user_files
>>> rules/main.yar
rule first { condition: false }

include "../outside.inc"
>>> outside.inc
rule outside { condition: true }
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log
[emerg]
include "../outside.inc" leaves the rules' folder
rules/main.yar:3
--- no_error_log
[alert]



=== TEST 8: an absolute include and one that is not there are errors, too
--- policy
yara_rules  $TEST_NGINX_HTML/rules;
match yara  flag;
--- user_files
>>> rules/a.yar
include "/etc/passwd"
>>> rules/b.yar

include "missing.inc"
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log
[emerg]
include "/etc/passwd" leaves the rules' folder
rules/a.yar:1
include "missing.inc": No such file or directory
rules/b.yar:2



=== TEST 9: a syntax error has the file and the line of the rule
--- policy
yara_rules  $TEST_NGINX_HTML/rules/*.yar;
match yara  flag;
--- user_files
>>> rules/good.yar
rule good { condition: true }
>>> rules/bad.yar
rule good { condition: true }

rule bad { strings: $a = "x" condition: $b }
>>> rules/worse.yar
rule {
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*undefined string.* in \S+rules\/bad\.yar:3/,
 qr/\[emerg\].*syntax error.* in \S+rules\/worse\.yar:1/]



=== TEST 10: two rules of a name in one file are an error
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
rule same { condition: true }
rule same { condition: false }
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*duplicated identifier "same" in \S+a\.yar:2/



=== TEST 11: a rule that may slow down scanning is refused, and told what would be right
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar

rule slow { strings: $a = /A+/ condition: $a }
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*"yara_slow_rules allow" in \S+a\.yar:2/]



=== TEST 12: with yara_slow_rules allow it is accepted
--- policy
yara_rules       $TEST_NGINX_HTML/a.yar;
yara_slow_rules  allow;
match yara       flag;
--- user_files
>>> a.yar
rule slow { strings: $a = /x.*y/ condition: $a }
--- uploads
200 flag|yara:a.yar:slow  <- f|||xxy



=== TEST 13: what public rule sets expect of external variables is set for each part
--- policy
yara_rules       $TEST_NGINX_HTML/a.yar;
match yara       log;
--- user_files
>>> a.yar
rule the_filename   { condition: filename == "one.php" }
rule the_filepath   { condition: filepath == "dir/one.php" }
rule the_extension  { condition: extension == ".php" }
rule upper      { condition: extension == ".txt" }
rule exe        { condition: filetype == "EXE" }
rule the_owner      { condition: owner == "" and filename == "owner" }
rule bare       { condition: filename == "" and extension == "" }
rule content    { condition: filename contains "two" and extension == "" }
--- uploads
200 log|yara:a.yar:the_filename  <- f|one.php||x
200 log|yara:a.yar:upper     <- f|A.TXT||x
200 log|yara:a.yar:the_owner     <- f|owner||x
200 log|yara:a.yar:bare      <- f|||x
200 log|yara:a.yar:exe       <- f|x.bin||MZ\x90\x00
200 log|yara:a.yar:content   <- f|two||x
200 log|yara:a.yar:the_filename  <- PUT|one.php||x



=== TEST 14: the external variables are those of the part that is scanned
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara rule=ends     log;
match yara rule=folder   log;
match yara rule=program  log;
--- user_files
>>> a.yar
rule ends     { condition: extension == ".php" }
rule folder   { condition: filepath startswith "dir/" }
rule program  { condition: filetype == "EXE" }
--- uploads
200 log|yara:a.yar:ends|yara:a.yar:ends,yara:a.yar:folder <- f|dir/one.php||x ++ g|b.txt||y
200 log|yara:a.yar:folder|yara:a.yar:folder,yara:a.yar:ends <- f|dir/one||x ++ g|b.PHP||y
200 pass||     <- f|one||x ++ g|b.txt||y



=== TEST 15: the modules hash, math, time and console work in the sandbox
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara rule=md5     log;
match yara rule=sha256  log;
match yara rule=low     log;
match yara rule=now     log;
match yara rule=says    log;
--- user_files
>>> a.yar
import "hash"
import "math"
import "time"
import "console"
rule md5    { condition: hash.md5(0, filesize) == "5d41402abc4b2a76b9719d911017c592" }
rule sha256 { condition: hash.sha256(0, filesize) == "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824" }
rule low    { condition: math.entropy(0, filesize) < 3.0 and filesize > 4 }
rule now    { condition: time.now() > 1600000000 and filesize == 5 }
rule says   { condition: filesize == 5 and console.log("five") }
--- uploads
200 log|yara:a.yar:md5|yara:a.yar:md5,yara:a.yar:sha256,yara:a.yar:low,yara:a.yar:now,yara:a.yar:says  <- f|||hello
200 pass||  <- f|||x



=== TEST 16: the module magic works in the sandbox
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
import "magic"
rule php { condition: magic.type() contains "PHP" }
rule gif { condition: magic.mime_type() == "image/gif" }
--- uploads
200 flag|yara:a.yar:php  <- f|||<?php echo 1; ?>\n
200 flag|yara:a.yar:gif  <- f|||GIF89a\x01\x00\x01\x00\x00\x00\x00;
200 pass||               <- f|||text



=== TEST 17: the modules pe and dotnet tell a program from what is none
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
import "pe"
import "dotnet"
rule windows { condition: pe.is_pe and pe.machine == pe.MACHINE_I386 }
rule net     { condition: dotnet.is_dotnet == 1 }
--- uploads eval
my $coff = pack 'vvVVVvv', 0x14c, 0, 0, 0, 0, 224, 0x102;
my $optional = pack('v', 0x10b) . "\0" x 222;
my $pe = 'MZ' . "\0" x 58 . pack('V', 64) . "PE\0\0" . $coff . $optional;

$pe = ScreenUploads::bytes($pe);

"200 flag|yara:a.yar:windows|yara:a.yar:windows <- f|a.exe||$pe\n"
. "200 pass|| <- f|a.exe||MZ\n"



=== TEST 18: the module elf tells a program from what is none
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
import "elf"
rule linux { condition: elf.type == elf.ET_DYN or elf.type == elf.ET_EXEC }
--- uploads eval
my $elf = do { local $/; open my $in, '<:raw', '/bin/true' or die; <$in> };

$elf = ScreenUploads::bytes($elf);

"200 flag|yara:a.yar:linux <- f|a||$elf\n"
. "200 pass|| <- f|a||\\x7fELF\n"



=== TEST 19: private rules do not match on their own, global ones hold for all
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar $TEST_NGINX_HTML/b.yar;
match yara  flag;
--- user_files
>>> a.yar
private rule hidden { strings: $a = "hidden" condition: $a }
rule user { strings: $a = "user" condition: $a and hidden }
>>> b.yar
global private rule big { condition: filesize > 20 }
rule far { strings: $a = "far" condition: $a }
--- uploads
200 pass||                <- f|||hidden
200 flag|yara:a.yar:user  <- f|||hidden user
200 pass||                <- f|||far
200 flag|yara:b.yar:far   <- f|||far away and longer than twenty



=== TEST 20: rules of two policies are two engines
--- http_config
screen_policy one { yara_rules $TEST_NGINX_HTML/one.yar; match yara flag; }
screen_policy two { yara_rules $TEST_NGINX_HTML/two.yar; match yara flag; }
screen_policy both { yara_rules $TEST_NGINX_HTML/*.yar; match yara rule=two log; match yara rule=one flag; }
map $uri $which { ~([^/]+)$ $1; }
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- config eval
ScreenUploads::config('$screen_policy|$screen_verdict|$screen_matches', '') =~ s/screen  test/screen  \$which/r
--- user_files
>>> one.yar
rule one { strings: $a = "one" condition: $a }
>>> two.yar
rule two { strings: $a = "two" condition: $a }
--- request eval
[ map { "POST /upload/$_\none two" } qw( one two both ) ]
--- error_code eval
[ 200, 200, 200 ]
--- response_body eval
[ "one|flag|yara:one.yar:one\n", "two|flag|yara:two.yar:two\n",
  "both|flag|yara:two.yar:two,yara:one.yar:one\n" ]



=== TEST 21: an allowed part is not scanned, and neither is anything once the upload is rejected
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match filename = known.txt  allow;
match filename = bad.txt    reject;
match yara                  flag;
--- user_files
>>> a.yar
rule other { condition: true }
--- tell
$screen_verdict|$screen_matches|$screen_cache
--- uploads
200 allow|filename|                             <- f|known.txt||x
403 reject|filename|                            <- f|bad.txt||x
200 flag|yara:a.yar:other|miss                    <- f|other.txt||x
403 reject|filename|                            <- f|other.txt||x ++ g|bad.txt||x
200 flag|filename,yara:a.yar:other|miss           <- f|known.txt||x ++ g|other.txt||x



=== TEST 22: a rule may ask for content and file name together
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
rule zip_of_text { strings: $a = { 50 4B 03 04 } condition: $a at 0 and filename matches /\.docx?$/ }
--- uploads
200 flag|yara:a.yar:zip_of_text  <- f|a.docx||PK\x03\x04rest
200 pass||                       <- f|a.zip||PK\x03\x04rest



=== TEST 23: rules that say what they saw to the console do not disturb a scan
--- policy
yara_rules  $TEST_NGINX_HTML/a.yar;
match yara  flag;
--- user_files
>>> a.yar
import "console"
rule speaks { condition: console.log("size: ", filesize) and filesize > 0 }
--- uploads
200 flag|yara:a.yar:speaks  <- f|||x
--- no_error_log
[error]
[alert]



=== TEST 24: a policy that asks for yara and has no rules is an error
--- policy
match yara  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*yara_rules.* in \S+nginx\.conf:\d+/



=== TEST 25: rules that are not there are an error with the directive's place
--- policy
yara_rules  $TEST_NGINX_HTML/missing/*.yar;
match yara  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
qr/\[emerg\].*yara_rules "\S+missing\/\*\.yar": no such files in \S+nginx\.conf:\d+/
