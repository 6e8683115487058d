package ScreenProbe;

# What t/31-redis-client.t and t/31-redis-nonsense.t share: real Redis servers
# of any role in temporary folders, and an nginx that hands commands to the
# screen module's client of Redis (t/lib/redis_probe.c).
#
#     my $redis = ScreenProbe::redis(args => [ ... ]);
#     my $nginx = ScreenProbe->new(servers => [ "unix:$redis->{socket}" ]);
#     is $nginx->ask('GET', 'key'), 'NIL';

use strict;
use warnings;

use Cwd ();
use File::Path ();
use File::Temp ();
use HTTP::Tiny;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes ();

use ScreenRedis;
use ScreenServer;

our $Module = Cwd::abs_path('build/redis_probe.so');


# named arguments: servers (the words of redis_probe_server, one string each),
# limit, workers, main

sub new
{
    my ($class, %args) = @_;

    die "no build/redis_probe.so: make build/redis_probe.so"
        unless defined $Module && -e $Module;

    my $http = join '', map { "redis_probe_server $_;\n" }
                        @{ $args{servers} };

    $http .= "redis_probe_limit $args{limit};\n" if $args{limit};

    my $server = ScreenServer->new(
        workers => $args{workers} // 1,
        log_level => 'info',
        main => "load_module $Module;\n" . ($args{main} // ''),
        http => $http . 'access_log off;',
        stopped => $args{stopped},
        server => <<'CONF');
location /command { redis_probe; }
location /status { redis_probe_status; }
CONF

    return bless { server => $server,
                   http => HTTP::Tiny->new(timeout => 30) }, $class;
}


sub get
{
    my ($self, $path, %headers) = @_;

    my $response = $self->{http}->get($self->{server}->url($path),
                                      { headers => \%headers });

    chomp(my $text = $response->{content} // '');

    return $response->{status} == 200 ? $text : "HTTP $response->{status}";
}


# words, and headers in a hash reference at the end

sub ask
{
    my ($self, @words) = @_;

    my %headers = ref $words[-1] ? %{ pop @words } : ();

    my $args = join ',', map { s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }
                         @words;

    my $start = Time::HiRes::time();
    my $text = $self->get("/command?$args", %headers);

    $self->{took} = 1000 * (Time::HiRes::time() - $start);

    return $text;
}


sub status
{
    my ($self) = @_;

    my $text = $self->get('/status');

    return { $text =~ /(\w+)=(\d+) /g,
             $text =~ /(server)="(.*?)" (reason)="(.*)"$/ };
}


# asks until the answer is what is wanted

sub becomes
{
    my ($self, $want, $seconds, @words) = @_;

    return $self->{server}->wait_for(sub { $self->ask(@words) =~ $want },
                                     $seconds);
}


# a redis-server: args, port (0: none), sentinel (its configuration's text)

sub redis
{
    my (%args) = @_;

    my $dir = File::Temp::tempdir('ngx-screen-redis-XXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless { dir => $dir, socket => "$dir/redis.sock",
                       port => $args{port} // 0, args => $args{args} // [],
                       sentinel => $args{sentinel}, owner => $$ },
                     'ScreenProbe::Redis';

    return $self->start;
}


package ScreenProbe::Redis;

sub start
{
    my ($self) = @_;

    my @command = ($ScreenRedis::Server);

    if ($self->{sentinel}) {
        open my $out, '>', "$self->{dir}/sentinel.conf" or die $!;
        print $out $self->{sentinel};
        close $out;
        push @command, "$self->{dir}/sentinel.conf", '--sentinel';
    }

    push @command, '--dir', $self->{dir}, '--port', $self->{port},
                   '--unixsocket', $self->{socket}, '--unixsocketperm', 777,
                   '--daemonize', 'no', '--logfile', "$self->{dir}/log",
                   '--enable-debug-command', 'yes',
                   $self->{sentinel} ? () : ('--save', ''),
                   @{ $self->{args} };

    unlink $self->{socket};

    $self->{pid} = fork // die "fork: $!";

    if ($self->{pid} == 0) {
        open STDOUT, '>', '/dev/null';
        exec @command or POSIX::_exit(127);
    }

    for (1 .. 500) {
        return $self if IO::Socket::UNIX->new(Peer => $self->{socket});
        Time::HiRes::sleep(0.02);
    }

    die "$ScreenRedis::Server did not start, see $self->{dir}/log";
}


sub cli
{
    my ($self, @words) = @_;

    open my $in, '-|', $ScreenRedis::Cli, '-s', $self->{socket},
                       '--no-auth-warning',
                       ($self->{password} ? ('-a', $self->{password}) : ()),
                       @words
        or die "$ScreenRedis::Cli: $!";

    my $text = do { local $/; <$in> } // '';
    close $in;
    $text =~ s/\n+\z//;

    return $text;
}


sub signal
{
    my ($self, $signal) = @_;

    kill $signal, $self->{pid};

    return $self;
}


sub kill9
{
    my ($self) = @_;

    if ($self->{pid}) {
        kill 'KILL', $self->{pid};
        waitpid $self->{pid}, 0;
        $self->{pid} = 0;
    }

    return $self;
}


sub DESTROY
{
    my ($self) = @_;

    return unless $self->{owner} == $$;

    local ($?, $@, $!);

    $self->kill9;
    File::Path::remove_tree($self->{dir}) unless $ENV{SCREEN_KEEP};
}

1;
