
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "screen_multipart.h"


#define OK        0
#define CTYPE     SCREEN_FRAMING_CONTENT_TYPE
#define SUBTYPE   SCREEN_FRAMING_SUBTYPE
#define BOUNDARY  SCREEN_FRAMING_BOUNDARY

#define RAW       SCREEN_BODY_RAW
#define FORM      SCREEN_BODY_FORM
#define MULTI     SCREEN_BODY_MULTIPART

#define TEN       "0123456789"


typedef struct {
    const char          *value;
    screen_body_kind_t   kind;
    unsigned             framing;
    const char          *boundary;
} test_case_t;


static void
test_all(const test_case_t *cases)
{
    size_t                 len;
    u_char                *value;
    screen_str_t           s;
    const test_case_t     *c;
    screen_content_type_t  ct;

    for (c = cases; c->value != NULL; c++) {
        len = strlen(c->value);
        value = malloc(len ? len : 1);
        assert_non_null(value);
        memcpy(value, c->value, len);

        s.data = value;
        s.len = len;
        screen_content_type_parse(&ct, &s);

        if (ct.framing != c->framing || ct.kind != c->kind) {
            print_message("%s: %x\n", c->value, ct.framing);
        }

        assert_int_equal(ct.kind, c->kind);
        assert_int_equal(ct.framing, c->framing);
        assert_int_equal(ct.boundary_len, strlen(c->boundary));
        assert_memory_equal(ct.boundary, c->boundary, ct.boundary_len);

        free(value);
    }
}


static void
what_clients_send_is_read_without_ambiguity(void **state)
{
    static const test_case_t  cases[] = {
        { "multipart/form-data; boundary=b", FORM, OK, "b" },
        { "multipart/form-data;boundary=b", FORM, OK, "b" },
        { "multipart/form-data; boundary=\"b\"", FORM, OK, "b" },
        { "Multipart/Form-Data; Boundary=b", FORM, OK, "b" },
        { "multipart/form-data; \tboundary=b;", FORM, OK, "b" },
        { "multipart/form-data; charset=utf-8; boundary=b", FORM, OK, "b" },
        { "multipart/form-data; boundary=b; charset=utf-8", FORM, OK, "b" },
        { "multipart/form-data; boundary=----=_Part_1_2.3", FORM, OK,
          "----=_Part_1_2.3" },
        { "multipart/form-data; boundary=a/b+c_d:e?f=", FORM, OK,
          "a/b+c_d:e?f=" },
        { "multipart/form-data; boundary=----WebKitFormBoundaryAbC", FORM, OK,
          "----WebKitFormBoundaryAbC" },
        { "multipart/form-data; boundary=" TEN TEN TEN "--", FORM, OK,
          TEN TEN TEN "--" },
        { "multipart/form-data; boundary=" TEN TEN TEN TEN TEN TEN TEN, FORM,
          OK, TEN TEN TEN TEN TEN TEN TEN },
        { "multipart/mixed; boundary=b", MULTI, OK, "b" },
        { "multipart/related; type=\"text/xml\"; boundary=b", MULTI, OK,
          "b" },
        { "multipart/alternative; boundary=b", MULTI, OK, "b" },
        { NULL, RAW, 0, "" }
    };

    test_all(cases);
}


static void
other_types_are_raw_and_never_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "", RAW, OK, "" },
        { "image/jpeg", RAW, OK, "" },
        { "text/plain; charset=utf-8", RAW, OK, "" },
        { "application/x-www-form-urlencoded", RAW, OK, "" },
        { "jpeg; boundary=b", RAW, OK, "" },
        { NULL, RAW, 0, "" }
    };

    test_all(cases);
}


static void
what_only_looks_like_multipart_is_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { " multipart/form-data; boundary=b", FORM, CTYPE, "b" },
        { "multipart/form-data; boundary=b\t", FORM, CTYPE, "b" },
        { "multipart/form-data/x; boundary=b", FORM, CTYPE, "b" },
        { "xmultipart/form-data; boundary=b", FORM, CTYPE, "b" },
        { "text/plain; multipart/form-data; boundary=b", FORM, CTYPE, "b" },
        { "multipart/form-data, text/plain; boundary=b", FORM, CTYPE, "b" },
        { "multipart /form-data; boundary=b", MULTI, CTYPE, "b" },
        { "multipart/ form-data; boundary=b", MULTI, CTYPE, "b" },
        { "multipart/form-data boundary=b", FORM, CTYPE|BOUNDARY, "b" },
        { "multipart/form-data; boundary=b; \xa0", FORM, CTYPE, "b" },
        { "multipart; boundary=b", MULTI, SUBTYPE, "b" },
        { "multipart", RAW, SUBTYPE|BOUNDARY, "" },
        { "multipart/", RAW, SUBTYPE|BOUNDARY, "" },
        { "multipart/form-dataX; boundary=b", MULTI, SUBTYPE, "b" },
        { "multipart/x-other; boundary=b", MULTI, SUBTYPE, "b" },
        { NULL, RAW, 0, "" }
    };

    test_all(cases);
}


static void
a_boundary_that_servers_cut_differently_is_ambiguous(void **state)
{
    static const test_case_t  cases[] = {
        { "multipart/form-data", RAW, BOUNDARY, "" },
        { "multipart/form-data; boundary", RAW, BOUNDARY, "" },
        { "multipart/form-data; boundary=", RAW, BOUNDARY, "" },
        { "multipart/form-data; boundary=\"\"", RAW, BOUNDARY, "" },
        { "multipart/form-data; boundary=\"  \"", RAW, BOUNDARY, "" },
        { "multipart/form-data; boundary=a; boundary=b", FORM, BOUNDARY,
          "a" },
        { "multipart/form-data; boundary=a; boundary=a", FORM, BOUNDARY,
          "a" },
        { "multipart/form-data; boundary=a; Boundary=b", FORM, BOUNDARY,
          "a" },
        { "multipart/form-data; boundary=a; boundary*=utf-8''b", FORM,
          BOUNDARY, "a" },
        { "multipart/form-data; boundary*0=a; boundary*1=b", FORM, BOUNDARY,
          "a" },
        { "multipart/form-data; boundary*=utf-8''b", FORM, BOUNDARY, "b" },
        { "multipart/form-data; x=\"boundary=a\"; boundary=b", FORM,
          BOUNDARY, "b" },
        { "multipart/form-data; boundary=boundary=a", FORM, BOUNDARY,
          "boundary=a" },
        { "multipart/form-data; boundary=a b", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary=a,b", FORM, CTYPE|BOUNDARY, "a" },
        { "multipart/form-data; boundary=\"a b\"", FORM, BOUNDARY, "a b" },
        { "multipart/form-data; boundary=\"a \"", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary=\"a\\b\"", FORM, BOUNDARY, "a\\b" },
        { "multipart/form-data; boundary=\"a", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary=\"a\"b", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary='a'", FORM, BOUNDARY, "'a'" },
        { "multipart/form-data; boundary =a", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary= a", FORM, BOUNDARY, "a" },
        { "multipart/form-data; boundary=a*b", FORM, BOUNDARY, "a*b" },
        { "multipart/form-data; boundary=a(b)", FORM, BOUNDARY, "a(b)" },
        { "multipart/form-data; boundary=abc--", FORM, BOUNDARY, "abc--" },
        { "multipart/form-data; boundary=-", FORM, BOUNDARY, "-" },
        { "multipart/form-data; boundary=" TEN TEN TEN TEN TEN TEN TEN "x",
          RAW, BOUNDARY, "" },
        { NULL, RAW, 0, "" }
    };

    test_all(cases);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(what_clients_send_is_read_without_ambiguity),
        cmocka_unit_test(other_types_are_raw_and_never_ambiguous),
        cmocka_unit_test(what_only_looks_like_multipart_is_ambiguous),
        cmocka_unit_test(a_boundary_that_servers_cut_differently_is_ambiguous)
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
