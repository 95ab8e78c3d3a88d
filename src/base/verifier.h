/* What a server keeps of a password for SCRAM-SHA-256 (RFC 5802 3), and how it stands in a line of
 * text (RFC 5803): SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey, the bytes in base64. */
#ifndef CANDOR_BASE_VERIFIER_H
#define CANDOR_BASE_VERIFIER_H

#include "base/buf.h"

enum {
    VERIFIER_KEY = 32,
    VERIFIER_SALT_MAX = 64,
    /* RFC 7677 4 wants at least 4096; the upper end bounds what clients are made to do. */
    VERIFIER_ITERATIONS_LEAST = 4096,
    VERIFIER_ITERATIONS_MOST = 10000000
};

struct verifier {
    uint32_t iterations;
    size_t salt_len;
    char salt[VERIFIER_SALT_MAX];
    char stored_key[VERIFIER_KEY];
    char server_key[VERIFIER_KEY];
};

/* Whether it means to be one: a field of the line may be for somebody else. */
bool verifier_is_meant(struct slice text);
MUST_CHECK bool verifier_read(struct slice text, struct verifier *v_r);
void verifier_write(struct buf *out, const struct verifier *v);

#endif
