#include "base/arena.h"

#include "check.h"
#include "system/heap.h"

static void hands_out_zeroed_memory_until_the_limit(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, &heap, 4096);
    size_t taken = 0;
    for (char *at; (at = arena_take(&a, 100)); taken++) {
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(at[i], 0);
        memset(at, 0xff, 100);
    }
    assert_in_range(taken, 30, 40);
    assert_null(arena_take(&a, SIZE_MAX));
    assert_null(arena_array(&a, SIZE_MAX / 2, 4));
    arena_reset(&a);
    assert_non_null(arena_take(&a, 4000));
    arena_reset(&a);
}

static void copies(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, &heap, 4096);
    struct slice copy;
    assert_true(arena_dup(&a, SLICE("text"), &copy));
    assert_slice(copy, "text");
    assert_int_equal(copy.at[4], '\0');
    arena_reset(&a);
}

static void starts_again_with_a_block_it_has(void **state)
{
    (void)state;
    struct arena a;
    arena_init(&a, &heap, 256 * 1024);
    arena_rewind(&a);
    char *first = arena_take(&a, 100);
    assert_non_null(first);
    memset(first, 'x', 100);
    arena_rewind(&a);
    char *again = arena_take(&a, 100);
    assert_ptr_equal(again, first);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(again[i], 0);
    assert_non_null(arena_take(&a, 128 * 1024)); /* larger than is kept */
    arena_rewind(&a);
    assert_int_equal(a.total, 0);
    assert_non_null(arena_take(&a, 250 * 1024));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_memory_until_the_limit),
        cmocka_unit_test(copies),
        cmocka_unit_test(starts_again_with_a_block_it_has),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
