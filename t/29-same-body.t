# "ngx-screen scan --raw-body" gives the verdict and the facts that the edge
# gives for the same bytes with the same header: real clients' forms, and
# forms that are built to be read in two ways.

use strict;
use warnings;

use File::Basename;
use JSON::PP;
use Test::More;

use lib 't/lib';
use ScreenFile qw( slurp );
use ScreenServer;


my %types = map { my $path = $_;
                  (my $type = $path) =~ s/\.body\z/.type/;
                  -e $type ? ($path => slurp($type) =~ s/\r?\n\z//r) : () }
            glob 't/data/multipart/*.body t/data/multipart/hostile/*.body';

# what a client or a command line cannot carry is no request, and HTTP knows
# no space around a value

delete $types{$_} for grep { $types{$_} =~ /[\0\r\n]|\A\s|\s\z/ } keys %types;

my @bodies = sort keys %types;

cmp_ok scalar @bodies, '>', 40, 'there are bodies to compare';

my $lines = <<'POLICY';
    yara_rules  ROOT/rules.yar;
    match bank=local                    reject=451;
    match filename ~ "\.(php|phtml)$"   reject;
    match field = title                 log;
    match yara                          flag;
    match type = text/* parts>2         flag;
POLICY

my $server = ScreenServer->new(stopped => 1, files => {
    'rules.yar' => 'rule words { strings: $a = "hello" nocase '
                   . 'condition: $a }',
    'local'     => "d41d8cd98f00b204e9800998ecf8427e  nothing\n",
});

$lines =~ s/ROOT/$server->{dir}/;

my $path = $server->write('test.policy', <<"POLICY");
screen_bank local file=$server->{dir}/local;
screen_policy strict {
$lines
}
screen_policy lenient {
$lines
    multipart lenient;
}
POLICY

$server->configure(
    http => "include $path; log_format facts escape=none "
            . '\'$uri|$screen_verdict|$screen_action|$screen_status|'
            . '$screen_reason|$screen_matches|$screen_bytes\';',
    server => <<'CONF');
access_log logs/facts.log facts;
large_client_header_buffers 8 32k;
error_page 404 405 =200 @passed;
location /strict/  { screen strict; }
location /lenient/ { screen lenient; }
location @passed   { return 200 "passed\n"; }
CONF

$server->start;
$server->wait_for(sub { $server->error_log =~ /scanner pool ready/ }, 30);

# every body once, and either policy sees each kind

my %chosen = (strict  => [ grep { $_ % 2 == 0 } 0 .. $#bodies ],
              lenient => [ grep { $_ % 2 == 1 } 0 .. $#bodies ]);

for my $policy (qw( strict lenient )) {
    for my $i (@{ $chosen{$policy} }) {
        $server->curl('-X', 'POST', '-H', 'Expect:', '-H',
                      "Content-Type: $types{$bodies[$i]}", '--data-binary',
                      "\@$bodies[$i]", $server->url("/$policy/$i"));
    }
}

my %edge;

for my $line (split /\n/, $server->log_text('facts.log')) {
    my ($uri, @facts) = split /\|/, $line, -1;
    $edge{$uri} = [ map { length ? $_ : '-' } @facts ];
}


sub encoded
{
    my ($text) = @_;

    $text =~ s/([\x00-\x1f\x7f",%])/sprintf '%%%02X', ord $1/ge;

    return $text;
}


my %verdicts;

for my $policy (qw( strict lenient )) {
    for my $i (@{ $chosen{$policy} }) {
        my $body = $bodies[$i];

        open my $out, '-|', $ScreenServer::Helper, 'scan', '--policy', $path,
             '--name', $policy, '--json', '--raw-body', $body,
             '--content-type', $types{$body} or die $!;
        my $facts = decode_json(do { local $/; <$out> } // '{}');
        close $out;

        my $matches = join ',', map { encoded($_->{match}) }
                                @{ $facts->{matches} };

        my $told = [ map { defined && length ? "$_" : '-' }
                     @$facts{qw( verdict action status reason )}, $matches,
                     $facts->{bytes} ];

        # the edge has not read what the header is enough to reject

        $told->[5] = '0' if ($edge{"/$policy/$i"}[5] // '') eq '0';

        is_deeply $told, $edge{"/$policy/$i"},
            "$policy, " . basename($body, '.body') . ": $told->[0] $told->[3]";

        $verdicts{$told->[0]}++;
    }
}

cmp_ok $verdicts{$_} // 0, '>', 0, "there was a verdict \"$_\""
    for qw( pass flag reject error );

done_testing();
