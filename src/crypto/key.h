/* Private keys that sign digests: RSA (RFC 8017) and Ed25519 (RFC 8032). A key may be used from any
 * thread. */
#ifndef CANDOR_CRYPTO_KEY_H
#define CANDOR_CRYPTO_KEY_H

#include "base/buf.h"
#include "crypto/sha256.h"

enum key_type { KEY_RSA, KEY_ED25519 };

/* Of an RSA key: verifiers take none below 1024 (RFC 8301 3.2), and DNS over UDP likes none that is
 * much larger than 2048. */
enum { KEY_RSA_BITS_LEAST = 1024, KEY_RSA_BITS = 2048, KEY_RSA_BITS_MOST = 8192 };

struct key;

/* A new one; `bits` is for RSA. NULL without memory or randomness. */
struct key *key_new(enum key_type type, unsigned bits);
/* From PEM (PKCS #8, or the older form of RSA), without a password. NULL with *why_r, static. */
struct key *key_read(struct slice pem, const char **why_r);
/* NULL is let pass. */
void key_free(struct key *k);

enum key_type key_type(const struct key *k);
/* As PEM; false without memory. */
MUST_CHECK bool key_write(const struct key *k, struct buf *out);
/* The public half as DKIM publishes it: an RSA key in ASN.1 (RFC 6376 3.6.1), the 32 bytes of an
 * Ed25519 key (RFC 8463 4). False without memory. */
MUST_CHECK bool key_write_public(const struct key *k, struct buf *out);
/* Appends the signature of a SHA-256 digest: RSASSA-PKCS1-v1_5, or PureEdDSA over the digest's
 * bytes (RFC 8463 3). */
MUST_CHECK bool key_sign(const struct key *k, const char digest[SHA256_SIZE], struct buf *out);

#endif
