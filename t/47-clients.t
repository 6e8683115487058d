#!/usr/bin/perl

# Clients that stall, trickle and lie about their length, while others upload:
# each gets what HTTP has for it, no backend sees a body that is not whole,
# and nobody else notices.  (What they leave behind when they give up is
# t/15-abort.t.)

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenClient;
use ScreenLoad;
use ScreenServer;

my $server = ScreenServer->new(
    scanners => '2 timeout=5s',
    policy   => <<'CONF',
match content ~ "marker" reject=451;
on_error crash=reject=502 timeout=reject=504 overload=reject=503;
CONF
    http     => 'client_body_timeout 1s; client_header_timeout 1s; '
                . 'lingering_timeout 1s;');

my $stalled = 0;

my $load = ScreenLoad->start($server, clients => 2, size => 20_000);

$server->wait_for(sub { $load->count > 10 }, 30);

stall();
trickle();
lie();

my $count = $load->count;
$server->wait_for(sub { $load->count > $count + 20 }, 30);

my @uploads = $load->stop;

is scalar(grep { $_->{status} != 200 } @uploads), 0,
   sprintf 'none of %d other uploads fails', scalar @uploads;

# what the upstream stored: the load's, and what was sent slowly

my @odd = grep { my $size = -s $_; $size != 20_000 && $size != 11 }
          glob "$server->{dir}/store/[0-9]*";

is scalar @odd, 0, 'no body that is not whole reached the upstream';

my $worker = ($server->workers)[0];

is $server->alerts, '', 'no alert in the log';

$server->signal('QUIT');
ok $server->wait_for(sub { !kill 0, $worker }, 20), 'the workers end';
$server->wait_for(sub { !keys %{{ $server->companions }} }, 10);
unlike $server->error_log, qr/open socket/, 'no socket is left';
is $server->stop, 0, 'nothing is left running';

done_testing();


sub head
{
    my ($length, @more) = @_;

    return join "\r\n", 'POST /upload HTTP/1.1', 'Host: localhost',
                'Connection: close', "Content-Length: $length", @more, '', '';
}


sub status
{
    my ($text) = @_;

    return $text =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0;
}


# what comes until the server closes, and after how long

sub answer
{
    my ($socket) = @_;

    my $start = Time::HiRes::time();
    my $text = '';

    local $SIG{ALRM} = sub { die "no end of the connection\n" };

    alarm 10;
    eval { while (sysread $socket, $text, 65536, length $text) { } };
    alarm 0;

    return (status($text), Time::HiRes::time() - $start);
}


sub stall
{
    my %bodies = (
        'before the body'   => head(1000),
        'in the body'       => head(1000) . 'x' x 500,
        'in a file'         => head(200_000) . 'x' x 100_000,
        'in a form'         => head(1000, 'Content-Type: multipart/form-data; '
                                          . 'boundary=B')
                               . "--B\r\nContent-Disposition: form-data; "
                               . "name=f; filename=x\r\n\r\nabc",
        'in a chunk'        => "POST /upload HTTP/1.1\r\nHost: localhost\r\n"
                               . "Transfer-Encoding: chunked\r\n\r\n"
                               . "3e8\r\nabc",
    );

    for my $where (sort keys %bodies) {
        my $socket = ScreenClient::connection($server->{port});

        print $socket $bodies{$where};
        $socket->flush;

        my ($status, $took) = answer($socket);

        is $status, 0, "stalled $where: nginx closes";
        is scalar(grep { /^408 / } split /\n/, $server->access_log),
           ++$stalled, "stalled $where: and logs 408";
        cmp_ok $took, '<', 4, "stalled $where: after client_body_timeout";
    }
}


sub trickle
{
    for my $case ([ 'something..', 200 ], [ 'a marker...', 451 ]) {
        my ($body, $expected) = @$case;
        my $socket = ScreenClient::connection($server->{port});

        print $socket head(length $body);
        $socket->flush;

        for my $byte (split //, $body) {
            Time::HiRes::sleep(0.05);
            print $socket $byte;
            $socket->flush;
        }

        my ($status) = answer($socket);

        is $status, $expected, "byte by byte: $body is $expected";
    }
}


sub lie
{
    # less than promised, then the end of what is sent

    my $socket = ScreenClient::connection($server->{port});

    print $socket head(1000) . 'x' x 10;
    $socket->flush;
    shutdown $socket, 1;

    my ($status) = answer($socket);

    like $status, qr/^(?:0|400)$/, 'less than promised: nothing, or 400';

    # more than promised: the rest is no part of the upload

    my $text = ScreenClient::exchange($server->{port},
                                      head(11) . 'something..' . 'marker' x 9);

    is status($text), 200, 'more than promised: the rest is not the body';

    my @nonsense = (
        'not a number'  => 'Content-Length: abc',
        'negative'      => 'Content-Length: -1',
        'twice'         => "Content-Length: 11\r\nContent-Length: 12",
        'too large'     => 'Content-Length: 99999999999999999999',
        'and chunked'   => "Content-Length: 11\r\nTransfer-Encoding: chunked",
    );

    while (my ($what, $header) = splice @nonsense, 0, 2) {
        my $answer = ScreenClient::exchange($server->{port},
            "POST /upload HTTP/1.1\r\nHost: localhost\r\n"
            . "Connection: close\r\n$header\r\n\r\nsomething..");

        is status($answer), 400, "a length that is $what: 400";
    }

    my $answer = ScreenClient::exchange($server->{port},
        "POST /upload HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        . "Transfer-Encoding: chunked\r\n\r\nzz\r\nsomething..\r\n0\r\n\r\n");

    is status($answer), 400, 'a chunk without a length: 400';
}
