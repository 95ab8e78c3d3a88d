/* What the configuration says of mail that goes out, as the server and whoever looks at its ways
 * need it. */
#ifndef CANDOR_DELIVER_OUTGOING_H
#define CANDOR_DELIVER_OUTGOING_H

#include "deliver/targets.h"
#include "system/config.h"

/* What holds of all connections that are made. NULL with `why`, which names the file. */
struct tls_context *outgoing_tls(const struct config *c, struct buf *why);
struct targets_options outgoing_targets(const struct config_relay *relay, struct sts *sts);
/* Finds policies of MTA-STS; NULL when memory ends, or the spool's path is too long. `o` has the
 * loop, the resolver, TLS and the log, and a time-out if another than the usual one is wanted. */
struct sts *outgoing_sts(const struct config *c, struct sts_options o);

#endif
