# What cannot be looked at is never called clean: each fault with each action
# that on_error may give it.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Test::More;
use Time::HiRes ();

use ScreenServer;


my %actions = (pass => 'pass', log => 'log', flag => 'flag',
               reject => 'reject', r451 => 'reject=451');

my %statuses = (pass => 200, log => 200, flag => 200, r451 => 451);

my $hang = 'A' x 2000;


# a policy for each action, and one that leaves all to the defaults

sub policies
{
    my $lines = <<'LINES';
yara_rules       rules.yar;
yara_slow_rules  allow;
pattern_limits   match=1000;
match filename = known.php  reject=406;
match yara                  flag;
match content ~ "^(b+)+$"   flag;
LINES

    my $policies = "screen_policy default {\n$lines}\n";

    for my $name (sort keys %actions) {
        $policies .= "screen_policy $name {\n$lines"
                     . 'on_error  '
                     . join(' ', map { "$_=$actions{$name}" }
                            qw( timeout crash overload incomplete ))
                     . ";\n}\n";
    }

    return $policies;
}


sub server
{
    my ($scanners) = @_;

    return ScreenServer->new(
        scanners => $scanners,
        files    => { 'rules.yar' => <<'RULES' },
rule hang { strings: $a = /A+/ condition: #a > 100000 }
rule many { strings: $a = "xy" condition: #a > 3000000 }
RULES
        http     => policies()
                    . "map \$uri \$which { ~^/(\\w+)/ \$1; }\n"
                    . "screen_retry_after 7s;\n",
        policy   => 'match parts>1 flag;',
        server   => <<'CONF');
location / {
    screen      $which;
    proxy_pass  http://upstream;
    add_header  X-Verdict  $screen_verdict  always;
    add_header  X-Action   $screen_action   always;
    add_header  X-Reason   $screen_reason   always;
}
CONF
}


# an upload that nobody waits for yet

sub upload
{
    my ($s, $path, $content) = @_;

    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                       PeerPort => $s->{port})
        or die "connect: $!";

    my $method = $path =~ /\.php$/ ? 'PUT' : 'POST';

    print $socket "$method $path HTTP/1.1\r\nHost: localhost\r\n"
                  . 'Content-Length: ' . length($content) . "\r\n"
                  . "Connection: close\r\n\r\n$content";

    return $socket;
}


# its answer: status, "verdict action reason", head; or nothing in time

sub answer
{
    my ($socket, $seconds) = @_;

    my $end = Time::HiRes::time() + ($seconds // 30);
    my $select = IO::Select->new($socket);
    my $text = '';

    while ((my $left = $end - Time::HiRes::time()) > 0) {
        next unless $select->can_read($left);
        sysread($socket, $text, 65536, length $text) or last;
    }

    my ($status) = $text =~ m{^HTTP/1\.1 (\d+)} or return;
    my ($head) = split /\r\n\r\n/, $text;
    my ($verdict) = $head =~ /^X-Verdict: (.*)\r?$/m;
    my ($action) = $head =~ /^X-Action: (.*)\r?$/m;
    my ($reason) = $head =~ /^X-Reason: (.*)\r?$/m;

    s/\r\z// for grep { defined } $verdict, $action, $reason;

    return ($status, join(' ', map { $_ // '-' } $verdict, $action, $reason),
            $head);
}


sub told
{
    my ($status, $told) = answer(upload(@_));

    return join ' ', $status // 'no answer', $told // '';
}


sub expected
{
    my ($name, $reject) = @_;

    my ($action) = $actions{$name} =~ /^(\w+)/;

    return ($statuses{$name} // $reject) . " error $action";
}


sub scanner
{
    my ($s) = @_;

    my $supervisor = $s->supervisor or return;
    my %children = $s->children($supervisor);
    my ($pid) = grep { $children{$_} =~ /scan/ } keys %children;

    return $pid;
}


# the scanner, as soon as it is busy: it has been given 100 ms of a processor

sub busy_scanner
{
    my ($s) = @_;

    my ($pid, $first);

    return $s->wait_for(sub {
        my $now = scanner($s) or return;

        open my $in, '<', "/proc/$now/stat" or return;
        my @stat = split ' ', (<$in> // '') =~ s/^.*\) //r;
        my $ticks = ($stat[11] // 0) + ($stat[12] // 0);

        ($pid, $first) = ($now, $ticks) if !$pid || $pid != $now;

        return $ticks - $first >= 10 ? $pid : undef;
    }, 20);
}


# a scan that does not end

my $s = server('1 timeout=500ms');

for my $name (sort keys %actions) {
    my $start = Time::HiRes::time();

    like told($s, "/$name/x", $hang),
         qr/^\Q@{[ expected($name, 403) ]}\E timeout/,
         "timeout=$actions{$name}";
    cmp_ok Time::HiRes::time() - $start, '<', 0.5 + 3,
           'is done at the deadline';
}

like told($s, '/default/x', $hang), qr/^200 error flag timeout/,
     'a timeout is a flag by default';
is told($s, '/default/x', 'harmless'), '200 pass pass -',
   'the next upload passes';


# content that could not be looked at to its end

for my $name (sort keys %actions) {
    like told($s, "/$name/x", 'b' x 40 . 'c'),
         qr/^\Q@{[ expected($name, 403) ]}\E incomplete:.*limit/,
         "incomplete=$actions{$name}";
}

like told($s, '/default/x', 'b' x 40 . 'c'), qr/^200 error flag incomplete/,
     'what is incomplete is a flag by default';

is $s->stop, 0, 'no process is left';

$s = server('1 timeout=20s');

like told($s, '/r451/x', 'xy' x 1_100_000),
     qr/^451 error reject incomplete:.*match/,
     'a string that matches too often leaves the part incomplete';

is $s->stop, 0, 'no process is left';


# a scanner that dies

$s = server('1 timeout=60s');

for my $name (sort keys %actions) {
    my $socket = upload($s, "/$name/x", $hang);
    my $scanner = busy_scanner($s);

    ok $scanner, 'a scanner is busy';
    kill 'KILL', $scanner if $scanner;

    like join(' ', (answer($socket))[0, 1]),
         qr/^\Q@{[ expected($name, 403) ]}\E crash/, "crash=$actions{$name}";
    is told($s, "/$name/x", 'harmless'), '200 pass pass -',
       'and the next upload passes';
}

my $socket = upload($s, '/default/x', $hang);

kill 'KILL', busy_scanner($s);

like join(' ', (answer($socket))[0, 1]), qr/^200 error flag crash/,
     'a crash is a flag by default';

is $s->stop, 0, 'no process is left';


# more uploads than the scanner and its queue can take

$s = server('1 timeout=60s queue=1');

my @held = upload($s, '/flag/x', $hang);

ok busy_scanner($s), 'a scanner is busy';

# the queue is full once an upload is answered at once

ok $s->wait_for(sub {
    my $one = upload($s, '/flag/x', $hang);

    return 1 if answer($one, 0.5);

    push @held, $one;
    return;
}, 20), 'uploads are answered when the queue is full';

cmp_ok scalar @held, '<=', 3, 'and the queue is as short as it was asked to be';

for my $name (sort keys %actions) {
    like told($s, "/$name/x", 'harmless'),
         qr/^\Q@{[ expected($name, 503) ]}\E overload/,
         "overload=$actions{$name}";
}

my ($status, $told, $head) = answer(upload($s, '/default/x', 'harmless'));

is $status, 503, 'an overload is answered with 503 by default';
like $told, qr/^error reject overload/, 'as an error';
like $head, qr/^Retry-After: 7\r?$/m, 'that says when to try again';

($status, $told, $head) = answer(upload($s, '/flag/x', 'harmless'));

unlike $head, qr/^Retry-After/m, 'what passes has nothing to try again';

is told($s, '/default/known.php', 'harmless'), '406 reject reject filename',
   'what needs no scan is decided as ever';

close $_ for @held;

# scans that nobody waits for any more may go on until their deadline

$s->stop;

unlike $s->error_log, qr/\[(alert|emerg)\]/, 'nothing else went wrong';

done_testing;
