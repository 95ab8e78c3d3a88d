/* A user's advice beside their rules: when it is said, and what is wrong with it. */
#include "reply/rules_compile.h"
#include "reply/scan.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena, scratch;
static struct rule_book book;
static struct rule_tables own;

static bool take(const char *text)
{
    arena_reset(&arena);
    rule_book_init(&book, &arena, false);
    return rule_book_read(&book, SLICE("own.rules"), slice_str(text)) && rules_compile(&book, &own);
}

static void take_rules(const char *text)
{
    if (!take(text))
        fail_msg("%zu: %s", book.error.line, book.error.text);
}

static struct explanation of(const char *text, bool is_refusal)
{
    struct diagnosis_input in;
    struct diagnosis d;
    struct explanation e;
    arena_reset(&scratch);
    reply_scan(slice_str(text), &scratch, &in);
    in.is_refusal = is_refusal;
    diagnose_with(&own, &in, &d);
    assert_true(explain_with(&own, &d, &in, &scratch, &e));
    return e;
}

#define FULL "552 5.2.2 mailbox full"

static void a_rule_s_advice_comes_before_a_cause_s_and_both_before_ours(void **state)
{
    (void)state;
    take_rules("advice: mailbox_full, virus\nstep: Call +49 30 1234567.\n"
               "rule: mine\ncause: mailbox_full\nphrase: cupboard is full\nstep: Empty the "
               "cupboard.\n");
    struct explanation e = of("552 5.2.2 the cupboard is full", false);
    assert_slice(e.steps[0], "Empty the cupboard.");
    assert_slice(e.steps[1], "Call +49 30 1234567.");
    assert_slice(e.steps[2], "Tell the recipient in another way to make room in the mailbox.");
    e = of(FULL, false);
    assert_slice(e.steps[0], "Call +49 30 1234567.");
    assert_slice(e.steps[1], "Tell the recipient in another way to make room in the mailbox.");
    e = of("550 5.1.1 user unknown", false);
    assert_slice(e.steps[0],
                 "Compare the address letter by letter with the one the person gave you; "
                 "most often it is a typing mistake.");
}

static void only_is_said_alone(void **state)
{
    (void)state;
    take_rules("advice: *\nonly: Ask the help desk.\n");
    struct explanation e = of(FULL, false);
    assert_int_equal(e.count, 1);
    assert_slice(e.steps[0], "Ask the help desk.");
    assert_true(of(FULL, true).count > 1);
}

static void who_refused_has_advice_of_their_own(void **state)
{
    (void)state;
    take_rules("advice: mailbox_full\nrefused: See the runbook, page 7.\n");
    assert_slice(of(FULL, true).steps[0], "See the runbook, page 7.");
    assert_slice(of(FULL, false).steps[0],
                 "Tell the recipient in another way to make room in the mailbox.");
}

static void names_are_filled_in_or_the_step_is_left_out(void **state)
{
    (void)state;
    take_rules("advice: message_too_large\nstep: At most {limit}, gr\xc3\xbc\xc3\x9f"
               "e!\n");
    assert_slice(of("552 5.3.4 Message size exceeds the limit of 25000000 bytes", false).steps[0],
                 "At most 25 MB, gr\xc3\xbc\xc3\x9f"
                 "e!");
    assert_slice(of("552 5.3.4 Message too large", false).steps[0],
                 "Make the message smaller: attachments grow by a third when they are sent.");
}

static void says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line;
        const char *says;
    } cases[] = {
        {"advice: mailbox_ful\nstep: Ask.\n", 1, "did you mean mailbox_full?"},
        {"advice: mailbox_full\n", 1, "nothing is advised"},
        {"advice: mailbox_full\nstep: Ask.\nphrase: full\n", 3, "stand step, only and refused"},
        {"advice: mailbox_full\nsteps: Ask.\n", 2, "did you mean step?"},
        {"step: Ask.\n", 1, "not known here"},
        {"advice: virus\nstep: Ask {ipp}.\n", 2, "{ipp} is not known"},
        {"advice: virus\nstep: Ask {ip.\n", 2, "without its }"},
        {"advice: virus\n\nstep: Ask \x1b[31m.\n", 3, "byte 5 of the text"},
        {"advice: virus\nstep: Ask \xff.\n", 2, "byte 5 of the text"},
        {"advice: virus\nstep: 1\nstep: 2\nstep: 3\nstep: 4\nstep: 5\nstep: 6\nstep: 7\n", 2,
         "more than the 6 steps"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (take(cases[i].text) || !strstr(book.error.text, cases[i].says) ||
            cases[i].line != book.error.line)
            fail_msg("%s\nsays %zu: %s", cases[i].text, book.error.line, book.error.text);
}

static void our_own_rules_have_none(void **state)
{
    (void)state;
    arena_reset(&arena);
    rule_book_init(&book, &arena, true);
    assert_true(rule_book_read(&book, SLICE("ours.rules"), SLICE("advice: virus\nstep: Ask.\n")));
    assert_false(rules_compile(&book, &own));
    assert_non_null(strstr(book.error.text, "share/advice"));
}

static int teardown(void **state)
{
    (void)state;
    arena_reset(&arena);
    arena_reset(&scratch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_s_advice_comes_before_a_cause_s_and_both_before_ours),
        cmocka_unit_test(only_is_said_alone),
        cmocka_unit_test(who_refused_has_advice_of_their_own),
        cmocka_unit_test(names_are_filled_in_or_the_step_is_left_out),
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(our_own_rules_have_none),
    };
    arena_init(&arena, &heap, 1 << 24);
    arena_init(&scratch, &heap, 1 << 20);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
