#include "crypto/sha256.h"

#include "check.h"

/* FIPS 180-4's example. */
static const unsigned char of_abc[SHA256_SIZE] = {
    0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23,
    0xb0, 0x03, 0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff, 0x61, 0xf2, 0x00, 0x15, 0xad};

static void digests_in_pieces(void **state)
{
    char digest[SHA256_SIZE];
    struct sha256 h;
    (void)state;
    sha256_begin(&h);
    sha256_add(&h, SLICE("a"));
    sha256_add(&h, SLICE(""));
    sha256_add(&h, SLICE("bc"));
    assert_true(sha256_end(&h, digest));
    assert_memory_equal(digest, of_abc, sizeof(digest));
    sha256_drop(&h);
}

static void a_digest_without_state_fails(void **state)
{
    char digest[SHA256_SIZE];
    struct sha256 h = {NULL};
    (void)state;
    sha256_add(&h, SLICE("abc"));
    assert_false(sha256_end(&h, digest));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_in_pieces),
        cmocka_unit_test(a_digest_without_state_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
