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
    static const char *const names[] = {"/mta-sts/example.org", "/mta-sts", ""};
    char path[200];
    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
        (void)snprintf(path, sizeof(path), "%s%s", top, names[i]);
        if (remove(path) != 0)
            return -1;
    }
    return 0;
}

static bool read_sound(struct slice domain, int64_t when, struct sts_stored *s_r)
{
    const char *damage;
    bool found = sts_store_read(folder, domain, when, s_r, &damage);
    if (damage)
        fail_msg("%.*s: %s", SLICE_ARG(domain), damage);
    return found;
}

static void keeps_what_was_promised_until_it_is_over(void **state)
{
    struct sts_stored s;
    (void)state;
    assert_false(read_sound(SLICE("example.org"), now, &s));
    assert_int_equal(
        sts_store_write(folder, SLICE("Example.org"), SLICE("id1"), now, SLICE(POLICY)), 0);
    assert_true(read_sound(SLICE("example.ORG"), now + day, &s));
    assert_string_equal(s.id, "id1");
    assert_int_equal(s.fetched_at, now);
    assert_true(sts_policy_names(&s.policy, SLICE("mx.example.org")));
    sts_store_let_go(&s);
    assert_false(read_sound(SLICE("example.org"), now + day + 1, &s));
    assert_int_equal(
        sts_store_write(folder, SLICE("example.org"), SLICE("id2"), now + 2 * day, SLICE(POLICY)),
        0);
    assert_true(read_sound(SLICE("example.org"), now + 2 * day, &s));
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
        assert_false(read_sound(slice_str(names[i]), now, &s));
    }
}

static void write_file(const char *text, size_t len)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "%s/damaged.test", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, len, f), len);
    fclose(f);
}

static void need_damage(const char *what)
{
    const char *damage = NULL;
    struct sts_stored s;
    if (sts_store_read(folder, SLICE("damaged.test"), now, &s, &damage) || !damage)
        fail_msg("%s: taken, or not called damage", what);
}

static void damage_is_told_of(void **state)
{
    static const char *const texts[] = {"",
                                        "id1\n" POLICY,
                                        "id1 x\n" POLICY,
                                        "id1 1600000000\n" POLICY,
                                        "id1 99999999999999999 1\n" POLICY,
                                        "a-very-long-id-that-no-record-can-ever-have 1 1\n" POLICY,
                                        "id1 1600000000 12345\n" POLICY,
                                        "\0\0\0\0",
                                        "id1 1600000000 1\n"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        write_file(texts[i], strlen(texts[i]));
        need_damage(texts[i]);
    }
    write_file("\0\0\0\0\0\0\0\0", 8); /* a file that got its length, and not its bytes */
    need_damage("zeros");
}

/* A policy that lost a line is one as well: only its checksum tells. */
static void a_half_written_policy_is_none(void **state)
{
    char path[200], text[1000];
    (void)state;
    assert_int_equal(
        sts_store_write(folder, SLICE("damaged.test"), SLICE("id1"), now, SLICE(POLICY)), 0);
    (void)snprintf(path, sizeof(path), "%s/damaged.test", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    size_t len = fread(text, 1, sizeof(text), f);
    fclose(f);
    assert_in_range(len, 80, sizeof(text) - 1);
    for (size_t cut = 0; cut < len; cut++) {
        write_file(text, cut);
        need_damage("cut");
    }
    for (size_t i = 0; i < len; i++) {
        text[i] ^= 1;
        write_file(text, len);
        need_damage("flipped");
        text[i] ^= 1;
    }
    struct sts_stored s;
    write_file(text, len);
    assert_true(read_sound(SLICE("damaged.test"), now, &s));
    sts_store_let_go(&s);
    sts_store_remove(folder, SLICE("damaged.test"));
    assert_false(read_sound(SLICE("damaged.test"), now, &s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_what_was_promised_until_it_is_over),
        cmocka_unit_test(a_name_leads_nowhere_else),
        cmocka_unit_test(damage_is_told_of),
        cmocka_unit_test(a_half_written_policy_is_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
