
/* what each condition of a match line is true of */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "policy_fixture.h"


/* the facts of the first part, of every kind there is */

static void
facts(fixture_t *f)
{
    screen_part_t  *p;

    p = &f->parts[0];

    p->name = str("avatar");
    p->filename = str("dir/Photo.php.");
    p->size = 2000;

    p->hits = f->hits;
    p->nhits = 3;
    f->hits[0].bank = str("local");
    f->hits[0].signal = SCREEN_SIGNAL_MD5;
    f->hits[0].label = str("beach");
    f->hits[0].severity = 3;
    f->hits[1].bank = str("local");
    f->hits[1].signal = SCREEN_SIGNAL_SHA256;
    f->hits[1].label = str("raid");
    f->hits[1].source = str("partner\n1");
    f->hits[1].severity = 8;
    f->hits[2].bank = str("other");
    f->hits[2].signal = SCREEN_SIGNAL_SHA1;

    p->scanned = 1;
    p->type = str("application/x-dosexec");
    p->mismatch = SCREEN_MISMATCH_EXTENSION;

    p->yara = f->yara;
    p->nyara = 2;
    f->yara[0].space = str("php.yar");
    f->yara[0].rule = str("webshell_eval");
    f->yara[0].tags = f->tags;
    f->yara[0].ntags = 2;
    f->tags[0] = str("webshell");
    f->tags[1] = str("php");
    f->yara[0].metas = f->metas;
    f->yara[0].nmetas = 3;
    f->metas[0].key = str("severity");
    f->metas[0].integer = 7;
    f->metas[1].key = str("author");
    f->metas[1].type = SCREEN_META_STRING;
    f->metas[1].string = str("Jane");
    f->metas[2].key = str("score");
    f->metas[2].type = SCREEN_META_STRING;
    f->metas[2].string = str("60");

    f->yara[1].space = str("sub/exe.yar");
    f->yara[1].rule = str("packer");
    f->yara[1].tags = &f->tags[2];
    f->yara[1].ntags = 1;
    f->tags[2] = str("packed");
    f->yara[1].metas = &f->metas[3];
    f->yara[1].nmetas = 2;
    f->metas[3].key = str("severity");
    f->metas[3].integer = 2;
    f->metas[4].key = str("beta");
    f->metas[4].type = SCREEN_META_BOOLEAN;
    f->metas[4].integer = 1;

    p->patterns = f->patterns;
    p->npatterns = 1;
}


/* text NULL: no match */

typedef struct {
    const char  *cond;
    const char  *text;
} row_t;


static void
assert_rows(const row_t *rows, size_t n)
{
    char       policy[512];
    size_t     i;
    fixture_t  f;

    for (i = 0; i < n; i++) {
        snprintf(policy, sizeof(policy),
                 "yara_rules /r\nmatch %s reject", rows[i].cond);

        fixture(&f, policy, 1);
        facts(&f);

        assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

        if (rows[i].text == NULL) {

            if (f.d.nmatched) {
                fail_msg("%s matched", rows[i].cond);
            }

            assert_int_equal(f.d.verdict, SCREEN_VERDICT_PASS);

        } else if (f.d.nmatched != 1
                   || !screen_str_is(&f.d.reason, rows[i].text))
        {
            fail_msg("%s: \"%.*s\"", rows[i].cond, (int) f.d.reason.len,
                     (const char *) f.d.reason.data);
        }

        helper_free(&f.h);
    }
}

#define check(rows)  assert_rows(rows, sizeof(rows) / sizeof(rows[0]))


static void
bank_conditions_refine_one_hit(void **state)
{
    static const row_t  rows[] = {
        { "bank=local", "bank:local:beach" },
        { "bank=other", "bank:other" },
        { "bank=loca", NULL },
        { "bank=local signal=sha256", "bank:local:raid" },
        { "bank=local signal=SHA1", NULL },
        { "bank=local label=raid", "bank:local:raid" },
        { "bank=local label=\"raid\"", "bank:local:raid" },
        { "bank=local label~^ra", "bank:local:raid" },
        { "bank=local label!=beach", "bank:local:raid" },
        { "bank=local label=beach signal=sha256", NULL },
        { "bank=local source~partner", "bank:local:raid" },
        { "bank=local source = nobody", NULL },
        { "bank=local severity>=8", "bank:local:raid" },
        { "bank=local severity<=3", "bank:local:beach" },
        { "bank=local severity!=3", "bank:local:raid" },
        { "bank=local severity > 8", NULL },
        { "bank=other severity<10", NULL },
        { "bank=local bank=other", "bank:local:beach+bank:other" },
        { "bank=local bank=other signal=md5", NULL },
    };

    check(rows);
}


static void
yara_conditions_refine_one_match(void **state)
{
    static const row_t  rows[] = {
        { "yara", "yara:php.yar:webshell_eval" },
        { "yara tag=webshell", "yara:php.yar:webshell_eval" },
        { "yara tag=packed", "yara:sub/exe.yar:packer" },
        { "yara tag=web", NULL },
        { "yara tag~^web", "yara:php.yar:webshell_eval" },
        { "yara tag!=php", "yara:sub/exe.yar:packer" },
        { "yara tag!~p", NULL },
        { "yara rule=packer", "yara:sub/exe.yar:packer" },
        { "yara rule~*PACK", "yara:sub/exe.yar:packer" },
        { "yara namespace~^sub/", "yara:sub/exe.yar:packer" },
        { "yara namespace=php.yar rule=packer", NULL },
        { "yara namespace=php.yar yara rule=packer",
          "yara:php.yar:webshell_eval+yara:sub/exe.yar:packer" },
        { "yara meta.severity>=7", "yara:php.yar:webshell_eval" },
        { "yara meta.severity<7", "yara:sub/exe.yar:packer" },
        { "yara meta.severity=07", "yara:php.yar:webshell_eval" },
        { "yara meta.severity>7", NULL },
        { "yara meta.severity!=7", "yara:sub/exe.yar:packer" },
        { "yara meta.severity>=7 tag=packed", NULL },
        { "yara meta.severity~^[78]$", "yara:php.yar:webshell_eval" },
        { "yara meta.author=Jane", "yara:php.yar:webshell_eval" },
        { "yara meta.author=\"Jane\"", "yara:php.yar:webshell_eval" },
        { "yara meta.author~*^ja", "yara:php.yar:webshell_eval" },
        { "yara meta.author<5", NULL },
        { "yara meta.author>=0", NULL },
        { "yara meta.score>59", "yara:php.yar:webshell_eval" },
        { "yara meta.score > 60", NULL },
        { "yara meta.score=60", "yara:php.yar:webshell_eval" },
        { "yara meta.score=060", NULL },
        { "yara meta.nothing!=1", NULL },
        { "yara meta.beta=true", "yara:sub/exe.yar:packer" },
        { "yara meta.beta=1", "yara:sub/exe.yar:packer" },
        { "yara meta.beta=false", NULL },
    };

    check(rows);
}


static void
the_other_conditions_compare_with_each_operator(void **state)
{
    static const row_t  rows[] = {
        { "field = avatar", "field" },
        { "field=avatar", "field" },
        { "field != avatar", NULL },
        { "field ~ ^av", "field" },
        { "field ~* ^AV", "field" },
        { "field !~ ^av", NULL },
        { "field !~* ^AVX", "field" },
        { "content ~ x", "content" },
        { "type = application/x-dosexec", "type:application/x-dosexec" },
        { "type = APPLICATION/X-DOSEXEC", "type:application/x-dosexec" },
        { "type = application/*", "type:application/x-dosexec" },
        { "type = image/*", NULL },
        { "type = application/x-dosexe", NULL },
        { "type != image/*", "type:application/x-dosexec" },
        { "type != application/*", NULL },
        { "type ~ exec$", "type:application/x-dosexec" },
        { "type mismatch", "type:mismatch" },
        { "type mismatch=extension", "type:mismatch" },
        { "type mismatch=header", NULL },
        { "size=2000", "size" },
        { "size != 2000", NULL },
        { "size<2k", "size" },
        { "size<2000", NULL },
        { "size <= 2000", "size" },
        { "size > 1k", "size" },
        { "size >1k", "size" },
        { "size> 2k", NULL },
        { "size>=2000", "size" },
        { "size>1k size<2k", "size" },
        { "size>1k size<1500", NULL },
        { "parts=1", "parts" },
        { "parts > 1", NULL },
        { "filename ~ php type mismatch bank=other parts=1",
          "filename+type:mismatch+bank:other+parts" },
    };

    check(rows);
}


static void
a_filename_is_looked_at_as_sent_and_as_it_will_be_stored(void **state)
{
    static const row_t  rows[] = {
        { "filename ~ \\.php$", "filename" },
        { "filename = Photo.php", "filename" },
        { "filename = dir/Photo.php.", "filename" },
        { "filename ~ ^dir/", "filename" },
        { "filename ~* ^photo", "filename" },
        { "filename ~ ^photo", NULL },
        { "filename = php", NULL },
        { "filename !~ o", NULL },
        { "filename !~ ^Photo\\.php$", "filename" },
    };

    check(rows);
}


static void
only_a_name_that_is_right_both_ways_is_excused(void **state)
{
    fixture_t  f;

    fixture(&f, "match filename ~ \\.jpg$ allow\nmatch size>0 flag", 1);

    f.parts[0].filename.data = (const u_char *) "x.php\0.jpg";
    f.parts[0].filename.len = 10;

    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_FLAG);

    f.parts[0].filename = str("d/x.jpg");

    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_ALLOW);
    assert_int_equal(f.d.action.verdict, SCREEN_VERDICT_PASS);

    helper_free(&f.h);
}


static void
a_part_without_a_filename_meets_no_condition_on_it(void **state)
{
    size_t      i;
    fixture_t   f;

    static const char *const  policies[] = {
        "match filename ~ a reject", "match filename !~ a reject",
        "match filename != x reject", "match filename = \"\" reject"
    };

    for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++) {
        fixture(&f, policies[i], 1);
        f.parts[0].has_filename = 0;
        f.parts[0].filename = str("");

        assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
        assert_int_equal(f.d.nmatched, 0);

        helper_free(&f.h);
    }
}


static void
a_raw_body_is_of_no_field_but_an_unnamed_field_is_one(void **state)
{
    fixture_t  f;

    fixture(&f, "match field != avatar reject", 1);

    f.parts[0].name = str("");
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_REJECT);

    f.parts[0].offset = 0;
    assert_int_equal(decide(&f, SCREEN_KNOWN_BODY), SCREEN_OK);
    assert_int_equal(f.d.verdict, SCREEN_VERDICT_PASS);

    helper_free(&f.h);
}


static void
the_raw_body_of_a_form_meets_only_conditions_on_its_content(void **state)
{
    size_t      i;
    fixture_t   f;

    static const struct {
        const char  *cond;
        int          part;         /* that matches; -2: none */
    } rows[] = {
        { "filename ~ b", 0 }, { "field = file", 0 }, { "size>0", 0 },
        { "type mismatch", 0 }, { "type != image/png", 0 },
        { "type = text/plain", 1 }, { "yara", 1 }, { "content ~ x", 1 },
        { "bank=local", 1 }, { "parts>1", -2 }, { "parts=1", -1 },
    };

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char  policy[256];

        snprintf(policy, sizeof(policy),
                 "yara_rules /r\nmatch %s reject", rows[i].cond);

        fixture(&f, policy, 2);

        f.parts[0].scanned = 1;
        f.parts[0].type = str("application/pdf");
        f.parts[0].mismatch = SCREEN_MISMATCH_HEADER;
        f.parts[1] = f.parts[0];
        f.parts[1].whole = 1;
        f.parts[1].type = str("text/plain");
        f.parts[1].yara = f.yara;
        f.parts[1].nyara = 1;
        f.parts[1].patterns = f.patterns;
        f.parts[1].npatterns = 1;
        hit(&f, 1, "local");

        assert_int_equal(decide(&f, SCREEN_KNOWN_SCAN), SCREEN_OK);

        if (rows[i].part == -2) {
            assert_int_equal(f.d.nmatched, 0);

        } else if (f.d.nmatched != 1 || f.d.matched[0].part != rows[i].part) {
            fail_msg("%s: %zu matches", rows[i].cond, f.d.nmatched);
        }

        helper_free(&f.h);
    }
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(bank_conditions_refine_one_hit),
        cmocka_unit_test(yara_conditions_refine_one_match),
        cmocka_unit_test(the_other_conditions_compare_with_each_operator),
        cmocka_unit_test(
            a_filename_is_looked_at_as_sent_and_as_it_will_be_stored),
        cmocka_unit_test(only_a_name_that_is_right_both_ways_is_excused),
        cmocka_unit_test(a_part_without_a_filename_meets_no_condition_on_it),
        cmocka_unit_test(a_raw_body_is_of_no_field_but_an_unnamed_field_is_one),
        cmocka_unit_test(
            the_raw_body_of_a_form_meets_only_conditions_on_its_content),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
