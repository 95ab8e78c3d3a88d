/* The server's half of a login (RFC 4422): SCRAM-SHA-256 (RFC 7677), PLAIN (RFC 4616) and LOGIN
 * (draft-murchison-sasl-login). The last two hand the password over, so they are for encrypted
 * connections only. */
#ifndef CANDOR_AUTH_SASL_H
#define CANDOR_AUTH_SASL_H

#include "auth/scram.h"
#include "base/buf.h"

/* Bytes of all that a client says in one login, decoded. */
enum { SASL_BYTES_MAX = 1500 };

enum sasl_mechanism { SASL_PLAIN, SASL_LOGIN, SASL_SCRAM, SASL_CERTIFICATE };

/* A challenge of SCRAM in base64. */
enum { SASL_CHALLENGE_MAX = 4 * SCRAM_TEXT_MAX / 3 + 4 };

struct sasl {
    enum sasl_mechanism mechanism;
    unsigned step;
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
    struct slice password;
};

enum sasl_next {
    SASL_CHALLENGE,   /* send it; it is base64 already, and lives as long as *s */
    SASL_CREDENTIALS, /* the exchange is over: check them */
    SASL_EXTERNAL,    /* the exchange is over: the client points at its certificate, and the name
                         in the credentials, if there is one, has to be that certificate's */
    SASL_ACCOUNT,     /* look up the verifier of the name in the credentials: sasl_use_verifier */
    SASL_PROVEN,      /* the exchange is over, and the client is who it says it is */
    SASL_WRONG,       /* the exchange is over, and it is not */
    SASL_MALFORMED    /* the response is not what the mechanism asks for, or not base64 */
};

/* `PLAIN LOGIN`: what EHLO offers, the best first. SCRAM only if each account has a verifier: a
 * client that begins with the best could not log in with the next. EXTERNAL (RFC 4422 A) for a
 * client that showed a certificate of somebody who has an account. */
struct slice sasl_names(bool has_verifiers, bool has_certificate);
/* Whether what comes of it is a name and a password. */
bool sasl_knows_credentials(struct slice mechanism);
/* False: there is no such mechanism. Case is ignored. `random`: fresh for each login. */
MUST_CHECK bool sasl_begin(struct sasl *s, struct slice mechanism, const char random[SCRAM_RANDOM]);
/* `response`: in base64; NULL: the client gave none with AUTH. *credentials_r are views of *s. */
enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r);
/* After SASL_ACCOUNT; for a name that is not there one of scram_pretend. */
enum sasl_next sasl_use_verifier(struct sasl *s, const struct verifier *v,
                                 struct slice *challenge_r);
/* Forgets the password, so that no copy of the memory tells it. */
void sasl_wipe(struct sasl *s);

#endif
