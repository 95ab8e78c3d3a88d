#include "mail/mbox.h"

#include "check.h"
#include "system/heap.h"

enum { MAILS_MAX = 8, MOST = 1 << 16 };

struct found {
    const char *text;
    size_t line;
    bool is_cut;
};

static const struct sample {
    const char *name, *mbox;
    size_t most;
    struct found mails[MAILS_MAX];
} samples[] = {
    {"nothing", "", MOST, {{NULL, 0, false}}},
    {"empty lines only", "\n\r\n\n", MOST, {{NULL, 0, false}}},
    {"two",
     "From ann@example.net Mon Oct  5 10:00:00 2026\nFrom: ann\n\none\n\n"
     "From - Mon Oct  5 10:00:01 2026\nFrom: ned\n\ntwo\n",
     MOST,
     {{"From: ann\n\none\n\n", 2, false}, {"From: ned\n\ntwo\n", 7, false}}},
    {"CR LF",
     "From a Mon Oct  5 10:00:00 2026\r\nA: 1\r\n\r\none\r\n\r\n"
     "From b Mon Oct  5 10:00:00 2026\r\nB: 2\r\n\r\n",
     MOST,
     {{"A: 1\r\n\r\none\r\n\r\n", 2, false}, {"B: 2\r\n\r\n", 7, false}}},
    {"CR alone",
     "From a Mon Oct  5 10:00:00 2026\rA: 1\r\rone\r\rFrom b Mon Oct  5 10:00:00 2026\rB: 2\r\r",
     MOST,
     {{"A: 1\r\rone\r\r", 2, false}, {"B: 2\r\r", 7, false}}},
    {"no empty line before a full separator",
     "From a Mon Oct  5 10:00:00 2026\nA: 1\n\none\nFrom b Mon Oct  5 10:00:00 2026 +0200\nB: 2\n",
     MOST,
     {{"A: 1\n\none\n", 2, false}, {"B: 2\n", 6, false}}},
    {"text that is no separator",
     "From a Mon Oct  5 10:00:00 2026\nA: 1\n\nFrom now on we meet at 10:00, as said:\n\n"
     "From here it is far.\nB: 2\n\nFrom b at 10:00\nno field\n",
     MOST,
     {{"A: 1\n\nFrom now on we meet at 10:00, as said:\n\nFrom here it is far.\nB: 2\n\n"
       "From b at 10:00\nno field\n",
       2, false}}},
    {"quoted",
     "From a Mon Oct  5 10:00:00 2026\nA: 1\n\n>From b Mon Oct  5 10:00:00 2026\nB: 2\n",
     MOST,
     {{"A: 1\n\n>From b Mon Oct  5 10:00:00 2026\nB: 2\n", 2, false}}},
    {"nothing quoted, but counted",
     "From a Mon Oct  5 10:00:00 2026\nContent-Length: 38\n\n\n"
     "From b Mon Oct  5 10:00:00 2026\nB: 2\n\nFrom c Mon Oct  5 10:00:00 2026\nC: 3\n",
     MOST,
     {{"Content-Length: 38\n\n\nFrom b Mon Oct  5 10:00:00 2026\nB: 2\n\n", 2, false},
      {"C: 3\n", 9, false}}},
    {"counted wrong",
     "From a Mon Oct  5 10:00:00 2026\nContent-Length: 7\n\none\n\n"
     "From b Mon Oct  5 10:00:00 2026\nContent-Length: 99999999999999999999\n\ntwo\n",
     MOST,
     {{"Content-Length: 7\n\none\n\n", 2, false},
      {"Content-Length: 99999999999999999999\n\ntwo\n", 7, false}}},
    {"too long",
     "From a Mon Oct  5 10:00:00 2026\nA: 1\n\n0123456789012345678901234567890123456789\n\n"
     "From b Mon Oct  5 10:00:00 2026\nB: 2\n",
     16,
     {{"A: 1\n\n0123456789", 2, true}, {"B: 2\n", 7, false}}},
    {"without a separator", "A: 1\n\none\n", MOST, {{"A: 1\n\none\n", 1, false}}},
};
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* The window grows by `step` bytes; it lies at the end of memory of just its size. */
static void check_sample(const struct sample *s, size_t step)
{
    struct mbox m;
    struct mbox_mail mail;
    struct slice whole = slice_str(s->mbox), window = slice_head(whole, 0);
    size_t count = 0;
    mbox_init(&m, s->most);
    for (enum mbox_found found = MBOX_MORE; found != MBOX_END;) {
        bool is_last = window.at + window.len == whole.at + whole.len;
        found = mbox_next(&m, &window, is_last, &mail);
        if (found == MBOX_MORE) {
            assert_false(is_last);
            size_t left = (size_t)(whole.at + whole.len - window.at) - window.len;
            window.len += left < step ? left : step;
        }
        if (found != MBOX_MAIL)
            continue;
        assert_true(count < MAILS_MAX && s->mails[count].text);
        assert_slice(mail.text, s->mails[count].text);
        assert_int_equal(mail.line, s->mails[count].line);
        assert_int_equal(mail.is_cut, s->mails[count].is_cut);
        count++;
    }
    assert_true(count == MAILS_MAX || !s->mails[count].text);
}

static void splits_each_habit_in_windows_of_any_size(void **state)
{
    (void)state;
    static const size_t steps[] = {1, 2, 3, 7, 40, 1000};
    for (size_t i = 0; i < COUNT(samples); i++)
        for (size_t n = 0; n < COUNT(steps); n++) {
            print_message("# %s, %zu\n", samples[i].name, steps[n]);
            check_sample(&samples[i], steps[n]);
        }
}

static void keeps_the_separator(void **state)
{
    (void)state;
    struct mbox m;
    struct mbox_mail mail;
    struct slice window = SLICE("\nFrom ann@example.net Mon Oct  5 10:00:00 2026\r\nA: 1\r\n");
    mbox_init(&m, MOST);
    assert_int_equal(mbox_next(&m, &window, true, &mail), MBOX_MAIL);
    assert_slice(mail.separator, "From ann@example.net Mon Oct  5 10:00:00 2026");
    assert_int_equal(mail.line, 3);
    assert_int_equal(mbox_next(&m, &window, true, &mail), MBOX_END);
}

static void tells_an_mbox_from_other_text(void **state)
{
    (void)state;
    assert_true(mbox_begins(SLICE("From a Mon Oct  5 10:00:00 2026\nA: 1\n")));
    assert_true(mbox_begins(SLICE("\r\nFrom a Mon Oct  5 10:00:00 2026\r\nA: 1\r\n")));
    assert_true(mbox_begins(SLICE("From a Mon Oct  5 10:00 2026\n>From b x\nA: 1\n")));
    assert_false(mbox_begins(SLICE("From: a\nTo: b\n")));
    assert_false(mbox_begins(SLICE("From 10:00 on\nit rains\n")));
    assert_false(mbox_begins(SLICE("")));
}

static void takes_quotes_away(void **state)
{
    (void)state;
    char storage[100];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    mbox_unquote(&out, SLICE(">From a\n>>From b\n> From c\n>text\nFrom d\n>From e"));
    assert_slice(buf_slice(&out), "From a\n>From b\n> From c\n>text\nFrom d\nFrom e");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(splits_each_habit_in_windows_of_any_size),
        cmocka_unit_test(keeps_the_separator),
        cmocka_unit_test(tells_an_mbox_from_other_text),
        cmocka_unit_test(takes_quotes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
