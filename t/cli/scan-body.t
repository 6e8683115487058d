#!/usr/bin/perl

# ngx-screen scan --raw-body: a captured request body is split as the edge
# would split it, and each part is told of

use strict;
use warnings;

use Digest::SHA qw(sha256_hex);
use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenCommand;

my $t = ScreenCommand->new;

my $eval = '<?' . 'php eval($_POST["x"]); ?' . '>';

$t->put('rules.yar', 'rule php_eval : webshell { strings: $a = "eval($_POST" '
        . 'condition: $a }');
$t->put('known.txt', sha256_hex("known content\n") . "  wave-7\n");
my $policy = $t->put('uploads.policy', <<'END');
screen_bank local file=known.txt;
screen_policy uploads {
    yara_rules rules.yar;
    match bank=local             reject=451;
    match yara tag=webshell      reject;
    match field = title size>20  flag;
    match filename ~ "\.php$"    log;
}
END

my $type = 'multipart/form-data; boundary=cut-here';


sub form {
    my (@parts) = @_;

    return join('', map { "--cut-here\r\nContent-Disposition: form-data; "
                          . "$_->[0]\r\n\r\n$_->[1]\r\n" } @parts)
           . "--cut-here--\r\n";
}


sub scan {
    my ($body, @args) = @_;

    my $file = $t->put('request.body', $body);

    return $t->run('scan', '--policy', $policy, '--raw-body', $file, @args);
}


my ($rc, $out, $err);

# a form

my $clean = form(['name="title"', 'hello'],
                 ['name="file"; filename="a.bin"', "some bytes\n"]);

($rc, $out, $err) = scan($clean, '--content-type', $type);
is $rc, 0, 'a clean form: the exit status is 0';
like $out, qr/request\.body  pass$/m, 'it passes';
like $out, qr/^  part 0  field "title"$/m, 'a text field is a part';
like $out, qr/^  part 1  field "file"  file name "a\.bin"$/m,
    'so is a file, with its name';
like $out, qr/\Q@{[sha256_hex "some bytes\n"]}\E/, 'the digest is the part\'s';
unlike $out, qr/\Q@{[sha256_hex $clean]}\E/, 'and not the body\'s';
is $err, '', 'nothing else is said';

($rc, $out) = scan(form(['name="a"; filename="a.txt"', "fine\n"],
                        ['name="b"; filename="b.txt"', "known content\n"]),
                   '--content-type', $type);
is $rc, 2, 'known content in the second part: 2';
like $out, qr/reject  bank:local:wave-7  451$/m, 'by the bank';

($rc, $out) = scan(form(['name="a"; filename="a.php"', $eval]),
                   '--content-type', $type);
is $rc, 2, 'a web shell in a part: 2';
like $out, qr/reject  yara:rules\.yar:php_eval  403$/m, 'a scanner saw it';

($rc, $out) = scan(form(['name="title"', 'x' x 30]), '--content-type', $type);
is $rc, 1, 'a flagged field: 1';

($rc, $out) = scan(form(['name="f"; filename="a.php"', 'x']),
                   '--content-type', $type);
is $rc, 0, 'a line that only logs: 0';
like $out, qr/request\.body  log/, 'it is told all the same';


# JSON

($rc, $out) = scan($clean, '--content-type', $type, '--json');
my $facts = decode_json($out);

is scalar @{ $facts->{parts} }, 2, 'JSON: the parts are a list';
is_deeply [ map { $_->{name} } @{ $facts->{parts} } ], [qw( title file )],
    'JSON: with the fields\' names';
is $facts->{parts}[1]{filename}, 'a.bin', 'JSON: and the file\'s';
is $facts->{parts}[1]{sha256}, sha256_hex("some bytes\n"),
    'JSON: and its digest';
is $facts->{bytes}, length $clean, 'JSON: the size of the body';


# framing

my $endless = $clean =~ s/--cut-here--\r\n\z//r;

($rc, $out) = scan($endless, '--content-type', $type);
is $rc, 2, 'a form without an end: 2';
like $out, qr/error  framing:no-end  400$/m, 'for its framing';

my $lenient = $t->put('lenient.policy', "screen_policy l {\n"
                      . "    multipart lenient;\n}\n");

($rc, $out) = $t->run('scan', '--policy', $lenient, '--raw-body',
                      $t->put('request.body', $endless),
                      '--content-type', $type);
is $rc, 1, 'the same under "multipart lenient": 1';
like $out, qr/^  part 2  the raw body$/m, 'and the raw body is looked at';

($rc, $out) = scan($clean, '--content-type', $type, '--content-type',
                   'text/plain');
is $rc, 2, 'a request with two Content-Type headers: 2';
like $out, qr/framing:content-type/, 'for that';


# no form

($rc, $out) = scan($clean);
is $rc, 0, 'without a Content-Type it is one part';
like $out, qr/\Q@{[sha256_hex $clean]}\E/, 'which is the body';

($rc, $out) = scan('x', '--content-disposition',
                   'attachment; filename="evil.php"');
like $out, qr/part 0  file name "evil\.php"/, 'a raw body may have a name';
like $out, qr/request\.body  log  filename/, 'which counts';


# limits

my $small = $t->put('small.policy', "screen_policy s { max_size 1k; }\n");

($rc, $out) = $t->run('scan', '--policy', $small, '--raw-body',
                      $t->put('request.body',
                              form(['name="a"', 'x' x 2000])),
                      '--content-type', $type);
is $rc, 2, 'more than max_size: 2';
like $out, qr/reject  max_size  413$/m, 'by its size';


# mistakes

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--raw-body',
                            "$t->{dir}/none");
is $rc, 3, 'a body that is not there: 3';
like $err, qr/none: No such file/, 'it is named';

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--raw-body',
                            $t->{dir});
is $rc, 3, 'a folder is no body: 3';

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--content-type',
                            'text/plain', $policy);
is $rc, 3, 'headers without a body: 3';
like $err, qr/--raw-body FILE/, 'says what is missing';

($rc, $out, $err) = $t->run('scan', '--policy', $policy, '--raw-body',
                            $policy, $policy);
is $rc, 3, 'a body and files: 3';

done_testing();
