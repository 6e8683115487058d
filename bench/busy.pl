#!/usr/bin/perl

# Latency of small uploads while uploads of 10 MB keep all scanners busy, and
# how many uploads waited in the scanners' queue meanwhile.
#
#     bench/busy.pl [SECONDS [LARGE]]     10 s each, one client more than
#                                         there are scanners uploads 10 MB
#
# 500 generated rules, two scanners, one client with 2 KB.  The peer is the
# same load, proxied as it is.  The queue is the kernel's: how many
# connections scanners had not accepted, looked at every 20 ms (ss).

use strict;
use warnings;

use FindBin;
use Time::HiRes ();

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenBench;
use ScreenLoad;
use ScreenServer;

my $seconds = shift // 10;
my $scanners = 2;
my $large = shift // $scanners + 1;

my $server = ScreenServer->new(
    scanners  => "$scanners timeout=60s queue=64",
    files     => { 'rules.yar' => ScreenBench::rules(500) },
    policy    => 'yara_rules rules.yar; match yara flag; '
                 . 'on_error overload=reject=503 timeout=reject=504;',
    server    => <<'CONF');
access_log off;
client_body_in_file_only clean;
location /plain { proxy_pass http://answer; }
location /screened { screen test; proxy_pass http://answer; }
CONF

my @bodies = map { ScreenBench::content(10_000_000) } 1 .. 3;

printf "%-10s %-16s %8s %9s %9s %9s  %s\n", 'what', 'meanwhile', 'small',
       'p50 ms', 'p99 ms', 'max ms', 'queue: mean, max';

for my $uri ('/plain', '/screened') {
    measure($uri, 0);
    measure($uri, $large);
}

$server->stop;


sub measure
{
    my ($uri, $clients) = @_;

    my $load = $clients
               && ScreenLoad->start($server, clients => $clients, uri => $uri,
                                    seconds => 600, timeout => 120,
                                    body => sub {
                                        $_[1] . $bodies[$_[1] % @bodies] });

    $server->wait_for(sub { $load->count >= $clients }, 60) if $load;

    my $small = ScreenLoad->start($server, clients => 1, uri => $uri,
                                  size => 2000, pause => 0.01,
                                  seconds => $seconds);
    my @queue;
    my $end = Time::HiRes::time() + $seconds;

    while (Time::HiRes::time() < $end) {
        push @queue, queued();
        Time::HiRes::sleep(0.02);
    }

    my @small = $small->stop;
    my @large = $load ? $load->stop : ();
    my @failed = grep { $_->{status} != 200 } @small, @large;
    my @took = map { 1000 * ($_->{end} - $_->{start}) } @small;
    my $sum = 0;

    $sum += $_ for @queue;

    printf "%-10s %-16s %8d %9.2f %9.2f %9.2f  %.2f, %d%s\n",
           substr($uri, 1), $load ? scalar(@large) . ' x 10 MB' : 'nothing',
           scalar @small, ScreenBench::median(@took),
           ScreenBench::percentile(0.99, @took),
           ScreenBench::percentile(1, @took), $sum / (@queue || 1),
           (sort { $b <=> $a } @queue, 0)[0],
           @failed ? ', ' . @failed . ' FAILED' : '';
}


# of listening sockets of the supervisor: the scanners' queue

sub queued
{
    my $supervisor = $server->supervisor or return 0;
    my ($inode) = (readlink("/proc/$supervisor/fd/5") // '') =~ /(\d+)/
        or return 0;

    for (qx(ss -xlH)) {
        my @fields = split;

        return $fields[2] if $fields[5] eq $inode;
    }

    return 0;
}
