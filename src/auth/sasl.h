/* The server's half of a login (RFC 4422): SCRAM-SHA-256 (RFC 7677), by itself or bound to the TLS
 * connection (-PLUS), PLAIN (RFC 4616), LOGIN
 * (draft-murchison-sasl-login), and with a token of OAuth 2 OAUTHBEARER (RFC 7628) and XOAUTH2
 * (developers.google.com). All but SCRAM hand the secret over, so they are for encrypted
 * connections only. */
#ifndef CANDOR_AUTH_SASL_H
#define CANDOR_AUTH_SASL_H

#include "auth/scram.h"
#include "base/buf.h"

/* Bytes of all that a client says in one login, decoded. */
enum { SASL_BYTES_MAX = 9000 };

enum sasl_mechanism {
    SASL_SCRAM_PLUS,
    SASL_PLAIN,
    SASL_LOGIN,
    SASL_SCRAM,
    SASL_CERTIFICATE,
    SASL_BEARER,
    SASL_XOAUTH2
};

/* A challenge of SCRAM in base64. */
enum { SASL_CHALLENGE_MAX = 4 * SCRAM_TEXT_MAX / 3 + 4 };

struct sasl {
    enum sasl_mechanism mechanism;
    unsigned step;
    bool is_refused;  /* the token was */
    struct buf said;  /* in storage */
    size_t first_len; /* of the first response */
    size_t final_len; /* of the first two, for SCRAM */
    char storage[SASL_BYTES_MAX];
    char random[SCRAM_RANDOM];
    struct scram_server scram;
    char challenge[SASL_CHALLENGE_MAX];
};

struct sasl_credentials {
    struct slice name;
    struct slice password; /* or the token */
};

enum sasl_next {
    SASL_CHALLENGE,   /* send it; it is base64 already, and lives as long as *s */
    SASL_CREDENTIALS, /* the exchange is over: check them */
    SASL_EXTERNAL,    /* the exchange is over: the client points at its certificate, and the name
                         in the credentials, if there is one, has to be that certificate's */
    SASL_TOKEN,       /* find out whose the token in the credentials is, and whether that is the
                         name in them, if there is one: sasl_refuse_token if not */
    SASL_ACCOUNT,     /* look up the verifier of the name in the credentials: sasl_use_verifier */
    SASL_PROVEN,      /* the exchange is over, and the client is who it says it is */
    SASL_WRONG,       /* the exchange is over, and it is not */
    SASL_MALFORMED    /* the response is not what the mechanism asks for, or not base64 */
};

/* Room for the names of all mechanisms, with a space behind each. */
enum { SASL_NAMES_MAX = 160 };

struct sasl_offer {
    bool certificate; /* EXTERNAL (RFC 4422 A): the client showed one of somebody with an account */
    bool verifiers;   /* SCRAM: each account has one, since a client that begins with the best could
                         not log in with the next */
    bool binding;     /* SCRAM can be bound to this TLS connection */
    bool passwords;
    bool tokens;
};

/* `PLAIN LOGIN`: what EHLO offers, the best first; but not what `out` has already. */
void sasl_names(const struct sasl_offer *o, struct buf *out);
/* Whether what comes of it is a name and a password. */
bool sasl_knows_credentials(struct slice mechanism);
/* Or a token. */
bool sasl_knows_tokens(struct slice mechanism);
/* False: there is no such mechanism. Case is ignored. `random`: fresh for each login. */
MUST_CHECK bool sasl_begin(struct sasl *s, struct slice mechanism, const char random[SCRAM_RANDOM]);
/* Before the first step: SCRAM can be bound to the TLS connection, and that was offered. */
void sasl_bind(struct sasl *s, const char binding[SCRAM_BINDING]);
/* `response`: in base64; NULL: the client gave none with AUTH. *credentials_r are views of *s. */
enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r);
/* After SASL_ACCOUNT; for a name that is not there one of scram_pretend. */
enum sasl_next sasl_use_verifier(struct sasl *s, const struct verifier *v,
                                 struct slice *challenge_r);
/* After SASL_TOKEN: the client is told what is wrong with it, and has to answer (RFC 7628 3.2.3).
 */
enum sasl_next sasl_refuse_token(struct sasl *s, struct slice *challenge_r);
/* Forgets the password, so that no copy of the memory tells it. */
void sasl_wipe(struct sasl *s);

#endif
