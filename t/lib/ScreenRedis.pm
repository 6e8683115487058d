package ScreenRedis;

# A real redis-server of its own, on a unix socket and a free port of
# loopback, in a temporary folder; stopped by its own pid.
#
#     my $r = ScreenRedis->new(config => ['appendonly', 'yes']);
#     $r->cli(qw( SET a 1 ));          # redis-cli: what it prints
#     $r->stop; $r->start;             # with the data that it kept
#     $r->kill;                        # -9

use strict;
use warnings;

use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use IPC::Open3 ();
use Time::HiRes ();

our $Server = $ENV{REDIS_SERVER} || 'redis-server';
our $Cli = $ENV{REDIS_CLI} || 'redis-cli';


sub available
{
    for my $program ($Server, $Cli) {
        return 0 unless $program =~ m{/} ? -x $program
                        : grep { -x "$_/$program" } split /:/, $ENV{PATH};
    }

    return 1;
}


sub free_port
{
    for (1 .. 100) {
        my $port = 20000 + int rand 10000;

        return $port
            if IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
                                     LocalPort => $port, ReuseAddr => 1);
    }

    die "no free port";
}


# a key and a certificate for a name that is no host's, signed by itself, and
# the server's parameters to use them: "key.pem" and "cert.pem" in the folder

sub tls
{
    my ($dir, $port) = @_;

    system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "
           . "/CN=redis.test -addext subjectAltName=DNS:redis.test "
           . "-keyout $dir/key.pem -out $dir/cert.pem 2>/dev/null") == 0
        or die 'openssl made no certificate';

    chmod 0644, "$dir/key.pem";

    return ('tls-port' => $port, 'tls-cert-file' => "$dir/cert.pem",
            'tls-key-file' => "$dir/key.pem",
            'tls-ca-cert-file' => "$dir/cert.pem");
}


# three masters that are a cluster, with all slots

sub cluster
{
    my ($class, %args) = @_;

    my @nodes = map {
        $class->new(config => [ 'cluster-enabled' => 'yes',
                                'cluster-port' => free_port(),
                                'cluster-node-timeout' => 2000,
                                @{ $args{config} || [] } ])
    } 1 .. 3;

    my $text = $nodes[0]->cli_input('', '-p', $nodes[0]{port}, '--cluster',
        'create', (map { $_->address } @nodes), '--cluster-yes');

    die "no cluster: $text" unless $text =~ /All 16384 slots covered/;

    return @nodes;
}


# a sentinel that watches a master, by the name mymaster; named arguments:
# down_after (ms)

sub sentinel
{
    my ($class, $master, %args) = @_;

    my $down_after = $args{down_after} // 500;

    my $self = bless { dir => File::Temp::tempdir('ngx-screen-redis-XXXXXX',
                                                  TMPDIR => 1),
                       port => free_port(), owner => $$, config => [],
                       sentinel => 1 }, $class;

    open my $out, '>', "$self->{dir}/sentinel.conf" or die "$!";
    print $out "sentinel monitor mymaster 127.0.0.1 $master->{port} 1\n",
               "sentinel down-after-milliseconds mymaster $down_after\n",
               "sentinel failover-timeout mymaster 3000\n";
    close $out;

    return $self->start;
}


# named arguments: config (a list of directives and values), stopped

sub new
{
    my ($class, %args) = @_;

    my $dir = File::Temp::tempdir('ngx-screen-redis-XXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless { dir => $dir, port => free_port(), owner => $$,
                       config => $args{config} || [] }, $class;

    $self->start unless $args{stopped};

    return $self;
}


sub start
{
    my ($self) = @_;

    my @config = @{ $self->{config} };
    my @args = $self->{sentinel} ? () : ('--save', '');
    my @first = $self->{sentinel} ? ("$self->{dir}/sentinel.conf",
                                     '--sentinel') : ();

    while (my ($name, $value) = splice @config, 0, 2) {
        push @args, "--$name", ref $value ? @$value : $value;
    }

    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/log";
        open STDERR, '>&', \*STDOUT;
        exec $Server, @first, '--port', $self->{port}, '--bind', '127.0.0.1',
             '--unixsocket', "$self->{dir}/redis.sock",
             '--unixsocketperm', '777', '--dir', $self->{dir}, @args
            or die "$Server: $!";
    }

    $self->{pid} = $pid;

    my $end = Time::HiRes::time() + 20;
    my $ready = $self->{sentinel} ? qr/Sentinel ID is/ : qr/Ready to accept/;

    while (Time::HiRes::time() < $end) {
        return $self
            if $self->log =~ $ready
               && IO::Socket::UNIX->new(Peer => "$self->{dir}/redis.sock");

        Time::HiRes::sleep(0.02);
    }

    die "redis-server did not start: " . $self->log;
}


sub log
{
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/log" or return '';
    local $/;

    return <$in> // '';
}


sub socket { "unix:$_[0]{dir}/redis.sock" }
sub address { "127.0.0.1:$_[0]{port}" }


# redis-cli with the words given, and what to say to its standard input

sub cli_input
{
    my ($self, $input, @words) = @_;

    my $pid = IPC::Open3::open3(my $in, my $out, undef, $Cli, '-s',
                                "$self->{dir}/redis.sock", @words);

    local $SIG{PIPE} = 'IGNORE';
    print $in $input;
    close $in;

    my $text = do { local $/; <$out> } // '';
    waitpid $pid, 0;

    chomp $text;

    return $text;
}


sub cli
{
    my ($self, @words) = @_;

    return $self->cli_input('', @words);
}


sub signal
{
    my ($self, $signal) = @_;

    kill $signal, $self->{pid} or die "kill: $!";
}


sub stop
{
    my ($self, $signal) = @_;

    return unless $self->{pid};

    kill 'CONT', $self->{pid};
    kill $signal // 'TERM', $self->{pid};
    waitpid $self->{pid}, 0;

    delete $self->{pid};

    open my $log, '>', "$self->{dir}/log";
}


sub kill_9 { $_[0]->stop('KILL') }


sub DESTROY
{
    my ($self) = @_;

    return unless $self->{owner} == $$;

    local ($?, $@, $!);

    $self->stop('KILL');
    File::Path::remove_tree($self->{dir}) unless $ENV{SCREEN_KEEP};
}

1;
