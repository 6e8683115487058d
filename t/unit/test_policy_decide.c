
/* precedence, faults, and what is decided when */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy_fixture.h"


static void
of_one_part_allow_outranks_reject_flag_and_log_wherever_they_stand(
    void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char        *policy;
        screen_verdict_t   verdict;
        unsigned           line;
        unsigned           status;
    } rows[] = {
        { "match size>0 reject\nmatch size>0 allow",
          SCREEN_VERDICT_ALLOW, 2, 0 },
        { "match size>0 log\nmatch size>0 flag\nmatch size>0 reject=451",
          SCREEN_VERDICT_REJECT, 3, 451 },
        { "match size>0 reject=410\nmatch size>1 reject=451",
          SCREEN_VERDICT_REJECT, 1, 410 },
        { "match size>0 log\nmatch size>0 flag", SCREEN_VERDICT_FLAG, 2, 0 },
        { "match size>0 flag\nmatch size>0 quarantine",
          SCREEN_VERDICT_QUARANTINE, 2, 403 },
        { "match size>0 quarantine=202\nmatch size>1 reject",
          SCREEN_VERDICT_REJECT, 2, 403 },
        { "match size>0 quarantine=202\nmatch size>9m reject",
          SCREEN_VERDICT_QUARANTINE, 1, 202 },
        { "match size>0 log\nmatch size>9m reject", SCREEN_VERDICT_LOG, 1, 0 },
        { "match size>9m reject", SCREEN_VERDICT_PASS, 0, 0 },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture(&f, rows[i].policy, 1);

        assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
        assert_int_equal(f.d.verdict, rows[i].verdict);
        assert_int_equal(f.d.place.line, rows[i].line);
        assert_int_equal(f.d.action.status, rows[i].status);
        assert_int_equal(f.d.fault, -1);

        helper_free(&f.h);
    }
}


static void
known_good_content_does_not_excuse_what_was_sent_beside_it(void **state)
{
    fixture_t  f;

    fixture(&f, "match bank=good allow\nmatch bank=bad reject\n"
            "match field = file log", 3);

    hit(&f, 0, "good");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_LOG);

    hit(&f, 2, "bad");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_REJECT);
    assert_int_equal(f.d.action.status, 403);
    assert_true(screen_str_is(&f.d.reason, "bank:bad:L"));

    /* all of it is kept, in the order of parts, then of lines */

    assert_int_equal(f.d.nmatched, 5);
    assert_int_equal(f.d.matched[0].part, 0);
    assert_int_equal(f.d.matched[0].place.line, 1);
    assert_int_equal(f.d.matched[1].place.line, 3);
    assert_int_equal(f.d.matched[2].part, 1);
    assert_int_equal(f.d.matched[3].part, 2);
    assert_int_equal(f.d.matched[3].place.line, 2);

    helper_free(&f.h);
}


static void
the_size_of_the_upload_is_judged_before_the_body_comes(void **state)
{
    fixture_t  f;

    fixture(&f, "max_size 4k reject=414\nmatch bank=good allow", 0);

    assert_int_equal(decide(&f, SCREEN_KNOWN_HEADERS), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_REJECT);
    assert_int_equal(f.d.action.status, 414);
    assert_int_equal(f.d.place.line, 1);
    assert_true(screen_str_is(&f.d.reason, "max_size"));
    assert_null(f.d.matched[0].line);
    assert_int_equal(f.d.matched[0].part, -1);

    /* chunked: as soon as it has come */

    f.u.declared_size = -1;
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_REJECT);

    f.u.size = 4096;
    assert_int_equal(decide(&f, SCREEN_KNOWN_HEADERS), SCREEN_AGAIN);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_PASS);

    helper_free(&f.h);
}


static void
headers_decide_only_what_nothing_can_change(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *policy;
        int          rc;
    } rows[] = {
        { "match filename ~ bin reject", SCREEN_OK },
        { "match filename ~ bin flag", SCREEN_AGAIN },
        { "match filename ~ bin reject\nmatch bank=good allow", SCREEN_AGAIN },
        { "match filename ~ bin reject\nmatch bank=good flag", SCREEN_OK },
        { "match filename ~ bin reject\nmatch filename = x bank=good allow",
          SCREEN_OK },
        { "match size>4k reject", SCREEN_OK },
        { "match size>5k reject", SCREEN_AGAIN },
        { "match parts=1 reject", SCREEN_OK },
        { "match bank=bad reject", SCREEN_AGAIN },
        { "match type != image/png reject", SCREEN_AGAIN },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fixture(&f, rows[i].policy, 1);

        f.parts[0].name = str("");
        f.parts[0].offset = 0;
        f.parts[0].size = 0;

        if (decide(&f, SCREEN_KNOWN_HEADERS) != rows[i].rc) {
            fail_msg("%s", rows[i].policy);
        }

        helper_free(&f.h);
    }

    fixture(&f, "match parts<9 reject\nmatch size>1k reject", 1);
    f.u.declared_size = -1;
    f.u.nparts = 0;
    assert_int_equal(decide(&f, SCREEN_KNOWN_HEADERS), SCREEN_AGAIN);
    assert_int_equal(f.d.nmatched, 0);
    f.u.nparts = 1;
    f.parts[0].size = 0;
    assert_int_equal(decide(&f, SCREEN_KNOWN_HEADERS), SCREEN_OK);
    assert_int_equal(f.d.nmatched, 1);
    helper_free(&f.h);
}


/* which of three parts wants a scan: "010" */

static void
a_part_wants_a_scan_only_if_that_could_change_something(void **state)
{
    int         again;
    char        want[4];
    size_t      i, j;
    fixture_t   f;

    /* the hits of the parts: good, bad, none */

    static const struct {
        const char  *policy;
        const char  *want;
    } rows[] = {
        { "match bank=good allow\nmatch yara flag", "011" },
        { "match bank=bad reject\nmatch yara reject", "000" },
        { "match bank=bad reject\nmatch yara allow", "111" },
        { "match bank=bad flag\nmatch yara flag", "101" },
        { "match bank=bad flag\nmatch yara log", "101" },
        { "match bank=bad flag\nmatch yara reject", "111" },
        { "match bank=bad flag", "000" },
        { "match bank=bad content ~ x flag", "010" },
        { "match bank=bad type = image/png flag", "010" },
        { "match bank=bad type mismatch flag", "010" },
        { "match filename = x yara flag", "000" },
        { "match parts>3 yara flag", "000" },
        { "match parts>3 reject\nmatch yara flag", "111" },
        { "match parts>2 reject\nmatch yara flag", "000" },
        { "match parts>2 reject\nmatch parts>1 allow\nmatch yara flag",
          "111" },
        { "max_size 1k\nmatch yara allow", "000" },
        { "", "000" },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char  policy[256];

        snprintf(policy, sizeof(policy), "yara_rules /r\n%s", rows[i].policy);

        fixture(&f, policy, 3);
        hit(&f, 0, "good");
        hit(&f, 1, "bad");
        f.parts[2].want_scan = 1;

        again = decide(&f, SCREEN_KNOWN_BODY) == SCREEN_AGAIN;

        for (j = 0; j < 3; j++) {
            want[j] = f.parts[j].want_scan ? '1' : '0';
        }

        want[3] = '\0';

        if (strcmp(want, rows[i].want) != 0) {
            fail_msg("%s: %s", rows[i].policy, want);
        }

        assert_int_equal(again, strchr(want, '1') != NULL);

        helper_free(&f.h);
    }
}


static void
an_empty_part_is_scanned_and_a_scanned_one_is_not(void **state)
{
    fixture_t  f;

    fixture(&f, "yara_rules /r\nmatch yara reject", 2);

    f.parts[0].size = 0;
    f.parts[1].scanned = 1;

    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_AGAIN);
    assert_int_equal(f.parts[0].want_scan, 1);
    assert_int_equal(f.parts[1].want_scan, 0);

    /* what never was scanned counts as no match */

    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_PASS);

    helper_free(&f.h);
}


static void
a_fault_counts_as_its_action_and_the_verdict_is_error(void **state)
{
    fixture_t  f;

    fixture(&f, "on_error timeout=reject=504 incomplete=pass\n"
            "match bank=b log", 1);

    screen_part_fault(&f.parts[0], SCREEN_FAULT_TIMEOUT, "");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_ERROR);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_REJECT);
    assert_int_equal(f.d.action.status, 504);
    assert_int_equal(f.d.fault, SCREEN_FAULT_TIMEOUT);
    assert_true(screen_str_is(&f.d.reason, "timeout"));
    assert_int_equal(f.d.place.line, 0);

    f.parts[0].faults = 0;
    screen_upload_fault(&f.u, SCREEN_FAULT_FRAMING, "no-end");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.action.status, 400);
    assert_int_equal(f.d.matched[0].part, -1);
    assert_true(screen_str_is(&f.d.reason, "framing:no-end"));

    f.u.faults = 0;
    screen_part_fault(&f.parts[0], SCREEN_FAULT_INCOMPLETE, "too\x01" "deep");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_ERROR);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_PASS);
    assert_true(screen_str_is(&f.d.reason, "incomplete:too?deep"));

    /* a line that is stronger than pass decides */

    hit(&f, 0, "b");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_LOG);
    assert_int_equal(f.d.fault, -1);
    assert_int_equal(f.d.nmatched, 2);

    helper_free(&f.h);
}


static void
a_line_comes_before_a_fault_of_the_same_strength(void **state)
{
    fixture_t  f;

    fixture(&f, "match bank=b flag", 2);

    /* in the part, and in the upload, where the fault stands first */

    hit(&f, 1, "b");
    screen_part_fault(&f.parts[1], SCREEN_FAULT_CRASH, "");
    screen_part_fault(&f.parts[0], SCREEN_FAULT_TIMEOUT, "");
    screen_upload_fault(&f.u, SCREEN_FAULT_INCOMPLETE, "x");

    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_FLAG);
    assert_true(screen_str_is(&f.d.reason, "bank:b:L"));
    assert_int_equal(f.d.nmatched, 4);

    helper_free(&f.h);
}


static void
an_allow_excuses_the_faults_of_its_part_and_no_others(void **state)
{
    fixture_t  f;

    fixture(&f, "on_error crash=reject\nmatch bank=good allow", 2);

    hit(&f, 0, "good");
    screen_part_fault(&f.parts[0], SCREEN_FAULT_CRASH, "");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_ALLOW);

    screen_part_fault(&f.parts[1], SCREEN_FAULT_CRASH, "");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_REJECT);

    f.parts[1].faults = 0;
    screen_upload_fault(&f.u, SCREEN_FAULT_CRASH, "");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_REJECT);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_ERROR);

    helper_free(&f.h);
}


static void
in_lenient_mode_ambiguous_framing_is_a_flag_and_no_error(void **state)
{
    fixture_t  f;

    fixture(&f, "multipart lenient\non_error framing=reject=400", 1);

    screen_upload_fault(&f.u, SCREEN_FAULT_FRAMING, "preamble");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_FLAG);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_FLAG);
    assert_int_equal(f.d.fault, SCREEN_FAULT_FRAMING);
    assert_true(screen_str_is(&f.d.reason, "framing:preamble"));

    helper_free(&f.h);
}


static void
a_pattern_that_meets_its_limit_is_no_match_but_incomplete(void **state)
{
    size_t      i;
    fixture_t   f;

    static const char *const  policies[] = {
        "match filename ~ ^(a+)+$ allow", "match filename !~ ^(a+)+$ log"
    };

    for (i = 0; i < 2; i++) {
        fixture(&f, policies[i], 1);
        f.parts[0].filename = str("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab");

        assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
        assert_int_equal(f.d.verdict, SCREEN_VERDICT_ERROR);
        assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_FLAG);
        assert_true(screen_str_is(&f.d.reason, "incomplete:pattern-limit"));

        helper_free(&f.h);
    }
}


static void
a_label_cannot_put_controls_into_a_reason(void **state)
{
    fixture_t  f;

    fixture(&f, "match bank=b flag", 1);

    hit(&f, 0, "b");
    f.hits[0].label = str("x\r\nX-Admin: 1");

    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_true(screen_str_is(&f.d.reason, "bank:b:x??X-Admin: 1"));

    helper_free(&f.h);
}


static void *
no_memory(void *owner, size_t size)
{
    return NULL;
}


static void
without_memory_there_is_no_decision(void **state)
{
    fixture_t              f;
    const screen_alloc_t   none = { no_memory, NULL };

    fixture(&f, "match size>0 flag", 1);

    assert_int_equal(screen_policy_decide(f.h.policy, &f.u, SCREEN_KNOWN_BODY,
                                          &none, &f.d),
                     SCREEN_NOMEM);
    helper_free(&f.h);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(
            of_one_part_allow_outranks_reject_flag_and_log_wherever_they_stand),
        cmocka_unit_test(
            known_good_content_does_not_excuse_what_was_sent_beside_it),
        cmocka_unit_test(
            the_size_of_the_upload_is_judged_before_the_body_comes),
        cmocka_unit_test(headers_decide_only_what_nothing_can_change),
        cmocka_unit_test(
            a_part_wants_a_scan_only_if_that_could_change_something),
        cmocka_unit_test(an_empty_part_is_scanned_and_a_scanned_one_is_not),
        cmocka_unit_test(a_fault_counts_as_its_action_and_the_verdict_is_error),
        cmocka_unit_test(a_line_comes_before_a_fault_of_the_same_strength),
        cmocka_unit_test(an_allow_excuses_the_faults_of_its_part_and_no_others),
        cmocka_unit_test(
            in_lenient_mode_ambiguous_framing_is_a_flag_and_no_error),
        cmocka_unit_test(
            a_pattern_that_meets_its_limit_is_no_match_but_incomplete),
        cmocka_unit_test(a_label_cannot_put_controls_into_a_reason),
        cmocka_unit_test(without_memory_there_is_no_decision),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
