#!/usr/bin/perl

# ngx-screen quarantine list | show | release | ban | purge

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use File::Temp qw(tempdir);
use Test::More;

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';

plan skip_all => "no $screen" unless -x $screen;

my $dir = tempdir(CLEANUP => 1);
my $store = "$dir/store";

mkdir $store, 0700;


sub put {
    my ($name, $text) = @_;

    open my $fh, '>', "$dir/$name" or die "$dir/$name: $!";
    print $fh $text;
    close $fh or die "$dir/$name: $!";

    return "$dir/$name";
}


sub text {
    my ($path) = @_;

    open my $fh, '<', $path or return;
    local $/;

    return scalar <$fh> // '';
}


# status, standard output, standard error

sub screen {
    my (@args) = @_;

    my $pid = fork() // die "fork: $!";

    if ($pid == 0) {
        open STDOUT, '>', "$dir/stdout" or die;
        open STDERR, '>', "$dir/stderr" or die;
        exec $screen, @args or die "exec $screen: $!";
    }

    waitpid $pid, 0;

    my $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;

    return ($status, text("$dir/stdout"), text("$dir/stderr"));
}


sub run {
    my ($sub, @args) = @_;

    return screen('quarantine', $sub, '--path', $store, @args);
}


# a copy as the edge leaves it

sub copy {
    my ($content, $time, @reasons) = @_;

    my $name = sha256_hex($content);

    put("store/$name", $content);
    put("store/$name.json",
        join '', map { "{\"v\":1,\"policy\":\"p\",\"reason\":\"$_\","
                       . "\"parts\":[]}\n" } @reasons);

    utime $time, $time, "$store/$name", "$store/$name.json" or die;

    return $name;
}


my $day = 24 * 3600;
my $now = time;

my $old = copy('old content', $now - 3 * $day, 'filename');
my $new = copy('new content', $now, 'yara:a.yar:x', 'a \\"b\\",c');

put("store/notes", "not a copy\n");
put("store/.new-0123456789ab", "half a copy");

my ($status, $out, $err) = run('list');

is $status, 0, 'list';

my @lines = map { [ split ' ', $_, 5 ] } split /\n/, $out;

is scalar(@lines), 2, 'has a line for each copy';
is_deeply [ @{ $lines[0] }[1 .. 4] ], [ 11, 2, $new, 'a \\"b\\",c' ],
          'the latest first: size, times, digest and the last reason';
is_deeply [ @{ $lines[1] }[1 .. 4] ], [ 11, 1, $old, 'filename' ],
          'then the older one';
like $lines[0][0], qr/^2\d\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, 'with its time';

($status, $out) = run('show', substr($new, 0, 8), $old);

is $status, 0, 'show';
is $out, text("$store/$new.json") . text("$store/$old.json"),
   'prints the events, of the first digits too';

($status, $out, $err) = run('show', 'f' x 64);

is $status, 1, 'what is not there is an exit status of its own';
like $err, qr/"f{64}" is not in quarantine/, 'and said';

is +(run('show', substr $new, 0, 5))[0], 1, 'five digits are too few';

for ([ 'show' ], [ 'list', $new ], [ 'ban', $new ], [ 'release', '--file' ],
     [ 'ban', '--file', 'x', '--redis', 'y', $new ], [ 'purge' ],
     [ 'purge', '--all', $new ], [ 'purge', '--older', 'x' ],
     [ 'list', '--all' ], [ 'ban', '--redis', 'x', $new ], [ 'nothing' ])
{
    ($status, $out, $err) = run(@$_);

    is $status, 3, "\"@$_\" is no command";
    isnt $err, '', 'and it says so';
}

is +(screen('quarantine', 'list', '--path', "$dir/none"))[0], 3,
   'a folder that is not there is an error';

SKIP: {
    my ($status) = screen(qw( bank add --help ));

    skip 'this ngx-screen has no "bank add"', 7 if $status;

    my $list = put('bad.csv', "value,label\n" . '11' x 32 . ",x\n");

    ($status, $out, $err) = run('ban', '--file', $list, '--label', 'phish, 2',
                                '--severity', 7, $new);

    is "$status$err", 0, 'ban';
    ok -e "$store/$new", 'leaves the copy';

    ($status, $out) = screen('bank', 'lookup', $list, $new);

    is $status, 0, 'the bank has its digest';
    like $out, qr/phish, 2/, 'with the label';
    is +(screen('bank', 'lookup', $list, '11' x 32))[0], 0,
       'and what was there before';

    $list = "$dir/good.csv";
    put('good.csv', "value\n");

    ($status, $out, $err) = run('release', '--file', $list, $new);

    is "$status$err", 0, 'release';
    ok !-e "$store/$new" && !-e "$store/$new.json"
       && (screen('bank', 'lookup', $list, $new))[0] == 0,
       'the bank has its digest, and the copy is gone';

    copy('new content', $now, 'again');
}

is +(run('release', '--file', "$dir/no/such/list", $new))[0], 3,
   'a list that cannot be written';
ok -e "$store/$new", 'keeps the copy';

# a file that was damaged says nothing that a terminal would obey

for my $bytes ("\e[2J", "\x9b", "a\x7f") {
    copy('new content', $now, "x$bytes");
    ($status, $out) = run('list');

    ok $status == 0 && $out =~ /$new  -$/m && $out !~ /[^ -~\n]/,
       'a reason with controls is not shown';
}

copy('new content', $now, 'again');

($status, $out) = run('purge', '--older', '2d');

is $status, 0, 'purge';
like $out, qr/^1 copy deleted, 11 bytes/, 'tells what it did';
ok !-e "$store/$old" && !-e "$store/$old.json", 'what is old is gone';
ok -e "$store/$new", 'what is not is there';

is +(run('purge', '--all'))[0], 0, 'purge --all';
ok !-e "$store/$new" && -e "$store/notes", 'leaves what is no copy';

done_testing();
