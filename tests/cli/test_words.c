#include "cli/words.h"

#include <stdlib.h>
#include <time.h>

#include "check.h"

static struct buf out;
static char storage[500];

static int set_up(void **state)
{
    (void)state;
    buf_init_fixed(&out, storage, sizeof(storage));
    return setenv("TZ", "UTC", 1);
}

static void says_how_long(void **state)
{
    (void)state;
    static const struct {
        int64_t ms;
        const char *want;
    } cases[] = {
        {0, "0 s"},       {59999, "59 s"},          {60000, "1 min"},           {3599999, "59 min"},
        {3600000, "1 h"}, {47 * 3600000LL, "47 h"}, {48 * 3600000LL, "2 days"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&out);
        words_duration(&out, cases[i].ms);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void says_when_seen_from_now(void **state)
{
    (void)state;
    int64_t now;
    assert_true(words_parse_time(SLICE("2026-11-23T20:10:00.500Z"), &now));
    assert_int_equal(now, 1795464600500);
    static const struct {
        const char *time, *want;
    } cases[] = {
        {"2026-11-23T20:10:00.000Z", "now"},
        {"2026-11-23T20:14:30.500Z", "in 4 min, at 20:14"},
        {"2026-11-23T19:10:00.500Z", "1 h ago, at 19:10"},
        {"2026-11-24T01:00:00Z", "in 4 h, at Tue 01:00"},
        {"2026-11-30T20:10:00.500Z", "in 7 days, at Mon 30 Nov 20:10"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t time;
        buf_clear(&out);
        assert_true(words_parse_time(slice_str(cases[i].time), &time));
        words_when(&out, time, now);
        assert_slice(buf_slice(&out), cases[i].want);
    }
    assert_false(words_parse_time(SLICE("yesterday"), &now));
    assert_false(words_parse_time(SLICE("2026-11-23T20:10:00.xZ"), &now));
}

static void says_how_large(void **state)
{
    (void)state;
    static const struct {
        uint64_t bytes;
        const char *want;
    } cases[] = {
        {812, "812 bytes"}, {1024, "1.0 KiB"}, {26214400, "25.0 MiB"}, {5ULL << 40, "5120.0 GiB"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&out);
        words_size(&out, cases[i].bytes);
        assert_slice(buf_slice(&out), cases[i].want);
    }
}

static void wraps_and_disarms(void **state)
{
    (void)state;
    words_wrapped(&out, SLICE("one two three\nf\xc3\xa4ur \x1b[31m a-long-word-alone"), 8, 2);
    assert_slice(buf_slice(&out), "one two\n  three\n  f\xc3\xa4ur\n  ?[31m\n  a-long-word-alone");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(says_how_long, set_up),
        cmocka_unit_test_setup(says_when_seen_from_now, set_up),
        cmocka_unit_test_setup(says_how_large, set_up),
        cmocka_unit_test_setup(wraps_and_disarms, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
