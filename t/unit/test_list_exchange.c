
/*
 * Lists as members of coalitions exchange them: rows of python-threatexchange,
 * pictures of PDQ, and JSON.
 */


#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_list.h"


/* as many ones as zeros, as hashes of PDQ have */

#define A  "0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f"
#define B  "3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c3c"
#define FLAT                                                                  \
    "0000000000000000000000000000000000000000000000000000000000000003"
#define ZEROS                                                                 \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define MD5  "098f6bcd4621d373cade4e832627b4f6"
#define SHA1  "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"


typedef struct {
    char                  text[4096];
    char                  gone[1024];
    int                   code;
    screen_list_tally_t   tally;
    screen_error_t        err;
} outcome_t;


static void
put(char *to, const screen_entry_t *entry)
{
    sprintf(to + strlen(to), "%s %02x [%.*s] [%.*s] [%.*s] %u %u\n",
            screen_signal_name(entry->signal), entry->value[0],
            (int) entry->label.len, (char *) entry->label.data,
            (int) entry->source.len, (char *) entry->source.data,
            (int) entry->content.len, (char *) entry->content.data,
            entry->view, entry->time);
}


static int
emit(void *ctx, const screen_entry_t *entry)
{
    put(((outcome_t *) ctx)->text, entry);

    return SCREEN_OK;
}


static int
withdraw(void *ctx, const screen_entry_t *entry)
{
    put(((outcome_t *) ctx)->gone, entry);

    return SCREEN_OK;
}


static void
read_pieces(outcome_t *o, const char *text, size_t piece)
{
    size_t          n, len;
    screen_list_t  *l;

    memset(o, 0, sizeof(outcome_t));

    l = screen_list_create("lists/clip-7.json", emit, o);
    assert_non_null(l);
    screen_list_withdrawn(l, withdraw);

    len = strlen(text);

    while (len && o->code == SCREEN_OK) {
        n = piece < len ? piece : len;

        o->code = screen_list_feed(l, (const u_char *) text, n, &o->err);

        text += n;
        len -= n;
    }

    if (o->code == SCREEN_OK) {
        o->code = screen_list_end(l, &o->err);
    }

    o->tally = *screen_list_tally(l);
    screen_list_destroy(l);
}


static void
expect(outcome_t *o, const char *list, const char *entries)
{
    read_pieces(o, list, SIZE_MAX);

    if (o->code != SCREEN_OK) {
        fail_msg("%u: %s", o->err.line, o->err.text);
    }

    assert_string_equal(o->text, entries);
}


static void
refuse(const char *list, unsigned line, const char *text)
{
    outcome_t  o;

    read_pieces(&o, list, SIZE_MAX);

    assert_int_equal(o.code, SCREEN_ERROR);

    if (o.err.line != line || strstr(o.err.text, text) == NULL) {
        fail_msg("\"%s\" in line %u is not \"%s\" in line %u", o.err.text,
                 o.err.line, text, line);
    }
}


static void
rows_of_python_threatexchange_are_read(void **state)
{
    outcome_t  o;

    expect(&o, A ",4711,2020-07-01T18:31:15+0000,bully disputed\n"
           MD5 ",4712,mine,true_positive a\n"
           B ",4713,mine,false_positive\n"
           B ",4714,mine,\"a,b c\"\n"
           SHA1 ",4715,mine,\n",
           "pdq 0f [bully disputed] [ThreatExchange] [4711] 0 0\n"
           "md5 09 [a] [ThreatExchange] [] 0 0\n"
           "pdq 3c [a,b c] [ThreatExchange] [4714] 0 0\n"
           "sha1 a9 [] [ThreatExchange] [] 0 0\n");

    assert_int_equal(o.tally.cleared, 1);

    refuse(A ",1,mine,a\n" ZEROS ",2,mine,a\n", 2, "is all zeros");
    refuse(A ",1,mine,a\n" FLAT ",2,mine,a\n", 2, "of a flat picture");
    refuse(A ",1,mine,a\nabc,2,mine,a\n", 2, "\"abc\" is not a hash");
    refuse(A ",1,mine,a\n" A ",x,mine,a\n", 2, "is not a row of python-threat"
           "exchange: \"hash,descriptor,added,labels\" expected");
}


static void
pictures_are_read_as_pdq_writes_them(void **state)
{
    outcome_t  o;

    expect(&o, A ",100,dir/a,b.jpg\n" B ",50,c.jpg\n",
           "pdq 0f [] [] [dir/a,b.jpg] 0 0\npdq 3c [] [] [c.jpg] 0 0\n");

    refuse(A ",100,a\n" B ",49,c\n", 2, "a picture of quality 49: 50 or more");
    refuse(A ",100,a\n" B ",101,c\n", 2, "is not a picture of PDQ");
    refuse(A ",100,a\n" FLAT ",90,c\n", 2, "of a flat picture");
}


static void
frames_are_read_as_the_python_signal_has_them(void **state)
{
    outcome_t  o;

    expect(&o, "[\"" A ",100,0.000\",\n \"" ZEROS ",0,1.000\", \""
           B ",50,2.5\"]\n",
           "vpdq 0f [] [] [clip-7] 0 0\nvpdq 3c [] [] [clip-7] 0 2500\n");

    assert_int_equal(o.tally.poor, 1);

    expect(&o, "[]", "");
    expect(&o, "\xef\xbb\xbf\n [ ]", "");

    refuse("[\"" A ",100,0.000\",\n\"" A ",100\"]", 2, "entry 2: \"0f0f");
    refuse("[\"" A ",100,0.000\",\n\"" A ",100,1,2\"]", 2, "is not a frame");
    refuse("[\"" A ",101,0.000\"]", 1, "is not a frame of vPDQ: \"hex,"
           "quality,seconds\" expected");
    refuse("[\"" FLAT ",100,0.000\"]", 1, "entry 1: \"0000000000000000...\" "
           "has 2 ones among its 256 bits");
    refuse("[\"" MD5 ",100,0.000\"]", 1, "64 hexadecimal digits expected, 32");
}


static void
frames_are_read_as_the_python_signal_once_had_them(void **state)
{
    outcome_t  o;

    expect(&o, "{\"0\": {\"quality\": 100, \"hash\": \"" A "\", \"timestamp\""
           ": 0.0}, \"30\": {\"quality\": 90, \"hash\": \"" B
           "\", \"timestamp\": 1.001}}",
           "vpdq 0f [] [] [clip-7] 0 0\nvpdq 3c [] [] [clip-7] 0 1001\n");
}


static void
a_page_of_threatexchange_is_read(void **state)
{
    outcome_t  o;

    expect(&o,
        "{\"data\": [\n"
        "{\"id\":\"1\",\"indicator\":\"" A "\",\"type\":\"HASH_PDQ\","
        "\"last_updated\":7,\"should_delete\":false,\"descriptors\":{\"data\":"
        "[{\"id\":\"9\",\"owner\":{\"id\":\"77\",\"name\":\"x\"},\"status\":"
        "\"MALICIOUS\",\"tags\":[\"a\",\"b\\u00e9\",\"a\"]},"
        "{\"id\":\"10\",\"owner\":{\"id\":\"78\"},\"status\":\"NON_MALICIOUS\""
        ",\"tags\":{\"data\":[{\"text\":\"good\"}]}}]}},\n"
        "{\"id\":\"2\",\"indicator\":\"" MD5 "\",\"type\":\"HASH_VIDEO_MD5\","
        "\"should_delete\":false,\"descriptors\":{\"data\":[{\"owner\":{\"id\""
        ":\"5\"},\"status\":\"MALICIOUS\",\"tags\":{\"data\":[{\"text\":"
        "\"t\"}]},\"reactions\":[{\"key\":\"HELPFUL\",\"value\":\"1,2\"}]}]}}"
        "],\"paging\":{\"next\":\"x\"}}",
        "pdq 0f [a b\xc3\xa9 disputed] [ThreatExchange 77] [1] 0 0\n"
        "md5 09 [t] [ThreatExchange 5] [] 0 0\n");
}


static void
what_no_member_of_threatexchange_calls_bad_is_left_out(void **state)
{
    outcome_t  o;

    expect(&o,
        "[{\"id\":\"1\",\"indicator\":\"" A "\",\"type\":\"HASH_PDQ\","
        "\"should_delete\":false,\"descriptors\":{\"data\":[{\"status\":"
        "\"NON_MALICIOUS\"},{\"status\":\"UNKNOWN\"}]}},"
        "{\"indicator\":\"" B "\",\"type\":\"HASH_PDQ\",\"should_delete\":"
        "true},"
        "{\"indicator\":\"" MD5 "\",\"type\":\"HASH_MD5\",\"should_delete\":"
        "false},"
        "{\"indicator\":\"abc\",\"type\":\"HASH_TMK\",\"should_delete\":"
        "false}]", "");

    assert_int_equal(o.tally.cleared, 1);
    assert_int_equal(o.tally.withdrawn, 2);
    assert_int_equal(o.tally.foreign, 1);
    assert_string_equal(o.gone, "pdq 3c [] [ThreatExchange] [] 0 0\n"
                                "md5 09 [] [ThreatExchange] [] 0 0\n");
}


static void
a_page_of_stopncii_is_read(void **state)
{
    outcome_t  o;

    expect(&o,
        "{\"count\":3,\"nextPageToken\":null,\"hasMoreRecords\":false,"
        "\"hashRecords\":[{\"lastModtimestamp\":1,\"signalType\":\"ImagePDQ\","
        "\"hashValue\":\"" A "\",\"hashStatus\":\"Active\",\"caseNumbers\":"
        "{\"bd2bff7c-8160-4615-8dce-38c2f066d1ac\":\"Active\",\"x\":\"Active\""
        "},\"CSPFeedbacks\":[{\"source\":\"F\",\"feedbackValue\":\"Blocked\","
        "\"tags\":[\"Nude\"]},{\"source\":\"T\",\"feedbackValue\":"
        "\"NotBlocked\",\"tags\":[\"No\"]}]},"
        "{\"signalType\":\"ImagePDQ\",\"hashValue\":\"" B "\",\"hashStatus\":"
        "\"Withdrawn\",\"caseNumbers\":{}},"
        "{\"signalType\":\"VideoMD5\",\"hashValue\":\"" MD5 "\",\"hashStatus\""
        ":\"Received\",\"caseNumbers\":{\"c\":\"Received\"}}]}",
        "pdq 0f [Nude disputed] [StopNCII] "
        "[bd2bff7c-8160-4615-8dce-38c2f066d1ac] 0 0\n"
        "md5 09 [] [StopNCII] [] 0 0\n");

    assert_string_equal(o.gone, "pdq 3c [] [StopNCII] [] 0 0\n");
}


static void
hashes_of_tech_against_terrorism_are_read(void **state)
{
    outcome_t  o;

    expect(&o,
        "[{\"hash_digest\":\"" MD5 "\",\"algorithm\":\"MD5\",\"ideology\":"
        "\"islamist\",\"file_type\":\"mov,mp4\",\"deleted\":false,"
        "\"updated_on\":\"2022-09-17T11:12:17Z\",\"id\":\"8374\"},"
        "{\"hash_digest\":\"" SHA1 "\",\"algorithm\":\"SHA1\",\"deleted\":"
        "true,\"id\":8},"
        "{\"hash_digest\":\"ab\",\"algorithm\":\"SHA512\",\"deleted\":false}]",
        "md5 09 [islamist mov,mp4] [Tech Against Terrorism] [] 0 0\n");

    assert_string_equal(o.gone,
                        "sha1 a9 [] [Tech Against Terrorism] [] 0 0\n");
    assert_int_equal(o.tally.foreign, 1);
}


static void
what_fingerprint_prints_is_read_an_object_a_line(void **state)
{
    outcome_t  o;

    expect(&o,
        "{\"file\":\"a.mp4\",\"sha256\":\"" A "\",\"kind\":\"video\","
        "\"prints\":[{\"frame\":0,\"time\":1.040000,\"hash\":\"" B "\","
        "\"quality\":90,\"view\":\"box\",\"variant\":\"original\"},"
        "{\"frame\":0,\"time\":1.040000,\"hash\":\"" A "\",\"quality\":90,"
        "\"view\":\"box\",\"variant\":\"mirror\"},"
        "{\"frame\":1,\"time\":2.0,\"hash\":\"" ZEROS "\",\"quality\":0,"
        "\"view\":\"whole\",\"variant\":\"original\"}]}\n"
        "{\"prints\":[{\"time\":0.000000,\"hash\":\"" B "\",\"quality\":50,"
        "\"view\":\"whole\",\"variant\":\"original\"}],\"kind\":\"picture\","
        "\"sha256\":\"" B "\",\"file\":\"b.jpg\"}\n",
        "sha256 0f [] [] [] 0 0\n"
        "vpdq 3c [] [] [0f0f0f0f0f0f0f0f] 2 1040\n"
        "sha256 3c [] [] [] 0 0\n"
        "pdq 3c [] [] [3c3c3c3c3c3c3c3c] 0 0\n");

    assert_int_equal(o.tally.poor, 1);

    refuse("{\"prints\":[{\"hash\":\"" A "\",\"quality\":90,\"view\":\"up\"}]}",
           1, "entry 1: \"up\" is not a view");
    refuse("{\"prints\":[{\"hash\":\"" A "\",\"quality\":-1}]}", 1,
           "\"-1\" is not a quality: 0 to 100 expected");
    refuse("{\"prints\":[{\"hash\":\"" A "\",\"quality\":90,\"time\":\"x\"}]}",
           1, "\"x\" is not a time");
}


static void
a_wrong_record_is_named_with_its_line_and_number(void **state)
{
    refuse("{\"data\":[\n{\"indicator\":\"" MD5 "\",\"type\":\"HASH_MD5\","
           "\"descriptors\":{\"data\":[{\"status\":\"MALICIOUS\",\"tags\":"
           "[\"a\\n\\nb\"]}]}},\n\n"
           "{\"indicator\":\"" ZEROS "\",\"type\":\"HASH_PDQ\","
           "\"descriptors\":{\"data\":[{\"status\":\"MALICIOUS\"}]}}]}", 4,
           "entry 2: \"0000000000000000...\" is all zeros, the pdq of no");
    refuse("[{\"indicator\":\"" MD5 "\",\"type\":\"HASH_PDQ\","
           "\"descriptors\":{\"data\":[{\"status\":\"MALICIOUS\"}]}}]", 1,
           "entry 1: \"098f6bcd4621d373...\" is not a pdq: 64 hexadecimal");
    refuse("[\n7]", 2, "entry 1: neither an object nor a frame");
    refuse("[{}]", 1, "entry 1: an object with neither \"indicator\"");
    refuse("{\"error\":{\"message\":\"expired\"}}", 1, "entry 1: an object "
           "with neither");
}


static void
what_is_no_json_is_told_with_its_line(void **state)
{
    size_t  i;

    static const char *const  wrong[] = {
        "[", "{", "[\n1", "{\"data\":[\n}", "{\"data\":[]", "[]]", "[],",
        "{\"data\" []}", "{\"a\":\"\\x\"}", "[\"\\ud800\"]", "{\"a\":}",
        "[\"a\"\"b\"]", "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}",
        "{\"data\":[{\"id\":\"\\u12\"}]}", "[,]", "{,}", "[] x",
    };

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        refuse(wrong[i], strchr(wrong[i], '\n') ? 2 : 1, "");
    }
}


static void
json_is_read_the_same_in_pieces_of_any_size(void **state)
{
    size_t       piece, len;
    outcome_t    whole, o;
    const char  *text;

    text = "\xef\xbb\xbf\r\n  {\"hashRecords\" : [ {\"signalType\":"
           "\"Image\\u0050DQ\",\"hashValue\":\"" A "\",\"caseNumbers\":"
           "{\"a\\nb\":1}, \"hashStatus\":\"Active\"} , {\"signalType\":"
           "\"VideoMD5\",\n\"hashValue\":\"" MD5 "\"}], \"count\":2}\r\n";

    len = strlen(text);

    read_pieces(&whole, text, SIZE_MAX);
    assert_int_equal(whole.code, SCREEN_OK);
    assert_string_equal(whole.text, "pdq 0f [] [StopNCII] [a?b] 0 0\n"
                                    "md5 09 [] [StopNCII] [] 0 0\n");

    for (piece = 1; piece < len; piece++) {
        read_pieces(&o, text, piece);
        assert_int_equal(o.code, SCREEN_OK);
        assert_string_equal(o.text, whole.text);
    }
}


static void
xml_is_told_as_such(void **state)
{
    refuse("<?xml version=\"1.0\"?>\n<queryResult/>\n", 1, "is XML");
}


static void
what_was_left_out_is_told_in_words(void **state)
{
    char                 text[SCREEN_LIST_TALLY_LEN];
    screen_list_tally_t  tally, more;

    memset(&tally, 0, sizeof(screen_list_tally_t));
    assert_string_equal(screen_list_tally_text(&tally, text), "");

    more.poor = 1;
    more.cleared = 2;
    more.withdrawn = 3;
    more.foreign = UINT64_MAX;

    screen_list_tally_sum(&tally, &more);

    assert_string_equal(screen_list_tally_text(&tally, text),
                        "1 frames of a quality below 50, 2 that no member "
                        "calls bad, 3 withdrawn, 18446744073709551615 of "
                        "kinds that banks do not hold");
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(rows_of_python_threatexchange_are_read),
        cmocka_unit_test(pictures_are_read_as_pdq_writes_them),
        cmocka_unit_test(frames_are_read_as_the_python_signal_has_them),
        cmocka_unit_test(frames_are_read_as_the_python_signal_once_had_them),
        cmocka_unit_test(a_page_of_threatexchange_is_read),
        cmocka_unit_test(
            what_no_member_of_threatexchange_calls_bad_is_left_out),
        cmocka_unit_test(a_page_of_stopncii_is_read),
        cmocka_unit_test(hashes_of_tech_against_terrorism_are_read),
        cmocka_unit_test(what_fingerprint_prints_is_read_an_object_a_line),
        cmocka_unit_test(a_wrong_record_is_named_with_its_line_and_number),
        cmocka_unit_test(what_is_no_json_is_told_with_its_line),
        cmocka_unit_test(json_is_read_the_same_in_pieces_of_any_size),
        cmocka_unit_test(xml_is_told_as_such),
        cmocka_unit_test(what_was_left_out_is_told_in_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
