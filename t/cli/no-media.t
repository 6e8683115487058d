#!/usr/bin/perl

# A build without decoders says so where it is asked for pictures and videos,
# and one with them does not

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenCommand;
use ScreenMedia;

my $t = ScreenCommand->new;
my $missing = ScreenMedia::missing();
my $lack = qr/this build of ngx-screen has no decoder of/;

my $conf = $t->put('nginx.conf', <<"EOC");
events {}
http {
    screen_path $t->{dir}/state;
    screen_bank feed file=$t->{dir}/feed.csv;
    screen_policy p {
        match bank=feed reject;
        match bank=feed signal=pdq distance<=31 flag;
    }
}
EOC

my $list = $t->put('feed.csv', "signal,value\npdq," . '0f' x 32 . "\n");

my ($rc, $out, $err) = $t->run('check', $conf);

is $rc, $missing ? 3 : 0, 'a policy that asks for likenesses';

if ($missing) {
    like "$out$err", qr/nginx\.conf:7: .*$lack/, 'is refused with its line';

} else {
    unlike "$out$err", $lack, 'can be used';
}

for (['fingerprint'], ['bank', 'lookup', $list, '--media'],
     ['bank', 'add', '--dry-run', '--file', $list, '--media'])
{
    ($rc, $out, $err) = $t->run(@$_, 't/data/media/base.jpg');

    if ($missing) {
        is $rc, 3, "$_->[0] is refused";
        like $err, $lack, 'and says why';

    } else {
        isnt $rc, 3, "$_->[0] works" or diag $err;
        unlike $err, $lack, 'without a complaint';
    }
}

# what needs no decoder works in either

($rc, $out, $err) = $t->run('bank', 'lookup', $list, '0f' x 32);
is $rc, 0, 'a hash is looked up';

done_testing();
