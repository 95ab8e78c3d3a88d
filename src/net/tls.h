/* TLS on a non-blocking socket (RFC 8446, RFC 5246), by OpenSSL. A context is what connections
 * share, from any thread; a session is one connection's. */
#ifndef CANDOR_NET_TLS_H
#define CANDOR_NET_TLS_H

#include "base/buf.h"
#include "dns/tlsa.h"

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
/* For clients: any certificate will do (RFC 7435), unless tls_find_flaw is asked. NULL without
 * memory. */
struct tls_context *tls_context_new_client(void);
/* Whose certificates are taken for a proof: a PEM file's (NUL-terminated), or the system's if it is
 * empty. False with `why`: which file, what is wrong, what would be right. */
MUST_CHECK bool tls_context_trust(struct tls_context *c, struct slice authorities, struct buf *why);
/* A client's own certificate, for servers that ask for one. False with `why`. */
MUST_CHECK bool tls_context_show(struct tls_context *c, const struct tls_files *files,
                                 struct buf *why);
/* Clients are asked for a certificate, and may go without, or show one of anybody: what counts is
 * tls_add_peer_emails. False with `why`, as tls_context_trust. */
MUST_CHECK bool tls_context_ask(struct tls_context *c, struct slice authorities, struct buf *why);
/* Sessions that began with it go on. NULL is let pass. */
void tls_context_free(struct tls_context *c);

enum tls_proof {
    TLS_PROOF_NONE,        /* whoever it is */
    TLS_PROOF_AUTHORITIES, /* a certificate for the name, of an authority that is trusted */
    TLS_PROOF_DANE         /* a certificate that fits one of the records (RFC 7672) */
};

/* Whom we, the client, call. Borrowed until tls_find_flaw. */
struct tls_expect {
    const char *name; /* of the host, or its address; NULL: not known */
    enum tls_proof proof;
    const struct tlsa *tlsa;
    size_t tlsa_count;
    const char *next_hop; /* with TLSA_AUTHORITY this name will do, too (RFC 7672 3.2.2) */
};

/* Why a proof failed. */
enum tls_flaw {
    TLS_FLAW_NONE,
    TLS_FLAW_NAME,
    TLS_FLAW_EXPIRED,
    TLS_FLAW_UNTRUSTED,
    TLS_FLAW_OTHER
};

/* A session on a connected socket, which stays the caller's. `expect` is NULL for a server. NULL
 * without memory. */
struct tls *tls_new(const struct tls_context *c, int fd, const struct tls_expect *expect);
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

/* After the handshake, whether it is who was expected, by the same `expect`; nothing must be sent
 * before. `why`: the certificate, and what is wrong with it. */
MUST_CHECK enum tls_flaw tls_find_flaw(const struct tls *t, const struct tls_expect *expect,
                                       struct buf *why);

/* Adds the e-mail addresses that the client's certificate is for, one a line; nothing without one
 * of an authority that it was asked for. */
void tls_add_peer_emails(const struct tls *t, struct buf *out);

/* By which both ends know that it is one and the same connection (tls-exporter, RFC 9266); false:
 * it has none, as before TLS 1.3, where it would depend on an extension. */
enum { TLS_BINDING = 32 };
MUST_CHECK bool tls_binding(const struct tls *t, char binding_r[TLS_BINDING]);

/* `TLSv1.3`, `TLS_AES_256_GCM_SHA384`: static text, after the handshake. */
const char *tls_version(const struct tls *t);
const char *tls_cipher(const struct tls *t);

#endif
