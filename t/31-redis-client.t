# The worker's client of Redis: against real servers that want passwords, are
# slow, stopped, killed, moved by Sentinel or spread over a Cluster.

use strict;
use warnings;

use Test::More;
use Time::HiRes ();

use lib 't/lib';
use ScreenProbe;
use ScreenRedis;
use ScreenServer;

my $FAST = 150;      # ms, of an answer that waits for nobody


sub well
{
    my ($nginx, $what, $pids) = @_;

    is join(' ', $nginx->{server}->workers), $pids, "$what: no worker ended"
        if $pids;

    my $server = $nginx->{server};
    my $pid = $server->pid;

    $server->signal('QUIT');
    ok $server->wait_for(sub { !kill 0, $pid }, 10), "$what: nginx quits";

    is $server->alerts, '', "$what: no alert in the log";
}


sub pids
{
    my ($server) = $_[0]{server};

    return $server->wait_for(sub { join ' ', $server->workers });
}


subtest 'commands and their replies' => sub {
    my $redis = ScreenProbe::redis();
    my $nginx = ScreenProbe->new(
        servers => [ "unix:$redis->{socket} timeout=20s" ]);
    my $pids = pids($nginx);

    is $nginx->ask('GET', 'nothing'), 'NIL', 'nil';
    is $nginx->ask('SET', 'key', "a b"), 'OK +OK', 'a status';
    is $nginx->ask('GET', 'key'), 'OK a b', 'a string';
    is $nginx->ask('INCR', 'n'), 'OK 1', 'an integer';
    is $nginx->ask('RPUSH', 'list', '', 'x'), 'OK 2', 'an empty word';
    is $nginx->ask('LRANGE', 'list', '0', '-1'), 'OK [  x ]', 'an array';
    like $nginx->ask('INCR', 'key'), qr/^ERROR -ERR value is not/, 'an error';
    is $nginx->ask('INCR', 'many', { 'X-Repeat' => 1000 }), 'OK 1000',
       'a thousand commands at once are answered in their order';

    $redis->cli('SETRANGE', 'big', 3_000_000, 'x');
    is $nginx->ask('GET', 'big'), 'OK (3000001 bytes)', 'a large value';

    $redis->cli('SETRANGE', 'bigger', 5_000_000, 'x');
    is $nginx->ask('GET', 'bigger'), 'ERROR', 'a value beyond the limit';
    is $nginx->status->{reason}, 'the reply is too large', 'and its reason';

    ok $nginx->becomes(qr/^OK a b/, 5, 'GET', 'key'), 'the client recovers';

    $redis->cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    Time::HiRes::sleep(0.1);
    is $nginx->ask('GET', 'key'), 'OK a b',
       'an idle connection that was closed costs no command';

    is $nginx->status->{pending}, 0, 'nothing is left under way';

    my %old = map { $_ => 1 } $nginx->{server}->workers;

    $nginx->{server}->signal('HUP');
    ok $nginx->{server}->wait_for(sub {
           my @workers = $nginx->{server}->workers;
           return @workers == 1 && !$old{$workers[0]};
       }, 10), 'an idle connection does not keep an old worker';

    is $nginx->ask('GET', 'key'), 'OK a b', 'the next generation connects';
    well($nginx, 'commands');

    is $redis->cli('CLIENT', 'LIST', 'TYPE', 'normal') =~ tr/\n//, 0,
       'no connection is left';
};


subtest 'a worker that forgets to close has no alert either' => sub {
    my $redis = ScreenProbe::redis();
    my $nginx = ScreenProbe->new(servers => [ "unix:$redis->{socket}" ],
                                 main => 'env REDIS_PROBE_NO_EXIT=1;');

    is $nginx->ask('PING'), 'OK +PONG', 'connected';
    well($nginx, 'not closed');
};


subtest 'AUTH and SELECT come before anything else' => sub {
    my $port = ScreenServer::free_port();
    my $redis = ScreenProbe::redis(port => $port,
                                   args => [ '--requirepass', 'first' ]);
    my $dir = $redis->{dir};

    $redis->{password} = 'first';
    $redis->cli(qw( ACL SETUSER edge on >secret ~screen:* +get +set ));

    my $write = sub {
        my ($name, $text, $mode) = @_;

        open my $out, '>', "$dir/$name" or die $!;
        print $out $text;
        close $out;
        chmod $mode // 0644, "$dir/$name";
    };

    $write->('password', "first\n");
    $write->('edge', "secret\n", 0600);

    my $nginx = ScreenProbe->new(
        servers => [ "127.0.0.1:$port db=3 timeout=2s "
                     . "password_file=$dir/password" ]);

    is $nginx->ask('SET', 'here', '1', { 'X-Repeat' => 20 }), 'OK +OK',
       'commands that were there before the connection';
    is $redis->cli('-n', 3, 'GET', 'here'), 1, 'the database is the right one';
    is $redis->cli('-n', 0, 'DBSIZE'), 0, 'and nothing reached another';

    $redis->cli('CONFIG', 'SET', 'requirepass', 'second');
    $write->('password', 'second');
    $redis->{password} = 'second';
    $redis->cli('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');

    ok $nginx->becomes(qr/^OK 1/, 5, 'GET', 'here'),
       'a password is read again at each connect';
    well($nginx, 'password');

    $nginx = ScreenProbe->new(
        servers => [ "127.0.0.1:$port user=edge password_file=$dir/edge" ]);

    is $nginx->ask('SET', 'screen:x', '1'), 'OK +OK',
       'an ACL user who may not PING, his password readable by root alone';
    like $nginx->ask('SET', 'other', '1'), qr/^ERROR -NOPERM/,
         'what he may not do is an error of the command';
    is $nginx->ask('GET', 'screen:x'), 'OK 1', 'and of nothing else';
    well($nginx, 'user');

    $nginx = ScreenProbe->new(
        servers => [ "127.0.0.1:$port db=99 password_file=$dir/password" ]);

    like $nginx->ask('SET', 'lost', '1'), qr/^BUSY/, 'a SELECT that fails';
    like $nginx->status->{reason}, qr/^SELECT failed: /, 'is the reason';
    like $nginx->ask('SET', 'lost', '1'), qr/^BUSY/, 'and stays so';
    is $redis->cli('-n', 0, 'EXISTS', 'lost'), 0,
       'no command ran on database 0';
    well($nginx, 'SELECT');

    $write->('wrong', "wrong\n");

    $nginx = ScreenProbe->new(
        servers => [ "127.0.0.1:$port password_file=$dir/wrong" ]);

    like $nginx->ask('GET', 'here'), qr/^BUSY/, 'a wrong password';
    like $nginx->{server}->error_log, qr/\[warn\].*AUTH failed: "WRONGPASS/,
         'is said once';
    unlike $nginx->{server}->error_log, qr/\bwrong\n|second|secret/,
           'but no password is';
    well($nginx, 'wrong password');

    $nginx = ScreenProbe->new(stopped => 1,
        servers => [ "127.0.0.1:$port password_file=$dir/missing" ]);

    my ($code, $text) = $nginx->{server}->command('-t');

    isnt $code, 0, 'a password file that is not there fails the test';
    like $text, qr/no password could be read from "\S+missing"/, 'by its name';
};


subtest 'a server that is slow, stopped or gone' => sub {
    my $redis = ScreenProbe::redis();
    my $nginx = ScreenProbe->new(
        servers => [ "unix:$redis->{socket} timeout=200ms "
                     . "connect_timeout=200ms" ]);
    my $pids = pids($nginx);

    is $nginx->ask('SET', 'key', 'value'), 'OK +OK', 'well at first';

    is $nginx->ask('DEBUG', 'SLEEP', '0.6', { 'X-Timeout' => 100 }), 'TIMEOUT',
       'a command that takes too long';
    cmp_ok $nginx->{took}, '<', 100 + $FAST, 'ends at its deadline';
    ok $nginx->becomes(qr/^OK value/, 5, 'GET', 'key'),
       'late replies are not taken for those of later commands';

    $redis->signal('STOP');

    my (@slow, @all);

    for (1 .. 12) {
        my $answer = $nginx->ask('GET', 'key');

        push @all, $answer;
        push @slow, $nginx->{took} if $nginx->{took} > $FAST;
        cmp_ok $nginx->{took}, '<', 200 + $FAST, "$answer in time";
    }

    unlike "@all", qr/OK/, 'no server, no answer';
    cmp_ok scalar @slow, '<=', 3, 'the breaker opens after three timeouts';
    is $all[-1], 'BUSY', 'and then refuses at once';

    $redis->signal('CONT');
    ok $nginx->becomes(qr/^OK value/, 6, 'GET', 'key'),
       'when the server goes on, so does the client';

    $redis->kill9;
    Time::HiRes::sleep(0.1);

    my $before = $nginx->status->{connects};

    for (1 .. 60) {
        my $answer = $nginx->ask('GET', 'key');

        like $answer, qr/^(?:BUSY|ERROR)/, 'killed: refused'
            unless $answer =~ /^(?:BUSY|ERROR)/ && $nginx->{took} < $FAST;
        Time::HiRes::sleep(0.05);
    }

    my $tried = $nginx->status->{connects} - $before;

    cmp_ok $tried, '<', 15, "attempts become rare ($tried in 3 s)";
    cmp_ok $tried, '>', 2, 'but do not end';

    my @warnings = $nginx->{server}->error_log =~ /\[warn\].*connect\(\)/g;

    cmp_ok scalar @warnings, '<=', 1, 'which is logged once';

    $redis->start;
    $redis->cli('SET', 'key', 'again');
    ok $nginx->becomes(qr/^OK again/, 6, 'GET', 'key'), 'started again';
    like $nginx->{server}->error_log, qr/\[notice\].*usable again/, 'and said';

    is $nginx->status->{pending}, 0, 'nothing is left under way';
    well($nginx, 'slow', $pids);
};


subtest 'what is under way is bounded, and can be cancelled' => sub {
    my $redis = ScreenProbe::redis();
    my $nginx = ScreenProbe->new(limit => 10, servers =>
        [ "unix:$redis->{socket} timeout=3s" ]);
    my $pids = pids($nginx);

    is $nginx->ask('INCR', 'a', { 'X-Repeat' => 50 }), 'BUSY',
       'more than the limit';
    ok $nginx->{server}->wait_for(sub { !$nginx->status->{pending} }),
       'those before it are answered';
    is $nginx->status->{busy}, 40, 'and the others counted';
    is $redis->cli('GET', 'a'), 10, 'not sent';

    is $nginx->ask('INCR', 'b', { 'X-Repeat' => 5, 'X-Cancel' => 1 }),
       'OK 5', 'replies to cancelled commands are ignored';

    # the client goes away while Redis sleeps

    my $gone = IO::Socket::INET->new("127.0.0.1:$nginx->{server}{port}");
    print $gone "GET /command?DEBUG,SLEEP,0.4 HTTP/1.0\r\n\r\n";
    Time::HiRes::sleep(0.1);
    close $gone;

    is $nginx->ask('INCR', 'b'), 'OK 6', 'so is a reply to nobody';

    # cancelled commands do not hide that a server hangs

    $redis->signal('STOP');
    $nginx->ask('GET', 'b', { 'X-Repeat' => 9, 'X-Cancel' => 1,
                              'X-Timeout' => 200 });
    is $nginx->ask('GET', 'b', { 'X-Timeout' => 200 }), 'BUSY',
       'a server that hangs';
    $redis->signal('CONT');
    ok $nginx->becomes(qr/^OK/, 6, 'GET', 'b'), 'and goes on';

    well($nginx, 'bounded', $pids);
};


subtest 'the next server of the list' => sub {
    my @redis = map { ScreenProbe::redis() } 1 .. 2;
    my $nginx = ScreenProbe->new(
        servers => [ map { "unix:$_->{socket} timeout=1s" } @redis ]);

    $redis[$_]->cli('SET', 'who', $_) for 0, 1;

    is $nginx->ask('GET', 'who'), 'OK 0', 'the first is preferred';

    $redis[0]->kill9;
    ok $nginx->becomes(qr/^OK 1/, 1, 'GET', 'who'), 'the second follows';
    is $nginx->ask('GET', 'who', { 'X-Repeat' => 10 }), 'OK 1', 'and stays';

    $redis[0]->start;
    $redis[0]->cli('SET', 'who', 0);
    ok $nginx->becomes(qr/^OK 0/, 6, 'GET', 'who'), 'until the first is back';

    $redis[0]->cli('REPLICAOF', '127.0.0.1', ScreenServer::free_port());
    like $nginx->ask('SET', 'x', 1), qr/^ERROR -READONLY/, 'read-only';

    # it can be connected to, which does not make it fit

    my (%answers, $n);
    my $start = Time::HiRes::time();

    while (Time::HiRes::time() - $start < 3) {
        $answers{ substr $nginx->ask('SET', 'x', ++$n), 0, 15 }++;
    }

    my $most = 8 + (Time::HiRes::time() - $start) / 1.5;

    cmp_ok $answers{'OK +OK'} // 0, '>', 0, 'is not fit, the next one is';
    cmp_ok $answers{'ERROR -READONLY'} // 0, '<=', $most,
           'and it is tried again after growing pauses';
    is join(' ', grep { !/^OK \+OK|^ERROR -READONLY/ } keys %answers), '',
       'no other answer';
    diag join ', ', map { "$answers{$_} x $_" } sort keys %answers;

    well($nginx, 'list');
};


subtest 'TLS' => sub {
    my $dir = File::Temp::tempdir(CLEANUP => 1);
    chmod 0755, $dir;

    my $port = ScreenServer::free_port();
    my %tls = ScreenRedis::tls($dir, $port);
    my $redis = ScreenProbe::redis(args => [
        '--tls-auth-clients', 'optional', map {; "--$_", $tls{$_} } keys %tls
    ]);

    my $nginx = ScreenProbe->new(servers => [
        "127.0.0.1:$port tls=on ca=$dir/cert.pem server_name=redis.test "
        . 'timeout=3s connect_timeout=3s' ]);

    is $nginx->ask('SET', 'a', 'x' x 400), 'OK +OK', 'a verified server';
    is $nginx->ask('INCR', 'n', { 'X-Repeat' => 500 }), 'OK 500', 'pipelined';
    $redis->cli('SETRANGE', 'big', 2_000_000, 'x');
    is $nginx->ask('GET', 'big'), 'OK (2000001 bytes)', 'a large value';
    well($nginx, 'TLS');

    $nginx = ScreenProbe->new(servers => [
        "127.0.0.1:$port tls=on ca=$dir/cert.pem timeout=3s" ]);

    is $nginx->ask('GET', 'a'), 'BUSY', 'another name is refused';
    like $nginx->status->{reason}, qr/mismatch/i, 'with the reason';
    well($nginx, 'another name');

    $nginx = ScreenProbe->new(servers => [
        "127.0.0.1:$port tls=on server_name=redis.test timeout=3s" ]);

    is $nginx->ask('GET', 'a'), 'BUSY', 'so is an unknown authority';
    like $nginx->status->{reason}, qr/self.signed/i, 'with the reason';
    well($nginx, 'unknown authority');
};


subtest 'Sentinel names the master' => sub {
    my @port = map { ScreenServer::free_port() } 1 .. 3;
    my @redis = (ScreenProbe::redis(port => $port[0]),
                 ScreenProbe::redis(port => $port[1], args =>
                     [ '--replicaof', '127.0.0.1', $port[0] ]));

    my $sentinel = ScreenProbe::redis(port => $port[2], sentinel => <<"CONF");
sentinel monitor mymaster 127.0.0.1 $port[0] 1
sentinel down-after-milliseconds mymaster 500
sentinel failover-timeout mymaster 3000
CONF

    my $closed = ScreenServer::free_port();

    my $nginx = ScreenProbe->new(servers => [ 'sentinel=mymaster '
        . "127.0.0.1:$closed 127.0.0.1:$port[2] timeout=500ms" ]);
    my $pids = pids($nginx);

    ok $nginx->becomes(qr/^OK \+OK/, 5, 'SET', 'a', '1'),
       'a dead sentinel does not matter';
    is $redis[0]->cli('GET', 'a'), 1, 'it is the master that is asked';
    is $nginx->status->{server}, "127.0.0.1:$port[0]", 'and shown';

    $nginx->{server}->wait_for(sub {
        $redis[1]->cli('GET', 'a') eq '1'
        && $sentinel->cli('SENTINEL', 'replicas', 'mymaster') =~ /$port[1]/
    }, 20) or fail('the replica is known');

    $redis[0]->kill9;
    ok $nginx->becomes(qr/^OK \+OK/, 30, 'SET', 'a', '2'),
       'after a failover, it is the new one';
    is $redis[1]->cli('GET', 'a'), 2, 'indeed';
    is $nginx->status->{server}, "127.0.0.1:$port[1]", 'and shown';

    # the old master comes back, is made a replica, and is not asked

    $redis[0]->start;
    $nginx->{server}->wait_for(sub {
        $redis[0]->cli('ROLE') =~ /^slave/
    }, 20) or fail('the old master is a replica');
    is $nginx->ask('SET', 'a', '3'), 'OK +OK', 'the new master stays';

    # the master that we are connected to is made a replica by hand

    $nginx->{server}->wait_for(sub {
        $sentinel->cli('SENTINEL', 'failover', 'mymaster') =~ /^OK/
    }, 30) or fail('Sentinel agrees to a failover');
    ok $nginx->{server}->wait_for(sub {
           $nginx->ask('SET', 'a', '4') =~ /^OK/
           && $nginx->status->{server} eq "127.0.0.1:$port[0]"
       }, 60), 'a planned failover is followed';

    well($nginx, 'Sentinel', $pids);

    $nginx = ScreenProbe->new(servers => [
        "sentinel=nobody 127.0.0.1:$port[2] timeout=500ms" ]);

    like $nginx->ask('GET', 'a'), qr/^BUSY/, 'a master that nobody knows';
    like $nginx->status->{reason}, qr/no sentinel names .*"nobody"/, 'why';
    well($nginx, 'nobody');
};


subtest 'a Cluster redirects' => sub {
    my @redis = map {
        ScreenProbe::redis(port => ScreenServer::free_port(),
            args => [ '--cluster-enabled', 'yes', '--cluster-node-timeout',
                      5000, '--cluster-port', ScreenServer::free_port() ])
    } 1 .. 3;

    my @id = map { $_->cli('CLUSTER', 'MYID') } @redis;
    my @first = (0, 5461, 10923, 16384);

    for my $i (0 .. 2) {
        $redis[$i]->cli('CLUSTER', 'ADDSLOTSRANGE', $first[$i],
                        $first[$i + 1] - 1);
        $redis[$i]->cli('CONFIG', 'SET', 'cluster-require-full-coverage',
                        'no');
        $redis[0]->cli('CLUSTER', 'MEET', '127.0.0.1', $redis[$i]{port},
                       $redis[$i]{args}[5]) if $i;
    }

    my $nginx = ScreenProbe->new(servers => [
        "cluster=on 127.0.0.1:$redis[0]{port} 127.0.0.1:$redis[1]{port} "
        . 'timeout=1s' ]);
    my $pids = pids($nginx);

    $nginx->{server}->wait_for(sub {
        3 == grep {
            $_->cli('CLUSTER', 'INFO') =~ /cluster_state:ok.*slots_ok:16384/s
        } @redis
    }, 30) or fail('the cluster is there');

    my @wrong = grep { $nginx->ask('SET', "key$_", $_) ne 'OK +OK' } 1 .. 60;

    is "@wrong", '', 'every key finds its node';

    my $redirects = $nginx->status->{redirects};

    cmp_ok $redirects, '>', 10, 'by redirections';

    @wrong = grep { $nginx->ask('GET', "key$_") ne "OK $_" } 1 .. 60;
    is "@wrong", '', 'and finds it again';
    is $nginx->status->{redirects}, $redirects, 'without any';
    is $nginx->status->{up}, 3, 'one connection for each node';

    # a slot on its way from the third node to the first: "x{foo}" is in 12182

    $redis[0]->cli('CLUSTER', 'SETSLOT', 12182, 'IMPORTING', $id[2]);
    $redis[2]->cli('CLUSTER', 'SETSLOT', 12182, 'MIGRATING', $id[0]);

    is $nginx->ask('SET', 'x{foo}', 'moved'), 'OK +OK', 'ASK is followed';
    is $redis[0]->cli('CLUSTER', 'COUNTKEYSINSLOT', 12182), 1, 'once';
    is $nginx->ask('GET', 'x{foo}', { 'X-Repeat' => 20 }), 'OK moved',
       'again and again';
    is $nginx->ask('SET', 'y{foo}', 'too', { 'X-Repeat' => 20 }), 'OK +OK',
       'with many under way';

    $_->cli('CLUSTER', 'SETSLOT', 12182, 'NODE', $id[0]) for @redis[0, 2, 1];
    is $nginx->ask('GET', 'x{foo}'), 'OK moved', 'MOVED for good';

    # a node of the three is gone: only its keys are

    my ($other) = grep {
        $redis[1]->cli('CLUSTER', 'KEYSLOT', "key$_") < 5461
    } 1 .. 60;
    my ($lost) = grep {
        $redis[1]->cli('CLUSTER', 'KEYSLOT', "key$_") > 12182
    } 1 .. 60;

    $redis[2]->kill9;

    for (1 .. 10) {
        my $answer = $nginx->ask('GET', "key$lost");
        unlike $answer, qr/^OK/, "of a node that is gone: $answer"
            if $_ == 10 || $nginx->{took} > 1000 + $FAST;
        is $nginx->ask('GET', "key$other"), "OK $other", 'of another'
            if $_ == 10;
    }

    $redis[2]->start;
    ok $nginx->becomes(qr/^NIL|^OK/, 20, 'GET', "key$lost"),
       'until the node is back';

    well($nginx, 'Cluster', $pids);
};


done_testing;
