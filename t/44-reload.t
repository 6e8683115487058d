# Reload, binary upgrade, reopening of logs and graceful quit under load: no
# upload fails, nothing is left behind, no alert in the log.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $reloads = $ENV{SCREEN_RELOADS} // 10;

my $server = ScreenServer->new(
    files => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n",
               'rules.yar' => <<'RULE' },
rule old { strings: $a = "old marker" condition: $a }
RULE
    http => 'screen_bank known file=list.csv;',
    policy => 'yara_rules rules.yar; match bank=known reject; '
              . 'match yara reject=451; on_error crash=reject=502 '
              . 'timeout=reject=504 overload=reject=503;',
    scanners => '2 timeout=10s',
    server => <<'CONF');
location / {
    screen      test;
    error_page  404 405 =200 @passed;
}
location @passed { return 200 "passed\n"; }
CONF


sub under_load
{
    my ($what, $do, $seconds) = @_;

    my $load = ScreenLoad->start($server, clients => 3, size => 50_000,
                                 seconds => $seconds);

    $server->wait_for(sub { $load->count > 20 }, 30);

    $do->();

    my $count = $load->count;
    $server->wait_for(sub { $load->count > $count + 30 }, 30);

    my @uploads = $load->stop;
    my @failed = grep { $_->{status} != 200 } @uploads;

    is join(' ', map { $_->{status} } @failed), '',
       sprintf '%s: none of %d uploads fails', $what, scalar @uploads;
}


sub marker
{
    my ($text) = @_;

    return ScreenLoad::upload($server->{port}, '/upload', "x $text x", 10);
}


# one generation is a supervisor, its scanners and its keeper

sub settled
{
    return $server->wait_for(sub {
        return keys %{{ $server->companions }} == 4
               && scalar($server->workers) == 2;
    }, 20);
}


is marker('old marker'), 451, 'the first rules are in force';
is marker('new marker'), 200, 'and only they';

under_load('reload', sub {
    my @prints;

    for my $i (1 .. $reloads) {
        my $rule = $i % 2 ? 'new' : 'old';
        my %workers = map { $_ => 1 } $server->workers;

        $server->write('rules.yar', "rule $rule { strings: \$a = "
                                    . "\"$rule marker\" condition: \$a }\n");
        $server->signal('HUP');

        $server->wait_for(sub {
            my @new = grep { !$workers{$_} } $server->workers;
            return @new == 2;
        }, 20) or fail("reload $i");

        # workers and companions are new each time: they are compared as soon
        # as there is one generation, and it has done all that it does first;
        # a supervisor that is just being loaded has a fifth of its memory

        if ($i == 5 || $i == $reloads || $i == int(($reloads + 5) / 2)) {
            settled() or fail("one generation after reload $i");
            Time::HiRes::sleep(0.5);
            push @prints, $server->footprint;
            diag "after $i reloads: "
                 . ScreenServer::footprint_text($prints[-1]);
        }
    }

    cmp_ok $prints[-1]{master}, '<', $prints[0]{master} + 1024
                                       + ScreenServer::kept(1),
           'the memory of the master is flat';
    cmp_ok $prints[-1]{companions}, '<', $prints[0]{companions} + 1024
                                           + ScreenServer::kept(4),
           'and that of the companions';
    cmp_ok $prints[-1]{workers}, '<', $prints[0]{workers} + 2048
                                        + ScreenServer::kept(2),
           'and that of the workers';
    cmp_ok $prints[-1]{descriptors}, '<', $prints[0]{descriptors} + 20,
           'and so are its descriptors';
}, $reloads * 5 + 120);

ok settled(), 'one generation of companions is left after the reloads';

my $rule = $reloads % 2 ? 'new' : 'old';

ok $server->wait_for(sub { marker("$rule marker") == 451 }),
   'the last rules are in force';

# a mistake keeps what there was

$server->write('rules.yar', "rule broken { condition: nonsense }\n");
$server->signal('HUP');

ok $server->wait_for(sub { $server->error_log =~ /rules\.yar:1/ }),
   'a broken rule is an error with its file and line';
is marker("$rule marker"), 451, 'and the old rules stay in force';

$server->write('rules.yar', "rule upgraded { strings: \$a = \"upgraded\" "
                            . "condition: \$a }\n");

under_load('binary upgrade', sub {
    my $old = $server->pid;

    $server->signal('USR2');

    $server->wait_for(sub { -s "$server->{dir}/logs/nginx.pid.oldbin"
                            && ($server->pid // $old) != $old }, 20)
        or fail('the new binary starts');

    kill 'WINCH', $old;
    Time::HiRes::sleep(0.5);
    kill 'QUIT', $old;

    $server->wait_for(sub { !kill 0, $old }, 20) or fail('the old one quits');
});

ok settled(), 'one generation of companions is left after the upgrade';
ok $server->wait_for(sub { marker('upgraded') == 451 }),
   'the new binary has compiled the rules anew';

rename "$server->{dir}/logs/error.log", "$server->{dir}/logs/error.log.1";
$server->signal('USR1');

ok $server->wait_for(sub { -e "$server->{dir}/logs/error.log" }),
   'logs are reopened';

my $supervisor = $server->supervisor;
kill 'KILL', $supervisor;

ok $server->wait_for(sub { $server->error_log =~ /scanner pool ready/ }, 10),
   'what the companions say goes to the new file';

my $pid = $server->pid;
my $load = ScreenLoad->start($server, clients => 3, size => 50_000);
$server->wait_for(sub { $load->count > 10 }, 30);
my $quit = Time::HiRes::time();
$server->signal('QUIT');

ok $server->wait_for(sub { !kill 0, $pid }, 20), 'a graceful quit ends';

my @cut = grep { $_->{start} < $quit - 0.05 && $_->{status} != 200 }
          $load->stop;

is scalar @cut, 0, 'every upload that was under way is answered';

ok $server->wait_for(sub { !keys %{{ $server->companions }} }, 10),
   'and no companion is left';

# the emergency was the broken rule

is $server->alerts =~ s/^.*rules\.yar:1\n//mr, '', 'no alert in the log';

is $server->stop, 0, 'nothing is left running';

done_testing;
