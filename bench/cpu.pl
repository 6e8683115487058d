#!/usr/bin/perl

# CPU time of an upload of 100 KB and of 10 MB, of all processes of nginx and
# its companion together, the backend's not included: proxied as it is,
# screened without a scan (form, names), the same with its digest (which an
# event log asks for), scanned without rules (its type), and scanned with 500
# generated rules.
#
#     bench/cpu.pl [ROUNDS]                            7 rounds
#
# Four clients upload at the same time and keep nginx busy: one upload after
# the other would measure, besides, how idle processes wake.  nginx has
# "sendfile" and "tcp_nopush" on, as Debian sets them; without them the last
# piece of a proxied body waits for a delayed acknowledgement, 40 ms, if there
# is nothing else to do.
#
# The peer is the first of these; of the digest also what OpenSSL says of
# itself (openssl speed) for as many bytes, and with rules what libyara takes
# for the same bytes and the same rules in a process of its own (python3-yara,
# in its fast mode), scan after scan: the "cost apart".  A bound is what two
# processes pay to wake each other once, there and back (bench/wake.c).
# Figures are medians of the rounds; in a round they take turns, a few uploads
# at a time, so that what else the machine does meets all of them.

use strict;
use warnings;

use FindBin;
use IPC::Open2;

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenBench;
use ScreenServer;

my $rounds = shift // 7;
my $clients = 4;
my %uploads = (100_000 => [ 15, 20 ], 10_000_000 => [ 3, 1 ]);

my $backend = ScreenServer->new(log_level => 'error', workers => 1,
                                access_log => '', server => <<'CONF');
access_log off;
keepalive_requests 1000000;
location / {
    client_body_in_file_only clean;
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
CONF

my @names = qw( plain names digest type rules );

my $edge = ScreenServer->new(
    workers  => 1,
    scanners => '2 timeout=60s jobs=1000000',
    access_log => '',
    files    => { 'rules.yar' => ScreenBench::rules(500) },
    policy   => 'yara_rules rules.yar; match yara flag;',
    http     => <<"CONF",
sendfile on;
tcp_nopush on;
keepalive_requests 1000000;
screen_policy names { match filename ~ "[.]php" reject; }
screen_policy type { match type = application/x-dosexec reject; }
upstream backend { server 127.0.0.1:$backend->{port}; keepalive 8; }
proxy_http_version 1.1;
proxy_set_header Connection "";
CONF
    server   => <<'CONF');
access_log off;
location /plain { proxy_pass http://backend; }
location /names { screen names; proxy_pass http://backend; }
location /digest {
    screen names;
    screen_event_log logs/events.log;
    screen_events decisions;
    proxy_pass http://backend;
}
location /type { screen type; proxy_pass http://backend; }
location /rules { screen test; proxy_pass http://backend; }
CONF

my $peer = peer();

my $sha256 = sha256();

printf "%-9s %-7s %12s %9s %12s\n", 'size', 'what', 'CPU ms', 'of plain',
       'over plain';

measure($_) for sort { $a <=> $b } keys %uploads;

$edge->stop;
$backend->stop;


# libyara apart: a path in, seconds of CPU for that many scans out

sub peer
{
    my $python = <<'PYTHON';
import sys, time, yara
rules = yara.compile(sys.argv[1])
for line in sys.stdin:
    path, n = line.split()
    data = open(path, "rb").read()
    start = time.process_time()
    for i in range(int(n)):
        rules.match(data=data, fast=True)
    print(time.process_time() - start, flush=True)
PYTHON

    my $pid = open2(my $out, my $in, '/usr/bin/python3', '-c', $python,
                    "$edge->{dir}/rules.yar");

    return { out => $out, in => $in, pid => $pid };
}


sub apart
{
    my ($path, $n) = @_;

    print { $peer->{in} } "$path $n\n";
    $peer->{in}->flush;

    my $line = readline $peer->{out};

    defined $line or die "python3-yara is missing\n";

    return $line;
}


# seconds for a byte, or 0 if there is no openssl

sub sha256
{
    my $text = qx(openssl speed -seconds 1 -bytes 16384 -evp sha256 2>&1);

    return $text =~ /^sha256\s+([\d.]+)k/m ? 1 / (1000 * $1) : 0;
}


# microseconds that two processes take to wake each other

sub wake
{
    my $text = qx(build/bench/wake);

    return $text =~ /^([\d.]+) us/ ? $1
                                   : die "build/bench/wake: make bench\n";
}


sub measure
{
    my ($size) = @_;

    my ($turns, $n) = @{ $uploads{$size} };
    my %took;

    my @connections = map { ScreenBench::connection($edge) } 1 .. $clients;

    for my $round (0 .. $rounds) {
        my $body = ScreenBench::content($size);
        my $path = $edge->write('peer.bin', $body);
        my %sum;

        for my $turn (1 .. $turns) {

            for my $name (@names) {
                my $before = spent();

                ScreenBench::uploads(\@connections, "/$name", $body, $n);
                $sum{$name} += (spent() - $before) / $clients;
            }

            $sum{libyara} += apart($path, $n);
        }

        # the first round warms up

        next if $round == 0;

        push @{ $took{$_} }, $sum{$_} / $turns / $n for keys %sum;
    }

    my $plain = ScreenBench::median(@{ $took{plain} });
    my $apart = ScreenBench::median(@{ $took{libyara} });

    for my $name (@names) {
        my $median = ScreenBench::median(@{ $took{$name} });

        printf "%-9d %-7s %12.3f %8.2fx %+11.3f\n", $size, $name,
               1000 * $median, $median / $plain, 1000 * ($median - $plain);
    }

    my $rules = ScreenBench::median(@{ $took{rules} });

    printf "%-9d %-7s %12.3f\n", $size, 'openssl', 1000 * $sha256 * $size;
    printf "%-9d %-7s %12.3f\n", $size, 'libyara', 1000 * $apart;
    printf "%-9d %-7s %12.3f\n", $size, 'wake', wake() / 1000;
    printf "%-9d rules over (plain + libyara): %.3fx\n", $size,
           $rules / ($plain + $apart);
    printf "%-9d (rules - plain) over libyara: %.3fx\n", $size,
           ($rules - $plain) / $apart;
}


sub spent
{
    my %companions = $edge->companions;

    return ScreenBench::cpu($edge->workers, keys %companions);
}
