#include "mail/date.h"

#include <time.h>

#include "check.h"
#include "system/heap.h"

static const struct {
    int64_t ms;
    int zone;
    const char *mail, *log;
} dates[] = {
    {0, 0, "Thu, 1 Jan 1970 00:00:00 +0000", "1970-01-01T00:00:00.000Z"},
    {INT64_C(1795461300123), 60, "Mon, 23 Nov 2026 20:15:00 +0100",
     "2026-11-23T20:15:00.123+01:00"},
    {INT64_C(1709164800000), -330, "Wed, 28 Feb 2024 18:30:00 -0530",
     "2024-02-28T18:30:00.000-05:30"},
    {INT64_C(1709251199999), 0, "Thu, 29 Feb 2024 23:59:59 +0000", "2024-02-29T23:59:59.999Z"},
    {-1, 0, "Wed, 31 Dec 1969 23:59:59 +0000", "1969-12-31T23:59:59.999Z"},
    {INT64_C(-2208988800000), 0, "Mon, 1 Jan 1900 00:00:00 +0000", "1900-01-01T00:00:00.000Z"},
    {INT64_C(4102444800000), 0, "Fri, 1 Jan 2100 00:00:00 +0000", "2100-01-01T00:00:00.000Z"},
};

static void writes_both_forms(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, &heap, 200);
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        buf_clear(&b);
        date_write_5322(&b, dates[i].ms, dates[i].zone);
        assert_slice(buf_slice(&b), dates[i].mail);
        buf_clear(&b);
        date_write_3339(&b, dates[i].ms, dates[i].zone);
        assert_slice(buf_slice(&b), dates[i].log);
    }
    buf_clear(&b);
    date_write_5322(&b, INT64_MAX, 1 << 30);
    date_write_3339(&b, INT64_MIN, -(1 << 30));
    assert_false(b.failed);
    buf_free(&b);
}

/* The C library is the judge over 400 years, a whole cycle of leap years. */
static void agrees_with_the_c_library(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, &heap, 200);
    for (int64_t day = -150 * 365; day < 250 * 365; day += 7) {
        char want[80];
        time_t t = day * 86400 + day % 86400;
        struct tm tm;
        assert_non_null(gmtime_r(&t, &tm));
        char weekday[8], rest[48];
        strftime(weekday, sizeof(weekday), "%a", &tm);
        strftime(rest, sizeof(rest), "%b %Y %H:%M:%S +0000", &tm);
        snprintf(want, sizeof(want), "%s, %d %s", weekday, tm.tm_mday, rest);
        buf_clear(&b);
        date_write_5322(&b, (int64_t)t * 1000, 0);
        assert_slice(buf_slice(&b), want);
        int64_t back;
        struct err err;
        assert_true(date_parse(buf_slice(&b), &back, NULL, &err));
        assert_true(back == (int64_t)t * 1000);
    }
    buf_free(&b);
}

static void reads_what_mail_holds(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        int64_t seconds;
        int zone;
    } cases[] = {
        {"Mon, 23 Nov 2026 20:15:00 +0100", 1795461300, 60},
        {" 23 nov 2026 20:15 +0100 ", 1795461300, 60},
        {"Mon, 23 Nov 2026 19:15:00 GMT", 1795461300, 0},
        {"Mon, 23 Nov 26 14:15:00 EST", 1795461300, -300},
        {"Mon,\r\n 23 Nov 2026 (a (nested \\) one)) 20:15:00 +0100 (CET)", 1795461300, 60},
        {"Thu, 01 Jan 70 00:00:00 Z", 0, 0},
        {"1 Jan 100 00:00:00 -0000", 946684800, 0},
        {"Sat, 31 Dec 2016 23:59:60 +0000", 1483228800, 0},
        {"29 Feb 2024 00:00:00 +0000", 1709164800, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t ms = -1;
        int zone = -1;
        struct err err = {0};
        if (!date_parse(slice_str(cases[i].in), &ms, &zone, &err))
            fail_msg("%s: %s at %zu", cases[i].in, err.what, err.at);
        assert_true(ms == cases[i].seconds * 1000);
        assert_int_equal(zone, cases[i].zone);
    }
}

static void refuses_what_is_no_date(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "Monday, 23 Nov 2026 20:15:00 +0100",
        "Mon 23 Nov 2026 20:15:00 +0100",
        "32 Nov 2026 20:15:00 +0100",
        "31 Nov 2026 20:15:00 +0100",
        "0 Nov 2026 20:15:00 +0100",
        "29 Feb 2026 00:00:00 +0000",
        "23 Nov 2 20:15:00 +0100",
        "23 Nov 20260 20:15:00 +0100",
        "1 Jan 0000 00:00:00 +0000",
        "23 Nov 2026 24:15:00 +0100",
        "23 Nov 2026 20:60:00 +0100",
        "23 Nov 2026 20:15:61 +0100",
        "23 Nov 2026 20:15:00",
        "23 Nov 2026 20:15:00 +01",
        "23 Nov 2026 20:15:00 +0160",
        "23 Nov 2026 20:15:00 +0100 x",
        "23 Nov 99999999999999999999 20:15:00 +0100",
        "23 Nov 2026 20:15:00 (never closed +0100",
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        int64_t ms;
        struct err err = {0};
        if (date_parse(slice_str(cases[i]), &ms, NULL, &err))
            fail_msg("%s was taken", cases[i]);
        assert_non_null(err.what);
    }
}

static void reads_what_it_writes_as_3339(void **state)
{
    (void)state;
    int64_t ms;
    for (size_t i = 0; i < sizeof(dates) / sizeof(*dates); i++) {
        assert_true(date_parse_3339(slice_str(dates[i].log), &ms));
        assert_int_equal(ms, dates[i].ms);
    }
    assert_true(date_parse_3339(SLICE("1970-01-01t00:00:01z"), &ms));
    assert_int_equal(ms, 1000);
    assert_true(date_parse_3339(SLICE("1970-01-01T00:00:00.98765-00:00"), &ms));
    assert_int_equal(ms, 987);
    static const char *const wrong[] = {"",
                                        "1970-01-01",
                                        "1970-01-01T00:00:00",
                                        "1970-01-01 00:00:00Z",
                                        "1970-13-01T00:00:00Z",
                                        "1970-02-29T00:00:00Z",
                                        "1970-01-01T24:00:00Z",
                                        "1970-01-01T00:60:00Z",
                                        "1970-01-01T00:00:00.Z",
                                        "1970-01-01T00:00:00+24:00",
                                        "1970-01-01T00:00:00+0100",
                                        "1970-01-01T00:00:00Zx",
                                        "70-01-01T00:00:00Z",
                                        "0000-01-01T00:00:00Z"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        if (date_parse_3339(slice_str(wrong[i]), &ms))
            fail_msg("%s was taken", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_both_forms),         cmocka_unit_test(reads_what_it_writes_as_3339),
        cmocka_unit_test(agrees_with_the_c_library), cmocka_unit_test(reads_what_mail_holds),
        cmocka_unit_test(refuses_what_is_no_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
