#!/usr/bin/perl

# ngx-screen check: policies, rules, patterns and lists, with a file and a
# line for each mistake, for people and for programs

use strict;
use warnings;

use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenCommand;

my $t = ScreenCommand->new;

my $good = $t->put('good.policy', "screen_bank b file=list;\n"
                   . "screen_policy g {\n    match bank=b flag;\n}\n");
$t->put('list', "d41d8cd98f00b204e9800998ecf8427e\n");

my $bad = $t->put('bad.policy', "screen_policy b {\n"
                  . "    yara_rules rules;\n    match yara flag;\n}\n");
$t->put('rules/a.yar', "rule a {\n    condition: nonsense\n}\n");
$t->put('rules/b.yar', "rule b {\n    condition:\n        nothing\n}\n");

my ($rc, $out, $err);

($rc, $out, $err) = $t->run('check', $good);
is $rc, 0, 'a good file: 0';
like $out, qr/^\Q$good\E: 1 policies, 1 banks: ok$/m, 'says so';
is $err, '', 'and nothing else';

($rc, $out) = $t->run('check', '-q', $good);
is $rc . $out, '0', '--quiet: not even that';

($rc, $out, $err) = $t->run('check', '--policy', $bad);
is $rc, 3, 'mistakes: 3';
like $err, qr{rules/a\.yar:2: .*nonsense}, 'each with its file and line';
like $err, qr{rules/b\.yar:[34]: .*nothing}, 'all of them at once';
is $out, '', 'nothing is ok';

($rc, $out, $err) = $t->run('check', $good, $bad, $good);
is $rc, 3, 'several files: one mistake is enough';
is scalar(() = $out =~ /: ok$/mg), 2, 'the others are checked';

($rc, $out, $err) = $t->run('check', "$t->{dir}/none");
is $rc, 3, 'a file that is not there: 3';
like $err, qr{none.*No such file}, 'it is named';


# JSON

($rc, $out, $err) = $t->run('check', '--json', $good, $bad);
my @lines = map { decode_json($_) } split /\n/, $out;

is $rc, 3, 'JSON: the same exit status';
is $err, '', 'JSON: nothing on standard error';
is_deeply $lines[0], { checked => $good, policies => 1, banks => 1,
                       errors => 0, notices => 0 }, 'JSON: a good file';

my ($a) = grep { ($_->{file} // '') =~ m{/a\.yar\z} } @lines;
is $a->{level}, 'error', 'JSON: a mistake';
is $a->{line}, 2, 'JSON: its line';
like $a->{text}, qr/nonsense/, 'JSON: its text';
is $lines[-1]{errors}, 2, 'JSON: how many there are';


# banks and Redis: what nginx would refuse is refused

my %refused = (
    'screen_bank b redis file=x;' => 'expected either file=PATH or "redis"',
    'screen_bank b;' => 'where its entries are',
    'screen_bank b file=list max_age=10s;' => '"max_age" is for banks in',
    'screen_bank b redis max_age=1s;' => 'a time of 2s or more',
    'screen_bank b nonsense;' => 'invalid parameter "nonsense"',
    'screen_bank b/c file=list;' => 'invalid bank name "b/c"',
    'screen_redis 127.0.0.1:nonsense;' => '127.0.0.1:nonsense',
    'screen_redis 127.0.0.1 timeout=soon;' => 'timeout=soon',
);

for my $line (sort keys %refused) {
    ($rc, $out, $err) = $t->run('check', $t->put('r.policy',
        "screen_policy p { }\n$line\n"));

    is $rc, 3, "refused: $line";
    like $err, qr/r\.policy:2: .*\Q$refused{$line}\E/, 'with place and reason';
}

($rc, $out, $err) = $t->run('check', $t->put('r.policy',
    "screen_redis unix:/run/redis.sock db=2;\n"
    . "screen_bank b redis max_age=10m;\n"
    . "screen_policy p { match bank=b flag; }\n"));
is $rc, 0, 'a bank in Redis needs no Redis to be checked';

done_testing();
