/* HMAC (RFC 2104) and PBKDF2 (RFC 8018 5.2) over SHA-256. */
#ifndef CANDOR_CRYPTO_HMAC_H
#define CANDOR_CRYPTO_HMAC_H

#include "crypto/sha256.h"

/* False without memory. */
MUST_CHECK bool hmac_sha256(struct slice key, struct slice text, char mac_r[SHA256_SIZE]);
/* Slow on purpose: as slow as `iterations`. */
MUST_CHECK bool pbkdf2_sha256(struct slice password, struct slice salt, uint32_t iterations,
                              char key_r[SHA256_SIZE]);
/* In a time that does not tell where they differ. */
bool hmac_is_same(const char a[SHA256_SIZE], const char b[SHA256_SIZE]);

#endif
