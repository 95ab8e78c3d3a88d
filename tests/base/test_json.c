#include "base/json.h"

#include "base/utf8.h"
#include "check.h"

static void writes_what_it_is_told(void **state)
{
    (void)state;
    char storage[400];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    struct json j = json_to(&out);
    json_put_object(&j, NULL);
    json_put_string(&j, "a", SLICE("x\"\\\n\t\x01\x7f/"));
    json_put_array(&j, "list");
    json_put_number(&j, NULL, -5);
    json_put_object(&j, NULL);
    json_end_object(&j);
    json_put_array(&j, NULL);
    json_end_array(&j);
    json_put_null(&j, NULL);
    json_end_array(&j);
    json_put_known(&j, "nothing", SLICE(""));
    json_put_bool(&j, "b", true);
    json_put_fraction(&j, "c", 0.9);
    json_end_object(&j);
    assert_slice(buf_slice(&out),
                 "{\"a\":\"x\\\"\\\\\\n\\t\\u0001\\u007f/\",\"list\":[-5,{},[],null],\"b\":true,"
                 "\"c\":0.90}");
}

static void knows_which_bytes_are_characters(void **state)
{
    (void)state;
    static const struct {
        const char *name, *bytes;
        size_t len, printable;
    } cases[] = {
        {"a letter", "a", 1, 1},
        {"a control character", "\x1b", 1, 0},
        {"DEL", "\x7f", 1, 0},
        {"two bytes", "\xc3\xa4", 2, 2},
        {"a C1 control", "\xc2\x9b", 2, 0},
        {"three bytes", "\xe2\x82\xac", 3, 3},
        {"turns the text", "\xe2\x80\xae", 3, 0},
        {"four bytes", "\xf0\x9f\x98\x80", 4, 4},
        {"a lone continuation", "\x80", 0, 0},
        {"cut off", "\xe2\x82", 0, 0},
        {"overlong slash", "\xc0\xaf", 0, 0},
        {"overlong, three bytes", "\xe0\x80\xaf", 0, 0},
        {"a surrogate", "\xed\xa0\x80", 0, 0},
        {"past the last", "\xf4\x90\x80\x80", 0, 0},
        {"no lead byte", "\xff", 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice s = slice_str(cases[i].bytes);
        if (utf8_char(s, 0) != cases[i].len || utf8_printable(s, 0) != cases[i].printable)
            fail_msg("%s", cases[i].name);
    }
}

static void replaces_what_is_not_utf8(void **state)
{
    (void)state;
    char storage[64];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    struct json j = json_to(&out);
    json_put_string(&j, NULL, SLICE("\xff\xc3\xa4\xc3"));
    json_put_harmless(&j, NULL, SLICE("a\x1b\xff\"\\\xc3\xa4\n"));
    json_put_harmless(&j, NULL, SLICE(""));
    assert_slice(buf_slice(&out), "\"\xef\xbf\xbd\xc3\xa4\xef\xbf\xbd\",\"a??\\\"\\\\\xc3\xa4?\"");
}

/* Each byte at each place of the eight that are looked at together. */
static void escapes_wherever_it_stands(void **state)
{
    (void)state;
    for (unsigned c = 0; c < 256; c++)
        for (size_t at = 0; at < 9; at++) {
            char storage[64], text[] = "abcdefghi", want[64];
            struct buf out, expected;
            text[at] = (char)c;
            buf_init_fixed(&out, storage, sizeof(storage));
            buf_init_fixed(&expected, want, sizeof(want));
            struct json j = json_to(&out);
            json_put_string(&j, NULL, slice_of(text, 9));
            buf_add_char(&expected, '"');
            buf_add(&expected, slice_of(text, at));
            const char *brief = strchr("\"\"\\\\\bb\tt\nn\ff\rr", (int)c);
            if (c > 0x7f)
                buf_add_str(&expected, "\xef\xbf\xbd");
            else if (c == '"' || c == '\\')
                buf_addf(&expected, "\\%c", c);
            else if (brief && c && c < ' ')
                buf_addf(&expected, "\\%c", brief[1]);
            else if (c < ' ' || c == 0x7f)
                buf_addf(&expected, "\\u%04x", c);
            else
                buf_add_char(&expected, (char)c);
            buf_add(&expected, slice_of(text + at + 1, 8 - at));
            buf_add_char(&expected, '"');
            assert_true(slice_eq(buf_slice(&out), buf_slice(&expected)));
        }
}

static void writes_numbers(void **state)
{
    (void)state;
    char storage[128];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    struct json j = json_to(&out);
    json_put_number(&j, NULL, INT64_MIN);
    json_put_number(&j, NULL, INT64_MAX);
    json_put_fraction(&j, NULL, 0);
    json_put_fraction(&j, NULL, 1);
    json_put_fraction(&j, NULL, (double)0.97F);
    json_put_fraction(&j, NULL, 0.054);
    json_put_fraction(&j, NULL, -12.5);
    assert_slice(buf_slice(&out), "-9223372036854775808,9223372036854775807,"
                                  "0.00,1.00,0.97,0.05,-12.50");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_it_is_told),
        cmocka_unit_test(knows_which_bytes_are_characters),
        cmocka_unit_test(replaces_what_is_not_utf8),
        cmocka_unit_test(escapes_wherever_it_stands),
        cmocka_unit_test(writes_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
