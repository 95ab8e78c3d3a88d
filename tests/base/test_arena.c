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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hands_out_zeroed_memory_until_the_limit),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
