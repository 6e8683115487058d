/*
 * Pictures that are something else as well.
 */

private rule image
{
    strings:
        $jpeg = { FF D8 FF }
        $png = { 89 50 4E 47 0D 0A 1A 0A }
        $gif = /GIF8[79]a/
        $riff = { 52 49 46 46 ?? ?? ?? ?? 57 45 42 50 }

    condition:
        $jpeg at 0 or $png at 0 or $gif at 0 or $riff at 0
}


rule image_holds_executable : polyglot executable
{
    meta:
        description = "Picture with a program inside"
        author = "ngx_http_screen_module"
        severity = 8

    strings:
        $dos = "This program cannot be run in DOS mode"
        $win = "This program must be run under Win32"
        $elf = { 7F 45 4C 46 (01 | 02) (01 | 02) 01 (00 | 03) 00 00 00 00 }

    condition:
        image and 1 of ($dos, $win, $elf)
}


rule image_holds_php : polyglot php
{
    meta:
        description = "Picture with PHP inside"
        author = "ngx_http_screen_module"
        severity = 8

    strings:
        $php = /<\?php[ \t\r\n]/ nocase

    condition:
        image and $php
}


rule image_holds_archive : polyglot archive
{
    meta:
        description = "Picture that ends as a ZIP archive"
        author = "ngx_http_screen_module"
        severity = 5

    strings:
        $member = { 50 4B 03 04 }
        $end = { 50 4B 05 06 }

    condition:
        image and $member and $end at filesize - 22
}


rule image_is_script : polyglot javascript
{
    meta:
        description = "GIF that is JavaScript as well"
        author = "ngx_http_screen_module"
        severity = 8

    strings:
        $gif = /GIF8[79]a\/\*/
        $close = "*/"

    condition:
        $gif at 0 and $close
}
