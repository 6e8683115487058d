#!/usr/bin/perl

# A bank of many entries in Redis: how long a keeper takes to load it, the
# memory of all processes together, and a lookup in the mapped bank beside GET
# and HGET over a unix socket to the redis-server that holds the same entries.
#
#     bench/remote.pl [ENTRIES]            10,000,000, which take some 5 GB
#
# Memory is the sum of the proportional shares (Pss of smaps_rollup), so that
# what processes share counts once; a page of the bank file counts from when a
# process has touched it, and "all of it touched" is the same and the whole
# file.  The peak is of the load, looked at every 200 ms.  The processor's time
# tells what the load takes where others want the machine as well.

use strict;
use warnings;

use FindBin;
use POSIX ();
use Time::HiRes ();

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenRedis;
use ScreenServer;

$| = 1;

my $entries = shift // 10_000_000;
my $remote = 'build/bench/remote';

my $redis = ScreenRedis->new;


sub remote
{
    my ($what, @more) = @_;

    my $start = Time::HiRes::time();

    system($remote, $what, "$redis->{dir}/redis.sock", $entries, @more) == 0
        or die "$remote $what failed";

    return Time::HiRes::time() - $start;
}


# MB of a process, by kind

sub memory
{
    my ($pid) = @_;

    my %memory;

    open my $in, '<', "/proc/$pid/smaps_rollup" or return;

    while (<$in>) {
        $memory{$1} = $2 / 1024 if /^(Pss(?:_\w+)?):\s+(\d+) kB/;
    }

    return \%memory;
}


# nginx, its workers, and all of the companion's processes

sub processes
{
    my ($edge) = @_;

    my $pid = $edge->pid;
    my %all = ($pid => 1, $edge->children($pid), $edge->companions);

    return keys %all;
}


sub total
{
    my ($edge) = @_;

    my %total;

    for my $memory (grep { $_ } map { memory($_) } processes($edge)) {
        $total{$_} += $memory->{$_} for keys %$memory;
    }

    return \%total;
}


sub line
{
    my ($what, $format, @values) = @_;

    printf "  %-24s $format\n", $what, @values;
}


# seconds of the processor: of the keepers with the children that they have
# waited for, and of Redis

sub processor
{
    my ($edge) = @_;

    my ($keeper, $hz) = (0, POSIX::sysconf(POSIX::_SC_CLK_TCK()));
    my %companions = $edge ? $edge->companions : ();

    for my $pid (keys %companions) {
        open my $in, '<', "/proc/$pid/stat" or next;
        my ($name, @times) = (<$in> // '')
            =~ /\((.*)\) \S(?: -?\d+){10} (\d+) (\d+) (\d+) (\d+)/ or next;

        next unless $name =~ /keeper/;
        $keeper += $_ / $hz for @times;
    }

    my $server = 0;
    $server += $_ for $redis->cli('INFO', 'cpu')
                     =~ /^used_cpu_(?:user|sys):([\d.]+)/mg;

    return ($keeper, $server);
}


sub used
{
    return ($redis->cli('INFO', 'memory') =~ /^used_memory:(\d+)/m)[0] / 2**20;
}


print "$entries entries\n";

line('fill the hashes', '%.1f s', remote('hashes'));
my $hashes = used();

my (undef, $before) = processor();
my $start = Time::HiRes::time();
my $edge = ScreenServer->new(
    http => 'screen_redis ' . $redis->socket . '; screen_bank b redis;',
    policy => 'match bank=b reject=451;');

my ($peak, $taken) = (0);

until ($taken) {
    my $now = total($edge)->{Pss} // 0;
    $peak = $now if $now > $peak;

    Time::HiRes::sleep(0.2);

    $taken = Time::HiRes::time() - $start
        if $edge->error_log =~ /bank "b": $entries entries from Redis/;

    die 'no bank: ' . $edge->error_log
        if Time::HiRes::time() - $start > 1800;
}

line('start, and in force', '%.1f s, %.0f entries a second', $taken,
     $entries / $taken);

my ($keeper, $after) = processor($edge);

line('processor', '%.1f s by the keeper, %.1f s by Redis', $keeper,
     $after - $before);

# each worker has it mapped, and has used it

$edge->curl('--data-binary', 'some text', '-H', 'Content-Type: text/plain',
            $edge->url('/x')) for 1 .. 20;

my ($file) = glob "$edge->{dir}/screen/b-*.bank" or die 'no bank file';
my $size = (-s $file) / 2**20;
my $total = total($edge);
my @processes = processes($edge);

line('bank file', '%.0f MB, %.1f bytes an entry', $size,
     (-s $file) / $entries);
line('all processes (PSS)', '%.0f MB: %d processes', $total->{Pss},
     scalar @processes);
line('all of it touched', 'at most %.0f MB', $total->{Pss} + $size);
line('peak while loading', '%.0f MB', $peak);
line('peer: redis-server', '%.0f MB of hashes', $hashes);

line('fill the strings', '%.1f s', remote('strings'));
line('peer: redis-server', '%.0f MB of strings', used() - $hashes);

remote('lookups', $file);

$edge->stop;
