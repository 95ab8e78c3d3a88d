#include "queue/due.h"

#include <stdlib.h>

#include "check.h"
#include "system/heap.h"

enum { COUNT = 2000 };

static void gives_back_in_order_of_time(void **state)
{
    (void)state;
    static struct due nodes[COUNT];
    struct due_heap h;
    due_init(&h, &heap);
    assert_null(due_first(&h));
    assert_true(due_first_at(&h) == INT64_MAX);
    assert_true(due_join(&h, COUNT));
    srand(1);
    for (size_t i = 0; i < COUNT; i++)
        due_set(&h, &nodes[i], rand() % 500);
    for (size_t i = 0; i < COUNT; i += 3) /* moved */
        due_set(&h, &nodes[i], rand() % 500);
    for (size_t i = 0; i < COUNT; i += 5) /* removed, some twice */
        due_unset(&h, &nodes[i]);
    for (size_t i = 0; i < COUNT; i += 10)
        due_unset(&h, &nodes[i]);
    int64_t last = 0;
    size_t seen = 0;
    for (struct due *d; (d = due_take(&h, 1000)); seen++) {
        assert_true(d->at >= last);
        assert_false(due_is_set(d));
        assert_true((d - nodes) % 5 != 0);
        last = d->at;
    }
    assert_int_equal(seen, COUNT - COUNT / 5);
    due_leave(&h, COUNT);
    due_free(&h);
}

static void takes_only_what_is_due(void **state)
{
    (void)state;
    struct due node = {0};
    struct due_heap h;
    due_init(&h, &heap);
    assert_true(due_join(&h, 1));
    due_set(&h, &node, 100);
    assert_null(due_take(&h, 99));
    assert_true(due_first_at(&h) == 100);
    assert_ptr_equal(due_take(&h, 100), &node);
    assert_null(due_take(&h, 100));
    due_free(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_back_in_order_of_time),
        cmocka_unit_test(takes_only_what_is_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
