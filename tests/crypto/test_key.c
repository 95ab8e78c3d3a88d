#include "crypto/key.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "check.h"
#include "system/heap.h"

static const char digest[SHA256_SIZE] = "a digest of thirty-two bytes....";

/* By the library alone, from what was published. */
static bool is_good_rsa(struct slice published, struct slice signature)
{
    const unsigned char *at = (const unsigned char *)published.at;
    EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)published.len);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool good = EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(ctx, (const unsigned char *)signature.at, signature.len,
                                (const unsigned char *)digest, sizeof(digest)) == 1;
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

static bool is_good_ed25519(struct slice published, struct slice signature)
{
    EVP_PKEY *pkey = EVP_PKEY_new_raw_public_key(
        EVP_PKEY_ED25519, NULL, (const unsigned char *)published.at, published.len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.at, signature.len,
                                 (const unsigned char *)digest, sizeof(digest)) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return good;
}

static void what_is_made_signs_after_it_was_written_and_read(void **state)
{
    (void)state;
    for (int type = KEY_RSA; type <= KEY_ED25519; type++) {
        struct buf pem, published, signature;
        const char *why;
        buf_init(&pem, &heap, 100000);
        buf_init(&published, &heap, 100000);
        buf_init(&signature, &heap, 100000);
        struct key *made = key_new((enum key_type)type, KEY_RSA_BITS_LEAST);
        assert_non_null(made);
        assert_true(key_write(made, &pem));
        assert_true(key_write_public(made, &published));
        key_free(made);
        struct key *k = key_read(buf_slice(&pem), &why);
        assert_non_null(k);
        assert_int_equal(key_type(k), type);
        assert_true(key_sign(k, digest, &signature));
        assert_true((type == KEY_RSA ? is_good_rsa : is_good_ed25519)(buf_slice(&published),
                                                                      buf_slice(&signature)));
        key_free(k);
        buf_free(&pem);
        buf_free(&published);
        buf_free(&signature);
    }
}

static void says_what_is_wrong_with_a_file(void **state)
{
    static const char *const texts[] = {
        "", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"};
    const char *why;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        assert_null(key_read(slice_str(texts[i]), &why));
        assert_non_null(strstr(why, "no private key"));
    }
}

static void refuses_keys_that_no_verifier_takes(void **state)
{
    struct buf pem;
    const char *why;
    (void)state;
    buf_init(&pem, &heap, 100000);
    struct key *made = key_new(KEY_RSA, 512);
    assert_non_null(made);
    assert_true(key_write(made, &pem));
    key_free(made);
    assert_null(key_read(buf_slice(&pem), &why));
    assert_non_null(strstr(why, "too short"));
    buf_free(&pem);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_made_signs_after_it_was_written_and_read),
        cmocka_unit_test(says_what_is_wrong_with_a_file),
        cmocka_unit_test(refuses_keys_that_no_verifier_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
