#!/usr/bin/perl

# What HTTP/3 alone can show, by curl: uploads that end early, that nobody
# declared a length of, that stall, and many at once over one connection.
# What is the same over each HTTP is in other files, which tools/run-tests
# runs again with SCREEN_HTTP=3.

use strict;
use warnings;

BEGIN { $ENV{SCREEN_HTTP} = 3 }

use lib 't/lib';
use Digest::SHA qw( sha256_hex );
use ScreenClient;
use ScreenServer;
use Test::More;

plan skip_all => 'HTTP/3 needs nginx 1.25 and a curl that speaks it'
    unless ScreenHttp::available();

my $server = ScreenServer->new(
    workers   => 1,
    log_level => 'info',
    policy    => <<'CONF',
match filename ~ php        reject=451;
match content ~ "evil$"     reject;
max_size 1m;
CONF
    server    => <<'CONF',
add_header X-Screen "$screen_verdict $screen_bytes" always;
client_body_buffer_size 16k;
location / {
    screen            test;
    proxy_pass        http://upstream;
    proxy_set_header  X-Screen-Verdict  $screen_verdict;
    proxy_set_header  X-Screen-Sha256   $screen_sha256;
}
location /body {
    screen            test;
    client_body_in_single_buffer on;
    client_body_buffer_size 64k;
    try_files         "" @body;
}
location @body { return 200 "$screen_verdict $screen_bytes $request_body"; }
CONF
);

my $all = join '', map { chr } 0 .. 255;
my $half = $server->write('half', $all x 2000);
my $large = $server->write('large', $all x 8000);
my $evil = $server->write('evil', $all x 2000 . 'evil');

early();
sizes();
concurrent();
stalled();

is $server->stop, 0, 'no process is left';
unlike $server->error_log, qr/\[(alert|crit|emerg|error)\]/,
       'no error in the log';
is_deeply [ glob "$server->{dir}/temp/[0-9]*" ], [],
          'no temporary file is left';

done_testing();


# what the headers decide, and what is too large, whether a client has sent
# all of it, some or nothing by then

sub early
{
    my %cases = (
        'a forbidden name'                   => [ 451, $half, 'x.php' ],
        'a declared size'                    => [ 413, $large, 'x' ],
    );

    for my $what (sort keys %cases) {
        my ($expected, $file, $name) = @{ $cases{$what} };

        my ($status, $body, $headers) = $server->curl('-X', 'PUT',
            '--data-binary', "\@$file", $server->url("/up/$name"));

        is $status, $expected, "$what is rejected";
        like $headers, qr{^HTTP/3 $expected}, "$what: over HTTP/3";
        like $body, qr/reference [0-9a-f]{32}/, "$what: the answer is complete";
    }

    for my $case ([ 'a forbidden name', 451, $half, 'x.php' ],
                  [ 'max_size', 413, $large, 'x' ])
    {
        my ($what, $expected, $file, $name) = @$case;

        my ($status, $body) = $server->curl_stdin($file, '-T', '-',
            $server->url("/up/$name"));

        is $status, $expected, "$what, without a length";
        like $body, qr/reference [0-9a-f]{32}/, '... the answer is complete';
    }
}


sub sizes
{
    my $empty = $server->write('empty', '');
    my $hello = $server->write('hello', 'hello');
    my $url = $server->url('/body/x');

    my @answers = map { ($server->curl_stdin(@$_, $url))[1] }
        [ '/dev/null', '-X', 'POST', '-H', 'Content-Length: 0' ],
        [ $empty, '-X', 'POST', '-T', '-' ],
        [ '/dev/null', '--data-binary', "\@$hello" ],
        [ $hello, '-X', 'POST', '-T', '-' ],
        [ '/dev/null' ];

    is $answers[0], 'pass 0 ', 'a body of no bytes is screened';
    is $answers[1], 'pass 0 ', 'without a length, too';
    is $answers[2], 'pass 5 hello', 'a body arrives';
    is $answers[3], 'pass 5 hello', 'a body without a length arrives';
    is $answers[4], '  ', 'GET is not screened';
}


# many streams over one connection: each has its own verdict

sub concurrent
{
    my @kinds = ([ $half, 'x', 200 ], [ $evil, 'x', 403 ],
                 [ $half, 'x.php', 451 ], [ $large, 'x', 413 ]);

    my $config = '';

    for my $i (0 .. 39) {
        my ($file, $name) = @{ $kinds[$i % @kinds] };
        my $url = $server->url("/up/$i/$name");

        $config .= "next\n" if $i;
        $config .= "url = $url\nrequest = PUT\ndata-binary = \@$file\n"
                   . "header = \"Expect:\"\noutput = /dev/null\nhttp3-only\n"
                   . "insecure\nmax-time = 60\n"
                   . "write-out = \"%{urlnum} %{http_code} "
                   . "%{num_connects}\\n\"\n";
    }

    my $path = $server->write('config', $config);
    my @lines = split /\n/, `curl -sS --parallel --parallel-max 40 -K $path`;

    my (@wrong, %status, $connections);

    for my $line (@lines) {
        my ($n, $status, $connects) = split / /, $line;

        $status{$status}++;
        $connections += $connects;
    }

    is_deeply \%status, { 200 => 10, 403 => 10, 451 => 10, 413 => 10 },
              '40 uploads at once: each kind has its own verdict';
    cmp_ok $connections, '<', 40, 'uploads shared connections';

    for my $i (0 .. 39) {
        my $status = $kinds[$i % @kinds][2];

        push @wrong, $i
            unless $server->access_log =~ m{^$status .*/up/$i/x}m;
    }

    is_deeply \@wrong, [], '... and each upload has that of its kind';
}


# one that stalls in its body holds up nobody

sub stalled
{
    pipe my $read, my $write or die "pipe: $!";

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<&', $read or die "$!";
        open STDERR, '>', '/dev/null' or die "$!";
        exec 'curl', '-s', '--http3-only', '-k', '-m', 30, '-o', '/dev/null',
             '-T', '.', $server->url('/up/slow')
            or die "curl: $!";
    }

    close $read;
    print $write 'x' x 200000;
    $write->flush;

    my ($worker) = $server->workers;

    ok $server->wait_for(sub {
           grep { (readlink $_ // '') =~ m{/temp/\d} } glob "/proc/$worker/fd/*"
       }, 20),
       'an upload is in the middle of its body';

    my ($status) = $server->curl('-X', 'PUT', '--data-binary', "\@$evil",
                                 $server->url('/up/x'));

    is $status, 403, 'another has its verdict meanwhile';

    close $write;
    waitpid $pid, 0;

    is $?, 0, 'the stalled one has its answer once it goes on';
    like $server->access_log, qr{^200 pass .*/up/slow$}m, '... and passes';
}
