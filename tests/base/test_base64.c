#include "base/base64.h"

#include "check.h"

/* RFC 4648 10. */
static const struct {
    const char *bytes, *text;
} samples[] = {
    {"", ""},
    {"f", "Zg=="},
    {"fo", "Zm8="},
    {"foo", "Zm9v"},
    {"foob", "Zm9vYg=="},
    {"fooba", "Zm9vYmE="},
    {"foobar", "Zm9vYmFy"},
    {"\xff\xfe", "//4="},
};

static void writes_and_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        char storage[64];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        base64_write(&out, slice_str(samples[i].bytes));
        assert_slice(buf_slice(&out), samples[i].text);
        buf_clear(&out);
        assert_true(base64_read(&out, slice_str(samples[i].text)));
        assert_slice(buf_slice(&out), samples[i].bytes);
    }
}

static void refuses_what_is_none(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "=",    "==",       "===",  "====",   "Zg=",  "Zg",   "Zh==", "Zm9=",
        "Z===", "Zg==Zg==", "Zm 9", "Zm9v\n", "Zm-_", "=m9v", "Z=9v"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char storage[64];
        struct buf out;
        buf_init_fixed(&out, storage, sizeof(storage));
        buf_add_str(&out, "kept");
        if (base64_read(&out, slice_str(wrong[i])))
            fail_msg("%s", wrong[i]);
        assert_slice(buf_slice(&out), "kept");
    }
}

static void fails_without_room(void **state)
{
    (void)state;
    char storage[2];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    assert_false(base64_read(&out, SLICE("Zm9v")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_and_reads),
        cmocka_unit_test(refuses_what_is_none),
        cmocka_unit_test(fails_without_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
