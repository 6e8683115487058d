#!/usr/bin/perl

# ngx-screen scan | check: verdicts and facts of real files, mistakes in rules
# and policies, content that hangs or kills a scanner

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;
use Time::HiRes qw(time sleep);

use lib 't/lib';
use ScreenFile qw(slurp);

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';

plan skip_all => "no $screen" unless -x $screen;

my $dir = tempdir(CLEANUP => 1);
my $slow = $ENV{SCREEN_SLOW} || 1;

# scanners are not root, and read the rules through descriptors only

chmod 0755, $dir;

# others of this machine have folders, too

$ENV{TMPDIR} = "$dir/tmp";
mkdir $ENV{TMPDIR} or die "$ENV{TMPDIR}: $!";


sub put {
    my ($name, $text) = @_;

    my ($folder) = "$dir/$name" =~ m{^(.*)/};
    make_path($folder);

    open my $fh, '>:raw', "$dir/$name" or die "$dir/$name: $!";
    print $fh $text;
    close $fh or die "$dir/$name: $!";

    return "$dir/$name";
}


sub start {
    my (@args) = @_;

    my $pid = fork() // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/stdout" or die;
        open STDERR, '>', "$dir/stderr" or die;
        exec $screen, @args or die;
    }

    return $pid;
}


# status, standard output, standard error

sub finish {
    my ($pid) = @_;

    waitpid $pid, 0;

    return ($? >> 8, slurp("$dir/stdout"), slurp("$dir/stderr"));
}


sub run {
    return finish(start(@_));
}


# the processes of a pool by their name, below the command that started it

sub pool {
    my ($command, $name) = @_;

    my (%parent, @found);

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $fh, '<', $stat or next;
        my $line = <$fh> // next;

        $line =~ /^(\d+) \((.*)\) \S (\d+)/ or next;
        $parent{$1} = $3;
        push @found, $1 if $2 eq $name;
    }

    return grep {
        my $up = $parent{$_};
        $up == $command || ($parent{$up} // 0) == $command;
    } @found;
}


# seconds of a CPU that a process has had for its own code

sub cpu {
    my ($process) = @_;

    open my $fh, '<', "/proc/$process/stat" or return 0;
    my @fields = split ' ', (<$fh> // '') =~ s/^.*\) //sr;

    return ($fields[11] // 0) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}


sub await {
    my ($code) = @_;

    for (1 .. 2000 * $slow) {
        my @got = $code->();
        return @got if @got;
        sleep 0.01;
    }

    return;
}


my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!'
            . '$H+H*';

my $png = pack 'H*', '89504e470d0a1a0a0000000d49484452000000010000000108060000'
          . '001f15c4890000000d49444154789c6360606060000000050001a5f645400000'
          . '000049454e44ae426082';

my $f_eicar = put('eicar.com', $eicar);
my $f_shell = put('shell.php', "<?php eval(\$_POST['x']); ?>\n");
my $f_png = put('photo.png', $png);
my $f_empty = put('empty', '');
my $f_bad = put('bad.bin', "known bad content\n");
my $f_text = put('letter.txt', "five: AB AB AB AB AB, included, forbidden\n");
my $f_elf = put('tool', slurp('/bin/true'));

put('bad.sha256', sha256_hex("known bad content\n") . "  the-bad-one\n");

put('rules/php.yar', <<'END');
rule webshell_eval : webshell php {
    meta:
        severity = 8
        author = "somebody"
    strings:
        $a = "eval($_POST"
    condition:
        $a and extension == ".php" and filename == "shell.php"
        and filetype == "PHP" and owner == ""
}
private rule helper { condition: filesize > 0 }
rule counted {
    strings:
        $a = "AB"
    condition:
        helper and #a == 5 and @a[5] == 18
}
END

put('rules/sub/malware.yara', <<'END');
include "../more.inc"
import "magic"
rule eicar : malware {
    strings:
        $e = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR"
    condition:
        $e at 0
}
rule magic_elf { condition: magic.type() startswith "ELF" }
END

put('rules/more.inc', 'rule by_include { strings: $a = "included" '
                      . 'condition: $a }');
put('rules/ignored.txt', 'this is no rule');

my $policy = put('uploads.policy', <<'END');
screen_bank      local file=bad.sha256;
screen_scanners  2 timeout=5s memory=128m;

screen_policy uploads {
    yara_rules rules;
    match bank=local reject=451;
    match yara tag=webshell reject;
    match yara tag=malware reject=422;
    match yara flag;
    match content ~ "for[b]idden" flag;
    on_error timeout=flag crash=flag incomplete=flag;
}
END

my ($rc, $out, $err, $time, $pid);


# verdicts and facts

($rc, $out, $err) = run('scan', '--policy', $policy, $f_png);
is $rc, 0, 'a clean file: the exit status is 0';
like $out, qr/^\Q$f_png\E  pass$/m, 'a clean file passes';
like $out, qr/sha256 +\Q@{[sha256_hex $png]}\E/, 'its digest is told';
like $out, qr{type +image/png$}m, 'its type is told';
is $err, '', 'nothing else is said';

($rc, $out) = run('scan', '--policy', $policy, $f_empty);
is $rc, 0, 'an empty file passes';
like $out, qr{type +inode/x-empty}, 'it is known to be empty';

($rc, $out) = run('scan', '--policy', $policy, $f_shell);
is $rc, 2, 'a web shell: the exit status is 2';
like $out, qr{^\Q$f_shell\E  reject  yara:php.yar:webshell_eval  403$}m,
    'a web shell is rejected by rule; externals are as rules expect';
like $out, qr{webshell_eval #webshell #php severity=8 author="somebody"},
    'tags and meta are told';

($rc, $out) = run('scan', '--policy', $policy, $f_eicar);
like $out, qr{reject  yara:sub/malware.yara:eicar  422},
    'the namespace is the path below the named folder';

($rc, $out) = run('scan', '--policy', $policy, $f_bad);
like $out, qr{reject  bank:local:the-bad-one  451}, 'a known file is rejected';
unlike $out, qr{type }, 'and never scanned';

($rc, $out) = run('scan', '--policy', $policy, $f_text);
is $rc, 1, 'flagged: the exit status is 1';
like $out, qr{yara +php.yar:counted}, 'matches are counted, all of them';
like $out, qr{yara +sub/malware.yara:by_include}, 'includes are followed';
like $out, qr{content +for\[b\]idden}, 'content patterns match';
unlike $out, qr{helper}, 'private rules are not told';

($rc, $out) = run('scan', '--policy', $policy, $f_elf);
like $out, qr{magic_elf}, 'the magic module works in the sandbox';

($rc, $out) = run('scan', '--policy', $policy, '--json', $f_png, $f_shell);
is scalar(() = $out =~ /^\{.*\}$/mg), 2, 'JSON: an object a line';
like $out, qr{"rule":"webshell_eval","tags":\["webshell","php"\]},
    'JSON: with the facts';

($rc, $out, $err) = run('scan', '--policy', $policy, "$dir/none", $f_png);
is $rc, 3, 'a file that is not there: the exit status is 3';
like $err, qr{none: No such file}, 'and it is named';
like $out, qr{photo.png  pass}, 'the others are scanned all the same';

($rc, $out, $err) = run('check', '--policy', $policy);
is $rc, 0, 'check: a good policy';

is_deeply [glob "$ENV{TMPDIR}/*"], [],
    'no folder is left behind';


# mistakes

put('bad/a.yar', "rule a {\n    condition: nonsense\n}\n");
put('bad/b.yar', "rule ok { condition: true }\n");
put('bad/c.yar', "rule c {\n\n    condition: \$x\n}\n");
put('bad/slow.yar', "rule s {\n    strings:\n        \$a = /A+/\n"
                    . "    condition: \$a\n}\n");

sub policy {
    my ($lines) = @_;

    return put('other.policy', "screen_scanners 1 timeout=${slow}s;\n"
               . "screen_policy p {\n$lines\n    match yara flag;\n"
               . "    on_error timeout=flag crash=flag incomplete=flag;\n}\n");
}

($rc, $out, $err) = run('check', '--policy', policy('yara_rules bad;'));
is $rc, 3, 'check: bad rules';
like $err, qr{bad/a\.yar:2: .*nonsense}, 'an error has its file and line';
like $err, qr{bad/c\.yar:[34]: }, 'those of other files are told as well';
like $err, qr{bad/slow\.yar:3: .*slow down.*yara_slow_rules allow},
    'a slow rule is an error that says what would be right';
unlike $err, qr{bad/b\.yar}, 'a good file is not blamed';

($rc, $out, $err) = run('check', '--policy',
                        policy('yara_rules nowhere/*.yar;'));
like $err, qr{other\.policy:3: .*nowhere}, 'rules that are not there';

put('in/a.yar', qq{include "../bad/b.yar"\n});
put('in/sub/b.yar', qq{include "missing.inc"\n});
($rc, $out, $err) = run('check', '--policy', policy('yara_rules in;'));
like $err, qr{in/a\.yar:1: .*leaves the rules' folder},
    'an include does not leave the folder';
like $err, qr{in/sub/b\.yar:1: include "missing\.inc": No such file},
    'an include that is missing is named';

($rc, $out, $err) = run('check', '--policy',
                        policy('match content ~ "a(b" flag;'));
is $rc, 3, 'a pattern that does not compile';
like $err, qr{other\.policy:3: }, 'is told with its place';

put('broken.csv', "signal,value\nsha256,nonsense\n");
put('bank.policy', "screen_bank b file=broken.csv;\n"
                   . "screen_policy p { match bank=b reject; }\n");
($rc, $out, $err) = run('check', '--policy', "$dir/bank.policy");
like $err, qr{broken\.csv:2: }, 'a list with a mistake: file and line';

put('two.policy', "screen_policy a { match size>1k flag; }\n"
                  . "screen_policy b { match size>1k flag; }\n");
($rc, $out, $err) = run('scan', '--policy', "$dir/two.policy", $f_png);
is $rc, 3, 'several policies and no name';
like $err, qr{--name: a b}, 'the names are listed';
($rc, $out, $err) = run('scan', '--policy', "$dir/two.policy", '--name', 'b',
                        $f_png);
is $rc, 0, 'one of several by its name';

put('nginx.conf', "events { }\nhttp {\n    sendfile on;\n"
                  . "    include uploads.policy;\n"
                  . "    server { listen 80; location / { screen uploads; } }"
                  . "\n}\n");
($rc, $out, $err) = run('check', '--policy', "$dir/nginx.conf");
is $rc, 0, 'a whole nginx configuration does as well';

($rc, $out, $err) = run('nonsense');
is $rc, 3, 'an unknown command';
like $err, qr{unknown command "nonsense"}, 'is named';


# content that hangs a scanner

put('hang/hang.yar', 'rule hang { strings: $a = /A+/ '
                     . 'condition: #a > 100000 }');
put('hang/eicar.yar', slurp("$dir/rules/sub/malware.yara") =~ s/^include.*//r);

my $f_hang = put('hang.bin', 'A' x 6000);
my $hang = policy('yara_rules hang; yara_slow_rules allow;');

$time = time;
($rc, $out, $err) = run('scan', '--policy', $hang, $f_hang, $f_eicar);
$time = time - $time;

like $out, qr{hang\.bin  error  timeout}, 'a rule that hangs: timeout';
cmp_ok $time, '<', 3 * $slow, 'at the deadline';
like $err, qr{scanner \d+ was ended at the deadline}, 'the scanner is ended';
like $out, qr{eicar\.com  flag  yara:eicar\.yar:eicar},
    'and another one scans the next file';


# a scanner, or the supervisor, that is killed

my $long = put('long.policy', slurp($hang) =~ s/timeout=\d+s/timeout=60s/r);

$pid = start('scan', '--policy', $long, $f_hang, $f_eicar);

# one that is just starting needs less of a CPU than a second

my ($victim) = await(sub {
    grep { cpu($_) > 1 } pool($pid, 'screen-scanner')
});

ok $victim, 'a scanner is at work';

my ($uid) = slurp("/proc/$victim/status") =~ /^Uid:\s+(\d+)/m;
cmp_ok $uid, '!=', 0, 'it is not root';
like slurp("/proc/$victim/status"), qr{^Seccomp:\s+2}m, 'it is sandboxed';
like slurp("/proc/$victim/status"), qr{^CapEff:\s+0+$}m,
    'it has no capabilities';

kill 'KILL', $victim;
($rc, $out, $err) = finish($pid);

like $out, qr{hang\.bin  error  crash}, 'killed: its job is a crash';
like $out, qr{eicar\.com  flag}, 'another scanner has taken its place';
like $err, qr{scanner $victim was ended by SIGKILL}, 'which is logged';

# the scanners end what they have, and others are started for what waits

$pid = start('scan', '--policy', $hang, $f_hang, $f_eicar);

my ($supervisor) = await(sub {
    pool($pid, 'screen-scanner') ? pool($pid, 'screen-super') : ()
});

my @scanners = pool($pid, 'screen-scanner');

kill 'KILL', $supervisor;
($rc, $out, $err) = finish($pid);

like $out, qr{hang\.bin  error  timeout}, 'a job goes on without it';
like $out, qr{eicar\.com  flag}, 'and another supervisor takes its place';
like $err, qr{supervisor of the scanners was killed}, 'which is told';

my @left = await(sub { (grep { -e "/proc/$_" } @scanners) ? () : 'none' });
is_deeply \@left, ['none'], 'scanners do not outlive their supervisor';


done_testing();
