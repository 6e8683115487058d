#!/usr/bin/perl

# The style check finds each kind of thing that it is there for, and leaves
# code alone that is as it should be.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;


my $style = abs_path(dirname($0) . "/../tools/style");
my $room = "ngx_http_screen_module";

my $c = <<'END';

#include <string.h>

#include "screen_a.h"


#define screen_twice(n)                                                       \
    ((n) * 2)

static int screen_a_low(int n);

SCREEN_LIST(one, two)
SCREEN_LIST(three, four)


static const char  *screen_a_words[] = {
    "/* no comment */",
    "// none either",
    "ends in \" /*",
};


int
screen_a_high(const char *text, size_t len,
    int n)
{
    if (len == 0) {
        return screen_a_low(n);
    }

    return screen_a_words[0] == text;
}


/*
 * A comment belongs to its function: see https://example.com/.
 */

static int
screen_a_low(int n)
{
    return screen_twice(n);
}


#if (SCREEN_DEBUG)

void
screen_a_debug(void)
{
}

#endif
END

my $h = <<'END';

/*
 * What a does.
 */


#ifndef _SCREEN_A_H_INCLUDED_
#define _SCREEN_A_H_INCLUDED_


#include <stddef.h>


int screen_a_high(const char *text, size_t len,
    int n);


static inline int
screen_a_zero(void)
{
    return 0;
}


#endif /* _SCREEN_A_H_INCLUDED_ */
END


sub findings {
    my (%files) = @_;

    my $dir = tempdir(CLEANUP => 1);

    %files = ("$room/core/screen_a.c" => $c, "$room/core/screen_a.h" => $h,
        %files);

    for my $file (keys %files) {
        make_path(dirname("$dir/$file"));

        open my $fh, ">", "$dir/$file" or die "$file: $!";
        print $fh $files{$file};
        close $fh;
    }

    my $out = `$style $dir 2>&1`;

    return ($? >> 8, $out);
}


sub finds {
    my ($name, $file, $text, $expected) = @_;

    my ($code, $out) = findings($file => $text);

    ok($code == 1 && $out =~ /^\Q$file\E:$expected/m, "finds $name")
        or diag("exit code $code\n$out");
}


sub changed {
    my ($text, $from, $to) = @_;

    my $at = index($text, $from);
    die "\"$from\" is not in the fixture" if $at < 0;

    substr($text, $at, length($from)) = $to;

    return $text;
}


my ($code, $out) = findings();

is($code, 0, "code that is as it should be has no findings") or diag($out);

my $file = "$room/core/screen_a.c";

finds("a long line", $file, changed($c, "    return screen_a_words",
    " " x 60 . "return screen_a_words"), qr/\d+: \d+ columns/);
finds("a tab", $file, changed($c, "    if", "\tif"), qr/\d+: tab/);
finds("a // comment", $file, changed($c, "return screen_tw",
    "// why\n    return screen_tw"), qr{\d+: // comment});
finds("trailing space", $file, changed($c, "{\n", "{ \n"),
    qr/\d+: trailing space/);
finds("a carriage return", $file, changed($c, "{\n", "{\r\n"),
    qr/\d+: trailing space/);
finds("a file without a last newline", $file, $c =~ s/\n\z//r,
    qr/\d+: no newline/);
finds("a blank line at the end", $file, "$c\n", qr/\d+: blank line/);
finds("an empty file", $file, "", qr/1: the file is empty/);
finds("one blank line above a function", $file,
    changed($c, "}\n\n\n/*", "}\n\n/*"), qr/\d+: 1 blank lines above/);
finds("three blank lines above a function", $file,
    changed($c, "};\n\n\n", "};\n\n\n\n"), qr/\d+: 3 blank lines above/);
finds("one blank line below a function", $file,
    changed($c, "}\n\n\n/*", "}\n\nstatic int screen_b;\n\n\n/*"),
    qr/\d+: 1 blank lines below/);
finds("a return type on the line of the name", $file,
    changed($c, "static int\nscreen_a_low", "static int screen_a_low"),
    qr/\d+: return type/);
finds("a function's { on the line of its name", $file,
    changed($c, "(int n)\n{", "(int n) {"), qr/\d+: the \{/);
finds("a function of more than 100 lines", $file,
    changed($c, "    return screen_tw", "    n++;\n" x 96
    . "    return screen_tw"), qr/\d+: 101 lines in a function/);
finds("a file of more than 700 lines", $file,
    $c . "\n/* more */\n" x 350, qr/\d+: \d+ lines in a file/);
finds("if without a space", $file, changed($c, "if (", "if("),
    qr/\d+: no space after "if"/);
finds("{ without a space", $file, changed($c, "0) {", "0){"),
    qr/\d+: no space before/);
finds("else on a line of its own", $file, changed($c, "    }\n\n    return",
    "    }\n    else {\n    }\n\n    return"), qr/\d+: "else" on a line/);
finds("nginx in the core", $file, changed($c, "    return screen_tw",
    "    ngx_sleep(n);\n    return screen_tw"), qr/\d+: "ngx_sleep" in core/);
finds("sockets in the core", $file,
    changed($c, "<string.h>", "<sys/socket.h>"), qr/\d+: <sys.socket.h> in/);
finds("cmocka outside of the tests", $file,
    changed($c, "<string.h>", "<cmocka.h>"), qr/\d+: <cmocka.h> outside/);

for my $header (qw(yara.h pcre2.h seccomp.h openssl/evp.h hiredis/hiredis.h
    cjson/cJSON.h))
{
    my $include = changed($c, "<string.h>", "<$header>");

    ($code, $out) = findings("$room/scanner/screen_b.c" => $include);
    is($code, 0, "one file may include $header") or diag($out);

    ($code, $out) = findings("$room/core/screen_a.c" => $include,
        "$room/scanner/screen_b.c" => $include);
    like($out, qr/_b.c:2: <\Q$header\E> is included by \S+_a.c already/,
        "finds a second file that includes $header");

    ($code, $out) = findings("$room/scanner/screen_b.c" => $include,
        "bench/a.c" => $include);
    is($code, 0, "a measurement may, too") or diag($out);
}

$file = "$room/core/screen_a.h";

finds("a library's header in a header", $file,
    changed($h, "<stddef.h>", "<yara.h>"), qr/\d+: <yara.h> in a header/);
finds("another header guard", $file, $h =~ s/_A_H_/_B_H_/gr,
    qr/1: header guard _SCREEN_A_H_INCLUDED_/);
finds("a header without a comment at its start", $file, $h =~ s/^\n//r,
    qr/1: a blank line and a comment/);
finds("a header guard that does not end", $file, $h =~ s{ /\* _SC.*}{}r,
    qr/\d+: "#endif/);

finds("trailing space in a document", "docs/a.md", "one \n",
    qr/1: trailing space/);
finds("a tab in a script", "tools/a", "#!/bin/sh\n\tls\n", qr/2: tab/);
finds("a long line in a test", "t/a.t", "x" x 81 . "\n", qr/1: 81 columns/);

($code, $out) = findings("t/a.t" => "run();\n__DATA__\n\t" . "x" x 99 . "\n",
    "t/data/a.c" => "// any\n", "build/a.c" => "// any\n",
    "Makefile" => "all:\n\tls\n");

is($code, 0, "test data, build/ and make's own tabs are left alone")
    or diag($out);

done_testing();
