/* Signatures that go out with a message of ours (DKIM). */
#ifndef CANDOR_DELIVER_SIGN_H
#define CANDOR_DELIVER_SIGN_H

#include "auth/dkim_sign.h"
#include "deliver/delivery.h"

struct sign_domain {
    struct slice name;
    struct dkim_key *keys; /* one signature for each */
    size_t count;
};

/* Read-only while deliveries live: any thread. */
struct sign_domains {
    struct sign_domain *at;
    size_t count;
};

/* The domain that signs for an author's: itself, else the nearest above it (DMARC takes both for
 * the same, RFC 7489 3.1.1); NULL: none. */
const struct sign_domain *sign_find(const struct sign_domains *domains, struct slice author);

/* Reads the content and fills d->signature; `now` in ms since 1970. NULL, or why it goes without
 * one, in static words: no section is for the author's domain, or it can't be signed. Blocks: on a
 * worker's thread. */
const char *delivery_sign(struct delivery *d, const struct sign_domains *domains, int64_t now);

#endif
