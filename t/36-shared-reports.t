# Reports of scans in Redis: what one edge has scanned no other scans, a report
# that is nonsense is not believed, and Redis may go and come.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Test::More;

use lib 't/lib';
use ScreenLoad;
use ScreenRedis;
use ScreenServer;

plan skip_all => 'redis-server is not installed'
    unless ScreenRedis::available();

my $redis = ScreenRedis->new;


sub edge
{
    my ($rules, %args) = @_;

    return ScreenServer->new(
        files => { 'rules.yar' => $rules },
        scanners => '1 timeout=10s',
        http => "screen_zone edge:1m; "
                . "screen_redis " . $redis->socket . " timeout=500ms; "
                . "screen_shared_reports on ttl=1h;",
        policy => 'yara_rules rules.yar; match yara reject=451;',
        server => <<'CONF', %args);
location / {
    screen      test;
    proxy_pass  http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    add_header  X-Cache $screen_cache always;
}
location = /status { screen_status; }
CONF
}


sub put
{
    my ($server, $name, $content) = @_;

    my ($status, undef, $headers)
        = $server->curl('-T', $server->write('content', $content),
                        $server->url("/$name"));

    return join ' ', $status, ($headers =~ /^X-Cache: (\S+)/mi)[0] // '-';
}


sub count
{
    my ($server, $name) = @_;

    my ($status, $text) = $server->curl($server->url('/status'));

    return $text =~ /"$name":(\d+)/ ? $1 : undef;
}


my $rules = "rule marker { strings: \$a = \"marker\" condition: \$a }\n";
my $one = edge($rules);
my $two = edge($rules);
my $other = edge($rules . "rule more { condition: false }\n");

is put($one, 'a.txt', 'some text'), '200 miss', 'the first edge scans';

my $key = sprintf 'screen:report:*:%s', sha256_hex('some text');

ok $one->wait_for(sub { $redis->cli('KEYS', $key) =~ /\S/ }),
   'the report is in Redis, by the digest of the content';

my ($name) = $redis->cli('KEYS', $key) =~ /(\S+)/;
my ($ttl) = $redis->cli('TTL', $name) =~ /(\d+)/;

cmp_ok $ttl, '>', 3500, 'for the time that was set';

is put($two, 'b.txt', 'some text'), '200 hit', 'the second one does not';
is count($two, 'scans_total'), 0, 'at all';
is count($two, 'cache_shared_total'), 1, 'and counts it';
is put($two, 'c.txt', 'some text'), '200 hit', 'nor asks Redis again';
is count($two, 'cache_shared_total'), 1, 'for what it knows';

is put($one, 'a.txt', 'a marker'), '451 miss', 'a match is told as well';
$one->wait_for(sub {
    $redis->cli('EXISTS', sprintf('%s', $redis->cli('KEYS',
                sprintf 'screen:report:*:%s', sha256_hex('a marker'))
                =~ s/\s+\z//r)) =~ /1/;
});
is put($two, 'a.txt', 'a marker'), '451 hit', 'to the second edge';

is put($other, 'a.txt', 'some text'), '200 miss',
   'an edge with other rules asks for itself';

# what is no report

my ($engine) = $name =~ /report:([0-9a-f]+):/;

for my $nonsense ('', 'x', 'SCRP' . "\xff" x 100, "\x00" x 1000) {
    my $content = 'text ' . sha256_hex($nonsense);

    $redis->cli('SET', "screen:report:$engine:" . sha256_hex($content),
                $nonsense =~ s/\0/0/gr);
    is put($two, 'a.txt', $content), '200 miss',
       length($nonsense) . ' bytes that are no report are not believed';
}

my $list = "screen:report:$engine:" . sha256_hex('a list');

$redis->cli('RPUSH', $list, 'x');
is put($two, 'a.txt', 'a list'), '200 miss', 'nor is a list';

# Redis goes and comes

my $load = ScreenLoad->start($two, clients => 3, size => 1000);
$two->wait_for(sub { $load->count > 50 }, 20);
$redis->kill_9;
my $count = $load->count;
$two->wait_for(sub { $load->count > $count + 200 }, 30);
$redis->start;
$count = $load->count;
$two->wait_for(sub { $load->count > $count + 200 }, 30);

my @uploads = $load->stop;

is scalar(grep { $_->{status} != 200 } @uploads), 0,
   'no upload fails because Redis does';

my ($longest) = sort { $b <=> $a } map { $_->{end} - $_->{start} } @uploads;

cmp_ok $longest, '<', 5, 'nor waits for it longer than its timeouts';
diag sprintf '%d uploads, the longest %.3f s', scalar @uploads, $longest;

ok $two->wait_for(sub {
    my $content = 'back ' . rand;
    put($one, 'a.txt', $content);
    return put($two, 'a.txt', $content) eq '200 hit';
}, 20), 'once Redis is back reports are shared again';

# rules that look at names

my $names = "rule names { condition: filename contains \"evil\" }\n";
my ($three, $four) = map { edge($names) } 1, 2;

is put($three, 'good.txt', 'named'), '200 miss', 'rules that look at names';
is put($three, 'evil.txt', 'named'), '451 miss', 'are asked for each name';

ok $four->wait_for(sub { put($four, 'evil.txt', 'named') eq '451 hit' }),
   'and shared by name';
is put($four, 'good.txt', 'named'), '200 hit', 'each';

for ($one, $two, $other, $three, $four) {
    is $_->alerts, '', 'no alert in the log';
    is $_->stop, 0, 'nothing is left running';
}

done_testing;
