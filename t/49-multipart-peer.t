#!/usr/bin/perl

# Of a form that the strict parser accepts, Python's email finds the same
# parts: captured bodies and forms made of odd names, near delimiters and
# nested forms, most of them changed at random.  SCREEN_BODIES=200000 asks for
# more than the few thousand, SCREEN_SEED for others.

use strict;
use warnings;

use Test::More tests => 3;

my $bodies = $ENV{SCREEN_BODIES} // 3000;
my $seed = $ENV{SCREEN_SEED} // 1;
my $seconds = $ENV{SCREEN_BODIES} ? 24 * 3600 : 60;

my @types = glob 't/data/multipart/*.type';

open my $peer, '-|', 'python3', 't/lib/multipart_peer.py',
    'build/multipart-parts', $bodies, $seconds, $seed, @types
    or die "python3: $!";

my @lines = <$peer>;
my $ended = close $peer;

my ($asked, $accepted, $wrong)
    = ($lines[-1] // '')
      =~ /^(\d+) bodies, (\d+) accepted, \d+ parts, (\d+) not the same$/;

cmp_ok($asked // 0, '>', @types, 'bodies were made');
cmp_ok($accepted // 0, '>', ($asked // 0) / 5, 'many of them are accepted');
ok($ended && defined $wrong && $wrong == 0, 'both find the same parts')
    or diag(map { substr($_, 0, 2000) . "\n" } @lines);

note($lines[-1]) if @lines;
