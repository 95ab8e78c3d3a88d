/* The server's half of a login (RFC 4422): PLAIN (RFC 4616) and LOGIN (draft-murchison-sasl-login).
 * Both hand the password over, so they are for encrypted connections only. */
#ifndef CANDOR_AUTH_SASL_H
#define CANDOR_AUTH_SASL_H

#include "base/buf.h"

/* Bytes of all that a client says in one login, decoded. */
enum { SASL_BYTES_MAX = 1500 };

enum sasl_mechanism { SASL_PLAIN, SASL_LOGIN };

struct sasl {
    enum sasl_mechanism mechanism;
    unsigned step;
    struct buf said; /* in storage */
    size_t name_len; /* of LOGIN's first response */
    char storage[SASL_BYTES_MAX];
};

struct sasl_credentials {
    struct slice name;
    struct slice password;
};

enum sasl_next {
    SASL_CHALLENGE,   /* send it; it is base64 already, and static text */
    SASL_CREDENTIALS, /* the exchange is over: check them */
    SASL_MALFORMED    /* the response is not what the mechanism asks for, or not base64 */
};

/* `PLAIN LOGIN`: what EHLO offers. */
struct slice sasl_names(void);
/* False: there is no such mechanism. Case is ignored. */
MUST_CHECK bool sasl_begin(struct sasl *s, struct slice mechanism);
/* `response`: in base64; NULL: the client gave none with AUTH. *credentials_r are views of *s. */
enum sasl_next sasl_step(struct sasl *s, const struct slice *response, struct slice *challenge_r,
                         struct sasl_credentials *credentials_r);
/* Forgets the password, so that no copy of the memory tells it. */
void sasl_wipe(struct sasl *s);

#endif
