#include "base/verifier.h"

#include "check.h"

#define GOOD                                                                                       \
    "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="     \
    ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="

static void reads_what_it_writes(void **state)
{
    struct verifier v;
    char storage[512];
    struct buf out;
    (void)state;
    assert_true(verifier_read(SLICE(GOOD), &v));
    assert_int_equal(v.iterations, 4096);
    assert_int_equal(v.salt_len, 16);
    buf_init_fixed(&out, storage, sizeof(storage));
    verifier_write(&out, &v);
    assert_slice(buf_slice(&out), GOOD);
}

static void takes_nothing_else(void **state)
{
    static const char *const wrong[] = {
        "",
        "SCRAM-SHA-1$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPL",
        "SCRAM-SHA-256$",
        "SCRAM-SHA-256$4096",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==",
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d:wfPL", /* keys too short */
        "SCRAM-SHA-256$4096:$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$100:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        "SCRAM-SHA-256$99999999:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
        GOOD "AAAA",
        GOOD ":",
    };
    struct verifier v;
    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        if (verifier_read(slice_str(wrong[i]), &v))
            fail_msg("case %zu: %s", i, wrong[i]);
    assert_true(verifier_is_meant(SLICE("SCRAM-SHA-256$nonsense")));
    assert_false(verifier_is_meant(SLICE("1000:100::/home/alice")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_writes),
        cmocka_unit_test(takes_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
