/* The sockets that listen: one for each address and lane. */
#ifndef CANDOR_SERVER_PORTS_H
#define CANDOR_SERVER_PORTS_H

#include "system/config.h"

struct handover;

/* How many lanes share each address. */
size_t ports_shares(const struct config *c);
/* Addresses, of all `listen` together. */
size_t ports_count(const struct config *c);
/* One more that was handed over for the address; -1: there is none. */
int port_left(struct handover *h, struct endpoint e);
/* One that was handed over, or else a new one. `is_first`: nobody else may listen there yet. -1
 * with `why` filled. */
int port_open(struct handover *h, struct endpoint e, bool is_first, struct buf *why);

/* All of a configuration, as many times as it has lanes: those that were given, and new ones.
 * False with `why` filled: only `out` has any. */
MUST_CHECK bool ports_open(const struct config *c, struct handover *given, struct handover *out,
                           struct buf *why);
/* Adds to `h` what it lacks of a configuration. False with `why` filled: it is as it was. */
MUST_CHECK bool ports_add(const struct config *c, struct handover *h, struct buf *why);

#endif
