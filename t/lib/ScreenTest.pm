package ScreenTest;

# What the Test::Nginx files of this project share.  A file says
#
#     use Test::Nginx::Socket 'no_plan';     # or a plan
#     use ScreenTest;
#
# and each of its blocks gets screen_helper, screen_path and one scanner in
# its http {} block.  Sections of our own:
#
#     --- policy        the lines of a policy called "test"
#     --- no_screen     leaves http {} alone
#     --- scanners      the parameters of screen_scanners ("1 timeout=5s")
#     --- form          parts of a form, one a line:
#                       name|filename|type|content  (filename and type may be
#                       missing, content has \n, \r, \xHH); gives the request
#                       body and its headers for "--- request"
#
# $TEST_NGINX_HTML stands for the folder of the block's user_files.

use strict;
use warnings;

use Test::Nginx::Socket;
use Test::Nginx::Util qw( $ServRoot );
use ScreenHttp;

our $Boundary = '----ScreenTestBoundary7MA4YWxk';


sub unescape
{
    my ($text) = @_;

    $text =~ s/\\x([0-9a-fA-F]{2})/chr hex $1/ge;
    $text =~ s/\\r/\r/g;
    $text =~ s/\\n/\n/g;

    return $text;
}


sub form
{
    my ($text) = @_;

    my $body = '';

    for my $line (split /\n/, $text) {
        my ($name, $filename, $type, $content) = split /\|/, $line, 4;

        $body .= "--$Boundary\r\n"
                 . "Content-Disposition: form-data; name=\"$name\"";

        $body .= "; filename=\"" . unescape($filename) . '"'
            if defined $filename && length $filename;

        $body .= "\r\nContent-Type: $type"
            if defined $type && length $type;

        $body .= "\r\n\r\n" . unescape($content // '') . "\r\n";
    }

    return $body . "--$Boundary--\r\n";
}


sub prepare
{
    my ($block) = @_;

    ScreenHttp::prepare($block);

    my $html = "$Test::Nginx::Util::ServRoot/html";

    $ENV{TEST_NGINX_HTML} = $html;
    $ENV{TEST_NGINX_ROOT} = $Test::Nginx::Util::ServRoot;

    return if defined $block->no_screen;

    my $scanners = $block->scanners // '1 timeout=5s';
    chomp $scanners;

    # Test::Nginx removes folders with this ending before the next block

    my $http = "screen_helper $ENV{NGX_SCREEN};\n"
               . "screen_path $Test::Nginx::Util::ServRoot/screen_temp;\n"
               . "screen_scanners $scanners;\n"
               . ($block->http_config // '');

    $http .= "screen_policy test {\n" . $block->policy . "\n}\n"
        if defined $block->policy;

    $block->set_value('http_config', $http);

    if (defined $block->form) {
        my $body = form($block->form);
        my $uri = $block->uri // '/upload';
        chomp $uri;

        $block->set_value('request', "POST $uri\n$body");

        $block->set_value('more_headers',
            "Content-Type: multipart/form-data; boundary=$Boundary\n"
            . ($block->more_headers // ''));
    }
}


add_block_preprocessor(\&prepare);

$ENV{NGX_SCREEN} //= 'build/ngx-screen';
$ENV{NGX_SCREEN} = File::Spec->rel2abs($ENV{NGX_SCREEN});

# of a build with sanitizers (make test-asan)

env_to_nginx('ASAN_OPTIONS') if $ENV{ASAN_OPTIONS};

no_long_string();
log_level('info');

1;
