# The record of decisions: one line of JSON for each, in a log of its own,
# whole under load and through a reopening, counted; a log that cannot be
# written to fails no upload.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use JSON::PP;
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $answer = <<'CONF';
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    add_header X-Id $screen_id;
CONF

my $server = ScreenServer->new(
    files => { 'list.csv' => "value,label,source,severity\n"
                             . sha256_hex('known') . ",wave-7,partner,8\n",
               'rules.yar' => "rule evil : webshell php { strings: "
                              . "\$a = \"evil\" condition: \$a }\n"
                              . "rule also { strings: \$a = \"evil\" "
                              . "condition: \$a }\n" },
    scanners => '2 timeout=10s queue=4096',
    http => 'screen_zone edge:1m; screen_bank known file=list.csv; '
            . 'screen_event_log logs/events.log;',
    policy => "yara_rules rules.yar;\nmatch bank=known reject=451;\n"
              . "match yara flag;\nmatch field = bad log;\n"
              . "match parts>2 log;\nmax_size 1m;",
    server => <<"CONF");
server_name example.org;
location / { screen test; $answer }
location /all/ { screen test; screen_events all; $answer }
location /none/ { screen test; screen_events off; $answer }
location /off/ { screen test; screen_event_log off; $answer }
location /monitor/ { screen test; screen_mode monitor; $answer }
location /other/ { screen test; screen_event_log logs/other.log; $answer }
location = /status { screen_status; }
CONF


sub events
{
    my ($name) = @_;

    return map { decode_json($_) } split /\n/,
           $server->log_text($name // 'events.log');
}


sub status
{
    my ($status, $text) = $server->curl($server->url('/status'));

    return decode_json($text);
}


sub put
{
    my ($uri, $content, @args) = @_;

    my ($status, undef, $headers)
        = $server->curl('-T', $server->write('content', $content), @args,
                        $server->url($uri));

    return $headers =~ /^X-Id: (\S+)/mi ? $1 : undef;
}


# the last event, without what differs from one run to the next

sub last_event
{
    my $event = (events())[-1];

    delete @{$event}{qw( id time timings )};

    return $event;
}


put('/a.txt', 'plain');
put('/none/a.txt', 'known');
put('/off/a.txt', 'known');

is scalar(events()), 0, 'a plain pass, and what is off, are no events';

# the whole of one

my $from = Time::HiRes::time();

put('/x/../a.bin', 'known', '--path-as-is');

my ($event) = events();

like $event->{id}, qr/^[0-9a-f]{32}$/, 'an event has an id';
like $server->error_log, qr/screen: upload $event->{id} reject/,
     'that the error log has as well';
like $event->{time}, qr/^2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$/,
     'its time is RFC 3339';
is_deeply [ sort keys %{ $event->{timings} } ], [ qw( lookup read total ) ],
          'what was known from a bank was not scanned';
ok $event->{timings}{total} <= Time::HiRes::time() - $from,
   'stages are seconds';

my $conf = "$server->{dir}/nginx.conf";
my $place = last_event()->{place};

like $place, qr/^\Q$conf\E:\d+$/, 'the line that decided';

is_deeply last_event(), {
    v => 1, location => '/', client => '127.0.0.1', policy => 'test',
    mode => 'enforce', verdict => 'reject', action => 'reject', status => 451,
    reason => 'bank:known:wave-7', place => $place, bytes => 5, nparts => 1,
    server => 'example.org',
    parts => [ { index => 0, filename => 'a.bin', size => 5,
                 sha256 => sha256_hex('known'),
                 matches => [ { engine => 'bank', action => 'reject',
                                status => 451, place => $place,
                                bank => 'known', signal => 'sha256',
                                label => 'wave-7', source => 'partner',
                                severity => 8,
                                text => 'bank:known:wave-7' } ] } ],
}, 'a reject by a bank';

my $id = put('/monitor/a.txt', 'evil');
$event = (events())[-1];

is $event->{id}, $id, '$screen_id is the same';
is join(' ', @{$event}{qw( mode verdict action cache location )}),
   'monitor flag pass miss /monitor/', 'monitor mode tells what was not done';
ok exists $event->{timings}{scan}, 'a scan has a time';
is $event->{parts}[0]{type}, 'text/plain', 'and a type';
is_deeply [ map { "$_->{engine} $_->{namespace} $_->{rule} @{ $_->{tags} }" }
            @{ $event->{parts}[0]{matches} } ],
          [ 'yara rules.yar evil webshell php', 'yara rules.yar also ' ],
          'every rule that matched is there, with its tags';

put('/a.txt', 'evil');
is last_event()->{cache}, 'hit', 'the cache is told of';

# a form: what is private, and what is about all of it

$server->curl('-F', 'password=secret', '-F', 'bad=word', '-F',
              'file=fine;filename="..\\..\\x y.txt"', $server->url('/form'));

$event = last_event();

is_deeply [ map { $_->{sha256} // '-' } @{ $event->{parts} } ],
          [ '-', sha256_hex('word'), sha256_hex('fine') ],
          'the digest of a text field that nothing matched is not told';
is_deeply [ map { $_->{filename} // '-' } @{ $event->{parts} } ],
          [ '-', '-', 'x y.txt' ], 'file names are cleaned';
is_deeply [ map { "$_->{engine} $_->{action} $_->{text}" }
            @{ $event->{matches} } ], [ 'parts log parts' ],
          'matches of the upload are of the upload';

# decided from the headers, and in the middle of a form

my $big = $server->write('big', 'x' x 1_100_000);

$server->curl('-T', $big, $server->url('/big.bin'));
$event = (events())[-1];

is join(' ', @{$event}{qw( verdict status reason )}), 'reject 413 max_size',
   'what is rejected by its headers is an event';
is_deeply $event->{parts}, [ { index => 0, filename => 'big.bin' } ],
          'with what was known then';

$server->curl('-H', 'Content-Type: multipart/form-data; boundary=x',
              '--data-binary', "--x\r\nContent-Disposition: form-data; "
                               . "name=a\r\n\r\nno end",
              $server->url('/form'));
$event = (events())[-1];

is_deeply [ @{$event}{qw( verdict action status fault_reason )},
            @{ $event->{faults} } ],
          [ qw( error reject 400 no-end framing ) ],
          'a fault is told with its reason';

# counters

my $before = status()->{events_total};

is $before, scalar(events()), 'events are counted';
is status()->{events_dropped_total}, 0, 'none was lost';

put('/other/a.bin', 'known');
is scalar(events('other.log')), 1, 'a location may have a log of its own';

# under load, and reopened meanwhile

$before = events();

my $load = ScreenLoad->start($server, clients => 4, uri => '/all/x',
                             size => 2000);

$server->wait_for(sub { $load->count > 100 }, 60);

rename "$server->{dir}/logs/events.log", "$server->{dir}/logs/events.log.1";
$server->signal('USR1');

ok $server->wait_for(sub { -s "$server->{dir}/logs/events.log" }, 20),
   'the log is reopened';

my @uploads = $load->stop;
my $count = @uploads;

is scalar(grep { $_->{status} != 200 } @uploads), 0, "$count uploads, no error";

my @events = (events('events.log.1'), events());
my %ids = map { $_->{id} => 1 } @events;

is scalar(@events) - $before, $count, 'each is in the log, whole';
is scalar(keys %ids), scalar(@events), 'and once';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

# a full disk; a server of its own, as nginx chowns what it reopens

$server = ScreenServer->new(
    http => 'screen_zone edge:1m; screen_event_log /dev/full;',
    policy => 'match size>0 reject=451;',
    server => <<'CONF');
location / { screen test; }
location = /status { screen_status; }
CONF

put('/x', 'any') for 1 .. 6;

is +($server->curl('-T', $server->write('content', 'x'),
                   $server->url('/x')))[0], 451,
   'a log that cannot be written to fails no upload';
is status()->{events_total}, 7, 'events that are lost are counted';
is status()->{events_dropped_total}, 7, 'as what they are';

my @complaints = $server->error_log =~ /(an event to "[^"]*full" failed)/g;

ok @complaints && @complaints <= 2, 'each worker complains once';
is $server->alerts, '', 'no alert in the log';

# what a configuration cannot say

for (['screen_event_log a$b;', qr/invalid path "a\$b" of screen_event_log/],
     ['screen_event_log syslog:server=x;', qr/invalid path "syslog:/],
     ['screen_events some;', qr/invalid value "some"/])
{
    my ($line, $expected) = @$_;

    $server->configure(http => $line);

    my (undef, $text) = $server->command('-t');

    like $text, $expected, "\"$line\" is refused";
}

done_testing;
