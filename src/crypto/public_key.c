#include "crypto/public_key.h"

#include <limits.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

static EVP_PKEY *read_key(enum key_type type, struct slice bytes)
{
    const unsigned char *at = (const unsigned char *)bytes.at;
    if (type == KEY_ED25519)
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, at, bytes.len);
    return bytes.len <= LONG_MAX ? d2i_PUBKEY(NULL, &at, (long)bytes.len) : NULL;
}

static bool rsa_signed(EVP_PKEY *pkey, const char *digest, struct slice signature)
{
    int bits = EVP_PKEY_get_bits(pkey);
    if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA || bits < KEY_RSA_BITS_LEAST ||
        bits > KEY_RSA_BITS_MOST)
        return false;
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    bool good = ctx && EVP_PKEY_verify_init(ctx) == 1 &&
                EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
                EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
                EVP_PKEY_verify(ctx, (const unsigned char *)signature.at, signature.len,
                                (const unsigned char *)digest, SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(ctx);
    return good;
}

static bool ed25519_signed(EVP_PKEY *pkey, const char *digest, struct slice signature)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestVerify(ctx, (const unsigned char *)signature.at, signature.len,
                                 (const unsigned char *)digest, SHA256_SIZE) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool public_key_signed(enum key_type type, struct slice bytes, const char digest[SHA256_SIZE],
                       struct slice signature)
{
    EVP_PKEY *pkey = read_key(type, bytes);
    bool good = pkey && (type == KEY_ED25519 ? ed25519_signed(pkey, digest, signature)
                                             : rsa_signed(pkey, digest, signature));
    EVP_PKEY_free(pkey);
    ERR_clear_error();
    return good;
}
