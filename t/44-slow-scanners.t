# Scanners that take long to load their rules: a reload waits for them while
# the old ones serve, as long as it is told to (start=), and one whose scanners
# never come is no dead end.

use strict;
use warnings;

use Test::More;
use File::Temp ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $loading = 2;                                   # s


# an ngx-screen that does something before it becomes a supervisor

sub wrapper
{
    my ($before) = @_;

    my $file = File::Temp->new;

    print $file <<"SH";
#!/bin/sh
[ "\$1" != supervisor ] || $before
exec "\${0%/*}/ngx-screen" "\$@"
SH
    close $file or die "$!";

    return $file;
}


# the next reload, until its workers are all that there are

sub reload
{
    my ($server, $what) = @_;

    my %old = map { $_ => 1 } $server->workers;

    $server->signal('HUP');

    ok $server->wait_for(sub {
        my @workers = $server->workers;
        return @workers == 2 && !grep { $old{$_} } @workers;
    }, 30), $what;
}


my $slow = wrapper("sleep $loading");

my $server = ScreenServer->new(
    wrapper => "$slow",
    policy  => 'match content ~ evil reject;',
    server  => 'location / { screen test; try_files "" @ok; } '
               . 'location @ok { return 200 "passed\n"; }',
);

my $load = ScreenLoad->start($server, clients => 3, size => 20_000);

$server->wait_for(sub { $load->count > 20 }, 30) or fail('no uploads');

reload($server, "reload $_") for 1 .. 2;

my $count = $load->count;
$server->wait_for(sub { $load->count > $count + 20 }, 30);

my @uploads = $load->stop;
my ($longest) = sort { $b <=> $a } map { $_->{end} - $_->{start} } @uploads;

is scalar(grep { $_->{status} != 200 } @uploads), 0, 'no upload fails';
cmp_ok $longest, '<', 0.75 * $loading, 'and none has to wait for the scanners';

my $evil = sub {
    return ScreenLoad::upload($server->{port}, '/upload', 'evil', 30);
};

is $evil->(), 403, 'the new scanners work';

unlike $server->error_log, qr/screen scanners are not ready/,
       'nginx waited as long as it took';

$server->configure(scanners => '2 start=100ms');
reload($server, 'a reload that waits for 100 ms');

is $evil->(), 403, 'an upload waits for the scanners';
like $server->error_log, qr/screen scanners are not ready after 100 ms/,
     'and the log says why';
is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';


my $dead = wrapper('exit 1');

$server = ScreenServer->new(
    wrapper  => "$dead",
    stopped  => 1,
    policy   => 'match content ~ evil reject; on_error timeout=reject=504;',
    scanners => '2 timeout=1s',
);

$server->start(scanners => 0);

is $evil->(), 504, 'nginx starts without scanners, uploads meet their deadline';

$server->configure(wrapper => undef);
$server->signal('HUP');

ok $server->wait_for(sub { $evil->() == 403 }, 30),
   'and a reload brings them into being';

is $server->stop, 0, 'nothing is left running';

done_testing;
