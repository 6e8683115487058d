# The alert rules and the dashboard of examples/ are made of what the status
# page really exports, and the rules say what they are meant to.

use strict;
use warnings;

use Cwd ();
use JSON::PP;
use POSIX ();
use Test::More;

use lib 't/lib';
use ScreenRedis;
use ScreenServer;

my $rules = 'examples/prometheus/screen.rules.yml';
my $promtool = '/usr/bin/promtool';


sub text_of
{
    my ($path) = @_;

    open my $in, '<', $path or die "$path: $!";
    local $/;

    return scalar <$in>;
}


my $redis = ScreenRedis->new;

my $server = ScreenServer->new(
    scanners => '1 timeout=5s',
    files => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n",
               'rules.yar' => "rule r { strings: \$a = \"bad\" "
                              . "condition: \$a }\n" },
    http => 'screen_zone edge:1m; screen_redis ' . $redis->socket
            . ' timeout=500ms; screen_bank b redis; screen_event_stream on;'
            . 'screen_bank known file=list.csv;'
            . 'screen_shared_reports on;',
    policy => 'match bank=b reject; match bank=known reject; '
              . 'yara_rules rules.yar; match yara reject;',
    server => <<'CONF');
location / { screen test; screen_events all; proxy_pass http://answer;
             proxy_pass_request_body off;
             proxy_set_header Content-Length ""; }
location = /status { screen_status; }
CONF


# the sample of each series

sub metrics
{
    my ($status, $text)
        = $server->curl($server->url('/status?format=prometheus'));

    return { $text =~ /^([a-z_]+(?:\{.*\})?) (\S+)$/mg };
}


sub put
{
    my ($content) = @_;

    return ($server->curl('-T', $server->write('content', $content),
                          $server->url('/upload')))[0];
}


# what a PromQL expression asks for

sub asked
{
    my ($text) = @_;

    my %asked = map { $_ => 1 } $text =~ /\b(screen_[a-z_]+)/g;

    delete $asked{$_} for qw( screen_status screen_event_stream screen_zone );

    return sort keys %asked;
}


is put('fine'), 200, 'an upload';

ok $server->wait_for(sub {
    my $m = metrics();
    ($m->{screen_events_streamed_total} // 0) == 1
        && exists $m->{'screen_bank_age_seconds{bank="b",source="redis"}'};
}, 15), 'everything is at work';

my $metrics = metrics();
my %exported = map { s/\{.*//r => 1 } keys %$metrics;

is $metrics->{screen_redis_up}, 1, 'Redis answers';
is $metrics->{screen_redis_failures_total}, 0, 'always';
cmp_ok $metrics->{screen_redis_commands_total}, '>=', 2,
       'commands are counted';
is $metrics->{screen_scanners_queue}, 0, 'no job waits';
is $metrics->{'screen_bank_entries{bank="b"}'}, 0, 'an empty bank';

# an addition is in the tail, not in the bank's file

$redis->cli_input("MULTI\nHSET screen:bank:b:sha256:22 " . '22' x 32
    . " {}\nXADD screen:bank:b:changes * op add signal sha256 value "
    . '22' x 32 . " data {}\nEXEC\n");

ok $server->wait_for(sub {
    metrics()->{'screen_bank_entries{bank="b"}'} == 1 }, 5),
    'an addition is counted at once';

cmp_ok metrics()->{'screen_bank_age_seconds{bank="b",source="redis"}'}, '<=',
       3, 'a bank in Redis is as old as its confirmation';

for my $name (asked(text_of($rules))) {
    ok $exported{$name}, "$rules: $name is exported";
}

my $path = 'examples/grafana/screen.json';
my $dashboard = decode_json(text_of($path));
my @expressions = map { map { $_->{expr} } @{ $_->{targets} } }
                  @{ $dashboard->{panels} };
my @asked = asked(join ' ', @expressions,
                  map { ref $_->{query} ? $_->{query}{query} : () }
                  @{ $dashboard->{templating}{list} });

cmp_ok scalar @asked, '>', 15, 'the dashboard asks for something';
ok $exported{$_}, "$path: $_ is exported" for @asked;

my %ids = map { $_->{id} => 1 } @{ $dashboard->{panels} };

is scalar keys %ids, scalar @{ $dashboard->{panels} },
   'each panel has a number of its own';

# Redis goes, and comes back; a queue grows

$redis->stop;

put("more $_") for 1 .. 4;

ok $server->wait_for(sub { metrics()->{screen_redis_up} == 0 }, 10),
   'Redis is down, as the workers see it';
cmp_ok metrics()->{screen_redis_failures_total}, '>', 0, 'and counted';
ok $server->wait_for(sub {
    metrics()->{'screen_bank_age_seconds{bank="b",source="redis"}'} >= 3;
}, 10), 'the bank becomes older';

$redis->start;

ok $server->wait_for(sub { metrics()->{screen_redis_up} == 1 }, 15),
   'Redis is back';

# jobs wait while the only scanner is stopped

my %children = $server->children($server->supervisor);
my ($scanner) = grep { $children{$_} =~ /scan/ } keys %children;

kill 'STOP', $scanner;

my @clients = map {
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        $server->{owner} = 0;
        $redis->{owner} = 0;
        $server->curl('--data-binary', "waiting $_", '-o', '/dev/null',
                      $server->url('/upload'));
        POSIX::_exit(0);
    }

    $pid;
} 1 .. 4;

my $queue;
$server->wait_for(sub { ($queue = metrics()->{screen_scanners_queue}) == 3 },
                  4);
is $queue, 3, 'four jobs for one scanner: three wait';

kill 'CONT', $scanner;
waitpid $_, 0 for @clients;

is metrics()->{screen_scanners_queue}, 0, 'and then none';

SKIP: {
    skip 'promtool is not installed (package prometheus)', 3
        unless -x $promtool;

    my $said = qx{$promtool check rules $rules 2>&1};

    is $?, 0, 'promtool: the rules are right' or diag $said;

    my (undef, $page)
        = $server->curl($server->url('/status?format=prometheus'));
    my $file = $server->write('metrics', $page);

    $said = qx{$promtool check metrics < $file 2>&1};
    is "$?$said", '0', 'promtool finds nothing to say of the metrics';

    my $rules_path = Cwd::abs_path($rules);

    $file = $server->write('test.yml', <<"TEST");
rule_files: [ $rules_path ]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: 'screen_faults_total{instance="e",fault="timeout"}'
        values: '0+6x30'
      - series: 'screen_faults_total{instance="e",fault="framing"}'
        values: '0+6x30'
      - series: >-
          screen_stage_duration_seconds_count{instance="e",stage="total"}
        values: '0+60x30'
      - series: 'screen_bank_age_seconds{instance="e",bank="b",source="redis"}'
        values: '700x30'
      - series: 'screen_bank_age_seconds{instance="e",bank="c",source="list"}'
        values: '700000x30'
      - series: 'screen_redis_up{instance="e"}'
        values: '0x30'
      - series: 'screen_events_stream_dropped_total{instance="e"}'
        values: '0x9 5x20'
      - series: 'screen_scanners{instance="e"}'
        values: '2x30'
      - series: 'screen_scanners_queue{instance="e"}'
        values: '9x30'
    promql_expr_test:
      - expr: count by (alertname) (ALERTS{alertstate="firing"})
        eval_time: 12m
        exp_samples:
          - { labels: '{alertname="ScreenFaults"}', value: 1 }
          - { labels: '{alertname="ScreenBankStale"}', value: 1 }
          - { labels: '{alertname="ScreenRedisDown"}', value: 1 }
          - { labels: '{alertname="ScreenEventsLost"}', value: 1 }
          - { labels: '{alertname="ScreenScannersBehind"}', value: 1 }
TEST

    $said = qx{$promtool test rules $file 2>&1};
    is $?, 0, 'promtool: alerts fire when they should, and no others'
        or diag $said;
}

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
