#!/usr/bin/perl

# Pictures and videos that come back, re-encoded, mirrored, with bars around
# them: what the edge makes of them, over HTTP/1.1 and HTTP/2, raw and in
# forms, in the answer, in variables and in the event.

use strict;
use warnings;

use lib 't/lib';
use JSON::PP ();
use ScreenMedia;
use ScreenServer;
use Test::More;

plan skip_all => ScreenMedia::missing() if ScreenMedia::missing();

my $media = 't/data/media';

# of base.png, and of the key frames of clip.mp4, by the reference's recipe

my $picture = '783c9c70fe02d61cb218f61ec2fcc606'
              . 'd88e99e69907937d33c9364f66f866c1';
my @frames = fingerprints("$media/clip.mp4");

is scalar @frames, 3, 'the clip has three key frames';

my $list = "signal,value,label,source,severity,expires,content,time,view\n"
           . "pdq,$picture,wave-3,partner,7,,case-1,,\n"
           . join '', map { "vpdq,$_->[0],wave-4,,,,clip-9,$_->[1],\n" }
                          @frames;

my $server = ScreenServer->new(
    files  => { 'bad.csv' => $list, 'good.csv' => "signal,value,label\n" },
    http   => 'screen_bank bad file=bad.csv; screen_bank good file=good.csv;'
              . 'screen_event_log logs/events;'
              . 'screen_zone edge:4m;',
    policy => <<'CONF',
match bank=good signal=pdq                             allow;
match bank=bad  signal=pdq distance<=31 quality>=50    reject=451;
match bank=bad  signal=vpdq query>=80 frames>=2        reject=410;
match bank=bad  signal=pdq cross=on                    flag;
CONF
    server => <<'CONF',
location / {
    screen       test;
    add_header   X-Screen  "$screen_verdict $screen_reason" always;
    proxy_pass   http://upstream;
    proxy_set_header  X-Screen-Verdict  $screen_verdict;
}
CONF
);

pictures();
videos();
cross();
cached();
appeal();
banned_video();

$server->stop;

is $server->alerts, '', 'no alert in the error log';

done_testing();


sub fingerprints
{
    my ($file) = @_;

    return map { [ (split /,/)[2, 3] ] }
           grep { /^\d+,\d+,[0-9a-f]{64},/ }
           split /\n/, `build/ngx-screen fingerprint --format vpdq $file`;
}


# the status of an upload and what the edge says of it

sub upload
{
    my ($file, @how) = @_;

    my @more = grep { $_ ne 'raw' } @how;
    my @what = @more == @how ? ('-F', "f=\@$file")
                             : ('--data-binary', "\@$file");

    my ($status, $body, $headers) = $server->curl(@more, @what,
                                                  $server->url('/upload'));
    my ($said) = $headers =~ /^x-screen: (.*?)\r?$/mi;

    return ($status, $said // '');
}


sub event
{
    open my $in, '<', "$server->{dir}/logs/events" or die "events: $!";
    my @lines = <$in>;

    return JSON::PP::decode_json($lines[-1]);
}


sub pictures
{
    for my $name (qw( base.png base.webp base.avif base.tiff base.jpg
                      progressive.jpg ))
    {
        for my $how ([], ['raw'])
        {
            my ($status, $said) = upload("$media/$name", @$how);

            is $status, 451, "$name @$how is known again";
            like $said, qr/^reject bank:bad:wave-3~\d+;content=case-1/,
                 '... and the reason tells how near';
        }
    }

    my ($status, $said) = upload("$media/base.jpg");
    my ($part) = grep { $_->{matches} } @{ event()->{parts} };
    my $match = $part->{matches}[0];

    is $match->{engine}, 'bank', 'the event names the bank';
    is $match->{content}, 'case-1', '... the content';
    ok $match->{distance} <= 31, '... the distance';
    is $match->{variant}, 'original', '... the variant';
    is $part->{media}{kind}, 'picture', '... and what it was';

    ($status, $said) = upload("$media/palette.png");
    unlike $said, qr/^error/, 'a palette is decoded';
}


sub videos
{
    for my $name (qw( clip.mp4 clip.webm clip.mkv clip.avi clip.ts hevc.mp4
                      av1.mp4 ))
    {
        my ($status, $said) = upload("$media/$name");

        is $status, 410, "$name is known again";
        like $said, qr/^reject bank:bad:wave-4~\d+;content=clip-9;.*frames=3/,
             '... by its frames';
    }

    my ($part) = grep { $_->{matches} } @{ event()->{parts} };
    my $match = $part->{matches}[0];

    is $match->{signal}, 'vpdq', 'the event names the signal';
    ok $match->{query} >= 80, '... the share of the frames';
    ok exists $match->{at} && exists $match->{known_at}, '... and both times';
}


# a frame of the banned video, as a picture

sub cross
{
    my $file = "$server->{dir}/thumb.png";

    system("ffmpeg -v error -y -i $media/clip.mp4 -frames:v 1 -vf hflip $file")
        == 0 or die 'no ffmpeg';

    my ($status, $said) = upload($file);

    is $status, 200, 'a mirrored frame of the video passes, flagged';
    like $said, qr/^flag bank:bad:wave-4~\d+;content=clip-9;.*variant=mirror/,
         '... as what it is';
}


# the same content again costs no second decoding

sub cached
{
    my ($status, $said) = upload("$media/base.png");

    is $status, 451, 'a report from the cache has the prints, too';
    is event()->{cache}, 'hit', '... and it was one';
}


# a bank that is replaced while nothing restarts, and an appeal

sub appeal
{
    $server->write('good.csv', "signal,value,label\n"
                               . "pdq,$picture,appealed\n");

    my $status = $server->wait_for(sub {
        my ($code, $said) = upload("$media/base.png");
        $code == 200 ? $said : undef;
    }, 10);

    like $status, qr/^allow bank:good:appealed~\d+/,
         'an appealed look-alike passes once the list says so';
}


# what moderators do with a video, and what is done to it afterwards

sub banned_video
{
    my $dir = $server->{dir};
    my @ffmpeg = qw( ffmpeg -v error -y );
    my $bars = 'scale=480:270,pad=480:360:0:45';

    # what comes nearer turns as well: it would be the crop of an earlier frame

    my $film = 'mandelbrot=s=760x760:r=25,rotate=t/3,crop=640:360';

    system(@ffmpeg, qw( -f lavfi -i ), $film,
           qw( -t 15 -c:v libx264 -g 50 ), "$dir/banned.mp4") == 0
        and system(@ffmpeg, '-i', "$dir/banned.mp4", '-vf', $bars,
                   qw( -c:v libx264 -crf 32 -g 60 ), "$dir/again.mp4") == 0
        and system(@ffmpeg, '-ss', 8, '-i', "$dir/banned.mp4", '-vf', 'hflip',
                   '-frames:v', 1, "$dir/thumbnail.jpg") == 0
        or die 'ffmpeg failed';

    my ($before) = upload("$dir/again.mp4");

    is $before, 200, 'before it is banned the video passes';

    my @add = ('bank', 'add', '--file', "$dir/bad.csv", '--media',
               '--content', 'tiger', '--label', 'banned');
    my $said = `$server->{helper} @add $dir/banned.mp4`;

    is $?, 0, 'the video is banned';
    like $said, qr/^0 pictures, 1 videos: \d+ fingerprints/, '... densely';

    ok $server->wait_for(sub { (upload("$dir/again.mp4"))[0] == 410 }, 20),
       '... and known within seconds';

    for my $http ([], [ $server->http2 ]) {
        my $what = @$http ? 'HTTP/2' : 'HTTP/1.1';

        my ($status, $reason) = upload("$dir/again.mp4", @$http);

        is $status, 410, "$what: re-encoded and letterboxed it is rejected";
        like $reason, qr/^reject bank:bad:banned~\d+;content=tiger;.*view=box/,
             '... without its bars';

        ($status, $reason) = upload("$dir/thumbnail.jpg", @$http);

        like $reason, qr/^flag bank:bad:banned~\d+;content=tiger;/,
             "$what: its mirrored thumbnail is flagged by cross=on";

        my ($part) = grep { $_->{matches} } @{ event()->{parts} };
        my ($match) = @{ $part->{matches} };

        is $match->{content}, 'tiger', '... the event names the content';
        is $match->{variant}, 'mirror', '... the variant';
        cmp_ok abs($match->{known_at} - 8), '<', 1, '... the time';
    }
}
