#!/usr/bin/perl

# What pictures and videos cost a scanner, by size and format, and beside it
# what ffmpeg takes to decode them with one thread: all of a video, and its key
# frames alone.
#
#     bench/decode.pl [PHOTO [FOLDER]]
#
# Files are made by ffmpeg from PHOTO, that of a package if none is named, into
# FOLDER or one that is removed: pictures of three sizes; twelve seconds of
# video of three sizes, 30 frames a second, a key frame every two seconds and
# every ten.  All times are of the CPU; memory is that of a process that did
# nothing else.  SIZES=854x480 makes the videos of that size alone.

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

my @videos = split /,/, $ENV{SIZES} // "854x480,1280x720,1920x1080";
my $seconds = 12;

my %codecs = (
    h264 => ["mp4", qw(-c:v libx264 -preset superfast -crf 26)],
    hevc => ["mp4", qw(-c:v libx265 -preset ultrafast -crf 30 -tag:v hvc1)],
    vp9 => ["webm", qw(-c:v libvpx-vp9 -deadline realtime -cpu-used 8
                       -b:v 2M)],
    av1 => ["mp4", qw(-c:v libsvtav1 -preset 12 -crf 40)],
    mpeg4 => ["avi", qw(-c:v mpeg4 -q:v 6)],
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

    my $command = "ffmpeg -nostdin -hide_banner -benchmark -threads 1 @before"
                  . " -i '$file' -f null - 2>&1";
    my $said = `$command`;

    $said =~ /utime=([0-9.]+)s stime=([0-9.]+)s/
        or die "ffmpeg did not decode $file\n";

    return 1000 * ($1 + $2);
}


sub median { (sort { $a <=> $b } @_)[@_ / 2] }


sub measured {
    my ($file) = @_;

    my $line = `$decode '$file'`;
    die "$decode failed\n" if $?;

    return (split ' ', $line)[3 .. 9];
}


# a camera that moves over the photograph; all videos of a size are of it

sub scene {
    my ($size) = @_;
    my $frames = 30 * $seconds;

    return make("$folder/scene-$size.mkv", "-i", $photo, "-vf",
        "scale=2560:-2,zoompan=z='1+0.5*on/$frames'"
        . ":x='(iw-iw/zoom)*on/$frames':y='(ih-ih/zoom)/2':d=$frames"
        . ":s=$size:fps=30,format=yuv420p",
        "-frames:v", $frames, qw(-c:v libx264 -preset ultrafast -crf 12));
}


sub video {
    my ($codec, $size, $every) = @_;
    my ($type, @options) = @{ $codecs{$codec} };

    push @options, "-x265-params",
                   "keyint=" . 30 * $every . ":pools=none:log-level=none"
        if $codec eq "hevc";

    return make("$folder/$codec-$size-$every.$type", "-i", scene($size),
                "-g", 30 * $every, @options);
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
        my (undef, undef, @ms) = (measured($file))[0 .. 4];

        printf "  %-10s %-12s %13.2f %12.2f %11.2f %8.1f\n", $type, $size,
               @ms, median(map { ffmpeg($file) - $start } 1 .. 3);
    }
}

print "ms of CPU a second of video:    decoding  fingerprint   as banned",
      "   ffmpeg: key frames, all; MB at most, as banned\n";

for my $size (@videos) {
    for my $every (2, 10) {
        for my $codec (qw(h264 hevc vp9 av1 mpeg4)) {
            my $file = video($codec, $size, $every);
            my ($length, undef, @of) = measured($file);
            my @mb = splice @of, 3;

            printf "  %-5s %9s, key frames %2u s apart"
                   . "%9.2f %9.2f %9.2f %8.1f %8.1f %6u %6u\n",
                   $codec, $size, $every, (map { $_ / $length } @of),
                   (ffmpeg($file, "-skip_frame", "nokey") - $start) / $length,
                   (ffmpeg($file) - $start) / $length, @mb;
        }
    }
}
