#include "probe/finding.h"

#include "check.h"
#include "system/heap.h"

enum { PLENTY = 64 * 1024 };

static void keeps_steps_in_their_order(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, &heap, PLENTY);
    struct finding *root = finding_add(&arena, NULL, FINDING_GOOD, "root", "r");
    struct finding *first = finding_add(&arena, root, FINDING_GOOD, "a", "one");
    struct finding *later = finding_add(&arena, NULL, FINDING_NOTE, "b", "%d", 2);
    finding_add(&arena, first, FINDING_BAD, "c", "below");
    finding_append(root, later);
    assert_ptr_equal(root->first, first);
    assert_ptr_equal(first->next, later);
    assert_null(later->next);
    assert_string_equal(first->first->step, "c");
    assert_true(slice_eq(later->text, SLICE("2")));
    arena_reset(&arena);
}

static void makes_marks_worse_only(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, &heap, PLENTY);
    struct finding *f = finding_add(&arena, NULL, FINDING_GOOD, "a", "x");
    finding_worsen(f, FINDING_DOUBT);
    assert_string_equal(finding_mark_name(f->mark), "doubt");
    finding_worsen(f, FINDING_GOOD);
    assert_int_equal(f->mark, FINDING_DOUBT);
    arena_reset(&arena);
}

/* What a server says can't reach the terminal as it is. */
static void text_is_printable_and_bounded(void **state)
{
    static char much[10000];
    struct arena arena;
    (void)state;
    arena_init(&arena, &heap, PLENTY);
    memset(much, 'x', sizeof(much) - 1);
    struct finding *f = finding_add(&arena, NULL, FINDING_GOOD, "a", "%s", "a\033[2Jb\r\nc\x80");
    assert_true(slice_eq(f->text, SLICE("a?[2Jb??c?")));
    finding_advise(f, "%s", "\033");
    assert_true(slice_eq(f->advice, SLICE("?")));
    f = finding_add(&arena, NULL, FINDING_GOOD, "a", "%s", much);
    assert_true(f->text.len > 1000 && f->text.len < sizeof(much));
    arena_reset(&arena);
}

static void keeps_what_was_said_and_facts(void **state)
{
    struct arena arena;
    char said[] = "no such user";
    (void)state;
    arena_init(&arena, &heap, PLENTY);
    struct finding *f = finding_add(&arena, NULL, FINDING_BAD, "a", "x");
    finding_explain(f, &(struct diagnosis_input){.reply = {.code = 550, .text = slice_str(said)},
                                                 .stage = STAGE_RCPT});
    finding_note(f, "host", slice_str(said));
    finding_note_number(f, "ms", -3);
    memset(said, '-', sizeof(said) - 1);
    assert_true(f->has_said && slice_eq(f->said.reply.text, SLICE("no such user")));
    assert_true(slice_eq(f->facts->value, SLICE("no such user")));
    assert_string_equal(f->facts->next->key, "ms");
    assert_true(slice_eq(f->facts->next->value, SLICE("-3")));
    arena_reset(&arena);
}

static void lets_nothing_pass_without_memory(void **state)
{
    struct arena arena;
    (void)state;
    arena_init(&arena, &heap, 0);
    struct finding *f = finding_add(&arena, NULL, FINDING_GOOD, "a", "x");
    assert_null(f);
    finding_append(f, f);
    finding_advise(f, "x");
    finding_explain(f, &(struct diagnosis_input){0});
    finding_note(f, "a", SLICE("b"));
    finding_worsen(f, FINDING_BAD);
    arena_reset(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_steps_in_their_order),
        cmocka_unit_test(makes_marks_worse_only),
        cmocka_unit_test(text_is_printable_and_bounded),
        cmocka_unit_test(keeps_what_was_said_and_facts),
        cmocka_unit_test(lets_nothing_pass_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
