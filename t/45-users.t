# No companion is ever root, whatever nginx' processes are; and a scanner has
# neither files nor privileges.

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenServer;

plan skip_all => 'only root can become somebody else' if $> != 0;


sub status
{
    my ($pid, $field) = @_;

    open my $in, '<', "/proc/$pid/status" or return '';

    my ($line) = grep { /^$field:/ } <$in>;

    return ($line // '') =~ s/^$field:\s*//r =~ s/\s+\z//r;
}


sub companions_of
{
    my ($what, %args) = @_;

    my $server = ScreenServer->new(
        files => { 'list.csv' => "value\n" . '11' x 32 . "\n" },
        http => 'screen_bank known file=list.csv;',
        policy => 'match bank=known reject; match content ~ "evil" reject;',
        %args);

    my $content = $server->write('content', 'evil');

    is +($server->curl('-T', $content, $server->url('/x')))[0], 403,
       "$what: uploads are screened";

    my %all = $server->companions;

    is scalar(keys %all), 4, "$what: supervisor, two scanners, keeper";

    my @root = grep { grep { $_ == 0 } split ' ', status($_, 'Uid') }
               keys %all;
    my @groups = grep { grep { $_ == 0 } split ' ', status($_, 'Groups') }
                 keys %all;
    my @able = grep { status($_, 'CapEff') !~ /^0+$/ } keys %all;
    my @gaining = grep { status($_, 'NoNewPrivs') ne '1' } keys %all;

    is "@root", '', "$what: none of them is root";
    is "@groups", '', "$what: none is in root's group";
    is "@able", '', "$what: none has a capability";
    is "@gaining", '', "$what: none can gain privileges";

    my %children = $server->children($server->supervisor);
    my @scanners = grep { $children{$_} =~ /scan/ } keys %children;

    is scalar(grep { status($_, 'Seccomp') eq '2' } @scanners), 2,
       "$what: the scanners are under seccomp";

    is $server->stop, 0, "$what: nothing is left running";
}


companions_of('workers of their own user');
companions_of('user www-data', main => 'user www-data;');
companions_of('user root', main => 'user root;');
companions_of('a single process', main => 'master_process off;',
              single => 1);

done_testing;
