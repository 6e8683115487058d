
#include <string.h>

#include "screen_filetype.h"


/* the first entry that the type begins with, longer ones first */

static const struct {
    const char  *type;
    const char  *name;
} screen_filetypes[] = {
    { "application/x-dosexec", "EXE" },
    { "application/x-executable", "ELF" },
    { "application/x-pie-executable", "ELF" },
    { "application/x-sharedlib", "ELF" },
    { "application/x-object", "ELF" },
    { "application/x-coredump", "ELF" },
    { "application/x-mach-binary", "MACH-O" },
    { "application/x-ms-shortcut", "LNK" },
    { "application/x-msi", "MSI" },
    { "application/java-archive", "JAR" },
    { "application/java-vm", "CLASS" },
    { "application/vnd.android.package-archive", "APK" },
    { "application/x-dex", "DEX" },
    { "application/wasm", "WASM" },
    { "application/x-shockwave-flash", "SWF" },
    { "application/pdf", "PDF" },
    { "application/postscript", "PS" },
    { "text/rtf", "RTF" },
    { "application/msword", "OLE" },
    { "application/vnd.visio", "OLE" },
    { "application/x-ole-storage", "OLE" },
    { "application/vnd.ms-outlook", "OLE" },
    { "application/vnd.openxmlformats-officedocument", "OFFICE" },
    { "application/vnd.ms-word.", "OFFICE" },
    { "application/vnd.ms-excel.", "OFFICE" },
    { "application/vnd.ms-powerpoint.", "OFFICE" },
    { "application/vnd.ms-excel", "OLE" },
    { "application/vnd.ms-powerpoint", "OLE" },
    { "application/vnd.oasis.opendocument", "OFFICE" },
    { "application/vnd.ms-htmlhelp", "CHM" },
    { "application/zip", "ZIP" },
    { "application/epub+zip", "ZIP" },
    { "application/x-rar-compressed", "RAR" },
    { "application/x-7z-compressed", "7ZIP" },
    { "application/x-gzip", "GZIP" },
    { "application/x-bzip2", "BZIP2" },
    { "application/x-xz", "XZ" },
    { "application/zstd", "ZSTD" },
    { "application/x-tar", "TAR" },
    { "application/vnd.ms-cab-compressed", "CAB" },
    { "application/x-iso9660-image", "ISO" },
    { "application/vnd.sqlite3", "SQLITE" },
    { "image/jpeg", "JPEG" },
    { "image/png", "PNG" },
    { "image/gif", "GIF" },
    { "image/bmp", "BMP" },
    { "image/tiff", "TIFF" },
    { "image/webp", "WEBP" },
    { "image/svg+xml", "SVG" },
    { "image/x-icon", "ICO" },
    { "video/mp4", "MP4" },
    { "video/avi", "AVI" },
    { "video/webm", "WEBM" },
    { "video/x-matroska", "MKV" },
    { "audio/mpeg", "MP3" },
    { "audio/wave", "WAV" },
    { "text/html", "HTML" },
    { "text/xml", "XML" },
    { "text/x-php", "PHP" },
    { "text/x-script.python", "Python" },
    { "text/x-perl", "Perl" },
    { "text/x-ruby", "Ruby" },
    { "text/x-shellscript", "SHELL" },
    { "text/x-msdos-batch", "BATCH" },
};


const char *
screen_filetype_name(const screen_str_t *type)
{
    size_t  i, len;

    for (i = 0; i < sizeof(screen_filetypes) / sizeof(screen_filetypes[0]);
         i++)
    {
        len = strlen(screen_filetypes[i].type);

        if (type->len >= len
            && memcmp(type->data, screen_filetypes[i].type, len) == 0)
        {
            return screen_filetypes[i].name;
        }
    }

    return "";
}


const char *
screen_filetype_base(const char *path)
{
    const char  *p, *base;

    base = path;

    for (p = path; *p; p++) {

        if (*p == '/' || *p == '\\') {
            base = p + 1;
        }
    }

    return base;
}


void
screen_filetype_extension(const char *filename,
    char to[SCREEN_FILETYPE_EXTENSION])
{
    size_t       i;
    const char  *dot;

    dot = strrchr(screen_filetype_base(filename), '.');

    to[0] = '\0';

    if (dot == NULL || strlen(dot) >= SCREEN_FILETYPE_EXTENSION) {
        return;
    }

    for (i = 0; dot[i]; i++) {
        to[i] = (char) ((dot[i] >= 'A' && dot[i] <= 'Z') ? (dot[i] | 0x20)
                                                         : dot[i]);
    }

    to[i] = '\0';
}
