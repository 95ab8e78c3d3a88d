/* Which hosts a destination's mail goes to, in the order in which they are tried: MX records by
 * preference, the domain itself without any, or a smarthost (RFC 5321 5.1). Runs on the resolver's
 * loop. */
#ifndef CANDOR_DELIVER_TARGETS_H
#define CANDOR_DELIVER_TARGETS_H

#include "net/address.h"
#include "net/resolver.h"
#include "queue/attempt.h"

struct target {
    struct slice host; /* its name: for notices, later for TLS */
    struct net_address address;
};

/* More hosts and addresses than these are not tried in one attempt. */
enum { TARGETS_MAX = 16, TARGETS_HOSTS_MAX = 8 };

struct targets {
    struct target list[TARGETS_MAX];
    size_t count;
    struct reply failure; /* when count is 0: what to report, in the arena or static */
};

typedef void targets_found(void *ctx);

/* Looks the route's hosts up into *t, then calls `found` (possibly before it returns). Names live
 * in `arena`. `port`: where the exchangers listen, 25 but for tests. */
void targets_find(struct resolver *r, const struct route *route, uint16_t port, struct arena *arena,
                  struct targets *t, targets_found *found, void *ctx);

#endif
