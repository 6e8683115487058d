#!/usr/bin/perl

# every command and subcommand tells what it takes; the manual page is clean
# and has every command and option that there is

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenCommand;

my $t = ScreenCommand->new;
my $page = 'docs/ngx-screen.1';


# the names in a list of commands

sub names {
    my ($text) = @_;

    return $text =~ /^  ([a-z][a-z-]*)\s{2,}\S/mg;
}


my ($rc, $out, $err) = $t->run('--help');
is $rc, 0, '--help: 0';

my @commands = grep { $_ ne 'help' } names($out);
cmp_ok scalar @commands, '>=', 5, 'there are commands';

for my $same (['help'], ['-h']) {
    my ($status, $text) = $t->run(@$same);
    is "$status$text", "0$out", "@$same is the same";
}

my @all;

for my $command (@commands) {
    ($rc, $out, $err) = $t->run($command, '--help');

    my $usage = $out;

    is $rc, 0, "$command --help: 0";
    like $usage, qr/^usage: ngx-screen $command\b/, "$command --help: usage";
    is $err, '', "$command --help: on standard output";
    is +($t->run('help', $command))[1], $usage, "help $command is the same";

    push @all, [[$command], $usage];

    # one that has subcommands says so in its usage

    next unless $usage =~ /^usage: ngx-screen $command SUBCOMMAND/;

    for my $sub (names($usage)) {
        ($rc, $out, $err) = $t->run($command, $sub, '--help');

        is $rc, 0, "$command $sub --help: 0";
        like $out, qr/^usage: ngx-screen $command $sub\b/,
            "$command $sub --help: the usage";
        is $err, '', "$command $sub --help: on standard output";

        push @all, [[$command, $sub], $out];
    }
}

cmp_ok scalar(grep { @{ $_->[0] } == 2 } @all), '>=', 15,
    'there are subcommands';

for my $wrong ([], ['nonsense'], ['bank'], ['bank', 'nonsense'],
               ['quarantine'], ['quarantine', 'nonsense'], ['scan'],
               ['check'], ['help', 'nonsense'], ['version', 'nonsense'])
{
    ($rc, $out, $err) = $t->run(@$wrong);
    is $rc, 3, "ngx-screen @$wrong: 3";
    isnt "$out$err", '', 'says what is wrong';
}


# the manual page

my $warnings = `LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings \\
                -E UTF-8 -l -Tutf8 -Z $page 2>&1 >/dev/null`;
is $?, 0, 'man reads the page';
is $warnings, '', 'without a warning';

my $text = `LC_ALL=C.UTF-8 MANWIDTH=200 MAN_KEEP_FORMATTING= man -l $page \\
            2>/dev/null | col -b`;

for my $entry (@all) {
    my ($words, $help) = @$entry;
    my $name = join ' ', @$words;

    like $text, qr/\b$name\b/, "the page has \"$name\"";

    for my $option ($help =~ /(--[a-z][a-z-]+)/g) {
        like $text, qr/\Q$option\E\b/, "the page has $option of \"$name\"";
    }
}

done_testing();
