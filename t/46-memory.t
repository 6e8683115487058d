# A scan that wants more memory than a scanner may have ends as incomplete, and
# costs nobody else anything.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenLoad;
use ScreenServer;

my $server = ScreenServer->new(
    files => { 'many.yar' => <<'RULE' },
rule many { strings: $a = "AB" condition: #a > 100000000 }
RULE
    policy => 'yara_rules many.yar; yara_slow_rules allow; '
              . 'match yara flag; on_error incomplete=reject=507 '
              . 'crash=reject=502 timeout=reject=504;',
    scanners => '1 timeout=20s memory=8m');


sub upload { ScreenLoad::upload($server->{port}, '/upload', $_[0], 30) }


is upload('harmless'), 200, 'a scan within the limit passes';
is upload('AB' x 900_000), 507, 'one beyond it is incomplete';
is upload('harmless'), 200, 'and the next one is as before';

# the same content with room enough is a matter of course

my %workers = map { $_ => 1 } $server->workers;

$server->configure(scanners => '1 timeout=20s memory=512m');
$server->signal('HUP');
$server->wait_for(sub { !grep { $workers{$_} } $server->workers }, 20);

is upload('AB' x 900_000), 200, 'with more memory it passes';

is $server->alerts, '', 'no alert in the log';
is $server->stop, 0, 'nothing is left running';

done_testing;
