
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "screen_bank_json.h"


typedef struct {
    screen_entry_t            entry;
    screen_bank_json_text_t   text;
    uint64_t                  added;
} decoded_t;


/* from a block of exactly that size, so that a sanitizer sees an overrun */

static int
decode_bytes(decoded_t *d, const void *json, size_t len)
{
    int            rc;
    u_char        *copy;
    screen_str_t   text;

    copy = malloc(len ? len : 1);
    assert_non_null(copy);

    if (len) {
        memcpy(copy, json, len);
    }

    text.data = copy;
    text.len = len;
    memset(d, 0xee, sizeof(decoded_t));

    rc = screen_bank_json_decode(&d->entry, &d->added, &d->text, &text);

    free(copy);

    return rc;
}


static int
decode(decoded_t *d, const char *json)
{
    return decode_bytes(d, json, strlen(json));
}


static void
every_member_is_read(void **state)
{
    decoded_t  d;

    assert_int_equal(decode(&d, " { \"label\" : \"bad\" , \"source\":\"us\","
                            "\"severity\":7,\"added\":12,\"expires\":34 } "),
                     SCREEN_OK);

    assert_true(screen_str_is(&d.entry.label, "bad"));
    assert_true(screen_str_is(&d.entry.source, "us"));
    assert_int_equal(d.entry.severity, 7);
    assert_int_equal(d.added, 12);
    assert_int_equal(d.entry.expires, 34);
}


static void
content_view_and_time_are_of_perceptual_signals(void **state)
{
    screen_str_t             json = screen_str("{\"content\":\"c\",\"view\":"
                                               "2,\"time\":1500}");
    screen_entry_t           entry;
    screen_bank_json_text_t  text;

    memset(&entry, 0, sizeof(entry));
    entry.signal = SCREEN_SIGNAL_PDQ;

    assert_int_equal(screen_bank_json_decode(&entry, NULL, &text, &json),
                     SCREEN_OK);
    assert_true(screen_str_is(&entry.content, "c"));
    assert_int_equal(entry.view, 2);
    assert_int_equal(entry.time, 1500);

    memset(&entry, 0, sizeof(entry));

    assert_int_equal(screen_bank_json_decode(&entry, NULL, &text, &json),
                     SCREEN_OK);
    assert_int_equal(entry.content.len, 0);
    assert_int_equal(entry.view, 0);

    /* what its field says counts */

    entry.signal = SCREEN_SIGNAL_VPDQ;
    entry.content = screen_str_of("field");

    assert_int_equal(screen_bank_json_decode(&entry, NULL, &text, &json),
                     SCREEN_OK);
    assert_true(screen_str_is(&entry.content, "field"));

    json = screen_str_of("{\"time\":4294967296}");
    assert_int_equal(screen_bank_json_decode(&entry, NULL, &text, &json),
                     SCREEN_MALFORMED);
}


/* or what is written again would be another content */

static void
a_field_whose_content_has_controls_is_refused(void **state)
{
    size_t          i;
    screen_str_t    field;
    screen_entry_t  entry;

    static const char  controls[] = { '\0', '\n', '\r', '\x1f' };

    char  text[64 + sizeof(":case-1")];

    memset(text, 'a', 64);
    memcpy(text + 64, ":case-1", sizeof(":case-1"));

    field.data = (u_char *) text;
    field.len = sizeof(text) - 1;

    memset(&entry, 0, sizeof(screen_entry_t));
    entry.signal = SCREEN_SIGNAL_VPDQ;

    assert_int_equal(screen_bank_field_decode(&entry, &field), SCREEN_OK);

    for (i = 0; i < sizeof(controls); i++) {
        text[67] = controls[i];

        assert_int_equal(screen_bank_field_decode(&entry, &field),
                         SCREEN_MALFORMED);
    }
}


static void
a_field_of_vpdq_has_the_content_behind_the_value(void **state)
{
    char             to[SCREEN_BANK_FIELD_LEN], text[600];
    screen_str_t     field;
    screen_entry_t   entry;

    memset(text, 'a', sizeof(text));
    text[64] = ':';
    memcpy(text + 65, "a:b", 4);

    memset(&entry, 0, sizeof(entry));
    entry.signal = SCREEN_SIGNAL_VPDQ;
    field = screen_str_of(text);

    assert_int_equal(screen_bank_field_decode(&entry, &field), SCREEN_OK);
    assert_true(screen_str_is(&entry.content, "a:b"));
    assert_string_equal(screen_bank_field_encode(to, &entry), text);

    field.len = 64;
    assert_int_equal(screen_bank_field_decode(&entry, &field), SCREEN_OK);
    assert_int_equal(entry.content.len, 0);
    assert_int_equal(strlen(screen_bank_field_encode(to, &entry)), 64);

    field.len = 63;
    assert_int_equal(screen_bank_field_decode(&entry, &field),
                     SCREEN_MALFORMED);

    /* of the others it is the value alone */

    field.len = 68;
    entry.signal = SCREEN_SIGNAL_PDQ;
    assert_int_equal(screen_bank_field_decode(&entry, &field),
                     SCREEN_MALFORMED);

    entry.signal = SCREEN_SIGNAL_VPDQ;
    memset(text + 65, 'c', sizeof(text) - 65);
    field.len = 65 + SCREEN_BANK_JSON_CONTENT;
    assert_int_equal(screen_bank_field_decode(&entry, &field), SCREEN_OK);
    assert_int_equal(strlen(screen_bank_field_encode(to, &entry)), field.len);

    field.len++;
    assert_int_equal(screen_bank_field_decode(&entry, &field),
                     SCREEN_MALFORMED);
}


static void
every_member_may_be_missing_or_null(void **state)
{
    size_t     i;
    decoded_t  d;

    static const char *const  texts[] = {
        "", "{}", "{\"label\":null,\"severity\":null,\"expires\":null}",
        "{\"expires\":\"\",\"label\":\"\"}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(decode(&d, texts[i]), SCREEN_OK);
        assert_int_equal(d.entry.label.len, 0);
        assert_int_equal(d.entry.source.len, 0);
        assert_int_equal(d.entry.severity, 0);
        assert_int_equal(d.entry.expires, 0);
        assert_int_equal(d.added, 0);
    }
}


static void
expires_may_be_a_date(void **state)
{
    decoded_t  d;

    assert_int_equal(decode(&d, "{\"expires\":\"1970-01-02\"}"), SCREEN_OK);
    assert_int_equal(d.entry.expires, 86400);

    assert_int_equal(decode(&d, "{\"expires\":\"soon\"}"), SCREEN_MALFORMED);
}


static void
unknown_members_are_passed_over(void **state)
{
    decoded_t  d;

    assert_int_equal(decode(&d, "{\"x\":[1,{\"y\":\"}]\"}],\"z\":{},"
                            "\"w\":-1.5e3,\"t\":true,"
                            "\"a_very_long_name_of_a_member\":\"label\","
                            "\"label\":\"l\"}"),
                     SCREEN_OK);
    assert_true(screen_str_is(&d.entry.label, "l"));
}


static void
escapes_become_utf_8(void **state)
{
    decoded_t  d;

    assert_int_equal(decode(&d, "{\"label\":\"\\\"\\\\\\/\\u00e9\\u20ac"
                            "\\ud83d\\ude00\"}"),
                     SCREEN_OK);
    assert_true(screen_str_is(&d.entry.label,
                              "\"\\/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"));

    assert_int_equal(decode(&d, "{\"label\":\"a\\n\\tb\\u0000c\"}"),
                     SCREEN_OK);
    assert_true(screen_str_is(&d.entry.label, "a  b c"));
}


static void
long_texts_are_cut_at_a_character(void **state)
{
    char       json[1024];
    decoded_t  d;

    strcpy(json, "{\"label\":\"");
    memset(json + 10, 'x', 254);
    strcpy(json + 264, "\xc3\xa9yyy\",\"severity\":1}");

    assert_int_equal(decode(&d, json), SCREEN_OK);
    assert_int_equal(d.entry.label.len, 254);
    assert_int_equal(d.entry.severity, 1);
}


static void
what_is_no_such_object_is_refused(void **state)
{
    char       deep[64];
    size_t     i;
    decoded_t  d;

    static const char *const  texts[] = {
        " ", "[]", "\"x\"", "1", "{", "{}x", "{,}", "{\"label\"}",
        "{\"label\":}", "{\"label\":1}", "{\"label\":\"x\"",
        "{\"label\":\"x\",}", "{\"label\":\"x}", "{\"label\":\"\\x\"}",
        "{\"label\":\"\\u12\"}", "{\"label\":\"\\ud800\"}",
        "{\"label\":\"\\ud800\\u0041\"}", "{\"label\":\"\\udc00\"}",
        "{\"label\":\"a\nb\"}", "{label:\"x\"}", "{\"severity\":11}",
        "{\"severity\":-1}", "{\"severity\":1.5}", "{\"severity\":\"1\"}",
        "{\"expires\":-1}", "{\"expires\":99999999999999999999}",
        "{\"x\":}", "{\"x\":[}", "{\"x\":[1}", "{\"x\":]}", "{\"x\":{]}",
        "{\"x\":\"}"
    };

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {

        if (decode(&d, texts[i]) != SCREEN_MALFORMED) {
            fail_msg("%s", texts[i]);
        }
    }

    snprintf(deep, sizeof(deep), "{\"x\":%.*s}", 40,
             "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[");
    assert_int_equal(decode(&d, deep), SCREEN_MALFORMED);
}


static void
more_than_the_limit_is_refused(void **state)
{
    char       *json;
    decoded_t   d;

    json = malloc(SCREEN_BANK_JSON_MAX + 1);
    assert_non_null(json);

    memset(json, ' ', SCREEN_BANK_JSON_MAX + 1);
    json[0] = '{';
    json[SCREEN_BANK_JSON_MAX - 1] = '}';

    assert_int_equal(decode_bytes(&d, json, SCREEN_BANK_JSON_MAX), SCREEN_OK);
    assert_int_equal(decode_bytes(&d, json, SCREEN_BANK_JSON_MAX + 1),
                     SCREEN_MALFORMED);

    free(json);
}


static void
truncated_and_damaged_texts_never_lead_out_of_bounds(void **state)
{
    char       json[256];
    size_t     i, len;
    unsigned   c;
    decoded_t  d;

    strcpy(json, "{\"label\":\"b\\u00e9\xc3\xa9\",\"x\":[{\"y\":1}],"
           "\"expires\":\"2026-01-01\",\"severity\":7}");
    len = strlen(json);

    for (i = 1; i < len; i++) {
        assert_int_equal(decode_bytes(&d, json, i), SCREEN_MALFORMED);
    }

    for (i = 0; i < len; i++) {
        char  was;

        was = json[i];

        for (c = 0; c < 256; c++) {
            json[i] = (char) c;

            if (decode_bytes(&d, json, len) == SCREEN_OK) {
                assert_true(d.entry.label.len <= SCREEN_BANK_JSON_LABEL);
                assert_true(d.entry.severity <= 10);
            }
        }

        json[i] = was;
    }
}


static void
what_was_encoded_is_decoded(void **state)
{
    decoded_t       d;
    screen_buf_t    b;
    screen_entry_t  entry;

    memset(&entry, 0, sizeof(entry));
    entry.label = screen_str_of("a \"b\" \\ \xc3\xa9");
    entry.source = screen_str_of("us");
    entry.severity = 10;
    entry.expires = 4102444800;

    screen_buf_init(&b, SCREEN_BANK_JSON_MAX);
    screen_bank_json_encode(&b, &entry, 5);

    assert_int_equal(decode_bytes(&d, b.data, b.len), SCREEN_OK);
    assert_true(screen_str_eq(&d.entry.label, &entry.label));
    assert_true(screen_str_eq(&d.entry.source, &entry.source));
    assert_int_equal(d.entry.severity, 10);
    assert_int_equal(d.entry.expires, 4102444800);
    assert_int_equal(d.added, 5);

    screen_buf_free(&b);

    memset(&entry, 0, sizeof(entry));
    screen_buf_init(&b, SCREEN_BANK_JSON_MAX);
    screen_bank_json_encode(&b, &entry, 0);

    assert_int_equal(b.len, 2);
    assert_memory_equal(b.data, "{}", 2);

    screen_buf_free(&b);
}


static void
keys_are_as_documented(void **state)
{
    char          key[SCREEN_BANK_KEY_LEN];
    screen_str_t  prefix;

    prefix = screen_str_of("screen:");

    assert_string_equal(screen_bank_key_shard(key, &prefix, "own",
                                              SCREEN_SIGNAL_SHA256, 0xab),
                        "screen:bank:own:sha256:ab");
    assert_string_equal(screen_bank_key_shard(key, &prefix, "own",
                                              SCREEN_SIGNAL_PDQ, 0),
                        "screen:bank:own:pdq:00");
    assert_string_equal(screen_bank_key_changes(key, &prefix, "own"),
                        "screen:bank:own:changes");
    assert_string_equal(screen_bank_key_confirm(key, &prefix, "own"),
                        "screen:bank:own:confirm");
}


static void
names_of_banks_are_letters_digits_and_two_signs(void **state)
{
    size_t        i;
    char          name[70];
    screen_str_t  s;

    static const char *const  wrong[] = {
        "", "a:b", "a b", "a.b", "\xc3\xa9", "{a}", "a/b"
    };

    s = screen_str_of("Own-bank_2");
    assert_int_equal(screen_bank_name(&s), SCREEN_OK);

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        s = screen_str_of(wrong[i]);
        assert_int_equal(screen_bank_name(&s), SCREEN_MALFORMED);
    }

    memset(name, 'a', sizeof(name));
    s.data = (u_char *) name;
    s.len = 64;
    assert_int_equal(screen_bank_name(&s), SCREEN_OK);
    s.len = 65;
    assert_int_equal(screen_bank_name(&s), SCREEN_MALFORMED);
}


static void
blank_values_are_known(void **state)
{
    u_char  value[32];

    memset(value, 0, sizeof(value));
    assert_true(screen_bank_value_blank(SCREEN_SIGNAL_SHA256, value));

    value[31] = 1;
    assert_false(screen_bank_value_blank(SCREEN_SIGNAL_SHA256, value));
    assert_true(screen_bank_value_blank(SCREEN_SIGNAL_MD5, value));

    memset(value, 0xff, sizeof(value));
    assert_true(screen_bank_value_blank(SCREEN_SIGNAL_SHA1, value));

    memset(value, 0x11, sizeof(value));
    assert_false(screen_bank_value_blank(SCREEN_SIGNAL_SHA1, value));
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(every_member_is_read),
        cmocka_unit_test(content_view_and_time_are_of_perceptual_signals),
        cmocka_unit_test(a_field_of_vpdq_has_the_content_behind_the_value),
        cmocka_unit_test(a_field_whose_content_has_controls_is_refused),
        cmocka_unit_test(every_member_may_be_missing_or_null),
        cmocka_unit_test(expires_may_be_a_date),
        cmocka_unit_test(unknown_members_are_passed_over),
        cmocka_unit_test(escapes_become_utf_8),
        cmocka_unit_test(long_texts_are_cut_at_a_character),
        cmocka_unit_test(what_is_no_such_object_is_refused),
        cmocka_unit_test(more_than_the_limit_is_refused),
        cmocka_unit_test(truncated_and_damaged_texts_never_lead_out_of_bounds),
        cmocka_unit_test(what_was_encoded_is_decoded),
        cmocka_unit_test(keys_are_as_documented),
        cmocka_unit_test(names_of_banks_are_letters_digits_and_two_signs),
        cmocka_unit_test(blank_values_are_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
