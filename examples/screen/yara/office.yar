/*
 * Office files that act when they are opened.  A file with macros is only
 * worth a look; one whose macro runs by itself and reaches out of the
 * document is not wanted.
 */

rule office_macro_runs_commands : office macro
{
    meta:
        description = "Office file whose macro runs when it is opened, and starts programs or fetches files"
        author = "ngx_http_screen_module"
        severity = 8

    strings:
        $ole = { D0 CF 11 E0 A1 B1 1A E1 }
        $project = "_VBA_PROJECT" wide

        $open_1 = "AutoOpen" fullword nocase
        $open_2 = "Auto_Open" fullword nocase
        $open_3 = "AutoExec" fullword nocase
        $open_4 = "Document_Open" fullword nocase
        $open_5 = "Workbook_Open" fullword nocase

        $reach_1 = "WScript.Shell" nocase
        $reach_2 = "URLDownloadToFile" nocase
        $reach_3 = "ADODB.Stream" nocase
        $reach_4 = "MSXML2.XMLHTTP" nocase
        $reach_5 = "Shell.Application" nocase
        $reach_6 = "powershell" fullword nocase
        $reach_7 = "ShellExecute" nocase

    condition:
        $ole at 0 and $project and 1 of ($open_*) and 1 of ($reach_*)
}


rule office_macro_runs_when_opened : office macro
{
    meta:
        description = "Office file with a macro that runs when it is opened"
        author = "ngx_http_screen_module"
        severity = 5

    strings:
        $ole = { D0 CF 11 E0 A1 B1 1A E1 }
        $project = "_VBA_PROJECT" wide

        $open_1 = "AutoOpen" fullword nocase
        $open_2 = "Auto_Open" fullword nocase
        $open_3 = "AutoExec" fullword nocase
        $open_4 = "Document_Open" fullword nocase
        $open_5 = "Workbook_Open" fullword nocase

    condition:
        $ole at 0 and $project and 1 of ($open_*)
}


rule office_has_macros : office macro
{
    meta:
        description = "Office file (Open XML) that carries macros"
        author = "ngx_http_screen_module"
        severity = 3

    strings:
        $zip = { 50 4B 03 04 }
        $types = "[Content_Types].xml"
        $macros = "vbaProject.bin"

    condition:
        $zip at 0 and $types and $macros
}


rule rtf_object_opens_itself : office rtf
{
    meta:
        description = "RTF with an embedded object that is loaded without a click"
        author = "ngx_http_screen_module"
        severity = 7

    strings:
        $rtf = "{\\rt"
        $update = "\\objupdate"
        $data = "\\objdata"

    condition:
        $rtf at 0 and $update and $data
}
