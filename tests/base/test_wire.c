#include "base/wire.h"

#include "check.h"
#include "system/heap.h"

static void reads_back_what_was_written(void **state)
{
    (void)state;
    static const uint64_t numbers[] = {0,         1, 127, 128, 300, UINT32_MAX, (uint64_t)1 << 63,
                                       UINT64_MAX};
    struct buf b;
    buf_init(&b, &heap, 1024);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        wire_add_u64(&b, numbers[i]);
    wire_add_slice(&b, SLICE(""));
    wire_add_slice(&b, SLICE("a\0b"));
    struct wire w = {.rest = buf_slice(&b)};
    for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
        assert_true(wire_u64(&w, UINT64_MAX) == numbers[i]);
    assert_slice(wire_slice(&w, 10), "");
    assert_true(slice_eq(wire_slice(&w, 10), SLICE("a\0b")));
    assert_true(wire_is_done(&w));
    buf_free(&b);
}

static void refuses_bad_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct slice in;
        uint64_t most;
    } cases[] = {
        {"empty", SLICE_INIT(""), UINT64_MAX},
        {"cut off", SLICE_INIT("\xff\xff"), UINT64_MAX},
        {"65 bits", SLICE_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), UINT64_MAX},
        {"never ends", SLICE_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), UINT64_MAX},
        {"above the limit", SLICE_INIT("\x05"), 4},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct wire w = {.rest = cases[i].in};
        assert_true(wire_u64(&w, cases[i].most) == 0);
        if (!w.bad)
            fail_msg("%s was taken", cases[i].name);
        assert_false(wire_is_done(&w));
    }
}

static void errors_stick(void **state)
{
    (void)state;
    struct wire w = {.rest = SLICE("\x09"
                                   "abc")};
    assert_slice(wire_slice(&w, 100), "");
    assert_true(w.bad);
    assert_true(wire_u64(&w, 100) == 0);
    struct wire longer = {.rest = SLICE("\x03"
                                        "abc")};
    wire_slice(&longer, 2);
    assert_true(longer.bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_back_what_was_written),
        cmocka_unit_test(refuses_bad_numbers),
        cmocka_unit_test(errors_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
