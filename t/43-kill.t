# A scanner, the supervisor, the keeper and a worker are killed with -9 while
# uploads run.  They come back by themselves, and no upload fails but those
# that the killed process held.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $clients = 4;

my $server = ScreenServer->new(
    files => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n",
               'rules.yar' => <<'RULE' },
rule seldom { strings: $a = "no such thing" condition: $a }
RULE
    http => "screen_bank known file=list.csv;",
    policy => 'yara_rules rules.yar; match bank=known reject; '
              . 'match yara reject; on_error crash=reject=502 '
              . 'timeout=reject=504 overload=reject=503;',
    scanners => '2 timeout=10s');


# kills a process under load and tells what failed

sub kill_one
{
    my ($what, $find) = @_;

    my $load = ScreenLoad->start($server, clients => $clients,
                                 size => 200_000);

    $server->wait_for(sub { $load->count > 20 }, 30);

    my $pid = $find->();

    ok $pid, "there is a $what";

    my $killed = Time::HiRes::time();
    kill 'KILL', $pid;

    my $back = $server->wait_for(sub {
        my $new = $find->();
        $new && $new != $pid ? $new : undef;
    }, 10);

    my $seconds = Time::HiRes::time() - $killed;

    ok $back, "a killed $what comes back";

    my $count = $load->count;
    $server->wait_for(sub { $load->count > $count + 50 }, 30);

    my @uploads = $load->stop;
    my @failed = grep { $_->{status} != 200 } @uploads;

    diag sprintf '%s: %d uploads, %d failed (%s), back after %.0f ms', $what,
         scalar @uploads, scalar @failed,
         join(' ', map { $_->{status} } @failed), 1000 * $seconds;

    my @unrelated = grep { $_->{start} > $killed + 0.05
                           || $_->{end} < $killed - 0.05 } @failed;

    is scalar @unrelated, 0,
       "no upload fails that was not under way when the $what was killed";

    return @failed;
}


sub scanner
{
    my $supervisor = $server->supervisor or return;
    my %children = $server->children($supervisor);

    # the keeper is the one that maps no rules: it is told by its name

    for my $pid (sort keys %children) {
        return $pid if $children{$pid} =~ /scan/;
    }

    return;
}


sub keeper
{
    my $supervisor = $server->supervisor or return;
    my %children = $server->children($supervisor);

    for my $pid (sort keys %children) {
        return $pid if $children{$pid} =~ /keep/;
    }

    return;
}


# the first of two scanners must be another one, not only another first

my %before = $server->children($server->supervisor);

my @failed = kill_one('scanner', \&scanner);
cmp_ok scalar @failed, '<=', 1, 'a killed scanner costs one upload at most';
is scalar(grep { $_->{status} != 502 } @failed), 0, 'by on_error crash';

@failed = kill_one('keeper', \&keeper);
is scalar @failed, 0, 'a killed keeper costs no upload';

@failed = kill_one('supervisor', sub { $server->supervisor });
is scalar @failed, 0, 'a killed supervisor costs no upload';

@failed = kill_one('worker', sub { ($server->workers)[0] });
cmp_ok scalar @failed, '<=', $clients,
       'a killed worker costs no more uploads than it can have had';

ok $server->wait_for(sub {
    my $supervisor = $server->supervisor or return;
    my %children = $server->children($supervisor);

    return scalar(grep { /scan/ } values %children) == 2
           && scalar(grep { /keep/ } values %children) == 1;
}, 5), 'one supervisor, two scanners and one keeper are there again';

is scalar(keys %{{ $server->companions }}), 4, 'and nothing more';

is $server->stop, 0, 'nothing is left running';

done_testing;
