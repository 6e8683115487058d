package ScreenUploads;

# Tables of uploads for Test::Nginx files: what comes out of what went in.
# A file says
#
#     use Test::Nginx::Socket 'no_plan';
#     use ScreenTest;
#     use ScreenUploads;
#
# and has these sections:
#
#     --- uploads       a line for each upload, all in the order given:
#
#                           STATUS VERDICT|REASON|MATCHES <- UPLOAD
#
#                       MATCHES may be left out, and is then not looked at.
#                       UPLOAD is the parts of a form as ScreenTest has them,
#                       with " ++ " between parts, or a raw body:
#
#                           PUT|FILENAME|TYPE|CONTENT
#
#     --- tell          what the answer is made of, if not of the three
#     --- location      more lines for the location
#
# The block's "config" is made here, unless there is one, and so is its
# "response_body", unless there is a "response_body_like".

use strict;
use warnings;

use Test::Nginx::Socket;
use ScreenTest;

our $Echo = '/usr/lib/nginx/modules/ngx_http_echo_module.so';

our $Statuses = '400 401 403 404 406 409 413 415 422 429 451 500 502 503 507';


sub config
{
    my ($tell, $location) = @_;

    return <<"CONF";
location /upload {
    screen  test;
    error_page  $Statuses  \@told;
    client_body_buffer_size  64k;
    $location
    echo  "$tell";
}
location \@told {
    echo  "$tell";
}
CONF
}


# bytes as a table has them

sub bytes
{
    my ($data) = @_;

    $data =~ s/([^ -~]|[\\|])/sprintf '\\x%02x', ord $1/ge;

    return $data;
}


# the request of an upload and the headers that go with it

sub request
{
    my ($upload) = @_;

    if ($upload =~ /^(PUT|POST|PATCH)\|/) {
        my ($method, $name, $type, $content) = split /\|/, $upload, 4;

        $content = ScreenTest::unescape($content // '');

        return ("$method /upload/$name\n$content",
                (length $type ? "Content-Type: $type\n" : '')
                . 'Content-Length: ' . length($content) . "\n");
    }

    my $body = ScreenTest::form(join "\n", split / \+\+ /, $upload);

    return ("POST /upload\n$body",
            "Content-Type: multipart/form-data; "
            . "boundary=$ScreenTest::Boundary\n"
            . 'Content-Length: ' . length($body) . "\n");
}


sub prepare
{
    my ($block) = @_;

    return unless defined $block->uploads;

    my $tell = $block->tell
               // '$screen_verdict|$screen_reason|$screen_matches';
    chomp $tell;

    $block->set_value('main_config', "load_module $Echo;\n"
                                     . ($block->main_config // ''));
    $block->set_value('config', config($tell, $block->location // ''))
        unless defined $block->config;

    my (@requests, @headers, @codes, @bodies);

    for my $line (split /\n/, $block->uploads) {

        next if $line =~ /^\s*(?:#|$)/;

        my ($code, $told, $upload) = $line =~ /^(\d+) (.*?)\s+<- (.*)$/
            or die $block->name . ": no upload: $line";

        my ($request, $header) = request($upload);

        push @requests, $request;
        push @headers, $header . ($block->more_headers // '');
        push @codes, $code;
        push @bodies, $told =~ /\|.*\|/ || defined $block->tell
                      ? "$told\n" : qr/\A\Q$told\E\|/;
    }

    $block->set_value('request', \@requests);
    $block->set_value('more_headers', \@headers);
    $block->set_value('error_code', \@codes);
    $block->set_value('response_body', \@bodies)
        unless defined $block->response_body_like;
}


add_block_preprocessor(\&prepare);

1;
