package ScreenLoad;

# Clients that upload without pause while a test does something to the server:
#
#     my $load = ScreenLoad->start($server, clients => 4, size => 100_000);
#     ...
#     my @uploads = $load->stop;     # { start, end, status, client, number }
#
# "seconds" and "uploads" bound what each client does, by "method" (POST);
# "body" and "uri" may be functions of the client's number and the upload's.
# Each client has one upload under way at a time, on a connection of its own
# for each (so that every worker gets some).  status is 0 when the connection
# broke; times are of Time::HiRes; client and number are what body => sub was
# called with.

use strict;
use warnings;

use Errno ();
use File::Temp ();
use IO::Socket::INET;
use POSIX ();
use Time::HiRes ();


sub start
{
    my ($class, $server, %args) = @_;

    my $self = bless { dir => File::Temp::tempdir(CLEANUP => 1), pids => [] },
               $class;

    for my $n (1 .. $args{clients} // 4) {
        my $pid = fork // die "fork: $!";

        if ($pid == 0) {
            eval { $self->client($server, $n, %args) };
            print STDERR $@ if $@;
            POSIX::_exit(0);
        }

        push @{ $self->{pids} }, $pid;
    }

    return $self;
}


sub client
{
    my ($self, $server, $n, %args) = @_;

    my $stop;
    local $SIG{TERM} = sub { $stop = 1 };
    local $SIG{PIPE} = 'IGNORE';

    srand $$;

    open my $out, '>', "$self->{dir}/$n" or die "$!";
    $out->autoflush(1);

    my $deadline = Time::HiRes::time() + ($args{seconds} // 120);

    for (my $i = 0; !$stop && Time::HiRes::time() < $deadline; $i++) {
        last if defined $args{uploads} && $i >= $args{uploads};

        my $uri = ref $args{uri} ? $args{uri}->($n, $i)
                                 : $args{uri} // '/upload';
        my $body = $args{body}
                   ? $args{body}->($n, $i)
                   : pack('N*', map { int rand 2**32 }
                                1 .. ($args{size} // 4000) / 4);

        # told to stop, a client ends what it has begun

        my $term = POSIX::SigSet->new(POSIX::SIGTERM);
        POSIX::sigprocmask(POSIX::SIG_BLOCK, $term);

        my $start = Time::HiRes::time();
        my $status = upload($server->{port}, $uri, $body, $args{timeout} // 30,
                            $args{method});

        POSIX::sigprocmask(POSIX::SIG_UNBLOCK, $term);

        printf $out "%.6f %.6f %d\n", $start, Time::HiRes::time(), $status;

        Time::HiRes::sleep($args{pause}) if $args{pause};
    }
}


sub upload
{
    my ($port, $uri, $body, $timeout, $method) = @_;

    my $status = 0;

    eval {
        local $SIG{ALRM} = sub { die "timeout\n" };
        Time::HiRes::alarm($timeout);

        my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                           PeerPort => $port)
            or die "connect: $!\n";

        my $request = ($method // 'POST') . " $uri HTTP/1.1\r\n"
                      . "Host: localhost\r\nConnection: close\r\n"
                      . "Content-Type: application/octet-stream\r\n"
                      . 'Content-Length: ' . length($body)
                      . "\r\n\r\n$body";

        while (length $request) {
            my $sent = syswrite $socket, $request;
            next if !defined $sent && $!{EINTR};
            last unless $sent;
            substr $request, 0, $sent, '';
        }

        my $answer = '';

        while (1) {
            my $got = sysread $socket, $answer, 65536, length $answer;
            next if !defined $got && $!{EINTR};
            last unless $got;
        }

        $status = $1 if $answer =~ m{\AHTTP/1\.[01] (\d+)};
    };

    Time::HiRes::alarm(0);

    return $status;
}


sub stop
{
    my ($self) = @_;

    kill 'TERM', @{ $self->{pids} };
    waitpid $_, 0 for @{ $self->{pids} };
    $self->{pids} = [];

    my @uploads;

    for my $file (glob "$self->{dir}/*") {
        open my $in, '<', $file or next;

        my $client = $file =~ s{.*/}{}r;
        my $number = 0;

        while (<$in>) {
            my ($start, $end, $status) = split;

            push @uploads, { start => $start, end => $end, status => $status,
                             client => $client, number => $number++ };
        }
    }

    return @uploads;
}


# how many have been done so far

sub count
{
    my ($self) = @_;

    my $count = 0;

    for my $file (glob "$self->{dir}/*") {
        open my $in, '<', $file or next;
        $count++ while <$in>;
    }

    return $count;
}

1;
