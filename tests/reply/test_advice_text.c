/* The reader of share/advice/: what it takes, and what it says of what is wrong. */
#include "advice_text.h"

#include "check.h"
#include "system/heap.h"

static struct arena arena;
static struct advice_book book;

static bool take(const char *text)
{
    static struct rule_provider_entry other = {.name = SLICE_INIT("microsoft")};
    static struct rule_provider_entry providers = {&other, SLICE_INIT("google"), 0, {0}};
    static struct rule_entry rule = {.name = SLICE_INIT("google-spf")};
    static const struct rule_book rules = {.providers = &providers, .rules = &rule};
    arena_reset(&arena);
    advice_book_init(&book, &arena, &rules);
    return advice_book_read(&book, SLICE("own.advice"), slice_str(text));
}

static void takes_what_is_written(void **state)
{
    (void)state;
    assert_true(take("# words\ncause: virus, policy\nsummary: Bad {ip}.\nsummary: Bad.\n"
                     "admin: Look at {url} now.\nor: Look.\n\ngeneral step: See.\n"
                     "provider: google\nlist: spamhaus\nsource: them\ncause: policy\nunless: "
                     "google-spf\nstep: Ask.\n"
                     "cause: virus\nstep: Ask.\n"));
    const struct advice_line *l = book.general[CAUSE_POLICY].first;
    assert_slice(book.general[CAUSE_VIRUS].first->text, "Bad {ip}.");
    assert_int_equal(l->kind, ADVICE_SUMMARY);
    l = l->next->next;
    assert_int_equal(l->kind, ADVICE_STEP);
    assert_string_equal(l->reader, "On the sending server: ");
    assert_int_equal(l->next->kind, ADVICE_OR_STEP);
    assert_string_equal(l->next->reader, l->reader);
    assert_int_equal(l->next->next->kind, ADVICE_GENERAL_STEP);
    l = book.own[CAUSE_POLICY].first;
    assert_int_equal(l->kind, ADVICE_OWN_STEP);
    assert_slice(l->provider, "google");
    assert_slice(l->list, "spamhaus");
    assert_slice(l->unless, "google-spf");
    assert_slice(book.own[CAUSE_VIRUS].first->unless, "");
    assert_null(book.own[CAUSE_GREYLISTED].first);
}

static void says_what_is_wrong_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t line;
        const char *says;
    } cases[] = {
        {"cause: virus\nstep\n", 2, "no colon"},
        {"cause: virus\nstep:\n", 2, "nothing behind"},
        {"step: Wait.\n", 1, "no \"cause: NAME\""},
        {"cause: vrius\n", 1, "did you mean virus?"},
        {"cause: virus\nstop: Wait.\n", 2, "\"stop\" is not known"},
        {"cause: virus\ngeneral or: Wait.\n", 2, "is not known"},
        {"cause: virus\nor: Wait.\n", 2, "behind the step that it replaces"},
        {"cause: virus\nsummary: Bad.\nor: Wait.\n", 3, "behind the step that it replaces"},
        {"cause: virus\nstep: Ask {ipp}.\n", 2, "{ipp} is not known"},
        {"cause: virus\nstep: Ask {ip.\n", 2, "without its }"},
        {"cause: virus\nstep: See https://example.org/.\n", 2, "a space has to stand"},
        {"cause: virus\nstep: See (https://example.org/a b.\n", 2, "a space has to stand"},
        {"cause: virus\nstep: See  two.\n", 2, "two spaces"},
        {"cause: virus\nstep: Caf\xc3\xa9.\n", 2, "printable ASCII"},
        {"cause: virus\nrefused: Look.\nor: Look.\n", 3, "behind the step that it replaces"},
        {"list: abc\nsource: x\ncause: virus\nrefused: Look.\n", 4, "only steps"},
        {"cause: virus\ngeneral refused: Look.\n", 2, "is not known"},
        {"provider: gogle\n", 1, "did you mean google"},
        {"provider: google\ncause: virus\nstep: Ask.\n", 1, "known from"},
        {"provider: google\ncause: virus\nstep: Ask.\nlist: abc\nsource: x\n", 1, "known from"},
        {"list: abc\nsource: x\ncause: virus\nsummary: Bad.\n", 4, "only steps"},
        {"list: abc\nsource: x\ncause: virus\nunless: spf\n", 4, "no rule \"spf\""},
        {"cause: virus\nunless: google-spf\n", 2, "below the cause of a provider"},
        {"cause: virus\nonly: Wait.\n", 2, "for a provider or blocklist"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        bool good = take(cases[i].text);
        if (good || !strstr(book.error.text, cases[i].says) || cases[i].line != book.error.line)
            fail_msg("%s\nsays %zu: %s", cases[i].text, book.error.line, book.error.text);
    }
}

/* The book of all causes, and one more line. */
static bool check_all(const char *more)
{
    struct buf text;
    buf_init(&text, &heap, 1 << 16);
    for (unsigned c = 0; c < CAUSE_UNKNOWN; c++)
        buf_addf(&text,
                 "cause: %s\nsummary: A {ip}.\nsummary: A.\nstep: B.\nrefused: No.\nstep: {ip}\n",
                 cause_name((enum cause)c));
    buf_add_str(&text, more);
    buf_add_char(&text, '\0');
    bool good = take(text.at) && advice_book_check(&book);
    buf_free(&text);
    return good;
}

static void every_cause_has_to_have_words(void **state)
{
    (void)state;
    assert_true(check_all(""));
    assert_true(take("cause: virus\nsummary: A.\nstep: B.\n"));
    assert_false(advice_book_check(&book));
    assert_non_null(strstr(book.error.text, "no_such_recipient needs a summary, a step and a"));
}

static void nobody_gets_more_steps_than_are_shown(void **state)
{
    (void)state;
    assert_true(check_all("provider: google\nsource: x\ncause: virus\n"
                          "step: 1\nstep: 2\nstep: 3\nstep: 4\nonly: 5\n"));
    assert_true(check_all("provider: google\nsource: x\ncause: virus\nstep: 1\nstep: 2\nstep: 3\n"
                          "provider: microsoft\nsource: x\ncause: virus\nstep: 1\nstep: 2\n"));
    assert_false(check_all("provider: google\nsource: x\ncause: virus\n"
                           "step: 1\nstep: 2\nstep: 3\nstep: 4\nstep: 5\n"));
    assert_non_null(strstr(book.error.text, "more than the 6 steps"));
    assert_true(check_all("cause: virus\nstep: 1\nstep: 2\nstep: 3\ngeneral step: 4\n"
                          "provider: google\nsource: x\ncause: virus\nstep: 1\n"));
    assert_false(check_all("cause: virus\nstep: 1\nstep: 2\nstep: 3\ngeneral step: 4\n"
                           "general step: 5\n"));
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
        cmocka_unit_test(takes_what_is_written),
        cmocka_unit_test(says_what_is_wrong_and_where),
        cmocka_unit_test(every_cause_has_to_have_words),
        cmocka_unit_test(nobody_gets_more_steps_than_are_shown),
    };
    arena_init(&arena, &heap, 1 << 20);
    return cmocka_run_group_tests(tests, NULL, teardown);
}
