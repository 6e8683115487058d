package ScreenFile;

# The bytes of a file:
#
#     my $text = slurp($path);

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw( slurp );


sub slurp
{
    my ($path) = @_;

    open my $in, '<:raw', $path or die "$path: $!";
    local $/;

    return scalar(<$in>) // '';
}

1;
