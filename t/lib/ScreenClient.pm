package ScreenClient;

# Clients that a test can hold in its hand: HTTP/1.1 byte for byte, and an
# HTTP/2 that knows what it must.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;


# Sends bytes while it reads what comes, and returns that at the end of the
# connection: whoever wants an end sends "Connection: close".  A server that
# answers early is heard out; what it does not want is not sent.

sub exchange
{
    my ($port, $bytes) = @_;

    my $socket = connection($port);
    my $select = IO::Select->new($socket);
    my $received = '';

    local $SIG{PIPE} = 'IGNORE';

    $socket->blocking(0);

    while (1) {
        my $writers = length $bytes ? $select : undef;

        my ($read, $write) = IO::Select->select($select, $writers, undef, 30)
            or last;

        if (@$read) {
            my $n = sysread $socket, $received, 65536, length $received;

            last if defined $n ? $n == 0 : !$!{EAGAIN};
        }

        if (@$write) {
            my $n = syswrite $socket, $bytes, 65536;

            if (defined $n) {
                substr $bytes, 0, $n, '';

            } elsif (!$!{EAGAIN}) {
                $bytes = '';
            }
        }
    }

    return $received;
}


sub connection
{
    my ($port) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port)
           || die "connect: $!";
}


# the responses in what exchange() returned, as [ status, headers, body ]

sub responses
{
    my ($text) = @_;

    my @responses;

    while ($text =~ s/^(HTTP\/1\.[01] (\d+).*?\r\n)\r\n//s) {
        my ($headers, $status) = ($1, $2);
        my $body = '';

        if ($headers =~ /^Content-Length: (\d+)/mi) {
            $body = substr $text, 0, $1, '';

        } elsif ($headers =~ /^Transfer-Encoding: chunked/mi) {
            while ($text =~ s/^([0-9a-f]+)\r\n//i) {
                $body .= substr $text, 0, hex $1, '';
                $text =~ s/^\r\n//;

                last if hex $1 == 0;
            }

        } elsif ($status >= 200 && $status != 204 && $status != 304) {
            $body = $text;
            $text = '';
        }

        push @responses, [ $status, $headers, $body ];
    }

    return @responses;
}


sub chunks
{
    my $text = '';

    for my $chunk (@_) {
        $text .= sprintf "%x\r\n%s\r\n", length $chunk, $chunk;
    }

    return "$text" . "0\r\n\r\n";
}


# Requests over one HTTP/2 connection, all at once: each { path, method (PUT),
# headers { }, body, no_length, part }.  With "part" only so many bytes of the
# body are sent, and no end.  The results in the same order, [ status, body,
# code of RST_STREAM ]; an answer of more than 64 KB would never end.

sub http2
{
    my ($path, @requests) = @_;

    my $socket = IO::Socket::UNIX->new(Peer => $path) or die "$path: $!";
    my $state = { out => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" . frame(4, 0, 0),
                  in => '', window => 65535, initial => 65535 };

    for my $i (0 .. $#requests) {
        my $request = $requests[$i];
        my $body = $request->{body} // '';

        $state->{streams}{2 * $i + 1} = {
            left    => substr($body, 0, $request->{part} // length $body),
            more    => defined $request->{part},
            window  => 65535, status => '', body => '',
        };

        $state->{out} .= frame(1, 4, 2 * $i + 1, http2_headers($request));
    }

    local $SIG{PIPE} = 'IGNORE';

    $socket->blocking(0);
    http2_step($socket, $state) or last
        while grep { !$_->{closed} } values %{ $state->{streams} };

    return map {
        my $stream = $state->{streams}{2 * $_ + 1};

        [ @$stream{qw( status body reset )} ];
    } 0 .. $#requests;
}


sub frame
{
    my ($type, $flags, $stream, $payload) = @_;

    $payload //= '';

    return substr(pack('N', length $payload), 1)
           . pack('CCN', $type, $flags, $stream) . $payload;
}


# literals, never indexed

sub http2_headers
{
    my ($request) = @_;

    my %headers = %{ $request->{headers} || {} };
    my @list = (':method', $request->{method} || 'PUT', ':scheme', 'http',
                ':authority', 'localhost', ':path', $request->{path});

    push @list, 'content-length', length($request->{body} // '')
        unless $request->{no_length};
    push @list, lc $_, $headers{$_} for sort keys %headers;

    my $block = '';

    while (my ($name, $value) = splice @list, 0, 2) {
        $block .= "\0" . http2_string($name) . http2_string($value);
    }

    return $block;
}


sub http2_string
{
    my ($text) = @_;

    my $n = length $text;

    return chr($n) . $text if $n < 127;

    my $prefix = chr 127;

    for ($n -= 127; $n > 127; $n >>= 7) {
        $prefix .= chr($n & 127 | 128);
    }

    return $prefix . chr($n) . $text;
}


sub http2_step
{
    my ($socket, $state) = @_;

    http2_data($state) if length $state->{out} < 65536;

    my $select = IO::Select->new($socket);
    my ($read, $write) = IO::Select->select($select,
        length $state->{out} ? $select : undef, undef, 30) or return;

    if (@$write) {
        my $n = syswrite $socket, $state->{out};

        return unless defined $n || $!{EAGAIN};

        substr $state->{out}, 0, $n // 0, '';
    }

    if (@$read) {
        my $n = sysread $socket, $state->{in}, 65536, length $state->{in};

        return if defined $n ? $n == 0 : !$!{EAGAIN};
    }

    while (length $state->{in} >= 9) {
        my ($high, $low, $type, $flags, $id) = unpack 'CnCCN', $state->{in};
        my $size = $high << 16 | $low;

        last if length $state->{in} < 9 + $size;

        my $payload = substr $state->{in}, 9, $size;
        substr $state->{in}, 0, 9 + $size, '';

        http2_frame($state, $type, $flags, $id & 0x7fffffff, $payload);
    }

    return 1;
}


sub http2_data
{
    my ($state) = @_;

    for my $id (sort { $a <=> $b } keys %{ $state->{streams} }) {
        my $stream = $state->{streams}{$id};

        next if $stream->{sent} || $stream->{closed};

        my ($n) = sort { $a <=> $b } 16384, $state->{window},
                                     $stream->{window}, length $stream->{left};

        next if $n <= 0 && length $stream->{left};

        my $data = substr $stream->{left}, 0, $n, '';

        $stream->{sent} = !length $stream->{left};
        $_ -= $n for $state->{window}, $stream->{window};

        $state->{out} .= frame(0, $stream->{sent} && !$stream->{more} ? 1 : 0,
                               $id, $data);
    }
}


sub http2_frame
{
    my ($state, $type, $flags, $id, $payload) = @_;

    my $stream = $state->{streams}{$id} || {};

    if ($type == 0) {
        $stream->{body} .= $payload;

    } elsif ($type == 1) {
        my %indexed = (8, 200, 9, 204, 10, 206, 11, 304, 12, 400, 13, 404,
                       14, 500);
        my $first = ord $payload;

        $stream->{status} = $first & 0x80 ? $indexed{$first & 0x7f}
                                          : substr $payload, 2, 3;

    } elsif ($type == 3) {
        $stream->{reset} = unpack 'N', $payload;
        $stream->{closed} = 1;

    } elsif ($type == 4 && !($flags & 1)) {
        my %settings = unpack '(nN)*', $payload;

        if (defined $settings{4}) {
            $_->{window} += $settings{4} - $state->{initial}
                for values %{ $state->{streams} };
            $state->{initial} = $settings{4};
        }

        $state->{out} .= frame(4, 1, 0);

    } elsif ($type == 7) {
        $_->{closed} = 1 for values %{ $state->{streams} };

    } elsif ($type == 8) {
        ($id ? $stream : $state)->{window} += unpack 'N', $payload;
    }

    # whoever still sends waits for the reset

    $stream->{closed} = 1
        if ($type == 0 || $type == 1) && $flags & 1
           && ($stream->{sent} && !$stream->{more});
}


sub contents
{
    my ($path) = @_;

    open my $in, '<:raw', $path or return '';
    local $/;

    return <$in> // '';
}

1;
