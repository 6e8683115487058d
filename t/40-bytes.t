# What passes is untouched: uploads of random sizes, raw and as forms, with a
# length and without, over HTTP/1.1 and HTTP/2, arrive byte for byte, and the
# SHA-256 that the module tells is that of the content.
#
# SCREEN_UPLOADS is how many (300), SCREEN_SEED repeats a run.

use strict;
use warnings;

use Digest::SHA;
use Test::More;

use lib 't/lib';
use ScreenServer;

my $uploads = $ENV{SCREEN_UPLOADS} // 300;
my $seed = $ENV{SCREEN_SEED} // time;
my $max = 64 * 1024 * 1024;

srand $seed;
diag "seed $seed, $uploads uploads";

my $server = ScreenServer->new(
    policy => "match content ~ \"no such thing in random bytes\" reject;",
    scanners => '2 timeout=60s');

# one pool of random bytes, of which each upload takes a piece

my $pool = '';
open my $random, '<:raw', '/dev/urandom' or die $!;
read $random, $pool, $max or die $!;


sub digest
{
    my ($path) = @_;

    return Digest::SHA->new(256)->addfile($path, 'b')->hexdigest;
}


sub size
{
    my ($i) = @_;

    my @edges = (0, 1, 2, $max, 16383, 16384, 16385, 65536, 1048576);

    return $edges[$i] if $i < @edges;

    return int exp rand log $max;
}


my (%sent, @wrong);

for my $i (0 .. $uploads - 1) {
    my $size = size($i);
    my $at = int rand($max - $size + 1);
    my $content = substr $pool, $at, $size;
    my $http2 = int rand 2;
    my $form = int rand 2;
    my $chunked = int rand 2;

    my $boundary = '------------------------' . sprintf '%016x', int rand 2**48;
    my $body = !$form ? $content
        : "--$boundary\r\nContent-Disposition: form-data; name=\"title\"\r\n"
          . "\r\nupload $i\r\n--$boundary\r\nContent-Disposition: form-data; "
          . "name=\"file\"; filename=\"$i.bin\"\r\nContent-Type: "
          . "application/octet-stream\r\n\r\n$content\r\n--$boundary--\r\n";

    my $path = $server->write('body', $body);
    my $type = $form ? "multipart/form-data; boundary=$boundary"
                     : 'application/octet-stream';

    my @args = ('-X', 'POST', '-H', "Content-Type: $type", '-H', 'Expect:');
    my @url = ($server->url('/upload'));

    push @args, $server->http2 if $http2;

    # reading from a pipe, curl cannot tell a length

    if ($chunked) {
        push @args, '-T', '-';
        push @args, '-H', 'Transfer-Encoding: chunked' unless $http2;

    } else {
        push @args, '--data-binary', "\@$path";
    }

    my ($status, undef, $headers)
        = $server->curl_stdin($chunked ? $path : '/dev/null', @args, @url);

    my $stored = $server->stored($headers // '') // '';
    my $told = $headers =~ /^X-Sha256: (\S+)/mi ? $1 : 'none';

    my $what = sprintf '%s %s %s of %d bytes at %d',
                       $http2 ? 'HTTP/2' : 'HTTP/1.1',
                       $chunked ? 'no length' : 'length',
                       $form ? 'form' : 'raw', $size, $at;

    $sent{join ' ', $http2, $chunked, $form}++;

    push @wrong, "$what: status $status" if $status ne '200';
    push @wrong, "$what: other bytes arrived"
        unless -e $stored && digest($stored) eq digest($path);
    push @wrong, "$what: sha256 $told"
        unless $told eq Digest::SHA::sha256_hex($content);

    unlink $stored if -e $stored;
}

is "@wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]", '',
   "$uploads uploads arrive unchanged and with the right digest";

cmp_ok scalar keys %sent, '==', 8,
       'every combination of protocol, length and form was sent'
    if $uploads >= 100;

is $server->alerts, '', 'no alert in the log';

is $server->stop, 0, 'nothing is left running';

done_testing;
