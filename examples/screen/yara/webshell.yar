/*
 * Pages that execute what a request sends them.  The rules ask for the call
 * and the request's input in one expression, so that code which merely has
 * both is left alone.
 */

rule php_executes_request_input : webshell php
{
    meta:
        description = "PHP that executes what the request sends"
        author = "ngx_http_screen_module"
        severity = 9

    strings:
        $tag = "<?php" nocase
        $short_tag = "<?="

        $call = /\b(eval|assert|system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec)[ \t]{0,8}\([ \t\r\n]{0,8}@?\$_(GET|POST|REQUEST|COOKIE|SERVER)[ \t]{0,8}[\[{]/ nocase
        $decoded = /\b(eval|assert|system|exec|shell_exec|passthru)[ \t]{0,8}\([ \t\r\n]{0,8}@?(base64_decode|gzinflate|gzuncompress|str_rot13|stripslashes|urldecode|trim)[ \t]{0,8}\([ \t\r\n]{0,8}@?\$_(GET|POST|REQUEST|COOKIE|SERVER)[ \t]{0,8}[\[{]/ nocase
        $variable = /\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,8}\[[^\]\r\n]{1,64}\][ \t]{0,8}\([ \t]{0,8}@?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,8}\[/ nocase
        $backtick = /=[ \t]{0,8}`[^`\r\n]{0,64}\{?\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,8}\[[^`\r\n]{1,64}`/ nocase
        $include = /\b(include|require)(_once)?[ \t(]{1,8}@?["']data:[^"'\r\n]{0,64};base64,["']?[ \t.]{1,8}\$_(GET|POST|REQUEST|COOKIE)[ \t]{0,8}\[/ nocase

    condition:
        ($tag or $short_tag) and 1 of ($call, $decoded, $variable, $backtick, $include)
}


rule php_executes_packed_code : webshell php
{
    meta:
        description = "PHP that unpacks code from a literal and executes it"
        author = "ngx_http_screen_module"
        severity = 8

    strings:
        $tag = "<?php" nocase

        $packed = /\b(eval|assert)[ \t]{0,8}\([ \t\r\n]{0,8}@?((gzinflate|gzuncompress|gzdecode|str_rot13|strrev)[ \t]{0,8}\([ \t\r\n]{0,8}){0,4}(base64_decode|gzinflate|gzuncompress|str_rot13|convert_uudecode)[ \t]{0,8}\([ \t\r\n]{0,8}["'][A-Za-z0-9+\/=]{64}/ nocase

    condition:
        $tag and $packed
}


rule jsp_executes_request_input : webshell jsp
{
    meta:
        description = "JSP that executes what the request sends"
        author = "ngx_http_screen_module"
        severity = 9

    strings:
        $tag = "<%"
        $xml_tag = "<jsp:scriptlet>"

        $call = /getRuntime[ \t]{0,8}\([ \t]{0,8}\)[ \t]{0,8}\.[ \t]{0,8}exec[ \t]{0,8}\([ \t\r\n]{0,8}request[ \t]{0,8}\.[ \t]{0,8}getParameter/
        $array = /getRuntime[ \t]{0,8}\([ \t]{0,8}\)[ \t]{0,8}\.[ \t]{0,8}exec[ \t]{0,8}\([ \t\r\n]{0,8}new[ \t]{1,8}String[ \t]{0,8}\[[ \t]{0,8}\][^)\r\n]{1,128}request[ \t]{0,8}\.[ \t]{0,8}getParameter/
        $builder = /new[ \t]{1,8}ProcessBuilder[ \t]{0,8}\([^)\r\n]{0,128}request[ \t]{0,8}\.[ \t]{0,8}getParameter/

    condition:
        ($tag or $xml_tag) and 1 of ($call, $array, $builder)
}


rule aspx_executes_request_input : webshell aspx
{
    meta:
        description = "ASP or ASP.NET that executes what the request sends"
        author = "ngx_http_screen_module"
        severity = 9

    strings:
        $tag = "<%"
        $script_tag = /<script[^>\r\n]{1,64}runat[ \t]{0,8}=[ \t]{0,8}["']?server/ nocase

        $eval = /\b(eval|execute|executeglobal)[ \t]{0,8}\(?[ \t]{0,8}request[ \t]{0,8}(\.(item|form|querystring|params|cookies))?[ \t]{0,8}[\[(]/ nocase
        $process = /Process[ \t]{0,8}\.[ \t]{0,8}Start[ \t]{0,8}\([^)\r\n]{0,128}Request[ \t]{0,8}(\.(Item|Form|QueryString|Params|Cookies))?[ \t]{0,8}\[/
        $shell = /createobject[ \t]{0,8}\([ \t]{0,8}"wscript\.shell"[ \t]{0,8}\)[ \t]{0,8}\.[ \t]{0,8}(exec|run)[ \t]{0,8}\(?[^)\r\n]{0,128}request[ \t]{0,8}(\.(item|form|querystring|params|cookies))?[ \t]{0,8}\(/ nocase

    condition:
        ($tag or $script_tag) and 1 of ($eval, $process, $shell)
}
