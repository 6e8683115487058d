package ScreenCommand;

# ngx-screen's commands, as a script would give them: a temporary folder for
# their files, their exit status and what they print.
#
#     my $t = ScreenCommand->new;
#     my ($status, $out, $err) = $t->run('check', $t->put('a.policy', $text));

use strict;
use warnings;

use Cwd ();
use File::Path ();
use File::Temp ();

use ScreenFile qw( slurp );

our $Screen = Cwd::abs_path($ENV{NGX_SCREEN} || 'build/ngx-screen');


sub new
{
    my ($class) = @_;

    my $dir = File::Temp::tempdir('ngx-screen-cli-XXXXXX', TMPDIR => 1,
                                  CLEANUP => 1);

    # scanners are not root

    chmod 0755, $dir;

    return bless { dir => $dir }, $class;
}


# writes a file below the folder: its path

sub put
{
    my ($self, $name, $text) = @_;

    my $path = "$self->{dir}/$name";

    (my $folder = $path) =~ s{/[^/]*\z}{};
    File::Path::make_path($folder);

    open my $out, '>:raw', $path or die "$path: $!";
    print $out $text;
    close $out or die "$path: $!";

    return $path;
}


# exit status, standard output, standard error; no more than a minute

sub run
{
    my ($self, @args) = @_;

    my $pid = fork() // die "fork: $!";

    if ($pid == 0) {
        alarm 60;
        open STDIN, '<', '/dev/null' or die;
        open STDOUT, '>', $self->{stdout} // "$self->{dir}/.stdout" or die;
        open STDERR, '>', "$self->{dir}/.stderr" or die;
        exec $Screen, @args or die;
    }

    waitpid $pid, 0;

    my $status = $? & 127 ? "signal " . ($? & 127) : $? >> 8;

    return ($status, $self->{stdout} ? '' : slurp("$self->{dir}/.stdout"),
            slurp("$self->{dir}/.stderr"));
}


1;
