#include "mail/charset.h"

#include "check.h"

static const struct sample {
    const char *name;
    struct slice text;
    const char *want;
} samples[] = {
    {"utf-8", SLICE_INIT("gr\xc3\xbc\xff"), "gr\xc3\xbc?"},
    {"", SLICE_INIT("plain"), "plain"},
    {"UTF-16",
     SLICE_INIT("\xff\xfe"
                "a\0\xe4\0\x3d\xd8\x00\xde"),
     "a\xc3\xa4\xf0\x9f\x98\x80"},
    {"utf-16", SLICE_INIT("\xfe\xff\0a\x30\x42\0"), "a\xe3\x81\x82"},
    {"utf-16le", SLICE_INIT("a\0\r\0\n\0"), "a\r\n"},
    {"utf-16be", SLICE_INIT("\xd8\x00\0a"), "?a"},
    {"unicode-1-1-utf-7", SLICE_INIT("a+AOQ-b +- +2D3eAA-!"),
     "a\xc3\xa4"
     "b + \xf0\x9f\x98\x80!"},
    {"ISO-8859-1", SLICE_INIT("\xfc"), "\xc3\xbc"},
    {"iso-8859-15", SLICE_INIT("\xa4"), "\xe2\x82\xac"},
    {"windows-1251", SLICE_INIT("\xcf\xee\xf7\xf2\xe0"),
     "\xd0\x9f\xd0\xbe\xd1\x87\xd1\x82\xd0\xb0"},
    {"Windows-1252", SLICE_INIT("wasn\x92t \x81"), "wasn\xe2\x80\x99t ?"},
    {"koi8-r", SLICE_INIT("\xf0"), "\xd0\x9f"},
    {"iso-2022-jp", SLICE_INIT("a\x1b$B$3$N\x1b(Bb\n\x1b$B$3\nc"),
     "a\xe3\x81\x93\xe3\x81\xae"
     "b\n\xe3\x81\x93\nc"},
    {"Shift_JIS", SLICE_INIT("\x82\xb1\x83\x81\xb1\x82\n"),
     "\xe3\x81\x93\xe3\x83\xa1\xef\xbd\xb1?\n"},
    {"EUC-JP", SLICE_INIT("\xa4\xb3\x8e\xb1\xa4\n"), "\xe3\x81\x93\xef\xbd\xb1?\n"},
    {"gb2312", SLICE_INIT("\xc4\xe3\xba"), "\xe4\xbd\xa0?"},
    {"big5", SLICE_INIT("\xa7\x41"), "\xe4\xbd\xa0"},
    {"euc-kr", SLICE_INIT("\xb0\xa1"), "\xea\xb0\x80"},
    {"x-nobody-knows", SLICE_INIT("a\xfc@b"), "a?@b"},
    {"utf-16", SLICE_INIT("\0"), ""},
};

static void knows_the_sets_of_mail(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        char storage[100];
        struct buf out;
        print_message("# %s %zu\n", samples[i].name, i);
        buf_init_fixed(&out, storage, 3 * samples[i].text.len);
        charset_write(&out, samples[i].text, charset_of(slice_str(samples[i].name)));
        assert_false(out.failed);
        assert_slice(buf_slice(&out), samples[i].want);
    }
}

static void needs_three_bytes_for_one_at_most(void **state)
{
    (void)state;
    static const char *const names[] = {"utf-8",  "utf-16", "utf-7", "iso-2022-jp", "shift_jis",
                                        "euc-jp", "gbk",    "big5",  "euc-kr",      "koi8-r"};
    char text[512], storage[3 * sizeof(text)];
    uint32_t random = 7;
    for (size_t round = 0; round < 2000; round++) {
        struct buf out;
        for (size_t i = 0; i < sizeof(text); i++)
            text[i] = (char)((random = random * 1664525U + 1013904223U) >> 24);
        size_t len = random % sizeof(text);
        buf_init_fixed(&out, storage, 3 * len);
        charset_write(&out, slice_of(text, len), charset_of(slice_str(names[round % 10])));
        assert_false(out.failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_the_sets_of_mail),
        cmocka_unit_test(needs_three_bytes_for_one_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
