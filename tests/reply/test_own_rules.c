/* A user's rules beside ours: what wins, and what their samples are good for. */
#include "reply/rules_check.h"
#include "reply/scan.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena, scratch;
static struct rule_book book;
static struct rule_tables own;

static void take_rules(const char *text)
{
    arena_reset(&arena);
    rule_book_init(&book, &arena, false);
    if (!rule_book_read(&book, SLICE("own.rules"), slice_str(text)) || !rules_compile(&book, &own))
        fail_msg("%zu: %s", book.error.line, book.error.text);
}

static struct diagnosis of(const char *text, const char *remote)
{
    struct diagnosis_input in;
    struct diagnosis d;
    arena_reset(&scratch);
    reply_scan(slice_str(text), &scratch, &in);
    if (remote)
        in.remote = slice_str(remote);
    diagnose_with(&own, &in, &d);
    return d;
}

static void own_rules_win_at_the_same_level(void **state)
{
    (void)state;
    take_rules("rule: mine\ncause: policy\npriority: -99\nphrase: user unknown\n");
    struct diagnosis d =
        of("550 5.1.1 <a@example.org>: user unknown in virtual mailbox table", NULL);
    assert_slice(d.rule, "mine");
    assert_int_equal(d.cause, CAUSE_POLICY);
    d = of("552 5.2.2 mailbox full", NULL);
    assert_int_equal(d.cause, CAUSE_MAILBOX_FULL);
}

static void stronger_evidence_wins_whosever_it_is(void **state)
{
    (void)state;
    take_rules("rule: mine\ncause: virus\nphrase: temporarily deferred\n"
               "rule: weak\ncause: virus\nlevel: hint\nphrase: no such user here\n");
    struct diagnosis d = of("421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred", NULL);
    assert_int_not_equal(d.cause, CAUSE_VIRUS);
    d = of("550 5.1.1 no such user here", NULL);
    assert_int_equal(d.cause, CAUSE_NO_SUCH_RECIPIENT);
    take_rules("rule: mine\ncause: virus\nlevel: named\nphrase: temporarily deferred\n");
    d = of("421 4.7.0 [TSS04] Messages from 192.0.2.9 temporarily deferred", NULL);
    assert_slice(d.rule, "mine");
}

static void among_own_rules_priority_and_then_length_decide(void **state)
{
    (void)state;
    take_rules("rule: long\ncause: virus\nphrase: qqq www eee\n"
               "rule: short\ncause: policy\nphrase: qqq www\n"
               "rule: first\ncause: greylisted\npriority: 1\nphrase: zzz\n");
    assert_slice(of("550 qqq www eee", NULL).rule, "long");
    assert_slice(of("550 qqq www eee zzz", NULL).rule, "first");
}

static void providers_are_the_same_by_name(void **state)
{
    (void)state;
    take_rules("provider: google\nrule: mine\ncause: virus\nwhen: provider\nphrase: qqq www\n"
               "provider: gate\nhosts: gate.example\nmarks: the gate says\n"
               "rule: gates\ncause: policy\nwhen: provider\nphrase: eee rrr\n");
    assert_slice(of("550 qqq www", "gmail-smtp-in.l.google.com").rule, "mine");
    assert_int_equal(of("550 qqq www", "mx.example.org").cause, CAUSE_UNKNOWN);
    struct diagnosis d = of("550 eee rrr", "mx1.gate.example");
    assert_slice(d.rule, "gates");
    assert_slice(d.provider, "gate");
    assert_slice(of("550 the gate says eee rrr", NULL).provider, "gate");
}

static void samples_have_to_hold(void **state)
{
    (void)state;
    static const struct {
        const char *rules;
        size_t line;
        const char *says;
    } cases[] = {
        {"rule: a\ncause: virus\nphrase: qqq www\nmatch: 550 qqq www\nnot: 550 www\n", 0, ""},
        {"rule: a\ncause: virus\nphrase: qqq www\nmatch: 550 5.1.1 user unknown\n", 4,
         "unknown-user decides this (no_such_recipient)"},
        {"rule: a\ncause: virus\nphrase: qqq www\nnot: 550 qqq www eee\n", 4, "fits this too"},
        {"rule: a\ncause: virus\nphrase: qqq www\nwhen: stage=rcpt\n"
         "match: [stage=rcpt remote=a.example] 550 qqq www\nnot: [stage=data] 550 qqq www\n",
         0, ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        take_rules(cases[i].rules);
        bool good = rules_check_samples(&book, &own, &scratch);
        if (good != (cases[i].line == 0) || book.error.line != cases[i].line ||
            !strstr(book.error.text, cases[i].says))
            fail_msg("%s\nsays %zu: %s", cases[i].rules, book.error.line, book.error.text);
    }
}

/* As many phrases as a text can hold, in rules of one phrase each, and the strong one at the end.
 */
static void no_number_of_phrases_hides_the_last(void **state)
{
    (void)state;
    struct buf rules, text;
    buf_init(&rules, &heap, 1 << 20);
    buf_init(&text, &heap, 1 << 16);
    buf_add_str(&text, "550 ");
    buf_add_str(&rules, "rule: last\ncause: virus\nphrase: qx1 .. qx2 ... final words\n"
                        "rule: many\ncause: policy\nlevel: hint\n");
    for (unsigned i = 0; i < 500; i++) {
        buf_addf(&rules, "phrase: w%u | w%u ... w%u\n", i, i, i + 1);
        buf_addf(&text, "w%u ", i);
    }
    buf_add_str(&text, "qx1 qx2 w1 w2 w3 final words");
    buf_add_char(&rules, '\0');
    take_rules(rules.at);
    buf_add_char(&text, '\0');
    assert_slice(of(text.at, NULL).rule, "last");
    buf_free(&rules);
    buf_free(&text);
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
        cmocka_unit_test(own_rules_win_at_the_same_level),
        cmocka_unit_test(stronger_evidence_wins_whosever_it_is),
        cmocka_unit_test(among_own_rules_priority_and_then_length_decide),
        cmocka_unit_test(providers_are_the_same_by_name),
        cmocka_unit_test(samples_have_to_hold),
        cmocka_unit_test(no_number_of_phrases_hides_the_last),
    };
    arena_init(&arena, &heap, 1 << 24);
    arena_init(&scratch, &heap, 1 << 20);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
