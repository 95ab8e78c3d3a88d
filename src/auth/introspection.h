/* Asking the server that issued a token of OAuth 2 whose it is (RFC 7662): what is sent, and what
 * the answer says. Sends nothing itself. */
#ifndef CANDOR_AUTH_INTROSPECTION_H
#define CANDOR_AUTH_INTROSPECTION_H

#include "base/arena.h"
#include "base/buf.h"

/* Of a form (application/x-www-form-urlencoded). */
void introspection_write_form(struct buf *out, struct slice token);
/* `Basic …` (RFC 7617), encoded as RFC 6749 2.3.1 wants it. */
void introspection_write_authorization(struct buf *out, struct slice user, struct slice password);

/* By which a token is known again, without being kept. False without memory. */
enum { INTROSPECTION_DIGEST = 32 };
MUST_CHECK bool introspection_digest(struct slice token, char digest_r[INTROSPECTION_DIGEST]);

enum introspection_verdict {
    INTROSPECTION_ACTIVE,
    INTROSPECTION_INACTIVE,
    INTROSPECTION_USELESS /* the answer does not say */
};

/* What the answer has to say. */
struct introspection_terms {
    struct slice name;  /* the member that names the account */
    struct slice scope; /* a word that has to stand in `scope`; empty: none */
    int64_t now;        /* s since 1970 */
};

struct introspected {
    struct slice name; /* whose it is */
    int64_t expires;   /* s since 1970; INT64_MAX: not said */
    const char *why;   /* of USELESS, in static words */
};

/* Texts are from the arena. */
enum introspection_verdict introspection_read(struct slice json,
                                              const struct introspection_terms *terms,
                                              struct arena *arena, struct introspected *r);

#endif
