#!/usr/bin/perl

# The sandbox, tested from inside: a scanner that content has taken over tries
# what it must not.  Nothing of it is done, the log and the event say what was
# tried, and nginx goes on.  And a kernel that refuses the sandbox.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my %build = (
    hooks  => Cwd::abs_path('build/ngx-screen-hooks'),
    refuse => Cwd::abs_path('build/refuse-seccomp'),
);

for my $program (sort values %build) {
    -x $program or die "$program is missing: make test builds it";
}

# what the kernel answers, or the system call that ends the scanner; "sig:" is
# another signal, of which only the error log knows, or one that nothing could
# tell of, since all signals were blocked

my %attempts = (
    'open'        => 'open: Permission denied',
    'create'      => 'create: Permission denied',
    'open-memory' => 'open-memory: Permission denied',
    'socket'      => 'sandbox: socket',
    'connect'     => 'sandbox: connect',
    'sendto'      => 'sandbox: sendto',
    'fork'        => 'sandbox: clone',
    'exec'        => 'sandbox: execve',
    'map-code'    => 'sandbox: mmap',
    'make-code'   => 'sandbox: mprotect',
    'pwrite-body' => 'sandbox: pwrite64',
    'share-body'  => 'sandbox: mmap',
    'cut-body'    => 'sandbox: ftruncate',
    'kill'        => 'sandbox: kill',
    'tgkill'      => 'sandbox: tgkill',
    'ptrace'      => 'sandbox: ptrace',
    'read-memory' => 'sandbox: process_vm_readv',
    'unhandle'    => 'sandbox: rt_sigaction',
    'blocked'     => 'sig:SYS',
    'crash'       => 'sig:SEGV',
    'abort'       => 'sig:ABRT',
);

attempts();
refused();

done_testing();


sub scanners
{
    my ($server) = @_;

    my $supervisor = $server->supervisor or return;
    my %children = $server->children($supervisor);

    return grep { $children{$_} =~ /scan/ } sort { $a <=> $b } keys %children;
}


sub attempts
{
    my $server = ScreenServer->new(
        helper    => $build{hooks},
        scanners  => '2 timeout=5s',
        http      => 'screen_event_log logs/events.log; screen_events all;',
        policy    => <<'CONF');
match content ~ "seldom seen" flag;
on_error crash=reject=502 incomplete=reject=507 timeout=reject=504
         overload=reject=503;
CONF

    is upload($server, 'HOOK none 1'), 200, 'other content passes';

    attempt($server, $_, $attempts{$_}) for sort keys %attempts;

    # a body in memory is a sealed memfd, one in a file was opened for reading

    attempt($server, 'write-body', 'sig:XFSZ');
    attempt($server, 'write-body', 'write-body: Bad file descriptor',
            ' ' . 'x' x 100_000);
    attempt($server, 'share-body', 'sandbox: mmap', ' ' . 'x' x 100_000);

    ok !-e '/tmp/ngx-screen-was-here', 'no file was made';

    is upload($server, 'HOOK none 1'), 200, 'and nginx goes on';
    is $server->alerts, '', 'no alert in the log';
    is $server->stop, 0, 'nothing is left running';
}


sub attempt
{
    my ($server, $name, $expected, $more) = @_;

    my @scanners;

    $server->wait_for(sub { (@scanners = scanners($server)) == 2 });

    my $worker = ($server->workers)[0];
    my $victim = $server->supervisor;
    my $events = length $server->log_text('events.log');
    my $errors = length $server->error_log;

    my $start = Time::HiRes::time();
    my $status = upload($server, "HOOK $name $victim" . ($more // ''));
    my $took = Time::HiRes::time() - $start;

    my $signal = $expected =~ /^sig:(.*)/ ? $1 : undef;
    my $killed = $signal || $expected =~ /^sandbox: /;

    is $status, $killed ? 502 : 507, "$name: the upload gets on_error";
    cmp_ok $took, '<', 1, "$name: at once";

    my ($reason) = substr($server->log_text('events.log'), $events)
                   =~ /"fault_reason":"([^"]*)"/;

    is $reason, $signal ? 'the scanner ended' : $expected,
       "$name: the event says what was tried";

    if ($killed) {
        my $line = $signal ? "scanner \\d+ was ended by SIG$signal"
                   : 'scanner \d+ was ended by SIGSYS: the sandbox does not '
                     . 'allow the system call ' . substr $expected, 9;

        ok $server->wait_for(sub {
            substr($server->error_log, $errors) =~ /$line\b/;
        }), "$name: and so does the error log";
    }

    ok $server->wait_for(sub {
        kill(0, $victim) && scanners($server) == 2;
    }, 1), "$name: nobody else is harmed, and the scanner is replaced";

    is(($server->workers)[0], $worker, "$name: the worker stays");
}


sub refused
{
    my $policy = 'match content ~ "marker" reject=451; on_error '
                 . 'crash=reject=502 timeout=reject=504 overload=reject=503 '
                 . 'incomplete=reject=507;';

    my $server = ScreenServer->new(
        helper   => $build{hooks},
        wrapper  => $build{refuse},
        scanners => '2 timeout=5s',
        policy   => $policy,
        http     => 'screen_sandbox best_effort; screen_events all;'
                    . 'screen_event_log logs/events.log;');

    is upload($server, 'harmless'), 200, 'best_effort: an upload passes';
    is upload($server, 'a marker'), 451, 'best_effort: by a scan';

    my @warnings = $server->error_log
                   =~ /\[warn\].*(refuses seccomp.*best_effort.*)/g;

    is scalar @warnings, 1, 'best_effort: the log says so at start, once';

    # which shows, too, that those attempts are attempts

    for my $name (qw( open socket map-code )) {
        is upload($server, "HOOK $name 1"), 507, "best_effort: $name";
        like $server->log_text('events.log'), qr/"$name: done"/,
             "best_effort: $name is not kept from content";
    }

    is upload($server, 'HOOK fork 1'), 507, 'best_effort: fork';
    like $server->log_text('events.log'), qr/"fork: Resource temporarily /,
         'best_effort: resource limits hold';

    my %workers = map { $_ => 1 } $server->workers;

    # nothing tells a test that no scanner runs but what becomes of uploads

    $server->configure(http => 'screen_sandbox required;');
    $server->signal('HUP');
    $server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);

    ok $server->wait_for(sub {
        $server->error_log =~ /cannot close its sandbox: the seccomp filter/;
    }), 'required: the log says that the sandbox cannot be closed';

    my @answers = map {
        my $start = Time::HiRes::time();

        [ upload($server, 'harmless'), Time::HiRes::time() - $start ];
    } 1 .. 5;

    is_deeply [ map { $_->[0] } @answers ], [ (502) x 5 ],
              'required: no scanner runs, uploads get on_error crash';

    my ($longest) = sort { $b <=> $a } map { $_->[1] } @answers;

    diag sprintf 'without scanners an upload is answered within %.0f ms',
                 1000 * $longest;

    cmp_ok $longest, '<', 2.5, 'required: without waiting for the deadline';

    $server->configure(http => '', wrapper => undef);
    %workers = map { $_ => 1 } $server->workers;
    $server->signal('HUP');
    $server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);

    ok $server->wait_for(sub { upload($server, 'harmless') == 200 }),
       'where seccomp works again, scanners run again';

    is $server->alerts, '', 'no alert in the log';
    is $server->stop, 0, 'nothing is left running';
}


sub upload
{
    my ($server, $body) = @_;

    return ScreenLoad::upload($server->{port}, '/upload', $body, 20);
}
