# What real clients send is never ambiguous, and is taken apart as they meant
# it.  t/data/multipart/README.md tells where the bodies come from.

use Test::Nginx::Socket 'no_plan';
use ScreenTest;
use ScreenUploads;
use ScreenBodies;

our @Names = ScreenBodies::names('');


sub files
{
    return ScreenBodies::files(split /\n/,
                               ScreenBodies::slurp("$_[0].parts"));
}


no_shuffle();
run_tests();

__DATA__

=== TEST 1: bodies of real clients pass in strict mode
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart  strict;
on_error   framing=reject=400;
--- config eval
ScreenUploads::config('$uri $screen_verdict|$screen_reason|$screen_matches|$screen_files', '')
--- request eval
[ map { ScreenBodies::request($_) } @main::Names ]
--- more_headers eval
[ map { ScreenBodies::headers($_) } @main::Names ]
--- error_code eval
[ map { 200 } @main::Names ]
--- response_body eval
[ map { "/upload/$_ pass|||" . main::files($_) . "\n" } @main::Names ]



=== TEST 2: the digest of each of their parts is that of its content
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match size>=0  log;
--- config eval
ScreenUploads::config('$uri $screen_sha256', '')
--- request eval
[ map { ScreenBodies::request($_) } @main::Names ]
--- more_headers eval
[ map { ScreenBodies::headers($_) } @main::Names ]
--- error_code eval
[ map { 200 } @main::Names ]
--- response_body eval
[ map { "/upload/$_ " . CORE::join(',', ScreenBodies::digests($_)) . "\n" } @main::Names ]



=== TEST 3: the fields of their parts are those of the form
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- http_config eval
my %fields;

for my $name (@main::Names) {
    $fields{(split /\t/)[0]} = 1
        for split /\n/, ScreenBodies::slurp("$name.parts");
}

delete $fields{''};

"screen_policy fields {\n" . CORE::join('', map {
    s/\\(.)/$1 eq 'r' ? "\r" : $1 eq 'n' ? "\n" : $1/ge;
    s/(["\\])/\\$1/g;
    qq(match field = "$_" log;\n) } sort keys %fields) . "}\n"
--- config eval
(my $config = ScreenUploads::config('$uri $screen_matches', '')) =~ s/screen  test/screen  fields/;
$config
--- request eval
[ map { ScreenBodies::request($_) } @main::Names ]
--- more_headers eval
[ map { ScreenBodies::headers($_) } @main::Names ]
--- error_code eval
[ map { 200 } @main::Names ]
--- response_body eval
[ map { "/upload/$_ " . CORE::join(',', map { 'field' } grep { /^[^\t]/ } split /\n/, ScreenBodies::slurp("$_.parts")) . "\n" } @main::Names ]
