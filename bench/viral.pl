#!/usr/bin/perl

# A viral upload: many clients send the same new content at the same time.
# Uploads per second, from the first byte to the last answer, with reports of
# scans in the shared zone against without, and against the same nginx that
# screens nothing, in turn, several rounds; each round has new content.
#
#     bench/viral.pl [CLIENTS [ROUNDS [RULES]]]        1000 clients, 3, 500
#
# The clients are one process; what they take from the processors is in every
# figure.

use strict;
use warnings;

use FindBin;
use JSON::PP;

use lib "$FindBin::Bin/../t/lib";

BEGIN { chdir "$FindBin::Bin/.." or die "$!" }

use ScreenCrowd;
use ScreenServer;

my $clients = shift // 1000;
my $rounds = shift // 3;
my $rules = shift // 500;
my $size = 1024 * 1024;
my $seconds = 600;


# words that are in no upload, as rules have them

sub rules
{
    return join '', map {
        my $n = $_;
        my @words = map { sprintf '%08x', ($n * 7919 + $_ * 104729) % 2 ** 32 }
                    1 .. 3;

        "rule r$n { strings: \$a = \"eval($words[0]\" nocase "
        . "\$b = { " . join(' ', $words[1] =~ /../g) . " ?? 41 42 } "
        . "\$c = /$words[2]\[a-z]{4}/ condition: any of them }\n"
    } 1 .. $rules;
}


sub server
{
    my ($http, $screen) = @_;

    return ScreenServer->new(
        files => { 'rules.yar' => rules() },
        scanners => "2 timeout=${seconds}s queue=4096",
        connections => 3 * $clients + 100,
        http => "$http access_log off;",
        policy => 'yara_rules rules.yar; match yara reject=451; '
                  . 'on_error overload=reject=503 timeout=reject=504;',
        log_level => 'error',
        server => <<"CONF");
client_body_buffer_size  64k;
location / {
    screen      $screen;
    proxy_pass  http://answer;
    proxy_pass_request_body off;
    proxy_set_header Content-Length "";
}
location = /status { screen_status; }
CONF
}


sub scans
{
    my ($server) = @_;

    my ($status, $text) = $server->curl($server->url('/status'));

    return $status == 200 ? decode_json($text)->{scans_total} : undef;
}


sub median
{
    my @sorted = sort { $a <=> $b } @_;

    return $sorted[@sorted / 2];
}


my @kinds = (
    { name => 'with the cache', server => server('screen_zone edge:16m;',
                                                 'test') },
    { name => 'without', server => server('', 'test') },
    { name => 'peer: not screened', server => server('', 'off') },
);

my $scans = scans($kinds[0]{server});

for my $round (1 .. $rounds) {
    for my $kind (@kinds) {
        my $body = join '', map { pack 'N', int rand 2 ** 32 } 1 .. $size / 4;
        my @uploads = ScreenCrowd::upload($kind->{server}{port},
            clients => $clients, body => $body, timeout => $seconds);
        my ($end) = sort { $b <=> $a } map { $_->{end} } @uploads;

        $kind->{failed} += grep { $_->{status} != 200 } @uploads;
        push @{ $kind->{rate} }, $clients / ($end - $uploads[0]{start});
    }
}

printf "%d clients, the same new %d KB, %d rules, %d rounds\n", $clients,
       $size / 1024, $rules, $rounds;

my $slowest = median(@{ $kinds[1]{rate} });

for my $kind (@kinds) {
    my $rate = median(@{ $kind->{rate} });

    printf "%-20s median %7.1f uploads/s (%s), %5.2f times without; "
           . "%d failed\n", $kind->{name}, $rate,
           join(' ', map { sprintf '%.1f', $_ } @{ $kind->{rate} }),
           $rate / $slowest, $kind->{failed};
}

printf "with the cache: %d scans in %d rounds\n",
       scans($kinds[0]{server}) - $scans, $rounds;
