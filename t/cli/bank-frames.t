#!/usr/bin/perl

# Banks of pictures and videos: lists, Redis, export, import, sync

use strict;
use warnings;

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



# a hash of PDQ has 128 ones, as these digits have

my $one = '0f' x 32;
my $two = '3c' x 32;
my $header = 'signal,value,label,source,severity,expires,content,view,time';
my $csv = join "\n", $header,
    "pdq,$one,poster,,,,case/1,box,",
    "vpdq,$one,clip,us,7,,\"a, b\",,0.000",
    "vpdq,$one,clip,us,7,,case/2,,1.500",
    "vpdq,$two,clip,us,7,,case/2,,3.001", '';
my ($status, $out, $err);

my $list = put('list.csv', $csv);
(my $exported = $csv) =~ s/0\.000//;


# a list

($status, $out, $err) = run('export', '--file', $list);
is($status, 0, 'the list is a good one') or diag $err;
is($out, $exported, 'it is exported as it was read');

run('build', $list, '-o', "$dir/list.bank");
($status, $out, $err) = run('export', '--file', "$dir/list.bank");
is($out, $exported, 'and out of a bank file');

($status, $out, $err) = run('lookup', "$dir/list.bank", '--signal', 'vpdq',
    $one, '69' x 32);
is($status, 1, 'one of two frames is there');
like($out, qr/^vpdq\t$one\tclip\tus\t7\n/, 'which is told');


# Redis

($status, $out, $err) = run('import', @to, 'v', $list);
is($status, 0, 'the list is imported') or diag $err;
is($redis->cli('HLEN', 'screen:bank:v:vpdq:0f'), 2,
    'two videos share a value');
is($redis->cli('HEXISTS', 'screen:bank:v:vpdq:0f', "$one:a, b"), 1,
    'a field has the content behind the value');
like($redis->cli('HGET', 'screen:bank:v:pdq:0f', $one),
    qr/"content":"case\/1","view":2/, 'of a picture it is in the JSON');

my $last = $redis->cli('XREVRANGE', 'screen:bank:v:changes', '+', '-',
    'COUNT', '1');
like($last, qr/signal\nvpdq\nvalue\n$two:case\/2\ndata\n.*"time":3001/,
    'the change, too');

($status, $out, $err) = run('export', @to, 'v');
is(join('', sort split /^/, $out), join('', sort split /^/, $exported),
    'what is exported is what was imported');

($status, $out, $err) = run('import', @to, 'v', $list);
like($out, qr/\b4 unchanged/, 'to import it again changes nothing');

put('fewer.csv', join "\n", (split /\n/, $csv)[0, 1, 3, 4], '');
($status, $out, $err) = run('sync', @to, 'v', "$dir/fewer.csv");
is($status, 0, 'one video is taken out') or diag $err;
is($redis->cli('HKEYS', 'screen:bank:v:vpdq:0f'), "$one:case/2",
    'and the other keeps the frame that they shared');


# what others send

put('clip.mp4.txt', "0,100,$one,0.000\n30,90,$two,1.001\n");
($status, $out, $err) = run('export', '--file', "$dir/clip.mp4.txt");
is($out, "$header\nvpdq,$one,,,,,clip.mp4,,\nvpdq,$two,,,,,clip.mp4,,1.001\n",
    'frames as vPDQ writes them');

put('pdq.txt', "pdq $one\npdq $two\n");
($status, $out, $err) = run('export', '--file', "$dir/pdq.txt");
is($out, "$header\npdq,$one,,,,,,,\npdq,$two,,,,,,,\n", 'lines of pdq');

put('low.txt', "0,100,$one,0.000\n30,49,$two,1.001\n");
($status, $out, $err) = run('export', '--file', "$dir/low.txt");
is($status, 0, 'a frame of low quality does not refuse the others');
is($out, "$header\nvpdq,$one,,,,,low,,\n", 'they are there');
like($err, qr/low\.txt: left out: 1 frames of a quality below 50$/,
    'and it is counted');



# what the fuzzer of bank files begins with is one

open my $seed, '<:raw', 't/fuzz/corpus/bank/small' or die $!;
read $seed, my $flag, 1;
local $/;
put('seed.bank', scalar <$seed>);

($status, $out, $err) = run('stat', "$dir/seed.bank");
is($status, 0, 'the corpus has a bank file of this version') or diag $err;
like($out, qr/\b$_\b/, "with $_")
    for qw( sha256 sha1 md5 pdq vpdq );

done_testing();
