/* SCRAM-SHA-256 and SCRAM-SHA-256-PLUS (RFC 5802, RFC 7677): both sides show that they know the
 * password, and neither the exchange nor what the server keeps tells it. */
#ifndef CANDOR_AUTH_SCRAM_H
#define CANDOR_AUTH_SCRAM_H

#include "base/verifier.h"

enum {
    SCRAM_ITERATIONS = 10000, /* of a new verifier */
    SCRAM_SALT = 16,          /* ditto */
    SCRAM_RANDOM = 18,        /* bytes of randomness in a nonce */
    SCRAM_NAME_MAX = 255,
    SCRAM_NONCE_MAX = 256,
    SCRAM_TEXT_MAX = 640, /* the server's first message */
    SCRAM_BINDING = 32    /* bytes by which both ends know the same TLS connection (RFC 9266) */
};

struct scram_keys {
    char client_key[VERIFIER_KEY];
    struct verifier verifier;
};

/* What the password and the salt make. Slow: as slow as `iterations`. False without memory, or when
 * the salt is empty or too long. */
MUST_CHECK bool scram_derive(struct slice password, struct slice salt, uint32_t iterations,
                             struct scram_keys *keys_r);
/* For a name that is not there: the salt is always the same for it, as that of an account would be,
 * and no proof fits the keys. `secret` is the server's own. */
MUST_CHECK bool scram_pretend(struct slice secret, struct slice name, struct verifier *v_r);
/* Of the messages so far, by who knows the password, and checked by who knows the verifier. */
MUST_CHECK bool scram_proof(const struct scram_keys *keys, struct slice message,
                            char proof_r[VERIFIER_KEY]);
MUST_CHECK bool scram_proof_fits(const struct verifier *v, struct slice message,
                                 const char proof[VERIFIER_KEY]);
/* The server's answer, which shows the client that it has the verifier. */
MUST_CHECK bool scram_signature(const struct verifier *v, struct slice message,
                                char signature_r[VERIFIER_KEY]);
/* A name as it stands there: a comma is =2C, an equals sign =3D (RFC 5802 5.1). False: it is none,
 * or does not fit. */
MUST_CHECK bool scram_read_name(struct slice text, struct buf *name);
/* Takes `name=value,` off the front; false when it is something else that stands there. */
MUST_CHECK bool scram_take(struct slice *rest, char name, struct slice *value_r);

enum scram_result { SCRAM_DONE, SCRAM_MALFORMED, SCRAM_WRONG };

/* The server's half. */
struct scram_server {
    struct verifier verifier;
    bool is_bound;               /* to the TLS connection: -PLUS */
    bool can_bind;               /* the binding is known, and -PLUS is offered */
    char binding[SCRAM_BINDING]; /* if so */
    size_t header_len; /* of the client's first message: what stands before the bare one */
    char name[SCRAM_NAME_MAX];
    size_t name_len;
    char nonce[SCRAM_NONCE_MAX]; /* the client's, then ours */
    size_t nonce_len;
    char first[SCRAM_TEXT_MAX]; /* our first message */
    size_t first_len;
};

/* The client's first message: whose verifier is asked for. `random`: SCRAM_RANDOM fresh bytes. The
 * rest of *s is filled before. WRONG: the client was made to believe that -PLUS is not offered. */
MUST_CHECK enum scram_result scram_server_first(struct scram_server *s, struct slice message,
                                                struct slice random);
/* With the verifier our first message is in s->first. False: it is too long. */
MUST_CHECK bool scram_server_use(struct scram_server *s, const struct verifier *v);
/* Whether the client's last message proves that it knows the password; then `final` is ours. */
MUST_CHECK enum scram_result scram_server_final(const struct scram_server *s,
                                                struct slice client_first,
                                                struct slice client_final, struct buf *final);

#endif
