#include "crypto/sha256.h"

#include <openssl/evp.h>

void sha256_begin(struct sha256 *h)
{
    h->state = EVP_MD_CTX_new();
    if (h->state && EVP_DigestInit_ex(h->state, EVP_sha256(), NULL) != 1)
        sha256_drop(h);
}

void sha256_add(struct sha256 *h, struct slice bytes)
{
    if (h->state && bytes.len && EVP_DigestUpdate(h->state, bytes.at, bytes.len) != 1)
        sha256_drop(h);
}

bool sha256_end(struct sha256 *h, char digest_r[SHA256_SIZE])
{
    bool good = h->state && EVP_DigestFinal_ex(h->state, (unsigned char *)digest_r, NULL) == 1;
    sha256_drop(h);
    return good;
}

void sha256_drop(struct sha256 *h)
{
    EVP_MD_CTX_free(h->state);
    h->state = NULL;
}
