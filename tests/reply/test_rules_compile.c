/* Rules from text: what is wrong is said with its line and with what would be right. */
#include "reply/rules_compile.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena;

static bool compile(const char *text, bool wants_samples, struct rule_book *b_r,
                    struct rule_tables *t_r)
{
    arena_reset(&arena);
    rule_book_init(b_r, &arena, wants_samples);
    return rule_book_read(b_r, SLICE("own.rules"), slice_str(text)) && rules_compile(b_r, t_r);
}

static void says_where_and_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line;
        const char *says;
    } cases[] = {
        {"# fine\n\nwhat is this\n", 3, "no colon"},
        {"cause: mailbox_full\n", 1, "below \"rule: NAME\""},
        {"rule: a\ncause: mailbox_ful\nphrase: full up\n", 2, "did you mean mailbox_full?"},
        {"rule: a\nphrase: full up\n", 1, "needs a cause"},
        {"rule: a\ncause: virus\n", 1, "give it a phrase or a when"},
        {"rule: a\ncause: virus\nphrse: full up\n", 3, "did you mean phrase?"},
        {"rule: a\ncause: virus\nphrase: x\n", 3, "too short"},
        {"rule: a\ncause: virus\nphrase: good words | ..\n", 3, "too short"},
        {"rule: a\ncause: virus\nphrase:\n", 3, "nothing"},
        {"rule: a\ncause: virus\nwhen: code=55\n", 3, "right is, for example, 550, 4yz"},
        {"rule: a\ncause: virus\nwhen: enhanced=5.7\n", 3, "5.7.1 or x.2.2"},
        {"rule: a\ncause: virus\nwhen: stage=rcp\n", 3, "connect, ehlo"},
        {"rule: a\ncause: virus\nwhen: today\n", 3, "is no condition"},
        {"rule: a\ncause: virus\nwhen: provider\n", 3, "no provider: line"},
        {"rule: a\ncause: virus\nphrase: ab cd\nlevel: high\n", 4, "hint, codes, phrase or named"},
        {"rule: a\ncause: virus\nphrase: ab cd\npriority: 100\n", 4, "from -99 to 99"},
        {"rule: a\ncause: virus\nphrase: ab cd\nconfidence: -1\n", 4, "from 0 to 100"},
        {"rule: a\ncause: virus\ncause: virus\nphrase: ab cd\n", 3, "stands twice"},
        {"rule: a\ncause: virus\nphrase: ab cd\nrule: a\n", 4, "own.rules:1 already"},
        {"rule: a\ncause: virus\nphrase: ab cd\nmatch: [stage=now] ab cd\n", 4, "stage=…"},
        {"provider: p\nhost: example.com\n", 2, "not known here"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rule_book b;
        struct rule_tables t;
        if (compile(cases[i].text, false, &b, &t))
            fail_msg("taken: %s", cases[i].text);
        assert_slice(b.error.file, "own.rules");
        if (b.error.line != cases[i].line || !strstr(b.error.text, cases[i].says))
            fail_msg("%s\nsays %zu: %s", cases[i].text, b.error.line, b.error.text);
    }
}

static void asks_for_samples_where_they_are_wanted(void **state)
{
    (void)state;
    static const char text[] = "rule: a\ncause: virus\nphrase: ab cd\n";
    struct rule_book b;
    struct rule_tables t;
    assert_true(compile(text, false, &b, &t));
    assert_false(compile(text, true, &b, &t));
    assert_non_null(strstr(b.error.text, "a source, a match and a not"));
}

static void numbers_literals_once(void **state)
{
    (void)state;
    struct rule_book b;
    struct rule_tables t;
    assert_true(compile("provider: p\nhosts: a.example b.example\nmarks: we speak\n"
                        "rule: a\ncause: virus\nphrase: bad thing | bad thing .. found | url:x/y\n"
                        "and: in here\nwhen: provider code=5yz enhanced=5.7.x stage=rcpt\n"
                        "rule: b\ncause: virus\nwhen: code=554\n",
                        false, &b, &t));
    assert_int_equal(t.rule_count, 2);
    assert_int_equal(t.clause_count, 5);
    assert_int_equal(t.literal_count, 5);
    assert_int_equal(t.code_rule_count, 1);
    assert_int_equal(t.host_count, 2);
    assert_int_equal(t.rules[0].groups, 1);
    assert_true(t.rules[0].needs_provider);
    assert_int_equal(t.codes[0].low, 500);
    assert_int_equal(t.codes[0].high, 599);
}

static void says_when_there_is_no_room(void **state)
{
    (void)state;
    static const char text[] = "provider: p\nhosts: a b c\nmarks: we speak | they speak\n"
                               "rule: a\ncause: virus\nphrase: some words .. more words\n"
                               "when: code=550 enhanced=5.7.1\n";
    bool good = false;
    for (size_t limit = 0; limit < 1 << 22 && !good; limit += limit < 16384 ? 512 : 65536) {
        struct arena small;
        struct rule_book b;
        struct rule_tables t;
        arena_init(&small, &heap, limit);
        rule_book_init(&b, &small, false);
        good = rule_book_read(&b, SLICE("own.rules"), slice_str(text)) && rules_compile(&b, &t);
        assert_true(good || strstr(b.error.text, "no room"));
        arena_reset(&small);
    }
    assert_true(good);
}

static int teardown(void **state)
{
    (void)state;
    arena_reset(&arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_where_and_what_is_wrong),
        cmocka_unit_test(asks_for_samples_where_they_are_wanted),
        cmocka_unit_test(numbers_literals_once),
        cmocka_unit_test(says_when_there_is_no_room),
    };
    arena_init(&arena, &heap, 1 << 24);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
