#!/usr/bin/perl

# What pictures and videos cost a scanner, by size and format, and beside it
# what ffmpeg takes to decode them with one thread: all of a video, and its key
# frames alone.
#
#     bench/decode.pl [PHOTO [FOLDER]]
#
# Files are made by ffmpeg from PHOTO, that of a package if none is named, into
# FOLDER or one that is removed: pictures of three sizes; four seconds of
# video of two sizes, 30 frames a second, a key frame every two seconds.  All
# times are of the CPU.

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Temp qw(tempdir);


my $decode = dirname($0) . "/../build/bench/decode";
my ($photo) = (@ARGV, glob("/usr/share/backgrounds/mate/nature/*.jpg"));

if (!defined $photo || system("which ffmpeg >/dev/null")) {
    print "decode.pl: ffmpeg and a photograph are needed\n";
    exit;
}

my $folder = $ARGV[1] // tempdir(CLEANUP => 1);

my @sizes = ("640x480", "1920x1080", "4000x3000");
my @pictures = ("jpg", "png", "webp", "gif");

my %codecs = (
    h264 => ["mp4", qw(-c:v libx264 -preset superfast -crf 26)],
    hevc => ["mp4", qw(-c:v libx265 -preset superfast -crf 30 -tag:v hvc1
                       -x265-params keyint=60:pools=none:log-level=none)],
    vp9 => ["webm", qw(-c:v libvpx-vp9 -deadline realtime -cpu-used 8
                       -b:v 2M)],
    av1 => ["mp4", qw(-c:v libsvtav1 -preset 12 -crf 40)],
);


sub make {
    my ($to, @command) = @_;

    return $to if -e $to;

    local $ENV{SVT_LOG} = 1;

    system("ffmpeg", "-nostdin", "-v", "error", "-y", @command, "-an",
           "-threads", 1, $to) == 0
        or die "$to could not be made\n";

    return $to;
}


# user and system time, in milliseconds, as ffmpeg itself tells it

sub ffmpeg {
    my ($file, @before) = @_;

    my $said = `ffmpeg -nostdin -hide_banner -benchmark -threads 1 @before \
                -i '$file' -f null - 2>&1`;

    $said =~ /utime=([0-9.]+)s stime=([0-9.]+)s/
        or die "ffmpeg did not decode $file\n";

    return 1000 * ($1 + $2);
}


sub median { (sort { $a <=> $b } @_)[@_ / 2] }


sub measured {
    my ($file) = @_;

    my $line = `$decode '$file'`;
    die "$decode failed\n" if $?;

    return (split ' ', $line)[3 .. 7];
}


# what a ffmpeg costs that decodes next to nothing

my $tiny = make("$folder/tiny.png", "-i", $photo, "-vf", "scale=16:16",
                "-frames:v", 1);
my $start = median(map { ffmpeg($tiny) } 1 .. 5);

print "ms of CPU a picture:            decoding  fingerprint   as banned",
      "   ffmpeg\n";

for my $size (@sizes) {
    for my $type (@pictures) {

        # a GIF of millions of pixels is nobody's

        next if $type eq "gif" && $size ne $sizes[0];

        my $file = make("$folder/$size.$type", "-i", $photo, "-vf",
                        "scale=$size" =~ s/x/:/r, "-frames:v", 1);
        my (undef, undef, @ms) = measured($file);

        printf "  %-10s %-12s %13.2f %12.2f %11.2f %8.1f\n", $type, $size,
               @ms, median(map { ffmpeg($file) - $start } 1 .. 3);
    }
}

print "ms of CPU a second of video:    decoding  fingerprint   as banned",
      "   ffmpeg: key frames, all\n";

for my $size ("1280x720", "1920x1080") {
    for my $codec (qw(h264 hevc vp9 av1)) {
        my ($type, @options) = @{ $codecs{$codec} };

        my $file = make("$folder/$codec-$size.$type", "-i", $photo, "-vf",
            "scale=2560:-2,zoompan=z='1+0.5*on/120':x='(iw-iw/zoom)*on/120'"
            . ":y='(ih-ih/zoom)/2':d=120:s=$size:fps=30,format=yuv420p",
            "-frames:v", 120, "-g", 60, @options);

        my ($seconds, undef, @ms) = measured($file);

        printf "  %-10s %-12s %13.2f %12.2f %11.2f %8.1f %8.1f\n", $codec,
               $size, (map { $_ / $seconds } @ms),
               (ffmpeg($file, "-skip_frame", "nokey") - $start) / $seconds,
               (ffmpeg($file) - $start) / $seconds;
    }
}
