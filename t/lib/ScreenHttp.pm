package ScreenHttp;

# Which HTTP a run of the tests speaks: SCREEN_HTTP is 1 (the default), 2 or
# 3.  Clients are curl for 2 and 3; what a test sends byte for byte stays
# HTTP/1.1.

use strict;
use warnings;

use File::Temp ();

our $Version = $ENV{SCREEN_HTTP} || 1;

die "SCREEN_HTTP is \"$Version\": 1, 2 or 3 expected\n"
    unless $Version =~ /\A[123]\z/;

my $dir;


sub name { return $Version == 1 ? 'HTTP/1.1' : "HTTP/$Version" }


# Whether the nginx to be tested and curl both speak HTTP/3.  A curl that does
# it by OpenSSL's QUIC (Debian 13) loses the answer when the server wants no
# more of the body.

sub available
{
    my $nginx = $ENV{TEST_NGINX_BINARY} || '/usr/sbin/nginx';

    return `$nginx -V 2>&1` =~ /--with-http_v3_module/
           && `curl --version` =~ m{\bngtcp2/.*^Features:.* HTTP3\b}ms;
}


# paths of a certificate and its key, for HTTP/3: workers need not read them

sub certificate
{
    if (!$dir) {
        $dir = File::Temp::tempdir('ngx-screen-http-XXXXXX', TMPDIR => 1,
                                   CLEANUP => 1);

        system("openssl req -x509 -newkey ec -pkeyopt "
               . "ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "
               . "/CN=localhost -keyout $dir/key.pem -out $dir/cert.pem "
               . "2>/dev/null") == 0
            or die 'openssl made no certificate';
    }

    return ("$dir/cert.pem", "$dir/key.pem");
}


# what a server {} block needs beyond its other listeners

sub listen_quic
{
    my ($address) = @_;

    my ($cert, $key) = certificate();

    return "listen $address quic reuseport;\n"
           . "ssl_certificate $cert;\nssl_certificate_key $key;\n";
}


# A curl before 8.0 takes the end of a stream that comes before it has sent
# all of its body for an error, even of "return 451" with no module at all:
# 94 of 100 such answers of nginx on a busy machine.

my ($curl) = `curl --version` =~ /^curl (\d+)/;

sub loses_early_answers { return $Version == 2 && $curl && $curl < 8 }


# Test::Nginx has both modes, but for its own environment.  A request given
# byte for byte has had its run over HTTP/1.1, and has it again; so has one of
# an "early_answer", before the body, when curl may lose that.

sub prepare
{
    my ($block) = @_;

    return if $Version == 1;

    # the "http2" directive came with 1.25.1, later than Test::Nginx thinks

    $Test::Nginx::Util::NginxVersion = 1.019008
        if ($Test::Nginx::Util::NginxVersion // 0) < 1.025001;

    if (defined $block->raw_request || defined $block->pipelined_requests
        || defined $block->early_answer && loses_early_answers())
    {
        $block->set_value("no_http$Version", '');
    }
}


sub import
{
    return if $Version == 1 || !$INC{'Test/Nginx/Util.pm'};

    # of one curl, which has to start first; nginx 1.22 would take as long to
    # quit after HTTP/2

    $Test::Nginx::Util::Timeout = 20;
    $ENV{TEST_NGINX_FAST_SHUTDOWN} = 1;

    if ($Version == 2) {
        $Test::Nginx::Util::UseHttp2 = 1;
        return;
    }

    my ($cert, $key) = certificate();

    $Test::Nginx::Util::UseHttp3 = 1;
    $Test::Nginx::Util::QuicIdleTimeout = 10;
    $Test::Nginx::Util::WorkerConnections = 1024;
    $Test::Nginx::Util::Http3SSLCrt = $cert;
    $Test::Nginx::Util::Http3SSLCrtKey = $key;
}

1;
