#!/usr/bin/perl

# The table of recall and of false matches, from photographs of Debian's
# packages; takes an hour or more and some 5 GB.
#
#     bench/recall.pl FOLDER [SIDE [PHOTOS]]
#
# Packages: imagemagick, libjpeg-turbo-progs, webp, mate-backgrounds,
# lomiri-wallpapers-16.04, lomiri-wallpapers-20.04, plasma-workspace-wallpapers,
# lxqt-themes, ukui-wallpapers, palapeli-data, gcompris-qt-data.  What is there
# of FOLDER is used again.  SIDE (1600): the longest side of an original.  With
# PHOTOS only so many of them are taken, evenly: minutes instead of hours.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Path qw(make_path);


my $bench = dirname($0);
my $recall = "$bench/../build/bench/recall";

# photographs among wallpapers, most of which are drawn

my @wallpapers = (
    "/usr/share/backgrounds/mate/nature/*.jpg",
    "/usr/share/backgrounds/mate/abstract/Elephants.jpg",
    "/usr/share/backgrounds/*_by_*.jpg",
    (map { "/usr/share/wallpapers/$_/contents/images/2560x1600.jpg" }
     qw(Autumn BytheWater ColorfulCups ColdRipple DarkestHour EveningGlow
        FallenLeaf Grey Kite OneStandsOut Path)),
    (map { "/usr/share/wallpapers/$_/contents/images/5120x2880.png" }
     qw(Altai MilkyWay)),
    (map { "/usr/share/lxqt/wallpapers/$_.*" }
     qw(fog after-the-rain Butterfly-Kenneth-Wimer flowers Valendas
        appleflower)),
    (map { "/usr/share/backgrounds/$_.*" }
     qw(desert the-mouse city goldfish calla)),
    "/usr/share/palapeli/collection/*.jpg",
);

my $drawn = qr{/(Aqua|analogpattern|Painting-Colors)};


sub run {
    my ($command) = @_;

    system("sh", "-c", $command) == 0 or die "failed: $command\n";
}


# WebP files within gcompris' archives, which hold them as they are

sub carve {
    my ($folder) = @_;

    make_path($folder);

    for my $rcc (glob("/usr/share/gcompris-qt/rcc/*.rcc")) {
        next unless basename($rcc) =~ /^(erase|explore_|clickgame|details)/;

        local $/;
        open my $in, "<:raw", $rcc or die "$rcc: $!\n";
        my $bytes = <$in>;
        my $n = 0;

        while ($bytes =~ /RIFF(....)WEBP/sg) {
            my $len = unpack("V", $1) + 8;
            my $name = sprintf "%s/%s-%03d.webp", $folder,
                basename($rcc, ".rcc"), $n++;

            next if $len < 15000 || -e $name;

            open my $out, ">:raw", $name or die "$name: $!\n";
            print $out substr($bytes, pos($bytes) - 12, $len);
            close $out or die "$name: $!\n";
        }
    }

    my @photos;

    for my $file (sort glob("$folder/*.webp")) {
        my ($w, $h, $alpha) = split " ", `identify -format '%w %h %A' $file`;

        push @photos, $file
            if $w >= 600 && $h >= 400 && $alpha =~ /^(False|Undefined)$/;
    }

    return @photos;
}


sub name_of {
    my ($file) = @_;

    my $name = basename($file);
    $name =~ s/\.\w+$//;
    return $name;
}


sub write_lists {
    my ($folder) = @_;

    open my $bank, ">", "$folder/bank.list" or die "bank.list: $!\n";
    open my $query, ">", "$folder/query.list" or die "query.list: $!\n";

    for my $file (sort glob("$folder/pictures/original/*")) {
        my $name = name_of($file);

        make_path("$folder/parts");
        run("convert $file -crop 3x3@ +repage $folder/parts/$name-%d.ppm")
            unless -e "$folder/parts/$name-8.ppm";

        print $bank "original $name $file\n";

        for my $k (0 .. 8) {
            my $line = "part $name#$k $folder/parts/$name-$k.ppm\n";
            print $bank $line;
            print $query $line;
        }
    }

    for my $file (sort glob("$folder/pictures/*/*")) {
        my $transform = basename(dirname($file));

        print $query "$transform ", name_of($file), " $file\n"
            if $transform ne "original";
    }
}


sub main {
    my ($folder, $side, $most) = @ARGV;

    die "usage: recall.pl FOLDER [SIDE [PHOTOS]]\n" unless defined $folder;

    $side //= 1600;

    my @photos = (carve("$folder/carved"),
                  grep { -e $_ && $_ !~ $drawn } map { glob } @wallpapers);

    die "no photographs: are the packages installed?\n" unless @photos;

    @photos = map { $photos[$_ * @photos / $most] } 0 .. $most - 1
        if $most && $most < @photos;

    printf "%u photographs\n", scalar @photos;

    my $photos = join " ", map { "'$_'" } @photos;

    run("$bench/recall-transforms -s $side $folder/pictures $photos");
    write_lists($folder);

    run("$recall hash picture-bank < $folder/bank.list > $folder/bank.tsv");
    run("$recall hash picture-query < $folder/query.list "
        . "> $folder/query.tsv");
    run("$recall table 31 $folder/bank.tsv $folder/query.tsv "
        . "$folder/curve.tsv 2> $folder/log | tee $folder/table");
    run("$bench/recall-svg $folder/curve.tsv $folder");
}


main();
