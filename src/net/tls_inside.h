/* Between the files of TLS; nobody else includes it. */
#ifndef CANDOR_NET_TLS_INSIDE_H
#define CANDOR_NET_TLS_INSIDE_H

#include <openssl/ssl.h>

#include "net/tls.h"

struct tls_context {
    SSL_CTX *ssl;     /* the first certificate's */
    SSL_CTX **others; /* for SNI */
    size_t others_count;
};

struct tls {
    SSL *ssl;
    const char *failure;
    bool is_open; /* the handshake is done and nothing failed since */
};

/* tls.c: adds what was wrong with the file, for which `reason` (NULL: OpenSSL's last), and what
 * would be right; false. */
bool tls_fail(struct buf *why, struct slice file, const char *what, const char *reason,
              const char *right);

/* tls_files.c: a certificate with those behind it, and its key. False with `why`. */
MUST_CHECK bool tls_files_load(SSL_CTX *ctx, const struct tls_files *f, struct buf *why);

/* tls_expect.c: before the handshake. False without memory. */
MUST_CHECK bool tls_prepare(SSL *ssl, const struct tls_expect *expect);

/* tls_look.c: a name of X.509, in one line of printable characters. */
void tls_write_x509_name(struct buf *out, X509_NAME *name);
/* The hosts that a certificate is good for, some of them if they are many; how many were written.
 */
int tls_write_hosts(struct buf *out, X509 *certificate);

#endif
