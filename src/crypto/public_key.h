/* Public keys as DKIM publishes them, and whether they signed a digest. */
#ifndef CANDOR_CRYPTO_PUBLIC_KEY_H
#define CANDOR_CRYPTO_PUBLIC_KEY_H

#include "crypto/key.h"

/* `bytes` as key_write_public writes them; RSA keys below KEY_RSA_BITS_LEAST, or beyond
 * KEY_RSA_BITS_MOST, sign nothing (RFC 8301 3.2). */
bool public_key_signed(enum key_type type, struct slice bytes, const char digest[SHA256_SIZE],
                       struct slice signature);

#endif
