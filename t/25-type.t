# What content is, told from its bytes, and whether its labels agree.

use Test::Nginx::Socket 'no_plan';

use Archive::Tar ();
use Compress::Zlib ();
use IO::Compress::Bzip2 ();
use IO::Compress::Gzip ();
use IO::Compress::Zip ();

use ScreenTest;
use ScreenUploads;


sub png
{
    my $chunk = sub {
        my ($type, $data) = @_;

        return pack('N', length $data) . $type . $data
               . pack('N', Compress::Zlib::crc32($type . $data));
    };

    return "\x89PNG\r\n\x1a\n"
           . $chunk->('IHDR', pack('NNCCCCC', 1, 1, 8, 2, 0, 0, 0))
           . $chunk->('IDAT', Compress::Zlib::compress("\0\xff\0\0"))
           . $chunk->('IEND', '');
}


sub zip
{
    my (@names) = @_;

    my $zip;
    my $out = IO::Compress::Zip->new(\$zip, Name => shift @names);
    $out->print('<x/>');

    for my $name (@names) {
        $out->newStream(Name => $name);
        $out->print('<x/>');
    }

    $out->close;

    return $zip;
}


sub tar
{
    my $tar = Archive::Tar->new;
    my $data = '';

    $tar->add_data('a.txt', 'a');
    open my $out, '>', \$data or die;
    $tar->write($out);

    return $data;
}


sub gz { my ($in) = @_; IO::Compress::Gzip::gzip(\$in, \my $out); $out }
sub bz2 { my ($in) = @_; IO::Compress::Bzip2::bzip2(\$in, \my $out); $out }

sub true { open my $in, '<:raw', '/bin/true' or die; local $/; <$in> }

sub exe
{
    return 'MZ' . "\0" x 58 . pack('V', 64) . "PE\0\0"
           . pack('vvVVVvv', 0x14c, 0, 0, 0, 0, 224, 0x102)
           . pack('v', 0x10b) . "\0" x 222;
}


our %Files = (
    'a.png'  => [ 'image/png', png() ],
    'a.jpg'  => [ 'image/jpeg', "\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1"
                                . "\0\0\xff\xd9" ],
    'a.gif'  => [ 'image/gif', "GIF89a\1\0\1\0\0\0\0;" ],
    'a.webp' => [ 'image/webp', "RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0" ],
    'a.svg'  => [ 'image/svg+xml',
                  '<svg xmlns="http://www.w3.org/2000/svg"/>' ],
    'a.pdf'  => [ 'application/pdf', "%PDF-1.4\n%%EOF\n" ],
    'a.html' => [ 'text/html', '<!DOCTYPE html><title>x</title>' ],
    'a.xml'  => [ 'text/xml', '<?xml version="1.0"?><a/>' ],
    'a.txt'  => [ 'text/plain', 'hello' ],
    'a.sh'   => [ 'text/x-shellscript', "#!/bin/sh\nexit\n" ],
    'a.php'  => [ 'text/x-php', "<?php echo 1;\n" ],
    'a.bin'  => [ 'application/octet-stream', "\0\1\2\3\4\5" ],
    'a.exe'  => [ 'application/x-dosexec', exe() ],
    'a.zip'  => [ 'application/zip', zip('a.txt') ],
    'a.docx' => [ 'application/vnd.openxmlformats-officedocument'
                  . '.wordprocessingml.document',
                  zip('[Content_Types].xml', 'word/document.xml') ],
    'a.xlsx' => [ 'application/vnd.openxmlformats-officedocument'
                  . '.spreadsheetml.sheet',
                  zip('[Content_Types].xml', 'xl/workbook.xml') ],
    'a.docm' => [ 'application/vnd.ms-word.document.macroenabled.12',
                  zip('[Content_Types].xml', 'word/document.xml',
                      'word/vbaProject.bin') ],
    'a.jar'  => [ 'application/java-archive',
                  zip('META-INF/MANIFEST.MF', 'A.class') ],
    'a.gz'   => [ 'application/x-gzip', gz('text') ],
    'a.bz2'  => [ 'application/x-bzip2', bz2('text') ],
    'a.tar'  => [ 'application/x-tar', tar() ],
    'a.mp3'  => [ 'audio/mpeg', "ID3\4\0\0\0\0\0\0" ],
    'a.mp4'  => [ 'video/mp4', "\0\0\0\x18ftypmp42\0\0\0\0mp42isom" ],
);

our @Names = sort keys %Files;


no_shuffle();
run_tests();

__DATA__

=== TEST 1: real small files are what they are, whatever the client says
--- http_config eval
my %types = map { $main::Files{$_}[0] => 1 } @main::Names;
"screen_policy types {\n"
. CORE::join('', map { "match type = $_ log;\n" } sort keys %types) . "}\n"
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- config eval
ScreenUploads::config('$uri $screen_reason', '') =~ s/screen  test/screen  types/r
--- request eval
[ map { "POST /upload/$_\n$main::Files{$_}[1]" } @main::Names ]
--- more_headers eval
[ map { "Content-Type: application/x-whatever\nContent-Length: "
        . length($main::Files{$_}[1]) . "\n" } @main::Names ]
--- error_code eval
[ map { 200 } @main::Names ]
--- response_body eval
[ map { "/upload/$_ type:$main::Files{$_}[0]\n" } @main::Names ]



=== TEST 2: labels that are right agree, and so do those that are missing
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
match type mismatch  flag;
--- config eval
ScreenUploads::config('$screen_files $screen_verdict', '')
--- request eval
[ map { "PUT /upload/$_\n$main::Files{$_}[1]" } @main::Names, @main::Names ]
--- more_headers eval
my @lengths = map { 'Content-Length: ' . length($main::Files{$_}[1]) . "\n" } @main::Names;
[ (map { "Content-Type: $main::Files{$main::Names[$_]}[0]\n$lengths[$_]" } 0 .. $#main::Names),
  @lengths ]
--- error_code eval
[ map { 200 } @main::Names, @main::Names ]
--- response_body eval
[ map { "$_ pass\n" } @main::Names, @main::Names ]



=== TEST 3: equal, not equal, any of a kind, and by pattern
--- policy
match field = eq    type = image/png           flag;
match field = case  type = Image/PNG           flag;
match field = ne    type != image/png          flag;
match field = any   type = image/*             flag;
match field = nany  type != image/*            flag;
match field = re    type ~ "^image/(png|gif)$" flag;
match field = rei   type ~* "PNG$"             flag;
match field = nre   type !~ "^image/"          flag;
match field = nrei  type !~* "^IMAGE/"         flag;
match field = app   type = application/*       flag;
--- tell
$screen_verdict|$screen_reason
--- uploads eval
my $png = ScreenUploads::bytes(main::png());
<<"END";
200 flag|field+type:image/png   <- eq|||$png
200 pass|                       <- eq|||text
200 flag|field+type:image/png   <- case|||$png
200 flag|field+type:text/plain  <- ne|||text
200 pass|                       <- ne|||$png
200 flag|field+type:image/png   <- any|||$png
200 flag|field+type:image/gif   <- any|||GIF89a
200 pass|                       <- any|||text
200 flag|field+type:text/plain  <- nany|||text
200 pass|                       <- nany|||$png
200 flag|field+type:image/gif   <- re|||GIF89a
200 pass|                       <- re|||text
200 flag|field+type:image/png   <- rei|||$png
200 flag|field+type:text/plain  <- nre|||text
200 pass|                       <- nre|||$png
200 flag|field+type:text/plain  <- nrei|||text
200 pass|                       <- nrei|||$png
200 flag|field+type:application/pdf <- app|||%PDF-1.4\\n
200 pass|                       <- app|||text
END



=== TEST 4: a program is one under every name
--- policy
match type = application/x-dosexec                            reject;
match type ~ "^application/x-(pie-)?(executable|sharedlib)$"  reject=415;
--- uploads eval
my $exe = ScreenUploads::bytes(main::exe());
my $elf = ScreenUploads::bytes(main::true());
<<"END";
403 reject|type:application/x-dosexec  <- f|a.exe|application/octet-stream|$exe
403 reject|type:application/x-dosexec  <- f|holiday.jpg|image/jpeg|$exe
403 reject|type:application/x-dosexec  <- PUT|report.pdf|application/pdf|$exe
403 reject|type:application/x-dosexec  <- f|||$exe
415 reject|type:application/x-         <- f|notes.txt|text/plain|$elf
200 pass||                             <- f|a.exe|application/x-dosexec|text
END
--- tell
$screen_verdict|$screen_reason
--- response_body_like eval
[ ('^reject\|type:application/x-dosexec$') x 4,
  '^reject\|type:application/x-(pie-)?(executable|sharedlib)$', '^pass\|$' ]



=== TEST 5: mismatch tells of labels that no honest client gives
--- policy
match type mismatch  flag;
--- uploads eval
my $exe = ScreenUploads::bytes(main::exe());
my $png = ScreenUploads::bytes(main::png());
<<"END";
200 flag|type:mismatch|type:mismatch  <- f|a.jpg|image/jpeg|$exe
200 flag|type:mismatch|type:mismatch  <- f|a.jpg|image/jpeg|<html><script>x</script>
200 flag|type:mismatch|type:mismatch  <- f|a.php|image/png|$png
200 flag|type:mismatch|type:mismatch  <- PUT|a.pdf|application/pdf|MZ
200 flag|type:mismatch|type:mismatch  <- f|a.png||\\x00\\x01\\x02\\x03
200 pass||                            <- f|a.jpg|image/jpeg|$png
200 pass||                            <- f|a|application/octet-stream|$exe
200 pass||                            <- f|||$exe
200 pass||                            <- f|a.txt|text/plain|hello
END



=== TEST 6: mismatch=header and mismatch=extension ask for one of the two
--- policy
match field = h  type mismatch=header     flag;
match field = e  type mismatch=extension  flag;
--- uploads eval
my $exe = ScreenUploads::bytes(main::exe());
<<"END";
200 flag|field+type:mismatch  <- h|a.exe|image/jpeg|$exe
200 pass||                    <- e|a.exe|image/jpeg|$exe
200 pass||                    <- h|a.jpg|application/octet-stream|$exe
200 flag|field+type:mismatch  <- e|a.jpg|application/octet-stream|$exe
END



=== TEST 7: a JPEG named .php is no honest file, and neither is PHP named .jpg
--- policy
match type mismatch  reject;
--- uploads
403 reject|type:mismatch  <- f|a.php|image/jpeg|\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01
403 reject|type:mismatch  <- f|a.jpg|image/jpeg|<?php system($_GET[0]);



=== TEST 8: an empty part is of no kind and contradicts nothing
--- policy
match type = inode/x-empty  log;
match type mismatch         flag;
--- uploads
200 log|type:inode/x-empty|type:inode/x-empty  <- f|a.jpg|image/jpeg|
200 log|type:inode/x-empty|type:inode/x-empty  <- PUT|a.exe||



=== TEST 9: the raw body of an ambiguous form has no type to disagree with
--- main_config eval
"load_module $ScreenUploads::Echo;"
--- policy
multipart lenient;
match type mismatch         reject;
match type != image/png     reject;
match type !~ image         reject;
--- config eval
ScreenUploads::config('$screen_verdict|$screen_matches', '')
--- request eval
[ "POST /upload\n--bound\r\nContent-Disposition: form-data; name=f; filename=a.png\r\n"
  . "Content-Type: image/png\r\n\r\n" . main::png() . "\r\n--bound--\r\nepilogue" ]
--- more_headers
Content-Type: multipart/form-data; boundary=bound
--- response_body
flag|framing:epilogue



=== TEST 10: a type that is none is a configuration error that says what is one
--- policy
match type = image  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*invalid type "image" in "match": expected a media type like image\/jpeg or image\/\*, or "type mismatch" in \S+nginx\.conf:\d+/]



=== TEST 11: a mismatch of something else is a configuration error
--- policy
match type mismatch=name  flag;
--- config
location /upload { screen test; }
--- must_die
--- suppress_stderr
--- error_log eval
[qr/\[emerg\].*unknown condition "type mismatch=name".*mismatch=header or type mismatch=extension in \S+nginx\.conf:\d+/]
