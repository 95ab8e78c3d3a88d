#include "deliver/sts_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"

#define POLICY "version: STSv1\nmode: enforce\nmx: mx.example.org\nmax_age: 86400\n"

static const int64_t now = INT64_C(1600000000000), day = INT64_C(86400000);
static char top[] = "/tmp/test-sts-XXXXXX";
static char folder[100];

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(top) && snprintf(folder, sizeof(folder), "%s/mta-sts", top) > 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"/mta-sts/example.org", "/mta-sts/damaged.test", "/mta-sts",
                                        ""};
    char path[200];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", top, names[i]);
        if (remove(path) != 0)
            return -1;
    }
    return 0;
}

static void keeps_what_was_promised_until_it_is_over(void **state)
{
    struct sts_stored s;
    (void)state;
    assert_false(sts_store_read(folder, SLICE("example.org"), now, &s));
    assert_int_equal(
        sts_store_write(folder, SLICE("Example.org"), SLICE("id1"), now, SLICE(POLICY)), 0);
    assert_true(sts_store_read(folder, SLICE("example.ORG"), now + day, &s));
    assert_string_equal(s.id, "id1");
    assert_int_equal(s.fetched_at, now);
    assert_true(sts_policy_names(&s.policy, SLICE("mx.example.org")));
    sts_store_let_go(&s);
    assert_false(sts_store_read(folder, SLICE("example.org"), now + day + 1, &s));
    assert_int_equal(
        sts_store_write(folder, SLICE("example.org"), SLICE("id2"), now + 2 * day, SLICE(POLICY)),
        0);
    assert_true(sts_store_read(folder, SLICE("example.org"), now + 2 * day, &s));
    assert_string_equal(s.id, "id2");
    sts_store_let_go(&s);
}

static void a_name_leads_nowhere_else(void **state)
{
    static const char *const names[] = {"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden"};
    struct sts_stored s;
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        assert_int_not_equal(
            sts_store_write(folder, slice_str(names[i]), SLICE("id"), now, SLICE(POLICY)), 0);
        assert_false(sts_store_read(folder, slice_str(names[i]), now, &s));
    }
}

static void damage_is_nothing(void **state)
{
    static const char *const texts[] = {"",
                                        "id1\n" POLICY,
                                        "id1 x\n" POLICY,
                                        "id1 99999999999999999\n" POLICY,
                                        "a-very-long-id-that-no-record-can-ever-have 1\n" POLICY,
                                        "id1 1600000000\n"};
    char path[200];
    struct sts_stored s;
    (void)state;
    (void)snprintf(path, sizeof(path), "%s/damaged.test", folder);
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        FILE *f = fopen(path, "w");
        assert_non_null(f);
        fputs(texts[i], f);
        fclose(f);
        assert_false(sts_store_read(folder, SLICE("damaged.test"), now, &s));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_promised_until_it_is_over),
        cmocka_unit_test(a_name_leads_nowhere_else),
        cmocka_unit_test(damage_is_nothing),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
