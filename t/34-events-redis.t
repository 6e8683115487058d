# Events in a stream of Redis: each once, through an outage too, as far as the
# buffer reaches; what is beyond is counted, and no upload waits.

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

my $redis = ScreenRedis->new;

my $server = ScreenServer->new(
    http => "screen_zone edge:1m; "
            . "screen_redis unix:$redis->{dir}/redis.sock timeout=500ms; "
            . "screen_event_stream on buffer=64k maxlen=100000;",
    policy => 'match filename ~ "\.bad$" reject;',
    server => <<'CONF');
location / { screen test; proxy_pass http://answer;
             proxy_pass_request_body off;
             proxy_set_header Content-Length ""; }
location /all/ { screen test; screen_events all; proxy_pass http://answer;
                 proxy_pass_request_body off;
                 proxy_set_header Content-Length ""; }
location = /status { screen_status; }
CONF


sub status
{
    my ($status, $text) = $server->curl($server->url('/status'));

    return decode_json($text);
}


sub put
{
    my ($uri) = @_;

    return ($server->curl('-T', $server->write('content', 'x'),
                          $server->url($uri)))[0];
}


sub events
{
    return map { decode_json($_) }
           grep { /^\{/ } split /\n/,
           $redis->cli('XRANGE', 'screen:events', '-', '+');
}


# every event that was made is in the stream or was dropped

sub settled
{
    return $server->wait_for(sub {
        my $status = status();

        return $status->{events_total} == $status->{events_streamed_total}
                                    + $status->{events_stream_dropped_total};
    }, 20);
}


is put('/a.bad'), 403, 'a reject';
is put('/a.good'), 200, 'a pass';
ok settled(), 'is told to Redis';

my @events = events();

is scalar(@events), 1, 'what passes is no event';
is_deeply [ @{ $events[0] }{qw( v verdict reason )} ],
          [ 1, 'reject', 'filename' ], 'the record is the same as in a log';

# an outage that the buffer can hold

$redis->stop;

is put("/$_.bad"), 403, "Redis is gone, upload $_" for 1 .. 10;

# the times of nginx: a process of curl can take long on a busy machine

my @times = sort { $a <=> $b }
            $server->access_log =~ m{ ([\d.]+) /\d+\.bad$}mg;

is scalar(@times), 10, 'ten uploads are in the log';
cmp_ok $times[5], '<', 0.2, 'and do not wait for it';
is status()->{events_total}, 11, 'events are made';
is status()->{events_stream_dropped_total}, 0, 'and kept';

$redis->start;

ok settled(), 'Redis is back';
is scalar(events()), 10, 'none was lost';

# one that it cannot

$redis->stop;

my $load = ScreenLoad->start($server, clients => 2, uri => '/all/x',
                             size => 1000);

ok $server->wait_for(sub { status()->{events_stream_dropped_total} > 50 },
                     60), 'a full buffer drops events';

$redis->start;
Time::HiRes::sleep(1);

my @uploads = $load->stop;

is scalar(grep { $_->{status} != 200 } @uploads), 0, 'no upload fails';
ok settled(), 'Redis is back again';

my $status = status();

@events = events();

my %ids = map { $_->{id} => 1 } @events;

is $status->{events_total}, 11 + @uploads, 'one event for each upload';
is scalar(keys %ids), $status->{events_streamed_total} - 11,
   'what was taken is in the stream';

# a reload

$load = ScreenLoad->start($server, clients => 2, uri => '/all/x',
                          size => 1000);
$server->wait_for(sub { $load->count > 50 }, 30);

my %workers = map { $_ => 1 } $server->workers;

$server->signal('HUP');
$server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);
$server->wait_for(sub { $load->count > 150 }, 30);

@uploads = $load->stop;

ok settled(), 'a reload';
is scalar(keys %{ { map { $_->{id} => 1 } events() } }),
   keys(%ids) + @uploads, 'loses no event';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

my $stream = 'screen_event_stream';

for (["$stream on;", qr/"$stream" needs "screen_redis"/],
     ["$stream on buffer=1;", qr/invalid parameter "buffer=1"/],
     ["$stream some;", qr/invalid value "some"/])
{
    my ($line, $expected) = @$_;

    $server->configure(http => $line);

    my (undef, $text) = $server->command('-t');

    like $text, $expected, "\"$line\" is refused";
}

done_testing;
