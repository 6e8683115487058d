package ScreenBench;

# What the measurements of a running nginx share.

use strict;
use warnings;

use IO::Socket::INET;


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


# one upload over a connection that stays; its status

sub upload
{
    my ($socket, $uri, $body) = @_;

    my $request = "POST $uri HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                  . length($body) . "\r\n\r\n$body";

    while (length $request) {
        my $n = syswrite $socket, $request or die "write: $!";
        substr $request, 0, $n, '';
    }

    my $text = '';

    while (sysread $socket, $text, 65536, length $text) {
        my $head = index $text, "\r\n\r\n";

        next if $head < 0;

        my ($length) = $text =~ /Content-Length: (\d+)/i
            or die "no length: $text";

        next if length $text < $head + 4 + $length;

        return $text =~ m{\AHTTP/1\.1 (\d+)} ? $1 : 0;
    }

    die "the connection ended\n";
}


sub connection
{
    my ($server) = @_;

    return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                 PeerPort => $server->{port})
           || die "connect: $!";
}

1;
