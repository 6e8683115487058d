# Pictures and videos that are made to cost much, or end too early: the
# scanner's limits hold, the verdict says what is missing, and uploads beside
# them, nginx and its scanners do not notice.

use strict;
use warnings;

use lib 't/lib';
use Compress::Zlib ();
use HTTP::Tiny ();
use ScreenFile qw( slurp );
use ScreenLoad;
use ScreenMedia;
use ScreenServer;
use Test::More;

plan skip_all => ScreenMedia::missing() if ScreenMedia::missing();

my $media = 't/data/media';
my $side = 50_000;

my $server = ScreenServer->new(
    scanners => '2 timeout=20s memory=256m jobs=1000000',
    files    => { 'bad.csv' => "signal,value,label\n"
                               . 'pdq,' . '5a' x 32 . ",x\n" },
    http     => 'screen_bank bad file=bad.csv;',
    policy   => 'match bank=bad signal=pdq cross=on reject;'
                . 'match bank=bad signal=vpdq reject;'
                . 'on_error incomplete=reject=422; on_error crash=reject=500;'
                . 'on_error timeout=reject=504;',
    server   => <<'CONF',
client_max_body_size 32m;
add_header X-Screen "$screen_verdict $screen_reason" always;
location / { screen test; try_files "" @ok; }
location @ok { return 200 "passed\n"; }
CONF
);

my $http = HTTP::Tiny->new(timeout => 60);

is_deeply [ upload(slurp("$media/base.jpg")) ], [ 200, 'pass ' ],
          'an honest picture passes';

my %before = $server->companions;
my $load = ScreenLoad->start($server, clients => 1, pause => 0.01,
                             body => sub { 'nothing to decode ' x 1000 });

bombs();
cut_off($_) for qw( base.jpg progressive.jpg base.png base.webp base.avif
                    base.tiff animated.webp animated.gif clip.mp4 clip.webm
                    clip.mkv hevc.mp4 av1.mp4 );

my @uploads = $load->stop;

cmp_ok scalar(@uploads), '>', 20, 'uploads went on beside them';
is scalar(grep { $_->{status} != 200 } @uploads), 0, 'and none failed';

my %after = $server->companions;

is_deeply [ sort keys %after ], [ sort keys %before ],
          'no scanner had to be replaced';
unlike $server->error_log, qr/was ended by|met its deadline|scanner ended/,
       'nor is there a word of it in the log';
is $server->alerts, '', 'no alert';
is $server->stop, 0, 'nothing is left running';

done_testing;


# the status of an upload and why

sub upload
{
    my ($body) = @_;

    my $answer = $http->put("http://127.0.0.1:$server->{port}/hostile",
                            { content => $body });

    return ($answer->{status}, $answer->{headers}{'x-screen'} // '');
}


sub chunk
{
    my ($type, $data) = @_;

    return pack('N', length $data) . $type . $data
           . pack('N', Compress::Zlib::crc32($type . $data));
}


# one bit a pixel, all of them the same

sub png
{
    my $z = Compress::Zlib::deflateInit(-Level => 1);
    my $rows = "\0" x (100 * (1 + $side / 8));
    my $data = '';

    $data .= $z->deflate($rows) for 1 .. $side / 100;
    $data .= $z->flush;

    return "\x89PNG\r\n\x1a\n"
           . chunk('IHDR', pack('NNCCCCC', $side, $side, 1, 0, 0, 0, 0))
           . chunk('IDAT', $data) . chunk('IEND', '');
}


sub jpeg
{
    my $jpeg = slurp("$media/base.jpg");

    $jpeg =~ s/(\xff\xc0..\x08)..../$1 . pack('nn', 65_500, 65_500)/es
        or die 'no frame header';

    return $jpeg;
}


sub gif
{
    return "GIF89a\1\0\1\0\x80\0\0\0\0\0\377\377\377"
           . "\x2c\0\0\0\0\1\0\1\0\0\2\2\x44\1\0" x 1_000_000 . ';';
}


sub film
{
    my ($rate, $frames) = @_;
    my $file = "$server->{dir}/film.mp4";

    system('ffmpeg', '-v', 'error', '-y', '-f', 'lavfi', '-i',
           "testsrc=s=320x240:r=$rate", '-frames:v', $frames, '-c:v',
           'libx264', $file) == 0
        or die 'ffmpeg failed';

    return slurp($file);
}


# of a reason, or whole: a deadline, a crash would have another status

sub bombs
{
    my @bombs = (
        [ 'a PNG of 50,000 x 50,000', png(), 'pixels' ],
        [ 'a JPEG that claims 65,500 x 65,500', jpeg(), 'pixels' ],
        [ 'a GIF of a million frames', gif(), 'cpu' ],
        [ 'ten hours of one frame', film('1/36000', 1) ],
        [ 'ten hours of ten frames', film('1/3600', 10) ],
    );

    for my $bomb (@bombs) {
        my ($what, $body, $reason) = @$bomb;

        is_deeply [ upload($body) ],
                  $reason ? [ 422, "error incomplete:media: $reason" ]
                          : [ 200, 'pass ' ], $what;
    }

    my @scanners = grep { slurp("/proc/$_/comm") =~ /^screen-scanner/ }
                   keys %before;

    is scalar(@scanners), 2, 'the scanners are there';

    for my $pid (@scanners) {
        my ($peak) = slurp("/proc/$pid/status") =~ /^VmHWM:\s+(\d+) kB/m;

        cmp_ok $peak, '<', 256 * 1024, 'a scanner keeps to its memory';
    }
}


sub cut_off
{
    my ($name) = @_;

    my $whole = slurp("$media/$name");
    my @wrong;

    for my $percent (1 .. 99) {
        my ($status, $why) = upload(substr $whole, 0,
                                    length($whole) * $percent / 100);

        push @wrong, "$percent %: $status $why"
            if $status != 422 || $why !~ /^error incomplete:media: \w+$/;
    }

    is "@wrong", '', "$name, cut off at each per cent, is incomplete";
    is_deeply [ upload($whole) ], [ 200, 'pass ' ], '... and whole passes';
}
