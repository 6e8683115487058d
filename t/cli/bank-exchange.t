#!/usr/bin/perl

# Lists as members of coalitions exchange them: read, imported, withdrawn

use strict;
use warnings;

use Test::More;

use lib 't/lib';
use ScreenCommand;
use ScreenRedis;

plan skip_all => 'no redis-server' unless ScreenRedis::available();

my $t = ScreenCommand->new;
my $redis = ScreenRedis->new;
my @to = ('--redis', $redis->socket);

my $one = '0f' x 32;
my $two = '3c' x 32;
my $md5 = '098f6bcd4621d373cade4e832627b4f6';
my $header = 'signal,value,label,source,severity,expires';
my $marks = "$header,content,view,time";
my ($rc, $out, $err);


sub export {
    my ($list) = @_;

    my ($status, $text, $errors) = $t->run('bank', 'export', '--file', $list);

    return ($status, $text, $errors);
}


# XML of NCMEC

sub ncmec {
    my (@items) = @_;

    my $entries = '';

    for my $item (@items) {
        my ($tag, $member, $id, $time, $class, %prints) = @$item;

        $entries .= "<$tag>\n<member id=\"$member\">A &amp; B</member>\n"
            . "<timestamp>$time</timestamp>\n<id>$id</id>\n";
        $entries .= "<classification> $class </classification>\n" if $class;
        $entries .= "<fingerprints>\n"
            . join('', map { "<$_>$prints{$_}</$_>\n" } sort keys %prints)
            . "</fingerprints>\n" if %prints;
        $entries .= "<feedback><members><member id=\"99\">X</member>"
            . "</members></feedback></$tag>\n";
    }

    return qq{<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n}
        . qq{<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">}
        . qq{\n<images count="2" maxTimestamp="2017-10-24T15:10:00Z">\n}
        . "$entries</images>\n<paging><next>/v2/entries?a=1&amp;b=2</next>"
        . "</paging>\n</queryResult>\n";
}

my $sha1 = 'a1' x 20;
my $list = $t->put('ncmec.xml', ncmec(
    ['image', 42, 'image1', '2017-10-24T15:00:00Z', 'A1', md5 => $md5,
     pdna => 'a1a1...', pdq => $one],
    ['video', 43, 'video1', '2017-10-24T15:00:00Z', '', sha1 => $sha1]));

($rc, $out, $err) = export($list);
is $rc, 0, 'XML of NCMEC is read';
is $out, "$marks\nsha1,$sha1,43/video1,NCMEC,,,,,\n"
    . "md5,$md5,A1 42/image1,NCMEC,,,,,\n"
    . "pdq,$one,A1 42/image1,NCMEC,,,42/image1,,\n", 'its entries are named';
is $err, "ngx-screen bank: $list: left out: 1 of kinds that banks do not "
    . "hold\n", 'what banks do not hold is counted';

$list = $t->put('order.xml', ncmec(
    ['image', 1, 'a', '2019-11-25T15:10:00Z', 'A2', md5 => $md5],
    ['image', 1, 'a', '2019-11-24T15:10:00Z', 'A1', md5 => $md5],
    ['deletedImage', 1, 'b', '2019-11-25T00:00:00Z', ''],
    ['image', 1, 'b', '2019-11-24T00:00:00Z', 'A1', sha1 => $sha1],
    ['deletedVideo', 2, 'c', '2019-11-24T00:00:00Z', ''],
    ['video', 2, 'c', '2019-11-25T00:00:00Z', 'B1', pdq => $two]));

($rc, $out, $err) = export($list);
is $out, "$marks\nmd5,$md5,A2 1/a,NCMEC,,,,,\npdq,$two,B1 2/c,NCMEC,,,2/c,,\n",
    'of what came in no order the latest counts';
like $err, qr/left out: 1 withdrawn$/, 'what was deleted last is withdrawn';

for my $wrong (
    [qr/wrong\.xml:9: "0{16}\.\.\." is all zeros, the md5 of no/, ncmec(
        ['image', 1, 'a', '2019-11-25T15:10:00Z', '', md5 => '0' x 32])],
    [qr/wrong\.xml:9: "0{16}\.\.\." has 2 ones .* flat picture/, ncmec(
        ['image', 1, 'a', '2019-11-25T15:10:00Z', '',
         pdq => '0' x 63 . '3'])],
    [qr/wrong\.xml:9: "abc" is not a md5: 32 hexadecimal digits/, ncmec(
        ['image', 1, 'a', '2019-11-25T15:10:00Z', '', md5 => 'abc'])],
    [qr/wrong\.xml:6: "soon" is not a time/, ncmec(
        ['image', 1, 'a', 'soon', '', md5 => $md5])],
    [qr/wrong\.xml:\d+: an entry without a <member>/, ncmec(
        ['image', '', 'a', '2019-11-25T15:10:00Z', '', md5 => $md5])],
    [qr/wrong\.xml:1: a document type: a list of NCMEC has none/,
        '<!DOCTYPE x [<!ENTITY a "b">]><queryResult>&a;</queryResult>'],
    [qr/wrong\.xml:1: <html>: a <queryResult> of NCMEC's/, '<html></html>'],
    [qr/wrong\.xml:2: is no XML from here on: /, "<queryResult>\n<images"],
    [qr/wrong\.xml:1: elements in 32 others/,
        '<queryResult>' . '<a>' x 40 . '</a>' x 40 . '</queryResult>'],
) {
    my ($text, $xml) = @$wrong;

    ($rc, $out, $err) = export($t->put('wrong.xml', $xml));
    is $rc, 3, 'a wrong list is refused';
    like $err, $text, 'with its line';
    is $out, '', 'and nothing of it is taken';
}

# the edge's lists are no XML, for nothing that reads it runs for the edge

my $conf = $t->put('nginx.conf', <<"EOC");
events {}
http {
    screen_path $t->{dir}/state;
    screen_bank feed file=$t->{dir}/feed.list;
    screen_policy p { match bank=feed reject; }
}
EOC

$t->put('feed.list', ncmec(['image', 1, 'a', '2019-11-25T15:10:00Z', '',
                            md5 => $md5]));
($rc, $out, $err) = $t->run('check', $conf);
is $rc, 3, 'XML is no list for screen_bank';
like "$out$err", qr/feed\.list:1: is XML, which only "ngx-screen bank" reads/,
    'and it is said where it can be read';

$t->put('feed.list', qq(["$one,100,0.000", "$two,49,1.000"]));
($rc, $out, $err) = $t->run('check', $conf);
is $rc, 0, 'JSON is' or diag "$out$err";
like "$out$err",
    qr/feed\.list: notice: left out: 1 frames of a quality below 50$/m,
    'and what was left out is told';

$t->put('feed.list', qq(["$one,100,0.000",\n "$one,100"]));
($rc, $out, $err) = $t->run('check', $conf);
is $rc, 3, 'a wrong frame is an error';
like "$out$err", qr/feed\.list:2: entry 2: "0f0f/, 'with its line and number';


# what members withdraw leaves the bank, if it is theirs

sub threat {
    my ($indicator, $type, $delete) = @_;

    my $opinions = $delete ? '' : qq(,"descriptors":{"data":[{"owner":)
        . qq({"id":"77"},"status":"MALICIOUS","tags":["x"]}]});

    return qq({"id":"1","indicator":"$indicator","type":"$type",)
        . qq("should_delete":) . ($delete ? 'true' : 'false') . "$opinions}";
}

my $first = $t->put('first.json', '{"data":[' . threat($one, 'HASH_PDQ', 0)
    . ',' . threat($md5, 'HASH_MD5', 0) . ']}');
my $second = $t->put('second.json', '{"data":[' . threat($one, 'HASH_PDQ', 1)
    . ',' . threat($md5, 'HASH_MD5', 1) . ',' . threat($two, 'HASH_PDQ', 1)
    . ']}');

($rc, $out, $err) = $t->run('bank', 'import', @to, 'te', $first);
is $rc, 0, 'a page of ThreatExchange is imported';
is $out, "2 added, 0 changed, 0 unchanged\n", 'both of it';

# one is ours as well

$t->run('bank', 'add', @to, 'te', '--source', 'us', $md5);

($rc, $out, $err) = $t->run('bank', 'import', @to, 'te', $second);
is $rc, 0, 'the next page is';
is $out, "0 added, 0 changed, 0 unchanged, 1 removed\n",
    'what was withdrawn is taken out';
is $redis->cli('HEXISTS', 'screen:bank:te:pdq:0f', $one), 0, 'of the bank';
is $redis->cli('HEXISTS', 'screen:bank:te:md5:09', $md5), 1,
    'what another source has stays';
like $redis->cli('XREVRANGE', 'screen:bank:te:changes', '+', '-', 'COUNT',
    '1'), qr/op\nremove\nsignal\npdq\nvalue\n$one/, 'edges are told';

# a list file

my $local = $t->put('local.csv', "value,label,source\n$md5,ours,us\n");

($rc, $out, $err) = $t->run('bank', 'import', '--file', $local, $first,
    $t->put('more.txt', "$two,90,dir/a.jpg\n"));
is $rc, 0, 'lists are added to a list' or diag $err;
is $out, "2 added, 1 changed, 0 unchanged\n", 'all of them';

($rc, $out, $err) = $t->run('bank', 'import', '--dry-run', '--file', $local,
    $second);
is $out, "would be: 0 added, 0 changed, 0 unchanged, 2 removed\n",
    'a rehearsal tells what would be removed';

($rc, $out, $err) = $t->run('bank', 'import', '--file', $local, $second);
is $out, "0 added, 0 changed, 0 unchanged, 2 removed\n", 'it is';

($rc, $out, $err) = export($local);
is $out, "$marks\npdq,$two,,,,,dir/a.jpg,,\n", 'the others stay';

($rc, $out, $err) = $t->run('bank', 'import', '--file', $local);
is $rc, 3, 'an import of nothing is a mistake';


# what one prints another takes

SKIP: {
    ($rc, $out, $err) = $t->run('fingerprint', '--format', 'json',
        't/data/media/base.jpg');
    skip 'fingerprint: ' . $err, 4 if $rc && $err =~ /this build/;

    my ($hash) = $out =~ /"hash":"(\w+)"/;

    ($rc, $out, $err) = export($t->put('print.json', $out));
    is $rc, 0, 'JSON of fingerprint is a list' or diag $err;
    like $out, qr/^pdq,$hash,,,,,[0-9a-f]{16},,$/m, 'of its picture';

    ($rc, $out, $err) = $t->run('fingerprint', '--format', 'pdq',
        't/data/media/base.jpg');
    ($rc, $out, $err) = export($t->put('print.txt', $out));
    is $rc, 0, 'and so are its lines';
    like $out, qr{^pdq,$hash,,,,,t/data/media/base\.jpg,,$}m,
        'named by the file';
}

done_testing();
