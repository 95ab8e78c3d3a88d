#include "reply/words.h"

#include <stdlib.h>

#include "check.h"

static void every_language_says_every_thing(void **state)
{
    (void)state;
    assert_int_equal(words_all_count, 5);
    assert_slice(words_all[0].language, "en");
    for (size_t i = 0; i < words_all_count; i++)
        for (size_t cause = 0; cause < CAUSE_COUNT; cause++) {
            struct slice title = words_cause(&words_all[i], (enum cause)cause);
            assert_true(title.len > 0);
            assert_int_equal(i > 0, !slice_eq(title, slice_str(cause_title((enum cause)cause))));
        }
}

static void the_best_of_what_is_wanted_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *wanted, *language; /* NULL: none */
    } cases[] = {
        {"de", "de"},
        {" DE-at ", "de"},
        {"da, en-gb;q=0.8, fr;q=0.7", "en"},
        {"fr;q=0.25, es;q=0.3, ja;q=0.299", "es"},
        {"de;q=0, ja;q=0.001", "ja"},
        {"de ; q = 0.1, fr", "fr"},
        {"de;q=x", "de"},
        {"den, *;q=0.5", NULL},
        {"", NULL},
        {";;;,,;q=,=", NULL},
        {"de;q=0.000", NULL},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const struct words *w =
            words_choose(words_all, words_all_count, slice_str(cases[i].wanted));
        if ((w != NULL) != (cases[i].language != NULL))
            fail_msg("%s: %s", cases[i].wanted, w ? "one" : "none");
        if (w)
            assert_slice(w->language, cases[i].language);
    }
}

static void names_are_filled_in(void **state)
{
    (void)state;
    char storage[100];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    const struct word_value values[] = {{"who", SLICE("{count}")}, {"count", SLICE("7")}};
    words_write(&out, SLICE("a {who}, {count} {none}{"), values, 2);
    assert_slice(buf_slice(&out), "a {count}, 7 {");
}

static void an_operators_lines_replace_ours(void **state)
{
    (void)state;
    struct words w = words_all[1];
    struct rule_error e = {.line = 0};
    assert_true(words_read(&w, SLICE("de.notice"),
                           SLICE("# ours\n\nclosing: Hilfe: 4711.\r\nmailbox_full: Voll\n"), &e));
    assert_slice(w.text[WORD_CLOSING], "Hilfe: 4711.");
    assert_slice(words_cause(&w, CAUSE_MAILBOX_FULL), "Voll");
    assert_true(slice_eq(w.text[WORD_STOPPED], words_all[1].text[WORD_STOPPED]));
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *error;
        size_t line;
    } cases[] = {
        {"closing: x\nclosign: x\n", "there is no key `closign`", 2},
        {"closing x", "right is `key: text`", 1},
        {"tried: {tiem}\n", "{tiem} is not known here; right is one of: time", 1},
        {"closing: {who}", "this line takes none", 1},
        {"tried: {time", "a { without its }", 1},
        {"closing: \xff", "right is text in UTF-8", 1},
        {"closing: a\x1b[1m", "right is text in UTF-8", 1},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct words w = words_all[0];
        struct rule_error e = {.line = 0};
        assert_false(words_read(&w, SLICE("f"), slice_str(cases[i].text), &e));
        assert_int_equal(e.line, cases[i].line);
        if (slice_find_slice(slice_str(e.text), slice_str(cases[i].error), 0) == SLICE_NONE)
            fail_msg("%s: %s", cases[i].text, e.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_language_says_every_thing),
        cmocka_unit_test(the_best_of_what_is_wanted_is_taken),
        cmocka_unit_test(names_are_filled_in),
        cmocka_unit_test(an_operators_lines_replace_ours),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
