
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>

#include "sniff_content.h"


/* a prefix; the other bytes, up to size, are what fill says */

typedef struct {
    const char   *bytes;
    size_t        len;
    size_t        size;
    int           fill;
    const char   *type;
} prefix_t;

#define as_is(bytes, type)   { bytes, sizeof(bytes) - 1, 0, 0, type }
#define binary(bytes, type)  { bytes, sizeof(bytes) - 1, 256, 0, type }
#define text(bytes, type)    { bytes, sizeof(bytes) - 1, 256, 'x', type }


static void
assert_prefixes(const prefix_t *p, size_t n)
{
    size_t     i;
    content_t  c;

    for (i = 0; i < n; i++) {
        c.len = p[i].size > p[i].len ? p[i].size : p[i].len;
        memset(c.data, p[i].fill, c.len);
        memcpy(c.data, p[i].bytes, p[i].len);

        assert_type(c.data, c.len, p[i].type);
    }
}

#define assert_all(table)                                                     \
    assert_prefixes(table, sizeof(table) / sizeof(table[0]))


static void
images_are_told(void **state)
{
    static const prefix_t  table[] = {
        as_is("\0\0\1\0", "image/x-icon"),
        as_is("\0\0\2\0", "image/x-icon"),
        binary("BM\x46", "image/bmp"),
        as_is("GIF87a", "image/gif"),
        text("GIF89a", "image/gif"),
        as_is("RIFF\1\2\3\4WEBPVP", "image/webp"),
        as_is("\x89PNG\r\n\x1a\n", "image/png"),
        as_is("\xff\xd8\xff", "image/jpeg"),
        binary("\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"),
        binary("II*\0", "image/tiff"),
        binary("MM\0*", "image/tiff"),
        binary("II+\0", "image/tiff"),
        binary("\xff\x0a", "image/jxl"),
        binary("\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
        binary("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14" "ftypjp2 ", "image/jp2"),
        binary("\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14" "ftypjpx ", "image/jpx"),
        binary("\xff\x4f\xff\x51", "image/x-jp2-codestream"),
        binary("8BPS\0\1", "image/vnd.adobe.photoshop"),
        binary("gimp xcf v011", "image/x-xcf"),
        binary("AT&TFORM\0\0\1\0DJVU", "image/vnd.djvu"),
        binary("\xd7\xcd\xc6\x9a", "image/wmf"),
        binary("\xc5\xd0\xd3\xc6", "image/x-eps"),
        binary("\0\0\0\x20" "ftypavif\0\0\0\0", "image/avif"),
        binary("\0\0\0\x20" "ftypavis\0\0\0\0", "image/avif"),
        binary("\0\0\0\x20" "ftypheic\0\0\0\0mif1", "image/heic"),
        binary("\0\0\0\x20" "ftyphevc\0\0\0\0", "image/heic-sequence"),
        binary("\0\0\0\x18" "ftypmif1\0\0\0\0mif1heic", "image/heic"),
        binary("\0\0\0\x18" "ftypmif1\0\0\0\0mif1avif", "image/avif"),
        binary("\0\0\0\x14" "ftypmif1\0\0\0\0mif1avif", "image/heif")
    };

    assert_all(table);
}


static void
sounds_and_films_are_told(void **state)
{
    static const prefix_t  table[] = {
        as_is("FORM\1\2\3\4AIFF", "audio/aiff"),
        as_is("FORM\1\2\3\4AIFC", "audio/aiff"),
        binary("ID3\4", "audio/mpeg"),
        as_is("OggS\0", "application/ogg"),
        as_is("MThd\0\0\0\6", "audio/midi"),
        as_is("RIFF\1\2\3\4AVI ", "video/avi"),
        as_is("RIFF\1\2\3\4WAVE", "audio/wave"),
        binary("fLaC", "audio/flac"),
        as_is("#!AMR\n", "audio/amr"),
        binary("\0\0\1\xba", "video/mpeg"),
        binary("\0\0\1\xb3", "video/mpeg"),
        binary("FLV\1\5", "video/x-flv"),
        binary("\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c",
               "video/x-ms-asf"),
        as_is("\0\0\0\x0c" "ftypmp42", "video/mp4"),
        binary("\0\0\0\x20" "ftypisom\0\0\2\0isomiso2avc1mp41", "video/mp4"),
        binary("\0\0\0\x14" "ftypzzzz\0\0\0\0qqqq", "video/mp4"),
        binary("\0\0\0\x14" "ftypqt  \0\0\0\0qt  ", "video/quicktime"),
        binary("\0\0\0\x14" "ftyp3gp5\0\0\0\0", "video/3gpp"),
        binary("\0\0\0\x14" "ftyp3g2a\0\0\0\0", "video/3gpp2"),
        binary("\0\0\0\x18" "ftypM4A \0\0\0\0mp42", "audio/mp4"),
        binary("\0\0\0\x18" "ftypM4V \0\0\0\0mp42", "video/mp4"),
        binary("\0\0\0\x18stypmsdh", "video/mp4"),
        binary("\0\0\1\0moov", "video/quicktime"),
        binary("\0\0\0\1mdat", "video/quicktime"),
        binary("\0\0\0\010wide\0\0\0\0mdat", "video/quicktime"),
        binary("\0\0\0\010free\0\0\0\020mdat", "video/quicktime"),
        binary("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\1\x42\x82\x84webm",
               "video/webm"),
        binary("\x1a\x45\xdf\xa3\x9f\x42\x82\x40\6\0\0webm", "video/webm"),
        binary("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska",
               "video/x-matroska"),
        as_is("\x1a\x45\xdf\xa3\x42\x82\x84we", "video/x-matroska")
    };

    assert_all(table);
}


static void
streams_are_told_from_frames_in_a_row(void **state)
{
    size_t     i;
    content_t  c;

    /* MPEG-1, layer III, 128 kbit/s, 44.1 kHz: 417 bytes */

    zeroes(&c, 900);
    memcpy(c.data, "\xff\xfb\x90\0", 4);
    assert_type(c.data, c.len, "application/octet-stream");
    memcpy(c.data + 417, "\xff\xfb\x90\0", 4);
    assert_type(c.data, c.len, "audio/mpeg");
    assert_type(c.data, 417 + 3, "application/octet-stream");

    /* MPEG-2, 64 kbit/s, 22.05 kHz, padded: 72 * 64000 / 22050 + 1 */

    zeroes(&c, 900);
    memcpy(c.data, "\xff\xf3\x82\0", 4);
    memcpy(c.data + 209, "\xff\xf3\x80\0", 4);
    assert_type(c.data, c.len, "audio/mpeg");

    /* ADTS frames of 100 bytes */

    zeroes(&c, 300);

    for (i = 0; i < 3; i++) {
        memcpy(c.data + i * 100, "\xff\xf1\x50\x80\x0c\x9f\xfc", 7);
    }

    assert_type(c.data, c.len, "audio/aac");
    assert_type(c.data, 100, "audio/aac");
    c.data[200] = 0;
    assert_type(c.data, c.len, "application/octet-stream");

    zeroes(&c, 3 * 188);
    c.data[0] = c.data[188] = c.data[376] = 0x47;
    assert_type(c.data, c.len, "video/mp2t");
    c.data[188] = 0;
    assert_type(c.data, c.len, "application/octet-stream");

    zeroes(&c, 3 * 192);
    c.data[4] = c.data[196] = c.data[388] = 0x47;
    assert_type(c.data, c.len, "video/mp2t");
}


static void
fonts_are_told(void **state)
{
    static const prefix_t  table[] = {
        as_is("\0\1\0\0", "font/ttf"),
        binary("\0\1\0\0\0\x12\1\0", "font/ttf"),
        binary("true\0\x12", "font/ttf"),
        binary("OTTO\0\x0c", "font/otf"),
        binary("ttcf\0\1\0\0", "font/collection"),
        binary("wOFF\0\1\0\0", "font/woff"),
        binary("wOF2\0\1\0\0", "font/woff2"),
        binary("\x34\x12\0\0\0\x10\0\0\1\0\2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
               "\0\x90\1\0\0\0\0LP", "application/vnd.ms-fontobject"),
        binary("\0\1\0\0Standard Jet DB\0", "application/octet-stream"),
        text("wOFF is a font", "text/plain"),
        text("this text has these two letters: HELP", "text/plain")
    };

    assert_all(table);
}


static void
archives_are_told(void **state)
{
    static const prefix_t  table[] = {
        as_is("\x1f\x8b\x08", "application/x-gzip"),
        as_is("PK\003\004", "application/zip"),
        as_is("PK\005\006\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
              "application/zip"),
        as_is("Rar!\x1a\x07\0", "application/x-rar-compressed"),
        as_is("Rar!\x1a\x07\1\0", "application/x-rar-compressed"),
        as_is("BZh91AY&SY", "application/x-bzip2"),
        as_is("BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0", "application/x-bzip2"),
        as_is("BZhello, world", "text/plain"),
        binary("\xfd" "7zXZ\0", "application/x-xz"),
        binary("\x28\xb5\x2f\xfd", "application/zstd"),
        binary("7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        binary("\x04\x22\x4d\x18", "application/x-lz4"),
        binary("LZIP\1", "application/x-lzip"),
        binary("]\0\0\200\0\xff\xff\xff\xff\xff\xff\xff\xff",
               "application/x-lzma"),
        binary("\x1f\x9d\x90", "application/x-compress"),
        binary("MSCF\0\0\0\0", "application/vnd.ms-cab-compressed"),
        text("!<arch>\ndebian-binary   ",
             "application/vnd.debian.binary-package"),
        text("!<arch>\n/               ", "application/x-archive"),
        binary("\xed\xab\xee\xdb", "application/x-rpm"),
        binary("xar!\0\x1c", "application/x-xar"),
        binary("\x1c\0-lh5-", "application/x-lzh-compressed"),
        binary("SQLite format 3", "application/vnd.sqlite3"),
        as_is("07070100000001000081a40000000000000000000000016400000000000001"
              "000000000800000001000000000000000000000002" "00000000" "a",
              "application/x-cpio"),
        text("070701 and other numbers", "text/plain")
    };

    assert_all(table);
}


static void
a_tar_is_told_by_its_checksum(void **state)
{
    size_t     i;
    content_t  c;
    unsigned   sum;

    zeroes(&c, 1024);
    strcpy((char *) c.data, "BM first member.txt");
    memcpy(c.data + 100, "0000644", 7);
    memcpy(c.data + 148, "        ", 8);

    for (i = 0, sum = 0; i < 512; i++) {
        sum += c.data[i];
    }

    snprintf((char *) c.data + 148, 8, "%06o", sum);
    c.data[155] = ' ';

    assert_type(c.data, c.len, "application/x-tar");
    assert_type(c.data, 512, "application/x-tar");
    assert_type(c.data, 511, "image/bmp");

    c.data[0] = 'X';
    assert_type(c.data, c.len, "application/octet-stream");

    zeroes(&c, 1024);
    assert_type(c.data, c.len, "application/octet-stream");
}


static void
a_disc_image_is_told_far_from_its_start(void **state)
{
    content_t  c;

    zeroes(&c, 0x8800);
    memcpy(c.data + 0x8001, "CD001", 5);

    assert_type(c.data, c.len, "application/x-iso9660-image");
    assert_type(c.data, 0x8005, "application/octet-stream");
}


static void
programs_are_told(void **state)
{
    static const prefix_t  table[] = {
        binary("MZ\x90\0\3", "application/x-dosexec"),
        binary("\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\1\0",
               "application/x-object"),
        binary("\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\2\0",
               "application/x-executable"),
        binary("\x7f" "ELF\1\2\1\0\0\0\0\0\0\0\0\0\0\3",
               "application/x-sharedlib"),
        binary("\x7f" "ELF\2\1\1\0\0\0\0\0\0\0\0\0\4\0",
               "application/x-coredump"),
        as_is("\x7f" "ELF", "application/x-executable"),
        binary("\xcf\xfa\xed\xfe", "application/x-mach-binary"),
        binary("\xce\xfa\xed\xfe", "application/x-mach-binary"),
        binary("\xfe\xed\xfa\xce", "application/x-mach-binary"),
        binary("\xfe\xed\xfa\xcf", "application/x-mach-binary"),
        binary("\xca\xfe\xba\xbe\0\0\0\2", "application/x-mach-binary"),
        binary("\xca\xfe\xba\xbe\0\0\0\x34", "application/java-vm"),
        binary("\xca\xfe\xba\xbe\xff\xff\0\x41", "application/java-vm"),
        binary("\0asm\1\0\0\0", "application/wasm"),
        binary("L\0\0\0\1\x14\2\0\0\0\0\0\xc0\0\0\0\0\0\0F",
               "application/x-ms-shortcut"),
        binary("dex\n035\0", "application/x-dex"),
        binary("CWS\x0a", "application/x-shockwave-flash"),
        binary("ITSF\3\0\0\0", "application/vnd.ms-htmlhelp")
    };

    assert_all(table);
}


static void
a_pe_header_outweighs_what_the_dos_stub_looks_like(void **state)
{
    content_t  c;

    zeroes(&c, 512);
    memset(c.data, 'x', 400);
    memcpy(c.data, "MZ", 2);
    set_le(&c, 0x3c, 0x80, 4);
    memcpy(c.data + 0x80, "PE\0\0", 4);
    assert_type(c.data, c.len, "application/x-dosexec");

    set_le(&c, 0x3c, 0xffffffff, 4);
    assert_type(c.data, c.len, "application/x-dosexec");
}


static void
a_pie_is_told_from_a_library_by_its_flags(void **state)
{
    content_t  c;

    zeroes(&c, 256);
    memcpy(c.data, "\x7f" "ELF\2\1\1", 7);
    set_le(&c, 16, 3, 2);
    set_le(&c, 32, 64, 8);              /* program headers */
    set_le(&c, 54, 56, 2);
    set_le(&c, 56, 1, 2);
    set_le(&c, 64, 2, 4);               /* PT_DYNAMIC */
    set_le(&c, 64 + 8, 128, 8);
    set_le(&c, 64 + 32, 64, 8);
    set_le(&c, 128, 1, 8);
    set_le(&c, 144, 0x6ffffffb, 8);     /* DT_FLAGS_1 */
    set_le(&c, 152, 0x08000001, 8);
    assert_type(c.data, c.len, "application/x-pie-executable");

    set_le(&c, 152, 1, 8);
    assert_type(c.data, c.len, "application/x-sharedlib");

    /* tables that are said to lie beyond the end, or to wrap around */

    set_le(&c, 32, UINT64_MAX - 3, 8);
    set_le(&c, 56, 0xffff, 2);
    assert_type(c.data, c.len, "application/x-sharedlib");
    set_le(&c, 32, 64, 8);
    set_le(&c, 64 + 8, UINT64_MAX - 7, 8);
    assert_type(c.data, c.len, "application/x-sharedlib");
}


static void
scripts_are_told_by_their_interpreter(void **state)
{
    static const prefix_t  table[] = {
        text("#!/bin/sh\n", "text/x-shellscript"),
        text("#! /usr/bin/env bash\n", "text/x-shellscript"),
        text("#!/usr/bin/python3.11\n", "text/x-script.python"),
        text("#!/usr/bin/env -S A=1 python3 -u\n", "text/x-script.python"),
        text("#!/usr/bin/perl -w\n", "text/x-perl"),
        text("#!/usr/bin/ruby\n", "text/x-ruby"),
        text("#!/usr/bin/php\n<?php\n", "text/x-php"),
        text("#!/usr/bin/env node\n", "application/javascript"),
        text("#!/usr/bin/lua5.4\n", "text/x-lua"),
        text("#!/usr/bin/gawk -f\n", "text/x-gawk"),
        text("#!/usr/bin/perlish\n", "text/x-shellscript"),
        as_is("#!/", "text/x-shellscript"),
        as_is("#!/usr/bin/env", "text/x-shellscript"),
        text("@ECHO OFF\r\n", "text/x-msdos-batch"),
        text("<?php echo 1;", "text/x-php"),
        as_is("<?php", "text/x-php"),
        text("\r\n\xef", "text/plain"),
        text("\xef\xbb\xbf\n<?PHP\n", "text/x-php"),
        text("<?= $x ?>", "text/x-php"),
        text("<!-- a page --><?php ", "text/x-php"),
        text("<?phpx", "text/plain"),
        text("#![allow(dead_code)]\n", "text/plain"),
        text("# a comment\n", "text/plain")
    };

    assert_all(table);
}


static void
markup_is_told_as_browsers_tell_it(void **state)
{
    static const prefix_t  table[] = {
        text("<!DOCTYPE HTML>", "text/html"),
        text(" \t\r\n\f<!doctype html SYSTEM>", "text/html"),
        text("<html>", "text/html"),
        text("<HEAD ", "text/html"),
        text("<script>", "text/html"),
        text("<IFRAME ", "text/html"),
        text("<h1>", "text/html"),
        text("<div ", "text/html"),
        text("<font ", "text/html"),
        text("<table>", "text/html"),
        text("<a href=x>", "text/html"),
        text("<style>", "text/html"),
        text("<title>", "text/html"),
        text("<b>", "text/html"),
        text("<body ", "text/html"),
        text("<br>", "text/html"),
        text("<p>", "text/html"),
        text("<!-- x", "text/html"),
        text("<?xml version='1.0'?>", "text/xml"),
        text("  <?xml", "text/xml"),
        text("<?xml version='1.0'?><root/>", "text/xml"),
        as_is("%PDF-", "application/pdf"),
        text("%!PS-Adobe-3.0", "application/postscript"),
        text("{\\rtf1\\ansi", "text/rtf"),

        /* no tag-terminating byte, or another element */

        as_is("<html", "text/plain"),
        text("<html", "text/plain"),
        text("<p\n>", "text/plain"),
        text("<abbr>", "text/plain"),
        text("<!--x", "text/plain"),
        text("<!DOCTYPE HTML\n>", "text/plain"),
        text(" %PDF", "text/plain"),

        /* a byte order mark makes text of HTML: the standard, 7.1 */

        text("\xef\xbb\xbf<html>", "text/plain"),
        as_is("\xef\xbb\xbf ", "text/plain"),
        as_is("\xfe\xff\0a", "text/plain"),
        as_is("\xff\xfe" "a\0", "text/plain")
    };

    assert_all(table);
}


static void
svg_is_told_behind_prolog_comments_and_doctype(void **state)
{
    static const prefix_t  table[] = {
        text("<svg xmlns='http://www.w3.org/2000/svg'>", "image/svg+xml"),
        as_is("<svg", "image/svg+xml"),
        text("<svg/>", "image/svg+xml"),
        text("\n<?xml version='1.0'?>\n<!-- c --><svg\n", "image/svg+xml"),
        text("\xef\xbb\xbf<?xml version='1.0'?><svg>", "image/svg+xml"),
        text("<!-- <a> -- --><svg:svg xmlns:svg='x'>", "image/svg+xml"),
        text("<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' \"a>b\" ["
             "<!ENTITY ns 'x>'>]><svg>", "image/svg+xml"),
        as_is("\xff\xfe<\0s\0v\0g\0>\0", "image/svg+xml"),
        as_is("\xfe\xff\0<\0s\0v\0g\0 ", "image/svg+xml"),
        text("<svgx>", "text/plain"),
        text("<!DOCTYPE html><svg>", "text/html"),
        text("<?xml version='1.0'?><g:svgs>", "text/xml"),
        text("<?xml version='1.0'?><!-- never ends <svg>", "text/xml"),
        text("text <svg>", "text/plain")
    };

    assert_all(table);
}


static void
a_long_comment_hides_no_svg_and_costs_no_time(void **state)
{
    content_t  c;

    c.len = 60000;
    memset(c.data, '-', c.len);
    memcpy(c.data, "<!-- ", 5);
    memcpy(c.data + 50000, "--><svg>", 8);
    assert_type(c.data, c.len, "image/svg+xml");

    c.len = CONTENT_MAX;
    memset(c.data, '<', c.len);
    memcpy(c.data, "<!-- ", 5);
    assert_type(c.data, c.len, "text/html");
}


static void
a_pdf_is_told_behind_junk_but_not_in_a_text_about_it(void **state)
{
    static const prefix_t  table[] = {
        binary("\r\n\r\n%PDF-1.7\n", "application/pdf"),
        text("\xef\xbb\xbf%PDF-1.4\n", "application/pdf"),
        text("A file starts with %PDF-1.4 and", "text/plain"),
        binary("junk %PDF-x", "application/octet-stream"),
        as_is("\n%PDF-1.4\n1 0 obj\n%%EOF\n", "application/pdf")
    };

    assert_all(table);
}


static void
short_signatures_need_a_binary_byte(void **state)
{
    static const prefix_t  table[] = {
        text("BMW is a car", "text/plain"),
        text("MZ", "text/plain"),
        text("ID3 tags", "text/plain"),
        text("FWSomething", "text/plain"),
        text("OTTO", "text/plain"),
        text("RIFF raff", "text/plain"),
        text("The free", "text/plain")
    };

    assert_all(table);
}


static void
text_and_binary_are_told_by_the_first_1445_bytes(void **state)
{
    int        ch, control;
    content_t  c;

    for (ch = 0; ch < 256; ch++) {
        c.len = 8;
        memset(c.data, 'x', c.len);
        c.data[5] = ch;

        control = ch < 0x20 && ch != '\t' && ch != '\n' && ch != '\f'
                  && ch != '\r' && ch != 0x1b;

        assert_type(c.data, c.len, control ? "application/octet-stream"
                                           : "text/plain");
    }

    c.len = 1446;
    memset(c.data, 'x', c.len);
    c.data[1445] = 0;
    assert_type(c.data, c.len, "text/plain");
    c.data[1444] = 0;
    assert_type(c.data, c.len, "application/octet-stream");

    assert_type(c.data, 0, "inode/x-empty");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(images_are_told),
        cmocka_unit_test(sounds_and_films_are_told),
        cmocka_unit_test(streams_are_told_from_frames_in_a_row),
        cmocka_unit_test(fonts_are_told),
        cmocka_unit_test(archives_are_told),
        cmocka_unit_test(a_tar_is_told_by_its_checksum),
        cmocka_unit_test(a_disc_image_is_told_far_from_its_start),
        cmocka_unit_test(programs_are_told),
        cmocka_unit_test(a_pe_header_outweighs_what_the_dos_stub_looks_like),
        cmocka_unit_test(a_pie_is_told_from_a_library_by_its_flags),
        cmocka_unit_test(scripts_are_told_by_their_interpreter),
        cmocka_unit_test(markup_is_told_as_browsers_tell_it),
        cmocka_unit_test(svg_is_told_behind_prolog_comments_and_doctype),
        cmocka_unit_test(a_long_comment_hides_no_svg_and_costs_no_time),
        cmocka_unit_test(a_pdf_is_told_behind_junk_but_not_in_a_text_about_it),
        cmocka_unit_test(short_signatures_need_a_binary_byte),
        cmocka_unit_test(text_and_binary_are_told_by_the_first_1445_bytes)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
