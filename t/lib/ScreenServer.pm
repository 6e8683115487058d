package ScreenServer;

# A real nginx with a master and workers, for tests that Test::Nginx cannot
# state: signals, real clients, large bodies.  Everything is in one temporary
# folder and on loopback, and is stopped by its own pid.
#
#     my $s = ScreenServer->new(policy => "match ...;", server => ...);
#     my ($status, $body) = $s->curl('-T', $file, $s->url('/upload'));
#     $s->stop;

use strict;
use warnings;

use Cwd ();
use File::Path ();
use File::Temp ();
use IO::Socket::INET;
use IO::Socket::UNIX;
use IPC::Open3 ();
use POSIX ();
use ScreenHttp;
use Time::HiRes ();

our $Nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';
our $Module = Cwd::abs_path((split ' ', $ENV{TEST_NGINX_LOAD_MODULES}
                             || 'build/ngx_http_screen_module.so')[0]);
our $Helper = Cwd::abs_path($ENV{NGX_SCREEN} || 'build/ngx-screen');


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


# named arguments, all optional: policy (lines of the policy "test"), http,
# main, server (in place of the default location), scanners, workers,
# connections (of a worker), user, access_log (in place of the default one,
# which asks for digests), files ({ name => content }, below the
# folder), helper (an ngx-screen other than the one to be tested), wrapper (a
# program that runs the ngx-screen of its own folder)

sub new
{
    my ($class, %args) = @_;

    my $dir = File::Temp::tempdir('ngx-screen-XXXXXX', TMPDIR => 1);
    chmod 0755, $dir;

    my $self = bless { dir => $dir, port => free_port(), args => \%args,
                       owner => $$ }, $class;

    mkdir "$dir/$_" for qw( logs store temp );
    chmod 0777, "$dir/store", "$dir/temp";

    my $files = $args{files} || {};

    $self->write($_, $files->{$_}) for sort keys %$files;

    $self->{helper} = "$dir/ngx-screen";
    install($args{helper} || $Helper, $self->{helper});
    install($args{wrapper}, "$dir/wrapper") if $args{wrapper};

    $self->configure;
    $self->start unless $args{stopped};

    return $self;
}


sub install
{
    my ($from, $to) = @_;

    system('install', '-m', '755', $from, $to) == 0 or die "no $from";

    # the decoder of media is looked for beside the program

    my ($decoder, $beside) = map { s{[^/]*\z}{ngx-screen-media.so}r }
                                 $from, $to;

    -e $decoder
        and (system('install', '-m', '644', $decoder, $beside) == 0 or die);
}


sub write
{
    my ($self, $name, $content) = @_;

    my $path = "$self->{dir}/$name";

    (my $folder = $path) =~ s{/[^/]*\z}{};
    File::Path::make_path($folder, { mode => 0755 });

    open my $out, '>:raw', "$path.new" or die "$path: $!";
    print $out $content;
    close $out or die "$path: $!";
    rename "$path.new", $path or die "$path: $!";

    return $path;
}


sub configure
{
    my ($self, %change) = @_;

    my %args = (%{ $self->{args} }, %change);
    $self->{args} = \%args;

    my $workers = $args{workers} // 2;
    my $connections = $args{connections} // 1024;
    my $scanners = $args{scanners} // '2 timeout=5s';
    my $policy = defined $args{policy}
                 ? "screen_policy test {\n$args{policy}\n}" : '';
    my $main = ($args{main} // '') . ($ENV{ASAN_OPTIONS}
                                      ? "\nenv ASAN_OPTIONS;" : '');
    my $http = $args{http} // '';
    my $level = $args{log_level} // 'notice';
    my $helper = $args{wrapper} ? "$self->{dir}/wrapper" : $self->{helper};

    my $server = $args{server} // <<'CONF';
location / {
    screen       test;
    proxy_pass   http://upstream;
    proxy_set_header  X-Screen-Verdict  $screen_verdict;
    proxy_set_header  X-Screen-Sha256   $screen_sha256;
}
CONF

    my $access_log = $args{access_log} // <<'CONF';
log_format screen '$status $screen_verdict $screen_action '
                  '"$screen_reason" "$screen_sha256" $screen_bytes '
                  '$screen_time $request_time $uri';
access_log logs/access.log screen;
CONF

    my $quic = $ScreenHttp::Version == 3
               ? ScreenHttp::listen_quic("127.0.0.1:$self->{port}") : '';

    # the upstream stores what it receives and tells where

    my $conf = <<"CONF";
load_module $Module;
worker_processes $workers;
pid logs/nginx.pid;
error_log logs/error.log $level;
$main
events { worker_connections $connections; }
http {
    $access_log
    client_body_temp_path temp;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    client_max_body_size 0;
    screen_helper $helper;
    screen_path $self->{dir}/screen;
    screen_scanners $scanners;
    $http
    $policy
    upstream upstream { server unix:$self->{dir}/upstream.sock; }
    upstream answer { server unix:$self->{dir}/answer.sock; }
    server {
        listen 127.0.0.1:$self->{port};
        listen unix:$self->{dir}/http2.sock http2;
        $quic
        $server
    }
    server {
        listen unix:$self->{dir}/upstream.sock;
        access_log off;
        client_body_temp_path store;
        location / {
            client_body_in_file_only on;
            add_header X-Stored \$http_x_stored;
            proxy_pass http://unix:$self->{dir}/answer.sock;
            proxy_set_header X-Stored \$request_body_file;
            proxy_pass_request_body off;
            proxy_set_header Content-Length "";
        }
    }
    server {
        listen unix:$self->{dir}/answer.sock backlog=4096;
        access_log off;
        location / {
            add_header X-Stored \$http_x_stored;
            add_header X-Verdict \$http_x_screen_verdict;
            add_header X-Sha256 \$http_x_screen_sha256;
            return 200 "stored\\n";
        }
    }
}
CONF

    $self->write('nginx.conf', $conf);

    return $self;
}


sub command
{
    my ($self, @args) = @_;

    my @command = ($Nginx, '-p', "$self->{dir}/", '-c',
                   "$self->{dir}/nginx.conf", '-e',
                   "$self->{dir}/logs/error.log", @args);

    my $pid = IPC::Open3::open3(my $in, my $out, undef, @command);
    close $in;

    my $text = do { local $/; <$out> } // '';
    waitpid $pid, 0;

    return wantarray ? ($? >> 8, $text) : $? >> 8;
}


# waits for the scanners, unless there are none to come (scanners => 0)

sub start
{
    my ($self, %expect) = @_;

    my ($code, $text) = $self->command;

    die "nginx did not start: $text" . $self->error_log if $code;

    $self->wait_for(sub { $self->pid })
        or die 'no pid file';

    $self->wait_for(sub { $self->error_log =~ /scanner pool ready/ }, 30)
        if $self->{args}{policy} && ($expect{scanners} // 1);

    return $self;
}


sub pid
{
    my ($self) = @_;

    open my $in, '<', "$self->{dir}/logs/nginx.pid" or return;
    my $pid = <$in>;

    return unless defined $pid;
    chomp $pid;

    return $pid || undef;
}


sub signal
{
    my ($self, $signal) = @_;

    kill $signal, $self->pid or die "kill: $!";

    return $self;
}


# the children of a process, as pid => name

sub children
{
    my ($self, $parent) = @_;

    my %children;

    for my $stat (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $stat or next;
        my $line = <$in> // next;
        my ($pid, $name, $state, $ppid) = $line =~ /^(\d+) \((.*)\) (\S) (\d+)/
            or next;

        $children{$pid} = $name if $ppid == $parent && $state ne 'Z';
    }

    return %children;
}


sub workers
{
    my ($self) = @_;

    my %children = $self->children($self->pid);

    # in valgrind the command line is valgrind's

    return grep { $self->title($_) =~ /worker process|valgrind/ }
           sort { $a <=> $b } keys %children;
}


sub title
{
    my ($self, $pid) = @_;

    open my $in, '<', "/proc/$pid/cmdline" or return '';
    local $/;

    return <$in> // '';
}


# the companion's processes of this server: pid => command line

sub companions
{
    my ($self) = @_;

    my %found;

    for my $exe (glob '/proc/[0-9]*/exe') {
        my $target = readlink $exe or next;
        my ($pid) = $exe =~ /(\d+)/;

        $found{$pid} = $self->title($pid)
            if $target eq $self->{helper} && -e "/proc/$pid";
    }

    return %found;
}


# the supervisor is the one whose parent is no companion

sub supervisor
{
    my ($self) = @_;

    my %all = $self->companions;

    for my $pid (keys %all) {
        open my $in, '<', "/proc/$pid/stat" or next;
        my ($state, $ppid) = (<$in> // '') =~ /\) (\S) (\d+)/ or next;

        return $pid if !$all{$ppid} && $state ne 'Z';
    }

    return;
}


# KB of memory that is no file, of these processes

sub memory
{
    my ($self, @pids) = @_;

    my $sum = 0;

    for my $pid (@pids) {
        open my $in, '<', "/proc/$pid/smaps_rollup" or next;

        while (<$in>) {
            $sum += $1 if /^Anonymous:\s+(\d+) kB/;
        }
    }

    return $sum;
}


# the same of each kind of process, and the master's descriptors

sub footprint
{
    my ($self) = @_;

    my $pid = $self->pid;
    my %companions = $self->companions;
    my @fds = glob "/proc/$pid/fd/*";

    return {
        master      => $self->memory($pid),
        workers     => $self->memory($self->workers),
        companions  => $self->memory(keys %companions),
        descriptors => scalar @fds,
    };
}


# KB that so many processes may keep of what they have freed, where memory is
# checked

sub kept
{
    my ($processes) = @_;

    return $processes * ($ENV{SCREEN_KEPT} || 0);
}


sub footprint_text
{
    my ($print) = @_;

    return join ', ', map { "$_ $print->{$_}" . (/desc/ ? '' : ' KB') }
                      sort keys %$print;
}


sub url
{
    my ($self, $path) = @_;

    my $scheme = $ScreenHttp::Version == 3 ? 'https' : 'http';

    return "$scheme://127.0.0.1:$self->{port}$path";
}


# status, body and response headers of one curl, over what SCREEN_HTTP says

sub curl
{
    my ($self, @args) = @_;

    return $self->curl_stdin('/dev/null', @args);
}


# the same with a file as standard input, for "-T -"

sub curl_stdin
{
    my ($self, $input, @args) = @_;

    my $dir = File::Temp::tempdir(CLEANUP => 1);

    open my $stdin, '<:raw', $input or die "$input: $!";

    unshift @args, $ScreenHttp::Version == 2 ? $self->http2
                   : $ScreenHttp::Version == 3 ? qw( --http3-only -k ) : ();

    my $pid = IPC::Open3::open3('<&' . fileno $stdin, my $out, undef,
                                'curl', '-sS', '--max-time', '120', '-o',
                                "$dir/body", '-D', "$dir/headers", '-w',
                                '%{http_code}', @args);
    close $stdin;

    my $status = do { local $/; <$out> } // '';
    waitpid $pid, 0;

    my @parts;

    for my $name (qw( headers body )) {
        open my $file, '<:raw', "$dir/$name" or do { push @parts, ''; next };
        local $/;
        push @parts, <$file> // '';
    }

    return ($status, $parts[1], $parts[0]);
}


# for curl: HTTP/2, whatever else is spoken, unless that is HTTP/3

sub http2
{
    my ($self) = @_;

    return () if $ScreenHttp::Version == 3;

    return ('--http2-prior-knowledge', '--unix-socket',
            "$self->{dir}/http2.sock");
}


# where the upstream stored the body, from a response's headers

sub stored
{
    my ($self, $headers) = @_;

    return $headers =~ /^X-Stored: (.+?)\r$/mi ? $1 : undef;
}


sub log_text
{
    my ($self, $name) = @_;

    open my $in, '<', "$self->{dir}/logs/$name" or return '';
    local $/;

    return <$in> // '';
}


sub error_log { $_[0]->log_text('error.log') }
sub access_log { $_[0]->log_text('access.log') }


# the lines of all error logs that nobody wants to see

sub alerts
{
    my ($self) = @_;

    return join '', map { "$_\n" }
           grep { /\[(?:alert|crit|emerg)\]/ }
           map { split /\n/, $self->log_text($_) }
           map { s{.*/}{}r } sort glob "$self->{dir}/logs/error.log*";
}


# true as soon as the condition is, within the seconds (5), of which there are
# SCREEN_SLOW times as many where everything is slow

sub wait_for
{
    my ($self, $condition, $seconds) = @_;

    my $end = Time::HiRes::time() + ($seconds // 5) * ($ENV{SCREEN_SLOW} || 1);

    while (Time::HiRes::time() < $end) {
        my $value = $condition->();

        return $value if $value;

        Time::HiRes::sleep(0.02);
    }

    return;
}


sub stop
{
    my ($self) = @_;

    my $pid = $self->pid;

    if ($pid && kill 0, $pid) {
        kill 'TERM', $pid;
        $self->wait_for(sub { !kill 0, $pid }, 10) or kill 'KILL', $pid;
    }

    # they end after the last process of nginx, however that ended

    $self->wait_for(sub { my %left = $self->companions; !%left }, 10);

    my %left = $self->companions;

    kill 'KILL', keys %left if %left;

    return scalar keys %left;
}


sub DESTROY
{
    my ($self) = @_;

    return unless $self->{owner} == $$;

    local ($?, $@, $!);

    $self->stop;
    File::Path::remove_tree($self->{dir}) unless $ENV{SCREEN_KEEP};
}

1;
