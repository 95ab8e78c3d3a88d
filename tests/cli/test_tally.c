#include "cli/tally.h"

#include "check.h"
#include "system/heap.h"

enum { NAMES_MAX = 3 };

static struct arena arena;
static struct tally tally;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, &heap, 1 << 20);
    tally_init(&tally, &arena, (struct hash_key){1, 2}, NAMES_MAX);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    tally_free(&tally);
    arena_reset(&arena);
    return 0;
}

static void count(const char *name, int times)
{
    while (times--)
        (void)tally_count(&tally, slice_str(name));
}

static void tells_the_most_frequent_first(void **state)
{
    (void)state;
    const struct tally_row *top[2];
    count("b", 2);
    count("c", 5);
    count("a", 2);
    assert_int_equal(tally_top(&tally, top, 2), 2);
    assert_slice(top[0]->name, "c");
    assert_int_equal(top[0]->count, 5);
    assert_slice(top[1]->name, "a");
}

static void counts_what_is_too_much_together(void **state)
{
    (void)state;
    const struct tally_row *top[8];
    count("a", 1);
    count("b", 1);
    count("c", 1);
    count("d", 4);
    count("a", 1);
    assert_int_equal(tally_top(&tally, top, 8), NAMES_MAX);
    assert_slice(top[0]->name, "a");
    assert_int_equal(tally.others, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tells_the_most_frequent_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(counts_what_is_too_much_together, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
