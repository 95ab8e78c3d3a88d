#include "check.h"

#include "base/utf8.h"
#include "system/heap.h"

static void tells_valid_from_invalid(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice in;
        bool ok;
    } cases[] = {
        {"empty", SLICE_INIT(""), true},
        {"ascii with NUL", SLICE_INIT("a\0b"), true},
        {"first of two bytes", SLICE_INIT("\xc2\x80"), true},
        {"u umlaut", SLICE_INIT("M\xc3\xbcller"), true},
        {"first of three bytes", SLICE_INIT("\xe0\xa0\x80"), true},
        {"last before the surrogates", SLICE_INIT("\xed\x9f\xbf"), true},
        {"first of four bytes", SLICE_INIT("\xf0\x90\x80\x80"), true},
        {"last of all", SLICE_INIT("\xf4\x8f\xbf\xbf"), true},
        {"overlong slash", SLICE_INIT("\xc0\xaf"), false},
        {"overlong in three", SLICE_INIT("\xe0\x9f\xbf"), false},
        {"overlong in four", SLICE_INIT("\xf0\x8f\xbf\xbf"), false},
        {"surrogate", SLICE_INIT("\xed\xa0\x80"), false},
        {"above all", SLICE_INIT("\xf4\x90\x80\x80"), false},
        {"no first byte", SLICE_INIT("\x80"), false},
        {"latin 1", SLICE_INIT("M\xfcller"), false},
        {"cut after one", SLICE_INIT("a\xc3"), false},
        {"cut after two", SLICE_INIT("\xe2\x82"), false},
        {"third byte wrong", SLICE_INIT("\xe2\x82\x41"), false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        if (utf8_is_valid(cases[i].in) != cases[i].ok)
            fail_msg("%s: want %d", cases[i].name, cases[i].ok);
}

static void counts_plain_bytes(void **state)
{
    (void)state;
    for (size_t len = 0; len < 20; len++)
        for (unsigned c = 0; c < 256; c++) {
            char text[20];
            memset(text, '~', sizeof(text));
            text[len] = (char)c;
            bool is_plain = c >= ' ' && c <= '~';
            assert_int_equal(utf8_plain(slice_of(text, len + 1), 0), is_plain ? len + 1 : len);
            assert_int_equal(utf8_plain(slice_of(text, len), len), 0);
        }
}

static void counts_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_char(SLICE("a"), 0), 1);
    assert_int_equal(utf8_char(SLICE("a"), 1), 0);
    assert_int_equal(utf8_char(SLICE("\xe2\x82\xac!"), 0), 3);
    assert_int_equal(utf8_char(SLICE("\xe2\x82\xac!"), 3), 1);
    assert_int_equal(utf8_char(SLICE("\xf0\x9f\x98\x80"), 0), 4);
}

static void makes_text_harmless(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, &heap, 100);
    utf8_add_harmless(&b, SLICE("a\033[m\r\n\0 gr\xc3\xbc\xc3 \xe2\x80\xae \xff z"));
    assert_slice(buf_slice(&b), "a?[m??? gr\xc3\xbc? ? ? z");
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_valid_from_invalid),
        cmocka_unit_test(counts_plain_bytes),
        cmocka_unit_test(counts_bytes),
        cmocka_unit_test(makes_text_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
