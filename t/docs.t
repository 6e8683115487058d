# Every example in README.md and docs/ is run: nginx's through "nginx -t", and
# its policies through "ngx-screen check" as well; commands are really given,
# against a real Redis and a real quarantine; JSON is read.
#
# What a fence's info string says:
#
#     ```nginx              fragments go where their directives belong
#     ```sh                 must end with 0
#     ```sh exit=2          must end with 2
#     ```sh not run: why    a skipped test that tells why; few are allowed
#     ```redis              what redis-cli is fed with
#     ```json, ```text      a value of JSON; nothing to run

use strict;
use warnings;

use Cwd ();
use File::Path ();
use IPC::Open3 ();
use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenCommand;
use ScreenFile qw( slurp );
use ScreenMedia;
use ScreenRedis;
use ScreenServer;

plan skip_all => 'examples ask for likenesses, and ' . ScreenMedia::missing()
    if ScreenMedia::missing();

my $NOT_RUN_MAX = 6;

my $root = Cwd::getcwd();
my $t = ScreenCommand->new;
my $dir = $t->{dir};
my $redis = ScreenRedis->new;


# where a directive belongs, if not at the level of http

my %main = map { $_ => 1 } qw( load_module user worker_processes pid events
                               error_log http worker_rlimit_nofile );
my %policy = map { $_ => 1 } qw( methods max_size multipart yara_rules
                                 yara_slow_rules pattern_limits match media
                                 on_error );
my %server = map { $_ => 1 } qw( location proxy_pass proxy_set_header
                                 screen screen_mode );


sub examples
{
    my ($file) = @_;

    my (@found, $open);
    my $n = 0;

    for my $line (split /\n/, slurp($file)) {
        $n++;

        if (!$open && $line =~ /^```(\w*)\s*(.*?)\s*$/) {
            $open = { file => $file, line => $n, kind => $1, how => $2,
                      text => '' };

        } elsif ($open && $line =~ /^```\s*$/) {
            push @found, $open;
            undef $open;

        } elsif ($open) {
            $open->{text} .= "$line\n";
        }
    }

    die "$file:$open->{line}: a fence without an end" if $open;

    return @found;
}


# the files that examples name

sub prepare
{
    system('mkdir', '-p', map { "$dir/$_" } qw( etc/nginx var/lib/nginx
           var/log/nginx run bin work logs srv/rules usr/local/bin )) == 0
        or die;
    system('cp', '-R', 'examples/screen', "$dir/etc/nginx/screen") == 0
        or die;
    ScreenServer::install($ScreenCommand::Screen,
                          "$dir/usr/local/bin/ngx-screen");

    $t->put('etc/nginx/screen/uploads.policy',
            moved(slurp('examples/screen/uploads.policy')));

    my $digest = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0'
                 . 'f00a08';
    my $list = "signal,value,label\nsha256,$digest,case 4711\n";

    $t->put("etc/nginx/screen/$_", $list) for qw( partner.csv appeals.csv );
    $t->put('etc/nginx/redis.password', "secret\n");
    $t->put('etc/nginx/mime.types', "types { text/plain txt; }\n");
    $t->put('srv/rules/public/a.yar', 'rule a { condition: false }');

    $t->put("work/$_", $list) for qw( partner.csv known-bad.csv );
    $t->put("work/page-$_.json", qq({"data":[{"indicator":"$digest","type":)
            . '"HASH_SHA256","should_delete":true}]}') for 1, 2;
    $t->put('work/ncmec.xml', '<queryResult><images/></queryResult>');
    $t->put('work/poster.jpg', slurp('t/data/media/base.jpg'));
    $t->put('work/clip.mp4', slurp('t/data/media/clip.mp4'));
    $t->put('work/suspicious.pdf', "%PDF-1.4\nnothing\n");
    $t->put('work/incoming/a.txt', "plain\n");
    $t->put('work/incoming/b/c.txt', "plain, too\n");
    $t->put('work/request.body',
            "--X\r\nContent-Disposition: form-data; name=\"file\"; "
            . "filename=\"a.txt\"\r\n\r\nplain\r\n--X--\r\n");

    my ($event) = grep { $_->{kind} eq 'json' } examples('docs/events.md');
    my $line = JSON::PP->new->canonical->encode(decode_json($event->{text}));

    $t->put('work/events.log', "$line\n");

    my $kept = '8f43a0' . '0' x 58;
    $t->put("var/lib/nginx/screen-quarantine/$kept", 'x');
    $t->put("var/lib/nginx/screen-quarantine/$kept.json", "$line\n");
    $t->put('var/lib/nginx/screen-quarantine/.lock', '');

    # the configuration that commands speak of is the one of README.md

    my ($readme) = grep { $_->{kind} eq 'nginx' } examples('README.md');
    $t->put('etc/nginx/nginx.conf', configuration($readme));

    # commands by their names; those that would reach the system's nginx or
    # Redis reach this test's

    my $port = $redis->{port};

    symlink $ScreenCommand::Screen, "$dir/bin/ngx-screen" or die $!;
    $t->put('bin/redis-cli', "#!/bin/sh\nexec /usr/bin/redis-cli -p $port "
            . "\"\$@\"\n");
    $t->put('bin/nginx', "#!/bin/sh\n"
            . "case \" \$* \" in\n"
            . "    *\" -c \"*) ;;\n"
            . "    *) set -- -c $dir/etc/nginx/nginx.conf \"\$@\" ;;\n"
            . "esac\n"
            . "exec $ScreenServer::Nginx -p $dir/ -e $dir/logs/error.log "
            . "\"\$@\"\n");
    chmod 0755, "$dir/bin/redis-cli", "$dir/bin/nginx";
}


# the machine's places become this test's

sub moved
{
    my ($text) = @_;

    $text =~ s{(?<![\w/.-])/(etc/nginx|var/lib/nginx|var/log/nginx|run
                             |srv|usr/local/bin)\b}{$dir/$1}gx;
    $text =~ s{\b127\.0\.0\.1:6379\b}{127.0.0.1:$redis->{port}}g;
    $text =~ s{\b\w+\.example\b(?=[:\s;])}{127.0.0.1}g;
    $text =~ s{\bmodules/(ngx_http_screen_module\.so)}{$ScreenServer::Module}g;

    return $text;
}


# the statements at the top of a fragment: [name, text]

sub statements
{
    my ($text) = @_;

    my @found;

    while ($text =~ /\S/) {
        $text =~ s/\A(?:\s+|#[^\n]*\n)+//;
        last if $text eq '';

        $text =~ m{\A(\w+)((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^;\{"'])*)
                   (;|(?<block>\{(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'
                      |\#[^\n]*|[^\{\}"'\#]|(?&block))*\}))}x
            or return;

        push @found, [ $1, $& ];
        $text = substr $text, length $&;
    }

    return @found;
}


# what fragments need that other fragments have

sub missing
{
    my ($text) = @_;

    my $more = '';
    my (%bank, %named);

    $named{uploads} = 1 if $text =~ m{include\s+\S+/screen/\*\.policy};
    $bank{$1} = 1 while $text =~ /\bscreen_bank\s+(\S+)/g;
    $named{$1} = 1 while $text =~ /\bscreen_policy\s+(\S+)/g;

    for my $name ($text =~ /\bbank=([\w-]+)/g) {
        $more .= "screen_bank $name file=$dir/work/partner.csv;\n"
            unless $bank{$name}++;
    }

    my @used = ($text =~ /^\s*(?:location[^\n]*\{\s*)?screen\s+([\w-]+);/mg,
                $text =~ /(?:%|\*)\s+(uploads[\w-]*);/g);

    for my $name (@used) {
        $more .= "screen_policy $name { }\n"
            unless $name eq 'off' || $named{$name}++;
    }

    $more .= "screen_redis 127.0.0.1:$redis->{port};\n"
        if $text =~ /\bredis\b|screen_event_stream|screen_shared_reports/
           && $text !~ /screen_redis\s/;
    $more .= "screen_zone docs:1m;\n"
        if $text =~ /screen_shared_reports|screen_status/
           && $text !~ /screen_zone\s/;
    $more .= "screen_policy docs { }\n"
        if $text =~ /screen_status/ && !%named && !@used;
    $more .= "screen_quarantine_path $dir/var/lib/nginx/screen-quarantine;\n"
        if $text =~ /\bquarantine\b/ && $text !~ /screen_quarantine_path\s/;
    $more .= "upstream app { server 127.0.0.1:9; }\n"
        if $text =~ m{http://app\b} && $text !~ /upstream\s+app/;

    return $more;
}


sub with_rules
{
    my ($text) = @_;

    return $text !~ /\bmatch[^;]*\byara\b/ || $text =~ /yara_rules/ ? $text
           : "yara_rules $dir/etc/nginx/screen/yara;\n$text";
}


# a whole configuration of an example

sub configuration
{
    my ($example) = @_;

    my $text = moved($example->{text});

    # nothing listens: the machine's ports are not the test's

    my $socket = "listen unix:$dir/run/http.sock;";
    $text =~ s/\blisten\s+[^;]+;//g;
    $text =~ s/(\bserver\s*\{)/$1 $socket/g;
    $text =~ s/(\bscreen_policy\s+\S+\s*)(\{(?:"(?:\\.|[^"\\])*"|[^{}"])*\})/
               $1 . '{ ' . with_rules(substr $2, 1)/ge;

    my %level = map { $_ => '' } qw( main http server policy );

    for my $statement (statements($text)) {
        my ($name, $code) = @$statement;

        my $where = $main{$name} ? 'main' : $policy{$name} ? 'policy'
                    : $server{$name} ? 'server' : 'http';

        $where = 'main' if $name eq 'include' && $code =~ /modules-enabled/;
        $level{$where} .= "$code\n";
    }

    die "$example->{file}:$example->{line}: what is this?"
        unless join('', values %level) =~ /\S/;

    $level{policy} = "screen_policy of_docs {\n" . with_rules($level{policy})
                     . "}\n" if $level{policy};
    $level{server} = "server { $socket\n$level{server}}\n" if $level{server};

    my $inner = "screen_helper $dir/usr/local/bin/ngx-screen;\n";
    $inner = '' if $text =~ /screen_helper\s/;
    $inner .= missing($text);

    $inner .= "${_}_temp_path $dir/run/$_;\n"
        for qw( client_body proxy fastcgi uwsgi scgi );
    $inner .= "access_log off;\n" unless $text =~ /access_log\s/;

    my $main = $level{main};
    $main = "load_module $ScreenServer::Module;\n$main"
        unless $main =~ /load_module/;
    $main .= "pid $dir/run/docs.pid;\n" unless $main =~ /^pid\s/m;
    $main .= "events { }\n" unless $main =~ /^events\b/m;

    if ($main =~ /^http\b/m) {
        $main =~ s/^(http\s*\{)/$1\n$inner/m;

    } else {
        $main .= "http {\n$inner$level{http}$level{policy}$level{server}}\n";
    }

    return $main;
}


sub run_nginx
{
    my ($example) = @_;

    my $name = "$example->{file}:$example->{line}";
    my $conf = configuration($example);
    my $path = $t->put('etc/nginx/example.conf', $conf);

    my $text = `timeout 60 $dir/bin/nginx -c $path -t 2>&1`;

    is $? >> 8, 0, "$name: nginx -t" or diag $text, $conf;

    return unless $conf =~ /\bscreen_policy\b|\.policy;/;

    my ($rc, $out, $err) = $t->run('check', $path);

    is $rc, 0, "$name: ngx-screen check" or diag $err, $conf;
}


sub run_sh
{
    my ($example, $exit) = @_;

    my $script = $t->put('script', "set -eu\ncd $dir/work\n"
                         . moved($example->{text}));

    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";

    my $text = `timeout 60 sh $script 2>&1 </dev/null`;

    is $? >> 8, $exit, "$example->{file}:$example->{line}: ends with $exit"
        or diag $text;
}


sub run_redis
{
    my ($example) = @_;

    my $name = "$example->{file}:$example->{line}";
    my @commands = grep { /\S/ } split /\n/, $example->{text};
    my $text = $redis->cli_input($example->{text});

    unlike $text, qr/^\(?err|^ERR|^WRONG|^NO/im, "$name: Redis takes it"
        or diag $text;
    cmp_ok scalar(split /\n/, $text), '>=', scalar @commands,
        "$name: and answers each command" or diag $text;
}


prepare();

my @all = map { examples($_) } 'README.md', sort glob 'docs/*.md';
my $not_run = 0;

cmp_ok scalar @all, '>=', 60, 'there are examples';

for my $example (@all) {
    my ($kind, $how) = @$example{qw( kind how )};
    my $name = "$example->{file}:$example->{line}";

    if ($how =~ /^not run: (\S.*)/) {
        $not_run++;

        SKIP: {
            skip "$name is not run: $1", 1;
        }

    } elsif ($kind eq 'nginx' && $how eq '') {
        run_nginx($example);

    } elsif ($kind eq 'sh' && $how =~ /^(?:exit=(\d))?$/) {
        run_sh($example, $1 // 0);

    } elsif ($kind eq 'redis' && $how eq '') {
        run_redis($example);

    } elsif ($kind eq 'json' && $how eq '') {
        ok eval { decode_json($example->{text}) }, "$name: JSON"
            or diag $@;

    } elsif ($kind eq 'text' && $how eq '') {
        next;

    } else {
        fail "$name: \"$kind $how\" is no kind of example";
    }
}

cmp_ok $not_run, '<=', $NOT_RUN_MAX, 'nearly all of them are run';


# what the sources can log is explained: of each message the longest piece
# that does not change

sub messages
{
    my ($source) = @_;

    my $literal = qr/"(?:\\.|[^"\\])*"/;
    my @found;

    while ($source =~ /\b(?:ngx_log_error|screen_log|screen_keeper_log
                           |screen_replica_log|screen_replica_trouble
                           |ngx_http_screen_redis_node_fail)
                       \(((?:$literal|[^;\{"])*?)\);/gx)
    {
        my $words = $1;

        next if $words =~ /NGX_LOG_DEBUG/ || $words !~ /((?:$literal\s*)+)/;

        my $format = join '', map { s/\A"|"\z//gr =~ s/\\"/"/gr }
                              $1 =~ /$literal/g;

        my ($longest) = sort { length $b <=> length $a }
                        split /%(?:\.?\*|\.\d+)?(?:ll|uL|u|z)?[a-zA-Z]/,
                        $format;
        $longest = '' unless defined $longest;
        $longest =~ s/\A\s+|(?:\s+in)?\s*\z//g;

        push @found, $longest if $longest =~ /[a-z]{4}.*\w/;
    }

    return @found;
}

my $operations = slurp('docs/operations.md');
my %explained;

for my $source (glob 'ngx_http_screen_module/{edge,scanner,bank}/*.c') {
    for my $message (messages(slurp($source))) {
        next if $explained{$message}++;

        ok index($operations, $message) >= 0,
            "docs/operations.md explains \"$message\"";
    }
}

cmp_ok scalar keys %explained, '>=', 60, 'there are messages to explain';


# what README.md and the documents point to is there

for my $file ('README.md', glob 'docs/*.md') {
    my ($folder) = $file =~ m{^(.*/)?};

    for my $link (slurp($file) =~ /\]\(([^)\s]+)\)/g) {
        next if $link =~ /^https?:/;

        my ($path, $anchor) = split /#/, $link, 2;
        my $to = $path eq '' ? $file : ($folder // '') . $path;

        ok -e $to, "$file: $link is there" or next;
        next unless defined $anchor;

        my %anchors = map { my $h = lc; $h =~ s/[^\w\s-]//g; $h =~ s/\s/-/g;
                            ($h => 1) }
                      slurp($to) =~ /^#+\s+(.*?)\s*$/mg;

        ok $anchors{$anchor}, "$file: $link has its heading";
    }
}

for my $doc (glob('docs/*.md'), glob('docs/*.1')) {
    ok slurp('README.md') =~ /\(\Q$doc\E\)/, "README.md points to $doc";
}

done_testing();
