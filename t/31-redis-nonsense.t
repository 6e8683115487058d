# A server that answers with every kind of nonsense ends no worker.
#
# SCREEN_NONSENSE is the number of replies (20,000; the full run is 100,000),
# SCREEN_SEED makes a run the same as another.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use File::Temp ();
use IO::Select;
use IO::Socket::UNIX;
use Socket qw( SOMAXCONN );

use lib 't/lib';
use ScreenProbe;

my $replies = $ENV{SCREEN_NONSENSE} // 20_000;
my $seed = $ENV{SCREEN_SEED} // int rand 1_000_000;

my @valid = (
    "+OK\r\n", "+PONG\r\n", ":1\r\n", ":-9223372036854775808\r\n",
    "\$-1\r\n", "*-1\r\n", "\$0\r\n\r\n", "\$3\r\nabc\r\n", "*0\r\n",
    "*2\r\n\$1\r\na\r\n:5\r\n", "*2\r\n*1\r\n*1\r\n*1\r\n:1\r\n\$-1\r\n",
    "*1\r\n*-1\r\n", "-ERR no\r\n", "-MOVED 1 127.0.0.1:1\r\n",
    "-ASK 1 127.0.0.1:1\r\n", "-MOVED 16384 :\r\n", "-NOPERM no\r\n", "-\r\n",
    "+\r\n", "\$5\r\n\0\r\n\0\xff\r\n", '$20000' . "\r\n" . 'x' x 20000
    . "\r\n", "*200\r\n" . ":1\r\n" x 200,
);

my @hostile = (
    "-READONLY no\r\n", "-LOADING wait\r\n", "-NOAUTH no\r\n",
    "-MASTERDOWN no\r\n",
    "+OK\r\n+OK\r\n", ":1\r\n" x 300,
    "*3\r\n\$7\r\nmessage\r\n\$1\r\nx\r\n\$1\r\ny\r\n" x 60,
    "*3\r\n\$9\r\nsubscribe\r\n\$1\r\nx\r\n:1\r\n" x 60,
    "\$999999999999999999\r\n", "\$9223372036854775807\r\nabc",
    "\$9223372036854775808\r\n", "\$-2\r\n", "\$abc\r\n", "\$\r\n", "\$+1\r\n",
    "\$ 1\r\n", "\$01\r\n", "*9223372036854775807\r\n", "*2147483647\r\n",
    "*2147483648\r\n", "*1000000\r\n", "*4097\r\n", "*-2\r\n", "*\r\n",
    "*1\r\n" x 5, "*1\r\n" x 9, "*1\r\n" x 10_000, "*2\r\n*4000\r\n*4000\r\n",
    "*4000\r\n" . "*1\r\n:1\r\n" x 97 . "*4000\r\n",
    ":\r\n", ":abc\r\n", ":99999999999999999999999\r\n", ":1 \r\n",
    "_\r\n", "#t\r\n", "#x\r\n", ",1.5\r\n", ",inf\r\n", ",nan\r\n",
    "%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">2\r\n+message\r\n+x\r\n",
    "=8\r\ntxt:abcd\r\n", "=1\r\na\r\n", "(123456789012345678901234567890\r\n",
    "|1\r\n+a\r\n+b\r\n:1\r\n", "!5\r\nERR x\r\n", "%9223372036854775807\r\n",
    ">0\r\n", "*1\r\n#t\r\n", "*2\r\n,1\r\n_\r\n", "\$?\r\n;0\r\n",
    "*?\r\n.\r\n",
    "\r\n", "\n", "\r", "\0", '', "HTTP/1.1 400 Bad Request\r\n\r\n",
    "+OK", "+OK\n", "+" . 'x' x 30_000, "\$10\r\nabc", "*3\r\n+a\r\n",
    "\$3\r\nabcdef\r\n", "SSH-2.0-x\r\n",
);


sub nonsense
{
    my $kind = rand;

    return $valid[rand @valid] if $kind < 0.55;
    return $hostile[rand @hostile] if $kind < 0.75;

    # a mistake or some in what would be valid

    my $text = $valid[rand @valid];

    if ($kind < 0.95) {
        substr($text, rand length $text, 1) = chr rand 256
            for 0 .. rand 3;
        return $text;
    }

    return '$4300000' . "\r\n" . 'x' x 4_300_000 . "\r\n" if $kind > 0.9995;

    return join '', map { chr rand 256 } 0 .. rand 60;
}


# one reply for each command; on a connection for which it was decided so, the
# greeting is nonsense already

sub fake_server
{
    my ($path, $counter) = @_;

    my $listen = IO::Socket::UNIX->new(Local => $path, Listen => SOMAXCONN)
        or die "$path: $!";
    chmod 0777, $path;

    my $pid = fork // die "fork: $!";

    if ($pid) {
        return $pid;
    }

    $SIG{PIPE} = 'IGNORE';
    srand $seed;

    my $select = IO::Select->new($listen);
    my ($n, $sane, %greeted) = (0, 0);

    $SIG{USR1} = sub { $sane = 1 };

    while (1) {
        for my $socket ($select->can_read) {

            if ($socket == $listen) {
                my $client = $listen->accept or next;
                $client->blocking(0);
                $select->add($client);
                $greeted{$client} = rand() < 0.02 && !$sane;
                next;
            }

            my $commands;

            if (!sysread $socket, $commands, 65536) {
                delete $greeted{$socket};
                $select->remove($socket);
                close $socket;
                next;
            }

            my $out = '';

            my @commands = $commands =~ /^\*\d+\r$/mg;

            for (@commands) {

                if (!$greeted{$socket} || $sane) {
                    $greeted{$socket} = 1;
                    $out .= "+PONG\r\n";
                    next;
                }

                $out .= nonsense();
                $n++;
            }

            # sometimes in pieces, sometimes cut off

            my $cut = rand() < 0.02 ? rand length $out : length $out;
            my $at = 0;

            while ($at < $cut) {
                my $size = rand() < 0.2 ? 1 + int rand 5 : $cut - $at;
                my $sent = syswrite $socket, $out, $size, $at;

                if (!defined $sent) {
                    last if !$!{EAGAIN};
                    last if !IO::Select->new($socket)->can_write(1);
                    next;
                }

                $at += $sent;
            }

            if ($cut < length $out || rand() < 0.01 && !$sane) {
                delete $greeted{$socket};
                $select->remove($socket);
                close $socket;
            }

            truncate $counter, 0;
            sysseek $counter, 0, 0;
            syswrite $counter, $n;
        }
    }
}


my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $dir;

open my $counter, '+>', "$dir/count" or die $!;

my $fake = fake_server("$dir/fake.sock", $counter);

END {
    local $?;
    kill 'KILL', $fake if $fake;
}

# as many servers as the list may have, or the pauses would take most of the
# time; the last ones are a cluster and a master, which listen to more

my $nginx = ScreenProbe->new(servers => [
    ("unix:$dir/fake.sock timeout=60ms connect_timeout=200ms") x 10,
    ("cluster=on unix:$dir/fake.sock timeout=60ms connect_timeout=200ms") x 5,
    "sentinel=x unix:$dir/fake.sock timeout=60ms connect_timeout=200ms" ]);

my $pids = $nginx->{server}->wait_for(sub {
    join ' ', $nginx->{server}->workers
});
my $start = Time::HiRes::time();
my ($count, $slowest, %answers) = (0, 0);

while ($count < $replies && Time::HiRes::time() - $start < $replies / 20) {
    my $answer = $nginx->ask('GET', 'key' . int rand 1000,
                             { 'X-Repeat' => 1 + int rand 3 ** int rand 5 });

    # what stands behind the first hostile one of several is not read

    $answers{($answer =~ /^(\w+)/)[0] // $answer}++;
    $slowest = $nginx->{took} if $nginx->{took} > $slowest;

    $count = do { open my $in, '<', "$dir/count"; <$in> } // 0;
}

my $status = $nginx->status;

diag sprintf 'seed %d, %d replies in %.0f s, %s, %d connections, slowest %d ms',
     $seed, $count, Time::HiRes::time() - $start,
     join(', ', map { "$answers{$_} $_" } sort keys %answers),
     $status->{connects}, $slowest
    if $ENV{SCREEN_NONSENSE};

cmp_ok $count, '>=', $replies, "$replies replies (seed $seed)";
is join(' ', $nginx->{server}->workers), $pids, 'no worker ended';
is join(' ', grep { !/^(?:OK|NIL|ERROR|BUSY|TIMEOUT)$/ } keys %answers), '',
   'every request was answered';
cmp_ok $slowest, '<', 1500, 'none waited for nonsense';

kill 'USR1', $fake;

ok $nginx->becomes(qr/^OK \+PONG/, 10, 'GET', 'key'),
   'when the server has come to its senses, so has the client';

# a sentinel that has lost a reply is given up after three questions, which
# are up to 3 s apart

ok $nginx->{server}->wait_for(sub { $nginx->status->{pending} == 0 }, 20),
   'nothing is left under way';

my $server = $nginx->{server};
my $pid = $server->pid;

$server->signal('QUIT');
ok $server->wait_for(sub { !kill 0, $pid }, 10), 'nginx quits';
is $server->alerts, '', 'no alert in the log';

done_testing;
