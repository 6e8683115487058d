package ScreenBodies;

# The recorded bodies below t/data/multipart, as requests for Test::Nginx
# files, and what a plain reading of them finds.

use strict;
use warnings;

use Digest::SHA ();

use ScreenFile ();

our $Dir = 't/data/multipart';


sub slurp { return ScreenFile::slurp("$Dir/$_[0]") }


sub names
{
    my ($folder) = @_;

    my @names = map { m{([^/]+)\.body\z} } sort glob "$Dir/$folder*.body";
    die "no bodies in $Dir/$folder" unless @names;

    return map { "$folder$_" } @names;
}


sub type
{
    my ($name) = @_;

    my $type = slurp("$name.type");
    $type =~ s/\n\z//;

    return $type;
}


sub request { "POST /upload/$_[0]\n" . slurp("$_[0].body") }

sub headers
{
    my ($name) = @_;

    return 'Content-Type: ' . type($name) . "\n"
           . 'Content-Length: ' . length(slurp("$name.body")) . "\n";
}


# the parts of a form that is as it should be: [ headers, data ] of each

sub split_form
{
    my ($body, $type) = @_;

    my ($boundary) = $type =~ /boundary="?([^";\s]+)/i or die "no boundary";

    my @parts = split /\r\n--\Q$boundary\E/, "\r\n$body";
    shift @parts;
    pop @parts;

    my @found;

    for my $part (@parts) {
        $part =~ s/\A\r\n//;
        my ($headers, $data) = split /\r\n\r\n/, $part, 2;

        if ($headers =~ m{^Content-Type: *(multipart/mixed.*)}mi) {
            push @found, split_form($data, $1);
            next;
        }

        push @found, [ $headers, $data ];
    }

    return @found;
}


sub digests
{
    my ($name) = @_;

    return map { Digest::SHA::sha256_hex($_->[1]) }
           split_form(slurp("$name.body"), type($name));
}


# the file names in lines of a .parts or .expect file, as $screen_files has
# them

sub files
{
    my @files;

    for my $line (@_) {
        my ($name, $file) = split /\t/, $line;

        next unless defined $file && $file =~ s/^=// && length $file;

        my %escapes = (t => "\t", r => "\r", n => "\n", 0 => "\0");

        $file =~ s/\\(.)/$escapes{$1} \/\/ $1/ge;
        $file =~ s/([\x00-\x1f\x7f%,"])/sprintf '%%%02X', ord $1/ge;

        push @files, $file;
    }

    return join ',', @files;
}

1;
