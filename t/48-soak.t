#!/usr/bin/perl

# Many uploads in a row: the memory of every process stays what it was.
# SCREEN_SOAK is how many (4000); SCREEN_SOAK_SECONDS ends it earlier.

use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenServer;

my $uploads = $ENV{SCREEN_SOAK} // 4000;
my $seconds = $ENV{SCREEN_SOAK_SECONDS} // 600;
my $clients = 4;

# scanners are replaced often enough to be seen, and the zone is full early

my $server = ScreenServer->new(
    files    => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n",
                  'rules.yar' => <<'RULE' },
rule seldom { strings: $a = "seldom seen" condition: $a }
RULE
    http     => 'screen_bank known file=list.csv; screen_zone edge:256k;'
                . 'keepalive_requests 1000000;',
    policy   => <<'CONF',
yara_rules rules.yar;
match yara reject=451;
match bank=known reject=410;
on_error crash=reject=502 timeout=reject=504 overload=reject=503;
CONF
    server   => <<'CONF',
access_log off;
location / {
    screen      test;
    error_page  404 405 =200 @passed;
}
location @passed { return 200 "passed\n"; }
CONF
    scanners => '2 timeout=10s jobs=1000');

$server->wait_for(sub { keys %{{ $server->companions }} == 4 }, 20);

my $dir = "$server->{dir}/counts";
mkdir $dir;

# the first tenth warms up: pools, the zone, libraries

my $begin = Time::HiRes::time();
my @prints;
my $failed = 0;
my $done = 0;

for my $share (0.1, 0.45, 0.45) {
    my ($n, $bad) = run($uploads * $share, $seconds * $share);

    $done += $n;
    $failed += $bad;

    # scanners that have just been replaced have less

    push @prints, $server->footprint;
    diag "after $done uploads: " . ScreenServer::footprint_text($prints[-1]);
}

diag sprintf '%d uploads, %.0f a second', $done,
     $done / (Time::HiRes::time() - $begin);

is $failed, 0, 'no upload fails';
cmp_ok $done, '>', 1000, 'there were uploads';

my %room = (master      => 256 + ScreenServer::kept(1),
            workers     => 1024 + ScreenServer::kept(2),
            companions  => 2048 + ScreenServer::kept(4),
            descriptors => 10);

for my $what (sort keys %room) {
    cmp_ok $prints[-1]{$what}, '<=', $prints[0]{$what} + $room{$what},
           "$what: no more at the end than when it was warm";
}

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing();


# clients that keep their connections; how many uploads, how many of them not
# answered with 200

sub run
{
    my ($n, $limit) = @_;

    my @pids;

    for my $client (1 .. $clients) {
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            my @result = eval { client($client, $n / $clients, $limit) };

            warn $@ if $@;
            open my $out, '>', "$dir/$client";
            print $out "@result\n";
            close $out;
            POSIX::_exit(0);
        }

        push @pids, $pid;
    }

    waitpid $_, 0 for @pids;

    my @sum = (0, 0);

    for my $client (1 .. $clients) {
        open my $in, '<', "$dir/$client" or die "$dir/$client: $!";
        my @result = split ' ', <$in> // '';

        @result == 2 or return ($sum[0], 1);
        $sum[$_] += $result[$_] for 0, 1;
    }

    return @sum;
}


# one upload of two hundred is rejected, and one of a hundred goes to a file

sub client
{
    my ($client, $n, $limit) = @_;

    my ($done, $failed, $socket) = (0, 0);
    my $end = Time::HiRes::time() + $limit;

    srand $$;

    while ($done < $n && Time::HiRes::time() < $end) {
        $socket ||= IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                          PeerPort => $server->{port})
            or die "connect: $!";

        my $bad = $done % 200 == 7;
        my $body = ($bad ? 'seldom seen ' : '') . rand() . rand()
                   . 'x' x ($done % 100 == 13 ? 100_000 : rand 3000);

        syswrite $socket, "POST /upload HTTP/1.1\r\nHost: localhost\r\n"
                          . 'Content-Length: ' . length($body)
                          . "\r\n\r\n$body";

        my ($status, $keep) = answer($socket);

        $done++;
        $failed++ if $status != ($bad ? 451 : 200);
        undef $socket unless $keep;
    }

    return ($done, $failed);
}


sub answer
{
    my ($socket) = @_;

    my $text = '';

    while (sysread $socket, $text, 65536, length $text) {
        my ($status, $length) = $text =~ m{\AHTTP/1\.1\ (\d+).*?
                                           Content-Length:\ (\d+)}sxi
            or next;
        my $head = index $text, "\r\n\r\n";

        next if $head < 0 || length $text < $head + 4 + $length;

        return ($status, $text !~ /^Connection: close/mi);
    }

    return (0, 0);
}
