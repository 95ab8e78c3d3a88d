/* A certificate and its key, from files that somebody else may have to open for us. */
#include <openssl/err.h>
#include <openssl/pem.h>

#include "net/tls_inside.h"
#include "system/file.h"
#include "system/heap.h"

enum { PEM_MAX = 1024 * 1024 };

/* NULL with *reason: the file can't be read. */
static BIO *read_pem(struct slice file, struct buf *text, const char **reason)
{
    buf_init(text, &heap, PEM_MAX + 16384);
    return file_read(file.at, PEM_MAX, text, reason) ? BIO_new_mem_buf(text->at, (int)text->len)
                                                     : NULL;
}

/* The server's own, then those that lead to its root, up to the end of the file. */
static bool use_chain(SSL_CTX *ctx, BIO *pem)
{
    X509 *certificate = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL);
    bool good = certificate && SSL_CTX_use_certificate(ctx, certificate) == 1 &&
                SSL_CTX_clear_chain_certs(ctx) == 1;
    X509_free(certificate);
    while (good && (certificate = PEM_read_bio_X509(pem, NULL, NULL, NULL)))
        if (SSL_CTX_add0_chain_cert(ctx, certificate) != 1) {
            X509_free(certificate);
            good = false;
        }
    if (good)
        ERR_clear_error(); /* the end of the file is no error */
    return good;
}

/* A server has nobody to ask for the password of a key. */
static int no_password(char *at, int size, int is_writing, void *ctx)
{
    (void)at;
    (void)size;
    (void)is_writing;
    (void)ctx;
    return -1;
}

static bool use_key(SSL_CTX *ctx, BIO *pem)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_password, NULL);
    bool good = key && SSL_CTX_use_PrivateKey(ctx, key) == 1;
    EVP_PKEY_free(key);
    return good;
}

static bool use(SSL_CTX *ctx, struct slice file, bool (*with)(SSL_CTX *ctx, BIO *pem),
                const char **reason)
{
    struct buf text;
    *reason = NULL;
    BIO *pem = read_pem(file, &text, reason);
    bool good = pem && with(ctx, pem);
    BIO_free(pem);
    file_forget(&text);
    return good;
}

bool tls_files_load(SSL_CTX *ctx, const struct tls_files *f, struct buf *why)
{
    const char *reason;
    struct slice key = f->key.len ? f->key : f->certificate;
    if (!use(ctx, f->certificate, use_chain, &reason))
        return tls_fail(why, f->certificate, "no certificate can be read from it", reason,
                        "right is a PEM file with the server's certificate first, then the others");
    if (!use(ctx, key, use_key, &reason))
        return tls_fail(why, key, "no private key that fits the certificate can be read from it",
                        reason,
                        "right is the PEM file of the key with which the certificate was made");
    if (SSL_CTX_check_private_key(ctx) != 1)
        return tls_fail(why, key, "this key does not belong to the certificate", NULL,
                        "right is the key with which the certificate was made");
    return true;
}
