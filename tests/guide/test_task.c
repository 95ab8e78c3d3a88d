/* A copied task stands when what it was read from is gone. */
#include "guide/task.h"

#include "check.h"
#include "system/heap.h"

static void test_a_copy_stands_alone(void **state)
{
    static struct guide_tasks tasks;
    char text[] = "550 5.1.1 unknown", recipient[] = "a@b.test";
    (void)state;
    guide_tasks_init(&tasks, &heap);
    struct log_event event = {.line = 7, .recipient = slice_str(recipient)};
    struct guide_task task = {.kind = TASK_EVENT,
                              .source = SLICE("mail.log"),
                              .line = 7,
                              .text = slice_str(text),
                              .event = &event};
    assert_true(guide_tasks_add(&tasks, &task));
    memset(text, 'x', sizeof(text) - 1);
    memset(recipient, 'x', sizeof(recipient) - 1);
    event.line = 0;
    assert_int_equal(tasks.count, 1);
    assert_slice(tasks.list[0].text, "550 5.1.1 unknown");
    assert_slice(tasks.list[0].event->recipient, "a@b.test");
    assert_int_equal(tasks.list[0].event->line, 7);
    guide_tasks_free(&tasks);
}

static void test_many_are_enough(void **state)
{
    static struct guide_tasks tasks;
    static char large[TASKS_BYTES];
    struct guide_task small = {.text = SLICE("421")};
    struct guide_task big = {.text = slice_of(large, sizeof(large))};
    (void)state;
    guide_tasks_init(&tasks, &heap);
    for (size_t i = 0; i < TASKS_MAX; i++) {
        assert_false(guide_tasks_are_many(&tasks));
        assert_true(guide_tasks_add(&tasks, &small));
    }
    assert_true(guide_tasks_are_many(&tasks));
    guide_tasks_clear(&tasks);
    assert_false(guide_tasks_are_many(&tasks));
    assert_true(guide_tasks_add(&tasks, &big));
    assert_true(guide_tasks_are_many(&tasks));
    guide_tasks_free(&tasks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_copy_stands_alone),
        cmocka_unit_test(test_many_are_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
