#!/usr/bin/perl

# What is stopped goes on, what is exhausted comes back: under load each
# process in turn is stopped and resumed, the disk fills up, descriptors, the
# shared zone and the scanner queue run out.  What may fail is named, and a
# second later nothing fails any more.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $policy = <<'CONF';
yara_rules rules.yar;
yara_slow_rules allow;
match yara reject=451;
match bank=known reject=410;
on_error crash=reject=502 timeout=reject=504 overload=reject=503
         incomplete=reject=507;
CONF

my %common = (
    files  => { 'list.csv' => "value,label\n" . '11' x 32 . ",x\n",
                'rules.yar' => <<'RULE' },
rule seldom { strings: $a = "seldom seen" condition: $a }
rule slow { strings: $a = /A+/ condition: #a > 100000 }
RULE
    http   => 'screen_bank known file=list.csv; screen_zone edge:1m;',
    policy => $policy,
);

for my $fault (split ' ', $ENV{SCREEN_FAULTS} // 'stopped full_disk '
               . 'few_descriptors full_zone queue_of_one')
{
    main->can($fault)->();
}

done_testing();


sub upload
{
    my ($server, $body) = @_;

    return ScreenLoad::upload($server->{port}, '/upload', $body, 20);
}


sub statuses
{
    my %count;

    $count{ $_->{status} }++ for @_;

    return join ' ', map { "$count{$_} x $_" } sort keys %count;
}


# does something under load; afterwards, a second later, nothing fails

sub under_load
{
    my ($server, $what, $load, $do) = @_;

    my $clients = ScreenLoad->start($server, clients => 4, size => 30_000,
                                    %$load);

    $server->wait_for(sub { $clients->count > 20 }, 30);

    my $start = Time::HiRes::time();
    $do->();
    my $end = Time::HiRes::time();

    Time::HiRes::sleep(1.5);

    my @uploads = $clients->stop;
    my @late = grep { $_->{start} > $end + 1 } @uploads;
    my @during = grep { $_->{end} > $start && $_->{start} < $end + 1 }
                 @uploads;

    cmp_ok scalar @late, '>', 5, "$what: uploads go on";
    is join(' ', map { sprintf '%d after %.2f s', $_->{status},
                               $_->{start} - $end }
                 grep { $_->{status} != 200 } @late), '',
       "$what: a second later none fails";

    my @failed = grep { $_->{status} != 200 } @during;

    diag sprintf '%s: %d uploads, %s', $what, scalar @during,
         statuses(@during);

    return @failed;
}


sub clean
{
    my ($server, $what) = @_;

    is upload($server, 'something seldom seen'), 451,
       "$what: rules are in force";
    is $server->alerts, '', "$what: no alert in the log";
    unlike $server->error_log, qr/open socket/, "$what: no socket is left";
    is $server->stop, 0, "$what: nothing is left running";
    is $server->alerts, '', "$what: nor at the end";
}


sub companion
{
    my ($server, $name) = @_;

    my %children = $server->children($server->supervisor);

    return (grep { $children{$_} =~ /$name/ } sort keys %children)[0];
}


# scanners have two seconds: one that is stopped is found stuck a second later

sub stopped
{
    my $server = ScreenServer->new(%common, scanners => '2 timeout=2s');

    my %process = (
        supervisor => sub { $server->supervisor },
        keeper     => sub { companion($server, 'keep') },
        worker     => sub { ($server->workers)[0] },
        master     => sub { $server->pid },
    );

    for my $name (sort keys %process) {
        my $pid = $process{$name}->();

        ok $pid, "there is a $name";

        my @failed = under_load($server, "$name stopped", {}, sub {
            kill 'STOP', $pid;
            Time::HiRes::sleep(1);
            kill 'CONT', $pid;
        });

        is scalar @failed, 0, "a $name that is stopped for a second costs "
                              . 'no upload';
        is $process{$name}->(), $pid, "and it is the same $name as before";
    }

    stopped_scanner($server);
    clean($server, 'stopped');
}


sub stopped_scanner
{
    my ($server) = @_;

    my $pid = companion($server, 'scan');

    my @failed = under_load($server, 'scanner stopped shortly', {}, sub {
        kill 'STOP', $pid;
        Time::HiRes::sleep(0.5);
        kill 'CONT', $pid;
    });

    is scalar @failed, 0, 'a scanner that is stopped for less than its '
                          . 'deadline costs no upload';

    # for good and with a job, which takes until its deadline in any case

    my $job = fork // die "fork: $!";

    if ($job == 0) {
        POSIX::_exit(upload($server, 'A' x 2000) == 504 ? 0 : 1);
    }

    $pid = $server->wait_for(sub { busy($server) })
        or fail('there is a scanner at work');

    @failed = under_load($server, 'scanner stopped at work', {}, sub {
        kill 'STOP', $pid;
        $server->wait_for(sub { !kill 0, $pid }, 10)
            or fail('a scanner that does not go on is killed');
    });

    is scalar @failed, 0, 'a scanner that is stopped at work costs no other '
                          . 'upload';

    waitpid $job, 0;

    is $?, 0, 'the one that it held gets on_error timeout';
    like $server->error_log, qr/scanner $pid was ended at the deadline/,
         'and the log says so';
}


# a scanner that uses CPU, while there is nothing else for it to do

sub busy
{
    my ($server) = @_;

    my %children = $server->children($server->supervisor);

    for my $pid (grep { $children{$_} =~ /scan/ } keys %children) {
        my $before = cpu($pid);

        Time::HiRes::sleep(0.1);

        return $pid if cpu($pid) - $before >= 2;
    }

    return;
}


# in ticks of 10 ms

sub cpu
{
    my ($pid) = @_;

    open my $in, '<', "/proc/$pid/stat" or return 0;
    my @fields = split ' ', (<$in> // '') =~ s/^.*\) //r;

    return ($fields[11] // 0) + ($fields[12] // 0);
}


# a tmpfs of its own where nginx keeps the bodies of clients

sub full_disk
{
    if ($> != 0) {
        diag 'not root: a file system cannot be mounted';
        return;
    }

    my $server = ScreenServer->new(%common, stopped => 1);
    my $temp = "$server->{dir}/temp";

    system('mount', '-t', 'tmpfs', '-o', 'size=2m,mode=777', 'none', $temp)
        == 0 or die "mount $temp";

    eval {
        $server->start;

        my @failed = under_load($server, 'disk full', { size => 100_000 },
                                sub {
            open my $out, '>', "$temp/fill" or die "$temp: $!";
            while (defined syswrite $out, 'x' x 65536) { }
            close $out;

            Time::HiRes::sleep(1);
            is upload($server, 'small'), 200,
               'disk full: what fits in memory passes';
            unlink "$temp/fill";
        });

        cmp_ok scalar @failed, '>', 0, 'disk full: large uploads fail';
        is scalar(grep { $_->{status} != 500 } @failed), 0,
           'disk full: with 500';
        like $server->error_log, qr/\[crit\].*No space left on device/,
             'disk full: the log says why';

        # the disk may be full in the middle of what is to be written

        my $full = qr/No space left on device|has written only \d+ of \d+/;
        my @other = grep { !/$full/ } split /\n/, $server->alerts;

        is "@other", '', 'disk full: and nothing else';
        is upload($server, 'something seldom seen'), 451,
           'disk full: rules are in force';
        is_deeply [ glob "$temp/[0-9]*" ], [],
                  'disk full: no temporary file is left';
        is $server->stop, 0, 'disk full: nothing is left running';
    };

    my $error = $@;

    $server->stop;
    system('umount', $temp) == 0 or diag "umount $temp";
    die $error if $error;
}


# each upload takes some six descriptors: client, upstream, both their other
# ends, the body's file, the scan

sub few_descriptors
{
    my $server = ScreenServer->new(%common, workers => 1,
                                   main => 'worker_rlimit_nofile 64;');

    my @held;

    my @failed = under_load($server, 'few descriptors', {}, sub {
        for (1 .. 60) {
            my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                               PeerPort => $server->{port})
                or last;
            push @held, $socket;
        }

        Time::HiRes::sleep(1);
        @held = ();
    });

    is scalar(grep { $_->{status} !~ /^(?:0|50[0-4])$/ } @failed), 0,
       'few descriptors: what fails, fails with a 50x or is not accepted';

    my @other = grep { !/Too many open files/ } split /\n/, $server->alerts;

    is "@other", '', 'few descriptors: the log says so, and nothing else';
    is upload($server, 'something seldom seen'), 451,
       'few descriptors: rules are in force';
    is $server->stop, 0, 'few descriptors: nothing is left running';
    unlike $server->error_log, qr/open socket/,
           'few descriptors: no socket is left';
}


# the smallest zone that there is; every upload is of another content, and
# matches, so that its report is a large one

sub full_zone
{
    my $server = ScreenServer->new(%common, log_level => 'info',
        http   => 'screen_bank known file=list.csv; screen_zone edge:256k;',
        server => <<'CONF');
location / { screen test; screen_mode monitor; proxy_pass http://upstream; }
location = /status { screen_status; }
CONF

    my $body = sub { "seldom seen $_[0] $_[1] " . 'x' x 200 };

    my @failed = under_load($server, 'zone full', { body => $body }, sub {
        $server->wait_for(sub { evictions($server) > 200 }, 30)
            or fail('the zone fills up');
    });

    is scalar @failed, 0, 'zone full: no upload fails';
    unlike $server->error_log, qr/could not allocate|no memory/,
           'zone full: nor is it an error';
    is $server->alerts, '', 'zone full: no alert in the log';
    is $server->stop, 0, 'zone full: nothing is left running';
}


sub evictions
{
    my ($server) = @_;

    my ($status, $text) = $server->curl($server->url('/status'
                                                     . '?format=prometheus'));

    return $text =~ /^screen_cache_evictions_total (\d+)/m ? $1 : 0;
}


sub queue_of_one
{
    my $server = ScreenServer->new(%common, http => 'screen_bank known '
                                                    . 'file=list.csv;',
                                   scanners => '1 timeout=5s queue=1');

    my $load = ScreenLoad->start($server, clients => 12, size => 30_000);
    $server->wait_for(sub { $load->count > 300 }, 30);
    my @uploads = $load->stop;

    diag 'queue of one: ' . statuses(@uploads);

    is scalar(grep { $_->{status} !~ /^(?:200|503)$/ } @uploads), 0,
       'queue of one: what finds no place gets on_error overload';
    cmp_ok scalar(grep { $_->{status} == 200 } @uploads), '>', 20,
           'queue of one: others pass';

    my @again = map { upload($server, "again $_") } 1 .. 10;

    is_deeply \@again, [ (200) x 10 ], 'queue of one: one by one, all pass';
    clean($server, 'queue of one');
}
