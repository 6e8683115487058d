
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "policy_fixture.h"
#include "screen_record.h"


#define SHA  "000102030405060708090a0b0c0d0e0f"                               \
             "101112131415161718191a1b1c1d1e1f"

#define HEAD  "{\"v\":1,\"id\":\"0123\",\"time\":"                            \
              "\"2026-11-23T08:42:41.007Z\",\"server\":\"example.org\","      \
              "\"location\":\"/upload\",\"client\":\"192.0.2.1\","            \
              "\"policy\":\"uploads\","


static screen_record_t  rec;


static void
record(fixture_t *f)
{
    memset(&rec, 0, sizeof(screen_record_t));

    rec.id = str("0123");
    rec.time = 1795423361007;
    rec.server = str("example.org");
    rec.location = str("/upload");
    rec.client = str("192.0.2.1");
    rec.policy = f->h.policy;
    rec.upload = &f->u;
    rec.decision = &f->d;
    rec.form = 1;
    rec.complete = 1;
    rec.action = f->d.action.verdict;
}


static void
digest(screen_part_t *part)
{
    size_t  i;

    for (i = 0; i < 32; i++) {
        part->sha256[i] = (u_char) i;
    }

    part->digests = 1u << SCREEN_SIGNAL_SHA256;
}


static char *
encoded(void)
{
    screen_buf_t  b;

    screen_buf_init(&b, SCREEN_RECORD_LIMIT);
    screen_record_encode(&b, &rec);

    assert_int_equal(b.code, SCREEN_OK);

    /* one line, whatever is in it */

    assert_ptr_equal(memchr(b.data, '\n', b.len), b.data + b.len - 1);

    b.data[b.len - 1] = '\0';

    return (char *) b.data;
}


static void
assert_line(const char *expected)
{
    char  *line;

    line = encoded();
    assert_string_equal(line, expected);
    free(line);
}


static size_t
count(const char *line, const char *what)
{
    size_t  n;

    for (n = 0; (line = strstr(line, what)) != NULL; n++) {
        line++;
    }

    return n;
}


static void
a_rejected_file_is_recorded_with_its_bank_entry(void **state)
{
    fixture_t  f;

    fixture(&f, "match bank=local reject=451", 1);
    hit(&f, 0, "local");
    digest(&f.parts[0]);
    f.hits[0].source = str("ncmec");
    f.hits[0].severity = 9;
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);

    record(&f);
    rec.timed = 1;
    rec.read = 1500000;
    rec.lookup = 42000;
    rec.total = 43000;

    assert_line(HEAD "\"mode\":\"enforce\",\"verdict\":\"reject\","
        "\"action\":\"reject\",\"status\":451,\"reason\":\"bank:local:L\","
        "\"place\":\"test.policy:1\",\"bytes\":5000,"
        "\"timings\":{\"read\":0.001500,\"lookup\":0.000042,"
        "\"total\":0.000043},\"nparts\":1,\"parts\":[{\"index\":0,"
        "\"name\":\"file\",\"filename\":\"a.bin\",\"size\":900,"
        "\"sha256\":\"" SHA "\",\"matches\":[{\"engine\":\"bank\","
        "\"action\":\"reject\",\"status\":451,\"place\":\"test.policy:1\","
        "\"bank\":\"local\",\"signal\":\"sha256\",\"label\":\"L\","
        "\"source\":\"ncmec\",\"severity\":9,\"text\":\"bank:local:L\"}]}]}");

    helper_free(&f.h);
}


static void
every_rule_that_a_line_finds_is_a_match(void **state)
{
    fixture_t  f;

    fixture(&f, "yara_rules x.yar\nmatch yara flag", 1);
    f.parts[0].scanned = 1;
    f.parts[0].type = str("text/plain");
    f.parts[0].yara = f.yara;
    f.parts[0].nyara = 2;
    f.yara[0].space = str("a.yar");
    f.yara[0].rule = str("one");
    f.tags[0] = str("webshell");
    f.yara[0].tags = f.tags;
    f.yara[0].ntags = 1;
    f.yara[1].space = str("b.yar");
    f.yara[1].rule = str("two");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

    record(&f);
    rec.monitor = 1;
    rec.action = SCREEN_VERDICT_PASS;
    rec.cache = "miss";
    rec.timed = 1;
    rec.scanned = 1;
    rec.scan = 2000000;
    rec.total = 2000000;

    assert_line(HEAD "\"mode\":\"monitor\",\"verdict\":\"flag\","
        "\"action\":\"pass\",\"reason\":\"yara:a.yar:one\","
        "\"place\":\"test.policy:2\",\"bytes\":5000,\"cache\":\"miss\","
        "\"timings\":{\"read\":0.000000,\"lookup\":0.000000,"
        "\"scan\":0.002000,\"total\":0.002000},\"nparts\":1,"
        "\"parts\":[{\"index\":0,\"name\":\"file\",\"filename\":\"a.bin\","
        "\"size\":900,\"type\":\"text/plain\",\"matches\":["
        "{\"engine\":\"yara\",\"action\":\"flag\","
        "\"place\":\"test.policy:2\",\"namespace\":\"a.yar\","
        "\"rule\":\"one\",\"tags\":[\"webshell\"],"
        "\"text\":\"yara:a.yar:one\"},"
        "{\"engine\":\"yara\",\"action\":\"flag\","
        "\"place\":\"test.policy:2\",\"namespace\":\"b.yar\","
        "\"rule\":\"two\",\"tags\":[]}]}]}");

    helper_free(&f.h);
}


static void
a_line_with_two_engines_tells_what_both_found(void **state)
{
    char       *line;
    fixture_t   f;

    fixture(&f, "yara_rules x.yar\nmatch filename = a.bin yara bank=b flag",
            1);
    hit(&f, 0, "b");
    f.parts[0].scanned = 1;
    f.parts[0].yara = f.yara;
    f.parts[0].nyara = 1;
    f.yara[0].space = str("a.yar");
    f.yara[0].rule = str("one");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

    record(&f);
    line = encoded();

    assert_non_null(strstr(line, "{\"engine\":\"yara\",\"action\":\"flag\","
        "\"place\":\"test.policy:2\",\"namespace\":\"a.yar\","
        "\"rule\":\"one\",\"tags\":[],\"bank\":\"b\",\"signal\":\"sha256\","
        "\"label\":\"L\",\"text\":\"filename+yara:a.yar:one+bank:b:L\"}"));

    free(line);
    helper_free(&f.h);
}


static void
the_digest_of_a_text_field_that_nothing_matched_is_left_out(void **state)
{
    char       *line;
    fixture_t   f;

    fixture(&f, "match field = bad flag", 3);
    digest(&f.parts[0]);
    digest(&f.parts[1]);
    digest(&f.parts[2]);
    f.parts[0].has_filename = 0;
    f.parts[1].has_filename = 0;
    f.parts[1].name = str("bad");
    f.parts[2].has_filename = 0;
    screen_part_fault(&f.parts[2], SCREEN_FAULT_OVERLOAD, "full");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

    record(&f);
    line = encoded();

    assert_int_equal(count(line, "sha256"), 1);
    assert_non_null(strstr(line, "{\"index\":1,\"name\":\"bad\","
                           "\"size\":900,\"sha256\":\"" SHA "\""));
    assert_null(strstr(line, "a.bin"));
    free(line);

    /* a raw body is no text field */

    rec.form = 0;
    line = encoded();
    assert_int_equal(count(line, "sha256"), 3);
    free(line);

    helper_free(&f.h);
}


static void
what_may_have_ended_a_scanner_is_told_unless_it_is_short(void **state)
{
    char       *line;
    fixture_t   f;

    fixture(&f, "match size>1m log", 2);
    digest(&f.parts[0]);
    digest(&f.parts[1]);
    f.parts[0].has_filename = 0;
    f.parts[0].size = 20;
    f.parts[1].has_filename = 0;
    screen_part_fault(&f.parts[0], SCREEN_FAULT_CRASH, "the scanner ended");
    screen_part_fault(&f.parts[1], SCREEN_FAULT_CRASH, "the scanner ended");
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

    record(&f);
    line = encoded();

    assert_int_equal(count(line, "sha256"), 1);
    assert_non_null(strstr(line, "\"size\":900,\"sha256\":\"" SHA "\","
                           "\"faults\":[\"crash\"],"
                           "\"fault_reason\":\"the scanner ended\","
                           "\"matches\":[{\"engine\":\"fault\","
                           "\"action\":\"flag\","
                           "\"text\":\"crash:the scanner ended\"}]"));
    free(line);

    helper_free(&f.h);
}


static void
digests_of_half_a_body_are_not_told(void **state)
{
    fixture_t  f;

    fixture(&f, "max_size 1k", 1);
    digest(&f.parts[0]);
    assert_int_equal(decide(&f, SCREEN_KNOWN_HEADERS), SCREEN_OK);

    record(&f);
    rec.complete = 0;
    rec.client.len = 0;

    assert_line("{\"v\":1,\"id\":\"0123\",\"time\":"
        "\"2026-11-23T08:42:41.007Z\",\"server\":\"example.org\","
        "\"location\":\"/upload\",\"policy\":\"uploads\","
        "\"mode\":\"enforce\",\"verdict\":\"reject\",\"action\":\"reject\","
        "\"status\":413,\"reason\":\"max_size\",\"place\":\"test.policy:1\","
        "\"bytes\":5000,\"matches\":[{\"engine\":\"max_size\","
        "\"action\":\"reject\",\"status\":413,\"place\":\"test.policy:1\","
        "\"text\":\"max_size\"}],\"nparts\":1,\"parts\":[{\"index\":0,"
        "\"name\":\"file\",\"filename\":\"a.bin\"}]}");

    helper_free(&f.h);
}


static void
a_file_name_is_cleaned_and_cannot_break_the_line(void **state)
{
    char       *line;
    fixture_t   f;

    fixture(&f, "match filename ~ php flag", 1);
    f.parts[0].filename = str("..\\x\"\n\xff.php.");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);

    record(&f);
    line = encoded();

    assert_non_null(strstr(line,
                           "\"filename\":\"x\\\"\\u000a\\ufffd.php\""));

    free(line);
    helper_free(&f.h);
}


static void
a_file_behind_a_thousand_fields_is_recorded(void **state)
{
    char           *line;
    size_t          i, n;
    fixture_t       f;
    screen_part_t  *parts;

    n = 1000;

    fixture(&f, "match filename = evil reject", 1);

    parts = calloc(n, sizeof(screen_part_t));
    assert_non_null(parts);

    for (i = 0; i < n; i++) {
        parts[i].name = str("t");
        parts[i].offset = 1;
    }

    parts[n - 1].has_filename = 1;
    parts[n - 1].filename = str("evil");

    f.u.parts = parts;
    f.u.nparts = n;
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);

    record(&f);
    line = encoded();

    assert_int_equal(count(line, "\"index\":"), SCREEN_RECORD_PARTS);
    assert_non_null(strstr(line, "{\"index\":999,\"name\":\"t\","
                                 "\"filename\":\"evil\""));
    assert_non_null(strstr(line, "\"nparts\":1000"));
    assert_non_null(strstr(line, "],\"truncated\":true}"));

    free(line);
    free(parts);
    helper_free(&f.h);
}


static void
a_record_is_bounded_whatever_is_in_it(void **state)
{
    char                  *line, *bytes;
    size_t                 i, n, len;
    fixture_t              f;
    screen_str_t           text, tags[40];
    screen_yara_match_t   *yara;

    n = 1000;
    len = 4096;

    fixture(&f, "yara_rules x.yar\nmatch yara flag\nmatch yara log", 1);

    bytes = malloc(len);
    yara = calloc(n, sizeof(screen_yara_match_t));
    assert_non_null(bytes);
    assert_non_null(yara);

    memset(bytes, 1, len);
    text.data = (u_char *) bytes;
    text.len = len;

    for (i = 0; i < 40; i++) {
        tags[i] = text;
    }

    for (i = 0; i < n; i++) {
        yara[i].space = text;
        yara[i].rule = text;
        yara[i].tags = tags;
        yara[i].ntags = 40;
    }

    f.parts[0].scanned = 1;
    f.parts[0].yara = yara;
    f.parts[0].nyara = n;
    f.parts[0].name = text;
    f.parts[0].filename = text;
    f.parts[0].declared = text;
    f.parts[0].type = text;
    assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

    record(&f);
    rec.server = text;
    rec.location = text;

    line = encoded();

    assert_true(strlen(line) < SCREEN_RECORD_LIMIT / 2);
    assert_non_null(strstr(line, "],\"truncated\":true}"));
    free(line);

    /* and not more matches than that */

    for (i = 0; i < n; i++) {
        yara[i].space.len = 1;
        yara[i].rule.len = 1;
        yara[i].ntags = 0;
    }

    line = encoded();
    assert_int_equal(count(line, "\"engine\":"), SCREEN_RECORD_MATCHES);
    free(line);

    free(yara);
    free(bytes);
    helper_free(&f.h);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_rejected_file_is_recorded_with_its_bank_entry),
        cmocka_unit_test(every_rule_that_a_line_finds_is_a_match),
        cmocka_unit_test(a_line_with_two_engines_tells_what_both_found),
        cmocka_unit_test(
            the_digest_of_a_text_field_that_nothing_matched_is_left_out),
        cmocka_unit_test(
            what_may_have_ended_a_scanner_is_told_unless_it_is_short),
        cmocka_unit_test(digests_of_half_a_body_are_not_told),
        cmocka_unit_test(a_file_name_is_cleaned_and_cannot_break_the_line),
        cmocka_unit_test(a_file_behind_a_thousand_fields_is_recorded),
        cmocka_unit_test(a_record_is_bounded_whatever_is_in_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
