#include "check.h"

static void trims(void **state)
{
    (void)state;
    assert_slice(slice_trim(SLICE(" \t a b\r\n")), "a b");
    assert_slice(slice_trim(SLICE(" \n")), "");
    assert_slice(slice_trim(SLICE("")), "");
}

static void splits_lines(void **state)
{
    (void)state;
    struct slice rest = SLICE("one\r\ntwo\n\nlast"), line;
    const char *want[] = {"one", "two", "", "last"};
    for (size_t i = 0; i < 4; i++) {
        assert_true(slice_line(&rest, &line));
        assert_slice(line, want[i]);
    }
    assert_false(slice_line(&rest, &line));
}

static void splits_words(void **state)
{
    (void)state;
    struct slice rest = SLICE("  MAIL   FROM:<>  "), word;
    assert_true(slice_word(&rest, &word));
    assert_slice(word, "MAIL");
    assert_true(slice_word(&rest, &word));
    assert_slice(word, "FROM:<>");
    assert_false(slice_word(&rest, &word));
    assert_true(slice_has_word(SLICE("mail\tsend  read"), SLICE("send")));
    assert_false(slice_has_word(SLICE("mail sender"), SLICE("send")));
    assert_false(slice_has_word(SLICE(""), SLICE("send")));
}

static void reads_numbers(void **state)
{
    (void)state;
    static const struct {
        struct slice in;
        bool ok;
        uint64_t value;
    } cases[] = {
        {SLICE_INIT("0"), true, 0},
        {SLICE_INIT("18446744073709551615"), true, UINT64_MAX},
        {SLICE_INIT("18446744073709551616"), false, 0},
        {SLICE_INIT("99999999999999999999"), false, 0},
        {SLICE_INIT(""), false, 0},
        {SLICE_INIT("-1"), false, 0},
        {SLICE_INIT("1 "), false, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint64_t value = 0;
        assert_int_equal(slice_u64(cases[i].in, &value), cases[i].ok);
        assert_true(value == cases[i].value);
    }
}

static void finds(void **state)
{
    (void)state;
    struct slice s = SLICE("abcabd");
    assert_int_equal(slice_find_slice(s, SLICE("abd"), 0), 3);
    assert_int_equal(slice_find_slice(s, SLICE("abe"), 0), SLICE_NONE);
    assert_int_equal(slice_find_slice(s, SLICE("abdx"), 0), SLICE_NONE);
    assert_int_equal(slice_ifind_slice(s, SLICE("ABD"), 1), 3);
    assert_int_equal(slice_ifind_slice(s, SLICE("abcabdx"), 0), SLICE_NONE);
    assert_int_equal(slice_rfind(s, 'a'), 3);
    assert_int_equal(slice_find(s, 'a', 9), SLICE_NONE);
}

static void compares(void **state)
{
    (void)state;
    assert_true(slice_ieq(SLICE("HeLo"), SLICE("hElO")));
    assert_false(slice_ieq(SLICE("HELO"), SLICE("HELOX")));
    assert_true(slice_istarts(SLICE("From:<x>"), SLICE("FROM:")));
    assert_false(slice_istarts(SLICE("Fro"), SLICE("FROM:")));
    assert_true(slice_iends(SLICE("mx.Example.ORG"), SLICE(".example.org")));
    assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_cmp(SLICE("b"), SLICE("ab")) > 0);
}

static void makes_c_strings(void **state)
{
    (void)state;
    char out[4];
    assert_true(slice_cstr(SLICE("abc"), out, sizeof(out)));
    assert_string_equal(out, "abc");
    assert_false(slice_cstr(SLICE("abcd"), out, sizeof(out)));
    assert_false(slice_cstr(slice_of("a\0b", 3), out, sizeof(out)));
}

/* At each place of a text that is longer than what is compared at once. */
static void finds_and_counts_in_long_texts(void **state)
{
    (void)state;
    enum { LEN = 700 };
    char text[LEN];
    memset(text, 'a', LEN);
    const struct slice s = slice_of(text, LEN);
    assert_int_equal(slice_count(s, 'a'), LEN);
    assert_int_equal(slice_count(s, 'b'), 0);
    for (size_t i = 0; i + 1 < LEN; i++) {
        text[i] = 'b';
        assert_int_equal(slice_count(s, 'b'), 1);
        assert_int_equal(slice_find_pair(s, 'b', 'c', 0), SLICE_NONE);
        text[i + 1] = 'c';
        assert_int_equal(slice_find_pair(s, 'b', 'c', 0), i);
        assert_int_equal(slice_find_pair(s, 'b', 'c', i), i);
        assert_int_equal(slice_find_pair(s, 'b', 'c', i + 1), SLICE_NONE);
        assert_int_equal(slice_find_pair(slice_head(s, i + 1), 'b', 'c', 0), SLICE_NONE);
        text[i] = text[i + 1] = 'a';
    }
    assert_int_equal(slice_find_pair(s, 'a', 'a', LEN - 1), SLICE_NONE);
    assert_int_equal(slice_find_pair(SLICE(""), 'a', 'a', 0), SLICE_NONE);
    assert_int_equal(slice_count(SLICE(""), 'a'), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trims),           cmocka_unit_test(splits_lines),
        cmocka_unit_test(splits_words),    cmocka_unit_test(finds),
        cmocka_unit_test(reads_numbers),   cmocka_unit_test(compares),
        cmocka_unit_test(makes_c_strings), cmocka_unit_test(finds_and_counts_in_long_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
