package ScreenPeer;

# A backend that writes down every byte that reaches it.  It speaks HTTP,
# FastCGI, uwsgi and SCGI just well enough to answer; one process serves all
# of its sockets, one connection after the other.
#
#     my $peer = ScreenPeer->new($dir);      # the sockets are in it
#     "proxy_pass http://unix:$dir/http.sock;"    fastcgi.sock, uwsgi.sock, ...
#     my @seen = $peer->seen;                # what came since the last call

use strict;
use warnings;

use Fcntl qw( :flock );
use IO::Select;
use IO::Socket::UNIX;


my %answers = (
    http    => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
               . "Connection: close\r\n\r\npeer\n",
    fastcgi => \&fastcgi_answer,
    uwsgi   => "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\npeer\n",
    scgi    => "Status: 200 OK\r\nContent-Length: 5\r\n\r\npeer\n",
);

my %complete = (
    http    => \&http_complete,
    fastcgi => sub { length fastcgi_streams($_[0])->{end} },
    uwsgi   => \&uwsgi_complete,
    scgi    => \&scgi_complete,
);


sub new
{
    my ($class, $dir) = @_;

    my $self = bless { dir => $dir, file => "$dir/peer.log", offset => 0,
                       owner => $$ }, $class;

    my %listen;

    for my $kind (keys %answers) {
        my $path = "$dir/$kind.sock";

        $listen{$kind} = IO::Socket::UNIX->new(Local => $path, Listen => 64)
            or die "$path: $!";
        chmod 0777, $path;
    }

    open my $out, '>>', $self->{file} or die "$self->{file}: $!";
    close $out;

    $self->{pid} = fork() // die "fork: $!";

    if ($self->{pid} == 0) {
        eval { $self->serve(\%listen) };
        kill 'KILL', $$;
    }

    return $self;
}


sub serve
{
    my ($self, $listen) = @_;

    my $parent = getppid;
    my %kind = map { $listen->{$_} => $_ } keys %$listen;
    my $select = IO::Select->new(values %$listen);

    while (getppid == $parent) {
        for my $socket ($select->can_read(0.5)) {
            my $client = $socket->accept or next;

            $self->connection($client, $kind{$socket});
        }
    }
}


sub connection
{
    my ($self, $client, $kind) = @_;

    my $data = '';
    my $select = IO::Select->new($client);

    until ($complete{$kind}->($data)) {
        $select->can_read(10) or last;
        sysread $client, $data, 65536, length $data or last;
    }

    my $answer = $answers{$kind};

    # whatever is behind the request has come with it or comes at once

    syswrite $client, ref $answer ? $answer->($data) : $answer;
    shutdown $client, 1;

    while ($select->can_read(10)) {
        sysread $client, $data, 65536, length $data or last;
    }

    close $client;

    open my $out, '>>:raw', $self->{file} or die;
    flock $out, LOCK_EX;
    print $out pack 'a8 N/a*', $kind, $data;
    close $out;
}


# [ kind, bytes ] of each connection since the last call

sub seen
{
    my ($self) = @_;

    open my $in, '<:raw', $self->{file} or die "$self->{file}: $!";
    flock $in, LOCK_SH;
    seek $in, $self->{offset}, 0;

    my (@seen, $head, $data);

    while (read $in, $head, 12) {
        my ($kind, $size) = unpack 'Z8 N', $head;

        read $in, $data, $size;
        push @seen, [ $kind, $data ];
    }

    $self->{offset} = tell $in;

    return @seen;
}


# { vars => { ... }, body => ... } of the bytes of a connection

sub request
{
    my ($kind, $data) = @_;

    if ($kind eq 'http') {
        my ($head, $body) = split /\r\n\r\n/, $data, 2;
        my ($line, @headers) = split /\r\n/, $head;

        return { line => $line, body => $body // '',
                 vars => { map { /^([^:]+): ?(.*)/ ? (lc $1, $2) : () }
                           @headers } };
    }

    if ($kind eq 'scgi') {
        my ($size, $rest) = split /:/, $data, 2;
        my %vars = split /\0/, substr $rest, 0, $size;

        return { vars => \%vars, body => substr $rest, $size + 1 };
    }

    my ($params, $body, %vars);

    if ($kind eq 'uwsgi') {
        my (undef, $size) = unpack 'Cv', $data;

        ($params, $body) = (substr($data, 4, $size), substr $data, 4 + $size);
        %vars = unpack '(v/a*)*', $params;

    } else {
        my $streams = fastcgi_streams($data);

        ($params, $body) = @$streams{qw( params stdin )};

        while (length $params) {
            my @size;

            for (1, 2) {
                my $n = ord $params;

                if ($n < 128) {
                    substr $params, 0, 1, '';
                } else {
                    $n = unpack('N', substr $params, 0, 4, '') & 0x7fffffff;
                }

                push @size, $n;
            }

            my $name = substr $params, 0, $size[0], '';
            $vars{$name} = substr $params, 0, $size[1], '';
        }
    }

    return { vars => \%vars, body => $body };
}


sub http_complete
{
    my ($data) = @_;

    my ($head, $body) = split /\r\n\r\n/, $data, 2;

    return unless defined $body;

    return $body =~ /(?:^|\r\n)0\r\n\r\n\z/
        if $head =~ /^Transfer-Encoding: *chunked/mi;

    return length $body >= ($head =~ /^Content-Length: *(\d+)/mi ? $1 : 0);
}


sub uwsgi_complete
{
    my ($data) = @_;

    return if length $data < 4;

    my (undef, $size) = unpack 'Cv', $data;

    return if length $data < 4 + $size;

    my $request = request('uwsgi', $data);

    return length $request->{body} >= ($request->{vars}{CONTENT_LENGTH} || 0);
}


sub scgi_complete
{
    my ($data) = @_;

    return unless $data =~ /^(\d+):/;
    return if length $data < length("$1:") + $1 + 1;

    my $request = request('scgi', $data);

    return length $request->{body} >= ($request->{vars}{CONTENT_LENGTH} || 0);
}


# the streams of FastCGI's records; "end" is set at the end of stdin

sub fastcgi_streams
{
    my ($data) = @_;

    my %streams = (params => '', stdin => '', end => '');

    while (length $data >= 8) {
        my (undef, $type, undef, $size, $padding) = unpack 'CCnnC', $data;

        last if length $data < 8 + $size + $padding;

        my $content = substr $data, 8, $size;
        substr $data, 0, 8 + $size + $padding, '';

        $streams{params} .= $content if $type == 4;
        $streams{stdin} .= $content if $type == 5;
        $streams{end} = 1 if $type == 5 && $size == 0;
    }

    return \%streams;
}


sub fastcgi_answer
{
    my $text = "Status: 200 OK\r\nContent-Length: 5\r\n\r\npeer\n";

    return pack('CCnnCC', 1, 6, 1, length $text, 0, 0) . $text
           . pack('CCnnCC', 1, 6, 1, 0, 0, 0)
           . pack('CCnnCC', 1, 3, 1, 8, 0, 0) . ("\0" x 8);
}


sub stop
{
    my ($self) = @_;

    if ($self->{pid}) {
        kill 'KILL', $self->{pid};
        waitpid $self->{pid}, 0;
        $self->{pid} = 0;
    }
}


sub DESTROY
{
    my ($self) = @_;

    local ($?, $@, $!);

    $self->stop if $self->{owner} == $$;
}

1;
