#include "base/utf16.h"

#include "check.h"

static const struct {
    struct slice in;
    const char *out;
    bool is_whole;
} samples[] = {
    {SLICE_INIT("\xff\xfe"), "", true},
    {SLICE_INIT("\xff\xfe"
                "5\0"
                "5\0"
                "0\0"),
     "550", true},
    {SLICE_INIT("\xfe\xff"
                "\0"
                "5\0"
                "5\x65\xe5"),
     "55\xe6\x97\xa5", true},
    {SLICE_INIT("\xff\xfe"
                "\xe9\0"
                "\xff\xfe"),
     "\xc3\xa9\xef\xbb\xbf", true},
    {SLICE_INIT("\xfe\xff\xd8\x3d\xde\x00"), "\xf0\x9f\x98\x80", true},
    {SLICE_INIT("\xfe\xff\xde\x00\xd8\x3d\xd8\x3d\0x"), "??x",
     true}, /* the second one is open, then left alone */
    {SLICE_INIT("\xfe\xff\xd8\x3d"), "", false},
    {SLICE_INIT("\xff\xfe"
                "5\0"
                "5"),
     "5", false},
};

static void becomes_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
        char storage[64];
        struct buf out;
        struct utf16 t;
        buf_init_fixed(&out, storage, sizeof(storage));
        assert_true(utf16_begins(samples[i].in, &t));
        utf16_add(&out, t, samples[i].in);
        assert_slice(buf_slice(&out), samples[i].out);
    }
}

/* However it is cut, and however little room there is, the same comes out. */
static void comes_in_pieces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++)
        for (size_t step = 1; step < 5; step++) {
            char storage[64], piece[4];
            struct buf out;
            struct utf16 t;
            buf_init_fixed(&out, storage, sizeof(storage));
            assert_true(utf16_begins(samples[i].in, &t));
            for (struct slice rest = samples[i].in; rest.len;) {
                struct slice some = slice_head(rest, step);
                size_t before = some.len, used = utf16_run(&t, &some, piece, sizeof(piece));
                buf_add(&out, slice_of(piece, used));
                rest = slice_from(rest, before - some.len);
            }
            assert_slice(buf_slice(&out), samples[i].out);
            assert_int_equal(utf16_is_whole(&t), samples[i].is_whole);
        }
}

static void other_texts_are_none(void **state)
{
    struct utf16 t;
    (void)state;
    assert_false(utf16_begins(SLICE(""), &t));
    assert_false(utf16_begins(SLICE("\xff"), &t));
    assert_false(utf16_begins(SLICE("\xef\xbb\xbf"
                                    "550"),
                              &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(becomes_utf8),
        cmocka_unit_test(comes_in_pieces),
        cmocka_unit_test(other_texts_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
