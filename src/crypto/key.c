#include "crypto/key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

enum { PUBLIC_MAX = 2048 }; /* bytes of the largest public key that is taken, in ASN.1 */

struct key {
    EVP_PKEY *pkey;
    enum key_type type;
};

static struct key *key_from(EVP_PKEY *pkey, enum key_type type)
{
    struct key *k = pkey ? calloc(1, sizeof(*k)) : NULL;
    ERR_clear_error();
    if (!k) {
        EVP_PKEY_free(pkey);
        return NULL;
    }
    *k = (struct key){pkey, type};
    return k;
}

struct key *key_new(enum key_type type, unsigned bits)
{
    return key_from(type == KEY_RSA ? EVP_RSA_gen(bits) : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"),
                    type);
}

/* Nobody is there who could be asked. */
static int no_password(char *at, int size, int writing, void *ctx)
{
    (void)at;
    (void)size;
    (void)writing;
    (void)ctx;
    return 0;
}

static const char *what_is_wrong(const EVP_PKEY *pkey)
{
    if (!pkey)
        return "no private key can be read from it; right is a PEM file without a password, as "
               "`candor dkim new` writes it";
    if (EVP_PKEY_is_a(pkey, "ED25519"))
        return NULL;
    if (!EVP_PKEY_is_a(pkey, "RSA"))
        return "this kind of key is not for DKIM; right is RSA or Ed25519";
    if (EVP_PKEY_get_bits(pkey) < KEY_RSA_BITS_LEAST)
        return "this RSA key is too short; right is one of 2048 bits";
    return EVP_PKEY_get_bits(pkey) > KEY_RSA_BITS_MOST
               ? "this RSA key is too long; right is one of 2048 bits"
               : NULL;
}

struct key *key_read(struct slice pem, const char **why_r)
{
    BIO *bio = pem.len < INT32_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
    EVP_PKEY *pkey = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    *why_r = what_is_wrong(pkey);
    if (*why_r) {
        EVP_PKEY_free(pkey);
        ERR_clear_error();
        return NULL;
    }
    struct key *k = key_from(pkey, EVP_PKEY_is_a(pkey, "RSA") ? KEY_RSA : KEY_ED25519);
    if (!k)
        *why_r = "out of memory";
    return k;
}

void key_free(struct key *k)
{
    if (!k)
        return;
    EVP_PKEY_free(k->pkey);
    free(k);
}

enum key_type key_type(const struct key *k)
{
    return k->type;
}

bool key_write(const struct key *k, struct buf *out)
{
    char *text;
    BIO *bio = BIO_new(BIO_s_mem());
    bool good = bio && PEM_write_bio_PKCS8PrivateKey(bio, k->pkey, NULL, NULL, 0, NULL, NULL) == 1;
    long len = good ? BIO_get_mem_data(bio, &text) : 0;
    if (len > 0)
        buf_add(out, slice_of(text, (size_t)len));
    BIO_free(bio);
    ERR_clear_error();
    return len > 0 && !out->failed;
}

bool key_write_public(const struct key *k, struct buf *out)
{
    unsigned char bytes[PUBLIC_MAX], *at = bytes;
    size_t len = sizeof(bytes);
    if (k->type == KEY_ED25519) {
        if (EVP_PKEY_get_raw_public_key(k->pkey, bytes, &len) != 1)
            return false;
    } else {
        int needed = i2d_PUBKEY(k->pkey, NULL);
        if (needed <= 0 || (size_t)needed > sizeof(bytes) || i2d_PUBKEY(k->pkey, &at) != needed)
            return false;
        len = (size_t)needed;
    }
    buf_add(out, slice_of((const char *)bytes, len));
    return !out->failed;
}

static bool sign_rsa(EVP_PKEY_CTX *ctx, const char *digest, unsigned char *at, size_t *len)
{
    return EVP_PKEY_sign_init(ctx) == 1 &&
           EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
           EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) == 1 &&
           EVP_PKEY_sign(ctx, at, len, (const unsigned char *)digest, SHA256_SIZE) == 1;
}

static bool sign_ed25519(EVP_PKEY *pkey, const char *digest, unsigned char *at, size_t *len)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestSignInit(ctx, NULL, NULL, NULL, pkey) == 1 &&
                EVP_DigestSign(ctx, at, len, (const unsigned char *)digest, SHA256_SIZE) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}

bool key_sign(const struct key *k, const char digest[SHA256_SIZE], struct buf *out)
{
    unsigned char bytes[KEY_RSA_BITS_MOST / 8];
    size_t len = sizeof(bytes);
    bool good;
    if (k->type == KEY_ED25519) {
        good = sign_ed25519(k->pkey, digest, bytes, &len);
    } else {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(k->pkey, NULL);
        good = ctx && sign_rsa(ctx, digest, bytes, &len);
        EVP_PKEY_CTX_free(ctx);
    }
    ERR_clear_error();
    if (good)
        buf_add(out, slice_of((const char *)bytes, len));
    return good && !out->failed;
}
