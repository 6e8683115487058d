#!/usr/bin/perl

# ngx-screen scan: folders, the summary, progress, banks that are in Redis,
# and what the exit status says

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenCommand;

my $t = ScreenCommand->new;
my $tree = "$t->{dir}/tree";

$t->put("tree/$_", "plain $_\n") for qw( a.txt b/c.txt b/d/e.txt z.txt );
$t->put('tree/b/flagged.tmp', 'x');
$t->put('tree/b/d/rejected.php', 'x');
symlink '/etc/passwd', "$tree/link" or die $!;
symlink "$tree/b", "$tree/folder" or die $!;
system('mkfifo', "$tree/pipe") == 0 or die;

my $policy = $t->put('uploads.policy', <<'END');
screen_policy uploads {
    match filename ~ "\.php$"   reject;
    match filename ~ "\.held$"  quarantine;
    match filename ~ "\.tmp$"   flag;
    match filename ~ "\.log$"   log;
    match filename ~ "\.ok$"    allow;
}
END

my ($rc, $out, $err);


sub files {
    my ($text) = @_;

    return [ $text =~ m{^\Q$tree\E/(\S+)  }mg ];
}


# folders

($rc, $out, $err) = $t->run('scan', '--policy', $policy, $tree);
is $rc, 2, 'a folder: the worst file counts';
is_deeply files($out), [qw( a.txt b/c.txt b/d/e.txt b/d/rejected.php
                            b/flagged.tmp z.txt )],
    'every regular file in it and below, in order; no links, no pipes';
is $err, '', 'in silence';
like $out, qr/^6 files: 4 pass, 1 flag, 1 reject$/m, 'a summary';
like $out, qr/^\d+ bytes in \d+\.\d{3} s$/m, 'with how much and how long';

($rc, $out) = $t->run('scan', '--policy', $policy, '-q', $tree);
is_deeply files($out), [qw( b/d/rejected.php b/flagged.tmp )],
    '--quiet: only what does not pass';
like $out, qr/^6 files:/m, 'the summary stays';

($rc, $out) = $t->run('scan', '--policy', $policy, "$tree/folder");
like $out, qr/^4 files/m, 'a link to a folder that is named is followed';

($rc, $out) = $t->run('scan', '--policy', $policy, "$tree/a.txt");
unlike $out, qr/^1 file/m, 'one file has no summary';

($rc, $out) = $t->run('scan', '--policy', $policy, '--summary',
                      "$tree/a.txt");
like $out, qr/^1 file: 1 pass$/m, 'unless it is asked for';

($rc, $out) = $t->run('scan', '--policy', $policy, '--json', $tree);
is scalar(() = $out =~ /^\{"file":/mg), 6, 'JSON: a line for each file';
is scalar(split /\n/, $out), 6, 'JSON: and no other';

($rc, $out) = $t->run('scan', '--policy', $policy, '--json', '--summary',
                      $tree, "$tree/none");
my $last = decode_json((split /\n/, $out)[-1]);
is $rc, 3, 'a file that is not there beside them: 3';
is $last->{summary}{files}, 6, 'JSON: --summary is one more line';
is $last->{summary}{unread}, 1, 'JSON: it counts what could not be read';
is $last->{summary}{verdicts}{reject}, 1, 'JSON: and each verdict';


# progress

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--progress', $tree);
like $err, qr/^ngx-screen: 0 of 6 files, 0%$/m, '--progress: where it begins';
like $err, qr/^ngx-screen: 6 of 6 files, 100%$/m, 'and where it ends';
unlike $err, qr/\e/, 'plain lines where there is no terminal';
unlike $out, qr/ of 6 files/, 'not where the results are';

# script(1) gives it a terminal

my $typed = `script -qec "$ScreenCommand::Screen scan --policy $policy \\
             --progress $tree" /dev/null </dev/null`;
like $typed, qr/\r\e\[K\d of 6 files/, 'one line that changes, on a terminal';


# exit statuses

my %statuses = ('x.txt' => 0, 'x.log' => 0, 'x.ok' => 0, 'x.tmp' => 1,
                'x.php' => 2, 'x.held' => 2);

for my $name (sort keys %statuses) {
    ($rc) = $t->run('scan', '--policy', $policy, $t->put("s/$name", 'x'));
    is $rc, $statuses{$name}, "$name: $statuses{$name}";
}

($rc, $out, $err) = $t->run('scan', $policy);
is $rc, 3, 'no policy given: 3';
like $err, qr/no --policy FILE given/, 'and says so';

($rc, $out, $err) = $t->run('scan', '--policy', $policy);
is $rc, 3, 'no file given: 3';

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--nonsense', 'x');
is $rc, 3, 'an unknown option: 3';

{
    local $t->{stdout} = '/dev/full';

    ($rc, $out, $err) = $t->run('scan', '--policy', $policy, "$tree/a.txt");
    is $rc, 3, 'a result that cannot be written: 3';
    like $err, qr/standard output could not be written/, 'and says so';
}


# banks in Redis

my $redis = $t->put('redis.policy', <<'END');
screen_redis 127.0.0.1:1;
screen_bank coalition redis;
screen_policy uploads {
    match bank=coalition reject=451;
    on_error incomplete=pass;
}
END
my $list = $t->put('coalition.txt', sha256_hex("plain a.txt\n") . "  wave\n");

($rc, $out, $err) = $t->run('scan', '--policy', $redis, "$tree/a.txt");
is $rc, 1, 'a bank in Redis is not looked up, and that is never clean';
like $out, qr/a\.txt  error  incomplete/, 'the fault is told';
like $err, qr/"coalition" is in Redis.*--bank coalition=FILE/,
    'and what can be done';

($rc, $out, $err) = $t->run('scan', '--policy', $redis, '--bank',
                            "coalition=$list", "$tree/a.txt", "$tree/z.txt");
is $rc, 2, '--bank: a list stands for it';
like $out, qr/a\.txt  reject  bank:coalition:wave  451/, 'and is looked up';
like $out, qr/z\.txt  pass/, 'what is not in it passes';
is $err, '', 'in silence';

($rc) = $t->run('bank', 'build', '-o', "$t->{dir}/coalition.bank", $list);
is $rc, 0, 'a bank file is built';
($rc, $out) = $t->run('scan', '--policy', $redis, '--bank',
                      "coalition=$t->{dir}/coalition.bank", "$tree/a.txt");
like $out, qr/reject  bank:coalition:wave/, 'and stands for it as well';

($rc, $out, $err) = $t->run('scan', '--policy', $redis, '--bank',
                            "other=$list", "$tree/a.txt");
is $rc, 3, '--bank for a bank that is not there: 3';
like $err, qr/there is no screen_bank "other"/, 'it is named';

done_testing();
