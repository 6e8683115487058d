package ScreenBench;

# What the measurements of a running nginx share.

use strict;
use warnings;

use Errno ();
use IO::Poll qw( POLLIN POLLOUT );
use IO::Socket::INET;
use Socket qw( IPPROTO_TCP TCP_NODELAY );


# a file of so many YARA rules of the kinds that rule sets are made of; of
# another seed they are others

sub rules
{
    my ($n, $seed) = @_;

    my $text = '';

    srand($seed // 1);

    for my $i (1 .. $n) {
        my $word = join '', map { chr 97 + int rand 26 } 1 .. 12;
        my $hex = join ' ', map { sprintf '%02x', int rand 256 } 1 .. 10;

        $text .= <<"RULE";
rule generated_$i : family_@{[ $i % 20 ]} {
    meta: severity = @{[ $i % 10 ]}
    strings:
        \$a = "$word" nocase
        \$b = { $hex ?? @{[ substr $hex, 0, 11 ]} }
        \$c = /$word=[a-z0-9]{4,20}/
    condition: \$b or (#a > 1 and \$c)
}
RULE
    }

    return $text;
}


# bytes that look like a document: text, with some of it compressed

sub content
{
    my ($size) = @_;

    my @words = map { join '', map { chr 97 + int rand 26 } 1 .. 2 + rand 9 }
                1 .. 500;
    my $text = '';

    while (length $text < $size) {
        $text .= join ' ', map { $words[rand @words] } 1 .. 2000;
        $text .= pack 'N*', map { int rand 2**32 } 1 .. 2000;
    }

    return substr $text, 0, $size;
}


# seconds of CPU that processes have used

sub cpu
{
    my $sum = 0;

    for my $pid (@_) {
        open my $in, '<', "/proc/$pid/schedstat" or next;
        $sum += (split ' ', <$in> // '0')[0];
    }

    return $sum / 1e9;
}


sub percentile
{
    my ($share, @values) = @_;

    my @sorted = sort { $a <=> $b } @values or return 0;
    my $n = int($share * @sorted);

    return $sorted[$n > $#sorted ? $#sorted : $n];
}


sub median { return percentile(0.5, @_) }


# n uploads over each of some connections that stay, all of them at the same
# time, by one process; dies unless each is answered with 200

sub uploads
{
    my ($connections, $uri, $body, $n) = @_;

    my $request = "POST $uri HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                  . length($body) . "\r\n\r\n$body";

    my %open = map {
        fileno $_ => { socket => $_, sent => 0, answer => '', left => $n }
    } @$connections;

    while (%open) {
        my @fds = map {
            $_ => $open{$_}{sent} < length $request ? POLLIN | POLLOUT : POLLIN
        } keys %open;

        IO::Poll::_poll(60_000, @fds) > 0 or die "$uri: no answer\n";

        while (my ($fd, $events) = splice @fds, 0, 2) {
            delete $open{$fd}
                if $events && step($open{$fd}, $uri, \$request, $events);
        }
    }
}


# true when the connection has done all its uploads

sub step
{
    my ($c, $uri, $request, $events) = @_;

    if ($events & POLLOUT) {
        my $sent = syswrite $c->{socket}, $$request, length $$request,
                            $c->{sent};

        defined $sent || $!{EAGAIN} or die "$uri: write: $!\n";
        $c->{sent} += $sent // 0;
    }

    return if !($events & ~POLLOUT);

    sysread $c->{socket}, $c->{answer}, 65536, length $c->{answer}
        or die "$uri: the connection ended\n";

    my ($head, $length) = $c->{answer}
                          =~ /\A(.*?Content-Length: (\d+).*?\r\n\r\n)/is
        or return;

    return if length $c->{answer} < length($head) + $length;

    $head =~ m{\AHTTP/1\.1 200 } or die "$uri: $head\n";

    @$c{qw( sent answer )} = (0, '');

    return --$c->{left} == 0;
}


# without Nagle's algorithm, as clients do it

sub connection
{
    my ($server) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $server->{port})
                 || die "connect: $!";

    $socket->setsockopt(IPPROTO_TCP, TCP_NODELAY, 1) or die "setsockopt: $!";
    $socket->blocking(0);

    return $socket;
}

1;
