#include "deliver/sts_policy.h"

#include "base/buf.h"
#include "check.h"

static void reads_records(void **state)
{
    static const struct {
        const char *text, *id; /* id NULL: none */
    } t[] = {
        {"v=STSv1; id=20160831085700Z;", "20160831085700Z"},
        {"v=STSv1;id=1", "1"},
        {"v=STSv1 ; other=x; id=a1 ;", "a1"},
        {"id=1; v=STSv1;", NULL},
        {"v=STSv2; id=1;", NULL},
        {"v=STSv1;", NULL},
        {"v=STSv1; id=;", NULL},
        {"v=STSv1; id=a-b;", NULL},
        {"v=STSv1; id=123456789012345678901234567890123;", NULL},
        {"v=spf1 -all", NULL},
        {"", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        struct slice id;
        bool good = sts_record_read(slice_str(t[i].text), &id);
        assert_int_equal(good, t[i].id != NULL);
        if (good)
            assert_slice(id, t[i].id);
    }
}

static void reads_policies(void **state)
{
    static const struct {
        const char *text, *wrong; /* NULL: nothing is */
    } t[] = {
        {"version: STSv1\r\nmode: enforce\r\nmx: a.test\r\nmx: *.b.test\r\nmax_age: 86400\r\n",
         NULL},
        {"version:STSv1\nmode:enforce\nmx:a.test\nmx:*.b.test\nmax_age:86400", NULL},
        {"max_age: 86400\nx: y\n\nmode: enforce\nmode: none\nmx: a.test \nmx: *.b.test\n"
         "version: STSv1\nmax_age: 1\n",
         NULL},
        {"mode: enforce\nmx: a.test\nmax_age: 86400\n", "lacks"},
        {"version: STSv1\nmx: a.test\nmax_age: 86400\n", "lacks"},
        {"version: STSv1\nmode: enforce\nmx: a.test\n", "lacks"},
        {"version: STSv2\nmode: enforce\nmx: a.test\nmax_age: 86400\n", "version"},
        {"version: STSv1\nmode: maybe\nmx: a.test\nmax_age: 86400\n", "mode"},
        {"version: STSv1\nmode: enforce\nmax_age: 86400\n", "no mx"},
        {"version: STSv1\nmode: enforce\nmx: a..test\nmax_age: 86400\n", "no host name"},
        {"version: STSv1\nmode: enforce\nmx: a.*.test\nmax_age: 86400\n", "no host name"},
        {"version: STSv1\nmode: enforce\nmx: *.\nmax_age: 86400\n", "no host name"},
        {"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: 31557601\n", "max_age"},
        {"version: STSv1\nmode: enforce\nmx: a.test\nmax_age: -1\n", "max_age"},
        {"<html>", "lacks"},
        {"", "lacks"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++) {
        struct sts_policy p;
        const char *why;
        bool good = sts_policy_read(slice_str(t[i].text), &p, &why);
        assert_int_equal(good, t[i].wrong == NULL);
        if (!good) {
            assert_non_null(strstr(why, t[i].wrong));
            continue;
        }
        assert_int_equal(p.mode, STS_ENFORCE);
        assert_int_equal(p.max_age, 86400);
        assert_int_equal(p.count, 2);
        assert_slice(p.mx[1], "*.b.test");
    }
}

static void a_policy_without_exchangers_may_be_none(void **state)
{
    struct sts_policy p;
    const char *why;
    (void)state;
    assert_true(sts_policy_read(SLICE("version: STSv1\nmode: none\nmax_age: 0\n"), &p, &why));
    assert_int_equal(p.mode, STS_NONE);
}

static void a_star_is_one_label(void **state)
{
    static const struct {
        const char *host;
        bool named;
    } t[] = {
        {"a.test", true},       {"A.Test", true},      {"x.b.test", true},
        {"b.test", false},      {"x.y.b.test", false}, {"xb.test", false},
        {"a.test.evil", false}, {".b.test", false},    {"", false},
    };
    struct sts_policy p;
    const char *why;
    (void)state;
    assert_true(sts_policy_read(SLICE("version: STSv1\nmode: testing\nmx: a.test\nmx: *.b.test\n"
                                      "max_age: 1\n"),
                                &p, &why));
    for (size_t i = 0; i < sizeof(t) / sizeof(*t); i++)
        assert_int_equal(sts_policy_names(&p, slice_str(t[i].host)), t[i].named);
}

static void too_many_exchangers_are_refused(void **state)
{
    char storage[4096];
    struct buf text;
    struct sts_policy p;
    const char *why;
    (void)state;
    buf_init_fixed(&text, storage, sizeof(storage));
    buf_add_str(&text, "version: STSv1\nmode: enforce\nmax_age: 1\n");
    for (int i = 0; i <= STS_MX_MAX; i++)
        buf_add_str(&text, "mx: a.test\n");
    assert_false(sts_policy_read(buf_slice(&text), &p, &why));
    assert_non_null(strstr(why, "too many"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_records),
        cmocka_unit_test(reads_policies),
        cmocka_unit_test(a_policy_without_exchangers_may_be_none),
        cmocka_unit_test(a_star_is_one_label),
        cmocka_unit_test(too_many_exchangers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
