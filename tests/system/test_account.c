#include "system/account.h"

#include "check.h"

#define VERIFIER                                                                                   \
    "SCRAM-SHA-256$4096:c2FsdHNhbHQ=$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:"                \
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

static void reads_what_stands_behind_the_name(void **state)
{
    (void)state;
    static const struct {
        const char *line, *hash, *verifier, *expires;
        int64_t day;
        bool is_scram_only;
    } cases[] = {
        {"$y$x", "$y$x", "", "", INT64_MAX, false},
        {"!$y$x:", "!$y$x", "", "", INT64_MAX, false},
        {"x:1000:1000::/home/x:/bin/sh", "x", "", "", INT64_MAX, false},
        {"x:" VERIFIER, "x", VERIFIER, "", INT64_MAX, false},
        {"x:" VERIFIER ":", "x", VERIFIER, "", INT64_MAX, false},
        {"x:" VERIFIER ":scram-only", "x", VERIFIER, "", INT64_MAX, true},
        {"x:" VERIFIER "::note:password-expires=1970-01-02", "x", VERIFIER, "1970-01-02", 1, false},
        {"x:password-expires=2026-12-31:scram-only-not", "x", "", "2026-12-31", 20818, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct account a;
        assert_null(account_read(slice_str(cases[i].line), &a));
        assert_slice(a.hash, cases[i].hash);
        assert_slice(a.verifier, cases[i].verifier);
        assert_slice(a.expires, cases[i].expires);
        assert_int_equal(a.expires_day, cases[i].day);
        assert_int_equal(a.is_scram_only, cases[i].is_scram_only);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *line, *words;
    } cases[] = {
        {"", "no hash"},
        {":" VERIFIER, "no hash"},
        {"x:SCRAM-SHA-256$4096:c2FsdA==", "verifier"},
        {"x:" VERIFIER "x", "verifier"},
        {"x:scram-only", "no verifier"},
        {"x:password-expires=", "no day"},
        {"x:password-expires=2026-02-30", "no day"},
        {"x:" VERIFIER ":password-expires=0", "no day"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct account a;
        const char *wrong = account_read(slice_str(cases[i].line), &a);
        assert_non_null(wrong);
        assert_non_null(strstr(wrong, cases[i].words));
    }
}

static void leaves_a_term_out(void **state)
{
    (void)state;
    char storage[512];
    struct buf out;
    buf_init_fixed(&out, storage, sizeof(storage));
    account_add_without(&out, SLICE("x:" VERIFIER ":password-expires=1:scram-only:y"),
                        SLICE(ACCOUNT_EXPIRES));
    assert_slice(buf_slice(&out), "x:" VERIFIER ":scram-only:y");
    buf_clear(&out);
    account_add_without(&out, SLICE("x"), SLICE("x")); /* the hash is no term */
    assert_slice(buf_slice(&out), "x");
    assert_slice(account_terms(SLICE("x:" VERIFIER ":a:b")), "a:b");
    assert_slice(account_terms(SLICE("x:a:b")), "a:b");
    assert_slice(account_terms(SLICE("x")), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_stands_behind_the_name),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(leaves_a_term_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
