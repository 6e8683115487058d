# A server whose replies come late, all of them or because one was lost, is
# one that does not answer in time.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use File::Temp ();
use IO::Select;
use IO::Socket::UNIX;

use lib 't/lib';
use ScreenProbe;

my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $dir;

my $parent = $$;
my @fakes;

END {
    local $?;
    kill 'KILL', @fakes if $$ == $parent;
}


# PING is answered at once, what else is asked by what "answer" returns for
# the number of the command on its connection, after a pause

sub fake_server
{
    my ($name, $pause, $answer) = @_;

    my $path = "$dir/$name.sock";
    my $listen = IO::Socket::UNIX->new(Local => $path, Listen => 100)
        or die "$path: $!";
    chmod 0777, $path;

    my $pid = fork // die "fork: $!";

    if ($pid) {
        push @fakes, $pid;
        return "unix:$path";
    }

    $SIG{PIPE} = 'IGNORE';

    my $select = IO::Select->new($listen);
    my (%commands, @due);

    while (1) {

        for my $socket ($select->can_read(0.005)) {

            if ($socket == $listen) {
                my $client = $listen->accept or next;
                $select->add($client);
                $commands{$client} = 0;
                next;
            }

            if (!sysread $socket, my $text, 65536) {
                $select->remove($socket);
                @due = grep { $_->[1] != $socket } @due;
                close $socket;

            } elsif ($text =~ /\bPING\b/) {
                syswrite $socket, "+PONG\r\n";

            } else {
                push @due, [ Time::HiRes::time() + $pause, $socket,
                             $answer->(++$commands{$socket}) ];
            }
        }

        while (@due && $due[0][0] <= Time::HiRes::time()) {
            my (undef, $socket, $text) = @{ shift @due };
            syswrite $socket, $text;
        }
    }
}


subtest 'a server that is always late' => sub {
    my $server = fake_server('late', 1, sub { "+OK\r\n" });
    my $nginx = ScreenProbe->new(
        servers => [ "$server timeout=50ms connect_timeout=2s" ]);

    my %answers;
    my $end = Time::HiRes::time() + 3;

    while (Time::HiRes::time() < $end) {
        $answers{$nginx->ask('GET', 'key')}++;
        Time::HiRes::sleep(0.01);
    }

    is join(' ', sort keys %answers), 'BUSY TIMEOUT', 'is not waited for';
    cmp_ok $answers{TIMEOUT} * 2, '<', $answers{BUSY},
        'most requests do not pay for it';

    my $log = $nginx->{server}->error_log;
    my @warnings = $log =~ /\[warn\].*it does not answer in time/g;

    is scalar @warnings, 1, 'it is said once';
    unlike $log, qr/usable again/, 'and not taken back';
};


# a reply that is lost makes all replies after it come one command late

subtest 'a sentinel that has lost a reply' => sub {
    my $server = fake_server('sentinel', 0,
                             sub { $_[0] == 1 ? '' : "+OK\r\n" });
    my $nginx = ScreenProbe->new(
        servers => [ "sentinel=x $server timeout=60ms connect_timeout=1s" ]);

    $nginx->ask('GET', 'key');
    ok $nginx->{server}->wait_for(sub {
        $nginx->{server}->error_log =~ /it does not answer in time/
    }, 20), 'is one that does not answer';
};

done_testing;
