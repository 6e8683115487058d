# Banks in a cluster, and behind Sentinel: keepers and commands follow.

use strict;
use warnings;

use Digest::SHA qw( sha256_hex );
use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenRedis;
use ScreenServer;

plan skip_all => 'no redis-server' unless ScreenRedis::available();

my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';


sub edge
{
    my ($redis) = @_;

    return ScreenServer->new(
        http => "screen_redis $redis;\nscreen_bank b redis;",
        policy => 'match bank=b reject=451; on_error incomplete=reject=504;',
        server => <<'CONF');
location / {
    screen      test;
    error_page  404 405 =200 @passed;
}
location @passed { return 200 "passed\n"; }
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
    my ($edge, $content, $want, $name, $seconds) = @_;

    my $got = '';
    $edge->wait_for(sub { ($got = verdict($edge, $content)) eq $want },
                    $seconds // 15);

    is $got, $want, $name or diag $edge->error_log;
}


# what the command says

sub bank
{
    my ($redis, $command, @args) = @_;

    open my $out, '-|', $screen, 'bank', $command, '--redis', $redis, @args
        or die;
    local $/;

    return scalar(<$out>) // '';
}


subtest 'a cluster' => sub {
    my @nodes = ScreenRedis->cluster;
    my $address = 'cluster=on ' . join ' ', map { $_->address } @nodes[0, 1];
    my $edge = edge($address);

    becomes($edge, 'n1', 200, 'an empty bank');

    my $list = $edge->write('list.csv',
        join '', map { sha256_hex("n$_") . "\n" } 1 .. 1500);

    is bank($address, 'import', 'b', $list),
       "1500 added, 0 changed, 0 unchanged\n", 'import';

    my @sizes = map { $_->cli('DBSIZE') } @nodes;
    ok !(grep { $_ < 10 } @sizes), "spread over all nodes: @sizes";

    becomes($edge, "n$_", 451, "entry $_") for 1, 750, 1500;
    is bank($address, 'list'), "b\t1500\n", 'list';
    like bank($address, 'stat', 'b'), qr/entries:  1500\n.*changes:  1500/s,
         'stat';
    is bank($address, 'import', 'b', $list),
       "0 added, 0 changed, 1500 unchanged\n", 'again';
    is bank($address, 'remove', 'b', sha256_hex('n1')),
       "1 removed, 0 not there\n", 'remove';
    becomes($edge, 'n1', 200, 'and it passes');

    # slots move, that of the stream and that of an entry among them

    for my $key ('screen:bank:b:changes',
                 'screen:bank:b:sha256:' . substr sha256_hex('n2'), 0, 2)
    {
        my $slot = $nodes[0]->cli('CLUSTER', 'KEYSLOT', $key);
        my ($from) = grep { $_->cli('CLUSTER', 'COUNTKEYSINSLOT', $slot) }
                     @nodes;
        my ($to) = grep { $_ != $from } @nodes;
        my ($id, $from_id) = map { $_->cli('CLUSTER', 'MYID') } $to, $from;

        $to->cli('CLUSTER', 'SETSLOT', $slot, 'IMPORTING', $from_id);
        $from->cli('CLUSTER', 'SETSLOT', $slot, 'MIGRATING', $id);

        # half-way: keys that are not there yet are asked for elsewhere

        my @keys = split /\n/, $from->cli('CLUSTER', 'GETKEYSINSLOT', $slot,
                                          100);
        $from->cli('MIGRATE', '127.0.0.1', $to->{port}, '', 0, 5000, 'KEYS',
                   @keys);

        is bank($address, 'add', 'b', sha256_hex('n2'), '--label', $slot),
           "0 added, 1 changed, 0 unchanged\n", 'ASK is followed';

        $_->cli('CLUSTER', 'SETSLOT', $slot, 'NODE', $id) for $to, $from;
    }

    becomes($edge, 'n2', 451, 'an entry that has moved is there');
    bank($address, 'add', 'b', sha256_hex('late'));
    becomes($edge, 'late', 451, 'the stream is followed to its new node');

    is $edge->alerts, '', 'no alert';

    # a hash tag keeps a bank together, and so in transactions

    my $tagged = "$address prefix={s}:";
    is bank($tagged, 'import', 'b', $list),
       "1500 added, 0 changed, 0 unchanged\n", 'a prefix with a hash tag';
    is bank($tagged, 'list'), "b\t1500\n", 'list';
};


subtest 'Sentinel' => sub {
    my $master = ScreenRedis->new(config => [ 'repl-diskless-sync-delay',
                                              0 ]);
    my $replica = ScreenRedis->new(
        config => [ replicaof => [ '127.0.0.1', $master->{port} ] ]);

    my $ready = Time::HiRes::time() + 20;
    Time::HiRes::sleep(0.1)
        until $replica->cli('INFO', 'replication') =~ /master_link_status:up/
              || Time::HiRes::time() > $ready;

    my $sentinel = ScreenRedis->sentinel($master);
    my $address = 'sentinel=mymaster 127.0.0.1:1 ' . $sentinel->address;
    my $edge = edge($address);

    $edge->wait_for(sub { $sentinel->cli('SENTINEL', 'REPLICAS', 'mymaster')
                          =~ /\b$replica->{port}\b/ }, 20);

    becomes($edge, 'one', 200, 'an empty bank');
    bank($address, 'add', 'b', sha256_hex('one'));
    becomes($edge, 'one', 451, 'the master is followed');
    ok $edge->wait_for(sub { $replica->cli('DBSIZE') == 2 }),
        'the replica has it';

    $master->kill_9;

    $edge->wait_for(sub { $replica->cli('ROLE') =~ /^master/ }, 30);

    $edge->wait_for(sub { bank($address, 'add', 'b', sha256_hex('two'))
                          =~ /added/ }, 20);
    becomes($edge, 'two', 451, 'and the new master after it');
    is verdict($edge, 'one'), 451, 'with all that there was'
        or diag $edge->error_log;

    open my $saved, '>&', \*STDERR;
    open STDERR, '>', "$edge->{dir}/stderr";
    is bank('sentinel=other ' . $sentinel->address, 'list'), '',
        'a master that no sentinel knows';
    open STDERR, '>&', $saved;
    like do { local (@ARGV, $/) = "$edge->{dir}/stderr"; <> },
         qr/this sentinel knows no master "other"/, 'is an error';
};


done_testing;
