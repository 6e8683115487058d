
/*
 * The grammar: what each directive makes of a policy, and the error that a
 * mistake gets.  test_policy_decide.c has what the policy then decides.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy_helper.h"


static void
assert_error(const char *text, unsigned line, const char *error)
{
    helper_t  h;

    if (helper_policy(&h, text) != SCREEN_ERROR) {
        fail_msg("no error: %s", text);
    }

    if (strstr(h.err.text, error) == NULL) {
        fail_msg("%s: \"%s\" is not in \"%s\"", text, error, h.err.text);
    }

    assert_string_equal(h.err.file, "test.policy");
    assert_int_equal(h.err.line, line);

    helper_free(&h);
}


typedef struct {
    const char  *text;
    const char  *error;
} mistake_t;


static void
assert_mistakes(const mistake_t *m, size_t n)
{
    size_t  i;

    for (i = 0; i < n; i++) {
        assert_error(m[i].text, 1, m[i].error);
    }
}

#define check(mistakes)                                                       \
    assert_mistakes(mistakes, sizeof(mistakes) / sizeof(mistakes[0]))


static void
a_policy_that_says_nothing_has_the_documented_defaults(void **state)
{
    helper_t            h;
    screen_policy_t    *p;
    const screen_str_t  post = screen_str("POST"), get = screen_str("GET");

    assert_int_equal(helper_policy(&h, ""), SCREEN_OK);

    p = h.policy;

    assert_true(screen_str_is(&p->name, "uploads"));
    assert_int_equal(p->nmethods, 3);
    assert_int_equal(screen_policy_method(p, &post), 1);
    assert_int_equal(screen_policy_method(p, &get), 0);
    assert_int_equal(p->max_size, 0);
    assert_int_equal(p->max_size_status, 413);
    assert_int_equal(p->multipart.lenient, 0);
    assert_int_equal(p->slow_rules, 0);
    assert_int_equal(p->nlines, 0);

    assert_int_equal(p->on_error[SCREEN_FAULT_FRAMING].verdict,
                     SCREEN_VERDICT_REJECT);
    assert_int_equal(p->on_error[SCREEN_FAULT_FRAMING].status, 400);
    assert_int_equal(p->on_error[SCREEN_FAULT_TIMEOUT].verdict,
                     SCREEN_VERDICT_FLAG);
    assert_int_equal(p->on_error[SCREEN_FAULT_CRASH].verdict,
                     SCREEN_VERDICT_FLAG);
    assert_int_equal(p->on_error[SCREEN_FAULT_OVERLOAD].verdict,
                     SCREEN_VERDICT_REJECT);
    assert_int_equal(p->on_error[SCREEN_FAULT_OVERLOAD].status, 503);
    assert_int_equal(p->on_error[SCREEN_FAULT_INCOMPLETE].verdict,
                     SCREEN_VERDICT_FLAG);

    helper_free(&h);
}


static void
the_example_of_the_design_is_understood(void **state)
{
    helper_t          h;
    screen_policy_t  *p;

    assert_int_equal(helper_policy(&h,
        "methods POST put PATCH\n"
        "max_size 512m reject=414\n"
        "multipart strict\n"
        "yara_rules /etc/nginx/screen/yara/*.yar /srv/more\n"
        "match bank=local reject\n"
        "match bank=coalition reject=451\n"
        "match bank=own-appeals allow\n"
        "match yara tag=webshell reject\n"
        "match yara meta.severity>=7 reject\n"
        "match yara flag\n"
        "match filename ~* \"\\.(php\\d?|phtml|phar)(\\.|$)\" reject\n"
        "match content ~ \"a b\" flag\n"
        "match type = application/x-dosexec reject\n"
        "match type mismatch flag\n"
        "on_error timeout=flag crash=log overload=reject=503 "
        "incomplete=pass framing=reject=400"), SCREEN_OK);

    p = h.policy;

    assert_int_equal(p->nmethods, 3);
    assert_true(screen_str_is(&p->methods[1], "PUT"));
    assert_int_equal(p->max_size, 512 * 1024 * 1024);
    assert_int_equal(p->max_size_status, 414);
    assert_int_equal(p->nrules, 2);
    assert_true(screen_str_is(&p->rules[1].path, "/srv/more"));
    assert_int_equal(p->rules[1].place.line, 4);
    assert_int_equal(p->nlines, 10);
    assert_int_equal(p->nbanks, 3);
    assert_true(screen_str_is(&p->banks[1], "coalition"));
    assert_int_equal(p->bank_places[1].line, 6);
    assert_int_equal(p->ncontents, 1);
    assert_true(screen_str_is(&p->contents[0].text, "a b"));
    assert_int_equal(p->on_error[SCREEN_FAULT_CRASH].verdict,
                     SCREEN_VERDICT_LOG);
    assert_int_equal(p->on_error[SCREEN_FAULT_INCOMPLETE].verdict,
                     SCREEN_VERDICT_PASS);

    helper_free(&h);
}


static void
content_patterns_are_listed_once_each(void **state)
{
    helper_t  h;

    assert_int_equal(helper_policy(&h,
        "match content ~ abc flag\n"
        "match content ~* abc flag\n"
        "match content ~ abc size>1k reject\n"
        "match content ~def log"), SCREEN_OK);

    assert_int_equal(h.policy->ncontents, 3);
    assert_int_equal(h.policy->contents[0].caseless, 0);
    assert_int_equal(h.policy->contents[1].caseless, 1);
    assert_int_equal(h.policy->contents[1].place.line, 2);
    assert_true(screen_str_is(&h.policy->contents[2].text, "def"));

    helper_free(&h);
}


static void
a_bank_named_twice_is_listed_once(void **state)
{
    helper_t  h;

    assert_int_equal(helper_policy(&h,
        "match bank=a flag\nmatch bank=b flag\nmatch bank=a reject"),
        SCREEN_OK);
    assert_int_equal(h.policy->nbanks, 2);

    helper_free(&h);
}


static void
limits_are_read_in_their_units(void **state)
{
    helper_t          h;
    screen_policy_t  *p;

    assert_int_equal(helper_policy(&h,
        "multipart lenient max_parts=10 max_headers=20 max_header_size=4k "
        "max_depth=3\n"
        "pattern_limits match=5000 heap=2m\n"
        "yara_slow_rules allow"), SCREEN_OK);

    p = h.policy;

    assert_int_equal(p->multipart.lenient, 1);
    assert_int_equal(p->multipart.max_parts, 10);
    assert_int_equal(p->multipart.max_headers, 20);
    assert_int_equal(p->multipart.max_header_size, 4096);
    assert_int_equal(p->multipart.max_depth, 3);
    assert_int_equal(p->pattern_limits.match_limit, 5000);
    assert_int_equal(p->pattern_limits.heap_limit, 2048);
    assert_int_equal(p->slow_rules, 1);

    /* lenient: nobody is turned away for the framing */

    assert_int_equal(p->on_error[SCREEN_FAULT_FRAMING].verdict,
                     SCREEN_VERDICT_FLAG);

    helper_free(&h);

    assert_int_equal(helper_policy(&h,
        "on_error framing=log\nmultipart lenient"), SCREEN_OK);
    assert_int_equal(h.policy->on_error[SCREEN_FAULT_FRAMING].verdict,
                     SCREEN_VERDICT_LOG);
    helper_free(&h);
}


static void
a_bare_reject_of_a_fault_has_the_status_that_fits_it(void **state)
{
    helper_t  h;

    assert_int_equal(helper_policy(&h,
        "on_error framing=reject overload=reject\non_error crash=reject"),
        SCREEN_OK);
    assert_int_equal(h.policy->on_error[SCREEN_FAULT_FRAMING].status, 400);
    assert_int_equal(h.policy->on_error[SCREEN_FAULT_OVERLOAD].status, 503);
    assert_int_equal(h.policy->on_error[SCREEN_FAULT_CRASH].status, 403);

    helper_free(&h);
}


static void
an_unknown_directive_is_told_what_there_is(void **state)
{
    static const mistake_t  m[] = {
        { "macth bank=a reject", "unknown directive \"macth\" in screen_policy"
          " \"uploads\": expected methods, max_size" },
        { "methods", "invalid number of arguments in \"methods\" directive" },
        { "max_size 1m reject=413 x", "invalid number of arguments" },
        { "match reject", "invalid number of arguments in \"match\"" },
        { "yara_slow_rules", "invalid number of arguments" },
    };

    check(m);
}


static void
what_may_stand_once_may_not_stand_twice(void **state)
{
    assert_error("max_size 1m\nmax_size 2m", 2,
                 "\"max_size\" directive is duplicate");
    assert_error("methods PUT\nmethods PUT", 2, "is duplicate");
    assert_error("multipart strict\nmultipart strict", 2, "is duplicate");
    assert_error("yara_slow_rules refuse\nyara_slow_rules allow", 2,
                 "is duplicate");
    assert_error("on_error crash=log\non_error crash=flag", 2,
                 "duplicate fault \"crash\"");
    assert_error("yara_rules /a /b /a", 1, "duplicate path \"/a\"");
    assert_error("methods PUT put", 1, "duplicate method \"PUT\"");
}


static void
a_wrong_value_of_a_directive_is_named(void **state)
{
    static const mistake_t  m[] = {
        { "methods P@ST", "invalid method \"P@ST\"" },
        { "methods \"\"", "invalid method \"\"" },
        { "max_size 5x", "invalid size \"5x\" in \"max_size\": expected a "
          "size like 512m" },
        { "max_size 5m status=1", "invalid parameter \"status=1\" in "
          "\"max_size\": expected reject=STATUS" },
        { "max_size 5m reject=99", "invalid status \"reject=99\" in "
          "\"max_size\": expected a number from 200 to 599" },
        { "multipart loose", "expected strict or lenient" },
        { "multipart strict max_part=4", "expected max_parts=" },
        { "multipart strict max_parts=0", "expected a number from 1 to" },
        { "multipart strict max_parts=4k", "expected a number from 1 to" },
        { "multipart strict max_depth=2 max_depth=2", "duplicate" },
        { "multipart strict max_header_size=4", "expected a size from 512" },
        { "yara_slow_rules yes", "expected allow or refuse" },
        { "yara_rules \"\"", "invalid path" },
        { "pattern_limits depth=4", "expected match= or heap=" },
        { "pattern_limits heap=1", "expected a size from 1024" },
        { "pattern_limits heap=1m heap=1m", "duplicate" },
        { "pattern_limits match=4294967296", "to 4294967295" },
        { "on_error tiemout=flag", "unknown fault \"tiemout=flag\" in "
          "\"on_error\": expected framing=, timeout=, crash=, overload=, "
          "incomplete= or stale=" },
        { "on_error timeout", "unknown fault \"timeout\"" },
        { "on_error timeout=allow", "invalid action \"allow\" of \"timeout\" "
          "in \"on_error\": expected pass, log, flag, quarantine, reject or "
          "reject=STATUS" },
        { "on_error timeout=", "invalid action \"\" of \"timeout\"" },
        { "on_error timeout=reject=600", "from 200 to 599" },
        { "on_error timeout=quarantine=100", "from 200 to 599" },
    };

    check(m);
}


static void
a_wrong_condition_is_named_with_what_would_be_right(void **state)
{
    static const mistake_t  m[] = {
        { "match banks=local reject", "unknown condition \"banks=local\" in "
          "\"match\": expected bank=, yara, filename, field, content, type, "
          "size or parts" },
        { "match bank reject", "\"bank\" in \"match\" needs an operator and a "
          "value: =" },
        { "match bank= reject", "\"bank=\" in \"match\" has no value before "
          "the action" },
        { "match bank~local reject", "operator \"~\" cannot be used with "
          "\"bank\" in \"match\": expected =" },
        { "match bank=a/b reject", "invalid bank name \"a/b\"" },
        { "match bank=a signal=sha512 reject", "unknown signal \"sha512\" in "
          "\"match\": expected sha256, sha1, md5, pdq or vpdq" },
        { "match label=x bank=a reject", "\"label=x\" in \"match\" must "
          "follow \"bank=\"" },
        { "match tag=x reject", "\"tag=x\" in \"match\" must follow "
          "\"yara\"" },
        { "match bank=a severity>=11 reject", "expected a number from 1 to "
          "10" },
        { "match bank=a severity>=0 reject", "expected a number from 1" },
        { "match yara=x reject", "\"yara\" takes no value" },
        { "match yara meta>=7 reject", "\"meta>=7\" in \"match\" names no "
          "meta: expected meta.KEY" },
        { "match yara meta.>=7 reject", "names no meta" },
        { "match yara meta.severity>=high reject", "invalid number \"high\" "
          "of \"meta.severity>=high\"" },
        { "match filename reject", "\"filename\" in \"match\" needs an "
          "operator and a value: = != ~ ~* !~ !~*" },
        { "match filename ~ reject", "has no value before the action" },
        { "match filename > x reject", "operator \">\" cannot be used with "
          "\"filename\"" },
        { "match filename =~ x reject", "unknown operator \"=~\" in "
          "\"filename\" in \"match\": expected = != ~ ~* !~ !~*" },
        { "match filename ~ \"a(\" reject", "\"a(\": missing closing "
          "parenthesis at offset 2 in \"match\"" },
        { "match content = x reject", "operator \"=\" cannot be used with "
          "\"content\" in \"match\": expected ~ ~*" },
        { "match type = image reject", "invalid type \"image\" in \"match\": "
          "expected a media type like image/jpeg or image/*" },
        { "match type = */* reject", "invalid type \"*/*\"" },
        { "match type mismatch=name reject", "expected type mismatch, type "
          "mismatch=header or type mismatch=extension" },
        { "match size>1x reject", "invalid value \"1x\" of \"size\" in "
          "\"match\": expected a size like 10k or 5m" },
        { "match parts > 1k reject", "invalid value \"1k\" of \"parts\"" },
        { "match size ~ 1k reject", "operator \"~\" cannot be used with "
          "\"size\" in \"match\": expected = != < <= > >=" },
        { "match bank=a label=\"x reject", "put the quotes around the whole" },
    };

    check(m);
}


static void
a_wrong_action_is_named_with_what_would_be_right(void **state)
{
    static const mistake_t  m[] = {
        { "match bank=a rejct", "unknown action \"rejct\" in \"match\": "
          "expected allow, reject, reject=STATUS, quarantine, "
          "quarantine=STATUS, flag or log at the end" },
        { "match bank=a reject=abc", "invalid status \"reject=abc\" in "
          "\"match\": expected a number from 200 to 599" },
        { "match bank=a reject=199", "invalid status" },
        { "match bank=a pass", "unknown action \"pass\"" },
        { "match reject bank=a", "unknown action \"bank=a\"" },
    };

    check(m);
}


static void
what_is_said_of_likenesses_goes_with_their_signal(void **state)
{
    static const mistake_t  m[] = {
        { "match bank=a distance<=31 reject", "\"distance\" in \"match\" "
          "goes with signal=pdq or signal=vpdq" },
        { "match bank=a signal=md5 frames>=3 reject", "\"frames\" in "
          "\"match\" goes with signal=pdq or signal=vpdq" },
        { "match bank=a signal=pdq query>=80 reject", "\"query\" in "
          "\"match\" goes with signal=vpdq" },
        { "match bank=a signal=vpdq cross=on reject", "\"cross\" in "
          "\"match\" goes with signal=pdq" },
        { "match bank=a signal=pdq cross=yes reject", "invalid value \"yes\" "
          "of \"cross\" in \"match\": expected on or off" },
        { "match bank=a signal=pdq distance<=65 reject", "expected a number "
          "of bits from 0 to 64" },
        { "match bank=a signal=pdq distance>=3 reject", "operator \">=\" "
          "cannot be used with \"distance\"" },
        { "match bank=a signal=vpdq query<=80 reject", "operator \"<=\" "
          "cannot be used with \"query\"" },
        { "match bank=a signal=vpdq query>=101 reject", "expected a "
          "percentage from 1 to 100" },
        { "match distance<=3 reject", "must follow \"bank=\"" },
        { "media pixels=1", "expected a number of pixels from 1k to 4g" },
        { "media frames=0", "expected a number from 1 to 20000" },
        { "media budget=1s budget=2s", "duplicate parameter" },
        { "media size=3", "expected pixels=, frames=, interval= or "
          "budget=" },
    };

    check(m);
}


static void
yara_lines_without_rules_are_a_mistake_wherever_the_rules_would_stand(
    void **state)
{
    helper_t  h;

    assert_error("match bank=a flag\nmatch yara flag\nmatch yara log", 2,
                 "\"match yara\" without rules: screen_policy \"uploads\" has "
                 "no \"yara_rules\"");

    assert_int_equal(helper_policy(&h, "match yara flag\nyara_rules /a"),
                     SCREEN_OK);
    helper_free(&h);
}


static void
there_is_an_end_to_match_lines(void **state)
{
    int             rc;
    size_t          i, n;
    helper_t        h;
    screen_str_t    words[HELPER_WORDS];
    screen_place_t  place = { screen_str("test.policy"), 7 };

    assert_int_equal(helper_policy(&h, ""), SCREEN_OK);

    n = helper_split("match size>1 log", 16, words);

    for (i = 0; i <= 1000; i++) {
        rc = screen_policy_directive(h.policy, words, n, &place, &h.err);

        assert_int_equal(rc, i < 1000 ? SCREEN_OK : SCREEN_ERROR);
    }

    assert_non_null(strstr(h.err.text, "too many \"match\" directives"));
    assert_int_equal(h.policy->nlines, 1000);

    helper_free(&h);
}


static void
only_what_a_scanner_finds_asks_for_a_scan(void **state)
{
    size_t    i;
    helper_t  h;

    static const struct {
        const char  *match;
        int          scans;
    } lines[] = {
        { "match bank=local reject", 0 },
        { "match bank=local signal=sha1 severity>=8 reject", 0 },
        { "match filename ~ php reject", 0 },
        { "match field = avatar size>1m reject", 0 },
        { "match parts>100 reject", 0 },
        { "match content ~ evil flag", 1 },
        { "match type = image/png flag", 1 },
        { "match type mismatch flag", 1 },
        { "match filename ~ php type = text/plain reject", 1 },
        { "match bank=local signal=pdq distance<=31 reject", 1 },
    };

    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(helper_policy(&h, lines[i].match), SCREEN_OK);

        if (screen_policy_scans(h.policy) != lines[i].scans) {
            fail_msg("%s", lines[i].match);
        }

        helper_free(&h);
    }
}


static void
every_verdict_has_its_name(void **state)
{
    assert_string_equal(screen_verdict_name(SCREEN_VERDICT_PASS), "pass");
    assert_string_equal(screen_verdict_name(SCREEN_VERDICT_QUARANTINE),
                        "quarantine");
    assert_string_equal(screen_verdict_name(SCREEN_VERDICT_ALLOW), "allow");
    assert_string_equal(screen_verdict_name(SCREEN_VERDICT_ERROR), "error");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            a_policy_that_says_nothing_has_the_documented_defaults),
        cmocka_unit_test(the_example_of_the_design_is_understood),
        cmocka_unit_test(content_patterns_are_listed_once_each),
        cmocka_unit_test(a_bank_named_twice_is_listed_once),
        cmocka_unit_test(limits_are_read_in_their_units),
        cmocka_unit_test(a_bare_reject_of_a_fault_has_the_status_that_fits_it),
        cmocka_unit_test(an_unknown_directive_is_told_what_there_is),
        cmocka_unit_test(what_may_stand_once_may_not_stand_twice),
        cmocka_unit_test(a_wrong_value_of_a_directive_is_named),
        cmocka_unit_test(a_wrong_condition_is_named_with_what_would_be_right),
        cmocka_unit_test(a_wrong_action_is_named_with_what_would_be_right),
        cmocka_unit_test(what_is_said_of_likenesses_goes_with_their_signal),
        cmocka_unit_test(
        yara_lines_without_rules_are_a_mistake_wherever_the_rules_would_stand),
        cmocka_unit_test(there_is_an_end_to_match_lines),
        cmocka_unit_test(only_what_a_scanner_finds_asks_for_a_scan),
        cmocka_unit_test(every_verdict_has_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
