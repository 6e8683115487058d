
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "screen_slot.h"


static unsigned
slot_of(const char *key)
{
    screen_str_t  s;

    s = screen_str_of(key);

    return screen_slot_of(&s);
}


/* what CLUSTER KEYSLOT of Redis 7.0 answers */

static void
slots_are_those_of_redis(void **state)
{
    assert_int_equal(slot_of("123456789"), 0x31c3);
    assert_int_equal(slot_of("foo"), 12182);
    assert_int_equal(slot_of("somekey"), 11058);
    assert_int_equal(slot_of("screen:events"), 8093);
    assert_int_equal(slot_of("screen:bank:coalition:sha256:0f"), 7183);
}


static void
a_hash_tag_alone_decides(void **state)
{
    assert_int_equal(slot_of("foo{hash_tag}"), 2515);
    assert_int_equal(slot_of("{user1000}.following"),
                     slot_of("{user1000}.followers"));
    assert_int_equal(slot_of("{user1000}.following"), slot_of("user1000"));
    assert_int_equal(slot_of("foo{bar}{zap}"), slot_of("bar"));
    assert_int_equal(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    assert_int_equal(slot_of("a}b{c}d"), slot_of("c"));
}


static void
an_empty_or_open_tag_is_no_tag(void **state)
{
    assert_int_equal(slot_of("foo{}{bar}"), 8363);
    assert_int_equal(slot_of("foo{bar"), 15278);
    assert_int_not_equal(slot_of("foo{}{bar}"), slot_of("bar"));
    assert_int_not_equal(slot_of("foo{bar"), slot_of("bar"));
}


static void
a_key_may_be_empty_or_of_any_bytes(void **state)
{
    screen_str_t  key;

    const u_char  bytes[] = { 0x00, 0xff, '{', 0x00, '}', 0x80 };

    assert_int_equal(slot_of(""), 0);

    key.data = bytes;
    key.len = sizeof(bytes);

    /* the tag is one zero byte, the CRC of which is zero */

    assert_int_equal(screen_slot_of(&key), 0);

    key.len = 2;

    assert_true(screen_slot_of(&key) < SCREEN_SLOTS);
    assert_int_not_equal(screen_slot_of(&key), 0);
}


int
main(void)
{
    const struct CMUnitTest  tests[] = {
        cmocka_unit_test(slots_are_those_of_redis),
        cmocka_unit_test(a_hash_tag_alone_decides),
        cmocka_unit_test(an_empty_or_open_tag_is_no_tag),
        cmocka_unit_test(a_key_may_be_empty_or_of_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
