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
like($out, qr/^vpdq\t$one\tclip\tus\t7\ta, b\twhole\t0\.000\n/m,
    'which is told with its content, view and time');
like($out, qr/^vpdq\t$one\tclip\tus\t7\tcase\/2\twhole\t1\.500\n/m,
    'and so is the other video that has it');

($status, $out, $err) = run('lookup', "$dir/list.bank", $one, $two);
is($status, 0, 'a likeness is found without its signal');
is($out, "pdq\t$one\tposter\t\t0\tcase/1\tbox\t0.000\n"
    . "vpdq\t$two\tclip\tus\t7\tcase/2\twhole\t3.001\n",
    'a picture before a frame');

($status, $out, $err) = run('lookup', $list, "$one:case/2", "$one:case/3",
    "$one:case/1");
is($status, 1, 'a frame may be asked for with its content');
is($out, "vpdq\t$one\tclip\tus\t7\tcase/2\twhole\t1.500\n"
    . "vpdq\t$one\tnot found\n"
    . "pdq\t$one\tposter\t\t0\tcase/1\tbox\t0.000\n",
    'and is that one or none');


# Redis

($status, $out, $err) = run('import', @to, 'v', $list);
is($status, 0, 'the list is imported') or diag $err;
is($redis->cli('HLEN', 'screen:bank:v:vpdq:0f'), 2,
    'two videos share a value');
is($redis->cli('HEXISTS', 'screen:bank:v:vpdq:0f', "$one:a, b"), 1,
    'a field has the content behind the value');
like($redis->cli('HGET', 'screen:bank:v:pdq:0f', $one),
    qr/"content":"case\/1","view":2/, 'of a picture it is in the JSON');

($status, $out, $err) = run('lookup', @to, 'v', "$one:case/2", "$two:case/9");
is($status, 1, 'a frame is looked up in Redis with its content');
is($out, "vpdq\t$one\tclip\tus\t7\tcase/2\twhole\t1.500\n"
    . "vpdq\t$two\tnot found\n", 'as in a file');

($status, $out, $err) = run('lookup', @to, 'v', '--signal', 'vpdq', $one);
is(join('', sort split /^/, $out),
    "vpdq\t$one\tclip\tus\t7\ta, b\twhole\t0.000\n"
    . "vpdq\t$one\tclip\tus\t7\tcase/2\twhole\t1.500\n",
    'without it all videos that have it are told');

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


# single values

($status, $out, $err) = run('add', @to, 'w', '--signal', 'vpdq', '--content',
    'case/5', '--label', 'clip', $one, $two);
is($out, "2 added, 0 changed, 0 unchanged\n", 'frames of a video are added');
run('add', @to, 'w', '--signal', 'vpdq', '--content', 'case/6', $one);
run('add', @to, 'w', '--signal', 'pdq', '--content', 'case/7', $one);
is($redis->cli('HEXISTS', 'screen:bank:w:vpdq:0f', "$one:case/5"), 1,
    'of their content');
like($redis->cli('HGET', 'screen:bank:w:pdq:0f', $one),
    qr/"content":"case\/7"/, 'and a picture');

($status, $out, $err) = run('remove', @to, 'w', '--signal', 'vpdq',
    '--content', 'case/5', $one);
is($out, "1 removed, 0 not there\n", 'one is removed');
is($redis->cli('HKEYS', 'screen:bank:w:vpdq:0f'), "$one:case/6",
    'the other video keeps it');
($status, $out, $err) = run('remove', @to, 'w', '--signal', 'vpdq', $one);
is($status, 1, 'without its content it is not there');

put('own.csv', "$header\n");
run('add', '--file', "$dir/own.csv", '--signal', 'vpdq', '--content', 'c,1',
    $one);
is(get("$dir/own.csv"), "$header\nvpdq,$one,,,,,\"c,1\",,\n",
    'a list takes it, too');
run('remove', '--file', "$dir/own.csv", '--signal', 'vpdq', '--content',
    'c,1', $one);
unlike(get("$dir/own.csv"), qr/$one/, 'and gives it back');

for ([['add'], qr/--content is of pdq and vpdq: say which by --signal/],
     [['remove', '--signal', 'pdq'], qr/a pdq is in a bank once/],
     [['add', '--signal', 'vpdq', '--content', 'x' x 300],
      qr/the content is longer than/])
{
    my ($command, $text) = @$_;

    ($status, $out, $err) = run(@$command, @to, 'w', $command->[3] ? ()
        : ('--content', 'x'), $one);
    is($status, 3, 'a mistake');
    like($err, $text, 'is told');
}


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



# pictures and videos

SKIP: {
    put('media.csv', "$header\n");
    ($status, $out, $err) = run('add', '--file', "$dir/media.csv", '--media',
        '--content', 'case', '--label', 'seen', 't/data/media/base.jpg',
        't/data/media/clip.mp4');
    skip "no media: $err", 8 if $status && $err =~ /this build/;
    is($status, 0, 'a picture and a video are banned') or diag $err;

    ($status, $out, $err) = run('lookup', "$dir/media.csv", '--media',
        't/data/media/base.webp', 't/data/media/clip.mkv');
    is($status, 0, 'both are known again') or diag $err;
    like($out, qr{^pdq\t\d+\tcase/base\.jpg\t\S+\t0\.000\tseen\t\t0\t\S+
                  \t\S+\t0\.000\t1\tt/data/media/base\.webp$}mx,
        'the picture in another format');
    like($out, qr{^vpdq\t\d+\tcase/clip\.mp4\t\S+\t\d+\.\d{3}\tseen\t\t0
                  \t\S+\t\S+\t\d+\.\d{3}\t\d+\tt/data/media/clip\.mkv$}mx,
        'the video in another container');

    ($status, $out, $err) = run('lookup', $list, '--media',
        't/data/media/base.jpg');
    is($status, 1, 'what is not known');
    is($out, "pdq\tnot found\tt/data/media/base.jpg\n", 'is told');

    run('import', @to, 'm', "$dir/media.csv");
    ($status, $out, $err) = run('lookup', @to, 'm', '--media', '--distance',
        '0', 't/data/media/base.jpg');
    is($status, 0, 'a bank in Redis is asked as well') or diag $err;
    like($out, qr{^pdq\t0\tcase/base\.jpg\twhole\t}, 'for the same picture');
}

for (['--media', '--signal', 'md5'], ['--distance', '41', '--media'],
     ['--media', '--content'])
{
    ($status, $out, $err) = run('lookup', $list, @$_, 't/data/media/base.jpg');
    is($status, 3, "@$_ is a mistake");
}


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
