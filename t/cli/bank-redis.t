#!/usr/bin/perl

# ngx-screen bank add | remove | import | sync | export | list | lookup |
# stat | confirm, with --redis and --file

use strict;
use warnings;

use Digest::SHA qw(sha256_hex sha1_hex);
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenRedis;

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';

plan skip_all => "no $screen" unless -x $screen;
plan skip_all => 'no redis-server' unless ScreenRedis::available();

my $dir = tempdir(CLEANUP => 1);
my $redis = ScreenRedis->new;
my @to = ('--redis', $redis->socket);


sub put {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die "$dir/$name: $!";
    print $fh $text;
    close $fh or die "$dir/$name: $!";

    return "$dir/$name";
}


sub get {
    my ($name) = @_;

    open my $fh, '<', $name or die "$name: $!";
    local $/;

    return scalar <$fh> // '';
}


# status, standard output, standard error

sub run {
    my (@args) = @_;

    my $pid = fork() // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null' or die;
        open STDOUT, '>', "$dir/stdout" or die;
        open STDERR, '>', "$dir/stderr" or die;
        exec $screen, 'bank', @args or die "exec $screen: $!";
    }

    waitpid $pid, 0;

    my $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;

    return ($status, get("$dir/stdout"), get("$dir/stderr"));
}


sub key { "screen:bank:$_[0]:$_[1]:" . substr $_[2], 0, 2 }
sub changes { $redis->cli('XLEN', "screen:bank:$_[0]:changes") }


my ($one, $two, $three) = map { sha256_hex($_) } qw( one two three );
my $sha1 = sha1_hex('one');
my ($status, $out, $err);


# add

($status, $out, $err) = run('add', @to, 'a', $one, uc $two, $sha1,
    '--label', 'a "label", ü', '--source', 'us', '--severity', '7',
    '--expires', '2999-12-31');
is("$status $out", "0 3 added, 0 changed, 0 unchanged\n", 'three are added');
is($err, '', 'nothing on the standard error');

like($redis->cli('HGET', key('a', 'sha256', $one), $one),
    qr/^\{"label":"a \\"label\\", ü","source":"us","severity":7,"added":\d+,/,
    'the hash has the JSON');
is($redis->cli('HEXISTS', key('a', 'sha256', $two), $two), 1,
    'a value in upper case is kept in lower case');
is($redis->cli('HEXISTS', key('a', 'sha1', $sha1), $sha1), 1,
    'the signal is told by the length');
is(changes('a'), 3, 'the stream has a change for each');

my $last = $redis->cli('XREVRANGE', 'screen:bank:a:changes', '+', '-',
    'COUNT', '1');
like($last, qr/op\nadd\nsignal\nsha1\nvalue\n$sha1\ndata\n\{.*\}/,
    'with op, signal, value and data');

($status, $out) = run('add', @to, 'a', $one, $two, '--label',
    'a "label", ü', '--source', 'us', '--severity', '7', '--expires',
    '2999-12-31');
is("$status $out", "0 0 added, 0 changed, 2 unchanged\n",
    'to add them again changes nothing');
is(changes('a'), 3, 'and the stream has nothing new');

($status, $out) = run('add', @to, 'a', $one, '--label', 'other', '-n');
is("$status $out", "0 would be: 0 added, 1 changed, 0 unchanged\n",
    '--dry-run tells what would be');
is(changes('a'), 3, 'and writes nothing');

($status, $out) = run('add', @to, 'a', $one, '--label', 'other');
is($out, "0 added, 1 changed, 0 unchanged\n", 'a label is changed');

($status, $out, $err) = run('add', @to, 'a', $three, 'zz');
is($status, 3, 'a wrong hash ends with 3');
like($err, qr/"zz" is not a hash/, 'it is named');
is($redis->cli('HEXISTS', key('a', 'sha256', $three), $three), 0,
    'and nothing was written');

($status, $out, $err) = run('add', @to, 'a:b', $one);
like("$status $err", qr/^3 .*"a:b" is not the name of a bank/,
    'a wrong name of a bank is named');

($status, $out, $err) = run('add', @to, 'a', '0' x 64);
is($status, 3, 'a value of zeros is refused');

($status, $out, $err) = run('add', 'a', $one);
like("$status $err", qr/^3 .*no --redis ADDRESS/, 'without --redis');

($status, $out, $err) = run('add', @to, 'a', $one, '--severity', '11');
is($status, 3, 'a severity of 11 is refused');

($status, $out, $err) = run('add', '--redis', "unix:$dir/none", 'a', $one);
like("$status $err", qr/^3 .*unix:\Q$dir\E\/none: cannot be reached/,
    'a server that is not there is named');

($status, $out, $err) = run('add', '--redis', 'host:99999', 'a', $one);
like("$status $err", qr/^3 .*"host:99999" in "--redis"/,
    'a wrong address is named');


# lookup, list, stat, export

($status, $out) = run('lookup', @to, 'a', $one, $three);
is("$status $out", "1 sha256\t$one\tother\t\t0\nsha256\t$three\tnot found\n",
    'lookup');

($status, $out) = run('stat', @to, 'a');
like($out, qr/^bank:     a\nentries:  3\n  sha256: 2\n  sha1:   1\n/, 'stat');
like($out, qr/^changes:  4, the last at 20\d\d-.*Z$/m, 'and its changes');

run('add', @to, 'b', $three, '-q');

($status, $out) = run('list', @to);
is("$status $out", "0 a\t3\nb\t1\n", 'the banks are listed');

my $sorted = join '', map { "$_\n" } sort
    "sha256,$one,other,,,",
    "sha256,$two,\"a \"\"label\"\", ü\",us,7,2999-12-31T00:00:00Z";
my $csv = "signal,value,label,source,severity,expires\n$sorted"
    . "sha1,$sha1,\"a \"\"label\"\", ü\",us,7,2999-12-31T00:00:00Z\n";

($status, $out) = run('list', @to, 'a');
is($out, $csv, 'the entries of a bank are listed');

($status, $out) = run('export', @to, 'a', '-o', "$dir/a.csv");
is("$status $out", '0 ', 'export to a file');
is(get("$dir/a.csv"), $csv, 'as a list');

($status, $out) = run('build', "$dir/a.csv", '-o', "$dir/a.bank");
like($out, qr/: 3 entries \(2 sha256, 1 sha1\)/, 'that a bank is built of');

($status, $out) = run('export', '--file', "$dir/a.bank");
is("$status $out", "0 $csv", 'export of a bank file');


# import, twice

my $list = put('list.csv', "value,label\n"
    . join '', map { sha256_hex("n$_") . ",l$_\n" } 1 .. 2500);

($status, $out) = run('import', @to, 'c', $list, '-n');
is($out, "would be: 2500 added, 0 changed, 0 unchanged\n", 'a dry import');
is(changes('c'), 0, 'writes nothing');

($status, $out) = run('import', @to, 'c', $list);
is("$status $out", "0 2500 added, 0 changed, 0 unchanged\n", 'import');
is(changes('c'), 2500, 'with all its changes');

($status, $out) = run('import', @to, 'c', $list, "$dir/a.bank");
is("$status $out", "0 3 added, 0 changed, 2500 unchanged\n",
    'a second import writes what is new');
is(changes('c'), 2503, 'and only that');

put('wrong.csv', "$three\nwrong\n");
($status, $out, $err) = run('import', @to, 'c', "$dir/wrong.csv");
like("$status $err", qr/^3 .*wrong\.csv:2: /, 'a wrong list is named');
is($redis->cli('HEXISTS', key('c', 'sha256', $three), $three), 0,
    'and nothing of it was written');


# an import that is killed: each entry has its change, and a rerun heals

my $long = put('long.csv',
    join '', map { sha256_hex("m$_") . "\n" } 1 .. 60000);

my $pid = fork() // die "fork: $!";

if ($pid == 0) {
    open STDOUT, '>', '/dev/null';
    exec $screen, 'bank', 'import', @to, 'd', $long or die;
}

my $end = Time::HiRes::time() + 20;
Time::HiRes::sleep(0.002)
    while changes('d') < 1000 && Time::HiRes::time() < $end;

kill 'KILL', $pid;
waitpid $pid, 0;

my ($n) = (run('stat', @to, 'd'))[1] =~ /entries:\s+(\d+)/;

cmp_ok($n, '<', 60000, "killed after $n of 60000");
is($n % 1000, 0, 'a batch is written whole or not at all');
is(changes('d'), $n, 'and the stream has all that the hashes have');

($status, $out) = run('import', @to, 'd', $long);
is("$status $out", sprintf("0 %d added, 0 changed, %d unchanged\n",
    60000 - $n, $n), 'the rerun adds the rest');


# sync

put('new.csv', join '', map { sha256_hex("n$_") . ",l$_\n" } 1 .. 10);
put('new.csv', "value,label\n" . get("$dir/new.csv"));

($status, $out, $err) = run('sync', @to, 'c', "$dir/new.csv");
like("$status $err", qr/^3 .*would remove 2493 of 2503 entries; --force/,
    'sync refuses to remove more than half');

($status, $out) = run('sync', @to, 'c', "$dir/new.csv", '--force', '-n');
is($out, "would be: 0 added, 0 changed, 10 unchanged, 2493 removed\n",
    'a dry sync');

($status, $out) = run('sync', @to, 'c', "$dir/new.csv", '--force');
is("$status $out", "0 0 added, 0 changed, 10 unchanged, 2493 removed\n",
    'sync');
like((run('stat', @to, 'c'))[1], qr/entries:  10\n/, 'ten are left');

put('new.csv', get("$dir/new.csv") . "$three,x\n");
($status, $out) = run('sync', @to, 'c', "$dir/new.csv");
is($out, "1 added, 0 changed, 10 unchanged, 0 removed\n", 'sync adds');


# remove

($status, $out) = run('remove', @to, 'a', $one, $three);
is("$status $out", "1 1 removed, 1 not there\n", 'remove');
is($redis->cli('HEXISTS', key('a', 'sha256', $one), $one), 0, 'it is gone');
like($redis->cli('XREVRANGE', 'screen:bank:a:changes', '+', '-', 'COUNT',
    '1'), qr/op\nremove\nsignal\nsha256\nvalue\n$one/, 'the stream says so');


# confirm

($status, $out) = run('confirm', @to, 'a');
is("$status $out", "0 a: 2 entries are right\n", 'confirm');
cmp_ok($redis->cli('TTL', 'screen:bank:a:confirm'), '>', 500,
    'it holds for a while');


# other databases and prefixes, a user with a password

($status, $out) = run('list', '--redis', $redis->socket . ' db=1');
is("$status $out", '0 ', 'another database has other banks');

($status, $out) = run('add', '--redis', $redis->address . ' prefix=p[x]:',
    'a', $one);
is($redis->cli('HEXISTS', "p[x]:bank:a:sha256:" . substr($one, 0, 2), $one),
    1, 'another prefix, over TCP');

($status, $out) = run('list', '--redis', $redis->address . ' prefix=p[x]:');
is($out, "a\t1\n", 'is listed apart');

$redis->cli('ACL', 'SETUSER', 'edge', 'on', '>pass word', '~screen:*',
    '+@all', '-@dangerous');
$redis->cli('ACL', 'SETUSER', 'default', 'off');

put('password', "pass word\n");
put('wrong', "wrong\n");

my $user = $redis->socket . " user=edge password_file=$dir/";

($status, $out) = run('stat', '--redis', $user . 'password', 'b');
like("$status $out", qr/^0 bank:     b\nentries:  1\n/,
    'a user with a password from a file');

($status, $out, $err) = run('stat', '--redis', $user . 'wrong', 'b');
like("$status $err", qr/^3 .*AUTH was refused: WRONGPASS/,
    'a wrong password is an error');

($status, $out, $err) = run('stat', '--redis', $user . 'nothing', 'b');
like("$status $err", qr/^3 .*password file .*nothing" cannot be opened/,
    'a password file that is not there is named');

($status, $out, $err) = run('stat', @to, 'b');
like("$status $err", qr/^3 .*NOAUTH/, 'no password, no answer');


# list files

my $file = put('own.csv', "$one  name.bin\n");
chmod 0640, $file;

($status, $out) = run('add', '--file', $file, $two, '--label', 'x, y');
is("$status $out", "0 1 added, 0 changed, 0 unchanged\n", 'add to a list');
is(get($file), "signal,value,label,source,severity,expires\n"
    . join('', map { "$_\n" } sort "sha256,$one,name.bin,,,",
    "sha256,$two,\"x, y\",,,"), 'it is CSV now');
is((stat $file)[2] & 07777, 0640, 'with the mode that it had');

($status, $out) = run('remove', '--file', $file, $one, $three);
is("$status $out", "1 1 removed, 1 not there\n", 'remove from a list');
is(get($file), "signal,value,label,source,severity,expires\n"
    . "sha256,$two,\"x, y\",,,\n", 'it is gone');

done_testing();
