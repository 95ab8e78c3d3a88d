/* SHA-256 (FIPS 180-4), in pieces. */
#ifndef CANDOR_CRYPTO_SHA256_H
#define CANDOR_CRYPTO_SHA256_H

#include "base/slice.h"

enum { SHA256_SIZE = 32 };

struct sha256 {
    void *state; /* the library's; NULL: it failed, and the end will say so */
};

void sha256_begin(struct sha256 *h);
void sha256_add(struct sha256 *h, struct slice bytes);
/* False when memory ended on the way. Ends the digest either way. */
MUST_CHECK bool sha256_end(struct sha256 *h, char digest_r[SHA256_SIZE]);
/* Without a result; also after the end. */
void sha256_drop(struct sha256 *h);

#endif
