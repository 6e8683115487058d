#!/usr/bin/perl

# A rejected body reaches nobody: by none of the ways that lead from a reject
# to a backend does a byte of it arrive, nor a length, nor the name of its
# file.  The backends write down what they receive.

use strict;
use warnings;

use lib 't/lib';
use ScreenClient;
use ScreenPeer;
use ScreenServer;
use Test::More;

my @kinds = qw( http fastcgi uwsgi scgi );
my $secret = 'SECRET-BODY-';

# how the request gets to the backend after its reject

my %ways = (
    'error_page @named'        => 'error_page 403 413 @KIND;',
    'error_page =200 @named'   => 'error_page 403 413 =200 @KIND;',
    'error_page /uri'          => 'error_page 403 413 /back/KIND;',
    'error_page = /uri'        => 'error_page 403 413 = /back/KIND;',
    'error_page, buffering off, @named'
                               => 'error_page 403 413 @KIND;
                                   UNBUFFERED_request_buffering off;',
    'recursive_error_pages'    => 'error_page 403 413 /again/KIND;
                                   recursive_error_pages on;',
    'post_action'              => 'post_action /back/KIND;',
    'error_page to another way'
                               => 'error_page 403 413 @other-KIND;',
);

my @ways = sort keys %ways;

# ways that a passing upload takes: a rejected one must not

my %none = (
    'the location itself'      => 'PASS;',
    'try_files @named'         => 'try_files /none @KIND;',
    'mirror'                   => 'mirror /mirror/KIND; try_files "" @ok;',
    'a post-processing proxy'  => 'PASS; error_page 502 503 @KIND;',
);

my @none = sort keys %none;

# limits of nginx's own that end the body in the middle

my %broken = (
    'client_max_body_size'     => 'client_max_body_size 100;
                                   error_page 413 @KIND;',
    'client_max_body_size, /uri'
                               => 'client_max_body_size 100;
                                   error_page 413 /back/KIND;',
);

my @broken = sort keys %broken;

my $server = ScreenServer->new(
    stopped => 1,
    policy  => <<'CONF',
match filename ~ php       reject;
match content ~ "evil$"    reject;
match field = file size>9m  reject;
max_size 10m;
CONF
);

my $dir = $server->{dir};
my $peer = ScreenPeer->new($dir);

$server->configure(server => locations());
$server->start;

# a body that is larger than a socket's and nginx's buffers

my %bodies = (
    small => $server->write('small', "$secret evil"),
    large => $server->write('large', ("$secret\n" x 40000) . ' evil'),
    good  => $server->write('good', "$secret good"),
);

my @transports = ('HTTP/1.1', 'HTTP/1.1 chunked', 'HTTP/2',
                  'HTTP/2 without a length');
@transports = ('HTTP/3', 'HTTP/3 without a length')
    if $ScreenHttp::Version == 3;

my $tag = 0;

controls($_) for @kinds;
rejects($_) for @kinds;

$peer->stop;
is($server->stop, 0, 'no process is left');
unlike($server->error_log, qr/\[(alert|crit|emerg)\]/, 'no alert in the log');

done_testing();


# the same number for the same way in each location

sub locations
{
    my $conf = "location \@ok { return 200 ok; }\n";

    for my $kind (@kinds) {
        my $pass = backend($kind);

        $conf .= "location \@$kind { $pass }\n"
                 . "location \@other-$kind { screen off; $pass }\n"
                 . "location /back/$kind { internal; $pass }\n"
                 . "location /sentinel/$kind { $pass }\n"
                 . "location /mirror/$kind { internal; $pass }\n"
                 . "location /again/$kind { internal; error_page 403 \@$kind;"
                 . " recursive_error_pages on; return 403; }\n";

        my $n = 0;

        for my $way (@ways{@ways}, @none{@none}, @broken{@broken}) {
            (my $text = $way) =~ s/KIND/$kind/g;

            my $unbuffered = $kind eq 'http' ? 'proxy' : $kind;

            $text =~ s/PASS;/$pass/;
            $text =~ s/UNBUFFERED/$unbuffered/;
            $text .= "try_files '' \@$kind;" unless $text =~ /_pass|try_files/;

            $conf .= "location /$n/$kind/ { screen test; $text }\n";
            $n++;
        }
    }

    return $conf;
}


sub backend
{
    my ($kind) = @_;

    my $socket = "unix:$dir/$kind.sock";

    return "proxy_pass http://$socket;
            proxy_set_header X-Body \$request_body;
            proxy_set_header X-File \$request_body_file;" if $kind eq 'http';

    return "${kind}_pass $socket;
            ${kind}_param CONTENT_LENGTH \$content_length;
            ${kind}_param HTTP_X_BODY \$request_body;
            ${kind}_param HTTP_X_FILE \$request_body_file;"
        if $kind ne 'scgi';

    return "scgi_pass $socket;
            scgi_param HTTP_X_BODY \$request_body;
            scgi_param HTTP_X_FILE \$request_body_file;";
}


# [ path, name of a body ] ... in; adds a tag, the status and the text of the
# answer to each

sub upload
{
    my ($transport, @uploads) = @_;

    $_->[2] = 'tag-' . $tag++ for @uploads;

    if ($transport =~ /HTTP.3/) {
        for my $upload (@uploads) {
            my $file = $bodies{$upload->[1]};
            my @body = $transport =~ /without/ ? ('-T', '-')
                                               : ('--data-binary', "\@$file");

            @$upload[3, 4] = $server->curl_stdin($file, '-X', 'PUT', '-H',
                "X-Tag: $upload->[2]", @body, $server->url($upload->[0]));
        }

        return;
    }

    if ($transport =~ /HTTP.2/) {
        for my $upload (@uploads) {
            my ($answer) = ScreenClient::http2("$dir/http2.sock", {
                path      => $upload->[0],
                headers   => { 'x-tag' => $upload->[2] },
                body      => ScreenClient::contents($bodies{$upload->[1]}),
                no_length => scalar($transport =~ /without/),
            });

            @$upload[3, 4] = @$answer;
        }

        return;
    }

    for my $upload (@uploads) {
        my $body = ScreenClient::contents($bodies{$upload->[1]});

        my ($answer) = ScreenClient::responses(ScreenClient::exchange(
            $server->{port},
            "PUT $upload->[0] HTTP/1.1\r\nHost: localhost\r\n"
            . "X-Tag: $upload->[2]\r\nConnection: close\r\n"
            . ($transport =~ /chunked/
               ? "Transfer-Encoding: chunked\r\n\r\n"
                 . ScreenClient::chunks($body =~ /(.{1,9999})/gs)
               : 'Content-Length: ' . length($body) . "\r\n\r\n$body")));

        @$upload[3, 4] = @$answer[0, 2];
    }
}


# what the backend has seen up to now, by tag

sub seen
{
    my ($kind) = @_;

    my $id = 'tag-' . $tag++;
    my %seen;

    ScreenClient::exchange($server->{port},
        "GET /sentinel/$kind HTTP/1.1\r\nHost: localhost\r\n"
        . "X-Tag: $id\r\nConnection: close\r\n\r\n");

    $server->wait_for(sub {
        for my $connection ($peer->seen) {
            my ($kind, $data) = @$connection;

            my $request = ScreenPeer::request($kind, $data);
            $request->{data} = $data;
            $request->{$_} = header($request, $_) for qw( X-Tag X-Body X-File
                Content-Length Transfer-Encoding );

            $seen{ $request->{'X-Tag'} } = $request;
        }

        return $seen{$id};
    }, 30) or die "the $kind backend has not seen the sentinel";

    return \%seen;
}


sub header
{
    my ($request, $name) = @_;

    my $vars = $request->{vars};

    (my $cgi = uc $name) =~ tr/-/_/;

    return $vars->{lc $name} // $vars->{"HTTP_$cgi"} // $vars->{$cgi} // '';
}


# the same ways let a good body through: the backends would see a bad one

sub controls
{
    my ($kind) = @_;

    my (@sent, @wrong);

    for my $transport (@transports) {
        my @uploads = map { [ "/$_/$kind/x.txt", 'good' ] }
                      grep { $none[$_ - @ways] ne 'mirror' }
                      map { @ways + $_ } 0 .. $#none;

        upload($transport, @uploads);
        push @sent, @uploads;
    }

    my $seen = seen($kind);

    for my $upload (@sent) {
        push @wrong, $upload->[0]
            unless $seen->{$upload->[2]}
                   && $seen->{$upload->[2]}{body} eq "$secret good";
    }

    is_deeply(\@wrong, [], "$kind: a good body arrives");
}


sub rejects
{
    my ($kind) = @_;

    my @names = (@ways, @none, @broken);

    for my $transport (@transports) {
        my (%reach, %none, @wrong, @uploads);

        for my $n (0 .. $#ways + @none) {
            push @uploads, map { [ "/$n/$kind/$_->[0]", $_->[1] ] }
                           [ 'x.php', 'small' ], [ 'x.php', 'large' ],
                           [ 'x.txt', 'small' ], [ 'x.txt', 'large' ];
        }

        # with a declared length these are nginx's own, before any screening

        if ($transport =~ /chunked|without/) {
            push @uploads, map { [ "/$_/$kind/x.txt", 'large' ] }
                           @ways + @none .. $#names;
        }

        upload($transport, @uploads);

        for my $upload (@uploads) {
            my ($path, $body, $id, $status, $text) = @$upload;

            my ($n) = $path =~ /(\d+)/;
            my $to_backend = $n < @ways || $n >= @ways + @none;
            my $expected = $to_backend && $names[$n] ne 'post_action'
                           ? '^peer$' : 'reference';

            ($to_backend ? \%reach : \%none)->{$id}
                = "$names[$n], $path, $body";

            push @wrong, "$names[$n], $path, $body: $status $text"
                unless $text =~ /$expected/;
        }

        is_deeply(\@wrong, [], "$kind, $transport: the answers are right");

        check("$kind, $transport", seen($kind), \%reach, \%none);
    }
}


sub check
{
    my ($name, $seen, $reach, $none) = @_;

    my (@missing, @body, @length, @variables, @connected);

    for my $id (sort keys %$reach) {
        my $request = $seen->{$id};

        if (!$request) {
            push @missing, $reach->{$id};
            next;
        }

        push @body, $reach->{$id}
            if length $request->{body}
               || index($request->{data}, $secret) >= 0;
        push @length, $reach->{$id}
            if $request->{'Content-Length'}
               || $name !~ /HTTP/ && $request->{'Transfer-Encoding'};
        push @variables, $reach->{$id}
            if length $request->{'X-Body'} || length $request->{'X-File'};
    }

    for my $id (sort keys %$none) {
        push @connected, $none->{$id} if $seen->{$id};
    }

    is_deeply(\@missing, [], "$name: a reject can be answered by the backend");
    is_deeply(\@body, [], "$name: no byte of a rejected body arrives there");
    is_deeply(\@length, [], "$name: nor a length of it");
    is_deeply(\@variables, [], "$name: \$request_body and its file are empty");
    is_deeply(\@connected, [],
              "$name: without an error page nobody is even asked");
}
