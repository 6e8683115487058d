# Reports of scans in the shared zone: what was scanned once is not scanned
# again, by whichever worker, under whichever name; the same content that many
# send at once is scanned once; a change of rules forgets what was told.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenCrowd;
use ScreenLoad;
use ScreenServer;

my $clients = $ENV{SCREEN_CLIENTS} // 100;

sub rules { return "rule $_[0] { strings: \$a = \"$_[0]\" condition: \$a }\n" }

my $server = ScreenServer->new(
    files => { 'rules.yar' => rules('marker') },
    scanners => '1 timeout=60s queue=4096',
    connections => 3 * $clients + 100,
    http => 'screen_zone edge:4m;',
    policy => 'yara_rules rules.yar; match yara reject=451; '
              . 'match type mismatch flag; on_error overload=reject=503;',
    server => <<'CONF');
location / {
    screen  test;
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    add_header X-Cache $screen_cache;
    add_header X-Screen $screen_verdict;
}
location = /status { screen_status; }
CONF


sub status
{
    my ($name) = @_;

    my ($status, $text) = $server->curl($server->url('/status'));

    return $text =~ /"$name":(\d+)/ ? $1 : undef;
}


# ten connections reach both workers

sub put
{
    my ($name, $content) = @_;

    my $path = $server->write('content', $content);
    my ($status, undef, $headers)
        = $server->curl('-T', $path, $server->url("/$name"));

    return join ' ', $status, ($headers =~ /^X-Screen: (\S+)/mi)[0] // '-',
                ($headers =~ /^X-Cache: (\S+)/mi)[0] // '-';
}


is put('first.txt', 'some text'), '200 pass miss', 'new content is scanned';

my %again = map { put("other$_.txt", 'some text') => 1 } 1 .. 10;

is_deeply [ keys %again ], [ '200 pass hit' ],
          'and not again, by any worker, under any name';

is put('photo.jpg', 'some text'), '200 flag hit',
   'whether the name agrees is told of this name';

is put('first.txt', 'a marker'), '451 - -', 'a reject, scanned';

my $scans = status('scans_total');

is put('second.txt', 'a marker'), '451 - -', 'the reject again';
is status('scans_total'), $scans, 'was not scanned again';

# a viral upload

my $viral = join '', map { pack 'N', int rand 2**32 } 1 .. 262144;

my @uploads = ScreenCrowd::upload($server->{port}, clients => $clients,
                                  timeout => 120, body => $viral);
my @failed = grep { $_->{status} != 200 } @uploads;

is scalar @uploads, $clients, "$clients clients have sent the same new 1 MB";
is scalar @failed, 0, 'all were answered'
    or diag join ' ', 'answered:', map { $_->{status} } @failed;
is status('scans_total') - $scans, 1, 'one scan served them all';

my %workers = map { $_ => 1 } $server->workers;
$server->signal('HUP');
$server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);

is put('first.txt', 'some text'), '200 pass hit',
   'a reload with the same rules keeps what was told';

# with rules that look at names a report is kept for the name as well

$server->write('rules.yar', "rule names { condition: filename contains "
                            . "\"evil\" and filesize > 0 }\n");
$server->signal('HUP');

ok $server->wait_for(sub { put('evil.txt', 'some text') =~ /^451/ }, 20),
   'other rules forget what the old ones told';
is put('good.txt', 'some text'), '200 pass miss',
   'rules that look at names are asked for each name';
is put('good.txt', 'some text'), '200 pass hit', 'once';

# more content than the zone holds

$server->write('rules.yar', rules('a' x 100) . rules('marker'));
$server->signal('HUP');
$server->wait_for(sub { put('x.txt', 'a marker') =~ /^451/ }, 20);

my $n = 0;

my $load = ScreenLoad->start($server, clients => 2,
                             body => sub { "$$ " . $n++ . ' ' . rand });

$server->wait_for(sub { (status('cache_evictions_total') // 0) > 0 }, 60)
    if $ENV{SCREEN_SOAK};
$server->wait_for(sub { $load->count > 100 }, 30);

@failed = grep { $_->{status} != 200 } $load->stop;

is scalar @failed, 0, 'a zone that fills up fails no upload';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
