/* The client's half of a login (RFC 4422). With a password: SCRAM-SHA-256 (RFC 7677), bound to the
 * TLS connection where both sides can (-PLUS), PLAIN (RFC 4616), LOGIN; with a token of OAuth 2:
 * OAUTHBEARER (RFC 7628), XOAUTH2 (developers.google.com). The best that both sides know is taken.
 * All but SCRAM hand the secret over: for encrypted connections only. */
#ifndef CANDOR_AUTH_SASL_CLIENT_H
#define CANDOR_AUTH_SASL_CLIENT_H

#include "auth/scram.h"

enum {
    SASL_TOKEN_MAX = 8000, /* in base64 the line has to be below 12288 bytes (RFC 4954 4) */
    SASL_SAID_MAX = SASL_TOKEN_MAX + 1000,
    /* More would keep the thread for too long: each is 2 digests. */
    SASL_ITERATIONS_MOST = 200000
};

/* What we log in with. Borrowed. */
struct sasl_secret {
    struct slice name;
    struct slice password;
    struct slice token; /* instead of a password, if `is_token` */
    bool is_token;
    struct slice mechanism;    /* the only one to take, also as -PLUS; empty: the best */
    char random[SCRAM_RANDOM]; /* fresh */
    bool can_bind;             /* the binding is known */
    char binding[SCRAM_BINDING];
};

struct sasl_client {
    const struct sasl_secret *secret; /* must stay until the end */
    unsigned mechanism;               /* its row */
    unsigned step;
    bool binds;
    bool is_satisfied; /* the server proved what it has to */
    char bare[SCRAM_TEXT_MAX];
    size_t bare_len;
    char signature[VERIFIER_KEY]; /* of SCRAM: what the server has to prove */
};

/* A bit for each mechanism that we know in `words`, as they stand behind AUTH in EHLO's answer. */
unsigned sasl_client_take(struct slice words);
/* Writes what stands behind `AUTH `. False with *why_r in static words. */
MUST_CHECK bool sasl_client_begin(struct sasl_client *s, const struct sasl_secret *secret,
                                  unsigned offered, struct buf *out, const char **why_r);
/* Writes the answer to a challenge, in base64 as that. False: there is none; *why_r is NULL if the
 * challenge does not belong there. */
MUST_CHECK bool sasl_client_respond(struct sasl_client *s, struct slice challenge, struct buf *out,
                                    const char **why_r);
/* The server says that we are logged in: whether it proved that it knows us, where it has to. */
bool sasl_client_is_satisfied(const struct sasl_client *s);

#endif
