#!/usr/bin/perl

# Clients that give up: in the middle of the body, while the upload waits for
# a scanner, while it is scanned.  The worker is left as it was.

use strict;
use warnings;

use lib 't/lib';
use ScreenClient;
use ScreenServer;
use Test::More;
use Time::HiRes qw( time );

# a scan of many A's takes until its deadline; nothing may wait for that, and
# what has half of it is done before, on a slow machine, too: the limits of
# wait_for() are multiplied there

my $deadline = $ENV{SCREEN_SLOW} ? 18 : 6;
my $half = $deadline / 2 / ($ENV{SCREEN_SLOW} || 1);

my $server = ScreenServer->new(
    workers   => 1,
    log_level => 'info',
    scanners  => "1 timeout=${deadline}s queue=64",
    files     => { 'slow.yar' => <<'RULE' },
rule slow { strings: $a = /A+/ condition: #a > 100000 }
RULE
    policy    => <<'CONF',
yara_rules slow.yar;
yara_slow_rules allow;
match yara reject;
CONF
    server    => <<'CONF',
keepalive_timeout 4s;
location / {
    screen test;
    client_body_buffer_size 8k;
    proxy_pass http://upstream;
}
location /after {
    screen test;
    post_action @after;
    proxy_pass http://upstream;
}
location @after { proxy_pass http://upstream; }
CONF
);

my ($worker) = $server->workers;
my $slow = 'A' x 6000;

fine('before');

my $before = settled();

cmp_ok $before, '>', 0, 'the worker has descriptors';

in_the_body();
while_scanned();
while_queued();
over_http2();
over_http3() if $ScreenHttp::Version == 3;

fine('after all of them');
freed('at the end');

$server->signal('QUIT');
ok $server->wait_for(sub { !kill 0, $worker }, 20), 'the worker ends';

is $server->stop, 0, 'no process is left';
unlike $server->error_log, qr/\[(alert|crit|emerg)\]/,
       'no open socket and no other alert in the log';

done_testing();


sub descriptors
{
    my @fds = glob "/proc/$worker/fd/*";

    return scalar @fds;
}


# the number once it has stopped to change

sub settled
{
    my ($last, $same) = (0, 0);

    $server->wait_for(sub {
        my $now = descriptors();

        $same = $now == $last ? $same + 1 : 0;
        $last = $now;

        return $same > 10;
    });

    return $last;
}


sub freed
{
    my ($what, $limit) = @_;

    my $start = time;
    my $count;

    $server->wait_for(sub { ($count = descriptors()) <= $before },
                      $limit // 20);

    is $count, $before, "$what: every descriptor is closed";
    is_deeply [ glob "$server->{dir}/temp/[0-9]*" ], [],
              "$what: no temporary file is left";
}


# an upload that must succeed, whatever was before it; one scan may be going on

sub fine
{
    my ($what) = @_;

    my $text = ScreenClient::exchange($server->{port},
        head('/fine', 5, 'close') . 'hello');

    like $text, qr{^HTTP/1.1 200 }, "$what: an upload is fine";
}


sub head
{
    my ($path, $length, $connection) = @_;

    return "PUT $path HTTP/1.1\r\nHost: localhost\r\nConnection: "
           . ($connection // 'keep-alive') . "\r\n"
           . (defined $length ? "Content-Length: $length\r\n\r\n"
                              : "Transfer-Encoding: chunked\r\n\r\n");
}


# connections that have sent these bytes and are still open

sub clients
{
    my ($n, $bytes) = @_;

    my @clients = map { ScreenClient::connection($server->{port}) } 1 .. $n;

    for my $client (@clients) {
        my $left = $bytes;

        while (length $left) {
            my $sent = syswrite $client, $left;

            defined $sent or die "write: $!";
            substr $left, 0, $sent, '';
        }
    }

    return @clients;
}


sub arrived
{
    my ($n) = @_;

    return $server->wait_for(sub { descriptors() >= $before + $n }, 20);
}


sub in_the_body
{
    my %bodies = (
        'in the head'          => substr(head('/up', 10), 0, 30),
        'before the body'      => head('/up', 10),
        'in the body'          => head('/up', 100000) . 'x' x 1000,
        'in a chunked body'    => head('/up') . "3e8\r\n" . 'x' x 1000,
        'in a temporary file'  => head('/up', 1000000) . 'x' x 200000,
        'in a form'            => "POST /up HTTP/1.1\r\nHost: localhost\r\n"
                                  . "Content-Type: multipart/form-data; "
                                  . "boundary=B\r\nContent-Length: 1000\r\n\r\n"
                                  . "--B\r\nContent-Disposition: form-data; "
                                  . "name=f; filename=x\r\n\r\nabc",
    );

    for my $what (sort keys %bodies) {
        my @clients = clients(10, $bodies{$what});

        ok arrived(10), "$what: the clients are there";

        @clients = ();

        freed($what);
        fine($what);
    }
}


# the scan goes on for seconds; the request must not

sub while_scanned
{
    for my $path ('/up', '/after') {
        my @clients = clients(1, head($path, length $slow) . $slow);

        ok arrived(2), "while scanned, $path: the scan goes on";

        my $start = time;
        @clients = ();

        freed("while scanned, $path", $half);
        fine("while scanned, $path");
    }

    # its end comes with the last byte of the body

    for my $path ('/up', '/after') {
        clients(1, head($path, length $slow) . $slow);
        freed("at the end of the body, $path", $half);
        fine("at the end of the body, $path");
    }
}


sub while_queued
{
    my @first = clients(1, head('/up', length $slow) . $slow);

    ok arrived(2), 'while queued: the scanner is busy';

    my @clients = clients(20, head('/up', 5) . 'hello');

    ok arrived(42), 'while queued: the others wait';

    @clients = ();
    @first = ();

    freed('while queued', $half);
    fine('while queued');
}


sub over_http2
{
    my $open = sub {
        my ($length, $data) = @_;

        my $socket = IO::Socket::UNIX->new(
            Peer => "$server->{dir}/http2.sock") or die "http2.sock: $!";

        syswrite $socket, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
            . ScreenClient::frame(4, 0, 0)
            . ScreenClient::frame(1, 4, 1, ScreenClient::http2_headers(
                  { path => '/up', body => 'x' x $length }))
            . ScreenClient::frame(0, $length == length $data ? 1 : 0, 1,
                                  $data);

        return $socket;
    };

    # RST_STREAM and the end of the connection, in the body and in the scan

    for my $case ([ 'in the body', 10000, 'x' x 1000 ],
                  [ 'while scanned', length $slow, $slow ])
    {
        my ($what, @body) = @$case;
        my $more = $what eq 'in the body' ? 1 : 2;

        my $socket = $open->(@body);

        ok arrived($more), "HTTP/2, $what: the upload is there";

        undef $socket;

        freed("HTTP/2, $what, the connection ends", $half);

        $socket = $open->(@body);

        ok arrived($more), "HTTP/2, $what: the next one is there";

        syswrite $socket, ScreenClient::frame(3, 0, 1, pack 'N', 8);

        my $count;

        $server->wait_for(sub { ($count = descriptors()) == $before + 1 },
                          $half);

        is $count, $before + 1,
           "HTTP/2, $what, the stream is reset: only the connection stays";

        undef $socket;
        freed("HTTP/2, $what, the stream is reset");
        fine("HTTP/2, $what");
    }
}


# QUIC has no descriptor for a connection: the temporary file and the scanner
# are all that shows.  A client that is killed says nothing any more.

sub over_http3
{
    for my $end ('gives up', 'is killed') {
        for my $what ('in the body', 'while scanned') {
            my $case = "HTTP/3, $what, the client $end";

            my ($seconds, $data) = $what eq 'in the body'
                                   ? (8, 'x' x 200000) : ($deadline - 2, $slow);

            my ($pid, $input)
                = http3_client($end eq 'gives up' ? $seconds : 60, $data);

            close $input if $what eq 'while scanned';

            ok arrived(1), "$case: the upload is there";

            kill 'KILL', $pid if $end eq 'is killed';
            waitpid $pid, 0;

            freed($case, 2 * $half);
            fine($case);
        }
    }
}


# a curl that ends after so many seconds, and a handle to give it more: it
# reads "." without blocking, else it would do nothing else meanwhile

sub http3_client
{
    my ($seconds, $data) = @_;

    pipe my $read, my $write or die "pipe: $!";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<&', $read or die "$!";
        open STDERR, '>', '/dev/null' or die "$!";
        exec 'curl', '-s', '--http3-only', '-k', '-m', $seconds, '-o',
             '/dev/null', '-H', 'Expect:', '-T', '.', $server->url('/up')
            or die "curl: $!";
    }

    local $SIG{PIPE} = 'IGNORE';

    close $read;
    print $write $data;
    $write->flush;

    return ($pid, $write);
}
