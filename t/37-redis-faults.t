# Whatever becomes of Redis while uploads run at full load - stopped, killed,
# asleep, paused, flushed and refilled, failed over by Sentinel - no upload
# fails or waits beyond its deadline, no verdict is older than the replica says
# that it is, and every event is in a stream or was counted as dropped.
#
# SCREEN_FAULT_SECONDS repeats the faults, at random lengths, for so long.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use HTTP::Tiny;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw( time );

use lib 't/lib';
use ScreenLoad;
use ScreenRedis;
use ScreenServer;

plan skip_all => 'redis-server is not installed'
    unless ScreenRedis::available();

my $SCAN = 5;             # s, the deadline of a scan
my $TIMEOUT = 0.5;        # s, of a command to Redis
my $BANNED = 400;
my $CLIENTS = 4;

my $seconds = $ENV{SCREEN_FAULT_SECONDS} // 0;
my $bank = 'screen:bank:coalition';

# what Redis has said that it has must be there after kill -9

my @config = ('enable-debug-command' => 'yes', appendonly => 'yes',
              appendfsync => 'always');

my @redis = map { ScreenRedis->new(config => [ @config ]) } 1, 2;
my ($master, $replica) = @redis;

my $added = 0;
my (%added, %seen);       # content => when, of those added meanwhile
my (%ids, @wrong, @mine, @faults);
my $checks = 0;


# what clients send, and what the policy says to it

my @kinds = ([ 451, sub { banned(int rand $BANNED) } ],
             [ 200, sub { noise(5000) } ],
             [ 406, sub { noise(500) . 'a marker' } ],
             [ 200, sub { 'again ' . int($_[1] / 20) . ' ' . 'x' x 3000 } ]);


sub banned { return "banned $_[0] " . 'x' x 2000 }
sub noise { return pack 'N*', map { int rand 2**32 } 1 .. $_[0] }


sub kind
{
    my ($client, $number) = @_;

    return $kinds[($client + $number) % @kinds];
}


# the commands that add to the bank, all of them or none

sub transaction
{
    my @hashes = map { sha256_hex($_) } @_;

    return join '', "MULTI\n",
           map({ "HSET $bank:sha256:" . substr($_, 0, 2) . " $_ {}\n"
                 . "XADD $bank:changes * op add signal sha256 value $_ "
                 . "data {}\n" } @hashes), "EXEC\n";
}


# ids of the events in what redis-cli prints

sub collect
{
    my ($text) = @_;

    $ids{$_} = 1 for $text =~ /"id":"([0-9a-f]{32})"/g;
}


sub collect_from { collect($_[0]->cli('XRANGE', 'screen:events', '-', '+')) }


# all that a server that was killed had confirmed, by what it has on disk

sub collect_from_disk
{
    my ($dead) = @_;

    my $reader = ScreenRedis->new(config => [ @config ], stopped => 1);

    system('cp', '-r', "$dead->{dir}/appendonlydir", $reader->{dir}) == 0
        or die 'no append-only file';

    $reader->start;
    collect_from($reader);
    $reader->stop;
}


$replica->cli('REPLICAOF', '127.0.0.1', $master->{port});
$master->cli_input(transaction(map { banned($_) } 0 .. $BANNED - 1));

# patient until it is its turn

my $sentinel = ScreenRedis->sentinel($master, down_after => 600_000);

my $server = ScreenServer->new(
    files => { 'rules.yar' => 'rule marker { strings: $a = "a marker" '
                              . 'condition: $a }' },
    scanners => "2 timeout=${SCAN}s",
    http => 'screen_zone edge:8m; '
            . 'screen_redis sentinel=mymaster ' . $sentinel->address
            . " timeout=500ms connect_timeout=500ms; "
            . 'screen_bank coalition redis; screen_shared_reports on; '
            . 'screen_event_stream on buffer=64m;',
    policy => 'yara_rules rules.yar; match bank=coalition reject=451; '
              . 'match yara reject=406; on_error timeout=reject=504 '
              . 'crash=reject=500 overload=reject=503 incomplete=reject=502;',
    server => <<'CONF');
location / {
    screen         test;
    screen_events  all;
    proxy_pass     http://answer;
    proxy_pass_request_body  off;
    proxy_set_header         Content-Length "";
}
location = /status { screen_status; }
CONF

my $http = HTTP::Tiny->new(timeout => 10);


sub status
{
    my $response = $http->get($server->url('/status'));

    return $response->{success} ? decode_json($response->{content}) : {};
}


sub age { return status()->{banks}{coalition}{age_seconds} // -1 }


sub upload
{
    my ($content) = @_;

    my $start = time;
    my $status = ScreenLoad::upload($server->{port}, '/mine', $content, 30);

    push @mine, { start => $start, end => time, status => $status };

    return $status;
}


# More is banned.  It counts when the replica has it too, so that not even a
# failover may lose it.

sub add
{
    my @contents = map { 'added ' . $added++ . ' ' . 'x' x 500 } 1 .. 3;
    my $text = $master->cli_input(transaction(@contents) . "WAIT 1 1000\n");

    return unless $text =~ /^\d+-\d+\s+[1-9]\d*\z/m;

    $added{$_} = time for @contents;
}


# Content that was added must be rejected as soon as the replica says that it
# is no older than that (it counts in whole seconds), and ever after.

sub check
{
    my ($content) = @_;

    my $now = int time;
    my $age = age();
    my $current = $age >= 0 && $now - $age - 1 >= $added{$content};
    my $status = upload($content);

    $checks++ if $current || $seen{$content};

    if ($status == 451) {
        $seen{$content} = 1;

    } elsif ($status != 200 || $current || $seen{$content}) {
        push @wrong, sprintf '%s: %d, %.1f s after it was added, age %d',
                             substr($content, 0, 12), $status,
                             time - $added{$content}, $age;
    }
}


sub meanwhile
{
    my ($duration, $adding) = @_;

    my $end = time + $duration;

    do {
        add() if $adding;

        my @all = sort { $added{$b} <=> $added{$a} } keys %added;

        check($_) for grep { defined } @all[0, map { rand @all } 1 .. 3];
        Time::HiRes::sleep(0.1);
    } while time < $end;
}


sub recovered
{
    my ($seconds) = @_;

    return $server->wait_for(sub {
        my $status = status();
        my $age = $status->{banks}{coalition}{age_seconds} // -1;

        return $age >= 0 && $age <= 2 && $status->{redis_up};
    }, $seconds // 30);
}


sub replicated
{
    return $server->wait_for(sub {
        $replica->cli('INFO', 'replication') =~ /master_link_status:up/
    }, 60);
}


sub asleep
{
    my ($duration) = @_;

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $master->cli('DEBUG', 'SLEEP', $duration);
        POSIX::_exit(0);
    }

    meanwhile($duration);
    waitpid $pid, 0;
}


# The stream of events is read and emptied at once, the bank stays empty for
# the time given, and comes back as a whole.

sub flushed
{
    my ($duration) = @_;

    collect($master->cli_input("MULTI\nXRANGE screen:events - +\n"
                               . "FLUSHALL\nEXEC\n"));
    meanwhile($duration);

    ok $server->wait_for(sub { $server->error_log =~ /fewer than half/ }, 20),
       'an empty bank is refused';
    is upload(banned(0)), 451, 'and the one before stays';

    $master->cli_input(transaction(keys %added,
                                   map { banned($_) } 0 .. $BANNED - 1));
}


sub failover
{
    my $down_after = sub {
        $sentinel->cli('SENTINEL', 'SET', 'mymaster',
                       'down-after-milliseconds', $_[0]);
    };

    ok $server->wait_for(sub {
           $sentinel->cli('SENTINEL', 'replicas', 'mymaster')
           =~ /$replica->{port}/
       }, 30), 'Sentinel knows the replica';

    $down_after->(500);
    $master->kill_9;
    collect_from_disk($master);

    my $end = time + 60;
    meanwhile(0.2) until $replica->cli('ROLE') =~ /^master/ || time > $end;

    like $replica->cli('ROLE'), qr/^master/, 'Sentinel makes it the master';
    $down_after->(600_000);

    ($master, $replica) = ($replica, $master);
    $replica->start;
}


my @plan = (
    [ 'stopped and started', sub {
          $master->stop;
          meanwhile($_[0]);
          $master->start;
      } ],
    [ 'killed and started', sub {
          $master->kill_9;
          meanwhile($_[0]);
          $master->start;
      } ],
    [ 'DEBUG SLEEP', \&asleep ],
    [ 'SIGSTOP and SIGCONT', sub {
          $master->signal('STOP');
          meanwhile($_[0]);
          $master->signal('CONT');
      } ],
    [ 'FLUSHALL and refilled', \&flushed ],
    [ 'failed over by Sentinel', \&failover ],
);


ok replicated(), 'the replica follows';
ok $server->wait_for(sub { upload(noise(100)) == 200 }, 30),
   'uploads pass as soon as there is a bank';
ok recovered(), 'the bank is in force';
is upload(banned(0)), 451, 'and known';

my $workers = join ' ', $server->workers;
my $start = time;
my $load = ScreenLoad->start($server, clients => $CLIENTS, timeout => 60,
    seconds => 3600 + $seconds,
    body => sub { kind(@_)->[1]->(@_) });

meanwhile(1, 1);
push @faults, [ 'without a fault', $start, time ];

do {
    for (@plan) {
        my ($name, $fault) = @$_;

        my $from = time;

        $fault->($seconds ? 1 + rand 7 : 1.5);
        ok recovered(), "$name: Redis is used again";
        push @faults, [ $name, $from, time ];

        # all of them are for later, and none is lost without a replica

        next if $name =~ /Sentinel/ && time - $start >= $seconds;

        ok replicated(), 'the replica follows';
        meanwhile(0.5, 1);
    }
} while time - $start < $seconds;

my @uploads = $load->stop;

is join(' ', $server->workers), $workers, 'no worker ended';

# no request fails, or waits

my @failed = grep { $_->{status} != kind(@$_{qw( client number )})->[0] }
             @uploads;
my ($longest) = sort { $b <=> $a } map { $_->{end} - $_->{start} } @uploads,
                                                                   @mine;

is scalar(@failed), 0, 'every upload gets what the policy says';
diag sprintf '%.3f s: %d', $_->{start} - $start, $_->{status}
    for @failed[0 .. ($#failed < 9 ? $#failed : 9)];
cmp_ok $longest, '<', $SCAN + $TIMEOUT, 'and none later than its deadline';

for (@faults) {
    my ($name, $from, $to) = @$_;

    my @during = grep { $_->{end} >= $from && $_->{start} <= $to } @uploads;
    my @took = sort { $a <=> $b } map { $_->{end} - $_->{start} } @during;

    cmp_ok scalar @took, '>', 10, "$name: uploads went on";
    diag sprintf '%-24s %5.1f s, %5d uploads, median %.0f ms, longest %.0f ms',
                 $name, $to - $from, scalar @took, 1000 * $took[@took / 2],
                 1000 * $took[-1];
}

# no verdict is older than it may be

check($_) for keys %added;
is join("\n", @wrong), '', 'no verdict is older than the replica';
cmp_ok scalar keys %added, '>', 10, 'of content that was added meanwhile';
cmp_ok $checks, '>', 20, "$checks times";

# no event is lost

my $sent = @uploads + @mine;

ok $server->wait_for(sub {
       my $status = status();

       return $status->{events_total}
              == $status->{events_streamed_total}
                 + $status->{events_stream_dropped_total};
   }, 30), 'the buffer empties';

my $status = status();

collect_from($master);

is $status->{events_total}, $sent, 'one event for each upload';
is $status->{events_stream_dropped_total}, 0, 'the buffer could hold all';
is scalar(keys %ids), $sent, 'and all are in the stream';
diag sprintf '%d uploads in %.0f s, the longest %.3f s; %d added, %d checks; '
             . '%d events', $sent, time - $start, $longest,
             scalar keys %added, $checks, scalar keys %ids;

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
