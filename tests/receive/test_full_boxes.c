#include "receive/full_boxes.h"

#include "check.h"
#include "system/heap.h"

static void knows_a_full_mailbox_for_a_while(void **state)
{
    struct full_boxes f;
    (void)state;
    full_boxes_init(&f, &heap, (struct hash_key){1, 2});
    assert_false(full_boxes_has(&f, SLICE("alice@here.test"), 0));
    full_boxes_add(&f, SLICE("alice@here.test"), 0);
    assert_true(full_boxes_has(&f, SLICE("Alice@here.test"), 299999));
    assert_false(full_boxes_has(&f, SLICE("bob@here.test"), 0));
    assert_false(full_boxes_has(&f, SLICE("alice@here.test"), 300000));
    full_boxes_add(&f, SLICE("alice@here.test"), 300000);
    full_boxes_add(&f, SLICE("alice@here.test"), 400000);
    assert_true(full_boxes_has(&f, SLICE("alice@here.test"), 699999));
    full_boxes_free(&f);
}

static void forgets_it_after_a_delivery(void **state)
{
    struct full_boxes f;
    (void)state;
    full_boxes_init(&f, &heap, (struct hash_key){1, 2});
    full_boxes_remove(&f, SLICE("alice@here.test"));
    full_boxes_add(&f, SLICE("alice@here.test"), 0);
    full_boxes_remove(&f, SLICE("ALICE@here.test"));
    assert_false(full_boxes_has(&f, SLICE("alice@here.test"), 1));
    full_boxes_free(&f);
}

static void does_not_grow_without_end(void **state)
{
    enum { MOST = 65536 };
    struct full_boxes f;
    char name[16];
    (void)state;
    full_boxes_init(&f, &heap, (struct hash_key){1, 2});
    for (int i = 0; i <= MOST; i++) {
        (void)snprintf(name, sizeof(name), "u%d", i);
        full_boxes_add(&f, slice_str(name), 0);
    }
    assert_int_equal(f.boxes.count, MOST);
    assert_true(full_boxes_has(&f, SLICE("u0"), 1));
    assert_false(full_boxes_has(&f, slice_str(name), 1));
    full_boxes_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_a_full_mailbox_for_a_while),
        cmocka_unit_test(forgets_it_after_a_delivery),
        cmocka_unit_test(does_not_grow_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
