
#include "screen_sniff.h"
#include "screen_upload.h"

#include <string.h>
#include <strings.h>


/*
 * Does the content contradict its label?
 *
 * Honest uploads are labelled loosely.  People rename a WebP to .jpg, phones
 * send HEIC as image/jpeg, Windows calls a CSV application/vnd.ms-excel and
 * TypeScript video/mp2t, report generators write HTML into .xls, libraries
 * send every form field as text/plain.  So both sides are compared by kind,
 * not by type: what a label promises is the set of kinds that an honest file
 * with it may turn out to be, wide where clients are sloppy.
 *
 * What is left is what nobody does by accident: a program, a script or
 * markup under the label of a picture, a film, a document or an archive; one
 * kind of media under the label of another; anything binary under the label
 * of code; and bytes that are nothing at all under the label of a format
 * whose every file has a signature.  HTML in .txt, .csv or .json is one too:
 * it is how stored scripts are smuggled, and a text that begins with a tag
 * is rare, except in Markdown, which may.
 */

#define SCREEN_KIND_UNKNOWN    0x00001     /* bytes of no known format */
#define SCREEN_KIND_TEXT       0x00002
#define SCREEN_KIND_HTML       0x00004
#define SCREEN_KIND_XML        0x00008
#define SCREEN_KIND_SVG        0x00010
#define SCREEN_KIND_SCRIPT     0x00020
#define SCREEN_KIND_PROGRAM    0x00040
#define SCREEN_KIND_IMAGE      0x00080
#define SCREEN_KIND_MEDIA      0x00100     /* sound and film */
#define SCREEN_KIND_FONT       0x00200
#define SCREEN_KIND_PDF        0x00400
#define SCREEN_KIND_PS         0x00800
#define SCREEN_KIND_RTF        0x01000
#define SCREEN_KIND_OLE        0x02000
#define SCREEN_KIND_ZIP        0x04000     /* archives and documents */
#define SCREEN_KIND_MACRO      0x08000     /* office files with macros */
#define SCREEN_KIND_JAR        0x10000
#define SCREEN_KIND_ARCHIVE    0x20000     /* any that is no ZIP */
#define SCREEN_KIND_DATA       0x40000

#define SCREEN_KIND_CODE                                                      \
    (SCREEN_KIND_UNKNOWN|SCREEN_KIND_TEXT|SCREEN_KIND_HTML|SCREEN_KIND_XML    \
     |SCREEN_KIND_SVG|SCREEN_KIND_SCRIPT|SCREEN_KIND_RTF|SCREEN_KIND_PS)

#define SCREEN_KIND_PACKED                                                    \
    (SCREEN_KIND_ZIP|SCREEN_KIND_MACRO|SCREEN_KIND_JAR|SCREEN_KIND_ARCHIVE)

/* what other programs write under the names of old office formats */

#define SCREEN_KIND_OFFICE                                                    \
    (SCREEN_KIND_OLE|SCREEN_KIND_RTF|SCREEN_KIND_ZIP|SCREEN_KIND_MACRO        \
     |SCREEN_KIND_TEXT|SCREEN_KIND_HTML|SCREEN_KIND_XML|SCREEN_KIND_UNKNOWN)

/* what no picture, sound, film or font is, known to us or not */

#define SCREEN_KIND_ACTIVE                                                    \
    (SCREEN_KIND_HTML|SCREEN_KIND_SVG|SCREEN_KIND_SCRIPT                      \
     |SCREEN_KIND_PROGRAM|SCREEN_KIND_MACRO|SCREEN_KIND_JAR)


/* names are separated by spaces; one that ends in "*" stands for many */

typedef struct {
    const char   *types;
    unsigned      kind;
} screen_kind_t;

typedef struct {
    const char   *extensions;
    const char   *types;
    unsigned      kinds;               /* of honest content */
} screen_label_t;


static unsigned screen_mismatch_kind(const char *type);
static const screen_label_t *screen_mismatch_declared(const screen_str_t *s);
static const screen_label_t *screen_mismatch_filename(const screen_str_t *s);
static int screen_mismatch_wrapped(const screen_str_t *s);
static screen_str_t screen_mismatch_extension(const screen_str_t *s);
static int screen_mismatch_listed(const char *list, const char *name,
    size_t len);


/*
 * All that screen_sniff answers; a type that is not here is of no kind, and
 * contradicts nothing.  The first row that fits counts.
 */

static const screen_kind_t  screen_kinds[] = {
    { "application/octet-stream", SCREEN_KIND_UNKNOWN },
    { "text/plain", SCREEN_KIND_TEXT },
    { "text/html application/xhtml+xml", SCREEN_KIND_HTML },
    { "text/xml application/xml", SCREEN_KIND_XML },
    { "image/svg+xml", SCREEN_KIND_SVG },
    { "text/rtf", SCREEN_KIND_RTF },
    { "text/x-* application/javascript", SCREEN_KIND_SCRIPT },

    { "application/x-dosexec application/x-executable"
      " application/x-pie-executable application/x-sharedlib"
      " application/x-object application/x-coredump"
      " application/x-mach-binary application/java-vm application/wasm"
      " application/x-dex application/x-ms-shortcut application/x-msi"
      " application/x-shockwave-flash application/vnd.ms-htmlhelp",
      SCREEN_KIND_PROGRAM },

    { "application/postscript image/x-eps", SCREEN_KIND_PS },

    /* an archive, though its name says otherwise */

    { "image/openraster", SCREEN_KIND_ZIP },
    { "image/*", SCREEN_KIND_IMAGE },
    { "audio/* video/* application/ogg", SCREEN_KIND_MEDIA },
    { "font/* application/vnd.ms-fontobject", SCREEN_KIND_FONT },
    { "application/pdf", SCREEN_KIND_PDF },

    { "application/x-ole-storage application/msword"
      " application/vnd.ms-excel application/vnd.ms-powerpoint"
      " application/vnd.visio application/vnd.ms-outlook",
      SCREEN_KIND_OLE },

    { "application/vnd.ms-word.document.macroenabled.12"
      " application/vnd.ms-powerpoint.presentation.macroenabled.12"
      " application/vnd.ms-excel.sheet.macroenabled.12"
      " application/vnd.ms-excel.sheet.binary.macroenabled.12",
      SCREEN_KIND_MACRO },

    { "application/java-archive application/vnd.android.package-archive",
      SCREEN_KIND_JAR },

    { "application/zip application/epub+zip"
      " application/vnd.openxmlformats-officedocument.*"
      " application/vnd.oasis.opendocument.* application/vnd.sun.xml.*"
      " application/vnd.ms-visio.drawing",
      SCREEN_KIND_ZIP },

    { "application/x-gzip application/x-bzip2 application/x-xz"
      " application/zstd application/x-7z-compressed"
      " application/x-rar-compressed application/x-tar application/x-lz4"
      " application/x-lzip application/x-lzma application/x-compress"
      " application/vnd.ms-cab-compressed application/x-archive"
      " application/vnd.debian.binary-package application/x-rpm"
      " application/x-xar application/x-cpio application/x-lzh-compressed"
      " application/x-iso9660-image",
      SCREEN_KIND_ARCHIVE },

    { "application/vnd.sqlite3", SCREEN_KIND_DATA }
};


/*
 * The first row that has the extension or the type counts.  What is not
 * here, application/octet-stream for one, promises nothing.
 */

static const screen_label_t  screen_labels[] = {

    /* pictures: each has a signature */

    { "jpg jpeg jpe jfif pjpeg pjp png apng gif webp bmp dib ico cur tif"
      " tiff psd avif avifs heic heif heics heifs hif jxl jp2 j2k jpf jpx jpm"
      " djvu djv",
      "image/jpeg image/jpg image/pjpeg image/png image/x-png image/apng"
      " image/gif image/webp image/bmp image/x-bmp image/x-ms-bmp"
      " image/x-icon image/vnd.microsoft.icon image/tiff"
      " image/vnd.adobe.photoshop image/x-photoshop application/x-photoshop"
      " image/avif image/avif-sequence image/heic image/heif"
      " image/heic-sequence image/heif-sequence image/jxl image/jp2"
      " image/jpx image/jpm image/vnd.djvu",
      SCREEN_KIND_IMAGE },

    { "svg", "", SCREEN_KIND_SVG|SCREEN_KIND_XML|SCREEN_KIND_TEXT },

    { "svgz", "image/svg+xml image/svg",
      SCREEN_KIND_SVG|SCREEN_KIND_XML|SCREEN_KIND_TEXT
      |SCREEN_KIND_ARCHIVE },

    /* sound and film with a signature, then those that may have none */

    { "mp4 m4v m4a m4b 3gp 3gpp 3g2 webm mkv mka avi wmv wma asf flv wav"
      " flac ogg oga ogv opus aif aiff mid midi",
      "video/mp4 video/x-m4v audio/mp4 audio/x-m4a audio/m4a video/3gpp"
      " audio/3gpp video/3gpp2 audio/3gpp2 video/webm audio/webm"
      " video/x-matroska audio/x-matroska video/matroska audio/matroska"
      " video/avi video/x-msvideo video/msvideo video/x-ms-wmv"
      " audio/x-ms-wma video/x-ms-asf video/x-flv audio/wav audio/wave"
      " audio/x-wav audio/vnd.wave audio/flac audio/x-flac audio/ogg"
      " video/ogg application/ogg audio/opus audio/aiff audio/x-aiff"
      " audio/midi audio/mid audio/x-midi",
      SCREEN_KIND_MEDIA },

    { "mp3 mp2 mpga aac adts mpg mpeg mpe m1v m2v vob m2ts mov qt amr",
      "audio/mpeg audio/mp3 audio/x-mp3 audio/x-mpeg audio/mpeg3"
      " audio/x-mpeg-3 audio/aac audio/x-aac audio/aacp"
      " audio/vnd.dlna.adts video/mpeg video/x-mpeg video/quicktime"
      " audio/amr",
      SCREEN_KIND_MEDIA|SCREEN_KIND_UNKNOWN },

    /* .ts is a language as well, and browsers go by the extension */

    { "", "video/mp2t video/vnd.dlna.mpeg-tts",
      SCREEN_KIND_MEDIA|SCREEN_KIND_CODE },

    { "ttf otf ttc otc woff woff2 eot",
      "font/ttf font/otf font/sfnt font/collection font/woff font/woff2"
      " application/font-woff application/font-woff2 application/font-sfnt"
      " application/font-ttf application/font-otf application/x-font-woff"
      " application/x-font-ttf application/x-font-otf"
      " application/x-font-opentype application/x-font-truetype"
      " application/vnd.ms-opentype application/vnd.ms-fontobject",
      SCREEN_KIND_FONT },

    /* documents */

    { "pdf", "application/pdf application/x-pdf", SCREEN_KIND_PDF },

    { "ps eps epsf epsi",
      "application/postscript application/eps application/x-eps image/eps"
      " image/x-eps",
      SCREEN_KIND_PS|SCREEN_KIND_PDF|SCREEN_KIND_TEXT|SCREEN_KIND_UNKNOWN },

    { "rtf", "application/rtf text/rtf application/x-rtf text/richtext",
      SCREEN_KIND_RTF|SCREEN_KIND_TEXT|SCREEN_KIND_OLE|SCREEN_KIND_ZIP },

    { "doc dot xls xlt xla ppt pps pot",
      "application/msword application/vnd.ms-word application/vnd.ms-excel"
      " application/msexcel application/x-msexcel application/x-excel"
      " application/vnd.ms-powerpoint application/mspowerpoint"
      " application/x-mspowerpoint",
      SCREEN_KIND_OFFICE },

    { "msg", "application/vnd.ms-outlook",
      SCREEN_KIND_OLE|SCREEN_KIND_TEXT|SCREEN_KIND_UNKNOWN },

    /* one that has a password is an OLE file around the real one */

    { "docx dotx xlsx xltx pptx ppsx potx vsdx",
      "application/vnd.openxmlformats-officedocument.*",
      SCREEN_KIND_ZIP|SCREEN_KIND_OLE },

    { "docm dotm xlsm xltm xlam xlsb pptm ppsm potm ppam vsdm",
      "application/vnd.ms-word.document.macroenabled.12"
      " application/vnd.ms-word.template.macroenabled.12"
      " application/vnd.ms-excel.sheet.macroenabled.12"
      " application/vnd.ms-excel.sheet.binary.macroenabled.12"
      " application/vnd.ms-excel.template.macroenabled.12"
      " application/vnd.ms-excel.addin.macroenabled.12"
      " application/vnd.ms-powerpoint.presentation.macroenabled.12"
      " application/vnd.ms-powerpoint.slideshow.macroenabled.12"
      " application/vnd.ms-powerpoint.template.macroenabled.12",
      SCREEN_KIND_MACRO|SCREEN_KIND_ZIP|SCREEN_KIND_OLE },

    { "odt ott odm odp otp odg otg odf odb odc sxw sxc sxi sxd epub",
      "application/vnd.oasis.opendocument.* application/vnd.sun.xml.*"
      " application/epub+zip",
      SCREEN_KIND_ZIP },

    { "ods ots", "", SCREEN_KIND_ZIP },

    /* archives: one for another is an honest mistake */

    { "zip gz tgz bz2 tbz tbz2 xz txz zst tzst 7z rar lz lz4 cab deb rpm z",
      "application/zip application/x-zip application/x-zip-compressed"
      " application/gzip application/x-gzip application/x-gunzip"
      " application/x-tgz application/x-compressed-tar application/bzip2"
      " application/x-bzip application/x-bzip2 application/x-xz"
      " application/zstd application/x-zstd application/x-7z-compressed"
      " application/vnd.rar application/x-rar application/x-rar-compressed"
      " application/rar application/x-lzip application/x-lz4"
      " application/vnd.ms-cab-compressed application/x-cab-compressed"
      " application/vnd.debian.binary-package application/x-debian-package"
      " application/x-deb application/x-rpm application/x-compress"
      " application/x-compressed",
      SCREEN_KIND_PACKED },

    /* no signature when empty, or none at all in old ones */

    { "tar lzma lha lzh cpio",
      "application/x-tar application/x-gtar application/tar"
      " application/x-lzma application/x-lzh-compressed application/x-lha"
      " application/x-cpio",
      SCREEN_KIND_PACKED|SCREEN_KIND_UNKNOWN },

    /* an image that boots from a stick starts with a program */

    { "iso", "application/x-iso9660-image application/x-cd-image",
      SCREEN_KIND_PACKED|SCREEN_KIND_PROGRAM|SCREEN_KIND_UNKNOWN },

    { "jar war ear apk",
      "application/java-archive application/x-java-archive"
      " application/vnd.android.package-archive",
      SCREEN_KIND_JAR|SCREEN_KIND_ZIP },

    /* programs */

    { "exe dll sys scr cpl ocx msi msp",
      "application/x-msdownload application/vnd.microsoft.portable-executable"
      " application/x-msi application/x-dosexec",
      SCREEN_KIND_PROGRAM|SCREEN_KIND_OLE|SCREEN_KIND_UNKNOWN },

    { "wasm", "application/wasm", SCREEN_KIND_PROGRAM },

    { "lnk", "application/x-ms-shortcut", SCREEN_KIND_PROGRAM },

    { "swf", "application/x-shockwave-flash", SCREEN_KIND_PROGRAM },

    /* texts */

    { "txt csv tsv json geojson ndjson css ics vcf srt vtt",
      "text/csv text/tab-separated-values application/csv text/x-csv"
      " application/json text/json application/geo+json application/ld+json"
      " application/x-ndjson text/css text/calendar text/vcard text/vtt",
      SCREEN_KIND_TEXT|SCREEN_KIND_XML|SCREEN_KIND_RTF|SCREEN_KIND_PS
      |SCREEN_KIND_UNKNOWN },

    { "md markdown rst html htm xhtml shtml xht mht mhtml",
      "text/plain text/html application/xhtml+xml text/markdown"
      " text/x-markdown text/x-rst",
      SCREEN_KIND_CODE },

    { "xml xsl xslt xsd rss atom kml gpx rdf",
      "text/xml application/xml application/rss+xml application/atom+xml"
      " application/rdf+xml application/xslt+xml"
      " application/vnd.google-earth.kml+xml application/gpx+xml",
      SCREEN_KIND_TEXT|SCREEN_KIND_XML|SCREEN_KIND_HTML|SCREEN_KIND_SVG
      |SCREEN_KIND_UNKNOWN },

    { "php php3 php4 php5 php7 php8 phtml pht phps jsp jspx asp aspx ashx"
      " js mjs cjs jsx tsx py pyw rb sh bash zsh bat cmd ps1 vbs hta sql c cc"
      " cpp cxx h hpp hxx java cs go rs swift kt scala lua tcl yaml yml toml",
      "application/javascript text/javascript application/x-javascript"
      " application/ecmascript text/ecmascript application/x-httpd-php"
      " application/x-php text/x-php application/x-sh application/x-csh"
      " text/x-*",
      SCREEN_KIND_CODE },

    /* scripts as a rule, programs where the server runs them */

    { "cgi fcgi pl pm phar", "application/x-perl",
      SCREEN_KIND_CODE|SCREEN_KIND_PROGRAM|SCREEN_KIND_PACKED },

    /* pictures, sounds, films and fonts of formats that are not told here */

    { "", "image/* audio/* video/* font/*",
      (unsigned) ~SCREEN_KIND_ACTIVE }
};


unsigned
screen_sniff_mismatch(const char *type, const screen_str_t *declared,
    const screen_str_t *filename)
{
    unsigned               kind, mask;
    const screen_label_t  *label;

    kind = screen_mismatch_kind(type);

    if (kind == 0) {
        return 0;
    }

    mask = 0;

    label = screen_mismatch_declared(declared);

    /*
     * Clients that guess by name send the type of what is inside, for
     * "report.pdf.gz" application/pdf: Python's standard library does.
     */

    if (kind == SCREEN_KIND_ARCHIVE && screen_mismatch_wrapped(filename)) {
        label = NULL;
    }

    if (label != NULL && !(label->kinds & kind)) {
        mask |= SCREEN_MISMATCH_HEADER;
    }

    label = screen_mismatch_filename(filename);

    if (label != NULL && !(label->kinds & kind)) {
        mask |= SCREEN_MISMATCH_EXTENSION;
    }

    return mask;
}


static unsigned
screen_mismatch_kind(const char *type)
{
    size_t  i, len;

    len = strlen(type);

    for (i = 0; i < sizeof(screen_kinds) / sizeof(screen_kinds[0]); i++) {

        if (screen_mismatch_listed(screen_kinds[i].types, type, len)) {
            return screen_kinds[i].kind;
        }
    }

    return 0;
}


/* parameters are left aside, and so is white space around the type */

static const screen_label_t *
screen_mismatch_declared(const screen_str_t *s)
{
    size_t         i, len;
    const u_char  *p, *semicolon;

    p = s->data;
    len = s->len;

    if (len == 0) {
        return NULL;
    }

    semicolon = memchr(p, ';', len);

    if (semicolon != NULL) {
        len = semicolon - p;
    }

    while (len && (*p == ' ' || *p == '\t')) {
        p++;
        len--;
    }

    while (len && (p[len - 1] == ' ' || p[len - 1] == '\t')) {
        len--;
    }

    for (i = 0; i < sizeof(screen_labels) / sizeof(screen_labels[0]); i++) {

        if (screen_mismatch_listed(screen_labels[i].types, (const char *) p,
                                   len))
        {
            return &screen_labels[i];
        }
    }

    return NULL;
}


static const screen_label_t *
screen_mismatch_filename(const screen_str_t *s)
{
    size_t        i;
    screen_str_t  e;

    e = screen_mismatch_extension(s);

    for (i = 0; i < sizeof(screen_labels) / sizeof(screen_labels[0]); i++) {

        if (screen_mismatch_listed(screen_labels[i].extensions,
                                   (const char *) e.data, e.len))
        {
            return &screen_labels[i];
        }
    }

    return NULL;
}


static int
screen_mismatch_wrapped(const screen_str_t *s)
{
    screen_str_t  e;

    e = screen_mismatch_extension(s);

    return screen_mismatch_listed("gz z bz2 xz zst", (const char *) e.data,
                                  e.len);
}


/* a file system that drops trailing dots and spaces sees what is before */

static screen_str_t
screen_mismatch_extension(const screen_str_t *s)
{
    size_t        n, len;
    screen_str_t  e = screen_null_str;

    len = s->len;

    while (len && (s->data[len - 1] == '.' || s->data[len - 1] == ' ')) {
        len--;
    }

    for (n = len; n && s->data[n - 1] != '.'; n--) {

        if (s->data[n - 1] == '/' || s->data[n - 1] == '\\') {
            return e;
        }
    }

    if (n != 0) {
        e.data = s->data + n;
        e.len = len - n;
    }

    return e;
}


static int
screen_mismatch_listed(const char *list, const char *name, size_t len)
{
    size_t       n;
    const char  *end;

    if (len == 0) {
        return 0;
    }

    while (*list) {
        n = strcspn(list, " ");
        end = list + n;

        if (n && list[n - 1] == '*') {

            if (len >= n - 1 && strncasecmp(list, name, n - 1) == 0) {
                return 1;
            }

        } else if (len == n && strncasecmp(list, name, n) == 0) {
            return 1;
        }

        list = *end ? end + 1 : end;
    }

    return 0;
}
