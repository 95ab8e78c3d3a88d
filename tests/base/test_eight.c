#include "base/eight.h"

#include "check.h"

/* What the masks say of the first byte that they mean, against a look at each. */
static size_t first_of(uint64_t mask)
{
    return mask ? eight_first(mask) : 8;
}

static void finds_the_first(void **state)
{
    (void)state;
    for (unsigned before = ' '; before < 0x7f; before++)
        for (unsigned c = 0; c < 256; c++)
            for (size_t at = 0; at < 8; at++) {
                char text[8];
                memset(text, (int)before, 8);
                text[at] = (char)c;
                uint64_t word = eight_load(text);
                assert_int_equal(first_of(eight_unprintable(word)), c < ' ' || c > 0x7e ? at : 8);
                bool is_letter = ascii_is_alpha((char)c);
                if (ascii_is_alpha((char)before))
                    assert_int_equal(first_of(eight_no_letters(word)), is_letter ? 8 : at);
                bool is_word = is_letter || c == ' ' || ascii_is_digit((char)c);
                if (ascii_is_alnum((char)before) || before == ' ')
                    assert_int_equal(first_of(eight_no_words(word)), is_word ? 8 : at);
                if (c > 0x7f || before == ':' || before < '!')
                    continue;
                assert_int_equal(first_of(eight_equal(word, ':')), c == ':' ? at : 8);
                assert_int_equal(first_of(eight_under(word, '!')), c < '!' ? at : 8);
            }
}

static void lowers_letters_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned around = 0; around < 256; around++)
        for (unsigned c = 0; c < 256; c++) {
            char text[8], lower[8];
            memset(text, (int)around, 8);
            text[3] = (char)c;
            for (size_t i = 0; i < 8; i++)
                lower[i] = ascii_lower(text[i]);
            assert_true(eight_lower(eight_load(text)) == eight_load(lower));
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(finds_the_first),
                                       cmocka_unit_test(lowers_letters_and_nothing_else)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
