# The directives around a policy: syntax, defaults, inheritance, and what
# "nginx -t" says of a mistake.

use strict;
use warnings;

use File::Temp qw( tempdir );
use Test::Nginx::Socket 'no_plan';
use ScreenTest;

my $helpers = tempdir(CLEANUP => 1);

sub helper
{
    my ($name, $mode, $text) = @_;

    open my $out, '>', "$helpers/$name" or die "$helpers/$name: $!";
    print $out $text;
    close $out;
    chmod $mode, "$helpers/$name";
}

chmod 0755, $helpers;

helper('plain', 0644, "#!/bin/sh\n");
helper('silent', 0755, "#!/bin/sh\nexit 0\n");
helper('liar', 0755, "#!/bin/sh\necho OK\n");

# makes the real one believe that a module of version 0.0.0-other asks

helper('other', 0755, <<"END");
#!/usr/bin/perl
BEGIN { \$^F = 100 }
open my \$spec, '+<&=', 3 or die;
sysseek \$spec, 0, 0;
sysread \$spec, my \$text, -s \$spec;
\$text =~ s/\\d+\\.\\d+\\.\\d+/'9' x length \$&/e;
sysseek \$spec, 0, 0;
syswrite \$spec, \$text;
sysseek \$spec, 0, 0;
exec '$ENV{NGX_SCREEN}', \@ARGV;
END

$ENV{TEST_NGINX_HELPERS} = $helpers;
$ENV{TEST_NGINX_SCREEN} = $ENV{NGX_SCREEN};

no_shuffle();
run_tests();

__DATA__

=== TEST 1: without "screen" nothing is screened
--- policy
match filename ~ php  reject;
--- config
    location /up {
        try_files "" @ok;
    }
    location @ok { return 200 "[$screen_verdict]"; }
--- request
PUT /up/x.php
a
--- response_body: []
--- no_error_log
screen: upload



=== TEST 2: "screen" in a location screens its uploads
--- policy
match filename ~ php  reject;
--- config
    location /up {
        screen test;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /up/x.txt\na", "GET /up/x.php"]
--- error_code eval
[403, 200, 200]



=== TEST 3: "screen" of http is inherited by servers and locations
--- policy
match filename ~ php  reject;
--- http_config
    screen test;
--- config
    location /up { try_files "" @ok; }
    location @ok { return 200; }
--- request
PUT /up/x.php
a
--- error_code: 403



=== TEST 4: "screen" of a server is inherited, a location's own replaces it
--- policy
match filename ~ php  reject;
--- http_config
    screen_policy other {
        match filename ~ txt  reject=451;
    }
--- config
    screen test;
    location /up { try_files "" @ok; }
    location /other {
        screen other;
        try_files "" @ok;
        location /other/in { try_files "" @ok; }
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /up/x.txt\na",
 "PUT /other/x.php\na", "PUT /other/x.txt\na", "PUT /other/in/x.txt\na"]
--- error_code eval
[403, 200, 200, 451, 451]



=== TEST 5: "screen off" below a location that screens does not screen
--- early_answer
--- policy
match filename ~ php  reject;
--- config
    screen test;
    location /up {
        try_files "" @ok;
        location /up/off {
            screen off;
            try_files "" @ok;
            location /up/off/on { screen test; try_files "" @ok; }
        }
    }
    location @ok { add_header X-Verdict "[$screen_verdict]"; return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /up/off/x.php\na", "PUT /up/off/on/x.php\na"]
--- error_code eval
[403, 200, 403]
--- raw_response_headers_like eval
["403", qr/X-Verdict: \[\]/i, "403"]



=== TEST 6: "screen" works in an "if" in a location
--- early_answer
--- policy
match filename ~ php  reject;
--- config
    location /up {
        if ($http_x_screen) { screen test; }
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /up/x.php\na"]
--- more_headers eval
["", "X-Screen: 1"]
--- error_code eval
[200, 403]



=== TEST 7: a policy may stand behind what names it
--- config
    location /up { screen late; try_files "" @ok; }
    location @ok { return 200; }
--- http_config
    server {
        listen unix:$TEST_NGINX_HTML/first.sock;
        screen late;
    }
    screen_policy late {
        match filename ~ php  reject;
    }
--- request
PUT /up/x.php
a
--- error_code: 403



=== TEST 8: an unknown policy is an error with its place
--- policy
--- http_config
    include $TEST_NGINX_HTML/server.conf;
--- config
--- user_files
>>> server.conf
server {
    listen unix:$TEST_NGINX_HTML/s.sock;

    screen tset;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown screen policy "tset": no "screen_policy tset" block in .*/html/server.conf:4}



=== TEST 9: "screen" twice is a duplicate
--- policy
--- config
    location /up {
        screen test;
        screen off;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen" directive is duplicate in .*nginx.conf:\d+}



=== TEST 10: "screen" takes one value
--- policy
--- config
    location /up { screen test off; }
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "screen" directive in .*:\d+}



=== TEST 11: a variable chooses the policy; "off" and nothing mean none
--- early_answer
--- http_config
    screen_policy one { match filename ~ php  reject=451; }
    screen_policy two { match filename ~ php  reject=452; }
    map $http_x_tier $policy {
        default  "";
        one      one;
        two      two;
        off      off;
        wrong    thre;
    }
--- config
    location /up {
        screen $policy;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /up/x.php\na", "PUT /up/x.php\na",
 "PUT /up/x.php\na"]
--- more_headers eval
["X-Tier: one", "X-Tier: two", "X-Tier: off", "X-None: 1"]
--- error_code eval
[451, 452, 200, 200]



=== TEST 12: a value that is no policy is answered with 500, never passed
--- policy
--- http_config
    map $http_x_tier $policy {
        default  "";
        wrong    tset;
    }
--- config
    location /up {
        screen $policy;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request
PUT /up/x.txt
a
--- more_headers
X-Tier: wrong
--- error_code: 500
--- error_log
[error]
unknown screen policy "tset", evaluated from "$policy"



=== TEST 13: a value that is no policy does not hurt requests without a body
--- policy
--- config
    location /up {
        screen no-$arg_p;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request
GET /up/x.txt?p=such
--- error_code: 200



=== TEST 14: text and variables make up a policy's name
--- early_answer
--- http_config
    screen_policy tier-1 { match filename ~ php  reject=451; }
    screen_policy tier-2 { match filename ~ php  reject=452; }
--- config
    location /up {
        screen tier-$arg_tier;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php?tier=1\na", "PUT /up/x.php?tier=2\na",
 "PUT /up/x.php?tier=3\na"]
--- error_code eval
[451, 452, 500]



=== TEST 15: split_clients chooses a policy
--- policy
match filename ~ php  reject=451;
--- http_config
    split_clients $remote_addr $canary { 100% test; * off; }
    split_clients $remote_addr $others { *    off; }
--- config
    location /canary { screen $canary; try_files "" @ok; }
    location /others { screen $others; try_files "" @ok; }
    location @ok { return 200; }
--- request eval
["PUT /canary/x.php\na", "PUT /others/x.php\na"]
--- error_code eval
[451, 200]



=== TEST 16: screen_mode monitor lets pass what would be rejected
--- policy
match filename ~ php  reject=451;
max_size 3;
--- config
    location /up {
        screen test;
        screen_mode monitor;
        try_files "" @ok;
    }
    location @ok {
        return 200 "$screen_verdict $screen_action $screen_status $screen_bytes";
    }
--- request eval
["PUT /up/x.php\na", "PUT /up/x.txt\nabcd"]
--- response_body eval
["reject pass 451 1", "reject pass 413 4"]



=== TEST 17: screen_mode is inherited, and "enforce" ends it
--- policy
match filename ~ php  reject;
--- http_config
    screen_mode monitor;
--- config
    screen test;
    location /up { try_files "" @ok; }
    location /enforce {
        screen_mode enforce;
        try_files "" @ok;
    }
    location /if {
        if ($http_x_enforce) { screen_mode enforce; }
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request eval
["PUT /up/x.php\na", "PUT /enforce/x.php\na", "PUT /if/x.php\na",
 "PUT /if/x.php\na"]
--- more_headers eval
["", "", "", "X-Enforce: 1"]
--- error_code eval
[200, 403, 200, 403]



=== TEST 18: the log tells of monitor mode
--- policy
match filename ~ php  reject;
--- config
    location /up {
        screen test;
        screen_mode monitor;
        try_files "" @ok;
    }
    location @ok { return 200; }
--- request
PUT /up/x.php
a
--- error_log eval
qr/\[warn\] .*screen: upload [0-9a-f]{32} reject \(monitor, passed\) by policy "test": filename in .*nginx.conf:\d+, file "x.php"/



=== TEST 19: screen_mode knows two values
--- policy
--- config
    screen_mode strict;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "strict" in .*nginx.conf:\d+}



=== TEST 20: screen_mode twice is a duplicate
--- policy
--- config
    screen_mode monitor;
    screen_mode monitor;
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_mode" directive is duplicate in .*nginx.conf:\d+}



=== TEST 21: screen_retry_after takes a time
--- policy
--- config
    screen_retry_after soon;
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_retry_after" directive invalid value in .*nginx.conf:\d+}



=== TEST 22: screen_retry_after twice is a duplicate
--- policy
--- config
    screen_retry_after 1s;
    screen_retry_after 2s;
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_retry_after" directive is duplicate in .*nginx.conf:\d+}



=== TEST 23: screen_policy belongs into http
--- no_screen
--- config
    screen_policy x { }
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_policy" directive is not allowed here in .*nginx.conf:\d+}



=== TEST 24: two policies of one name are an error
--- policy
--- http_config
    screen_policy twice { }
    screen_policy twice { }
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*duplicate screen policy "twice" in .*nginx.conf:\d+}



=== TEST 25: a policy cannot be called "off"
--- http_config
    screen_policy off { }
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*a screen policy cannot be named "off" in .*nginx.conf:\d+}



=== TEST 26: an unknown directive of a policy is an error with its place
--- http_config
    include $TEST_NGINX_HTML/x.policy;
--- config
--- user_files
>>> x.policy
screen_policy x {
    methods  POST;

    matches  bank=local  reject;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"matches".* in .*/html/x.policy:4}



=== TEST 27: a mistake in a match line is an error with its place
--- http_config
    include $TEST_NGINX_HTML/x.policy;
--- config
--- user_files
>>> x.policy
screen_policy x {
    match filename ~ "(a"  reject;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*\(a.* in .*/html/x.policy:2}



=== TEST 28: a directive that may stand once in a policy is refused twice
--- http_config
    include $TEST_NGINX_HTML/x.policy;
--- config
--- user_files
>>> x.policy
screen_policy x {
    max_size 1m;
    max_size 2m;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*"max_size".* in .*/html/x.policy:3}



=== TEST 29: a policy that is not closed is an error
--- http_config
    include $TEST_NGINX_HTML/x.policy;
--- config
--- user_files
>>> x.policy
screen_policy x {
    methods POST;
--- must_die
--- error_log eval
qr{\[emerg\] .*unexpected end of file, expecting "\}" in .*/html/x.policy:\d+}



=== TEST 30: "include" works inside a policy, patterns too
--- early_answer
--- http_config
    screen_policy one {
        match filename ~ php  reject=451;
        include $TEST_NGINX_HTML/common/*.inc;
    }
    screen_policy two {
        include $TEST_NGINX_HTML/common/a.inc;
    }
--- config
    location /one { screen one; try_files "" @ok; }
    location /two { screen two; try_files "" @ok; }
    location @ok { return 200; }
--- user_files
>>> common/a.inc
match filename ~ aaa  reject=452;
>>> common/b.inc
match filename ~ bbb  reject=453;
--- request eval
["PUT /one/php\na", "PUT /one/aaa\na", "PUT /one/bbb\na",
 "PUT /two/php\na", "PUT /two/aaa\na", "PUT /two/bbb\na"]
--- error_code eval
[451, 452, 453, 200, 452, 200]



=== TEST 31: a mistake in an included line has the included file's place
--- http_config
    screen_policy one {
        include $TEST_NGINX_HTML/a.inc;
    }
--- config
--- user_files
>>> a.inc
match filename ~ aaa  reject=452;

match filename ~ bbb  rejekt;
--- must_die
--- error_log eval
qr{\[emerg\] .*rejekt.* in .*/html/a.inc:3}



=== TEST 32: an included file that is missing is an error
--- http_config
    screen_policy one {
        include $TEST_NGINX_HTML/none.inc;
    }
--- config
--- must_die
--- error_log
[emerg]
none.inc" failed (2: No such file or directory)



=== TEST 33: an unknown bank is an error with the place of the line
--- http_config
    include $TEST_NGINX_HTML/x.policy;
--- config
--- user_files
>>> x.policy
screen_policy x {
    match bank=locl  reject;
}
--- must_die
--- error_log eval
qr{\[emerg\] .*unknown bank "locl": no "screen_bank locl" directive in .*/html/x.policy:2}



=== TEST 34: screen_bank says where the list is
--- policy
--- http_config
    screen_bank local list=/etc/passwd;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid parameter "list=/etc/passwd" of bank "local": expected file=PATH, or redis and max_age=TIME in .*nginx.conf:\d+}



=== TEST 35: a bank without a list is an error
--- policy
--- http_config
    screen_bank local;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of arguments in "screen_bank" directive in}



=== TEST 36: two banks of one name are an error
--- policy
--- http_config
    screen_bank local file=a.csv;
    screen_bank local file=b.csv;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*duplicate screen bank "local" in .*nginx.conf:\d+}



=== TEST 37: a bank's name is one that a file can have
--- policy
--- http_config
    screen_bank ../local file=a.csv;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid bank name "../local": letters, digits}



=== TEST 38: a list that is missing is an error
--- policy
match bank=local  reject;
--- http_config
    screen_bank local file=$TEST_NGINX_HTML/none.csv;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*none\.csv}



=== TEST 39: a malformed line of a list is an error with its number
--- policy
match bank=local  reject;
--- http_config
    screen_bank local file=$TEST_NGINX_HTML/bad.csv;
--- config
--- user_files
>>> bad.csv
signal,value,label
sha256,2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824,ok
sha256,2cf24dba5fb0a30e26e8,short
--- must_die
--- error_log eval
qr{\[emerg\] .* in .*/html/bad.csv:3}



=== TEST 40: a relative list is one of nginx's configuration folder
--- policy
match bank=local  reject;
--- http_config
    screen_bank local file=../html/list.csv;
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- user_files
>>> list.csv
2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
--- request eval
["PUT /up/x\nhello", "PUT /up/x\nother"]
--- error_code eval
[403, 200]



=== TEST 41: screen_path that cannot be made is an error that names it
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_SCREEN;
    screen_path $TEST_NGINX_HTML/none/screen;
    screen_bank local file=$TEST_NGINX_HTML/list.csv;
    screen_policy test { match bank=local  reject; }
--- config
--- user_files
>>> list.csv
2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
--- must_die
--- error_log eval
qr{\[emerg\] .*mkdir\(\) ".*/html/none/screen" failed \(see "screen_path"\) \(2: No such file or directory\)}



=== TEST 42: without a bank screen_path is not needed
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_SCREEN;
    screen_path $TEST_NGINX_HTML/none/screen;
    screen_policy test { match filename ~ php  reject; }
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request
PUT /up/x.php
a
--- error_code: 403



=== TEST 43: screen_path twice is a duplicate
--- no_screen
--- http_config
    screen_path a;
    screen_path b;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_path" directive is duplicate in .*nginx.conf:\d+}



=== TEST 44: screen_helper that is missing is an error that names it
--- no_screen
--- http_config
    screen_helper /nonexistent/ngx-screen;
    screen_policy test { }
--- config
--- must_die
--- error_log eval
[qr{\[alert\] .*starting "/nonexistent/ngx-screen compile" failed \(2: No such file or directory\)},
 qr{\[emerg\] .*"/nonexistent/ngx-screen" is needed to compile the rules \(see "screen_helper"\)}]



=== TEST 45: screen_helper that is not executable is an error
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_HELPERS/plain;
    screen_policy test { }
--- config
--- must_die
--- error_log eval
[qr{\[alert\] .*starting ".*/plain compile" failed \(13: Permission denied\)},
 qr{\[emerg\] .*".*/plain" is needed to compile the rules \(see "screen_helper"\)}]



=== TEST 46: screen_helper of another version is an error that names both
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_HELPERS/other;
    screen_policy test { }
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*the module is of version 9+ and ngx-screen of version \d+\.\d+\.\d+}



=== TEST 47: screen_helper that says nothing is an error
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_HELPERS/silent;
    screen_policy test { }
--- config
--- must_die
--- error_log
[emerg]
compiling rules and banks ended unexpectedly



=== TEST 48: screen_helper that compiled nothing is an error
--- no_screen
--- http_config
    screen_helper $TEST_NGINX_HELPERS/liar;
    screen_policy test { }
--- config
--- must_die
--- error_log
[emerg]
the compiled rules are not sealed



=== TEST 49: screen_helper twice is a duplicate
--- no_screen
--- http_config
    screen_helper a;
    screen_helper b;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_helper" directive is duplicate in .*nginx.conf:\d+}



=== TEST 50: without a policy the companion is not needed
--- no_screen
--- http_config
    screen_helper /nonexistent/ngx-screen;
    screen_scanners 2;
    screen off;
    screen_mode monitor;
--- config
    location /up { try_files "" @ok; }
    location @ok { return 200 "[$screen_verdict][$screen_id]"; }
--- request
PUT /up/x.php
a
--- response_body: [][]



=== TEST 51: screen_scanners takes 1 to 1024
--- no_screen
--- http_config
    screen_scanners 0;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid number of scanners "0": expected 1 to 1024 in .*nginx.conf:\d+}



=== TEST 52: screen_scanners knows its parameters
--- no_screen
--- http_config
    screen_scanners 1 time=5s;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid parameter "time=5s": expected timeout= \(1ms to 1h\), memory= \(8m or more\), queue= \(1 to 65535\), jobs= \(1 or more\) or start= \(0 to 1h\) in .*nginx.conf:\d+}



=== TEST 53: screen_scanners refuses a timeout of nothing
--- no_screen
--- http_config
    screen_scanners 1 timeout=0;
--- config
--- must_die
--- error_log
[emerg]
invalid parameter "timeout=0"



=== TEST 54: screen_scanners refuses too little memory
--- no_screen
--- http_config
    screen_scanners 1 memory=7m;
--- config
--- must_die
--- error_log
[emerg]
invalid parameter "memory=7m"



=== TEST 55: screen_scanners refuses a queue for nobody
--- no_screen
--- http_config
    screen_scanners 1 queue=0;
--- config
--- must_die
--- error_log
[emerg]
invalid parameter "queue=0"



=== TEST 56: screen_scanners refuses scanners for no job
--- no_screen
--- http_config
    screen_scanners 1 jobs=none;
--- config
--- must_die
--- error_log
[emerg]
invalid parameter "jobs=none"



=== TEST 57: screen_scanners twice is a duplicate
--- no_screen
--- http_config
    screen_scanners 1;
    screen_scanners 2;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"screen_scanners" directive is duplicate in .*nginx.conf:\d+}



=== TEST 58: screen_scanners' parameters are accepted together
--- policy
match content ~ evil  reject;
--- scanners: 2 timeout=20s memory=64m queue=16 jobs=2 start=30s
--- config
    location /up { screen test; try_files "" @ok; }
    location @ok { return 200; }
--- request eval
["PUT /up/x\nevil", "PUT /up/x\ngood", "PUT /up/x\nevil", "PUT /up/x\ngood",
 "PUT /up/x\nevil", "PUT /up/x\ngood"]
--- error_code eval
[403, 200, 403, 200, 403, 200]



=== TEST 59: screen_sandbox is required or best_effort
--- no_screen
--- http_config
    screen_sandbox off;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "off" in .*nginx.conf:\d+}



=== TEST 60: screen_scanners waits for an hour at most
--- no_screen
--- http_config
    screen_scanners 1 start=61m;
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid parameter "start=61m": expected .* or start= \(0 to 1h\) in .*nginx.conf:\d+}
