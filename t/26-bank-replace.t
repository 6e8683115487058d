# A list is replaced while nginx runs: every worker takes the new one without
# a reload, and a broken one leaves what is in force.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Test::More;
use Time::HiRes ();

use ScreenServer;


sub list { return join '', map { sha256_hex($_) . "  $_\n" } @_ }


my $s = ScreenServer->new(
    workers => 2,
    files   => { 'lists/bad' => list('one') },
    http    => 'screen_bank  bad  file=lists/bad;',
    policy  => 'match bank=bad  reject;',
    server  => <<'CONF');
location / {
    screen       test;
    proxy_pass   http://upstream;
    add_header   X-Verdict  $screen_verdict  always;
    add_header   X-Reason   $screen_reason   always;
    add_header   X-Worker   $pid             always;
}
CONF


# one upload on a connection of its own: status and worker

sub upload
{
    my ($content) = @_;

    my ($status, $body, $headers) = $s->curl('--data-binary', $content,
                                             $s->url('/upload'));
    my ($worker) = $headers =~ /^X-Worker: (\d+)/mi;

    return ($status, $worker);
}


# the status that each worker gives, asked until all of them have answered

sub everywhere
{
    my ($content) = @_;

    my %status;

    for (1 .. 400) {
        my ($status, $worker) = upload($content);

        $status{$worker} = $status;
        last if keys %status == 2;
    }

    return join ' ', map { $status{$_} } sort keys %status;
}


# seconds until a worker's answer for the content is this status

sub seconds_until
{
    my ($content, $status) = @_;

    my $start = Time::HiRes::time();

    return $s->wait_for(sub { (upload($content))[0] == $status }, 15)
           ? Time::HiRes::time() - $start : undef;
}


sub times_said
{
    my ($pattern) = @_;

    return scalar(() = $s->error_log =~ /$pattern/g);
}


is everywhere('one'), '403 403',
   'content of the list is rejected by each worker';
is everywhere('two'), '200 200', 'and other content is not';

$s->write('lists/bad', list('two'));

my $seconds = seconds_until('two', 403);

ok defined $seconds, 'a list that was renamed into place is noticed';

# a second, and what a slow machine adds

cmp_ok $seconds // 99, '<', 5, 'within about a second';
is everywhere('two'), '403 403', 'by each worker';
is everywhere('one'), '200 200', 'and what is no longer in it passes';
is times_said('signal process started'), 0, 'without a reload';


# broken: said once, and once only, and the old one stays

$s->write('lists/bad', list('two', 'three') . "abcd\n");

ok $s->wait_for(sub { times_said('stays in force') }, 15),
   'a broken list is reported';
like $s->error_log, qr/\[error\].*bank "bad": .*bad:3: "abcd" is not a hash/,
     'with its file and line';
is everywhere('two'), '403 403', 'the list before it stays in force';
is everywhere('three'), '200 200', 'nothing of the broken one is taken';

# the keeper looks again at what it has refused, for a while

Time::HiRes::sleep(2.5);

is times_said('stays in force'), 1, 'a broken list is reported once';

$s->write('lists/bad', list('three'));

ok defined seconds_until('three', 403),
   'a good list after a broken one is taken';
is everywhere('two'), '200 200', 'in place of the one before';


# gone: the same

unlink "$s->{dir}/lists/bad" or die;

ok $s->wait_for(sub { times_said('stays in force') > 1 }, 15),
   'a list that vanishes is reported';
is everywhere('three'), '403 403', 'and stays in force';

$s->write('lists/bad', list('four'));

ok defined seconds_until('four', 403), 'it is taken when it is there again';


# all of it under uploads: each is answered by the one list or by the other

my %seen;

for my $round (1 .. 5) {
    $s->write('lists/bad', list('four', "round $round"));

    my $end = Time::HiRes::time() + 20;

    while (Time::HiRes::time() < $end) {
        $seen{(upload('four'))[0]}++;
        last if (upload("round $round"))[0] == 403;
    }
}

is join(' ', sort keys %seen), '403',
   'content in both lists is rejected all the time';

unlike $s->error_log, qr/\[(alert|crit|emerg)\]/, 'nothing else went wrong';

is $s->stop, 0, 'no process is left';

done_testing;
