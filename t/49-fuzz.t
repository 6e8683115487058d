#!/usr/bin/perl

# Each fuzz target goes over what is kept for it, findings of old among it,
# and over a few thousand inputs more, and nothing breaks.  "make fuzz" does
# the same for as long as it is told to.

use strict;
use warnings;

use Test::More;

my @targets = map { m{fuzz_(\w+)\.c$} } sort glob 't/fuzz/fuzz_*.c';

plan tests => @targets + 1;

$ENV{BRIEF} = 1;
$ENV{JOBS} //= 2;

my @lines = `tools/fuzz 2>&1`;
my $status = $?;

my %runs = map { /^(\w+): (\d+) runs, nothing found$/ ? ($1, $2) : () } @lines;

for my $target (@targets) {
    cmp_ok($runs{$target} // 0, '>', 0, "$target holds");
}

is($status, 0, 'nothing was found') or diag(@lines);
