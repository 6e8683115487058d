# The status page: the counters of all workers, kept over a reload, as JSON
# and as Prometheus reads them.

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenServer;

my $server = ScreenServer->new(
    files => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n" },
    scanners => '1 timeout=5s',
    http => 'screen_zone edge:1m; screen_bank known file=list.csv;',
    policy => 'match bank=known reject; match content ~ "evil" reject=451; '
              . 'match filename ~ "\.tmp$" flag; '
              . 'match content ~ "say \"hi\"" log; multipart strict;',
    server => <<'CONF');
location / {
    screen  test;
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location /monitor/ {
    screen  test;
    screen_mode monitor;
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location = /status { screen_status; }
CONF


sub status
{
    my ($status, $text) = $server->curl($server->url('/status'));

    return decode_json($text);
}


sub put
{
    my ($uri, $content) = @_;

    $server->curl('-T', $server->write('content', $content),
                  $server->url($uri));
}


my $before = status();

is $before->{uploads_total}{test}{pass}, 0, 'counters begin with zero';
is $before->{banks}{known}{entries}, 1, 'banks tell their entries';

put("/$_.txt", "content $_") for 1 .. 10;
put('/a.txt', 'evil');
put('/a.tmp', 'fine');
put('/monitor/a.txt', 'evil');

$server->curl('-H', 'Content-Type: multipart/form-data', '--data-binary', 'x',
              $server->url('/form'));

my $after = status();
my $uploads = $after->{uploads_total}{test};

is_deeply $uploads, { pass => 10, log => 0, flag => 1, quarantine => 0,
                      reject => 2, allow => 0, error => 1 },
          'uploads are counted by verdict, of both workers';

is_deeply $after->{actions_total}{test},
          { pass => 11, log => 0, flag => 1, quarantine => 0, reject => 2,
            allow => 0, error => 0 }, 'and by what was done';

my %matches = map { $_->{matcher} => $_->{count} }
              @{ $after->{matches_total} };

is $matches{'content ~ evil reject=451'}, 2, 'matches are counted by line';
is $matches{'bank=known reject'}, 0, 'also where there are none';
is $after->{faults_total}{framing}, 1, 'faults are counted by kind';

is $after->{stages}{total}{count}, 13, 'stages count uploads with a body';

my %workers = map { $_ => 1 } $server->workers;
$server->signal('HUP');
$server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);

is_deeply status()->{uploads_total}{test}, $uploads,
          'a reload keeps the counters';

my ($code, $text, $headers)
    = $server->curl($server->url('/status?format=prometheus'));

like $headers, qr{^Content-Type: text/plain; version=0\.0\.4}mi,
     'the text format has its own type';
like $text, qr/^screen_uploads_total\{policy="test",verdict="reject"\} 2$/m,
     'the counters are the same';
like $text, qr/matcher="content ~ say \\"hi\\" log"/, 'labels are escaped';

SKIP: {
    my $promtool = '/usr/bin/promtool';

    skip 'promtool is not installed (package prometheus)', 1
        unless -x $promtool;

    my $path = $server->write('metrics', $text);
    my $said = qx{$promtool check metrics < $path 2>&1};

    is "$?$said", '0', 'promtool finds nothing to say';
}

is +($server->curl('-X', 'POST', '-d', 'x', $server->url('/status')))[0],
   405, 'it is only read';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
