#include "crypto/hmac.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

bool hmac_sha256(struct slice key, struct slice text, char mac_r[SHA256_SIZE])
{
    unsigned len = 0;
    return key.len <= INT_MAX &&
           HMAC(EVP_sha256(), key.at, (int)key.len, (const unsigned char *)text.at, text.len,
                (unsigned char *)mac_r, &len) &&
           len == SHA256_SIZE;
}

bool pbkdf2_sha256(struct slice password, struct slice salt, uint32_t iterations,
                   char key_r[SHA256_SIZE])
{
    return password.len <= INT_MAX && salt.len <= INT_MAX && iterations <= INT_MAX &&
           PKCS5_PBKDF2_HMAC(password.at, (int)password.len, (const unsigned char *)salt.at,
                             (int)salt.len, (int)iterations, EVP_sha256(), SHA256_SIZE,
                             (unsigned char *)key_r) == 1;
}

bool hmac_is_same(const char a[SHA256_SIZE], const char b[SHA256_SIZE])
{
    return CRYPTO_memcmp(a, b, SHA256_SIZE) == 0;
}
