# A rule that hangs libyara costs the upload that met it its deadline, and
# nobody else anything.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $slow = $ENV{SCREEN_SLOW} || 1;
my $timeout = $slow;

my $server = ScreenServer->new(
    files => { 'hang.yar' => <<'RULE' },
rule hang { strings: $a = /A+/ condition: #a > 100000 }
RULE
    policy => 'yara_rules hang.yar; yara_slow_rules allow; '
              . 'match yara flag; on_error timeout=reject=504;',
    scanners => "2 timeout=${timeout}s");


sub median
{
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[@sorted / 2];
}


# the latency of others, before and while a scanner hangs

sub others
{
    my ($meanwhile) = @_;

    my $load = ScreenLoad->start($server, clients => 1, size => 2000,
                                 pause => 0.005);
    $meanwhile->();

    my @uploads = $load->stop;

    return (scalar(grep { $_->{status} != 200 } @uploads),
            map { $_->{end} - $_->{start} } @uploads);
}


my ($failed_before, @before) = others(sub { Time::HiRes::sleep(2) });
my @took;

my ($failed, @during) = others(sub {
    for (1 .. 5) {
        my $start = Time::HiRes::time();
        my $status = ScreenLoad::upload($server->{port}, '/upload',
                                        'A' x 6000, 10 * $slow);

        push @took, [ $status, Time::HiRes::time() - $start ];
    }
});

is_deeply [ map { $_->[0] } @took ], [ (504) x 5 ],
          'each upload that hangs a scanner gets on_error timeout';

my ($longest) = sort { $b <=> $a } map { $_->[1] } @took;

diag sprintf 'longest %.3f s of a deadline of %d s', $longest, $timeout;
diag sprintf 'median latency of others: %.2f ms before (%d), %.2f ms while a '
             . 'scanner hangs (%d)', 1000 * median(@before), scalar @before,
             1000 * median(@during), scalar @during;

cmp_ok $longest, '<', $timeout + 0.2 * $slow,
       'it ends at its deadline and 200 ms at most';

is $failed_before + $failed, 0, 'no other upload fails';

# CPU that the hanging scanner burns is shared with everybody on two cores

cmp_ok median(@during), '<', 3 * median(@before) + 0.005 * $slow,
       'the others keep their latency';

like $server->error_log, qr/scanner.*(deadline|SIGALRM|alarm)/i,
     'the log says that a scanner met its deadline';

is $server->stop, 0, 'nothing is left running';

done_testing;
