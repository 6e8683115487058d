#!/usr/bin/perl

# From "ngx-screen bank add" to every worker of two nginx instances rejecting
# that content, over many adds, under upload load (CLIENTS of each instance,
# with a PAUSE in seconds between two uploads of each).
#
#     bench/redis-latency.pl [ADDS [CLIENTS [PAUSE]]]  1000 adds, 1 client,
#                                                      no pause
#
# Clients that pause leave some of the machine to those who share it with them
# here; without a pause they take all that they can get.
#
# The clock starts when the command is started as a process, and stops when
# the last of the workers, each asked again and again on a connection of its
# own, has rejected the content.  "change" is the same without the command: the
# transaction is sent on a connection that is there already.  The peers are what
# the change itself takes: that transaction, until Redis has confirmed it; and
# the same transaction by a process of redis-cli, to the same end.  What a
# process costs on a busy machine is most of what a command takes, so it is the
# ratio to redis-cli that tells of the command.

use strict;
use warnings;

use Cwd ();
use Digest::SHA qw( sha256_hex );
use FindBin;
use IO::Socket::INET;
use IO::Socket::UNIX;
use Time::HiRes ();

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenLoad;
use ScreenRedis;
use ScreenServer;

my $adds = shift // 1000;
my $clients = shift // 1;
my $pause = shift // 0;
my $screen = Cwd::abs_path($ENV{NGX_SCREEN} || 'build/ngx-screen');

my $redis = ScreenRedis->new;

my @edges = map {
    ScreenServer->new(
        http => 'screen_redis ' . $redis->socket . '; screen_bank b redis;'
                . 'keepalive_requests 1000000;',
        policy => 'match bank=b reject=451;',
        log_level => 'error',
        server => <<'CONF')
location / {
    screen      test;
    add_header  X-Worker  $pid always;
    error_page  404 405 =200 @passed;
}
location @passed {
    add_header  X-Worker  $pid always;
    return 200 "passed\n";
}
CONF
} 1, 2;


my @workers;


# an answer's status and its worker

sub ask
{
    my ($socket, $content) = @_;

    print $socket "POST /x HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\n"
                  . 'Content-Length: ' . length($content) . "\r\n\r\n$content";

    my $head = '';

    while ($head !~ /\r\n\r\n/) {
        my $n = sysread $socket, $head, 4096, length $head;
        return unless $n;
    }

    my ($length) = $head =~ /Content-Length: (\d+)/i;
    my $body = $head =~ s/.*?\r\n\r\n//sr;

    while (length $body < ($length // 0)) {
        sysread $socket, $body, 4096, length $body or return;
    }

    return $head =~ m{^HTTP/1\.1 (\d+).*?X-Worker: (\d+)}s;
}


# a connection to each worker of an edge

sub workers
{
    my ($edge) = @_;

    my %workers;
    my $want = () = $edge->workers;

    for (1 .. 1000) {
        my $socket = IO::Socket::INET->new(
            PeerAddr => "127.0.0.1:$edge->{port}") or die "$!";
        $socket->autoflush(1);

        my ($status, $pid) = ask($socket, 'hello');
        $workers{$pid} //= $socket;

        return values %workers if keys %workers == $want;
    }

    die 'not every worker answers';
}


sub line
{
    my ($what, @ms) = @_;

    @ms = sort { $a <=> $b } @ms;

    printf "%-32s median %6.2f ms, p99 %6.2f ms, max %6.2f ms (%d)\n", $what,
           $ms[@ms / 2], $ms[$#ms * 0.99], $ms[-1], scalar @ms;

    return ($ms[@ms / 2], $ms[$#ms * 0.99]);
}


sub transaction
{
    my ($socket, $hash) = @_;

    my $text = '';

    for my $command ([ 'MULTI' ],
                     [ 'HSET', 'screen:bank:b:sha256:' . substr($hash, 0, 2),
                       $hash, '{}' ],
                     [ 'XADD', 'screen:bank:b:changes', '*', 'op', 'add',
                       'signal', 'sha256', 'value', $hash, 'data', '{}' ],
                     [ 'EXEC' ])
    {
        $text .= '*' . @$command . "\r\n"
                 . join '', map { '$' . length($_) . "\r\n$_\r\n" } @$command;
    }

    print $socket $text;

    my $reply = '';

    while ($reply !~ /\*2\r\n:1\r\n\$\d+\r\n[\d-]+\r\n/) {
        sysread $socket, $reply, 4096, length $reply or die 'Redis: ' . $reply;
    }
}


sub until_rejected
{
    my ($content, @workers) = @_;

    while (@workers) {
        @workers = grep {
            my ($status) = ask($_, $content);
            die 'a worker hung up' unless $status;
            $status != 451;
        } @workers;

        # who asks without a pause takes the processor from what he measures

        Time::HiRes::sleep(0.0005) if @workers;
    }
}


# the same words for redis-cli's standard input

sub words
{
    my ($hash) = @_;

    return "MULTI\nHSET screen:bank:b:sha256:" . substr($hash, 0, 2)
           . " $hash {}\nXADD screen:bank:b:changes * op add signal sha256 "
           . "value $hash data {}\nEXEC\n";
}


# a program, from its start until the last worker rejects; ms

sub program
{
    my ($content, $input, @words) = @_;

    open my $words, '+>', undef or die "$!";
    print $words $input;
    seek $words, 0, 0;

    my $start = Time::HiRes::time();
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<&', $words;
        open STDOUT, '>', '/dev/null';
        exec @words or die;
    }

    until_rejected($content, @workers);
    my $ms = 1000 * (Time::HiRes::time() - $start);
    waitpid $pid, 0;

    return $ms;
}


@workers = map { workers($_) } @edges;
my $socket = IO::Socket::UNIX->new(Peer => "$redis->{dir}/redis.sock")
    or die "$!";
$socket->autoflush(1);

for my $edge (@edges) {
    $edge->wait_for(sub { glob "$edge->{dir}/screen/b-*.bank" }, 10)
        or die 'no bank: ' . $edge->error_log;
}

Time::HiRes::sleep(1);

my $began = Time::HiRes::time();
my @load = map { ScreenLoad->start($_, clients => $clients, size => 100_000,
                                   seconds => 3600, pause => $pause) }
           $clients ? @edges : ();

Time::HiRes::sleep(1) if $clients;

my (@command, @cli, @change, @peer);

for my $n (1 .. $adds) {
    my $content = "command $n " . rand;

    push @command, program($content, '', $screen, 'bank', 'add', '-q',
                           '--redis', $redis->socket, 'b',
                           sha256_hex($content));

    $content = "redis-cli $n " . rand;

    push @cli, program($content, words(sha256_hex($content)),
                       $ScreenRedis::Cli, '-s', "$redis->{dir}/redis.sock");

    $content = "change $n " . rand;
    my $hash = sha256_hex($content);
    my $start = Time::HiRes::time();

    transaction($socket, $hash);
    push @peer, 1000 * (Time::HiRes::time() - $start);

    until_rejected($content, @workers);
    push @change, 1000 * (Time::HiRes::time() - $start);
}

my $uploads = 0;

for my $load (@load) {
    my @all = $load->stop;
    $uploads += @all;
    print scalar(grep { $_->{status} != 200 } @all), " uploads failed\n"
        if grep { $_->{status} != 200 } @all;
}

printf "%d workers of %d nginx, %d clients (%d uploads of 100 KB meanwhile, "
       . "%.0f a second)\n", scalar @workers, scalar @edges,
       $clients * @edges, $uploads, $uploads / (Time::HiRes::time() - $began);
my @ours = line('ngx-screen bank add', @command);
my @theirs = line('peer: redis-cli', @cli);
printf "%-32s median %6.2f,    p99 %6.2f\n", 'ratio of the two',
       $ours[0] / $theirs[0], $ours[1] / $theirs[1];
line('change', @change);
line('peer: the transaction alone', @peer);
