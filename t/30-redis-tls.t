# Banks in Redis over TLS: the keeper and the command line talk to a server
# that they have verified, and to no other.  Where hiredis has no TLS (before
# 1.0), the configuration is refused, and that is all that can be promised.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use File::Temp ();
use Test::More;

use lib 't/lib';
use ScreenRedis;
use ScreenServer;

plan skip_all => 'no redis-server' unless ScreenRedis::available();

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';
my ($version) = `ldd $screen` =~ /libhiredis\.so\.([\d.]+)/;

die "$screen is not linked with hiredis" unless defined $version;

my $has_tls = $version !~ /^0\./;


sub edge
{
    my ($redis, %args) = @_;

    return ScreenServer->new(
        http => "screen_redis $redis;\nscreen_bank coalition redis;",
        policy => 'match bank=coalition reject=451; '
                  . 'on_error incomplete=reject=504;',
        server => <<'CONF', %args);
location / {
    screen      test;
    error_page  404 405 =200 @passed;
}
location @passed {
    return 200 "passed\n";
}
CONF
}


sub verdict
{
    my ($edge, $content) = @_;

    return ($edge->curl('--data-binary', $content, '-H',
                        'Content-Type: text/plain', $edge->url('/upload')))[0];
}


sub becomes
{
    my ($edge, $content, $want, $name) = @_;

    my $got = '';
    $edge->wait_for(sub { ($got = verdict($edge, $content)) eq $want }, 20);

    is $got, $want, $name;
}


sub logged
{
    my ($edge, $re, $name) = @_;

    ok $edge->wait_for(sub { $edge->error_log =~ $re }, 20), $name
        or diag join "\n", grep /bank/, split /\n/, $edge->error_log;
}


# the command line's output of both kinds

sub bank
{
    my ($redis, $command, @args) = @_;

    open my $in, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', $screen, 'bank',
                       $command, '--redis', $redis, @args or die "sh: $!";
    my $text = do { local $/; <$in> } // '';
    close $in;

    return ($? >> 8) . " $text";
}


if (!$has_tls) {
    my $edge = ScreenServer->new(stopped => 1);
    $edge->configure(http => 'screen_redis 127.0.0.1 tls=on; '
                             . 'screen_bank coalition redis;',
                     policy => 'match bank=coalition reject=451;');

    my ($code, $text) = $edge->command('-t');

    is $code, 1, "hiredis $version: tls=on is refused";
    like $edge->error_log . $text,
         qr/the hiredis of this build has no TLS, version 1\.0 .* in \S+:\d/,
         'with what is wrong, what would be right, and where';
    like bank('127.0.0.1 tls=on', 'list'),
         qr/the hiredis of this build has no TLS/,
         'by the command line as well';

    diag "hiredis $version has no TLS: that a keeper uses it was NOT tested, "
         . 'which takes hiredis 1.0 or later (Debian 13)';

    done_testing;
    exit;
}


my $dir = File::Temp::tempdir(CLEANUP => 1);
chmod 0755, $dir;

my $port = ScreenServer::free_port();
my @tls = ScreenRedis::tls($dir, $port);
my $redis = ScreenRedis->new(config => [ @tls, 'tls-auth-clients' => 'optional',
                                         appendonly => 'yes' ]);
my $verified = "127.0.0.1:$port tls=on ca=$dir/cert.pem server_name=redis.test";

my $known = 'content that is known';
my $later = 'content that is added later';


subtest 'a verified server' => sub {
    my $edge = edge($verified);

    logged($edge, qr/"coalition": 0 entries from Redis/, 'the bank is read');

    like bank($verified, 'add', '-q', 'coalition', sha256_hex($known)), qr/^0 /,
         'the command line adds';
    becomes($edge, $known, 451, 'and a change is followed');

    # more than a record of TLS and a buffer of a socket hold

    my $list = $edge->write('long.csv',
        join '', map { sha256_hex("l$_") . "\n" } 1 .. 20000);

    like bank($verified, 'import', '-q', 'coalition', $list), qr/^0 /,
         'much is written';
    becomes($edge, 'l20000', 451, 'and followed');

    my $whole = edge($verified);

    logged($whole, qr/"coalition": 20001 entries from Redis/, 'and read');
    becomes($whole, 'l1', 451, 'whole');

    $redis->kill_9;
    logged($edge, qr/"coalition": Redis cannot be used/, 'Redis is gone');
    is verdict($edge, $known), 451, 'the bank stays in force';
    $redis->start;
    bank($verified, 'add', '-q', 'coalition', sha256_hex($later));
    becomes($edge, $later, 451, 'and back: it is followed again');

    is $_->alerts, '', 'no alert' for $edge, $whole;
};


# a server that is not the right one must not learn the password either

for ([ "ca=$dir/cert.pem", qr/mismatch/i, 'another name' ],
     [ 'server_name=redis.test', qr/self.signed/i, 'an unknown authority' ])
{
    my ($words, $reason, $what) = @$_;

    subtest $what => sub {
        $redis->cli('CONFIG', 'RESETSTAT');

        my $edge = edge("127.0.0.1:$port tls=on password_file=password $words",
                        files => { password => "s3cret\n" });

        logged($edge, qr/"coalition": Redis cannot be used: .*$reason/,
               'is refused, with the reason');
        is verdict($edge, $known), 504, 'there is no bank';
        like bank("127.0.0.1:$port tls=on $words", 'list'), $reason,
             'the command line refuses it too';
        unlike $redis->cli('INFO', 'commandstats'), qr/cmdstat_(?!info|config)/,
               'nothing was said to it';
        is $edge->alerts, '', 'no alert';
    };
}


subtest 'a server without TLS' => sub {
    my $edge = edge($redis->address . " tls=on ca=$dir/cert.pem "
                    . 'server_name=redis.test timeout=2s connect_timeout=2s');

    logged($edge, qr/"coalition": Redis cannot be used: .*TLS/, 'is no server');
    is verdict($edge, $known), 504, 'there is no bank';
    is $edge->alerts, '', 'no alert';
};


subtest 'a server that wants a certificate' => sub {
    $redis->cli('CONFIG', 'SET', 'tls-auth-clients', 'yes');

    my $edge = edge("$verified cert=$dir/cert.pem key=$dir/key.pem");

    becomes($edge, $known, 451, 'gets it');

    my $without = edge($verified);

    logged($without, qr/"coalition": Redis cannot be used/, 'or refuses');
    is verdict($without, $known), 504, 'there is no bank';
    is $_->alerts, '', 'no alert' for $edge, $without;
};


done_testing;
