#include "reply/fold.h"

#include "check.h"

static struct folded folded;

/* What is written for people: placeholders as letters, the digits of names as digits. */
static const char *shown(struct slice text)
{
    static char out[2 * FOLD_MAX];
    size_t len = 0;
    fold(text, &folded);
    for (size_t i = 0; i < folded.len; i++) {
        uint8_t c = folded.symbols[i];
        bool is_digit = c >= FOLDED_NAME_ZERO && c < FOLDED_NAME_ZERO + 10;
        out[len++] = c <= FOLDED_HOST ? "?AIUH"[c] : (char)(is_digit ? c + 0x20 : c);
    }
    out[len] = 0;
    return out;
}

static void words_are_brought_into_one_form(void **state)
{
    static const char *const t[][2] = {
        {"", " "},
        {"x", " x "},
        {"Mailbox full", " mailbox full "},
        {"Over-quota, try  again.", " over quota try again "},
        {"a,  b", " a b "},
        {" - closing (now)!", " closing now "},
        {"12345678 9012345  67890123", " 12345678 9012345 67890123 "},
        {"Bo\xc3\xaete pleine, compte ferm\xc3\xa9.", " boite pleine compte ferme "},
        {"verf\xfcgbar", " verfugbar "},
        {"mailbox\xe6\xbb\xa1 x", " mailbox\xe6\xbb\xa1 x "},
        {"see: 5.1.1 later.", " see 5 1 1 later "},
        {"a@b.example is full", " A is full "},
        {"192.0.2.1, refused", " I refused "},
        {"host=mx.example.org, gone", " host HMX.EXAMPLE.ORG gone "},
        {"www. and ldap: are", " UWWW and ULDAP are "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
        assert_string_equal(shown(slice_str(t[i][0])), t[i][1]);
}

/* Blocks of eight must not be seen: the same words come out wherever they begin. */
static void place_does_not_matter(void **state)
{
    static const char sentence[] =
        "Mailbox <a.b@c.example> is full: 5.2.2  over-quota, (retry) later. B\xc3\xbcro ";
    char text[200], first[200] = "";
    (void)state;
    for (size_t before = 0; before < 24; before++) {
        snprintf(text, sizeof(text), "%.*s%s", (int)before, "                        ", sentence);
        const char *out = shown(slice_str(text));
        if (before == 0)
            snprintf(first, sizeof(first), "%s", out);
        assert_string_equal(out, first);
    }
}

static void long_texts_end_in_a_space(void **state)
{
    static char text[3 * FOLD_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof(text); i++)
        text[i] = i % 7 == 6 ? ' ' : 'a';
    for (size_t len = FOLD_MAX - 20; len < FOLD_MAX + 20; len++) {
        fold(slice_of(text, len), &folded);
        assert_true(folded.len <= FOLD_MAX);
        assert_int_equal(folded.symbols[folded.len - 1], ' ');
        assert_int_equal(folded.symbols[folded.len], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_brought_into_one_form),
        cmocka_unit_test(place_does_not_matter),
        cmocka_unit_test(long_texts_end_in_a_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
