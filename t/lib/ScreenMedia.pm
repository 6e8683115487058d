package ScreenMedia;

# Why tests of pictures and videos cannot be run with the ngx-screen at hand;
# undef if they can.
#
#     plan skip_all => ScreenMedia::missing() if ScreenMedia::missing();

use strict;
use warnings;


sub missing
{
    my $screen = $ENV{NGX_SCREEN} || 'build/ngx-screen';
    my $version = `$screen version`;

    return $version =~ /^media: none$/m
           ? 'this build of ngx-screen decodes no pictures and videos' : undef;
}


1;
