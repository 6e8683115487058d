# Quarantine: what matched is copied, named by its digest, with the event
# beside it; bounded by number, size and age; full, unwritable or slow, it
# holds no client up and is told.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Fcntl qw( :flock );
use JSON::PP;
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenServer;

my $policy = <<'POLICY';
match filename ~ "\.bad$"   quarantine;
match filename ~ "\.wait$"  quarantine=202;
match filename ~ "\.worse$" reject=451;
match field = good          allow;
on_error framing=quarantine;
POLICY

my $location = 'screen test; proxy_pass http://answer; '
               . 'proxy_pass_request_body off; '
               . 'proxy_set_header Content-Length "";';

my $server = ScreenServer->new(
    http => 'screen_zone edge:1m; screen_quarantine_path quarantine '
            . 'max_files=6 max_size=3m max_age=1h;',
    policy => $policy,
    server => <<"CONF");
location / { $location }
location /monitor/ { screen_mode monitor; $location }
location = /status { screen_status; }
CONF

my $dir = "$server->{dir}/quarantine";


sub put
{
    my ($uri, $content) = @_;

    my ($status, $body)
        = $server->curl('-T', $server->write('content', $content),
                        $server->url($uri));

    return wantarray ? ($status, $body) : $status;
}


sub form
{
    return ($server->curl(@_, $server->url('/form')))[0];
}


sub content
{
    my ($name) = @_;

    open my $in, '<:raw', "$dir/$name" or return;
    local $/;

    return scalar <$in>;
}


# waits for the copy of a content

sub copied
{
    my ($content) = @_;

    my $name = sha256_hex($content);

    $server->wait_for(sub { -e "$dir/$name" && -s "$dir/$name.json" });

    return (content($name) // '') eq $content;
}


sub copies { return map { s{.*/}{}r } glob "$dir/" . '[0-9a-f]' x 64 }


sub status
{
    my ($name) = @_;

    my (undef, $text) = $server->curl($server->url('/status'));

    return decode_json($text)->{$name};
}


my @stat = stat $dir;

is sprintf('%o', $stat[2] & 07777), '700', 'the folder is for nobody else';

if ($> == 0) {
    my ($worker) = $server->workers;

    is $stat[4], (stat "/proc/$worker")[4], 'and the workers\' own';
}

my ($status, $body) = put('/a.bad', 'some content');

is $status, 403, 'the client is told no';
like $body, qr/Upload not accepted/, 'in words';
ok copied('some content'), 'the content is copied';

my $name = sha256_hex('some content');

for ($name, "$name.json") {
    is sprintf('%o', (stat "$dir/$_")[2] & 07777), '600', 'for nobody else';
}

my @events = map { decode_json($_) } split /\n/, content("$name.json");

is_deeply [ scalar(@events), @{ $events[0] }{qw( verdict action status )},
            $events[0]{parts}[0]{sha256} ],
          [ 1, 'quarantine', 'quarantine', 403, $name ],
          'the event is beside it';

is put('/b.bad', 'some content'), 403, 'the same again';
$server->wait_for(sub { content("$name.json") =~ tr/\n// == 2 });

is_deeply [ map { decode_json($_)->{parts}[0]{filename} }
            split /\n/, content("$name.json") ], [ 'a.bad', 'b.bad' ],
          'is a second event of the same copy';
is scalar(copies()), 1, 'and no second copy';

($status, $body) = put('/a.wait', 'to be looked at');

is $status, 202, 'the status can be that of something accepted';
like $body, qr/Upload received.*reference [0-9a-f]{32}/s, 'in words too';
ok copied('to be looked at'), 'and the content is copied';

is put('/a.worse', 'rejected'), 451, 'a reject is no quarantine';
is put('/monitor/a.bad', 'watched'), 200, 'nor is monitor mode';

# of a form the part that matched

my $large = join '', map { pack 'N', int rand 2**32 } 1 .. 2**18;

$server->write('a.bad', $large);
$server->write('a.txt', 'a harmless neighbour');
$server->write('b.bad', 'excused');

is form('-F', "a=\@$server->{dir}/a.txt", '-F', "b=\@$server->{dir}/a.bad",
        '-F', "good=\@$server->{dir}/b.bad", '-F', 'password=secret'),
   403, 'a form';
ok copied($large), 'the file that matched is copied, whole';

is scalar(copies()), 3, 'what did not match, or is allowed, is not';

# what is about all of an upload

my $broken = "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nno end";

is form('-H', 'Content-Type: multipart/form-data; boundary=x',
        '--data-binary', $broken), 403, 'on_error may quarantine';
ok copied($broken), 'the body as a whole';

$server->wait_for(sub { status('quarantine_copies_total') == 5 });

is status('quarantine_copies_total'), 5, 'copies are counted';
is status('quarantine_failures_total'), 0, 'none was lost';
is join(' ', glob "$dir/.new-*"), '', 'nothing is left half done';

# the disk is slow: whoever wants to copy waits, clients do not

open my $lock, '<', "$dir/.lock" or die "$dir/.lock: $!";
flock $lock, LOCK_EX or die "flock: $!";

my $start = Time::HiRes::time();

is put("/$_.bad", "slow $_"), 403, 'no client waits for a copy' for 1 .. 2;
is put('/a.txt', 'plain'), 200, 'nor does any other';
ok Time::HiRes::time() - $start < 2, 'at all';
is scalar(copies()), 4, 'while there is none';

flock $lock, LOCK_UN;

ok copied("slow $_"), 'it is made as soon as it can be' for 1 .. 2;

# bounds

is put('/full.bad', 'one more'), 403, 'in a full quarantine too';
ok $server->wait_for(sub { $server->error_log
                           =~ /screen: quarantine full, 1 of 1 parts of/ }),
   'full is an error of its own';
is status('quarantine_failures_total'), 1, 'and counted';
is scalar(copies()), 6, 'and nothing else had to go';

my $old = time - 2 * 3600;

utime $old, $old, "$dir/$name", "$dir/$name.json" or die "$dir/$name: $!";

is put('/young.bad', 'young'), 403, 'once one is too old';
ok copied('young'), 'there is room again';
ok !-e "$dir/$name" && !-e "$dir/$name.json", 'it is gone';

is put('/big.bad', 'x' x (3 * 2**20 + 1)), 403, 'more than max_size';
ok $server->wait_for(sub { status('quarantine_failures_total') == 2 }),
   'is never copied';

# a quit in the middle

utime $old, $old, glob "$dir/*";

open $lock, '<', "$dir/.lock" or die;
flock $lock, LOCK_EX;

is put('/last.bad', 'the last'), 403, 'handed over before the end';

my $pid = $server->pid;
$server->signal('QUIT');
sleep 1;
flock $lock, LOCK_UN;

$server->wait_for(sub { !kill 0, $pid }, 10);
ok copied('the last'), 'a worker that ends makes its copies';

# unwritable

$server->start;
File::Path::remove_tree($dir);

is put('/gone.bad', 'nowhere'), 403, 'without the folder';
ok $server->wait_for(sub { $server->error_log
                           =~ /quarantine failed, 1 of 1 parts of upload/ }),
   'the failure is told';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

# what a configuration cannot say

my $path = 'screen_quarantine_path';

for (['', qr/"quarantine" without a place for it: no "$path" directive/],
     ["$path q max_size=x;", qr/invalid parameter "max_size=x"/],
     ["$path q max_age=-1;", qr/invalid parameter "max_age=-1"/],
     ["$path q more=1;", qr/invalid parameter "more=1": expected max_size=/],
     ["$path q; $path r;", qr/is duplicate/])
{
    my ($line, $expected) = @$_;

    $server->configure(http => $line);

    my (undef, $text) = $server->command('-t');

    like $text, $expected, "\"$line\" is refused";
}

done_testing;
