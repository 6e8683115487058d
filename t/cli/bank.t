#!/usr/bin/perl

# ngx-screen bank build | lookup | stat

use strict;
use warnings;

use Digest::SHA qw(sha256_hex sha1_hex);
use File::Temp qw(tempdir);
use Test::More;

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';

plan skip_all => "no $screen" unless -x $screen;

my $dir = tempdir(CLEANUP => 1);


sub put {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die "$dir/$name: $!";
    print $fh $text;
    close $fh or die "$dir/$name: $!";

    return "$dir/$name";
}


# status, standard output, standard error

sub run {
    my ($stdin, @args) = @_;

    my $in = put('stdin', $stdin);

    my $pid = fork() // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', $in or die;
        open STDOUT, '>', "$dir/stdout" or die;
        open STDERR, '>', "$dir/stderr" or die;
        exec $screen, 'bank', @args or die "exec $screen: $!";
    }

    waitpid $pid, 0;

    my $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;

    return ($status, map {
        open my $fh, '<', "$dir/$_" or die;
        local $/;
        scalar <$fh> // '';
    } qw(stdout stderr));
}


my $bad = put('bad.bin', "known bad content\n");
my $good = put('good.bin', "unknown content\n");
my $sha256 = sha256_hex("known bad content\n");
my $sha1 = sha1_hex("known bad content\n");
my $other = sha256_hex("unknown content\n");
my $later = sha256_hex('later');

my $list = put('list.csv', <<"EOF");
signal,value,label,source,severity,expires
sha256,$sha256,"terror, violent",gifct,9,
sha256,$later,old,,,2001-01-01
sha1,$sha1,by sha1,,1,2999-12-31T23:59:59Z
EOF

my $bank = "$dir/list.bank";
my ($status, $out, $err);


# build

($status, $out, $err) = run('', 'build', $list, '-o', $bank);
is($status, 0, 'build ends with 0');
like($out, qr/^\Q$bank\E: 3 entries \(2 sha256, 1 sha1\), /,
    'build says what it made');
is($err, '', 'build has nothing on the standard error');

($status, $out, $err) = run('', 'build', '-q', $list, '--output', $bank);
is("$status$out$err", '0', 'a quiet build replaces a bank');

put('wrong.csv', "signal,value\nsha256,zz12\n");
my @before = stat $bank;

($status, $out, $err) = run('', 'build', "$dir/wrong.csv", '-o', $bank);
is($status, 3, 'a wrong list ends with 3');
is($err, "ngx-screen bank: $dir/wrong.csv:2: \"zz12\" is not a sha256: "
    . "64 hexadecimal digits expected\n", 'the error names file and line');
is((stat $bank)[1], $before[1], 'the bank is the one it was');

($status, $out, $err) = run('', 'build', $list, '-o', $list);
is($status, 3, 'a list is not overwritten');
like($err, qr/is there and is not a bank file: not replaced/,
    'the error says why');

($status, $out, $err) = run('', 'build', $list);
is($status, 3, 'build without -o ends with 3');
like($err, qr/-o FILE/, 'the error says what is missing');

($status, $out, $err) = run('', 'build', '-o', $bank);
is($status, 3, 'build without a list ends with 3');

my $sums = put('sums', "$other  good.bin\n");

($status, $out, $err) = run('', 'build', $list, $sums, '-o', "$dir/two.bank");
is($status, 0, 'two lists make a bank');
like($out, qr/: 4 entries \(3 sha256, 1 sha1\)/, 'of the entries of both');


# lookup

my $found = "sha256\t$sha256\tterror, violent\tgifct\t9\n";

for my $file ($bank, $list) {
    ($status, $out, $err) = run('', 'lookup', $file, $sha256);
    is($status, 0, 'found: 0');
    is($out, $found, 'the entry is printed');

    ($status, $out, $err) = run('', 'lookup', '--file', $file, uc $sha256);
    is("$status $out", "0 $found", '--file, in upper case');

    ($status, $out, $err) = run('', 'lookup', $file, $sha256, $other, $sha1);
    is($status, 1, 'some not found: 1');
    is($out, "$found" . "sha256\t$other\tnot found\n"
        . "sha1\t$sha1\tby sha1\t\t1\n", 'a line for each');

    ($status, $out, $err) = run('', 'lookup', $file, $later);
    is("$status $out", "1 sha256\t$later\tnot found\n",
        'an expired entry is not found');
}

($status, $out, $err) = run("$sha256  x\n# no hash\n\n$other\n", 'lookup',
    $bank, '-');
is("$status $out", "1 ${found}sha256\t$other\tnot found\n",
    'hashes from the standard input');

($status, $out, $err) = run("$sha256\nwrong\n", 'lookup', $bank, '-');
is("$status $out", "3 $found", 'a wrong line on the standard input: 3');
like($err, qr/standard input:2: "wrong" is not a hash/, 'the line is named');

($status, $out, $err) = run('', 'lookup', $bank, 'wrong', $sha256);
is("$status $out", "3 $found", 'a wrong argument: 3, the rest is looked up');
like($err, qr/"wrong" is not a hash/, 'the argument is named');

($status, $out, $err) = run('', 'lookup', '--signal', 'md5', $bank, $sha256);
is($status, 3, 'a value that is not of the signal asked for: 3');

($status, $out, $err) = run('', 'lookup', '--signal', 'md6', $bank, $sha256);
is($status, 3, 'an unknown signal: 3');
like($err, qr/sha256, sha1, md5, pdq or vpdq expected/,
    'the known ones are named');

($status, $out, $err) = run('', 'lookup', $bank, '--content', $bad);
is($status, 0, 'known content: 0');
is($out, "sha1\t$sha1\tby sha1\t\t1\t$bad\n"
    . "sha256\t$sha256\tterror, violent\tgifct\t9\t$bad\n",
    'by each signal of the bank');

($status, $out, $err) = run('', 'lookup', $bank, '--content', $bad, $good);
is($status, 1, 'one of two files unknown: 1');
like($out, qr/^sha256\t$other\tnot found\t\Q$good\E$/m, 'it is named');

($status, $out, $err) = run('', 'lookup', $bank, '--content', "$dir/none");
is($status, 3, 'a file that is not there: 3');
like($err, qr/none: cannot be opened: No such file/, 'it is named');

($status, $out, $err) = run('', 'lookup', "$dir/none", $sha256);
is($status, 3, 'a bank that is not there: 3');

($status, $out, $err) = run('', 'lookup', $bank);
is($status, 3, 'no hash: 3');


# stat

($status, $out, $err) = run('', 'stat', $bank);
is($status, 0, 'stat ends with 0');
like($out, qr/^entries:  3\n  sha256: 2\n  sha1:   1\n/m, 'entries');
like($out, qr/^size:     ${\ -s $bank} bytes/m, 'size');
like($out, qr/^built:    \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m, 'built');
like($out, qr/^origin:   a list of ${\ -s $list} bytes, modified /m,
    'origin');

($status, $out, $err) = run('', 'stat', $list);
like($out, qr/^entries:  3\n/m, 'stat of a list');

($status, $out, $err) = run('', 'stat', "$dir/two.bank");
like($out, qr/^origin:   more than one list$/m, 'origin of two lists');

open my $fh, '+<', $bank or die;
truncate $fh, 200;
close $fh;

($status, $out, $err) = run('', 'stat', $bank);
is($status, 3, 'a truncated bank: 3');
like($err, qr/\Q$bank\E: is damaged: .* build it again/, 'it says so');


# help

for my $sub ([], ['build'], ['lookup'], ['stat']) {
    ($status, $out, $err) = run('', @$sub, '--help');
    is("$status$err", '0', "@$sub --help: 0");
    like($out, qr/^usage: ngx-screen bank /, 'on the standard output');
}

($status, $out, $err) = run('', 'frobnicate');
is($status, 3, 'an unknown subcommand: 3');
like($err, qr/"frobnicate" is not a subcommand/, 'it is named');

($status, $out, $err) = run('', 'stat', '--frobnicate', $bank);
is($status, 3, 'an unknown option: 3');

done_testing();
