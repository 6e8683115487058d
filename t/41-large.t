# An upload of 2 GB costs a worker no memory beyond nginx's own buffers, and
# leaves no file behind.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenServer;

my $size = 2 * 1024 ** 3;

my $server = ScreenServer->new(
    workers => 1,
    scanners => '1 timeout=300s',
    policy => 'match content ~ "no such thing" reject; '
              . 'match type = application/pdf reject;',
    server => <<'CONF');
location /plain/ {
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    client_body_in_file_only clean;
}
location /screened/ {
    screen test;
    proxy_pass http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
    proxy_set_header X-Screen-Verdict $screen_verdict;
    proxy_set_header X-Screen-Sha256 $screen_sha256;
}
CONF

my ($worker) = $server->workers;

my $path = "$server->{dir}/large";
open my $large, '>', $path or die $!;
truncate $large, $size or die $!;
close $large;


# a field of /proc/PID/status, in bytes

sub status
{
    my ($field) = @_;

    open my $in, '<', "/proc/$worker/status" or die $!;
    my ($kb) = grep { defined } map { /^$field:\s+(\d+) kB/ ? $1 : () } <$in>;

    return $kb * 1024;
}


# peak memory of the worker during a request, beyond what it had before

sub peak
{
    my ($uri, $content) = @_;

    open my $clear, '>', "/proc/$worker/clear_refs" or die $!;
    print $clear 5;
    close $clear;

    my $before = status('VmRSS');
    my ($status, undef, $headers)
        = $server->curl('-T', $content, '-H', 'Expect:', $server->url($uri));

    return ($status, status('VmHWM') - $before, $headers);
}


my $small = $server->write('small', 'x' x 100_000);

peak($_, $small) for ('/plain/warm', '/screened/warm') x 3;

my ($plain_status, $plain) = peak('/plain/large', $path);
my ($status, $grown, $headers) = peak('/screened/large', $path);

is $plain_status, 200, 'an upload of 2 GB passes without screening';
is $status, 200, 'an upload of 2 GB passes with screening';

like $headers, qr/^X-Verdict: pass\r$/m, 'it was scanned';
like $headers, qr/^X-Sha256:\s a7c744c13cc101ed66c29f672f924555
                  47889cc586ce6d44fe76ae824958ea51 \r$/mx,
     'its digest is that of 2 GB of zeroes';

diag sprintf 'memory of the worker: %d KB without screening, %d KB with',
     $plain / 1024, $grown / 1024;

cmp_ok $grown - $plain, '<', 1024 * 1024,
       'screening it costs the worker less than 1 MB more';

is_deeply [ grep { -f } glob "$server->{dir}/temp/*" ], [],
          'its temporary file is gone';

is $server->stop, 0, 'nothing is left running';

done_testing;
