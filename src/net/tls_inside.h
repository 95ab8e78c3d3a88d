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

/* tls_expect.c: before the handshake. False without memory. */
MUST_CHECK bool tls_prepare(SSL *ssl, const struct tls_expect *expect);

#endif
