#include "crypto/hmac.h"

#include "check.h"

static void assert_hex(const char bytes[SHA256_SIZE], const char *expected)
{
    char text[2 * SHA256_SIZE + 1];
    for (size_t i = 0; i < SHA256_SIZE; i++)
        snprintf(text + 2 * i, 3, "%02x", (unsigned)(unsigned char)bytes[i]);
    assert_string_equal(text, expected);
}

/* RFC 4231 4.3 and 4.7 (a key longer than a block). */
static void hmac_of_the_rfc(void **state)
{
    char mac[SHA256_SIZE], key[131];
    (void)state;
    assert_true(hmac_sha256(SLICE("Jefe"), SLICE("what do ya want for nothing?"), mac));
    assert_hex(mac, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof(key));
    assert_true(hmac_sha256(slice_of(key, sizeof(key)),
                            SLICE("Test Using Larger Than Block-Size Key - Hash Key First"), mac));
    assert_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* RFC 7914 11, its first half. */
static void pbkdf2_of_the_rfc(void **state)
{
    char key[SHA256_SIZE];
    (void)state;
    assert_true(pbkdf2_sha256(SLICE("passwd"), SLICE("salt"), 1, key));
    assert_hex(key, "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
}

static void sameness(void **state)
{
    char a[SHA256_SIZE] = {1}, b[SHA256_SIZE] = {1};
    (void)state;
    assert_true(hmac_is_same(a, b));
    b[SHA256_SIZE - 1] = 1;
    assert_false(hmac_is_same(a, b));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_of_the_rfc),
        cmocka_unit_test(pbkdf2_of_the_rfc),
        cmocka_unit_test(sameness),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
