package ScreenCrowd;

# Many clients that send the same content at the same time, by one process:
#
#     my @uploads = ScreenCrowd::upload($port, clients => 1000,
#                                       body => $content);
#
# All connect first.  Then each is given a piece of the content in turn, so
# that their bodies end close together.  An upload is { start, end, status };
# status is 0 when the connection broke or "timeout" (60 s) was over.

use strict;
use warnings;

use IO::Poll qw( POLLIN POLLOUT );
use IO::Socket::INET;
use Time::HiRes ();

our $Piece = 131072;


sub upload
{
    my ($port, %args) = @_;

    my $request = "PUT /viral HTTP/1.1\r\nHost: localhost\r\n"
                  . "Connection: close\r\n"
                  . "Content-Type: application/octet-stream\r\n"
                  . 'Content-Length: ' . length($args{body})
                  . "\r\n\r\n$args{body}";

    local $SIG{PIPE} = 'IGNORE';

    my @all = map { client($port) } 1 .. $args{clients};
    my %open = map { fileno $_->{socket} => $_ } @all;
    my $start = Time::HiRes::time();
    my $deadline = $start + ($args{timeout} // 60);

    $_->{start} = $start for @all;

    while (%open && (my $left = $deadline - Time::HiRes::time()) > 0) {

        my @fds = map {
            $_ => $open{$_}{sent} < length $request ? POLLIN | POLLOUT : POLLIN
        } sort { $a <=> $b } keys %open;

        next if IO::Poll::_poll(1000 * $left, @fds) <= 0;

        while (my ($fd, $events) = splice @fds, 0, 2) {
            next if !$events || step($open{$fd}, \$request, $events);

            close delete($open{$fd})->{socket};
        }
    }

    return map { { start => $_->{start}, status => $_->{status},
                   end => $_->{end} // Time::HiRes::time() } } @all;
}


sub client
{
    my ($port) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $port)
        or die "connect: $!";

    $socket->blocking(0);

    return { socket => $socket, sent => 0, status => 0, answer => '' };
}


# false at the end; a server that takes no more may have answered already

sub step
{
    my ($client, $request, $events) = @_;

    my $n;

    if ($events & ~POLLOUT) {
        $n = sysread $client->{socket}, $client->{answer}, 65536,
                     length $client->{answer};

        if (defined $n ? $n == 0 : !$!{EAGAIN}) {
            $client->{end} = Time::HiRes::time();
            $client->{status} = $1
                if $client->{answer} =~ m{\AHTTP/1\.[01] (\d+)};
            return 0;
        }
    }

    if ($events & POLLOUT) {
        $n = syswrite $client->{socket}, $$request, $Piece, $client->{sent};

        $client->{sent} = defined $n ? $client->{sent} + $n
                          : $!{EAGAIN} ? $client->{sent} : length $$request;
    }

    return 1;
}

1;
