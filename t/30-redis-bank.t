# Banks in Redis: every worker of every edge has each change at once, and
# whatever becomes of Redis, an edge never has half of a bank.

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
my $count = 0;


sub edge
{
    my ($redis, %args) = @_;

    return ScreenServer->new(
        http => 'screen_redis ' . ($args{redis} // $redis->socket) . ";\n"
                . 'screen_bank coalition redis ' . ($args{bank} // '') . ";\n"
                . 'screen_bank own redis;',
        policy => 'match bank=own allow; match bank=coalition reject=451; '
                  . 'on_error stale=reject=502 incomplete=reject=504;',
        server => <<'CONF',
location / {
    screen        test;
    add_header    X-Worker  $pid always;
    add_header    X-Reason  $screen_reason always;
    error_page    404 405 =200 @passed;
}
location @passed {
    add_header    X-Worker  $pid always;
    add_header    X-Reason  $screen_reason always;
    return 200 "passed\n";
}
CONF
        %{ $args{server} || {} });
}


# by curl: the status, and the reason

sub upload
{
    my ($edge, $content) = @_;

    my ($status, $body, $headers) = $edge->curl('--data-binary', $content,
        '-H', 'Content-Type: text/plain', $edge->url('/upload'));

    return ($status, $headers =~ /^X-Reason: (.*?)\r$/m ? $1 : '');
}


sub verdict { (upload(@_))[0] }


# what every worker says, as "status" if they agree; asked on connections of
# their own until each has answered

sub workers_say
{
    my ($edge, $content) = @_;

    my %said;
    my $workers = () = $edge->workers;

    for (1 .. 60) {
        my ($status, undef, $headers) = $edge->curl('--data-binary', $content,
            '-H', 'Content-Type: text/plain', $edge->url('/upload'));
        my ($pid) = $headers =~ /^X-Worker: (\d+)/m;

        $said{$pid // 0} = $status;

        last if keys %said >= $workers;
    }

    my %all = map { $_ => 1 } values %said;

    return join ' ', sort keys %all;
}


sub bank
{
    my ($redis, @args) = @_;

    my $command = shift @args;

    system($screen, 'bank', $command, '--redis', $redis->socket,
           ($command =~ /^(?:list|stat|confirm)$/ ? () : '-q'), @args) == 0
        or die "bank $command failed";
}


sub becomes
{
    my ($edge, $content, $want, $name, $seconds) = @_;

    my $got = '';
    $edge->wait_for(sub { ($got = verdict($edge, $content)) eq $want },
                    $seconds // 10);

    is $got, $want, $name;
}


sub logged
{
    my ($edge, $re, $name, $seconds) = @_;

    ok $edge->wait_for(sub { $edge->error_log =~ $re }, $seconds // 10), $name
        or diag join "\n", grep /bank/, split /\n/, $edge->error_log;
}


sub logged_times
{
    my ($edge, $re) = @_;

    return scalar(() = $edge->error_log =~ /$re/g);
}



sub fresh { return 'content ' . ++$count . ' ' . 'x' x 100 }


my $redis = ScreenRedis->new(config => [ appendonly => 'yes',
                                         appendfsync => 'always' ]);


subtest 'two edges, and all of their workers' => sub {
    my @edges = map { edge($redis) } 1, 2;
    my ($known, $other) = (fresh(), fresh());

    logged($_, qr/bank "coalition": 0 entries from Redis/, 'an empty bank')
        for @edges;

    is verdict($_, $known), 200, 'nothing is known' for @edges;

    bank($redis, 'add', 'coalition', sha256_hex($known), '--label', 'first');

    becomes($_, $known, 451, 'an added hash is rejected') for @edges;
    is workers_say($_, $known), 451, 'by every worker' for @edges;
    is((upload($edges[0], $known))[1], 'bank:coalition:first', 'the reason');
    is verdict($edges[0], $other), 200, 'other content passes';

    bank($redis, 'add', 'coalition', sha256_hex($known), '--label', 'second');
    $edges[0]->wait_for(sub { (upload($edges[0], $known))[1] =~ /second/ });
    is((upload($edges[0], $known))[1], 'bank:coalition:second',
        'a label is changed');

    bank($redis, 'add', 'own', sha256_hex($known));
    becomes($_, $known, 200, 'an allow bank excuses it') for @edges;
    bank($redis, 'remove', 'own', sha256_hex($known));
    becomes($_, $known, 451, 'and no longer') for @edges;

    bank($redis, 'remove', 'coalition', sha256_hex($known));
    becomes($_, $known, 200, 'a removed hash passes') for @edges;
    is workers_say($_, $known), 200, 'every worker' for @edges;

    bank($redis, 'add', 'coalition', sha256_hex($known), '--expires',
         time + 3);
    becomes($edges[0], $known, 451, 'one that expires is rejected');
    becomes($edges[0], $known, 200, 'until then', 6);

    # of the file as well as of the tail

    my $in_file = fresh();
    bank($redis, 'add', 'coalition', sha256_hex($in_file));
    becomes($edges[0], $in_file, 451, 'added before a restart');

    $edges[0]->stop;
    my $restarted = edge($redis);
    becomes($restarted, $in_file, 451, 'and there after it');
    bank($redis, 'remove', 'coalition', sha256_hex($in_file));
    becomes($restarted, $in_file, 200, 'a removal hides what the file has');

    is $_->alerts, '', 'no alert' for @edges, $restarted;
};


subtest 'the recipe of docs/redis.md, by redis-cli alone' => sub {
    my $edge = edge($redis);
    my $content = fresh();
    my $hash = sha256_hex($content);
    my $shard = substr $hash, 0, 2;
    my $data = q('{"label":"by hand","severity":9}');
    my $changes = 'screen:bank:coalition:changes';

    logged($edge, qr/entries from Redis/, 'the bank is there');

    is $redis->cli_input(<<"ADD"), "OK\nQUEUED\nQUEUED\n1\n"
MULTI
HSET screen:bank:coalition:sha256:$shard $hash $data
XADD $changes MAXLEN ~ 100000 * op add signal sha256 value $hash data $data
EXEC
ADD
       . $redis->cli('XREVRANGE', 'screen:bank:coalition:changes', '+', '-',
                     'COUNT', 1) =~ s/\n.*//sr, 'added';

    becomes($edge, $content, 451, 'the hash is rejected');
    is((upload($edge, $content))[1], 'bank:coalition:by hand', 'the reason');

    $redis->cli_input(<<"REMOVE");
MULTI
HDEL screen:bank:coalition:sha256:$shard $hash
XADD $changes MAXLEN ~ 100000 * op remove signal sha256 value $hash
EXEC
REMOVE

    becomes($edge, $content, 200, 'and passes when it is removed');

    # what is no change is passed over, and what follows it is not

    my $next = fresh();
    $redis->cli('XADD', 'screen:bank:coalition:changes', '*', 'op', 'add',
                'signal', 'sha512', 'value', 'zz', 'data', '[[[');
    $redis->cli('XADD', 'screen:bank:coalition:changes', '*', 'a', 'b');
    bank($redis, 'add', 'coalition', sha256_hex($next));

    becomes($edge, $next, 451, 'nonsense in the stream does no harm');
    is logged_times($edge, 'passed over'), 1, 'and is told of once';
};


subtest 'Redis is down, killed, and back' => sub {
    my $edge = edge($redis, server => { scanners => '1 timeout=5s' });
    my ($known, $later) = (fresh(), fresh());
    my $age = qr/in force has \d+ entries and was last confirmed \d+s ago/;

    logged($edge, qr/entries from Redis/, 'the bank is there');
    bank($redis, 'add', 'coalition', sha256_hex($known));
    becomes($edge, $known, 451, 'it is followed');

    $redis->kill_9;
    logged($edge, qr/"coalition": Redis cannot be used: .*$age/,
        'killed: the log says how old the bank is');
    is verdict($edge, $known), 451, 'the bank stays in force';
    Time::HiRes::sleep(2);
    is logged_times($edge, 'bank "coalition": Redis cannot be used'), 1,
        'which is told of once';

    # a restart of nginx meanwhile: the file and the tail are on disk

    $edge->signal('HUP');
    Time::HiRes::sleep(1);
    becomes($edge, $known, 451, 'after a reload too');
    my $without = qr/"coalition": .*: cannot be reached: .*$age/;
    my $pid = $edge->pid;
    kill 'TERM', $pid;
    $edge->wait_for(sub { !kill 0, $pid }, 15);
    my $told = logged_times($edge, $without);
    $edge->start;
    becomes($edge, $known, 451, 'and after a restart');
    ok $edge->wait_for(sub { logged_times($edge, $without) > $told }, 10),
        'without Redis the last snapshot is used, and its age is logged';

    $redis->start;
    bank($redis, 'add', 'coalition', sha256_hex($later));
    becomes($edge, $later, 451, 'and back: it catches up');
    logged($edge, qr/"coalition": Redis at \S+ is followed again/,
        'the log says so');
    is verdict($edge, $known), 451, 'what was known is known';
    is logged_times($edge, 'the bank is read again'), 0,
        'and nothing had to be read again';

    # kill -9 of the keepers

    my %companions = $edge->companions;
    my @keepers = grep { -e "/proc/$_/comm"
                         && `cat /proc/$_/comm` =~ /screen-keeper/ }
                  keys %companions;
    is scalar @keepers, 2, 'a keeper for each bank';
    kill 'KILL', @keepers;
    my $after = fresh();
    bank($redis, 'add', 'coalition', sha256_hex($after));
    becomes($edge, $after, 451, 'killed keepers are replaced');
    is logged_times($edge, 'the bank is read again'), 0,
        'and go on where the others were';
};


subtest 'no Redis and no snapshot' => sub {
    my $none = ScreenRedis->new(stopped => 1);
    my $edge = edge($none);
    my $content = fresh();

    is verdict($edge, $content), 504, 'a bank that is not there is a fault';
    logged($edge, qr/Redis cannot be used: .*there is no bank in force/,
        'the log says why');

    $none->start;
    becomes($edge, $content, 200, 'until it is there');
    is logged_times($edge, '"coalition": Redis cannot be used'), 1, 'told once';
};


subtest 'a trimmed stream' => sub {
    my $edge = edge($redis);
    my @known = map { fresh() } 1 .. 3;

    logged($edge, qr/entries from Redis/, 'the bank is there');
    bank($redis, 'add', 'coalition', sha256_hex($known[0]));
    becomes($edge, $known[0], 451, 'it is followed');

    # more in one transaction than the stream keeps

    my $changes = 'screen:bank:coalition:changes';
    my $add = sub {
        my ($content) = @_;
        my $hash = sha256_hex($content);
        return "HSET screen:bank:coalition:sha256:" . substr($hash, 0, 2)
               . " $hash {}\n"
               . "XADD $changes MAXLEN 1 * op add signal sha256 value $hash\n";
    };

    $redis->cli_input("MULTI\n" . $add->($known[1]) . $add->($known[2])
                      . "EXEC\n");

    becomes($edge, $known[2], 451, 'what the stream has is there');
    becomes($edge, $known[1], 451, 'and what it has lost');
    logged($edge, qr/was trimmed or flushed before all of it was read/,
        'the log says so');
    logged($edge, qr/\d+ entries from Redis at \S+ \(was/, 'it was read again');

    $redis->cli('DEL', $changes);
    my $later = fresh();
    bank($redis, 'add', 'coalition', sha256_hex($later));
    becomes($edge, $later, 451, 'a stream that was deleted begins anew');
    is verdict($edge, $known[0]), 451, 'what was known is known';
};


subtest 'FLUSHALL, and a database that is the wrong one' => sub {
    my $other = ScreenRedis->new;
    my $edge = edge($other);
    my @known = map { fresh() } 1 .. 4;
    my $held = qr/"coalition": Redis at \S+ has \d+ entries, fewer than half/;

    logged($edge, qr/entries from Redis/, 'the bank is there');
    bank($other, 'add', 'coalition', map { sha256_hex($_) } @known);
    becomes($edge, $known[0], 451, 'it is followed');

    $other->cli('FLUSHALL');
    logged($edge, $held, 'a bank that has shrunk is refused');
    is verdict($edge, $_), 451, 'all stays in force' for @known;

    # one comes back, which is not enough

    bank($other, 'add', 'coalition', sha256_hex($known[0]));
    Time::HiRes::sleep(3);
    is verdict($edge, $known[3]), 451, 'a little more is not enough';
    is logged_times($edge, $held), 1, 'told once';

    # refilled

    bank($other, 'add', 'coalition', map { sha256_hex($_) } @known[1, 2]);
    becomes($edge, $known[3], 200, 'refilled: what it has now is in force');
    becomes($edge, $known[2], 451, 'all of it');
    logged($edge, qr/3 entries from Redis at \S+ \(was 4\)/, 'the log says so');

    # another database behind the same address

    $other->cli('SWAPDB', 0, 1);
    logged($edge, qr/(?:$held.*){2}/s, 'another database is refused');
    is verdict($edge, $known[2]), 451, 'all stays in force';

    bank($other, 'confirm', 'coalition');
    becomes($edge, $known[2], 200, 'until it is confirmed');
    logged($edge, qr/0 entries from Redis at \S+ \(was 3\)/, 'the log says so');
};


subtest 'max_age' => sub {
    my $other = ScreenRedis->new;
    my $edge = edge($other, bank => 'max_age=2s');
    my ($known, $unknown) = (fresh(), fresh());

    logged($edge, qr/entries from Redis/, 'the bank is there');
    bank($other, 'add', 'coalition', sha256_hex($known));
    becomes($edge, $known, 451, 'it is followed');
    is verdict($edge, $unknown), 200, 'and current';

    $other->signal('STOP');
    becomes($edge, $unknown, 502, 'a bank that is too old is a fault');
    is((upload($edge, $unknown))[1], 'stale:coalition', 'the reason');
    is verdict($edge, $known), 451, 'what it has is still looked up';

    $other->signal('CONT');
    becomes($edge, $unknown, 200, 'until Redis answers again');
};


subtest 'a failover to a replica that lacks changes' => sub {
    my $master = ScreenRedis->new;
    my $replica = ScreenRedis->new;

    my $edge = edge($master, redis => $master->socket . ";\nscreen_redis "
                                      . $replica->socket);
    my @known = map { fresh() } 1 .. 4;

    bank($master, 'add', 'coalition', map { sha256_hex($_) } @known[0 .. 2]);
    becomes($edge, $known[2], 451, 'it is followed');

    $replica->cli('REPLICAOF', '127.0.0.1', $master->{port});
    $edge->wait_for(sub { $replica->cli('INFO', 'replication')
                          =~ /master_link_status:up/ }, 20);
    $replica->cli('REPLICAOF', 'NO', 'ONE');

    bank($master, 'add', 'coalition', sha256_hex($known[3]));
    becomes($edge, $known[3], 451, 'a change that the replica has not');

    $master->kill_9;
    my $later = fresh();
    bank($replica, 'add', 'coalition', sha256_hex($later));

    becomes($edge, $later, 451, 'the replica is followed');
    becomes($edge, $known[3], 200, 'and what it lacks is gone');
    logged($edge, qr/does not have what was applied last/, 'the log says so');
    is verdict($edge, $known[0]), 451, 'all else is there';
};


subtest 'a user with a password from a file' => sub {
    my $other = ScreenRedis->new;
    my $content = fresh();

    bank($other, 'add', 'coalition', sha256_hex($content));

    $other->cli('ACL', 'SETUSER', 'edge', 'on', '>s3cret', '~screen:*',
                '+@read', '+@connection', '+info');
    $other->cli('ACL', 'SETUSER', 'default', 'off');

    my $edge = edge($other, redis => $other->address
                            . ' user=edge password_file=password',
                    server => { files => { password => "s3cret\n" } });

    becomes($edge, $content, 451, 'reading is all that a keeper needs');

    my $wrong = edge($other, redis => $other->address
                             . ' user=edge password_file=password',
                     server => { files => { password => "wrong\n" } });

    logged($wrong, qr/AUTH was refused: WRONGPASS/, 'a wrong password');
    is verdict($wrong, $content), 504, 'is no bank';
};


subtest 'a tail that grows is folded' => sub {
    my $edge = edge($redis, server => { log_level => 'info' });
    my ($known, $gone) = (fresh(), fresh());

    logged($edge, qr/entries from Redis/, 'the bank is there');
    bank($redis, 'add', 'coalition', sha256_hex($known), sha256_hex($gone));
    becomes($edge, $gone, 451, 'it is followed');
    bank($redis, 'remove', 'coalition', sha256_hex($gone));

    my $list = $edge->write('long.csv',
        join '', map { sha256_hex("l$_") . "\n" } 1 .. 40000);
    bank($redis, 'import', 'coalition', $list);

    logged($edge, qr/its tail was folded into \d+ entries/, 'folded', 60);
    is verdict($edge, $known), 451, 'what was added is there';
    is verdict($edge, $gone), 200, 'what was removed is not';
    becomes($edge, 'l40000', 451, 'and the last of the import');

    my $after = fresh();
    bank($redis, 'add', 'coalition', sha256_hex($after));
    becomes($edge, $after, 451, 'and what comes after it');
    is workers_say($edge, $after), 451, 'for every worker';
    is logged_times($edge, 'the bank is read again'), 0,
       'nothing was read again';

    my @left = glob "$edge->{dir}/screen/coalition-*";
    is scalar(grep { /\.tail-/ } @left), 1, 'one tail is left';
    is scalar(grep { /\.tmp/ } @left), 0, 'and nothing half done';
};


subtest 'mistakes in the configuration' => sub {
    my $edge = ScreenServer->new(stopped => 1);

    my $no_redis = qr/"b" is in redis, and there is no "screen_redis" in /;
    my $bank = 'screen_redis a; screen_bank b';

    for ([ 'screen_bank b redis;', $no_redis ],
         [ "$bank;", qr/invalid number of arguments in "screen_bank"/ ],
         [ "$bank redis file=x;", qr/either file=PATH or "redis"/ ],
         [ "$bank redis max_age=1s;", qr/expected a time of 2s or more/ ],
         [ "$bank file=nginx.conf max_age=5s;", qr/is for banks in redis/ ],
         [ 'screen_redis a:b;', qr/invalid parameter or address "a:b" in / ],
         [ 'screen_redis a db=x;', qr/"db=x" in "screen_redis".* in \S+:\d/ ])
    {
        my ($http, $error) = @$_;

        $edge->configure(http => $http, policy => 'match size>1k log;');
        my ($code, $text) = $edge->command('-t');

        is $code, 1, $http;
        like $edge->error_log . $text, $error, 'the error';
    }
};


done_testing;
