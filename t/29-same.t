# "ngx-screen scan" gives the verdict and the facts that the edge gives for the
# same bytes under the same name.

use strict;
use warnings;

use Digest::SHA;
use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenServer;

my $php = '<?' . 'php eval($_POST["x"]); ?' . '>';

my %uploads = (
    'plain.txt'    => "nothing special\n",
    'empty.txt'    => '',
    'shell.php'    => $php,
    'photo.jpg'    => "\xff\xd8\xff\xe0\x00\x10JFIF\x00" . "\x00" x 100,
    'fake.jpg'     => $php,
    'picture.png'  => "\x89PNG\r\n\x1a\n" . "\x00" x 100,
    'doc.pdf'      => "%PDF-1.4\nevil marker\n",
    'program.exe'  => "MZ" . "\x00" x 58 . "\x40\x00\x00\x00PE\x00\x00",
    'known.bin'    => "known content\n",
    'allowed.php'  => "allowed content\n",
    'large.bin'    => join('', map { chr $_ % 251 } 1 .. 300_000),
    'names.tmp'    => "rules look at this name\n",
);

my %files = map { ("files/$_" => $uploads{$_}) } keys %uploads;

my $policy = <<'POLICY';
screen_policy test {
    yara_rules  ROOT/rules;
    max_size    200k reject=413;
    match bank=allowed                  allow;
    match bank=known                    reject=451;
    match yara meta.severity>=5         reject;
    match yara                          flag;
    match filename ~* "\.php$"          reject=403;
    match type = application/x-dosexec  reject=415;
    match type mismatch                 flag;
    match content ~ "evil (marker)"     log;
}
POLICY

my $server = ScreenServer->new(
    stopped => 1,
    files => {
        %files,
        'rules/a.yar' => <<'RULE',
rule calls_eval : webshell
{
    meta:
        severity = 7
    strings:
        $a = "eval($_POST"
    condition:
        $a
}
rule temporary
{
    condition:
        extension == ".tmp" and filename contains "names"
}
RULE
        'known.csv' => "label,value\nspam wave,"
                       . Digest::SHA::sha256_hex($uploads{'known.bin'}) . "\n",
        'allowed.txt' => Digest::SHA::sha256_hex($uploads{'allowed.php'})
                         . "  fine\n",
    });

$policy =~ s/ROOT/$server->{dir}/;
$policy .= "screen_bank known file=$server->{dir}/known.csv;\n"
           . "screen_bank allowed file=$server->{dir}/allowed.txt;\n";

my $path = $server->write('test.policy', $policy);

$server->configure(
    http => "include $path; log_format facts escape=none "
            . '\'$uri|$screen_verdict|$screen_action|$screen_reason|'
            . '$screen_matches|$screen_sha256\';',
    server => <<'CONF');
access_log logs/facts.log facts;
location / {
    screen      test;
    error_page  404 405 =200 @passed;
}
location @passed { return 200 "passed\n"; }
CONF

$server->start;
$server->wait_for(sub { $server->error_log =~ /scanner pool ready/ }, 30);

my @names = sort map { s{^files/}{}r } keys %files;

for my $name (@names) {
    $server->curl('-T', "$server->{dir}/files/$name", $server->url("/$name"));
}

my %edge;

for my $line (split /\n/, $server->log_text('facts.log')) {
    my ($uri, @facts) = split /\|/, $line, -1;
    $edge{$uri =~ s{^/}{}r} = [ map { length ? $_ : '-' } @facts ];
}

open my $out, '-|', $ScreenServer::Helper, 'scan', '--policy', $path,
     '--json', map { "$server->{dir}/files/$_" } @names
    or die $!;

my %cli;

while (my $line = <$out>) {
    my $facts = decode_json($line);
    my $name = $facts->{file} =~ s{.*/}{}r;
    my $matches = join ',', map { $_->{match} } @{ $facts->{matches} };

    $cli{$name} = [ map { defined && length ? $_ : '-' }
                    @$facts{qw( verdict action reason )}, $matches,
                    $facts->{sha256} ];
}

close $out;

is $? >> 8, 2, 'its exit status tells of the worst';
is scalar(keys %cli), scalar @names, 'every file was scanned';

my %verdicts;

for my $name (@names) {

    # a body that is too large is not digested to its end at the edge

    if ($edge{$name}[2] eq 'max_size') {
        $_->[4] = '-' for $edge{$name}, $cli{$name};
    }

    is_deeply $cli{$name}, $edge{$name}, "$name: $edge{$name}[0]";
    $verdicts{$edge{$name}[0]}++;
}

is join(' ', sort keys %verdicts), 'allow flag log pass reject',
   'every verdict was among them';

is $server->stop, 0, 'nothing is left running';

done_testing;
