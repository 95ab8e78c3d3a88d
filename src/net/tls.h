/* TLS on a non-blocking socket (RFC 8446, RFC 5246), by OpenSSL. A context is what connections
 * share, from any thread; a session is one connection's. */
#ifndef CANDOR_NET_TLS_H
#define CANDOR_NET_TLS_H

#include "base/buf.h"

/* PEM files: the server's certificate with those that lead to its root, and its private key. */
struct tls_files {
    struct slice certificate; /* NUL-terminated */
    struct slice key;         /* ditto; empty: in the same file */
};

struct tls_context;
struct tls;

/* For servers: of several certificates the one whose names fit the client's SNI (RFC 6066 3) is
 * shown, else the first. NULL with `why`: which file, what is wrong, what would be right. */
struct tls_context *tls_context_new_server(const struct tls_files *files, size_t count,
                                           struct buf *why);
/* For clients that take any certificate (RFC 7435): encrypted, but not authenticated. */
struct tls_context *tls_context_new_client(void);
/* Sessions that began with it go on. NULL is let pass. */
void tls_context_free(struct tls_context *c);

/* A session on a connected socket, which stays the caller's. `server_name`: whom we, the client,
 * call (a host name; NULL: an address); must be NULL for a server. NULL without memory. */
struct tls *tls_new(const struct tls_context *c, int fd, const char *server_name);
/* Says goodbye if that can be done at once. NULL is let pass. */
void tls_free(struct tls *t);

enum tls_result {
    TLS_DONE,
    TLS_WANTS_READ,
    TLS_WANTS_WRITE,
    TLS_ENDED, /* the peer closed in order */
    TLS_FAILED
};
enum tls_result tls_handshake(struct tls *t);
/* After DONE *len_r bytes, at least 1, are at `at`. */
enum tls_result tls_read(struct tls *t, char *at, size_t room, size_t *len_r);
/* After DONE *len_r bytes were taken: possibly fewer than all. */
enum tls_result tls_write(struct tls *t, struct slice out, size_t *len_r);
/* Sends close_notify: no more will be written. */
void tls_finish(struct tls *t);
/* What went wrong, in static words. */
const char *tls_failure(const struct tls *t);

/* `TLSv1.3`, `TLS_AES_256_GCM_SHA384`: static text, after the handshake. */
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);

#endif
