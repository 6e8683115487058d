
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../ngx_http_screen_module/core/screen_date.h"
#include "../../ngx_http_screen_module/core/screen_list.h"


#define SHA  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
#define SHA_UPPER                                                             \
    "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"
#define SHA1  "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3"
#define MD5  "098f6bcd4621d373cade4e832627b4f6"
#define ZEROS                                                                 \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define ONES                                                                  \
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"


/* what was emitted, an entry a line */

typedef struct {
    char             text[16384];
    size_t           len;
    unsigned         n;
    int              code;
    screen_error_t   err;
} outcome_t;


static int
emit(void *ctx, const screen_entry_t *entry)
{
    char        hex[65];
    size_t      size;
    outcome_t  *o;

    o = ctx;
    size = screen_signal_size(entry->signal);

    screen_hex_encode(hex, entry->value, size);
    hex[2 * size] = '\0';

    o->n++;
    o->len += (size_t) snprintf(o->text + o->len, sizeof(o->text) - o->len,
                                "%s %.8s [%.*s] [%.*s] %u %llu\n",
                                screen_signal_name(entry->signal), hex,
                                (int) entry->label.len,
                                (char *) entry->label.data,
                                (int) entry->source.len,
                                (char *) entry->source.data, entry->severity,
                                (unsigned long long) entry->expires);

    assert_true(o->len < sizeof(o->text));

    return SCREEN_OK;
}


static void
read_pieces(outcome_t *o, const char *text, size_t len, size_t piece)
{
    size_t          n;
    screen_list_t  *l;

    memset(o, 0, sizeof(outcome_t));

    l = screen_list_create("known-bad.csv", emit, o);
    assert_non_null(l);

    o->code = SCREEN_OK;

    while (len && o->code == SCREEN_OK) {
        n = piece < len ? piece : len;

        o->code = screen_list_feed(l, (const u_char *) text, n, &o->err);

        text += n;
        len -= n;
    }

    if (o->code == SCREEN_OK) {
        o->code = screen_list_end(l, &o->err);
    }

    screen_list_destroy(l);
}


static void
read_list(outcome_t *o, const char *text)
{
    read_pieces(o, text, strlen(text), SIZE_MAX);
}


static void
expect(const char *list, const char *entries)
{
    outcome_t  o;

    read_list(&o, list);

    assert_int_equal(o.code, SCREEN_OK);
    assert_string_equal(o.text, entries);
}


static void
refuse(const char *list, unsigned line, const char *text)
{
    outcome_t  o;

    read_list(&o, list);

    assert_int_equal(o.code, SCREEN_ERROR);
    assert_string_equal(o.err.file, "known-bad.csv");
    assert_int_equal(o.err.line, line);

    if (strstr(o.err.text, text) == NULL) {
        fail_msg("\"%s\" is not in \"%s\"", text, o.err.text);
    }
}


static void
a_csv_line_gives_an_entry_with_all_its_fields(void **state)
{
    expect("signal,value,label,source,severity,expires\n"
           "sha256," SHA ",terror,gifct,9,1893456000\n"
           "md5," MD5 ",,,,\n",
           "sha256 9f86d081 [terror] [gifct] 9 1893456000\n"
           "md5 098f6bcd [] [] 0 0\n");
}


static void
columns_come_in_any_order_and_only_value_is_required(void **state)
{
    expect("Label,VALUE\nx," SHA "\n", "sha256 9f86d081 [x] [] 0 0\n");
    expect("value\n" SHA1 "\n" MD5 "\n",
           "sha1 a94a8fe5 [] [] 0 0\nmd5 098f6bcd [] [] 0 0\n");
}


static void
a_byte_order_mark_and_crlf_are_no_part_of_the_values(void **state)
{
    expect("\xef\xbb\xbfvalue,label\r\n" SHA ",a\r\n",
           "sha256 9f86d081 [a] [] 0 0\n");
    expect("\xef\xbb\xbf" SHA "\r\n", "sha256 9f86d081 [] [] 0 0\n");
}


static void
quoted_fields_hold_commas_quotes_and_line_breaks(void **state)
{
    expect("value,label,source\n"
           "\"" SHA "\",\"a,\"\"b\"\"\",\"\"\n"
           MD5 ",\"two\r\nlines\",x\n",
           "sha256 9f86d081 [a,\"b\"] [] 0 0\n"
           "md5 098f6bcd [two lines] [x] 0 0\n");
}


static void
a_list_is_read_the_same_in_pieces_of_any_size(void **state)
{
    size_t      piece;
    outcome_t   whole, o;
    const char  list[] = "\xef\xbb\xbf# made by hand\r\n\r\n"
                         "value,label,expires\r\n"
                         SHA ",\"a \"\"quoted\"\"\r\nlabel\",2030-01-01\r\n"
                         "\r\n" SHA_UPPER ",b,\r\n" MD5 ",,";

    read_pieces(&whole, list, sizeof(list) - 1, SIZE_MAX);
    assert_int_equal(whole.code, SCREEN_OK);
    assert_int_equal(whole.n, 3);

    for (piece = 1; piece < sizeof(list); piece++) {
        read_pieces(&o, list, sizeof(list) - 1, piece);
        assert_int_equal(o.code, SCREEN_OK);
        assert_string_equal(o.text, whole.text);
    }
}


static void
what_sha256sum_prints_is_a_list(void **state)
{
    expect("# comment\n\n"
           SHA "  a file.jpg\n"
           SHA_UPPER " *binary.bin\n"
           "\\" SHA "  odd\\nname\n"
           SHA1 "\n"
           "  " MD5 "\tx\n",
           "sha256 9f86d081 [a file.jpg] [] 0 0\n"
           "sha256 9f86d081 [binary.bin] [] 0 0\n"
           "sha256 9f86d081 [odd\\nname] [] 0 0\n"
           "sha1 a94a8fe5 [] [] 0 0\n"
           "md5 098f6bcd [x] [] 0 0\n");
}


static void
a_file_called_value_does_not_make_a_header(void **state)
{
    expect(SHA "  a,value\n", "sha256 9f86d081 [a,value] [] 0 0\n");
}


static void
control_characters_in_a_file_name_are_replaced(void **state)
{
    expect(SHA "  a\033[31m\tb\n", "sha256 9f86d081 [a?[31m?b] [] 0 0\n");
}


static void
an_empty_list_has_no_entries(void **state)
{
    expect("", "");
    expect("\n\n# nothing yet\n", "");
    expect("value,label\n", "");
}


static void
a_last_line_needs_no_line_break(void **state)
{
    expect("value\n" SHA, "sha256 9f86d081 [] [] 0 0\n");
    expect(SHA, "sha256 9f86d081 [] [] 0 0\n");
}


static void
an_unknown_column_is_named_with_the_known_ones(void **state)
{
    refuse("value,colour\n", 1, "\"colour\" is not a column: signal, value, "
           "label, source, severity, expires, content, view and time "
           "are");
    refuse("value,value\n", 1, "\"value\" is named twice");
    refuse("label,hash\n", 1, "nor a header line that names a \"value\"");
    refuse("value, label\n", 1, "\" label\" is not a column");
}


/* as they are written by others, and with all of our columns */

static int
emit_mark(void *ctx, const screen_entry_t *entry)
{
    char  *to;

    to = ctx;

    sprintf(to + strlen(to), "%s %02x [%.*s] %u %u\n",
            screen_signal_name(entry->signal), entry->value[0],
            (int) entry->content.len, (char *) entry->content.data,
            entry->view, entry->time);

    return SCREEN_OK;
}


static void
read_marks(const char *name, const char *text, const char *expected)
{
    char             got[1024];
    screen_list_t   *l;
    screen_error_t   err;

    got[0] = '\0';
    l = screen_list_create(name, emit_mark, got);
    assert_non_null(l);

    if (screen_list_feed(l, (const u_char *) text, strlen(text), &err)
        != SCREEN_OK
        || screen_list_end(l, &err) != SCREEN_OK)
    {
        fail_msg("%u: %s", err.line, err.text);
    }

    assert_string_equal(got, expected);
    screen_list_destroy(l);
}


static void
fingerprints_of_frames_are_read_as_vpdq_writes_them(void **state)
{
    read_marks("/x/clip-7.mp4.txt", "0,100," SHA ",0.000\n"
               "30,50," SHA ",1.001\n\n",
               "vpdq 9f [clip-7.mp4] 0 0\nvpdq 9f [clip-7.mp4] 0 1001\n");

    read_marks("v.txt", "0,100," SHA ",0.000\n1,49," SHA ",0.040\n"
               "2,0," ZEROS ",0.080\n3,50," SHA ",0.120\n",
               "vpdq 9f [v] 0 0\nvpdq 9f [v] 0 120\n");

    refuse("0,100," SHA ",0.000\n1,90," SHA ",x\n", 2,
           "is not a frame of vPDQ");
    refuse("0,100," SHA ",0.000\n1,90," ZEROS ",1\n", 2, "is all zeros");
}


static void
content_view_and_time_are_columns(void **state)
{
    read_marks("x", "signal,value,content,view,time\n"
               "vpdq," SHA ",a video,box,61.5\npdq," SHA ",,,\n",
               "vpdq 9f [a video] 2 61500\npdq 9f [] 0 0\n");

    refuse("signal,value,time\nvpdq," SHA ",1m\n", 2,
           "\"1m\" is not a time: seconds like 12.345 expected");
    refuse("signal,value,view\nvpdq," SHA ",upside\n", 2,
           "\"upside\" is not a view");
}


static void
a_signal_may_stand_before_a_hash(void **state)
{
    read_marks("x", "pdq " SHA "\nvpdq " SHA "\n" SHA "\n",
               "pdq 9f [] 0 0\nvpdq 9f [] 0 0\nsha256 9f [] 0 0\n");

    refuse("pdq " MD5 "\n", 1, "is not a pdq: 64 hexadecimal digits");
}


static void
the_hash_of_a_flat_picture_is_refused(void **state)
{
    refuse("pdq "
           "0000000000000000000000000000000000000000000000000000000000000003"
           "\n", 1, "has 2 ones among its 256 bits, as the pdq of a flat");
}


static void
a_wrong_value_is_named_with_its_line(void **state)
{
    refuse("signal,value\nsha256," SHA "\n\nsha256,zz12\n", 4,
           "\"zz12\" is not a sha256: 64 hexadecimal digits expected");
    refuse("signal,value\nmd5," SHA "\n", 2,
           "\"9f86d081884c7d65...\" is not a md5: 32 hexadecimal digits "
           "expected, 64 given");
    refuse("value\nabc\n", 2, "\"abc\" is not a hash: 64 (sha256), 40 (sha1) "
           "or 32 (md5) hexadecimal digits expected");
    refuse(SHA "\n\nnothex\n", 3, "\"nothex\" is not a hash");
    refuse("signal,value\nsha512," SHA "\n", 2, "\"sha512\" is not a signal: "
           "sha256, sha1, md5, pdq or vpdq expected");
    refuse("value,severity\n" SHA ",11\n", 2, "\"11\" is not a severity: 0 "
           "to 10 expected");
    refuse("value,severity\n" SHA ",-1\n", 2, "\"-1\" is not a severity");
    refuse("value,expires\n" SHA ",soon\n", 2, "\"soon\" is not a time of "
           "expiry");
    refuse("value,label\n" SHA ",a\001b\n", 2, "the label holds the control "
           "character 0x01");
    refuse("value\n\033\n", 2, "\"?\" is not a hash");
}


static void
an_error_after_a_quoted_line_break_names_the_right_line(void **state)
{
    refuse("value,label\n" SHA ",\"a\nb\nc\"\nzz,x\n", 5, "\"zz\" is not");
    refuse("value,label\n" SHA ",a\nzz,\"a\nb\"\n", 3, "\"zz\" is not");
}


static void
broken_csv_is_an_error(void **state)
{
    refuse("value,label\n" SHA ",a\"b\n", 2, "a quote inside of a field");
    refuse("value,label\n" SHA ",\"a\"b\n", 2, "text after a closing quote");
    refuse("value,label\n" SHA ",\"a\n" SHA ",b\n", 2, "never closed");
    refuse("value,label\n" SHA "\n", 2, "1 fields, but the header line has 2 "
           "columns");
    refuse("value,label\n" SHA ",a,b\n", 2, "3 fields");
}


static void
values_that_stand_for_nothing_are_refused(void **state)
{
    refuse("signal,value\npdq," ZEROS "\n", 2, "is all zeros");
    refuse("signal,value\npdq," ONES "\n", 2, "is all ones");
    refuse(SHA "\n" ZEROS "\n", 2, "is all zeros");
}


static void
a_pdq_value_is_accepted(void **state)
{
    expect("signal,value\nPDQ," SHA "\n", "pdq 9f86d081 [] [] 0 0\n");
}


static void
utf_16_is_told_as_such(void **state)
{
    outcome_t  o;

    read_pieces(&o, "\xff\xfev\0a\0\n\0", 8, SIZE_MAX);

    assert_int_equal(o.code, SCREEN_ERROR);
    assert_non_null(strstr(o.err.text, "UTF-16"));
}


static void
a_line_without_end_is_refused_without_holding_it(void **state)
{
    char       *text;
    size_t      len;
    outcome_t   o;

    len = 3 * SCREEN_LIST_LINE_MAX;

    text = malloc(len);
    assert_non_null(text);

    memset(text, 'a', len);
    memcpy(text, "value\n", 6);

    read_pieces(&o, text, len, 1000);
    assert_int_equal(o.code, SCREEN_ERROR);
    assert_int_equal(o.err.line, 2);
    assert_non_null(strstr(o.err.text, "longer than 8192 bytes"));

    /* the same within a quote, with line breaks */

    memset(text, '\n', len);
    memcpy(text, "value\n\"", 7);

    read_pieces(&o, text, len, 1000);
    assert_int_equal(o.code, SCREEN_ERROR);
    assert_int_equal(o.err.line, 2);
    assert_non_null(strstr(o.err.text, "is a quote not closed?"));

    free(text);
}


static int
emit_refusing(void *ctx, const screen_entry_t *entry)
{
    ++*(unsigned *) ctx;

    return SCREEN_LIMIT;
}


static void
a_code_of_emit_ends_the_reading(void **state)
{
    unsigned         n;
    screen_list_t   *l;
    screen_error_t   err;
    const char      *list = SHA "\n" SHA "\n";

    n = 0;

    l = screen_list_create("x", emit_refusing, &n);

    assert_int_equal(screen_list_feed(l, (const u_char *) list, strlen(list),
                                      &err), SCREEN_LIMIT);
    assert_int_equal(screen_list_end(l, &err), SCREEN_LIMIT);
    assert_int_equal(n, 1);

    screen_list_destroy(l);
}


static void
expires_takes_seconds_and_rfc_3339(void **state)
{
    size_t        i;
    uint64_t      n;
    screen_str_t  text;

    static const struct {
        const char  *text;
        uint64_t     seconds;
    } good[] = {
        { "0", 0 },
        { "1893456000", 1893456000 },
        { "1970-01-01", 0 },
        { "2030-01-01", 1893456000 },
        { "2000-02-29", 951782400 },
        { "2024-12-31T23:59:59Z", 1735689599 },
        { "2024-12-31t23:59:59.123456z", 1735689599 },
        { "2024-12-31 23:59:59Z", 1735689599 },
        { "2016-12-31T23:59:60Z", 1483228800 },
        { "1996-12-19T16:39:57-08:00", 851042397 },
        { "1937-01-01T12:00:27.87+00:20", UINT64_MAX },
        { "1970-01-01T00:00:00+00:01", UINT64_MAX },
        { "9999-12-31T23:59:59Z", 253402300799 },
        { "9999-12-31T23:59:59-00:01", UINT64_MAX },
        { "2023-02-29", UINT64_MAX },
        { "1900-02-29", UINT64_MAX },
        { "2023-13-01", UINT64_MAX },
        { "2023-00-01", UINT64_MAX },
        { "2023-1-1", UINT64_MAX },
        { "2023-01-01T", UINT64_MAX },
        { "2023-01-01T00:00:00", UINT64_MAX },
        { "2023-01-01T24:00:00Z", UINT64_MAX },
        { "2023-01-01T00:00:00.Z", UINT64_MAX },
        { "2023-01-01T00:00:00Zx", UINT64_MAX },
        { "2023-01-01T00:00:00+0100", UINT64_MAX },
        { "1700000000000", UINT64_MAX },        /* milliseconds */
        { "-1", UINT64_MAX },
        { " 1", UINT64_MAX },
    };

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        text = screen_str_of(good[i].text);

        if (good[i].seconds == UINT64_MAX) {
            if (screen_date_parse(&text, &n) != SCREEN_MALFORMED) {
                fail_msg("%s was accepted", good[i].text);
            }

            continue;
        }

        assert_int_equal(screen_date_parse(&text, &n), SCREEN_OK);
        assert_int_equal(n, good[i].seconds);
    }
}


static void
a_time_is_written_as_it_is_read(void **state)
{
    char          text[SCREEN_DATE_LEN];
    uint64_t      t, back;
    screen_str_t  s;

    for (t = 0; t < 253402300799ull; t += 86400ull * 97 + 12345) {
        screen_date_format(text, t);
        s = screen_str_of(text);

        assert_int_equal(screen_date_parse(&s, &back), SCREEN_OK);
        assert_int_equal(back, t);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(a_csv_line_gives_an_entry_with_all_its_fields),
        cmocka_unit_test(columns_come_in_any_order_and_only_value_is_required),
        cmocka_unit_test(a_byte_order_mark_and_crlf_are_no_part_of_the_values),
        cmocka_unit_test(quoted_fields_hold_commas_quotes_and_line_breaks),
        cmocka_unit_test(a_list_is_read_the_same_in_pieces_of_any_size),
        cmocka_unit_test(what_sha256sum_prints_is_a_list),
        cmocka_unit_test(a_file_called_value_does_not_make_a_header),
        cmocka_unit_test(control_characters_in_a_file_name_are_replaced),
        cmocka_unit_test(an_empty_list_has_no_entries),
        cmocka_unit_test(a_last_line_needs_no_line_break),
        cmocka_unit_test(an_unknown_column_is_named_with_the_known_ones),
        cmocka_unit_test(fingerprints_of_frames_are_read_as_vpdq_writes_them),
        cmocka_unit_test(content_view_and_time_are_columns),
        cmocka_unit_test(a_signal_may_stand_before_a_hash),
        cmocka_unit_test(the_hash_of_a_flat_picture_is_refused),
        cmocka_unit_test(a_wrong_value_is_named_with_its_line),
        cmocka_unit_test(
            an_error_after_a_quoted_line_break_names_the_right_line),
        cmocka_unit_test(broken_csv_is_an_error),
        cmocka_unit_test(values_that_stand_for_nothing_are_refused),
        cmocka_unit_test(a_pdq_value_is_accepted),
        cmocka_unit_test(utf_16_is_told_as_such),
        cmocka_unit_test(a_line_without_end_is_refused_without_holding_it),
        cmocka_unit_test(a_code_of_emit_ends_the_reading),
        cmocka_unit_test(expires_takes_seconds_and_rfc_3339),
        cmocka_unit_test(a_time_is_written_as_it_is_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
