#include "base/buf.h"

#include "check.h"
#include "system/heap.h"

static void grows_to_its_limit_and_then_stays_whole(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, &heap, 300);
    for (int i = 0; i < 29; i++)
        buf_add(&b, SLICE("0123456789"));
    assert_false(b.failed);
    buf_add(&b, SLICE("0123456789x"));
    assert_true(b.failed);
    assert_int_equal(b.len, 290);
    buf_add(&b, SLICE("x"));
    assert_int_equal(b.len, 290);
    buf_clear(&b);
    buf_addf(&b, "%d-%s", 42, "x");
    assert_slice(buf_slice(&b), "42-x");
    buf_add_u64(&b, UINT64_MAX);
    buf_drop(&b, 4);
    assert_slice(buf_slice(&b), "18446744073709551615");
    buf_free(&b);
}

static void writes_into_fixed_storage(void **state)
{
    (void)state;
    char storage[8];
    struct buf b;
    buf_init_fixed(&b, storage, sizeof(storage));
    buf_add_str(&b, "12345678");
    assert_false(b.failed);
    buf_add_char(&b, '9');
    assert_true(b.failed);
    assert_slice(buf_slice(&b), "12345678");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grows_to_its_limit_and_then_stays_whole),
        cmocka_unit_test(writes_into_fixed_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
