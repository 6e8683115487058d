# What a policy says of a mistake: "nginx -t" fails and names the file, the
# line, the value that is wrong and what would be right.  What is right is
# accepted.  Mistakes in rules are in 23-yara.t, in lists in 26-bank.t, in the
# directives around a policy in 00-directives.t.

use strict;
use warnings;

use Test::More;

use ScreenServer;


# the bank and the rules are there for lines that need them

my $s = ScreenServer->new(
    stopped => 1,
    files   => { 'rules.yar' => 'rule never { condition: false }',
                 'list'      => '' },
    http    => 'screen_bank  b  file=list;',
);


# lines on their own in a file whose third line is the first of them

sub check
{
    my ($lines) = @_;

    $s->write('policy.inc', "screen_policy checked {\n\n$lines\n}\n");
    $s->configure(http => "screen_bank  b  file=list;\n"
                          . "include policy.inc;",
                  server => 'return 204;');

    return $s->command('-t');
}


sub refused
{
    my ($lines, $message, $at) = @_;

    my ($code, $text) = check($lines);

    $at //= 3;

    my ($emerg) = grep { /\[emerg\]/ } split /\n/, $text;

    subtest "refused: $lines" => sub {
        isnt $code, 0, 'nginx -t fails';
        like $emerg // $text, ref $message ? $message : qr/\Q$message\E/,
             'says what is wrong and what would be right';
        like $emerg // $text, qr/ in \S+policy\.inc:$at\z/, 'and where';
    };
}


sub accepted
{
    my ($lines) = @_;

    my ($code, $text) = check($lines);

    is $code, 0, "accepted: $lines" or diag $text;
}


# directives

refused('matches filename = x reject;',
        'unknown directive "matches" in screen_policy "checked": expected '
        . 'methods, max_size, multipart, yara_rules, yara_slow_rules, '
        . 'pattern_limits, media, match or on_error');
refused('methods;', 'invalid number of arguments in "methods" directive');
refused('methods GE(T;',
        'invalid method "GE(T" in "methods": expected names like POST');
refused('methods POST PUT POST;', 'duplicate method "POST" in "methods"');
refused("methods POST;\nmethods PUT;", '"methods" directive is duplicate', 4);
accepted('methods POST PROPPATCH M-SEARCH;');

refused('max_size;', 'invalid number of arguments in "max_size" directive');
refused('max_size 5x;', 'invalid size "5x" in "max_size": expected a size '
                        . 'like 512m, or 0 for no limit');
refused('max_size -1;', 'invalid size "-1"');
refused('max_size 5m 413;',
        'invalid parameter "413" in "max_size": expected reject=STATUS');
refused('max_size 5m reject=99;',
        'invalid status "reject=99" in "max_size": expected a number from '
        . '200 to 599');
refused('max_size 5m reject=413 x;', 'invalid number of arguments');
refused("max_size 1m;\nmax_size 2m;", '"max_size" directive is duplicate', 4);
accepted('max_size 0;');
accepted('max_size 512m reject=413;');

refused('multipart;', 'invalid number of arguments in "multipart" directive');
refused('multipart relaxed;', 'invalid value "relaxed" in "multipart": '
                              . 'expected strict or lenient');
refused('multipart strict parts=5;',
        'invalid parameter "parts=5" in "multipart": expected max_parts=, '
        . 'max_headers=, max_header_size= or max_depth=');
refused('multipart strict max_parts=0;',
        'invalid parameter "max_parts=0" in "multipart": expected a number '
        . 'from 1 to 100000');
refused('multipart strict max_headers=1001;',
        'expected a number from 1 to 1000');
refused('multipart strict max_header_size=511;',
        'expected a size from 512 to 1048576');
refused('multipart strict max_depth=8;', 'expected a number from 1 to 7');
refused('multipart strict max_depth=1 max_depth=2;',
        'duplicate parameter "max_depth=2" in "multipart"');
accepted('multipart lenient max_parts=5 max_headers=4 max_header_size=1m '
         . 'max_depth=7;');

refused('yara_rules "";',
        'invalid path "" in "yara_rules": expected a file, a folder or a '
        . 'pattern like /etc/nginx/screen/yara/*.yar');
refused("yara_rules rules.yar;\nyara_rules rules.yar;", 'duplicate path', 4);
refused('yara_rules missing.yar;',
        qr/yara_rules "\S+missing\.yar": No such file or directory/);
refused('yara_slow_rules maybe;', 'invalid value "maybe" in '
                                  . '"yara_slow_rules": expected allow or '
                                  . 'refuse');
refused("yara_slow_rules allow;\nyara_slow_rules allow;",
        '"yara_slow_rules" directive is duplicate', 4);
accepted('yara_slow_rules refuse;');

refused('pattern_limits 5;', 'invalid parameter "5" in "pattern_limits": '
                             . 'expected match= or heap=');
refused('pattern_limits match=99;', 'invalid parameter "match=99" in '
                                    . '"pattern_limits": expected a number '
                                    . 'from 100 to');
refused('pattern_limits heap=1;', 'expected a size from 1024 to 1073741824');
refused('pattern_limits match=100 match=200;',
        'duplicate parameter "match=200" in "pattern_limits"');
accepted('pattern_limits match=100 heap=1g;');

refused('on_error explosion=flag;',
        'unknown fault "explosion=flag" in "on_error": expected framing=, '
        . 'timeout=, crash=, overload=, incomplete= or stale=');
refused('on_error timeout;', 'unknown fault "timeout" in "on_error"');
refused('on_error timeout=flag timeout=log;',
        'duplicate fault "timeout" in "on_error"');
refused("on_error timeout=flag;\non_error crash=log timeout=log;",
        'duplicate fault "timeout" in "on_error"', 4);
refused('on_error crash=ignore;',
        'invalid action "ignore" of "crash" in "on_error": expected pass, '
        . 'log, flag, quarantine, reject or reject=STATUS');
refused('on_error crash=allow;', 'invalid action "allow" of "crash"');
refused('on_error crash=reject=700;',
        'invalid status "reject=700" in "on_error": expected a number from '
        . '200 to 599');
accepted("on_error framing=pass timeout=log;\non_error crash=flag "
         . 'overload=reject incomplete=reject=422;');


# match: its action

refused('match;', 'invalid number of arguments in "match" directive');
refused('match reject;', 'invalid number of arguments in "match" directive');
refused('match filename = x;', 'unknown action "x" in "match": expected '
                               . 'allow, reject, reject=STATUS, quarantine, '
                               . 'quarantine=STATUS, flag or log at the end');
refused('match filename = x block;', 'unknown action "block" in "match"');
refused('match filename = x pass;', 'unknown action "pass" in "match"');
refused('match filename = x reject=199;',
        'invalid status "reject=199" in "match": expected a number from 200 '
        . 'to 599');
refused('match filename = x reject=abc;', 'invalid status "reject=abc"');
refused('match filename = x quarantine=600;',
        'invalid status "quarantine=600" in "match"');


# match: its conditions

my $expected = 'expected bank=, yara, filename, field, content, type, size '
               . 'or parts';

refused('match colour = red flag;',
        qq(unknown condition "colour" in "match": $expected));
refused('match file~x flag;', qq(unknown condition "file~x" in "match"));
refused('match "" flag;', 'unknown condition ""');
refused('match filename flag;', '"filename" in "match" needs an operator and '
                                . 'a value: = != ~ ~* !~ !~*');
refused('match filename = flag;', '"filename" in "match" has no value before '
                                  . 'the action');
refused('match filename == x flag;',
        'unknown operator "==" in "filename" in "match": expected '
        . '= != ~ ~* !~ !~*');
refused('match filename > x flag;',
        'operator ">" cannot be used with "filename" in "match": expected '
        . '= != ~ ~* !~ !~*');
refused('match field < x flag;', 'operator "<" cannot be used with "field"');
refused('match filename ~ "a(b" flag;', qr/"a\(b".*missing closing paren/);
refused('match field="a b" flag;',
        'a value with a space in "field="a" in "match": put the quotes around '
        . 'the whole word');

refused('match size ~ 5 flag;', 'operator "~" cannot be used with "size" in '
                                . '"match": expected = != < <= > >=');
refused('match size>5x flag;', 'invalid value "5x" of "size" in "match": '
                               . 'expected a size like 10k or 5m');
refused('match parts>many flag;', 'invalid value "many" of "parts" in '
                                  . '"match": expected a number');
refused('match content = x flag;', 'operator "=" cannot be used with '
                                   . '"content" in "match": expected ~ ~*');
refused('match content ~ "[z-a]" flag;', qr/range out of order/);

refused('match type = jpeg flag;',
        'invalid type "jpeg" in "match": expected a media type like '
        . 'image/jpeg or image/*, or "type mismatch"');
refused('match type mismatch=all flag;',
        'unknown condition "type mismatch=all" in "match": expected type '
        . 'mismatch, type mismatch=header or type mismatch=extension');

refused('match bank flag;', '"bank" in "match" needs an operator');
refused('match bank~b flag;', 'operator "~" cannot be used with "bank" in '
                              . '"match": expected =');
refused('match bank=a/b flag;',
        'invalid bank name "a/b" in "match": expected letters, digits, "-", '
        . '"_" and "."');
refused('match bank=other flag;', 'unknown bank "other": no "screen_bank '
                                  . 'other" directive');
refused('match label=x flag;', '"label=x" in "match" must follow "bank="');
refused('match severity>=3 bank=b flag;', 'must follow "bank="');
refused('match bank=b severity>=11 flag;',
        'invalid value "11" of "severity" in "match": expected a number from '
        . '1 to 10');
refused('match bank=b signal=crc32 flag;',
        'unknown signal "crc32" in "match": expected sha256, sha1, md5, pdq '
        . 'or vpdq');
refused('match bank=b signal=pdq distance<=99 flag;',
        'invalid value "99" of "distance" in "match": expected a number of '
        . 'bits from 0 to 64');
refused('match bank=b distance<=31 reject;',
        '"distance" in "match" goes with signal=pdq or signal=vpdq');
refused('match bank=b signal=pdq query>=80 reject;',
        '"query" in "match" goes with signal=vpdq');
refused('media frames=none;', 'invalid parameter "frames=none" in "media": '
                              . 'expected a number from 1 to 20000');

refused('match yara flag;', '"match yara" without rules: screen_policy '
                            . '"checked" has no "yara_rules"');
refused("yara_rules rules.yar;\nmatch yara=x flag;",
        '"yara=x" in "match": "yara" takes no value, what refines it follows '
        . 'as a word of its own: tag=, rule=, namespace= or meta.KEY', 4);
refused("yara_rules rules.yar;\nmatch tag=x flag;",
        '"tag=x" in "match" must follow "yara"', 4);
refused("yara_rules rules.yar;\nmatch yara tag<5 flag;",
        'operator "<" cannot be used with "tag"', 4);
refused("yara_rules rules.yar;\nmatch yara meta=5 flag;",
        '"meta=5" in "match" names no meta: expected meta.KEY, an operator '
        . 'and a value', 4);
refused("yara_rules rules.yar;\nmatch yara meta.=5 flag;",
        'names no meta', 4);
refused("yara_rules rules.yar;\nmatch yara meta.severity>high flag;",
        'invalid number "high" of "meta.severity>high" in "match"', 4);


# what the documentation shows is accepted

accepted(<<'POLICY');
methods      POST PUT PATCH;
max_size     512m reject=413;
multipart    strict;
yara_rules   rules.yar;

match bank=b                                     allow;
match bank=b severity>=8                         reject=451;
match bank=b signal=sha256 severity>=8           reject=451;
match bank=b label=spam                          flag;
match bank=b "label=spring raid"                 flag;
match yara tag=webshell                          reject;
match yara meta.severity>=7                      reject;
match yara namespace~^public/ meta.severity>=7   flag;
match yara "meta.author~^The Team$"              log;
match yara                                       flag;
match filename ~* "\.(php\d?|phtml|phar)(\.|$)"  reject;
match filename ~ "\.svg$" size>1m                flag;
match field = avatar size>2m                     reject=413;
match field = photo type != image/*              reject=415;
match type = image/* field = avatar              allow;
match type = application/x-dosexec               reject;
match type mismatch                              flag;
match type mismatch=extension                    flag;
match content ~* "<\?php\s"                      flag;
match size>=1k size<5k                           log;
match parts>20                                   flag;
match parts>1 type = text/*                      log;

on_error     timeout=flag crash=flag overload=reject=503
             incomplete=flag framing=reject=400;
POLICY


# a mistake does not hide the others of its kind: all are in rules at once,
# and a configuration in force stays in force

{
    my $running = ScreenServer->new(workers => 1,
                                    policy => 'match filename = a reject;');

    $running->configure(policy => 'match filename = a rejekt;');
    $running->signal('HUP');

    ok $running->wait_for(sub { $running->error_log =~ /"rejekt"/ }, 10),
       'a reload tells of a mistake';

    my ($status) = $running->curl('-T', $running->write('a', 'x'),
                                  $running->url('/a'));

    is $status, 403, 'and keeps the configuration that was in force';
    is $running->stop, 0, 'no process is left';
}

done_testing;
