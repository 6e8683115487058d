#!/usr/bin/perl

# A rule set of the size of the large public ones: 700 generated files, 16 MB
# compiled, four scanners.  How long it takes to come into force, the memory
# of all processes together, and what a reload under load does to uploads.
#
#     bench/ruleset.pl [RELOADS [FILES [RULES]]]  5 reloads, 700 files of 8
#
# Memory is the sum of the proportional shares (Pss of smaps_rollup), so that
# what processes share is counted once.  The peer of the delay is the same
# load just before the reload; the peer of loading is libyara compiling the
# same files in a process of its own (python3-yara).

use strict;
use warnings;

use FindBin;
use Time::HiRes ();

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenBench;
use ScreenLoad;
use ScreenServer;

my $reloads = shift // 5;
my $files = shift // 700;
my $rules = shift // 8;

my %files = map {
    (sprintf('rules/%03d.yar', $_) => ScreenBench::rules($rules, $_))
} 1 .. $files;

my $start = Time::HiRes::time();

my $server = ScreenServer->new(
    scanners => '4 timeout=60s',
    files    => \%files,
    policy   => 'yara_rules rules; match yara flag; '
                . 'on_error crash=reject=502 timeout=reject=504 '
                . 'overload=reject=503;',
    server   => <<'CONF');
access_log off;
location / { screen test; proxy_pass http://answer; }
CONF

my $started = Time::HiRes::time() - $start;

my ($count, $loaded) = $server->error_log
                       =~ /scanner pool ready: 4 scanners, (\d+) rules, (\d+)/
    or die "no pool:\n" . $server->error_log;

line('rule files, rules', "$files, $count");
line('compiled', '%.1f MB', compiled() / 1e6);
line('nginx starts, rules are in force', '%.2f s', $started);
line('the same files, compiled by libyara apart', '%.2f s', apart());
line('of it, the compiled rules are loaded', '%.2f s', $loaded / 1000);

my $idle = pss();

line('memory (PSS), before uploads', text($idle));
delays();
line('memory (PSS), after uploads', text(pss()));

$server->stop;


sub line
{
    my ($what, $format, @values) = @_;

    printf "%-45s $format\n", $what, @values;
}


# the image that the companion wrote

sub compiled
{
    for my $fd (glob '/proc/' . $server->pid . '/fd/*') {
        return -s $fd if (readlink $fd // '') =~ /memfd:screen-image/;
    }

    return 0;
}


sub apart
{
    my $python = <<'PYTHON';
import glob, os, sys, time, yara
files = sorted(glob.glob(sys.argv[1] + "/*.yar"))
start = time.time()
rules = yara.compile(filepaths={os.path.basename(f): f for f in files})
print(time.time() - start)
PYTHON

    open my $out, '-|', '/usr/bin/python3', '-c', $python,
         "$server->{dir}/rules" or die "python3: $!";

    return readline $out // die "python3-yara is missing\n";
}


# KB of each kind of process

sub pss
{
    my %sum = (nginx => 0, supervisor => 0, scanners => 0);
    my %companions = $server->companions;
    my $supervisor = $server->supervisor;

    for my $pid ($server->pid, $server->workers, keys %companions) {
        open my $in, '<', "/proc/$pid/smaps_rollup" or next;
        my ($kb) = join('', <$in>) =~ /^Pss:\s+(\d+) kB/m or next;

        $sum{ !$companions{$pid} ? 'nginx'
              : $pid == $supervisor ? 'supervisor' : 'scanners' } += $kb;
    }

    return \%sum;
}


sub text
{
    my ($sum) = @_;

    my $all = 0;
    $all += $_ for values %$sum;

    return sprintf '%.1f MB (%s)', $all / 1024,
           join ', ', map { sprintf '%s %.1f', $_, $sum->{$_} / 1024 }
                      sort keys %$sum;
}


# one client without a pause, 20 KB; the longest upload of each reload, from
# the signal until the new pool is ready, beside the longest one of a span of
# the same length before

sub delays
{
    my $load = ScreenLoad->start($server, clients => 1, size => 20_000,
                                 seconds => 600, timeout => 60);
    my @spans;

    $server->wait_for(sub { $load->count > 50 }, 60) or die 'no uploads';

    for my $n (1 .. $reloads) {
        my $begin = Time::HiRes::time();
        Time::HiRes::sleep(5);

        my $signal = Time::HiRes::time();
        my $ready = () = $server->error_log =~ /scanner pool ready/g;

        $server->signal('HUP');
        $server->wait_for(sub {
            $ready < (() = $server->error_log =~ /scanner pool ready/g);
        }, 120) or die 'no reload';

        push @spans, [ $begin, $signal, Time::HiRes::time() ];
    }

    my @uploads = $load->stop;
    my @failed = grep { $_->{status} != 200 } @uploads;

    report(\@uploads, \@spans);
    line('uploads, failed', '%d, %d', scalar @uploads, scalar @failed);
}


sub report
{
    my ($uploads, $spans) = @_;

    my (@before, @during, @longest, @took);

    for my $span (@$spans) {
        my ($begin, $signal, $end) = @$span;

        push @took, $end - $signal;

        my @quiet = map { 1000 * ($_->{end} - $_->{start}) }
                    grep { $_->{start} >= $begin && $_->{end} < $signal }
                    @$uploads;
        my @busy = map { 1000 * ($_->{end} - $_->{start}) }
                   grep { $_->{end} >= $signal && $_->{start} < $end }
                   @$uploads;

        push @before, @quiet;
        push @during, @busy;
        push @longest, ScreenBench::percentile(1, @busy);
    }

    line('a reload, until its rules are in force', '%.2f s (median)',
         ScreenBench::median(@took));

    for (['uploads before reloads', @before], ['uploads in reloads', @during])
    {
        my ($what, @ms) = @$_;

        line("$what: p50, p99, longest", '%.1f, %.1f, %.1f ms',
             ScreenBench::median(@ms), ScreenBench::percentile(0.99, @ms),
             ScreenBench::percentile(1, @ms));
    }

    line('longest upload of a reload, median', '%.1f ms',
         ScreenBench::median(@longest));
}
