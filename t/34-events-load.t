# Events of many uploads, through a Redis that is killed in the middle of them:
# each upload is in the stream or was counted as dropped, and what the stream
# has agrees with the status page.
#
# SCREEN_EVENTS is the number of uploads, 2000 by default; the full measure is
# 100000.

use strict;
use warnings;

use JSON::PP;
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenRedis;
use ScreenServer;

plan skip_all => 'redis-server is not installed'
    unless ScreenRedis::available();

my $clients = 4;
my $uploads = $clients * int(($ENV{SCREEN_EVENTS} // 2000) / $clients);
my $seconds = 120 + $uploads / 20;
my $flight = 64;     # commands that a worker has under way

my $redis = ScreenRedis->new(config => [ appendonly => 'yes' ]);

my $server = ScreenServer->new(
    http => 'screen_zone edge:1m; screen_events all; access_log off; '
            . "screen_redis " . $redis->socket . " timeout=10s; "
            . "screen_event_stream on buffer=64k maxlen=" . 2 * $uploads . ';',
    policy => 'match filename ~ "7$" reject;',
    server => <<'CONF');
location / { screen test; error_page 404 405 =200 @passed; }
location @passed { return 200 "passed\n"; }
location = /status { screen_status; }
CONF


sub status
{
    my ($status, $text) = $server->curl($server->url('/status'));

    return decode_json($text);
}


# the uploads that the stream has, by the names that the clients gave them, and
# how often; the answers that the events tell of

sub streamed
{
    my (%names, %statuses);
    my $from = '-';

    while (1) {
        my @lines = split /\n/, $redis->cli('XRANGE', 'screen:events', $from,
                                            '+', 'COUNT', 10000);
        my @ids = grep { /^\d+-\d+$/ } @lines or last;

        for (grep { /^\{/ } @lines) {
            my ($name) = /"filename":"(u[\d-]+)"/ or die "no name: $_";

            $statuses{$name} = /"verdict":"reject"/ ? 403 : 200;
            $names{$name}++;
        }

        $from = "($ids[-1]";
    }

    return (\%names, \%statuses);
}


# of the time that uploads took

sub median
{
    my @times = sort { $a <=> $b } map { $_->{end} - $_->{start} } @_;

    return $times[@times / 2];
}


my $start = Time::HiRes::time();
my $load = ScreenLoad->start($server, clients => $clients, seconds => $seconds,
                             uploads => $uploads / $clients,
                             method => 'PUT', uri => sub { "/u$_[0]-$_[1]" },
                             body => sub { "$_[0] $_[1]" });

sub done_by_now
{
    my ($part) = @_;

    return $server->wait_for(sub { $load->count >= $part * $uploads },
                             $seconds);
}


ok done_by_now(0.25), 'a quarter of the uploads';
$redis->kill_9;
my $gone = Time::HiRes::time();
ok done_by_now(0.5), 'a quarter more, without Redis';
my $dropped = status()->{events_stream_dropped_total};
my $back = Time::HiRes::time();
$redis->start;
ok done_by_now(1), "$uploads uploads";

my $took = Time::HiRes::time() - $start;
my @uploads = sort { $b->{end} - $b->{start} <=> $a->{end} - $a->{start} }
              $load->stop;
my $longest = $uploads[0]{end} - $uploads[0]{start};

is scalar(@uploads), $uploads, 'all were answered';
is scalar(grep { $_->{status} !~ /^(?:200|403)$/ } @uploads), 0, 'and judged';
cmp_ok $dropped, '>', 0, 'the outage was longer than the buffer is large';

my $before = median(grep { $_->{end} < $gone } @uploads);
my $meanwhile = median(grep { $_->{start} > $gone && $_->{end} < $back }
                            @uploads);

cmp_ok $meanwhile, '<', 3 * $before + 0.05, 'uploads do not wait for Redis';

my $status;

ok $server->wait_for(sub {
    $status = status();
    return $status->{events_total} == $status->{events_streamed_total}
                                      + $status->{events_stream_dropped_total};
}, 30), 'each event was streamed or dropped, by the status page';

is $status->{events_total}, $uploads, 'and there was one for each upload';

my ($names, $statuses) = streamed();
my @all = map { my $n = $_; map { "u$n-$_" } 0 .. $uploads / $clients - 1 }
          1 .. $clients;
my $missing = grep { !$names->{$_} } @all;
my $again = 0;

$again += $_ - 1 for values %$names;
$dropped = $status->{events_stream_dropped_total};

is scalar(keys %$names) + $missing, $uploads, 'nothing else is in the stream';
cmp_ok $missing, '<=', $dropped, 'an upload that is not there was counted';

# Redis had some whose answers it could not give any more

cmp_ok $dropped - $missing, '<=', $flight * (() = $server->workers),
       'and none besides, but what was under way when Redis was killed';
cmp_ok $again, '<=', $flight * (() = $server->workers),
       'nor is more than that in the stream twice';
is scalar(grep { $statuses->{$_} != (/7$/ ? 403 : 200) } keys %$names), 0,
   'each event tells of its own upload';

diag sprintf '%d uploads in %.1f s, median %.4f s, %.4f s without Redis, the '
             . 'longest %.3f s: %d in the stream (%d of them twice), %d '
             . 'missing, %d counted as dropped, %d as streamed',
             $uploads, $took, $before, $meanwhile, $longest,
             scalar keys %$names, $again, $missing, $dropped,
             $status->{events_streamed_total};

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
